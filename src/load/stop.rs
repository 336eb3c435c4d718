//! Why a run ended before its inputs did, and where it would go on.

use super::observer::{Kept, ObserverError};
use super::stages::InputNumber;
use super::worker::WorkerFailure;
use crate::encode::RowError;
use crate::input::InputError;
use crate::record::Position;

/// Where in a run's inputs a row starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputPosition {
    /// In which input.
    pub input: InputNumber,
    /// Where in it.
    pub position: Position,
}

/// Why no row starts at the line that a run was to begin at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoStart {
    /// The line is within a row.
    WithinRow {
        /// The line at which the row starts.
        row: u64,
        /// The line after it.
        next: u64,
    },
    /// The input ends before it.
    BeyondEnd {
        /// The lines that the input has.
        lines: u64,
    },
}

/// Why a run ended before its inputs did.
#[derive(Debug)]
pub enum Stop {
    /// No row starts at the line of the first input that the run was to begin at.
    NoStart(NoStart),
    /// A bad row beyond what is allowed.
    Row {
        /// Where it starts.
        at: InputPosition,
        /// The row without its line terminator.
        row: Vec<u8>,
        /// What is wrong with it.
        error: Box<RowError>,
        /// Whether it was set aside like the bad rows before it.
        kept: Kept,
    },
    /// An input cannot be read any further.
    Source(InputError),
    /// More rows failed to be delivered than allowed, or the producer cannot go on.
    Delivery {
        /// Why the producer cannot go on, if it cannot.
        fatal: Option<String>,
    },
    /// As many rows were read as the run was to read, and the inputs may have more.
    Limit,
    /// Ctrl-C, TERM or HUP.
    Interrupted,
    /// The observer cannot go on: a row cannot be kept.
    Observer(ObserverError),
    /// A thread of the run did not finish its work.
    Worker(WorkerFailure),
}
