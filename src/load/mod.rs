//! The only place that knows every stage: threads, order, counts and the stop.
//!
//! Rows move in blocks. A reading thread cuts blocks, encoder threads turn them into batches, and the thread that
//! calls [`run`] hands the batches to Kafka in the order of the rows, serves the delivery reports and counts. What
//! never happens: a row is dropped because a queue is full, or sent behind one that stopped the run.

mod batch;
mod budget;
mod headers;
mod interrupt;
mod ledger;
mod marked_block;
mod stages;
mod times;
mod worker;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use budget::ErrorBudget;
pub use interrupt::Interrupts;
pub use stages::{InputNumber, PlannedInput};
pub use times::{ExpiredRows, TimeRule};
pub use worker::{Worker, WorkerFailure};

use crate::encode::RowError;
use crate::input::{Block, InputError};
use crate::kafka::{Batch, Deliveries, KafkaSink, Outcome, TopicChange, TopicFacts};
use crate::record::{Format, Place, Position};
use crate::report::{
    Counts, DeliveryErrorGroup, DeliveryErrors, Fate, KeptFault, KeptRow, Progress, RejectsError,
    RejectsFile, RowErrorGroup, RowErrors, RowFault, Snapshot,
};
use batch::{BatchSettings, EncodedBlock};
use ledger::Ledger;
use stages::{Dealer, InputPlan, Stages, Unit};

/// What a run is to do.
pub struct Run {
    /// The inputs in their order, with their plans.
    pub inputs: Vec<PlannedInput>,
    /// Where the messages go; none in a dry run.
    pub sink: Option<KafkaSink>,
    /// Which times of messages are sent, where they come from the rows; none is the clock.
    pub times: Option<TimeRule>,
    /// Rows to read at the most.
    pub limit: Option<u64>,
    /// How many rows may be rejected.
    pub max_errors: ErrorBudget,
    /// How many rows may fail to be delivered, or be unknown.
    pub max_failures: u64,
    /// Where bad rows are kept.
    pub rejects: Option<RejectsFile>,
    /// Columns that feed no field, for the summary.
    pub ignored_columns: Vec<String>,
    /// Where progress is shown.
    pub progress: Progress,
    /// Ctrl-C and TERM.
    pub interrupts: Interrupts,
}

/// Where in a run's inputs a row starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputPosition {
    /// In which input.
    pub input: InputNumber,
    /// Where in it.
    pub position: Position,
}

/// Why a run ended before its inputs did.
#[derive(Debug)]
pub enum Stop {
    /// A bad row beyond what is allowed.
    Row {
        /// Where it starts.
        at: InputPosition,
        /// The row without its line terminator.
        row: Vec<u8>,
        /// What is wrong with it.
        error: Box<RowError>,
    },
    /// An input cannot be read any further.
    Source(InputError),
    /// More rows failed to be delivered than allowed, or the producer cannot go on.
    Delivery(String),
    /// Ctrl-C or TERM.
    Interrupted,
    /// Bad rows cannot be kept.
    Rejects(RejectsError),
    /// A thread of the run did not finish its work.
    Worker(WorkerFailure),
}

/// What a run did.
pub struct RunOutcome {
    /// Rows by fate.
    pub counts: Counts,
    /// The same for each input, in their order.
    pub files: Vec<FileOutcome>,
    /// Rejected rows by what was wrong.
    pub row_errors: Vec<RowErrorGroup>,
    /// Undelivered rows by error.
    pub delivery_errors: Vec<DeliveryErrorGroup>,
    /// Why it ended early.
    pub stop: Option<Stop>,
    /// More rows were rejected than allowed, judged at the end.
    pub too_many_errors: bool,
    /// What happened to the topic meanwhile.
    pub topic_changes: Vec<TopicChange>,
    /// The topic at the end, where it could be looked at.
    pub topic_after: Option<TopicFacts>,
    /// Why it could not.
    pub topic_unseen: Option<String>,
    /// Where the run would go on: the first row that was not handed over.
    pub next: Option<InputPosition>,
    /// The sink, for its figures.
    pub sink: Option<KafkaSink>,
    /// The rejects file, still open.
    pub rejects: Option<RejectsFile>,
    /// Bytes of keys and values handed over.
    pub bytes_encoded: u64,
    /// Columns that feed no field.
    pub ignored_columns: Vec<String>,
    /// Rows among those sent that are older than the topic keeps.
    pub expired: u64,
    /// JSON keys that no field has and that were left out.
    pub dropped_keys: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl RunOutcome {
    /// The input that has this number in the run.
    pub fn file(&self, input: InputNumber) -> &FileOutcome {
        &self.files[input.index()]
    }

    /// A position as it is shown to people.
    pub fn place(&self, at: InputPosition) -> Place<'_> {
        self.file(at.input).place(at.position)
    }
}

