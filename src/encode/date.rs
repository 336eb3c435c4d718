//! Dates and times of day: ISO 8601 text, or the integer in the schema's unit.

use super::calendar::{self, DAY, is_day};
use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::likely;
use super::number;
use super::timestamp::subsecond;
use crate::mapping::rules::Rules;
use crate::schema::{Logical, TimeUnit};

/// Reads a date as days since 1970-01-01.
pub(crate) fn date(text: &[u8]) -> Encoded<i32> {
    if let Some(days) = calendar::date(text) {
        return Ok(days? as i32);
    }
    let wanted = || {
        let reason = "date wants a day such as `2014-03-10`, or days since 1970-01-01";
        Fault::new(RowErrorKind::NotATimestamp, reason)
    };
    if number::Digits::parse(text).is_none() {
        let fault = wanted();
        return Err(match calendar::civil(text) {
            Some(_) => fault.with_hint("this is a date with a time of day"),
            None => match likely::date(text) {
                Some(hint) => fault.with_hint(hint),
                None => fault,
            },
        });
    }
    let days = number::int(text)?;
    // 20140310 is a day of the year 57115 as an integer, and nobody means that.
    let (year, month, day) = (days / 10_000, days / 100 % 100, days % 100);
    if (1900..2101).contains(&year) && is_day(year as u32, month as u32, day as u32) {
        let hint = format!("if it is a day, write it as `{year}-{month:02}-{day:02}`");
        let reason = "as days since 1970-01-01 it lies tens of thousands of years ahead";
        return Err(Fault::new(RowErrorKind::TimeUnit, reason).with_hint(hint));
    }
    Ok(days)
}

/// Reads a time of day in the schema's unit since midnight.
pub(crate) fn time_of_day(text: &[u8], unit: TimeUnit, rules: &Rules) -> Encoded<i64> {
    let name = Logical::TimeOfDay(unit);
    if let Some(found) = calendar::time_of_day(text) {
        let (seconds, fraction) = found?;
        let subsecond = subsecond(fraction, unit, rules).ok_or_else(|| {
            let reason = format!("{name} keeps {} digits behind the second", unit.digits());
            Fault::new(RowErrorKind::TimePrecision, reason).with_hint(Hint::TimeTruncate)
        })?;
        return Ok(seconds * unit.per_second() + subsecond);
    }
    if number::Digits::parse(text).is_none() {
        let reason = format!(
            "{name} wants a time of day such as `10:00:05.516`, or {} since midnight",
            unit.plural()
        );
        return Err(Fault::new(RowErrorKind::NotATimestamp, reason));
    }
    let value = number::long(text, &name.to_string())?;
    if !(0..DAY * unit.per_second()).contains(&value) {
        let reason = format!("as {} since midnight it lies outside of the day", unit.plural());
        return Err(Fault::new(RowErrorKind::OutOfRange, reason));
    }
    Ok(value)
}

/// Whether the text is how a date is written as text.
pub(super) fn is_date_text(text: &[u8]) -> bool {
    matches!(calendar::date(text), Some(Ok(_)))
}

/// Whether the text is how a time of day is written as text.
pub(super) fn is_time_text(text: &[u8]) -> bool {
    matches!(calendar::time_of_day(text), Some(Ok(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RowErrorKind::{NotATimestamp, NotIntegral, OutOfRange, TimePrecision, TimeUnit as Unit};

    #[test]
    fn dates_are_days() {
        let table = [
            ("1970-01-01", Ok(0)),
            ("2014-03-10", Ok(16_139)),
            ("1969-12-31", Ok(-1)),
            ("2000-02-29", Ok(11_016)),
            ("0001-01-01", Ok(-719_162)),
            ("9999-12-31", Ok(2_932_896)),
            ("16139", Ok(16_139)),
            ("-1", Ok(-1)),
            ("2147483647", Ok(i32::MAX)),
            ("2147483648", Err(OutOfRange)),
            ("1.5", Err(NotIntegral)),
            ("20140310", Err(Unit)),
            ("20141310", Ok(20_141_310)),
            ("2014-02-29", Err(NotATimestamp)),
            ("2014-00-10", Err(NotATimestamp)),
            ("2014-3-10", Err(NotATimestamp)),
            ("10/03/2014", Err(NotATimestamp)),
            ("2014-03-10T00:00:00Z", Err(NotATimestamp)),
            ("", Err(NotATimestamp)),
        ];
        for (text, expected) in table {
            assert_eq!(
                date(text.as_bytes()).map_err(|fault| fault.kind),
                expected,
                "{text}"
            );
        }
        let hint = date(b"20140310").unwrap_err().hint;
        assert_eq!(hint, Some("if it is a day, write it as `2014-03-10`".into()));
    }

    #[test]
    fn times_of_day_end_before_midnight() {
        let table = [
            ("00:00", Ok(0)),
            ("10:00:05", Ok(36_005_000)),
            ("10:00:05.516", Ok(36_005_516)),
            ("10:00:05.5160000", Ok(36_005_516)),
            ("23:59:59.999", Ok(86_399_999)),
            ("36005516", Ok(36_005_516)),
            ("86399999", Ok(86_399_999)),
            ("86400000", Err(OutOfRange)),
            ("-1", Err(OutOfRange)),
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
            let read = time_of_day(text.as_bytes(), TimeUnit::Millis, &Rules::default());
            assert_eq!(read.map_err(|fault| fault.kind), expected, "{text}");
        }
        let rules = Rules {
            time_truncate: true,
            ..Rules::default()
        };
        assert_eq!(
            time_of_day(b"10:00:05.5169", TimeUnit::Millis, &rules),
            Ok(36_005_516)
        );
        assert_eq!(
            time_of_day(b"10:00:05.5169", TimeUnit::Micros, &rules),
            Ok(36_005_516_900)
        );
    }
}
