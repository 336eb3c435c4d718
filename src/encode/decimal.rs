//! Decimals, exact from the digits: the unscaled value as minimal big-endian two's complement (Avro 1.12 specification,
//! "Decimal").

use std::cmp::Ordering;
use std::fmt;

use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::number::{Digits, not_a_number};
use super::wire::{checked_long, put_bytes, put_long};
use crate::mapping::rules::Rounding;
use crate::schema::Logical;

/// A decimal's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecimalShape {
    /// Total number of digits.
    pub(crate) precision: usize,
    /// Digits after the decimal point.
    pub(crate) scale: usize,
    /// Size of the fixed that holds it; none for bytes.
    pub(crate) fixed: Option<usize>,
}

impl fmt::Display for DecimalShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecimalShape { precision, scale, .. } = *self;
        Logical::Decimal { precision, scale }.fmt(formatter)
    }
}

/// Numbers with more digits may not fit into 128 bits.
const NARROW: usize = 38;

/// The time for longer numbers grows with the square of their length, and a precision may allow billions of digits.
const MAX_DIGITS: usize = 100_000;

/// Appends `text` as a decimal; `round` determines what happens to digits beyond the scale.
#[inline]
pub(crate) fn put_decimal(
    text: &[u8],
    shape: DecimalShape,
    round: Option<Rounding>,
    out: &mut Vec<u8>,
) -> Encoded {
    match plain(text, shape) {
        Some(unscaled) => put_unscaled(i128::from(unscaled), shape, out),
        None => put_any(text, shape, round, out),
    }
}

/// The common form: an optional minus, up to 18 digits in total, no more of them after the decimal point than the
/// scale.
#[inline]
pub(super) fn plain(text: &[u8], shape: DecimalShape) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut unscaled = 0i64;
    let mut count = 0;
    let mut point = None;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            unscaled = unscaled.wrapping_mul(10).wrapping_add(i64::from(digit));
            count += 1;
        } else if *byte == b'.' && point.is_none() {
            point = Some(count);
        } else {
            return None;
        }
    }
    let fraction = point.map_or(0, |point| count - point);
    let padding = shape.scale.checked_sub(fraction)?;
    // Leading zeros count here too; a text with many of them takes the slow path.
    if count == 0 || count + padding > 18.min(shape.precision) {
        return None;
    }
    unscaled *= 10i64.pow(padding as u32);
    Some(if negative { -unscaled } else { unscaled })
}

#[inline]
fn put_unscaled(unscaled: i128, shape: DecimalShape, out: &mut Vec<u8>) -> Encoded {
    let bytes = unscaled.to_be_bytes();
    // Leading bytes that only repeat the sign are omitted.
    let sign_bits = if unscaled < 0 {
        unscaled.leading_ones()
    } else {
        unscaled.leading_zeros()
    };
    put_complement(&bytes[(sign_bits as usize - 1) / 8..], shape, out)
}

/// Appends a minimal two's complement number as bytes, or sign-extended to the fixed's size.
fn put_complement(minimal: &[u8], shape: DecimalShape, out: &mut Vec<u8>) -> Encoded {
    let Some(size) = shape.fixed else {
        put_bytes(minimal, out);
        return Ok(());
    };
    let Some(padding) = size.checked_sub(minimal.len()) else {
        let reason = format!("the number does not fit into the {size} bytes of the fixed type");
        return Err(Fault::new(RowErrorKind::OutOfRange, reason));
    };
    let sign = if minimal[0] & 0x80 == 0 { 0x00 } else { 0xff };
    out.extend(std::iter::repeat_n(sign, padding));
    out.extend_from_slice(minimal);
    Ok(())
}

