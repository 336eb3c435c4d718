//! A second signal while one of two brokers does not answer: rows are on the topic after others that are not.

use std::time::Duration;

use rdkafka::mocking::MockCluster;

use super::workers::planned;
use super::*;
use crate::encode::RowError;
use crate::kafka::{Producer, ProducerSettings};
use crate::signal_mask::without_signals;

const ROWS: u64 = 12_000;

/// Sends two signals once rows have been delivered, and keeps rows or not.
struct Impatient {
    interrupts: Interrupts,
    kept: Kept,
    undelivered: u64,
}

impl Observer for Impatient {
    fn rejected(&mut self, _: &ObservedRow<'_>, _: &RowError) -> Result<Kept, ObserverError> {
        unreachable!("every row is good")
    }

    fn undelivered(
        &mut self,
        _: &ObservedRow<'_>,
        _: Fate,
        _: &DeliveryError,
    ) -> Result<Kept, ObserverError> {
        self.undelivered += 1;
        Ok(self.kept)
    }

    fn progress(&mut self, snapshot: &Snapshot) {
        // Half of the rows are for the broker that answers.
        if snapshot.counts.delivered > ROWS / 3 && self.interrupts.first().is_none() {
            self.interrupts.note(2);
            self.interrupts.note(2);
        }
    }

    fn finished(&mut self) {}
}

/// Loads the file, whose rows go to both partitions in turn; gives the outcome and the rows that were not delivered.
fn cut_off(kept: Kept) -> (RunOutcome, u64) {
    let folder = tempfile::tempdir().unwrap();
    let cluster = without_signals(|| MockCluster::new(2)).unwrap();
    cluster.create_topic("t", 2, 1).unwrap();
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
    let interrupts = Interrupts::default();
    let mut listener = Impatient {
        interrupts: interrupts.clone(),
        kept,
        undelivered: 0,
    };
    let done = run(
        Run {
            inputs: vec![planned(folder.path(), "t.csv", ROWS)],
            sink,
            times: None,
            limit: None,
            max_errors: ErrorBudget::Unlimited,
            max_failures: 0,
            interrupts,
        },
        &mut listener,
    );
    (done, listener.undelivered)
}

#[test]
fn rows_that_were_read_and_not_delivered_are_listed_unless_they_are_kept() {
    let (done, undelivered) = cut_off(Kept::No);
    assert!(matches!(done.stop, Some(Stop::Interrupted)), "{:?}", done.stop);
    let counts = done.counts;
    // A busy machine may not have begun the connection to the other broker, and then nothing is on its way there.
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
