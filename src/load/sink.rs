//! Where the messages of a run go.

use std::time::{Duration, Instant};

use super::accounts::Accounts;
use super::encoded_block::EncodedBlock;
use super::interrupt::Interrupts;
use crate::kafka::{
    Acknowledged, Batch, ConnectError, Flushed, Handover, Message, Partitioner, Producer, SizeLimit,
    Statistics, TopicChange, TopicFacts,
};

/// Where the messages of a run go.
pub enum Sink {
    /// Nowhere: a dry run.
    Discard,
    /// To a topic.
    Kafka(Box<Producer>),
}

/// The description of the topic after the last row.
#[derive(Debug, Default)]
pub(super) struct TopicAtEnd {
    pub(super) changes: Vec<TopicChange>,
    pub(super) facts: Option<TopicFacts>,
    pub(super) unseen: Option<ConnectError>,
}

/// How the wait for the last reports ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    /// Every row has a fate from a report, or will never have a report.
    Whole,
    /// By a second signal.
    CutOff,
}

/// How long to wait for reports before checking for signals.
const PATIENCE: Duration = Duration::from_millis(100);

/// The time limit for the reports of a purge.
const PURGE: Duration = Duration::from_secs(2);

impl Sink {
    /// The topic as it was when the sink was connected; none if there is no topic.
    pub fn topic(&self) -> Option<&TopicFacts> {
        match self {
            Sink::Discard => None,
            Sink::Kafka(producer) => Some(producer.topic()),
        }
    }

    /// The client's statistics.
    pub fn statistics(&mut self) -> Statistics {
        match self {
            Sink::Discard => Statistics::default(),
            Sink::Kafka(producer) => producer.inbox().statistics().clone(),
        }
    }

    /// The partitioner; none if there are no partitions.
    pub(super) fn partitioner(&self) -> Option<Partitioner> {
        match self {
            Sink::Discard => None,
            Sink::Kafka(producer) => Some(producer.partitioner()),
        }
    }

    /// The size limit of messages.
    pub(super) fn size_limit(&self) -> SizeLimit {
        match self {
            Sink::Discard => SizeLimit::NONE,
            Sink::Kafka(producer) => producer.size_limit(),
        }
    }

    /// Hands the messages of a block over, and enters their rows.
    pub(super) fn send(
        &mut self,
        encoded: EncodedBlock,
        accounts: &mut Accounts<'_>,
        while_waiting: &mut dyn FnMut(&mut Accounts<'_>),
    ) {
        match self {
            Sink::Discard => {
                let is_tombstone = |message: &&Message| message.payload.is_none();
                let tombstones = encoded.messages.iter().filter(is_tombstone).count() as u64;
                let rows = encoded.messages.len() as u64;
                accounts.ledger.enter_unsent(encoded.input, rows, tombstones);
            }
            Sink::Kafka(producer) => {
                let block = accounts
                    .ledger
                    .hold(encoded.input, encoded.marked, &encoded.messages);
                let batch = Batch {
                    block,
                    arena: &encoded.arena,
                    messages: &encoded.messages,
                    headers: &encoded.headers,
                };
                let Handover {
                    taken,
                    not_taken,
                    full_queue_waits,
                } = producer.send(&batch, &mut |inbox| {
                    let wait = accounts.settle(inbox);
                    while_waiting(accounts);
                    wait
                });
                accounts.handed_over(block, taken, not_taken);
                accounts.full_queue_waits += full_queue_waits;
            }
        }
    }

    /// Waits briefly for reports.
    pub(super) fn wait_for_reports(&mut self) {
        if let Sink::Kafka(producer) = self {
            producer.poll(PATIENCE);
        }
    }

    /// Enters the reports that have arrived.
    pub(super) fn serve(&mut self, accounts: &mut Accounts<'_>) {
        if let Sink::Kafka(producer) = self {
            producer.poll(Duration::ZERO);
            accounts.settle(producer.inbox());
        }
    }

    /// Waits until every row has a fate; a second signal ends the wait.
    ///
    /// `show` is called repeatedly during the wait.
    pub(super) fn drain(
        &mut self,
        accounts: &mut Accounts<'_>,
        show: &mut dyn FnMut(&mut Accounts<'_>),
    ) -> Drained {
        let Sink::Kafka(producer) = self else {
            return Drained::Whole;
        };
        while accounts.ledger.in_flight() > 0 {
            let flushed = producer.flush(PATIENCE);
            accounts.settle(producer.inbox());
            show(accounts);
            accounts.note_signals();
            if accounts.is_cut_off() {
                purge(producer, accounts);
                accounts.give_up();
                return Drained::CutOff;
            }
            if flushed == Flushed::All {
                // The client has nothing in flight, so no report will arrive for the remaining rows.
                accounts.give_up();
            }
        }
        producer.await_statistics();
        Drained::Whole
    }

    /// Describes the topic again; a second signal ends the wait for the answer.
    pub(super) fn look_again(
        &mut self,
        acknowledged: &[Acknowledged],
        interrupts: &Interrupts,
    ) -> TopicAtEnd {
        let Sink::Kafka(producer) = self else {
            return TopicAtEnd::default();
        };
        let signals = interrupts.clone();
        producer.stop_asking_when(Box::new(move || signals.count() > 1));
        match producer.topic_now() {
            // The run no longer waits for its answer.
            Err(_) if interrupts.count() > 1 => TopicAtEnd::default(),
            Ok(now) => TopicAtEnd {
                changes: producer.topic().changes(&now, acknowledged),
                facts: Some(now),
                unseen: None,
            },
            Err(error) => TopicAtEnd {
                unseen: Some(error),
                ..TopicAtEnd::default()
            },
        }
    }
}

/// Purges everything in flight, and waits for the reports of that.
fn purge(producer: &mut Producer, accounts: &mut Accounts<'_>) {
    producer.purge();
    let deadline = Instant::now() + PURGE;
    while accounts.ledger.in_flight() > 0 && Instant::now() < deadline {
        producer.poll(PATIENCE);
        accounts.settle(producer.inbox());
    }
}
