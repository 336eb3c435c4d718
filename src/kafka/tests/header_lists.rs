//! Tests of who owns the lists of headers: whatever becomes of a message, its list is freed once, and no message gets that
//! of another. Under valgrind or a sanitizer they also show that no list leaks.

use std::num::NonZeroI64;
use std::ops::Range;
use std::thread;

use rdkafka_sys::bindings as sys;

use super::headers::{settings_with_headers, shown_messages};
use super::*;

/// Rows with the headers `row`, `none` (null) and `empty`; `row` is `same`, or else the value.
struct Headed {
    rows: Rows,
    headers: Vec<Option<Range<u32>>>,
}

fn headed(first: u32, count: u32, partition: i32, same: Option<&str>) -> Headed {
    let mut rows = rows(first, count, |_| partition);
    let start = rows.arena.len() as u32;
    rows.arena.extend_from_slice(same.unwrap_or_default().as_bytes());
    let end = rows.arena.len() as u32;
    let headers = rows.messages.iter().flat_map(|message| {
        let row = match same {
            Some(_) => Some(start..end),
            None => message.payload.clone(),
        };
        [row, None, Some(end..end)]
    });
    Headed {
        headers: headers.collect(),
        rows,
    }
}

impl Headed {
    fn batch(&self, block: u64) -> Batch<'_> {
        Batch {
            headers: &self.headers,
            ..self.rows.batch(block)
        }
    }
}

/// Headers that all messages share, and headers that they do not share.
const BOTH: [Option<&str>; 2] = [Some("same"), None];

#[test]
fn lists_of_reported_messages_are_used_again() {
    let cluster = cluster(1);
    let few = [("queue.buffering.max.messages", "100"), ("linger.ms", "1")];
    let mut sink = Counting::connect(&settings_with_headers(&cluster, &few)).unwrap();
    for block in 0..6 {
        let rows = headed(block * 500, 500, 0, Some("same"));
        assert!(sink.send(&rows.batch(block.into())).is_empty());
    }
    sink.flush();
    assert_eq!((sink.delivered, sink.taken), (3000, 3000));
    let idle = sink.producer.inbox().headers.idle();
    assert!((100..3000).contains(&idle), "there are {idle} lists");
    for (number, message) in shown_messages(&cluster, 3000).into_iter().enumerate() {
        let text = format!(" `{number}` ");
        assert!(
            message.contains(&text) && message.ends_with(" row=`same` none=null empty=``"),
            "{message}"
        );
    }
}

#[test]
fn lists_with_other_headers_are_not_used_again() {
    // Before the last block come lists with other headers, which are used next if they are used at all: the block has more
    // rows than there were in flight.
    let blocks = [
        [
            (Some("a"), None, 50),
            (Some("b"), None, 50),
            (Some("b"), None, 150),
        ],
        [
            (Some(""), None, 50),
            (Some("a"), None, 50),
            (Some("a"), None, 150),
        ],
        [(None, None, 50), (Some("a"), None, 50), (Some("a"), None, 150)],
        [(None, Some(1), 50), (Some("a"), None, 50), (Some("a"), None, 150)],
        [
            (Some("a"), Some(1), 50),
            (Some("b"), None, 50),
            (Some("b"), None, 150),
        ],
    ];
    for blocks in blocks {
        let cluster = cluster(1);
        let mut sink = Counting::connect(&settings_with_headers(&cluster, &[])).unwrap();
        let mut expected = Vec::new();
        for (block, (same, time, count)) in (0..).zip(blocks) {
            let first = expected.len() as u32;
            let mut rows = headed(first, count, 0, same);
            for message in &mut rows.rows.messages {
                message.timestamp = time.and_then(NonZeroI64::new);
            }
            assert!(sink.send(&rows.batch(block)).is_empty());
            if block > 0 {
                sink.flush();
            }
            expected.extend((first..first + count).map(|number| {
                let header = same.map_or(number.to_string(), str::to_owned);
                (
                    format!(" `{number}` "),
                    format!(" row=`{header}` none=null empty=``"),
                )
            }));
        }
        let found = shown_messages(&cluster, expected.len());
        assert_eq!(found.len(), expected.len());
        for (found, (value, headers)) in found.iter().zip(&expected) {
            assert!(
                found.contains(value) && found.ends_with(headers),
                "{found}: {headers}"
            );
        }
    }
}

#[test]
fn a_large_message_among_others_keeps_its_headers() {
    for same in BOTH {
        let cluster = cluster(1);
        let small = [("message.max.bytes", "1000")];
        let mut sink = Counting::connect(&settings_with_headers(&cluster, &small)).unwrap();
        let mut rows = headed(10, 30, 0, same);
        // With the headers it is near the limit, so it does not go with others, but librdkafka takes it.
        let start = rows.rows.arena.len() as u32;
        rows.rows.arena.resize(start as usize + 850, b'7');
        rows.rows.messages[4].payload = Some(start..start + 850);
        assert!(sink.send(&rows.batch(0)).is_empty());
        sink.flush();
        assert_eq!((sink.delivered, sink.refused), (30, 0));
        let found = shown_messages(&cluster, 30);
        for (number, message) in (10..).zip(&found) {
            let value = same.map_or(number.to_string(), str::to_owned);
            assert!(
                message.ends_with(&format!(" row=`{value}` none=null empty=``")),
                "{message}"
            );
        }
        assert_eq!(found.len(), 30);
    }
}

