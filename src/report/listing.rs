//! Rejected rows shown one by one during the run, up to a limit.

use crate::encode::RowError;
use crate::load::ObservedRow;

/// Shows a rejected row.
pub type ShowRow = Box<dyn FnMut(&ObservedRow<'_>, &RowError)>;

/// Shows the first rejected rows.
pub struct Listing {
    show: ShowRow,
    most: u64,
    shown: u64,
}

impl Listing {
    /// Shows at most `most` rows with `show`.
    pub fn new(most: u64, show: ShowRow) -> Listing {
        Listing { show, most, shown: 0 }
    }

    /// Shows nothing.
    pub fn none() -> Listing {
        Listing::new(0, Box::new(|_, _| ()))
    }

    /// Whether the next row will be shown.
    pub(super) fn has_room(&self) -> bool {
        self.shown < self.most
    }

    pub(super) fn show(&mut self, row: &ObservedRow<'_>, error: &RowError) {
        self.shown += 1;
        (self.show)(row, error);
    }

    /// Rows shown so far.
    pub fn shown(&self) -> u64 {
        self.shown
    }
}
