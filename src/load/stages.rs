//! The threads that read and encode, and the channels between them.
//!
//! One thread cuts the inputs into blocks, and passes each on twice: the block to whichever encoder thread is free, and the
//! place where its results will appear to the publishing thread, which thus receives them in the order of the rows without
//! comparing numbers. An encoder makes as many batches of a block as needed to keep them small. The end of the input, a read
//! error and a panic take the same path: each arrives after the last row before it, and a channel that closes without one of
//! them is a failure. As many blocks are on their way as the channel of the places has room for, so memory stays bounded and
//! a slow broker slows the reading.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::batch::{BatchEncoder, BatchSettings};
use super::encoded_block::EncodedBlock;
use super::exactly_once::{BlockHashes, PrefixHash, Resume};
use super::waited::{Waited, timed};
use super::worker::{Worker, WorkerFailure, guarded, spawn};
use crate::encode::MessagePlan;
use crate::input::{Block, Input, InputError};
use crate::record::LineColumn;

/// An input, and how its rows are encoded.
pub struct PlannedInput {
    /// The input.
    pub input: Input,
    /// The plan for its header.
    pub plan: Arc<MessagePlan>,
    /// Rows that start before this place are skipped.
    pub first: LineColumn,
}

impl PlannedInput {
    /// The same for another reader. An input that can be read only once can be read by the first one only.
    pub(super) fn again(&mut self) -> PlannedInput {
        PlannedInput {
            input: self.input.again(),
            plan: Arc::clone(&self.plan),
            first: self.first,
        }
    }
}

/// The number of an input: its index in the order of the run's inputs, and its only identity within the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputNumber(usize);

impl InputNumber {
    /// The number of the input at `index`.
    pub(crate) const fn new(index: usize) -> InputNumber {
        InputNumber(index)
    }

    /// The index of the input among those of the run.
    pub fn index(self) -> usize {
        self.0
    }
}

/// What the encoder threads need of an input.
#[derive(Clone)]
pub(super) struct InputPlan {
    /// The name of the input for people.
    name: Arc<str>,
    plan: Arc<MessagePlan>,
    /// The lines that repeat the header, as UTF-8 and without their line ends.
    headers: Arc<[Box<[u8]>]>,
    first: LineColumn,
}

impl InputPlan {
    pub(super) fn of(planned: &PlannedInput) -> InputPlan {
        let encoding = planned.input.encoding;
        let rows = planned.input.layout.rows();
        let lines = planned.input.header().map(|header| header.lines(&rows));
        let headers = lines.unwrap_or_default().into_iter();
        InputPlan {
            name: Arc::clone(&planned.input.name),
            plan: Arc::clone(&planned.plan),
            headers: headers.map(|line| encoding.readable(&line).into()).collect(),
            first: planned.first,
        }
    }
}

/// The output of the stages, in the order of the rows.
pub(super) enum Unit {
    Encoded {
        encoded: Box<EncodedBlock>,
        /// Whether more batches of the same block follow.
        goes_on: bool,
    },
    /// Every row of every input has been passed on.
    End,
    /// An input cannot be read any further.
    Broken(BrokenInput),
    /// A thread did not finish its work.
    Failed(WorkerFailure),
}

/// An input that cannot be read any further, and why.
#[derive(Debug)]
pub(super) struct BrokenInput {
    pub(super) input: InputNumber,
    pub(super) error: InputError,
}

/// A block for an encoder thread, and where its results go.
struct Job {
    input: InputNumber,
    block: Block,
    hashes: Option<Box<BlockHashes>>,
    output: SyncSender<Unit>,
}

/// Batches of a block that may wait for the publishing thread.
const WAITING: usize = 2;

/// The running threads, from the view of the publishing thread.
pub(super) struct Stages {
    /// The results of each block, in the order of the rows.
    blocks: Receiver<Receiver<Unit>>,
    /// Those of the block that is being received.
    current: Option<Receiver<Unit>>,
    signs: Arc<Signs>,
}

/// What the publishing thread lets the reading thread know.
#[derive(Default)]
struct Signs {
    /// Nothing more is received.
    stop: AtomicBool,
    /// It had to wait for a block.
    waited: AtomicBool,
}

/// Distributes blocks to the encoder threads, and starts these.
pub(super) struct Dealer {
    jobs: Sender<Job>,
    blocks: SyncSender<Receiver<Unit>>,
    /// Blocks that no encoder has taken yet.
    untaken: Arc<AtomicUsize>,
    signs: Arc<Signs>,
    /// Starts another encoder; none if there are as many as there may be.
    next_encoder: Box<dyn FnMut() -> Option<Result<(), WorkerFailure>> + Send>,
}

