//! Writes a scalar as text, in one of the ways in which it may appear in a file.

use std::fmt::Display;

use crate::random::Random;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use num_bigint::{BigInt, Sign};

use super::manner::{BytesEncoding, Manner};
use super::schema::{FixedLogical, Schema, Shape, Type, Unit};
use super::value::{EARLIEST, FIRST_DAY, LAST_DAY, LATEST, Value, uuid_text};

/// Where the text will be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A CSV cell or a JSON string.
    Text,
    /// A JSON number.
    JsonNumber,
}

/// Writes values as text.
pub(crate) struct Speller<'a> {
    pub random: &'a mut Random,
    pub schema: &'a Schema,
    pub manner: Manner,
    /// The number of union values that were written with a wrapper.
    pub wrappers: usize,
    /// Whether one of them could also be a map or a record, so that the row may be rejected.
    pub may_be_ambiguous: bool,
}

impl Speller<'_> {
    /// The value as text, if this place allows it.
    pub(crate) fn spell(&mut self, kind: &Type, value: &Value, place: Place) -> Option<String> {
        if place == Place::JsonNumber {
            return self.number(kind, value, place);
        }
        let as_number = |speller: &mut Self| speller.number(kind, value, place);
        Some(match (kind, value) {
            (Type::Unknown { base, .. }, value) => return self.spell(base, value, place),
            (_, Value::Boolean(boolean)) => self.boolean(*boolean),
            (_, Value::Float(float)) if !float.is_finite() => special(f64::from(*float)),
            (_, Value::Double(double)) if !double.is_finite() => special(*double),
            (_, Value::String(text)) => text.clone(),
            (Type::Date, Value::Integer(days)) => {
                if self.random.one_in(4) {
                    return as_number(self);
                }
                day(*days).to_string()
            }
            (Type::TimeMillis, Value::Integer(time)) => self.time_of_day(*time, Unit::Millis),
            (Type::TimeMicros, Value::Integer(time)) => self.time_of_day(*time, Unit::Micros),
            (Type::Timestamp(unit), Value::Integer(time)) => {
                match self.random.one_in(4).then(|| self.epoch(*time, *unit)).flatten() {
                    Some(number) => number,
                    None => self.instant(*time, *unit),
                }
            }
            (Type::LocalTimestamp(unit), Value::Integer(time)) => {
                match self.random.one_in(4).then(|| self.epoch(*time, *unit)).flatten() {
                    Some(number) => number,
                    None => self.local(*time, *unit),
                }
            }
            (Type::Named(id), value) => match (&self.schema.named[*id].shape, value) {
                (Shape::Enum(symbols), Value::Symbol(index)) => symbols[*index].clone(),
                (Shape::Fixed { .. }, Value::Unscaled(_)) => return as_number(self),
                (Shape::Fixed { logical, .. }, Value::Bytes(bytes)) => match logical {
                    FixedLogical::Uuid => {
                        let bytes = bytes.as_slice().try_into().expect("a uuid has 16 bytes");
                        uuid_text(u128::from_be_bytes(bytes), self.random.bool())
                    }
                    _ => self.bytes(bytes),
                },
                (_, Value::Duration(numbers)) => self.duration(*numbers),
                (shape, value) => unreachable!("{value:?} is not a scalar of {shape:?}"),
            },
            (_, Value::Bytes(bytes)) => self.bytes(bytes),
            _ => return as_number(self),
        })
    }

    fn number(&mut self, kind: &Type, value: &Value, place: Place) -> Option<String> {
        Some(match (kind, value) {
            (Type::Unknown { base, .. }, value) => return self.number(base, value, place),
            (Type::Int | Type::Long, Value::Integer(integer)) => {
                self.digits(&BigInt::from(*integer), 0, place)
            }
            (Type::Timestamp(unit) | Type::LocalTimestamp(unit), Value::Integer(time)) => {
                return self.epoch(*time, *unit);
            }
            (_, Value::Integer(integer)) => integer.to_string(),
            (_, Value::Float(float)) if float.is_finite() => self.float(*float, 9, place),
            (_, Value::Double(double)) if double.is_finite() => self.float(*double, 17, place),
            (Type::Decimal { scale, .. }, Value::Unscaled(number)) => {
                self.digits(number, *scale as i64, place)
            }
            (Type::Named(id), Value::Unscaled(number)) => match &self.schema.named[*id].shape {
                Shape::Fixed {
                    logical: FixedLogical::Decimal { scale, .. },
                    ..
                } => self.digits(number, *scale as i64, place),
                other => unreachable!("a decimal of {other:?}"),
            },
            // Its scale is the number of digits after the decimal point, so there is only one way to write it.
            (_, Value::Scaled(number, scale)) => with_point(number, i64::from(*scale)),
            _ => return None,
        })
    }

    /// An instant as a number in the declared unit or in the schema's, if the number is read as an instant.
    fn epoch(&mut self, time: i64, unit: Unit) -> Option<String> {
        if !is_read_as_an_instant(time, unit) {
            return None;
        }
        let Some(declared) = self.manner.epoch else {
            return Some(time.to_string());
        };
        let behind = 9 - i64::from(unit.nanos().ilog10()) - declared.digits();
        Some(with_point(&BigInt::from(time), behind))
    }

    fn boolean(&mut self, boolean: bool) -> String {
        let words = if boolean {
            ["true", "TRUE", "True", "1", "t", "Y", "yes"]
        } else {
            ["false", "FALSE", "False", "0", "F", "n", "No"]
        };
        self.random.one_of(&words).to_owned()
    }

    /// A number in plain digits, with an exponent, or with more zeros than necessary.
    pub(super) fn digits(&mut self, number: &BigInt, scale: i64, place: Place) -> String {
        let mut text = match self.random.u32(..6) {
            // An exponent moves the decimal point.
            0 => {
                let shift = self.random.i64(-4..5);
                let e = self
                    .random
                    .one_of(&["e", "E", if shift >= 0 { "e+" } else { "e" }]);
                format!("{}{e}{shift}", with_point(number, scale + shift))
            }
            // An exponent replaces all trailing zeros.
            1 => {
                let digits = number.magnitude().to_string();
                let bare = digits.trim_end_matches('0');
                let zeros = (digits.len() - bare.len()) as i64;
                let bare = if bare.is_empty() { "0" } else { bare };
                let sign = if number.sign() == Sign::Minus { "-" } else { "" };
                format!("{sign}{bare}e{}", zeros - scale)
            }
            2 => {
                let zeros = self.random.usize(1..5);
                let text = with_point(number, scale);
                let point = if text.contains('.') { "" } else { "." };
                format!("{text}{point}{}", "0".repeat(zeros))
            }
            // As few digits after the decimal point as possible.
            3 if scale > 0 => {
                let text = with_point(number, scale);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            _ => with_point(number, scale),
        };
        if place == Place::Text {
            self.loosen(&mut text);
        }
        text
    }

    /// Uses syntax that JSON does not allow: a plus sign, leading zeros, a decimal point at one end.
    fn loosen(&mut self, text: &mut String) {
        let negative = text.starts_with('-');
        match self.random.u32(..8) {
            0 if !negative => text.insert(0, '+'),
            1 => text.insert_str(usize::from(negative), "00"),
            2 if !text.contains(['.', 'e', 'E']) => text.push('.'),
            3 if text.starts_with("0.") => {
                text.remove(0);
            }
            _ => {}
        }
    }

    /// The shortest text, the number of digits that distinguishes it from its neighbours, or all digits.
    pub(super) fn float<F: Display + std::fmt::LowerExp>(
        &mut self,
        float: F,
        digits: usize,
        place: Place,
    ) -> String {
        let mut text = match self.random.u32(..5) {
            0 => format!("{float:e}"),
            1 => format!("{float:.*e}", digits - 1),
            2 => format!("{float:e}").to_uppercase(),
            3 => format!("{float:.766e}"),
            _ => format!("{float}"),
        };
        if place == Place::Text {
            self.loosen(&mut text);
        }
        text
    }

    fn bytes(&mut self, bytes: &[u8]) -> String {
        match self.manner.bytes {
            BytesEncoding::Latin1 => bytes.iter().copied().map(char::from).collect(),
            BytesEncoding::Utf8 => String::from_utf8(bytes.to_vec()).expect("they were drawn as text"),
            BytesEncoding::Hex if self.random.bool() => super::expected::hex(bytes).to_uppercase(),
            BytesEncoding::Hex => super::expected::hex(bytes),
            BytesEncoding::Base64 => {
                let mut text = base64(bytes);
                // The URL-safe alphabet, and omitted padding.
                if self.random.one_in(3) {
                    text = text.replace('+', "-").replace('/', "_");
                }
                if self.random.one_in(3) {
                    text.truncate(text.trim_end_matches('=').len());
                }
                text
            }
        }
    }

    fn fraction(&mut self, nanos: i64, unit: Unit) -> String {
        let digits = format!("{nanos:09}");
        let bare = digits.trim_end_matches('0');
        let text = match self.random.u32(..3) {
            0 => bare.to_owned(),
            1 => format!("{bare}000"),
            _ => digits[..9 - unit.nanos().ilog10() as usize].to_owned(),
        };
        if text.is_empty() { text } else { format!(".{text}") }
    }

    fn time_of_day(&mut self, time: i64, unit: Unit) -> String {
        if self.random.one_in(4) {
            return time.to_string();
        }
        let nanos = time * unit.nanos();
        let (seconds, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let time = Time::midnight() + SignedDuration::from_secs(seconds);
        if seconds % 60 == 0 && nanos == 0 && self.random.bool() {
            return time.strftime("%H:%M").to_string();
        }
        format!("{}{}", time.strftime("%H:%M:%S"), self.fraction(nanos, unit))
    }

    fn instant(&mut self, time: i64, unit: Unit) -> String {
        let offsets = [
            "Z", "z", "+00:00", "-00:00", "+11:00", "-05:30", "+23:59", "-23:59",
        ];
        let offset = self.random.one_of(&offsets);
        let minutes = |text: &str| -> i64 {
            let number = |text: &str| text.parse::<i64>().expect("two digits");
            let size = number(&text[1..3]) * 60 + number(&text[4..6]);
            if text.starts_with('-') { -size } else { size }
        };
        let seconds = if offset.len() > 1 { minutes(offset) * 60 } else { 0 };
        let shifted = time.checked_add(seconds * (1_000_000_000 / unit.nanos()));
        match shifted.filter(|shifted| has_a_year_of_four_digits(*shifted, unit)) {
            Some(shifted) => format!("{}{offset}", self.local(shifted, unit)),
            None => format!("{}Z", self.local(time, unit)),
        }
    }

    fn local(&mut self, time: i64, unit: Unit) -> String {
        let per_second = 1_000_000_000 / unit.nanos();
        let (seconds, rest) = (time.div_euclid(per_second), time.rem_euclid(per_second));
        let whole = DateTime::constant(1970, 1, 1, 0, 0, 0, 0) + SignedDuration::from_secs(seconds);
        let between = self.random.one_of(&["T", "t", " "]);
        let text = format!("{}{between}{}", whole.date(), whole.strftime("%H:%M:%S"));
        text + &self.fraction(rest * unit.nanos(), unit)
    }

    /// An ISO 8601 duration, or the three numbers.
    fn duration(&mut self, [months, days, millis]: [u32; 3]) -> String {
        if self.random.one_in(3) {
            return format!("{months},{days},{millis}");
        }
        let mut text = "P".to_owned();
        let mut add = |number: u32, letter: char| {
            if number > 0 {
                text.push_str(&format!("{number}{letter}"));
            }
        };
        let split = self.random.bool();
        if split {
            add(months / 12, 'Y');
            add(months % 12, 'M');
        } else {
            add(months, 'M');
        }
        if split && days.is_multiple_of(7) && days > 0 {
            add(days / 7, 'W');
        } else {
            add(days, 'D');
        }
        let (seconds, fraction) = (millis / 1000, millis % 1000);
        let mut time = String::new();
        let mut add = |number: u32, letter: char| {
            if number > 0 {
                time.push_str(&format!("{number}{letter}"));
            }
        };
        let rest = if split {
            add(seconds / 3600, 'H');
            add(seconds / 60 % 60, 'M');
            seconds % 60
        } else {
            seconds
        };
        if fraction > 0 {
            time.push_str(&format!("{rest}.{fraction:03}S"));
        } else {
            add(rest, 'S');
        }
        if !time.is_empty() {
            text.push('T');
            text.push_str(&time);
        }
        if text == "P" {
            text.push_str("T0S");
        }
        text
    }
}

pub(super) fn special(float: f64) -> String {
    let text = if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    text.to_owned()
}

fn day(days: i64) -> Date {
    Date::constant(1970, 1, 1) + SignedDuration::from_hours(24 * days)
}

/// Whether an integer of this size is read as an instant in this unit.
fn is_read_as_an_instant(time: i64, unit: Unit) -> bool {
    (EARLIEST..LATEST).contains(&time.div_euclid(1_000_000_000 / unit.nanos()))
}

fn has_a_year_of_four_digits(time: i64, unit: Unit) -> bool {
    let seconds = time.div_euclid(1_000_000_000 / unit.nanos());
    (FIRST_DAY * 86_400..(LAST_DAY + 1) * 86_400).contains(&seconds)
}

/// A number with the decimal point `scale` digits from the right; a negative scale appends zeros instead.
pub(super) fn with_point(number: &BigInt, scale: i64) -> String {
    let sign = if number.sign() == Sign::Minus { "-" } else { "" };
    let mut digits = number.magnitude().to_string();
    if scale <= 0 {
        let zeros = if digits == "0" { 0 } else { -scale as usize };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let scale = scale as usize;
    if digits.len() <= scale {
        digits.insert_str(0, &"0".repeat(scale + 1 - digits.len()));
    }
    digits.insert(digits.len() - scale, '.');
    format!("{sign}{digits}")
}

/// RFC 4648, section 4, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk.iter().enumerate().fold(0u32, |bits, (index, byte)| {
                bits | u32::from(*byte) << (16 - 8 * index)
            });
            (0..4).map(move |index| {
                if index > chunk.len() {
                    '='
                } else {
                    char::from(ALPHABET[(bits >> (18 - 6 * index)) as usize & 63])
                }
            })
        })
        .collect()
}
