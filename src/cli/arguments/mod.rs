//! The command line: flags, their help and their environment variables.
//!
//! Every group of flags is a layer of choices: each is optional, and a default must not be set here, because no lower
//! layer could override it. `settings` decides.

mod bad_rows;
mod check;
mod config;
mod defaults;
mod exactly_once;
mod input;
mod kafka;
mod layer;
mod loads;
mod map;
mod mapping;
mod message;
mod new_topic;
mod output;
mod pace;
mod produce;
mod property;
mod registry;
mod sandbox;
mod schema;
mod secret;
mod show;
mod speed;
mod subject;
mod values;
mod verify;

use std::sync::LazyLock;

use clap::{Parser, Subcommand};

pub(super) use bad_rows::{BadRowArguments, ShownErrors};
pub(super) use check::CheckArguments;
pub(super) use config::{ConfigArguments, ConfigCommand, ConfigFileArguments, ConfigShowArguments};
pub(super) use defaults::{
    DEFAULT_BOOTSTRAP_SERVERS, DEFAULT_COMMIT_INTERVAL, DEFAULT_COMMIT_ROWS, DEFAULT_MAX_FAILURES,
    DEFAULT_REGISTRY_URL, shown_defaults,
};
pub(super) use exactly_once::ExactlyOnceArguments;
pub(super) use input::{InputArguments, NamedInputs};
pub(super) use kafka::{ConnectionArguments, KafkaArguments};
pub(super) use layer::Layer;
pub(super) use loads::{
    CheckpointArguments, ForgetLoadArguments, ListLoadsArguments, LoadsArguments, LoadsCommand,
    ShowLoadArguments,
};
pub(super) use map::{
    ExplainArguments, FittedArguments, InitArguments, MapArguments, MapCheckArguments, MapCommand,
};
pub(super) use mapping::MappingArguments;
pub(super) use message::MessageArguments;
pub(super) use new_topic::NewTopicArguments;
pub(super) use output::{OutputArguments, SummaryFormat};
pub(super) use pace::PaceArguments;
pub(super) use produce::ProduceArguments;
pub(super) use registry::{RegistryArguments, VariableCredentials};
pub(super) use sandbox::SandboxArguments;
pub(super) use schema::{
    CandidateArguments, InferArguments, ListArguments, SchemaArguments, SchemaCommand, ShowArguments,
};
pub(super) use secret::Secret;
pub(super) use show::{PartitionStart, ShowTopicArguments, ShownForm};
pub(super) use speed::SpeedArguments;
pub(super) use subject::SubjectArguments;
pub(super) use values::ValueArguments;
pub(super) use verify::VerifyArguments;

use crate::kafka::librdkafka_version;

/// Publishes trade files to Kafka as Avro: every row exactly, or a precise reason why not.
///
/// Reads CSV (with a header) and JSONL, validates every row against the Avro schema registered for the topic, and
/// sends it in the schema registry's wire format through an idempotent producer.
#[derive(Debug, Parser)]
#[command(name = "k2-produce", version = version(), max_term_width = 100, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true, after_long_help = AFTER_LONG_HELP)]
#[command(override_usage = "k2-produce [OPTIONS] --topic <TOPIC> [FILE]...\n       k2-produce <COMMAND>")]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) produce: ProduceArguments,
    #[command(flatten)]
    pub(super) config: ConfigFileArguments,
}

const AFTER_LONG_HELP: &str = "\
Examples:
  Input: resume at line 1042 of a file in another encoding
    k2-produce --topic trades --encoding windows-1252 --from trades.csv:1042 trades.csv
  Mapping: make the fields from a vendor's columns, and one of them from the column Ticker
    k2-produce --topic trades --map vendor.toml --set symbol=Ticker trades.csv
  Values: read times without a zone as Sydney time, and NA as null
    k2-produce --topic trades --tz Australia/Sydney --null-token NA trades.csv
  Schema: register a schema, then publish with it
    k2-produce --topic trades --schema-file trade.avsc --register trades.csv
  Kafka: use the properties of a Java client, and make keys from two fields
    k2-produce --topic trades -F client.properties --key {exchange}.{symbol} trades.csv
  Pace: replay trades as they were recorded, but ten times as fast
    k2-produce --topic trades --replay exchange_timestamp --speed 10x trades.csv
  Speed: load a large file with as little work for each row as possible
    k2-produce --topic trades --preset throughput trades.csv
  Errors: publish the good rows, and keep up to 100 bad rows in a file
    k2-produce --topic trades --max-errors 100 --rejects bad.csv trades.csv
  Exactly once: continue after a crash where the last run ended, by the same command
    k2-produce --topic trades --exactly-once trades.csv
  Exactly once: load all rows of a pipe or none of them
    k2-produce --topic trades --atomic --format csv -
  Output: print only warnings, errors and a summary for a script
    k2-produce --topic trades --quiet --summary json trades.csv
  Configuration: use the brokers, the registry and the credentials of a profile
    k2-produce --topic trades --profile prod trades.csv

