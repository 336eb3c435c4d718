//! What is left over -> what is different, and how.
//!
//! First everything is joined by its content (`join`): a row and a message that are equal are a pair, wherever they are.
//! Such pairs may have changed places (`order`). What then remains is missing, foreign, doubled, or different from what is
//! at its place (`neighbours`). Each step reads sorted records one by one, so the memory does not depend on how much
//! differs. Which of several rows and messages of a gap belong together (`gap`, `alignment`) is decided with their
//! contents, for those that are shown.

mod alignment;
mod findings;
mod gap;
mod join;
mod neighbours;
mod order;

pub(super) use alignment::aligned;
pub use findings::Kind;
pub(super) use findings::{Findings, Found};
pub(super) use gap::Gap;
pub(super) use join::LeftOver;

use super::ComparisonError;
use super::record::Record;
use crate::load::interrupt::Interrupts;

/// The lane of rows whose partition is not known: librdkafka chooses it.
pub(super) const ANY_LANE: u32 = u32::MAX;
/// The hash of a null key. Messages without a key have no order.
pub(super) const NO_KEY: u64 = 0;

/// Kinds of records of rows and messages.
const EXPECTED: u32 = 0;
const FOUND: u32 = 1;

/// Stops at a signal.
fn check(interrupts: &Interrupts) -> Result<(), ComparisonError> {
    match interrupts.count() {
        0 => Ok(()),
        _ => Err(ComparisonError::Interrupted),
    }
}

fn pair_of(row: &Record, message: &Record) -> Found {
    Found {
        row: Some(row.at),
        lane: message.lane,
        offset: Some(message.at),
    }
}

fn of_row(row: &Record) -> Found {
    Found {
        row: Some(row.at),
        lane: row.lane,
        offset: None,
    }
}

fn of_message(message: &Record) -> Found {
    Found {
        row: None,
        lane: message.lane,
        offset: Some(message.at),
    }
}

#[cfg(test)]
mod tests;
