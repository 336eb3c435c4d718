//! The offsets of delivered messages, by topic and partition.

use crate::kafka::Acknowledged;

/// The offsets of delivered messages; topics have their numbers in the run.
#[derive(Debug, Clone, Default)]
pub(super) struct DeliveredOffsets(Vec<Vec<Acknowledged>>);

impl DeliveredOffsets {
    /// Adds a delivered message.
    #[inline]
    pub(super) fn note(&mut self, topic: usize, partition: usize, offset: i64) {
        if topic >= self.0.len() {
            self.0.resize(topic + 1, Vec::new());
        }
        note(&mut self.0[topic], partition, offset);
    }

    /// Topic, partition and offsets of what was delivered.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, i32, &Acknowledged)> {
        let topics = self.0.iter().enumerate();
        topics.flat_map(|(topic, partitions)| {
            let numbered = (0..).zip(partitions);
            let used = numbered.filter(|(_, acknowledged)| acknowledged.messages() > 0);
            used.map(move |(partition, acknowledged)| (topic, partition, acknowledged))
        })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Adds a delivered message to those of its topic, by partition.
#[inline]
pub(super) fn note(partitions: &mut Vec<Acknowledged>, partition: usize, offset: i64) {
    if partition >= partitions.len() {
        partitions.resize(partition + 1, Acknowledged::default());
    }
    partitions[partition].note(offset);
}
