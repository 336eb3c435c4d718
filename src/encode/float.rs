//! Floats and doubles from their digits: the nearest value, if the text is one of the ways to write exactly that value.
//!
//! A text means a value if programs write the value this way: with all of its digits, with the shortest digits that
//! round-trip, or with enough digits to round-trip always (`%.17g`). Any other text is a number that the type cannot
//! represent, and using its neighbour would lose digits.

use std::fmt::{LowerExp, Write};
use std::num::FpCategory;
use std::str::FromStr;

use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::number::{Digits, not_a_number};
use crate::mapping::rules::Rules;

/// A binary floating-point type of Avro.
pub(crate) trait BinaryFloat: FromStr + LowerExp + zmij::Float + Copy {
    /// Its name in a schema.
    const NAME: &'static str;
    const NAN: Self;
    const INFINITY: Self;
    const NEG_INFINITY: Self;
    /// The largest finite value.
    const MAX: Self;
    /// No two numbers of this many digits have the same nearest normal value.
    const DIGITS: usize;
    /// This many digits distinguish a value from every other one.
    const ROUND_TRIP_DIGITS: usize;

    fn category(self) -> FpCategory;

    fn to_double(self) -> f64;
}

impl BinaryFloat for f32 {
    const NAME: &'static str = "float";
    const NAN: f32 = f32::NAN;
    const INFINITY: f32 = f32::INFINITY;
    const NEG_INFINITY: f32 = f32::NEG_INFINITY;
    const MAX: f32 = f32::MAX;
    const DIGITS: usize = f32::DIGITS as usize;
    const ROUND_TRIP_DIGITS: usize = 9;

    fn category(self) -> FpCategory {
        self.classify()
    }

    fn to_double(self) -> f64 {
        self.into()
    }
}

impl BinaryFloat for f64 {
    const NAME: &'static str = "double";
    const NAN: f64 = f64::NAN;
    const INFINITY: f64 = f64::INFINITY;
    const NEG_INFINITY: f64 = f64::NEG_INFINITY;
    const MAX: f64 = f64::MAX;
    const DIGITS: usize = f64::DIGITS as usize;
    const ROUND_TRIP_DIGITS: usize = 17;

    fn category(self) -> FpCategory {
        self.classify()
    }

    fn to_double(self) -> f64 {
        self
    }
}

/// Reads a float or a double.
#[inline]
pub(crate) fn float<F: BinaryFloat>(text: &[u8], rules: &Rules) -> Encoded<F> {
    let Some(digits) = Digits::parse(text) else {
        return special(text);
    };
    let nearest: F = nearest(text);
    // No two numbers with so few digits have the same nearest normal value, so this is the value's shortest text.
    // Subnormal values are further apart.
    if digits.count() <= F::DIGITS && nearest.category() == FpCategory::Normal {
        return Ok(nearest);
    }
    checked(&digits, nearest, rules)
}

/// The value nearest to a number, ties to even, straight from the digits.
#[inline]
fn nearest<F: BinaryFloat>(text: &[u8]) -> F {
    let ascii = std::str::from_utf8(text).expect("digits, signs and points are ASCII");
    match ascii.parse() {
        Ok(nearest) => nearest,
        Err(_) => unreachable!("the standard library parses every sequence of digits"),
    }
}

/// NaN and the infinities. JSON's grammar does not have them, so in JSON they are strings.
#[cold]
fn special<F: BinaryFloat>(text: &[u8]) -> Encoded<F> {
    match text {
        b"NaN" => Ok(F::NAN),
        b"Infinity" => Ok(F::INFINITY),
        b"-Infinity" => Ok(F::NEG_INFINITY),
        _ => Err(not_a_number(text, &format!("expected a number ({})", F::NAME))),
    }
}

fn checked<F: BinaryFloat>(digits: &Digits<'_>, nearest: F, rules: &Rules) -> Encoded<F> {
    match nearest.category() {
        FpCategory::Infinite | FpCategory::Nan => Err(out_of_range::<F>()),
        FpCategory::Zero if digits.is_zero() => Ok(nearest),
        FpCategory::Zero if !rules.float_nearest => Err(loses_digits::<F>(nearest)),
        FpCategory::Zero => Ok(nearest),
        FpCategory::Normal | FpCategory::Subnormal if says(digits, nearest) || rules.float_nearest => {
            Ok(nearest)
        }
        FpCategory::Normal | FpCategory::Subnormal => Err(loses_digits(nearest)),
    }
}

