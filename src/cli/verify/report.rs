//! The result of a comparison: the differences on standard output, and the last line on standard error.

use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use super::shown::{Shown, word};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::load::{Counts, Kind, Verdict};
use crate::report::figures::{count, count_of, duration, rate};

/// Everything that is reported.
pub(super) struct Result<'r> {
    pub(super) verdict: &'r Verdict,
    pub(super) counts: Counts,
    /// The first differences of each kind.
    pub(super) shown: &'r [(Kind, Vec<Shown>)],
    pub(super) topics: &'r [String],
    /// By topic and partition: the ranges of offsets that were compared.
    pub(super) ranges: &'r [Vec<Vec<std::ops::Range<i64>>>],
    pub(super) not_compared: &'r [String],
    pub(super) seconds: f64,
    pub(super) fail_on_foreign: bool,
}

impl Result<'_> {
    /// 0 if every row is on the topic once.
    pub(super) fn exit(&self) -> Exit {
        let counts = |kind: &Kind| *kind != Kind::Foreign || self.fail_on_foreign;
        let mut kinds = Kind::ALL.into_iter().filter(counts);
        match kinds.any(|kind| self.verdict.count(kind) > 0) {
            true => Exit::Rejected,
            false => Exit::Success,
        }
    }

    /// The differences, a heading for each kind.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        for (kind, shown) in self.shown {
            let number = self.verdict.count(*kind);
            if number == 0 {
                continue;
            }
            let (name, meaning) = words(*kind);
            writeln!(table, "{name}: {}, {meaning}", count(number)).expect("a String can be written");
            for shown in shown {
                writeln!(table, "  {}", shown.line(self.topics.len())).expect("a String can be written");
            }
            let more = number.saturating_sub(shown.len() as u64);
            if more > 0 {
                writeln!(table, "  and {} more", count(more)).expect("a String can be written");
            }
        }
        table
    }

    /// The last line.
    pub(super) fn line(&self) -> String {
        let expected = self.counts.unsent;
        let mut parts = vec![format!("{} equal", count(self.verdict.equal))];
        for kind in Kind::ALL {
            let number = self.verdict.count(kind);
            if number > 0 {
                parts.push(format!("{} {}", count(number), words(kind).0));
            }
        }
        let mut not_expected = Vec::new();
        for (number, what) in [
            (self.counts.rejected, "rejected"),
            (self.counts.filtered, "filtered"),
        ] {
            if number > 0 {
                not_expected.push(format!("{} {what}", count(number)));
            }
        }
        let not_expected = match not_expected.is_empty() {
            true => String::new(),
            false => format!(" ({}: not expected)", not_expected.join(", ")),
        };
        format!(
            "{}{not_expected}, {}: {} in {} ({} rows/s)",
            count_of(self.counts.read, "row", "rows"),
            count_of(self.verdict.messages, "message", "messages"),
            parts.join(", "),
            duration(self.seconds),
            rate(expected as f64 / self.seconds.max(1e-9)),
        )
    }

    /// What a person should know or do.
    pub(super) fn advice(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let has = |kind| self.verdict.count(kind) > 0;
        if has(Kind::Missing) {
            lines.push(
                "hint: missing rows that are sent now stand after later rows of their keys; consumers that need the order \
                 of the file have to read a topic that is loaded anew"
                    .to_owned(),
            );
        }
        if has(Kind::Foreign) && !self.fail_on_foreign {
            lines.push(
                "note: foreign messages are no error, since others may publish to the topic; with `--fail-on-foreign` they \
                 are, and `--load-summary`, `--since` and `--until` limit what is compared"
                    .to_owned(),
            );
        }
        lines
    }

    pub(super) fn json(&self) -> Json {
        let differences: Map<String, Json> = Kind::ALL
            .iter()
            .map(|kind| (word(*kind).to_owned(), json!(self.verdict.count(*kind))))
            .collect();
        let shown = self.shown.iter().flat_map(|(_, shown)| shown);
        let topics = self.topics.iter().zip(self.ranges).map(|(name, ranges)| {
            let ranges = ranges.iter().enumerate();
            let partitions = ranges.map(|(partition, ranges)| {
                let ranges = ranges
                    .iter()
                    .map(|range| json!({"offset_from": range.start, "offset_to": range.end}));
                json!({"partition": partition, "ranges": ranges.collect::<Vec<_>>()})
            });
            json!({"name": name, "partitions": partitions.collect::<Vec<_>>()})
        });
        json!({
            "schema_version": 1,
            "exit_status": self.exit().code(),
            "seconds": self.seconds,
            "rows": {
                "read": self.counts.read,
                "expected": self.counts.unsent,
                "rejected": self.counts.rejected,
                "filtered": self.counts.filtered,
                "equal": self.verdict.equal,
            },
            "messages": self.verdict.messages,
            "differences": differences,
            "shown": shown.map(Shown::json).collect::<Vec<_>>(),
            "not_compared": self.not_compared,
            "topics": topics.collect::<Vec<_>>(),
        })
    }

    /// Prints everything.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(super) fn print(&self, as_json: bool, quiet: bool) -> std::result::Result<(), Failure> {
        let written = match as_json {
            true => messages::standard_output_json(&self.json()),
            false => messages::standard_output(&self.table()),
        };
        messages::unless_enough(written)?;
        if !quiet || self.exit() != Exit::Success {
            messages::line(&self.line());
            self.advice().iter().for_each(|line| messages::line(line));
        }
        Ok(())
    }
}

/// A kind in one or two words, and what it means.
fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Missing => ("missing", "rows that are not on the topic"),
        Kind::Different => (
            "different",
            "rows with another message of their key in their place",
        ),
        Kind::OutOfOrder => (
            "out of order",
            "rows that are in another order than others of their key",
        ),
        Kind::Elsewhere => (
            "in another partition",
            "rows that are not in the partition of their key",
        ),
        Kind::Doubled => ("doubled", "further copies of rows"),
        Kind::Foreign => ("foreign", "messages that belong to no row"),
    }
}
