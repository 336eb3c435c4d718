//! How a value is read where more than one reading could be meant. Each field's source refers to rules of its own;
//! the default is the strict reading.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;

use crate::schema::TimeUnit;

/// What a reader of values permits beyond the strict reading.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Which of Avro's two JSON forms unions are written in.
    pub json_encoding: JsonEncoding,
    /// What happens to digits beyond a decimal's scale; without it the row is rejected.
    pub decimal_round: Option<Rounding>,
    /// Whether digits finer than a time's unit are cut off; without it the row is rejected.
    pub time_truncate: bool,
    /// The zone of timestamps whose text has none; without it the row is rejected.
    pub time_zone: Option<TimeZone>,
    /// The unit of timestamps that are written as numbers; without it they are in the schema's own unit, and
    /// must lie within 1990-2100.
    pub epoch_unit: Option<EpochUnit>,
    /// How bytes and fixed are written as text; without it the row is rejected.
    pub bytes_encoding: Option<BytesEncoding>,
    /// Texts of CSV cells that stand for null, besides the empty cell.
    pub null_tokens: Vec<Vec<u8>>,
    /// Whether a nullable field without a default may be absent.
    pub missing_null: bool,
    /// What happens to JSON keys that no field has.
    pub unknown_keys: UnknownKeys,
}

/// Which JSON form of a union's value is read (Avro 1.12, "JSON Encoding").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonEncoding {
    /// Either, decided value by value.
    #[default]
    Auto,
    /// The bare value.
    Plain,
    /// Avro's own: `{"branch": value}`, and `null` for null.
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

/// The unit of a number that stands for a timestamp: one of a schema's units, or seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochUnit {
    /// Seconds since 1970-01-01T00:00:00Z.
    Seconds,
    /// A fraction of a second.
    Subsecond(TimeUnit),
}

impl EpochUnit {
    /// All units, the largest first.
    pub(crate) const ALL: [EpochUnit; 4] = [
        EpochUnit::Seconds,
        EpochUnit::Subsecond(TimeUnit::Millis),
        EpochUnit::Subsecond(TimeUnit::Micros),
        EpochUnit::Subsecond(TimeUnit::Nanos),
    ];

    /// Digits after the second.
    pub(crate) fn digits(self) -> usize {
        match self {
            EpochUnit::Seconds => 0,
            EpochUnit::Subsecond(unit) => unit.digits(),
        }
    }

    /// Units in a second.
    pub(crate) fn per_second(self) -> i64 {
        match self {
            EpochUnit::Seconds => 1,
            EpochUnit::Subsecond(unit) => unit.per_second(),
        }
    }

    /// The unit for people: `milliseconds`.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            EpochUnit::Seconds => "seconds",
            EpochUnit::Subsecond(unit) => unit.plural(),
        }
    }
}

/// The unit's symbol: s, ms, us or ns.
impl fmt::Display for EpochUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            EpochUnit::Seconds => "s",
            EpochUnit::Subsecond(TimeUnit::Millis) => "ms",
            EpochUnit::Subsecond(TimeUnit::Micros) => "us",
            EpochUnit::Subsecond(TimeUnit::Nanos) => "ns",
        })
    }
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

/// The time zone of this IANA name, from the database that is built in: the machine's own decides nothing.
///
/// # Errors
/// The database has no zone of this name.
pub fn time_zone(name: &str) -> Result<TimeZone, UnknownChoice> {
    // What jiff takes besides: POSIX rules, offsets. Only names are asked for here.
    match jiff::tz::db().get(name) {
        Ok(zone) => Ok(zone),
        Err(_) => Err(UnknownChoice(format!(
            "`{name}` is no time zone of the IANA database; a name is such as `Australia/Sydney` or `UTC`"
        ))),
    }
}

impl FromStr for EpochUnit {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<EpochUnit, UnknownChoice> {
        EpochUnit::ALL
            .into_iter()
            .find(|unit| unit.to_string() == text)
            .ok_or_else(|| UnknownChoice(format!("`{text}` is none of s, ms, us, ns")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_iana_names() {
        assert!(time_zone("Australia/Sydney").is_ok());
        assert!(time_zone("UTC").is_ok());
        for name in ["", "Sydney", "+10:00", "Australia/Sidney"] {
            assert!(
                time_zone(name).unwrap_err().to_string().contains("IANA"),
                "{name}"
            );
        }
    }

    #[test]
    fn the_zone_database_is_built_in() {
        assert!(format!("{:?}", jiff::tz::db()).to_lowercase().contains("bundled"));
    }
}
