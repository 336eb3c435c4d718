//! Where the messages of a run go.

use std::time::{Duration, Instant};

use super::accounts::Accounts;
use super::batch::BatchTopic;
use super::encoded_block::EncodedBlock;
use super::interrupt::Interrupts;
use super::ledger::Ledger;
use super::outcome::TopicAtEnd;
use super::pace::{Next, Pacer};
use super::stop::Stop;
use super::verify::Comparison;
use crate::kafka::{
    Batch, ConnectError, ConnectErrorKind, Fact, Flushed, Handover, OpenTopic, Producer, Statistics,
    TopicChange, Wait,
};

/// Where the messages of a run go.
pub enum Sink {
    /// Nowhere: a dry run.
    Discard,
    /// To one topic, or several.
    Kafka(Box<Producer>),
    /// Nowhere: they are compared with what is on one topic, or several.
    Compare(Box<Comparison>),
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

/// How much longer a broker takes to write the first message of a connection than others. A pace that starts so much
/// later is right for both times that a message can have: that of the handover, and that of the broker.
const FIRST_WRITE: Duration = Duration::from_millis(10);

/// The time limit for the reports of a purge.
const PURGE: Duration = Duration::from_secs(2);

impl Sink {
    /// The topics as they were when the sink was connected.
    pub fn topics(&self) -> &[OpenTopic] {
        match self {
            Sink::Discard => &[],
            Sink::Kafka(producer) => producer.topics(),
            Sink::Compare(comparison) => comparison.topics(),
        }
    }

    /// The client's statistics.
    pub fn statistics(&mut self) -> Statistics {
        match self {
            Sink::Discard | Sink::Compare(_) => Statistics::default(),
            Sink::Kafka(producer) => producer.inbox().statistics().clone(),
        }
    }

    /// What encoder threads need to know of the topics.
    pub(super) fn batch_topics(&self) -> Vec<BatchTopic> {
        let topics = self.topics().iter();
        topics
            .map(|topic| BatchTopic {
                name: topic.facts.name.as_str().into(),
                partitioner: topic.partitioner,
                size_limit: topic.size_limit,
                needs_keys: topic.facts.compacted == Fact::Known(true),
            })
            .collect()
    }

