//! Numbers from their digits, and the integer types int and long.
//!
//! Integers never pass through a floating-point number, so no digit is lost on the way.

use super::error::{Encoded, Fault, RowErrorKind};

/// A number as written: `negative`, all its digits without the decimal point, and a power of ten.
///
/// Its value is `whole.fraction` times ten to the power of `exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits<'a> {
    pub(crate) negative: bool,
    /// Digits before the decimal point, without leading zeros.
    pub(crate) whole: &'a [u8],
    /// Digits after the decimal point, without trailing zeros.
    pub(crate) fraction: &'a [u8],
    /// The power of ten after `e`, clamped to a range far beyond that of every type.
    pub(crate) exponent: i64,
    /// The number of zeros removed from the end of `fraction`.
    pub(crate) trailing: usize,
}

/// A number as a 64-bit integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scaled {
    /// It is an integer.
    Exact(i64),
    /// It is between this integer and the next.
    Between(i64),
}

impl<'a> Digits<'a> {
    /// Reads `[+-] digits [. digits] [e [+-] digits]`; one of the two digit sequences may be absent.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Digits<'a>> {
        let (negative, rest) = match text.first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = digits(rest);
        let (fraction, rest) = match rest.first() {
            Some(b'.') => digits(&rest[1..]),
            _ => (&rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest.first() {
            None => 0,
            Some(b'e' | b'E') => exponent(&rest[1..])?,
            Some(_) => return None,
        };
        let leading = whole.iter().take_while(|digit| **digit == b'0').count();
        let trailing = fraction.iter().rev().take_while(|digit| **digit == b'0').count();
        let fraction = &fraction[..fraction.len() - trailing];
        Some(Digits {
            negative,
            whole: &whole[leading..],
            fraction,
            exponent,
            trailing,
        })
    }

    /// All digits, the most significant first, leading zeros of a bare fraction included.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = u8> + Clone + '_ {
        self.whole.iter().chain(self.fraction).map(|digit| digit - b'0')
    }

    /// How many digits [`Digits::all`] gives.
    pub(crate) fn count(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.all().all(|digit| digit == 0)
    }

    /// The power of ten of the last of [`Digits::all`].
    pub(crate) fn last_power(&self) -> i64 {
        self.exponent - self.fraction.len() as i64
    }

    /// The number times ten to the power of `shift`; none if it exceeds 64 bits.
    pub(crate) fn scaled(&self, shift: i64) -> Option<Scaled> {
        if self.is_zero() {
            return Some(Scaled::Exact(0));
        }
        let power = self.last_power() + shift;
        let dropped = usize::try_from(-power.min(0)).unwrap_or(usize::MAX);
        let kept = self.count().saturating_sub(dropped);
        let appended = std::iter::repeat_n(0, power.clamp(0, 40) as usize);
        let mut value = 0i128;
        for digit in self.all().take(kept).chain(appended) {
            value = value * 10 + i128::from(digit);
            if value > 1 << 64 {
                return None;
            }
        }
        let exact = self.trailing_zeros() >= dropped;
        let value = match (self.negative, exact) {
            (false, _) => value,
            (true, true) => -value,
            (true, false) => -value - 1,
        };
        let value = i64::try_from(value).ok()?;
        Some(if exact {
            Scaled::Exact(value)
        } else {
            Scaled::Between(value)
        })
    }

