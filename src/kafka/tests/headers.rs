//! Tests of messages with headers, which librdkafka gets together, and with explicit timestamps, which go one by one.

use std::num::NonZeroI64;
use std::ops::Range;

use rdkafka::message::Headers;

use super::*;

/// A timestamp that is not the current time.
const THEN: i64 = 1_394_445_605_516;

/// Rows that each have a timestamp and the headers `row` (the value), `none` (null) and `empty`.
struct RowsWithHeaders {
    rows: Rows,
    headers: Vec<Option<Range<u32>>>,
}

fn rows_with_headers(first: u32, count: u32, partition: impl Fn(u32) -> i32) -> RowsWithHeaders {
    let mut rows = rows(first, count, partition);
    let mut headers = Vec::new();
    for message in &mut rows.messages {
        message.timestamp = NonZeroI64::new(THEN + i64::from(first + message.row));
        let payload = message.payload.clone().unwrap();
        let end = payload.end;
        headers.extend([Some(payload), None, Some(end..end)]);
    }
    RowsWithHeaders { rows, headers }
}

impl RowsWithHeaders {
    /// The same without timestamps.
    fn without_timestamps(mut self) -> RowsWithHeaders {
        self.rows
            .messages
            .iter_mut()
            .for_each(|message| message.timestamp = None);
        self
    }

    fn batch(&self, block: u64) -> Batch<'_> {
        Batch {
            headers: &self.headers,
            ..self.rows.batch(block)
        }
    }
}

pub(super) fn settings_with_headers(cluster: &Cluster, properties: &[(&str, &str)]) -> ProducerSettings {
    let mut settings = settings(cluster, properties);
    settings.headers = ["row", "none", "empty"].map(str::to_owned).to_vec();
    settings
}

/// One message with everything that it carries, as text.
fn shown(message: &impl rdkafka::Message) -> String {
    let text = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => format!("`{}`", String::from_utf8_lossy(bytes)),
        None => "null".to_owned(),
    };
    let headers: Vec<String> = message
        .headers()
        .into_iter()
        .flat_map(Headers::iter)
        .map(|header| format!("{}={}", header.key, text(header.value)))
        .collect();
    format!(
        "{} {} @{} {}",
        text(message.key()),
        text(message.payload()),
        message.timestamp().to_millis().unwrap_or(-1),
        headers.join(" ")
    )
}

/// The messages on the only partition, in order.
pub(super) fn shown_messages(cluster: &Cluster, count: usize) -> Vec<String> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "reader")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(TOPIC, 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut found = Vec::new();
    while found.len() < count && Instant::now() < deadline {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            found.push(shown(&message));
        }
    }
    found
}

#[test]
fn headers_and_timestamps_arrive_with_their_messages() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings_with_headers(&cluster, &[])).unwrap();
    let rows = rows_with_headers(70, 3, |row| if row == 2 { -1 } else { 0 });
    assert!(sink.send(&rows.batch(0)).is_empty());
    sink.flush();
    assert_eq!(sink.delivered, 3);
    assert_eq!(
        shown_messages(&cluster, 3),
        [
            "`7` `70` @1394445605586 row=`70` none=null empty=``",
            "null `71` @1394445605587 row=`71` none=null empty=``",
            "`7` `72` @1394445605588 row=`72` none=null empty=``",
        ]
    );
}

#[test]
fn headers_arrive_with_their_messages_also_when_those_go_together() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings_with_headers(&cluster, &[])).unwrap();
    for (block, first, partition) in [(0, 70, 0), (1, 72, -1)] {
        let rows = rows_with_headers(first, 2, |_| partition).without_timestamps();
        assert!(sink.send(&rows.batch(block)).is_empty());
    }
    sink.flush();
    assert_eq!(sink.delivered, 4);
    let messages = shown_messages(&cluster, 4).into_iter();
    let without_time = messages.map(|message| {
        let (before, after) = message.split_once(" @").unwrap();
        format!("{before} {}", after.split_once(' ').unwrap().1)
    });
    assert_eq!(
        without_time.collect::<Vec<_>>(),
        [
            "`7` `70` row=`70` none=null empty=``",
            "null `71` row=`71` none=null empty=``",
            "`7` `72` row=`72` none=null empty=``",
            "null `73` row=`73` none=null empty=``",
        ]
    );
}

#[test]
fn a_timestamp_needs_no_headers_and_empty_keys_and_values_are_not_null() {
    let cluster = cluster(1);
    let mut sink = Counting::connect(&settings(&cluster, &[])).unwrap();
    let message = Message {
        row: 0,
        partition: 0,
        key: Some(0..0),
        payload: Some(0..0),
        timestamp: NonZeroI64::new(-5),
    };
    let batch = Batch {
        block: 0,
        arena: &[],
        messages: &[message],
        headers: &[],
        topics: &[],
    };
    sink.send(&batch);
    sink.flush();
    assert_eq!(shown_messages(&cluster, 1), ["`` `` @-5 "]);
}

#[test]
fn a_key_can_be_any_bytes() {
    let cluster = cluster(4);
    let mut sink = Counting::connect(&settings(&cluster, &[])).unwrap();
    let partitioner = sink.producer.topics()[0].partitioner;
    let key = b"\0\0\0\0\x07\xff\xfe";
    let arena = [&key[..], b"7"].concat();
    let message = |row, partition, timestamp| Message {
        row,
        partition,
        key: Some(0..7),
        payload: Some(7..8),
        timestamp: NonZeroI64::new(timestamp),
    };
    // Both choices of the partition, librdkafka's and ours, and both ways of handing over.
    let ours = partitioner.partition(Some(key));
    for (block, timestamp) in [(0, 0), (1, THEN)] {
        let messages = [message(0, -1, timestamp), message(1, ours, timestamp)];
        let batch = Batch {
            block,
            arena: &arena,
            messages: &messages,
            headers: &[],
            topics: &[],
        };
        sink.send(&batch);
    }
    sink.flush();
    let found = read_back(&cluster, 4, 4);
    assert_eq!(found, vec![(ours, Some(key.to_vec()), 7); 4]);
}

