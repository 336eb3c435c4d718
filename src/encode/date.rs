//! Dates and times of day: ISO 8601 text, or a number with a declared meaning.

use super::calendar::{self, DAY, days_since_epoch, is_day};
use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::human_time::{self, Form};
use super::number::{self, Digits, Scaled};
use super::timestamp::subsecond;
use crate::mapping::rules::{IntegerDate, IntegerTime, Rules};
use crate::schema::{Logical, TimeUnit};

/// Reads a date as days since 1970-01-01.
pub(crate) fn date(text: &[u8], rules: &Rules) -> Encoded<i32> {
    if let Some(days) = calendar::date(text) {
        return Ok(days? as i32);
    }
    if Digits::parse(text).is_none() {
        let fault = Fault::new(
            RowErrorKind::NotATimestamp,
            "expected a date such as `2014-03-10`",
        );
        let hint = human_time::correction(text, Form::Date).map(|hint| match calendar::civil(text) {
            Some(_) => format!("this is a date with a time of day: {hint}"),
            None => hint,
        });
        return Err(fault.with_any_hint(hint));
    }
    let number = number::long(text, "date").map_err(|fault| with_looks(fault, text))?;
    let fault = match rules.integer_date {
        None => undeclared_date(number),
        Some(reading) => match days_as(number, reading) {
            Some(days) => return Ok(days as i32),
            None => not_such_a_date(number, reading),
        },
    };
    Err(with_looks(fault, text))
}

/// Adds what the number looks like if it is not a date in any reading that can be declared.
#[cold]
fn with_looks(fault: Box<Fault>, text: &[u8]) -> Box<Fault> {
    let is_explained = matches!(&fault.hint, Some(hint) if !matches!(hint, Hint::IntegerDate(readings) if readings.is_empty()));
    match human_time::in_number(text, Form::Date) {
        Some(looks) if !is_explained => fault.with_hint(looks),
        _ => fault,
    }
}

/// The days since 1970-01-01 for an integer in this reading, between the years 1 and 9999.
fn days_as(number: i64, reading: IntegerDate) -> Option<i64> {
    // Counted from 1899-12-30, because spreadsheets include a 29 February 1900, which never existed.
    const SPREADSHEET_EPOCH: i64 = -25_569;
    let of_day = |year: i64, number: i64| {
        let (month, day) = ((number / 100 % 100) as u32, (number % 100) as u32);
        let year = year as u32;
        is_day(year, month, day).then(|| days_since_epoch(year, month, day))
    };
    match reading {
        // From 0001-01-01 to 9999-12-31.
        IntegerDate::Days => (-719_162..=2_932_896).contains(&number).then_some(number),
        IntegerDate::Yyyymmdd if (10_000_101..=99_991_231).contains(&number) => {
            of_day(number / 10_000, number)
        }
        IntegerDate::Yymmdd if (101..=991_231).contains(&number) => {
            let year = number / 10_000;
            of_day(year + if year < 69 { 2000 } else { 1900 }, number)
        }
        IntegerDate::Excel if (1..60).contains(&number) => Some(SPREADSHEET_EPOCH + 1 + number),
        IntegerDate::Excel if (61..=2_958_465).contains(&number) => Some(SPREADSHEET_EPOCH + number),
        IntegerDate::Yyyymmdd | IntegerDate::Yymmdd | IntegerDate::Excel => None,
    }
}

#[cold]
fn undeclared_date(number: i64) -> Box<Fault> {
    let likely = likely_dates(number);
    let reason = match likely.is_empty() {
        true => "an integer that is not a plausible date",
        false => "an integer can mean several dates",
    };
    Fault::new(RowErrorKind::UndeclaredInteger, reason).with_hint(Hint::IntegerDate(likely))
}

#[cold]
fn not_such_a_date(number: i64, reading: IntegerDate) -> Box<Fault> {
    let reason = match reading {
        IntegerDate::Days => "read as days since 1970-01-01, it is outside the years 0001-9999",
        IntegerDate::Yyyymmdd => "it is not a day written as YYYYMMDD",
        IntegerDate::Yymmdd => "it is not a day written as YYMMDD",
        IntegerDate::Excel => "it is not a spreadsheet day, from 1 (1900-01-01) to 2958465 (9999-12-31)",
    };
    let fault = Fault::new(RowErrorKind::NotATimestamp, reason);
    let likely = likely_dates(number);
    match likely.is_empty() {
        true => fault,
        false => fault.with_hint(Hint::IntegerDate(likely)),
    }
}

