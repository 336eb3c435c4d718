//! Why a text does not follow its format, in words.

use super::super::{FunctionFault, FunctionFaultKind, position, shown};
use super::DateFormat;
use super::names::WEEKDAYS;
use super::read::Failure;
use super::step::{Step, Width};

impl DateFormat {
    #[cold]
    pub(super) fn explain(&self, text: &[u8], failure: Failure) -> Box<FunctionFault> {
        let at = match failure {
            Failure::Step { at, .. } | Failure::Trailing { at } | Failure::Weekday { at, .. } => at,
            Failure::NoSuchDay { .. } | Failure::NoSuchOrdinal { .. } => 0,
        };
        let reason = match failure {
            Failure::Step { step, at } => unexpected(step, text, at),
            Failure::Trailing { at } => {
                let (found, at) = (shown(&text[at..]), position(text, at));
                format!("`{found}` at position {at} follows the end of the format")
            }
            Failure::NoSuchDay { year, month, day } => {
                format!("there is no such day: {year:04}-{month:02}-{day:02}")
            }
            Failure::NoSuchOrdinal { year, ordinal } => {
                format!("there is no such day: {year:04} has no day {ordinal}")
            }
            Failure::Weekday { at, date } => {
                let weekday = WEEKDAYS[date.weekday().to_monday_zero_offset() as usize];
                let (found, at) = (shown(word(&text[at..])), position(text, at));
                format!("`{found}` at position {at} is not the day of the week: {date} is a {weekday}")
            }
        };
        FunctionFault::new(FunctionFaultKind::NotATime, reason).at(at)
    }
}

fn unexpected(step: Step, text: &[u8], at: usize) -> String {
    let rest = &text[at..];
    let expected = expected(step);
    if rest.is_empty() {
        return format!("expected {expected}, but the text ends");
    }
    let place = position(text, at);
    let found = shown(found(step, rest));
    // Of the right form, but a wrong value.
    let is_value = match step {
        Step::Number(_, width) => is_number(rest, 2, width),
        Step::DayOfYear(width) => is_number(rest, 3, width),
        Step::MonthName | Step::Weekday => rest[0].is_ascii_alphabetic(),
        Step::Offset => matches!(rest[0], b'+' | b'-'),
        _ => false,
    };
    match is_value {
        true => format!("`{found}` at position {place} is not {expected}"),
        false => format!(
            "expected {expected}{} at position {place}, found `{found}`",
            digits_required(step)
        ),
    }
}

/// What the step expects, with its article.
fn expected(step: Step) -> String {
    match step {
        Step::Byte(byte) => format!("`{}`", shown(&[byte])),
        Step::Character(character) => format!("`{}`", shown(character.encode_utf8(&mut [0; 4]).as_bytes())),
        Step::Year => "a year of four digits".to_owned(),
        Step::ShortYear => "a year of two digits".to_owned(),
        Step::Number(number, _) => {
            let article = if number.noun() == "hour" { "an" } else { "a" };
            format!(
                "{article} {} ({:02}-{:02})",
                number.noun(),
                number.min,
                number.max
            )
        }
        Step::PaddedDay(_) => "a day (1-31)".to_owned(),
        Step::DayOfYear(_) => "a day of the year (001-366)".to_owned(),
        Step::MonthName => "the English name of a month".to_owned(),
        Step::Weekday => "the English name of a day of the week".to_owned(),
        Step::Half => "AM or PM".to_owned(),
        Step::Fraction => "fractional digits".to_owned(),
        Step::OptionalFraction => "a point with digits".to_owned(),
        Step::Offset => "an offset such as `+1000`, `+10:00` or `Z`".to_owned(),
    }
}

/// How many digits there must be, if that may be the reason.
fn digits_required(step: Step) -> &'static str {
    match step {
        Step::Number(_, Width::Exact) => " of two digits",
        Step::DayOfYear(Width::Exact) => " of three digits",
        _ => "",
    }
}

/// The part of the text that does not fit.
fn found(step: Step, rest: &[u8]) -> &[u8] {
    let digits = |most: usize| {
        let count = rest
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 {
            character(rest)
        } else {
            &rest[..count]
        }
    };
    match step {
        Step::Year => digits(4),
        Step::ShortYear | Step::Number(..) => digits(2),
        Step::DayOfYear(_) => digits(3),
        Step::PaddedDay(_) => &rest[..rest.len().min(2)],
        Step::MonthName | Step::Weekday | Step::Half => match word(rest) {
            [] => character(rest),
            word => word,
        },
        Step::Offset => {
            let end = rest
                .iter()
                .position(|byte| !matches!(byte, b'+' | b'-' | b':' | b'0'..=b'9'));
            match &rest[..end.unwrap_or(rest.len())] {
                [] => character(rest),
                offset => offset,
            }
        }
        Step::Byte(_) | Step::Character(_) | Step::Fraction | Step::OptionalFraction => character(rest),
    }
}

/// Whether the text begins with a number of up to `digits` digits, and of all of them if they are required.
fn is_number(text: &[u8], digits: usize, width: Width) -> bool {
    let count = text
        .iter()
        .take(digits)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    count == digits || count > 0 && width == Width::Free
}

fn word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_alphabetic());
    &text[..end.unwrap_or(text.len())]
}

/// The first character, or the first bytes if they are not UTF-8.
fn character(text: &[u8]) -> &[u8] {
    let length = text
        .utf8_chunks()
        .next()
        .map_or(0, |chunk| match chunk.valid().chars().next() {
            Some(character) => character.len_utf8(),
            None => chunk.invalid().len(),
        });
    &text[..length]
}
