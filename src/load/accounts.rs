//! The publishing thread's accounts of the rows: the ledger, the observer, and why the run stops.
//!
//! Separate from the sink, so that reports can be entered while a batch waits for room in the client's queue.

use std::time::Instant;

use super::counts::Fate;
use super::encoded_block::EncodedBlock;
use super::exactly_once::Fault;
use super::file_outcome::{FileOutcome, FileProgress, ReadExtent};
use super::interrupt::Interrupts;
use super::ledger::{Ledger, LedgerSavepoint, UndeliveredRow};
use super::left_over::LeftOver;
use super::observer::{Kept, ObservedRow, Observer, Phase};
use super::refused::RefusedRows;
use super::stages::InputNumber;
use super::stop::{InputPosition, NoStart, Stop};
use super::waited::Waited;
use crate::encode::RowError;
use crate::kafka::{DeliveryError, Inbox, Outcome, Report, RowTag, Wait};
use crate::record::Position;

/// The accounts of a run, kept by the publishing thread.
pub(super) struct Accounts<'a> {
    pub(super) ledger: Ledger,
    pub(super) files: Vec<FileOutcome>,
    pub(super) observer: &'a mut dyn Observer,
    interrupts: Interrupts,
    max_failures: u64,
    /// Why the run stops, if it does.
    pub(super) stop: Option<Stop>,
    /// Where a run would resume that begins where this one ended.
    pub(super) next: Option<InputPosition>,
    /// The end of the last block that was read.
    reached: Option<InputPosition>,
    /// Rows that are neither certainly on the topic nor kept.
    pub(super) left: LeftOver,
    /// How often the run waited because the queue was full.
    pub(super) full_queue_waits: u64,
    /// What was waited for.
    pub(super) waited: Waited,
    /// The messages of the current batch that wait until they are due.
    pub(super) not_due: u64,
    /// Memory for the reports that are being entered.
    reports: Vec<Report>,
    /// Whether rows are sent in transactions. An undelivered row is then no loss: its transaction is not committed.
    pub(super) in_transactions: bool,
    /// When all rows must have been delivered, if they are in one transaction.
    pub(super) commit_before: Option<Instant>,
    /// Why the transaction cannot be committed.
    pub(super) broken: Option<BrokenTransaction>,
    /// Rows that the brokers refuse, in transactions.
    pub(super) refused: RefusedRows,
    /// How many checkpoints were acknowledged.
    pub(super) checkpoints_reported: u64,
}

/// Why a transaction cannot be committed.
#[derive(Debug)]
pub(super) struct BrokenTransaction {
    pub(super) fault: Fault,
    pub(super) message: String,
    /// Whether another error must have come before.
    pub(super) is_consequence: bool,
}

/// The accounts at a time when no row was in flight.
#[derive(Debug)]
pub(super) struct AccountsSavepoint {
    ledger: LedgerSavepoint,
    files: Vec<FileProgress>,
    next: Option<InputPosition>,
    reached: Option<InputPosition>,
}

