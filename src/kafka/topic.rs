//! What is known of the topic, and what changed about it during a run.
//!
//! `preflight` asks; here is only what the answers mean.

use std::fmt;

use super::fact::Fact;
use super::times::TimeSettings;

/// The topic as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFacts {
    /// Its name.
    pub name: String,
    /// Its id, in the form Kafka's own tools print; another id is another topic.
    pub topic_id: Fact<String>,
    /// How many partitions it has.
    pub partitions: u32,
    /// The size of a batch, compressed, that its brokers accept.
    pub max_message_bytes: Fact<usize>,
    /// How many copies of a partition there are; the smallest number of all partitions.
    pub replication_factor: u32,
    /// How many of them are in sync; the smallest number of all partitions.
    pub in_sync_replicas: u32,
    /// How many copies must be in sync for a write to be accepted.
    pub min_insync_replicas: Fact<u32>,
    /// What it does to the times of messages.
    pub times: TimeSettings,
    /// Partitions that have no leader just now.
    pub leaderless: Vec<i32>,
    /// The first offset still there, per partition.
    pub begin_offsets: Fact<Vec<i64>>,
    /// The offset that the next message gets, per partition.
    pub end_offsets: Fact<Vec<i64>>,
}

/// A change of the topic that concerns the rows of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicChange {
    /// The topic was deleted and made anew: rows sent before that are gone.
    Recreated {
        /// Its id when the run began.
        before: String,
        /// Its id now.
        now: String,
    },
    /// Partitions were added: a key may go elsewhere from now on.
    Partitions {
        /// How many there were.
        before: u32,
        /// How many there are.
        now: u32,
    },
    /// Rows that were delivered are no longer there.
    RowsGone {
        /// The partition.
        partition: i32,
        /// The last offset delivered to it.
        delivered: i64,
        /// The first offset still there.
        begin: i64,
        /// The end of the partition.
        end: i64,
    },
}

impl fmt::Display for TopicChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TopicChange::Recreated { before, now } => {
                write!(
                    formatter,
                    "the topic was deleted and made anew during the run (its id was {before}, it is {now})"
                )
            }
            TopicChange::Partitions { before, now } => {
                write!(
                    formatter,
                    "the topic had {before} partitions when the run began and has {now}"
                )
            }
            TopicChange::RowsGone {
                partition,
                delivered,
                begin,
                end,
            } => write!(
                formatter,
                "partition {partition}: rows delivered up to offset {delivered} are gone (it holds {begin} to {end})"
            ),
        }
    }
}

impl TopicFacts {
    /// What changed from these facts to `now`; `delivered` is the last offset delivered per partition, or -1.
    pub fn changes(&self, now: &TopicFacts, delivered: &[i64]) -> Vec<TopicChange> {
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
        if let (Fact::Known(begins), Fact::Known(ends)) = (&now.begin_offsets, &now.end_offsets) {
            for (partition, delivered) in delivered
                .iter()
                .copied()
                .enumerate()
                .filter(|(_, last)| *last >= 0)
            {
                let begin = begins.get(partition).copied().unwrap_or(0);
                let end = ends.get(partition).copied().unwrap_or(0);
                if begin > delivered || end <= delivered {
                    changes.push(TopicChange::RowsGone {
                        partition: partition as i32,
                        delivered,
                        begin,
                        end,
                    });
                }
            }
        }
        changes
    }

    /// What keeps the topic from accepting rows just now, if anything does: the cause that a time-out hides.
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
            name: "trades".to_owned(),
            topic_id: Fact::Known(id.to_owned()),
            partitions,
            max_message_bytes: Fact::NotPermitted,
            replication_factor: 3,
            in_sync_replicas: 3,
            min_insync_replicas: Fact::Known(2),
            times: TimeSettings::of(|_| Fact::NotPermitted),
            leaderless: Vec::new(),
            begin_offsets: Fact::Known(begin),
            end_offsets: Fact::Known(end),
        }
    }

    #[test]
    fn a_topic_that_only_grew_has_not_changed() {
        let before = facts("a", 2, vec![0, 0], vec![0, 5]);
        let now = facts("a", 2, vec![0, 3], vec![10, 20]);
        assert_eq!(before.changes(&now, &[9, 7]), []);
    }

    #[test]
    fn rows_that_are_gone_are_noticed() {
        let before = facts("a", 3, vec![0, 0, 0], vec![0, 0, 0]);
        let now = facts("b", 4, vec![0, 12, 0, 0], vec![3, 20, 0, 0]);
        let changes = before.changes(&now, &[9, 11, -1]);
        assert_eq!(
            changes,
            [
                TopicChange::Recreated {
                    before: "a".to_owned(),
                    now: "b".to_owned()
                },
                TopicChange::Partitions { before: 3, now: 4 },
                TopicChange::RowsGone {
                    partition: 0,
                    delivered: 9,
                    begin: 0,
                    end: 3
                },
                TopicChange::RowsGone {
                    partition: 1,
                    delivered: 11,
                    begin: 12,
                    end: 20
                },
            ]
        );
    }

    #[test]
    fn too_few_copies_in_sync_are_an_obstacle() {
        let mut now = facts("a", 1, vec![0], vec![0]);
        assert_eq!(now.obstacle(), None);
        now.in_sync_replicas = 1;
        assert!(now.obstacle().unwrap().starts_with("not enough in-sync replicas"));
        now.leaderless = vec![0];
        assert_eq!(now.obstacle().unwrap(), "partition 0 has no leader (1 of 1)");
    }
}
