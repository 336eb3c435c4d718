//! Why a run ended before the end of its inputs, and where it would resume.

use std::time::Duration;

use super::observer::{Kept, ObserverError};
use super::stages::InputNumber;
use super::worker::WorkerFailure;
use crate::encode::RowError;
use crate::input::InputError;
use crate::kafka::FoundRecord;
use crate::record::Position;

/// Where in a run's inputs a row starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputPosition {
    /// The input.
    pub input: InputNumber,
    /// The position in the input.
    pub position: Position,
}

/// Why no row starts at the line at which a run should begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoStart {
    /// The line is within a row.
    WithinRow {
        /// The line at which the row starts.
        row: u64,
        /// The line after the row.
        next: u64,
    },
    /// The input ends before it.
    BeyondEnd {
        /// The lines that the input has.
        lines: u64,
    },
}

/// Why a run ended before the end of its inputs.
#[derive(Debug)]
pub enum Stop {
    /// No row starts at the line of the first input at which the run should begin.
    NoStart(NoStart),
    /// One bad row more than allowed.
    Row {
        /// Where it starts.
        at: InputPosition,
        /// The row without its line terminator.
        row: Vec<u8>,
        /// Its faults.
        error: Box<RowError>,
        /// Whether it was kept like the bad rows before it.
        kept: Kept,
    },
    /// An input cannot be read any further.
    Source(InputError),
    /// More deliveries failed than allowed, or the producer cannot continue.
    Delivery {
        /// Why the producer cannot continue, if it cannot.
        fatal: Option<String>,
    },
    /// The maximum number of rows was read, and the inputs may have more.
    Limit,
    /// Ctrl-C, TERM or HUP.
    Interrupted,
    /// The observer cannot continue: a row cannot be kept.
    Observer(ObserverError),
    /// A thread of the run did not finish its work.
    Worker(WorkerFailure),
    /// A topic has a record, and must be left alone then.
    NotEmpty(FoundRecord),
    /// An exactly-once load cannot continue.
    Load(LoadStop),
    /// The comparison with a topic cannot go on; it knows why.
    Comparison,
}

/// A load that does not fit into one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfTime {
    /// The time after which the brokers abort a transaction.
    pub timeout: Duration,
    /// The time that the load has taken.
    pub elapsed: Duration,
    /// The rows that were delivered in this time.
    pub rows: u64,
    /// The time since the last rows arrived.
    pub idle: Duration,
    /// The time that all rows would take, if their number can be estimated.
    pub expected: Option<Duration>,
}

impl OutOfTime {
    /// Whether rows were waited for most of the time, so that more time would not help.
    pub fn is_idle(&self) -> bool {
        self.idle > self.elapsed / 2
    }
}

/// Why an exactly-once load cannot continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadStop {
    /// Another run of the same load has taken over.
    Superseded,
    /// Transactions cannot be committed.
    Failed {
        /// Whether another attempt would fail in the same way: a missing right, a message that is too large.
        is_lasting: bool,
        /// The last reason.
        message: String,
    },
    /// All rows must be in one transaction, and the brokers do not let it be open for so long.
    OutOfTime(OutOfTime),
    /// The topic was deleted, recreated or truncated before the rows were committed.
    TopicChanged {
        /// The topic, and what happened to it.
        message: String,
    },
    /// The checkpoints are not those that this run wrote: somebody else writes to their topic.
    Inconsistent,
}
