//! The producer: connects, hands batches over, serves callbacks.
//!
//! A full queue makes the sender wait. Nothing is dropped, and messages of a partition stay in order. Everything runs
//! on the caller's thread.

use std::ffi::CString;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::admin;
use super::ask::any_broker;
use super::backlog;
use super::busy::BrokerThreads;
use super::client::{Client, Flushed};
use super::codes;
use super::config::ProducerSettings;
use super::error::{ConnectError, ConnectErrorKind};
use super::handover::batched_bytes;
use super::inbox::{Inbox, Outcome, Report};
use super::limits::{SizeLimit, fit};
use super::look::{Look, preflight, scout};
use super::message::Batch;
use super::partitioned_batch::{Group, PartitionedBatch};
use super::partitioner::Partitioner;
use super::preflight::Preflight;
use super::produceva::Headers;
use super::properties::canonical_property;
use super::row_tag::RowTag;
use super::standby::Standby;
use super::topic::TopicFacts;
use super::transaction_timeout::TransactionTimeout;
use super::transactional::BATCH_MESSAGES;
use super::transactions::{TransactionError, TransactionErrorKind};

/// How long to wait for reports before asking whether to continue.
const PATIENCE: Duration = Duration::from_millis(100);

/// A wait in which no report arrives for so long is for the brokers: what may wait in the client takes its threads less.
const SILENCE: Duration = Duration::from_millis(20);

/// How long after it has connected a client may be unable to send: librdkafka asks for its producer id as soon as a broker
/// has answered, and a busy broker may need a while for that.
const UNTIL_READY: Duration = Duration::from_millis(100);

/// Whether to wait for room in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Keep waiting.
    GoOn,
    /// Hand over nothing more.
    Stop,
}

/// The result of handing a batch over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handover<'a> {
    /// The number of messages that the client took; each gets one delivery report.
    pub taken: u64,
    /// The rows that were not handed over, because the wait was stopped.
    pub not_taken: &'a [u32],
    /// How often the sender had to wait because the queue was full.
    pub full_queue_waits: u64,
    /// How long it waited then.
    pub full_queue_time: Duration,
    /// The part of that in waits without a report for so long that the brokers must have had everything.
    pub silent_time: Duration,
}

/// Where the topic comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicOrigin {
    /// It already existed.
    Found,
    /// It was created, as requested by [`ProducerSettings::create_topic`].
    Created,
}

/// A topic that a producer publishes to, as it was when the producer connected.
#[derive(Debug, Clone)]
pub struct OpenTopic {
    /// What is known about it.
    pub facts: TopicFacts,
    /// Whether it existed before.
    pub origin: TopicOrigin,
    /// Chooses partitions; the threads that create messages use a copy.
    pub partitioner: Partitioner,
    /// How large messages may be.
    pub size_limit: SizeLimit,
}

/// A connected producer.
pub struct Producer {
    pub(super) settings: ProducerSettings,
    /// The configuration of the client.
    pub(super) config: ClientConfig,
    pub(super) client: Client,
    /// Whether transactions of the client were initialised.
    is_initialised: bool,
    /// None without transactions.
    pub(super) transaction_timeout: Option<TransactionTimeout>,
    /// The `max.message.bytes` of each topic, if known, that the client is configured for.
    pub(super) limits: Vec<Option<usize>>,
    /// The most messages in a batch, if the user has set it.
    pub(super) batch_messages: Option<String>,
    /// The client for the next transaction.
    pub(super) standby: Option<Standby>,
    connected: Instant,
    /// In the order of [`ProducerSettings::topics`].
    pub(super) topics: Vec<OpenTopic>,
    /// The most bytes of keys and headers that may be in flight: the limit of librdkafka's queue, which counts values
    /// only.
    pub(super) max_uncounted_bytes: usize,
    /// See [`backlog`].
    pub(super) max_waiting_bytes: usize,
    /// The size of the largest message with headers that the client is certain to take in a batch.
    pub(super) max_batched_bytes: usize,
    pub(super) headers: Headers,
    pub(super) partitioned: PartitionedBatch,
    /// For the batch that is being sent: messages taken, rows not taken, and waits for a full queue.
    pub(super) taken: u64,
    not_taken: Vec<u32>,
    full_queue_waits: u64,
    full_queue_time: Duration,
    silent_time: Duration,
    broker_threads: BrokerThreads,
}

