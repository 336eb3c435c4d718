//! What is on a topic, read without a consumer group: nothing is committed, and nothing changes on the brokers.
//!
//! librdkafka's consumer groups ask for a coordinator, which creates a topic on a new cluster, so the partitions are
//! consumed one by one. Messages are returned in the order of their times, and those of a partition in the order of
//! their offsets. A partition ends at the offset that was next when the reader connected, or earlier at the last
//! committed message: transaction markers and aborted messages have offsets but are never returned.

use std::ffi::CStr;
use std::ops::Range;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::client::{self, Client};
use super::config::ProducerSettings;
use super::consumed::{self, Consumed};
use super::error::{ConnectError, ConnectErrorKind};
use super::preflight::{Access, Preflight};

/// Where to start reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFrom {
    /// At the first message that still exists.
    First,
    /// So many offsets before the end of each partition. Markers and deleted messages have offsets too.
    Last(u64),
    /// At the first message of each partition with this time or a later one, in milliseconds since 1970.
    Since(u64),
    /// At this offset.
    Offset(i64),
}

/// A message as it is on the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMessage {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its time; none in the format before Kafka 0.10.
    pub time: Option<MessageTime>,
    /// The bytes of the key.
    pub key: Option<Vec<u8>>,
    /// The bytes of the value.
    pub value: Option<Vec<u8>>,
    /// The headers in their order; the value may be null.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// The time of a message, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageTime {
    /// Set by the producer.
    Created(i64),
    /// Set by the broker.
    Appended(i64),
}

impl MessageTime {
    /// The time in milliseconds since 1970.
    pub fn millis(self) -> i64 {
        match self {
            MessageTime::Created(millis) | MessageTime::Appended(millis) => millis,
        }
    }
}

/// Offsets of a partition that an open transaction hides from readers of committed messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenMessages {
    /// The partition.
    pub partition: i32,
    /// The offsets, up to the one that was next.
    pub offsets: Range<i64>,
}

/// A partition that may have more messages.
struct Open {
    partition: i32,
    /// The offset at which it ends.
    end: i64,
    /// Its next message, if it has arrived.
    head: Option<ReadMessage>,
}

/// Reads a topic.
pub struct TopicReader {
    settings: ProducerSettings,
    client: Client,
    /// The offsets of each partition when the reader connected, as far as they could be read.
    spans: Vec<Range<i64>>,
    hidden: Vec<HiddenMessages>,
    open: Vec<Open>,
}

/// How long to wait for the next message of a partition that is not at its end.
const PATIENCE: Duration = Duration::from_secs(30);

impl TopicReader {
    /// Connects to the brokers and looks at the topic's partitions; reads nothing yet.
    ///
    /// Of the settings, those about producing have no effect, and only the first topic is read.
    ///
    /// # Errors
    /// No broker answers, the settings are wrong, or the topic does not exist or may not be read.
    pub fn connect(settings: &ProducerSettings) -> Result<TopicReader, ConnectError> {
        client::check_version()?;
        let mut client = Client::consumer(&consumer_config(&settings.client_config()?), settings.log)?;
        let mut spans = preflight(settings).spans(&mut client)?;
        let stable = preflight(settings).last_stable_offsets(&mut client, spans.len() as u32);
        let hidden = end_at(&mut spans, &stable.unwrap_or_default());
        client.open_topic(&settings.topics[0])?;
        Ok(TopicReader {
            settings: settings.clone(),
            client,
            spans,
            hidden,
            open: Vec::new(),
        })
    }

    fn topic(&self) -> &str {
        &self.settings.topics[0]
    }

    /// The offsets that an open transaction hid when the reader connected. They are not read.
    pub fn hidden(&self) -> &[HiddenMessages] {
        &self.hidden
    }

    /// The offsets of each partition when the reader connected: the first one that exists, and the next one or the first
    /// one that is hidden.
    pub fn spans(&self) -> &[Range<i64>] {
        &self.spans
    }

