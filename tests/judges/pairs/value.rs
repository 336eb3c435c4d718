//! The generator's model of a value, and how values are drawn: edge cases are more frequent than they would be by chance.

use crate::random::Random;
use num_bigint::{BigInt, Sign};

use super::schema::{FixedLogical, Schema, Shape, Type, Unit};

/// A value, which has a meaning only together with its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// An int or a long, or a time in the unit of its type.
    Integer(i64),
    Float(f32),
    Double(f64),
    /// Bytes, a fixed, or a uuid in a fixed.
    Bytes(Vec<u8>),
    /// A string, or a uuid as its text.
    String(String),
    /// A number without its scale, which is part of the decimal type.
    Unscaled(BigInt),
    /// A number and its scale: a big-decimal.
    Scaled(BigInt, i32),
    /// Months, days and milliseconds.
    Duration([u32; 3]),
    /// The index of an enum's symbol.
    Symbol(usize),
    Array(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// A branch's index and its value.
    Union(usize, Box<Value>),
    /// The values of the fields; `None` if the row omits the field, so that its default is used.
    Record(Vec<Option<Value>>),
}

/// Draws values.
pub(crate) struct Values<'a> {
    pub random: &'a mut Random,
    pub schema: &'a Schema,
    /// Draw only bytes that are valid UTF-8, so that they can be written as text.
    pub bytes_are_text: bool,
    /// Draw a default: only values that JSON can represent, all fields, and the first branch of a union.
    pub for_default: bool,
    /// The number of values before everything is kept as short as possible.
    pub budget: usize,
}

