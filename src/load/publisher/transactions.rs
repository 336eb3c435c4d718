//! The publishing thread of an exactly-once load: does what the protocol says.
//!
//! Rows are handed over as in any other run, but what they change in the accounts counts only once their transaction is
//! settled: after a rollback the accounts are those of the last settled checkpoint again.

use std::time::{Duration, Instant};

use super::pause::pause_after_fencing;
use super::{Figures, LoadReport, Publisher, Taken};
use crate::kafka::{ConnectErrorKind, TransactionError, TransactionErrorKind};
use crate::load::accounts::{AccountsSavepoint, BrokenTransaction};
use crate::load::batch::BatchTopic;
use crate::load::counts::{Counts, Fate};
use crate::load::exactly_once::{
    Action, Commit, Covered, Ending, Event, Fault, LookError, OpenLoad, PrefixHash, Protocol, Resume, Then,
    Verified,
};
use crate::load::outcome::Abort;
use crate::load::refused::Batches;
use crate::load::stages::{InputNumber, PlannedInput, Stages};
use crate::load::stop::{LoadStop, Stop};
use crate::load::worker::WorkerFailure;
use crate::record::Position;

/// How long a transaction may take to be initialised or committed before it is tried with another producer.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How far an input is covered by the rows that were handed over.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) index: usize,
    pub(super) position: Position,
    pub(super) hash: PrefixHash,
}

/// The state of an exactly-once load on the publishing thread.
pub(super) struct Transactions<'a> {
    pub(super) load: &'a mut OpenLoad,
    pub(super) protocol: Protocol<u64>,
    /// The accounts at the last settled checkpoint.
    pub(super) savepoint: Savepoint,
    /// The rows of earlier runs by input.
    pub(super) before: Vec<Counts>,
    /// When the transaction began, if there is one.
    pub(super) begun: Option<Instant>,
    /// The rows read when it began.
    pub(super) begun_at: u64,
    /// What the commit that is being attempted records.
    pub(super) attempted: Vec<Covered>,
    /// Why the last thing that did not work did not.
    pub(super) fault: Option<String>,
    commits: u64,
    /// Whether anything was received from inputs that can be read only once.
    pub(super) has_taken: bool,
    /// How the transaction ended, if the run did not want to commit it.
    pub(super) aborted: Option<Abort>,
}

pub(super) struct Savepoint {
    pub(super) accounts: AccountsSavepoint,
    figures: Figures,
}

/// Starts the stages for inputs that continue somewhere, with the limits of the topics.
type Start<'s> =
    dyn Fn(Vec<PlannedInput>, Vec<Option<Resume>>, Vec<BatchTopic>) -> Result<Stages, WorkerFailure> + 's;

