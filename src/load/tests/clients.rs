//! Clients are replaced while the accounts are kept.

use std::time::Duration;

use super::good_rows::{Cluster, cluster, planned, producer};
use super::*;
use crate::input::BlockReader;
use crate::kafka::{Batch, Flushed, Message, Producer, Wait};
use crate::load::ledger::Ledger;

const INPUT: InputNumber = InputNumber::new(0);
const ROWS: u64 = 7_000;

/// A file of two blocks, its encoder, and a topic for it.
struct Stage {
    _folder: tempfile::TempDir,
    cluster: Cluster,
    reader: BlockReader,
    encode: Box<dyn FnMut(InputNumber, Block) -> EncodedBlock>,
    ledger: Ledger,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let planned = planned(folder.path(), "t.csv", ROWS);
        let settings = BatchSettings {
            topics: Arc::default(),
            times: None,
        };
        let plans = Arc::new([InputPlan::of(&planned)]);
        Stage {
            _folder: folder,
            cluster: cluster(1),
            reader: planned.input.into_reader().unwrap(),
            encode: Box::new(stages::encoder(plans, settings)),
            ledger: Ledger::new(1, 1),
        }
    }

    fn producer(&self) -> Producer {
        producer(self.cluster.bootstrap_servers())
    }

    /// Hands the next block of the file over.
    fn send_block(&mut self, producer: &mut Producer) {
        let block = self.reader.next_block().unwrap().unwrap();
        let encoded = (self.encode)(INPUT, block);
        let number = self.ledger.hold(INPUT, encoded.marked, &encoded.messages);
        self.send(producer, number, &encoded.arena, &encoded.messages);
    }

    fn send(&mut self, producer: &mut Producer, block: u64, arena: &[u8], messages: &[Message]) {
        let batch = Batch {
            block,
            arena,
            messages,
            headers: &[],
            topics: &[],
        };
        let handover = producer.send(&batch, &mut |_| Wait::GoOn);
        assert!(handover.not_taken.is_empty());
        self.ledger.note_taken(handover.taken);
    }

    /// Encodes the rows in flight again, from the raw blocks that the ledger holds, and sends them.
    fn send_again(&mut self, producer: &mut Producer) {
        let mut in_flight: Vec<(u64, Vec<u32>)> = Vec::new();
        for (block, row) in self.ledger.rows_in_flight() {
            match in_flight.last_mut() {
                Some((last, rows)) if *last == block => rows.push(row),
                _ => in_flight.push((block, vec![row])),
            }
        }
        for (number, rows) in in_flight {
            let block = self.ledger.block(number).clone();
            let mut encoded = (self.encode)(INPUT, block);
            encoded.messages.retain(|message| rows.contains(&message.row));
            self.send(producer, number, &encoded.arena, &encoded.messages);
        }
    }

    fn settle(&mut self, producer: &mut Producer) {
        while producer.flush(Duration::from_millis(100)) == Flushed::TimeUp {}
        let mut reports = Vec::new();
        producer.inbox().take_reports(&mut reports);
        for report in &reports {
            assert!(self.ledger.settle(report).is_none(), "{report:?}");
        }
        self.ledger.release();
    }

    /// Every row is delivered, and is on the topic once.
    #[track_caller]
    fn assert_all_delivered(&self) {
        let counts = self.ledger.counts();
        assert_eq!(
            (counts.read, counts.delivered, self.ledger.in_flight()),
            (ROWS, ROWS, 0)
        );
        let facts = self.producer().topics()[0].facts.clone();
        let ends = facts.end_offsets.known().unwrap();
        assert_eq!(ends.iter().sum::<i64>(), ROWS as i64);
    }
}

#[test]
fn rows_of_a_closed_client_are_sent_again_by_another() {
    let mut stage = Stage::new();
    let mut first = stage.producer();
    stage.send_block(&mut first);
    stage.settle(&mut first);
    assert!(stage.ledger.counts().delivered > 0);
    stage.cluster.broker_down(1).unwrap();
    stage.send_block(&mut first);
    drop(first);
    assert!(stage.ledger.in_flight() > 0);
    stage.cluster.broker_up(1).unwrap();
    let mut second = stage.producer();
    stage.send_again(&mut second);
    stage.settle(&mut second);
    stage.assert_all_delivered();
}

#[test]
fn two_clients_serve_one_ledger() {
    let mut stage = Stage::new();
    let (mut left, mut right) = (stage.producer(), stage.producer());
    stage.send_block(&mut left);
    stage.send_block(&mut right);
    stage.settle(&mut right);
    stage.settle(&mut left);
    stage.assert_all_delivered();
    assert_eq!(stage.ledger.balance(), Ok(()));
}
