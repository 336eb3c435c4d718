//! A broker that is slow to answer: the memory for its rows is bounded.

use std::time::Duration;

use super::good_rows::{Listener, cluster, planned};
use super::*;
use crate::kafka::{Producer, ProducerSettings};

const ROWS: u64 = 12_000;

/// Loads the file and returns the maximum number of rows in flight.
fn peak(max_held_bytes: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(1);
    let mut settings = ProducerSettings::new(cluster.bootstrap_servers(), "t");
    settings.properties = vec![("queue.buffering.max.messages".to_owned(), "50000".to_owned())];
    let sink = Sink::Kafka(Box::new(Producer::connect(&settings).unwrap()));
    cluster
        .broker_round_trip_time(1, Duration::from_millis(100))
        .unwrap();
    let inputs = vec![planned(folder.path(), "t.csv", ROWS)];
    let plans: Arc<[InputPlan]> = inputs.iter().map(InputPlan::of).collect();
    let files = inputs.iter().map(FileOutcome::new).collect();
    let settings = BatchSettings {
        topics: Arc::default(),
        times: None,
    };
    let mut peak = 0;
    let mut listener = Listener::new(|snapshot: &Snapshot| peak = peak.max(snapshot.counts.in_flight()));
    let accounts = Accounts::new(files, &mut listener, Interrupts::default(), 0, 1);
    let mut publisher = Publisher::new(sink, accounts, None, None, ErrorBudget::Unlimited);
    publisher.max_held_bytes = max_held_bytes;
    let stages = Stages::start(
        1,
        move |dealer| stages::read(inputs, dealer),
        || stages::encoder(Arc::clone(&plans), settings.clone()),
    );
    publisher.take_all(stages.unwrap());
    let done = publisher.finish();
    assert!(done.stop.is_none(), "{:?}", done.stop);
    assert_eq!((done.counts.delivered, done.imbalance), (ROWS, None));
    peak
}

#[test]
fn no_more_rows_are_read_while_rows_in_flight_fill_the_memory() {
    let rows = peak(u64::MAX);
    assert!(rows > 8_000, "{rows}: the broker is slow enough");
    // A block has up to 512 KiB.
    let rows = peak(1);
    assert!(rows < 6_000, "{rows} rows of one block");
}
