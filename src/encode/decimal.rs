//! Decimals, exact from the digits: the unscaled value as two's complement, big-endian, and no shorter way
//! to write it (Avro 1.12 specification, "Decimal").

use super::error::{Encoded, Fault, RowErrorKind};
use super::number::{Digits, not_a_number};
use super::wire::put_bytes;

/// A decimal's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecimalShape {
    /// Digits in all.
    pub(crate) precision: usize,
    /// Digits behind the point.
    pub(crate) scale: usize,
    /// Size of the fixed that holds it; bytes where none.
    pub(crate) fixed: Option<usize>,
}

/// More digits than this do not surely fit into 128 bits.
const NARROW: usize = 38;

/// Appends the decimal that `text` says.
#[inline]
pub(crate) fn put_decimal(text: &[u8], shape: DecimalShape, out: &mut Vec<u8>) -> Encoded {
    match plain(text, shape) {
        Some(unscaled) => put_unscaled(i128::from(unscaled), shape, out),
        None => put_any(text, shape, out),
    }
}

/// The common form: an optional minus, up to 18 digits in all with no more behind the point than the scale.
#[inline]
fn plain(text: &[u8], shape: DecimalShape) -> Option<i64> {
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
    // Leading zeros count here too; a text that has many of them takes the long way.
    if count == 0 || count + padding > 18.min(shape.precision) {
        return None;
    }
    unscaled *= 10i64.pow(padding as u32);
    Some(if negative { -unscaled } else { unscaled })
}

#[inline]
fn put_unscaled(unscaled: i128, shape: DecimalShape, out: &mut Vec<u8>) -> Encoded {
    let bytes = unscaled.to_be_bytes();
    // Leading bytes that only repeat the sign are left out.
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
        let reason = format!("its fixed has {size} bytes, which do not hold the number");
        return Err(Fault::new(RowErrorKind::OutOfRange, reason));
    };
    let sign = if minimal[0] & 0x80 == 0 { 0x00 } else { 0xff };
    out.extend(std::iter::repeat_n(sign, padding));
    out.extend_from_slice(minimal);
    Ok(())
}

#[cold]
fn put_any(text: &[u8], shape: DecimalShape, out: &mut Vec<u8>) -> Encoded {
    let DecimalShape { precision, scale, .. } = shape;
    let number = Digits::parse(text)
        .ok_or_else(|| not_a_number(text, &format!("decimal({precision}, {scale}) wants a number")))?;
    if number.is_zero() {
        return put_unscaled(0, shape, out);
    }
    // The unscaled value is the digits times ten to this power.
    let power = number.last_power() + scale as i64;
    let zeros = number.trailing_zeros();
    if power < 0 && (zeros as i64) < -power {
        let reason = format!(
            "decimal({precision}, {scale}) keeps {} after the point",
            count_of_digits(scale)
        );
        return Err(Fault::new(RowErrorKind::DecimalScale, reason));
    }
    let kept = number.count() - if power < 0 { -power as usize } else { 0 };
    let leading = number.all().take_while(|digit| *digit == 0).count();
    if (kept - leading) as i64 + power.max(0) > precision as i64 {
        let before = precision.saturating_sub(scale);
        let reason = format!(
            "decimal({precision}, {scale}) keeps {} in all, {before} before the point",
            count_of_digits(precision)
        );
        return Err(Fault::new(RowErrorKind::DecimalPrecision, reason));
    }
    let appended = std::iter::repeat_n(0, power.max(0) as usize);
    let digits = number.all().take(kept).skip(leading).chain(appended);
    if precision <= NARROW {
        let size = digits.fold(0i128, |size, digit| size * 10 + i128::from(digit));
        return put_unscaled(if number.negative { -size } else { size }, shape, out);
    }
    put_complement(&wide_complement(digits, number.negative), shape, out)
}

fn count_of_digits(count: usize) -> String {
    if count == 1 {
        "1 digit".to_owned()
    } else {
        format!("{count} digits")
    }
}

/// The minimal two's complement, big-endian, of a number of any size, most significant digit first.
fn wide_complement(digits: impl Iterator<Item = u8>, negative: bool) -> Vec<u8> {
    // Base 256, least significant byte first; the precision bounds how long it grows.
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits {
        let mut carry = u16::from(digit);
        for byte in &mut bytes {
            let sum = u16::from(*byte) * 10 + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    bytes.push(0);
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    // One byte of sign is enough.
    while let [.., second, last] = bytes[..]
        && ((last == 0x00 && second < 0x80) || (last == 0xff && second >= 0x80))
    {
        bytes.pop();
    }
    bytes.reverse();
    bytes
}

/// The plain text of a decimal of up to 128 bits, with as many digits behind the point as its scale.
pub(crate) fn text_of(complement: &[u8], scale: usize) -> String {
    let sign = if complement.first().is_some_and(|byte| byte & 0x80 != 0) {
        0xff
    } else {
        0x00
    };
    let mut bytes = [sign; 16];
    // Bytes beyond the sixteenth only repeat the sign.
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
            assert_eq!(
                bytes(text, 60, 0).as_deref(),
                Ok(*expected),
                "{text} the wide way"
            );
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
    fn a_fixed_is_sign_extended() {
        let mut out = Vec::new();
        let shape = DecimalShape {
            precision: 9,
            scale: 2,
            fixed: Some(4),
        };
        put_decimal(b"-1.28", shape, &mut out).unwrap();
        put_decimal(b"1.28", shape, &mut out).unwrap();
        assert_eq!(out, [0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x80]);
    }

    #[test]
    fn the_short_way_and_the_wide_way_agree() {
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