    /// Starts reading all partitions, or `only` one, from there. What was started before is abandoned.
    ///
    /// # Errors
    /// The brokers do not answer.
    pub fn start(&mut self, from: ReadFrom, only: Option<i32>) -> Result<(), ConnectError> {
        while !self.open.is_empty() {
            self.close(0);
        }
        let since = match from {
            ReadFrom::Since(time) => {
                let partitions = self.spans.len() as u32;
                preflight(&self.settings).offsets_since(&mut self.client, partitions, time)?
            }
            ReadFrom::First | ReadFrom::Last(_) | ReadFrom::Offset(_) => Vec::new(),
        };
        for (span, partition) in self.spans.clone().into_iter().zip(0..) {
            let first = match from {
                ReadFrom::First => span.start,
                ReadFrom::Last(count) => span.end.saturating_sub_unsigned(count),
                ReadFrom::Since(_) if since[partition as usize] < 0 => span.end,
                ReadFrom::Since(_) => since[partition as usize],
                ReadFrom::Offset(offset) => offset,
            };
            let first = first.max(span.start);
            if first < span.end && only.is_none_or(|only| only == partition) {
                self.open(partition, first, span.end)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, partition: i32, first: i64, end: i64) -> Result<(), ConnectError> {
        // SAFETY: the topic is open.
        let started = unsafe { sys::rd_kafka_consume_start(self.client.raw_topic(0), partition, first) };
        if started != 0 {
            let message = format!("partition {partition} of topic `{}` cannot be read", self.topic());
            return Err(ConnectError::new(ConnectErrorKind::Broker, message));
        }
        self.open.push(Open {
            partition,
            end,
            head: None,
        });
        Ok(())
    }

    fn close(&mut self, index: usize) {
        let closed = self.open.remove(index);
        // SAFETY: the topic is open, and the partition was started.
        unsafe { sys::rd_kafka_consume_stop(self.client.raw_topic(0), closed.partition) };
    }

    /// The next message; none at the end.
    ///
    /// # Errors
    /// The brokers do not answer any more, or refuse.
    pub fn next_message(&mut self) -> Result<Option<ReadMessage>, ConnectError> {
        let mut index = 0;
        while index < self.open.len() {
            if self.open[index].head.is_none() {
                match self.receive(self.open[index].partition, self.open[index].end)? {
                    Some(message) => self.open[index].head = Some(message),
                    None => {
                        self.close(index);
                        continue;
                    }
                }
            }
            index += 1;
        }
        let heads = self.open.iter_mut().filter(|open| open.head.is_some());
        let earliest = heads.min_by_key(|open| {
            let time = open.head.as_ref().and_then(|head| head.time);
            (time.map(MessageTime::millis), open.partition)
        });
        Ok(earliest.and_then(|open| open.head.take()))
    }

    /// The next message of a partition; none at its end.
    fn receive(&mut self, partition: i32, end: i64) -> Result<Option<ReadMessage>, ConnectError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match consumed::next(&self.client, partition, 100) {
                Consumed::Message(message) => return Ok((message.offset < end).then_some(message)),
                Consumed::End(_) => return Ok(None),
                Consumed::Refused(found) => return Err(consumed::refused(self.topic(), partition, found)),
                Consumed::Nothing => {}
            }
            self.client.poll(Duration::ZERO);
            if Instant::now() >= deadline {
                return Err(self.silent(partition));
            }
        }
    }

    fn silent(&self, partition: i32) -> ConnectError {
        let last = self.client.inbox().broker_errors().last_error();
        let why = last.map_or(String::new(), |error| format!(" ({})", error.message));
        let message = format!(
            "partition {partition} of topic `{}` cannot be read: no answer within {} s{why}",
            self.topic(),
            PATIENCE.as_secs()
        );
        ConnectError::new(ConnectErrorKind::Unreachable, message)
    }
}