impl Producer {
    /// Connects to the brokers and checks every topic; produces nothing.
    ///
    /// A missing topic is created only if the settings say how.
    pub fn connect(settings: &ProducerSettings) -> Result<Producer, ConnectError> {
        Producer::connect_after(settings, Look::at_topics(settings, None)?)
    }

    /// The same with what an earlier look has found; `settings` are those of the look, except for transactions.
    pub fn connect_after(settings: &ProducerSettings, mut look: Look) -> Result<Producer, ConnectError> {
        let headers = Headers {
            own: settings.own_headers,
            names: header_names(&settings.headers)?,
        };
        let found = look.create_missing(settings)?;
        let limits: Vec<Option<usize>> = found
            .iter()
            .map(|(facts, _)| facts.max_message_bytes.known().copied())
            .collect();
        let mut config = settings.client_config()?;
        let size_limits = fit(&mut config, &limits);
        let batch_messages = config.get(BATCH_MESSAGES).map(str::to_owned);
        let mut transaction_timeout = None;
        if let Some(transactions) = &settings.transactions {
            config.set("transactional.id", &transactions.id);
            transaction_timeout = Some(TransactionTimeout::decide(
                &mut config,
                transactions.time,
                look.longest_transaction(settings),
            )?);
        }
        let client = match look.into_client(&config) {
            Some(client) => open_topics(settings, client)?,
            None => open_client(settings, &config)?,
        };
        let partitioner = client.config_value("partitioner").unwrap_or_default();
        let topics: Vec<OpenTopic> = found
            .into_iter()
            .zip(size_limits)
            .map(|((facts, origin), size_limit)| OpenTopic {
                partitioner: Partitioner::new(&partitioner, facts.partitions),
                facts,
                origin,
                size_limit,
            })
            .collect();
        let partitions: Vec<usize> = topics
            .iter()
            .map(|topic| topic.facts.partitions as usize)
            .collect();
        let max_waiting_bytes = backlog::longest_useful(
            &client,
            partitions.iter().sum(),
            settings.chosen_properties().map(canonical_property),
        );
        let max_uncounted_bytes = queue_bytes(&client);
        let max_batched_bytes = batched_bytes(&client);
        Ok(Producer {
            settings: settings.clone(),
            config,
            client,
            is_initialised: false,
            transaction_timeout,
            limits,
            batch_messages,
            standby: None,
            connected: Instant::now(),
            partitioned: PartitionedBatch::new(partitions),
            topics,
            max_uncounted_bytes,
            max_waiting_bytes,
            max_batched_bytes,
            headers,
            taken: 0,
            not_taken: Vec::new(),
            full_queue_waits: 0,
            full_queue_time: Duration::ZERO,
            silent_time: Duration::ZERO,
            broker_threads: BrokerThreads::default(),
        })
    }

    /// The topics at the time when the producer connected, in the order of [`ProducerSettings::topics`].
    pub fn topics(&self) -> &[OpenTopic] {
        &self.topics
    }

    /// Whether rows are written in transactions.
    pub fn is_transactional(&self) -> bool {
        self.settings.transactions.is_some()
    }

    /// The effective value of a client property; none for secrets.
    pub fn config_value(&self, name: &str) -> Option<String> {
        self.client.config_value(name)
    }

    /// librdkafka's own warnings about the configuration.
    pub fn config_warnings(&self) -> &[String] {
        self.client.inbox().broker_errors().warnings()
    }

