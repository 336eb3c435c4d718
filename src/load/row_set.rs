//! The rows of a block that are in flight: one bit each.

/// A set of row numbers of one block.
#[derive(Debug)]
pub(super) struct RowSet {
    words: Vec<u64>,
}

impl RowSet {
    /// The empty set for row numbers below `rows`.
    pub(super) fn below(rows: usize) -> RowSet {
        RowSet {
            words: vec![0; rows.div_ceil(64)],
        }
    }

    #[inline]
    pub(super) fn insert(&mut self, row: u32) {
        self.words[row as usize / 64] |= 1 << (row % 64);
    }

    /// Removes the row; returns whether it was in the set.
    #[inline]
    pub(super) fn remove(&mut self, row: u32) -> bool {
        let Some(word) = self.words.get_mut(row as usize / 64) else {
            return false;
        };
        let bit = 1 << (row % 64);
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }

    /// The rows in their order.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.words).flat_map(|(index, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| index * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_in_once() {
        let mut set = RowSet::below(130);
        for row in [129, 0, 64, 63] {
            set.insert(row);
        }
        assert_eq!(set.rows().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(set.remove(64) && !set.remove(64) && !set.remove(1) && !set.remove(1_000));
        assert_eq!(set.rows().collect::<Vec<_>>(), [0, 63, 129]);
    }
}
