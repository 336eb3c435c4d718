//! Scalars in Avro's own JSON encoding: each read as a value of its base type, regardless of its logical type (Avro
//! 1.12 specification, "JSON Encoding"). Java's JSON encoder writes this form; it is read if it is declared.

use super::codec::Codec;
use super::error::{Fault, RowErrorKind};
use super::float::float;
use super::hint::Hint;
use super::scalar::{Origin, Scalar};
use super::wire::{put_bytes, put_long};
use super::{bytes, date, decimal, number, text};
use crate::mapping::rules::Rules;

/// Appends a JSON string, number or boolean as a value of this type's base type; `Err(None)` if the base type is not
/// written that way.
pub(super) fn put(
    codec: &Codec,
    scalar: Scalar<'_>,
    rules: &Rules,
    out: &mut Vec<u8>,
) -> Result<(), Option<Box<Fault>>> {
    let Scalar { text, origin, utf8 } = scalar;
    match (codec, origin) {
        (Codec::Boolean, Origin::JsonBoolean) => out.push(text::boolean(text)?.into()),
        (Codec::Int | Codec::Date, Origin::JsonNumber) => put_long(number::int(text)?.into(), out),
        (Codec::Long, Origin::JsonNumber) => put_long(number::long(text, "long")?, out),
        (Codec::Timestamp(_) | Codec::LocalTimestamp(_), Origin::JsonNumber) => {
            put_long(number::long(text, "long")?, out);
        }
        (Codec::TimeOfDay(unit), Origin::JsonNumber) => {
            put_long(date::within_day(number::long(text, "long")?, *unit)?, out);
        }
        (Codec::Float, Origin::JsonNumber) => {
            out.extend_from_slice(&float::<f32>(text, rules)?.to_le_bytes())
        }
        (Codec::Double, Origin::JsonNumber) => {
            out.extend_from_slice(&float::<f64>(text, rules)?.to_le_bytes())
        }
        (Codec::Float, Origin::JsonString) if is_special(text) => {
            out.extend_from_slice(&float::<f32>(text, rules)?.to_le_bytes());
        }
        (Codec::Double, Origin::JsonString) if is_special(text) => {
            out.extend_from_slice(&float::<f64>(text, rules)?.to_le_bytes());
        }
        (Codec::String, Origin::JsonString) => text::put_string(text, utf8, out)?,
        (Codec::Uuid, Origin::JsonString) => {
            text::check_uuid(text)?;
            put_bytes(text, out);
        }
        (Codec::Enum(symbols), Origin::JsonString) => symbols.put(text, out)?,
        (_, Origin::JsonString) => put_characters(codec, text, out)?,
        _ => return Err(None),
    }
    Ok(())
}

/// Numbers that JSON's grammar does not have; Java's encoder puts them in quotes.
fn is_special(text: &[u8]) -> bool {
    matches!(text, b"NaN" | b"Infinity" | b"-Infinity")
}

/// A string of characters up to U+00FF, one per byte of the bytes or fixed.
fn put_characters(codec: &Codec, text: &[u8], out: &mut Vec<u8>) -> Result<(), Option<Box<Fault>>> {
    let size = match codec {
        Codec::Bytes | Codec::BigDecimal => None,
        Codec::Decimal(shape) => shape.fixed,
        Codec::Fixed(size) => Some(*size),
        Codec::UuidFixed => Some(16),
        Codec::Duration => Some(12),
        _ => return Err(None),
    };
    let read = bytes::latin1(text, size)?;
    match codec {
        Codec::Decimal(shape) => decimal::check_complement(&read, *shape)?,
        Codec::BigDecimal => decimal::check_big_decimal(&read)?,
        _ => {}
    }
    match size {
        Some(_) => out.extend_from_slice(&read),
        None => put_bytes(&read, out),
    }
    Ok(())
}

/// The fault of a string in Avro's wrapper that can be read both as bytes and as the text of a number or a duration:
/// `12` is the number, and also the bytes 0x31 0x32. None if it can only be the text.
pub(super) fn other_reading(codec: &Codec, text: &[u8]) -> Option<Box<Fault>> {
    if !matches!(codec, Codec::Decimal(_) | Codec::BigDecimal | Codec::Duration) {
        return None;
    }
    put_characters(codec, text, &mut Vec::new()).ok()?;
    let reason = "read as text and as bytes (Avro's JSON encoding), it is two different values";
    Some(Fault::new(RowErrorKind::SeveralBranches, reason).with_hint(Hint::BareOrAvro))
}

/// The fault of a value not written as its base type.
#[cold]
pub(super) fn not_in_form(codec: &Codec) -> Box<Fault> {
    let wanted = match codec {
        Codec::Boolean => "a boolean",
        Codec::Int
        | Codec::Long
        | Codec::Float
        | Codec::Double
        | Codec::Date
        | Codec::TimeOfDay(_)
        | Codec::Timestamp(_)
        | Codec::LocalTimestamp(_) => "a number",
        Codec::String | Codec::Uuid | Codec::Enum(_) => "a string",
        _ => "a string with one character for each byte",
    };
    let reason = format!("in Avro's JSON encoding this type is {wanted}");
    Fault::new(RowErrorKind::WrongType, reason).with_hint(Hint::BareValues)
}

#[cfg(test)]
mod tests;