/// What became of one input.
#[derive(Debug, Clone)]
pub struct FileOutcome {
    /// Its name for people.
    pub name: String,
    /// The argument that named it.
    pub argument: OsString,
    /// Its format.
    pub format: Format,
    /// Bytes read, the header included.
    pub bytes: u64,
    /// Lines read, the header included.
    pub lines: u64,
    /// Lines without anything.
    pub blank_lines: u64,
    /// Its rows by fate.
    pub counts: Counts,
    header: Vec<String>,
    /// The input's rows in the blocks that were taken, those that were left out included.
    rows_seen: u64,
}

/// How long to wait for rows before the delivery reports are looked at.
const PATIENCE: Duration = Duration::from_millis(20);

/// Reads, encodes and publishes all rows, or stops at the first thing that is not allowed.
pub fn run(run: Run) -> RunOutcome {
    run_with(run, stages::read, stages::encoder)
}

/// The same with other work for the reading thread and the encoder threads.
fn run_with<Encode>(
    mut run: Run,
    read: impl FnOnce(Vec<PlannedInput>, &mut Dealer) -> Result<(), InputError> + Send + 'static,
    encoder: impl Fn(Vec<InputPlan>, BatchSettings) -> Encode,
) -> RunOutcome
where
    Encode: FnMut(InputNumber, Block) -> EncodedBlock + Send + 'static,
{
    let settings = batch_settings(&run);
    let inputs = std::mem::take(&mut run.inputs);
    let plans: Vec<InputPlan> = inputs.iter().map(InputPlan::of).collect();
    let files = inputs.iter().map(FileOutcome::new).collect();
    let bytes_total = inputs.iter().map(|planned| planned.input.length).sum();
    let mut publishing = Publishing::new(run, files, bytes_total);
    publishing.interrupts.end_in_order();
    // One encoder keeps up with librdkafka; a second pays only where cores are left for it.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let encoders = if cores > 3 { 2 } else { 1 };
    let stages = Stages::start(
        encoders,
        move |dealer| read(inputs, dealer),
        || encoder(plans.clone(), settings.clone()),
    );
    match stages {
        Ok(stages) => publishing.take_all(stages),
        Err(failure) => publishing.stop = Some(Stop::Worker(failure)),
    }
    publishing.finish()
}

/// What the encoder threads need to know of a run.
fn batch_settings(run: &Run) -> BatchSettings {
    BatchSettings {
        partitioner: run.sink.as_ref().map(KafkaSink::partitioner),
        max_row_bytes: run.sink.as_ref().map_or(usize::MAX, KafkaSink::max_row_bytes),
        times: run.times.clone().map(Arc::new),
    }
}

/// The publishing thread's state.
struct Publishing {
    started: Instant,
    sink: Option<KafkaSink>,
    rejects: Option<RejectsFile>,
    progress: Progress,
    interrupts: Interrupts,
    limit: Option<u64>,
    max_errors: ErrorBudget,
    max_failures: u64,
    bytes_total: Option<u64>,
    bytes_read: u64,
    bytes_encoded: u64,
    files: Vec<FileOutcome>,
    expired: u64,
    /// All fates but `delivered`, which the delivery reports count.
    counts: Counts,
    ledger: Ledger,
    row_errors: RowErrors,
    delivery_errors: DeliveryErrors,
    ignored_columns: Vec<String>,
    dropped_keys: u64,
    stop: Option<Stop>,
    next: Option<InputPosition>,
}

impl Publishing {
    fn new(run: Run, files: Vec<FileOutcome>, bytes_total: Option<u64>) -> Publishing {
        Publishing {
            started: Instant::now(),
            sink: run.sink,
            rejects: run.rejects,
            progress: run.progress,
            interrupts: run.interrupts,
            limit: run.limit,
            max_errors: run.max_errors,
            max_failures: run.max_failures,
            bytes_total,
            bytes_read: files.iter().map(|file| file.bytes).sum(),
            bytes_encoded: 0,
            files,
            expired: 0,
            counts: Counts::default(),
            ledger: Ledger::default(),
            row_errors: RowErrors::default(),
            delivery_errors: DeliveryErrors::default(),
            ignored_columns: run.ignored_columns,
            dropped_keys: 0,
            stop: None,
            next: None,
        }
    }