#[test]
fn messages_without_any_header_go_to_a_client_that_gives_them() {
    let cluster = cluster(1);
    let mut settings = settings(&cluster, &[]);
    settings.own_headers = true;
    let mut sink = Counting::connect(&settings).unwrap();
    let rows = rows(0, 3, |_| 0);
    for (block, packed) in [(0, None), (1, Some(0..0))] {
        let batch = Batch {
            headers: &vec![packed; 3],
            ..rows.batch(block)
        };
        assert!(sink.send(&batch).is_empty());
    }
    sink.flush();
    assert_eq!(sink.delivered, 6);
    assert_eq!(sink.producer.inbox().headers.idle(), 0);
}

#[test]
fn a_client_with_headers_ends_with_messages_in_flight() {
    for same in BOTH {
        for is_purged in [false, true] {
            let cluster = cluster(1);
            let mut sink = Counting::connect(&settings_with_headers(&cluster, &[])).unwrap();
            cluster.broker_down(1).unwrap();
            for (block, partition) in [(0, 0), (1, -1)] {
                sink.send(&headed(0, 50, partition, same).batch(block));
            }
            assert_eq!((sink.taken, sink.reported), (100, 0));
            if is_purged {
                sink.purge();
                assert_eq!(sink.unsent, 100);
            }
            drop(sink);
        }
    }
}

#[test]
fn messages_with_headers_that_were_sent_are_unknown_after_a_purge() {
    for same in BOTH {
        let cluster = cluster(1);
        let mut sink = Counting::connect(&settings_with_headers(&cluster, &[("linger.ms", "0")])).unwrap();
        sink.send(&headed(0, 1, 0, same).batch(0));
        sink.flush();
        let delay = Duration::from_secs(20);
        cluster.broker_round_trip_time(1, delay).unwrap();
        sink.send(&headed(1, 3, 0, same).batch(1));
        thread::sleep(Duration::from_millis(300));
        sink.purge();
        assert_eq!((sink.delivered, sink.unknown), (1, 3));
        cluster.broker_round_trip_time(1, Duration::ZERO).unwrap();
        sink.send(&headed(4, 3, 0, same).batch(2));
        sink.purge();
    }
}

#[test]
fn messages_that_are_refused_after_they_were_given_headers_are_reported() {
    for same in BOTH {
        let cluster = cluster(1);
        let often = [("topic.metadata.refresh.interval.ms", "50")];
        let mut sink = Counting::connect(&settings_with_headers(&cluster, &often)).unwrap();
        let error = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        cluster.topic_error(TOPIC, error).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut block = 0;
        while sink.refused == 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
            // The partitioner refuses them, which comes after the headers.
            sink.send(&headed(block * 20, 20, -1, same).batch(block.into()));
            block += 1;
        }
        assert_eq!(sink.refused, 20, "all or none of a batch");
        let mut failures = sink.failures.iter();
        let refused = failures.find(|failure| matches!(failure.0.outcome, Outcome::Refused(_)));
        let (_, error) = refused.unwrap();
        assert_eq!(error.code, "TOPIC_AUTHORIZATION_FAILED");
        sink.purge();
        assert_eq!(sink.taken, sink.reported);
    }
}

#[test]
fn after_a_fatal_error_no_message_gets_headers() {
    for same in BOTH {
        let cluster = cluster(1);
        let mut sink = Counting::connect(&settings_with_headers(&cluster, &[])).unwrap();
        cluster.broker_down(1).unwrap();
        sink.send(&headed(0, 10, 0, same).batch(0));
        let error = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
        // SAFETY: the handle is alive, and the reason is a C string.
        unsafe { sys::rd_kafka_test_fatal_error(sink.producer.client.raw(), error, c"lost".as_ptr()) };
        sink.send(&headed(10, 10, 0, same).batch(1));
        assert_eq!((sink.taken, sink.refused), (10, 10));
        sink.purge();
        assert_eq!(sink.reported, 10);
    }
}

#[test]
fn clients_on_several_threads_do_not_share_headers() {
    let clusters = [(cluster(1), "one"), (cluster(1), "two"), (cluster(1), "three")];
    thread::scope(|scope| {
        for (cluster, same) in &clusters {
            let few = [("queue.buffering.max.messages", "50"), ("linger.ms", "1")];
            let settings = settings_with_headers(cluster, &few);
            scope.spawn(move || {
                let mut sink = Counting::connect(&settings).unwrap();
                for block in 0..10 {
                    sink.send(&headed(block * 100, 100, 0, Some(same)).batch(block.into()));
                }
                sink.flush();
                assert_eq!(sink.delivered, 1000);
            });
        }
    });
    for (cluster, same) in &clusters {
        let found = shown_messages(cluster, 1000);
        assert_eq!(found.len(), 1000);
        let ends = format!(" row=`{same}` none=null empty=``");
        assert!(found.iter().all(|message| message.ends_with(&ends)));
    }
}

#[test]
fn a_client_with_headers_that_cannot_be_created_is_an_error() {
    let cluster = cluster(1);
    let cases: [&[(&str, &str)]; 2] = [
        // librdkafka finds the first before it calls the interceptors, and the second after.
        &[("linger.ms", "400000")],
        &[
            ("security.protocol", "SSL"),
            ("ssl.ca.location", "/nowhere/ca.pem"),
        ],
    ];
    for properties in cases {
        for _ in 0..3 {
            let Err(error) = Counting::connect(&settings_with_headers(&cluster, properties)) else {
                panic!("no client can have {properties:?}")
            };
            assert_eq!(error.kind(), ConnectErrorKind::Config, "{error}");
        }
    }
}
