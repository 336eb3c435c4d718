//! A scalar's text -> its datum: how each type reads a cell, a JSON string, a JSON number or a JSON boolean.

use super::codec::{Codec, CodecId, Codecs};
use super::error::{Encoded, Fault, RowErrorKind};
use super::float::float;
use super::scratch::Reading;
use super::timestamp::{Clock, timestamp};
use super::wire::{put_bytes, put_long};
use super::{avro_json, bytes, date, decimal, duration, number, text};
use crate::mapping::rules::{JsonEncoding, Rules};

/// A scalar's text and its origin, which determines what it may mean.
#[derive(Clone, Copy)]
pub(super) struct Scalar<'a> {
    pub(super) text: &'a [u8],
    pub(super) origin: Origin,
    /// Whether the text is known to be valid UTF-8.
    pub(super) utf8: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    CsvCell,
    JsonString,
    JsonNumber,
    JsonBoolean,
    /// The content of an array, which only a duration accepts.
    JsonNumbers,
}

impl Origin {
    fn describe(self) -> &'static str {
        match self {
            Origin::CsvCell => "a cell",
            Origin::JsonString => "a JSON string",
            Origin::JsonNumber => "a JSON number",
            Origin::JsonBoolean => "a JSON boolean",
            Origin::JsonNumbers => "an array",
        }
    }

    /// Cells and JSON strings can hold the text of any type.
    #[inline]
    fn is_text(self) -> bool {
        matches!(self, Origin::CsvCell | Origin::JsonString)
    }
}

#[cold]
pub(super) fn wrong_type(reason: &str) -> Box<Fault> {
    Fault::new(RowErrorKind::WrongType, reason)
}

#[cold]
pub(super) fn scalar_wanted(codecs: &Codecs, id: CodecId, found: &str) -> Box<Fault> {
    wrong_type(&format!("{} does not accept {found}", codecs.describe(id)))
}

/// Whether this type accepts values of this origin.
fn accepts(codec: &Codec, origin: Origin) -> bool {
    match codec {
        Codec::Int
        | Codec::Long
        | Codec::Float
        | Codec::Double
        | Codec::Decimal(_)
        | Codec::BigDecimal
        | Codec::Date
        | Codec::TimeOfDay(_)
        | Codec::Timestamp(_)
        | Codec::LocalTimestamp(_) => origin.is_text() || origin == Origin::JsonNumber,
        Codec::Boolean => origin.is_text() || origin == Origin::JsonBoolean,
        Codec::Duration => origin.is_text() || origin == Origin::JsonNumbers,
        Codec::String | Codec::Uuid | Codec::UuidFixed | Codec::Enum(_) | Codec::Bytes | Codec::Fixed(_) => {
            origin.is_text()
        }
        Codec::Null
        | Codec::Array(_)
        | Codec::Map(_)
        | Codec::Record(_)
        | Codec::Nullable { .. }
        | Codec::Union(_) => false,
    }
}

/// Appends `scalar` as a value of this type.
#[inline]
pub(super) fn put_scalar(
    reading: Reading<'_>,
    id: CodecId,
    scalar: Scalar<'_>,
    out: &mut Vec<u8>,
) -> Encoded {
    put(&reading.codecs[id], scalar, reading.rules, out).map_err(|fault| reject(fault, reading, id, scalar))
}

/// Adds the expected type to the fault.
#[cold]
fn reject(fault: Option<Box<Fault>>, reading: Reading<'_>, id: CodecId, scalar: Scalar<'_>) -> Box<Fault> {
    let Reading { codecs, rules } = reading;
    let fault = fault.unwrap_or_else(|| match rules.json_encoding {
        JsonEncoding::Avro if !matches!(codecs[id], Codec::Null) => avro_json::not_in_form(&codecs[id]),
        _ => not_accepted(reading, id, scalar),
    });
    fault.wanting(codecs.describe(id))
}

/// `Err(None)` if the type does not accept values of this origin.
#[inline]
fn put(
    codec: &Codec,
    scalar: Scalar<'_>,
    rules: &Rules,
    out: &mut Vec<u8>,
) -> Result<(), Option<Box<Fault>>> {
    let Scalar { text, origin, utf8 } = scalar;
    if origin != Origin::CsvCell && rules.json_encoding == JsonEncoding::Avro {
        return avro_json::put(codec, scalar, rules, out);
    }
    // Every scalar type accepts text, so the common case needs no check.
    if !origin.is_text() && !accepts(codec, origin) {
        return Err(None);
    }
    match codec {
        Codec::String => text::put_string(text, utf8, out)?,
        Codec::Long => put_long(number::long(text, "long")?, out),
        Codec::Int => put_long(number::int(text)?.into(), out),
        Codec::Decimal(shape) => decimal::put_decimal(text, *shape, rules.decimal_round, out)?,
        Codec::Timestamp(unit) => put_long(timestamp(text, Clock::Zoned, *unit, rules)?, out),
        Codec::Double => out.extend_from_slice(&float::<f64>(text, rules)?.to_le_bytes()),
        Codec::Float => out.extend_from_slice(&float::<f32>(text, rules)?.to_le_bytes()),
        Codec::Boolean => out.push(text::boolean(text)?.into()),
        Codec::Uuid => {
            text::check_uuid(text)?;
            put_bytes(text, out);
        }
        Codec::Enum(symbols) => symbols.put(text, out)?,
        Codec::UuidFixed => text::put_uuid(text, out)?,
        Codec::LocalTimestamp(unit) => put_long(timestamp(text, Clock::Local, *unit, rules)?, out),
        Codec::Date => put_long(date::date(text, rules)?.into(), out),
        Codec::TimeOfDay(unit) => put_long(date::time_of_day(text, *unit, rules)?, out),
        Codec::Duration => out.extend_from_slice(&duration::duration(text)?),
        Codec::BigDecimal => decimal::put_big_decimal(text, out)?,
        Codec::Bytes => bytes::put(text, None, rules, out)?,
        Codec::Fixed(size) => bytes::put(text, Some(*size), rules, out)?,
        Codec::Null
        | Codec::Array(_)
        | Codec::Map(_)
        | Codec::Record(_)
        | Codec::Nullable { .. }
        | Codec::Union(_) => return Err(None),
    }
    Ok(())
}

