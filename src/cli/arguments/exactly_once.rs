//! Flags for loads in transactions: those that can be killed and run again, and those with all rows or none.

use std::num::NonZeroU64;
use std::time::Duration;

use clap::Args;

use super::pace::time_above_0;

/// How a load is written in transactions.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ExactlyOnceArguments {
    /// Write rows and the position reached in one transaction; the same command continues after a crash
    ///
    /// Consumers with isolation.level=read_committed then see each row once, whatever happens. A load that is complete
    /// is not repeated.
    #[arg(long, help_heading = "Exactly once")]
    pub(in crate::cli) exactly_once: bool,
    /// Write all rows in one transaction: readers see all of them or none
    ///
    /// Whatever stops the run aborts the transaction: a bad row that is not allowed, a signal, a file that changes.
    /// Consumers with isolation.level=read_committed then see no row. Also works with standard input. A load must fit into
    /// the time that the brokers let a transaction be open, 15 minutes by default.
    #[arg(long, help_heading = "Exactly once")]
    pub(in crate::cli) atomic: bool,
    /// Send nothing if the topic already has a record
    ///
    /// A record counts if a reader of committed messages finds it. The open transaction of another producer is waited for.
    #[arg(long, hide_short_help = true, help_heading = "Kafka")]
    pub(in crate::cli) if_empty: bool,
    /// Name of the load; by default topic and file name. Needed with several files, unless only --atomic is given
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
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "atomic",
        hide_short_help = true,
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) commit_rows: Option<NonZeroU64>,
    /// Commit after this time, such as 500ms or 10s
    ///
    /// Consumers of committed messages see the rows of a transaction when it is committed.
    #[arg(
        long,
        value_name = "TIME",
        value_parser = time_above_0,
        conflicts_with = "atomic",
        hide_short_help = true,
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) commit_interval: Option<Duration>,
}

impl ExactlyOnceArguments {
    /// The first of these options that has an effect only if rows are sent in transactions.
    pub(in crate::cli) fn of_transactions(&self) -> Option<&'static str> {
        let of_commits = self.of_commits();
        of_commits.or(self.checkpoint_topic.as_ref().map(|_| "--checkpoint-topic"))
    }

    /// The first of these options that has an effect only if a load commits more than once.
    pub(in crate::cli) fn of_commits(&self) -> Option<&'static str> {
        let rows = self.commit_rows.map(|_| "--commit-rows");
        rows.or(self.commit_interval.map(|_| "--commit-interval"))
    }

    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: ExactlyOnceArguments) -> ExactlyOnceArguments {
        ExactlyOnceArguments {
            exactly_once: self.exactly_once || lower.exactly_once,
            atomic: self.atomic || lower.atomic,
            if_empty: self.if_empty || lower.if_empty,
            load_name: self.load_name.or(lower.load_name),
            restart: self.restart || lower.restart,
            accept_change: self.accept_change || lower.accept_change,
            checkpoint_topic: self.checkpoint_topic.or(lower.checkpoint_topic),
            commit_rows: self.commit_rows.or(lower.commit_rows),
            commit_interval: self.commit_interval.or(lower.commit_interval),
        }
    }
}
