//! The arguments without a subcommand: a run.

use std::mem::take;
use std::path::PathBuf;

use clap::Args;

use super::bad_rows::BadRowArguments;
use super::exactly_once::ExactlyOnceArguments;
use super::input::{InputArguments, NamedInputs};
use super::kafka::KafkaArguments;
use super::layer::Layer;
use super::mapping::MappingArguments;
use super::message::MessageArguments;
use super::output::OutputArguments;
use super::pace::PaceArguments;
use super::registry::RegistryArguments;
use super::speed::SpeedArguments;
use super::subject::SubjectArguments;
use super::values::ValueArguments;

/// The arguments of a run. The groups are shared with `schema check`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ProduceArguments {
    #[command(flatten)]
    pub(in crate::cli) inputs: NamedInputs,

    /// Topic to publish to; it must exist, unless --create-topic is given
    ///
    /// A mapping file can choose it for each row instead.
    #[arg(short, long, value_name = "TOPIC", required_unless_present_any = ["map", "profile"])]
    pub(in crate::cli) topic: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) input: InputArguments,
    #[command(flatten)]
    pub(in crate::cli) mapping: MappingArguments,
    #[command(flatten)]
    pub(in crate::cli) values: ValueArguments,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    #[command(flatten)]
    pub(in crate::cli) subject: SubjectArguments,
    /// Use the schema in this file, which must be registered
    ///
    /// One version of the subject must be this schema; the order of its JSON keys, docs and aliases may differ. With
    /// --dry-run no registry is needed.
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(in crate::cli) schema_file: Option<PathBuf>,
    /// Register the schema file first, if it is compatible
    ///
    /// The registry checks whether it is compatible with the subject's latest version, and its reasons are printed. It
    /// is registered as the last step before the first row, after all other checks have passed.
    #[arg(
        long,
        requires = "schema_file",
        conflicts_with = "dry_run",
        help_heading = "Schema"
    )]
    pub(in crate::cli) register: bool,
    /// Publish without applying the write rules of a data contract
    ///
    /// Such rules encrypt, transform or reject values when they are written. k2-produce does not apply them; by
    /// default it refuses a schema that has any.
    #[arg(long, hide_short_help = true, help_heading = "Schema")]
    pub(in crate::cli) ignore_rules: bool,

    #[command(flatten)]
    pub(in crate::cli) kafka: KafkaArguments,
    #[command(flatten)]
    pub(in crate::cli) message: MessageArguments,
    #[command(flatten)]
    pub(in crate::cli) pace: PaceArguments,
    #[command(flatten)]
    pub(in crate::cli) speed: SpeedArguments,
    /// Read, validate and encode everything, and send nothing; needs no broker
    #[arg(long, help_heading = "Errors", display_order = 1)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) bad_rows: BadRowArguments,
    /// Deliveries that may fail before the run stops
    #[arg(long, value_name = "N", help_heading = "Errors", display_order = 3)]
    pub(in crate::cli) max_failures: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) exactly_once: ExactlyOnceArguments,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

impl ProduceArguments {
    /// Adds the choices of `lower` where none was made.
    pub(in crate::cli) fn fill_in(&mut self, lower: Layer) {
        if self.schema_file.is_none() && !self.subject.is_chosen() {
            self.schema_file = lower.schema_file;
            self.subject = lower.subject;
        }
        self.input = take(&mut self.input).over(lower.input);
        self.mapping = take(&mut self.mapping).over(lower.mapping);
        self.registry = take(&mut self.registry).over(lower.registry);
        self.kafka = take(&mut self.kafka).over(lower.kafka);
        self.bad_rows = take(&mut self.bad_rows).over(lower.bad_rows);
        self.output = take(&mut self.output).over(lower.output);
    }
}
