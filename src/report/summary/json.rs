//! The summary for machines. Its shape is documented in docs/summary.md, and a test compares the two.
//!
//! Every key is always present: unknown values are `null`, and lists without entries are empty.

use serde_json::{Map, Value, json};

use super::{FileFormat, FileSummary, KeptFileSummary, RunKind, Summary, TopicSummary, UndeliveredSummary};
use crate::load::{Counts, LoadState};
use crate::report::errors::{DeliveryErrorGroup, RowErrorGroup};

/// Incremented when a key changes its meaning or is removed, but not for new keys.
const SCHEMA_VERSION: u32 = 1;

impl Summary {
    /// The object that `--summary json` prints.
    pub fn to_json(&self) -> Value {
        let labels: Map<String, Value> = self
            .labels
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        json!({
            "schema_version": SCHEMA_VERSION,
            "exit_status": self.exit_status,
            "errors": self.errors,
            "stopped": self.stopped,
            "dry_run": self.kind != RunKind::Load,
            "seconds": if self.seconds.is_finite() { self.seconds } else { 0.0 },
            "rows_per_second": self.rows_per_second().round() as u64,
            "bytes_read": self.bytes_read,
            "bytes_encoded": self.bytes_encoded,
            "rows": rows(&self.counts),
            "balanced": self.imbalance.is_none(),
            "blank_lines": self.blank_lines,
            "skipped_lines": self.skipped_lines,
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "row_errors": self.row_errors.iter().map(row_error).collect::<Vec<_>>(),
            "delivery_errors": self.delivery_errors.iter().map(delivery_error).collect::<Vec<_>>(),
            "rejects": self.rejects.as_ref().map(|rejects| json!({
                "path": rejects.path,
                "errors_path": rejects.errors_path,
                "rows": rejects.rows,
                "files": rejects.files.iter().map(kept_file).collect::<Vec<_>>(),
            })),
            "undelivered": self.undelivered.iter().map(undelivered).collect::<Vec<_>>(),
            "ignored_columns": self.ignored_columns,
            "defaulted_fields": self.defaulted_fields,
            "nulled_fields": self.nulled_fields,
            "key_defaulted_fields": self.key_defaulted_fields,
            "key_nulled_fields": self.key_nulled_fields,
            "dropped_keys": self.dropped_keys,
            "topic": match (&self.topics[..], self.kind) {
                ([only], RunKind::Load) => Some(topic(only)),
                _ => None,
            },
            "topics": self.topics.iter().map(topic_with_rows).collect::<Vec<_>>(),
            "schema": self.schema.as_ref().map(|schema| json!({
                "name": schema.name,
                "subject": schema.subject,
                "version": schema.version,
                "id": schema.id,
            })),
            "key": self.key,
            "time": self.time.named().into_iter().map(share).collect::<Map<_, _>>(),
            "advice": self.advice,
            "queue_full_waits": self.queue_full_waits,
            "retries": self.retries,
            "found_record": self.found_record.as_ref().map(|found| json!({
                "topic": found.topic,
                "partition": found.partition,
                "offset": found.offset,
            })),
            "load": self.load.as_ref().map(|load| json!({
                "name": load.name,
                "state": load.state.map(LoadState::word),
                "rows_before": rows(&load.before),
                "commits": load.commits,
                "atomic": load.is_atomic(),
                "aborted": load.aborted.is_some(),
            })),
            "labels": labels,
        })
    }
}

/// In thousandths, which is more than the clocks of the threads can tell.
fn share((name, share): (&str, f64)) -> (String, Value) {
    (name.to_owned(), Value::from((share * 1000.0).round() / 1000.0))
}

fn rows(counts: &Counts) -> Value {
    json!({
        "read": counts.read,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "filtered": counts.filtered,
        "failed": counts.failed,
        "unknown": counts.unknown,
        "unsent": counts.unsent,
        "tombstones": counts.tombstones,
    })
}

fn kept_file(file: &KeptFileSummary) -> Value {
    json!({
        "path": file.path,
        "errors_path": file.errors_path,
        "rows": file.rows,
    })
}

fn undelivered(range: &UndeliveredSummary) -> Value {
    json!({
        "file": range.file,
        "first_line": range.first_line,
        "first_column": range.first_column,
        "last_line": range.last_line,
        "rows": range.rows,
        "fate": range.fate,
    })
}

