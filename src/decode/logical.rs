//! Text for Avro's logical types: decimals with all digits, times as RFC 3339, bytes as hex.
//!
//! For display only; the encoder interprets cells.

use apache_avro::Duration;
use jiff::civil::{DateTime, date as civil_date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use num_bigint::{BigInt, Sign};

/// The unit of a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    fn digits(self) -> usize {
        match self {
            Self::Millis => 3,
            Self::Micros => 6,
            Self::Nanos => 9,
        }
    }

    fn per_second(self) -> i64 {
        10_i64.pow(self.digits() as u32)
    }
}

/// Computing the digits of a longer number takes too long.
const MAX_DECIMAL_BYTES: usize = 16 * 1024;

/// The decimal with the unscaled value `unscaled` (big-endian two's complement) and `scale` fraction digits.
///
/// # Errors
/// It has more than 16 KiB.
pub(super) fn decimal(unscaled: &[u8], scale: usize) -> Result<String, String> {
    if unscaled.len() > MAX_DECIMAL_BYTES {
        return Err(format!(
            "a decimal of {} bytes is too long to be shown",
            unscaled.len()
        ));
    }
    Ok(with_point(&BigInt::from_signed_bytes_be(unscaled), scale))
}

/// A number with its own scale, which the text keeps: `40.20` for 4020 and 2, `5e3` for 5 and -3.
///
/// # Errors
/// It has more than 16 KiB.
pub(super) fn big_decimal(unscaled: &BigInt, scale: i64) -> Result<String, String> {
    let bytes = unscaled.bits() / 8;
    if bytes > MAX_DECIMAL_BYTES as u64 {
        return Err(format!("a decimal of {bytes} bytes is too long to be shown"));
    }
    match usize::try_from(scale) {
        Ok(scale) if scale <= 1_000 => Ok(with_point(unscaled, scale)),
        _ => Ok(format!("{unscaled}e{}", -i128::from(scale))),
    }
}

fn with_point(unscaled: &BigInt, scale: usize) -> String {
    let digits = format!("{:0>width$}", unscaled.magnitude(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled.sign() == Sign::Minus { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

/// Two lower-case hex digits per byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time such as `2014-03-10T10:00:05.516Z`; none outside the years -9999 to 9999.
pub(crate) fn timestamp(time: i64, unit: Unit) -> Option<String> {
    let timestamp = instant(time, unit)?;
    Some(format!("{timestamp:.precision$}", precision = unit.digits()))
}

/// A time without a zone, such as `2014-03-10T10:00:05.516`.
pub(crate) fn local_timestamp(time: i64, unit: Unit) -> Option<String> {
    let local: DateTime = TimeZone::UTC.to_datetime(instant(time, unit)?);
    Some(format!("{local:.precision$}", precision = unit.digits()))
}

fn instant(time: i64, unit: Unit) -> Option<Timestamp> {
    let (seconds, rest) = (
        time.div_euclid(unit.per_second()),
        time.rem_euclid(unit.per_second()),
    );
    let nanoseconds = rest * (1_000_000_000 / unit.per_second());
    Timestamp::new(seconds, nanoseconds as i32).ok()
}

/// A date such as `2014-03-10`, from the number of days since 1970-01-01.
pub(crate) fn date(days: i32) -> Option<String> {
    let distance = SignedDuration::from_hours(i64::from(days) * 24);
    civil_date(1970, 1, 1)
        .checked_add(distance)
        .ok()
        .map(|date| date.to_string())
}

/// A time of day such as `10:00:05.516`; none if it is not within a day.
pub(crate) fn time_of_day(time: i64, unit: Unit) -> Option<String> {
    let (seconds, fraction) = (
        time.div_euclid(unit.per_second()),
        time.rem_euclid(unit.per_second()),
    );
    if !(0..24 * 60 * 60).contains(&seconds) {
        return None;
    }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    Some(format!(
        "{hours:02}:{minutes:02}:{:02}.{fraction:0width$}",
        seconds % 60,
        width = unit.digits()
    ))
}

/// A duration such as `P1M2DT3.004S`, with the three parts of an Avro duration.
pub(crate) fn duration(duration: &Duration) -> String {
    let (months, days) = (u32::from(duration.months()), u32::from(duration.days()));
    let millis = u32::from(duration.millis());
    format!("P{months}M{days}DT{}.{:03}S", millis / 1000, millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_show_every_digit() {
        for (unscaled, scale, expected) in [
            (&33_069_000_i64.to_be_bytes()[..], 6, "33.069000"),
            (&[0], 0, "0"),
            (&[0], 2, "0.00"),
            (&[5], 2, "0.05"),
            (&[0xff], 2, "-0.01"),
            (&[0x80], 0, "-128"),
            (&[0xff, 0x00], 1, "-25.6"),
            (&[0x80, 0x00], 0, "-32768"),
            (
                &i128::MAX.to_be_bytes(),
                10,
                "17014118346046923173168730371.5884105727",
            ),
            (
                &i128::MIN.to_be_bytes(),
                0,
                "-170141183460469231731687303715884105728",
            ),
        ] {
            assert_eq!(decimal(unscaled, scale).unwrap(), expected);
        }
        assert!(decimal(&[1; MAX_DECIMAL_BYTES + 1], 0).is_err());
    }

    #[test]
    fn a_big_decimal_keeps_its_scale() {
        for (unscaled, scale, expected) in [
            (4020, 2, "40.20"),
            (-5, 0, "-5"),
            (5, -3, "5e3"),
            (7, 2_000, "7e-2000"),
        ] {
            assert_eq!(big_decimal(&BigInt::from(unscaled), scale).unwrap(), expected);
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(
            timestamp(1_394_445_605_516, Unit::Millis).unwrap(),
            "2014-03-10T10:00:05.516Z"
        );
        assert_eq!(timestamp(0, Unit::Micros).unwrap(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            timestamp(-1, Unit::Nanos).unwrap(),
            "1969-12-31T23:59:59.999999999Z"
        );
        assert_eq!(timestamp(i64::MAX, Unit::Millis), None);
        assert_eq!(
            local_timestamp(-1, Unit::Millis).unwrap(),
            "1969-12-31T23:59:59.999"
        );
        assert_eq!(date(16_139).unwrap(), "2014-03-10");
        assert_eq!(date(-1).unwrap(), "1969-12-31");
        assert_eq!(date(i32::MIN), None);
        assert_eq!(time_of_day(36_005_516, Unit::Millis).unwrap(), "10:00:05.516");
        assert_eq!(
            time_of_day(86_399_999_999, Unit::Micros).unwrap(),
            "23:59:59.999999"
        );
        assert_eq!(time_of_day(86_400_000, Unit::Millis), None);
        assert_eq!(time_of_day(-1, Unit::Millis), None);
    }
}
