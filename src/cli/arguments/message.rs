//! Flags for the parts of a message other than its value.

use clap::Args;

use super::{first_given, name_and_value};

/// The parts of a message other than its value.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct MessageArguments {
    /// Field to use as the message key; default: `symbol`, if the schema has it
    ///
    /// The key is the text of the field. Name a field within a record by its path, instrument.symbol, and combine
    /// several fields with a template, {exchange}.{symbol}.
    #[arg(long, value_name = "FIELD", help_heading = "Kafka")]
    pub(in crate::cli) key: Option<String>,
    /// Send Avro keys, with the latest schema of SUBJECT; default: TOPIC-key
    ///
    /// The fields of a record come from the row by name, or from [message.key] of a mapping; a key of any other type
    /// comes from the field of --key. Example: --key-schema=trades-key
    #[arg(
        long,
        value_name = "SUBJECT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "no_key",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) key_schema: Option<String>,
    /// Send null keys
    #[arg(long, conflicts_with = "key", help_heading = "Kafka")]
    pub(in crate::cli) no_key: bool,
    /// Header for every message; repeatable. Example: --header source=asx-feed
    ///
    /// VALUE is text; {field} inserts a field of the record: --header instrument={exchange}.{symbol}. If such a field
    /// is null, the header is null. Write a literal brace twice.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = name_and_value, help_heading = "Kafka")]
    pub(in crate::cli) headers: Vec<(String, String)>,
    /// Send the file and line of each row in the headers k2.file and k2.line
    ///
    /// Two messages with the same file and line are duplicates of one row.
    #[arg(long, help_heading = "Kafka")]
    pub(in crate::cli) provenance: bool,
    /// Field to use as the message timestamp; default: the current time
    ///
    /// The field must be a timestamp-millis, -micros or -nanos. Rows that the topic would refuse or soon delete
    /// because of their age are rejected.
    #[arg(long, value_name = "FIELD", help_heading = "Kafka")]
    pub(in crate::cli) timestamp_field: Option<String>,
    /// Choose the partition of a message by its key, whatever its envelope says; see --format
    #[arg(long, hide_short_help = true, help_heading = "Kafka")]
    pub(in crate::cli) ignore_partition: bool,
    /// Send rows that are older than the topic's retention.ms; the broker soon deletes them
    #[arg(long, hide_short_help = true, help_heading = "Kafka")]
    pub(in crate::cli) allow_expired: bool,
}

impl MessageArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: MessageArguments) -> MessageArguments {
        let has_key_choice = self.key.is_some() || self.key_schema.is_some() || self.no_key;
        let (key, key_schema, no_key) = match has_key_choice {
            true => (self.key, self.key_schema, self.no_key),
            false => (lower.key, lower.key_schema, lower.no_key),
        };
        MessageArguments {
            key,
            key_schema,
            no_key,
            headers: first_given(self.headers, lower.headers),
            provenance: self.provenance || lower.provenance,
            timestamp_field: self.timestamp_field.or(lower.timestamp_field),
            ignore_partition: self.ignore_partition || lower.ignore_partition,
            allow_expired: self.allow_expired || lower.allow_expired,
        }
    }
}
