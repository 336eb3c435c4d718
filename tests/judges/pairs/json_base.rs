//! Writes a scalar in Avro's own JSON encoding: as a value of its base type, regardless of its logical type.

use num_bigint::BigInt;

use super::json_text::Outside;
use super::schema::{Shape, Type};
use super::spell::{Place, Speller, special};
use super::value::{Value, minimal_bytes, sign_extended};

impl Speller<'_> {
    pub(super) fn base_scalar(&mut self, kind: &Type, value: &Value) -> (String, Outside) {
        let text = match (kind, value) {
            (Type::Unknown { base, .. }, value) => return self.base_scalar(base, value),
            (_, Value::Boolean(boolean)) => return (boolean.to_string(), Outside::Boolean),
            (_, Value::Integer(integer)) => {
                let number = self.digits(&BigInt::from(*integer), 0, Place::JsonNumber);
                return (number, Outside::Number);
            }
            (_, Value::Float(float)) if float.is_finite() => {
                return (self.float(*float, 9, Place::JsonNumber), Outside::Number);
            }
            (_, Value::Double(double)) if double.is_finite() => {
                return (self.float(*double, 17, Place::JsonNumber), Outside::Number);
            }
            (_, Value::Float(float)) => special(f64::from(*float)),
            (_, Value::Double(double)) => special(*double),
            (_, Value::String(text)) => text.clone(),
            (Type::Named(id), value) => match (&self.schema.named[*id].shape, value) {
                (Shape::Enum(symbols), Value::Symbol(index)) => symbols[*index].clone(),
                (Shape::Fixed { size, .. }, Value::Unscaled(number)) => {
                    characters(&sign_extended(number, *size))
                }
                (_, Value::Duration(numbers)) => {
                    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                    characters(&bytes)
                }
                (_, Value::Bytes(bytes)) => characters(bytes),
                (shape, value) => unreachable!("{value:?} is not a scalar of {shape:?}"),
            },
            (_, Value::Bytes(bytes)) => characters(bytes),
            (_, Value::Unscaled(number)) => characters(&minimal_bytes(number)),
            (_, Value::Scaled(number, scale)) => {
                let unscaled = minimal_bytes(number);
                let length = u8::try_from(unscaled.len()).expect("60 digits fit in 255 bytes");
                let scale = u8::try_from(*scale).expect("a scale below 30");
                // Both are below 64, so they are one zig-zag byte each.
                let bytes = [&[length * 2][..], &unscaled, &[scale * 2]].concat();
                characters(&bytes)
            }
            (kind, value) => unreachable!("{value:?} is not a scalar of {kind:?}"),
        };
        (self.quoted(&text), Outside::Text)
    }
}

/// The bytes as characters from U+0000 to U+00FF.
fn characters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
