//! Tests of the producer against librdkafka's mock cluster: reports, order, back-pressure and broker errors.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka_sys::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;
use crate::signal_mask::without_signals;

mod header_lists;
mod headers;
mod look;
mod tls;

type Cluster = MockCluster<'static, DefaultProducerContext>;

const TOPIC: &str = "market.trades.raw";

fn cluster(partitions: i32) -> Cluster {
    let cluster = without_signals(|| MockCluster::new(1)).unwrap();
    cluster.create_topic(TOPIC, partitions, 1).unwrap();
    cluster
}

fn settings(cluster: &Cluster, properties: &[(&str, &str)]) -> ProducerSettings {
    let mut settings = ProducerSettings::new(cluster.bootstrap_servers(), TOPIC);
    settings.properties = properties
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    settings
}

/// Messages of one block: the value of message `row` is `first + row` as text.
struct Rows {
    arena: Vec<u8>,
    messages: Vec<Message>,
}

fn rows(first: u32, count: u32, partition: impl Fn(u32) -> i32) -> Rows {
    let mut rows = Rows {
        arena: Vec::new(),
        messages: Vec::new(),
    };
    for row in 0..count {
        let start = rows.arena.len() as u32;
        rows.arena.extend_from_slice((first + row).to_string().as_bytes());
        let end = rows.arena.len() as u32;
        let key = (row % 2 == 0).then_some(start..start + 1);
        rows.messages.push(Message {
            row,
            partition: partition(row),
            key,
            payload: Some(start..end),
            timestamp: None,
        });
    }
    rows
}

impl Rows {
    fn batch(&self, block: u64) -> Batch<'_> {
        Batch {
            block,
            arena: &self.arena,
            messages: &self.messages,
            headers: &[],
            topics: &[],
        }
    }
}

/// Everything on the topic, as (partition, key, value) in the order of each partition.
fn read_back(cluster: &Cluster, partitions: i32, count: usize) -> Vec<(i32, Option<Vec<u8>>, u32)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "reader")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(TOPIC, partition, Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&list).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut found = Vec::new();
    while found.len() < count && Instant::now() < deadline {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
            continue;
        };
        let value = std::str::from_utf8(message.payload().unwrap())
            .unwrap()
            .parse()
            .unwrap();
        found.push((message.partition(), message.key().map(<[u8]>::to_vec), value));
    }
    found
}

/// A producer and counts of its reports.
struct Counting {
    producer: Producer,
    taken: u64,
    reported: u64,
    delivered: u64,
    failed: u64,
    unknown: u64,
    unsent: u64,
    refused: u64,
    waits: u64,
    /// The messages delivered to each partition.
    acknowledged: Vec<Acknowledged>,
    /// The messages that were not delivered, in the order of their reports.
    failures: Vec<(Report, DeliveryError)>,
}

impl Counting {
    fn connect(settings: &ProducerSettings) -> Result<Counting, ConnectError> {
        let producer = Producer::connect(settings)?;
        Ok(Counting {
            acknowledged: vec![Acknowledged::default(); producer.topics()[0].facts.partitions as usize],
            producer,
            taken: 0,
            reported: 0,
            delivered: 0,
            failed: 0,
            unknown: 0,
            unsent: 0,
            refused: 0,
            waits: 0,
            failures: Vec::new(),
        })
    }

    fn send(&mut self, batch: &Batch<'_>) -> Vec<u32> {
        self.send_while(batch, Wait::GoOn)
    }

    /// Hands a batch over; `when_full` says whether to wait if the queue is full.
    fn send_while(&mut self, batch: &Batch<'_>, when_full: Wait) -> Vec<u32> {
        let handover = self.producer.send(batch, &mut |_| when_full);
        let not_taken = handover.not_taken.to_vec();
        self.taken += handover.taken;
        self.waits += handover.full_queue_waits;
        self.count();
        not_taken
    }

    fn flush(&mut self) {
        while self.producer.flush(Duration::from_millis(100)) == Flushed::TimeUp {}
        self.producer.await_statistics();
        self.count();
        assert_eq!(
            self.producer.inbox().waiting_bytes,
            0,
            "nothing is left in the client"
        );
    }

    fn purge(&mut self) {
        self.producer.purge();
        self.flush();
    }

