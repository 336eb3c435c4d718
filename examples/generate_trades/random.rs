//! A small random generator with the same numbers on every machine and in every version.
//!
//! The committed fixtures depend on it, so it must not change with the next release of a crate. The algorithm is
//! xoshiro256**, seeded with SplitMix64, as published by Blackman and Vigna.

/// A stream of random numbers that depends only on its seed.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// Starts a stream from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let mut counter = seed;
        Random {
            state: std::array::from_fn(|_| split_mix(&mut counter)),
        }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A number from 0 up to `bound`, exclusive.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, inclusive.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True with a probability of one in `count`.
    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// One of `choices`, all equally likely.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// 128 random bits.
    pub(crate) fn bits(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }
}

fn split_mix(counter: &mut u64) -> u64 {
    *counter = counter.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *counter;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_numbers_of_xoshiro256_star_star() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let numbers: [u64; 4] = std::array::from_fn(|_| random.next());
        assert_eq!(numbers, [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
    }

    #[test]
    fn gives_the_published_numbers_of_split_mix() {
        let mut counter = 1_477_776_061_723_855_037;
        assert_eq!(split_mix(&mut counter), 1_985_237_415_132_408_290);
        assert_eq!(split_mix(&mut counter), 2_979_275_885_539_914_483);
    }

    #[test]
    fn stays_within_its_bounds() {
        let mut random = Random::new(7);
        let drawn: Vec<u64> = (0..1_000).map(|_| random.between(3, 5)).collect();
        assert!(drawn.iter().all(|number| (3..=5).contains(number)));
        assert!((3..=5).all(|number| drawn.contains(&number)));
    }
}
