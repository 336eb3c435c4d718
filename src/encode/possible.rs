//! The scalar types that every one of some texts has: what a schema is inferred from.
//!
//! A type is possible if a field of this type reads the text, by the same functions as a load, and if the text is how
//! such a value is written: `007` is no number here, because its zeros would be lost.

use super::date;
use super::decimal::put_big_decimal;
use super::float::float;
use super::number::{Digits, long};
use super::text::check_uuid;
use super::timestamp::{self, Clock};
use crate::mapping::rules::Rules;
use crate::schema::TimeUnit;

/// A scalar type other than string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PossibleType {
    Boolean,
    Long,
    /// Of any precision and scale.
    Decimal,
    Double,
    BigDecimal,
    Date,
    TimeOfDay(TimeUnit),
    Timestamp(TimeUnit),
    LocalTimestamp(TimeUnit),
    Uuid,
}

/// All of them, the preferred one first: an integer is a decimal too, and seconds fit each unit.
const ALL: [PossibleType; 14] = [
    PossibleType::Boolean,
    PossibleType::Long,
    PossibleType::Decimal,
    PossibleType::Double,
    PossibleType::BigDecimal,
    PossibleType::Date,
    PossibleType::TimeOfDay(TimeUnit::Millis),
    PossibleType::TimeOfDay(TimeUnit::Micros),
    PossibleType::Timestamp(TimeUnit::Millis),
    PossibleType::Timestamp(TimeUnit::Micros),
    PossibleType::Timestamp(TimeUnit::Nanos),
    PossibleType::LocalTimestamp(TimeUnit::Millis),
    PossibleType::LocalTimestamp(TimeUnit::Micros),
    PossibleType::LocalTimestamp(TimeUnit::Nanos),
];

/// The types that are possible for all texts so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PossibleTypes(Vec<PossibleType>);

impl PossibleTypes {
    /// Before the first text, every type is possible.
    pub(crate) fn all() -> PossibleTypes {
        PossibleTypes(ALL.into_iter().chain([PossibleType::Uuid]).collect())
    }

    /// Removes the types that a text does not have. After the first few texts, few types are left to ask.
    pub(crate) fn narrow(&mut self, text: &[u8]) {
        self.0.retain(|possible| possible.has(text));
    }

    /// Keeps the types that are possible for the others too.
    pub(crate) fn intersect(&mut self, other: &PossibleTypes) {
        self.0.retain(|possible| other.0.contains(possible));
    }

    /// The preferred type; none if the texts are only texts.
    pub(crate) fn preferred(&self) -> Option<PossibleType> {
        self.0.first().copied()
    }

    pub(crate) fn contains(&self, wanted: PossibleType) -> bool {
        self.0.contains(&wanted)
    }
}

impl PossibleType {
    /// What such values are called.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            PossibleType::Boolean => "booleans",
            PossibleType::Long => "integers",
            PossibleType::Decimal => "decimal numbers",
            PossibleType::Double | PossibleType::BigDecimal => "numbers",
            PossibleType::Date => "dates",
            PossibleType::TimeOfDay(_) => "times of day",
            PossibleType::Timestamp(_) => "times with a zone",
            PossibleType::LocalTimestamp(_) => "times without a zone",
            PossibleType::Uuid => "UUIDs",
        }
    }

    /// Whether the text is a value of this type.
    pub(crate) fn has(self, text: &[u8]) -> bool {
        let rules = Rules::default();
        match self {
            PossibleType::Boolean => {
                text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false")
            }
            PossibleType::Long => is_integer(text) && long(text, "long").is_ok(),
            PossibleType::Decimal => decimal_digits(text).is_some(),
            // A double has a negative zero.
            PossibleType::Double => !has_plus_or_zeros(text) && float::<f64>(text, &rules).is_ok(),
            PossibleType::BigDecimal => {
                !has_lost_sign_or_zeros(text) && put_big_decimal(text, &mut Vec::new()).is_ok()
            }
            PossibleType::Date => date::is_date_text(text) && date::date(text, &rules).is_ok(),
            PossibleType::TimeOfDay(unit) => {
                date::is_time_text(text) && date::time_of_day(text, unit, &rules).is_ok()
            }
            PossibleType::Timestamp(unit) => is_timestamp(text, Clock::Zoned, unit, &rules),
            PossibleType::LocalTimestamp(unit) => is_timestamp(text, Clock::Local, unit, &rules),
            PossibleType::Uuid => check_uuid(text).is_ok(),
        }
    }
}

