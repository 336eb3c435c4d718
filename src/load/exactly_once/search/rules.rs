//! The bounds of a search, and what is left out of the protocol.

use std::fmt;

/// How large a search is, and what is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// How many rows the load has.
    pub(super) rows: u8,
    /// How many runs of the load start.
    pub(super) runs: u8,
    /// How many of them run at the same time, at most [`SLOTS`](super::checkpoints::SLOTS).
    pub(super) processes: usize,
    /// A state is not left if a run has gained nothing more often than this.
    pub(super) fruitless: u32,
    /// How many faults happen.
    pub(super) faults: u8,
    /// Whether all rows are in one transaction, which a run may abandon.
    pub(super) atomic: bool,
    pub(super) omitted: Option<Guard>,
}

impl Rules {
    pub(super) fn omits(&self, guard: Guard) -> bool {
        self.omitted == Some(guard)
    }

    /// Whether nothing is left out of the protocol. Without a guard only the harm for rows and reports counts.
    pub(super) fn has_whole_protocol(&self) -> bool {
        self.omitted.is_none_or(|guard| guard == Guard::Verification)
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rules {
            rows,
            runs,
            processes,
            faults,
            atomic,
            ..
        } = self;
        write!(
            f,
            "rows {rows}, runs {runs}, at the same time {processes}, faults {faults}"
        )?;
        if self.fruitless < u32::MAX {
            write!(f, ", fruitless {}", self.fruitless)?;
        }
        if *atomic {
            write!(f, ", atomic")?;
        }
        match self.omitted {
            Some(guard) => write!(f, ", without {guard:?}"),
            None => Ok(()),
        }
    }
}

/// Something that prevents a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Guard {
    /// A commit without an error is followed by a new producer.
    NewProducer,
    /// After a commit the checkpoint is read: the result of the commit does not decide.
    ReadingAfterCommit,
    /// A producer is initialised before the checkpoint is read.
    InitialisingFirst,
    /// Checkpoints are read up to the high watermark, not up to the last stable offset.
    HighWatermark,
    /// Reading keeps the records that it gets after the high watermark that it has taken.
    LaterRecords,
    /// Each run has its own identity.
    OwnIdentity,
    /// A run whose rows are all in one transaction commits only at their end.
    OneCommit,
    /// The brokers accept rows only if the coordinator knows of their transaction (KIP-890, part 1; Kafka 3.6).
    Verification,
}