    fn count(&mut self) {
        let mut reports = Vec::new();
        self.producer.inbox().take_reports(&mut reports);
        for report in reports {
            self.reported += u64::from(!matches!(report.outcome, Outcome::Refused(_)));
            match report.outcome {
                Outcome::Delivered => {
                    self.delivered += 1;
                    self.acknowledged[report.partition as usize].note(report.offset);
                }
                Outcome::Failed(_) => self.failed += 1,
                Outcome::Unknown(_) => self.unknown += 1,
                Outcome::Unsent(_) => self.unsent += 1,
                Outcome::Refused(_) => self.refused += 1,
            }
            if let Some(error) = self.producer.inbox().explain(&report) {
                self.failures.push((report, error));
            }
        }
        let outcomes = self.delivered + self.failed + self.unknown + self.unsent;
        assert_eq!(outcomes, self.reported, "each report has one outcome");
        assert!(
            self.reported <= self.taken,
            "at most one report per message taken"
        );
    }
}

#[test]
fn delivers_every_row_once_and_in_order() {
    let cluster = cluster(3);
    let mut sink = Counting::connect(&settings(&cluster, &[])).unwrap();
    assert_eq!(
        (
            sink.producer.topics()[0].facts.partitions,
            sink.producer.topics()[0].facts.end_offsets.known()
        ),
        (3, Some(&vec![0, 0, 0]))
    );
    for block in 0..5_u64 {
        let rows = rows(block as u32 * 1000, 1000, |row| (row % 3) as i32);
        assert!(sink.send(&rows.batch(block)).is_empty());
    }
    sink.flush();

    assert_eq!((sink.taken, sink.delivered, sink.reported), (5000, 5000, 5000));
    let messages = sink.acknowledged.iter().map(Acknowledged::messages);
    assert_eq!(messages.collect::<Vec<_>>(), [1670, 1665, 1665]);

    let found = read_back(&cluster, 3, 5000);
    assert_eq!(found.len(), 5000);
    for partition in 0..3 {
        let values: Vec<u32> = found
            .iter()
            .filter(|one| one.0 == partition)
            .map(|one| one.2)
            .collect();
        let expected: Vec<u32> = (0..5000)
            .filter(|value| (value % 1000 % 3) as i32 == partition)
            .collect();
        assert_eq!(values, expected);
    }
    assert!(
        found
            .iter()
            .all(|(_, key, value)| key.is_some() == (value % 1000 % 2 == 0))
    );
}

#[test]
fn a_full_queue_waits_and_loses_nothing() {
    let cluster = cluster(2);
    let tiny = [("queue.buffering.max.messages", "100"), ("linger.ms", "1")];
    let mut sink = Counting::connect(&settings(&cluster, &tiny)).unwrap();
    let rows = rows(0, 10_000, |row| (row % 2) as i32);
    assert!(sink.send(&rows.batch(0)).is_empty());
    assert!(sink.waits > 50);
    sink.flush();
    assert_eq!(sink.delivered, 10_000);

    let found = read_back(&cluster, 2, 10_000);
    for partition in 0..2 {
        let values: Vec<u32> = found
            .iter()
            .filter(|one| one.0 == partition)
            .map(|one| one.2)
            .collect();
        assert_eq!(values.len(), 5000);
        assert!(values.is_sorted());
    }
}

#[test]
fn nothing_more_is_handed_over_after_a_failure_that_makes_room() {
    let cluster = cluster(1);
    let tiny = [
        ("queue.buffering.max.messages", "100"),
        ("linger.ms", "1"),
        ("message.timeout.ms", "1000"),
    ];
    let mut producer = Producer::connect(&settings(&cluster, &tiny)).unwrap();
    cluster.broker_down(1).unwrap();
    let rows = rows(0, 1000, |_| 0);
    let (mut reports, mut failures) = (Vec::new(), 0);
    let handover = producer.send(&rows.batch(0), &mut |inbox| {
        inbox.take_reports(&mut reports);
        failures += reports
            .iter()
            .filter(|report| report.outcome != Outcome::Delivered)
            .count();
        match failures {
            0 => Wait::GoOn,
            _ => Wait::Stop,
        }
    });
    assert_eq!((handover.taken, handover.not_taken.len()), (100, 900));
    assert!(failures > 0);
}

