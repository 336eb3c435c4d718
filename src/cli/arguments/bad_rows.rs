//! Flags that say what becomes of bad rows.

use std::path::PathBuf;

use clap::Args;

use crate::load::ErrorBudget;

/// What becomes of bad rows.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct BadRowArguments {
    /// Rows that may be rejected before the run stops: 100, or a share such as 0.5%
    ///
    /// A share is judged from row 1,000 on and at the end. Without it the first bad row stops the run; with
    /// --rejects none does.
    #[arg(long, value_name = "N|N%", help_heading = "Errors", display_order = 2)]
    pub(in crate::cli) max_errors: Option<ErrorBudget>,
    /// Keep bad rows as they stood in FILE, and the reasons in FILE.errors.jsonl
    ///
    /// FILE has the header of the input, so it can be mended and loaded as it is. Rows whose delivery failed are
    /// kept too.
    #[arg(long, value_name = "FILE", help_heading = "Errors", display_order = 4)]
    pub(in crate::cli) rejects: Option<PathBuf>,
}

impl BadRowArguments {
    /// These choices, and those of `lower` where there are none.
    pub(in crate::cli) fn over(self, lower: BadRowArguments) -> BadRowArguments {
        BadRowArguments {
            max_errors: self.max_errors.or(lower.max_errors),
            rejects: self.rejects.or(lower.rejects),
        }
    }
}
