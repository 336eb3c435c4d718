//! The number of a row, as it travels through librdkafka with its message.

/// A row's number as it travels with its message: block number and row in one word, so that no box is needed. They are
/// in the order in which the rows were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowTag(u64);

const ROW_BITS: u32 = 24;
const _: () = assert!(
    size_of::<usize>() >= size_of::<u64>(),
    "the delivery opaque needs 64 bits"
);

impl RowTag {
    /// The most rows that a block can have.
    pub const MAX_ROWS: u32 = 1 << ROW_BITS;

    /// The word for a row of a block; a block has fewer than [`RowTag::MAX_ROWS`] rows.
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

    /// The word as the pointer that librdkafka carries; it points nowhere.
    pub(super) fn to_pointer(self) -> *mut std::ffi::c_void {
        std::ptr::without_provenance_mut(self.0 as usize)
    }

    /// The word from the pointer that librdkafka gives back.
    pub(super) fn from_pointer(pointer: *mut std::ffi::c_void) -> RowTag {
        RowTag(pointer.addr() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_number_survives_the_journey() {
        for (block, row) in [(0, 0), (1, 0), (77, RowTag::MAX_ROWS - 1), ((1 << 40) - 1, 5)] {
            let tag = RowTag::from_pointer(RowTag::new(block, row).to_pointer());
            assert_eq!((tag.block(), tag.row()), (block, row));
        }
    }
}
