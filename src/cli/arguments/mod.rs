//! What can be typed: flags, their help and their environment variables.
//!
//! Every group of flags is a layer of choices: each is optional, and no default is kept here that another layer
//! could not override. `settings` decides.

mod bad_rows;
mod check;
mod defaults;
mod input;
mod kafka;
mod layer;
mod message;
mod new_topic;
mod output;
mod produce;
mod property;
mod registry;
mod sandbox;
mod schema;
mod secret;
mod subject;
mod values;

use std::sync::LazyLock;

use clap::{Parser, Subcommand};

pub(super) use bad_rows::{BadRowArguments, ShownErrors};
pub(super) use check::CheckArguments;
pub(super) use defaults::{
    DEFAULT_BOOTSTRAP_SERVERS, DEFAULT_MAX_FAILURES, DEFAULT_REGISTRY_URL, shown_defaults,
};
pub(super) use input::InputArguments;
pub(super) use kafka::KafkaArguments;
pub(super) use layer::Layer;
pub(super) use message::MessageArguments;
pub(super) use new_topic::NewTopicArguments;
pub(super) use output::{OutputArguments, SummaryFormat};
pub(super) use produce::ProduceArguments;
pub(super) use registry::{RegistryArguments, VariableCredentials};
pub(super) use sandbox::SandboxArguments;
pub(super) use schema::{CandidateArguments, ListArguments, SchemaArguments, SchemaCommand, ShowArguments};
pub(super) use secret::Secret;
pub(super) use subject::SubjectArguments;
pub(super) use values::ValueArguments;

use crate::kafka::librdkafka_version;

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
  3    an input could not be read, a row stopped the run, more rows were rejected than allowed, or a report could
       not be written
  4    Kafka or the registry could not be reached or refused, or lacks the topic, the subject or the schema
  5    delivery failed or is unknown for some rows
  130  ended by Ctrl-C (143: by TERM, 129: by HUP) after a clean flush
Where several apply: 5 before 4 before 3 before 130 before 1. Errors after a signal do not count, except 5.

A run that is started again sends its rows again: start it after the rows that are on the topic with --from.";

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
    Schema(Box<SchemaArguments>),
}

/// A `NAME=VALUE` that was typed.
fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A list is chosen as a whole: that of the upper layer, where it has one.
fn first_given<T>(upper: Vec<T>, lower: Vec<T>) -> Vec<T> {
    if upper.is_empty() { lower } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_sound() {
        Arguments::command().debug_assert();
    }
}
