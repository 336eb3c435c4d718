//! What a run did, and why it ended before its inputs did.

use std::ffi::OsString;
use std::time::Duration;

use super::counts::{Counts, Imbalance};
use super::observer::{ObservedRow, ObserverError};
use super::sink::Sink;
use super::stages::{InputNumber, PlannedInput};
use super::worker::WorkerFailure;
use crate::encode::RowError;
use crate::input::InputError;
use crate::kafka::{ConnectError, TopicChange, TopicFacts};
use crate::record::{Format, Place, Position};

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
    Delivery {
        /// Why the producer cannot go on, if it cannot.
        fatal: Option<String>,
    },
    /// Ctrl-C or TERM.
    Interrupted,
    /// The observer cannot go on: a row cannot be kept.
    Observer(ObserverError),
    /// A thread of the run did not finish its work.
    Worker(WorkerFailure),
}

/// What a run did.
pub struct RunOutcome {
    /// Rows by fate.
    pub counts: Counts,
    /// Where the accounts do not add up.
    pub imbalance: Option<Imbalance>,
    /// What became of each input, in their order.
    pub files: Vec<FileOutcome>,
    /// Why it ended early.
    pub stop: Option<Stop>,
    /// More rows were rejected than allowed, judged at the end.
    pub too_many_errors: bool,
    /// What happened to the topic meanwhile.
    pub topic_changes: Vec<TopicChange>,
    /// The topic at the end, where it could be looked at.
    pub topic_after: Option<TopicFacts>,
    /// Why it could not.
    pub topic_unseen: Option<ConnectError>,
    /// Where the run would go on: the first row that was not handed over.
    pub next: Option<InputPosition>,
    /// The sink, for its figures.
    pub sink: Sink,
    /// How often the full queue of the client was waited for.
    pub full_queue_waits: u64,
    /// Bytes of keys and values handed over.
    pub bytes_encoded: u64,
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
    /// Its rows by fate, once the run has ended.
    pub counts: Counts,
    /// The names of its columns.
    columns: Vec<String>,
    /// The input's rows in the blocks that were taken, those that were left out included.
    pub(super) rows_seen: u64,
}

impl FileOutcome {
    pub(super) fn new(planned: &PlannedInput) -> FileOutcome {
        let header = planned.input.header();
        FileOutcome {
            name: planned.input.name.to_string(),
            argument: planned.input.location.argument().to_owned(),
            format: planned.input.format(),
            bytes: header.map_or(0, |header| planned.input.encoding.raw_length(&header.row)),
            lines: planned.input.first_row().line - 1,
            blank_lines: 0,
            counts: Counts::default(),
            columns: header.map_or(Vec::new(), |header| header.names.clone()),
            rows_seen: 0,
        }
    }

    fn place(&self, position: Position) -> Place<'_> {
        Place {
            input: &self.name,
            line: position.line,
        }
    }

    /// A row of the input, as observers see it.
    pub(super) fn observed<'a>(&'a self, position: Position, bytes: &'a [u8]) -> ObservedRow<'a> {
        ObservedRow {
            input: &self.name,
            columns: &self.columns,
            position,
            bytes,
        }
    }
}
