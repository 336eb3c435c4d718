//! Rows that only the brokers know to be too large: they are rejected when the rows of their transaction are repeated.
//!
//! A broker refuses a whole batch, so of several rows that are refused at once it is not known which is too large. Then
//! each row is sent in a batch of its own.

use std::collections::BTreeSet;

use super::encoded_block::EncodedBlock;
use super::stages::InputNumber;
use crate::encode::{RowError, RowErrorKind};

const REASON: &str = "the brokers refused the message: it is larger than they allow (`max.message.bytes`)";

/// The rows of a run that the brokers refuse.
#[derive(Debug, Default)]
pub(super) struct RefusedRows {
    /// Rows to reject: the index of the input, and the number of the row in it.
    rows: BTreeSet<(usize, u64)>,
    /// Rows of batches that were refused in this transaction.
    new: BTreeSet<(usize, u64)>,
    /// Whether each row is sent in a batch of its own.
    are_alone: bool,
}

/// How rows are sent after some were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batches {
    /// As usual.
    Full,
    /// Each row in a batch of its own.
    OfOneRow,
}

impl RefusedRows {
    /// Records a row of a batch that was refused.
    pub(super) fn add(&mut self, input: InputNumber, row: u64) {
        self.new.insert((input.index(), row));
    }

    /// Whether no row was refused so far.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.new.is_empty() && !self.are_alone
    }

    /// Whether rows were refused since the last decision.
    pub(super) fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// Decides which rows will be rejected, and how the others are repeated. If the limits have been lowered, the encoders
    /// know the rows that are too large.
    pub(super) fn decide(&mut self, limits_are_lower: bool) -> Batches {
        let mut new = std::mem::take(&mut self.new);
        if !limits_are_lower {
            match self.are_alone || new.len() == 1 {
                true => self.rows.append(&mut new),
                false => self.are_alone = true,
            }
        }
        match self.are_alone {
            true => Batches::OfOneRow,
            false => Batches::Full,
        }
    }

    /// Batches are full again; returns whether they were not.
    pub(super) fn end_of_transaction(&mut self) -> bool {
        std::mem::take(&mut self.are_alone)
    }

    /// Makes bad rows of the rows to reject.
    pub(super) fn reject_in(&self, encoded: &mut EncodedBlock) {
        let (input, first) = (encoded.input.index(), encoded.marked.first_row);
        let end = first + encoded.marked.rows.len() as u64;
        for (_, row) in self.rows.range((input, first)..(input, end)) {
            let row = (row - first) as u32;
            let Ok(message) = encoded.messages.binary_search_by_key(&row, |message| message.row) else {
                continue;
            };
            encoded.messages.remove(message);
            let headers = message * encoded.header_count;
            encoded.headers.drain(headers..headers + encoded.header_count);
            let at = encoded.errors.partition_point(|(bad, _)| *bad < row);
            let error = RowError::whole(RowErrorKind::TooLarge, REASON);
            encoded.errors.insert(at, (row, error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rows: &[u64]) -> RefusedRows {
        let mut refused = RefusedRows::default();
        rows.iter().for_each(|row| refused.add(InputNumber::new(0), *row));
        refused
    }

    #[test]
    fn a_row_that_was_refused_alone_is_rejected() {
        let mut rows = refused(&[7]);
        assert_eq!(rows.decide(false), Batches::Full);
        assert_eq!(rows.rows, BTreeSet::from([(0, 7)]));
        assert!(!rows.has_new());
    }

    #[test]
    fn of_several_rows_each_is_tried_alone() {
        let mut rows = refused(&[7, 8, 9]);
        assert_eq!(rows.decide(false), Batches::OfOneRow);
        assert!(rows.rows.is_empty());
        rows.add(InputNumber::new(0), 8);
        assert_eq!(rows.decide(false), Batches::OfOneRow);
        assert_eq!(rows.rows, BTreeSet::from([(0, 8)]));
        assert!(rows.end_of_transaction());
        assert!(!rows.end_of_transaction());
    }

    #[test]
    fn encoders_judge_by_limits_that_were_lowered() {
        let mut rows = refused(&[7, 8, 9]);
        assert_eq!(rows.decide(true), Batches::Full);
        assert!(rows.rows.is_empty() && !rows.has_new());
    }
}
