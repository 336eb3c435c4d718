//! Flags that say what a message has besides its value.

use clap::Args;

use super::{first_given, name_and_value};

/// What a message has besides its value.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct MessageArguments {
    /// Field whose text is the key; default: `symbol`, if any
    ///
    /// A field within a record is named by its path, `instrument.symbol`; several make a key by a template,
    /// `{exchange}.{symbol}`.
    #[arg(long, value_name = "FIELD", help_heading = "Kafka")]
    pub(in crate::cli) key: Option<String>,
    /// Keys as Avro, with the latest schema of SUBJECT; without it of TOPIC-key
    ///
    /// A record's fields come from the row by their names; a key of any other type from the field that --key names.
    /// Example: --key-schema=trades-key
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
    /// Header for every message, repeatable: --header source=asx-feed
    ///
    /// VALUE is text, in which fields of the record may stand in braces: --header instrument={exchange}.{symbol}.
    /// Where such a field is null the header is. A brace itself is written twice.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = name_and_value, help_heading = "Kafka")]
    pub(in crate::cli) headers: Vec<(String, String)>,
    /// Send each row's file and line as headers k2.file and k2.line
    ///
    /// Two messages that have the same of both are the same row, sent twice.
    #[arg(long, help_heading = "Kafka")]
    pub(in crate::cli) provenance: bool,
    /// Field whose time is the message's, in place of the clock's
    ///
    /// A field of type timestamp-millis, -micros or -nanos. Rows that the topic would refuse or soon delete for
    /// their age are bad rows.
    #[arg(long, value_name = "FIELD", help_heading = "Kafka")]
    pub(in crate::cli) timestamp_field: Option<String>,
    /// Send rows that are older than the topic's retention.ms, which the broker soon deletes
    #[arg(
        long,
        requires = "timestamp_field",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) allow_expired: bool,
}

impl MessageArguments {
    /// These choices, and those of `lower` where there are none.
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
            allow_expired: self.allow_expired || lower.allow_expired,
        }
    }
}
