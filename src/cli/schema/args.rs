//! What can be typed behind `k2-produce schema`.

use std::path::PathBuf;

use clap::{Arg, Args, Subcommand};

use crate::cli::args::ProduceArguments;
use crate::cli::registry_args::{RegistryArguments, SubjectArguments};

#[derive(Debug, Args)]
pub(in crate::cli) struct SchemaArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SchemaCommand {
    /// What a file must look like: the schema's fields, a CSV and a JSONL example that fit
    Show(ShowArguments),
    /// Read files and tell every row that does not fit the schema; needs no broker
    ///
    /// Takes the flags of a run. Ends with 0 where every row fits, with 1 where some do not.
    #[command(mut_args(fit_for_check))]
    Check(Box<ProduceArguments>),
    /// The registry's subjects, with the latest version of each
    List(ListArguments),
    /// Register a schema, where it is compatible with the subject's latest version
    Register(CandidateArguments),
    /// Ask the registry whether a schema is compatible with the subject's latest version
    ///
    /// Ends with 0 where it is or there is no version yet, with 1 where it is not, with 4 where the registry
    /// cannot tell.
    Compat(CandidateArguments),
}

/// A check sends nothing: the topic only names the subject, and what is about Kafka goes out of sight.
fn fit_for_check(argument: Arg) -> Arg {
    let about_sending = argument.get_help_heading() == Some("Kafka")
        && !matches!(argument.get_id().as_str(), "key" | "no_key");
    match argument.get_id().as_str() {
        "topic" => argument
            .required(false)
            .help("Topic whose subject has the schema"),
        "files" => argument.help("Files to check; `-` is standard input"),
        "dry_run" | "register" | "max_failures" => argument.hide(true),
        _ if about_sending => argument.hide(true),
        _ => argument,
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// Topic whose subject has the schema
    #[arg(short, long, value_name = "TOPIC")]
    pub(super) topic: Option<String>,
    #[command(flatten)]
    pub(super) registry: RegistryArguments,
    #[command(flatten)]
    pub(super) schema: SubjectArguments,
    /// Show the schema in this file
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(super) schema_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArguments {
    /// Only subjects that hold this text
    #[arg(value_name = "TEXT")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) registry: RegistryArguments,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CandidateArguments {
    /// File with the schema
    #[arg(value_name = "FILE")]
    pub(super) schema_file: PathBuf,
    /// Topic whose subject is meant
    #[arg(short, long, value_name = "TOPIC")]
    pub(super) topic: Option<String>,
    #[command(flatten)]
    pub(super) registry: RegistryArguments,
    #[command(flatten)]
    pub(super) schema: SubjectArguments,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}
