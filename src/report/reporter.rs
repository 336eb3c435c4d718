//! Observes a run: groups errors, keeps rows, shows the progress.

use super::errors::{DeliveryErrors, RowErrors};
use super::listing::Listing;
use super::progress::Progress;
use super::reject::{RejectReason, Rejects};
use crate::encode::RowError;
use crate::load::{
    DeliveryError, Fate, InputNumber, Kept, KeptExtent, KeptOfLoad, ObservedRow, Observer, ObserverError,
    Snapshot,
};

/// All observers of a run.
pub struct Reporter {
    /// Rejected rows by fault.
    pub row_errors: RowErrors,
    /// Undelivered rows by error.
    pub delivery_errors: DeliveryErrors,
    /// The place for rows that are not delivered, if they are kept.
    pub rejects: Option<Rejects>,
    /// Rejected rows that are shown one by one.
    pub listing: Listing,
    progress: Progress,
    /// Says that the run waits for the open transaction of another producer.
    say_waiting: Box<dyn FnMut()>,
    /// Rejected rows by fault at the last checkpoint of an exactly-once load.
    settled: RowErrors,
}

impl Reporter {
    /// Keeps rows in `rejects` and shows `progress`.
    pub fn new(rejects: Option<Rejects>, progress: Progress) -> Reporter {
        Reporter {
            row_errors: RowErrors::default(),
            delivery_errors: DeliveryErrors::default(),
            rejects,
            listing: Listing::none(),
            progress,
            say_waiting: Box::new(|| ()),
            settled: RowErrors::default(),
        }
    }

    /// The same, and shows rejected rows in `listing`.
    pub fn with_listing(mut self, listing: Listing) -> Reporter {
        self.listing = listing;
        self
    }

    /// The same, and calls this while the run waits for the open transaction of another producer.
    pub fn saying_that_it_waits(mut self, say: impl FnMut() + 'static) -> Reporter {
        self.say_waiting = Box::new(say);
        self
    }

    fn keep(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        reason: RejectReason<'_>,
    ) -> Result<Kept, ObserverError> {
        let Some(rejects) = &mut self.rejects else {
            return Ok(Kept::No);
        };
        rejects.keep(row, fate, reason)?;
        Ok(Kept::Yes)
    }
}

impl Observer for Reporter {
    fn rejected(&mut self, row: &ObservedRow<'_>, error: &RowError) -> Result<Kept, ObserverError> {
        let kept = self.keep(row, Fate::Rejected, RejectReason::Row(error))?;
        self.row_errors.add(row.place(), error);
        if self.listing.has_room() {
            let Reporter {
                listing, progress, ..
            } = self;
            progress.suspend(|| listing.show(row, error));
        }
        Ok(kept)
    }

    fn undelivered(
        &mut self,
        row: &ObservedRow<'_>,
        fate: Fate,
        error: &DeliveryError,
    ) -> Result<Kept, ObserverError> {
        // Rows that were not sent have no delivery error.
        if fate != Fate::Unsent {
            self.delivery_errors.add(row.place(), fate, error);
        }
        self.keep(row, fate, RejectReason::Delivery(error))
    }

    fn progress(&mut self, snapshot: &Snapshot) {
        self.progress.update(snapshot);
    }

    fn finished(&mut self) {
        self.progress.clear();
    }

    fn waiting_for_others(&mut self) {
        let Reporter {
            say_waiting,
            progress,
            ..
        } = self;
        progress.suspend(say_waiting);
    }

    fn settled(&mut self) {
        self.settled.clone_from(&self.row_errors);
        if let Some(rejects) = &mut self.rejects {
            rejects.settle();
        }
    }

    fn roll_back(&mut self) -> Result<(), ObserverError> {
        self.row_errors.clone_from(&self.settled);
        if let Some(rejects) = &mut self.rejects {
            rejects.roll_back()?;
        }
        Ok(())
    }

    fn continue_at(&mut self, kept: &KeptOfLoad) -> Result<(), ObserverError> {
        if let Some(rejects) = &mut self.rejects {
            rejects.continue_at(kept)?;
        }
        Ok(())
    }

    fn kept_extent(&self, input: InputNumber) -> Option<KeptExtent> {
        let rejects = self.rejects.as_ref()?;
        Some(rejects.extent(input.index()))
    }
}
