//! Ranges of offsets of many partitions, read side by side and as fast as librdkafka returns messages, without a consumer
//! group.
//!
//! Unlike [`TopicReader`](super::TopicReader), it does not copy messages, and it reads up to the high watermark: a partition
//! is over only at the end of its last range. Messages that an open transaction hides are waited for.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ops::Range;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::client::{self, Client};
use super::codes::{code, is_temporary, message_code};
use super::config::ProducerSettings;
use super::consumed;
use super::error::{ConnectError, ConnectErrorKind};
use super::limits::fit;
use super::open_ranges::OpenRanges;
use super::partitioner::Partitioner;
use super::preflight::{Access, Preflight};
use super::producer::{OpenTopic, TopicOrigin};
use super::topic_reader::{ReadMessage, consumer_config, copy_of};

/// Messages that are taken from librdkafka at once.
const BATCH: usize = 1000;
/// How long to wait for a broker that does not answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for messages that an open transaction hides: brokers end it after `transaction.timeout.ms`, which is
/// a minute by default.
const HIDDEN_PATIENCE: Duration = Duration::from_secs(90);

/// Reads ranges of the partitions of one or more topics.
pub struct RangeReader {
    client: Client,
    topics: Vec<OpenTopic>,
    /// By topic and partition: the offsets that existed when the reader connected.
    spans: Vec<Vec<Range<i64>>>,
    open: Vec<OpenRanges>,
    settings: ProducerSettings,
    batch: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: the pointers in `batch` are only used within a call that fills it; librdkafka's handles may be used from any
// thread.
unsafe impl Send for RangeReader {}

/// What a partition has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// There may be more messages.
    More,
    /// Every message up to the end was returned.
    Over,
}

/// A message that still belongs to librdkafka.
pub struct MessageView<'m> {
    native: *const sys::rd_kafka_message_t,
    life: PhantomData<&'m sys::rd_kafka_message_t>,
}

impl MessageView<'_> {
    fn native(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the view is handed out only while the message lives.
        unsafe { &*self.native }
    }

    /// Its offset.
    pub fn offset(&self) -> i64 {
        self.native().offset
    }

    /// The bytes of its key; none if it is null.
    pub fn key(&self) -> Option<&[u8]> {
        // SAFETY: key and length belong together.
        unsafe { bytes(self.native().key.cast(), self.native().key_len) }
    }

    /// The bytes of its value; none if it is null.
    pub fn value(&self) -> Option<&[u8]> {
        // SAFETY: payload and length belong together.
        unsafe { bytes(self.native().payload.cast(), self.native().len) }
    }

    /// Its time in milliseconds since 1970; -1 if it has none.
    pub fn time(&self) -> i64 {
        // SAFETY: the message lives; the kind of the time is not asked for.
        unsafe { sys::rd_kafka_message_timestamp(self.native, ptr::null_mut()) }
    }

    /// Passes name and value of each header to `see`, in their order.
    pub fn headers(&self, mut see: impl FnMut(&[u8], Option<&[u8]>)) {
        let mut list = ptr::null_mut();
        // SAFETY: the message lives, and the list belongs to it; its entries are read up to the first index that does
        // not exist.
        unsafe {
            if sys::rd_kafka_message_headers(self.native, &mut list) != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return;
            }
            for index in 0.. {
                let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
                let found = sys::rd_kafka_header_get_all(list, index, &mut name, &mut value, &mut size);
                if found != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                    return;
                }
                see(CStr::from_ptr(name).to_bytes(), bytes(value.cast(), size));
            }
        }
    }
}

/// # Safety
/// `start` is null or has `length` bytes that live as long as the result.
unsafe fn bytes<'b>(start: *const u8, length: usize) -> Option<&'b [u8]> {
    // SAFETY: by the contract above.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, length) })
}

impl RangeReader {
    /// Connects to the brokers and looks at every topic of the settings; reads nothing yet.
    ///
    /// The partitioner and the size limits are those that a producer with these settings would have.
    ///
    /// # Errors
    /// No broker answers, the settings are wrong, or a topic does not exist or may not be read.
    pub fn connect(settings: &ProducerSettings) -> Result<RangeReader, ConnectError> {
        client::check_version()?;
        let mut producer = settings.client_config()?;
        let mut client = Client::consumer(&consumer_config(&producer), settings.log)?;
        let (mut found, mut spans) = (Vec::new(), Vec::new());
        for topic in &settings.topics {
            let preflight = preflight(settings, topic);
            found.push(preflight.look(&mut client)?);
            spans.push(preflight.spans(&mut client)?);
        }
        let limits: Vec<Option<usize>> = found
            .iter()
            .map(|facts| facts.max_message_bytes.known().copied())
            .collect();
        let size_limits = fit(&mut producer, &limits);
        let partitioner = producer.get("partitioner").unwrap_or_default().to_owned();
        let topics = found
            .into_iter()
            .zip(size_limits)
            .map(|(facts, size_limit)| OpenTopic {
                partitioner: Partitioner::new(&partitioner, facts.partitions),
                facts,
                origin: TopicOrigin::Found,
                size_limit,
            });
        let topics = topics.collect();
        let partitions = spans.iter().map(Vec::len).sum();
        let mut config = consumer_config(&settings.client_config()?);
        for (name, value) in read_ahead(partitions) {
            config.set(name, value);
        }
        let mut client = Client::consumer(&config, settings.log)?;
        for topic in &settings.topics {
            client.open_topic(topic)?;
        }
        Ok(RangeReader {
            client,
            topics,
            spans,
            open: Vec::new(),
            settings: settings.clone(),
            batch: vec![ptr::null_mut(); BATCH],
        })
    }

