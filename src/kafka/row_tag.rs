//! The identity of a row, carried through librdkafka with its message.

/// The block number and row index of a row in one word, so that no allocation is needed. Tags are ordered as the rows
/// were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowTag(u64);

const ROW_BITS: u32 = 24;
const _: () = assert!(
    size_of::<usize>() >= size_of::<u64>(),
    "the delivery opaque needs 64 bits"
);

impl RowTag {
    /// The tag of a message that is no row: a checkpoint.
    pub const CHECKPOINT: RowTag = RowTag(u64::MAX);

    /// The maximum number of rows in a block.
    pub const MAX_ROWS: u32 = 1 << ROW_BITS;

    /// The tag of a row in a block; `row` must be less than [`RowTag::MAX_ROWS`].
    pub fn new(block: u64, row: u32) -> RowTag {
        debug_assert!(row < RowTag::MAX_ROWS && block < 1 << (64 - ROW_BITS));
        RowTag(block << ROW_BITS | u64::from(row))
    }

    /// The block's number.
    pub fn block(self) -> u64 {
        self.0 >> ROW_BITS
    }

    /// The row's index within its block.
    pub fn row(self) -> u32 {
        (self.0 & u64::from(RowTag::MAX_ROWS - 1)) as u32
    }

    /// The tag as the pointer that librdkafka carries. It must not be dereferenced.
    pub(super) fn to_pointer(self) -> *mut std::ffi::c_void {
        std::ptr::without_provenance_mut(self.0 as usize)
    }

    /// The tag from the pointer that librdkafka returns.
    pub(super) fn from_pointer(pointer: *mut std::ffi::c_void) -> RowTag {
        RowTag(pointer.addr() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_survives_the_conversion_to_a_pointer() {
        for (block, row) in [(0, 0), (1, 0), (77, RowTag::MAX_ROWS - 1), ((1 << 40) - 1, 5)] {
            let tag = RowTag::from_pointer(RowTag::new(block, row).to_pointer());
            assert_eq!((tag.block(), tag.row()), (block, row));
        }
    }
}