    fn take_all(&mut self, mut stages: Stages) {
        while self.stop.is_none() && !self.full() {
            if self.interrupts.count() > 0 {
                self.stop = Some(Stop::Interrupted);
                return;
            }
            match stages.next(PATIENCE) {
                Some(Unit::Encoded(encoded)) => self.take(*encoded),
                Some(Unit::Broken(error)) => self.stop = Some(Stop::Source(error)),
                Some(Unit::Failed(failure)) => self.stop = Some(Stop::Worker(failure)),
                Some(Unit::End) => {
                    self.next = None;
                    return;
                }
                None => self.serve(),
            }
        }
    }

    fn full(&self) -> bool {
        self.limit.is_some_and(|limit| self.counts.read >= limit)
    }

    /// Takes in a block: judges its bad rows, hands the good ones over up to where the run stops.
    fn take(&mut self, mut encoded: EncodedBlock) {
        let file = &mut self.files[encoded.input.index()];
        encoded.marked.first_row = file.rows_seen + encoded.skipped_rows;
        let mut rows = encoded.marked.rows.len() as u64;
        file.rows_seen = encoded.marked.first_row + rows;
        if let Some(limit) = self.limit {
            rows = rows.min(limit - self.counts.read);
        }
        let rows = self.judge(&mut encoded, rows as u32);
        let file = &mut self.files[encoded.input.index()];
        file.counts.read += u64::from(rows);
        self.counts.read += u64::from(rows);
        file.blank_lines += encoded.blank_lines;
        let dropped = encoded.dropped_keys.iter().filter(|(row, _)| *row < rows);
        self.dropped_keys += dropped.map(|(_, keys)| keys).sum::<u64>();
        let length = encoded.marked.block.length_in_file();
        file.bytes += length;
        file.lines = encoded.next_line - 1;
        self.bytes_read += length;
        let next = match encoded.marked.rows.get(rows as usize) {
            Some(_) => encoded.marked.position(rows),
            None => encoded.marked.position_after(encoded.next_line),
        };
        self.next = Some(InputPosition {
            input: encoded.input,
            position: next,
        });
        if let Some(Stop::Row { at, .. }) = &self.stop {
            self.next = Some(*at);
        }
        let good = encoded.messages.partition_point(|message| message.row < rows);
        encoded.messages.truncate(good);
        encoded.headers.truncate(good * encoded.header_count);
        self.expired += encoded.expired.partition_point(|row| *row < rows) as u64;
        self.hand_over(encoded);
        self.serve();
    }

    /// Counts and keeps the bad rows among the first `rows`; gives how many rows are read before the run stops.
    fn judge(&mut self, encoded: &mut EncodedBlock, rows: u32) -> u32 {
        for (row, error) in std::mem::take(&mut encoded.errors) {
            if row >= rows {
                break;
            }
            let position = encoded.marked.position(row);
            let file = &mut self.files[encoded.input.index()];
            file.counts.rejected += 1;
            let faults: Vec<&RowError> = error.all().collect();
            self.row_errors.add(
                &file.name,
                position.line,
                faults.iter().map(|fault| RowFault {
                    kind: fault.kind.name(),
                    field: fault.field_of_group(),
                }),
                |number| faults[number].title(),
            );
            self.counts.rejected += 1;
            let read = self.counts.read + u64::from(row) + 1;
            let content = encoded.marked.content(row);
            let whole = encoded.marked.whole_row(row);
            self.keep_rejected(encoded.input, position, whole, &error);
            if self.stop.is_none() && self.max_errors.exceeded(self.counts.rejected, read) {
                let input = encoded.input;
                self.stop = Some(Stop::Row {
                    at: InputPosition { input, position },
                    row: encoded.marked.block.encoding.readable(content).into_owned(),
                    error,
                });
            }
            if self.stop.is_some() {
                return row + 1;
            }
        }
        rows
    }

