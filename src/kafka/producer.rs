//! The sink: connects, sends batches, waits for their reports.
//!
//! A full queue makes the sender wait; nothing is dropped, and nothing overtakes within a partition. Everything runs
//! on the caller's thread.

use std::ffi::CString;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::admin;
use super::codes;
use super::config::ProducerSettings;
use super::delivery::Deliveries;
use super::error::{PublishError, PublishErrorKind};
use super::limits::fit;
use super::message::Batch;
use super::native::{self, Client};
use super::opaque::Opaque;
use super::outbox::{Group, Outbox};
use super::partitioner::Partitioner;
use super::preflight::Preflight;
use super::single::put_arguments;
use super::topic::{Fact, TopicFacts};

/// How long to wait for reports before asking whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);

/// A connected producer for one topic.
pub struct KafkaSink {
    settings: ProducerSettings,
    client: Client,
    facts: TopicFacts,
    partitioner: Partitioner,
    max_row_bytes: usize,
    /// The names of the headers that every message has.
    header_names: Vec<CString>,
    outbox: Outbox,
    unsent: Vec<u32>,
}

impl KafkaSink {
    /// Finds the brokers and the topic and connects to them; produces nothing.
    pub fn connect(settings: &ProducerSettings) -> Result<KafkaSink, PublishError> {
        native::check_version()?;
        let mut config = settings.client_config()?;
        let header_names = header_names(&settings.headers)?;
        let preflight = preflight(settings);
        let facts = {
            // A client of its own, since the topic's limit must be known before the producer is made.
            let mut scout = Client::new(&scout_config(&config))?;
            preflight.look(&mut scout)?
        };
        let max_row_bytes = fit(&mut config, facts.max_message_bytes.known().copied());
        let mut client = Client::new(&config)?;
        client.open_topic(&settings.topic)?;
        client.deliveries_mut().set_partitions(facts.partitions as usize);
        // So that the first message finds its partition; where it fails librdkafka goes on asking by itself.
        let _ = admin::metadata(&mut client, true, settings.connect_timeout);
        client.poll(Duration::ZERO);
        let partitioner = Partitioner::new(
            &client.config_value("partitioner").unwrap_or_default(),
            facts.partitions,
        );
        Ok(KafkaSink {
            settings: settings.clone(),
            client,
            facts,
            partitioner,
            max_row_bytes,
            header_names,
            outbox: Outbox::default(),
            unsent: Vec::new(),
        })
    }

    /// The topic as it was when the sink was connected.
    pub fn topic(&self) -> &TopicFacts {
        &self.facts
    }

    /// Who picks partitions; a copy serves the threads that make messages.
    pub fn partitioner(&self) -> Partitioner {
        self.partitioner
    }

    /// The most bytes that key, value and headers of a row may have together, before compression.
    pub fn max_row_bytes(&self) -> usize {
        self.max_row_bytes
    }

    /// The value of a client property as it is in force; none for secrets.
    pub fn config_value(&self, name: &str) -> Option<String> {
        self.client.config_value(name)
    }

    /// librdkafka's own warnings about the configuration.
    pub fn config_warnings(&self) -> &[String] {
        self.client.deliveries().trouble.warnings()
    }

    /// What became of the messages so far.
    pub fn deliveries(&mut self) -> &mut Deliveries {
        self.client.deliveries_mut()
    }

    /// Hands a batch over, waiting while the queue is full, and serves the reports that are there.
    ///
    /// While it waits it asks `go_on` time and again; once that says no, the messages not yet handed over stay here,
    /// and their rows are returned. Messages that can never be taken are failures, in [`Deliveries`].
    pub fn send(&mut self, batch: &Batch<'_>, go_on: &mut dyn FnMut(&Deliveries) -> bool) -> &[u32] {
        assert_eq!(
            batch.headers.len(),
            batch.messages.len() * self.header_names.len(),
            "each message has a value, or null, for each header of the run"
        );
        self.unsent.clear();
        let messages =
            u32::try_from(batch.messages.len()).expect("a batch has fewer rows than a block may have");
        self.client.deliveries_mut().announce(batch.block, messages);
        self.outbox.lay_out(batch, self.facts.partitions as usize);
        self.refuse_strays(batch.block);
        let mut sending = true;
        for index in 0.. {
            let Some(group) = self.outbox.group(index) else {
                break;
            };
            let sent = if sending {
                self.send_group(batch, &group, go_on)
            } else {
                group.places.start
            };
            sending = sent == group.places.end;
            for place in sent..group.places.end {
                self.unsent.push(self.outbox.opaque(place).row());
                self.client.deliveries_mut().settle(batch.block);
            }
        }
        self.client.poll(Duration::ZERO);
        &self.unsent
    }

    /// Hands the messages of one partition over; returns the place of the first that was not, if it was told to stop.
    fn send_group(
        &mut self,
        batch: &Batch<'_>,
        group: &Group,
        go_on: &mut dyn FnMut(&Deliveries) -> bool,
    ) -> usize {
        let mut start = group.places.start;
        loop {
            start = self.hand_over(batch, group, start);
            if start == group.places.end {
                return start;
            }
            self.client.deliveries_mut().note_stall();
            let reported = self.client.deliveries().counts().reported;
            while self.client.deliveries().counts().reported == reported {
                if !go_on(self.client.deliveries()) {
                    return start;
                }
                self.client.poll(PATIENCE);
            }
        }
    }

