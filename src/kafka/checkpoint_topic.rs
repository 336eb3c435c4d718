//! The compacted topic of the checkpoints: created if it is missing, with settings that keep the last checkpoint of each
//! load for ever.

use std::num::NonZeroU16;

use super::client::{self, Client};
use super::config::ProducerSettings;
use super::error::{ConnectError, ConnectErrorKind};
use super::fact::Fact;
use super::look::scout;
use super::new_topic::NewTopic;
use super::preflight::{Access, Preflight};
use super::topic::TopicFacts;
use super::{admin, partitioner};

/// The name of the topic, unless another one is chosen.
pub const DEFAULT_CHECKPOINT_TOPIC: &str = "k2-produce-checkpoints";

const CLEANUP_POLICY: &str = "cleanup.policy";
const RETENTION: &str = "retention.ms";

/// As many as Kafka Connect gives its topic of source offsets by default.
pub(crate) const PARTITIONS: NonZeroU16 = NonZeroU16::new(25).expect("it is not 0");

/// The topic of the checkpoints.
#[derive(Debug, Clone)]
pub struct CheckpointTopic {
    /// What is known about it.
    pub facts: TopicFacts,
    /// The id of the cluster; none if the brokers do not report one.
    pub cluster_id: Option<String>,
}

impl CheckpointTopic {
    /// Finds the topic, or creates it, and checks its settings.
    ///
    /// # Errors
    /// No broker answers; the topic may not be read, written to or created; or its settings would lose checkpoints.
    pub fn find_or_create(settings: &ProducerSettings, name: &str) -> Result<CheckpointTopic, ConnectError> {
        client::check_version()?;
        let mut scout = scout(settings, &settings.client_config()?)?;
        let facts = match look(settings, name, &new_topic(None), &mut scout) {
            Ok(facts) => facts,
            Err(error) if error.kind() == ConnectErrorKind::MissingTopic => {
                let new = new_topic(replicas(admin::brokers(&mut scout, settings.connect_timeout)));
                preflight(settings, name, &new).create(&mut scout, &new)?;
                look(settings, name, &new, &mut scout)?
            }
            Err(error) => return Err(error),
        };
        check(&facts)?;
        Ok(CheckpointTopic {
            facts,
            cluster_id: admin::cluster_id(&mut scout, settings.connect_timeout),
        })
    }

    /// How many partitions the topic has, to read it; none if it does not exist. Nothing is created.
    ///
    /// # Errors
    /// No broker answers, or the topic may not be read.
    pub fn partitions_of(settings: &ProducerSettings, name: &str) -> Result<Option<u32>, ConnectError> {
        client::check_version()?;
        let mut scout = scout(settings, &settings.client_config()?)?;
        let preflight = Preflight {
            servers: &settings.bootstrap_servers,
            topic: name,
            asked: None,
            access: Access::Read,
            timeout: settings.connect_timeout,
        };
        match preflight.spans(&mut scout) {
            Ok(spans) => Ok(Some(spans.len() as u32)),
            Err(error) if error.kind() == ConnectErrorKind::MissingTopic => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the user may read the topic and write to it.
    ///
    /// # Errors
    /// No broker answers, a right is missing, or the topic does not exist.
    pub fn check_rights(settings: &ProducerSettings, name: &str) -> Result<(), ConnectError> {
        let mut scout = scout(settings, &settings.client_config()?)?;
        let preflight = Preflight {
            servers: &settings.bootstrap_servers,
            topic: name,
            asked: None,
            access: Access::ReadAndWrite,
            timeout: settings.connect_timeout,
        };
        preflight.look(&mut scout).map(|_| ())
    }

    /// The partition of the checkpoints of a load.
    pub fn partition_of(&self, load: &str) -> i32 {
        partitioner::partition_for(load.as_bytes(), self.facts.partitions)
    }
}

fn preflight<'a>(settings: &'a ProducerSettings, name: &'a str, new: &'a NewTopic) -> Preflight<'a> {
    Preflight {
        servers: &settings.bootstrap_servers,
        topic: name,
        asked: Some(new),
        access: Access::ReadAndWrite,
        timeout: settings.connect_timeout,
    }
}

fn look(
    settings: &ProducerSettings,
    name: &str,
    new: &NewTopic,
    scout: &mut Client,
) -> Result<TopicFacts, ConnectError> {
    preflight(settings, name, new).look(scout)
}

fn new_topic(replication_factor: Option<NonZeroU16>) -> NewTopic {
    NewTopic {
        partitions: PARTITIONS,
        replication_factor,
        settings: [(CLEANUP_POLICY, "compact"), (RETENTION, "-1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    }
}

/// The number of replicas for a cluster with so many brokers; none means their default, which is 1 unless it was set.
fn replicas(brokers: usize) -> Option<NonZeroU16> {
    match brokers {
        0 | 1 => None,
        many => NonZeroU16::new(many.min(3) as u16),
    }
}

fn check(facts: &TopicFacts) -> Result<(), ConnectError> {
    for (name, value) in &facts.asked_settings {
        let Fact::Known(value) = value else {
            // It is not permitted to read them.
            continue;
        };
        let expected = match name.as_str() {
            CLEANUP_POLICY => "compact",
            _ => continue,
        };
        if value != expected {
            let message = format!(
                "topic `{}` cannot hold checkpoints: its `{name}` is `{value}`, so they would be deleted; expected `{expected}`",
                facts.name
            );
            return Err(ConnectError::new(ConnectErrorKind::Broker, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_replica_only_on_a_single_broker() {
        let replicas = |brokers| replicas(brokers).map(NonZeroU16::get);
        assert_eq!(
            [0, 1, 2, 3, 9].map(replicas),
            [None, None, Some(2), Some(3), Some(3)]
        );
    }
}
