//! The events of a run: one method for each kind.
//!
//! The run decides and counts; the observer keeps, groups and draws. It is called on the publishing thread.

use std::error::Error;

use super::counts::{Counts, Fate};
use super::exactly_once::{KeptExtent, KeptOfLoad};
use super::stages::InputNumber;
use crate::encode::RowError;
use crate::kafka::DeliveryError;
use crate::record::{Place, Position};

/// The row of an event.
#[derive(Debug, Clone, Copy)]
pub struct ObservedRow<'a> {
    /// The name of its input for people.
    pub input: &'a str,
    /// The number of its input.
    pub number: InputNumber,
    /// The names of the input's columns; empty if it has none.
    pub columns: &'a [String],
    /// Where it starts.
    pub position: Position,
    /// Its bytes with their line terminator.
    pub bytes: &'a [u8],
}

impl<'a> ObservedRow<'a> {
    /// Where it starts, for people.
    pub fn place(&self) -> Place<'a> {
        Place {
            input: self.input,
            line: self.position.line,
            column: self.position.column,
        }
    }
}

/// The progress of a run, in figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Bytes read from the inputs, as they are on the disk.
    pub bytes_read: u64,
    /// The total length of the inputs in bytes, if it is known.
    pub bytes_total: Option<u64>,
    /// Rows after which the run ends, if there is such a limit.
    pub rows_limit: Option<u64>,
    /// Rows by fate so far.
    pub counts: Counts,
    /// What the run is doing.
    pub phase: Phase,
    /// Whether rows are only read and encoded; those that fit are unsent.
    pub dry_run: bool,
    /// Whether rows are compared with a topic and not sent.
    pub compared: bool,
    /// Whether rows wait until they are due.
    pub paced: bool,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It reads and publishes rows.
    #[default]
    Reading,
    /// Everything is handed over, or the run stops, and it waits for delivery reports.
    Finishing,
    /// The same after a signal; another one ends the wait.
    Interrupted,
}

/// Whether a row that is not delivered can be loaded from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is in a file of such rows.
    Yes,
    /// It is in its input only.
    No,
}

/// Why an observer cannot continue.
pub type ObserverError = Box<dyn Error + Send + Sync>;

/// Observes a run.
pub trait Observer {
    /// A row is bad and is not sent. Rows come in the order of the inputs.
    ///
    /// # Errors
    /// The row cannot be kept: the run stops before it, because it would lose the next one too.
    fn rejected(&mut self, row: &ObservedRow<'_>, error: &RowError) -> Result<Kept, ObserverError>;

    /// A row was not delivered (`failed`), may have been (`unknown`), or was not sent (`unsent`). Rows come in the
    /// order of their reports.
    ///
    /// # Errors
    /// As for [`Observer::rejected`].
    fn undelivered(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        error: &DeliveryError,
    ) -> Result<Kept, ObserverError>;

    /// The progress of the run. Called for each block, many times per second.
    fn progress(&mut self, snapshot: &Snapshot);

    /// Every row has its fate.
    fn finished(&mut self);

    /// In an exactly-once load: what was observed so far is covered by a checkpoint.
    fn settled(&mut self) {}

    /// In an exactly-once load: what was observed since the last [`Observer::settled`] was not committed, and does not
    /// count. The rows will be read again.
    ///
    /// # Errors
    /// Rows that were kept since then cannot be removed.
    fn roll_back(&mut self) -> Result<(), ObserverError> {
        Ok(())
    }

    /// In an exactly-once load, before its first row: how much of the file for rows of each input is covered by
    /// checkpoints. What follows does not count. No other run of the load can commit any more.
    ///
    /// # Errors
    /// The rows that earlier runs kept are not there, or what follows them cannot be removed.
    fn continue_at(&mut self, _kept: &KeptOfLoad) -> Result<(), ObserverError> {
        Ok(())
    }

    /// In an exactly-once load: how much of the file for rows of this input is in use.
    fn kept_extent(&self, _input: InputNumber) -> Option<KeptExtent> {
        None
    }

    /// In an exactly-once load: an open transaction of another producer hides the checkpoint. Called again and again.
    fn waiting_for_others(&mut self) {}
}
