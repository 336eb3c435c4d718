//! Instants: RFC 3339 text with a zone, or an integer in the schema's own unit.
//!
//! The text is read by position, without a calendar library: `24:00`, second `:60` and days that a month
//! does not have are rejected, where a library might clamp them.

use super::error::{Encoded, Fault, RowErrorKind};
use super::number;

/// The unit that a timestamp counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Millis,
    Micros,
    Nanos,
}

impl TimeUnit {
    pub(crate) fn per_second(self) -> i64 {
        match self {
            TimeUnit::Millis => 1_000,
            TimeUnit::Micros => 1_000_000,
            TimeUnit::Nanos => 1_000_000_000,
        }
    }

    fn digits(self) -> usize {
        match self {
            TimeUnit::Millis => 3,
            TimeUnit::Micros => 6,
            TimeUnit::Nanos => 9,
        }
    }

    /// The logical type's name in the Avro specification.
    pub(crate) fn logical_type(self) -> &'static str {
        match self {
            TimeUnit::Millis => "timestamp-millis",
            TimeUnit::Micros => "timestamp-micros",
            TimeUnit::Nanos => "timestamp-nanos",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            TimeUnit::Millis => "milliseconds",
            TimeUnit::Micros => "microseconds",
            TimeUnit::Nanos => "nanoseconds",
        }
    }
}

/// 1990-01-01T00:00:00Z, in seconds since the epoch.
const EARLIEST: i64 = 631_152_000;
/// 2101-01-01T00:00:00Z, in seconds since the epoch.
const LATEST: i64 = 4_133_980_800;

/// Reads an instant as the schema counts it.
#[inline]
pub(crate) fn instant(text: &[u8], unit: TimeUnit) -> Encoded<i64> {
    if let Some(time) = rfc_3339(text) {
        return time.and_then(|time| time.in_unit(unit));
    }
    match number::plain(text) {
        Some(value) => integer(value, unit),
        None => other_text(text, unit),
    }
}

/// An integer is taken for the schema's own unit only where it lies within 1990-2100.
#[inline]
fn integer(value: i64, unit: TimeUnit) -> Encoded<i64> {
    let seconds = value.div_euclid(unit.per_second());
    if (EARLIEST..LATEST).contains(&seconds) {
        return Ok(value);
    }
    let name = unit.logical_type();
    let reason = format!("as {} of {name} it lies outside 1990-2100", unit.plural());
    let fault = Fault::new(RowErrorKind::TimeUnit, reason);
    let scales = [
        ("seconds", 1),
        ("milliseconds", 1_000),
        ("microseconds", 1_000_000),
        ("nanoseconds", 1_000_000_000),
    ];
    let fits = scales
        .iter()
        .find(|(_, per_second)| (EARLIEST..LATEST).contains(&value.div_euclid(*per_second)));
    Err(match fits {
        Some((other, _)) => {
            fault.with_hint(format!("looks like {other}; the schema wants {}", unit.plural()))
        }
        None => fault,
    })
}

#[cold]
fn other_text(text: &[u8], unit: TimeUnit) -> Encoded<i64> {
    if let Some(number::Digits { .. }) = number::Digits::parse(text) {
        return integer(number::long(text, unit.logical_type())?, unit);
    }
    let name = unit.logical_type();
    let wanted = format!("{name} wants an RFC 3339 time such as `2014-03-10T10:00:05.516Z`");
    let fault = Fault::new(RowErrorKind::NotATimestamp, wanted);
    let trimmed = text.trim_ascii();
    Err(if trimmed.len() < text.len() && rfc_3339(trimmed).is_some() {
        fault.with_hint("there are blanks around the time; take them out of the file")
    } else {
        fault
    })
}

/// A point in time: seconds since the epoch and the digits behind the second, as they stand.
struct Instant<'a> {
    seconds: i64,
    fraction: &'a [u8],
}

impl Instant<'_> {
    #[inline]
    fn in_unit(&self, unit: TimeUnit) -> Encoded<i64> {
        let keeps = unit.digits();
        let mut subsecond = 0i64;
        for index in 0..keeps {
            subsecond = subsecond * 10
                + self
                    .fraction
                    .get(index)
                    .map_or(0, |digit| i64::from(digit - b'0'));
        }
        if self.fraction.iter().skip(keeps).any(|digit| *digit != b'0') {
            let reason = format!("{} keeps {keeps} digits behind the second", unit.logical_type());
            return Err(Fault::new(RowErrorKind::TimePrecision, reason));
        }
        self.seconds
            .checked_mul(unit.per_second())
            .and_then(|time| time.checked_add(subsecond))
            .ok_or_else(|| {
                Fault::new(
                    RowErrorKind::OutOfRange,
                    format!("{} does not reach that far", unit.logical_type()),
                )
            })
    }
}

fn not_a_time(reason: &str) -> Box<Fault> {
    Fault::new(RowErrorKind::NotATimestamp, reason)
}

