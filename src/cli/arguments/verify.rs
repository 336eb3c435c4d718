//! The arguments of `k2-produce verify`.

use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::{Arg, Args};

use super::produce::ProduceArguments;
use super::show::time;

/// The arguments of `verify`: those of a load, and where on the topic to look.
#[derive(Debug, Args)]
#[command(mut_args(hide_without_effect))]
pub(in crate::cli) struct VerifyArguments {
    #[command(flatten)]
    pub(in crate::cli) load: ProduceArguments,

    /// Compare only the offsets that a load wrote, from its summary: the output of `--summary json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "until"], help_heading = "Verify")]
    pub(in crate::cli) load_summary: Option<PathBuf>,
    /// Compare only the offsets that an exactly-once load wrote for these files, from its checkpoints. `k2-produce loads`
    /// lists the names
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["load_summary", "since", "until"],
        help_heading = "Verify"
    )]
    pub(in crate::cli) load_checkpoints: Option<String>,
    /// Compare only messages from the first one of each partition with this time or a later one. Example:
    /// 2026-03-10T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Verify")]
    pub(in crate::cli) since: Option<u64>,
    /// Compare only messages before the first one of each partition with this time or a later one
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Verify")]
    pub(in crate::cli) until: Option<u64>,
    /// How many differences of each kind to print
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Verify")]
    pub(in crate::cli) show: usize,
    /// End with status 1 also if there are only messages that belong to no row
    #[arg(long, help_heading = "Verify")]
    pub(in crate::cli) fail_on_foreign: bool,
    /// Print the result as JSON on standard output
    #[arg(long, help_heading = "Verify")]
    pub(in crate::cli) json: bool,
}

/// The options of a load that are accepted, so that its command line can be used unchanged, but change nothing here.
fn hide_without_effect(argument: Arg) -> Arg {
    let has_no_effect = matches!(
        argument.get_id().as_str(),
        "register"
            | "partitions"
            | "replication_factor"
            | "settings"
            | "rate"
            | "replay"
            | "speed"
            | "max_gap"
            | "preset"
            | "dry_run"
            | "max_errors"
            | "rejects"
            | "rejects_overwrite"
            | "max_failures"
            | "summary"
            | "metrics_file"
            | "labels"
            | "if_empty"
            | "allow_expired"
    ) || argument.get_help_heading() == Some("Exactly once");
    match argument.get_id().as_str() {
        "files" => without_standard_input(argument),
        _ => argument.hide(has_no_effect),
    }
}

/// What was loaded from standard input cannot be read again.
fn without_standard_input(argument: Arg) -> Arg {
    let without = |help: Option<&StyledStr>| {
        let help = help.map(|help| help.to_string().replace("; `-` is standard input", ""));
        help.unwrap_or_default()
    };
    let (short, long) = (without(argument.get_help()), without(argument.get_long_help()));
    argument.help(short).long_help(long)
}
