//! Numbers in the notation of a file, converted to plain decimal text: a decimal point, no separators of thousands, a
//! leading minus, no leading zeros.

use std::fmt;

use super::{FunctionFault, FunctionFaultKind, position, shown};

/// How a file writes numbers.
///
/// Separated groups have three digits each, except the first, which has one to three and does not begin with 0; a number
/// may also have no separators. Indian groups (`12,34,567`) and exponents are rejected.
///
/// ```
/// use k2_produce::mapping::functions::{Negative, NumberFormat};
///
/// let format = NumberFormat::new(',', Some('.'), Negative::Minus)?;
/// let mut plain = Vec::new();
/// format.append(b"-1.234.567,89", &mut plain)?;
/// assert_eq!(plain, b"-1234567.89");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormat {
    decimal: Sign,
    thousands: Option<Sign>,
    negative: Negative,
}

/// How negative numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negative {
    /// `-1234`; a leading plus sign is accepted too.
    Minus,
    /// `(1234)`; signs are rejected.
    Parentheses,
    /// `1234-`; a leading sign is rejected.
    TrailingMinus,
}

/// A character in UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sign {
    bytes: [u8; 4],
    length: u8,
}

impl Sign {
    fn new(character: char) -> Sign {
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len() as u8;
        Sign { bytes, length }
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        // The first byte decides, except for characters beyond ASCII.
        text.first() == Some(&self.bytes[0]) && (self.length == 1 || text.starts_with(self.text()))
    }
}

/// Separators that numbers cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeparatorError(String);

impl fmt::Display for SeparatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SeparatorError {}

impl NumberFormat {
    /// A notation with this decimal separator and, optionally, a separator of thousands.
    ///
    /// # Errors
    /// Both are the same, or one of them is a letter, a digit, a sign or a parenthesis.
    pub fn new(decimal: char, thousands: Option<char>, negative: Negative) -> Result<Self, SeparatorError> {
        for separator in [Some(decimal), thousands].into_iter().flatten() {
            if separator.is_alphanumeric()
                || matches!(separator, '-' | '+' | '(' | ')')
                || separator.is_control()
            {
                let separator = shown(separator.encode_utf8(&mut [0; 4]).as_bytes());
                return Err(SeparatorError(format!(
                    "`{separator}` cannot be a separator of digits"
                )));
            }
        }
        if thousands == Some(decimal) {
            let message = "the decimal separator and the separator of thousands must be different";
            return Err(SeparatorError(message.to_owned()));
        }
        Ok(NumberFormat {
            decimal: Sign::new(decimal),
            thousands: thousands.map(Sign::new),
            negative,
        })
    }

