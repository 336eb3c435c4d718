//! Times of day as people write them, and how to write them here.

use super::{Time, Zone, compact_form, read, time, zone};

/// How to write a text that people read as a time of day; none if the meaning is in doubt.
pub(in crate::encode) fn correction(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= 64)?;
    let text = text.trim();
    if let Some(with_date) = read(text).and_then(|written| written.time) {
        return Some(format!(
            "this is a date with a time of day: write `{}`",
            written(&with_date)
        ));
    }
    let (time, rest) = time(text)?;
    let zone = zone(rest)?;
    let is_twelve_hour = text.ends_with(['m', 'M']);
    let text = written(&time);
    Some(match zone {
        Zone::Known(_) | Zone::Name(_) => format!("write `{text}`: a time of day has no zone"),
        Zone::None if time.one_digit && !is_twelve_hour => {
            format!("write each part with two digits: `{text}`")
        }
        Zone::None if time.fraction == Some("") => {
            format!("write digits after the decimal point, or omit it: `{text}`")
        }
        Zone::None => format!("write `{text}`"),
    })
}

/// The time of day in a number that looks like a date and a time without separators, and how to write it.
pub(in crate::encode) fn in_number(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= 32)?;
    let looks_like = compact_form(text)?;
    let time = read(text)?.time?;
    Some(format!("looks like {looks_like}: write `{}`", written(&time)))
}

/// Four digits as hours and minutes, in the form in which they can be written.
pub(in crate::encode) fn hhmm(text: &[u8]) -> Option<String> {
    let [hour_tens, hour_ones, minute_tens, minute_ones] = *text else {
        return None;
    };
    let pair = |tens: u8, ones: u8| {
        let digits = [tens, ones].map(|digit| char::from(digit).to_digit(10));
        Some(digits[0]? * 10 + digits[1]?)
    };
    let (hour, minute) = (pair(hour_tens, hour_ones)?, pair(minute_tens, minute_ones)?);
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

fn written(time: &Time<'_>) -> String {
    let mut text = format!("{:02}:{:02}", time.hour, time.minute);
    if let Some(second) = time.second {
        text.push_str(&format!(":{second:02}"));
    }
    if let Some(digits) = time.fraction.filter(|digits| !digits.is_empty()) {
        text.push('.');
        text.push_str(digits);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_shown_in_the_required_form() {
        for (text, hint) in [
            ("9:05", Some("write each part with two digits: `09:05`")),
            ("9:05:07.5", Some("write each part with two digits: `09:05:07.5`")),
            ("10:0:5", Some("write each part with two digits: `10:00:05`")),
            ("9:05 PM", Some("write `21:05`")),
            ("09:05 PM", Some("write `21:05`")),
            ("10:00 PM", Some("write `22:00`")),
            ("12:00:05 am", Some("write `00:00:05`")),
            ("10:00:05,516", Some("write `10:00:05.516`")),
            (
                "10:00:05.",
                Some("write digits after the decimal point, or omit it: `10:00:05`"),
            ),
            ("10:00:05Z", Some("write `10:00:05`: a time of day has no zone")),
            (
                "10:00:05+11:00",
                Some("write `10:00:05`: a time of day has no zone"),
            ),
            (
                "2014-03-10T10:00:05.516Z",
                Some("this is a date with a time of day: write `10:00:05.516`"),
            ),
            (
                "10/03/2014 9:05",
                Some("this is a date with a time of day: write `09:05`"),
            ),
            (" 10:00:05 ", Some("write `10:00:05`")),
            ("13:00 PM", None),
            ("2014-03-10", None),
            ("ten past nine", None),
            ("", None),
        ] {
            assert_eq!(correction(text.as_bytes()).as_deref(), hint, "{text}");
        }
    }

    #[test]
    fn four_digits_may_be_hours_and_minutes() {
        for (text, time) in [
            ("1400", Some("14:00")),
            ("0005", Some("00:05")),
            ("2400", None),
            ("1260", None),
            ("140", None),
            ("14.5", None),
            ("14000", None),
        ] {
            assert_eq!(hhmm(text.as_bytes()).as_deref(), time, "{text}");
        }
    }

    #[test]
    fn a_number_with_a_date_shows_its_time_of_day() {
        for (text, hint) in [
            (
                "20251120140500",
                Some("looks like yyyymmddhhmmss: write `14:05:00`"),
            ),
            ("202511201405", Some("looks like yyyymmddhhmm: write `14:05`")),
            (
                "20251120140500123",
                Some("looks like yyyymmddhhmmssSSS: write `14:05:00.123`"),
            ),
            ("20251120", None),
            ("20251320140500", None),
            ("93003", None),
        ] {
            assert_eq!(in_number(text.as_bytes()).as_deref(), hint, "{text}");
        }
    }
}
