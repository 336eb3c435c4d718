//! A block and the results of its rows, as passed from an encoder thread to the publishing thread.

use std::ops::Range;

use super::InputNumber;
use super::exactly_once::BlockHashes;
use super::marked_block::MarkedBlock;
use super::stop::NoStart;
use crate::encode::{DroppedKey, RowError};
use crate::input::Block;
use crate::kafka::Message;

/// A block and the results of its rows.
pub(super) struct EncodedBlock {
    pub(super) input: InputNumber,
    pub(super) marked: MarkedBlock,
    pub(super) arena: Vec<u8>,
    /// Messages in the order of their rows.
    pub(super) messages: Vec<Message>,
    /// How many headers each message has.
    pub(super) header_count: usize,
    /// The header values of the messages, in the order of the messages.
    pub(super) headers: Vec<Option<Range<u32>>>,
    /// The recorded times of the messages in microseconds, in their order; empty unless the run keeps the pace of a
    /// field.
    pub(super) times: Vec<Option<i64>>,
    /// Rows that are sent although they are older than the topic's retention.
    pub(super) expired: Vec<u32>,
    /// Rows that the mapping filters, in their order.
    pub(super) filtered: Vec<u32>,
    /// Bad rows in the order of their rows.
    pub(super) errors: Vec<(u32, Box<RowError>)>,
    /// Good rows with dropped JSON keys, and the number of these keys.
    pub(super) dropped_keys: Vec<(u32, u64)>,
    /// The new names of such keys, with the row of each.
    pub(super) dropped_names: Vec<(u32, DroppedKey)>,
    pub(super) blank_lines: u64,
    /// Lines that the notation of the input says are not rows, such as comments: for each the number of rows in the
    /// block before it.
    pub(super) skipped_lines: Vec<u32>,
    /// Rows that were skipped because they start before the first requested line.
    pub(super) skipped_rows: u64,
    /// The row that starts before the first requested line and continues past it, so that no row starts there.
    pub(super) no_start: Option<NoStart>,
    /// The line on which the row after the block starts.
    pub(super) next_line: u64,
    /// The rows that do not fit into this batch: a separate block, which follows.
    pub(super) rest: Option<Block>,
    /// The hashes of the input before and after the block, if checkpoints are written.
    pub(super) hashes: Option<Box<BlockHashes>>,
    /// The approximate memory of the errors.
    pub(super) error_bytes: usize,
}

impl EncodedBlock {
    /// A block of `input` in which no row has been examined.
    pub(super) fn new(input: InputNumber, block: Block, header_count: usize) -> EncodedBlock {
        EncodedBlock {
            input,
            arena: Vec::with_capacity(block.bytes.len()),
            messages: Vec::new(),
            header_count,
            headers: Vec::new(),
            times: Vec::new(),
            expired: Vec::new(),
            filtered: Vec::new(),
            errors: Vec::new(),
            dropped_keys: Vec::new(),
            dropped_names: Vec::new(),
            blank_lines: 0,
            skipped_lines: Vec::new(),
            skipped_rows: 0,
            no_start: None,
            next_line: 0,
            rest: None,
            hashes: None,
            error_bytes: 0,
            marked: MarkedBlock::new(block),
        }
    }

    /// The approximate memory that it uses in addition to its rows.
    #[inline]
    pub(super) fn size(&self) -> usize {
        let lists = size_of_val(&self.messages[..])
            + size_of_val(&self.headers[..])
            + size_of_val(&self.times[..])
            + size_of_val(&self.filtered[..]);
        self.arena.len() + lists + self.error_bytes
    }
}
