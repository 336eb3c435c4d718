//! The parts of a message other than its value: key, headers, timestamp.

use crate::cli::arguments::MessageArguments;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::headers;
use crate::encode::{MessageHeader, PartitionSource, PlanError, RowContent, Template, TimestampSource};
use crate::load::ExpiredRows;
use crate::mapping::MapFile;

/// The parts of a message other than its value.
pub(in crate::cli) struct MessageSettings {
    pub(in crate::cli) key: KeySource,
    pub(in crate::cli) headers: Vec<MessageHeader>,
    /// Where message timestamps come from; if none, from the clock.
    pub(in crate::cli) timestamp: Option<TimestampSettings>,
    pub(in crate::cli) content: RowContent,
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

/// Where message timestamps come from.
pub(in crate::cli) struct TimestampSettings {
    pub(in crate::cli) source: TimestampSource,
    pub(in crate::cli) expired: ExpiredRows,
}

impl MessageSettings {
    /// What was chosen wins over the `[message]` of the mapping, which loses what is not needed.
    pub(super) fn decide(
        chosen: MessageArguments,
        map: &mut MapFile,
        content: RowContent,
    ) -> Result<MessageSettings, Failure> {
        let content = match content {
            RowContent::Envelope(_) if chosen.ignore_partition => RowContent::Envelope(PartitionSource::Key),
            RowContent::Value if chosen.ignore_partition => {
                let message = "`--ignore-partition` is for envelopes, which may name a partition";
                let hint = "omit it, or pass `--format envelope`";
                return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
            }
            other => other,
        };
        if chosen.key.is_some() || chosen.no_key {
            map.leave_out_key();
        }
        if chosen.timestamp_field.is_some() {
            map.leave_out_timestamp();
        }
        map.leave_out_headers(|name| chosen.headers.iter().any(|(chosen, _)| chosen == name));
        let timestamp = match (chosen.timestamp_field, map.has_timestamp()) {
            (Some(field), _) => Some(TimestampSource::Field(field)),
            (None, true) => Some(TimestampSource::Mapped),
            (None, false) if content != RowContent::Value => Some(TimestampSource::Envelope),
            (None, false) if chosen.allow_expired => {
                let message = "`--allow-expired` needs message timestamps from the rows";
                let hint = "name their field with `--timestamp-field FIELD`, or give `timestamp` in the mapping's `[message]`";
                return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
            }
            (None, false) => None,
        };
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
            headers: headers::headers(map.header_names(), &chosen.headers, chosen.provenance)?,
            timestamp: timestamp.map(|source| TimestampSettings { source, expired }),
            content,
        })
    }
}
