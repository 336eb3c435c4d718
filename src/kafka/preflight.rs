//! Checks before the first message: does a broker answer, does the topic exist, and what does it allow?
//!
//! Only a failed check stops a run. A fact that the user may not read, or that the broker does not provide, stays
//! unknown.

use std::ops::Range;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::admin::{self, Description, End, ListedOffset, PartitionDescription, Resource};
use super::ask::{AskError, any_broker};
use super::broker_errors::{BrokerError, CLOSED_AFTER_START};
use super::checkpoint_topic::DEFAULT_CHECKPOINT_TOPIC;
use super::client::Client;
use super::codes::code_name;
use super::error::{ConnectError, ConnectErrorKind};
use super::fact::Fact;
use super::hint::Hint;
use super::leadership::Leadership;
use super::new_topic::{self, NewTopic};
use super::sasl;
use super::times::{CLEANUP_POLICY, TIME_SETTINGS, TimeSettings, has_policy};
use super::tls;
use super::topic::TopicFacts;
use crate::nearest::{nearest, similar};

/// Which topic to ask about, and for how long; the names appear in messages.
pub(super) struct Preflight<'a> {
    pub(super) servers: &'a str,
    pub(super) topic: &'a str,
    /// How to create the topic if it is missing; none if it must not be created.
    pub(super) asked: Option<&'a NewTopic>,
    pub(super) access: Access,
    pub(super) timeout: Duration,
}

/// What is done with the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    ReadAndWrite,
}

const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";

const UNSUPPORTED: [Code; 2] = [
    Code::RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
    Code::RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
];

const DENIED: [Code; 2] = [
    Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
];

