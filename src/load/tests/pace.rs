//! Runs with a pace: what happens while rows wait until they are due.

use std::time::{Duration, Instant};

use rdkafka_sys::{RDKafkaApiKey, RDKafkaRespErr};

use super::good_rows::{Cluster, Listener, cluster, load_of, planned, producer};
use super::*;

const ROWS: u64 = 300;

/// A load of rows onto the cluster at a pace.
fn load_at(pace: &str, cluster: &Cluster, folder: &Path) -> Run {
    Run {
        pace: Some(Pace::Rate(pace.parse().unwrap())),
        ..load_of(
            planned(folder, "t.csv", ROWS),
            Sink::Kafka(Box::new(producer(cluster.bootstrap_servers()))),
        )
    }
}

#[test]
fn a_rate_is_kept_and_the_progress_shows_only_rows_that_were_due() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), cluster(1));
    let run_of = load_at("600/s", &cluster, folder.path());
    let (mut in_flight, mut fell_back, mut read) = (0, false, 0);
    let mut listener = Listener::new(|snapshot: &Snapshot| {
        in_flight = in_flight.max(snapshot.counts.in_flight());
        fell_back |= snapshot.bytes_read < read;
        read = snapshot.bytes_read;
    });
    let start = Instant::now();
    let done = run(run_of, &mut listener);
    let took = start.elapsed();
    assert_eq!((done.counts.delivered, done.imbalance), (ROWS, None));
    assert!(done.stop.is_none(), "{:?}", done.stop);
    assert!(
        took >= Duration::from_millis(498) && took < Duration::from_secs(20),
        "{took:?}"
    );
    assert!(in_flight < ROWS, "{in_flight}: all rows are in one block");
    assert!(!fell_back);
    assert_eq!(read, done.files[0].bytes);
}

#[test]
fn a_signal_ends_the_wait_at_once_and_the_rest_is_unsent() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), cluster(1));
    // The next row is due in half an hour.
    for (pace, delivered) in [("2/h", 1), ("100/s", 20)] {
        let run_of = load_at(pace, &cluster, folder.path());
        let interrupts = run_of.interrupts.clone();
        let mut signalled = None;
        let mut listener = Listener::new(|snapshot: &Snapshot| {
            if signalled.is_none() && snapshot.counts.delivered >= delivered {
                interrupts.note(2);
                signalled = Some(Instant::now());
            }
        });
        let done = run(run_of, &mut listener);
        assert_eq!(listener.undelivered, done.counts.unsent);
        let took = signalled.unwrap().elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(matches!(done.stop, Some(Stop::Interrupted)), "{:?}", done.stop);
        let counts = done.counts;
        assert_eq!(counts.read, counts.delivered + counts.unsent, "{counts:?}");
        assert!((delivered..ROWS).contains(&counts.delivered), "{counts:?}");
        assert_eq!((done.imbalance, done.has_gaps), (None, false));
        let next = done.next.map(|next| next.position.row);
        assert_eq!(
            next,
            Some(counts.delivered),
            "the first row that is not on the topic"
        );
    }
}

#[test]
fn a_failed_delivery_ends_the_wait() {
    let (folder, cluster) = (tempfile::tempdir().unwrap(), cluster(1));
    let run_of = load_at("2/h", &cluster, folder.path());
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD],
    );
    let start = Instant::now();
    let done = run(run_of, &mut Listener::new(|_| ()));
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(
        matches!(done.stop, Some(Stop::Delivery { .. })),
        "{:?}",
        done.stop
    );
    assert_eq!((done.counts.failed, done.counts.unsent), (1, ROWS - 1));
    assert_eq!(done.imbalance, None);
}
