//! Listens to a run: groups what went wrong, keeps the rows, shows how far the run is.

use super::errors::{DeliveryErrors, RowErrors};
use super::progress::Progress;
use super::reject::{RejectReason, RejectsFile};
use crate::encode::RowError;
use crate::load::{DeliveryError, Fate, ObservedRow, Observer, ObserverError, Snapshot};

/// Everything that listens to a run.
pub struct Reporter {
    /// Rejected rows by what was wrong.
    pub row_errors: RowErrors,
    /// Undelivered rows by error.
    pub delivery_errors: DeliveryErrors,
    /// Where rows that are not delivered are kept, if anywhere.
    pub rejects: Option<RejectsFile>,
    progress: Progress,
}

impl Reporter {
    /// Keeps rows in `rejects` and shows `progress`.
    pub fn new(rejects: Option<RejectsFile>, progress: Progress) -> Reporter {
        Reporter {
            row_errors: RowErrors::default(),
            delivery_errors: DeliveryErrors::default(),
            rejects,
            progress,
        }
    }

    fn keep(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        reason: RejectReason<'_>,
    ) -> Result<(), ObserverError> {
        if let Some(rejects) = &mut self.rejects {
            rejects.keep(row, fate, reason)?;
        }
        Ok(())
    }
}

impl Observer for Reporter {
    fn rejected(&mut self, row: &ObservedRow<'_>, error: &RowError) -> Result<(), ObserverError> {
        self.row_errors.add(row.input, row.position.line, error);
        self.keep(row, Fate::Rejected, RejectReason::Row(error))
    }

    fn undelivered(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        error: &DeliveryError,
    ) -> Result<(), ObserverError> {
        self.delivery_errors
            .add(row.input, row.position.line, fate, error);
        self.keep(row, fate, RejectReason::Delivery(error))
    }

    fn progress(&mut self, snapshot: &Snapshot) {
        self.progress.update(snapshot);
    }

    fn finished(&mut self) {
        self.progress.clear();
    }
}