fn is_timestamp(text: &[u8], clock: Clock, unit: TimeUnit, rules: &Rules) -> bool {
    timestamp::is_text(text, clock) && timestamp::timestamp(text, clock, unit, rules).is_ok()
}

/// Whether a number would lose a plus sign, leading zeros, or the sign of zero.
fn has_lost_sign_or_zeros(text: &[u8]) -> bool {
    let is_negative_zero =
        text.starts_with(b"-") && Digits::parse(text).is_some_and(|number| number.is_zero());
    has_plus_or_zeros(text) || is_negative_zero
}

/// Whether a number begins with a plus sign or leading zeros.
fn has_plus_or_zeros(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    matches!(digits, [b'+', ..] | [b'0', b'0'..=b'9', ..])
}

/// Whether the text is digits, perhaps after a minus sign, and nothing is lost if they are read as an integer.
pub(crate) fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && !has_lost_sign_or_zeros(text)
}

/// The number of digits before and after the point of a decimal number without an exponent; none for other texts.
pub(crate) fn decimal_digits(text: &[u8]) -> Option<(usize, usize)> {
    let number = Digits::parse(text)?;
    let has_exponent = text.iter().any(|byte| matches!(byte, b'e' | b'E'));
    if has_exponent || has_lost_sign_or_zeros(text) {
        return None;
    }
    Some((number.whole.len(), number.fraction.len() + number.trailing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(texts: &[&str]) -> Option<PossibleType> {
        let mut possible = PossibleTypes::all();
        for text in texts {
            possible.narrow(text.as_bytes());
        }
        possible.preferred()
    }

    #[test]
    fn the_preferred_type_holds_every_text_as_it_is_written() {
        use PossibleType::{
            BigDecimal, Boolean, Date, Decimal, Double, LocalTimestamp, Long, TimeOfDay, Timestamp, Uuid,
        };
        let uuid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
        let table: [(&[&str], Option<PossibleType>); 26] = [
            (&["true", "FALSE"], Some(Boolean)),
            (&["true", "1"], None),
            (&["1", "-99", "0"], Some(Long)),
            (&["9223372036854775807"], Some(Long)),
            (&["9223372036854775808"], Some(Decimal)),
            (&["1", "40.20"], Some(Decimal)),
            (&["1", "1e3"], Some(Double)),
            (&["NaN", "1.5"], Some(Double)),
            (&["1e400"], Some(BigDecimal)),
            (&["007"], None),
            (&["1", "007"], None),
            (&["+5"], None),
            (&["-0"], Some(Double)),
            (&["40.20", "-0.0"], Some(Double)),
            (&["-007"], None),
            (&["00.5"], None),
            (&["1,5"], None),
            (&["2014-03-10"], Some(Date)),
            (&["2014-02-30"], None),
            (&["10:00", "10:00:05.516"], Some(TimeOfDay(TimeUnit::Millis))),
            (
                &["2014-03-10T10:00:05Z", "2014-03-10T10:00:05.123456+01:00"],
                Some(Timestamp(TimeUnit::Micros)),
            ),
            (
                &["2014-03-10 10:00:05.123456789"],
                Some(LocalTimestamp(TimeUnit::Nanos)),
            ),
            (&["2014-03-10T10:00:05Z", "2014-03-10T10:00:05"], None),
            (&[uuid], Some(Uuid)),
            (&[uuid, "1"], None),
            (&["BHP"], None),
        ];
        for (texts, expected) in table {
            assert_eq!(preferred(texts), expected, "{texts:?}");
        }
    }

    #[test]
    fn the_digits_of_decimals_are_counted_as_written() {
        for (text, digits) in [
            ("40.20", Some((2, 2))),
            ("-0.5", Some((0, 1))),
            (".5", Some((0, 1))),
            ("7", Some((1, 0))),
            ("1e3", None),
            ("07", None),
            ("x", None),
        ] {
            assert_eq!(decimal_digits(text.as_bytes()), digits, "{text}");
        }
    }
}
