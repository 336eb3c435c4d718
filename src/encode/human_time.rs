//! Dates and times as people and other programs write them, and how to write them here. Used only for hints: nothing is
//! read differently.

pub(super) mod time_of_day;

use super::calendar::is_day;

/// The required form of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `2026-11-24`
    Date,
    /// `2026-11-24T10:00:00`
    Local,
    /// `2026-11-24T10:00:00Z`
    Instant,
    /// With a zone, or without one, in which case the rules name the zone.
    InstantOrLocal,
}

/// How to write a text that people read as a date or a time; none if the meaning is in doubt.
pub(super) fn correction(text: &[u8], form: Form) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= 64)?;
    Some(read(text.trim())?.advice(form))
}

/// What an integer looks like if it is not a count of units: a date, or a date and a time, without separators, or a
/// spreadsheet day.
pub(super) fn in_number(text: &[u8], form: Form) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= 32)?;
    let Some(looks_like) = compact_form(text) else {
        let written = spreadsheet_day(text)?;
        let advice = written.advice(form);
        return Some(format!(
            "as a spreadsheet day it is {}: {advice}",
            written.days[0]
        ));
    };
    let advice = read(text)?.advice(form);
    Some(format!("looks like {looks_like}: {advice}"))
}

/// The form of a number that may be a date, or a date and a time, without separators; none if its year is implausible.
fn compact_form(text: &str) -> Option<&'static str> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let form = match whole.len() {
        8 if fraction.is_empty() => "yyyymmdd",
        12 if fraction.is_empty() => "yyyymmddhhmm",
        14 => "yyyymmddhhmmss",
        17 if fraction.is_empty() => "yyyymmddhhmmssSSS",
        _ => return None,
    };
    let year: u32 = whole.get(..4)?.parse().ok()?;
    (1900..=2200).contains(&year).then_some(form)
}

/// What was written.
struct Written<'a> {
    /// The possible dates, in the required form: more than one if the order of the parts is unknown.
    days: Vec<String>,
    year_first: bool,
    time: Option<Time<'a>>,
    zone: Zone<'a>,
}

struct Time<'a> {
    hour: u32,
    minute: u32,
    second: Option<u32>,
    /// The fractional digits; an empty string for a decimal point without digits.
    fraction: Option<&'a str>,
    one_digit: bool,
}

enum Zone<'a> {
    None,
    /// `Z` or `+hh:mm`.
    Known(String),
    /// An abbreviation, which several zones may share.
    Name(&'a str),
}

impl Written<'_> {
    fn advice(&self, form: Form) -> String {
        let texts: Vec<String> = self
            .days
            .iter()
            .map(|day| format!("`{}`", self.text(day, form)))
            .collect();
        let text = texts.join(" or ");
        let in_form = match &self.time {
            _ if texts.len() > 1 => {
                format!("the date is ambiguous: write the year first, as {text}")
            }
            None if form != Form::Date => return format!("write it with a time of day, such as {text}"),
            _ if !self.year_first => format!("write the year first: {text}"),
            Some(time) if form != Form::Date && time.second.is_none() => {
                format!("write it with seconds: {text}")
            }
            Some(time) if form != Form::Date && time.one_digit => {
                format!("write each part with two digits: {text}")
            }
            Some(time) if form != Form::Date && time.fraction == Some("") => {
                format!("write digits after the decimal point, or omit it: {text}")
            }
            _ => format!("write {text}"),
        };
        match (&self.zone, form, &self.time) {
            (Zone::None, Form::Instant, Some(_)) => format!("{in_form}, if it is in UTC"),
            (Zone::Name(name), Form::Instant | Form::InstantOrLocal, Some(_)) => {
                format!("{in_form}, with the offset of {name} in place of +hh:mm")
            }
            _ => in_form,
        }
    }

    fn text(&self, day: &str, form: Form) -> String {
        if form == Form::Date {
            return day.to_owned();
        }
        let mut text = match &self.time {
            None => format!("{day}T00:00:00"),
            Some(time) => {
                let second = time.second.unwrap_or(0);
                format!("{day}T{:02}:{:02}:{second:02}", time.hour, time.minute)
            }
        };
        if let Some(digits) = self.time.as_ref().and_then(|time| time.fraction)
            && !digits.is_empty()
        {
            text.push('.');
            text.push_str(digits);
        }
        match (&self.zone, form) {
            (_, Form::Local) | (Zone::None, Form::InstantOrLocal) => {}
            (Zone::None, _) => text.push('Z'),
            (Zone::Known(zone), _) => text.push_str(zone),
            (Zone::Name(_), _) => text.push_str("+hh:mm"),
        }
        text
    }
}