Exit status:
  0    every row is delivered
  1    some rows were rejected, no more than --max-errors or --rejects allows
  2    wrong usage, settings or schema file
  3    an input could not be read, a row stopped the run, more rows were rejected than allowed,
       or a report could not be written
  4    Kafka or the registry could not be reached, refused the request, or lacks the topic, the
       subject or the schema
  5    delivery failed or is unknown for some rows
  130  ended by Ctrl-C (143: by TERM, 129: by HUP) after flushing all messages
If several apply, the first of 5, 4, 3, 130 and 1 counts. An error that occurs after a
signal does not count, except failed or lost rows (5).

A run that is repeated sends its rows again; to resume after the rows on the topic, pass --from,
or load with --exactly-once from the start.";

fn version() -> &'static str {
    // clap needs a static string; it is built once per process.
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
    /// Run an embedded broker and a small registry on loopback, for demos, scripts and tests
    Sandbox(SandboxArguments),
    /// Print the messages that are on a topic, decoded
    ///
    /// Reads without a consumer group, and ends at the messages that are there at the start. Only committed messages are
    /// shown. The exit status is 0, or 1 if a message could not be decoded, or not be loaded again as it is printed, and
    /// otherwise that of a run.
    ///
    /// Example: k2-produce show --topic trades --last 10
    Show(Box<ShowTopicArguments>),
    /// Compare the messages on a topic with the files, row by row
    ///
    /// Takes the command line of the load, reads the committed messages of the topic and reports rows that are missing,
    /// different, doubled, in another order or in another partition, and messages that belong to no row. Nothing is
    /// changed. The exit status is 0 if every row is there once, 1 if not, and otherwise that of a run.
    ///
    /// Example: k2-produce verify --topic trades trades.csv
    Verify(Box<VerifyArguments>),
    /// List the exactly-once loads, show one, or forget it so that it begins again
    ///
    /// Reads the topic of the checkpoints, and does not create it.
    ///
    /// Example: k2-produce loads
    Loads(Box<LoadsArguments>),
    /// Draft, explain and check mapping files
    Map(Box<MapArguments>),
    /// Show which settings are in force, from configuration files, variables and options
    Config(ConfigArguments),
    /// Show, list, infer, check and register schemas
    Schema(Box<SchemaArguments>),
}

/// Parses `NAME=VALUE`.
fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// The list of the upper layer, or that of the lower one; lists are never merged.
fn first_given<T>(upper: Vec<T>, lower: Vec<T>) -> Vec<T> {
    if upper.is_empty() { lower } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_is_valid() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_has_a_valid_example_for_each_group_of_options() {
        let mut lines = AFTER_LONG_HELP.lines().peekable();
        let mut groups = Vec::new();
        while let Some(line) = lines.next() {
            let Some(command) = lines.next_if(|next| next.starts_with("    k2-produce ")) else {
                continue;
            };
            let (group, _) = line
                .trim_start()
                .split_once(':')
                .expect("a group and what is done");
            groups.push(group);
            let parsed = Arguments::try_parse_from(command.split_whitespace());
            assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
            let typed: Vec<&str> = command.split(' ').filter(|word| word.starts_with('-')).collect();
            let arguments = Arguments::command();
            let of_group = arguments
                .get_arguments()
                .filter(|argument| argument.get_help_heading() == Some(group));
            let has_one = of_group.into_iter().any(|argument| {
                let long = argument.get_long().map(|long| format!("--{long}"));
                let short = argument.get_short().map(|short| format!("-{short}"));
                long.into_iter()
                    .chain(short)
                    .any(|flag| typed.contains(&flag.as_str()))
            });
            assert!(has_one, "no option of {group}: {command}");
        }
        let command = Arguments::command();
        for argument in command.get_arguments() {
            if let Some(heading) = argument.get_help_heading() {
                assert!(groups.contains(&heading), "no example for {heading}");
            }
        }
    }
}
