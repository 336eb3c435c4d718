//! Messages -> Kafka: a thin layer over librdkafka, with one delivery report per message.
//!
//! [`Producer::connect`] checks the brokers, the topic and its limits, and produces nothing. [`Producer::send`] hands a
//! batch over; the [`Inbox`] receives a [`Report`] for each of its messages. Everything runs on the caller's thread:
//! callbacks run in [`Producer::send`], [`Producer::poll`] and [`Producer::flush`], so no lock is needed.
//!
//! [`TopicReader`] reads what is on a topic, without a consumer group.
//!
//! Nothing is counted here. A producer returns events and can be dropped at any time. `load` keeps track of rows that
//! are delivered or in flight and knows which row a [`RowTag`] refers to; `report` words the summary.
//!
//! rdkafka's safe wrapper is not used because it hides whether a failed message may have been written after all, has no
//! topic ids, sleeps for the whole time-out in `poll`, and allocates an opaque for each message.

mod acknowledged;
mod admin;
mod ask;
mod backlog;
mod broker_errors;
mod busy;
mod callbacks;
mod checkpoint_topic;
mod client;
mod codes;
mod config;
mod config_error;
mod consumed;
mod error;
mod fact;
mod first_record;
mod handover;
mod header_lists;
mod hint;
mod inbox;
mod java_properties;
mod leadership;
mod limits;
mod look;
mod lz4;
mod message;
mod new_topic;
mod open_ranges;
mod own_headers;
mod partition_log;
mod partitioned_batch;
mod partitioner;
mod preflight;
mod preset;
mod producer;
mod produceva;
mod properties;
mod range_reader;
mod record_batch;
mod row_tag;
mod sasl;
mod servers;
mod standby;
mod statistics;
mod times;
mod tls;
mod topic;
mod topic_reader;
mod transaction_timeout;
mod transactional;
mod transactions;

pub use acknowledged::Acknowledged;
pub use broker_errors::{BrokerError, BrokerErrors};
pub(crate) use checkpoint_topic::PARTITIONS as CHECKPOINT_PARTITIONS;
pub use checkpoint_topic::{CheckpointTopic, DEFAULT_CHECKPOINT_TOPIC};
pub use client::{Flushed, librdkafka_version};
pub use codes::ErrorCode;
pub use config::{ConfigWarning, LogHandler, ProducerSettings, check_property};
pub use config_error::{BrokerFault, ConfigError};
pub use error::{ConnectError, ConnectErrorKind};
pub use fact::Fact;
pub use first_record::FoundRecord;
pub use hint::Hint;
pub use inbox::{DeliveryError, Inbox, Outcome, Report};
pub use java_properties::{FileProperty, Translation, translate as translate_properties};
pub use leadership::{LeaderChange, Leadership};
pub use limits::{SizeLimit, TooLarge};
pub use look::{EarlyLook, Look};
pub use message::{Batch, Message};
pub use new_topic::NewTopic;
pub use own_headers::{pack_header, packed_headers};
pub use partition_log::{LogError, PartitionLog};
pub use partitioner::{Partitioner, murmur2, partition_for};
pub use preset::Preset;
pub use producer::{Handover, OpenTopic, Producer, TopicOrigin, Wait, find_topic};
pub use properties::{Refusal, canonical_property, is_secret_property, names_file};
pub use range_reader::{Extent, MessageView, RangeReader};
pub use record_batch::MessageBytes;
pub use row_tag::RowTag;
pub use servers::check as check_bootstrap_servers;
pub use statistics::Statistics;
pub use times::{TimeFault, TimeSettings};
pub use topic::{PartitionLoss, TopicChange, TopicFacts, is_topic_name};
pub use topic_reader::{HiddenMessages, MessageTime, ReadFrom, ReadMessage, TopicReader};
pub use transaction_timeout::TransactionTime;
pub use transactions::{TransactionError, TransactionErrorKind, TransactionSettings};

#[cfg(test)]
mod tests;