fn read(text: &str) -> Option<Written<'_>> {
    let (days, year_first, rest) = date(without_weekday(text))?;
    // FIX has a hyphen between the date and the time.
    let rest = match rest.strip_prefix('T').or_else(|| rest.strip_prefix('t')) {
        Some(rest) => rest,
        None => {
            let after_compact = rest.strip_prefix('-').filter(|rest| rest.contains(':'));
            after_compact.unwrap_or(rest).trim_start_matches([' ', ','])
        }
    };
    let (time, rest) = match time(rest) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, rest),
    };
    Some(Written {
        days,
        year_first,
        time,
        zone: zone(rest)?,
    })
}

/// A spreadsheet day with its fraction; only from 1954 to 2119, so that few other numbers match.
fn spreadsheet_day(text: &str) -> Option<Written<'static>> {
    let number: f64 = text.parse().ok()?;
    if !(20_000.0..80_000.0).contains(&number) {
        return None;
    }
    let seconds = (number.fract() * 86_400.0).round() as u32;
    // Days are counted from 1899-12-30, 25,569 days before 1970-01-01.
    let day = super::calendar::day(number as i64 - 25_569)?;
    let time = (1..86_400).contains(&seconds).then_some(Time {
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: Some(seconds % 60),
        fraction: None,
        one_digit: false,
    });
    Some(Written {
        days: vec![day.to_string()],
        year_first: true,
        time,
        zone: Zone::None,
    })
}

/// `Tue, 24 Nov 2026` begins with the day of the week.
fn without_weekday(text: &str) -> &str {
    const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let (letters, rest) = run(text, |byte| byte.is_ascii_alphabetic());
    match letters.get(..3) {
        Some(three) if WEEKDAYS.iter().any(|day| three.eq_ignore_ascii_case(day)) => {
            rest.trim_start_matches([',', ' '])
        }
        _ => text,
    }
}

/// The possible dates at the start of the text, whether the year comes first, and the rest of the text.
fn date(text: &str) -> Option<(Vec<String>, bool, &str)> {
    let (first, rest) = part(text)?;
    if is_digits(first) && matches!(first.len(), 8 | 12 | 14 | 17) {
        let days = vec![day(&first[..4], &first[4..6], &first[6..8])?];
        return Some((days, true, &text[8..]));
    }
    let (separator, rest) = separator(rest)?;
    let (second, rest) = part(rest)?;
    let (between, rest) = self::separator(rest)?;
    let (third, rest) = part(rest)?;
    let named = !is_digits(first) || !is_digits(second);
    // Blanks and commas are allowed only next to month names.
    if !named && (between != separator || matches!(separator, ' ' | ',')) {
        return None;
    }
    let readings = match (is_digits(first), is_digits(second), first.len(), third.len()) {
        (true, _, 4, 1 | 2) => return Some((vec![day(first, second, third)?], !named, rest)),
        (true, false, 1 | 2, 2 | 4) => [day(third, second, first), None, None],
        (false, true, _, 2 | 4) => [day(third, first, second), None, None],
        (true, true, 1 | 2, 4) => [day(third, second, first), day(third, first, second), None],
        (true, true, 2, 2) if separator == '-' => [
            day(first, second, third),
            day(third, second, first),
            day(third, first, second),
        ],
        (true, true, 1 | 2, 2) => [day(third, second, first), day(third, first, second), None],
        _ => return None,
    };
    let mut days: Vec<String> = Vec::new();
    for day in readings.into_iter().flatten() {
        if !days.contains(&day) {
            days.push(day);
        }
    }
    (!days.is_empty()).then_some((days, false, rest))
}

/// A run of digits or of letters.
fn part(text: &str) -> Option<(&str, &str)> {
    let (digits, rest) = run(text, |byte| byte.is_ascii_digit());
    let (part, rest) = match digits.is_empty() {
        true => run(text, |byte| byte.is_ascii_alphabetic()),
        false => (digits, rest),
    };
    (!part.is_empty()).then_some((part, rest))
}

fn separator(text: &str) -> Option<(char, &str)> {
    let rest = text.strip_prefix(['/', '.', '-', ' ', ','])?;
    Some((text.chars().next()?, rest.trim_start_matches(' ')))
}

