//! Messages -> Kafka: a thin layer of ours over librdkafka, with one delivery report for each message.
//!
//! [`KafkaSink::connect`] looks before it leaps (is there a broker, is there the topic, what does it allow), and
//! produces nothing. [`KafkaSink::send`] hands a batch over; [`Deliveries`] says what became of its messages.
//! All of it runs on the caller's thread: reports are served by [`KafkaSink::send`], [`KafkaSink::poll`] and
//! [`KafkaSink::flush`], so nothing here needs a lock.
//!
//! Why not the safe wrapper: it hides whether a message that failed may have been written all the same, it knows
//! no topic ids, its `poll` sleeps the whole time-out, and it boxes an opaque for each message.
//!
//! Encoding belongs to `encode`, the rows behind the numbers in a [`FailedDelivery`] to `load`, the words
//! of a summary to `report`.

mod admin;
mod ask;
mod callbacks;
mod codes;
mod config;
mod delivery;
mod error;
mod limits;
mod message;
mod native;
mod opaque;
mod outbox;
mod partitioner;
mod preflight;
mod producer;
mod properties;
mod single;
mod statistics;
mod times;
mod topic;
mod trouble;

pub use config::{ConfigError, ConfigWarning, ProducerSettings};
pub use delivery::{Counts, Deliveries, DeliveryError, FailedDelivery, Outcome};
pub use error::{PublishError, PublishErrorKind};
pub use message::{Batch, Message};
pub use native::librdkafka_version;
pub use opaque::Opaque;
pub use partitioner::{Partitioner, murmur2, partition_for};
pub use producer::KafkaSink;
pub use statistics::Statistics;
pub use times::{TimeFault, TimeSettings};
pub use topic::{Fact, TopicChange, TopicFacts};
pub use trouble::{BrokerError, BrokerTrouble};

#[cfg(test)]
mod tests;
