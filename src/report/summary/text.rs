//! The summary for people. Its first line is the most important one.

use super::{RunKind, Summary};
use crate::escape::printable;
use crate::load::Counts;
use crate::report::errors::{DeliveryErrorGroup, RowErrorGroup};
use crate::report::figures::{count, count_of, duration, rate};
use crate::table::{Alignment, Table};

/// What a shorter run waited for says little about others.
pub const SECONDS_OF_A_LONGER_RUN: f64 = 5.0;
/// The number of error groups shown; the others are counted, and the JSON has them.
const SHOWN_GROUPS: usize = 20;
/// The number of topics shown; the JSON has them all.
const SHOWN_TOPICS: usize = 20;

impl Summary {
    /// One line for a good run, and a table of errors for any other; no line feed at the end.
    pub fn text(&self) -> String {
        let mut lines = vec![self.first_line()];
        let errors: u64 = self.row_errors.iter().map(|group| group.count).sum();
        if errors > self.counts.rejected {
            lines.push("errors (a row can have several):".to_owned());
        }
        lines.extend(table(&self.row_errors, RowErrorGroup::shown));
        lines.extend(table(&self.delivery_errors, DeliveryErrorGroup::shown));
        lines.extend(self.rows_by_topic());
        lines.extend(self.time_shares());
        lines.extend(self.notes.iter().cloned());
        lines.extend(self.kept_rows());
        if let Some(stopped) = &self.stopped {
            lines.push(format!("stopped: {stopped}"));
        }
        if let Some(advice) = &self.advice {
            lines.push(format!("hint: {advice}"));
        }
        lines.join("\n")
    }

    fn first_line(&self) -> String {
        let mut rows = count_of(self.counts.read, "row", "rows");
        if self.stopped.is_some() {
            rows.push_str(" read");
        }
        let took = duration(self.seconds);
        let speed = rate(self.rows_per_second());
        if self.kind != RunKind::Load {
            let name = self.kind.name();
            let fit = format!(
                "{} fit{}",
                count(self.counts.unsent + self.counts.delivered),
                self.tombstones()
            );
            let shown = Counts {
                delivered: 0,
                unsent: 0,
                ..self.counts
            };
            let fates = [vec![fit], fates(&shown)].concat().join(", ");
            return format!("{name}: {rows}: {fates} in {took} ({speed} rows/s); nothing was sent");
        }
        let now = match self.delivered_before() {
            0 => "",
            _ => " now",
        };
        let delivered = format!(
            "{} delivered{now}{}",
            count(self.counts.delivered),
            self.tombstones()
        );
        let before = match self.delivered_before() {
            0 => Vec::new(),
            before => vec![format!("{} before", count(before))],
        };
        let fates = [vec![delivered], before, fates(&self.counts)].concat().join(", ");
        format!("{rows}: {fates} in {took} ({speed} rows/s)")
    }

    /// What the time of a longer run was spent on, the largest share first.
    fn time_shares(&self) -> Option<String> {
        let percent = |share: f64| (share * 100.0).round() as u32;
        let mut shares = self.time.named();
        shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let shares: Vec<String> = shares
            .iter()
            .filter(|(_, share)| percent(*share) > 0)
            .map(|(name, share)| format!("{name} {} %", percent(*share)))
            .collect();
        let is_told = self.seconds >= SECONDS_OF_A_LONGER_RUN && !shares.is_empty();
        is_told.then(|| format!("time: {}", shares.join(", ")))
    }

    /// The rows that earlier runs of the load delivered.
    fn delivered_before(&self) -> u64 {
        self.load.as_ref().map_or(0, |load| load.before.delivered)
    }

    /// The messages for each topic, if there are several.
    fn rows_by_topic(&self) -> Vec<String> {
        if self.topics.len() < 2 {
            return Vec::new();
        }
        let mut table = Table::new([Alignment::Right, Alignment::Left, Alignment::Left]).with_width(0, 6);
        for topic in self.topics.iter().take(SHOWN_TOPICS) {
            let (good, others) = match self.kind {
                RunKind::Load => (topic.counts.delivered, topic.counts),
                RunKind::DryRun | RunKind::Check => (topic.counts.unsent, Counts::default()),
            };
            let others = fates(&others).join(", ");
            table.push([
                count(good),
                printable(topic.name.as_bytes(), 249).into_owned(),
                others,
            ]);
        }
        let mut lines: Vec<String> = table.lines().collect();
        if let Some(more) = self.topics.get(SHOWN_TOPICS..).filter(|more| !more.is_empty()) {
            lines.push(format!("and {} more topics", count(more.len() as u64)));
        }
        lines
    }

