//! The threads that read and encode, and the channels between them.
//!
//! One thread cuts the inputs into blocks and distributes them to the encoder threads in turn. Each of these encodes a
//! block in as many batches as needed to keep them small. The publishing thread receives the batches in the same turn,
//! so the order of the rows is kept without comparing numbers. The end of the input, a read error and a panic take the
//! same path: each arrives after the last row before it, and a channel that closes without one of them is a failure.
//! All channels are short, so memory stays bounded and a slow broker slows the reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::batch::{BatchEncoder, BatchSettings};
use super::encoded_block::EncodedBlock;
use super::exactly_once::{BlockHashes, PrefixHash, Resume};
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

/// What the reading thread distributes.
enum Cut {
    Block {
        input: InputNumber,
        block: Block,
        hashes: Option<Box<BlockHashes>>,
    },
    /// The end: nothing follows.
    Last(Unit),
}

/// Blocks that may wait before each encoder, and after it.
const WAITING: usize = 2;

/// The running threads, from the view of the publishing thread.
pub(super) struct Stages {
    outputs: Vec<Receiver<Unit>>,
    turn: usize,
    stop: Arc<AtomicBool>,
}

/// Distributes blocks to the encoder threads in turn.
pub(super) struct Dealer {
    encoders: Vec<SyncSender<Cut>>,
    turn: usize,
    stop: Arc<AtomicBool>,
}

impl Stages {
    /// Starts the threads. They end after the last unit, or when their output is no longer received.
    ///
    /// `read` distributes the blocks of all inputs; `encoder` creates the work of one encoder thread.
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
        let stop = Arc::new(AtomicBool::new(false));
        let (mut senders, mut outputs) = (Vec::new(), Vec::new());
        for _ in 0..encoders.max(1) {
            let (sender, cuts) = sync_channel(WAITING);
            let (output, receiver) = sync_channel(WAITING);
            let mut work = encoder();
            spawn(Worker::Encoding, move || encode(&cuts, &output, &mut work))?;
            senders.push(sender);
            outputs.push(receiver);
        }
        let mut dealer = Dealer {
            encoders: senders,
            turn: 0,
            stop: Arc::clone(&stop),
        };
        spawn(Worker::Reading, move || {
            let last = match guarded(Worker::Reading, || read(&mut dealer)) {
                Ok(Ok(())) => Unit::End,
                Ok(Err(broken)) => Unit::Broken(broken),
                Err(failure) => Unit::Failed(failure),
            };
            dealer.deal(Cut::Last(last));
        })?;
        Ok(Stages {
            outputs,
            turn: 0,
            stop,
        })
    }

    /// The next unit; none if it does not arrive in time.
    pub(super) fn next(&mut self, timeout: Duration) -> Option<Unit> {
        match self.outputs[self.turn].recv_timeout(timeout) {
            // The rest of its block comes from the same encoder.
            Ok(unit @ Unit::Encoded { goes_on: true, .. }) => Some(unit),
            Ok(unit) => {
                self.turn = (self.turn + 1) % self.outputs.len();
                Some(unit)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Unit::Failed(WorkerFailure::Panicked {
                worker: Worker::Encoding,
                message: "it was gone before the end of the input".to_owned(),
            })),
        }
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Dealer {
    /// Passes a block to the next encoder in turn; returns whether blocks are still received.
    pub(super) fn deal_block(
        &mut self,
        input: InputNumber,
        block: Block,
        hashes: Option<Box<BlockHashes>>,
    ) -> bool {
        self.deal(Cut::Block { input, block, hashes })
    }

    fn deal(&mut self, cut: Cut) -> bool {
        let encoder = &self.encoders[self.turn];
        self.turn = (self.turn + 1) % self.encoders.len();
        !self.stop.load(Ordering::Relaxed) && encoder.send(cut).is_ok()
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

fn encode(
    cuts: &Receiver<Cut>,
    output: &SyncSender<Unit>,
    work: &mut impl FnMut(InputNumber, Block) -> EncodedBlock,
) {
    for cut in cuts {
        let (input, mut next, mut hashes) = match cut {
            Cut::Block { input, block, hashes } => (input, Some(block), hashes),
            Cut::Last(unit) => {
                // There is no receiver if the run has stopped.
                let _ = output.send(unit);
                return;
            }
        };
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
                    let _ = output.send(Unit::Failed(failure));
                    return;
                }
            };
            if output.send(unit).is_err() {
                return;
            }
        }
    }
}

/// The work of an encoder thread: the blocks of one input after the other.
pub(super) fn encoder(
    plans: Vec<InputPlan>,
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
