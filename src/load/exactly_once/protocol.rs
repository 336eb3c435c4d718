//! The protocol of an exactly-once load, as a state machine: events in, actions out.
//!
//! It has neither a clock nor a client, so the code that drives a load is also driven through every order of events that
//! a model of the brokers allows (`search`). Its rules:
//!
//! 1. Rows and the checkpoint that covers them are in one transaction (KIP-98), so both are on the topics or neither is.
//! 2. **The checkpoint, never the result of a commit, decides what is on the topic.** After a commit, whatever its
//!    result, the checkpoint is read.
//! 3. **Each producer has one transaction.** librdkafka repeats a request to end a transaction by itself, and brokers
//!    accept a late copy in the next transaction of the same producer epoch (the fault that KIP-890 describes; librdkafka
//!    does not implement it). The next producer has a higher epoch, so a late copy is refused. Only the last commit is
//!    not followed by a new producer if its result was clear and the checkpoint confirms it: no transaction follows it.
//! 4. A producer is initialised before the checkpoint is read: this ends what an earlier one left, so that what is read
//!    cannot change any more.
//! 5. A run writes a checkpoint before its first row. Another run that finds this run's producer fenced sees in the
//!    checkpoint who continues the load.
//! 6. A transaction that must not be committed is aborted, and the run ends: its producer has no other transaction that a
//!    late copy of the request could end.

/// Identifies a run of a load.
pub(crate) type RunId = u64;

/// A state of the load that is recorded with the rows before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Checkpoint<P> {
    /// The run that wrote it.
    pub(crate) run: RunId,
    /// How many checkpoints of the load were written before it.
    pub(crate) number: u64,
    /// Where the first row starts that is not covered.
    pub(crate) position: P,
}

/// The result of reading the checkpoints of the load, up to the end of their partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Seen<P> {
    /// The last committed one; none before the load has begun.
    pub(crate) last: Option<Checkpoint<P>>,
    /// What became of the one that this run tried to commit last.
    pub(crate) attempt: Attempt,
}

/// What became of a checkpoint that a run tried to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Attempt {
    /// It was committed.
    Committed,
    /// Another run committed the one with its number, so it was not and never will be.
    Replaced,
    /// Neither was found, which proves nothing: the log cleaner removes checkpoints that others follow.
    NotFound,
}

/// Why something did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// It may work with a new producer.
    Passing,
    /// Another producer with the same transactional id was initialised, or the brokers ended the transaction because
    /// it took too long.
    Fenced,
    /// The brokers refused rows, which will be rejected; the others are repeated.
    Rows,
    /// It will not work: a missing right, a fatal setting.
    Lasting,
}

/// Whether the load continues after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Then {
    /// More rows follow.
    GoOn,
    /// No row follows: the inputs are at their end, or the run stops.
    End,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Event<P> {
    /// The result of [`Action::Look`].
    Looked(Result<Seen<P>, Fault>),
    /// The result of [`Action::Renew`].
    Renewed(Result<(), Fault>),
    /// [`Action::Rewind`], [`Action::Settle`] or [`Action::Abort`] is done.
    Done,
    /// The result of [`Action::Send`]: rows up to a position were handed over.
    Reached {
        position: P,
        /// Whether there is anything to commit.
        changed: bool,
        then: Then,
    },
    /// The result of [`Action::Send`]: a row was not delivered, or the producer cannot continue.
    SendFailed(Fault),
    /// In place of the result of [`Action::Rewind`] or [`Action::Send`]: the rows since the last checkpoint must not be
    /// committed.
    Abandoned,
    /// The result of [`Action::Commit`]. A success only means that no error was noticed.
    Committed(Result<(), Fault>),
    /// The user does not want to wait any longer.
    Cancelled,
}