/// The readings in which an integer is a plausible date, each with the date.
fn likely_dates(number: i64) -> Vec<(IntegerDate, String)> {
    let likely = IntegerDate::ALL.into_iter().filter_map(|reading| {
        let day = calendar::day(days_as(number, reading)?)?;
        (1900..=2100)
            .contains(&day.year())
            .then(|| (reading, day.to_string()))
    });
    likely.collect()
}

/// Reads a time of day as a count of the schema's unit since midnight.
pub(crate) fn time_of_day(text: &[u8], unit: TimeUnit, rules: &Rules) -> Encoded<i64> {
    if let Some(found) = calendar::time_of_day(text) {
        let (seconds, fraction) = found?;
        return in_unit(seconds, fraction, unit, rules);
    }
    let name = Logical::TimeOfDay(unit);
    let Some(digits) = Digits::parse(text) else {
        let reason = "expected a time of day such as `10:00:05.516`";
        let fault = Fault::new(RowErrorKind::NotATimestamp, reason);
        return Err(fault.with_any_hint(human_time::time_of_day::correction(text)));
    };
    match rules.integer_time {
        None => Err(undeclared_time(text, &digits, unit, rules)),
        Some(IntegerTime::Unit) => within_day(number::long(text, &name.to_string())?, unit),
        Some(IntegerTime::Hhmmss) => match seconds_of_hhmmss(&digits) {
            Some((seconds, fraction)) => in_unit(seconds, fraction, unit, rules),
            None => {
                let reason = "it is not a time of day written as HHMMSS";
                Err(Fault::new(RowErrorKind::NotATimestamp, reason))
            }
        },
    }
}

fn in_unit(seconds: i64, fraction: &[u8], unit: TimeUnit, rules: &Rules) -> Encoded<i64> {
    match subsecond(fraction, unit, rules) {
        Some(subsecond) => Ok(seconds * unit.per_second() + subsecond),
        None => {
            let name = Logical::TimeOfDay(unit);
            let reason = format!("{name} allows {} fractional digits in the seconds", unit.digits());
            Err(Fault::new(RowErrorKind::TimePrecision, reason).with_hint(Hint::TimeTruncate))
        }
    }
}

/// Checks that a number of units since midnight is within the day.
pub(super) fn within_day(number: i64, unit: TimeUnit) -> Encoded<i64> {
    if (0..DAY * unit.per_second()).contains(&number) {
        return Ok(number);
    }
    let reason = format!("read as {} since midnight, it is outside the day", unit.plural());
    Err(Fault::new(RowErrorKind::OutOfRange, reason))
}

/// Reads a number as HHMMSS: the seconds since midnight and the fractional digits.
fn seconds_of_hhmmss<'a>(digits: &Digits<'a>) -> Option<(i64, &'a [u8])> {
    let (number, fraction) = match digits.scaled(0)? {
        Scaled::Exact(number) => (number, &digits.fraction[..0]),
        Scaled::Between(number) if digits.exponent == 0 => (number, digits.fraction),
        Scaled::Between(_) => return None,
    };
    let (hour, minute, second) = (number / 10_000, number / 100 % 100, number % 100);
    let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    is_time.then_some((hour * 3600 + minute * 60 + second, fraction))
}

#[cold]
fn undeclared_time(text: &[u8], digits: &Digits<'_>, unit: TimeUnit, rules: &Rules) -> Box<Fault> {
    if let Some(looks) = human_time::time_of_day::in_number(text) {
        return undeclared("a number can mean several times of day").with_hint(looks);
    }
    // Only readings that accept the number as it is are offered.
    let likely = IntegerTime::ALL.into_iter().filter_map(|reading| {
        let time = match reading {
            IntegerTime::Unit => match digits.scaled(0) {
                Some(Scaled::Exact(units)) => {
                    let units = within_day(units, unit).ok()?;
                    shown_time(units / unit.per_second(), &fraction_of(units, unit))
                }
                _ => return None,
            },
            IntegerTime::Hhmmss => {
                let (seconds, fraction) = seconds_of_hhmmss(digits)?;
                in_unit(seconds, fraction, unit, rules).ok()?;
                // 0.39583 is most likely a part of a day.
                let is_below_one = digits.scaled(0).is_none_or(|whole| whole == Scaled::Between(0));
                if is_below_one {
                    return None;
                }
                shown_time(seconds, fraction)
            }
        };
        Some((reading, time))
    });
    let likely: Vec<(IntegerTime, String)> = likely.collect();
    let written = human_time::time_of_day::hhmm(text);
    let reason = match (likely.is_empty(), &written) {
        (true, None) => "a number that is not a time of day",
        _ => "a number can mean several times of day",
    };
    undeclared(reason).with_hint(Hint::IntegerTime {
        readings: likely,
        written,
    })
}