impl Stages {
    /// Starts the threads. They end after the last unit, or when their output is no longer received.
    ///
    /// `read` distributes the blocks of all inputs; `encoder` creates the work of one encoder thread. There is one such
    /// thread at first. Another one is started, up to `encoders`, when blocks wait for an encoder while the publishing
    /// thread waits for blocks.
    ///
    /// # Errors
    /// The operating system cannot start a thread.
    pub(super) fn start<Encode>(
        encoders: usize,
        read: impl FnOnce(&mut Dealer) -> Result<(), BrokenInput> + Send + 'static,
        encoder: impl Fn() -> Encode,
    ) -> Result<Stages, WorkerFailure>
    where
        Encode: FnMut(InputNumber, Block) -> EncodedBlock + Send + 'static,
    {
        let encoders = encoders.max(1);
        let signs = Arc::new(Signs::default());
        let untaken = Arc::new(AtomicUsize::new(0));
        let (jobs, queue) = channel();
        // Each encoder has a block, and another one is ready for the first that is done.
        let (order, blocks) = sync_channel(encoders + WAITING);
        let queue = Arc::new(Mutex::new(queue));
        let mut works: Vec<Encode> = (0..encoders).map(|_| encoder()).collect();
        let mut next_encoder = {
            let untaken = Arc::clone(&untaken);
            move || {
                let mut work = works.pop()?;
                let (queue, untaken) = (Arc::clone(&queue), Arc::clone(&untaken));
                Some(spawn(Worker::Encoding, move || {
                    encode(&queue, &untaken, &mut work)
                }))
            }
        };
        next_encoder().expect("there is at least one")?;
        let mut dealer = Dealer {
            jobs,
            blocks: order,
            untaken,
            signs: Arc::clone(&signs),
            next_encoder: Box::new(next_encoder),
        };
        spawn(Worker::Reading, move || {
            let last = match guarded(Worker::Reading, || read(&mut dealer)) {
                Ok(Ok(())) => Unit::End,
                Ok(Err(broken)) => Unit::Broken(broken),
                Err(failure) => Unit::Failed(failure),
            };
            dealer.deal_last(last);
        })?;
        Ok(Stages {
            blocks,
            current: None,
            signs,
        })
    }

    /// The next unit; none if it does not arrive in time. The time until then is added to `waited`.
    pub(super) fn next(&mut self, timeout: Duration, waited: &mut Waited) -> Option<Unit> {
        let received = match self.try_next() {
            Err(RecvTimeoutError::Timeout) => {
                self.signs.waited.store(true, Ordering::Relaxed);
                self.wait_for_next(timeout, waited)
            }
            received => received,
        };
        match received {
            // The rest of its block has the same receiver.
            Ok(unit @ Unit::Encoded { goes_on: true, .. }) => Some(unit),
            Ok(unit) => {
                self.current = None;
                Some(unit)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Unit::Failed(WorkerFailure::Panicked {
                worker: Worker::Encoding,
                message: "it was gone before the end of the input".to_owned(),
            })),
        }
    }

    fn try_next(&mut self) -> Result<Unit, RecvTimeoutError> {
        let at_once = |error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        };
        if self.current.is_none() {
            self.current = Some(self.blocks.try_recv().map_err(at_once)?);
        }
        let current = self.current.as_ref().expect("it has just been set");
        current.try_recv().map_err(at_once)
    }

    fn wait_for_next(&mut self, timeout: Duration, waited: &mut Waited) -> Result<Unit, RecvTimeoutError> {
        let begun = Instant::now();
        if self.current.is_none() {
            self.current = Some(timed(&mut waited.reading, || self.blocks.recv_timeout(timeout))?);
        }
        let current = self.current.as_ref().expect("it has just been set");
        let rest = timeout.saturating_sub(begun.elapsed());
        timed(&mut waited.encoding, || current.recv_timeout(rest))
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.signs.stop.store(true, Ordering::Relaxed);
    }
}

impl Dealer {
    /// Passes a block to the next encoder that has nothing to do; returns whether blocks are still received.
    pub(super) fn deal_block(
        &mut self,
        input: InputNumber,
        block: Block,
        hashes: Option<Box<BlockHashes>>,
    ) -> bool {
        let (output, results) = sync_channel(WAITING);
        if self.signs.stop.load(Ordering::Relaxed) || self.blocks.send(results).is_err() {
            return false;
        }
        let job = Job {
            input,
            block,
            hashes,
            output,
        };
        let is_behind = self.untaken.fetch_add(1, Ordering::Relaxed) > 0;
        if is_behind && self.signs.waited.swap(false, Ordering::Relaxed) {
            // If no further thread can be started, those that run do the work.
            let _ = (self.next_encoder)();
        }
        self.jobs.send(job).is_ok()
    }

    fn deal_last(&mut self, last: Unit) {
        let (output, results) = sync_channel(1);
        // There is no receiver if the run has stopped.
        let _ = output.send(last);
        let _ = self.blocks.send(results);
    }
}