    /// Hands the messages of a block over, each when it is due, and enters their rows.
    pub(super) fn send(
        &mut self,
        encoded: EncodedBlock,
        pacer: Option<&mut Pacer>,
        accounts: &mut Accounts<'_>,
        while_waiting: &mut dyn FnMut(&mut Accounts<'_>),
    ) {
        match self {
            Sink::Discard => {
                accounts
                    .ledger
                    .enter_unsent(encoded.input, &encoded.marked, &encoded.messages);
            }
            Sink::Compare(comparison) => {
                let goes_on = comparison.expect(&encoded, &mut |is_hidden| {
                    wait_is_over(accounts, is_hidden, while_waiting)
                });
                accounts
                    .ledger
                    .enter_unsent(encoded.input, &encoded.marked, &encoded.messages);
                if !goes_on {
                    accounts.stop = Some(Stop::Comparison);
                }
            }
            Sink::Kafka(producer) => {
                // The ledger, which keeps the block, is used while the batch is handed over.
                let topics = encoded.marked.topics.clone();
                let block = accounts
                    .ledger
                    .hold(encoded.input, encoded.marked, &encoded.messages);
                let batch = Batch {
                    block,
                    arena: &encoded.arena,
                    messages: &encoded.messages,
                    headers: &encoded.headers,
                    topics: &topics,
                };
                match pacer {
                    None => {
                        let done = hand_over(producer, &batch, accounts, while_waiting);
                        accounts.handed_over(block, done.taken, done.not_taken);
                    }
                    Some(pacer) => {
                        pacer.begin(batch.messages.len(), &encoded.times);
                        hand_over_paced(producer, &batch, pacer, accounts, while_waiting);
                    }
                }
            }
        }
    }

    /// The producer of a load that is not a dry run.
    pub(super) fn producer(&mut self) -> &mut Producer {
        match self {
            Sink::Kafka(producer) => producer,
            Sink::Discard | Sink::Compare(_) => unreachable!("nothing is sent, so there are no transactions"),
        }
    }

    /// Has incomplete batches sent, and waits briefly for reports.
    pub(super) fn flush_briefly(&mut self) {
        if let Sink::Kafka(producer) = self {
            producer.flush(PATIENCE);
        }
    }

    /// Waits briefly for reports.
    pub(super) fn wait_for_reports(&mut self) {
        if let Sink::Kafka(producer) = self {
            producer.poll(PATIENCE);
        }
    }

    /// See [`Producer::busy_time`]; none also without a client.
    pub(super) fn busy_time(&mut self) -> Option<Duration> {
        match self {
            Sink::Kafka(producer) => producer.busy_time(),
            Sink::Discard | Sink::Compare(_) => None,
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
        let producer = match self {
            Sink::Kafka(producer) => producer,
            Sink::Compare(comparison) => {
                if accounts.stop.is_none()
                    && !comparison.drain(&mut |is_hidden| wait_is_over(accounts, is_hidden, show))
                {
                    accounts.stop.get_or_insert(Stop::Comparison);
                }
                return Drained::Whole;
            }
            Sink::Discard => return Drained::Whole,
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

    /// Describes the topics again; a second signal ends the wait for the answers.
    ///
    /// If no broker answers about one, none is asked about the others.
    pub(super) fn look_again(&mut self, ledger: &Ledger, interrupts: &Interrupts) -> Vec<TopicAtEnd> {
        let Sink::Kafka(producer) = self else {
            return Vec::new();
        };
        let signals = interrupts.clone();
        producer.stop_asking_when(Box::new(move || signals.count() > 1));
        let mut topics: Vec<TopicAtEnd> = Vec::new();
        let mut unreachable: Option<ConnectError> = None;
        for index in 0..producer.topics().len() {
            let now = match &unreachable {
                Some(error) => Err(error.clone()),
                None => producer.topic_now(index),
            };
            if now.is_err() && interrupts.count() > 1 {
                // The run no longer waits for its answer.
                return topics;
            }
            let before = &producer.topics()[index].facts;
            // A transaction that the client is unsure of is not committed.
            let is_transactional = producer.is_transactional();
            let concerns =
                |change: &TopicChange| !(is_transactional && matches!(change, TopicChange::Leaders(_)));
            let changes = match &now {
                Ok(now) => {
                    let mut changes = before.changes(now, ledger.acknowledged(index));
                    changes.retain(concerns);
                    changes
                }
                Err(error) => {
                    if error.kind() == ConnectErrorKind::Unreachable {
                        unreachable = Some(error.clone());
                    }
                    Vec::new()
                }
            };
            topics.push(TopicAtEnd {
                name: before.name.clone(),
                changes,
                facts: now,
            });
        }
        topics
    }
}

/// Shows the progress of a comparison that waits for messages; returns whether the wait is over.
fn wait_is_over(
    accounts: &mut Accounts<'_>,
    is_hidden: bool,
    show: &mut dyn FnMut(&mut Accounts<'_>),
) -> bool {
    if is_hidden {
        accounts.observer.waiting_for_others();
    }
    show(accounts);
    accounts.note_signals();
    accounts.stop.is_some()
}

/// Hands messages over now; reports are entered while the client's queue is full.
fn hand_over<'p>(
    producer: &'p mut Producer,
    batch: &Batch<'_>,
    accounts: &mut Accounts<'_>,
    while_waiting: &mut dyn FnMut(&mut Accounts<'_>),
) -> Handover<'p> {
    let done = producer.send(batch, &mut |inbox| {
        let wait = accounts.settle(inbox);
        while_waiting(accounts);
        wait
    });
    accounts.full_queue_waits += done.full_queue_waits;
    accounts.waited.reports += done.full_queue_time;
    accounts.waited.silent += done.silent_time;
    done
}

/// Hands messages over when they are due; reports are entered meanwhile. If the run stops, the remaining rows are unsent.
fn hand_over_paced(
    producer: &mut Producer,
    batch: &Batch<'_>,
    pacer: &mut Pacer,
    accounts: &mut Accounts<'_>,
    while_waiting: &mut dyn FnMut(&mut Accounts<'_>),
) {
    let messages = batch.messages;
    let headers = batch.headers.len().checked_div(messages.len()).unwrap_or(0);
    let (mut first, mut taken) = (0, 0);
    let mut not_taken: Vec<u32> = Vec::new();
    while first < messages.len() && not_taken.is_empty() {
        accounts.not_due = (messages.len() - first) as u64;
        let now = Instant::now();
        let end = match pacer.next(first, now) {
            Next::First(end) => match producer.time_until_ready() {
                Some(time) => Err(time),
                None => {
                    pacer.start(now, now + FIRST_WRITE);
                    Ok(end)
                }
            },
            Next::Due(end) => Ok(end),
            Next::Wait(time) => Err(time),
        };
        match end {
            Ok(end) => {
                let due = Batch {
                    messages: &messages[first..end],
                    headers: &batch.headers[first * headers..end * headers],
                    ..*batch
                };
                let done = hand_over(producer, &due, accounts, while_waiting);
                taken += done.taken;
                not_taken.extend(done.not_taken);
                first = end;
            }
            Err(time) => {
                let begun = Instant::now();
                let waited = wait(time, producer, accounts, while_waiting);
                accounts.waited.pace += begun.elapsed();
                if waited == Wait::Stop {
                    break;
                }
            }
        }
    }
    accounts.not_due = 0;
    not_taken.extend(messages[first..].iter().map(|message| message.row));
    accounts.handed_over(batch.block, taken, &not_taken);
}

/// Waits for a while, or until reports arrive, and enters them. Returns whether to continue.
fn wait(
    time: Duration,
    producer: &mut Producer,
    accounts: &mut Accounts<'_>,
    while_waiting: &mut dyn FnMut(&mut Accounts<'_>),
) -> Wait {
    // librdkafka counts whole milliseconds, and would not wait for a fraction of one.
    producer.poll((time + Duration::from_micros(999)).min(PATIENCE));
    let wait = accounts.settle(producer.inbox());
    while_waiting(accounts);
    accounts.note_signals();
    match accounts.may_wait() {
        true => wait,
        false => Wait::Stop,
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
