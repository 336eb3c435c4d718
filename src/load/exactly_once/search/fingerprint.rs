//! A number that stands for a state.
//!
//! States are remembered by 64 bits. Two of ten million have the same with a probability of about 1 in 400,000, and then
//! one of them is not visited.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

pub(super) type Fingerprints = HashSet<u64, BuildHasherDefault<Fingerprint>>;

/// Multiplies and folds: a search spends most of its time here, and the standard hasher would double that.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fingerprint(u64);

pub(super) fn fingerprint(state: &impl Hash) -> u64 {
    let mut hasher = Fingerprint(0);
    state.hash(&mut hasher);
    hasher.finish()
}

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = self.0.rotate_left(23) ^ number ^ 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(mixed) * 0xd134_2543_de82_ef95;
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
