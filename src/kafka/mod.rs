//! Messages -> Kafka: a thin layer of ours over librdkafka, with one delivery report for each message.
//!
//! [`Producer::connect`] looks before it leaps (is there a broker, is there the topic, what does it allow), and
//! produces nothing. [`Producer::send`] hands a batch over; the [`Inbox`] has a [`Report`] for each of its messages.
//! All of it runs on the caller's thread: callbacks are run by [`Producer::send`], [`Producer::poll`] and
//! [`Producer::flush`], so nothing here needs a lock.
//!
//! Nothing is counted here. A producer returns events and can be dropped at any time; which rows are delivered, which
//! are on their way and what row a [`RowTag`] means is for `load` to know, the words of a summary for
//! `report`.
//!
//! Why not the safe wrapper: it hides whether a message that failed may have been written all the same, it knows
//! no topic ids, its `poll` sleeps the whole time-out, and it boxes an opaque for each message.

mod acknowledged;
mod admin;
mod ask;
mod broker_errors;
mod callbacks;
mod client;
mod codes;
mod config;
mod config_error;
mod error;
mod fact;
mod hint;
mod inbox;
mod java_properties;
mod limits;
mod lz4;
mod message;
mod new_topic;
mod partitioned_batch;
mod partitioner;
mod preflight;
mod producer;
mod produceva;
mod properties;
mod record_batch;
mod row_tag;
mod sasl;
mod servers;
mod statistics;
mod times;
mod topic;

pub use acknowledged::Acknowledged;
pub use broker_errors::{BrokerError, BrokerErrors};
pub use client::{Flushed, librdkafka_version};
pub use codes::ErrorCode;
pub use config::{ConfigWarning, LogHandler, ProducerSettings, check_property};
pub use config_error::{BrokerFault, ConfigError};
pub use error::{ConnectError, ConnectErrorKind};
pub use fact::Fact;
pub use hint::Hint;
pub use inbox::{DeliveryError, Inbox, Outcome, Report};
pub use java_properties::{FileProperty, Translation, translate as translate_properties};
pub use limits::{SizeLimit, TooLarge};
pub use message::{Batch, Message};
pub use new_topic::NewTopic;
pub use partitioner::{Partitioner, murmur2, partition_for};
pub use producer::{Handover, Producer, TopicOrigin, Wait, find_topic};
pub use properties::{Refusal, is_secret_property, names_file};
pub use record_batch::MessageBytes;
pub use row_tag::RowTag;
pub use servers::check as check_bootstrap_servers;
pub use statistics::Statistics;
pub use times::{TimeFault, TimeSettings};
pub use topic::{PartitionLoss, TopicChange, TopicFacts};

#[cfg(test)]
mod tests;