impl<P> Event<P> {
    /// Whether another producer was initialised, or the transaction took too long.
    pub(crate) fn is_fenced(&self) -> bool {
        let fault = match self {
            Event::Looked(Err(fault)) | Event::Renewed(Err(fault)) | Event::Committed(Err(fault)) => fault,
            Event::SendFailed(fault) => fault,
            _ => return false,
        };
        *fault == Fault::Fenced
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Action<P> {
    /// Read the load's checkpoints up to the end of their partition (the high watermark), however long another
    /// transaction hides them. Records that are received after this end count too: the log cleaner may have removed those
    /// before it.
    Look,
    /// Drop the producer, create another one with the same transactional id, and initialise its transactions.
    Renew,
    /// Continue reading at this position. What was handed over since then was not committed.
    Rewind(P),
    /// Begin a transaction and hand over rows until a commit is due.
    Send,
    /// Add this checkpoint to the transaction, wait for all delivery reports, and commit.
    Commit(Checkpoint<P>),
    /// All rows before this position are on the topic.
    Settle(P),
    /// Abort the transaction, if there is one. If that does not work, the brokers abort it after its time-out, since no
    /// commit was requested.
    Abort,
    /// Nothing more.
    End(Ending),
}

/// How the protocol ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    /// Everything that was handed over is covered by a checkpoint.
    Covered,
    /// Another run continues the load. Whether the rows since the last settled checkpoint are on the topic is known
    /// from `in_doubt`.
    Superseded { in_doubt: bool },
    /// It did not work. If `in_doubt`, a commit was attempted, and no checkpoint could be read afterwards.
    Failed { fault: Fault, in_doubt: bool },
    /// The rows since the last settled checkpoint were aborted, as the run wanted.
    Abandoned,
    /// The user did not want to wait.
    Cancelled { in_doubt: bool },
    /// The checkpoints are not those that this run could have left.
    Inconsistent,
}

/// How often in a row nothing is gained before the run gives up.
const MAX_FRUITLESS: u32 = 4;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    /// Reading the checkpoint before anything is changed.
    LookingFirst,
    Renewing,
    /// Reading the checkpoint after the producer was initialised.
    Looking,
    /// Reading the checkpoint after a last commit with a clear result.
    Confirming,
    /// Reading the checkpoint because the producer was fenced.
    LookingFenced,
    Rewinding,
    /// Committing a checkpoint without rows, the first one of the run.
    Opening,
    /// Reporting rows as delivered; how the run ends then, if no row follows.
    Settling(Option<Ending>),
    Sending,
    Committing(Then),
    /// Aborting the transaction because the run wants to.
    Aborting,
    Ended(Ending),
}

/// The state of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Protocol<P> {
    run: RunId,
    /// Where the first row of the load starts.
    first: P,
    state: State,
    /// The last checkpoint that was read.
    last: Option<Checkpoint<P>>,
    /// Whether it was written by this run.
    is_open: bool,
    /// A checkpoint that was perhaps committed.
    attempted: Option<(Checkpoint<P>, Then)>,
    fruitless: u32,
}

impl<P: Clone + PartialEq> Protocol<P> {
    /// The protocol of one run, and what it does first. The first row of the load starts at `first`.
    pub(crate) fn start(run: RunId, first: P) -> (Protocol<P>, Action<P>) {
        let protocol = Protocol {
            run,
            first,
            state: State::LookingFirst,
            last: None,
            is_open: false,
            attempted: None,
            fruitless: 0,
        };
        (protocol, Action::Look)
    }

    /// The checkpoint that was attempted and of which the result is not known yet.
    pub(crate) fn attempted(&self) -> Option<&Checkpoint<P>> {
        self.attempted.as_ref().map(|(attempted, _)| attempted)
    }

    /// How often in a row nothing was gained. A commit counts until it is known that it succeeded. Transactions should
    /// become smaller, since they may have taken too long.
    pub(crate) fn fruitless(&self) -> u32 {
        self.fruitless
    }