#[cold]
fn put_any(text: &[u8], shape: DecimalShape, round: Option<Rounding>, out: &mut Vec<u8>) -> Encoded {
    let DecimalShape { precision, scale, .. } = shape;
    let number = Digits::parse(text).ok_or_else(|| {
        not_a_number(
            text,
            &format!("expected a number (decimal({precision}, {scale}))"),
        )
    })?;
    if number.is_zero() {
        return put_unscaled(0, shape, out);
    }
    // The unscaled value is the digits times ten to the power of this.
    let power = number.last_power() + scale as i64;
    let leading = number.all().take_while(|digit| *digit == 0).count();
    if (number.count() - leading) as i64 + power > precision.min(MAX_DIGITS) as i64 {
        return Err(too_many_digits(shape));
    }
    let dropped = usize::try_from(-power.min(0)).unwrap_or(usize::MAX);
    let kept = number.count().saturating_sub(dropped);
    let mut digits: Vec<u8> = number.all().take(kept).skip(leading).collect();
    if number.trailing_zeros() < dropped {
        let round = round.ok_or_else(|| too_fine(shape))?;
        // After the written digits there are zeros.
        let first = if dropped > number.count() {
            0
        } else {
            number.all().nth(kept).unwrap_or(0)
        };
        let more = first > 5 || first == 5 && number.trailing_zeros() + 1 < dropped;
        if rounds_up(
            round,
            first == 5 && !more,
            more,
            digits.last().copied().unwrap_or(0),
        ) {
            add_one(&mut digits);
        }
    }
    digits.extend(std::iter::repeat_n(0, power.max(0) as usize));
    if digits.len() > precision {
        return Err(too_many_digits(shape));
    }
    if precision <= NARROW {
        let size = digits
            .iter()
            .fold(0i128, |size, digit| size * 10 + i128::from(*digit));
        return put_unscaled(if number.negative { -size } else { size }, shape, out);
    }
    put_complement(&wide_complement(&digits, number.negative), shape, out)
}

/// Whether the last kept digit is incremented: `half` says that exactly half a unit is dropped, `more` that more than
/// half is.
fn rounds_up(round: Rounding, half: bool, more: bool, last: u8) -> bool {
    match round {
        Rounding::Down => false,
        Rounding::HalfUp => half || more,
        Rounding::HalfEven => more || half && last % 2 == 1,
    }
}

