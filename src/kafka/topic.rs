//! What is known about the topic, and what changed during a run.
//!
//! `preflight` asks the brokers; this file interprets the answers.

use std::fmt;
use std::ops::RangeInclusive;

use super::acknowledged::Acknowledged;
use super::fact::Fact;
use super::leadership::{LeaderChange, Leadership};
use super::times::TimeSettings;

/// Whether a topic can have this name (`org.apache.kafka.common.internals.Topic`).
pub fn is_topic_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=249).contains(&name.len()) && !matches!(name, "." | "..") && name.bytes().all(is_allowed)
}

/// The state of the topic at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFacts {
    /// Its name.
    pub name: String,
    /// Its id, in the form that Kafka's tools print. A different id means a different topic.
    pub topic_id: Fact<String>,
    /// How many partitions it has.
    pub partitions: u32,
    /// The largest batch, compressed, that its brokers accept, in bytes.
    pub max_message_bytes: Fact<usize>,
    /// The number of replicas per partition; the smallest over all partitions.
    pub replication_factor: u32,
    /// How many of them are in sync; the smallest over all partitions.
    pub in_sync_replicas: u32,
    /// How many replicas must be in sync for a write to be accepted.
    pub min_insync_replicas: Fact<u32>,
    /// Whether its `cleanup.policy` contains `compact`: it keeps the latest message of each key and rejects messages
    /// without a key.
    pub compacted: Fact<bool>,
    /// The current values of the settings requested in a [`NewTopic`](super::NewTopic), in that order.
    pub asked_settings: Vec<(String, Fact<String>)>,
    /// Its settings for timestamps.
    pub times: TimeSettings,
    /// Partitions that currently have no leader.
    pub leaderless: Vec<i32>,
    /// Who leads each partition, by partition number.
    pub leaders: Vec<Leadership>,
    /// The first offset that still exists, per partition.
    pub begin_offsets: Fact<Vec<i64>>,
    /// The offset of the next message, per partition.
    pub end_offsets: Fact<Vec<i64>>,
}

/// A change of the topic that affects the rows of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicChange {
    /// The topic was deleted and recreated: rows sent before that are gone.
    Recreated {
        /// Its id when the run began.
        before: String,
        /// Its id now.
        now: String,
    },
    /// Partitions were added: a key may go to another partition from now on.
    Partitions {
        /// How many there were.
        before: u32,
        /// How many there are.
        now: u32,
    },
    /// Partitions to which rows were delivered have had another leader. librdkafka can then write rows twice that were
    /// in flight, although it is idempotent (<https://github.com/confluentinc/librdkafka/issues/4953>).
    Leaders(Vec<LeaderChange>),
    /// Rows that were delivered are no longer on the topic.
    RowsGone {
        /// How many rows were delivered.
        delivered: u64,
        /// The partitions where rows are missing, in ascending order.
        partitions: Vec<PartitionLoss>,
    },
}

/// A partition that no longer holds all rows delivered to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionLoss {
    /// The partition.
    pub partition: i32,
    /// The lowest and the highest possible number of missing rows; exact if no other producer writes to the partition.
    pub rows: RangeInclusive<u64>,
    /// The first offset that still exists.
    pub begin: i64,
    /// The end of the partition: the offset of the next message.
    pub end: i64,
}

