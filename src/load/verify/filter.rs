//! What was seen, in few bits.

/// Which numbers may have been added: never forgets one, and seldom claims to know one that was not added.
pub(super) struct Filter {
    bits: Vec<u64>,
}

impl Filter {
    /// For about this many numbers.
    pub(super) fn for_numbers(count: u64) -> Filter {
        const BITS_PER_NUMBER: u64 = 16;
        /// 16 MB.
        const MOST_WORDS: u64 = 2 << 20;
        let words = (count * BITS_PER_NUMBER / 64)
            .clamp(64, MOST_WORDS)
            .next_power_of_two();
        Filter {
            bits: vec![0; words.min(MOST_WORDS) as usize],
        }
    }

    pub(super) fn add(&mut self, number: u64) {
        for (word, bit) in self.places(number) {
            self.bits[word] |= bit;
        }
    }

    pub(super) fn may_have(&self, number: u64) -> bool {
        self.places(number)
            .iter()
            .all(|(word, bit)| self.bits[*word] & bit != 0)
    }

    fn places(&self, number: u64) -> [(usize, u64); 3] {
        let step = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        [0_u64, 1, 2].map(|index| {
            let place = number.wrapping_add(step.wrapping_mul(index)) ^ (step >> 29);
            let place = place.wrapping_mul(0xd6e8_feb8_6659_fd93);
            let word = (place >> 6) as usize & (self.bits.len() - 1);
            (word, 1 << (place >> 58))
        })
    }
}

/// A set of numbers of rows.
#[derive(Default)]
pub(super) struct Rows {
    chunks: std::collections::HashMap<u64, Box<[u64; 1024]>>,
}

impl Rows {
    pub(super) fn insert(&mut self, row: u64) {
        let chunk = self
            .chunks
            .entry(row >> 16)
            .or_insert_with(|| Box::new([0; 1024]));
        chunk[(row >> 6) as usize & 1023] |= 1 << (row & 63);
    }

    pub(super) fn contains(&self, row: u64) -> bool {
        let chunk = self.chunks.get(&(row >> 16));
        chunk.is_some_and(|chunk| chunk[(row >> 6) as usize & 1023] & (1 << (row & 63)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_forgets_nothing_and_seldom_errs() {
        let mut filter = Filter::for_numbers(10_000);
        let mixed = |number: u64| number.wrapping_mul(0xa076_1d64_78bd_642f);
        (0..10_000).for_each(|number| filter.add(mixed(number)));
        assert!((0..10_000).all(|number| filter.may_have(mixed(number))));
        let errs = (10_000..20_000)
            .filter(|number| filter.may_have(mixed(*number)))
            .count();
        assert!(errs < 500, "{errs}");
    }

    #[test]
    fn rows_are_remembered() {
        let mut rows = Rows::default();
        for row in [0, 63, 64, 65_535, 65_536, (7 << 40) | 12] {
            assert!(!rows.contains(row));
            rows.insert(row);
            assert!(rows.contains(row));
        }
        assert!(!rows.contains(1) && !rows.contains(12));
    }
}
