//! A second signal while one of two brokers does not answer: rows are on the topic after others that are not.

use std::time::Duration;

use super::good_rows::{Listener, cluster, load_of, planned};
use super::*;
use crate::kafka::{Producer, ProducerSettings};

const ROWS: u64 = 12_000;

/// Loads the file with rows for both partitions in turn; returns the outcome and the rows that were not delivered.
fn cut_off(kept: Kept) -> (RunOutcome, u64) {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(2);
    for partition in [0, 1] {
        cluster
            .partition_leader("t", partition, Some(partition + 1))
            .unwrap();
    }
    let mut settings = ProducerSettings::new(cluster.bootstrap_servers(), "t");
    settings.properties = vec![("sticky.partitioning.linger.ms".to_owned(), "0".to_owned())];
    let sink = Sink::Kafka(Box::new(Producer::connect(&settings).unwrap()));
    cluster
        .broker_round_trip_time(2, Duration::from_secs(60))
        .unwrap();
    let run_of = load_of(planned(folder.path(), "t.csv", ROWS), sink);
    let interrupts = run_of.interrupts.clone();
    // Two signals after rows have been delivered. Half of the rows are for the broker that does not answer; when they fill
    // the client, no more are read.
    let progress = |snapshot: &Snapshot| {
        if snapshot.counts.delivered > ROWS / 20 && interrupts.first().is_none() {
            interrupts.note(2);
            interrupts.note(2);
        }
    };
    let mut listener = Listener::new(progress).with_rows(kept);
    let done = run(run_of, &mut listener);
    (done, listener.undelivered)
}

#[test]
fn rows_that_were_read_and_not_delivered_are_listed_unless_they_are_kept() {
    let (done, undelivered) = cut_off(Kept::No);
    assert!(matches!(done.stop, Some(Stop::Interrupted)), "{:?}", done.stop);
    let counts = done.counts;
    // A busy machine may not have started the connection to the other broker, and then no row is in flight to it.
    assert!(
        counts.delivered > 0 && counts.unknown + counts.unsent > 0,
        "{counts:?}"
    );
    assert_eq!(done.imbalance, None);
    assert_eq!(undelivered, counts.unknown + counts.unsent);
    let rows = |fate| -> u64 {
        let ranges = done.left.iter().filter(|range| range.fate == fate);
        ranges.map(|range| range.rows).sum()
    };
    assert_eq!(
        (rows(Fate::Unknown), rows(Fate::Unsent)),
        (counts.unknown, counts.unsent)
    );
    assert!(done.has_gaps);
    let starts = done
        .left
        .iter()
        .map(|range| (range.first.row, range.first.row + range.rows));
    let starts: Vec<(u64, u64)> = starts.collect();
    assert!(
        starts.windows(2).all(|pair| pair[0].1 <= pair[1].0),
        "in the order of the file"
    );

    let (done, undelivered) = cut_off(Kept::Yes);
    assert!(undelivered > 0);
    assert!(done.left.is_empty() && !done.has_gaps);
    let read = done.counts.read;
    assert_eq!(done.next.map_or(ROWS, |next| next.position.row), read);
}