    /// Appends the number as plain decimal text. All digits after the decimal separator are kept.
    ///
    /// # Errors
    /// The text does not follow the notation. Then `out` is unchanged.
    pub fn append(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
        let start = out.len();
        let result = self.put(text, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    #[inline]
    fn put(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
        let (negative, start, end) = match (self.negative, text) {
            (Negative::Minus, [b'-', ..]) => (true, 1, text.len()),
            (Negative::Minus, [b'+', ..]) => (false, 1, text.len()),
            (Negative::Parentheses, [b'(', .., b')']) => (true, 1, text.len() - 1),
            (Negative::TrailingMinus, [.., b'-']) => (true, 0, text.len() - 1),
            _ => (false, 0, text.len()),
        };
        if negative {
            out.push(b'-');
        }
        let body = &text[..end];
        let first = leading_digits(&body[start..]);
        let mut at = start + first.len();
        put_whole(first, out);
        if let Some(thousands) = self.thousands
            && thousands.begins(&body[at..])
        {
            if !(1..=3).contains(&first.len()) || first[0] == b'0' {
                return Err(wrong_group(thousands, text, start, first));
            }
            while thousands.begins(&body[at..]) {
                at += thousands.text().len();
                let group = leading_digits(&body[at..]);
                if group.len() != 3 {
                    return Err(wrong_group(thousands, text, at, group));
                }
                out.extend_from_slice(group);
                at += 3;
            }
        }
        let mut fraction = &body[..0];
        if self.decimal.begins(&body[at..]) {
            let digits_at = at + self.decimal.text().len();
            fraction = leading_digits(&body[digits_at..]);
            if !first.is_empty() || !fraction.is_empty() {
                at = digits_at + fraction.len();
            }
        }
        if at == start || at < end {
            return Err(self.unexpected(text, at));
        }
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        Ok(())
    }

    #[cold]
    fn unexpected(&self, text: &[u8], at: usize) -> Box<FunctionFault> {
        let decimal = shown(self.decimal.text());
        let thousands = match self.thousands {
            Some(thousands) => format!(", thousands separator `{}`", shown(thousands.text())),
            None => String::new(),
        };
        let negative = match self.negative {
            Negative::Minus => "",
            Negative::Parentheses => ", parentheses if negative",
            Negative::TrailingMinus => ", a minus at the end if negative",
        };
        let found = match &text[at..] {
            [] => "the text ends".to_owned(),
            rest => format!("found `{}` at position {}", shown(rest), position(text, at)),
        };
        let reason =
            format!("expected a number (decimal separator `{decimal}`{thousands}{negative}), {found}");
        FunctionFault::new(FunctionFaultKind::NotANumber, reason)
    }
}

/// Appends the number whose last `places` digits are after an implied decimal point: `402000` with 4 places is
/// `40.2000`.
///
/// # Errors
/// The text is not an optional sign and digits. Then `out` is unchanged.
pub fn implied(text: &[u8], places: u8, out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || leading_digits(digits).len() < digits.len() {
        let found = shown(text);
        let reason = format!("expected an integer, because its decimal point is implied; found `{found}`");
        return Err(FunctionFault::new(FunctionFaultKind::NotANumber, reason));
    }
    if negative {
        out.push(b'-');
    }
    let places = usize::from(places);
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    put_whole(whole, out);
    if places > 0 {
        out.push(b'.');
        out.extend(std::iter::repeat_n(b'0', places - fraction.len()));
        out.extend_from_slice(fraction);
    }
    Ok(())
}

#[inline]
fn leading_digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

/// Appends the digits before the decimal point: no leading zeros, but at least one digit.
#[inline]
fn put_whole(digits: &[u8], out: &mut Vec<u8>) {
    match digits.iter().position(|digit| *digit != b'0') {
        Some(first) => out.extend_from_slice(&digits[first..]),
        None => out.push(b'0'),
    }
}

#[cold]
fn wrong_group(thousands: Sign, text: &[u8], at: usize, group: &[u8]) -> Box<FunctionFault> {
    let (thousands, place) = (shown(thousands.text()), position(text, at));
    let group = shown(group);
    let reason = match group.starts_with('0') && at == first_digit(text) {
        true => format!("`{thousands}` separates thousands, but the number begins with `{group}`"),
        false => format!(
            "`{thousands}` separates groups of three digits, but the group at position {place} is `{group}`"
        ),
    };
    FunctionFault::new(FunctionFaultKind::NotANumber, reason)
}

fn first_digit(text: &[u8]) -> usize {
    text.iter().position(u8::is_ascii_digit).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(
        decimal: char,
        thousands: Option<char>,
        negative: Negative,
        text: &str,
    ) -> Result<String, String> {
        let format = NumberFormat::new(decimal, thousands, negative).unwrap();
        let mut out = b"kept".to_vec();
        let result = format.append(text.as_bytes(), &mut out);
        assert!(out.starts_with(b"kept") && (result.is_ok() || out.len() == 4));
        result.map_err(|fault| fault.reason)?;
        Ok(String::from_utf8(out.split_off(4)).unwrap())
    }

    #[test]
    fn notations_become_plain_decimals() {
        use Negative::{Minus, Parentheses, TrailingMinus};
        let table = [
            (',', Some('.'), Minus, "1.234.567,89", "1234567.89"),
            (',', Some('.'), Minus, "-1234567,89", "-1234567.89"),
            (',', Some('.'), Minus, "+1.234", "1234"),
            (',', None, Minus, "40,20", "40.20"),
            (',', None, Minus, ",5", "0.5"),
            (',', None, Minus, "-5,", "-5"),
            ('.', Some(','), Parentheses, "(1,234.50)", "-1234.50"),
            ('.', Some(','), Parentheses, "1,234.50", "1234.50"),
            ('.', None, TrailingMinus, "1234-", "-1234"),
            ('.', Some(','), TrailingMinus, "1,234.5000", "1234.5000"),
            ('.', Some('\''), Minus, "1'234'567.8", "1234567.8"),
            (',', Some('\u{202f}'), Minus, "1\u{202f}234,5", "1234.5"),
            ('٫', Some('٬'), Minus, "1٬234٫5", "1234.5"),
            ('.', Some(','), Minus, "000.10", "0.10"),
            ('.', Some(' '), Minus, "999 999", "999999"),
        ];
        for (decimal, thousands, negative, text, expected) in table {
            assert_eq!(
                plain(decimal, thousands, negative, text).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn other_notations_are_rejected_with_the_place() {
        use Negative::{Minus, Parentheses, TrailingMinus};
        let english = "expected a number (decimal separator `.`, thousands separator `,`";
        let table = [
            (Minus, "", format!("{english}), the text ends")),
            (Minus, "-", format!("{english}), the text ends")),
            (Minus, ".", format!("{english}), found `.` at position 1")),
            (Minus, "--1", format!("{english}), found `-1` at position 2")),
            (
                Minus,
                "1.234.567",
                format!("{english}), found `.567` at position 6"),
            ),
            (
                Minus,
                "1.234,567",
                format!("{english}), found `,567` at position 6"),
            ),
            (Minus, "1e5", format!("{english}), found `e5` at position 2")),
            (Minus, "é1", format!("{english}), found `é1` at position 1")),
            (Minus, " 1", format!("{english}), found ` 1` at position 1")),
            (Minus, "(1)", format!("{english}), found `(1)` at position 1")),
            (
                Parentheses,
                "-1",
                format!("{english}, parentheses if negative), found `-1` at position 1"),
            ),
            (
                Parentheses,
                "(1",
                format!("{english}, parentheses if negative), found `(1` at position 1"),
            ),
            (
                Parentheses,
                "()",
                format!("{english}, parentheses if negative), found `)` at position 2"),
            ),
            (
                TrailingMinus,
                "-1",
                format!("{english}, a minus at the end if negative), found `-1` at position 1"),
            ),
            (
                Minus,
                "12,34,567",
                "`,` separates groups of three digits, but the group at position 4 is `34`".to_owned(),
            ),
            (
                Minus,
                "1234,567",
                "`,` separates groups of three digits, but the group at position 1 is `1234`".to_owned(),
            ),
            (
                Minus,
                "1,234,",
                "`,` separates groups of three digits, but the group at position 7 is ``".to_owned(),
            ),
            (
                Minus,
                "1,2345",
                "`,` separates groups of three digits, but the group at position 3 is `2345`".to_owned(),
            ),
            (
                Minus,
                "-0,123",
                "`,` separates thousands, but the number begins with `0`".to_owned(),
            ),
        ];
        for (negative, text, reason) in table {
            assert_eq!(plain('.', Some(','), negative, text), Err(reason), "{text}");
        }
    }

    #[test]
    fn separators_that_numbers_cannot_have_are_refused() {
        for (decimal, thousands) in [
            (',', Some(',')),
            ('5', None),
            ('.', Some('-')),
            ('x', None),
            ('.', Some('(')),
        ] {
            assert!(
                NumberFormat::new(decimal, thousands, Negative::Minus).is_err(),
                "{decimal}"
            );
        }
    }

    #[test]
    fn the_decimal_point_is_implied() {
        let point = |text: &str, places| {
            let mut out = Vec::new();
            let result = implied(text.as_bytes(), places, &mut out).map_err(|fault| fault.reason);
            result.map(|()| String::from_utf8(out).unwrap())
        };
        let table = [
            ("402000", 4, "40.2000"),
            ("-5", 2, "-0.05"),
            ("+5", 0, "5"),
            ("0", 3, "0.000"),
            ("000402000", 4, "40.2000"),
            ("123", 3, "0.123"),
            ("00", 0, "0"),
        ];
        for (text, places, expected) in table {
            assert_eq!(point(text, places).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "-", "40.20", "1e3", " 1", "1-", "x"] {
            let reason = format!("expected an integer, because its decimal point is implied; found `{text}`");
            assert_eq!(point(text, 2), Err(reason), "{text}");
        }
    }

    /// The number in groups of three digits.
    fn grouped(digits: &str, thousands: char) -> String {
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        text
    }

    proptest! {
        #[test]
        fn what_is_written_in_a_notation_is_read_back(
            whole in "[1-9][0-9]{0,20}",
            fraction in "[0-9]{0,10}",
            is_negative: bool,
            negative in prop::sample::select(vec![Negative::Minus, Negative::Parentheses, Negative::TrailingMinus]),
            (decimal, thousands) in prop::sample::select(vec![(',', '.'), ('.', ','), ('.', '\u{a0}'), (',', ' ')]),
        ) {
            let point = |point: char| if fraction.is_empty() { String::new() } else { format!("{point}{fraction}") };
            let number = format!("{}{}", grouped(&whole, thousands), point(decimal));
            let text = match (is_negative, negative) {
                (false, _) => number,
                (true, Negative::Minus) => format!("-{number}"),
                (true, Negative::Parentheses) => format!("({number})"),
                (true, Negative::TrailingMinus) => format!("{number}-"),
            };
            let minus = if is_negative { "-" } else { "" };
            let expected = format!("{minus}{whole}{}", point('.'));
            prop_assert_eq!(plain(decimal, Some(thousands), negative, &text), Ok(expected));
        }

        #[test]
        fn any_bytes_are_a_plain_number_or_have_a_reason(bytes in any::<Vec<u8>>(), text in "[-+()0-9.,]{0,12}") {
            for negative in [Negative::Minus, Negative::Parentheses, Negative::TrailingMinus] {
                let format = NumberFormat::new(',', Some('.'), negative).unwrap();
                for text in [&bytes[..], text.as_bytes()] {
                    let mut out = Vec::new();
                    if format.append(text, &mut out).is_ok() {
                        let plain = String::from_utf8(out).unwrap();
                        let digits = |text: &[u8]| -> Vec<u8> { text.iter().copied().filter(u8::is_ascii_digit).collect() };
                        let (all, kept) = (digits(text), digits(plain.as_bytes()));
                        let significant = |digits: &[u8]| -> Vec<u8> {
                            digits.iter().copied().skip_while(|digit| *digit == b'0').collect()
                        };
                        prop_assert_eq!(significant(&all), significant(&kept), "{}", plain);
                    }
                    let _ = implied(text, 3, &mut Vec::new());
                }
            }
        }
    }
}