fn run(text: &str, of: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().take_while(|byte| of(*byte)).count();
    text.split_at(end)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The date in the required form; none if it does not exist.
fn day(year: &str, month: &str, day: &str) -> Option<String> {
    let year_digits = year.len();
    let (year, day): (u32, u32) = (year.parse().ok()?, day.parse().ok()?);
    let year = match year_digits {
        4 => year,
        // As POSIX defines `%y`.
        2 if year < 69 => 2000 + year,
        2 => 1900 + year,
        _ => return None,
    };
    let month = match is_digits(month) {
        true => month.parse().ok()?,
        false => month_of(month)?,
    };
    is_day(year, month, day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn month_of(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let month = MONTHS
        .iter()
        .position(|month| name.len() >= 3 && month.starts_with(&name))?;
    u32::try_from(month + 1).ok()
}

/// A time of day, with or without separators, and the rest of the text.
fn time(text: &str) -> Option<(Time<'_>, &str)> {
    let (hour, rest) = run(text, |byte| byte.is_ascii_digit());
    let compact = matches!(hour.len(), 4 | 6 | 9);
    let (digits, fraction, rest) = match rest.strip_prefix(':') {
        _ if compact => {
            let digits = [Some(&hour[..2]), Some(&hour[2..4]), hour.get(4..6)];
            (digits, hour.get(6..).filter(|digits| !digits.is_empty()), rest)
        }
        Some(rest) => {
            let (minute, rest) = run(rest, |byte| byte.is_ascii_digit());
            match rest.strip_prefix(':') {
                Some(rest) => {
                    let (second, rest) = run(rest, |byte| byte.is_ascii_digit());
                    ([Some(hour), Some(minute), Some(second)], None, rest)
                }
                None => ([Some(hour), Some(minute), None], None, rest),
            }
        }
        None => return None,
    };
    let number = |digits: &str| {
        matches!(digits.len(), 1 | 2)
            .then(|| digits.parse::<u32>().ok())
            .flatten()
    };
    let (mut hour, minute) = (number(digits[0]?)?, number(digits[1]?)?);
    let second = match digits[2] {
        Some(second) => Some(number(second)?),
        None => None,
    };
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) if second.is_some() && fraction.is_none() => {
            let (fraction, rest) = run(rest, |byte| byte.is_ascii_digit());
            (Some(fraction), rest)
        }
        _ => (fraction, rest),
    };
    let half = rest.trim_start();
    let is_half = |name: &str| half.get(..2).is_some_and(|half| half.eq_ignore_ascii_case(name));
    let rest = match (is_half("am"), is_half("pm")) {
        (false, false) => rest,
        _ if !(1..=12).contains(&hour) => return None,
        (_, pm) => {
            hour = hour % 12 + if pm { 12 } else { 0 };
            &half[2..]
        }
    };
    let one_digit = digits.iter().flatten().any(|digits| digits.len() == 1);
    let time = Time {
        hour,
        minute,
        second,
        fraction,
        one_digit,
    };
    (hour < 24 && minute < 60 && second.unwrap_or(0) < 60).then_some((time, rest))
}

/// The zone in the rest of the text; none if it is something else.
fn zone(text: &str) -> Option<Zone<'_>> {
    let text = text.trim();
    let Some(digits) = text.strip_prefix(['+', '-']) else {
        return match text.to_ascii_uppercase().as_str() {
            "" => Some(Zone::None),
            "Z" | "UTC" | "GMT" => Some(Zone::Known("Z".to_owned())),
            _ if text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Some(Zone::Name(text))
            }
            _ => None,
        };
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(parts), _) => parts,
        (None, 1 | 2) => (digits, "00"),
        (None, 4) if is_digits(digits) => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then(|| Zone::Known(format!("{}{hours:02}:{minutes:02}", &text[..1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Option<String> {
        correction(text.as_bytes(), Form::Instant)
    }

    #[test]
    fn the_whole_time_is_shown_in_the_required_form() {
        let table = [
            (
                "2026-11-24 10:00",
                "write it with seconds: `2026-11-24T10:00:00Z`, if it is in UTC",
            ),
            (
                "2026-11-24T10:00Z",
                "write it with seconds: `2026-11-24T10:00:00Z`",
            ),
            (
                "2026-11-24T10:00+11",
                "write it with seconds: `2026-11-24T10:00:00+11:00`",
            ),
            (
                "2026-11-24T9:05:00Z",
                "write each part with two digits: `2026-11-24T09:05:00Z`",
            ),
            (
                "2026-11-24T10:00:00.Z",
                "write digits after the decimal point, or omit it: `2026-11-24T10:00:00Z`",
            ),
            ("2026-11-24 10:00:00,123Z", "write `2026-11-24T10:00:00.123Z`"),
            (
                "24/11/2026 10:00",
                "write the year first: `2026-11-24T10:00:00Z`, if it is in UTC",
            ),
            (
                "2026/11/24 10:00:00",
                "write `2026-11-24T10:00:00Z`, if it is in UTC",
            ),
            (
                "11/24/2026 10:00:00 PM",
                "write the year first: `2026-11-24T22:00:00Z`, if it is in UTC",
            ),
            (
                "03/04/2026 10:00:00 +0100",
                "the date is ambiguous: write the year first, as `2026-04-03T10:00:00+01:00` or \
                 `2026-03-04T10:00:00+01:00`",
            ),
            (
                "10/11/2025 09:30:00",
                "the date is ambiguous: write the year first, as `2025-11-10T09:30:00Z` or \
                 `2025-10-11T09:30:00Z`, if it is in UTC",
            ),
            (
                "20261124 10:00:00",
                "write `2026-11-24T10:00:00Z`, if it is in UTC",
            ),
            (
                "20261124-10:00:00.123",
                "write `2026-11-24T10:00:00.123Z`, if it is in UTC",
            ),
            ("20261124T100000Z", "write `2026-11-24T10:00:00Z`"),
            (
                "24-Nov-2026 10:00:00",
                "write the year first: `2026-11-24T10:00:00Z`, if it is in UTC",
            ),
            (
                "Tue, 24 Nov 2026 10:00:00 GMT",
                "write the year first: `2026-11-24T10:00:00Z`",
            ),
            (
                "Nov 24, 2026 12:00:00 AM EST",
                "write the year first: `2026-11-24T00:00:00+hh:mm`, with the offset of EST in place of +hh:mm",
            ),
            (
                "24/11/26",
                "write it with a time of day, such as `2026-11-24T00:00:00Z`",
            ),
            (
                "2026-11-24Z",
                "write it with a time of day, such as `2026-11-24T00:00:00Z`",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(instant(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn local_times_lose_their_zone_and_a_declared_zone_needs_none() {
        let text = b"24/11/2026 10:00:00 +01:00";
        assert_eq!(
            correction(text, Form::Local).as_deref(),
            Some("write the year first: `2026-11-24T10:00:00`")
        );
        assert_eq!(
            correction(b"2026/11/24 10:00:00", Form::InstantOrLocal).as_deref(),
            Some("write `2026-11-24T10:00:00`")
        );
    }

    #[test]
    fn dates_have_the_year_first_and_hyphens() {
        for (text, hint) in [
            ("20/11/2025 14:00", Some("write the year first: `2025-11-20`")),
            ("11/20/2025", Some("write the year first: `2025-11-20`")),
            ("5.5.2025", Some("write the year first: `2025-05-05`")),
            (
                "03/04/2025",
                Some("the date is ambiguous: write the year first, as `2025-04-03` or `2025-03-04`"),
            ),
            ("2025/11/20 14:00", Some("write `2025-11-20`")),
            ("2025-1-2", Some("write `2025-01-02`")),
            ("2026-11-24Z", Some("write `2026-11-24`")),
            ("20261124 10:00:00", Some("write `2026-11-24`")),
            ("24/11/26", Some("write the year first: `2026-11-24`")),
            ("20 Nov 2025", Some("write the year first: `2025-11-20`")),
            (
                "24-11-26",
                Some("the date is ambiguous: write the year first, as `2024-11-26` or `2026-11-24`"),
            ),
            ("31/31/2025", None),
            ("1.5", None),
            ("1 2 2025", None),
            ("BHP", None),
            ("10:00", None),
            ("2026-11-24 Köln", None),
            ("", None),
        ] {
            assert_eq!(correction(text.as_bytes(), Form::Date).as_deref(), hint, "{text}");
        }
    }

    #[test]
    fn numbers_that_are_not_counts_are_recognized() {
        for (text, hint) in [
            (
                "20261124100000",
                Some("looks like yyyymmddhhmmss: write `2026-11-24T10:00:00Z`, if it is in UTC"),
            ),
            (
                "20261124100000123",
                Some("looks like yyyymmddhhmmssSSS: write `2026-11-24T10:00:00.123Z`, if it is in UTC"),
            ),
            (
                "202611241000",
                Some(
                    "looks like yyyymmddhhmm: write it with seconds: `2026-11-24T10:00:00Z`, if it is in UTC",
                ),
            ),
            (
                "20261124",
                Some("looks like yyyymmdd: write it with a time of day, such as `2026-11-24T00:00:00Z`"),
            ),
            (
                "46350",
                Some(
                    "as a spreadsheet day it is 2026-11-24: write it with a time of day, such as \
                     `2026-11-24T00:00:00Z`",
                ),
            ),
            (
                "46350.5",
                Some("as a spreadsheet day it is 2026-11-24: write `2026-11-24T12:00:00Z`, if it is in UTC"),
            ),
            (
                "20261124100000.123",
                Some("looks like yyyymmddhhmmss: write `2026-11-24T10:00:00.123Z`, if it is in UTC"),
            ),
            ("20261324100000", None),
            ("20261124250000", None),
            ("99991231", None),
            ("5", None),
            ("1394445605", None),
        ] {
            assert_eq!(
                in_number(text.as_bytes(), Form::Instant).as_deref(),
                hint,
                "{text}"
            );
        }
    }
}