    /// The significant digits: [`Digits::all`] without the zeros at either end; empty for zero.
    pub(crate) fn significant(&self) -> impl Iterator<Item = u8> + Clone + '_ {
        let leading = self.all().take_while(|digit| *digit == 0).count();
        let kept = self.count() - self.trailing_zeros();
        self.all().take(kept).skip(leading)
    }

    /// Whether it is the same number, regardless of how it is written.
    pub(crate) fn is_same_number(&self, other: &Digits<'_>) -> bool {
        let power = |digits: &Digits<'_>| digits.last_power() + digits.trailing_zeros() as i64;
        self.negative == other.negative
            && self.significant().eq(other.significant())
            && (self.is_zero() || power(self) == power(other))
    }

    /// The trailing zeros among [`Digits::all`].
    pub(crate) fn trailing_zeros(&self) -> usize {
        self.all().rev().take_while(|digit| *digit == 0).count()
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// The power of ten after `e`; if it is absurdly large, it is clamped to a value that no type can hold.
fn exponent(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text.first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (all, rest) = digits(rest);
    if all.is_empty() || !rest.is_empty() {
        return None;
    }
    let size = all.iter().fold(0i64, |size, digit| {
        (size * 10 + i64::from(digit - b'0')).min(1 << 40)
    });
    Some(sign * size)
}

/// Reads a long; `name` is the type's name for the message.
#[inline]
pub(crate) fn long(text: &[u8], name: &str) -> Encoded<i64> {
    if let Some(value) = plain(text) {
        return Ok(value);
    }
    long_from_digits(text, name)
}

/// Reads an int.
#[inline]
pub(crate) fn int(text: &[u8]) -> Encoded<i32> {
    let value = long(text, "int")?;
    i32::try_from(value).map_err(|_| range_fault("int", i64::from(i32::MIN), i64::from(i32::MAX)))
}

/// The common form: an optional minus and up to 18 digits.
#[inline]
pub(crate) fn plain(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

#[cold]
fn long_from_digits(text: &[u8], name: &str) -> Encoded<i64> {
    let number =
        Digits::parse(text).ok_or_else(|| not_a_number(text, &format!("expected an integer ({name})")))?;
    match number.scaled(0) {
        Some(Scaled::Exact(value)) => Ok(value),
        Some(Scaled::Between(_)) => Err(Fault::new(
            RowErrorKind::NotIntegral,
            format!("expected an integer ({name})"),
        )),
        None if name == "int" => Err(range_fault("int", i32::MIN.into(), i32::MAX.into())),
        None => Err(range_fault(name, i64::MIN, i64::MAX)),
    }
}

#[cold]
fn range_fault(name: &str, min: i64, max: i64) -> Box<Fault> {
    Fault::new(
        RowErrorKind::OutOfRange,
        format!("must be between {min} and {max} ({name})"),
    )
}

/// The fault of a text that is not a number, with a hint for the usual causes.
#[cold]
pub(crate) fn not_a_number(text: &[u8], wanted: &str) -> Box<Fault> {
    let fault = Fault::new(RowErrorKind::NotANumber, wanted);
    if text.trim_ascii().len() < text.len() && Digits::parse(text.trim_ascii()).is_some() {
        return fault.with_hint("remove the blanks around the number");
    }
    fault.with_any_hint(spelling(text))
}

/// How to write a text that people read as a number; none if the meaning is in doubt.
fn spelling(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let is_number = |text: &str| Digits::parse(text.as_bytes()).is_some();
    let alone = without_currency(text);
    if alone.len() < text.len() && is_number(alone) {
        return Some(format!("write only the number: `{alone}`"));
    }
    if let Some((whole, fraction)) = text.split_once(',')
        && fraction.len() != 3
        && is_number(&format!("{whole}.{fraction}"))
    {
        return Some(format!(
            "write the fraction after a decimal point: `{whole}.{fraction}`"
        ));
    }
    // `1,597` and `1 234 567.8`: three digits after each separator, which nobody writes by accident.
    let whole = text.split('.').next().unwrap_or(text);
    let mut groups = whole.split([',', '_', '\'', ' ']).skip(1).peekable();
    groups.peek()?;
    let bare = text.replace([',', '_', '\'', ' '], "");
    (groups.all(|group| group.len() == 3) && is_number(&bare))
        .then(|| format!("write the number without separators: `{bare}`"))
}

/// The text without a currency sign, or without a currency code separated by a blank.
fn without_currency(text: &str) -> &str {
    let signs = ['$', '€', '£', '¥'];
    let text = text.trim_start_matches(signs).trim_end_matches(signs);
    let letters = |word: &str| word.chars().all(|character| character.is_ascii_alphabetic());
    match (text.split_once(' '), text.rsplit_once(' ')) {
        (Some((code, number)), _) if letters(code) => number,
        (_, Some((number, code))) if letters(code) => number,
        _ => text.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RowErrorKind::{NotANumber, NotIntegral, OutOfRange};

    #[test]
    fn longs() {
        let table: &[(&str, Result<i64, RowErrorKind>)] = &[
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("+5", Ok(5)),
            ("007", Ok(7)),
            ("5.", Ok(5)),
            (".5e1", Ok(5)),
            ("100.0", Ok(100)),
            ("1e3", Ok(1000)),
            ("1200e-2", Ok(12)),
            ("0e999999999999999999999", Ok(0)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775807.000", Ok(i64::MAX)),
            ("9223372036854775808", Err(OutOfRange)),
            ("1e19", Err(OutOfRange)),
            ("1e99999999999", Err(OutOfRange)),
            ("1.5", Err(NotIntegral)),
            ("1e-3", Err(NotIntegral)),
            ("1e-99999999999", Err(NotIntegral)),
            ("0.1", Err(NotIntegral)),
            ("1,000", Err(NotANumber)),
            ("1_000", Err(NotANumber)),
            (" 1", Err(NotANumber)),
            ("", Err(NotANumber)),
            ("-", Err(NotANumber)),
            (".", Err(NotANumber)),
            ("e5", Err(NotANumber)),
            ("1e", Err(NotANumber)),
            ("0x10", Err(NotANumber)),
            ("１", Err(NotANumber)),
            ("NaN", Err(NotANumber)),
        ];
        for (text, expected) in table {
            assert_eq!(
                long(text.as_bytes(), "long").map_err(|fault| fault.kind),
                *expected,
                "{text}"
            );
        }
    }

    #[test]
    fn ints_have_the_range_of_int() {
        assert_eq!(int(b"2147483647"), Ok(i32::MAX));
        assert_eq!(int(b"-2147483648"), Ok(i32::MIN));
        let fault = int(b"2147483648").unwrap_err();
        assert_eq!(fault.reason, "must be between -2147483648 and 2147483647 (int)");
        assert_eq!(
            int(b"9e99").unwrap_err().reason,
            "must be between -2147483648 and 2147483647 (int)"
        );
    }

    #[test]
    fn hints_name_the_usual_causes() {
        let hint = |text: &str| long(text.as_bytes(), "long").unwrap_err().hint;
        let table = [
            ("1,234", "write the number without separators: `1234`"),
            (
                "-1 234 567.0",
                "write the number without separators: `-1234567.0`",
            ),
            ("1_000", "write the number without separators: `1000`"),
            ("40,20", "write the fraction after a decimal point: `40.20`"),
            ("1,2345", "write the fraction after a decimal point: `1.2345`"),
            ("40.20 AUD", "write only the number: `40.20`"),
            ("AUD 40", "write only the number: `40`"),
            ("€40.20", "write only the number: `40.20`"),
            (" 7 ", "remove the blanks around the number"),
        ];
        for (text, said) in table {
            assert_eq!(hint(text), Some(said.into()), "{text}");
        }
        for text in ["abc", "7O78", "12%", "1.234,56", "1,23,456", ",", "", "12x"] {
            assert_eq!(hint(text), None, "{text}");
        }
    }
}
