//! Draws numbers from the bytes of an input, so that a fuzzer that changes the bytes changes what is drawn. It has the
//! functions of `tests/judges/random.rs`, which draws from a seed.

use std::ops::{Bound, RangeBounds};

/// Numbers drawn from bytes; when they are used up, from a generator with a fixed seed.
#[derive(Debug)]
pub(crate) struct Random {
    bytes: Vec<u8>,
    at: usize,
    /// Zeros would not do: what draws until it gets something else would never end.
    further: fastrand::Rng,
}

macro_rules! numbers {
    ($($name:ident: $unsigned:ident),*) => {$(
        /// A number in the range, from as many bytes as its size needs.
        pub(crate) fn $name(&mut self, range: impl RangeBounds<$name>) -> $name {
            let low = match range.start_bound() {
                Bound::Included(low) => *low,
                Bound::Excluded(low) => low + 1,
                Bound::Unbounded => $name::MIN,
            };
            let high = match range.end_bound() {
                Bound::Included(high) => *high,
                Bound::Excluded(high) => high - 1,
                Bound::Unbounded => $name::MAX,
            };
            assert!(low <= high, "an empty range");
            let size = high.wrapping_sub(low) as $unsigned;
            let mut number: $unsigned = 0;
            for _ in 0..($unsigned::BITS - size.leading_zeros()).div_ceil(8) {
                number = number.wrapping_shl(8) | $unsigned::from(self.byte());
            }
            let within = size.checked_add(1).map_or(number, |count| number % count);
            low.wrapping_add(within as $name)
        }
    )*};
}

impl Random {
    pub(crate) fn of(bytes: &[u8]) -> Random {
        Random {
            bytes: bytes.to_vec(),
            at: 0,
            further: fastrand::Rng::with_seed(bytes.len() as u64),
        }
    }

    numbers!(u8: u8, u32: u32, u64: u64, u128: u128, i32: u32, i64: u64, usize: usize);

    fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte.unwrap_or_else(|| self.further.u8(..))
    }

    /// Whether all bytes are used up.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The bytes that are not used yet.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// True with a probability of one in `times`.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.u32(..times) == 0
    }

    /// One of `all`, which must not be empty.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.usize(..all.len())]
    }

    pub(crate) fn alphanumeric(&mut self) -> char {
        const ALL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        self.one_of(ALL).into()
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for end in (1..all.len()).rev() {
            all.swap(end, self.usize(..=end));
        }
    }

    /// The text with up to four changes: pieces left out, doubled, or replaced by something that is special in one of the
    /// formats.
    pub(crate) fn changed(&mut self, text: &[u8]) -> Vec<u8> {
        const SPECIAL: [&[u8]; 24] = [
            b"\"",
            b",",
            b"\n",
            b"\r",
            b"{",
            b"}",
            b"[",
            b"]",
            b":",
            b"null",
            b"\\u0000",
            b"\\",
            b"-",
            b"e400",
            b".",
            b"0",
            b"9999999999999999999",
            b"\xff",
            b"\xf0\x9f\x98\x80",
            b"true",
            b"\"string\"",
            b"\x00",
            b" ",
            b"NaN",
        ];
        let mut text = text.to_vec();
        for _ in 0..self.u32(1..=4) {
            let from = self.usize(..=text.len());
            let to = from + self.usize(..=(text.len() - from).min(8));
            let new = match self.u8(..4) {
                0 => Vec::new(),
                1 => text[from..to].repeat(2),
                2 => vec![self.u8(..)],
                _ => self.one_of(&SPECIAL).to_vec(),
            };
            text.splice(from..to, new);
        }
        text
    }
}
