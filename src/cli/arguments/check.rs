//! The arguments of `k2-produce schema check`.

use std::mem::take;
use std::path::PathBuf;

use clap::{Arg, Args};

use super::bad_rows::BadRowArguments;
use super::input::{InputArguments, NamedInputs};
use super::layer::Layer;
use super::mapping::MappingArguments;
use super::message::MessageArguments;
use super::output::OutputArguments;
use super::registry::RegistryArguments;
use super::subject::SubjectArguments;
use super::values::ValueArguments;

/// The arguments of a check: those of a run except the ones about sending.
#[derive(Debug, Args)]
#[command(mut_args(hide_rarely_used))]
pub(in crate::cli) struct CheckArguments {
    #[command(flatten)]
    pub(in crate::cli) inputs: NamedInputs,

    /// Topic; its subject has the schema
    #[arg(short, long, value_name = "TOPIC")]
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
    /// Check against the schema in this file; needs no registry
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(in crate::cli) schema_file: Option<PathBuf>,
    /// Check without applying the write rules of a data contract
    ///
    /// Such rules encrypt, transform or reject values when they are written. k2-produce does not apply them; by
    /// default it refuses a schema that has any.
    #[arg(long, hide_short_help = true, help_heading = "Schema")]
    pub(in crate::cli) ignore_rules: bool,
    #[command(flatten)]
    pub(in crate::cli) message: MessageArguments,
    #[command(flatten)]
    pub(in crate::cli) bad_rows: BadRowArguments,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

impl CheckArguments {
    /// Adds the choices of `lower` where none was made.
    pub(in crate::cli) fn fill_in(&mut self, lower: Layer) {
        if self.schema_file.is_none() && !self.subject.is_chosen() {
            self.schema_file = lower.schema_file;
            self.subject = lower.subject;
        }
        self.input = take(&mut self.input).over(lower.input);
        self.mapping = take(&mut self.mapping).over(lower.mapping);
        self.registry = take(&mut self.registry).over(lower.registry);
        self.bad_rows = take(&mut self.bad_rows).over(lower.bad_rows);
        self.output = take(&mut self.output).over(lower.output);
    }
}

/// They are accepted because they affect which rows are good, but a check seldom needs them.
fn hide_rarely_used(argument: Arg) -> Arg {
    match argument.get_id().as_str() {
        "key_schema" | "headers" | "provenance" | "timestamp_field" | "allow_expired" => argument.hide(true),
        _ => argument,
    }
}
