//! Dates and times of day by position, without a calendar library: `24:00`, second `:60` and days that a month does
//! not have are rejected, where a library might clamp them.

use super::error::{Encoded, Fault, RowErrorKind};

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// A date and a time of day, and what follows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Civil<'a> {
    /// Seconds since 1970-01-01T00:00:00 in the same zone, whatever it is.
    pub(super) seconds: i64,
    /// The digits after the second, as written.
    pub(super) fraction: &'a [u8],
    /// The remaining text: a zone, or nothing.
    pub(super) zone: &'a [u8],
}

/// Reads `YYYY-MM-DD`, then `T` or one blank, `hh:mm:ss` and an optional fraction (RFC 3339, section 5.6).
///
/// None if the text does not have that form.
#[inline(always)]
pub(super) fn civil(text: &[u8]) -> Option<Encoded<Civil<'_>>> {
    let (front, rest) = text.split_first_chunk::<19>()?;
    if !matches!(front[10], b'T' | b't' | b' ') || front[13] != b':' || front[16] != b':' {
        return None;
    }
    let (year, month, day) = date_digits(front.first_chunk().expect("19 are more than 10"))?;
    let two = |at: usize| two_digits(front[at], front[at + 1]);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let (fraction, zone) = split_fraction(rest)?;
    if !is_day(year, month, day) {
        return Some(Err(no_such_day()));
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Some(Err(no_such_time()));
    }
    let seconds = days_since_epoch(year, month, day) * DAY + i64::from(hour * 3600 + minute * 60 + second);
    Some(Ok(Civil {
        seconds,
        fraction,
        zone,
    }))
}

/// Reads `YYYY-MM-DD` as days since 1970-01-01; none if the text does not have that form.
pub(super) fn date(text: &[u8]) -> Option<Encoded<i64>> {
    let text: &[u8; 10] = text.try_into().ok()?;
    let (year, month, day) = date_digits(text)?;
    Some(if is_day(year, month, day) {
        Ok(days_since_epoch(year, month, day))
    } else {
        Err(no_such_day())
    })
}

/// Reads `hh:mm` or `hh:mm:ss` with an optional fraction: seconds since midnight and the fraction's digits.
pub(super) fn time_of_day(text: &[u8]) -> Option<Encoded<(i64, &[u8])>> {
    let (&[h1, h2, b':', m1, m2], rest) = text.split_first_chunk::<5>()? else {
        return None;
    };
    let (hour, minute) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two_digits(*s1, *s2)?, rest),
        [] => (0, rest),
        _ => return None,
    };
    let (fraction, rest) = split_fraction(rest)?;
    if !rest.is_empty() {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Some(Err(no_such_time()));
    }
    Some(Ok((i64::from(hour * 3600 + minute * 60 + second), fraction)))
}

/// The digits after a decimal point, and the rest; none if the point has no digits.
#[inline(always)]
fn split_fraction(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let [b'.', rest @ ..] = text else {
        return Some((&text[..0], text));
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| rest.split_at(digits))
}

#[inline(always)]
fn date_digits(text: &[u8; 10]) -> Option<(u32, u32, u32)> {
    let two = |at: usize| two_digits(text[at], text[at + 1]);
    if text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    Some((two(0)? * 100 + two(2)?, two(5)?, two(8)?))
}

#[inline(always)]
pub(super) fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// Whether the date exists in the proleptic Gregorian calendar.
pub(super) fn is_day(year: u32, month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && day > 0 && day <= days_of_month(year, month)
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
pub(super) fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    // A year that begins in March has its leap day last, so the months before it have the same length in every year.
    // One 400-year cycle (146,097 days) is added to keep all numbers unsigned, which divides faster.
    let year = year + 400 - u32::from(month <= 2);
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    // There are 719,468 days between 0000-03-01 and 1970-01-01.
    i64::from(days) - 146_097 - 719_468
}

/// The date `days` days after 1970-01-01, for messages; none outside the years that the calendar library supports.
#[cold]
pub(super) fn day(days: i64) -> Option<jiff::civil::Date> {
    let days = jiff::Span::new().try_days(days).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(days).ok()
}

#[cold]
fn no_such_day() -> Box<Fault> {
    Fault::new(RowErrorKind::NotATimestamp, "there is no such day")
}

#[cold]
fn no_such_time() -> Box<Fault> {
    Fault::new(
        RowErrorKind::NotATimestamp,
        "there is no such time of day: the last is 23:59:59",
    )
}
