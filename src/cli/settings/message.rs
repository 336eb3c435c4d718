//! What a message has besides its value: key, headers, timestamp.

use crate::cli::arguments::MessageArguments;
use crate::cli::failure::Failure;
use crate::cli::headers;
use crate::encode::{MessageHeader, PlanError, Template};
use crate::load::ExpiredRows;

/// What a message has besides its value.
pub(in crate::cli) struct MessageSettings {
    pub(in crate::cli) key: KeySource,
    pub(in crate::cli) headers: Vec<MessageHeader>,
    /// Where the times of messages come from; none is the clock.
    pub(in crate::cli) timestamp: Option<TimestampSettings>,
}

/// Where keys come from.
pub(in crate::cli) enum KeySource {
    /// Keys are null.
    None,
    /// `symbol`, where the schema has such a field.
    Default,
    /// The text of a field, or of a template of fields.
    Text(Template),
    /// A datum of the latest schema of a subject.
    Avro {
        subject: KeySchemaSubject,
        /// The field that a key which is not a record comes from.
        field: Option<String>,
    },
}

/// The subject of the keys' schema.
pub(in crate::cli) enum KeySchemaSubject {
    /// The topic's own.
    OfTopic,
    /// This one.
    Named(String),
}

/// A field whose time is the message's.
pub(in crate::cli) struct TimestampSettings {
    pub(in crate::cli) field: String,
    pub(in crate::cli) expired: ExpiredRows,
}

impl MessageSettings {
    pub(super) fn decide(chosen: MessageArguments) -> Result<MessageSettings, Failure> {
        let key = match (chosen.key_schema, chosen.key) {
            (Some(subject), field) => KeySource::Avro {
                subject: match subject.as_str() {
                    "" => KeySchemaSubject::OfTopic,
                    _ => KeySchemaSubject::Named(subject),
                },
                field,
            },
            (None, _) if chosen.no_key => KeySource::None,
            (None, Some(written)) => {
                KeySource::Text(Template::field_or_template(&written).map_err(PlanError::from)?)
            }
            (None, None) => KeySource::Default,
        };
        let expired = match chosen.allow_expired {
            true => ExpiredRows::Send,
            false => ExpiredRows::Reject,
        };
        Ok(MessageSettings {
            key,
            headers: headers::headers(&chosen.headers, chosen.provenance)?,
            timestamp: chosen
                .timestamp_field
                .map(|field| TimestampSettings { field, expired }),
        })
    }
}
