//! What can be typed: flags, their help and their environment variables.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::registry_args::{RegistryArguments, SubjectArguments};
use super::rules::RulesArguments;
use super::schema::SchemaArguments;
use crate::input::Encoding;
use crate::kafka::librdkafka_version;
use crate::load::ErrorBudget;
use crate::record::Format;

/// Publishes trade files to Kafka as Avro: every row exactly, or a precise reason why not.
///
/// Reads CSV (with a header) and JSONL, validates every row against the Avro schema registered for the topic, and
/// sends it in the schema registry's wire format through an idempotent producer.
#[derive(Debug, Parser)]
#[command(name = "k2-produce", version = version(), max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true, after_long_help = AFTER_LONG_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) produce: ProduceArguments,
}

const AFTER_LONG_HELP: &str = "\
Exit status:
  0    every row is delivered
  1    some rows were rejected, within what --max-errors or --rejects allows
  2    wrong usage, settings or schema file
  3    an input could not be read, a row stopped the run, or more rows were rejected than allowed
  4    Kafka or the registry could not be reached or refused, or lacks the topic, the subject or the schema
  5    delivery failed or is unknown for some rows
  130  interrupted by Ctrl-C (143: by TERM) after a clean flush
Where several apply: 5 before 4 before 3 before 130 before 1.

A run that is started again sends its rows again: start it behind the rows that are on the topic with --from.";

fn version() -> &'static str {
    // clap keeps a static text; it is made once for the process.
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{} (librdkafka {})",
            env!("CARGO_PKG_VERSION"),
            librdkafka_version()
        )
    });
    &VERSION
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// An embedded broker and a small registry on loopback, for demos, scripts and tests
    Sandbox(SandboxArguments),
    /// What the registry has, what a file must look like, and new schemas
    Schema(SchemaArguments),
}

#[derive(Debug, Args)]
pub(super) struct ProduceArguments {
    /// Files to publish, in this order; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<OsString>,

    /// Topic to publish to; it must exist
    #[arg(short, long, value_name = "TOPIC", required = true)]
    pub(super) topic: Option<String>,