/// Reads `YYYY-MM-DD` then `T` or one blank, `hh:mm:ss`, an optional fraction and a zone (RFC 3339, 5.6).
///
/// None where the text does not even have that form.
#[inline]
fn rfc_3339(text: &[u8]) -> Option<Encoded<Instant<'_>>> {
    let (front, rest) = text.split_first_chunk::<19>()?;
    let [
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        b'-',
        _,
        _,
        b'T' | b't' | b' ',
        _,
        _,
        b':',
        _,
        _,
        b':',
        _,
        _,
    ] = front
    else {
        return None;
    };
    let two = |at: usize| two_digits(front[at], front[at + 1]);
    let year = two(0)? * 100 + two(2)?;
    let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);
    let (fraction, zone) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            rest.split_at(digits)
        }
        _ => (&rest[..0], rest),
    };
    let offset = match zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits(*h1, *h2)?, two_digits(*m1, *m2)?);
            if hours > 23 || minutes > 59 {
                return Some(Err(not_a_time("there is no such zone: an offset ends at 23:59")));
            }
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'-' { -seconds } else { seconds }
        }
        [] => {
            let reason = "the time has no zone, so the instant is not known";
            let hint = "write it with a zone, such as `2014-03-10T10:00:05.516Z` or `...+11:00`";
            return Some(Err(Fault::new(RowErrorKind::NoZone, reason).with_hint(hint)));
        }
        _ => return None,
    };
    if !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
        return Some(Err(not_a_time("there is no such day")));
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Some(Err(not_a_time(
            "there is no such time of day: it ends at 23:59:59",
        )));
    }
    let day_seconds = i64::from(hour * 3600 + minute * 60 + second);
    let seconds = days_since_epoch(year, month, day) * 86_400 + day_seconds - offset;
    Some(Ok(Instant { seconds, fraction }))
}

#[inline]
fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar.
#[inline]
fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    // A year that begins in March has its leap day last, so months before it count alike in every year.
    let year = i64::from(year) - i64::from(month <= 2);
    let month = i64::from((month + 9) % 12);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use RowErrorKind::{NoZone, NotATimestamp, TimePrecision, TimeUnit as Unit};

    fn millis(text: &str) -> Result<i64, RowErrorKind> {
        instant(text.as_bytes(), TimeUnit::Millis).map_err(|fault| fault.kind)
    }

    #[test]
    fn texts_and_integers() {
        let table = [
            ("1970-01-01T00:00:00Z", Ok(0)),
            ("1969-12-31T23:59:59.999Z", Ok(-1)),
            ("2014-03-10T10:00:05.516Z", Ok(1_394_445_605_516)),
            ("2014-03-10 10:00:05.516Z", Ok(1_394_445_605_516)),
            ("2014-03-10t21:00:05.516+11:00", Ok(1_394_445_605_516)),
            ("2014-03-10T10:00:05.5160000z", Ok(1_394_445_605_516)),
            ("2014-03-10T10:00:05.5-00:00", Ok(1_394_445_605_500)),
            ("0000-01-01T00:00:00Z", Ok(-62_167_219_200_000)),
            ("9999-12-31T23:59:59.999Z", Ok(253_402_300_799_999)),
            ("2000-02-29T00:00:00Z", Ok(951_782_400_000)),
            ("1394445605516", Ok(1_394_445_605_516)),
            ("1.394445605516e12", Ok(1_394_445_605_516)),
            ("631152000000", Ok(631_152_000_000)),
            ("631151999999", Err(Unit)),
            ("4133980799999", Ok(4_133_980_799_999)),
            ("4133980800000", Err(Unit)),
            ("1394445605", Err(Unit)),
            ("1394445605516000", Err(Unit)),
            ("2014-03-10T10:00:05.5161Z", Err(TimePrecision)),
            ("2014-03-10T10:00:05.516", Err(NoZone)),
            ("2014-03-10T24:00:00Z", Err(NotATimestamp)),
            ("2014-03-10T10:00:60Z", Err(NotATimestamp)),
            ("2014-02-29T10:00:00Z", Err(NotATimestamp)),
            ("1900-02-29T10:00:00Z", Err(NotATimestamp)),
            ("2014-13-01T10:00:00Z", Err(NotATimestamp)),
            ("2014-03-10T10:00:05.Z", Err(NotATimestamp)),
            ("2014-03-10T10:00:05+24:00", Err(NotATimestamp)),
            ("2014-03-10", Err(NotATimestamp)),
            ("10/03/2014 10:00", Err(NotATimestamp)),
            ("", Err(NotATimestamp)),
        ];
        for (text, expected) in table {
            assert_eq!(millis(text), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_unit_is_named() {
        let hint = |text: &str, unit| instant(text.as_bytes(), unit).unwrap_err().hint.unwrap();
        assert_eq!(
            hint("1394445605516000", TimeUnit::Millis),
            "looks like microseconds; the schema wants milliseconds"
        );
        assert_eq!(
            hint("1394445605", TimeUnit::Micros),
            "looks like seconds; the schema wants microseconds"
        );
    }

    #[test]
    fn finer_units_keep_finer_digits() {
        let text = b"2014-03-10T10:00:05.123456789Z";
        assert_eq!(instant(text, TimeUnit::Nanos), Ok(1_394_445_605_123_456_789));
        assert_eq!(instant(text, TimeUnit::Micros).unwrap_err().kind, TimePrecision);
        assert_eq!(
            instant(b"9999-01-01T00:00:00Z", TimeUnit::Nanos)
                .unwrap_err()
                .kind,
            RowErrorKind::OutOfRange
        );
    }

    #[test]
    fn a_calendar_library_finds_the_same_instants() {
        use proptest::prelude::*;
        proptest!(|(seconds in -62_167_219_200i64..253_402_300_799, nanos in 0i32..1_000_000_000)| {
            let time = jiff::Timestamp::new(seconds, nanos / 1_000 * 1_000).unwrap();
            prop_assert_eq!(instant(time.to_string().as_bytes(), TimeUnit::Micros), Ok(time.as_microsecond()));
        });
    }
}
