//! The raw rows of everything that is not yet acknowledged, so that a failed delivery finds its line again.

use std::collections::VecDeque;

use super::InputNumber;
use super::batch::EncodedBlock;
use super::marked_block::MarkedBlock;
use crate::record::Position;

/// Blocks in the order of their numbers.
#[derive(Default)]
pub(super) struct Ledger {
    first: u64,
    entries: VecDeque<Entry>,
}

struct Entry {
    input: InputNumber,
    marked: MarkedBlock,
}

/// A row found again.
pub(super) struct FoundRow<'a> {
    pub(super) input: InputNumber,
    pub(super) position: Position,
    /// With its line terminator.
    pub(super) bytes: &'a [u8],
}

impl Ledger {
    /// The number that the next block gets.
    pub(super) fn next_number(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Keeps the rows of a block that was handed over under [`Ledger::next_number`].
    pub(super) fn keep(&mut self, encoded: EncodedBlock) {
        let EncodedBlock { input, marked, .. } = encoded;
        self.entries.push_back(Entry { input, marked });
    }

    /// Forgets the blocks before `oldest`; all where nothing is on its way.
    pub(super) fn forget_before(&mut self, oldest: Option<u64>) {
        let oldest = oldest.unwrap_or_else(|| self.next_number());
        while self.first < oldest && self.entries.pop_front().is_some() {
            self.first += 1;
        }
    }

    pub(super) fn find(&self, block: u64, row: u32) -> Option<FoundRow<'_>> {
        let entry = self.entries.get(block.checked_sub(self.first)? as usize)?;
        Some(FoundRow {
            input: entry.input,
            position: entry.marked.position(row),
            bytes: entry.marked.whole_row(row),
        })
    }
}
