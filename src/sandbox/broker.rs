//! librdkafka's mock cluster, set up so that admin requests are answered.
//!
//! librdkafka binds the listeners to 127.0.0.1. The mock supports topics, produce (also idempotent and transactional),
//! fetch, groups and metadata; it has no settings to describe.

use std::mem::ManuallyDrop;
use std::sync::{Mutex, PoisonError};

use rdkafka::client::{Client, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaRespErr, RDKafkaType};
use rdkafka_sys::{rd_kafka_handle_mock_cluster, rd_kafka_mock_broker_add};

use super::SandboxError;
use crate::kafka::{CHECKPOINT_PARTITIONS, DEFAULT_CHECKPOINT_TOPIC};
use crate::{bounded_end, signal_mask};

/// The mock always reports broker 0 as its controller, but numbers its brokers from 1. A client that needs the
/// controller (to describe a topic) waits for it until its time-out, so broker 0 must exist.
const CONTROLLER: i32 = 0;

/// A broker that runs until it is dropped.
pub(super) struct Broker {
    /// The client that owns the mock cluster. It is taken only in `drop`.
    client: ManuallyDrop<Client<DefaultClientContext>>,
    /// Names and numbers of partitions of the topics, in order of creation.
    topics: Mutex<Vec<(String, i32)>>,
}

impl Broker {
    /// Starts a broker on free ports of 127.0.0.1, without topics.
    pub(super) fn start() -> Result<Self, SandboxError> {
        Self::started().map_err(not_started)
    }

    /// Creates a topic with one replica.
    pub(super) fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), SandboxError> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if topics.iter().any(|(known, _)| known == topic) {
            return Err(SandboxError::TopicExists(topic.to_owned()));
        }
        let made = self.cluster().create_topic(topic, partitions, 1);
        made.map_err(not_started)?;
        topics.push((topic.to_owned(), partitions));
        Ok(())
    }

    /// The topics, with their numbers of partitions.
    pub(super) fn topics(&self) -> Vec<(String, i32)> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn started() -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        config.set("test.mock.num.brokers", "1");
        let native_config = config.create_native_config()?;
        let client = signal_mask::without_signals(|| {
            Client::new(
                &config,
                native_config,
                RDKafkaType::RD_KAFKA_PRODUCER,
                DefaultClientContext,
            )
        })?;
        // SAFETY: the client is alive, and because of `test.mock.num.brokers` it owns a mock cluster that lives as
        // long. The call passes the work to the cluster's thread and waits for it.
        let added = unsafe {
            let cluster = rd_kafka_handle_mock_cluster(client.native_ptr());
            rd_kafka_mock_broker_add(cluster, CONTROLLER)
        };
        if added != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(KafkaError::MockCluster(RDKafkaErrorCode::from(added)));
        }
        let broker = Self {
            client: ManuallyDrop::new(client),
            topics: Mutex::default(),
        };
        // Its clients cannot create topics. This one is none of those that the sandbox is about, so it is not listed.
        let partitions = i32::from(CHECKPOINT_PARTITIONS.get());
        broker
            .cluster()
            .create_topic(DEFAULT_CHECKPOINT_TOPIC, partitions, 1)?;
        Ok(broker)
    }

    /// The `host:port` to connect to.
    pub(super) fn bootstrap_servers(&self) -> String {
        self.cluster().bootstrap_servers()
    }

    fn cluster(&self) -> MockCluster<'_, DefaultClientContext> {
        self.client
            .mock_cluster()
            .expect("the configuration requests one")
    }
}

fn not_started(error: KafkaError) -> SandboxError {
    SandboxError::Start {
        what: "the mock broker",
        source: error.into(),
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // SAFETY: `drop` runs once, and nothing uses the field after it.
        let client = unsafe { ManuallyDrop::take(&mut self.client) };
        // Wrapped again, because if the thread cannot be started the client would be dropped here.
        let client = ManuallyDrop::new(client);
        bounded_end::end("sandbox-end", move || drop(ManuallyDrop::into_inner(client)));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::thread;
    use std::time::Duration;

    use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};

    use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};

    use super::*;

    /// The mask in `/proc` of the signals that a thread blocks; none if it has ended in the meantime.
    fn blocked_signals(task: &Path) -> Option<u64> {
        let status = fs::read_to_string(task.join("status")).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        Some(u64::from_str_radix(mask.unwrap().trim(), 16).unwrap())
    }

    /// A signal handled on that thread would end the mock cluster.
    #[test]
    #[cfg(target_os = "linux")]
    fn no_signal_reaches_the_mock_clusters_thread() {
        let is_mock =
            |task: &Path| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "rdk:mock");
        let mocks = || -> Vec<PathBuf> {
            let tasks = fs::read_dir("/proc/self/task").unwrap();
            let tasks = tasks.map(|task| task.unwrap().path());
            tasks.filter(|task| is_mock(task)).collect()
        };
        let before = mocks();
        let _broker = Broker::start().unwrap();
        let mut new = mocks();
        new.retain(|task| !before.contains(task));
        let blocks = |task: &PathBuf| {
            let signals = [SIGINT, SIGTERM, SIGCHLD];
            blocked_signals(task)
                .is_none_or(|mask| signals.iter().all(|signal| mask & 1 << (signal - 1) != 0))
        };
        // Threads that other tests start in the meantime block them too.
        assert!(
            !new.is_empty() && new.iter().all(blocks),
            "one of {new:?} does not block signals"
        );
        let own = blocked_signals(Path::new("/proc/thread-self")).unwrap();
        assert_eq!(
            own & 1 << (SIGINT - 1),
            0,
            "the caller must not block signals afterwards"
        );
    }

    #[test]
    fn an_admin_client_finds_the_controller() {
        let broker = Broker::start().unwrap();
        broker.create_topic("t", 1).unwrap();
        let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap_servers())
            .create()
            .unwrap();
        let topic = [ResourceSpecifier::Topic("t")];
        let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(10)));
        let mut described = pin!(admin.describe_configs(&topic, &options));
        let error = loop {
            if let Poll::Ready(result) = described.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                break result.unwrap_err();
            }
            thread::sleep(Duration::from_millis(5));
        };
        // It is an error, but an answer: without a controller it would be a time-out.
        let unsupported = KafkaError::AdminOp(RDKafkaErrorCode::UnsupportedFeature);
        assert_eq!(error, unsupported);
    }
}
