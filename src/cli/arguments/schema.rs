//! The arguments of `k2-produce schema`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::check::CheckArguments;
use super::input::InputArguments;
use super::registry::RegistryArguments;
use super::subject::SubjectArguments;

#[derive(Debug, Args)]
pub(in crate::cli) struct SchemaArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SchemaCommand {
    /// Show the fields of a schema, with a CSV and a JSONL example that fit
    Show(ShowArguments),
    /// Read files and report every row that does not fit the schema; needs no broker
    ///
    /// Accepts the flags of a run except those about sending. The exit status is 0 if every row fits, and 1 if some do
    /// not.
    Check(Box<CheckArguments>),
    /// List the registry's subjects, with the latest version of each
    List(ListArguments),
    /// Write a first schema for a file, with types that hold every value of every row
    ///
    /// Reads all rows of a CSV or JSONL file. What a type was inferred from is in the `doc` of its field. Decimals are
    /// allowed more digits than were seen; a field is nullable if a value was missing. The exit status is 0 if every row
    /// was read, and 1 if some could not be.
    ///
    /// Example: k2-produce schema infer --output trade.avsc --name com.example.Trade trades.csv
    Infer(Box<InferArguments>),
    /// Register a schema if it is compatible with the subject's latest version
    Register(CandidateArguments),
    /// Ask the registry whether a schema is compatible with the subject's latest version
    ///
    /// The exit status is 0 if it is, or if there is no version yet, 1 if it is not, and 4 if the registry cannot
    /// check it.
    Compat(CandidateArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// Topic; its subject has the schema
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
    /// Only subjects that contain this text
    #[arg(value_name = "TEXT")]
    pub(in crate::cli) filter: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) registry: RegistryArguments,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
#[command(mut_args(hide_what_needs_a_schema))]
pub(in crate::cli) struct InferArguments {
    /// File with the rows; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: OsString,
    /// Write the schema to this new file; by default to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Name of the record, with or without a namespace; by default it is made of the name of the file
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) input: InputArguments,
}

/// These have no effect without a schema, or select the rows of a load.
fn hide_what_needs_a_schema(argument: clap::Arg) -> clap::Arg {
    match argument.get_id().as_str() {
        "from" | "limit" | "fail_on_empty" | "strict_columns" | "ignore_columns" => argument.hide(true),
        _ => argument,
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CandidateArguments {
    /// File with the schema
    #[arg(value_name = "FILE")]
    pub(in crate::cli) schema_file: PathBuf,
    /// Topic; its subject is used
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
