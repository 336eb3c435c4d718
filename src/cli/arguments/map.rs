//! The arguments of `k2-produce map`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::input::InputArguments;
use super::mapping::MappingArguments;
use super::message::MessageArguments;
use super::registry::RegistryArguments;
use super::subject::SubjectArguments;
use super::values::ValueArguments;

#[derive(Debug, Args)]
pub(in crate::cli) struct MapArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: MapCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MapCommand {
    /// Write a first mapping file for a file and a schema, with comments for what must be decided
    ///
    /// Looks at the first 1,000 rows. The exit status is 0 if these rows fit with the mapping as it is, and 1 if fields
    /// still need a source or a decision, or some rows do not fit.
    ///
    /// Example: k2-produce map init --topic trades --output vendor.toml vendor.csv
    Init(Box<InitArguments>),
    /// Show what each field becomes in the first rows of a file, where it comes from, and the record
    ///
    /// The exit status is 0 if these rows fit, and 1 if some do not.
    ///
    /// Example: k2-produce map explain --map vendor.toml --topic trades vendor.csv
    Explain(ExplainArguments),
    /// Check that a mapping file fits a schema, and a file if one is given
    ///
    /// Compiles the mapping and reads no row. The exit status is 0 if it fits, and 2 if it does not.
    ///
    /// Example: k2-produce map check --map vendor.toml --topic trades vendor.csv
    Check(MapCheckArguments),
}

#[derive(Debug, Args)]
#[command(mut_args(hide_mapping))]
pub(in crate::cli) struct InitArguments {
    /// File to map; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: OsString,
    /// Write the mapping to this new file; by default to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) fitted: FittedArguments,
}

#[derive(Debug, Args)]
#[command(mut_args(hide_what_is_not_shown))]
pub(in crate::cli) struct ExplainArguments {
    /// File with the rows; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: OsString,
    /// How many rows are shown
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(in crate::cli) rows: u64,
    #[command(flatten)]
    pub(in crate::cli) fitted: FittedArguments,
    #[command(flatten)]
    pub(in crate::cli) message: MessageArguments,
}

#[derive(Debug, Args)]
#[command(mut_args(hide_what_is_not_shown))]
pub(in crate::cli) struct MapCheckArguments {
    /// File whose columns the mapping must fit; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: Option<OsString>,
    #[command(flatten)]
    pub(in crate::cli) fitted: FittedArguments,
    #[command(flatten)]
    pub(in crate::cli) message: MessageArguments,
}

/// A mapping, a schema, and how files are read: what is fitted together.
#[derive(Debug, Args)]
#[command(mut_args(hide_what_selects_rows))]
pub(in crate::cli) struct FittedArguments {
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
    /// Use the schema in this file; needs no registry
    #[arg(long, value_name = "FILE", help_heading = "Schema")]
    pub(in crate::cli) schema_file: Option<PathBuf>,
}

/// These have no effect on a mapping.
fn hide_what_selects_rows(argument: clap::Arg) -> clap::Arg {
    match argument.get_id().as_str() {
        "from" | "limit" | "fail_on_empty" => argument.hide(true),
        _ => argument,
    }
}

/// A first mapping is not made from another one.
fn hide_mapping(argument: clap::Arg) -> clap::Arg {
    match argument.get_id().as_str() {
        "map" | "set" => argument.hide(true),
        _ => argument,
    }
}

/// These have no effect on what is shown of a message.
fn hide_what_is_not_shown(argument: clap::Arg) -> clap::Arg {
    match argument.get_id().as_str() {
        "provenance" | "allow_expired" => argument.hide(true),
        _ => argument,
    }
}
