//! SIMD within a register: tests eight bytes at a time, for searches that are too short to benefit from a vector
//! search.
//!
//! Each test marks matching bytes of a word by their highest bit. Only the first mark is reliable; later bytes may be
//! marked without matching.

/// The value 1 in each byte.
const EACH: u64 = u64::from_ne_bytes([1; 8]);
const HIGHEST: u64 = EACH << 7;

/// The offset of the first byte at or after `from` that `marks` marks. If there is none, the offset of the rest of
/// fewer than eight bytes, which has not been searched.
#[inline(always)]
pub(super) fn find(bytes: &[u8], from: usize, marks: impl Fn(u64) -> u64) -> usize {
    let mut at = from;
    for eight in bytes[from..].as_chunks().0 {
        let marks = marks(u64::from_le_bytes(*eight));
        if marks != 0 {
            return at + first(marks);
        }
        at += 8;
    }
    at
}

/// Marks the bytes equal to `byte`.
#[inline]
pub(super) fn equal(word: u64, byte: u8) -> u64 {
    let zero = word ^ (EACH * u64::from(byte));
    zero.wrapping_sub(EACH) & !zero & HIGHEST
}

/// Marks the bytes below `limit`, which must be at most 128.
#[inline]
pub(super) fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(EACH * u64::from(limit)) & !word & HIGHEST
}

/// Marks the bytes that are not digits of ASCII.
#[inline]
pub(super) fn no_digits(word: u64) -> u64 {
    let digits = word ^ (EACH * u64::from(b'0'));
    (digits.wrapping_add(EACH * (0x80 - 10)) | digits) & HIGHEST
}

/// The number of bytes before the first mark; eight without one.
#[inline]
pub(super) fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_mark_is_the_first_match(bytes: [u8; 8], byte: u8, limit in 0u8..=128) {
            let word = u64::from_le_bytes(bytes);
            let place = |fits: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| fits(*byte)).unwrap_or(8);
            prop_assert_eq!(first(equal(word, byte)), place(&|other| other == byte));
            prop_assert_eq!(first(below(word, limit)), place(&|other| other < limit));
            prop_assert_eq!(first(no_digits(word)), place(&|other| !other.is_ascii_digit()));
            let digits = u64::from_le_bytes(bytes.map(|byte| if byte < 0xe0 { b'0' + byte % 10 } else { byte }));
            let end = digits.to_le_bytes().iter().position(|byte| !byte.is_ascii_digit());
            prop_assert_eq!(first(no_digits(digits)), end.unwrap_or(8));
            let either = equal(word, byte) | below(word, limit);
            prop_assert_eq!(first(either), place(&|other| other == byte || other < limit));
        }
    }

    #[test]
    fn adjacent_values_are_not_confused() {
        for (bytes, place) in [
            (*b"+-+-+-+,", 7),
            (*b"+,------", 1),
            (*b"\x2c\x2d\x2b\0\0\0\0\0", 0),
            (*b"--------", 8),
        ] {
            assert_eq!(first(equal(u64::from_le_bytes(bytes), b',')), place, "{bytes:?}");
        }
    }

    #[test]
    fn the_first_match_or_the_rest_is_found() {
        let comma = |word| equal(word, b',');
        for (bytes, from, place) in [
            (&b"1234567"[..], 0, 0),
            (b"12345678", 0, 8),
            (b"1234,678", 0, 4),
            (b"12345678,2345678", 3, 8),
            (b"12345678123456,81", 1, 14),
            (b",,,,,,,,,", 9, 9),
        ] {
            assert_eq!(find(bytes, from, comma), place, "{bytes:?}");
        }
    }
}