#[cold]
fn not_accepted(reading: Reading<'_>, id: CodecId, scalar: Scalar<'_>) -> Box<Fault> {
    let codec = &reading.codecs[id];
    if matches!(codec, Codec::Null) {
        return wrong_type("null accepts only null");
    }
    let fault = scalar_wanted(reading.codecs, id, scalar.origin.describe());
    let in_quotes = Scalar {
        origin: Origin::JsonString,
        ..scalar
    };
    match scalar.origin {
        // Quotes help only if the text is valid for the type: `"false"` is not a number either.
        Origin::JsonNumber | Origin::JsonBoolean
            if put(codec, in_quotes, reading.rules, &mut Vec::new()).is_ok() =>
        {
            fault.with_hint("write it in quotes")
        }
        _ => fault,
    }
}

/// Whether the text is the canonical text of a value of this type, so that reading it as one loses nothing: `7` is the
/// text of a long, `007` is not.
pub(super) fn is_canonical_text(codec: &Codec, text: &[u8]) -> bool {
    match codec {
        Codec::Boolean => matches!(text, b"true" | b"false"),
        Codec::Int => is_canonical_integer(text) && number::int(text).is_ok(),
        Codec::Long => is_canonical_integer(text) && number::long(text, "long").is_ok(),
        Codec::Decimal(shape) => decimal::is_canonical_text(text, *shape),
        Codec::BigDecimal => decimal::is_canonical_big_text(text),
        Codec::Double => float::<f64>(text, &Rules::default())
            .is_ok_and(|value| is_canonical_float(text, value, |value| value.is_finite())),
        Codec::Float => float::<f32>(text, &Rules::default())
            .is_ok_and(|value| is_canonical_float(text, value, |value| value.is_finite())),
        Codec::Date => date::is_date_text(text),
        Codec::TimeOfDay(_) => date::is_time_text(text),
        Codec::Timestamp(_) => super::timestamp::is_text(text, Clock::Zoned),
        Codec::LocalTimestamp(_) => super::timestamp::is_text(text, Clock::Local),
        Codec::Uuid | Codec::UuidFixed => text::check_uuid(text).is_ok(),
        Codec::Duration => duration::is_text(text),
        Codec::Enum(symbols) => symbols.has(text),
        Codec::String => true,
        _ => false,
    }
}

fn is_canonical_integer(text: &[u8]) -> bool {
    match text.strip_prefix(b"-").unwrap_or(text) {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The shortest digits that round-trip, with or without a decimal point or an exponent.
fn is_canonical_float<F>(text: &[u8], value: F, is_finite: fn(&F) -> bool) -> bool
where
    F: std::fmt::Display + std::fmt::Debug + std::fmt::LowerExp,
{
    if !is_finite(&value) {
        // NaN, Infinity and -Infinity have only one text each.
        return true;
    }
    let own = [format!("{value}"), format!("{value:?}"), format!("{value:e}")];
    own.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_text_loses_nothing() {
        let table: &[(Codec, &[&str], &[&str])] = &[
            (Codec::Boolean, &["true", "false"], &["TRUE", "1", "yes", ""]),
            (
                Codec::Int,
                &["0", "7", "-7", "2147483647"],
                &["007", "+7", "7.0", "-0", "2147483648", ""],
            ),
            (
                Codec::Long,
                &["2147483648", "-9223372036854775808"],
                &["1e3", "9223372036854775808"],
            ),
            (
                Codec::Double,
                &[
                    "40.2",
                    "100",
                    "100.0",
                    "1e300",
                    "1E300",
                    "NaN",
                    "-Infinity",
                    "-0.0",
                    "-0",
                    "0.1",
                ],
                &[
                    "40.20",
                    "007",
                    "+1.5",
                    ".5",
                    "1e400",
                    "0.1000000000000000055",
                    "inf",
                    "",
                ],
            ),
            (Codec::Float, &["0.1", "16777216"], &["0.10000000149", "16777217"]),
            (Codec::Date, &["2014-03-10"], &["16139", "2014-3-10"]),
            (Codec::String, &["", "anything"], &[]),
            (Codec::Bytes, &[], &["", "00"]),
        ];
        for (codec, own, others) in table {
            for text in *own {
                assert!(is_canonical_text(codec, text.as_bytes()), "{codec:?} {text}");
            }
            for text in *others {
                assert!(!is_canonical_text(codec, text.as_bytes()), "{codec:?} {text}");
            }
        }
    }
}