    /// The client's events that have not been taken yet.
    pub fn inbox(&mut self) -> &mut Inbox {
        self.client.inbox_mut()
    }

    /// How long the client's threads for the busiest broker had work to do, including those of earlier clients; none if
    /// the system does not tell.
    pub fn busy_time(&mut self) -> Option<Duration> {
        self.broker_threads.look();
        self.broker_threads.busiest()
    }

    /// Hands a batch over, waiting while the queue is full, and serves pending callbacks.
    ///
    /// While it waits it keeps calling `on_full`. When that returns [`Wait::Stop`], the remaining messages are not
    /// handed over, and their rows are returned. Messages that can never be taken are reported at once
    /// ([`Outcome::Refused`]).
    pub fn send(&mut self, batch: &Batch<'_>, on_full: &mut dyn FnMut(&mut Inbox) -> Wait) -> Handover<'_> {
        assert_eq!(
            batch.headers.len(),
            batch.messages.len() * self.headers.count(),
            "each message must have a value, or null, for each header of the run"
        );
        self.not_taken.clear();
        self.taken = 0;
        self.full_queue_waits = 0;
        self.full_queue_time = Duration::ZERO;
        self.silent_time = Duration::ZERO;
        self.partitioned.lay_out(batch);
        self.refuse_strays(batch.block);
        let mut wait = Wait::GoOn;
        for index in 0.. {
            let Some(group) = self.partitioned.group(index) else {
                break;
            };
            let sent = match wait {
                Wait::GoOn => self.send_group(batch, &group, on_full),
                Wait::Stop => group.places.start,
            };
            if sent < group.places.end {
                wait = Wait::Stop;
            }
            for place in sent..group.places.end {
                self.not_taken.push(self.partitioned.tag(place).row());
            }
        }
        self.client.poll(Duration::ZERO);
        Handover {
            taken: self.taken,
            not_taken: &self.not_taken,
            full_queue_waits: self.full_queue_waits,
            full_queue_time: self.full_queue_time,
            silent_time: self.silent_time,
        }
    }

    /// Hands over the messages of one partition. Returns the place of the first one not handed over because `on_full`
    /// stopped the wait, or the end.
    fn send_group(
        &mut self,
        batch: &Batch<'_>,
        group: &Group,
        on_full: &mut dyn FnMut(&mut Inbox) -> Wait,
    ) -> usize {
        let mut start = group.places.start;
        loop {
            start = self.hand_over(batch, group, start);
            if start == group.places.end {
                return start;
            }
            self.full_queue_waits += 1;
            let begun = Instant::now();
            let wait = self.await_reports(on_full);
            let waited = begun.elapsed();
            self.full_queue_time += waited;
            if waited > SILENCE {
                self.silent_time += waited;
            }
            if wait == Wait::Stop {
                return start;
            }
        }
    }

    /// Waits until a report arrives, or `on_full` stops the wait: it also sees the report, which can be that of a failure,
    /// after which no more is handed over.
    fn await_reports(&mut self, on_full: &mut dyn FnMut(&mut Inbox) -> Wait) -> Wait {
        let mut has_arrived = false;
        loop {
            if on_full(self.client.inbox_mut()) == Wait::Stop {
                return Wait::Stop;
            }
            if has_arrived {
                return Wait::GoOn;
            }
            let waiting = self.client.inbox().waiting();
            self.client.poll(PATIENCE);
            has_arrived = self.client.inbox().waiting() > waiting;
        }
    }

    fn refuse_strays(&mut self, block: u64) {
        for (row, partition) in self.partitioned.strays() {
            let report = Report {
                tag: RowTag::new(block, *row),
                offset: -1,
                partition: *partition,
                outcome: Outcome::Refused(codes::UNKNOWN_PARTITION),
            };
            self.client.inbox_mut().push(report);
        }
    }

    /// Replaces the client by a new one, if it has had a transaction, and initialises its transactions. The messages of
    /// the earlier client that were not reported yet never will be.
    ///
    /// # Errors
    /// The brokers do not answer in time, or refuse.
    pub fn renew(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        if self.is_initialised {
            let standby = self.standby.take();
            let standby = standby.and_then(|standby| standby.take(|| self.client.is_over()));
            let client = match standby {
                Some(client) => client,
                None => open_client(&self.settings, &self.config).map_err(|error| TransactionError {
                    kind: TransactionErrorKind::Other,
                    message: error.to_string(),
                })?,
            };
            self.broker_threads.look();
            let earlier = std::mem::replace(&mut self.client, client);
            self.client.replace(earlier);
            self.max_batched_bytes = batched_bytes(&self.client);
        }
        // After an error librdkafka may not be able to try again.
        self.is_initialised = true;
        self.client.init_transactions(timeout)
    }

    /// Opens the client for the next [`Producer::renew`] in the background, unless that has begun already. It has no
    /// influence on the current one: only its initialisation does, which `renew` makes.
    pub fn prepare_renewal(&mut self) {
        if self.standby.is_none() {
            let (settings, config) = (self.settings.clone(), self.config.clone());
            self.standby = Standby::begin(move || open_client(&settings, &config));
        }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// The producer cannot have one: it was fenced.
    pub fn begin_transaction(&mut self) -> Result<(), TransactionError> {
        self.client.begin_transaction()
    }

    /// Adds a record of the checkpoint topic to the transaction, or a tombstone; it is reported with `tag`. Returns
    /// librdkafka's error code, 0 if it was taken.
    pub fn send_checkpoint(&mut self, partition: i32, key: &[u8], value: Option<&[u8]>, tag: RowTag) -> i32 {
        let index = self.topics.len();
        let mut record = [raw_message(key, value, tag)];
        // SAFETY: key and value are alive, and the data is copied.
        match unsafe { self.client.produce(index, partition, &mut record) } {
            1 => 0,
            _ => codes::message_code(&record[0]),
        }
    }

    /// Commits the transaction, whose messages have all been reported.
    ///
    /// # Errors
    /// An error does not mean that it was not committed, and a success is not certain either: the checkpoint decides.
    pub fn commit_transaction(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        self.client.commit_transaction(timeout)
    }

    /// How long to wait until messages are sent as soon as they are handed over; none if that is so now.
    pub fn time_until_ready(&self) -> Option<Duration> {
        let left = UNTIL_READY.saturating_sub(self.connected.elapsed());
        (!left.is_zero()).then_some(left)
    }

    /// Serves pending callbacks; if there are none, waits for the first up to `timeout`.
    pub fn poll(&mut self, timeout: Duration) {
        self.client.poll(timeout);
    }

    /// Sends incomplete batches, and serves callbacks until every message has been reported or the time is up.
    pub fn flush(&mut self, timeout: Duration) -> Flushed {
        self.client.flush(timeout)
    }

    /// Waits for the statistics of the last messages, if statistics are on.
    pub fn await_statistics(&mut self) {
        let interval = self
            .config_value("statistics.interval.ms")
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        if !self.settings.statistics || interval == 0 {
            return;
        }
        let deadline = Instant::now() + Duration::from_millis(interval + 50).min(Duration::from_secs(2));
        let windows = self.client.inbox().statistics.windows;
        while self.client.inbox().statistics.windows == windows && Instant::now() < deadline {
            self.client
                .poll(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Abandons every message in flight. They are reported as usual: as unsent if they were still queued, as unknown if
    /// they had been sent to a broker.
    pub fn purge(&mut self) {
        self.client.purge();
    }

    /// From now on requests about topics are abandoned, as unanswered, as soon as `is_over` returns true.
    pub fn stop_asking_when(&mut self, is_over: Box<dyn Fn() -> bool + Send>) {
        self.client.stop_asking_when(is_over);
    }

    /// Reads the topic at `index` again, with every fact that was known before; [`TopicFacts::changes`] compares the
    /// two.
    ///
    /// # Errors
    /// No broker answered, the request was abandoned, or the topic does not exist.
    pub fn topic_now(&mut self, index: usize) -> Result<TopicFacts, ConnectError> {
        let before = &self.topics[index].facts;
        let now = preflight(&self.settings, &before.name).look(&mut self.client)?;
        match before.no_longer_known(&now) {
            None => Ok(now),
            // Without it lost rows could go unnoticed. A new leader without enough in-sync replicas does not report
            // offsets.
            Some(what) => {
                let obstacle = now.obstacle().map(|obstacle| format!(" ({obstacle})"));
                let message = format!(
                    "the brokers did not report {what}{}",
                    obstacle.unwrap_or_default()
                );
                Err(ConnectError::new(ConnectErrorKind::Unreachable, message))
            }
        }
    }
}

/// Checks that `topic` exists, for at most `timeout`, without connecting a producer or creating a topic.
pub fn find_topic(settings: &ProducerSettings, topic: &str, timeout: Duration) -> Result<(), ConnectError> {
    let config = settings.client_config()?;
    let mut scout = scout(settings, &config)?;
    let preflight = Preflight {
        timeout: timeout.min(settings.connect_timeout),
        ..preflight(settings, topic)
    };
    preflight.look(&mut scout).map(drop)
}

/// A new client with all topics open.
fn open_client(settings: &ProducerSettings, config: &ClientConfig) -> Result<Client, ConnectError> {
    let mut client = Client::new(settings, config, settings.log)?;
    // So that neither messages nor transactions wait for the connection; if this fails, librdkafka keeps trying.
    _ = any_broker(&mut client, Instant::now() + settings.connect_timeout);
    open_topics(settings, client)
}

/// Opens all topics, that of the checkpoints last.
fn open_topics(settings: &ProducerSettings, mut client: Client) -> Result<Client, ConnectError> {
    let checkpoints = settings.transactions.as_ref();
    let checkpoints = checkpoints.map(|transactions| &transactions.checkpoint_topic);
    for topic in settings.topics.iter().chain(checkpoints) {
        client.open_topic(topic)?;
    }
    // Fetches the partitions before the first message; if this fails, librdkafka keeps asking.
    let opened: Vec<_> = client.topics().collect();
    for topic in opened {
        if !client.has_broker || admin::metadata(&mut client, Some(topic), settings.connect_timeout).is_err()
        {
            break;
        }
    }
    client.poll(Duration::ZERO);
    Ok(client)
}

fn raw_message(key: &[u8], value: Option<&[u8]>, tag: RowTag) -> sys::rd_kafka_message_t {
    sys::rd_kafka_message_t {
        err: Code::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: std::ptr::null_mut(),
        partition: 0,
        payload: value.map_or(std::ptr::null_mut(), |value| value.as_ptr().cast_mut().cast()),
        len: value.map_or(0, <[u8]>::len),
        key: key.as_ptr().cast_mut().cast(),
        key_len: key.len(),
        offset: 0,
        _private: tag.to_pointer(),
    }
}

/// The size of librdkafka's queue in bytes.
fn queue_bytes(client: &Client) -> usize {
    let size = client.config_value("queue.buffering.max.kbytes");
    let size = size.and_then(|size| size.parse::<usize>().ok());
    size.map_or(usize::MAX, |kilobytes| kilobytes.saturating_mul(1024))
}

fn header_names(names: &[String]) -> Result<Vec<CString>, ConnectError> {
    let c_name = |name: &String| {
        CString::new(name.as_str()).map_err(|_| {
            let message = "the name of a header cannot contain a NUL";
            ConnectError::new(ConnectErrorKind::Config, message)
        })
    };
    names.iter().map(c_name).collect()
}