impl Publisher<'_> {
    /// Publishes all rows in transactions. `start` starts the stages at the last checkpoints.
    pub(in crate::load) fn take_all_in_transactions(
        &mut self,
        load: &mut OpenLoad,
        inputs: &mut [PlannedInput],
        start: &Start<'_>,
    ) {
        let (protocol, mut action) = Protocol::start(load.run(), 0);
        self.accounts.in_transactions = true;
        // Until the checkpoints are read again.
        self.before = load.counts_before();
        self.accounts.ledger.keep_written();
        let signals = self.accounts.interrupts().clone();
        let cut_off = Box::new(move || signals.count() > 1);
        self.sink.producer().stop_asking_when(cut_off);
        // The first commit has no rows, and another client follows it at once.
        self.sink.producer().prepare_renewal();
        let mut transactions = Transactions {
            protocol,
            savepoint: self.savepoint(),
            before: Vec::new(),
            load,
            begun: None,
            begun_at: 0,
            attempted: Vec::new(),
            fault: None,
            commits: 0,
            has_taken: false,
            aborted: None,
        };
        let mut fenced = 0;
        let mut stages: Option<Stages> = None;
        loop {
            let begun = Instant::now();
            let sends = matches!(action, Action::Send);
            let event = match action {
                Action::Look => self.look(&mut transactions),
                Action::Renew => self.renew(&mut transactions),
                Action::Rewind(_) => self.rewind(&mut transactions, inputs, start, &mut stages),
                Action::Send => {
                    match &mut stages {
                        Some(stages) => self.send_rows(&mut transactions, stages),
                        // They could not be started.
                        None => Event::Reached {
                            position: transactions.load.rows(),
                            changed: false,
                            then: Then::End,
                        },
                    }
                }
                Action::Commit(checkpoint) => self.commit(&mut transactions, &checkpoint),
                Action::Settle(_) => {
                    fenced = 0;
                    if self.accounts.refused.end_of_transaction() {
                        self.sink.producer().fill_batches();
                    }
                    transactions.commits += 1;
                    transactions.attempted.clear();
                    for reached in self.reached.drain(..) {
                        let Reached {
                            index,
                            position,
                            hash,
                        } = reached;
                        transactions.load.note_reached(
                            index,
                            Resume {
                                position,
                                hash,
                                has_more: true,
                            },
                        );
                    }
                    transactions.savepoint = self.savepoint();
                    self.accounts.observer.settled();
                    Event::Done
                }
                Action::Abort => self.abort(&mut transactions),
                Action::End(ending) => {
                    self.end(transactions, ending);
                    return;
                }
            };
            if !sends {
                self.accounts.waited.commits += begun.elapsed();
            }
            if event.is_fenced() {
                fenced += 1;
                pause_after_fencing(fenced, self.accounts.interrupts());
            }
            action = transactions.protocol.on(event);
        }
    }

    /// Moves the accounts to the last checkpoint, and starts the stages there.
    fn rewind(
        &mut self,
        transactions: &mut Transactions<'_>,
        inputs: &mut [PlannedInput],
        start: &Start<'_>,
        stages: &mut Option<Stages>,
    ) -> Event<u64> {
        if stages.is_some() && inputs.iter().any(|planned| planned.input.length.is_none()) {
            return self.go_on_without_rewind(transactions);
        }
        self.roll_back(&transactions.savepoint);
        // Before the first row the accounts begin where earlier runs ended.
        if transactions.before.is_empty() {
            self.begin_at_checkpoints(transactions);
        }
        if let Some(stop) = self.found_record(transactions) {
            self.accounts.stop = Some(stop);
            return Event::Abandoned;
        }
        match self.verify(transactions, inputs) {
            Ok(()) => {
                let inputs = inputs.iter_mut().map(PlannedInput::again).collect();
                match start(inputs, transactions.load.resumes(), self.sink.batch_topics()) {
                    Ok(started) => *stages = Some(started),
                    Err(failure) => self.accounts.stop = Some(Stop::Worker(failure)),
                }
            }
            Err(stop) => self.accounts.stop = Some(stop),
        }
        Event::Done
    }

    /// Whether the topics must be left alone. Now no other run with the same name can commit rows any more.
    fn found_record(&mut self, transactions: &Transactions<'_>) -> Option<Stop> {
        if !self.if_empty || transactions.commits > 0 || transactions.load.rows() > 0 {
            return None;
        }
        let signals = self.accounts.interrupts().clone();
        let observer = &mut *self.accounts.observer;
        let found = self
            .sink
            .producer()
            .first_record(&move || signals.count() > 0, &mut || {
                observer.waiting_for_others()
            });
        match found {
            Ok(None) => None,
            Ok(Some(found)) => Some(Stop::NotEmpty(found)),
            Err(_) if self.accounts.interrupts().count() > 0 => Some(Stop::Interrupted),
            Err(error) => Some(Stop::Load(LoadStop::Failed {
                is_lasting: true,
                message: error.to_string(),
            })),
        }
    }

    /// Ends a load that is complete as it ended when it was completed.
    pub(in crate::load) fn take_nothing(&mut self, load: &OpenLoad) {
        self.before = load.counts_before();
        self.accounts.next = None;
        for index in 0..self.accounts.files.len() {
            if let Some(input) = load.of_input(index) {
                self.accounts.files[index].resume_at(&input.position);
            }
        }
        self.load = Some(LoadReport {
            rejected_before: load.rejected_in_last_run(),
            ..self.report(load, 0, None)
        });
    }

    /// Compares the inputs with what was loaded of them. Only regular files that have not changed since they were opened
    /// pass.
    fn verify(&mut self, transactions: &mut Transactions<'_>, inputs: &[PlannedInput]) -> Result<(), Stop> {
        let interrupts = self.accounts.interrupts().clone();
        let goes_on = || interrupts.count() == 0;
        let inputs = inputs.iter().map(|planned| &planned.input);
        match transactions.load.verify(inputs, &goes_on) {
            Ok(Verified::All) => Ok(()),
            Ok(Verified::NotAll) => Err(Stop::Interrupted),
            Err(error) => Err(Stop::Source(error)),
        }
    }

    fn look(&mut self, transactions: &mut Transactions<'_>) -> Event<u64> {
        let Transactions { load, protocol, .. } = transactions;
        let observer = &mut *self.accounts.observer;
        let looked = load.look(protocol.attempted(), &mut || observer.waiting_for_others());
        match looked {
            Ok(seen) => Event::Looked(Ok(seen)),
            Err(_) if self.accounts.is_cut_off() => Event::Cancelled,
            Err(error) => {
                let fault = match &error {
                    LookError::Hidden => Fault::Passing,
                    LookError::Refused(error) if error.kind() == ConnectErrorKind::Authorization => {
                        Fault::Lasting
                    }
                    LookError::Refused(_) => Fault::Passing,
                    LookError::Unreadable(_) => Fault::Lasting,
                };
                transactions.fault = Some(error.to_string());
                Event::Looked(Err(fault))
            }
        }
    }

    fn renew(&mut self, transactions: &mut Transactions<'_>) -> Event<u64> {
        transactions.begun = None;
        self.accounts.broken = None;
        self.learn_from_refusal();
        match self.sink.producer().initialise_transactions(PATIENCE) {
            Ok(()) => Event::Renewed(Ok(())),
            Err(error) if error.kind == TransactionErrorKind::Cancelled => Event::Cancelled,
            // Brokers that cannot have transactions at all do not answer either.
            Err(error) if error.kind == TransactionErrorKind::TimedOut && transactions.commits == 0 => {
                transactions.fault = Some(format!(
                    "{}; brokers without enough replicas for the topic `__transaction_state` do not answer \
                     (`transaction.state.log.replication.factor`, `transaction.state.log.min.isr`)",
                    error.message
                ));
                Event::Renewed(Err(Fault::Lasting))
            }
            Err(error) => Event::Renewed(Err(transactions.note(&error))),
        }
    }

    /// Why the transaction cannot be committed, if so. An error that is the consequence of another one may be known first,
    /// so the other one is waited for.
    pub(super) fn broken(&mut self, transactions: &mut Transactions<'_>) -> Option<Fault> {
        let deadline = Instant::now() + Duration::from_secs(1);
        while self.accounts.broken.as_ref()?.is_consequence && Instant::now() < deadline {
            self.sink.wait_for_reports();
            self.serve();
        }
        transactions.broken(&self.accounts.broken)
    }

    /// Decides what becomes of rows that the brokers refused, before the next producer is created.
    fn learn_from_refusal(&mut self) {
        if !self.accounts.refused.has_new() {
            return;
        }
        let producer = self.sink.producer();
        let limits_are_lower = producer.look_at_limits();
        match self.accounts.refused.decide(limits_are_lower) {
            Batches::Full => {}
            Batches::OfOneRow => producer.send_one_by_one(),
        }
    }

    /// Moves the accounts to where earlier runs of the load ended.
    fn begin_at_checkpoints(&mut self, transactions: &mut Transactions<'_>) {
        let load = &*transactions.load;
        for index in 0..self.accounts.files.len() {
            let input = load.of_input(index);
            transactions
                .before
                .push(input.map_or(Counts::default(), |input| input.counts));
            if let Some(input) = input {
                self.accounts.files[index].resume_at(&input.position);
                self.figures.bytes_read += input.position.decoded_byte;
                self.figures.stored_bytes_read += input.position.decoded_byte;
            }
        }
        self.before = load.counts_before();
        self.continued = load.counts_of_unfinished();
        if let Err(error) = self.accounts.observer.continue_at(&load.kept()) {
            self.accounts.stop = Some(Stop::Observer(error));
        }
        transactions.savepoint = self.savepoint();
    }

    fn savepoint(&mut self) -> Savepoint {
        self.reached.clear();
        Savepoint {
            accounts: self.accounts.savepoint(),
            figures: self.figures.clone(),
        }
    }

    fn roll_back(&mut self, savepoint: &Savepoint) {
        self.reached.clear();
        self.figures.clone_from(&savepoint.figures);
        self.accounts.roll_back(&savepoint.accounts);
    }

    /// Begins a transaction, and hands rows over until a commit is due or the run stops.
    fn send_rows(&mut self, transactions: &mut Transactions<'_>, stages: &mut Stages) -> Event<u64> {
        if let Err(fault) = self.begin(transactions) {
            return Event::SendFailed(fault);
        }
        let (rows, interval) = match transactions.load.settings.commit {
            Commit::Often { rows, interval } => (rows, interval),
            Commit::Once => {
                return match self.send_all(transactions, stages) {
                    Ok(()) => self.reached(transactions, Then::End),
                    Err(event) => event,
                };
            }
        };
        // After a time-out the next transaction is smaller.
        let rows = (rows >> transactions.protocol.fruitless()).max(1);
        let then = loop {
            match self.take_next(stages) {
                Taken::Over => break Then::End,
                Taken::Nothing | Taken::Part => {}
                Taken::Block => {
                    let read = self.accounts.ledger.counts().read - transactions.begun_at;
                    let age = transactions.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
                    if read >= rows || age >= interval && read > 0 {
                        break Then::GoOn;
                    }
                    if read >= rows / 2 || age >= interval / 2 {
                        self.sink.producer().prepare_renewal();
                    }
                }
            }
            if self.accounts.is_cut_off() {
                return Event::Cancelled;
            }
            if let Some(fault) = self.broken(transactions) {
                return Event::SendFailed(fault);
            }
        };
        self.reached(transactions, then)
    }

    /// What was handed over, to be committed.
    fn reached(&mut self, transactions: &mut Transactions<'_>, then: Then) -> Event<u64> {
        let covered = self.covered(transactions, then);
        let position = transactions.load.rows_with(&covered);
        let changed = !covered.is_empty();
        transactions.attempted = covered;
        Event::Reached {
            position,
            changed,
            then,
        }
    }

    pub(super) fn begin(&mut self, transactions: &mut Transactions<'_>) -> Result<(), Fault> {
        if transactions.begun.is_none() {
            self.sink
                .producer()
                .begin_transaction()
                .map_err(|error| transactions.note(&error))?;
            transactions.begun = Some(Instant::now());
            transactions.begun_at = self.accounts.ledger.counts().read;
        }
        Ok(())
    }

    /// Gives every row its fate, and says why the load ended.
    fn end(&mut self, transactions: Transactions<'_>, ending: Ending) {
        let Transactions {
            savepoint,
            fault,
            commits,
            load,
            aborted,
            begun,
            ..
        } = transactions;
        let in_doubt = match ending {
            Ending::Covered | Ending::Abandoned => false,
            Ending::Superseded { in_doubt }
            | Ending::Failed { in_doubt, .. }
            | Ending::Cancelled { in_doubt } => in_doubt,
            Ending::Inconsistent => true,
        };
        let stop = match ending {
            Ending::Covered => None,
            Ending::Superseded { .. } => Some(LoadStop::Superseded),
            Ending::Failed { fault: kind, .. } => Some(LoadStop::Failed {
                is_lasting: kind == Fault::Lasting,
                message: fault.unwrap_or_default(),
            }),
            Ending::Abandoned | Ending::Cancelled { .. } => None,
            Ending::Inconsistent => Some(LoadStop::Inconsistent),
        };
        let mut aborted = aborted;
        if let (Some(_), false, Ending::Failed { .. } | Ending::Cancelled { .. }) = (begun, in_doubt, ending)
        {
            aborted = self.leave_transaction(&ending, load);
        }
        // What was aborted has its fate already.
        if !matches!(ending, Ending::Covered | Ending::Abandoned) {
            let fate = match in_doubt {
                true => Fate::Unknown,
                false => Fate::Unsent,
            };
            let read: Vec<u64> = self.reads_by_input();
            self.roll_back(&savepoint);
            let settled = self.reads_by_input();
            for (index, (read, settled)) in read.iter().zip(settled).enumerate() {
                self.accounts
                    .ledger
                    .enter(InputNumber::new(index), fate, read - settled);
            }
        }
        if let Some(stop) = stop {
            self.accounts.stop = Some(Stop::Load(stop));
        }
        self.accounts.note_signals();
        self.load = Some(self.report(load, commits, aborted));
        self.accounts.in_transactions = false;
    }

    fn report(&self, load: &OpenLoad, commits: u64, aborted: Option<Abort>) -> LoadReport {
        LoadReport {
            name: load.settings.name.clone(),
            before: self.before,
            commits,
            commit: load.settings.commit,
            earlier_runs: load.settings.earlier_runs,
            aborted,
            state: Some(load.state()),
            rejected_before: self.continued.rejected,
        }
    }

    fn reads_by_input(&self) -> Vec<u64> {
        let inputs = 0..self.accounts.files.len();
        inputs
            .map(|index| self.accounts.ledger.counts_of(InputNumber::new(index)).read)
            .collect()
    }
}

impl Transactions<'_> {
    pub(super) fn note(&mut self, error: &TransactionError) -> Fault {
        self.fault = Some(error.message.clone());
        match error.kind {
            TransactionErrorKind::Fenced => Fault::Fenced,
            TransactionErrorKind::Refused | TransactionErrorKind::TimeRefused => Fault::Lasting,
            TransactionErrorKind::TimedOut
            | TransactionErrorKind::Cancelled
            | TransactionErrorKind::Other => Fault::Passing,
        }
    }

    pub(super) fn broken(&mut self, broken: &Option<BrokenTransaction>) -> Option<Fault> {
        let broken = broken.as_ref()?;
        self.fault = Some(broken.message.clone());
        Some(broken.fault)
    }
}
