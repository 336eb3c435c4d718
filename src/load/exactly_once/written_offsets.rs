//! Where on the topics the rows of an input are, as its checkpoint records it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::kafka::Acknowledged;
use crate::load::delivered_offsets::DeliveredOffsets;

/// The most partitions that a checkpoint lists; with more, it could exceed the largest message that brokers take.
const MOST: usize = 2_000;

/// The committed rows of an input on one partition.
///
/// Between the first and the last offset there can be other records too: those of other inputs and producers, and of
/// aborted transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenOffsets {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offsets of those rows of which the brokers reported them.
    pub rows: Acknowledged,
}

/// Adds what was delivered to `topics` since the last checkpoint to what it has. Nothing if there are too many
/// partitions.
pub(super) fn with_delivered(
    before: &[WrittenOffsets],
    topics: &[(String, Option<String>, u32)],
    delivered: &DeliveredOffsets,
) -> Vec<WrittenOffsets> {
    let mut sums: BTreeMap<(&str, i32), Acknowledged> = BTreeMap::new();
    for written in before {
        sums.insert((&written.topic, written.partition), written.rows);
    }
    for (topic, partition, rows) in delivered.iter() {
        if let Some((name, ..)) = topics.get(topic) {
            sums.entry((name, partition)).or_default().add(rows);
        }
    }
    if sums.len() > MOST {
        return Vec::new();
    }
    let written = sums.into_iter().map(|((topic, partition), rows)| WrittenOffsets {
        topic: topic.to_owned(),
        partition,
        rows,
    });
    written.collect()
}

impl WrittenOffsets {
    /// The form in a checkpoint.
    pub fn to_json(&self) -> Value {
        let offsets = self.rows.offsets();
        json!({
            "topic": self.topic,
            "partition": self.partition,
            "first": offsets.as_ref().map(|offsets| *offsets.start()),
            "last": offsets.as_ref().map(|offsets| *offsets.end()),
            "rows": self.rows.messages(),
        })
    }

    /// Reads what [`WrittenOffsets::to_json`] writes.
    pub(super) fn parse(value: &Value) -> Option<WrittenOffsets> {
        Some(WrittenOffsets {
            topic: value["topic"].as_str()?.to_owned(),
            partition: i32::try_from(value["partition"].as_i64()?).ok()?,
            rows: Acknowledged::of(
                value["rows"].as_u64()?,
                value["first"].as_i64()?,
                value["last"].as_i64()?,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(topic: &str, partition: i32, rows: u64, first: i64, last: i64) -> WrittenOffsets {
        WrittenOffsets {
            topic: topic.to_owned(),
            partition,
            rows: Acknowledged::of(rows, first, last),
        }
    }

    #[test]
    fn what_was_delivered_is_added_by_partition() {
        let before = [written("a", 1, 2, 10, 11), written("z", 0, 1, 5, 5)];
        let topics = ["b", "a"].map(|name| (name.to_owned(), None, 3));
        let mut delivered = DeliveredOffsets::default();
        for (topic, partition, offset) in [(1, 1, 20), (1, 1, 21), (0, 2, 7)] {
            delivered.note(topic, partition, offset);
        }
        assert_eq!(
            with_delivered(&before, &topics, &delivered),
            [
                written("a", 1, 4, 10, 21),
                written("b", 2, 1, 7, 7),
                written("z", 0, 1, 5, 5)
            ]
        );
    }

    #[test]
    fn offsets_on_too_many_partitions_are_not_listed() {
        let mut delivered = DeliveredOffsets::default();
        for partition in 0..=MOST {
            delivered.note(0, partition, 0);
        }
        let topics = [("t".to_owned(), None, 5_000)];
        assert_eq!(with_delivered(&[], &topics, &delivered), []);
    }
}
