//! How a value is read where more than one reading could be meant. Each field's source refers to rules of its own;
//! the default is the strict reading.

mod times;

use std::fmt;

use jiff::tz::TimeZone;

pub use times::{EpochUnit, EpochYears, IntegerDate, IntegerTime, time_zone};

/// What a reader of values permits beyond the strict reading.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Which JSON form values are written in.
    pub json_encoding: JsonEncoding,
    /// What happens to digits beyond a decimal's scale; without it the row is rejected.
    pub decimal_round: Option<Rounding>,
    /// Whether a float or a double may be the value nearest to a number that it does not have; without it the row is
    /// rejected.
    pub float_nearest: bool,
    /// Whether digits finer than a time's unit are cut off; without it the row is rejected.
    pub time_truncate: bool,
    /// The zone of timestamps whose text has none; without it the row is rejected.
    pub time_zone: Option<TimeZone>,
    /// The unit of timestamps that are written as numbers; without it they are in the schema's own unit.
    pub epoch_unit: Option<EpochUnit>,
    /// The years that such numbers must lie within, whichever their unit is.
    pub epoch_years: EpochYears,
    /// What an integer for a date means; without it the row is rejected.
    pub integer_date: Option<IntegerDate>,
    /// What a number for a time of day means; without it the row is rejected.
    pub integer_time: Option<IntegerTime>,
    /// How bytes and fixed are written as text; without it the row is rejected.
    pub bytes_encoding: Option<BytesEncoding>,
    /// Texts of CSV cells that stand for null, besides the empty cell.
    pub null_tokens: Vec<Vec<u8>>,
    /// Whether a nullable field without a default may be absent.
    pub missing_null: bool,
    /// What happens to JSON keys that no field has.
    pub unknown_keys: UnknownKeys,
}

/// Which JSON form of values is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonEncoding {
    /// Either, decided value by value.
    #[default]
    Auto,
    /// Plain: unions as their bare values, numbers and times as their text.
    Plain,
    /// Avro's own (Avro 1.12, "JSON Encoding"): a union as `{"branch": value}` or `null`, and every value as its base
    /// type.
    Avro,
}

/// What happens to digits that a decimal does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, a half to the even neighbour.
    HalfEven,
    /// To the nearest, a half away from zero.
    HalfUp,
    /// Towards zero.
    Down,
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BytesEncoding {
    /// RFC 4648, section 4 (or 5, the alphabet for URLs), with or without padding.
    Base64,
    /// Two hexadecimal digits a byte.
    Hex,
    /// The bytes of the text itself.
    Utf8,
    /// A character up to U+00FF for each byte: Avro's own JSON form.
    Latin1,
}

/// What happens to a JSON key that no field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownKeys {
    /// The row is rejected.
    #[default]
    Reject,
    /// It is left out, and counted.
    Drop,
    /// It is for another plan: the plan of a key takes from the row only what the key needs.
    Overlook,
}

/// A word that names none of the choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChoice(String);

impl fmt::Display for UnknownChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UnknownChoice {}
