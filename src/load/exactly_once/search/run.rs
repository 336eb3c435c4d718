//! One process that loads: the protocol, and a client that does its actions request by request.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::guards::Shortcut;
use super::requests::{Answer, Content, Partition, Request, Row};
use super::rules::Rules;
use crate::load::exactly_once::protocol::{
    Action, Checkpoint, Ending, Event, Fault, Protocol, RunId, Seen, Then,
};

/// What a run does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// Asks for the high watermark of the checkpoints.
    AskEnd,
    /// Reads up to the high watermark.
    Read,
    Initialise,
    /// Rewinds or settles: nothing that others see.
    Internal,
    /// Notices that no row is left.
    FindEnd,
    AddRows,
    SendRow,
    /// Hands over another row, or commits.
    Choose,
    AddCheckpoint,
    SendCheckpoint,
    Commit,
    /// Ends the transaction without a commit.
    Abort,
    Ended(Ending),
    Panicked,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) number: u8,
    pub(super) task: Task,
    /// All rows before this one are reported as delivered.
    pub(super) settled: u8,
    /// The epoch of the producer.
    pub(super) epoch: Option<u8>,
    /// Whether a transaction begins although one was ended with this producer.
    pub(super) has_second_transaction: bool,
    protocol: Protocol<u8>,
    /// The next row to hand over.
    position: u8,
    /// How many batches the producer sent to each partition.
    batches: [u8; 2],
    /// Whether the producer tried to commit.
    is_spent: bool,
    shortcut: Shortcut,
}

impl Run {
    /// A new process.
    pub(super) fn start(number: u8, rules: &Rules) -> Run {
        let shortcut = Shortcut::new(rules);
        let (protocol, action) = Protocol::start(shortcut.identity(number), 0);
        assert_eq!(action, Action::Look);
        Run {
            number,
            task: Task::AskEnd,
            settled: 0,
            epoch: None,
            has_second_transaction: false,
            protocol,
            position: 0,
            batches: [0; 2],
            is_spent: false,
            shortcut,
        }
    }

    pub(super) fn identity(&self) -> RunId {
        self.shortcut.identity(self.number)
    }

    pub(super) fn attempted(&self) -> Option<&Checkpoint<u8>> {
        self.protocol.attempted()
    }