/// Cuts the inputs into blocks, one after the other: the work of the reading thread.
///
/// # Errors
/// An input that cannot be read any further.
pub(super) fn read(inputs: Vec<PlannedInput>, dealer: &mut Dealer) -> Result<(), BrokenInput> {
    for (index, planned) in inputs.into_iter().enumerate() {
        let input = InputNumber::new(index);
        let broken = |error| BrokenInput { input, error };
        let mut reader = planned.input.into_reader().map_err(broken)?;
        if planned.plan.counts_rows() {
            reader = reader.counting_rows();
        }
        while let Some(block) = reader.next_block().map_err(broken)? {
            if !dealer.deal_block(input, block, None) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The same for a load with checkpoints: hashes what it reads, and begins where each input continues.
///
/// # Errors
/// An input that cannot be read any further.
pub(super) fn read_hashed(
    inputs: Vec<PlannedInput>,
    resumes: Vec<Option<Resume>>,
    dealer: &mut Dealer,
) -> Result<(), BrokenInput> {
    for (index, (planned, resume)) in inputs.into_iter().zip(resumes).enumerate() {
        let input = InputNumber::new(index);
        let broken = |error| BrokenInput { input, error };
        let source = &planned.input;
        let mut after = match &resume {
            Some(resume) => resume.hash.clone(),
            None => PrefixHash::of(source.front()),
        };
        let mut resume = resume.map(|resume| resume.position);
        // Numbers of rows are counted from the first one, and rows within JSON values are found from the start.
        let is_read_whole = planned.plan.counts_rows() || source.layout.rows().unnests();
        let counts_rows = planned.plan.counts_rows();
        let mut reader = match resume.filter(|_| !is_read_whole) {
            Some(start) => source.reader_at(&start),
            None => planned.input.into_reader(),
        }
        .map_err(broken)?;
        if counts_rows {
            reader = reader.counting_rows();
        }
        while let Some(mut block) = reader.next_block().map_err(broken)? {
            if let Some(position) = resume {
                let Some(length) = block.bytes_before(&position) else {
                    continue;
                };
                block.drop_front(length, &position);
                resume = None;
            }
            if block.bytes.is_empty() {
                continue;
            }
            let before = after.clone();
            after.add(&block.bytes);
            let hashes = BlockHashes {
                before,
                after: after.clone(),
            };
            if !dealer.deal_block(input, block, Some(Box::new(hashes))) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The life of an encoder thread: takes one block after the other, until there are no more.
fn encode(
    jobs: &Mutex<Receiver<Job>>,
    untaken: &AtomicUsize,
    work: &mut impl FnMut(InputNumber, Block) -> EncodedBlock,
) {
    loop {
        let Ok(job) = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv() else {
            return;
        };
        untaken.fetch_sub(1, Ordering::Relaxed);
        if !encode_block(job, work) {
            return;
        }
    }
}

/// Returns whether the thread can go on.
fn encode_block(job: Job, work: &mut impl FnMut(InputNumber, Block) -> EncodedBlock) -> bool {
    let Job {
        input,
        block,
        mut hashes,
        output,
    } = job;
    let mut next = Some(block);
    while let Some(block) = next {
        let unit = match guarded(Worker::Encoding, || work(input, block)) {
            Ok(mut encoded) => {
                next = encoded.rest.take();
                let rest = match (&mut hashes, &next) {
                    (Some(hashes), Some(_)) => Some(Box::new(hashes.split(&encoded.marked.block.bytes))),
                    _ => None,
                };
                encoded.hashes = std::mem::replace(&mut hashes, rest);
                Unit::Encoded {
                    encoded: Box::new(encoded),
                    goes_on: next.is_some(),
                }
            }
            Err(failure) => {
                // There is no receiver if the run has stopped.
                let _ = output.send(Unit::Failed(failure));
                return false;
            }
        };
        if output.send(unit).is_err() {
            return false;
        }
    }
    true
}

/// The work of an encoder thread: the blocks of one input after the other.
pub(super) fn encoder(
    plans: Arc<[InputPlan]>,
    settings: BatchSettings,
) -> impl FnMut(InputNumber, Block) -> EncodedBlock + Send + 'static {
    let mut current: Option<(InputNumber, BatchEncoder)> = None;
    move |input, block| {
        let InputPlan {
            name,
            plan,
            headers,
            first,
        } = &plans[input.index()];
        if current.as_ref().is_none_or(|(of, _)| *of != input) {
            let (name, plan, headers) = (Arc::clone(name), Arc::clone(plan), Arc::clone(headers));
            let encoder = BatchEncoder::new(name, plan, headers, settings.clone());
            current = Some((input, encoder));
        }
        let (_, encoder) = current.as_mut().expect("it has just been set");
        encoder.encode(input, block, *first)
    }
}