    /// Takes the result of the last action, and returns the next one.
    ///
    /// # Panics
    /// The event is not a result of the last action.
    pub(crate) fn on(&mut self, event: Event<P>) -> Action<P> {
        match (&self.state, event) {
            (State::Ended(ending), _) => Action::End(*ending),
            (_, Event::Cancelled) => self.end(Ending::Cancelled {
                in_doubt: self.is_in_doubt(),
            }),
            (State::LookingFirst, Event::Looked(Ok(seen))) => {
                self.last = seen.last;
                self.renew()
            }
            (State::LookingFenced, Event::Looked(Ok(seen))) => self.judge_fenced(&seen),
            (State::Confirming, Event::Looked(Ok(seen))) => {
                match seen.last.as_ref() == self.attempted() || self.is_superseded(&seen) {
                    true => self.judge(seen),
                    false => self.renew(),
                }
            }
            (State::Looking, Event::Looked(Ok(seen))) => self.judge(seen),
            (
                State::LookingFirst | State::LookingFenced | State::Confirming | State::Looking,
                Event::Looked(Err(fault)),
            )
            | (State::Renewing, Event::Renewed(Err(fault)))
            | (State::Sending, Event::SendFailed(fault)) => self.try_again(fault),
            (State::Renewing, Event::Renewed(Ok(()))) => self.look(State::Looking),
            (State::Rewinding, Event::Done) => match self.is_open {
                true => self.send(),
                false => self.open(),
            },
            (State::Rewinding | State::Sending, Event::Abandoned) => {
                self.state = State::Aborting;
                Action::Abort
            }
            (State::Aborting, Event::Done) => self.end(Ending::Abandoned),
            (State::Settling(None), Event::Done) => self.send(),
            (State::Settling(Some(ending)), Event::Done) => {
                let ending = *ending;
                self.end(ending)
            }
            (
                State::Sending,
                Event::Reached {
                    changed: false,
                    then: Then::End,
                    ..
                },
            ) => self.end(Ending::Covered),
            (State::Sending, Event::Reached { position, then, .. }) => {
                self.commit(position, then, State::Committing(then))
            }
            (State::Opening, Event::Committed(result)) => self.committed(result, Then::GoOn),
            (State::Committing(then), Event::Committed(result)) => {
                let then = *then;
                self.committed(result, then)
            }
            (state, _) => panic!("the event is no result of the action in state {}", state.name()),
        }
    }

    fn look(&mut self, state: State) -> Action<P> {
        self.state = state;
        Action::Look
    }

    fn renew(&mut self) -> Action<P> {
        self.state = State::Renewing;
        Action::Renew
    }

    fn send(&mut self) -> Action<P> {
        self.state = State::Sending;
        Action::Send
    }

    fn end(&mut self, ending: Ending) -> Action<P> {
        self.state = State::Ended(ending);
        Action::End(ending)
    }

    /// Records who continues the load, at the position where it is.
    fn open(&mut self) -> Action<P> {
        let position = self.position();
        self.commit(position, Then::GoOn, State::Opening)
    }

    /// Where the load continues.
    fn position(&self) -> P {
        self.last
            .as_ref()
            .map_or(&self.first, |last| &last.position)
            .clone()
    }

    fn commit(&mut self, position: P, then: Then, state: State) -> Action<P> {
        self.fruitless += 1;
        let checkpoint = Checkpoint {
            run: self.run,
            number: self.last.as_ref().map_or(0, |last| last.number + 1),
            position,
        };
        self.attempted = Some((checkpoint.clone(), then));
        self.state = state;
        Action::Commit(checkpoint)
    }

    fn committed(&mut self, result: Result<(), Fault>, then: Then) -> Action<P> {
        match result {
            Ok(()) if then == Then::End => self.look(State::Confirming),
            Ok(()) => self.renew(),
            Err(Fault::Fenced) => self.look(State::LookingFenced),
            // Even then the brokers may have committed.
            Err(Fault::Passing | Fault::Lasting) => self.renew(),
            Err(Fault::Rows) => {
                self.fruitless -= 1;
                self.renew()
            }
        }
    }