#[test]
fn with_headers_too_the_order_is_kept_and_a_full_queue_loses_nothing() {
    let cluster = cluster(2);
    let tiny = [("queue.buffering.max.messages", "100"), ("linger.ms", "1")];
    let mut sink = Counting::connect(&settings_with_headers(&cluster, &tiny)).unwrap();
    for block in 0..5 {
        let mut rows = rows_with_headers(block * 2000, 2000, |row| (row % 2) as i32);
        if block != 3 {
            rows = rows.without_timestamps();
        }
        assert!(sink.send(&rows.batch(block.into())).is_empty());
    }
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
        let expected: Vec<u32> = (0..10_000)
            .filter(|value| (value % 2) as i32 == partition)
            .collect();
        assert_eq!(values, expected);
    }
}

#[test]
fn rows_without_room_are_returned_and_rows_that_are_too_large_fail_alone() {
    for is_timed in [true, false] {
        refuse_one_and_return_others(is_timed);
    }
}

fn refuse_one_and_return_others(is_timed: bool) {
    let cluster = cluster(1);
    let tight = [
        ("queue.buffering.max.messages", "10"),
        ("message.max.bytes", "1000"),
    ];
    let mut sink = Counting::connect(&settings_with_headers(&cluster, &tight)).unwrap();
    cluster.broker_down(1).unwrap();
    let mut rows = rows_with_headers(0, 30, |_| 0);
    if !is_timed {
        rows = rows.without_timestamps();
    }
    // The value is small, but a header is too large.
    let start = rows.rows.arena.len() as u32;
    rows.rows.arena.resize(start as usize + 1000, b'x');
    rows.headers[3 * 4] = Some(start..start + 1000);
    let unsent = sink.send_while(&rows.batch(7), Wait::Stop);
    assert_eq!(unsent, (11..30).collect::<Vec<u32>>());
    assert_eq!(sink.taken - sink.reported, 10);
    let failures = std::mem::take(&mut sink.failures);
    assert_eq!(failures.len(), 1);
    assert_eq!(
        (failures[0].0.tag.row(), failures[0].1.code.as_str()),
        (4, "MSG_SIZE_TOO_LARGE")
    );

    sink.purge();
    assert_eq!((sink.unsent, sink.refused, sink.unknown), (10, 1, 0));
}

#[test]
fn a_header_name_with_a_nul_is_a_usage_error() {
    let cluster = cluster(1);
    let mut settings = settings(&cluster, &[]);
    settings.headers = vec!["a\0b".to_owned()];
    let Err(error) = Counting::connect(&settings) else {
        panic!("a header name cannot contain a NUL")
    };
    assert_eq!(error.kind(), ConnectErrorKind::Config);
}

/// Rows with 100 KB each in a key or header.
fn heavy(count: u32, in_key: bool) -> (Rows, Vec<Option<Range<u32>>>) {
    const WEIGHT: u32 = 100_000;
    let mut rows = rows(0, count, |_| 0);
    let start = rows.arena.len() as u32;
    rows.arena.resize((start + WEIGHT) as usize, b'x');
    let weight = start..start + WEIGHT;
    for message in &mut rows.messages {
        message.key = in_key.then(|| weight.clone());
    }
    let headers = match in_key {
        true => Vec::new(),
        false => vec![Some(weight); count as usize],
    };
    (rows, headers)
}

#[test]
fn headers_and_keys_in_flight_are_limited_like_values() {
    for in_key in [false, true] {
        let cluster = cluster(1);
        let mut settings = settings(&cluster, &[("queue.buffering.max.kbytes", "1024")]);
        if !in_key {
            settings.headers = vec!["weight".to_owned()];
        }
        let mut sink = Counting::connect(&settings).unwrap();
        cluster.broker_down(1).unwrap();
        // One batch per row: keys are checked between batches.
        let mut not_taken = 0;
        let (rows, headers) = heavy(1, in_key);
        for block in 0..30 {
            let batch = Batch {
                headers: &headers,
                ..rows.batch(block)
            };
            not_taken += sink.send_while(&batch, Wait::Stop).len();
        }
        let taken = sink.taken - sink.reported;
        assert!((9..=12).contains(&taken), "{taken} rows of 100 KB are in flight");
        assert_eq!(taken as usize + not_taken, 30);

        cluster.broker_up(1).unwrap();
        sink.flush();
        assert_eq!(sink.delivered, taken);
        let batch = Batch {
            headers: &headers,
            ..rows.batch(30)
        };
        assert!(
            sink.send_while(&batch, Wait::Stop).is_empty(),
            "there is room again"
        );
        sink.flush();
    }
}

#[test]
fn a_header_larger_than_the_whole_queue_goes_alone() {
    let cluster = cluster(1);
    let mut settings = settings(&cluster, &[("queue.buffering.max.kbytes", "50")]);
    settings.headers = vec!["weight".to_owned()];
    let mut sink = Counting::connect(&settings).unwrap();
    let (rows, headers) = heavy(5, false);
    let batch = Batch {
        headers: &headers,
        ..rows.batch(0)
    };
    assert!(sink.send(&batch).is_empty());
    sink.flush();
    assert_eq!(sink.delivered, 5);
}
