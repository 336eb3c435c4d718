//! How a value is read if it has several possible readings. Each field's source has its own reference to rules; the
//! default is the strict reading.

mod times;
mod zone;

use std::fmt;

pub use times::{EpochUnit, EpochYears, IntegerDate, IntegerTime, time_zone};
pub use zone::{ClockChange, Zone};
pub(crate) use zone::{LocalTime, date_time};

use crate::schema::TypeId;

/// What is permitted beyond the strict reading.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The JSON form of values.
    pub json_encoding: JsonEncoding,
    /// What happens to digits beyond a decimal's scale; without it the row is rejected.
    pub decimal_round: Option<Rounding>,
    /// Whether a number that a float or a double cannot represent becomes the nearest value; without it the row is
    /// rejected.
    pub float_nearest: bool,
    /// Whether digits finer than a time's unit are cut off; without it the row is rejected.
    pub time_truncate: bool,
    /// The zone of timestamps without one in their text; without it the row is rejected.
    pub time_zone: Option<Zone>,
    /// Which time a local time means that a clock change of that zone skips or repeats; without it the row is rejected.
    pub clock_change: Option<ClockChange>,
    /// The unit of timestamps written as numbers; without it they are in the schema's unit.
    pub epoch_unit: Option<EpochUnit>,
    /// The years that such numbers must be in, in any unit.
    pub epoch_years: EpochYears,
    /// What an integer for a date means; without it the row is rejected.
    pub integer_date: Option<IntegerDate>,
    /// What a number for a time of day means; without it the row is rejected.
    pub integer_time: Option<IntegerTime>,
    /// How bytes and fixed are written as text; without it the row is rejected.
    pub bytes_encoding: Option<BytesEncoding>,
    /// The branch of the field's union that a value goes to; without it, the branch of the value's own type. Null and
    /// values that name their branch are not affected.
    pub union_branch: Option<UnionBranch>,
    /// Texts of CSV cells that mean null, besides the empty cell.
    pub null_tokens: Vec<Vec<u8>>,
    /// Whether a nullable field without a default may be absent.
    pub missing_null: bool,
    /// What happens to JSON keys that match no field.
    pub unknown_keys: UnknownKeys,
}

impl Rules {
    /// These rules, with those of `lower` where nothing was chosen.
    pub(super) fn over(&self, lower: &Rules) -> Rules {
        let strict = Rules::default();
        Rules {
            json_encoding: match self.json_encoding {
                JsonEncoding::Auto => lower.json_encoding,
                chosen => chosen,
            },
            decimal_round: self.decimal_round.or(lower.decimal_round),
            float_nearest: self.float_nearest || lower.float_nearest,
            time_truncate: self.time_truncate || lower.time_truncate,
            time_zone: self.time_zone.as_ref().or(lower.time_zone.as_ref()).cloned(),
            clock_change: self.clock_change.or(lower.clock_change),
            epoch_unit: self.epoch_unit.or(lower.epoch_unit),
            epoch_years: match self.epoch_years == strict.epoch_years {
                true => lower.epoch_years.clone(),
                false => self.epoch_years.clone(),
            },
            integer_date: self.integer_date.or(lower.integer_date),
            integer_time: self.integer_time.or(lower.integer_time),
            bytes_encoding: self.bytes_encoding.or(lower.bytes_encoding),
            union_branch: self.union_branch.or(lower.union_branch),
            null_tokens: match self.null_tokens.is_empty() {
                true => lower.null_tokens.clone(),
                false => self.null_tokens.clone(),
            },
            missing_null: self.missing_null || lower.missing_null,
            unknown_keys: match self.unknown_keys {
                UnknownKeys::Reject => lower.unknown_keys,
                chosen => chosen,
            },
        }
    }
}

/// A branch of a union. Other unions that are read by the same rules, such as those within the field, are not affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnionBranch {
    /// The union.
    pub union: TypeId,
    /// The index of the branch.
    pub branch: usize,
}

/// The JSON form of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonEncoding {
    /// Either, decided for each value.
    #[default]
    Auto,
    /// Plain: unions as their bare values, numbers and times as their text.
    Plain,
    /// Avro's own (Avro 1.12, "JSON Encoding"): a union as `{"branch": value}` or `null`, and every value as its base
    /// type.
    Avro,
}

/// What happens to digits beyond a decimal's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, ties to even.
    HalfEven,
    /// To the nearest, ties away from zero.
    HalfUp,
    /// Towards zero.
    Down,
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BytesEncoding {
    /// RFC 4648, section 4 (or 5, the alphabet for URLs), with or without padding.
    Base64,
    /// Two hexadecimal digits per byte.
    Hex,
    /// The bytes of the text itself.
    Utf8,
    /// One character up to U+00FF per byte, as in Avro's JSON encoding.
    Latin1,
}

/// What happens to a JSON key that matches no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownKeys {
    /// The row is rejected.
    #[default]
    Reject,
    /// It is dropped and counted.
    Drop,
    /// It is ignored as belonging to another plan: the plan of a key uses only what the key needs.
    Overlook,
}

/// A word that is not one of the choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChoice(String);

impl fmt::Display for UnknownChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UnknownChoice {}
