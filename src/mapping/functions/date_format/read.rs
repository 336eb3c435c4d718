//! Reads a text by the steps of its format.

use jiff::civil::Date;

use super::DateFormat;
use super::names::{MONTHS, WEEKDAYS, name_at_start};
use super::step::{Number, Step, Width};

/// What a text says.
#[derive(Debug)]
pub(super) struct Parts<'t> {
    pub(super) year: i16,
    /// Month, day, hour, minute, second.
    pub(super) numbers: [u8; 5],
    /// The fractional digits of the second, as written.
    pub(super) fraction: &'t [u8],
    pub(super) offset: Offset,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Offset {
    None,
    Utc,
    Of { sign: u8, hours: u8, minutes: u8 },
}

/// Why a text cannot be read; [`DateFormat::explain`] finds the words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Failure {
    /// The text at `at` is not what the step expects.
    Step { step: Step, at: usize },
    /// The format ends at `at`.
    Trailing { at: usize },
    /// The month does not have that day.
    NoSuchDay { year: i16, month: u8, day: u8 },
    /// The year does not have that day.
    NoSuchOrdinal { year: i16, ordinal: u16 },
    /// The day of the week at `at` is not that of the date.
    Weekday { at: usize, date: Date },
}

impl DateFormat {
    #[inline]
    pub(super) fn read<'t>(&self, text: &'t [u8]) -> Result<Parts<'t>, Failure> {
        let mut parts = Parts {
            year: 0,
            numbers: [0; 5],
            fraction: &text[..0],
            offset: Offset::None,
        };
        let mut ordinal = 0;
        let mut afternoon = false;
        let mut weekday = None;
        let mut at = 0;
        for step in &self.steps {
            let rest = &text[at..];
            let length = match *step {
                Step::Byte(byte) => (rest.first() == Some(&byte)).then_some(1),
                Step::Number(number, width) => two_digits(rest, number, width).map(|(value, length)| {
                    // Places are 0-4; `min` spares the bounds check.
                    parts.numbers[usize::from(number.place).min(4)] = value;
                    length
                }),
                Step::Year => four_digits(rest).map(|year| {
                    parts.year = year;
                    4
                }),
                Step::OptionalFraction => match rest.first() {
                    Some(b'.') => {
                        let digits = digits(&rest[1..]);
                        parts.fraction = digits;
                        (!digits.is_empty()).then_some(1 + digits.len())
                    }
                    _ => Some(0),
                },
                Step::Fraction => {
                    parts.fraction = digits(rest);
                    (!parts.fraction.is_empty()).then_some(parts.fraction.len())
                }
                Step::ShortYear => short_year(rest, self.pivot).map(|year| {
                    parts.year = year;
                    2
                }),
                Step::PaddedDay(width) => padded_day(rest, width).map(|(day, length)| {
                    parts.numbers[1] = day;
                    length
                }),
                Step::MonthName => name_at_start(rest, &MONTHS).map(|(index, length)| {
                    parts.numbers[0] = index + 1;
                    length
                }),
                Step::Weekday => name_at_start(rest, &WEEKDAYS).map(|(index, length)| {
                    weekday = Some((index, at));
                    length
                }),
                Step::DayOfYear(width) => day_of_year(rest, width).map(|(day, length)| {
                    ordinal = day;
                    length
                }),
                Step::Half => half(rest).map(|is_afternoon| {
                    afternoon = is_afternoon;
                    2
                }),
                Step::Offset => offset(rest).map(|(offset, length)| {
                    parts.offset = offset;
                    length
                }),
                Step::Character(character) => {
                    let mut buffer = [0; 4];
                    let bytes = character.encode_utf8(&mut buffer).as_bytes();
                    rest.starts_with(bytes).then_some(bytes.len())
                }
            };
            match length {
                Some(length) => at += length,
                None => return Err(Failure::Step { step: *step, at }),
            }
        }
        if at < text.len() {
            return Err(Failure::Trailing { at });
        }
        if self.halves {
            parts.numbers[2] = parts.numbers[2] % 12 + if afternoon { 12 } else { 0 };
        }
        if self.output != super::Output::TimeOfDay {
            self.check_date(&mut parts, ordinal, weekday)?;
        }
        Ok(parts)
    }

    /// Checks that the date exists and has that day of the week; converts the day of the year to a month and a day.
    #[inline]
    fn check_date(
        &self,
        parts: &mut Parts<'_>,
        ordinal: u16,
        weekday: Option<(u8, usize)>,
    ) -> Result<(), Failure> {
        let year = parts.year;
        if self.ordinal {
            let date = date_of_ordinal(year, ordinal).ok_or(Failure::NoSuchOrdinal { year, ordinal })?;
            parts.numbers[0] = date.month() as u8;
            parts.numbers[1] = date.day() as u8;
        }
        let [month, day, ..] = parts.numbers;
        // Every month has 28 days.
        if day <= 28 && weekday.is_none() {
            return Ok(());
        }
        let Ok(date) = Date::new(year, month as i8, day as i8) else {
            return Err(Failure::NoSuchDay { year, month, day });
        };
        match weekday {
            Some((index, at)) if index as i8 != date.weekday().to_monday_zero_offset() => {
                Err(Failure::Weekday { at, date })
            }
            _ => Ok(()),
        }
    }
}

