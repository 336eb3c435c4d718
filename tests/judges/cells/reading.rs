//! Independent readings of a text by other libraries: bigdecimal for numbers, jiff for times, uuid for UUIDs.
//!
//! A reading may accept more than k2-produce does, because any row may be rejected. It does not decide whether a row
//! should be accepted, only which value an accepted row must have.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use jiff::Span;
use jiff::civil::{Date, DateTime, Time};
use num_bigint::BigInt;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::pairs::hex;

/// A type to check: its schema, and whether a value at the level of base types is the value of a text.
pub(crate) struct Reading {
    pub name: &'static str,
    pub schema: &'static str,
    /// Whether the decoded value is the value of the text.
    pub matches: fn(&str, &Json) -> bool,
}

pub(crate) const READINGS: &[Reading] = &[
    Reading {
        name: "boolean",
        schema: r#""boolean""#,
        matches: |text, value| {
            let text = text.to_lowercase();
            match value {
                Json::Bool(true) => ["true", "1", "t", "y", "yes"].contains(&text.as_str()),
                Json::Bool(false) => ["false", "0", "f", "n", "no"].contains(&text.as_str()),
                _ => false,
            }
        },
    },
    Reading {
        name: "int",
        schema: r#""int""#,
        matches: |text, value| integer(text) == as_integer(value),
    },
    Reading {
        name: "long",
        schema: r#""long""#,
        matches: |text, value| integer(text) == as_integer(value),
    },
    Reading {
        name: "float",
        schema: r#""float""#,
        matches: |text, value| match value.as_str() {
            Some("NaN") => text == "NaN",
            Some(bits) => {
                let float = f32::from_bits(u32::from_str_radix(bits, 16).unwrap());
                let neighbours = [float.next_down(), float.next_up()].map(f64::from);
                is_nearest(text, f64::from(float), neighbours, float.to_bits() & 1 == 0)
            }
            None => false,
        },
    },
    Reading {
        name: "double",
        schema: r#""double""#,
        matches: |text, value| match value.as_str() {
            Some("NaN") => text == "NaN",
            Some(bits) => {
                let double = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
                let neighbours = [double.next_down(), double.next_up()];
                is_nearest(text, double, neighbours, double.to_bits() & 1 == 0)
            }
            None => false,
        },
    },
    Reading {
        name: "string",
        schema: r#""string""#,
        matches: |text, value| value == text,
    },
    Reading {
        name: "decimal(18, 6)",
        schema: r#"{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}"#,
        matches: |text, value| decimal(text, 6) == Some(value.as_str().unwrap().to_owned()),
    },
    Reading {
        name: "decimal(38, 10)",
        schema: r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}"#,
        matches: |text, value| decimal(text, 10) == Some(value.as_str().unwrap().to_owned()),
    },
    Reading {
        name: "decimal(18, 6) of fixed(12)",
        schema: r#"{"type":"fixed","name":"F","size":12,"logicalType":"decimal","precision":18,"scale":6}"#,
        matches: |text, value| {
            let value = value.as_str().unwrap();
            decimal(text, 6).is_some_and(|minimal| {
                let fill = if minimal.as_bytes()[0] >= b'8' { "f" } else { "0" };
                value == format!("{}{minimal}", fill.repeat(24 - minimal.len()))
            })
        },
    },
    Reading {
        name: "uuid",
        schema: r#"{"type":"string","logicalType":"uuid"}"#,
        matches: |text, value| Uuid::try_parse(text).is_ok() && value == text,
    },
    Reading {
        name: "uuid of fixed(16)",
        schema: r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#,
        matches: |text, value| Uuid::try_parse(text).is_ok_and(|uuid| value == &hex(uuid.as_bytes())),
    },
    Reading {
        name: "date",
        schema: r#"{"type":"int","logicalType":"date"}"#,
        matches: |text, value| {
            let days = |date: Date| days_since_epoch(date);
            either(text, Date::from_str(text).ok().map(days), value)
        },
    },
    Reading {
        name: "time-millis",
        schema: r#"{"type":"int","logicalType":"time-millis"}"#,
        matches: |text, value| either(text, time_of_day(text, 1_000_000), value),
    },
    Reading {
        name: "time-micros",
        schema: r#"{"type":"long","logicalType":"time-micros"}"#,
        matches: |text, value| either(text, time_of_day(text, 1_000), value),
    },
    Reading {
        name: "timestamp-millis",
        schema: r#"{"type":"long","logicalType":"timestamp-millis"}"#,
        matches: |text, value| either(text, instant(text, 1_000_000), value),
    },
    Reading {
        name: "timestamp-micros",
        schema: r#"{"type":"long","logicalType":"timestamp-micros"}"#,
        matches: |text, value| either(text, instant(text, 1_000), value),
    },
    Reading {
        name: "timestamp-nanos",
        schema: r#"{"type":"long","logicalType":"timestamp-nanos"}"#,
        matches: |text, value| either(text, instant(text, 1), value),
    },
    Reading {
        name: "local-timestamp-micros",
        schema: r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
        matches: |text, value| either(text, local(text, 1_000), value),
    },
    Reading {
        name: "local-timestamp-nanos",
        schema: r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#,
        matches: |text, value| either(text, local(text, 1), value),
    },
    Reading {
        name: "duration",
        schema: r#"{"type":"fixed","name":"D","size":12,"logicalType":"duration"}"#,
        matches: |text, value| duration(text).is_some_and(|bytes| value == &hex(&bytes)),
    },
    Reading {
        name: "enum",
        schema: r#"{"type":"enum","name":"E","symbols":["BUY","SELL","true","_1","NaN"]}"#,
        matches: |text, value| value == text,
    },
];