fn file(file: &FileSummary) -> Value {
    json!({
        "path": file.path,
        "format": file.format.map(FileFormat::name),
        "read": file.read.word(),
        "bytes": file.bytes,
        "lines": file.lines,
        "blank_lines": file.blank_lines,
        "skipped_lines": file.skipped_lines,
        "rows": rows(&file.counts),
    })
}

fn row_error(group: &RowErrorGroup) -> Value {
    json!({
        "kind": group.kind,
        "title": group.title,
        "field": group.field,
        "count": group.count,
        "first": group.first,
    })
}

fn delivery_error(group: &DeliveryErrorGroup) -> Value {
    json!({
        "code": group.code,
        "message": group.message,
        "count": group.count(),
        "failed": group.failed,
        "unknown": group.unknown,
        "first": group.first,
    })
}

fn topic(topic: &TopicSummary) -> Value {
    let partition = |partition: &super::PartitionSummary| {
        json!({
            "partition": partition.partition,
            "offset_before": partition.offset_before,
            "offset_after": partition.offset_after,
            "leader_changed": partition.leader_changed,
        })
    };
    json!({
        "name": topic.name,
        "id": topic.id,
        "partitions": topic.partitions.iter().map(partition).collect::<Vec<_>>(),
    })
}

fn topic_with_rows(summary: &TopicSummary) -> Value {
    let mut value = topic(summary);
    let counts = &summary.counts;
    value["rows"] = json!({
        "delivered": counts.delivered,
        "failed": counts.failed,
        "unknown": counts.unknown,
        "unsent": counts.unsent,
        "tombstones": counts.tombstones,
    });
    value
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::kafka::FoundRecord;
    use crate::load::{Commit, EarlierRuns, LoadReport, ReadExtent, TimeShares};
    use crate::record::Format;
    use crate::report::summary::{PartitionSummary, RejectsSummary, SchemaSummary};

    const DOCUMENT: &str = include_str!("../../../docs/summary.md");

    /// A run with a value for nearly every key.
    fn example() -> Summary {
        let counts = Counts {
            read: 1_000_000,
            delivered: 998_277,
            rejected: 129,
            filtered: 0,
            failed: 1_204,
            unknown: 388,
            unsent: 2,
            tombstones: 7,
        };
        Summary {
            exit_status: 5,
            errors: vec!["delivery failed: 1,204 rows were not written, 388 unknown".to_owned()],
            stopped: Some("because rows could not be delivered".to_owned()),
            seconds: 1.25,
            counts,
            imbalance: None,
            files: vec![FileSummary {
                path: "trades.csv".to_owned(),
                format: Some(FileFormat::Values(Format::Csv)),
                read: ReadExtent::Partial,
                bytes: 88_100_000,
                lines: 1_000_002,
                blank_lines: 1,
                skipped_lines: 2,
                counts,
            }],
            row_errors: vec![RowErrorGroup {
                kind: "decimal_scale",
                title: "more digits after the decimal point than decimal(18, 6) allows".to_owned(),
                field: Some("price".to_owned()),
                count: 129,
                leading: 129,
                first: ["1042", "1077", "2810"]
                    .map(|line| format!("trades.csv:{line}"))
                    .to_vec(),
            }],
            delivery_errors: vec![DeliveryErrorGroup {
                code: "_MSG_TIMED_OUT".to_owned(),
                message: "not enough in-sync replicas".to_owned(),
                failed: 1_204,
                unknown: 388,
                first: ["702113", "702114", "702115"]
                    .map(|line| format!("trades.csv:{line}"))
                    .to_vec(),
            }],
            rejects: Some(RejectsSummary {
                path: "bad.csv".to_owned(),
                errors_path: Some("bad.csv.errors.jsonl".to_owned()),
                rows: 1_721,
                files: vec![KeptFileSummary {
                    path: "bad.csv".to_owned(),
                    errors_path: "bad.csv.errors.jsonl".to_owned(),
                    rows: 1_721,
                }],
            }),
            undelivered: vec![UndeliveredSummary {
                file: "more.csv".to_owned(),
                first_line: 7,
                first_column: None,
                last_line: 9,
                rows: 3,
                fate: "unsent",
            }],
            bytes_read: 88_100_000,
            bytes_encoded: 61_000_000,
            blank_lines: 1,
            skipped_lines: 2,
            ignored_columns: vec!["note".to_owned()],
            defaulted_fields: vec!["buyer_id".to_owned()],
            nulled_fields: vec!["leg.venue".to_owned()],
            key_defaulted_fields: vec!["region".to_owned()],
            key_nulled_fields: Vec::new(),
            dropped_keys: 4,
            topics: vec![TopicSummary {
                name: "market.trades.raw".to_owned(),
                id: Some("jT2iNqLWQ2mzQ0nGq7b1Yg".to_owned()),
                counts,
                partitions: vec![PartitionSummary {
                    partition: 0,
                    offset_before: Some(0),
                    offset_after: Some(998_277),
                    leader_changed: Some(true),
                }],
            }],
            schema: Some(SchemaSummary {
                name: "com.k2.market_data.Trade".to_owned(),
                subject: "market.trades.raw-value".to_owned(),
                version: Some(1),
                id: Some(1),
            }),
            key: Some("symbol".to_owned()),
            time: TimeShares {
                reading: 0.04,
                encoding: 0.12,
                publishing: 0.31,
                client: 0.21,
                brokers: 0.32,
                commits: 0.0,
                pace: 0.0,
            },
            advice: None,
            queue_full_waits: 12,
            retries: 3,
            found_record: Some(FoundRecord {
                topic: "market.trades.raw".to_owned(),
                partition: 0,
                offset: 17,
            }),
            load: Some(LoadReport {
                name: "market.trades.raw/trades.csv".to_owned(),
                before: Counts {
                    read: 600_000,
                    delivered: 600_000,
                    ..Counts::default()
                },
                commits: 4,
                commit: Commit::Often {
                    rows: 1_000_000,
                    interval: Duration::from_secs(10),
                },
                earlier_runs: EarlierRuns::Continue,
                aborted: None,
                state: Some(LoadState::Partial),
                rejected_before: 0,
            }),
            labels: vec![("exchange".to_owned(), "asx".to_owned())],
            notes: Vec::new(),
            kind: RunKind::Load,
        }
    }

    /// The path of each value in `value`: `rows.read`, `files[].path`, `labels.*`.
    fn paths(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(_) if prefix == "labels" => {
                found.insert("labels.*".to_owned());
            }
            Value::Object(map) => {
                for (key, value) in map {
                    let path = if prefix.is_empty() {
                        key.clone()
                    } else {
                        format!("{prefix}.{key}")
                    };
                    paths(&path, value, found);
                }
            }
            Value::Array(values) if values.first().is_some_and(Value::is_object) => {
                for value in values {
                    paths(&format!("{prefix}[]"), value, found);
                }
            }
            _ => {
                found.insert(prefix.to_owned());
            }
        }
    }

    #[test]
    fn the_document_names_each_key_and_no_other() {
        let mut written = BTreeSet::new();
        paths("", &example().to_json(), &mut written);
        let documented: BTreeSet<String> = DOCUMENT
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(path, _)| path.to_owned())
            .collect();
        assert_eq!(documented, written);
    }

    #[test]
    fn the_documents_example_is_what_is_written() {
        let example_text = DOCUMENT
            .split("```json\n")
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap();
        let documented: Value = serde_json::from_str(example_text).unwrap();
        assert_eq!(documented, example().to_json());
    }

    #[test]
    fn a_run_that_did_nothing_has_every_top_level_key() {
        let (full, empty) = (example().to_json(), Summary::default().to_json());
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&full), keys(&empty));
        assert_eq!(empty["rows_per_second"], 0);
        assert_eq!(empty["balanced"], true);
        assert!(empty["topic"].is_null() && empty["schema"].is_null());
    }

    #[test]
    fn integers_are_integers_and_a_lost_row_shows() {
        let mut summary = example();
        summary.counts.read += 1;
        summary.imbalance = summary.counts.balance().err();
        summary.seconds = f64::NAN;
        let json = summary.to_json();
        assert!(json["rows"]["read"].is_u64() && json["bytes_read"].is_u64());
        assert_eq!(json["balanced"], false);
        assert_eq!(json["seconds"], 0.0);
    }
}