    /// Hands messages over until the queue is full; returns the place of the first that found no room.
    fn hand_over(&mut self, batch: &Batch<'_>, group: &Group, start: usize) -> usize {
        if self.outbox.is_plain() {
            self.hand_over_together(group, start)
        } else {
            self.hand_over_singly(batch, group, start)
        }
    }

    fn hand_over_together(&mut self, group: &Group, start: usize) -> usize {
        let end = group.places.end;
        // SAFETY: the outbox was laid out for the batch that `send` still borrows, whose arena the pointers are into.
        let taken = unsafe {
            self.client
                .produce(group.partition, self.outbox.messages(start..end))
        };
        self.client.deliveries_mut().note_handed_over(taken as u64);
        if taken == end - start {
            return end;
        }
        for place in start..end {
            let code = self.outbox.code(place);
            if code == codes::code(Code::RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                return place;
            }
            if code != 0 {
                self.refuse(place, group.partition, code);
            }
        }
        end
    }

    /// The same for messages with headers or a time, which librdkafka takes one by one.
    ///
    /// The first that finds no room ends it, so none behind it in the partition can overtake it.
    fn hand_over_singly(&mut self, batch: &Batch<'_>, group: &Group, start: usize) -> usize {
        let mut end = group.places.end;
        let mut taken = 0;
        let mut arguments = Vec::new();
        for place in start..end {
            let (native, index) = self.outbox.message(place);
            let topic = self.client.raw_topic();
            put_arguments(&mut arguments, topic, native, batch, index, &self.header_names);
            // SAFETY: the arguments point to names, outbox and the arena of `batch`, which are all alive.
            let code = unsafe { self.client.produce_one(&arguments) };
            if code == codes::code(Code::RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                end = place;
                break;
            }
            match code {
                0 => taken += 1,
                code => self.refuse(place, group.partition, code),
            }
        }
        self.client.deliveries_mut().note_handed_over(taken);
        end
    }

    fn refuse(&mut self, place: usize, partition: i32, code: i32) {
        let opaque = self.outbox.opaque(place);
        let deliveries = self.client.deliveries_mut();
        let words = match deliveries.trouble.fatal_error() {
            Some(fatal) if code == codes::code(Code::RD_KAFKA_RESP_ERR__FATAL) => fatal.message.clone(),
            _ => codes::code_words(code),
        };
        deliveries.note_refused(opaque, partition, &codes::code_name(code), &words);
    }

    fn refuse_strays(&mut self, block: u64) {
        for (row, partition) in self.outbox.strays() {
            let words = format!("the topic has no partition {partition}");
            let opaque = Opaque::new(block, *row);
            self.client
                .deliveries_mut()
                .note_refused(opaque, *partition, "_UNKNOWN_PARTITION", &words);
        }
    }

    /// Serves every report that waits; waits for the first up to `timeout`.
    pub fn poll(&mut self, timeout: Duration) {
        self.client.poll(timeout);
    }

    /// Waits until every message has its report, asking `go_on` time and again; returns whether it came so far.
    pub fn flush(&mut self, go_on: &mut dyn FnMut(&Deliveries) -> bool) -> bool {
        while self.client.deliveries().in_flight() > 0 {
            if !go_on(self.client.deliveries()) {
                return false;
            }
            self.client.flush(PATIENCE);
        }
        self.await_statistics();
        true
    }

    /// Waits for the statistics of the last messages, where they are wanted.
    fn await_statistics(&mut self) {
        let interval = self
            .config_value("statistics.interval.ms")
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        if !self.settings.statistics || interval == 0 {
            return;
        }
        let deadline = Instant::now() + Duration::from_millis(interval + 50).min(Duration::from_secs(2));
        let windows = self.client.deliveries().statistics.windows;
        while self.client.deliveries().statistics.windows == windows && Instant::now() < deadline {
            self.client
                .poll(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Gives up every message on its way: those still here become unsent, those with a broker unknown.
    pub fn purge(&mut self) {
        self.client.purge();
        let deadline = Instant::now() + Duration::from_secs(2);
        while self.client.deliveries().in_flight() > 0 && Instant::now() < deadline {
            self.client.poll(PATIENCE);
        }
    }

    /// The topic as it is now; [`TopicFacts::changes`] compares.
    pub fn topic_now(&mut self) -> Result<TopicFacts, PublishError> {
        preflight(&self.settings).look(&mut self.client)
    }

    /// The offset that the next message gets, per partition, as it is now.
    pub fn end_offsets(&mut self) -> Result<Fact<Vec<i64>>, PublishError> {
        self.topic_now().map(|facts| facts.end_offsets)
    }
}

fn preflight(settings: &ProducerSettings) -> Preflight<'_> {
    Preflight {
        servers: &settings.bootstrap_servers,
        topic: &settings.topic,
        timeout: settings.connect_timeout,
    }
}

fn header_names(names: &[String]) -> Result<Vec<CString>, PublishError> {
    let c_name = |name: &String| {
        CString::new(name.as_str()).map_err(|_| {
            let message = "the name of a header cannot hold a NUL";
            PublishError::new(PublishErrorKind::Config, message)
        })
    };
    names.iter().map(c_name).collect()
}

/// The configuration of the client that only asks: it tries again sooner, and keeps no statistics.
fn scout_config(config: &ClientConfig) -> ClientConfig {
    let mut scout = config.clone();
    scout.remove("statistics.interval.ms");
    if scout.get("reconnect.backoff.max.ms").is_none() {
        scout.set("reconnect.backoff.max.ms", "1000");
    }
    scout
}