    /// The topics as they were when the reader connected.
    pub fn topics(&self) -> &[OpenTopic] {
        &self.topics
    }

    /// By topic and partition: the first offset that existed when the reader connected, and the next one.
    pub fn spans(&self) -> &[Vec<Range<i64>>] {
        &self.spans
    }

    /// By topic and partition: the first offset with this time or a later one, in milliseconds since 1970; -1 if there
    /// is none.
    ///
    /// # Errors
    /// The brokers do not answer.
    pub fn offsets_since(&mut self, time: u64) -> Result<Vec<Vec<i64>>, ConnectError> {
        let RangeReader {
            settings,
            client,
            spans,
            ..
        } = self;
        let topics = settings.topics.iter().zip(spans);
        topics
            .map(|(topic, spans)| preflight(settings, topic).offsets_since(client, spans.len() as u32, time))
            .collect()
    }

    /// Starts reading ranges of a partition, which are in their order and do not overlap; returns the number of these
    /// ranges, from 0.
    ///
    /// # Errors
    /// librdkafka refuses.
    pub fn start(
        &mut self,
        topic: usize,
        partition: i32,
        ranges: impl IntoIterator<Item = Range<i64>>,
    ) -> Result<usize, ConnectError> {
        let ranges = OpenRanges::new(topic, partition, ranges);
        let first = ranges.first();
        self.open.push(ranges);
        let number = self.open.len() - 1;
        if let Some(offset) = first {
            self.start_at(number, offset)?;
        }
        Ok(number)
    }

    fn start_at(&mut self, number: usize, offset: i64) -> Result<(), ConnectError> {
        let OpenRanges { topic, partition, .. } = self.open[number];
        // SAFETY: the topic is open.
        let started = unsafe { sys::rd_kafka_consume_start(self.client.raw_topic(topic), partition, offset) };
        if started != 0 {
            let message = format!(
                "partition {partition} of topic `{}` cannot be read",
                self.name(topic)
            );
            return Err(ConnectError::new(ConnectErrorKind::Broker, message));
        }
        let open = &mut self.open[number];
        (open.next, open.is_started) = (offset, true);
        Ok(())
    }

    /// Whether messages of the ranges are hidden by an open transaction.
    pub fn is_hidden(&self, range: usize) -> bool {
        self.open[range].is_hidden
    }

    /// Passes the messages of the ranges with this number that have arrived to `see`; if there are none, waits for the
    /// first up to `patience`.
    ///
    /// # Errors
    /// The brokers do not answer any more, or refuse, or messages remain hidden by an open transaction.
    pub fn read(
        &mut self,
        range: usize,
        patience: Duration,
        see: &mut dyn FnMut(&MessageView<'_>),
    ) -> Result<Extent, ConnectError> {
        if self.open[range].is_over() {
            self.stop(range);
            return Ok(Extent::Over);
        }
        let mut arrived = self.take(range, Duration::ZERO, BATCH);
        if arrived == 0 && patience > Duration::ZERO {
            self.client.poll(Duration::ZERO);
            // librdkafka waits until a batch is full, so only one message is waited for.
            arrived = self.take(range, patience, 1);
        }
        for index in 0..arrived {
            let native = self.batch[index];
            // SAFETY: librdkafka has just returned the message, and it is ours until it is destroyed.
            let outcome = unsafe { self.see(range, native, see) };
            if outcome.is_err() {
                for later in &self.batch[index..arrived] {
                    // SAFETY: as above; each is destroyed once.
                    unsafe { sys::rd_kafka_message_destroy(*later) };
                }
                return outcome.map(|()| Extent::More);
            }
            // SAFETY: as above.
            unsafe { sys::rd_kafka_message_destroy(native) };
        }
        let open = &mut self.open[range];
        if open.is_over() {
            self.stop(range);
            return Ok(Extent::Over);
        }
        if let Some(start) = open.far() {
            self.stop(range);
            self.start_at(range, start)?;
            return Ok(Extent::More);
        }
        if arrived > 0 {
            open.waiting = None;
            return Ok(Extent::More);
        }
        if patience == Duration::ZERO {
            return Ok(Extent::More);
        }
        let waited = open.waiting.get_or_insert_with(Instant::now).elapsed();
        match open.is_hidden {
            true if waited > HIDDEN_PATIENCE => Err(self.hidden(range)),
            false if waited > PATIENCE => Err(self.silent(range)),
            _ => Ok(Extent::More),
        }
    }

    /// Reads one message, wherever it is; none if it does not exist any more.
    ///
    /// # Errors
    /// As for [`RangeReader::read`].
    pub fn message(
        &mut self,
        topic: usize,
        partition: i32,
        offset: i64,
    ) -> Result<Option<ReadMessage>, ConnectError> {
        let range = self.start(topic, partition, Some(offset..offset + 1))?;
        let mut found = None;
        while found.is_none() {
            let mut see = |message: &MessageView<'_>| {
                // SAFETY: the message lives while its view does.
                found = Some(unsafe { copy_of(message.native()) });
            };
            if self.read(range, Duration::from_millis(100), &mut see)? == Extent::Over {
                break;
            }
        }
        self.stop(range);
        Ok(found)
    }