impl Preflight<'_> {
    /// Collects everything that is known about the topic now.
    pub(super) fn look(&self, client: &mut Client) -> Result<TopicFacts, ConnectError> {
        client.inbox_mut().errors.start_afresh();
        let start = Instant::now();
        let deadline = start + self.timeout;
        let broker = any_broker(client, deadline).map_err(|error| self.unanswered(client, error, start))?;
        let description = self.describe(client, broker, start, deadline)?;
        if self.access == Access::ReadAndWrite && description.may_read == Some(false) {
            return Err(self.denied("read", "Read on the topic"));
        }
        if self.access != Access::Read && description.may_write == Some(false) {
            return Err(self.denied("write to", "Write on the topic"));
        }
        let partitions = description.partitions.len() as u32;
        let asked = self.asked.map_or(&[][..], |new| &new.settings);
        let asked: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
        let names = [
            &[MAX_MESSAGE_BYTES, MIN_INSYNC_REPLICAS],
            &TIME_SETTINGS[..],
            &asked,
        ]
        .concat();
        let answer = admin::settings(client, broker, Resource::Topic(self.topic), &names, deadline);
        let setting = |name: &str| setting(&answer, names.iter().position(|known| *known == name));
        let begin_offsets = fact(admin::offsets(
            client,
            self.topic,
            partitions,
            End::First,
            deadline,
        ));
        let ends = fact(admin::listed_offsets(
            client,
            self.topic,
            partitions,
            End::Last,
            deadline,
        ));
        let numbered = description.partitions.iter().zip(0..);
        Ok(TopicFacts {
            name: self.topic.to_owned(),
            topic_id: description.topic_id.map_or(Fact::NotSupported, Fact::Known),
            partitions,
            max_message_bytes: setting(MAX_MESSAGE_BYTES).then(|value| value.parse().ok()),
            replication_factor: description
                .partitions
                .iter()
                .map(|one| one.replicas)
                .min()
                .unwrap_or(0),
            in_sync_replicas: description
                .partitions
                .iter()
                .map(|one| one.in_sync)
                .min()
                .unwrap_or(0),
            min_insync_replicas: setting(MIN_INSYNC_REPLICAS).then(|value| value.parse().ok()),
            compacted: setting(CLEANUP_POLICY).then(|policy| Some(has_policy(&policy, "compact"))),
            asked_settings: asked
                .iter()
                .map(|name| (String::from(*name), setting(name)))
                .collect(),
            times: TimeSettings::of(setting),
            leaderless: numbered
                .filter(|(one, _)| one.leader.is_none())
                .map(|(_, number)| number)
                .collect(),
            leaders: leaderships(&description.partitions, &ends),
            begin_offsets,
            end_offsets: ends.then(|ends| Some(ends.iter().map(|listed| listed.offset).collect())),
        })
    }

    /// The first offset and the next one of each partition, to read the topic.
    pub(super) fn spans(&self, client: &mut Client) -> Result<Vec<Range<i64>>, ConnectError> {
        let start = Instant::now();
        let deadline = start + self.timeout;
        let unanswered = |client: &Client, error| match error {
            error if AskError::is(&error, &DENIED) => self.denied("read", "Describe and Read on the topic"),
            error => self.unanswered(client, error, start),
        };
        let broker = any_broker(client, deadline).map_err(|error| unanswered(client, error))?;
        let description = self.describe(client, broker, start, deadline)?;
        if description.may_read == Some(false) {
            return Err(self.denied("read", "Read on the topic"));
        }
        let partitions = description.partitions.len() as u32;
        let begin = admin::offsets(client, self.topic, partitions, End::First, deadline);
        let begin = begin.map_err(|error| unanswered(client, error))?;
        let end = admin::offsets(client, self.topic, partitions, End::Last, deadline);
        let end = end.map_err(|error| unanswered(client, error))?;
        Ok(begin
            .into_iter()
            .zip(end)
            .map(|(begin, end)| begin..end)
            .collect())
    }

    /// Where what readers of committed messages see of each partition ends; none if the brokers do not say so.
    pub(super) fn last_stable_offsets(&self, client: &mut Client, partitions: u32) -> Option<Vec<i64>> {
        let deadline = Instant::now() + self.timeout;
        admin::offsets(client, self.topic, partitions, End::LastStable, deadline).ok()
    }

    /// The offset of the first message of each partition with this time or a later one, in milliseconds since 1970;
    /// -1 if there is none.
    pub(super) fn offsets_since(
        &self,
        client: &mut Client,
        partitions: u32,
        time: u64,
    ) -> Result<Vec<i64>, ConnectError> {
        let start = Instant::now();
        let offsets = admin::offsets(
            client,
            self.topic,
            partitions,
            End::Since(time),
            start + self.timeout,
        );
        offsets.map_err(|error| self.unanswered(client, error, start))
    }

    fn describe(
        &self,
        client: &mut Client,
        broker: i32,
        start: Instant,
        deadline: Instant,
    ) -> Result<Description, ConnectError> {
        const MISSING: [Code; 1] = [Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART];
        let mut answer = admin::describe_topic(client, broker, self.topic, deadline);
        if matches!(&answer, Err(error) if error.is(&MISSING)) {
            // This broker may not know a topic that was created a moment ago.
            std::thread::sleep(Duration::from_millis(300));
            answer = admin::describe_topic(client, broker, self.topic, deadline);
        }
        let error = match answer {
            Ok(description) => return Ok(description),
            Err(error) => error,
        };
        if error.is(&UNSUPPORTED) {
            let known = admin::metadata(client, None, deadline.saturating_duration_since(Instant::now()));
            let found = known
                .unwrap_or_default()
                .into_iter()
                .find(|(name, _)| name == self.topic);
            return found
                .map(|(_, description)| description)
                .ok_or_else(|| self.missing(client));
        }
        if error.is(&MISSING) {
            return Err(self.missing(client));
        }
        if error.is(&DENIED) {
            let rights = match self.access {
                Access::Read => "Describe and Read on the topic",
                Access::Write => "Describe and Write on the topic",
                Access::ReadAndWrite => "Describe, Read and Write on the topic",
            };
            return Err(self.denied("describe", rights));
        }
        Err(self.unanswered(client, error, start))
    }

    fn missing(&self, client: &mut Client) -> ConnectError {
        let message = format!("topic `{}` does not exist on {}", self.topic, self.servers);
        let error = ConnectError::new(ConnectErrorKind::MissingTopic, message);
        let topics = admin::metadata(client, None, Duration::from_secs(2)).unwrap_or_default();
        let names: Vec<String> = topics
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| !name.starts_with("__") && name != DEFAULT_CHECKPOINT_TOPIC)
            .collect();
        let near = nearest(self.topic, &names, 5);
        let similar = similar(self.topic, &names);
        error.with_hint(match self.access {
            Access::Read => Hint::PickTopic { near, similar },
            Access::Write | Access::ReadAndWrite => Hint::CreateOrPickTopic { near, similar },
        })
    }

    /// Creates the topic and waits until a broker knows it.
    pub(super) fn create(&self, client: &mut Client, new: &NewTopic) -> Result<(), ConnectError> {
        const EXISTS: [Code; 1] = [Code::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS];
        let start = Instant::now();
        let deadline = start + self.timeout;
        match new_topic::create(client, self.topic, new, deadline) {
            Ok(()) => {}
            // Another client created it first.
            Err(error) if error.is(&EXISTS) => {}
            Err(error) if error.is(&DENIED) => {
                return Err(self.denied("create", "Create on the topic or on the cluster"));
            }
            Err(error) if error.is(&UNSUPPORTED) => {
                let message = format!(
                    "topic `{}` cannot be created on {}: the broker does not support creating topics",
                    self.topic, self.servers
                );
                let hint = Hint::CreateElsewhere {
                    topic: self.topic.to_owned(),
                    partitions: new.partitions,
                };
                return Err(ConnectError::new(ConnectErrorKind::Broker, message).with_hint(hint));
            }
            Err(AskError::Refused(code, words)) => {
                let message = format!(
                    "topic `{}` cannot be created on {}: {words} ({})",
                    self.topic,
                    self.servers,
                    code_name(code)
                );
                return Err(ConnectError::new(ConnectErrorKind::Broker, message));
            }
            Err(error) => return Err(self.unanswered(client, error, start)),
        }
        let broker = any_broker(client, deadline).map_err(|error| self.unanswered(client, error, start))?;
        // The controller answers as soon as the topic exists; the brokers learn of it a little later.
        while admin::describe_topic(client, broker, self.topic, deadline).is_err()
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn denied(&self, action: &str, rights: &'static str) -> ConnectError {
        let message = format!(
            "the user may not {action} topic `{}` on {} (TOPIC_AUTHORIZATION_FAILED)",
            self.topic, self.servers
        );
        let hint = Hint::GrantOrChangeUser { rights };
        ConnectError::new(ConnectErrorKind::Authorization, message).with_hint(hint)
    }

    /// The error for a request that was not answered or was refused.
    fn unanswered(&self, client: &Client, error: AskError, start: Instant) -> ConnectError {
        let errors = client.inbox().broker_errors();
        match error {
            AskError::Refused(code, words) => {
                let message = format!("{} refused: {words} ({})", self.servers, code_name(code));
                ConnectError::new(ConnectErrorKind::Broker, message)
            }
            AskError::AuthenticationFailed => {
                if let Some(fault) = errors.certificate_fault() {
                    return tls::untrusted(self.servers, fault);
                }
                if let Some(alert) = errors.refused_certificate() {
                    return tls::refused(self.servers, alert, client.certificate().as_deref());
                }
                let why = errors
                    .authentication_error()
                    .map_or("", |error| error.message.as_str());
                let reason = sasl::reason(why);
                let message = format!("authentication with {} failed: {reason}", self.servers);
                let error = ConnectError::new(ConnectErrorKind::Authentication, message);
                match sasl::hint(why) {
                    Some(hint) => error.with_hint(hint),
                    None => error,
                }
            }
            AskError::NoAnswer => {
                let why = match (errors.closed_after_start(), errors.last_error()) {
                    (true, _) => format!(" ({CLOSED_AFTER_START})"),
                    (false, Some(error)) => self.cause(error),
                    (false, None) => String::new(),
                };
                let seconds = start.elapsed().as_secs_f64().round().max(1.0);
                let message = format!("no broker answered at {} within {seconds} s{why}", self.servers);
                let refused = errors
                    .last_error()
                    .is_some_and(|error| error.message.contains("refused"));
                // An empty broker has nothing to read.
                let is_load = self.access != Access::Read;
                let hint = if refused && is_local(self.servers) && is_load {
                    let topic = self.topic.to_owned();
                    Hint::StartSandbox { topic }
                } else {
                    Hint::NameBrokers
                };
                ConnectError::new(ConnectErrorKind::Unreachable, message).with_hint(hint)
            }
        }
    }

    /// The cause in parentheses, with the address if it came from the cluster and not from the user.
    fn cause(&self, error: &BrokerError) -> String {
        let is_given = |address: &str| {
            self.servers
                .split(',')
                .any(|server| server.trim().ends_with(address))
        };
        match &error.address {
            Some(address) if !is_given(address) => {
                format!(" (`{address}`, advertised by the brokers: {})", error.message)
            }
            _ => format!(" ({})", error.message),
        }
    }
}