fn date_of_ordinal(year: i16, ordinal: u16) -> Option<Date> {
    let first = Date::new(year, 1, 1).ok()?;
    first.with().day_of_year(ordinal as i16).build().ok()
}

#[inline(always)]
fn digit(text: &[u8], at: usize) -> Option<u8> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit <= 9).then_some(digit)
}

/// The digits at the start of the text.
#[inline]
fn digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

/// A number and its length.
#[inline(always)]
fn two_digits(text: &[u8], number: Number, width: Width) -> Option<(u8, usize)> {
    let first = digit(text, 0)?;
    let (value, length) = match digit(text, 1) {
        Some(second) => (first * 10 + second, 2),
        None if width == Width::Free => (first, 1),
        None => return None,
    };
    (number.min <= value && value <= number.max).then_some((value, length))
}

#[inline(always)]
fn four_digits(text: &[u8]) -> Option<i16> {
    let digits = text.first_chunk::<4>()?;
    let mut year = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        year = year * 10 + i16::from(digit);
    }
    Some(year)
}

/// The year that begins with the pivot or is up to 99 years later.
fn short_year(text: &[u8], pivot: i16) -> Option<i16> {
    let short = i16::from(digit(text, 0)? * 10 + digit(text, 1)?);
    Some(pivot + (short - pivot % 100).rem_euclid(100))
}

fn padded_day(text: &[u8], width: Width) -> Option<(u8, usize)> {
    match text.first()? {
        b' ' => {
            let day = digit(text, 1)?;
            (day > 0 && digit(text, 2).is_none_or(|_| width == Width::Exact)).then_some((day, 2))
        }
        _ => two_digits(text, super::step::DAY, width),
    }
}

fn day_of_year(text: &[u8], width: Width) -> Option<(u16, usize)> {
    let digits = digits(&text[..text.len().min(3)]);
    let is_long_enough = match width {
        Width::Exact => digits.len() == 3,
        Width::Free => !digits.is_empty(),
    };
    let day = digits
        .iter()
        .fold(0, |day, digit| day * 10 + u16::from(digit - b'0'));
    (is_long_enough && (1..=366).contains(&day)).then_some((day, digits.len()))
}

/// Whether it is the afternoon.
fn half(text: &[u8]) -> Option<bool> {
    let half = text.get(..2)?;
    let is = |name: &[u8]| half.eq_ignore_ascii_case(name);
    (is(b"AM") || is(b"PM")).then(|| is(b"PM"))
}

/// `+hhmm`, `+hh:mm` or `Z`.
fn offset(text: &[u8]) -> Option<(Offset, usize)> {
    let sign = match text.first()? {
        b'Z' => return Some((Offset::Utc, 1)),
        sign @ (b'+' | b'-') => *sign,
        _ => return None,
    };
    let two = |at: usize| Some(digit(text, at)? * 10 + digit(text, at + 1)?);
    let (minutes_at, length) = match text.get(3)? {
        b':' => (4, 6),
        _ => (3, 5),
    };
    let (hours, minutes) = (two(1)?, two(minutes_at)?);
    let offset = Offset::Of { sign, hours, minutes };
    (hours <= 23 && minutes <= 59).then_some((offset, length))
}
