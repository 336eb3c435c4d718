//! Delivery reports -> what became of each message, and which blocks are done.
//!
//! Two witnesses count: what was handed over, and one report for each message. Neither is a subtraction.
//! Success, the hot path, allocates nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use super::opaque::Opaque;
use super::statistics::Statistics;
use super::trouble::BrokerTrouble;

/// What became of a message that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is not on the topic.
    Failed,
    /// It may be on the topic: it was with the broker when the connection or the time ran out.
    Unknown,
    /// It never left: the run stopped before its turn.
    Unsent,
}

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryError {
    /// librdkafka's name for it: `_MSG_TIMED_OUT`, `TOPIC_AUTHORIZATION_FAILED`, ...
    pub code: String,
    /// The broker's or librdkafka's words; for a time-out with the last error seen.
    pub message: String,
}

/// A message that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDelivery {
    /// The number of its block.
    pub block: u64,
    /// The index of its row within the block.
    pub row: u32,
    /// The partition it was meant for; -1 where it had none yet.
    pub partition: i32,
    /// What is known of its fate.
    pub outcome: Outcome,
    /// Why; shared by all messages that failed alike.
    pub error: Arc<DeliveryError>,
}

/// How many messages met which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken by librdkafka.
    pub handed_over: u64,
    /// Not taken, for a reason that waiting does not mend; counted in `failed` too.
    pub refused: u64,
    /// Delivery reports served.
    pub reported: u64,
    /// Acknowledged by all in-sync replicas.
    pub delivered: u64,
    /// Known not to be on the topic.
    pub failed: u64,
    /// Possibly on the topic.
    pub unknown: u64,
    /// Purged before they were sent.
    pub unsent: u64,
}

impl Counts {
    /// Whether each message handed over or refused has one fate or is still on its way.
    pub fn add_up(&self) -> bool {
        self.reported <= self.handed_over
            && self.delivered + self.failed + self.unknown + self.unsent == self.reported + self.refused
    }
}

/// Everything the delivery reports and the broker's errors have told so far.
#[derive(Debug, Default)]
pub struct Deliveries {
    counts: Counts,
    failures: Vec<FailedDelivery>,
    last_reason: Option<Arc<DeliveryError>>,
    first_block: u64,
    outstanding: VecDeque<u32>,
    last_offsets: Vec<i64>,
    stalls: u64,
    pub(super) trouble: BrokerTrouble,
    pub(super) statistics: Statistics,
}

impl Deliveries {
    /// The counts so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Messages handed over whose report is still to come.
    pub fn in_flight(&self) -> u64 {
        self.counts.handed_over - self.counts.reported
    }

    /// The messages not delivered since the last call, in the order of their reports.
    pub fn take_failures(&mut self) -> Vec<FailedDelivery> {
        std::mem::take(&mut self.failures)
    }

    /// The oldest block with a message on its way; the raw rows of earlier blocks can go.
    ///
    /// Failures not yet taken may still refer to earlier blocks: take them first.
    pub fn oldest_block_in_flight(&self) -> Option<u64> {
        self.outstanding.front().map(|_| self.first_block)
    }

    /// The highest offset delivered in each partition, -1 where there is none.
    pub fn last_offsets(&self) -> &[i64] {
        &self.last_offsets
    }

    /// How often the full queue made the sender wait.
    pub fn stalls(&self) -> u64 {
        self.stalls
    }

    /// Errors of brokers, and the fatal one.
    pub fn trouble(&self) -> &BrokerTrouble {
        &self.trouble
    }

