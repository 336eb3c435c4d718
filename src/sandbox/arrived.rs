//! The content of a sandbox topic: message counts from the watermarks, and the first records for display.
//!
//! Reads like any consumer, over the network; `decode` converts a message to text.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::SandboxError;
use super::decode::decode;
use super::subjects::Subjects;

/// A broker in the same process that has not answered for this long never will.
const DEADLINE: Duration = Duration::from_secs(10);

/// The offsets of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// The first offset that still exists: above 0 if the mock broker dropped old messages.
    pub low: i64,
    /// The offset of the next message: the number of messages that have arrived.
    pub high: i64,
}

/// A message on the topic, raw and decoded.
#[derive(Clone, Debug)]
pub struct ArrivedRecord {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The bytes of the key.
    pub key: Option<Vec<u8>>,
    /// The key as one line of JSON, if it is a datum of a registered schema and the topic has a subject for keys.
    pub decoded_key: Option<String>,
    /// The bytes of the value, including the header.
    pub payload: Option<Vec<u8>>,
    /// The record as one line of JSON, or the reason why it cannot be decoded.
    pub decoded: Result<String, String>,
}

/// The content of a topic. Its `Display` text is what the sandbox prints.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The topic.
    pub topic: String,
    /// The offsets of each partition, partition 0 first.
    pub partitions: Vec<Watermarks>,
    /// The first records, ordered by partition and offset.
    pub records: Vec<ArrivedRecord>,
}

impl Arrived {
    /// Reads the watermarks of all partitions, and up to `show` records, taking the first ones of each partition in
    /// turn.
    pub(super) fn read(
        bootstrap_servers: &str,
        topic: &str,
        partitions: i32,
        show: usize,
        subjects: &Subjects,
    ) -> Result<Self, SandboxError> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers)
            .set("group.id", "k2-produce-sandbox")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_uncommitted")
            .create()
            .map_err(SandboxError::Read)?;
        let mut arrived = Self {
            topic: topic.to_owned(),
            partitions: Vec::new(),
            records: Vec::new(),
        };
        for partition in 0..partitions {
            let (low, high) = consumer
                .fetch_watermarks(topic, partition, DEADLINE)
                .map_err(SandboxError::Read)?;
            arrived.partitions.push(Watermarks { low, high });
        }
        let wanted = shares(&arrived.partitions, show);
        arrived.read_records(&consumer, wanted, subjects)?;
        arrived
            .records
            .sort_by_key(|record| (record.partition, record.offset));
        Ok(arrived)
    }

    fn read_records(
        &mut self,
        consumer: &BaseConsumer,
        mut wanted: Vec<usize>,
        subjects: &Subjects,
    ) -> Result<(), SandboxError> {
        let mut assignment = TopicPartitionList::new();
        for (partition, (wanted, offsets)) in wanted.iter().zip(&self.partitions).enumerate() {
            if *wanted > 0 {
                assignment
                    .add_partition_offset(&self.topic, partition as i32, Offset::Offset(offsets.low))
                    .map_err(SandboxError::Read)?;
            }
        }
        if assignment.count() == 0 {
            return Ok(());
        }
        consumer.assign(&assignment).map_err(SandboxError::Read)?;
        let has_keys = subjects.versions(&format!("{}-key", self.topic)).is_some();
        let mut last_progress = Instant::now();
        while wanted.iter().any(|wanted| *wanted > 0) {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    let partition = message.partition() as usize;
                    if wanted[partition] > 0 {
                        wanted[partition] -= 1;
                        self.records.push(record_of(&message, has_keys, subjects));
                    }
                    last_progress = Instant::now();
                }
                // Offsets without a message (aborted transactions) make a partition shorter than expected.
                Some(Err(KafkaError::PartitionEOF(partition))) => wanted[partition as usize] = 0,
                Some(Err(error)) if last_progress.elapsed() >= DEADLINE => {
                    return Err(SandboxError::Read(error));
                }
                Some(Err(_)) => {}
                None if last_progress.elapsed() >= DEADLINE => return Err(SandboxError::ReadTimeout),
                None => {}
            }
        }
        Ok(())
    }

    /// The number of messages that have arrived, including those dropped since.
    pub fn total(&self) -> i64 {
        self.partitions.iter().map(|offsets| offsets.high).sum()
    }

    /// The number of messages that the mock broker has dropped, the oldest first.
    pub fn dropped(&self) -> i64 {
        self.partitions.iter().map(|offsets| offsets.low).sum()
    }
}

fn record_of(message: &impl Message, has_keys: bool, subjects: &Subjects) -> ArrivedRecord {
    // Without that subject, a key is text or unknown bytes.
    let key = message.key().filter(|_| has_keys);
    ArrivedRecord {
        decoded_key: key.and_then(|key| decode(key, subjects).ok()),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
        decoded: match message.payload() {
            Some(payload) => decode(payload, subjects),
            None => Ok("null".to_owned()),
        },
    }
}

/// How many records of each partition to show: one of each in turn, until there are `show` or no more.
fn shares(partitions: &[Watermarks], show: usize) -> Vec<usize> {
    let mut shares = vec![0; partitions.len()];
    let mut left = show;
    loop {
        let before = left;
        for (share, offsets) in shares.iter_mut().zip(partitions) {
            if left > 0 && (*share as i64) < offsets.high - offsets.low {
                *share += 1;
                left -= 1;
            }
        }
        if left == before {
            return shares;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partitions<const N: usize>(offsets: [(i64, i64); N]) -> Vec<Watermarks> {
        offsets.map(|(low, high)| Watermarks { low, high }).to_vec()
    }

    #[test]
    fn the_records_shown_come_from_all_partitions_in_turn() {
        assert_eq!(shares(&partitions([(0, 9), (0, 9), (0, 9)]), 5), [2, 2, 1]);
        assert_eq!(shares(&partitions([(0, 1), (0, 0), (5, 9)]), 4), [1, 0, 3]);
        assert_eq!(
            shares(&partitions([(0, 1), (7, 7), (5, 9)]), usize::MAX),
            [1, 0, 4]
        );
        assert_eq!(shares(&partitions([(0, 9)]), 0), [0]);
    }
}