impl<'a> Accounts<'a> {
    pub(super) fn new(
        files: Vec<FileOutcome>,
        observer: &'a mut dyn Observer,
        interrupts: Interrupts,
        max_failures: u64,
        topics: usize,
    ) -> Accounts<'a> {
        Accounts {
            ledger: Ledger::new(files.len(), topics),
            observer,
            interrupts,
            max_failures,
            stop: None,
            next: files.first().map(|file| InputPosition {
                input: InputNumber::new(0),
                position: file.first_row,
            }),
            reached: None,
            left: LeftOver::default(),
            files,
            full_queue_waits: 0,
            waited: Waited::default(),
            not_due: 0,
            reports: Vec::new(),
            in_transactions: false,
            commit_before: None,
            broken: None,
            refused: RefusedRows::default(),
            checkpoints_reported: 0,
        }
    }

    /// The accounts now, while no row is in flight.
    pub(super) fn savepoint(&mut self) -> AccountsSavepoint {
        AccountsSavepoint {
            ledger: self.ledger.savepoint(),
            files: self.files.iter().map(FileOutcome::progress).collect(),
            next: self.next,
            reached: self.reached,
        }
    }

    /// Makes the accounts what they were.
    pub(super) fn roll_back(&mut self, savepoint: &AccountsSavepoint) {
        self.ledger.roll_back(&savepoint.ledger);
        for (file, progress) in self.files.iter_mut().zip(&savepoint.files) {
            file.roll_back(progress);
        }
        self.next = savepoint.next;
        self.reached = savepoint.reached;
        self.broken = None;
        // What stopped the run is found again when its rows are read again.
        self.stop = self.observer.roll_back().err().map(Stop::Observer);
    }

    /// Ends a transaction that is not committed: the rows in it are unsent. Rejected rows remain rejected.
    pub(super) fn abort(&mut self, savepoint: &AccountsSavepoint) {
        self.ledger.abort(&savepoint.ledger);
        self.broken = None;
    }

    /// Records that the first `inputs` inputs were read to their ends. The run stops if the first one ends before the
    /// line at which the run should begin; it may begin right after the last line, where there are no rows.
    pub(super) fn note_ends(&mut self, inputs: usize) {
        for file in &mut self.files[..inputs] {
            file.read = ReadExtent::Complete;
        }
        if let [first, ..] = &self.files[..inputs]
            && first.first_line > first.lines + 1
        {
            self.stop = Some(Stop::NoStart(NoStart::BeyondEnd { lines: first.lines }));
        }
    }

    /// Records that a block of an input has arrived, and whether the run can start at the requested line.
    pub(super) fn note_reached(&mut self, encoded: &EncodedBlock) {
        self.note_ends(encoded.input.index());
        self.files[encoded.input.index()].read = ReadExtent::Partial;
        if let Some(no_start) = encoded.no_start {
            self.stop = Some(Stop::NoStart(no_start));
        }
    }

    /// Records that an input cannot be read any further. Its end was not reached: a file that grew has more than its
    /// first length.
    pub(super) fn note_broken(&mut self, input: InputNumber) {
        let file = &mut self.files[input.index()];
        if file.read == ReadExtent::Complete {
            file.read = ReadExtent::Partial;
            self.next = self.reached;
        }
    }

    /// Enters a bad row. If it cannot be kept, the run stops before it, and nothing is returned.
    pub(super) fn reject(
        &mut self,
        input: InputNumber,
        position: Position,
        bytes: &[u8],
        error: &RowError,
    ) -> Option<Kept> {
        let row = self.files[input.index()].observed(input, position, bytes);
        match self.observer.rejected(&row, error) {
            Ok(kept) => {
                self.ledger.enter(input, Fate::Rejected, 1);
                Some(kept)
            }
            Err(cause) => {
                self.stop = Some(Stop::Observer(cause));
                None
            }
        }
    }

    /// Enters the reports that have arrived, and reports the rows that were not delivered.
    ///
    /// Returns whether more may be handed over.
    pub(super) fn settle(&mut self, inbox: &mut Inbox) -> Wait {
        let mut reports = std::mem::take(&mut self.reports);
        inbox.take_reports(&mut reports);
        for report in &reports {
            if self.in_transactions
                && (report.tag == RowTag::CHECKPOINT || report.outcome != Outcome::Delivered)
            {
                self.settle_in_transaction(report, inbox);
                continue;
            }
            if let Some(row) = self.ledger.settle(report)
                && let Some(error) = inbox.explain(report)
            {
                let error = if row.fate == Fate::Unsent {
                    not_sent()
                } else {
                    error
                };
                let failure = inform(self.observer, &self.files, &mut self.left, row, &error);
                self.stop = failure.or(self.stop.take());
            }
        }
        self.reports = reports;
        self.ledger.release();
        let fatal = inbox.broker_errors().fatal_error();
        if self.in_transactions {
            if let Some(fatal) = fatal {
                self.break_transaction(BrokenTransaction {
                    fault: match fatal.is_fenced() {
                        true => Fault::Fenced,
                        false => Fault::Passing,
                    },
                    message: fatal.message.clone(),
                    is_consequence: false,
                });
            }
            return match self.broken.is_some() || self.is_cut_off() || self.is_abandoned() {
                true => Wait::Stop,
                false => Wait::GoOn,
            };
        }
        if self.stop.is_none() && (fatal.is_some() || self.has_too_many_failures()) {
            self.stop = Some(Stop::Delivery {
                fatal: fatal.map(|error| error.message.clone()),
            });
        }
        match fatal.is_some() || self.has_too_many_failures() || self.is_cut_off() {
            true => Wait::Stop,
            false => Wait::GoOn,
        }
    }

    /// Enters the report of a checkpoint, or of a row that was not delivered.
    #[cold]
    fn settle_in_transaction(&mut self, report: &Report, inbox: &Inbox) {
        if report.tag == RowTag::CHECKPOINT && report.outcome == Outcome::Delivered {
            self.checkpoints_reported += 1;
            return;
        }
        let row = match report.tag {
            RowTag::CHECKPOINT => None,
            _ => self.ledger.settle(report),
        };
        let (Outcome::Failed(code) | Outcome::Unknown(code) | Outcome::Refused(code) | Outcome::Unsent(code)) =
            report.outcome
        else {
            return;
        };
        let is_refused = row.is_some() && code.is_too_large();
        let mut message = inbox.explain(report).map_or(String::new(), |error| error.message);
        if let Some(row) = row.filter(|_| is_refused) {
            self.refused.add(row.input, row.position.row);
            let place = self.files[row.input.index()].place(row.position);
            message = format!("{place}: {message}");
        }
        self.break_transaction(BrokenTransaction {
            fault: match code {
                _ if is_refused => Fault::Rows,
                code if code.is_fenced() => Fault::Fenced,
                code if code.is_lasting() => Fault::Lasting,
                _ => Fault::Passing,
            },
            message,
            is_consequence: code.is_consequence(),
        });
    }

    /// Records that the transaction cannot be committed; the first reason counts.
    #[cold]
    fn break_transaction(&mut self, broken: BrokenTransaction) {
        match &self.broken {
            Some(known) if !known.is_consequence || broken.is_consequence => {}
            _ => self.broken = Some(broken),
        }
    }

    /// Records that a run that begins where this one ended would resume at `position`; if that is the end of the input,
    /// at the first row of the next one.
    pub(super) fn goes_on_at(&mut self, input: InputNumber, position: Position) {
        self.reached = Some(InputPosition { input, position });
        let file = &self.files[input.index()];
        let at_end = file.length.is_some() && file.length == position.raw_byte;
        if at_end {
            self.files[input.index()].read = ReadExtent::Complete;
        }
        self.next = match at_end {
            false => Some(InputPosition { input, position }),
            true => self.files.get(input.index() + 1).map(|file| InputPosition {
                input: InputNumber::new(input.index() + 1),
                position: file.first_row,
            }),
        };
    }

    /// Records how much of a held block was handed over; the other rows are unsent.
    pub(super) fn handed_over(&mut self, block: u64, taken: u64, not_taken: &[u32]) {
        self.ledger.note_taken(taken);
        for row in not_taken {
            let row = self.ledger.return_unsent(block, *row);
            if self.in_transactions {
                continue;
            }
            let failure = inform(self.observer, &self.files, &mut self.left, row, &not_sent());
            self.stop = failure.or(self.stop.take());
        }
    }

    /// Gives up every row that still has no report: it may be on the topic.
    pub(super) fn give_up(&mut self) {
        let error = DeliveryError {
            code: "_NO_REPORT".to_owned(),
            message: "the run ended before the delivery report arrived".to_owned(),
        };
        let rows: Vec<(u64, u32)> = self.ledger.rows_in_flight().collect();
        for (block, row) in rows {
            let row = self.ledger.give_up(block, row);
            let failure = inform(self.observer, &self.files, &mut self.left, row, &error);
            self.stop = failure.or(self.stop.take());
        }
        self.ledger.release();
        if self.stop.is_none() && self.has_too_many_failures() {
            self.stop = Some(Stop::Delivery { fatal: None });
        }
    }

    /// The same without informing the observer.
    pub(super) fn give_up_silently(&mut self) {
        let rows: Vec<(u64, u32)> = self.ledger.rows_in_flight().collect();
        for (block, row) in rows {
            let row = self.ledger.give_up(block, row);
            self.left.add(&row);
        }
        self.ledger.release();
    }

    /// Stops the run if a signal has arrived.
    pub(super) fn note_signals(&mut self) {
        if self.stop.is_none() && self.interrupts.count() > 0 {
            self.stop = Some(Stop::Interrupted);
        }
    }

    /// Whether the run may wait until the next row is due: not after a signal, or if rows cannot be kept. The rows before
    /// a bad row that stops the run are still sent when they are due.
    pub(super) fn may_wait(&self) -> bool {
        self.interrupts.count() == 0 && !matches!(self.stop, Some(Stop::Observer(_)))
    }

    /// The signals that have arrived.
    pub(super) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// Whether all rows are in one transaction that will not be committed: a signal has arrived, or its time is over.
    fn is_abandoned(&self) -> bool {
        self.commit_before
            .is_some_and(|time| self.interrupts.count() > 0 || Instant::now() >= time)
    }

    /// Whether a second signal ended the wait for reports.
    pub(super) fn is_cut_off(&self) -> bool {
        self.interrupts.count() > 1
    }

    /// The phase of the run while it reads rows.
    pub(super) fn phase(&self) -> Phase {
        match (self.interrupts.count(), &self.stop) {
            (0, None) => Phase::Reading,
            (0, Some(_)) => Phase::Finishing,
            (_, _) => Phase::Interrupted,
        }
    }

    fn has_too_many_failures(&self) -> bool {
        let counts = self.ledger.counts();
        counts.failed + counts.unknown > self.max_failures
    }
}

/// Reports to the observer a row that was not delivered; returns why the run must stop if the row cannot be kept.
#[cold]
fn inform(
    observer: &mut dyn Observer,
    files: &[FileOutcome],
    left: &mut LeftOver,
    row: UndeliveredRow<'_>,
    error: &DeliveryError,
) -> Option<Stop> {
    let observed: ObservedRow<'_> = files[row.input.index()].observed(row.input, row.position, row.bytes);
    match observer.undelivered(&observed, row.fate, error) {
        Ok(Kept::Yes) => None,
        Ok(Kept::No) => {
            left.add(&row);
            None
        }
        Err(cause) => {
            left.add(&row);
            Some(Stop::Observer(cause))
        }
    }
}

/// Why a row that the client never sent is not on the topic.
fn not_sent() -> DeliveryError {
    DeliveryError {
        code: "_NOT_SENT".to_owned(),
        message: "the run ended before the row was sent".to_owned(),
    }
}