#[cold]
fn undeclared(reason: &str) -> Box<Fault> {
    Fault::new(RowErrorKind::UndeclaredInteger, reason)
}

/// The digits of the fraction of a second in a number of units since midnight.
fn fraction_of(units: i64, unit: TimeUnit) -> Vec<u8> {
    let part = units % unit.per_second();
    let digits = format!("{part:0width$}", width = unit.digits());
    digits.trim_end_matches('0').as_bytes().to_vec()
}

fn shown_time(seconds: i64, fraction: &[u8]) -> String {
    let mut text = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&String::from_utf8_lossy(fraction));
    }
    text
}

/// Whether the text is a date such as `2014-03-10`.
pub(super) fn is_date_text(text: &[u8]) -> bool {
    matches!(calendar::date(text), Some(Ok(_)))
}

/// Whether the text is a time of day such as `10:00` or `10:00:05.516`.
pub(super) fn is_time_text(text: &[u8]) -> bool {
    matches!(calendar::time_of_day(text), Some(Ok(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RowErrorKind::{NotATimestamp, NotIntegral, OutOfRange, TimePrecision, UndeclaredInteger};

    fn day(text: &str, reading: Option<IntegerDate>) -> Result<String, RowErrorKind> {
        let rules = Rules {
            integer_date: reading,
            ..Rules::default()
        };
        let days = date(text.as_bytes(), &rules).map_err(|fault| fault.kind)?;
        Ok(calendar::day(days.into()).unwrap().to_string())
    }

    fn time(text: &str, unit: TimeUnit, rules: &Rules) -> Result<i64, RowErrorKind> {
        time_of_day(text.as_bytes(), unit, rules).map_err(|fault| fault.kind)
    }

    #[test]
    fn dates_are_days() {
        let table = [
            ("1970-01-01", Ok(0)),
            ("2014-03-10", Ok(16_139)),
            ("1969-12-31", Ok(-1)),
            ("2000-02-29", Ok(11_016)),
            ("0001-01-01", Ok(-719_162)),
            ("9999-12-31", Ok(2_932_896)),
            ("16139", Err(UndeclaredInteger)),
            ("20140310", Err(UndeclaredInteger)),
            ("2147483648", Err(UndeclaredInteger)),
            ("1e99", Err(OutOfRange)),
            ("1.5", Err(NotIntegral)),
            ("2014-02-29", Err(NotATimestamp)),
            ("2014-00-10", Err(NotATimestamp)),
            ("2014-3-10", Err(NotATimestamp)),
            ("10/03/2014", Err(NotATimestamp)),
            ("2014-03-10T00:00:00Z", Err(NotATimestamp)),
            ("", Err(NotATimestamp)),
        ];
        for (text, expected) in table {
            let read = date(text.as_bytes(), &Rules::default());
            assert_eq!(read.map_err(|fault| fault.kind), expected, "{text}");
        }
    }

    #[test]
    fn an_integer_for_a_date_means_what_is_declared() {
        use IntegerDate::{Days, Excel, Yymmdd, Yyyymmdd};
        let table = [
            (Days, "16139", Ok("2014-03-10")),
            (Days, "-1", Ok("1969-12-31")),
            (Days, "16139.0", Ok("2014-03-10")),
            (Days, "-719163", Err(NotATimestamp)),
            (Days, "2932897", Err(NotATimestamp)),
            (Days, "20140310", Err(NotATimestamp)),
            (Yyyymmdd, "20140310", Ok("2014-03-10")),
            (Yyyymmdd, "99991231", Ok("9999-12-31")),
            (Yyyymmdd, "20140229", Err(NotATimestamp)),
            (Yyyymmdd, "260910", Err(NotATimestamp)),
            (Yyyymmdd, "-20140310", Err(NotATimestamp)),
            (Yymmdd, "260910", Ok("2026-09-10")),
            (Yymmdd, "050910", Ok("2005-09-10")),
            (Yymmdd, "50910", Ok("2005-09-10")),
            (Yymmdd, "101", Ok("2000-01-01")),
            (Yymmdd, "681231", Ok("2068-12-31")),
            (Yymmdd, "690101", Ok("1969-01-01")),
            (Yymmdd, "261310", Err(NotATimestamp)),
            (Yymmdd, "20260910", Err(NotATimestamp)),
            (Yymmdd, "0", Err(NotATimestamp)),
            (Excel, "44442", Ok("2021-09-03")),
            (Excel, "1", Ok("1900-01-01")),
            (Excel, "59", Ok("1900-02-28")),
            (Excel, "60", Err(NotATimestamp)),
            (Excel, "61", Ok("1900-03-01")),
            (Excel, "2958465", Ok("9999-12-31")),
            (Excel, "2958466", Err(NotATimestamp)),
            (Excel, "0", Err(NotATimestamp)),
            (Excel, "44442.5", Err(NotIntegral)),
        ];
        for (reading, text, expected) in table {
            assert_eq!(
                day(text, Some(reading)),
                expected.map(str::to_owned),
                "{reading} {text}"
            );
        }
    }

    #[test]
    fn plausible_readings_are_shown() {
        use IntegerDate::{Days, Excel, Yymmdd, Yyyymmdd};
        let shown = |text: &str| match date(text.as_bytes(), &Rules::default()).unwrap_err().hint {
            Some(Hint::IntegerDate(readings)) => readings,
            other => panic!("{other:?}"),
        };
        let readings = |list: &[(IntegerDate, &str)]| -> Vec<(IntegerDate, String)> {
            list.iter()
                .map(|(reading, day)| (*reading, (*day).to_owned()))
                .collect()
        };
        assert_eq!(shown("260910"), readings(&[(Yymmdd, "2026-09-10")]));
        assert_eq!(shown("20140310"), readings(&[(Yyyymmdd, "2014-03-10")]));
        assert_eq!(
            shown("44442"),
            readings(&[(Excel, "2021-09-03"), (Days, "2091-09-05")])
        );
        assert_eq!(
            shown("11016"),
            readings(&[
                (Yymmdd, "2001-10-16"),
                (Excel, "1930-02-27"),
                (Days, "2000-02-29")
            ])
        );
        assert_eq!(shown("2147483648"), []);
    }

    #[test]
    fn dates_and_times_in_other_forms_are_shown_in_the_required_form() {
        let of_date = |text: &str, reading| {
            let rules = Rules {
                integer_date: reading,
                ..Rules::default()
            };
            date(text.as_bytes(), &rules).unwrap_err().hint
        };
        for (text, said) in [
            ("20251120140500", "looks like yyyymmddhhmmss: write `2025-11-20`"),
            ("202511201405", "looks like yyyymmddhhmm: write `2025-11-20`"),
            (
                "20251120140500123",
                "looks like yyyymmddhhmmssSSS: write `2025-11-20`",
            ),
            (
                "44442.5",
                "as a spreadsheet day it is 2021-09-03: write `2021-09-03`",
            ),
        ] {
            for reading in [None, Some(IntegerDate::Yyyymmdd)] {
                assert_eq!(of_date(text, reading), Some(said.into()), "{text}");
            }
        }
        for (text, said) in [
            ("9:05", "write each part with two digits: `09:05`"),
            ("20251120140500", "looks like yyyymmddhhmmss: write `14:05:00`"),
        ] {
            for unit in [TimeUnit::Millis, TimeUnit::Micros, TimeUnit::Nanos] {
                let fault = time_of_day(text.as_bytes(), unit, &Rules::default()).unwrap_err();
                assert_eq!(fault.hint, Some(said.into()), "{text}");
            }
        }
    }

    #[test]
    fn times_of_day_end_before_midnight() {
        let table = [
            ("00:00", Ok(0)),
            ("10:00:05", Ok(36_005_000)),
            ("10:00:05.516", Ok(36_005_516)),
            ("10:00:05.5160000", Ok(36_005_516)),
            ("23:59:59.999", Ok(86_399_999)),
            ("36005516", Err(UndeclaredInteger)),
            ("93003.5", Err(UndeclaredInteger)),
            ("10:00:05.5161", Err(TimePrecision)),
            ("24:00", Err(NotATimestamp)),
            ("24:00:00", Err(NotATimestamp)),
            ("10:00:60", Err(NotATimestamp)),
            ("10:60", Err(NotATimestamp)),
            ("1:00", Err(NotATimestamp)),
            ("10:00:05Z", Err(NotATimestamp)),
            ("10:00:05.", Err(NotATimestamp)),
            ("10:00 PM", Err(NotATimestamp)),
            ("", Err(NotATimestamp)),
        ];
        for (text, expected) in table {
            assert_eq!(
                time(text, TimeUnit::Millis, &Rules::default()),
                expected,
                "{text}"
            );
        }
        let rules = Rules {
            time_truncate: true,
            ..Rules::default()
        };
        assert_eq!(time("10:00:05.5169", TimeUnit::Millis, &rules), Ok(36_005_516));
        assert_eq!(
            time("10:00:05.5169", TimeUnit::Micros, &rules),
            Ok(36_005_516_900)
        );
    }

    #[test]
    fn a_number_for_a_time_of_day_means_what_is_declared() {
        use IntegerTime::{Hhmmss, Unit};
        let table = [
            (Unit, "93003", Ok(93_003)),
            (Unit, "86399999", Ok(86_399_999)),
            (Unit, "86400000", Err(OutOfRange)),
            (Unit, "-1", Err(OutOfRange)),
            (Unit, "1.5", Err(NotIntegral)),
            (Hhmmss, "93003", Ok(34_203_000)),
            (Hhmmss, "093003", Ok(34_203_000)),
            (Hhmmss, "0", Ok(0)),
            (Hhmmss, "235959.999", Ok(86_399_999)),
            (Hhmmss, "93003.5160", Ok(34_203_516)),
            (Hhmmss, "93003.5161", Err(TimePrecision)),
            (Hhmmss, "240000", Err(NotATimestamp)),
            (Hhmmss, "93060", Err(NotATimestamp)),
            (Hhmmss, "96000", Err(NotATimestamp)),
            (Hhmmss, "-1", Err(NotATimestamp)),
            (Hhmmss, "93003516", Err(NotATimestamp)),
        ];
        for (reading, text, expected) in table {
            let rules = Rules {
                integer_time: Some(reading),
                ..Rules::default()
            };
            assert_eq!(time(text, TimeUnit::Millis, &rules), expected, "{reading} {text}");
        }
        let shown = |text: &str, unit| match time_of_day(text.as_bytes(), unit, &Rules::default())
            .unwrap_err()
            .hint
        {
            Some(Hint::IntegerTime { readings, .. }) => readings,
            other => panic!("{other:?}"),
        };
        let (clock, since) = ((Hhmmss, "09:30:03".to_owned()), "00:01:33.003".to_owned());
        assert_eq!(shown("93003", TimeUnit::Millis), [clock.clone(), (Unit, since)]);
        assert_eq!(
            shown("36005516", TimeUnit::Millis),
            [(Unit, "10:00:05.516".to_owned())]
        );
        let clock = (Hhmmss, "09:30:03.5".to_owned());
        assert_eq!(shown("93003.5", TimeUnit::Micros), [clock]);
        // A reading that is shown accepts the number, and its time is exact.
        let none: [&str; 5] = ["0.39583", "0.5", "93003.5161", "-1", "86400000.5"];
        let mut readings = 0;
        for text in [
            "93003",
            "93003.516",
            "0",
            "000005",
            "1400",
            "36005516",
            "1e3",
            "235959.999",
        ] {
            for unit in [TimeUnit::Millis, TimeUnit::Micros, TimeUnit::Nanos] {
                for (reading, time) in shown(text, unit) {
                    let rules = Rules {
                        integer_time: Some(reading),
                        ..Rules::default()
                    };
                    let of_number = time_of_day(text.as_bytes(), unit, &rules).unwrap();
                    let of_text = time_of_day(time.as_bytes(), unit, &Rules::default()).unwrap();
                    assert_eq!(of_number, of_text, "{reading} {text} {time}");
                    readings += 1;
                }
            }
        }
        assert!(readings > 25, "{readings}");
        for text in none {
            assert_eq!(shown(text, TimeUnit::Millis), [], "{text}");
        }
    }
}
