//! A block with its rows marked, so that the bytes and the position of a row are found by its number in the block.

use crate::input::Block;
use crate::record::Position;

/// Where a row is in its block.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowMark {
    /// First byte within the block.
    pub(super) start: u32,
    /// One past the row's last byte, without its line terminator.
    pub(super) content_end: u32,
    /// Where the next row starts.
    pub(super) end: u32,
    /// Lines from the first line of the block to the first line of the row.
    pub(super) line: u32,
}

/// A block of an input, and where its rows are.
#[derive(Debug)]
pub(super) struct MarkedBlock {
    pub(super) block: Block,
    /// One per row; the index of a row here is its number in messages, errors and delivery reports.
    pub(super) rows: Vec<RowMark>,
    /// The rows of the input before the first of `rows`. Encoders take blocks out of order, so the publisher sets it.
    pub(super) first_row: u64,
    /// Rows whose messages have a null value, in their order.
    pub(super) tombstones: Vec<u32>,
    /// The index of the topic of each row, if rows can go to several topics. Rows at the end may have none, and belong
    /// to the first topic, as rows that become no message do.
    pub(super) topics: Vec<u16>,
}

impl MarkedBlock {
    pub(super) fn new(block: Block) -> MarkedBlock {
        MarkedBlock {
            block,
            rows: Vec::new(),
            first_row: 0,
            tombstones: Vec::new(),
            topics: Vec::new(),
        }
    }

    /// The index of the topic of a row.
    #[inline]
    pub(super) fn topic_of(&self, row: u32) -> usize {
        self.topics
            .get(row as usize)
            .map_or(0, |topic| usize::from(*topic))
    }

    /// Where a row starts.
    pub(super) fn position(&self, row: u32) -> Position {
        let mark = &self.rows[row as usize];
        if let Some(origins) = &self.block.origins {
            return origins.rows[mark.line as usize].of_row(self.first_row + u64::from(row));
        }
        self.position_at(row, mark.start as usize, self.line(row))
    }

    /// The line on which a row starts.
    pub(super) fn line(&self, row: u32) -> u64 {
        self.block.line(u64::from(self.rows[row as usize].line))
    }

    /// Where the row after the block starts, on `next_line`.
    pub(super) fn position_after(&self, next_line: u64) -> Position {
        if let Some(origins) = &self.block.origins {
            return origins.end.of_row(self.first_row + self.rows.len() as u64);
        }
        self.position_at(self.rows.len() as u32, self.block.bytes.len(), next_line)
    }

    fn position_at(&self, row: u32, offset: usize, line: u64) -> Position {
        let Block { start, .. } = &self.block;
        Position {
            row: self.first_row + u64::from(row),
            line,
            decoded_byte: start.decoded_byte + offset as u64,
            raw_byte: self.block.raw_byte_at(offset),
            column: None,
        }
    }

    /// A row's bytes without its line terminator.
    pub(super) fn content(&self, row: u32) -> &[u8] {
        let mark = &self.rows[row as usize];
        &self.block.bytes[mark.start as usize..mark.content_end as usize]
    }

    /// A row's bytes with its line terminator.
    pub(super) fn whole_row(&self, row: u32) -> &[u8] {
        let mark = &self.rows[row as usize];
        &self.block.bytes[mark.start as usize..mark.end as usize]
    }
}
