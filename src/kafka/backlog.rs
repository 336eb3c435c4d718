//! How many bytes may wait in the client.
//!
//! With idempotence, librdkafka sends one request at a time to each partition: rd_kafka_toppar_producer_serve subtracts the
//! number of messages in flight from a number of requests, and `queue.buffering.backpressure.threshold` must be 1. While a
//! message that waits behind that request is older than `linger.ms`, the broker thread spins. A longer queue therefore
//! makes no load faster, but costs processor time that the broker and the encoder threads need.

use super::client::Client;

/// The average number of full batches per partition: one in flight, and one ready to follow.
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