#[test]
fn no_more_waits_in_the_client_than_it_can_use_unless_the_user_says_so() {
    for (chosen, is_limited) in [
        (&[][..], true),
        (&[("queue.buffering.max.messages", "45000")], false),
        (&[("queue.buffering.max.kbytes", "60000")], false),
        // A batch of each partition, and more.
        (&[("batch.size", "500000")], false),
    ] {
        let cluster = cluster(1);
        let mut sink = Counting::connect(&settings(&cluster, chosen)).unwrap();
        cluster.broker_down(1).unwrap();
        let (mut sent, mut not_taken) = (0, Vec::new());
        while not_taken.is_empty() && sent < 40_000 {
            let rows = rows(sent, 1000, |_| 0);
            sent += 1000;
            not_taken = sink.send_while(&rows.batch(u64::from(sent)), Wait::Stop);
        }
        let waiting = sink.producer.inbox().waiting_bytes;
        match is_limited {
            true => {
                assert_eq!(not_taken.len(), 1000, "{chosen:?}");
                assert!(
                    (128 << 10..140 << 10).contains(&waiting),
                    "{waiting} bytes, {chosen:?}"
                );
            }
            false => {
                assert_eq!((not_taken.len(), sent), (0, 40_000), "{chosen:?}");
                assert!(waiting > 140 << 10, "{waiting} bytes, {chosen:?}");
            }
        }
        cluster.broker_up(1).unwrap();
        sink.flush();
        assert_eq!(
            sink.delivered,
            u64::from(sent) - not_taken.len() as u64,
            "{chosen:?}"
        );
    }
}

#[test]
fn librdkafka_chooses_a_partition_if_none_is_given() {
    let cluster = cluster(4);
    let mut sink = Counting::connect(&settings(&cluster, &[])).unwrap();
    let partitioner = sink.producer.topics()[0].partitioner;
    assert_eq!(partitioner.partition(None), -1);
    let rows = rows(0, 100, |_| -1);
    assert!(sink.send(&rows.batch(0)).is_empty());
    sink.flush();
    for (partition, key, value) in read_back(&cluster, 4, 100) {
        if let Some(key) = key {
            assert_eq!(
                partition,
                partitioner.partition(Some(&key)),
                "librdkafka's murmur2 and ours differ at {value}"
            );
        }
    }
}

#[test]
fn a_stopped_wait_returns_the_rows_not_handed_over() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings(&cluster, &[("queue.buffering.max.messages", "10")])).unwrap();
    cluster.broker_down(1).unwrap();
    let rows = rows(0, 30, |_| 0);
    let unsent = sink.send_while(&rows.batch(7), Wait::Stop);
    assert_eq!(unsent, (10..30).collect::<Vec<u32>>());
    assert_eq!(sink.taken - sink.reported, 10);
    assert_eq!(sink.producer.flush(Duration::ZERO), Flushed::TimeUp);

    sink.purge();
    assert_eq!(
        (sink.unsent, sink.unknown, sink.taken - sink.reported),
        (10, 0, 0)
    );
    assert!(matches!(sink.failures[0].0.outcome, Outcome::Unsent(_)));
}

#[test]
fn messages_in_flight_to_the_broker_are_unknown_after_a_purge() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings(&cluster, &[("linger.ms", "0")])).unwrap();
    // The first message obtains the producer id, so that the slow request is the next produce request.
    let first = rows(0, 1, |_| 0);
    sink.send(&first.batch(0));
    sink.flush();
    cluster
        .broker_round_trip_time(1, Duration::from_secs(20))
        .unwrap();
    let rows = rows(1, 3, |_| 0);
    sink.send(&rows.batch(1));
    std::thread::sleep(Duration::from_millis(300));
    sink.purge();
    assert_eq!((sink.delivered, sink.unknown, sink.reported), (1, 3, 4));
    let start = Instant::now();
    drop(sink);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "the client hangs when it is dropped"
    );
}

#[test]
fn a_message_rejected_by_the_broker_fails_with_its_code() {
    use RDKafkaRespErr::{RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED};
    let cases = [
        (
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            "TOPIC_AUTHORIZATION_FAILED",
        ),
        (RD_KAFKA_RESP_ERR_INVALID_RECORD, "INVALID_RECORD"),
    ];
    for (error, code) in cases {
        let cluster = cluster(1);
        let mut sink = Counting::connect(&settings(&cluster, &[])).unwrap();
        cluster.request_errors(RDKafkaApiKey::Produce, &[error]);
        let rows = rows(0, 5, |_| 0);
        sink.send(&rows.batch(3));
        sink.flush();
        let failures = std::mem::take(&mut sink.failures);
        assert_eq!(failures.len(), 5, "{code}");
        for ((report, error), row) in failures.iter().zip(0..) {
            assert_eq!(report.tag, RowTag::new(3, row));
            assert!(matches!(report.outcome, Outcome::Failed(_)), "{report:?}");
            assert_eq!(error.code, code);
            assert!(error.message.starts_with("Broker: "), "{}", error.message);
        }
    }
}