fn add_one(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

#[cold]
fn too_many_digits(shape: DecimalShape) -> Box<Fault> {
    let before = shape.precision - shape.scale;
    let reason = format!(
        "{shape} allows {} in total, {before} before the decimal point",
        count_of_digits(shape.precision)
    );
    Fault::new(RowErrorKind::DecimalPrecision, reason)
}

#[cold]
fn too_fine(shape: DecimalShape) -> Box<Fault> {
    let reason = format!(
        "{shape} allows {} after the decimal point",
        count_of_digits(shape.scale)
    );
    Fault::new(RowErrorKind::DecimalScale, reason).with_hint(Hint::DecimalRound)
}

fn count_of_digits(count: usize) -> String {
    if count == 1 {
        "1 digit".to_owned()
    } else {
        format!("{count} digits")
    }
}

/// Appends a big-decimal: bytes that hold the unscaled value as bytes and the scale as an int. The scale is taken from
/// the text, as in Java's `BigDecimal`.
pub(crate) fn put_big_decimal(text: &[u8], out: &mut Vec<u8>) -> Encoded {
    let number = Digits::parse(text).ok_or_else(|| not_a_number(text, "expected a number (big-decimal)"))?;
    let scale = (number.fraction.len() + number.trailing) as i64 - number.exponent;
    let too_large = || {
        let reason = format!("big-decimal allows up to {MAX_DIGITS} digits here, and a scale of 32 bits");
        Fault::new(RowErrorKind::OutOfRange, reason)
    };
    let scale = i32::try_from(scale).map_err(|_| too_large())?;
    let zeros = if number.is_zero() { 0 } else { number.trailing };
    let digits: Vec<u8> = number
        .all()
        .skip_while(|digit| *digit == 0)
        .chain(std::iter::repeat_n(0, zeros))
        .collect();
    if digits.len() > MAX_DIGITS {
        return Err(too_large());
    }
    let mut inner = Vec::new();
    put_bytes(&wide_complement(&digits, number.negative), &mut inner);
    put_long(scale.into(), &mut inner);
    put_bytes(&inner, out);
    Ok(())
}

/// Checks that the bytes are an unscaled value within the decimal's precision.
pub(crate) fn check_complement(complement: &[u8], shape: DecimalShape) -> Encoded {
    let Some(first) = complement.first() else {
        return Err(Fault::new(
            RowErrorKind::NotANumber,
            "a decimal of zero bytes is not a number",
        ));
    };
    let negative = first & 0x80 != 0;
    let minimal = minimal(complement);
    // A byte is less than two and a half digits.
    if minimal.len() * 5 <= shape.precision.saturating_mul(2) {
        return Ok(());
    }
    // The smallest number that is too large; its digits are the same for both signs.
    let digits: Vec<u8> = std::iter::once(1)
        .chain(std::iter::repeat_n(0, shape.precision.min(MAX_DIGITS)))
        .collect();
    let limit = wide_complement(&digits, negative);
    // Of two numbers with the same sign, the longer one is further from zero.
    let fits = match minimal.len().cmp(&limit.len()) {
        Ordering::Less => true,
        Ordering::Equal if negative => minimal > &limit[..],
        Ordering::Equal => minimal < &limit[..],
        Ordering::Greater => false,
    };
    fits.then_some(()).ok_or_else(|| too_many_digits(shape))
}

/// Checks that the bytes are a big-decimal: the unscaled value as bytes, and the scale as an int.
pub(crate) fn check_big_decimal(bytes: &[u8]) -> Encoded {
    let inner = || {
        let (length, at) = checked_long(bytes)?;
        let (unscaled, rest) = bytes[at..].split_at_checked(usize::try_from(length).ok()?)?;
        let (scale, end) = checked_long(rest)?;
        (!unscaled.is_empty() && i32::try_from(scale).is_ok() && end == rest.len()).then_some(())
    };
    let reason = "a big-decimal is an unscaled value as bytes, then its scale";
    inner().ok_or_else(|| Fault::new(RowErrorKind::NotANumber, reason))
}

/// Removes leading bytes that only repeat the sign from two's complement.
fn minimal(complement: &[u8]) -> &[u8] {
    let repeats = complement
        .windows(2)
        .take_while(|pair| (pair[0] == 0x00 && pair[1] < 0x80) || (pair[0] == 0xff && pair[1] >= 0x80))
        .count();
    &complement[repeats..]
}

/// The minimal two's complement, big-endian, of a number of any size, most significant digit first.
fn wide_complement(digits: &[u8], negative: bool) -> Vec<u8> {
    // Base 2^64, least significant limb first; eighteen digits at a time.
    let mut limbs: Vec<u64> = Vec::new();
    for chunk in digits.chunks(18) {
        let mut carry = chunk
            .iter()
            .fold(0u64, |value, digit| value * 10 + u64::from(*digit));
        let factor = 10u64.pow(chunk.len() as u32);
        for limb in &mut limbs {
            let product = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            *limb = product as u64;
            carry = (product >> 64) as u64;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    limbs.push(0);
    if negative {
        let mut carry = true;
        for limb in &mut limbs {
            (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
        }
    }
    let bytes: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    minimal(&bytes).to_vec()
}

/// Whether the text is the canonical form of its decimal.
pub(super) fn is_canonical_text(text: &[u8], shape: DecimalShape) -> bool {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = unsigned.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let zero = unsigned.iter().all(|byte| matches!(byte, b'0' | b'.'));
    digits(whole)
        && (whole == b"0" || whole.first().is_some_and(|first| *first != b'0'))
        && fraction.is_none_or(digits)
        && fraction.map_or(0, <[u8]>::len) == shape.scale
        && (fraction.is_some() == (shape.scale > 0))
        && whole.len() <= (shape.precision - shape.scale).max(1)
        && !(zero && unsigned.len() < text.len())
}

/// Whether the text is the canonical form of a big-decimal.
pub(super) fn is_canonical_big_text(text: &[u8]) -> bool {
    let scale = text.iter().rev().position(|byte| *byte == b'.').unwrap_or(0);
    let shape = DecimalShape {
        precision: usize::MAX,
        scale,
        fixed: None,
    };
    is_canonical_text(text, shape)
}

/// The plain text of a decimal of up to 128 bits; the number of digits after the decimal point is its scale.
pub(crate) fn text_of(complement: &[u8], scale: usize) -> String {
    let sign = if complement.first().is_some_and(|byte| byte & 0x80 != 0) {
        0xff
    } else {
        0x00
    };
    let mut bytes = [sign; 16];
    // Bytes beyond the last sixteen only repeat the sign.
    let kept = &complement[complement.len().saturating_sub(16)..];
    bytes[16 - kept.len()..].copy_from_slice(kept);
    let unscaled = i128::from_be_bytes(bytes);
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let minus = if unscaled < 0 { "-" } else { "" };
    if fraction.is_empty() {
        format!("{minus}{whole}")
    } else {
        format!("{minus}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, precision: usize, scale: usize) -> Result<Vec<u8>, RowErrorKind> {
        let mut out = Vec::new();
        put_decimal(
            text.as_bytes(),
            DecimalShape {
                precision,
                scale,
                fixed: None,
            },
            None,
            &mut out,
        )
        .map_err(|fault| fault.kind)?;
        assert_eq!(usize::from(out[0]) / 2, out.len() - 1, "the length prefix");
        Ok(out.split_off(1))
    }

    #[test]
    fn spellings_of_one_number_are_one_value() {
        for text in [
            "40.20",
            "40.2",
            "4.02e1",
            "+40.200000000",
            "0040.20",
            "402e-1",
            "40.20000000000000000000000000",
        ] {
            assert_eq!(bytes(text, 18, 6), Ok(vec![0x02, 0x65, 0x67, 0x40]), "{text}");
        }
    }

    #[test]
    fn the_complement_is_minimal() {
        let table: &[(&str, &[u8])] = &[
            ("0", &[0x00]),
            ("-0.000", &[0x00]),
            ("127", &[0x7f]),
            ("128", &[0x00, 0x80]),
            ("-128", &[0x80]),
            ("-129", &[0xff, 0x7f]),
            ("255", &[0x00, 0xff]),
            ("-256", &[0xff, 0x00]),
        ];
        for (text, expected) in table {
            assert_eq!(bytes(text, 10, 0).as_deref(), Ok(*expected), "{text}");
            assert_eq!(bytes(text, 60, 0).as_deref(), Ok(*expected), "{text}, wide path");
        }
    }

    #[test]
    fn digits_that_do_not_fit_reject_the_row() {
        use RowErrorKind::{DecimalPrecision, DecimalScale, NotANumber};
        let table = [
            ("40.2015678", 18, 6, DecimalScale),
            ("1e-7", 18, 6, DecimalScale),
            ("1e-99999999999999", 18, 6, DecimalScale),
            ("1234567890123", 18, 6, DecimalPrecision),
            ("1e12", 18, 6, DecimalPrecision),
            ("1e99999999999999", 18, 6, DecimalPrecision),
            ("40,20", 18, 6, NotANumber),
            ("NaN", 18, 6, NotANumber),
            ("", 18, 6, NotANumber),
            ("1.2.3", 18, 6, NotANumber),
        ];
        for (text, precision, scale, kind) in table {
            assert_eq!(bytes(text, precision, scale), Err(kind), "{text}");
        }
        assert!(bytes("123456789012.000001", 18, 6).is_ok());
        assert!(bytes("999999999999999999", 18, 0).is_ok());
    }

    #[test]
    fn digits_are_rounded_only_as_the_rule_says() {
        use Rounding::{Down, HalfEven, HalfUp};
        let rounded = |text: &str, round| {
            let shape = DecimalShape {
                precision: 4,
                scale: 2,
                fixed: None,
            };
            let mut out = Vec::new();
            put_decimal(text.as_bytes(), shape, Some(round), &mut out).map_err(|fault| fault.kind)?;
            Ok(text_of(&out[1..], 2))
        };
        let table: &[(&str, &str, &str, &str)] = &[
            ("1.234", "1.23", "1.23", "1.23"),
            ("1.235", "1.24", "1.24", "1.23"),
            ("1.225", "1.22", "1.23", "1.22"),
            ("1.2250000001", "1.23", "1.23", "1.22"),
            ("1.226", "1.23", "1.23", "1.22"),
            ("-1.225", "-1.22", "-1.23", "-1.22"),
            ("-1.226", "-1.23", "-1.23", "-1.22"),
            ("0.005", "0.00", "0.01", "0.00"),
            ("0.0051", "0.01", "0.01", "0.00"),
            ("5e-3", "0.00", "0.01", "0.00"),
            ("5e-4", "0.00", "0.00", "0.00"),
            ("9e-99999", "0.00", "0.00", "0.00"),
            ("9.999", "10.00", "10.00", "9.99"),
            ("1.20000", "1.20", "1.20", "1.20"),
        ];
        for (text, half_even, half_up, down) in table {
            assert_eq!(rounded(text, HalfEven).as_deref(), Ok(*half_even), "{text}");
            assert_eq!(rounded(text, HalfUp).as_deref(), Ok(*half_up), "{text}");
            assert_eq!(rounded(text, Down).as_deref(), Ok(*down), "{text}");
        }
        assert_eq!(rounded("99.995", HalfUp), Err(RowErrorKind::DecimalPrecision));
        assert_eq!(rounded("99.995", Down).as_deref(), Ok("99.99"));
    }

    #[test]
    fn a_big_decimal_keeps_the_scale_of_its_text() {
        let table: &[(&str, &[u8])] = &[
            ("40.20", &[8, 4, 0x0f, 0xb4, 4]),
            ("0", &[6, 2, 0, 0]),
            ("0.00", &[6, 2, 0, 4]),
            ("-1", &[6, 2, 0xff, 0]),
            ("1e3", &[6, 2, 1, 5]),
            ("1.50e1", &[8, 4, 0x00, 0x96, 2]),
        ];
        for (text, expected) in table {
            let mut out = Vec::new();
            put_big_decimal(text.as_bytes(), &mut out).unwrap();
            assert_eq!(out, *expected, "{text}");
        }
        for (text, kind) in [
            ("1e9999999999", RowErrorKind::OutOfRange),
            ("1,5", RowErrorKind::NotANumber),
            ("NaN", RowErrorKind::NotANumber),
        ] {
            assert_eq!(
                put_big_decimal(text.as_bytes(), &mut Vec::new())
                    .unwrap_err()
                    .kind,
                kind,
                "{text}"
            );
        }
    }

    #[test]
    fn only_the_canonical_text_of_a_decimal_is_recognized() {
        let shape = DecimalShape {
            precision: 5,
            scale: 2,
            fixed: None,
        };
        for (text, own) in [
            ("40.20", true),
            ("-0.01", true),
            ("0.00", true),
            ("999.99", true),
            ("1000.00", false),
            ("-0.00", false),
            ("40.2", false),
            ("40", false),
            ("007.00", false),
            ("+1.00", false),
            (".50", false),
            ("1e2", false),
            ("", false),
        ] {
            assert_eq!(is_canonical_text(text.as_bytes(), shape), own, "{text}");
        }
        assert!(
            is_canonical_big_text(b"40.200") && is_canonical_big_text(b"7") && !is_canonical_big_text(b"07")
        );
    }

    #[test]
    fn far_too_many_digits_are_rejected_quickly() {
        let shape = DecimalShape {
            precision: i32::MAX as usize,
            scale: 0,
            fixed: None,
        };
        let mut out = Vec::new();
        for text in ["1e2000000000".to_owned(), "9".repeat(1 << 20)] {
            let fault = put_decimal(text.as_bytes(), shape, None, &mut out).unwrap_err();
            assert_eq!(fault.kind, RowErrorKind::DecimalPrecision);
        }
        put_decimal("9".repeat(MAX_DIGITS).as_bytes(), shape, None, &mut out).unwrap();
    }

    #[test]
    fn a_fixed_is_sign_extended() {
        let mut out = Vec::new();
        let shape = DecimalShape {
            precision: 9,
            scale: 2,
            fixed: Some(4),
        };
        put_decimal(b"-1.28", shape, None, &mut out).unwrap();
        put_decimal(b"1.28", shape, None, &mut out).unwrap();
        assert_eq!(out, [0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x80]);
    }

    #[test]
    fn the_fast_path_and_the_wide_path_agree() {
        use proptest::prelude::*;
        proptest!(|(unscaled in any::<i64>(), scale in 0usize..10)| {
            let text = {
                let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{}{whole}.{fraction}", if unscaled < 0 { "-" } else { "" })
            };
            let narrow = bytes(&text, 38, scale).unwrap();
            prop_assert_eq!(&narrow, &bytes(&text, 77, scale).unwrap());
            let full = unscaled.to_be_bytes();
            prop_assert!(full.ends_with(&narrow) || narrow[1..] == full[..]);
        });
    }
}
