//! Floats and doubles from their digits: the nearest value, where the text is a way of writing that very value.
//!
//! A text says a value where it is one of the ways in which programs write it: all of its digits, the shortest that
//! lead back to it, or so many that they surely do (`%.17g`). What remains is a number that the type does not have,
//! and taking its neighbour for it would lose digits.

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
    /// No two numbers of so many digits have the same nearest normal value.
    const DIGITS: usize;
    /// So many digits tell a value from every other one.
    const DIGITS_THAT_TELL: usize;

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
    const DIGITS_THAT_TELL: usize = 9;

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
    const DIGITS_THAT_TELL: usize = 17;

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
    // No two numbers of so few digits have the same nearest normal value, so this one is its shortest text. Values
    // below the normal ones are further apart.
    if digits.count() <= F::DIGITS && nearest.category() == FpCategory::Normal {
        return Ok(nearest);
    }
    checked(&digits, nearest, rules)
}

/// The value that lies nearest to a number, the even one of two; straight from the digits.
#[inline]
fn nearest<F: BinaryFloat>(text: &[u8]) -> F {
    let ascii = std::str::from_utf8(text).expect("digits, signs and points are ASCII");
    match ascii.parse() {
        Ok(nearest) => nearest,
        Err(_) => unreachable!("the standard library takes what digits are"),
    }
}

/// A text that is not a number of digits. JSON's grammar has no such numbers, so there it is a string.
#[cold]
fn special<F: BinaryFloat>(text: &[u8]) -> Encoded<F> {
    match text {
        b"NaN" => Ok(F::NAN),
        b"Infinity" => Ok(F::INFINITY),
        b"-Infinity" => Ok(F::NEG_INFINITY),
        _ => Err(not_a_number(text, &format!("{} wants a number", F::NAME))),
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

/// Whether the digits are a way of writing `nearest`, which is the value that lies nearest to them.
fn says<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    is_shortest(digits, nearest)
        || is_rounded(digits, nearest)
        || is_printed_as_double(digits, nearest)
        || is_exact_or_half(digits, nearest)
}

/// The shortest text that leads back to the value, and of those the one that lies nearest to it.
fn is_shortest<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    let mut buffer = zmij::Buffer::new();
    is_same(digits, buffer.format_finite(nearest).as_bytes())
}

/// The value rounded to as many digits as the text has, as `%.17g` of C or `toPrecision` of JavaScript print it.
fn is_rounded<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    let count = digits.significant().count();
    count <= F::DIGITS_THAT_TELL && is_same(digits, Rounded::new(nearest, count).text())
}

/// What a program prints that makes doubles of floats first: C does so always, others where they have no float.
fn is_printed_as_double<F: BinaryFloat>(digits: &Digits<'_>, nearest: F) -> bool {
    let double = nearest.to_double();
    is_shortest(digits, double) || is_same(digits, Rounded::new(double, f64::DIGITS_THAT_TELL).text())
}

/// The value to its last digit, or rounded where it lies half-way and could go either way.
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
    let is_short = count <= F::DIGITS_THAT_TELL || count == shortest_count(nearest.to_double());
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

/// How many digits the shortest text of a value has.
fn shortest_count(value: f64) -> usize {
    let mut buffer = zmij::Buffer::new();
    let shortest = Digits::parse(buffer.format_finite(value).as_bytes());
    shortest.map_or(0, |shortest| shortest.significant().count())
}

fn is_same(digits: &Digits<'_>, printed: &[u8]) -> bool {
    Digits::parse(printed).is_some_and(|printed| digits.is_same_number(&printed))
}

/// A value as text, rounded to a number of digits; on the stack, since a file may have one in each cell.
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
            .expect("sign, point, 17 digits and an exponent have room");
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
    let reason = format!("{} must be between -{largest} and {largest}", F::NAME);
    Fault::new(RowErrorKind::OutOfRange, reason)
}

#[cold]
fn loses_digits<F: BinaryFloat>(nearest: F) -> Box<Fault> {
    let reason = format!("the nearest {} is {}", F::NAME, shown(nearest));
    Fault::new(RowErrorKind::FloatPrecision, reason).with_hint(Hint::FloatNearest)
}

/// A value for people: an integer with all of its digits, so that it can be compared with what the file has.
fn shown<F: BinaryFloat>(value: F) -> String {
    let double = value.to_double();
    if double.fract() == 0.0 && double.abs() < 1e21 {
        return format!("{double:.0}");
    }
    zmij::Buffer::new().format_finite(value).to_owned()
}

#[cfg(test)]
mod tests;
