//! Flags that say what a topic is like that is made where it is missing.

use std::num::NonZeroU16;

use clap::Args;

use super::name_and_value;

/// What a missing topic is to be like.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct NewTopicArguments {
    /// Create the topic with N partitions if it does not exist
    ///
    /// A topic that exists is left as it is, with a warning where it differs from what is asked for. Example:
    /// --create-topic 6 --replication-factor 3 --topic-config retention.ms=-1
    #[arg(
        long = "create-topic",
        value_name = "N",
        conflicts_with = "dry_run",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) partitions: Option<NonZeroU16>,
    /// Copies of each partition of a created topic; default: the brokers' own
    #[arg(
        long,
        value_name = "N",
        requires = "partitions",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) replication_factor: Option<NonZeroU16>,
    /// Setting of a created topic, repeatable: --topic-config cleanup.policy=compact
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
    /// These choices, or those of `lower`: a topic is described as a whole.
    pub(in crate::cli) fn over(self, lower: NewTopicArguments) -> NewTopicArguments {
        match self.partitions {
            Some(_) => self,
            None => lower,
        }
    }
}
