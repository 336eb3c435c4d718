//! Rows that were read and are neither certainly on the topic nor kept: they must be loaded again.

use super::counts::Fate;
use super::ledger::UndeliveredRow;
use super::stages::InputNumber;
use super::stop::InputPosition;
use crate::kafka::RowTag;
use crate::record::Position;

/// Consecutive rows of an input with the same fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRange {
    /// The input.
    pub input: InputNumber,
    /// Where the first of them starts.
    pub first: Position,
    /// The line on which the last of them starts.
    pub last_line: u64,
    /// How many there are.
    pub rows: u64,
    /// Their fate.
    pub fate: Fate,
}

/// The rows so far, in the order in which their fates were decided.
#[derive(Debug, Default)]
pub(super) struct LeftOver {
    rows: Vec<(RowTag, RowRange)>,
}

impl LeftOver {
    pub(super) fn add(&mut self, row: &UndeliveredRow<'_>) {
        let range = RowRange {
            input: row.input,
            first: row.position,
            last_line: row.position.line,
            rows: 1,
            fate: row.fate,
        };
        self.rows.push((row.tag, range));
    }

    /// Where the first of the rows starts, unless a row after it was delivered.
    pub(super) fn resumes_at(&self, last_delivered: Option<RowTag>) -> Option<InputPosition> {
        let (tag, first) = self.rows.iter().min_by_key(|(tag, _)| *tag)?;
        let after_all = last_delivered.is_none_or(|delivered| delivered < *tag);
        after_all.then_some(InputPosition {
            input: first.input,
            position: first.first,
        })
    }

    /// The rows in the order of the inputs, with consecutive rows as one range.
    pub(super) fn into_ranges(mut self) -> Vec<RowRange> {
        self.rows.sort_unstable_by_key(|(tag, _)| *tag);
        let mut ranges: Vec<RowRange> = Vec::new();
        for (_, row) in self.rows {
            match ranges.last_mut() {
                Some(last)
                    if (last.input, last.fate) == (row.input, row.fate)
                        && last.first.row + last.rows == row.first.row =>
                {
                    last.rows += 1;
                    last.last_line = row.last_line;
                }
                _ => ranges.push(row),
            }
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows, given by block, row in the block, row and line in the input.
    fn left(rows: &[(u64, u32, u64, u64, Fate)]) -> LeftOver {
        let mut left = LeftOver::default();
        for (block, row, number, line, fate) in rows {
            left.add(&UndeliveredRow {
                input: InputNumber::new(0),
                position: Position {
                    row: *number,
                    line: *line,
                    decoded_byte: 0,
                    raw_byte: None,
                    column: None,
                },
                fate: *fate,
                bytes: b"",
                tag: RowTag::new(*block, *row),
            });
        }
        left
    }

    #[test]
    fn rows_that_follow_each_other_are_one_range_in_the_order_of_the_input() {
        use Fate::{Unknown, Unsent};
        let left = left(&[
            (1, 0, 12, 24, Unsent),
            (0, 2, 2, 6, Unknown),
            (0, 11, 11, 22, Unsent),
            (0, 1, 1, 4, Unknown),
            (0, 3, 3, 8, Unsent),
        ]);
        let ranges = left.into_ranges();
        let ranges: Vec<_> = ranges
            .iter()
            .map(|range| (range.first.line, range.last_line, range.rows, range.fate))
            .collect();
        assert_eq!(
            ranges,
            [(4, 6, 2, Unknown), (8, 8, 1, Unsent), (22, 24, 2, Unsent)]
        );
    }

    #[test]
    fn a_run_resumes_at_the_first_row_only_if_none_after_it_was_delivered() {
        let left = left(&[(3, 7, 1, 9, Fate::Unsent), (3, 5, 0, 8, Fate::Unknown)]);
        let line = |delivered| left.resumes_at(delivered).map(|at| at.position.line);
        assert_eq!(line(None), Some(8));
        assert_eq!(line(Some(RowTag::new(3, 4))), Some(8));
        assert_eq!(line(Some(RowTag::new(2, 900))), Some(8));
        assert_eq!(line(Some(RowTag::new(3, 6))), None);
        assert_eq!(LeftOver::default().resumes_at(None), None);
    }
}
