//! The number of rows per fate, and the check that no row is missing.
//!
//! No count is ever derived from the others: each is counted where its fate is decided, so that the
//! check can catch a row that was lost.

use std::fmt;

/// The fate of a row that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Acknowledged by all in-sync replicas.
    Delivered,
    /// Never sent: the row is bad.
    Rejected,
    /// Never sent: the user chose to omit such rows.
    Filtered,
    /// Handed to the client, and known not to have been written.
    Failed,
    /// Sent to the broker, but without an answer: it may be on the topic.
    Unknown,
    /// Not sent, because the run stopped before it or was a dry run.
    Unsent,
}

impl Fate {
    /// Its name for machines.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Delivered => "delivered",
            Fate::Rejected => "rejected",
            Fate::Filtered => "filtered",
            Fate::Failed => "failed",
            Fate::Unknown => "unknown",
            Fate::Unsent => "unsent",
        }
    }
}

/// Rows read, and their number per fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read from the inputs, including bad ones; blank lines do not count.
    pub read: u64,
    /// See [`Fate::Delivered`].
    pub delivered: u64,
    /// See [`Fate::Rejected`].
    pub rejected: u64,
    /// See [`Fate::Filtered`].
    pub filtered: u64,
    /// See [`Fate::Failed`].
    pub failed: u64,
    /// See [`Fate::Unknown`].
    pub unknown: u64,
    /// See [`Fate::Unsent`].
    pub unsent: u64,
    /// Delivered rows that are tombstones; in a dry run, rows that would be.
    pub tombstones: u64,
}

impl Counts {
    /// Counts `rows` rows of one fate.
    pub fn add(&mut self, fate: Fate, rows: u64) {
        match fate {
            Fate::Delivered => self.delivered += rows,
            Fate::Rejected => self.rejected += rows,
            Fate::Filtered => self.filtered += rows,
            Fate::Failed => self.failed += rows,
            Fate::Unknown => self.unknown += rows,
            Fate::Unsent => self.unsent += rows,
        }
    }

    /// Adds those of another part of the rows.
    pub fn add_all(&mut self, other: &Counts) {
        self.read += other.read;
        self.delivered += other.delivered;
        self.rejected += other.rejected;
        self.filtered += other.filtered;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.unsent += other.unsent;
        self.tombstones += other.tombstones;
    }

    /// Rows with a known fate.
    pub fn settled(&self) -> u64 {
        self.delivered + self.rejected + self.filtered + self.failed + self.unknown + self.unsent
    }

    /// Rows read that have no fate yet; only useful during the run.
    pub fn in_flight(&self) -> u64 {
        self.read.saturating_sub(self.settled())
    }

    /// Checks that every row that was read has exactly one fate.
    pub fn balance(&self) -> Result<(), Imbalance> {
        if self.read == self.settled() {
            Ok(())
        } else {
            Err(Imbalance::Rows(*self))
        }
    }
}

/// The counts do not add up: a row has no fate, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imbalance {
    /// The number of rows read differs from the number of rows with a fate.
    Rows(Counts),
    /// The number of messages that the client accepted differs from the number of delivery reports.
    Reports {
        /// Messages that the client accepted.
        taken: u64,
        /// Reports received.
        reported: u64,
    },
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = match self {
            Imbalance::Rows(counts) => counts,
            Imbalance::Reports { taken, reported } => {
                return write!(
                    f,
                    "the counts do not add up: {taken} messages handed over, but {reported} delivery reports"
                );
            }
        };
        write!(
            f,
            "the counts do not add up: {} rows read, but {} delivered + {} rejected + {} filtered + {} failed + \
             {} unknown + {} unsent = {}",
            counts.read,
            counts.delivered,
            counts.rejected,
            counts.filtered,
            counts.failed,
            counts.unknown,
            counts.unsent,
            counts.settled()
        )
    }
}

impl std::error::Error for Imbalance {}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_OF_EACH: Counts = Counts {
        read: 21,
        delivered: 1,
        rejected: 2,
        filtered: 3,
        failed: 4,
        unknown: 5,
        unsent: 6,
        tombstones: 1,
    };

    #[test]
    fn every_fate_counts_towards_the_balance() {
        assert_eq!(ONE_OF_EACH.balance(), Ok(()));
        let fates = [
            Fate::Delivered,
            Fate::Rejected,
            Fate::Filtered,
            Fate::Failed,
            Fate::Unknown,
            Fate::Unsent,
        ];
        for fate in fates {
            let mut counts = ONE_OF_EACH;
            counts.add(fate, 1);
            assert!(counts.balance().is_err(), "{}", fate.word());
            counts.read += 1;
            assert_eq!(counts.balance(), Ok(()), "{}", fate.word());
        }
    }

    #[test]
    fn a_row_with_two_fates_is_an_imbalance() {
        let counts = Counts {
            read: 1,
            delivered: 1,
            unknown: 1,
            ..Counts::default()
        };
        let said = counts.balance().unwrap_err().to_string();
        assert_eq!(
            said,
            "the counts do not add up: 1 rows read, but 1 delivered + 0 rejected + 0 filtered + 0 failed + \
             1 unknown + 0 unsent = 2"
        );
        assert_eq!(counts.in_flight(), 0);
    }

    #[test]
    fn rows_without_a_fate_are_in_flight() {
        let mut counts = ONE_OF_EACH;
        counts.read += 5;
        assert_eq!(counts.in_flight(), 5);
    }
}