    fn keep_rejected(&mut self, input: InputNumber, position: Position, row: &[u8], error: &RowError) {
        let Some(rejects) = &mut self.rejects else { return };
        let faults: Vec<&RowError> = error.all().collect();
        let reasons: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let FileOutcome { header, name, .. } = &self.files[input.index()];
        let column = |number: usize| header.get(number - 1).map(String::as_str);
        let faults: Vec<KeptFault<'_>> = faults
            .iter()
            .zip(&reasons)
            .map(|(fault, reason)| KeptFault {
                field: fault.field.as_deref(),
                column: fault.column.and_then(column),
                column_number: fault.column,
                wanted: fault.wanted.as_deref(),
                value: fault.value.as_deref(),
                kind: fault.kind.name(),
                reason,
                hint: fault.hint.as_deref(),
            })
            .collect();
        let kept = rejects.keep(&KeptRow {
            fate: Fate::Rejected,
            file: name,
            line: position.line,
            byte: position.raw_byte,
            fault: faults[0],
            also: &faults[1..],
            bytes: row,
        });
        if let Err(error) = kept {
            self.stop = Some(Stop::Rejects(error));
        }
    }

    fn hand_over(&mut self, encoded: EncodedBlock) {
        let input = encoded.input;
        let encoded_bytes = |message: &crate::kafka::Message| {
            message.payload.len() + message.key.as_ref().map_or(0, |key| key.len())
        };
        self.bytes_encoded += encoded.messages.iter().map(encoded_bytes).sum::<usize>() as u64;
        let Some(sink) = &mut self.sink else {
            let unsent = encoded.messages.len() as u64;
            self.counts.unsent += unsent;
            self.files[input.index()].counts.unsent += unsent;
            return;
        };
        let batch = Batch {
            block: self.ledger.next_number(),
            arena: &encoded.arena,
            messages: &encoded.messages,
            headers: &encoded.headers,
        };
        let (interrupts, max_failures) = (&self.interrupts, self.max_failures);
        let mut go_on = |deliveries: &Deliveries| may_go_on(deliveries, interrupts, max_failures);
        let unsent = sink.send(&batch, &mut go_on);
        let first_unsent = unsent.iter().min().copied();
        let unsent = unsent.len() as u64;
        self.counts.unsent += unsent;
        self.files[input.index()].counts.unsent += unsent;
        if let Some(first) = first_unsent {
            let position = encoded.marked.position(first);
            self.next = Some(InputPosition { input, position });
        }
        self.ledger.keep(encoded);
    }

    /// Serves the delivery reports and shows progress.
    fn serve(&mut self) {
        if let Some(sink) = &mut self.sink {
            sink.poll(Duration::ZERO);
        }
        self.settle();
        let counts = self.counts_so_far();
        let snapshot = Snapshot {
            bytes_read: self.bytes_read,
            bytes_total: self.bytes_total,
            counts,
        };
        self.progress.update(&snapshot);
    }

    fn counts_so_far(&mut self) -> Counts {
        let delivered = self
            .sink
            .as_mut()
            .map_or(0, |sink| sink.deliveries().counts().delivered);
        Counts {
            delivered,
            ..self.counts
        }
    }

    /// Ties every undelivered message to its row, and forgets the rows that are acknowledged.
    fn settle(&mut self) {
        let Some(sink) = &mut self.sink else { return };
        let deliveries = sink.deliveries();
        let failures = deliveries.take_failures();
        let oldest = deliveries.oldest_block_in_flight();
        for failure in failures {
            let row = self
                .ledger
                .find(failure.block, failure.row)
                .expect("a row is kept until its report");
            let fate = match failure.outcome {
                Outcome::Failed => Fate::Failed,
                Outcome::Unknown => Fate::Unknown,
                Outcome::Unsent => Fate::Unsent,
            };
            self.counts.add(fate, 1);
            let file = &mut self.files[row.input.index()];
            file.counts.add(fate, 1);
            let (code, message) = (failure.error.code.as_str(), failure.error.message.as_str());
            match fate {
                Fate::Failed => self
                    .delivery_errors
                    .add_failed(code, message, &file.name, row.position.line),
                Fate::Unknown => {
                    self.delivery_errors
                        .add_unknown(code, message, &file.name, row.position.line)
                }
                _ => continue,
            }
            if let Some(rejects) = &mut self.rejects {
                let kept = rejects.keep(&KeptRow {
                    fate,
                    file: &file.name,
                    line: row.position.line,
                    byte: row.position.raw_byte,
                    fault: KeptFault {
                        kind: code,
                        reason: message,
                        ..KeptFault::default()
                    },
                    also: &[],
                    bytes: row.bytes,
                });
                if let Err(error) = kept {
                    self.stop = Some(Stop::Rejects(error));
                }
            }
        }
        self.ledger.forget_before(oldest);
        if self.stop.is_none() {
            self.stop = self.delivery_stop();
        }
    }