    /// ` (2 tombstones)`, if there are any.
    fn tombstones(&self) -> String {
        match self.counts.tombstones {
            0 => String::new(),
            rows => format!(" ({})", count_of(rows, "tombstone", "tombstones")),
        }
    }
}

/// The fates of rows other than delivery.
fn fates(counts: &Counts) -> Vec<String> {
    let all = [
        (counts.rejected, "rejected"),
        (counts.filtered, "filtered"),
        (counts.failed, "failed"),
        (counts.unknown, "unknown (may be on the topic)"),
        (counts.unsent, "not sent"),
    ];
    all.iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, fate)| format!("{} {fate}", count(*rows)))
        .collect()
}

/// A group as it is shown: the number of rows, what they have in common, in words, and their positions.
struct ShownGroup {
    rows: u64,
    what: String,
    words: String,
    first: String,
}

impl RowErrorGroup {
    fn shown(&self) -> ShownGroup {
        let field = printable(self.field.as_deref().unwrap_or("-").as_bytes(), 40).into_owned();
        ShownGroup {
            rows: self.count,
            what: field,
            words: printable(self.title.as_bytes(), 80).into_owned(),
            first: positions(&self.first),
        }
    }
}

impl DeliveryErrorGroup {
    fn shown(&self) -> ShownGroup {
        let code = printable(self.code.as_bytes(), 40).into_owned();
        let fates = fates(&Counts {
            failed: self.failed,
            unknown: self.unknown,
            ..Counts::default()
        });
        let message = printable(self.message.as_bytes(), 200);
        let words = if self.unknown > 0 {
            format!("{message}: {}", fates.join(", "))
        } else {
            message.into_owned()
        };
        ShownGroup {
            rows: self.count(),
            what: code,
            words,
            first: positions(&self.first),
        }
    }
}

fn table<Group>(groups: &[Group], shown: impl Fn(&Group) -> ShownGroup) -> Vec<String> {
    let left = Alignment::Left;
    let mut table = Table::new([Alignment::Right, left, left, left]).with_width(0, 6);
    for group in groups.iter().take(SHOWN_GROUPS).map(&shown) {
        table.push([count(group.rows), group.what, group.words, group.first]);
    }
    let mut lines: Vec<String> = table.lines().collect();
    let rest: u64 = groups
        .iter()
        .skip(SHOWN_GROUPS)
        .map(|group| shown(group).rows)
        .sum();
    if rest > 0 {
        let kinds = count((groups.len() - SHOWN_GROUPS) as u64);
        let (rest, width) = (count(rest), table.width(0));
        lines.push(format!("{rest:>width$}  of {kinds} more kinds"));
    }
    lines
}

