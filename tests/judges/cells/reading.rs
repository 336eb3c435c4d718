//! What a text says, read by other libraries: bigdecimal for numbers, jiff for times, uuid for UUIDs.
//!
//! A reading may be more lenient than ours: a row may always be rejected. It is never consulted on whether a row
//! should be taken, only on what a row that was taken says.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use jiff::Span;
use jiff::civil::{Date, DateTime, Time};
use num_bigint::BigInt;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::pairs::hex;

/// A type of the properties: its schema, and whether a value at the level of the base types is what a text says.
pub(crate) struct Reading {
    pub name: &'static str,
    pub schema: &'static str,
    /// Takes the text and the decoded value.
    pub says: fn(&str, &Json) -> bool,
}

pub(crate) const READINGS: &[Reading] = &[
    Reading {
        name: "boolean",
        schema: r#""boolean""#,
        says: |text, value| {
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
        says: |text, value| integer(text) == as_integer(value),
    },
    Reading {
        name: "long",
        schema: r#""long""#,
        says: |text, value| integer(text) == as_integer(value),
    },
    Reading {
        name: "float",
        schema: r#""float""#,
        says: |text, value| match value.as_str() {
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
        says: |text, value| match value.as_str() {
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
        says: |text, value| value == text,
    },
    Reading {
        name: "decimal(18, 6)",
        schema: r#"{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}"#,
        says: |text, value| decimal(text, 6) == Some(value.as_str().unwrap().to_owned()),
    },
    Reading {
        name: "decimal(38, 10)",
        schema: r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}"#,
        says: |text, value| decimal(text, 10) == Some(value.as_str().unwrap().to_owned()),
    },
    Reading {
        name: "decimal(18, 6) of fixed(12)",
        schema: r#"{"type":"fixed","name":"F","size":12,"logicalType":"decimal","precision":18,"scale":6}"#,
        says: |text, value| {
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
        says: |text, value| Uuid::try_parse(text).is_ok() && value == text,
    },
    Reading {
        name: "uuid of fixed(16)",
        schema: r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#,
        says: |text, value| Uuid::try_parse(text).is_ok_and(|uuid| value == &hex(uuid.as_bytes())),
    },
    Reading {
        name: "date",
        schema: r#"{"type":"int","logicalType":"date"}"#,
        says: |text, value| {
            let days = |date: Date| days_since_epoch(date);
            either(text, Date::from_str(text).ok().map(days), value)
        },
    },
    Reading {
        name: "time-millis",
        schema: r#"{"type":"int","logicalType":"time-millis"}"#,
        says: |text, value| either(text, time_of_day(text, 1_000_000), value),
    },
    Reading {
        name: "time-micros",
        schema: r#"{"type":"long","logicalType":"time-micros"}"#,
        says: |text, value| either(text, time_of_day(text, 1_000), value),
    },
    Reading {
        name: "timestamp-millis",
        schema: r#"{"type":"long","logicalType":"timestamp-millis"}"#,
        says: |text, value| either(text, instant(text, 1_000_000), value),
    },
    Reading {
        name: "timestamp-micros",
        schema: r#"{"type":"long","logicalType":"timestamp-micros"}"#,
        says: |text, value| either(text, instant(text, 1_000), value),
    },
    Reading {
        name: "timestamp-nanos",
        schema: r#"{"type":"long","logicalType":"timestamp-nanos"}"#,
        says: |text, value| either(text, instant(text, 1), value),
    },
    Reading {
        name: "local-timestamp-micros",
        schema: r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
        says: |text, value| either(text, local(text, 1_000), value),
    },
    Reading {
        name: "local-timestamp-nanos",
        schema: r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#,
        says: |text, value| either(text, local(text, 1), value),
    },
    Reading {
        name: "duration",
        schema: r#"{"type":"fixed","name":"D","size":12,"logicalType":"duration"}"#,
        says: |text, value| duration(text).is_some_and(|bytes| value == &hex(&bytes)),
    },
    Reading {
        name: "enum",
        schema: r#"{"type":"enum","name":"E","symbols":["BUY","SELL","true","_1","NaN"]}"#,
        says: |text, value| value == text,
    },
];

fn as_integer(value: &Json) -> Option<BigInt> {
    value.as_i64().map(BigInt::from)
}

/// A number's digits as one integer, and how many of them stand behind the point.
fn number(text: &str) -> Option<(BigInt, i64)> {
    if text.contains('_') {
        return None;
    }
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (digits, behind) = BigDecimal::from_str(digits).ok()?.into_bigint_and_scale();
    // An exponent that 64 bits do not hold is as far away as any that they do.
    let far = BigInt::from(1_000_000_000_000i64);
    let exponent = BigInt::from_str(exponent).ok()?.clamp(-&far, far);
    Some((digits, behind - i64::try_from(exponent).expect("it is clamped")))
}

/// The number times ten to the power of `scale`, where that is an integer of a size that anything here holds.
fn scaled(text: &str, scale: i64) -> Option<BigInt> {
    let (digits, behind) = number(text)?;
    if digits == BigInt::ZERO {
        return Some(digits);
    }
    let power = scale - behind;
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

/// The unscaled number's two's complement as hex.
fn decimal(text: &str, scale: i64) -> Option<String> {
    scaled(text, scale).map(|number| hex(&number.to_signed_bytes_be()))
}

/// Whether no other floating-point number is nearer to what the text says.
fn is_nearest(text: &str, float: f64, [below, above]: [f64; 2], is_even: bool) -> bool {
    if float.is_infinite() {
        return text == if float > 0.0 { "Infinity" } else { "-Infinity" };
    }
    let Some((digits, behind)) = number(text) else {
        return false;
    };
    if float == 0.0 {
        // What is not zero is not made zero, and the sign stays.
        return digits == BigInt::ZERO && text.starts_with('-') == float.is_sign_negative();
    }
    let said = BigDecimal::from_bigint(digits, behind);
    let distance = |float: f64| {
        float
            .is_finite()
            .then(|| (&said - BigDecimal::from_str(&format!("{float:.1080}")).unwrap()).abs())
    };
    let own = distance(float).expect("it is finite");
    [below, above]
        .into_iter()
        .filter_map(distance)
        .all(|other| if is_even { own <= other } else { own < other })
}

/// An integer in the schema's own unit, or the time that the text says.
fn either(text: &str, time: Option<i128>, value: &Json) -> bool {
    let value = value.as_i64().map(i128::from);
    value.is_some()
        && (time == value || integer(text).map(|number| number.to_string()) == value.map(|v| v.to_string()))
}

/// Nanoseconds in the unit, where nothing is lost by it.
fn in_unit(nanos: i128, unit: i128) -> Option<i128> {
    (nanos % unit == 0).then_some(nanos / unit)
}

/// jiff makes a second of 60 one of 59; nothing here says 60.
fn has_a_second_of_60(text: &str) -> bool {
    text.contains(":60")
}

/// The civil time and the offset apart: jiff's own instants end a day before the year 9999 does.
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

/// jiff reads up to nine digits after the second; zeros after them say nothing.
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

/// Three unsigned numbers, the little end first.
fn duration(text: &str) -> Option<Vec<u8>> {
    let numbers: Vec<u64> = match text.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>() {
        Ok(numbers) => numbers,
        Err(_) => {
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