/// Who leads each partition.
fn leaderships(partitions: &[PartitionDescription], ends: &Fact<Vec<ListedOffset>>) -> Vec<Leadership> {
    let epoch = |partition: usize| ends.known()?.get(partition)?.epoch;
    let partitions = partitions.iter().enumerate();
    let leaderships = partitions.map(|(partition, described)| Leadership {
        leader: described.leader,
        epoch: epoch(partition),
    });
    leaderships.collect()
}

fn is_local(servers: &str) -> bool {
    servers.split(',').all(|server| {
        ["localhost", "127.", "[::1]"]
            .iter()
            .any(|name| server.trim().starts_with(name))
    })
}

/// The answer as a fact; an error makes it unknown.
fn fact<T>(answer: Result<T, AskError>) -> Fact<T> {
    match answer {
        Ok(value) => Fact::Known(value),
        Err(error) => unknown(&error),
    }
}

fn unknown<T>(error: &AskError) -> Fact<T> {
    match error {
        error if error.is(&DENIED) => Fact::NotPermitted,
        AskError::NoAnswer | AskError::AuthenticationFailed => Fact::NotAnswered,
        AskError::Refused(..) => Fact::NotSupported,
    }
}

fn setting(answer: &Result<Vec<Option<String>>, AskError>, place: Option<usize>) -> Fact<String> {
    match answer {
        Ok(values) => place
            .and_then(|place| values[place].clone())
            .map_or(Fact::NotSupported, Fact::Known),
        Err(error) => unknown(error),
    }
}