/// `first: trades.csv:1042, :1077, b.csv:2`: a file is named only if it differs from the previous one.
fn positions(first: &[String]) -> String {
    let mut text = String::new();
    let mut last_file = "";
    for position in first {
        let (file, line) = position.rsplit_once(':').unwrap_or((position, ""));
        text.push_str(if text.is_empty() { "first: " } else { ", " });
        if file != last_file {
            text.push_str(&printable(file.as_bytes(), 200));
        }
        text.push(':');
        text.push_str(line);
        last_file = file;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::TimeShares;
    use crate::report::summary::RejectsSummary;

    fn at(positions: &[&str]) -> Vec<String> {
        positions.iter().map(|position| (*position).to_owned()).collect()
    }

    #[test]
    fn a_good_run_is_one_line() {
        let counts = Counts {
            read: 1_000_000,
            delivered: 1_000_000,
            ..Counts::default()
        };
        let summary = Summary {
            counts,
            seconds: 0.98,
            ..Summary::default()
        };
        assert_eq!(
            summary.text(),
            "1,000,000 rows: 1,000,000 delivered in 0.98 s (1.02M rows/s)"
        );
    }

    #[test]
    fn a_longer_run_says_what_its_time_was_spent_on() {
        let counts = Counts {
            read: 9_000_000,
            delivered: 9_000_000,
            ..Counts::default()
        };
        let mut summary = Summary {
            counts,
            seconds: 10.0,
            time: TimeShares {
                encoding: 0.101,
                publishing: 0.2,
                brokers: 0.699,
                client: 0.0004,
                ..TimeShares::default()
            },
            advice: Some("do this".to_owned()),
            ..Summary::default()
        };
        let lines = "9,000,000 rows: 9,000,000 delivered in 10.0 s (900k rows/s)\n\
                     time: brokers 70 %, publishing 20 %, encoding 10 %\n\
                     hint: do this";
        assert_eq!(summary.text(), lines);
        (summary.seconds, summary.advice) = (4.9, None);
        assert_eq!(
            summary.text(),
            "9,000,000 rows: 9,000,000 delivered in 4.90 s (1.84M rows/s)"
        );
    }

    #[test]
    fn bad_rows_are_a_table_and_where_they_are_kept() {
        let counts = Counts {
            read: 1_000_000,
            delivered: 999_871,
            rejected: 129,
            ..Counts::default()
        };
        let summary = Summary {
            counts,
            seconds: 1.01,
            row_errors: vec![
                RowErrorGroup {
                    kind: "decimal_scale",
                    title: "more digits than decimal(18, 6) allows".to_owned(),
                    field: Some("price".to_owned()),
                    count: 118,
                    leading: 118,
                    first: at(&["trades.csv:1042", "trades.csv:1077", "trades.csv:2810"]),
                },
                RowErrorGroup {
                    kind: "not_an_integer",
                    title: "not an integer".to_owned(),
                    field: Some("buyer_id".to_owned()),
                    count: 10,
                    leading: 10,
                    first: at(&["trades.csv:77004", "b.csv:2", "b.csv:3"]),
                },
                RowErrorGroup {
                    kind: "cell_count",
                    title: "expected 11 cells, found \u{1b}10".to_owned(),
                    field: None,
                    count: 1,
                    leading: 1,
                    first: at(&["trades.csv:9"]),
                },
            ],
            rejects: Some(RejectsSummary {
                path: "bad.csv".to_owned(),
                errors_path: Some("bad.csv.errors.jsonl".to_owned()),
                rows: 129,
                files: Vec::new(),
            }),
            ..Summary::default()
        };
        assert_eq!(
            summary.text(),
            "1,000,000 rows: 999,871 delivered, 129 rejected in 1.01 s (990k rows/s)\n\
             \x20  118  price     more digits than decimal(18, 6) allows  first: trades.csv:1042, :1077, :2810\n\
             \x20   10  buyer_id  not an integer                          first: trades.csv:77004, b.csv:2, :3\n\
             \x20    1  -         expected 11 cells, found \\x1b10         first: trades.csv:9\n\
             bad.csv contains the 129 rows unchanged; the reasons are in bad.csv.errors.jsonl. Correct the rows in bad.csv, then load it."
        );
    }

    #[test]
    fn failed_and_unknown_rows_are_shown_separately() {
        let counts = Counts {
            read: 4_000,
            delivered: 2_398,
            failed: 1_204,
            unknown: 388,
            unsent: 10,
            ..Counts::default()
        };
        let summary = Summary {
            counts,
            seconds: 245.0,
            delivery_errors: vec![DeliveryErrorGroup {
                code: "MSG_TIMED_OUT".to_owned(),
                message: "not enough in-sync replicas".to_owned(),
                failed: 1_204,
                unknown: 388,
                first: at(&["trades.csv:702113"]),
            }],
            stopped: Some("rows are on the topic up to trades.csv:702112".to_owned()),
            ..Summary::default()
        };
        assert_eq!(
            summary.text(),
            "4,000 rows read: 2,398 delivered, 1,204 failed, 388 unknown (may be on the topic), 10 not sent in \
             4 min 05 s (16 rows/s)\n\
             \x201,592  MSG_TIMED_OUT  not enough in-sync replicas: 1,204 failed, 388 unknown (may be on the topic)  \
             first: trades.csv:702113\n\
             stopped: rows are on the topic up to trades.csv:702112"
        );
    }

    #[test]
    fn a_dry_run_and_a_check_report_that_nothing_was_sent() {
        let counts = Counts {
            read: 1,
            unsent: 1,
            ..Counts::default()
        };
        for (kind, name) in [(RunKind::DryRun, "dry run"), (RunKind::Check, "check")] {
            let summary = Summary {
                counts,
                kind,
                seconds: 0.1,
                ..Summary::default()
            };
            assert_eq!(
                summary.text(),
                format!("{name}: 1 row: 1 fit in 0.10 s (10 rows/s); nothing was sent")
            );
        }
    }

    #[test]
    fn a_long_table_is_cut_and_the_other_groups_are_counted() {
        let group = |number: u64| RowErrorGroup {
            kind: "missing",
            title: "missing".to_owned(),
            field: Some(format!("f{number}")),
            count: 2,
            leading: 2,
            first: at(&["a.csv:2"]),
        };
        let summary = Summary {
            row_errors: (0..1_000).map(group).collect(),
            counts: Counts {
                rejected: 2,
                ..Counts::default()
            },
            ..Summary::default()
        };
        let text = summary.text();
        assert_eq!(text.lines().nth(1), Some("errors (a row can have several):"));
        assert_eq!(text.lines().count(), 2 + 20 + 1);
        assert!(text.ends_with("\n 1,960  of 980 more kinds"), "{text}");
    }
}
