//! Flags that describe the topic to create if it does not exist.

use std::num::NonZeroU16;

use clap::Args;

use super::name_and_value;

/// The topic to create if it does not exist.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct NewTopicArguments {
    /// Create the topic with N partitions if it does not exist
    ///
    /// An existing topic is not changed; a warning lists the differences. Example:
    /// --create-topic 6 --replication-factor 3 --topic-config retention.ms=-1
    #[arg(
        long = "create-topic",
        value_name = "N",
        conflicts_with = "dry_run",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) partitions: Option<NonZeroU16>,
    /// Replicas of each partition of a created topic; by default the brokers decide
    #[arg(
        long,
        value_name = "N",
        requires = "partitions",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) replication_factor: Option<NonZeroU16>,
    /// Setting of a created topic; repeatable. Example: --topic-config cleanup.policy=compact
    #[arg(
        long = "topic-config",
        value_name = "NAME=VALUE",
        value_parser = name_and_value,
        requires = "partitions",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) settings: Vec<(String, String)>,
}

impl NewTopicArguments {
    /// These choices, or those of `lower`, but never a mixture of both.
    pub(in crate::cli) fn over(self, lower: NewTopicArguments) -> NewTopicArguments {
        match self.partitions {
            Some(_) => self,
            None => lower,
        }
    }
}
