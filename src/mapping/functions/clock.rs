//! Times of day that are written as a number of units since midnight.

use super::arithmetic::plain;
use super::{FunctionFault, FunctionFaultKind};
use crate::mapping::rules::EpochUnit;

/// Seconds in a day.
const DAY: u64 = 86_400;

/// Appends the time of day that is this number of units after midnight: `34200.189607670` seconds as
/// `09:30:00.189607670`. All fractional digits are kept.
///
/// A number with an exponent allocates.
///
/// # Errors
/// The text is not a number, or not within the day: from 0 to less than 86,400 seconds. Then `out` is unchanged.
pub fn seconds_of_day(text: &[u8], unit: EpochUnit, out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    match append(text, unit, out) {
        Some(within) => within,
        None => {
            let mut digits = Vec::new();
            plain(text, &mut digits)?;
            append(&digits, unit, out).unwrap_or_else(|| Err(outside(unit)))
        }
    }
}

/// The common form: digits, and a point with more of them. None for another form.
#[inline]
fn append(text: &[u8], unit: EpochUnit, out: &mut Vec<u8>) -> Option<Result<(), Box<FunctionFault>>> {
    let point = text.iter().position(|byte| !byte.is_ascii_digit());
    let (whole, fraction) = match point {
        None => (text, &text[..0]),
        Some(point) if text[point] == b'.' => (&text[..point], &text[point + 1..]),
        Some(_) => return None,
    };
    // Longer numbers are outside the day in any unit, or have leading zeros.
    if whole.is_empty() || whole.len() > 18 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count = whole
        .iter()
        .fold(0u64, |count, digit| count * 10 + u64::from(digit - b'0'));
    let per_second = unit.per_second() as u64;
    let (seconds, mut subsecond) = (count / per_second, count % per_second);
    if seconds >= DAY {
        return Some(Err(outside(unit)));
    }
    let mut time = *b"00:00:00.000000000";
    for (at, number) in [(0, seconds / 3600), (3, seconds / 60 % 60), (6, seconds % 60)] {
        time[at] = b'0' + (number / 10) as u8;
        time[at + 1] = b'0' + (number % 10) as u8;
    }
    for digit in time[9..9 + unit.digits()].iter_mut().rev() {
        *digit = b'0' + (subsecond % 10) as u8;
        subsecond /= 10;
    }
    let length = match (unit.digits(), fraction) {
        (0, []) => 8,
        (digits, _) => 9 + digits,
    };
    out.extend_from_slice(&time[..length]);
    out.extend_from_slice(fraction);
    Some(Ok(()))
}

#[cold]
fn outside(unit: EpochUnit) -> Box<FunctionFault> {
    let last = DAY * unit.per_second() as u64;
    let reason = format!(
        "{} since midnight must be at least 0 and less than {last}",
        unit.plural()
    );
    FunctionFault::new(FunctionFaultKind::OutOfRange, reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::TimeUnit;

    const S: EpochUnit = EpochUnit::Seconds;
    const MS: EpochUnit = EpochUnit::Subsecond(TimeUnit::Millis);
    const US: EpochUnit = EpochUnit::Subsecond(TimeUnit::Micros);
    const NS: EpochUnit = EpochUnit::Subsecond(TimeUnit::Nanos);

    fn time(text: &[u8], unit: EpochUnit) -> Result<String, (FunctionFaultKind, String)> {
        let mut out = b"kept".to_vec();
        let result = seconds_of_day(text, unit, &mut out);
        assert!(out.starts_with(b"kept") && (result.is_ok() || out.len() == 4));
        result.map_err(|fault| (fault.kind, fault.reason))?;
        Ok(String::from_utf8(out.split_off(4)).unwrap())
    }

    #[test]
    fn every_digit_of_the_number_is_in_the_time() {
        let table: [(&str, EpochUnit, &str); 14] = [
            ("34200.189607670", S, "09:30:00.189607670"),
            ("34200", S, "09:30:00"),
            ("34200.", S, "09:30:00"),
            ("0", S, "00:00:00"),
            ("86399.9999999999999999", S, "23:59:59.9999999999999999"),
            ("34200189", MS, "09:30:00.189"),
            ("34200189.607670", MS, "09:30:00.189607670"),
            ("5", MS, "00:00:00.005"),
            ("34200189607", US, "09:30:00.189607"),
            ("34200189607670", NS, "09:30:00.189607670"),
            ("86399999999999.9", NS, "23:59:59.9999999999"),
            ("3.42E4", S, "09:30:00"),
            ("000000000000000000034200.50", S, "09:30:00.50"),
            ("-0.0", S, "00:00:00.0"),
        ];
        for (text, unit, expected) in table {
            assert_eq!(
                time(text.as_bytes(), unit).as_deref(),
                Ok(expected),
                "{text} {unit}"
            );
        }
    }

    #[test]
    fn a_time_after_the_day_and_other_texts_are_rejected() {
        let outside = "seconds since midnight must be at least 0 and less than 86400";
        for text in ["86400", "86400.0", "99999999999999999999", "1e9", "-1", "-0.001"] {
            let expected = (FunctionFaultKind::OutOfRange, outside.to_owned());
            assert_eq!(time(text.as_bytes(), S), Err(expected), "{text}");
        }
        assert_eq!(
            time(b"86400000", MS).unwrap_err().1,
            "milliseconds since midnight must be at least 0 and less than 86400000"
        );
        for text in ["", ".", "09:30", "1,5", " 1", "1.5.", "x", "NaN"] {
            let kind = time(text.as_bytes(), S).unwrap_err().0;
            assert_eq!(kind, FunctionFaultKind::NotANumber, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_time_is_that_of_jiff(nanoseconds in 0u64..86_400_000_000_000) {
            let midnight = jiff::civil::Time::midnight();
            let expected = midnight + jiff::SignedDuration::from_nanos(nanoseconds as i64);
            let count = nanoseconds.to_string();
            prop_assert_eq!(time(count.as_bytes(), NS).unwrap(), format!("{expected:.9}"));
            let seconds = format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
            prop_assert_eq!(time(seconds.as_bytes(), S).unwrap(), format!("{expected:.9}"));
        }

        #[test]
        fn any_bytes_have_a_time_or_a_reason(text in "[-+0-9.eE]{0,12}|.{0,6}", bytes in any::<Vec<u8>>()) {
            let units = [S, MS, US, NS];
            for unit in units {
                let _ = time(text.as_bytes(), unit);
                let _ = time(&bytes, unit);
            }
        }
    }
}