/// Whether the digits are a way to write `nearest`, the value nearest to them.
fn says<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    is_shortest(digits, nearest)
        || is_rounded(digits, nearest)
        || is_printed_as_double(digits, nearest)
        || is_exact_or_half(digits, nearest)
}

/// The shortest text that round-trips, and of several the one nearest to the value.
fn is_shortest<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    let mut buffer = zmij::Buffer::new();
    is_same(digits, buffer.format_finite(nearest).as_bytes())
}

/// The value rounded to as many digits as the text has, as printed by C's `%.17g` or JavaScript's `toPrecision`.
fn is_rounded<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    let count = digits.significant().count();
    count <= F::ROUND_TRIP_DIGITS && is_same(digits, Rounded::new(nearest, count).text())
}

/// What programs print that convert floats to doubles first: C always does, others do if they have no float type.
fn is_printed_as_double<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    let double = nearest.to_double();
    is_shortest(digits, double) || is_same(digits, Rounded::new(double, f64::ROUND_TRIP_DIGITS).text())
}

/// The value to its last digit, or rounded if it is half-way and could be rounded either way.
#[cold]
fn is_exact_or_half<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    /// No double has more digits.
    const MOST: usize = 767;
    let exact = format!("{:.*e}", MOST - 1, nearest);
    let exact = Digits::parse(exact.as_bytes()).expect("it is a number");
    if digits.is_same_number(&exact) {
        return true;
    }
    let (count, all) = (digits.significant().count(), exact.significant().count());
    let is_short = count <= F::ROUND_TRIP_DIGITS || count == shortest_count(nearest.to_double());
    if !is_short || all != count + 1 {
        return false;
    }
    let as_integer = |digits: &Digits<'_>| {
        digits
            .significant()
            .fold(0i64, |number, digit| number * 10 + i64::from(digit))
    };
    let power = |digits: &Digits<'_>| digits.last_power() + digits.trailing_zeros() as i64;
    power(digits) == power(&exact) + 1 && (as_integer(digits) * 10 - as_integer(&exact)).abs() == 5
}

/// The number of digits in the shortest text of a value.
fn shortest_count(value: f64) -> usize {
    let mut buffer = zmij::Buffer::new();
    let shortest = Digits::parse(buffer.format_finite(value).as_bytes());
    shortest.map_or(0, |shortest| shortest.significant().count())
}

fn is_same(digits: &Digits<'_>, printed: &[u8]) -> bool {
    Digits::parse(printed).is_some_and(|printed| digits.is_same_number(&printed))
}

/// A value as text, rounded to a number of digits; on the stack, because every cell of a file may need it.
struct Rounded {
    bytes: [u8; 32],
    length: usize,
}

impl Rounded {
    /// `count` is between 1 and 17.
    fn new(value: impl LowerExp, count: usize) -> Rounded {
        let mut rounded = Rounded {
            bytes: [0; 32],
            length: 0,
        };
        write!(rounded, "{:.*e}", count - 1, value)
            .expect("there is room for a sign, a point, 17 digits and an exponent");
        rounded
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Write for Rounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cold]
fn out_of_range<F: BinaryFloat>() -> Box<Fault> {
    let largest = shown(F::MAX);
    let reason = format!("must be between -{largest} and {largest} ({})", F::NAME);
    Fault::new(RowErrorKind::OutOfRange, reason)
}

#[cold]
fn loses_digits<F: BinaryFloat>(nearest: F) -> Box<Fault> {
    let reason = format!("the nearest {} is {}", F::NAME, shown(nearest));
    Fault::new(RowErrorKind::FloatPrecision, reason).with_hint(Hint::FloatNearest)
}

/// A value for people: an integer with all of its digits, so that it can be compared with the file.
fn shown<F: BinaryFloat>(value: F) -> String {
    let double = value.to_double();
    if double.fract() == 0.0 && double.abs() < 1e21 {
        return format!("{double:.0}");
    }
    zmij::Buffer::new().format_finite(value).to_owned()
}

#[cfg(test)]
mod tests;
