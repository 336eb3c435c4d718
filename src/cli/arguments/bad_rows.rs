//! Flags for bad rows.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::load::ErrorBudget;

/// What happens to bad rows.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct BadRowArguments {
    /// Rows that may be rejected before the run stops: 100, or a share such as 0.5%
    ///
    /// A share is checked from row 1,000 on and at the end. The default is 0; with --rejects, and in `schema check`,
    /// any number of rows may be rejected.
    #[arg(long, value_name = "N|N%", help_heading = "Errors", display_order = 2)]
    pub(in crate::cli) max_errors: Option<ErrorBudget>,
    /// How many rejected rows to print: a number, or `all`
    ///
    /// The default is 20 on a terminal and 1,000 elsewhere, or 0 with --rejects. The row that stops a run is always
    /// printed.
    #[arg(
        long,
        value_name = "N|all",
        hide_short_help = true,
        help_heading = "Errors",
        display_order = 3
    )]
    pub(in crate::cli) show_errors: Option<ShownErrors>,
    /// Keep rejected rows in FILE, with the reasons in FILE.errors.jsonl
    ///
    /// FILE contains the rows unchanged, after the header of the input, so it can be corrected and loaded as it is. A
    /// load also keeps rows that were not delivered. A folder, written DIR/, gets one file per input, so that inputs
    /// with different headers or formats can be loaded together.
    #[arg(long, value_name = "FILE|DIR/", help_heading = "Errors", display_order = 4)]
    pub(in crate::cli) rejects: Option<PathBuf>,
    /// Replace the rejects files of an earlier run; by default an existing file is an error
    #[arg(
        long,
        requires = "rejects",
        hide_short_help = true,
        help_heading = "Errors",
        display_order = 5
    )]
    pub(in crate::cli) rejects_overwrite: bool,
}

impl BadRowArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: BadRowArguments) -> BadRowArguments {
        BadRowArguments {
            max_errors: self.max_errors.or(lower.max_errors),
            show_errors: self.show_errors.or(lower.show_errors),
            rejects: self.rejects.or(lower.rejects),
            rejects_overwrite: self.rejects_overwrite || lower.rejects_overwrite,
        }
    }
}

/// How many rejected rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct ShownErrors(pub(in crate::cli) u64);

impl FromStr for ShownErrors {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<ShownErrors, &'static str> {
        match text {
            "all" => Ok(ShownErrors(u64::MAX)),
            number => number
                .parse()
                .map(ShownErrors)
                .map_err(|_| "expected a number of rows or `all`"),
        }
    }
}