impl fmt::Display for TopicChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TopicChange::Recreated { before, now } => {
                write!(
                    formatter,
                    "the topic was deleted and recreated during the run (its id was {before} and is now {now})"
                )
            }
            TopicChange::Partitions { before, now } => {
                write!(
                    formatter,
                    "the topic had {before} partitions when the run began and now has {now}"
                )
            }
            TopicChange::Leaders(changes) => {
                let which = match changes.len() {
                    1 => "the leader of partition",
                    _ => "the leaders of partitions",
                };
                let shown: Vec<String> = changes.iter().take(SHOWN).map(ToString::to_string).collect();
                let more = match changes.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                write!(
                    formatter,
                    "{which} {}{more} changed during the run; librdkafka may have written rows twice that were in flight \
                     then (https://github.com/confluentinc/librdkafka/issues/4953)",
                    shown.join(", ")
                )
            }
            TopicChange::RowsGone {
                delivered,
                partitions,
            } => {
                let fewest = partitions.iter().map(|loss| loss.rows.start()).sum();
                let most = partitions.iter().map(|loss| loss.rows.end()).sum();
                write!(
                    formatter,
                    "{} of {delivered} delivered rows are no longer on the topic",
                    number_between(&(fewest..=most))
                )?;
                for loss in partitions.iter().take(SHOWN) {
                    write!(formatter, "\n  {loss}")?;
                }
                match partitions.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(formatter, "\n  and {more} more partitions"),
                }
            }
        }
    }
}

/// How many partitions are listed; a topic can have thousands.
const SHOWN: usize = 10;

impl fmt::Display for PartitionLoss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PartitionLoss {
            partition,
            rows,
            begin,
            end,
        } = self;
        let rows = number_between(rows);
        write!(formatter, "partition {partition}: {rows} gone; ")?;
        match begin < end {
            true => write!(formatter, "it now holds offsets {begin} to {}", end - 1),
            false => write!(formatter, "it is now empty, and its next offset is {end}"),
        }
    }
}

fn number_between(range: &RangeInclusive<u64>) -> String {
    match range.start() == range.end() {
        true => range.start().to_string(),
        false => format!("between {} and {}", range.start(), range.end()),
    }
}

impl TopicFacts {
    /// A topic of which only the name is known.
    #[cfg(test)]
    pub(crate) fn unknown(name: &str) -> TopicFacts {
        TopicFacts {
            name: name.to_owned(),
            topic_id: Fact::NotPermitted,
            partitions: 0,
            max_message_bytes: Fact::NotPermitted,
            replication_factor: 0,
            in_sync_replicas: 0,
            min_insync_replicas: Fact::NotPermitted,
            compacted: Fact::NotPermitted,
            asked_settings: Vec::new(),
            times: TimeSettings::of(|_| Fact::NotPermitted),
            leaderless: Vec::new(),
            leaders: Vec::new(),
            begin_offsets: Fact::NotPermitted,
            end_offsets: Fact::NotPermitted,
        }
    }

    /// The changes between these facts and `now`; `acknowledged` is what was delivered to each partition, by partition
    /// number.
    pub fn changes(&self, now: &TopicFacts, acknowledged: &[Acknowledged]) -> Vec<TopicChange> {
        let mut changes = Vec::new();
        if let (Fact::Known(before), Fact::Known(now)) = (&self.topic_id, &now.topic_id)
            && before != now
        {
            changes.push(TopicChange::Recreated {
                before: before.clone(),
                now: now.clone(),
            });
        }
        if self.partitions != now.partitions {
            changes.push(TopicChange::Partitions {
                before: self.partitions,
                now: now.partitions,
            });
        }
        let leaders = self.leader_changes(now, acknowledged);
        if !leaders.is_empty() {
            changes.push(TopicChange::Leaders(leaders));
        }
        let partitions = now.losses(acknowledged);
        if !partitions.is_empty() {
            changes.push(TopicChange::RowsGone {
                delivered: acknowledged.iter().map(Acknowledged::messages).sum(),
                partitions,
            });
        }
        changes
    }

    /// Whether the leader of a partition has changed; none if that is not known.
    pub fn leader_changed(&self, now: &TopicFacts, partition: usize) -> Option<bool> {
        let (before, now) = (self.leaders.get(partition)?, now.leaders.get(partition)?);
        Some(now.changed_since(before))
    }

    /// The partitions with acknowledged rows that have had another leader.
    fn leader_changes(&self, now: &TopicFacts, acknowledged: &[Acknowledged]) -> Vec<LeaderChange> {
        let leaders = self.leaders.iter().zip(&now.leaders).zip(acknowledged).zip(0..);
        let changed = leaders.filter(|(((before, now), acknowledged), _)| {
            acknowledged.messages() > 0 && now.changed_since(before)
        });
        changed
            .map(|(((before, now), _), partition)| LeaderChange {
                partition,
                before: *before,
                now: *now,
            })
            .collect()
    }

