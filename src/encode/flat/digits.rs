//! Short numbers, eight digits at a time.

use super::super::decimal::DecimalShape;

/// The text of a number: a part of a row, so that bytes before it can be loaded with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) row: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Part<'_> {
    /// The part without a minus, and whether there is one.
    #[inline(always)]
    fn without_sign(self) -> (Self, bool) {
        let is_negative = self.row[self.start] == b'-';
        let start = self.start + usize::from(is_negative);
        (Part { start, ..self }, is_negative)
    }

    /// The part as a word, with `0` before it; the last byte is the highest. None if it is empty or longer.
    #[inline(always)]
    fn word(self) -> Option<u64> {
        let length = self.end - self.start;
        if !(1..=8).contains(&length) {
            return None;
        }
        let word = match self.row[..self.end].last_chunk() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => self.near_the_start(),
        };
        let before = 8 * (8 - length);
        Some(word >> before << before | ZEROS & ((1 << before) - 1))
    }

    /// The eight bytes before the end, if the row has fewer.
    #[cold]
    fn near_the_start(self) -> u64 {
        let mut eight = [0; 8];
        eight[8 - self.end..].copy_from_slice(&self.row[..self.end]);
        u64::from_le_bytes(eight)
    }
}

/// The character `0` in each byte.
pub(super) const ZEROS: u64 = 0x3030_3030_3030_3030;
const EACH: u64 = 0x0101_0101_0101_0101;

/// The number that is written with eight digits, the first in the lowest byte; none if one of them is not a digit.
#[inline(always)]
pub(super) fn eight_digits(word: u64) -> Option<i64> {
    let digits = word ^ ZEROS;
    if (digits | digits.wrapping_add(6 * EACH)) & (0xf0 * EACH) != 0 {
        return None;
    }
    // The sums of pairs, in every other byte; then those of two pairs each.
    let pairs = (digits * 10).wrapping_add(digits >> 8);
    let high = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let low = (pairs >> 16 & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    Some((high.wrapping_add(low) >> 32) as i64)
}

/// An optional minus and up to eight digits; none for any other text.
#[inline(always)]
pub(super) fn short_integer(part: Part<'_>) -> Option<i64> {
    let (part, is_negative) = part.without_sign();
    let value = eight_digits(part.word()?)?;
    Some(if is_negative { -value } else { value })
}

/// The unscaled value of a decimal of an optional minus and up to eight characters, one of which may be the decimal
/// point; none for any other text, and for one with too many digits for `shape`.
#[inline(always)]
pub(super) fn short_decimal(part: Part<'_>, shape: DecimalShape) -> Option<i64> {
    let (part, is_negative) = part.without_sign();
    let word = part.word()?;
    let other = word ^ (u64::from(b'.') * EACH);
    let points = other.wrapping_sub(EACH) & !other & (0x80 * EACH);
    let (word, count, fraction) = match points {
        0 => (word, part.end - part.start, 0),
        _ => {
            let at = points.trailing_zeros() & !7;
            // The digits before the point take its place, so that there is room for a zero before them.
            let after = word.checked_shr(at + 8).filter(|after| *after != 0)? << (at + 8);
            let before = word & ((1 << at) - 1);
            (
                after | before << 8 | u64::from(b'0'),
                part.end - part.start - 1,
                7 - at as usize / 8,
            )
        }
    };
    let value = eight_digits(word)?;
    let padding = shape.scale.checked_sub(fraction)?;
    if count + padding > 18.min(shape.precision) {
        return None;
    }
    let unscaled = value * TENS[padding];
    Some(if is_negative { -unscaled } else { unscaled })
}

/// The powers of ten with up to 18 zeros.
const TENS: [i64; 19] = {
    let mut tens = [1; 19];
    let mut power = 1;
    while power < tens.len() {
        tens[power] = tens[power - 1] * 10;
        power += 1;
    }
    tens
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{decimal, number};
    use proptest::prelude::*;

    /// Texts that resemble numbers, with other text around them.
    fn texts() -> impl Strategy<Value = (String, String, String)> {
        let number = prop_oneof!["-?[0-9]{1,9}", "-?[0-9]{0,5}\\.[0-9]{0,5}", "[-+.0-9:/e]{1,9}",];
        ("[0-9,.-]{0,9}", number, "[0-9,.-]{0,9}")
    }

    proptest! {
        #[test]
        fn short_numbers_are_those_of_the_general_code(
            (before, text, after) in texts(),
            precision in 1usize..20,
            scale in 0usize..8,
        ) {
            let row = [before.as_str(), &text, &after].concat();
            let part = Part { row: row.as_bytes(), start: before.len(), end: before.len() + text.len() };
            if let Some(value) = short_integer(part) {
                prop_assert_eq!(number::plain(text.as_bytes()), Some(value), "{}", text);
            } else {
                let digits = text.strip_prefix('-').unwrap_or(&text);
                let is_short = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
                prop_assert!(!is_short, "{}", text);
            }
            let shape = DecimalShape { precision, scale, fixed: None };
            if let Some(value) = short_decimal(part, shape) {
                prop_assert_eq!(decimal::plain(text.as_bytes(), shape), Some(value), "{}", text);
            } else if text.len() <= 8 && !text.ends_with('.') {
                prop_assert_eq!(decimal::plain(text.as_bytes(), shape), None, "{}", text);
            }
        }
    }
}
