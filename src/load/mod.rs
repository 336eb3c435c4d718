//! The whole run: threads, order, counts and the stop.
//!
//! Rows move in blocks. A reading thread cuts blocks, encoder threads turn them into batches, and the thread that
//! calls [`run`] hands the batches to Kafka in the order of the rows, serves the delivery reports and counts. No row
//! is ever dropped because a queue is full, or sent after a row that stopped the run.

mod accounts;
mod batch;
mod budget;
mod counts;
mod delivered_offsets;
mod encoded_block;
mod exactly_once;
mod file_outcome;
mod headers;
mod interrupt;
mod ledger;
mod left_over;
mod marked_block;
mod observer;
mod outcome;
mod pace;
mod publisher;
mod refused;
mod row_set;
mod sink;
mod stages;
mod start;
mod stop;
mod times;
mod verify;
mod waited;
mod worker;

use std::sync::Arc;

pub use budget::ErrorBudget;
pub use counts::{Counts, Fate, Imbalance};
pub use exactly_once::{
    ATOMIC_NAMES, Commit, EarlierRuns, FileFacts, Fingerprint, ForgetError, InputCheckpoint, KeptExtent,
    KeptOfLoad, KnownInput, KnownLoad, KnownLoads, LoadExtent, LoadInput, LoadSettings, LoadState, LookError,
    OpenLoad, Verified, WrittenOffsets, forget, mapping_digest,
};
pub(crate) use exactly_once::{checkpoint_key, parse_checkpoint_key};
pub use file_outcome::{FileOutcome, ReadExtent};
pub use interrupt::Interrupts;
pub use left_over::RowRange;
pub use observer::{Kept, ObservedRow, Observer, ObserverError, Phase, Snapshot};
pub use outcome::{Abort, LoadReport, RunOutcome, TopicAtEnd};
pub use pace::{NotAPace, Pace, Rate, Recording, Speed};
pub use sink::Sink;
pub use stages::{InputNumber, PlannedInput};
pub use start::Start;
pub use stop::{InputPosition, LoadStop, NoStart, OutOfTime, Stop};
pub use times::{ExpiredRows, SendTime, TimeRule};
pub use verify::{
    Comparison, ComparisonError, ComparisonSettings, Difference, Distance, ExpectedMessage, Kind, Masked,
    MaskedFields, Verdict,
};
pub use waited::TimeShares;
pub use worker::{Worker, WorkerFailure};

pub use crate::kafka::DeliveryError;

use crate::input::Block;
use accounts::Accounts;
use batch::BatchSettings;
use encoded_block::EncodedBlock;
use pace::Pacer;
use publisher::Publisher;
use stages::{BrokenInput, Dealer, InputPlan, Stages};

/// A run to be executed.
pub struct Run {
    /// The inputs in their order, with their plans.
    pub inputs: Vec<PlannedInput>,
    /// Where the messages go.
    pub sink: Sink,
    /// The number of topics that the plans of the inputs choose from; those of the sink, if it has any.
    pub topics: usize,
    /// Which message timestamps are sent, if they come from the rows; none means the clock.
    pub times: Option<TimeRule>,
    /// The pace of the messages; none means as fast as the brokers take them.
    pub pace: Option<Pace>,
    /// The maximum number of rows to read.
    pub limit: Option<u64>,
    /// How many rows may be rejected.
    pub max_errors: ErrorBudget,
    /// How many rows may fail to be delivered, or be unknown.
    pub max_failures: u64,
    /// Ctrl-C, TERM and HUP.
    pub interrupts: Interrupts,
    /// The load, if rows are written in transactions. One that can be continued has regular files only.
    pub load: Option<OpenLoad>,
    /// The maximum number of encoder threads; none means that of the cores.
    pub threads: Option<usize>,
    /// Whether a load of which no row is committed leaves a topic alone that has a record. Without `load` it has no effect.
    pub if_empty: bool,
}

/// Reads, encodes and publishes all rows, or stops at the first fault that is not allowed.
///
/// `observer` is informed of every row that is not delivered, and of the progress.
pub fn run(run: Run, observer: &mut dyn Observer) -> RunOutcome {
    run_with(run, observer, stages::read, stages::encoder)
}

/// The same, with other work for the reading thread and the encoder threads.
fn run_with<Encode>(
    mut run: Run,
    observer: &mut dyn Observer,
    read: impl FnOnce(Vec<PlannedInput>, &mut Dealer) -> Result<(), BrokenInput> + Send + 'static,
    encoder: impl Fn(Arc<[InputPlan]>, BatchSettings) -> Encode,
) -> RunOutcome
where
    Encode: FnMut(InputNumber, Block) -> EncodedBlock + Send + 'static,
{
    let settings = BatchSettings {
        topics: run.sink.batch_topics().into(),
        times: run.times.take().map(Arc::new),
    };
    let load = run.load.take();
    let mut inputs = std::mem::take(&mut run.inputs);
    if let Sink::Compare(comparison) = &mut run.sink {
        comparison.repeat_with(verify::Repeated::new(&mut inputs, settings.clone()));
    }
    let plans: Arc<[InputPlan]> = inputs.iter().map(InputPlan::of).collect();
    let files = inputs.iter().map(FileOutcome::new).collect();
    let bytes_total = inputs.iter().map(|planned| planned.input.length).sum();
    let accounts = Accounts::new(files, observer, run.interrupts, run.max_failures, run.topics);
    let mut publisher = Publisher::new(run.sink, accounts, bytes_total, run.limit, run.max_errors);
    publisher.pacer = run.pace.map(Pacer::new);
    publisher.if_empty = run.if_empty;
    let encoders = run
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    if let Some(mut load) = load {
        if load.has_nothing_to_do() {
            publisher.take_nothing(&load);
            return publisher.finish();
        }
        publisher.guarded(|publisher| {
            publisher.take_all_in_transactions(&mut load, &mut inputs, &|inputs, resumes, topics| {
                let settings = BatchSettings {
                    topics: topics.into(),
                    ..settings.clone()
                };
                Stages::start(
                    encoders,
                    move |dealer| stages::read_hashed(inputs, resumes, dealer),
                    || encoder(Arc::clone(&plans), settings.clone()),
                )
            });
        });
        return publisher.finish();
    }
    let stages = Stages::start(
        encoders,
        move |dealer| read(inputs, dealer),
        || encoder(Arc::clone(&plans), settings.clone()),
    );
    match stages {
        Ok(stages) => publisher.guarded(|publisher| publisher.take_all(stages)),
        Err(failure) => publisher.accounts.stop = Some(Stop::Worker(failure)),
    }
    publisher.finish()
}

#[cfg(test)]
mod tests;