impl Values<'_> {
    pub(crate) fn draw(&mut self, kind: &Type, depth: usize) -> Value {
        self.budget = self.budget.saturating_sub(1);
        match kind {
            Type::Null => Value::Null,
            Type::Boolean => Value::Boolean(self.random.bool()),
            Type::Int => Value::Integer(self.integer(i32::MIN.into(), i32::MAX.into())),
            Type::Long => Value::Integer(self.integer(i64::MIN, i64::MAX)),
            Type::Float => Value::Float(self.float()),
            Type::Double => Value::Double(self.double()),
            Type::Bytes => {
                let length = self.length();
                Value::Bytes(self.bytes(length))
            }
            Type::String => Value::String(self.text()),
            Type::Decimal { precision, .. } => Value::Unscaled(self.unscaled(*precision)),
            Type::BigDecimal => {
                let digits = self.random.usize(1..60);
                Value::Scaled(self.unscaled(digits), self.random.i32(0..30))
            }
            Type::Uuid => Value::String(uuid_text(self.random.u128(..), self.random.bool())),
            Type::Date => Value::Integer(self.day()),
            Type::TimeMillis => Value::Integer(self.time_of_day(Unit::Millis)),
            Type::TimeMicros => Value::Integer(self.time_of_day(Unit::Micros)),
            Type::Timestamp(unit) | Type::LocalTimestamp(unit) => Value::Integer(self.instant(*unit)),
            Type::Unknown { base, .. } => self.draw(base, depth),
            Type::Array(items) => {
                let length = self.entries(depth);
                Value::Array((0..length).map(|_| self.draw(items, depth + 1)).collect())
            }
            Type::Map(values) => {
                let mut entries: Vec<(String, Value)> = Vec::new();
                for _ in 0..self.entries(depth) {
                    let key = self.text();
                    if entries.iter().all(|(other, _)| *other != key) {
                        entries.push((key, self.draw(values, depth + 1)));
                    }
                }
                Value::Map(entries)
            }
            Type::Union(branches) => {
                let branch = self.branch(branches, depth);
                Value::Union(branch, Box::new(self.draw(&branches[branch], depth + 1)))
            }
            Type::Named(id) => {
                let schema = self.schema;
                match &schema.named[*id].shape {
                    Shape::Record(fields) => Value::Record(
                        fields
                            .iter()
                            .map(|field| {
                                let left_out =
                                    !self.for_default && field.default.is_some() && self.random.bool();
                                (!left_out).then(|| self.draw(&field.kind, depth + 1))
                            })
                            .collect(),
                    ),
                    Shape::Enum(symbols) => Value::Symbol(self.random.usize(..symbols.len())),
                    Shape::Fixed { size, logical } => self.fixed(*size, *logical),
                }
            }
        }
    }

    fn fixed(&mut self, size: usize, logical: FixedLogical) -> Value {
        match logical {
            FixedLogical::None | FixedLogical::Unknown => Value::Bytes(self.bytes(size)),
            FixedLogical::Decimal { precision, .. } => Value::Unscaled(self.unscaled(precision)),
            FixedLogical::Uuid => Value::Bytes(self.random.u128(..).to_be_bytes().to_vec()),
            FixedLogical::Duration => Value::Duration([(); 3].map(|()| match self.random.u32(..6) {
                0 => 0,
                1 => u32::MAX,
                2 => 1,
                _ => self.random.u32(..100_000),
            })),
        }
    }

    fn branch(&mut self, branches: &[Type], depth: usize) -> usize {
        if self.for_default {
            return 0;
        }
        let null = branches.iter().position(|branch| *branch == Type::Null);
        match null {
            // Recursive types must end somewhere.
            Some(null) if self.budget == 0 || depth > 8 => null,
            _ => self.random.usize(..branches.len()),
        }
    }

    /// The number of entries of a container.
    fn entries(&mut self, depth: usize) -> usize {
        if self.budget == 0 || depth > 8 {
            return 0;
        }
        match self.random.u32(..12) {
            0 => 0,
            // A count of more than one byte.
            1 if depth < 2 => 70,
            _ => self.random.usize(..4),
        }
    }

    fn length(&mut self) -> usize {
        match self.random.u32(..12) {
            0 => 0,
            // The boundary between lengths of one and two bytes.
            1 => self.random.usize(62..66),
            _ => self.random.usize(..12),
        }
    }

    fn integer(&mut self, min: i64, max: i64) -> i64 {
        match self.random.u32(..10) {
            0 => min,
            1 => max,
            2 => 0,
            3 => -1,
            // The boundaries at which zig-zag numbers grow by a byte.
            4 => self.random.one_of(&[63, 64, -64, -65, 8191, 8192, -8192, -8193]),
            5 => self.random.i64(min / 1_000_000..=max / 1_000_000) * 1000,
            6 => self.random.i64(-1000..1000),
            _ => self.random.i64(min..=max),
        }
    }

    fn float(&mut self) -> f32 {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        match self.random.u32(..8) {
            0 if !self.for_default => self.random.one_of(&special),
            1 => self.random.one_of(&[0.0, -0.0]),
            2 => self
                .random
                .one_of(&[f32::MIN, f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1)]),
            3 => self.random.i32(-100_000..100_000) as f32 / 100.0,
            _ => {
                let any = f32::from_bits(self.random.u32(..));
                if any.is_finite() { any } else { 1.5 }
            }
        }
    }

    fn double(&mut self) -> f64 {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        match self.random.u32(..8) {
            0 if !self.for_default => self.random.one_of(&special),
            1 => self.random.one_of(&[0.0, -0.0]),
            2 => self
                .random
                .one_of(&[f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1)]),
            3 => self.random.i32(-100_000..100_000) as f64 / 100.0,
            _ => {
                let any = f64::from_bits(self.random.u64(..));
                if any.is_finite() { any } else { 1.5 }
            }
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length)
            .map(|_| {
                if self.bytes_are_text {
                    self.random.u8(..128)
                } else if self.random.one_in(6) {
                    self.random.one_of(&[0, 0x7f, 0x80, 0xff])
                } else {
                    self.random.u8(..)
                }
            })
            .collect()
    }

    /// A number of at most this many digits.
    fn unscaled(&mut self, precision: usize) -> BigInt {
        let most = BigInt::from(10).pow(precision as u32) - 1;
        match self.random.u32(..8) {
            0 => BigInt::ZERO,
            1 => most,
            2 => -most,
            // The boundaries at which two's complement grows by a byte.
            3 => {
                let edge = self
                    .random
                    .one_of(&[1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768]);
                let edge = BigInt::from(edge);
                if edge.magnitude() > most.magnitude() {
                    BigInt::ZERO
                } else {
                    edge
                }
            }
            _ => {
                let digits = self.random.usize(1..=precision);
                let text: Vec<u8> = (0..digits).map(|_| self.random.u8(b'0'..=b'9')).collect();
                let number = BigInt::parse_bytes(&text, 10).expect("they are digits");
                if self.random.bool() { -number } else { number }
            }
        }
    }

    /// A day in the years 1 to 9999; a default may be any day, because it is written as an int.
    fn day(&mut self) -> i64 {
        match self.random.u32(..10) {
            0 if self.for_default => self.random.one_of(&[i32::MIN.into(), i32::MAX.into()]),
            1 => 0,
            2 => -1,
            // 2000-02-29, 2024-02-29, 1900-02-28 and the day after it.
            3 => self.random.one_of(&[11_016, 19_782, -25_509, -25_508]),
            4 => self.random.one_of(&[FIRST_DAY, LAST_DAY]),
            5 => self.random.i64(-10_000..25_000),
            _ => self.random.i64(FIRST_DAY..=LAST_DAY),
        }
    }

    fn time_of_day(&mut self, unit: Unit) -> i64 {
        let per_second = 1_000_000_000 / unit.nanos();
        match self.random.u32(..6) {
            0 => 0,
            1 => 86_400 * per_second - 1,
            2 => self.random.i64(0..86_400) * per_second,
            _ => self.random.i64(0..86_400 * per_second),
        }
    }

    fn instant(&mut self, unit: Unit) -> i64 {
        let per_second = 1_000_000_000 / unit.nanos();
        // The years 1 to 9999, or the range of 64-bit nanoseconds.
        let (first, last) = match unit {
            Unit::Nanos => (i64::MIN, i64::MAX),
            _ => (
                FIRST_DAY * 86_400 * per_second,
                (LAST_DAY + 1) * 86_400 * per_second - 1,
            ),
        };
        match self.random.u32(..10) {
            0 => first,
            1 => last,
            2 => 0,
            3 => -1,
            4 => self.random.i64(11_016 * 86_400..11_017 * 86_400) * per_second,
            5 => self.random.i64(first / per_second..=last / per_second) * per_second,
            6..=8 => self.random.i64(EARLIEST..LATEST) * per_second + self.random.i64(0..per_second),
            _ => self.random.i64(first..=last),
        }
    }

    fn text(&mut self) -> String {
        const WHOLE: [&str; 18] = [
            "",
            " ",
            "null",
            "true",
            "NaN",
            "0",
            "007",
            "1e3",
            "{}",
            "[1]",
            "{\"string\":\"x\"}",
            "\u{feff}",
            "\"",
            "a,b",
            "line\nline",
            "cr\r\nlf\r",
            "\\u0041",
            "O'Brien",
        ];
        const PARTS: [&str; 16] = [
            "BHP",
            "é",
            "日経",
            "🚀",
            "👨‍👩‍👧",
            "\u{10ffff}",
            "\u{ffff}",
            "\u{e000}",
            "\u{d7ff}",
            "\u{0}",
            "\u{1b}",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\"",
            "\\",
        ];
        if self.random.one_in(5) {
            return self.random.one_of(&WHOLE).to_owned();
        }
        let length = self.length();
        let mut text = String::new();
        while text.len() < length {
            if self.random.bool() {
                text.push_str(self.random.one_of(&PARTS));
            } else {
                text.push(self.random.alphanumeric());
            }
        }
        text
    }
}