/// Ends the partitions at their last stable offsets, if these are known. librdkafka never reports the end of a partition
/// that is read from a later offset on.
fn end_at(spans: &mut [Range<i64>], stable: &[i64]) -> Vec<HiddenMessages> {
    let mut hidden = Vec::new();
    for ((span, stable), partition) in spans.iter_mut().zip(stable).zip(0..) {
        if *stable >= 0 && *stable < span.end {
            let first = (*stable).max(span.start);
            hidden.push(HiddenMessages {
                partition,
                offsets: first..span.end,
            });
            span.end = first;
        }
    }
    hidden
}

fn preflight(settings: &ProducerSettings) -> Preflight<'_> {
    Preflight {
        servers: &settings.bootstrap_servers,
        topic: &settings.topics[0],
        asked: None,
        access: Access::Read,
        timeout: settings.connect_timeout,
    }
}

/// The configuration of a consumer that changes nothing and ends where the committed messages end.
pub(super) fn consumer_config(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    for (name, value) in [
        ("enable.auto.commit", "false"),
        ("auto.commit.enable", "false"),
        ("enable.auto.offset.store", "false"),
        ("isolation.level", "read_committed"),
        ("enable.partition.eof", "true"),
        // The first messages may be deleted while the topic is being read.
        ("auto.offset.reset", "earliest"),
        // The end of a partition is noticed by an empty answer, which a broker delays by this time.
        ("fetch.wait.max.ms", "50"),
        // Per partition, because all are read at once.
        ("queued.max.messages.kbytes", "4096"),
        ("fetch.message.max.bytes", "1048576"),
        ("fetch.queue.backoff.ms", "5"),
    ] {
        config.set(name, value);
    }
    config.remove("group.id");
    config
}

/// # Safety
/// `native` is a live message without an error.
pub(super) unsafe fn copy_of(native: &sys::rd_kafka_message_t) -> ReadMessage {
    use sys::rd_kafka_timestamp_type_t as Kind;
    let mut kind = Kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    // SAFETY: by the contract above; key and payload are null or have the lengths given with them.
    unsafe {
        let millis = sys::rd_kafka_message_timestamp(native, &mut kind);
        ReadMessage {
            partition: native.partition,
            offset: native.offset,
            time: match kind {
                Kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => None,
                Kind::RD_KAFKA_TIMESTAMP_CREATE_TIME => Some(MessageTime::Created(millis)),
                Kind::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => Some(MessageTime::Appended(millis)),
            },
            key: bytes(native.key.cast(), native.key_len),
            value: bytes(native.payload.cast(), native.len),
            headers: headers(native),
        }
    }
}

/// # Safety
/// `start` is null or has `length` bytes.
unsafe fn bytes(start: *const u8, length: usize) -> Option<Vec<u8>> {
    // SAFETY: by the contract above.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, length) }.to_vec())
}

/// # Safety
/// `native` is a live message.
unsafe fn headers(native: &sys::rd_kafka_message_t) -> Vec<(String, Option<Vec<u8>>)> {
    let mut headers = Vec::new();
    let mut list = ptr::null_mut();
    // SAFETY: by the contract above; the list belongs to the message, and its entries are read up to the first index
    // that does not exist. The codes are librdkafka's own, so the enum has them.
    unsafe {
        if sys::rd_kafka_message_headers(native, &mut list) != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            return headers;
        }
        for index in 0.. {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            let found = sys::rd_kafka_header_get_all(list, index, &mut name, &mut value, &mut size);
            if found != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                break;
            }
            let name = CStr::from_ptr(name).to_string_lossy().into_owned();
            headers.push((name, bytes(value.cast(), size)));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_ends_where_an_open_transaction_begins() {
        let mut spans = [0..10, 5..9, 0..7, 3..8];
        let hidden = end_at(&mut spans, &[10, 2, -1, 6]);
        assert_eq!(spans, [0..10, 5..5, 0..7, 3..6]);
        let of = |partition, offsets| HiddenMessages { partition, offsets };
        assert_eq!(hidden, [of(1, 5..9), of(3, 6..8)]);
        // Brokers that do not report them.
        assert_eq!(end_at(&mut spans, &[]), []);
    }
}