    fn delivery_stop(&mut self) -> Option<Stop> {
        let deliveries = self.sink.as_mut()?.deliveries();
        if let Some(fatal) = deliveries.trouble().fatal_error() {
            return Some(Stop::Delivery(format!(
                "the producer cannot go on: {}",
                fatal.message
            )));
        }
        let undelivered = self.counts.failed + self.counts.unknown;
        (undelivered > self.max_failures).then(|| Stop::Delivery(String::new()))
    }

    /// Waits for the reports of everything that was handed over, and looks at the topic again.
    fn finish(mut self) -> RunOutcome {
        let mut topic_changes = Vec::new();
        let (mut topic_after, mut topic_unseen) = (None, None);
        if self.sink.is_some() {
            self.drain();
            let sink = self.sink.as_mut().expect("it was there just now");
            match sink.topic_now() {
                Ok(now) => {
                    let before = sink.topic().clone();
                    topic_changes = before.changes(&now, sink.deliveries().last_offsets());
                    topic_after = Some(now);
                }
                Err(error) => topic_unseen = Some(error.to_string()),
            }
        }
        let counts = self.counts_so_far();
        self.share_out_delivered();
        self.progress.clear();
        let too_many_errors =
            self.stop.is_none() && self.max_errors.exceeded_at_end(counts.rejected, counts.read);
        RunOutcome {
            counts,
            files: self.files,
            row_errors: self.row_errors.groups(),
            delivery_errors: self.delivery_errors.groups(),
            stop: self.stop,
            too_many_errors,
            topic_changes,
            topic_after,
            topic_unseen,
            next: self.next,
            sink: self.sink,
            rejects: self.rejects,
            bytes_encoded: self.bytes_encoded,
            ignored_columns: self.ignored_columns,
            expired: self.expired,
            dropped_keys: self.dropped_keys,
            elapsed: self.started.elapsed(),
        }
    }

    fn drain(&mut self) {
        loop {
            let sink = self.sink.as_mut().expect("only a run with a sink drains");
            let interrupts = self.interrupts.clone();
            let step = Instant::now() + Duration::from_millis(100);
            let done = sink.flush(&mut |_| interrupts.count() < 2 && Instant::now() < step);
            self.serve();
            if done {
                break;
            }
            if self.interrupts.count() > 1 {
                let sink = self.sink.as_mut().expect("only a run with a sink drains");
                sink.purge();
                self.settle();
                // What even the purge brought no report for may be anywhere.
                let sink = self.sink.as_mut().expect("only a run with a sink drains");
                let lost = sink.deliveries().in_flight();
                self.counts.unknown += lost;
                if let Some(file) = self.files.last_mut() {
                    file.counts.unknown += lost;
                }
                break;
            }
            if self.stop.is_none() && self.interrupts.count() > 0 {
                self.stop = Some(Stop::Interrupted);
            }
        }
    }

    /// What of each file was delivered: all that met no other fate. The sum is checked against the reports.
    fn share_out_delivered(&mut self) {
        for file in &mut self.files {
            let counts = &mut file.counts;
            counts.delivered = counts.read.saturating_sub(counts.settled());
        }
    }
}

fn may_go_on(deliveries: &Deliveries, interrupts: &Interrupts, max_failures: u64) -> bool {
    let counts = deliveries.counts();
    interrupts.count() < 2
        && counts.failed + counts.unknown <= max_failures
        && deliveries.trouble().fatal_error().is_none()
}

impl FileOutcome {
    fn place(&self, position: Position) -> Place<'_> {
        Place {
            input: &self.name,
            line: position.line,
        }
    }

    fn new(planned: &PlannedInput) -> FileOutcome {
        let header = planned.input.header.as_ref();
        FileOutcome {
            name: planned.input.name.to_string(),
            argument: planned.input.argument.clone(),
            format: planned.input.format.format(),
            bytes: header.map_or(0, |header| planned.input.encoding.length_in_file(&header.raw)),
            lines: u64::from(header.is_some()),
            blank_lines: 0,
            counts: Counts::default(),
            header: header.map_or(Vec::new(), |header| header.names.clone()),
            rows_seen: 0,
        }
    }
}

/// The rows of these files must be able to share one rejects file.
///
/// # Errors
/// Headers or formats that differ.
pub fn share_rejects_file(inputs: &[PlannedInput], rejects: &mut RejectsFile) -> Result<(), RejectsError> {
    for planned in inputs {
        let header = planned
            .input
            .header
            .as_ref()
            .map_or(&[][..], |header| &header.raw);
        rejects.header(&planned.input.name, planned.input.format.format().name(), header)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
