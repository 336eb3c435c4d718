//! The committed records of one partition, or of all, read to the end again and again.
//!
//! The end is the high watermark, as a reader of uncommitted records sees it. A reader of committed records stops at the
//! last stable offset, which is earlier while any transaction on the partition is open; records that were committed long
//! ago may be hidden behind it. So the end of what can be read is not the end of the partition.

use std::fmt;
use std::ops::Range;
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

/// How long records must be hidden until that is said: a transaction that is being committed hides them for a moment.
const UNTIL_SAID: Duration = Duration::from_millis(500);

/// Reads one partition of a topic, or all.
pub struct PartitionLog {
    client: Client,
    topic: String,
    /// How many the topic has.
    partitions: u32,
    read: Vec<ReadPartition>,
    timeout: Duration,
}

/// A partition that is read.
#[derive(Clone, Copy)]
struct ReadPartition {
    partition: i32,
    /// The offset to read next; none before the first record.
    next: Option<i64>,
}

/// What to do about records that an open transaction hides.
#[derive(Debug, Clone, Copy)]
enum Hidden {
    /// Wait for them, up to this time.
    Await(Duration),
    /// Do without them.
    Ignore,
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
        PartitionLog::of(settings, topic, partition..partition + 1, partitions)
    }

    /// The same for all partitions of the topic.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn connect_to_all(
        settings: &ProducerSettings,
        topic: &str,
        partitions: u32,
    ) -> Result<PartitionLog, ConnectError> {
        client::check_version()?;
        PartitionLog::of(settings, topic, 0..partitions as i32, partitions)
    }

    fn of(
        settings: &ProducerSettings,
        topic: &str,
        read: Range<i32>,
        partitions: u32,
    ) -> Result<PartitionLog, ConnectError> {
        let mut config = consumer_config(&settings.client_config()?);
        // The load waits for each end. Nothing is fetched between two reads, so this costs little.
        config.set("fetch.wait.max.ms", "5");
        let mut client = Client::consumer(&config, settings.log)?;
        client.open_topic(topic)?;
        let read = read.map(|partition| ReadPartition {
            partition,
            next: None,
        });
        Ok(PartitionLog {
            client,
            topic: topic.to_owned(),
            partitions,
            read: read.collect(),
            timeout: settings.connect_timeout,
        })
    }

    /// From now on waits are abandoned as soon as `is_over` returns true.
    pub fn stop_waiting_when(&mut self, is_over: Box<dyn Fn() -> bool + Send>) {
        self.client.stop_asking_when(is_over);
    }

    /// Reads the committed records that were not read yet, up to the high watermarks of this moment, and passes them to
    /// `see`, those of a partition in their order. `waiting` is called again and again while records are hidden by an
    /// open transaction.
    ///
    /// # Errors
    /// The end was not reached within `patience`.
    pub fn read_to_end(
        &mut self,
        patience: Duration,
        see: &mut dyn FnMut(ReadMessage),
        waiting: &mut dyn FnMut(),
    ) -> Result<(), LogError> {
        self.read(Hidden::Await(patience), see, waiting)
    }

    /// Reads the committed records that were not read yet, without those that an open transaction hides now, and passes
    /// them to `see`. Later reads do not return the hidden ones.
    ///
    /// # Errors
    /// The brokers do not answer, or refuse.
    pub fn read_what_is_visible(&mut self, see: &mut dyn FnMut(ReadMessage)) -> Result<(), LogError> {
        self.read(Hidden::Ignore, see, &mut || ())
    }

    fn read(
        &mut self,
        hidden: Hidden,
        see: &mut dyn FnMut(ReadMessage),
        waiting: &mut dyn FnMut(),
    ) -> Result<(), LogError> {
        let deadline = Instant::now() + self.timeout;
        let ends = self.offsets(End::Last, deadline)?;
        if self.read.iter().any(|read| read.next.is_none()) {
            let firsts = self.offsets(End::First, deadline)?;
            for read in &mut self.read {
                read.next = read.next.or(Some(at(&firsts, read.partition)));
            }
        }
        let open = self.open(&ends);
        for (started, index) in open.iter().enumerate() {
            if let Err(error) = self.start(*index) {
                self.stop(&open[..started]);
                return Err(error);
            }
        }
        let result = self.read_from(&ends, hidden, see, waiting);
        self.stop(&open);
        result
    }

    /// Reads the partitions that were started, up to these ends.
    fn read_from(
        &mut self,
        ends: &[i64],
        hidden: Hidden,
        see: &mut dyn FnMut(ReadMessage),
        waiting: &mut dyn FnMut(),
    ) -> Result<(), LogError> {
        let begun = Instant::now();
        let hidden_until = match hidden {
            Hidden::Await(patience) => begun + patience,
            Hidden::Ignore => begun,
        };
        let mut deadline = begun + self.timeout;
        let mut is_hidden = false;
        loop {
            let open = self.open(ends);
            let wait = match open[..] {
                [] => return Ok(()),
                [_] => 20,
                _ => 0,
            };
            let mut is_idle = wait == 0;
            for index in open {
                let read = &mut self.read[index];
                match consumed::next(&self.client, read.partition, wait) {
                    Consumed::Message(message) => {
                        read.next = Some(message.offset + 1);
                        deadline = deadline.max(Instant::now() + self.timeout);
                        is_idle = false;
                        see(message);
                    }
                    Consumed::End(_) if matches!(hidden, Hidden::Ignore) => {
                        read.next = read.next.max(Some(at(ends, read.partition)));
                    }
                    Consumed::End(reached) => {
                        read.next = read.next.max(Some(reached));
                        // The brokers answer.
                        deadline = hidden_until.max(deadline);
                        is_hidden |= read.next < Some(at(ends, read.partition));
                    }
                    Consumed::Refused(found) => {
                        let partition = read.partition;
                        return Err(self.refused(partition, found));
                    }
                    Consumed::Nothing => {}
                }
            }
            if is_hidden && begun.elapsed() > UNTIL_SAID {
                waiting();
            }
            self.client
                .poll(Duration::from_millis(if is_idle { 5 } else { 0 }));
            if (Instant::now() >= deadline || self.client.is_over()) && !self.open(ends).is_empty() {
                return Err(LogError::Hidden);
            }
        }
    }

    /// The indexes of the partitions that were not read to these ends.
    fn open(&self, ends: &[i64]) -> Vec<usize> {
        let read = self.read.iter().enumerate();
        let open = read.filter(|(_, read)| read.next < Some(at(ends, read.partition)));
        open.map(|(index, _)| index).collect()
    }

    fn start(&mut self, index: usize) -> Result<(), LogError> {
        let ReadPartition { partition, next } = self.read[index];
        let first = next.unwrap_or(0);
        // SAFETY: the topic is open.
        match unsafe { sys::rd_kafka_consume_start(self.client.raw_topic(0), partition, first) } {
            0 => Ok(()),
            _ => Err(self.refused(partition, code(Code::RD_KAFKA_RESP_ERR__INVALID_ARG))),
        }
    }

    fn stop(&mut self, started: &[usize]) {
        for index in started {
            // SAFETY: the topic is open, and the partition was started.
            unsafe { sys::rd_kafka_consume_stop(self.client.raw_topic(0), self.read[*index].partition) };
        }
    }

    /// The offsets of all partitions of the topic.
    fn offsets(&mut self, end: End, deadline: Instant) -> Result<Vec<i64>, LogError> {
        let offsets = admin::offsets(&mut self.client, &self.topic, self.partitions, end, deadline);
        match offsets {
            Ok(offsets) => Ok(offsets),
            Err(AskError::Refused(found, _)) => Err(self.refused(self.read[0].partition, found)),
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

    fn refused(&self, partition: i32, found: i32) -> LogError {
        LogError::Refused(consumed::refused(&self.topic, partition, found))
    }
}

/// The offset of a partition; -1 if there is none.
fn at(offsets: &[i64], partition: i32) -> i64 {
    offsets.get(partition as usize).copied().unwrap_or(-1)
}
