//! How times are read that are written as numbers or without a zone.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::{Date, date};

use super::{UnknownChoice, Zone};
use crate::schema::TimeUnit;

/// The unit of a timestamp written as a number: one of a schema's units, or seconds.
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

    /// The unit's name for people: `milliseconds`.
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

impl FromStr for EpochUnit {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<EpochUnit, UnknownChoice> {
        EpochUnit::ALL
            .into_iter()
            .find(|unit| unit.to_string() == text)
            .ok_or_else(|| UnknownChoice(format!("`{text}` is not one of s, ms, us, ns")))
    }
}

/// The years, in UTC, that a number must be in to be accepted as a time: a number outside them is most likely in
/// another unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochYears {
    years: RangeInclusive<i16>,
    /// The first second, and the one after the last, since 1970-01-01T00:00:00Z.
    seconds: [i64; 2],
}

impl EpochYears {
    /// These years; none if they are not in order or not within 0-9999.
    pub fn new(years: RangeInclusive<i16>) -> Option<EpochYears> {
        let (first, last) = (*years.start(), *years.end());
        if first > last || first < 0 || last > 9999 {
            return None;
        }
        let seconds = |day: Date| day.duration_since(date(1970, 1, 1)).as_secs();
        Some(EpochYears {
            years,
            seconds: [seconds(date(first, 1, 1)), seconds(date(last, 12, 31)) + 86_400],
        })
    }

    /// Whether a number of seconds since 1970-01-01T00:00:00Z is within these years.
    #[inline]
    pub(crate) fn contain(&self, seconds: i64) -> bool {
        (self.seconds[0]..self.seconds[1]).contains(&seconds)
    }

    /// These years, extended to include `year`; none if it does not have four digits.
    pub(crate) fn widened_to(&self, year: i16) -> Option<EpochYears> {
        EpochYears::new(year.min(*self.years.start())..=year.max(*self.years.end()))
    }
}

/// 1990-2100.
impl Default for EpochYears {
    fn default() -> EpochYears {
        EpochYears::new(1990..=2100).expect("they are in order")
    }
}

impl fmt::Display for EpochYears {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:04}", self.years.start(), self.years.end())
    }
}

impl FromStr for EpochYears {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<EpochYears, UnknownChoice> {
        let year = |text: &str| {
            let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        let years = text.split_once('-');
        years
            .and_then(|(first, last)| EpochYears::new(year(first)?..=year(last)?))
            .ok_or_else(|| {
                UnknownChoice(format!(
                    "`{text}` is not two years of four digits in order, such as 1970-2100"
                ))
            })
    }
}

/// What an integer for a date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegerDate {
    /// Days since 1970-01-01, between the years 1 and 9999.
    Days,
    /// Eight digits: 20260910.
    Yyyymmdd,
    /// Six digits, leading zeros may be absent: 260910. As in POSIX `%y`, 69-99 are the years 1969-1999 and 00-68 are
    /// 2000-2068.
    Yymmdd,
    /// Days as a spreadsheet counts them, with 1 for 1900-01-01 and 60 for a 29 February 1900, which never existed.
    Excel,
}

impl IntegerDate {
    /// All readings.
    pub(crate) const ALL: [IntegerDate; 4] = [
        IntegerDate::Yyyymmdd,
        IntegerDate::Yymmdd,
        IntegerDate::Excel,
        IntegerDate::Days,
    ];
}

impl fmt::Display for IntegerDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            IntegerDate::Days => "days",
            IntegerDate::Yyyymmdd => "yyyymmdd",
            IntegerDate::Yymmdd => "yymmdd",
            IntegerDate::Excel => "excel",
        })
    }
}

impl FromStr for IntegerDate {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<IntegerDate, UnknownChoice> {
        let known = IntegerDate::ALL.into_iter().find(|date| date.to_string() == text);
        known.ok_or_else(|| UnknownChoice(format!("`{text}` is not one of days, yyyymmdd, yymmdd, excel")))
    }
}

/// What a number for a time of day means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegerTime {
    /// The schema's unit, since midnight.
    Unit,
    /// Six digits, possibly without leading zeros, and an optional fraction of a second: 93003.516 is 09:30:03.516.
    Hhmmss,
}

impl IntegerTime {
    /// All readings.
    pub(crate) const ALL: [IntegerTime; 2] = [IntegerTime::Hhmmss, IntegerTime::Unit];
}

impl fmt::Display for IntegerTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            IntegerTime::Unit => "unit",
            IntegerTime::Hhmmss => "hhmmss",
        })
    }
}

impl FromStr for IntegerTime {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<IntegerTime, UnknownChoice> {
        let known = IntegerTime::ALL.into_iter().find(|time| time.to_string() == text);
        known.ok_or_else(|| UnknownChoice(format!("`{text}` is not one of unit, hhmmss")))
    }
}

/// The time zone with this IANA name, from the built-in database; the machine's database is not used.
///
/// # Errors
/// The database has no zone of this name.
pub fn time_zone(name: &str) -> Result<Zone, UnknownChoice> {
    // jiff also accepts POSIX rules and offsets elsewhere; only names are looked up here.
    match jiff::tz::db().get(name) {
        Ok(zone) => Ok(Zone::new(zone)),
        Err(_) => Err(UnknownChoice(format!(
            "`{name}` is not a time zone in the IANA database; a name looks like `Australia/Sydney` or `UTC`"
        ))),
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

    #[test]
    fn years_are_two_four_digit_numbers_in_order() {
        let years: EpochYears = "1970-2100".parse().unwrap();
        assert_eq!(years.to_string(), "1970-2100");
        for (seconds, within) in [
            (-1, false),
            (0, true),
            (4_133_980_799, true),
            (4_133_980_800, false),
        ] {
            assert_eq!(years.contain(seconds), within, "{seconds}");
        }
        let all: EpochYears = "0000-9999".parse().unwrap();
        assert!(all.contain(-62_167_219_200) && !all.contain(-62_167_219_201));
        assert!(all.contain(253_402_300_799) && !all.contain(253_402_300_800));
        assert_eq!(EpochYears::default().to_string(), "1990-2100");
        for text in [
            "",
            "1970",
            "1970-",
            "2100-1970",
            "70-2100",
            "1970-+100",
            "1970-2100-2200",
            "1970-10000",
        ] {
            assert!(text.parse::<EpochYears>().is_err(), "{text}");
        }
    }

    #[test]
    fn years_are_widened_only_as_far_as_needed() {
        let years = EpochYears::default();
        for (year, widened) in [
            (1970, Some("1970-2100")),
            (2000, Some("1990-2100")),
            (2684, Some("1990-2684")),
            (-1, None),
            (10_000, None),
        ] {
            let found = years.widened_to(year).map(|years| years.to_string());
            assert_eq!(found.as_deref(), widened, "{year}");
        }
    }

    #[test]
    fn years_with_fewer_than_four_digits_are_reported() {
        for text in ["1-9999", "70-99", "2100-1990"] {
            let said = text.parse::<EpochYears>().unwrap_err().to_string();
            let wanted = format!("`{text}` is not two years of four digits in order, such as 1970-2100");
            assert_eq!(said, wanted);
        }
        assert_eq!(
            "0001-9999".parse::<EpochYears>().unwrap().to_string(),
            "0001-9999"
        );
    }
}
