//! Flags for what a run reports to people and programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::first_given;

/// What a run reports to people and programs.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct OutputArguments {
    /// Print a summary on standard output at the end; FORMAT is json
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(in crate::cli) summary: Option<SummaryFormat>,
    /// Write metrics to FILE in Prometheus' text format
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(in crate::cli) metrics_file: Option<PathBuf>,
    /// Label for every metric; repeatable. Example: --label exchange=ASX
    #[arg(long = "label", value_name = "NAME=VALUE", help_heading = "Output")]
    pub(in crate::cli) labels: Vec<String>,
    /// Print only warnings and errors
    #[arg(short, long, help_heading = "Output")]
    pub(in crate::cli) quiet: bool,
}

impl OutputArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: OutputArguments) -> OutputArguments {
        OutputArguments {
            summary: self.summary.or(lower.summary),
            metrics_file: self.metrics_file.or(lower.metrics_file),
            labels: first_given(self.labels, lower.labels),
            quiet: self.quiet || lower.quiet,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SummaryFormat {
    Json,
}