    pub(super) fn fruitless(&self) -> u32 {
        self.protocol.fruitless()
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self.task, Task::Ended(_) | Task::Panicked)
    }

    /// Whether the task changes nothing that another run or the brokers can notice.
    pub(super) fn is_internal(&self) -> bool {
        matches!(self.task, Task::Internal | Task::FindEnd)
    }

    pub(super) fn rows_left(&self, rules: &Rules) -> bool {
        self.position < rules.rows
    }

    /// The request that the task sends.
    pub(super) fn request(&self) -> Option<Request> {
        let epoch = || self.epoch.expect("a producer is initialised before it is used");
        let add = |partition| Request::Add {
            epoch: epoch(),
            partition,
        };
        let produce = |partition: Partition, content| Request::Produce {
            epoch: epoch(),
            sequence: self.batches[partition as usize],
            content,
        };
        Some(match self.task {
            Task::Initialise => Request::Init,
            Task::AddRows => add(Partition::Rows),
            Task::AddCheckpoint => add(Partition::Checkpoints),
            Task::SendRow => {
                let row = Row {
                    number: self.position,
                    run: self.number,
                };
                produce(Partition::Rows, Content::Row(row))
            }
            Task::SendCheckpoint => {
                let checkpoint = self.attempted().expect("a commit has a checkpoint").clone();
                produce(Partition::Checkpoints, Content::Checkpoint(checkpoint))
            }
            Task::Commit => Request::Commit { epoch: epoch() },
            Task::Abort => Request::Abort { epoch: epoch() },
            _ => return None,
        })
    }

    /// Takes the answer to the request.
    pub(super) fn answered(&mut self, answer: Answer, rules: &Rules) {
        match (answer, self.task) {
            (Answer::Later, _) => {}
            // Whatever the answer, the transaction is not committed.
            (Answer::Done | Answer::Fenced | Answer::Invalid, Task::Abort) => self.on(Event::Done, rules),
            (Answer::Fenced, _) => self.fail(Fault::Fenced, rules),
            (Answer::Invalid, _) => self.fail(Fault::Passing, rules),
            (Answer::Epoch(epoch), _) => {
                self.epoch = Some(epoch);
                self.on(Event::Renewed(Ok(())), rules);
            }
            (Answer::Done, Task::AddRows) => self.task = Task::SendRow,
            (Answer::Done, Task::SendRow) => {
                self.position += 1;
                self.batches[Partition::Rows as usize] += 1;
                self.task = Task::Choose;
            }
            (Answer::Done, Task::AddCheckpoint) => self.task = Task::SendCheckpoint,
            (Answer::Done, Task::SendCheckpoint) => {
                self.batches[Partition::Checkpoints as usize] += 1;
                self.task = Task::Commit;
            }
            (Answer::Done, task) => {
                assert_eq!(task, Task::Commit);
                self.on(Event::Committed(Ok(())), rules);
            }
        }
    }

    /// Another row follows in the same transaction.
    pub(super) fn send_another(&mut self) {
        self.task = Task::SendRow;
    }

    /// Enough rows were handed over.
    pub(super) fn reach(&mut self, then: Then, rules: &Rules) {
        let position = self.position;
        let event = Event::Reached {
            position,
            changed: true,
            then,
        };
        self.on(event, rules);
    }

    pub(super) fn finish_internal(&mut self, rules: &Rules) {
        let event = match self.task {
            Task::FindEnd => Event::Reached {
                position: self.position,
                changed: false,
                then: Then::End,
            },
            _ => Event::Done,
        };
        self.on(event, rules);
    }

    pub(super) fn saw(&mut self, seen: Seen<u8>, rules: &Rules) {
        if self.shortcut.is_early() {
            self.shortcut.keep(seen);
            self.task = Task::Initialise;
        } else {
            self.on(Event::Looked(Ok(seen)), rules);
        }
    }

    pub(super) fn cancel(&mut self, rules: &Rules) {
        self.on(Event::Cancelled, rules);
    }

    /// The rows since the last checkpoint must not be committed.
    pub(super) fn abandon(&mut self, rules: &Rules) {
        self.on(Event::Abandoned, rules);
    }

    pub(super) fn fail(&mut self, fault: Fault, rules: &Rules) {
        let event = match self.task {
            Task::Abort => Event::Done,
            Task::AskEnd | Task::Read if !self.shortcut.is_early() => Event::Looked(Err(fault)),
            Task::AskEnd | Task::Read | Task::Initialise => Event::Renewed(Err(fault)),
            Task::AddRows | Task::SendRow | Task::Choose => Event::SendFailed(fault),
            _ => Event::Committed(Err(fault)),
        };
        self.on(event, rules);
    }

    fn on(&mut self, event: Event<u8>, rules: &Rules) {
        self.shortcut.before(&event, self.protocol.attempted());
        // A closure that panics leaves a protocol that is not used any more.
        let Ok(action) = catch_unwind(AssertUnwindSafe(|| self.protocol.on(event))) else {
            self.task = Task::Panicked;
            return;
        };
        if let Some(event) = self.shortcut.instead_of(&action) {
            return self.on(event, rules);
        }
        self.task = match action {
            Action::Look => Task::AskEnd,
            Action::Renew => {
                self.epoch = None;
                self.batches = [0; 2];
                self.is_spent = false;
                self.shortcut.first_of_renewal()
            }
            Action::Rewind(position) => {
                self.position = position;
                Task::Internal
            }
            Action::Settle(position) => {
                self.settled = position;
                Task::Internal
            }
            // No row was handed over yet.
            Action::Abort if self.batches == [0; 2] => Task::Internal,
            Action::Abort => Task::Abort,
            Action::Send if self.position == rules.rows => Task::FindEnd,
            Action::Send => {
                self.has_second_transaction |= self.is_spent;
                Task::AddRows
            }
            Action::Commit(_) => {
                self.has_second_transaction |= self.is_spent;
                self.is_spent = true;
                Task::AddCheckpoint
            }
            Action::End(ending) => Task::Ended(ending),
        };
    }
}