    /// The partitions that have lost acknowledged rows.
    fn losses(&self, acknowledged: &[Acknowledged]) -> Vec<PartitionLoss> {
        let (Fact::Known(begins), Fact::Known(ends)) = (&self.begin_offsets, &self.end_offsets) else {
            return Vec::new();
        };
        let losses = acknowledged.iter().zip(0..).map(|(acknowledged, partition)| {
            // A partition that no longer exists holds nothing.
            let offset = |offsets: &[i64]| offsets.get(partition as usize).copied().unwrap_or(0);
            let (begin, end) = (offset(begins), offset(ends));
            PartitionLoss {
                partition,
                rows: acknowledged.missing(begin, end),
                begin,
                end,
            }
        });
        losses.filter(|loss| *loss.rows.end() > 0).collect()
    }

    /// What was known before and is unknown `now`, so that it cannot be checked at the end of a run.
    pub(super) fn no_longer_known(&self, now: &TopicFacts) -> Option<&'static str> {
        let offsets =
            |facts: &TopicFacts| facts.begin_offsets.known().is_some() && facts.end_offsets.known().is_some();
        if offsets(self) && !offsets(now) {
            Some("the offsets of its partitions")
        } else if self.topic_id.known().is_some() && now.topic_id.known().is_none() {
            Some("its id")
        } else {
            None
        }
    }

    /// What prevents the topic from accepting rows at the moment, if anything: the cause hidden by a time-out.
    pub fn obstacle(&self) -> Option<String> {
        if let Some(first) = self.leaderless.first() {
            return Some(format!(
                "partition {first} has no leader ({} of {})",
                self.leaderless.len(),
                self.partitions
            ));
        }
        let required = *self.min_insync_replicas.known()?;
        (self.in_sync_replicas < required).then(|| {
            format!(
                "not enough in-sync replicas: a partition has {}, and `min.insync.replicas` is {required}",
                self.in_sync_replicas
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(id: &str, partitions: u32, begin: Vec<i64>, end: Vec<i64>) -> TopicFacts {
        TopicFacts {
            topic_id: Fact::Known(id.to_owned()),
            partitions,
            replication_factor: 3,
            in_sync_replicas: 3,
            min_insync_replicas: Fact::Known(2),
            begin_offsets: Fact::Known(begin),
            end_offsets: Fact::Known(end),
            ..TopicFacts::unknown("trades")
        }
    }

    fn acknowledged(offsets: std::ops::Range<i64>) -> Acknowledged {
        let mut acknowledged = Acknowledged::default();
        offsets.for_each(|offset| acknowledged.note(offset));
        acknowledged
    }

    #[test]
    fn a_topic_that_only_grew_is_unchanged() {
        let before = facts("a", 2, vec![0, 0], vec![0, 5]);
        let now = facts("a", 2, vec![0, 5], vec![10, 20]);
        assert_eq!(
            before.changes(&now, &[acknowledged(0..10), acknowledged(5..8)]),
            []
        );
    }

    #[test]
    fn rows_that_are_gone_are_counted_partition_by_partition() {
        let before = facts("a", 4, vec![0; 4], vec![0; 4]);
        let now = facts("b", 3, vec![0, 10, 7], vec![3, 20, 7]);
        let delivered = [0..10, 0..12, 5..6, 0..2].map(acknowledged);
        let changes = before.changes(&now, &delivered);
        let loss = |partition, rows, begin, end| PartitionLoss {
            partition,
            rows: rows..=rows,
            begin,
            end,
        };
        let gone = TopicChange::RowsGone {
            delivered: 25,
            partitions: vec![
                loss(0, 7, 0, 3),
                loss(1, 10, 10, 20),
                loss(2, 1, 7, 7),
                loss(3, 2, 0, 0),
            ],
        };
        assert_eq!(
            gone.to_string(),
            "20 of 25 delivered rows are no longer on the topic\n  \
             partition 0: 7 gone; it now holds offsets 0 to 2\n  \
             partition 1: 10 gone; it now holds offsets 10 to 19\n  \
             partition 2: 1 gone; it is now empty, and its next offset is 7\n  \
             partition 3: 2 gone; it is now empty, and its next offset is 0"
        );
        assert_eq!(
            changes,
            [
                TopicChange::Recreated {
                    before: "a".to_owned(),
                    now: "b".to_owned()
                },
                TopicChange::Partitions { before: 4, now: 3 },
                gone,
            ]
        );
    }

    #[test]
    fn a_loss_on_many_partitions_lists_some_and_counts_all() {
        let before = facts("a", 500, vec![0; 500], vec![0; 500]);
        let now = facts("a", 500, vec![2; 500], vec![4; 500]);
        let changes = before.changes(&now, &[acknowledged(0..4); 500]);
        let [gone] = &changes[..] else {
            panic!("{changes:?}")
        };
        let text = gone.to_string();
        assert!(text.starts_with("1000 of 2000 delivered rows"), "{text}");
        assert!(text.ends_with("\n  and 490 more partitions"), "{text}");
    }

    #[test]
    fn a_new_leader_counts_on_partitions_with_rows() {
        let led = |leader, epoch| Leadership {
            leader: Some(leader),
            epoch: Some(epoch),
        };
        let facts = |leaders: Vec<Leadership>| TopicFacts {
            leaders,
            ..facts("a", 3, vec![0; 3], vec![9; 3])
        };
        let before = facts(vec![led(2, 0), led(3, 0), led(2, 0)]);
        let now = facts(vec![led(1, 1), led(3, 2), led(1, 1)]);
        let delivered = [acknowledged(0..5), acknowledged(0..5)];
        let changes = before.changes(&now, &delivered);
        let [only] = &changes[..] else {
            panic!("{changes:?}")
        };
        let text = only.to_string();
        assert!(
            text.starts_with(
                "the leaders of partitions 0 (broker 2, now 1), 1 (broker 3 again) changed during the run"
            ),
            "{text}"
        );
        assert_eq!(before.leader_changed(&now, 2), Some(true));
        assert_eq!(before.leader_changed(&before, 2), Some(false));
        assert_eq!(before.leader_changed(&now, 3), None);
    }

    #[test]
    fn what_is_no_longer_known_at_the_end_is_named() {
        let before = facts("a", 1, vec![0], vec![0]);
        assert_eq!(before.no_longer_known(&before), None);
        let mut now = before.clone();
        now.topic_id = Fact::NotSupported;
        assert_eq!(before.no_longer_known(&now), Some("its id"));
        assert_eq!(now.no_longer_known(&before), None);
        now.begin_offsets = Fact::NotAnswered;
        assert_eq!(
            before.no_longer_known(&now),
            Some("the offsets of its partitions")
        );
    }

    #[test]
    fn names_of_topics_are_those_that_brokers_allow() {
        for (name, is_allowed) in [
            ("market.trades_raw-1", true),
            ("a.", true),
            ("", false),
            (".", false),
            ("..", false),
            ("a b", false),
            ("börse", false),
        ] {
            assert_eq!(is_topic_name(name), is_allowed, "{name}");
        }
        assert!(is_topic_name(&"a".repeat(249)) && !is_topic_name(&"a".repeat(250)));
    }

    #[test]
    fn too_few_in_sync_replicas_are_an_obstacle() {
        let mut now = facts("a", 1, vec![0], vec![0]);
        assert_eq!(now.obstacle(), None);
        now.in_sync_replicas = 1;
        assert!(now.obstacle().unwrap().starts_with("not enough in-sync replicas"));
        now.leaderless = vec![0];
        assert_eq!(now.obstacle().unwrap(), "partition 0 has no leader (1 of 1)");
    }
}