fn as_integer(value: &Json) -> Option<BigInt> {
    value.as_i64().map(BigInt::from)
}

/// The digits of a number as one integer, and the number of digits after the decimal point.
fn number(text: &str) -> Option<(BigInt, i64)> {
    if text.contains('_') {
        return None;
    }
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (digits, fraction_digits) = BigDecimal::from_str(digits).ok()?.into_bigint_and_scale();
    // An exponent that does not fit in 64 bits is clamped: either way, any number but zero is out of range.
    let far = BigInt::from(1_000_000_000_000i64);
    let exponent = BigInt::from_str(exponent).ok()?.clamp(-&far, far);
    Some((
        digits,
        fraction_digits - i64::try_from(exponent).expect("it is clamped"),
    ))
}

/// The number times ten to the power of `scale`, if it is an integer that some type here can represent.
fn scaled(text: &str, scale: i64) -> Option<BigInt> {
    let (digits, fraction_digits) = number(text)?;
    if digits == BigInt::ZERO {
        return Some(digits);
    }
    let power = scale - fraction_digits;
    if !(-20_000..=200).contains(&power) {
        return None;
    }
    let ten = BigInt::from(10).pow(power.unsigned_abs() as u32);
    match power >= 0 {
        true => Some(digits * ten),
        false => (&digits % &ten == BigInt::ZERO).then(|| digits / ten),
    }
}

fn integer(text: &str) -> Option<BigInt> {
    scaled(text, 0)
}

/// The two's complement of the unscaled number, as hex.
fn decimal(text: &str, scale: i64) -> Option<String> {
    scaled(text, scale).map(|number| hex(&number.to_signed_bytes_be()))
}

/// Whether no other floating-point number is nearer to the value of the text.
fn is_nearest(text: &str, float: f64, [below, above]: [f64; 2], is_even: bool) -> bool {
    if float.is_infinite() {
        return text == if float > 0.0 { "Infinity" } else { "-Infinity" };
    }
    let Some((digits, fraction_digits)) = number(text) else {
        return false;
    };
    if float == 0.0 {
        // Only zero becomes zero, and its sign is kept.
        return digits == BigInt::ZERO && text.starts_with('-') == float.is_sign_negative();
    }
    let exact = BigDecimal::from_bigint(digits, fraction_digits);
    let distance = |float: f64| {
        float
            .is_finite()
            .then(|| (&exact - BigDecimal::from_str(&format!("{float:.1080}")).unwrap()).abs())
    };
    let own = distance(float).expect("it is finite");
    [below, above]
        .into_iter()
        .filter_map(distance)
        .all(|other| if is_even { own <= other } else { own < other })
}

