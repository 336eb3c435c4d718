//! The parts of a message other than its value: key, headers, timestamp.

use crate::cli::arguments::MessageArguments;
use crate::cli::failure::Failure;
use crate::cli::headers;
use crate::encode::{MessageHeader, PlanError, Template};
use crate::load::ExpiredRows;

/// The parts of a message other than its value.
pub(in crate::cli) struct MessageSettings {
    pub(in crate::cli) key: KeySource,
    pub(in crate::cli) headers: Vec<MessageHeader>,
    /// Where message timestamps come from; if none, from the clock.
    pub(in crate::cli) timestamp: Option<TimestampSettings>,
}

/// Where keys come from.
pub(in crate::cli) enum KeySource {
    /// Keys are null.
    None,
    /// `symbol`, if the schema has such a field.
    Default,
    /// The text of a field, or of a template of fields.
    Text(Template),
    /// An Avro datum with the latest schema of a subject.
    Avro {
        subject: KeySchemaSubject,
        /// The field for a key that is not a record.
        field: Option<String>,
    },
}

/// The subject of the key schema.
pub(in crate::cli) enum KeySchemaSubject {
    /// The key subject of the topic.
    OfTopic,
    /// This one.
    Named(String),
}

/// The field with the message timestamp.
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