    /// Judges what was read because the producer was fenced.
    fn judge_fenced(&mut self, seen: &Seen<P>) -> Action<P> {
        if self.is_superseded(seen) {
            return self.superseded(seen);
        }
        // A run that gives up does not fence another one first: otherwise both might give up.
        if self.fruitless > MAX_FRUITLESS {
            let in_doubt = self.is_in_doubt();
            return self.end(Ending::Failed {
                fault: Fault::Fenced,
                in_doubt,
            });
        }
        self.renew()
    }

    /// Judges what was read after a producer was initialised.
    fn judge(&mut self, seen: Seen<P>) -> Action<P> {
        if self.is_superseded(&seen) {
            return self.superseded(&seen);
        }
        if let Some((attempted, then)) = self.attempted.take()
            && seen.last.as_ref() == Some(&attempted)
        {
            let position = attempted.position.clone();
            self.last = Some(attempted);
            self.is_open = true;
            self.fruitless = 0;
            return self.settle(position, (then == Then::End).then_some(Ending::Covered));
        }
        if self.is_open && seen.last != self.last {
            return self.end(Ending::Inconsistent);
        }
        if self.fruitless > MAX_FRUITLESS {
            return self.end(Ending::Failed {
                fault: Fault::Passing,
                in_doubt: false,
            });
        }
        self.last = seen.last;
        self.state = State::Rewinding;
        Action::Rewind(self.position())
    }

    /// Whether another run wrote a checkpoint after this one.
    fn is_superseded(&self, seen: &Seen<P>) -> bool {
        let is_other = seen.last.as_ref().is_some_and(|last| last.run != self.run);
        // Before its own first checkpoint a run finds that of an earlier one.
        is_other && (self.is_open || self.attempted.is_some() && seen.last != self.last)
    }

    /// Whether rows are perhaps committed that were not settled. The first checkpoint of a run covers none of its rows.
    fn is_in_doubt(&self) -> bool {
        self.is_open && self.attempted.is_some()
    }

    /// Another run continues. What this run committed last is reported as delivered before the end.
    fn superseded(&mut self, seen: &Seen<P>) -> Action<P> {
        let ending = Ending::Superseded {
            in_doubt: self.is_in_doubt() && seen.attempt == Attempt::NotFound,
        };
        match self.attempted.take() {
            Some((attempted, _)) if seen.attempt == Attempt::Committed => {
                self.settle(attempted.position, Some(ending))
            }
            _ => self.end(ending),
        }
    }

    fn settle(&mut self, position: P, ending: Option<Ending>) -> Action<P> {
        self.state = State::Settling(ending);
        Action::Settle(position)
    }

    fn try_again(&mut self, fault: Fault) -> Action<P> {
        // Without the rows that were refused, the next attempt differs.
        if fault != Fault::Rows {
            self.fruitless += 1;
        }
        if fault == Fault::Lasting || self.fruitless > MAX_FRUITLESS {
            let in_doubt = self.is_in_doubt();
            return self.end(Ending::Failed { fault, in_doubt });
        }
        match (fault, &self.state) {
            (Fault::Fenced, State::Sending) => self.look(State::LookingFenced),
            (_, State::LookingFirst) => self.look(State::LookingFirst),
            _ => self.renew(),
        }
    }
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            State::LookingFirst | State::LookingFenced | State::Looking | State::Confirming => "looking",
            State::Renewing => "renewing",
            State::Rewinding => "rewinding",
            State::Opening => "opening",
            State::Settling(_) => "settling",
            State::Sending => "sending",
            State::Committing(_) => "committing",
            State::Aborting => "aborting",
            State::Ended(_) => "ended",
        }
    }
}
