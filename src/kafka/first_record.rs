//! Whether a topic has a record that a reader of committed messages finds.
//!
//! Offsets do not show it: aborted records and control markers have offsets, and a compacted or expired log has offsets
//! without records. So the partitions are read, up to the first record. The open transaction of another producer may have
//! records that become committed, so its end is waited for.

use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::client::{self, Client};
use super::codes::code;
use super::config::ProducerSettings;
use super::consumed::{self, Consumed};
use super::error::{ConnectError, ConnectErrorKind};
use super::partition_log::LogError;
use super::preflight::{Access, Preflight};
use super::topic_reader::consumer_config;

/// A committed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRecord {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// A partition that may have a committed record before `end`.
#[derive(Clone, Copy)]
struct Open {
    partition: i32,
    next: i64,
    end: i64,
}

struct Search<'a> {
    settings: &'a ProducerSettings,
    topic: &'a str,
    client: Client,
    open: Vec<Open>,
}

/// Finds a committed record of `topic`; none if there is none below the high watermarks of this moment. `waiting` is
/// called while the open transactions of other producers may have records.
///
/// # Errors
/// The brokers do not answer or refuse, or the open transactions did not end within `patience`, or `is_over` said so.
pub(super) fn first_record(
    settings: &ProducerSettings,
    topic: &str,
    patience: Duration,
    is_over: Box<dyn Fn() -> bool + Send>,
    waiting: &mut dyn FnMut(),
) -> Result<Option<FoundRecord>, LogError> {
    client::check_version().map_err(LogError::Refused)?;
    let config = settings.client_config();
    let mut config = consumer_config(&config.map_err(|error| LogError::Refused(error.into()))?);
    // Of each partition the first record is enough.
    config.set("queued.min.messages", "1");
    config.set("fetch.message.max.bytes", "65536");
    let mut client = Client::consumer(&config, settings.log).map_err(LogError::Refused)?;
    client.stop_asking_when(is_over);
    let preflight = Preflight {
        servers: &settings.bootstrap_servers,
        topic,
        asked: None,
        access: Access::Read,
        timeout: settings.connect_timeout,
    };
    let spans = preflight.spans(&mut client).map_err(LogError::Refused)?;
    client.open_topic(topic).map_err(LogError::Refused)?;
    let mut search = Search {
        settings,
        topic,
        client,
        open: Vec::new(),
    };
    for (span, partition) in spans.into_iter().zip(0..) {
        if !span.is_empty() {
            search.open(partition, span.start, span.end)?;
        }
    }
    search.run(patience, waiting)
}

impl Search<'_> {
    fn open(&mut self, partition: i32, next: i64, end: i64) -> Result<(), LogError> {
        // SAFETY: the topic is open.
        match unsafe { sys::rd_kafka_consume_start(self.client.raw_topic(0), partition, next) } {
            0 => self.open.push(Open { partition, next, end }),
            _ => return Err(self.refused(partition, code(Code::RD_KAFKA_RESP_ERR__INVALID_ARG))),
        }
        Ok(())
    }

    fn run(
        &mut self,
        patience: Duration,
        waiting: &mut dyn FnMut(),
    ) -> Result<Option<FoundRecord>, LogError> {
        const PAUSE: Duration = Duration::from_millis(5);
        let hidden_until = Instant::now() + patience;
        let mut deadline = Instant::now() + self.settings.connect_timeout;
        let mut is_hidden = false;
        while !self.open.is_empty() {
            let mut is_idle = true;
            let mut index = 0;
            while index < self.open.len() {
                let Open { partition, next, end } = self.open[index];
                match consumed::next(&self.client, partition, 0) {
                    Consumed::Message(message) if message.offset < end => {
                        return Ok(Some(FoundRecord {
                            topic: self.topic.to_owned(),
                            partition,
                            offset: message.offset,
                        }));
                    }
                    // Everything before the end was read.
                    Consumed::Message(_) => self.close(index),
                    Consumed::End(at) if at.max(next) >= end => self.close(index),
                    Consumed::End(at) => {
                        self.open[index].next = at.max(next);
                        is_hidden = true;
                        index += 1;
                    }
                    Consumed::Refused(found) => return Err(self.refused(partition, found)),
                    Consumed::Nothing => {
                        index += 1;
                        continue;
                    }
                }
                is_idle = false;
                deadline = match is_hidden {
                    true => hidden_until,
                    false => Instant::now() + self.settings.connect_timeout,
                };
            }
            if is_hidden {
                waiting();
            }
            if is_idle {
                self.client.poll(PAUSE);
                std::thread::sleep(PAUSE);
            }
            if Instant::now() >= deadline || self.client.is_over() {
                return Err(match is_hidden {
                    true => LogError::Hidden,
                    false => self.silent(),
                });
            }
        }
        Ok(None)
    }

    fn close(&mut self, index: usize) {
        let closed = self.open.remove(index);
        // SAFETY: the topic is open, and the partition was started.
        unsafe { sys::rd_kafka_consume_stop(self.client.raw_topic(0), closed.partition) };
    }

    fn refused(&self, partition: i32, found: i32) -> LogError {
        LogError::Refused(consumed::refused(self.topic, partition, found))
    }

    fn silent(&self) -> LogError {
        let last = self.client.inbox().broker_errors().last_error();
        let why = last.map_or(String::new(), |error| format!(" ({})", error.message));
        let message = format!("topic `{}` cannot be read: no broker answered{why}", self.topic);
        LogError::Refused(ConnectError::new(ConnectErrorKind::Unreachable, message))
    }
}

impl Drop for Search<'_> {
    fn drop(&mut self) {
        while !self.open.is_empty() {
            self.close(0);
        }
    }
}
