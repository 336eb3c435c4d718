//! The committed records of one partition, read to its end again and again.
//!
//! The end is the high watermark, as a reader of uncommitted records sees it. A reader of committed records stops at the
//! last stable offset, which is earlier while any transaction on the partition is open; records that were committed long
//! ago may be hidden behind it. So the end of what can be read is not the end of the partition.

use std::fmt;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::admin::{self, End};
use super::ask::AskError;
use super::client::{self, Client};
use super::codes::code;
use super::config::ProducerSettings;
use super::consumed::{self, Consumed};
use super::error::{ConnectError, ConnectErrorKind};
use super::topic_reader::{ReadMessage, consumer_config};

/// Reads one partition of a topic.
pub struct PartitionLog {
    client: Client,
    topic: String,
    partition: i32,
    partitions: u32,
    /// The offset to read next; none before the first record.
    next: Option<i64>,
    timeout: Duration,
}

/// Why the log cannot be read.
#[derive(Debug)]
pub enum LogError {
    /// The time is up, or the caller did not want to wait any longer. The open transaction of another producer may be
    /// the cause.
    Hidden,
    /// The brokers do not answer, or refuse.
    Refused(ConnectError),
}

impl fmt::Display for LogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::Hidden => {
                formatter.write_str("an open transaction of another producer hides what is on the topic")
            }
            LogError::Refused(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for LogError {}

impl PartitionLog {
    /// Creates a client for the partition; reads nothing yet.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn connect(
        settings: &ProducerSettings,
        topic: &str,
        partition: i32,
        partitions: u32,
    ) -> Result<PartitionLog, ConnectError> {
        client::check_version()?;
        let mut config = consumer_config(&settings.client_config()?);
        // The load waits for each end. Nothing is fetched between two reads, so this costs little.
        config.set("fetch.wait.max.ms", "5");
        let mut client = Client::consumer(&config, settings.log)?;
        client.open_topic(topic)?;
        Ok(PartitionLog {
            client,
            topic: topic.to_owned(),
            partition,
            partitions,
            next: None,
            timeout: settings.connect_timeout,
        })
    }

    /// From now on waits are abandoned as soon as `is_over` returns true.
    pub fn stop_waiting_when(&mut self, is_over: Box<dyn Fn() -> bool + Send>) {
        self.client.stop_asking_when(is_over);
    }

    /// Reads the committed records that were not read yet, up to the high watermark of this moment, and passes them to
    /// `see`. `waiting` is called again and again while records are hidden by an open transaction.
    ///
    /// # Errors
    /// The end was not reached within `patience`.
    pub fn read_to_end(
        &mut self,
        patience: Duration,
        see: &mut dyn FnMut(ReadMessage),
        waiting: &mut dyn FnMut(),
    ) -> Result<(), LogError> {
        let deadline = Instant::now() + self.timeout;
        let end = self.offset(End::Last, deadline)?;
        let next = match self.next {
            Some(next) => next,
            None => self.offset(End::First, deadline)?,
        };
        if next >= end {
            return Ok(());
        }
        self.start(next)?;
        let (next, result) = self.read_from(next, end, patience, see, waiting);
        self.next = Some(next);
        self.stop();
        result
    }

    /// Reads from `next` up to `end`, and returns the offset to read next.
    fn read_from(
        &mut self,
        mut next: i64,
        end: i64,
        patience: Duration,
        see: &mut dyn FnMut(ReadMessage),
        waiting: &mut dyn FnMut(),
    ) -> (i64, Result<(), LogError>) {
        let mut deadline = Instant::now() + self.timeout;
        let hidden_until = Instant::now() + patience;
        while next < end {
            match consumed::next(&self.client, self.partition, 20) {
                Consumed::Message(message) => {
                    next = message.offset + 1;
                    deadline = Instant::now() + self.timeout;
                    see(message);
                }
                Consumed::End(at) => {
                    next = next.max(at);
                    // The brokers answer.
                    deadline = hidden_until.max(deadline);
                    if next < end {
                        waiting();
                    }
                }
                Consumed::Refused(found) => return (next, Err(self.refused(found))),
                Consumed::Nothing => {}
            }
            self.client.poll(Duration::ZERO);
            if next < end && (Instant::now() >= deadline || self.client.is_over()) {
                return (next, Err(LogError::Hidden));
            }
        }
        (next, Ok(()))
    }

    fn start(&mut self, first: i64) -> Result<(), LogError> {
        // SAFETY: the topic is open.
        match unsafe { sys::rd_kafka_consume_start(self.client.raw_topic(0), self.partition, first) } {
            0 => Ok(()),
            _ => Err(self.refused(code(Code::RD_KAFKA_RESP_ERR__INVALID_ARG))),
        }
    }

    fn stop(&mut self) {
        // SAFETY: the topic is open, and the partition was started.
        unsafe { sys::rd_kafka_consume_stop(self.client.raw_topic(0), self.partition) };
    }

    fn offset(&mut self, end: End, deadline: Instant) -> Result<i64, LogError> {
        let offsets = admin::offsets(&mut self.client, &self.topic, self.partitions, end, deadline);
        match offsets {
            Ok(offsets) => Ok(offsets.get(self.partition as usize).copied().unwrap_or(-1)),
            Err(AskError::Refused(found, _)) => Err(self.refused(found)),
            Err(AskError::NoAnswer | AskError::AuthenticationFailed) => {
                let errors = self.client.inbox().broker_errors();
                let why = errors
                    .last_error()
                    .map_or(String::new(), |error| format!(" ({})", error.message));
                let message = format!("topic `{}` cannot be read: no broker answered{why}", self.topic);
                Err(LogError::Refused(ConnectError::new(
                    ConnectErrorKind::Unreachable,
                    message,
                )))
            }
        }
    }

    fn refused(&self, found: i32) -> LogError {
        LogError::Refused(consumed::refused(&self.topic, self.partition, found))
    }
}
