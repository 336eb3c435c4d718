//! Flags for loads that can be killed and run again.

use std::num::NonZeroU64;
use std::time::Duration;

use clap::Args;

use super::pace::time;

/// How a load is written in transactions.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ExactlyOnceArguments {
    /// Write rows and the position reached in one transaction; the same command continues after a crash
    ///
    /// Consumers with isolation.level=read_committed then see each row once, whatever happens. A load that is complete
    /// is not repeated.
    #[arg(long, help_heading = "Exactly once")]
    pub(in crate::cli) exactly_once: bool,
    /// Name of the load; by default topic and file name. Needed with several files
    ///
    /// Runs with the same name continue one load: files that are complete are skipped, new ones are loaded.
    #[arg(long, value_name = "NAME", help_heading = "Exactly once")]
    pub(in crate::cli) load_name: Option<String>,
    /// Send all rows again, although they were loaded
    #[arg(long, help_heading = "Exactly once")]
    pub(in crate::cli) restart: bool,
    /// Continue although the mapping or the schema has changed since the load began
    #[arg(long, hide_short_help = true, help_heading = "Exactly once")]
    pub(in crate::cli) accept_change: bool,
    /// Compacted topic of the checkpoints; it is created if it does not exist
    #[arg(
        long,
        value_name = "TOPIC",
        hide_short_help = true,
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) checkpoint_topic: Option<String>,
    /// Commit after N rows
    #[arg(long, value_name = "N", hide_short_help = true, help_heading = "Exactly once")]
    pub(in crate::cli) commit_rows: Option<NonZeroU64>,
    /// Commit after this time, such as 500ms or 10s
    ///
    /// Consumers of committed messages see the rows of a transaction when it is committed.
    #[arg(
        long,
        value_name = "TIME",
        value_parser = time,
        hide_short_help = true,
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) commit_interval: Option<Duration>,
}

impl ExactlyOnceArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: ExactlyOnceArguments) -> ExactlyOnceArguments {
        ExactlyOnceArguments {
            exactly_once: self.exactly_once || lower.exactly_once,
            load_name: self.load_name.or(lower.load_name),
            restart: self.restart || lower.restart,
            accept_change: self.accept_change || lower.accept_change,
            checkpoint_topic: self.checkpoint_topic.or(lower.checkpoint_topic),
            commit_rows: self.commit_rows.or(lower.commit_rows),
            commit_interval: self.commit_interval.or(lower.commit_interval),
        }
    }
}
