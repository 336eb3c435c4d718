//! The publishing thread: receives blocks in the order of the rows, until the run stops.
//!
//! A panic here is caught like one in any other thread: the run still waits for everything that was handed over, and
//! every row that was read has a fate, `unknown` if the panic prevented its report from being entered.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::accounts::Accounts;
use super::budget::ErrorBudget;
use super::counts::{Counts, Fate};
use super::encoded_block::EncodedBlock;
use super::observer::{Kept, Phase, Snapshot};
use super::outcome::{LoadReport, RunOutcome};
use super::pace::Pacer;
use super::sink::{Drained, Sink};
use super::stages::{InputNumber, Stages, Unit};
use super::stop::{InputPosition, Stop};
use super::waited::{TimeShares, timed};
use super::worker::{Worker, guarded};
use crate::encode::DroppedKey;
use crate::kafka::Message;
use crate::record::Position;
use transactions::Reached;

mod commit;
mod one_transaction;
mod pause;
mod transactions;

/// How long to wait for rows before checking for delivery reports.
const PATIENCE: Duration = Duration::from_millis(20);

/// The memory limit for rows in flight.
///
/// The client's queue bounds what is sent. The raw rows may be many times as large if most columns match no
/// field, and those after a row of a partition that does not answer are held as long as that row.
const MAX_HELD_BYTES: u64 = 256 << 20;

/// The publishing thread's state.
pub(super) struct Publisher<'a> {
    started: Instant,
    sink: Sink,
    pub(super) accounts: Accounts<'a>,
    limit: Option<u64>,
    max_errors: ErrorBudget,
    /// The rows of earlier runs of an exactly-once load, by fate.
    before: Counts,
    /// Those of them in inputs that this run goes on with: `max_errors` counts them too.
    continued: Counts,
    /// How far the inputs were handed over since the last checkpoint of an exactly-once load.
    reached: Vec<Reached>,
    load: Option<LoadReport>,
    /// See [`MAX_HELD_BYTES`].
    pub(super) max_held_bytes: u64,
    /// See [`Run::if_empty`](super::Run::if_empty).
    pub(super) if_empty: bool,
    /// Keeps the pace of the messages, if there is one.
    pub(super) pacer: Option<Pacer>,
    figures: Figures,
}

/// What was received from the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Nothing yet.
    Nothing,
    /// A part of a block.
    Part,
    /// A block, or the last part of one.
    Block,
    /// Nothing more will be received.
    Over,
}

/// Counts other than those of rows.
#[derive(Debug, Clone, Default)]
struct Figures {
    bytes_total: Option<u64>,
    rows_limit: Option<u64>,
    dry_run: bool,
    compared: bool,
    /// Whether the run keeps a pace.
    paced: bool,
    /// Whether no further row is accepted.
    at_end: bool,
    bytes_read: u64,
    /// As `bytes_read`, but of a compressed file those that were decompressed.
    stored_bytes_read: u64,
    /// Those of the current batch, and its messages.
    of_batch: (u64, u64),
    bytes_encoded: u64,
    expired: u64,
    dropped_keys: u64,
    /// Each once, in the order of the rows.
    dropped_names: Vec<DroppedKey>,
}

