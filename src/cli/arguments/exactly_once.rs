//! Flags for loads that can be killed and run again.

use std::num::NonZeroU64;
use std::time::Duration;

use clap::Args;

/// How a load is written in transactions.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ExactlyOnceArguments {
    /// Write rows and the position reached in one transaction; the same command continues after a crash
    ///
    /// Consumers with isolation.level=read_committed then see each row once, whatever happens. A load that is complete
    /// is not repeated.
    #[arg(long, conflicts_with_all = ["dry_run", "from", "max_failures"], help_heading = "Exactly once")]
    pub(in crate::cli) exactly_once: bool,
    /// Name of the load; by default topic and file name. Needed with several files
    ///
    /// Runs with the same name continue one load: files that are complete are skipped, new ones are loaded.
    #[arg(
        long,
        value_name = "NAME",
        requires = "exactly_once",
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) load_name: Option<String>,
    /// Send all rows again, although they were loaded
    #[arg(long, requires = "exactly_once", help_heading = "Exactly once")]
    pub(in crate::cli) restart: bool,
    /// Continue although the mapping or the schema has changed since the load began
    #[arg(
        long,
        requires = "exactly_once",
        hide_short_help = true,
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) accept_change: bool,
    /// Compacted topic of the checkpoints; it is created if it does not exist
    #[arg(
        long,
        value_name = "TOPIC",
        requires = "exactly_once",
        hide_short_help = true,
        help_heading = "Exactly once"
    )]
    pub(in crate::cli) checkpoint_topic: Option<String>,
    /// Commit after N rows
    #[arg(
        long,
        value_name = "N",
        requires = "exactly_once",
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
        value_parser = duration,
        requires = "exactly_once",
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

/// Parses a time such as `500ms`, `10s` or `2min`.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a time such as 500ms, 10s or 2min".to_owned();
    let digits = text.find(|character: char| !character.is_ascii_digit());
    let (number, unit) = text.split_at(digits.ok_or_else(expected)?);
    let number: u64 = number.parse().map_err(|_| expected())?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" | "m" => 60_000,
        _ => return Err(expected()),
    };
    match number.checked_mul(millis) {
        Some(0) | None => Err(expected()),
        Some(millis) => Ok(Duration::from_millis(millis)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        for (text, millis) in [
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("2min", Some(120_000)),
            ("2m", Some(120_000)),
            ("10", None),
            ("0s", None),
            ("s", None),
            ("-1s", None),
            ("1h", None),
            ("99999999999999999999s", None),
        ] {
            let parsed = duration(text).ok();
            assert_eq!(parsed, millis.map(Duration::from_millis), "{text}");
        }
    }
}