/// Whether the value is the integer in the text, in the schema's own unit, or the time in the text.
fn either(text: &str, time: Option<i128>, value: &Json) -> bool {
    let value = value.as_i64().map(i128::from);
    value.is_some()
        && (time == value || integer(text).map(|number| number.to_string()) == value.map(|v| v.to_string()))
}

/// Converts nanoseconds to the unit, if this is exact.
fn in_unit(nanos: i128, unit: i128) -> Option<i128> {
    (nanos % unit == 0).then_some(nanos / unit)
}

/// jiff reads second 60 as 59; none of these types allows 60.
fn has_a_second_of_60(text: &str) -> bool {
    text.contains(":60")
}

/// Parses the civil time and the offset separately, because jiff's instants end a day before the end of year 9999.
fn instant(text: &str, unit: i128) -> Option<i128> {
    let (civil, minutes) = match text.strip_suffix(['Z', 'z']) {
        Some(civil) => (civil, 0),
        None => {
            let (civil, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let size = hours.parse::<i128>().ok()? * 60 + minutes.parse::<i128>().ok()?;
            (civil, if offset.starts_with('-') { -size } else { size })
        }
    };
    in_unit(local_nanos(civil)? - minutes * 60_000_000_000, unit)
}

fn days_since_epoch(date: Date) -> i128 {
    let since = date.duration_since(Date::constant(1970, 1, 1));
    i128::from(since.as_secs() / 86_400)
}

fn nanos_of_day(time: Time) -> i128 {
    time.duration_since(Time::midnight()).as_nanos()
}

fn local(text: &str, unit: i128) -> Option<i128> {
    in_unit(local_nanos(text)?, unit)
}

fn local_nanos(text: &str) -> Option<i128> {
    let time = DateTime::from_str(&nine_digits(text))
        .ok()
        .filter(|_| !has_a_second_of_60(text))?;
    Some(days_since_epoch(time.date()) * 86_400_000_000_000 + nanos_of_day(time.time()))
}

/// jiff reads up to nine fraction digits; further zeros have no effect.
fn nine_digits(text: &str) -> String {
    match text.split_once('.') {
        Some((seconds, fraction))
            if fraction.len() > 9 && fraction.bytes().skip(9).all(|digit| digit == b'0') =>
        {
            format!("{seconds}.{}", fraction.get(..9).unwrap_or(fraction))
        }
        _ => text.to_owned(),
    }
}

fn time_of_day(text: &str, unit: i128) -> Option<i128> {
    let time = Time::from_str(&nine_digits(text))
        .ok()
        .filter(|_| !has_a_second_of_60(text))?;
    in_unit(nanos_of_day(time), unit)
}

/// Three little-endian unsigned numbers.
fn duration(text: &str) -> Option<Vec<u8>> {
    let blanks = [' ', '\t', '\n', '\r'];
    let numbers: Option<Vec<BigInt>> = text
        .split(',')
        .map(|part| integer(part.trim_matches(blanks)))
        .collect();
    let numbers: Vec<u64> = match numbers {
        Some(numbers) => numbers.iter().map(u64::try_from).collect::<Result<_, _>>().ok()?,
        None => {
            let span = Span::from_str(text).ok().filter(|span| !span.is_negative())?;
            let nanos = i128::from(span.get_nanoseconds())
                + 1_000 * i128::from(span.get_microseconds())
                + 1_000_000 * i128::from(span.get_milliseconds())
                + 1_000_000_000 * i128::from(span.get_seconds())
                + 60_000_000_000 * i128::from(span.get_minutes())
                + 3_600_000_000_000 * i128::from(span.get_hours());
            let months =
                u64::try_from(i64::from(span.get_years()) * 12 + i64::from(span.get_months())).ok()?;
            let days = u64::try_from(i64::from(span.get_weeks()) * 7 + i64::from(span.get_days())).ok()?;
            vec![months, days, u64::try_from(in_unit(nanos, 1_000_000)?).ok()?]
        }
    };
    let numbers: Vec<u32> = numbers
        .into_iter()
        .map(u32::try_from)
        .collect::<Result<_, _>>()
        .ok()?;
    (numbers.len() == 3).then(|| numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
}
