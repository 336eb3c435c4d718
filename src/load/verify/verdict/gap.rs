//! Rows and messages of one key between the same neighbours.

use super::findings::Found;

/// Gaps with more rows or messages are paired by position.
const MOST: usize = 8;

/// The rows and messages of a gap, by their numbers and offsets, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::load::verify) struct Gap {
    pub(in crate::load::verify) lane: u32,
    pub(in crate::load::verify) rows: Vec<u64>,
    pub(in crate::load::verify) messages: Vec<u64>,
}

impl Gap {
    pub(super) fn begin(&mut self, lane: u32) {
        self.lane = lane;
        self.rows.clear();
        self.messages.clear();
    }

    /// Adds the next row and the next message. Those beyond what is too many are dropped.
    pub(super) fn put(&mut self, row: Option<u64>, message: Option<u64>) {
        for (numbers, number) in [(&mut self.rows, row), (&mut self.messages, message)] {
            numbers.extend(number.filter(|_| numbers.len() <= MOST));
        }
    }

    /// Whether rows and messages can be paired in more than one way, and are few enough to be compared.
    pub(super) fn is_open(&self) -> bool {
        let (rows, messages) = (self.rows.len(), self.messages.len());
        rows != messages && (1..=MOST).contains(&rows) && (1..=MOST).contains(&messages)
    }

    pub(super) fn found(&self, row: Option<usize>, message: Option<usize>) -> Found {
        Found {
            row: row.map(|index| self.rows[index]),
            lane: self.lane,
            offset: message.map(|index| self.messages[index]),
        }
    }
}
