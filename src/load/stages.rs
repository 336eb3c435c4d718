//! The threads that read and encode, and the channels between them.
//!
//! One thread cuts the inputs into blocks and deals them out in turn; each encoder thread works through its own;
//! the publishing thread takes the batches in the same turn, so the order of the rows is kept without a number
//! being compared. All channels are short, so memory stays bounded and a slow broker slows the reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::batch::{BatchEncoder, BatchSettings, EncodedBlock};
use crate::encode::Plan;
use crate::input::{Block, Input, InputError};

/// An input, and how its rows are encoded.
pub struct PlannedInput {
    /// The input.
    pub input: Input,
    /// The plan for its header.
    pub plan: Arc<Plan>,
    /// Rows that start before this line are left out.
    pub first_line: u64,
}

/// Which of a run's inputs: its index in their order, and their only identity within the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputNumber(usize);

impl InputNumber {
    /// The number of the input at `index`.
    pub(super) const fn new(index: usize) -> InputNumber {
        InputNumber(index)
    }

    /// Where the input is among those of the run.
    pub fn index(self) -> usize {
        self.0
    }
}

/// What the encoder threads know of an input.
#[derive(Clone)]
struct InputPlan {
    /// The input's name for people.
    name: Arc<str>,
    plan: Arc<Plan>,
    /// The header's line as UTF-8, without what ended it.
    header: Option<Arc<[u8]>>,
    /// The column that holds the messages' times, if one does.
    time_column: Option<usize>,
    first_line: u64,
}

impl InputPlan {
    fn of(planned: &PlannedInput, settings: &BatchSettings) -> InputPlan {
        let header = planned.input.header.as_ref();
        let column = |field: &str| header?.names.iter().position(|name| name == field);
        InputPlan {
            name: Arc::clone(&planned.input.name),
            plan: Arc::clone(&planned.plan),
            header: header.map(|header| planned.input.encoding.readable(header.line()).into()),
            time_column: settings.times.as_ref().and_then(|times| column(&times.field)),
            first_line: planned.first_line,
        }
    }
}

/// What comes out of the stages, in the order of the rows.
pub(super) enum Unit {
    Encoded(Box<EncodedBlock>),
    /// An input cannot be read any further.
    Broken(InputError),
}

enum Cut {
    Block { input: InputNumber, block: Block },
    Broken(InputError),
}

/// Blocks that may wait before each encoder, and behind it.
const WAITING: usize = 2;

/// The running threads, seen from the publishing one.
pub(super) struct Stages {
    outputs: Vec<Receiver<Unit>>,
    turn: usize,
    stop: Arc<AtomicBool>,
}

impl Stages {
    /// Starts the threads; they end by themselves at the inputs' end, or once nobody takes their output.
    pub(super) fn start(inputs: Vec<PlannedInput>, settings: BatchSettings, encoders: usize) -> Stages {
        let stop = Arc::new(AtomicBool::new(false));
        let plan = |planned| InputPlan::of(planned, &settings);
        let plans: Vec<InputPlan> = inputs.iter().map(plan).collect();
        let (mut senders, mut outputs) = (Vec::new(), Vec::new());
        for _ in 0..encoders.max(1) {
            let (sender, cuts) = sync_channel(WAITING);
            let (output, receiver) = sync_channel(WAITING);
            let plans = plans.clone();
            let settings = settings.clone();
            thread::spawn(move || encode(&cuts, &plans, &settings, &output));
            senders.push(sender);
            outputs.push(receiver);
        }
        let stopped = Arc::clone(&stop);
        thread::spawn(move || cut(inputs, &senders, &stopped));
        Stages {
            outputs,
            turn: 0,
            stop,
        }
    }

    /// The next unit; none for `Disconnected` where all inputs are at their end.
    pub(super) fn next(&mut self, timeout: Duration) -> Result<Unit, RecvTimeoutError> {
        let unit = self.outputs[self.turn].recv_timeout(timeout)?;
        self.turn = (self.turn + 1) % self.outputs.len();
        Ok(unit)
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn cut(inputs: Vec<PlannedInput>, encoders: &[SyncSender<Cut>], stop: &AtomicBool) {
    let mut turn = (0..encoders.len()).cycle();
    let mut deal = |cut: Cut| {
        let encoder = turn.next().expect("a cycle of at least one never ends");
        !stop.load(Ordering::Relaxed) && encoders[encoder].send(cut).is_ok()
    };
    for (index, planned) in inputs.into_iter().enumerate() {
        let input = InputNumber::new(index);
        let mut reader = match planned.input.into_reader() {
            Ok(reader) => reader,
            Err(error) => {
                deal(Cut::Broken(error));
                return;
            }
        };
        loop {
            let going_on = match reader.next_block() {
                Ok(Some(block)) => deal(Cut::Block { input, block }),
                Ok(None) => break,
                Err(error) => {
                    deal(Cut::Broken(error));
                    false
                }
            };
            if !going_on {
                return;
            }
        }
    }
}

fn encode(cuts: &Receiver<Cut>, plans: &[InputPlan], settings: &BatchSettings, output: &SyncSender<Unit>) {
    let mut current: Option<(InputNumber, BatchEncoder)> = None;
    for cut in cuts {
        let unit = match cut {
            Cut::Broken(error) => Unit::Broken(error),
            Cut::Block { input, block } => {
                let InputPlan {
                    name,
                    plan,
                    header,
                    time_column,
                    first_line,
                } = &plans[input.index()];
                if current.as_ref().is_none_or(|(of, _)| *of != input) {
                    let (name, plan, header) = (Arc::clone(name), Arc::clone(plan), header.clone());
                    let encoder = BatchEncoder::new(name, plan, header, *time_column, settings.clone());
                    current = Some((input, encoder));
                }
                let (_, encoder) = current.as_mut().expect("it was set just now");
                Unit::Encoded(Box::new(encoder.encode(input, block, *first_line)))
            }
        };
        if output.send(unit).is_err() {
            return;
        }
    }
}
