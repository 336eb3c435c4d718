//! The publishing thread of an exactly-once load: does what the protocol says.
//!
//! Rows are handed over as in any other run, but what they change in the accounts counts only once their transaction is
//! settled: after a rollback the accounts are those of the last settled checkpoint again.

use std::time::{Duration, Instant};

use super::{Figures, LoadReport, Publisher, Taken};
use crate::kafka::{ConnectErrorKind, RowTag, TransactionError, TransactionErrorKind};
use crate::load::accounts::{Accounts, AccountsSavepoint, BrokenTransaction};
use crate::load::counts::{Counts, Fate};
use crate::load::exactly_once::{
    Action, Checkpoint, Covered, Ending, Event, Fault, LookError, OpenLoad, PrefixHash, Protocol, Resume,
    Then, Verified,
};
use crate::load::file_outcome::ReadExtent;
use crate::load::observer::Kept;
use crate::load::stages::{InputNumber, PlannedInput, Stages};
use crate::load::stop::{LoadStop, Stop};
use crate::load::worker::WorkerFailure;
use crate::record::Position;

/// How long a transaction may take to be initialised or committed before it is tried with another producer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far an input is covered by the rows that were handed over.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) index: usize,
    pub(super) position: Position,
    pub(super) hash: PrefixHash,
}

/// The state of an exactly-once load on the publishing thread.
pub(super) struct Transactions<'a> {
    load: &'a mut OpenLoad,
    protocol: Protocol<u64>,
    /// The accounts at the last settled checkpoint.
    savepoint: Savepoint,
    /// The rows of earlier runs by input.
    before: Vec<Counts>,
    /// When the transaction began, if there is one.
    begun: Option<Instant>,
    /// The rows read when it began.
    begun_at: u64,
    /// What the commit that is being attempted records.
    attempted: Vec<Covered>,
    /// Why the last thing that did not work did not.
    fault: Option<String>,
    commits: u64,
}

struct Savepoint {
    accounts: AccountsSavepoint,
    figures: Figures,
}

