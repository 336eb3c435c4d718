//! How many bytes may wait in the client.
//!
//! With idempotence librdkafka has one request of a partition in flight (rd_kafka_toppar_producer_serve counts messages where
//! requests are meant, and `queue.buffering.backpressure.threshold` must be 1). Behind it, a full batch is ready to be sent,
//! and once a message of it is older than `linger.ms` the broker thread polls without a pause until the answer
//! arrives. So a longer queue takes processor time from the broker and from the encoder threads, and makes nothing faster.

use super::client::Client;

/// Full batches of each partition, on average: one in flight, and one behind it.
const BATCHES: usize = 2;

/// Enough for the publishing thread to be woken up seldom, even if there is only one partition, in bytes.
const LEAST: usize = 128 << 10;

/// The properties that limit the queue by what the user chooses.
const QUEUE: [&str; 2] = ["queue.buffering.max.messages", "queue.buffering.max.kbytes"];

/// How many bytes of keys and values may wait in the client for their delivery reports before no more are handed over.
/// `chosen` are the canonical names of the properties that the user has set.
pub(super) fn longest_useful<'p>(
    client: &Client,
    partitions: usize,
    mut chosen: impl Iterator<Item = &'p str>,
) -> usize {
    if chosen.any(|name| QUEUE.contains(&name)) {
        return usize::MAX;
    }
    let batch = client.config_value("batch.size");
    let batch = batch.and_then(|size| size.parse::<usize>().ok());
    batch.map_or(usize::MAX, |batch| {
        batch.saturating_mul(BATCHES * partitions.max(1)).max(LEAST)
    })
}