#[test]
fn a_message_that_never_reached_a_broker_times_out_as_failed() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings(&cluster, &[("message.timeout.ms", "1000")])).unwrap();
    cluster.broker_down(1).unwrap();
    let rows = rows(0, 4, |_| 0);
    sink.send(&rows.batch(0));
    sink.flush();
    let failures = std::mem::take(&mut sink.failures);
    assert_eq!(failures.len(), 4);
    let (report, error) = &failures[0];
    assert!(matches!(report.outcome, Outcome::Failed(_)), "{report:?}");
    assert_eq!(error.code, "_MSG_TIMED_OUT");
    assert!(
        error
            .message
            .starts_with("Local: Message timed out (last broker error: "),
        "{}",
        error.message
    );
}

#[test]
fn a_message_that_timed_out_after_it_was_sent_is_unknown() {
    let cluster = cluster(1);
    let quick = [
        ("message.timeout.ms", "1500"),
        ("linger.ms", "0"),
        ("request.timeout.ms", "1000"),
    ];
    let mut sink = Counting::connect(&settings(&cluster, &quick)).unwrap();
    // The first message obtains the producer id, so that the slow request is the next produce request.
    let first = rows(0, 1, |_| 0);
    sink.send(&first.batch(0));
    sink.flush();
    cluster
        .broker_round_trip_time(1, Duration::from_secs(30))
        .unwrap();
    let rows = rows(1, 2, |_| 0);
    sink.send(&rows.batch(1));
    sink.flush();
    let failures = std::mem::take(&mut sink.failures);
    assert_eq!(failures.len(), 2);
    assert!(matches!(failures[0].0.outcome, Outcome::Unknown(_)));
    assert_eq!((sink.delivered, sink.unknown), (1, 2));
}

#[test]
fn a_row_that_is_too_large_fails_alone() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings(&cluster, &[("message.max.bytes", "2000")])).unwrap();
    let arena = vec![b'1'; 3000];
    let message = |row, size| Message {
        row,
        partition: 0,
        key: None,
        payload: Some(0..size),
        timestamp: None,
    };
    // librdkafka counts 64 bytes in addition to the value.
    let fitting = 2000 - 64;
    assert!(sink.producer.topics()[0].size_limit.always_fits(fitting as usize));
    let messages = [
        message(0, 5),
        message(1, 3000),
        message(2, fitting),
        message(3, 5),
    ];
    sink.send(&Batch {
        block: 0,
        arena: &arena,
        messages: &messages,
        headers: &[],
        topics: &[],
    });
    sink.flush();
    let failures = std::mem::take(&mut sink.failures);
    assert_eq!(failures.len(), 1);
    assert_eq!(
        (failures[0].0.tag.row(), failures[0].1.code.as_str()),
        (1, "MSG_SIZE_TOO_LARGE")
    );
    assert_eq!((sink.delivered, sink.refused), (3, 1));
}

#[test]
fn a_partition_that_does_not_exist_is_a_failure() {
    let cluster = cluster(2);
    let mut sink = Counting::connect(&settings(&cluster, &[])).unwrap();
    let rows = rows(0, 3, |row| row as i32);
    sink.send(&rows.batch(0));
    sink.flush();
    let failures = std::mem::take(&mut sink.failures);
    assert_eq!(
        (
            failures.len(),
            failures[0].0.tag.row(),
            failures[0].1.code.as_str()
        ),
        (1, 2, "_UNKNOWN_PARTITION")
    );
}

#[test]
fn a_missing_topic_is_an_error_with_similar_names() {
    let cluster = cluster(1);
    cluster.create_topic("market.quotes.raw", 1, 1).unwrap();
    let mut settings = settings(&cluster, &[]);
    settings.topics = vec!["market.trade.raw".to_owned()];
    let Err(error) = Counting::connect(&settings) else {
        panic!("the topic is missing")
    };
    assert_eq!(error.kind(), ConnectErrorKind::MissingTopic);
    assert_eq!(
        error.to_string(),
        format!(
            "topic `market.trade.raw` does not exist on {}",
            cluster.bootstrap_servers()
        )
    );
    let near = ["market.trades.raw", "market.quotes.raw"]
        .map(str::to_owned)
        .to_vec();
    let similar = near.clone();
    assert_eq!(error.hint(), Some(&Hint::CreateOrPickTopic { near, similar }));
}