/// 0001-01-01, in days since 1970-01-01.
pub(crate) const FIRST_DAY: i64 = -719_162;
/// 9999-12-31, in days since 1970-01-01.
pub(crate) const LAST_DAY: i64 = 2_932_896;
/// 1990-01-01T00:00:00Z in seconds: the lower bound (inclusive) for integers that are read as instants.
pub(crate) const EARLIEST: i64 = 631_152_000;
/// 2101-01-01T00:00:00Z in seconds: their upper bound (exclusive).
pub(crate) const LATEST: i64 = 4_133_980_800;

/// The canonical text of a uuid, in lower or upper case.
pub(crate) fn uuid_text(uuid: u128, large: bool) -> String {
    let hex = if large {
        format!("{uuid:032X}")
    } else {
        format!("{uuid:032x}")
    };
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The number as big-endian two's complement in as few bytes as possible.
pub(crate) fn minimal_bytes(number: &BigInt) -> Vec<u8> {
    number.to_signed_bytes_be()
}

/// The number as two's complement in `size` bytes.
pub(crate) fn sign_extended(number: &BigInt, size: usize) -> Vec<u8> {
    let minimal = minimal_bytes(number);
    let fill = if number.sign() == Sign::Minus { 0xff } else { 0 };
    let mut bytes = vec![fill; size - minimal.len()];
    bytes.extend(minimal);
    bytes
}