impl<'a> Publisher<'a> {
    pub(super) fn new(
        sink: Sink,
        accounts: Accounts<'a>,
        bytes_total: Option<u64>,
        limit: Option<u64>,
        max_errors: ErrorBudget,
    ) -> Publisher<'a> {
        let bytes_read = accounts.files.iter().map(|file| file.bytes).sum();
        Publisher {
            started: Instant::now(),
            limit,
            max_errors,
            before: Counts::default(),
            continued: Counts::default(),
            reached: Vec::new(),
            load: None,
            max_held_bytes: MAX_HELD_BYTES,
            if_empty: false,
            pacer: None,
            figures: Figures {
                bytes_total,
                rows_limit: limit,
                dry_run: matches!(sink, Sink::Discard),
                compared: matches!(sink, Sink::Compare(_)),
                bytes_read,
                stored_bytes_read: bytes_read,
                ..Figures::default()
            },
            sink,
            accounts,
        }
    }

    /// Does part of the thread's work; a panic in it stops the run.
    pub(super) fn guarded(&mut self, work: impl FnOnce(&mut Publisher<'a>)) {
        if let Err(failure) = guarded(Worker::Publishing, || work(self)) {
            self.accounts.stop = Some(Stop::Worker(failure));
        }
    }

    /// Receives the output of the stages until it ends, or the run does.
    pub(super) fn take_all(&mut self, mut stages: Stages) {
        while self.take_next(&mut stages) != Taken::Over {}
    }

    /// Receives the next unit of the stages, or waits for reports if it may not or cannot.
    fn take_next(&mut self, stages: &mut Stages) -> Taken {
        self.accounts.note_signals();
        if self.accounts.stop.is_some() || self.is_full() {
            return Taken::Over;
        }
        if self.accounts.ledger.held_bytes() > self.max_held_bytes {
            timed(&mut self.accounts.waited.reports, || self.sink.wait_for_reports());
            self.serve();
            return Taken::Nothing;
        }
        let unit = stages.next(PATIENCE, &mut self.accounts.waited);
        // Whatever follows a signal may be caused by it: the same Ctrl-C ended the program that wrote to standard
        // input, perhaps within a row. It is neither accepted nor an error.
        self.accounts.note_signals();
        if self.accounts.stop.is_some() {
            return Taken::Over;
        }
        match unit {
            Some(Unit::Encoded { encoded, goes_on }) => {
                self.accounts.note_reached(&encoded);
                if self.accounts.stop.is_none() {
                    self.take(*encoded);
                }
                if goes_on { Taken::Part } else { Taken::Block }
            }
            Some(Unit::Broken(broken)) => {
                self.accounts.note_broken(broken.input);
                self.accounts.stop = Some(Stop::Source(broken.error));
                Taken::Over
            }
            Some(Unit::Failed(failure)) => {
                self.accounts.stop = Some(Stop::Worker(failure));
                Taken::Over
            }
            Some(Unit::End) => {
                self.accounts.note_ends(self.accounts.files.len());
                self.accounts.next = None;
                Taken::Over
            }
            None => {
                self.serve();
                Taken::Nothing
            }
        }
    }

    fn is_full(&self) -> bool {
        let read = self.accounts.ledger.counts().read;
        self.limit.is_some_and(|limit| read >= limit)
    }

    /// Processes a block: counts its bad rows, and hands over the good ones up to where the run stops.
    fn take(&mut self, mut encoded: EncodedBlock) {
        let read = self.accounts.ledger.counts().read;
        let file = &mut self.accounts.files[encoded.input.index()];
        encoded.marked.first_row = file.rows_seen + encoded.skipped_rows;
        self.accounts.refused.reject_in(&mut encoded);
        let mut rows = encoded.marked.rows.len() as u64;
        file.rows_seen = encoded.marked.first_row + rows;
        if let Some(limit) = self.limit {
            rows = rows.min(limit - read);
        }
        let rows = self.judge(&mut encoded, rows as u32, read);
        let filtered = encoded.filtered.partition_point(|row| *row < rows) as u64;
        self.accounts
            .ledger
            .enter(encoded.input, Fate::Filtered, filtered);
        self.note_block(&encoded, rows);
        let good = encoded.messages.partition_point(|message| message.row < rows);
        encoded.messages.truncate(good);
        encoded.headers.truncate(good * encoded.header_count);
        self.figures.of_batch.1 = encoded.messages.len() as u64;
        self.figures.paced = self.pacer.is_some();
        let figures = &self.figures;
        // The progress is still updated if a broker is slow or does not answer.
        let pacer = self.pacer.as_mut();
        self.sink
            .send(encoded, pacer, &mut self.accounts, &mut |accounts| {
                show(figures, accounts)
            });
        self.serve();
    }

    /// Enters the bad rows among the first `rows`; returns how many rows are read before the run stops.
    ///
    /// `read` rows were read before the block.
    fn judge(&mut self, encoded: &mut EncodedBlock, rows: u32, read: u64) -> u32 {
        for (row, error) in std::mem::take(&mut encoded.errors) {
            if row >= rows {
                break;
            }
            let (input, marked) = (encoded.input, &encoded.marked);
            let (position, bytes) = (marked.position(row), marked.whole_row(row));
            let read = self.continued.read + read + u64::from(row) + 1;
            let rejected = self.continued.rejected + self.accounts.ledger.counts().rejected + 1;
            let Some(kept) = self.accounts.reject(input, position, bytes, &error) else {
                return row;
            };
            if self.accounts.stop.is_none() && self.max_errors.exceeded(rejected, read) {
                self.accounts.stop = Some(Stop::Row {
                    at: InputPosition { input, position },
                    row: marked.block.encoding.readable(marked.content(row)).into_owned(),
                    error,
                    kept,
                });
                return row + 1;
            }
        }
        rows
    }

    /// Whether more rows were rejected than allowed, now that all rows are read.
    fn has_too_many_errors(&self) -> bool {
        let counts = self.accounts.ledger.counts();
        let rejected = self.continued.rejected + counts.rejected;
        self.max_errors
            .exceeded_at_end(rejected, self.continued.read + counts.read)
    }

    /// Records the extent of a block of which the first `rows` rows are read.
    fn note_block(&mut self, encoded: &EncodedBlock, rows: u32) {
        let EncodedBlock { input, marked, .. } = encoded;
        let length = marked.block.length_in_file();
        let file = &mut self.accounts.files[input.index()];
        file.blank_lines += encoded.blank_lines;
        // Those after the last row that is read are left to the run that continues there.
        let skipped = encoded.skipped_lines.iter();
        let is_whole = rows as usize == marked.rows.len();
        file.skipped_lines += skipped.filter(|before| is_whole || **before < rows).count() as u64;
        file.bytes += length;
        file.lines = encoded.next_line - 1;
        self.figures.bytes_read += length;
        let stored = match marked.block.compressed_bytes {
            Some(read) => read - std::mem::replace(&mut file.compressed_bytes, read),
            None => length,
        };
        self.figures.stored_bytes_read += stored;
        self.figures.of_batch.0 = stored;
        let dropped = encoded.dropped_keys.iter().filter(|(row, _)| *row < rows);
        self.figures.dropped_keys += dropped.map(|(_, keys)| keys).sum::<u64>();
        for (_, key) in encoded.dropped_names.iter().filter(|(row, _)| *row < rows) {
            if !self.figures.dropped_names.contains(key) {
                self.figures.dropped_names.push(key.clone());
            }
        }
        self.figures.expired += encoded.expired.partition_point(|row| *row < rows) as u64;
        let good = encoded.messages.iter().take_while(|message| message.row < rows);
        self.figures.bytes_encoded += good.map(encoded_bytes).sum::<u64>();
        let position = match marked.rows.get(rows as usize) {
            Some(_) => marked.position(rows),
            None => marked.position_after(encoded.next_line),
        };
        self.note_reached(encoded, rows, position);
        match &self.accounts.stop {
            // Kept rows are loaded from their file.
            Some(Stop::Row {
                at, kept: Kept::No, ..
            }) => self.accounts.next = Some(*at),
            _ => self.accounts.goes_on_at(*input, position),
        }
    }

    /// Records how far the input of a block is covered if its first `rows` rows are, in an exactly-once load.
    fn note_reached(&mut self, encoded: &EncodedBlock, rows: u32, position: Position) {
        let Some(hashes) = &encoded.hashes else {
            return;
        };
        let (hash, position) = match &self.accounts.stop {
            // The row that stopped the run is read again, unless it was kept.
            Some(Stop::Row {
                at, kept: Kept::No, ..
            }) => {
                let row = (at.position.row - encoded.marked.first_row) as usize;
                let before = encoded.marked.rows[row].start as usize;
                (
                    hashes.before.with(&encoded.marked.block.bytes[..before]),
                    at.position,
                )
            }
            _ => match encoded.marked.rows.get(rows as usize) {
                Some(next) => {
                    let before = &encoded.marked.block.bytes[..next.start as usize];
                    (hashes.before.with(before), position)
                }
                None => (hashes.after.clone(), position),
            },
        };
        let index = encoded.input.index();
        let reached = Reached {
            index,
            position,
            hash,
        };
        match self.reached.last_mut() {
            Some(last) if last.index == index => *last = reached,
            _ => self.reached.push(reached),
        }
    }

    /// Enters the reports that have arrived, and shows progress.
    fn serve(&mut self) {
        self.sink.serve(&mut self.accounts);
        show(&self.figures, &mut self.accounts);
    }

    /// Waits for the reports of everything that was handed over, and checks the topic again.
    pub(super) fn finish(mut self) -> RunOutcome {
        self.figures.at_end = true;
        let panicked = matches!(self.accounts.stop, Some(Stop::Worker(_)));
        let mut drained = Drained::Whole;
        let drain_begun = Instant::now();
        self.guarded(|publisher| {
            let figures = &publisher.figures;
            drained = publisher.sink.drain(&mut publisher.accounts, &mut |accounts| {
                // The panic may have been in the display; the important part is that the reports are entered.
                if !panicked {
                    show(figures, accounts);
                }
            });
        });
        self.accounts.waited.reports += drain_begun.elapsed();
        let elapsed = self.started.elapsed();
        let busy = self.sink.busy_time();
        let time = TimeShares::of(elapsed, &self.accounts.waited, busy);
        // Only a panic leaves any of them.
        self.accounts.give_up_silently();
        self.guarded(|publisher| publisher.accounts.observer.finished());
        self.accounts.note_signals();
        let topics_after = match drained {
            Drained::Whole if !self.accounts.is_cut_off() => self
                .sink
                .look_again(&self.accounts.ledger, self.accounts.interrupts()),
            // After a second signal the run does not wait for a broker that may not answer.
            Drained::Whole | Drained::CutOff => Vec::new(),
        };
        self.accounts.note_signals();
        let Accounts {
            ledger,
            mut files,
            stop,
            next,
            left,
            full_queue_waits,
            ..
        } = self.accounts;
        let resumes_at = left.resumes_at(ledger.last_delivered());
        let left = left.into_ranges();
        for (index, file) in files.iter_mut().enumerate() {
            file.counts = ledger.counts_of(InputNumber::new(index));
        }
        let counts = ledger.counts();
        let (rejected, read) = (
            self.continued.rejected + counts.rejected,
            self.continued.read + counts.read,
        );
        let too_many_errors = stop.is_none() && self.max_errors.exceeded_at_end(rejected, read);
        let at_limit = self.limit.is_some_and(|limit| counts.read >= limit) && next.is_some();
        RunOutcome {
            counts,
            imbalance: ledger.balance().err(),
            files,
            too_many_errors,
            // Reasons to stop the wait for reports are checked first.
            stop: stop.or(at_limit.then_some(Stop::Limit)),
            topics_after,
            counts_by_topic: ledger.counts_by_topic(),
            next: resumes_at.or(next),
            has_gaps: !left.is_empty() && resumes_at.is_none(),
            left,
            sink: self.sink,
            full_queue_waits,
            time,
            bytes_encoded: self.figures.bytes_encoded,
            expired: self.figures.expired,
            far_back: self.pacer.as_ref().map_or(0, Pacer::far_back),
            dropped_keys: self.figures.dropped_keys,
            dropped_names: self.figures.dropped_names,
            elapsed: self.started.elapsed(),
            load: self.load,
        }
    }
}

fn encoded_bytes(message: &Message) -> u64 {
    let length = |range: &Option<Range<u32>>| range.as_ref().map_or(0, ExactSizeIterator::len);
    (length(&message.payload) + length(&message.key)) as u64
}

fn show(figures: &Figures, accounts: &mut Accounts<'_>) {
    let phase = match accounts.phase() {
        Phase::Reading if figures.at_end => Phase::Finishing,
        phase => phase,
    };
    // The rows of a batch that are not due yet are not shown as read.
    let not_due = accounts.not_due;
    let (bytes, messages) = figures.of_batch;
    let waiting = u128::from(bytes) * u128::from(not_due) / u128::from(messages.max(1));
    let mut counts = accounts.ledger.counts();
    counts.read -= not_due;
    accounts.observer.progress(&Snapshot {
        bytes_read: figures.stored_bytes_read - waiting as u64,
        bytes_total: figures.bytes_total,
        rows_limit: figures.rows_limit,
        counts,
        phase,
        dry_run: figures.dry_run,
        compared: figures.compared,
        paced: figures.paced,
    });
}