#[test]
fn an_unreachable_broker_is_an_error_within_seconds() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let settings = ProducerSettings::new(format!("127.0.0.1:{port}"), TOPIC);
    let start = Instant::now();
    let Err(error) = Counting::connect(&settings) else {
        panic!("no broker is reachable")
    };
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(error.kind(), ConnectErrorKind::Unreachable);
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("no broker answered at 127.0.0.1:{port} within ")),
        "{message}"
    );
    assert!(message.ends_with("(connection refused)"), "{message}");
    let topic = TOPIC.to_owned();
    assert_eq!(error.hint(), Some(&Hint::StartSandbox { topic }));
    let error = CheckpointTopic::partitions_of(&settings, TOPIC).unwrap_err();
    assert_eq!(error.hint(), Some(&Hint::NameBrokers), "there is nothing to read");
}

#[test]
fn a_broker_that_never_answers_is_an_error_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = ProducerSettings::new(listener.local_addr().unwrap().to_string(), TOPIC);
    settings.connect_timeout = Duration::from_secs(2);
    let start = Instant::now();
    let Err(error) = Counting::connect(&settings) else {
        panic!("no broker answers")
    };
    assert_eq!(error.kind(), ConnectErrorKind::Unreachable);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn connecting_collects_the_facts_about_the_topic() {
    let cluster = cluster(2);
    let mut sink = Counting::connect(&settings(&cluster, &[("acks", "-1")])).unwrap();
    let facts = sink.producer.topics()[0].facts.clone();
    assert_eq!(
        (facts.partitions, facts.replication_factor, facts.in_sync_replicas),
        (2, 1, 1)
    );
    // The mock cluster has no DescribeConfigs.
    assert_eq!(
        (&facts.max_message_bytes, &facts.min_insync_replicas),
        (&Fact::NotSupported, &Fact::NotSupported)
    );
    assert_eq!(sink.producer.config_value("linger.ms").as_deref(), Some("10"));
    assert_eq!(
        sink.producer.config_value("message.timeout.ms").as_deref(),
        Some("300000")
    );
    assert_eq!(sink.producer.config_value("sasl.password"), None);
    assert_eq!(sink.producer.config_warnings(), [] as [&str; 0]);

    let rows = rows(0, 10, |_| 1);
    sink.send(&rows.batch(0));
    sink.flush();
    let now = sink.producer.topic_now(0).unwrap();
    assert_eq!(now.end_offsets, Fact::Known(vec![0, 10]));
    let delivered = sink.acknowledged.to_vec();
    assert_eq!(facts.changes(&now, &delivered), []);
}

#[test]
fn statistics_report_delivery_times() {
    let cluster = cluster(1);
    let mut settings = settings(&cluster, &[]);
    settings.statistics = true;
    let mut sink = Counting::connect(&settings).unwrap();
    let rows = rows(0, 1000, |_| 0);
    sink.send(&rows.batch(0));
    sink.flush();
    let statistics = sink.producer.inbox().statistics();
    assert_eq!(
        (
            statistics.messages,
            statistics.retries,
            statistics.quantiles.len()
        ),
        (1000, 0, 6)
    );
    assert!(statistics.sum_seconds > 0.0);
}

#[test]
fn configuration_warnings_are_kept_whether_a_broker_answers_or_not() {
    const WARNING: &str = "Configuration property group.id is a consumer property and will be ignored by this producer instance";
    let cluster = cluster(1);
    let mut settings = settings(&cluster, &[("group.id", "x")]);
    let producer = Producer::connect(&settings).unwrap();
    assert_eq!(producer.config_warnings(), [WARNING]);
    settings.bootstrap_servers = "127.0.0.1:1".to_owned();
    settings.connect_timeout = Duration::from_secs(1);
    let Err(error) = Producer::connect(&settings) else {
        panic!("no broker is reachable")
    };
    assert_eq!(error.config_warnings(), [WARNING]);
}

#[test]
fn a_wrong_property_is_a_usage_error() {
    let cluster = cluster(1);
    let Err(error) = Counting::connect(&settings(&cluster, &[("acks", "1")])) else {
        panic!("acks=1 must be refused")
    };
    assert_eq!(error.kind(), ConnectErrorKind::Config);
    let missing = [
        ("security.protocol", "SSL"),
        ("ssl.ca.location", "/nowhere/ca.pem"),
    ];
    let Err(error) = Counting::connect(&settings(&cluster, &missing)) else {
        panic!("the file does not exist")
    };
    assert_eq!(error.kind(), ConnectErrorKind::Config);
    assert!(error.to_string().contains("ssl.ca.location"), "{error}");
}