    /// Retries and times, where statistics are on.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    pub(super) fn set_partitions(&mut self, partitions: usize) {
        self.last_offsets.resize(partitions, -1);
    }

    pub(super) fn note_stall(&mut self) {
        self.stalls += 1;
    }

    pub(super) fn note_handed_over(&mut self, messages: u64) {
        self.counts.handed_over += messages;
    }

    /// Announces messages of a block, before the first of them is handed over: a report may come at any time.
    pub(super) fn announce(&mut self, block: u64, messages: u32) {
        if messages == 0 {
            return;
        }
        if self.outstanding.is_empty() {
            self.first_block = block;
        }
        while block < self.first_block {
            self.outstanding.push_front(0);
            self.first_block -= 1;
        }
        let index = (block - self.first_block) as usize;
        if index >= self.outstanding.len() {
            self.outstanding.resize(index + 1, 0);
        }
        self.outstanding[index] += messages;
    }

    /// One message of a block is done with, whatever its fate.
    pub(super) fn settle(&mut self, block: u64) {
        let index = (block - self.first_block) as usize;
        self.outstanding[index] -= 1;
        while self.outstanding.front() == Some(&0) {
            self.outstanding.pop_front();
            self.first_block += 1;
        }
    }

    /// The report of a message that was acknowledged.
    pub(super) fn note_delivered(&mut self, opaque: Opaque, partition: i32, offset: i64) {
        self.counts.reported += 1;
        self.counts.delivered += 1;
        let partition = partition as usize;
        if partition >= self.last_offsets.len() {
            self.set_partitions(partition + 1);
        }
        self.last_offsets[partition] = self.last_offsets[partition].max(offset);
        self.settle(opaque.block());
    }

    /// The report of a message that was not.
    pub(super) fn note_undelivered(
        &mut self,
        opaque: Opaque,
        partition: i32,
        outcome: Outcome,
        code: &str,
        words: &str,
    ) {
        self.counts.reported += 1;
        self.record(opaque, partition, outcome, code, words);
    }

    /// A message that librdkafka did not take, and will not.
    pub(super) fn note_refused(&mut self, opaque: Opaque, partition: i32, code: &str, words: &str) {
        self.counts.refused += 1;
        self.record(opaque, partition, Outcome::Failed, code, words);
    }

    fn record(&mut self, opaque: Opaque, partition: i32, outcome: Outcome, code: &str, words: &str) {
        match outcome {
            Outcome::Failed => self.counts.failed += 1,
            Outcome::Unknown => self.counts.unknown += 1,
            Outcome::Unsent => self.counts.unsent += 1,
        }
        let error = self.reason(code, words);
        self.failures.push(FailedDelivery {
            block: opaque.block(),
            row: opaque.row(),
            partition,
            outcome,
            error,
        });
        self.settle(opaque.block());
    }

    /// The reason, shared with the message before where it is the same: thousands fail together.
    fn reason(&mut self, code: &str, words: &str) -> Arc<DeliveryError> {
        let message = match self.trouble.last_error() {
            Some(cause) if code == "_MSG_TIMED_OUT" => {
                format!("{words} (last broker error: {})", cause.message)
            }
            _ => words.to_owned(),
        };
        match &self.last_reason {
            Some(last) if last.code == code && last.message == message => Arc::clone(last),
            _ => {
                let error = Arc::new(DeliveryError {
                    code: code.to_owned(),
                    message,
                });
                self.last_reason = Some(Arc::clone(&error));
                error
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_done_in_order_whatever_order_the_reports_have() {
        let mut deliveries = Deliveries::default();
        deliveries.announce(5, 1);
        deliveries.announce(7, 2);
        deliveries.note_handed_over(3);
        deliveries.note_delivered(Opaque::new(7, 0), 1, 40);
        assert_eq!(deliveries.oldest_block_in_flight(), Some(5));
        deliveries.note_delivered(Opaque::new(5, 0), 0, 9);
        assert_eq!(deliveries.oldest_block_in_flight(), Some(7));
        deliveries.note_undelivered(
            Opaque::new(7, 1),
            1,
            Outcome::Unknown,
            "_TIMED_OUT",
            "time ran out",
        );
        assert_eq!(deliveries.oldest_block_in_flight(), None);
        assert_eq!(deliveries.last_offsets(), [9, 40]);
        assert_eq!((deliveries.in_flight(), deliveries.counts().add_up()), (0, true));
    }

    #[test]
    fn a_block_may_come_in_parts() {
        let mut deliveries = Deliveries::default();
        deliveries.announce(3, 1);
        deliveries.announce(4, 1);
        deliveries.note_handed_over(2);
        deliveries.note_delivered(Opaque::new(3, 0), 0, 0);
        deliveries.announce(3, 1);
        assert_eq!(deliveries.oldest_block_in_flight(), Some(3));
        deliveries.note_refused(Opaque::new(3, 1), 0, "MSG_SIZE_TOO_LARGE", "too large");
        assert_eq!(deliveries.oldest_block_in_flight(), Some(4));
        assert!(deliveries.counts().add_up());
    }

    #[test]
    fn a_time_out_names_the_last_error_of_a_broker() {
        let mut deliveries = Deliveries::default();
        deliveries.announce(0, 2);
        deliveries.note_handed_over(2);
        deliveries.trouble.note(
            "_TRANSPORT",
            "broker:9092/1: Disconnected (after 5ms in state UP)",
        );
        for row in 0..2 {
            deliveries.note_undelivered(
                Opaque::new(0, row),
                0,
                Outcome::Failed,
                "_MSG_TIMED_OUT",
                "message timed out",
            );
        }
        let failures = deliveries.take_failures();
        assert_eq!(
            failures[1].error.message,
            "message timed out (last broker error: disconnected)"
        );
        assert!(Arc::ptr_eq(&failures[0].error, &failures[1].error));
        assert!(deliveries.take_failures().is_empty());
    }
}