    /// Format of the files, csv or jsonl; without it, their names tell: .csv, .jsonl, .ndjson
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Input"
    )]
    pub(super) format: Option<FormatArgument>,
    /// Encoding of the files, such as windows-1252, gbk or utf-16le
    ///
    /// Any label that encodings have on the web; without it the files are UTF-8 and nothing else. A row with bytes that stand for no character is rejected. As on the web, iso-8859-1 is another label of
    /// windows-1252.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "utf-8",
        hide_default_value = true,
        help_heading = "Input"
    )]
    pub(super) encoding: Encoding,
    /// Refuse a CSV file with columns that feed no field; without it they are warned of and left out
    #[arg(long, hide_short_help = true, help_heading = "Input")]
    pub(super) strict_columns: bool,
    /// Stop after N rows
    #[arg(long, value_name = "N", help_heading = "Input")]
    pub(super) limit: Option<u64>,
    /// Begin at this line of this file, leaving out the files and rows before it
    ///
    /// Goes on after a run that was stopped, which prints the place: --from trades.csv:1042
    #[arg(long, value_name = "FILE:LINE", help_heading = "Input")]
    pub(super) from: Option<OsString>,

    #[command(flatten)]
    pub(super) rules: RulesArguments,

    #[command(flatten)]
    pub(super) registry: RegistryArguments,
    #[command(flatten)]
    pub(super) schema: SubjectArguments,
    /// Write with the schema in this file, which must be registered
    ///
    /// This very schema must be one of the subject's. With --dry-run no registry is asked.
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(super) schema_file: Option<PathBuf>,
    /// Register that schema first, where it is compatible
    ///
    /// The registry judges whether it goes with the subject's latest version, and its reasons are shown.
    #[arg(
        long,
        requires = "schema_file",
        conflicts_with = "dry_run",
        help_heading = "Schema"
    )]
    pub(super) register: bool,

    /// Brokers to connect to first, as HOST:PORT,...
    #[arg(short, long, value_name = "BROKERS", env = "K2_KAFKA_BOOTSTRAP_SERVERS")]
    #[arg(default_value = "localhost:9092", help_heading = "Kafka")]
    pub(super) bootstrap_servers: String,
    /// Any property of librdkafka; repeatable. Example: -X security.protocol=SASL_SSL
    ///
    /// What contradicts a promise, such as acks=1, is refused with the reason. Secrets are better given by the
    /// environment: K2_KAFKA_SASL_PASSWORD and K2_KAFKA_SSL_KEY_PASSWORD.
    #[arg(short = 'X', value_name = "PROPERTY=VALUE", value_parser = pair, help_heading = "Kafka")]
    pub(super) properties: Vec<(String, String)>,
    /// Field whose text is the key; default: `symbol`, if any
    ///
    /// A field within a record is named by its path, `instrument.symbol`; several make a key by a template,
    /// `{exchange}.{symbol}`.
    #[arg(long, value_name = "FIELD", help_heading = "Kafka")]
    pub(super) key: Option<String>,
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
    pub(super) key_schema: Option<String>,
    /// Send null keys
    #[arg(long, conflicts_with = "key", help_heading = "Kafka")]
    pub(super) no_key: bool,
    /// Header for every message, repeatable: --header source=asx-feed
    ///
    /// VALUE is text, in which fields of the record may stand in braces: --header instrument={exchange}.{symbol}.
    /// Where such a field is null the header is. A brace itself is written twice.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair, help_heading = "Kafka")]
    pub(super) headers: Vec<(String, String)>,
    /// Send each row's file and line as headers k2.file and k2.line
    ///
    /// Two messages that have the same of both are the same row, sent twice.
    #[arg(long, help_heading = "Kafka")]
    pub(super) provenance: bool,
    /// Field whose time is the message's, in place of the clock's
    ///
    /// A field of type timestamp-millis, -micros or -nanos. Rows that the topic would refuse or soon delete for
    /// their age are bad rows.
    #[arg(long, value_name = "FIELD", help_heading = "Kafka")]
    pub(super) timestamp_field: Option<String>,
    /// Send rows that are older than the topic's retention.ms, which the broker soon deletes
    #[arg(
        long,
        requires = "timestamp_field",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(super) allow_expired: bool,

    /// Read, validate and encode everything, send nothing; needs no broker
    #[arg(long, help_heading = "Errors")]
    pub(super) dry_run: bool,
    /// Rows that may be rejected before the run stops: 100, or a share such as 0.5%
    ///
    /// A share is judged from row 1,000 on and at the end. Without it the first bad row stops the run; with
    /// --rejects none does.
    #[arg(long, value_name = "N|N%", help_heading = "Errors")]
    pub(super) max_errors: Option<ErrorBudget>,
    /// Rows whose delivery may fail before the run stops
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Errors")]
    pub(super) max_failures: u64,
    /// Keep bad rows as they stood in FILE, and the reasons in FILE.errors.jsonl
    ///
    /// FILE has the header of the input, so it can be mended and loaded as it is. Rows whose delivery failed are
    /// kept too.
    #[arg(long, value_name = "FILE", help_heading = "Errors")]
    pub(super) rejects: Option<PathBuf>,

    /// Print a summary on standard output at the end; FORMAT is json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(super) summary: Option<SummaryFormat>,
    /// Write the run's figures to FILE in Prometheus' text format
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) metrics_file: Option<PathBuf>,
    /// Label for every metric, repeatable. Example: --label exchange=ASX
    #[arg(long = "label", value_name = "NAME=VALUE", help_heading = "Output")]
    pub(super) labels: Vec<String>,
    /// Say nothing but warnings and errors
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct SandboxArguments {
    /// Topic to make
    #[arg(short, long, value_name = "TOPIC")]
    pub(super) topic: String,
    /// Schema to register under TOPIC-value
    #[arg(long, value_name = "FILE")]
    pub(super) schema_file: PathBuf,
    /// Partitions of the topic
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(super) partitions: i32,
    /// Records to show at the end
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(super) show: usize,
    /// Command to run with K2_KAFKA_BOOTSTRAP_SERVERS and K2_KAFKA_SCHEMA_REGISTRY_URL set; without one the
    /// sandbox stays up until Ctrl-C
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArgument {
    Csv,
    Jsonl,
}

impl From<FormatArgument> for Format {
    fn from(argument: FormatArgument) -> Format {
        match argument {
            FormatArgument::Csv => Format::Csv,
            FormatArgument::Jsonl => Format::Jsonl,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryFormat {
    Json,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_short_help_fits_a_screen() {
        let help = Arguments::command().render_help().to_string();
        assert!(
            help.lines().count() <= 60,
            "{} lines:\n{help}",
            help.lines().count()
        );
    }
}