impl Publisher<'_> {
    /// Publishes all rows in transactions. `start` starts the stages at the last checkpoints.
    pub(in crate::load) fn take_all_in_transactions(
        &mut self,
        load: &mut OpenLoad,
        inputs: &[PlannedInput],
        start: &dyn Fn(Vec<PlannedInput>, Vec<Option<Resume>>) -> Result<Stages, WorkerFailure>,
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
        };
        let mut stages: Option<Stages> = None;
        loop {
            let event = match action {
                Action::Look => self.look(&mut transactions),
                Action::Renew => self.renew(&mut transactions),
                Action::Rewind(_) => {
                    self.roll_back(&transactions.savepoint);
                    // Before the first row the accounts begin where earlier runs ended.
                    if transactions.before.is_empty() {
                        self.begin_at_checkpoints(&mut transactions);
                    }
                    match self.verify(&mut transactions, inputs) {
                        Ok(()) => {
                            let inputs = inputs.iter().map(PlannedInput::again).collect();
                            match start(inputs, transactions.load.resumes()) {
                                Ok(started) => stages = Some(started),
                                Err(failure) => self.accounts.stop = Some(Stop::Worker(failure)),
                            }
                        }
                        Err(stop) => self.accounts.stop = Some(stop),
                    }
                    Event::Done
                }
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
                Action::End(ending) => {
                    self.end(transactions, ending);
                    return;
                }
            };
            action = transactions.protocol.on(event);
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
            name: load.settings.name.clone(),
            before: self.before,
            commits: 0,
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
        match self.sink.producer().renew(PATIENCE) {
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
        let kept: Vec<_> = (0..self.accounts.files.len())
            .map(|index| load.of_input(index)?.rejects)
            .collect();
        if let Err(error) = self.accounts.observer.continue_at(&kept) {
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
        // After a time-out the next transaction is smaller.
        let rows = (transactions.load.settings.commit_rows >> transactions.protocol.fruitless()).max(1);
        let interval = transactions.load.settings.commit_interval;
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
            if let Some(fault) = transactions.broken(&self.accounts.broken) {
                return Event::SendFailed(fault);
            }
        };
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

    fn begin(&mut self, transactions: &mut Transactions<'_>) -> Result<(), Fault> {
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

    /// How far the inputs are covered by what was handed over since the last savepoint.
    fn covered(&mut self, transactions: &Transactions<'_>, then: Then) -> Vec<Covered> {
        let load = &*transactions.load;
        let files = &self.accounts.files;
        let is_complete = |index: usize| files[index].read == ReadExtent::Complete;
        let mut covered: Vec<Covered> = Vec::new();
        for reached in &self.reached {
            covered.push(Covered {
                position: reached.position,
                digest: reached.hash.digest(),
                is_complete: is_complete(reached.index),
                rejects: self
                    .accounts
                    .observer
                    .kept_extent(InputNumber::new(reached.index)),
                ..load.as_it_is(reached.index)
            });
        }
        if then == Then::End {
            // Inputs of which it was not known at their last checkpoints that no row follows.
            for index in 0..files.len() {
                let is_new = load.of_input(index).is_none_or(|input| !input.is_complete);
                if is_complete(index) && is_new && self.reached.iter().all(|reached| reached.index != index) {
                    covered.push(Covered {
                        is_complete: true,
                        ..load.as_it_is(index)
                    });
                }
            }
        }
        covered
    }

    /// Waits for all reports, adds the checkpoint and commits.
    fn commit(&mut self, transactions: &mut Transactions<'_>, checkpoint: &Checkpoint<u64>) -> Event<u64> {
        if let Err(fault) = self.begin(transactions) {
            return Event::Committed(Err(fault));
        }
        if transactions.attempted.is_empty() {
            transactions.attempted = transactions.load.opening();
        }
        if let Err(event) =
            self.await_reports(transactions, None, |accounts| accounts.ledger.in_flight() == 0)
        {
            return event;
        }
        // The counts of delivered rows are known only now.
        let stopped_at = match &self.accounts.stop {
            Some(Stop::Row {
                at, kept: Kept::No, ..
            }) => Some(at.input.index()),
            _ => None,
        };
        for covered in &mut transactions.attempted {
            let mut counts = transactions.before[covered.index];
            counts.add_all(&self.accounts.ledger.counts_of(InputNumber::new(covered.index)));
            // The row that stopped the run is rejected in this run only: the next one reads it again.
            if stopped_at == Some(covered.index) {
                counts.read -= 1;
                counts.rejected -= 1;
            }
            covered.counts = counts;
            let written = self.accounts.ledger.written(InputNumber::new(covered.index));
            covered.written = transactions.load.written_with(covered.index, written);
        }
        let records = transactions.load.records(checkpoint, &transactions.attempted);
        let partition = transactions.load.partition();
        let mut waiting = 0;
        for (key, value) in &records {
            match self
                .sink
                .producer()
                .send_checkpoint(partition, key, Some(value), RowTag::CHECKPOINT)
            {
                0 => waiting += 1,
                code => {
                    transactions.fault = Some(format!("the checkpoint could not be sent (error {code})"));
                    return Event::Committed(Err(Fault::Passing));
                }
            }
        }
        let deadline = Instant::now() + PATIENCE;
        self.accounts.checkpoints_reported = 0;
        let are_reported = |accounts: &Accounts<'_>| accounts.checkpoints_reported >= waiting;
        if let Err(event) = self.await_reports(transactions, Some(deadline), are_reported) {
            return event;
        }
        let committed = self.sink.producer().commit_transaction(PATIENCE);
        transactions.begun = None;
        match committed {
            Ok(()) => Event::Committed(Ok(())),
            Err(error) if error.kind == TransactionErrorKind::Cancelled => Event::Cancelled,
            Err(error) => Event::Committed(Err(transactions.note(&error))),
        }
    }

    /// Has everything sent, and waits for reports until `is_done`; otherwise returns why the commit is not tried.
    fn await_reports(
        &mut self,
        transactions: &mut Transactions<'_>,
        deadline: Option<Instant>,
        is_done: impl Fn(&Accounts<'_>) -> bool,
    ) -> Result<(), Event<u64>> {
        while !is_done(&self.accounts) {
            self.sink.flush_briefly();
            self.serve();
            if self.accounts.is_cut_off() {
                return Err(Event::Cancelled);
            }
            if let Some(fault) = transactions.broken(&self.accounts.broken) {
                return Err(Event::Committed(Err(fault)));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Event::Committed(Err(Fault::Passing)));
            }
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
            ..
        } = transactions;
        let in_doubt = match ending {
            Ending::Covered => false,
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
            Ending::Cancelled { .. } => None,
            Ending::Inconsistent => Some(LoadStop::Inconsistent),
        };
        if ending != Ending::Covered {
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
        self.load = Some(LoadReport {
            name: load.settings.name.clone(),
            before: self.before,
            commits,
        });
        self.accounts.in_transactions = false;
    }

    fn reads_by_input(&self) -> Vec<u64> {
        let inputs = 0..self.accounts.files.len();
        inputs
            .map(|index| self.accounts.ledger.counts_of(InputNumber::new(index)).read)
            .collect()
    }
}

impl Transactions<'_> {
    fn note(&mut self, error: &TransactionError) -> Fault {
        self.fault = Some(error.message.clone());
        match error.kind {
            TransactionErrorKind::Fenced => Fault::Fenced,
            TransactionErrorKind::Refused => Fault::Lasting,
            TransactionErrorKind::TimedOut
            | TransactionErrorKind::Cancelled
            | TransactionErrorKind::Other => Fault::Passing,
        }
    }

    fn broken(&mut self, broken: &Option<BrokenTransaction>) -> Option<Fault> {
        let broken = broken.as_ref()?;
        self.fault = Some(broken.message.clone());
        Some(broken.fault)
    }
}
