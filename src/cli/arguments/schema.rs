//! What can be typed after `k2-produce schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::check::CheckArguments;
use super::registry::RegistryArguments;
use super::subject::SubjectArguments;

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
    /// Takes the flags of a run but those about sending. Ends with 0 where every row fits, with 1 where some do not.
    Check(Box<CheckArguments>),
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

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// Topic whose subject has the schema
    #[arg(short, long, value_name = "TOPIC")]
    pub(in crate::cli) topic: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    #[command(flatten)]
    pub(in crate::cli) subject: SubjectArguments,
    /// Show the schema in this file
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(in crate::cli) schema_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArguments {
    /// Only subjects that hold this text
    #[arg(value_name = "TEXT")]
    pub(in crate::cli) filter: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CandidateArguments {
    /// File with the schema
    #[arg(value_name = "FILE")]
    pub(in crate::cli) schema_file: PathBuf,
    /// Topic whose subject is meant
    #[arg(short, long, value_name = "TOPIC")]
    pub(in crate::cli) topic: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    #[command(flatten)]
    pub(in crate::cli) subject: SubjectArguments,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
