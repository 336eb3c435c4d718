//! A field's default, written in the schema as JSON, as the datum it stands for (Avro 1.12 specification,
//! "Complex types", table of field default values).

use serde_json::Value;

use super::plan::{Codec, CodecId};
use super::wire::{put_bytes, put_long};

/// Appends the datum of `default`; the error says what does not fit.
pub(crate) fn encode_default(
    codecs: &[Codec],
    codec: CodecId,
    default: &Value,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let wrong = || format!("`{default}`");
    match &codecs[codec] {
        Codec::Null => default.as_null().ok_or_else(wrong)?,
        Codec::Boolean => out.push(default.as_bool().ok_or_else(wrong)?.into()),
        Codec::Int => {
            let value = default.as_i64().and_then(|value| i32::try_from(value).ok());
            put_long(value.ok_or_else(wrong)?.into(), out);
        }
        Codec::Long | Codec::Timestamp(_) => put_long(default.as_i64().ok_or_else(wrong)?, out),
        Codec::Float => out.extend_from_slice(&(default.as_f64().ok_or_else(wrong)? as f32).to_le_bytes()),
        Codec::Double => out.extend_from_slice(&default.as_f64().ok_or_else(wrong)?.to_le_bytes()),
        Codec::String | Codec::Uuid => put_bytes(default.as_str().ok_or_else(wrong)?.as_bytes(), out),
        Codec::Decimal(shape) => {
            // Bytes stand in a schema as a string of code points up to 255.
            let text = default.as_str().ok_or_else(wrong)?;
            let bytes: Option<Vec<u8>> = text
                .chars()
                .map(|character| u8::try_from(character).ok())
                .collect();
            let bytes = bytes.ok_or_else(wrong)?;
            match shape.fixed {
                None => put_bytes(&bytes, out),
                Some(size) if size == bytes.len() => out.extend_from_slice(&bytes),
                Some(_) => return Err(wrong()),
            }
        }
        Codec::Enum(symbols) => {
            let symbol = default.as_str().ok_or_else(wrong)?;
            symbols
                .put(symbol.as_bytes(), out)
                .map_err(|fault| fault.reason)?;
        }
        Codec::Array(items) => {
            let values = default.as_array().ok_or_else(wrong)?;
            if !values.is_empty() {
                put_long(values.len() as i64, out);
            }
            for value in values {
                encode_default(codecs, *items, value, out)?;
            }
            out.push(0);
        }
        Codec::Map(values) => {
            let entries = default.as_object().ok_or_else(wrong)?;
            if !entries.is_empty() {
                put_long(entries.len() as i64, out);
            }
            for (key, value) in entries {
                put_bytes(key.as_bytes(), out);
                encode_default(codecs, *values, value, out)?;
            }
            out.push(0);
        }
        Codec::Record(fields) => {
            let entries = default.as_object().ok_or_else(wrong)?;
            for field in fields {
                match (entries.get(&field.name), &field.default) {
                    (Some(value), _) => encode_default(codecs, field.codec, value, out)?,
                    (None, Some(datum)) => out.extend_from_slice(datum),
                    (None, None) => return Err(format!("`{default}` lacks `{}`", field.name)),
                }
            }
        }
        // Any branch may be the default's since 1.12; before, it was the first.
        Codec::Nullable {
            null, other, codec, ..
        } => {
            if default.is_null() {
                put_long(*null, out);
            } else {
                put_long(*other, out);
                encode_default(codecs, *codec, default, out)?;
            }
        }
    }
    Ok(())
}