    /// Takes messages out of librdkafka's queue; returns how many.
    fn take(&mut self, range: usize, patience: Duration, most: usize) -> usize {
        let OpenRanges { topic, partition, .. } = self.open[range];
        let millis = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the topic is open, the partition was started, and `batch` has room for `most` messages.
        let taken = unsafe {
            sys::rd_kafka_consume_batch(
                self.client.raw_topic(topic),
                partition,
                millis,
                self.batch.as_mut_ptr(),
                most,
            )
        };
        usize::try_from(taken).unwrap_or(0)
    }

    /// # Safety
    /// `native` is a live message.
    unsafe fn see(
        &mut self,
        range: usize,
        native: *const sys::rd_kafka_message_t,
        see: &mut dyn FnMut(&MessageView<'_>),
    ) -> Result<(), ConnectError> {
        let open = &mut self.open[range];
        let view = MessageView {
            native,
            life: PhantomData,
        };
        let offset = view.offset();
        match message_code(view.native()) {
            0 => {
                open.is_hidden = false;
                open.reach(offset);
                let is_wanted = open.has(offset);
                open.reach(offset + 1);
                if is_wanted {
                    see(&view);
                }
            }
            found if found == code(Code::RD_KAFKA_RESP_ERR__PARTITION_EOF) => {
                open.reach(offset);
                open.is_hidden = !open.is_over();
            }
            found if is_temporary(found) => {}
            found => {
                return Err(consumed::refused(
                    self.name(self.open[range].topic),
                    self.open[range].partition,
                    found,
                ));
            }
        }
        Ok(())
    }

    fn stop(&mut self, range: usize) {
        let open = &mut self.open[range];
        if std::mem::take(&mut open.is_started) {
            // SAFETY: the topic is open, and the partition was started.
            unsafe { sys::rd_kafka_consume_stop(self.client.raw_topic(open.topic), open.partition) };
        }
    }

    fn name(&self, topic: usize) -> &str {
        &self.settings.topics[topic]
    }

    fn hidden(&self, range: usize) -> ConnectError {
        let open = &self.open[range];
        let message = format!(
            "messages of partition {} of topic `{}` from offset {} on are hidden by a transaction of another producer, \
             which is still open after {} s",
            open.partition,
            self.name(open.topic),
            open.next,
            HIDDEN_PATIENCE.as_secs()
        );
        ConnectError::new(ConnectErrorKind::Broker, message)
    }

    fn silent(&self, range: usize) -> ConnectError {
        let open = &self.open[range];
        let last = self.client.inbox().broker_errors().last_error();
        let why = last.map_or(String::new(), |error| format!(" ({})", error.message));
        let message = format!(
            "partition {} of topic `{}` cannot be read: no answer within {} s{why}",
            open.partition,
            self.name(open.topic),
            PATIENCE.as_secs()
        );
        ConnectError::new(ConnectErrorKind::Unreachable, message)
    }
}

impl Drop for RangeReader {
    fn drop(&mut self) {
        for range in 0..self.open.len() {
            self.stop(range);
        }
    }
}

fn preflight<'s>(settings: &'s ProducerSettings, topic: &'s str) -> Preflight<'s> {
    Preflight {
        servers: &settings.bootstrap_servers,
        topic,
        asked: None,
        access: Access::Read,
        timeout: settings.connect_timeout,
    }
}

/// How much librdkafka reads ahead. A small message takes half a kilobyte of its memory, so messages are counted too.
fn read_ahead(partitions: usize) -> [(&'static str, String); 3] {
    let share = |all: usize, least: usize, most: usize| (all / partitions.max(1)).clamp(least, most);
    [
        ("queued.min.messages", share(60_000, 500, 20_000).to_string()),
        (
            "queued.max.messages.kbytes",
            share(48_000, 256, 8_000).to_string(),
        ),
        (
            "fetch.message.max.bytes",
            share(1 << 20, 32 << 10, 256 << 10).to_string(),
        ),
    ]
}
