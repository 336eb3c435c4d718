//! The expected answer of a judge, computed from the value that was drawn and never from encoded data.
//!
//! There are two: at the level of base types, and as the meaning if a judge knows the logical type. Their format is that
//! of `tests/stack/java/Canonical.java` and `Logical.java`.

use num_bigint::BigInt;
use serde_json::{Map, Value as Json, json};

use super::schema::{Field, FixedLogical, Schema, Shape, Type, Unit};
use super::value::{Value, minimal_bytes, sign_extended};

/// Whether a judge knows a logical type, given by its row in the table.
pub(crate) type Knows<'a> = &'a dyn Fn(&str) -> bool;

/// The value as every judge must decode it.
pub(crate) fn base(schema: &Schema, value: &Value) -> Json {
    json_of(schema, &|_| false, &Type::Named(0), value)
}

/// The meaning that a judge must give.
pub(crate) fn meaning(schema: &Schema, knows: Knows<'_>, value: &Value) -> Json {
    json_of(schema, knows, &Type::Named(0), value)
}

fn json_of(schema: &Schema, knows: Knows<'_>, kind: &Type, value: &Value) -> Json {
    if let Some(text) = meaning_of(schema, kind, value).filter(|_| knows(&schema.row_of_the_table(kind))) {
        return text.into();
    }
    let with = |kind: &Type, value: &Value| json_of(schema, knows, kind, value);
    match (kind, value) {
        (Type::Unknown { base, .. }, value) => with(base, value),
        (_, Value::Null) => Json::Null,
        (_, Value::Boolean(boolean)) => (*boolean).into(),
        (_, Value::Integer(integer)) => (*integer).into(),
        (_, Value::Float(float)) if float.is_nan() => "NaN".into(),
        (_, Value::Float(float)) => format!("{:08x}", float.to_bits()).into(),
        (_, Value::Double(double)) if double.is_nan() => "NaN".into(),
        (_, Value::Double(double)) => format!("{:016x}", double.to_bits()).into(),
        (_, Value::String(text)) => text.as_str().into(),
        (Type::Array(items), Value::Array(values)) => values.iter().map(|value| with(items, value)).collect(),
        (Type::Map(kind), Value::Map(entries)) => entries
            .iter()
            .map(|(key, value)| (key.clone(), with(kind, value)))
            .collect::<Map<_, _>>()
            .into(),
        (Type::Union(branches), Value::Union(branch, value)) => {
            json!({schema.branch_name(&branches[*branch]): with(&branches[*branch], value)})
        }
        (Type::Named(id), Value::Record(values)) => schema
            .fields(*id)
            .iter()
            .zip(values)
            .map(|(field, value)| (field.name.clone(), with(&field.kind, written(field, value))))
            .collect::<Map<_, _>>()
            .into(),
        (Type::Named(id), Value::Symbol(index)) => match &schema.named[*id].shape {
            Shape::Enum(symbols) => symbols[*index].as_str().into(),
            other => unreachable!("a symbol of {other:?}"),
        },
        (kind, value) => hex(&base_bytes(schema, kind, value)).into(),
    }
}

/// The written value of a field: its value, or its default if the row omits it.
pub(crate) fn written<'a>(field: &'a Field, value: &'a Option<Value>) -> &'a Value {
    value
        .as_ref()
        .or(field.default.as_ref())
        .expect("only fields with a default are omitted")
}

/// The bytes of a value with bytes or fixed as its base type.
pub(crate) fn base_bytes(schema: &Schema, kind: &Type, value: &Value) -> Vec<u8> {
    match (kind, value) {
        (_, Value::Bytes(bytes)) => bytes.clone(),
        (Type::Decimal { .. }, Value::Unscaled(number)) => minimal_bytes(number),
        (Type::Named(id), Value::Unscaled(number)) => match &schema.named[*id].shape {
            Shape::Fixed { size, .. } => sign_extended(number, *size),
            other => unreachable!("a decimal of {other:?}"),
        },
        // As written by Java's BigDecimalConversion: the number's bytes with their length, then its scale.
        (_, Value::Scaled(number, scale)) => {
            let bytes = minimal_bytes(number);
            let mut all = zig_zag(bytes.len() as i64);
            all.extend(bytes);
            all.extend(zig_zag(i64::from(*scale)));
            all
        }
        (_, Value::Duration(numbers)) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        (kind, value) => unreachable!("no bytes: {value:?} of {kind:?}"),
    }
}

fn zig_zag(number: i64) -> Vec<u8> {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    let mut bytes = Vec::new();
    while left > 0x7f {
        bytes.push(left as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes
}

/// The meaning of a value with a logical type, as text.
fn meaning_of(schema: &Schema, kind: &Type, value: &Value) -> Option<String> {
    let scaled = |number: &BigInt, scale: i64| format!("{number}/{scale}");
    Some(match (kind, value) {
        (Type::Decimal { scale, .. }, Value::Unscaled(number)) => scaled(number, *scale as i64),
        (Type::BigDecimal, Value::Scaled(number, scale)) => scaled(number, i64::from(*scale)),
        (Type::Uuid, Value::String(text)) => text.to_lowercase(),
        (Type::Date, Value::Integer(days)) => days.to_string(),
        (Type::TimeMillis, Value::Integer(time)) => (time * Unit::Millis.nanos()).to_string(),
        (Type::TimeMicros, Value::Integer(time)) => (time * Unit::Micros.nanos()).to_string(),
        (Type::Timestamp(unit) | Type::LocalTimestamp(unit), Value::Integer(time)) => {
            let per_second = 1_000_000_000 / unit.nanos();
            let nanos = time.rem_euclid(per_second) * unit.nanos();
            format!("{}.{nanos:09}", time.div_euclid(per_second))
        }
        (Type::Named(id), value) => match (&schema.named[*id].shape, value) {
            (Shape::Fixed { logical, .. }, value) => match (logical, value) {
                (FixedLogical::Decimal { scale, .. }, Value::Unscaled(number)) => {
                    scaled(number, *scale as i64)
                }
                (FixedLogical::Uuid, Value::Bytes(bytes)) => {
                    let bytes = bytes.as_slice().try_into().expect("a uuid has 16 bytes");
                    super::value::uuid_text(u128::from_be_bytes(bytes), false)
                }
                (FixedLogical::Duration, Value::Duration([months, days, millis])) => {
                    format!("{months},{days},{millis}")
                }
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    })
}

/// The JSON of a field's default, according to the specification's table of defaults.
pub(crate) fn default_json(schema: &Schema, kind: &Type, value: &Value) -> Json {
    let of = |kind: &Type, value: &Value| default_json(schema, kind, value);
    match (kind, value) {
        (Type::Unknown { base, .. }, value) => of(base, value),
        (_, Value::Null) => Json::Null,
        (_, Value::Boolean(boolean)) => (*boolean).into(),
        (_, Value::Integer(integer)) => (*integer).into(),
        (_, Value::Float(float)) => f64::from(*float).into(),
        (_, Value::Double(double)) => (*double).into(),
        (_, Value::String(text)) => text.as_str().into(),
        (Type::Array(items), Value::Array(values)) => values.iter().map(|value| of(items, value)).collect(),
        (Type::Map(kind), Value::Map(entries)) => entries
            .iter()
            .map(|(key, value)| (key.clone(), of(kind, value)))
            .collect::<Map<_, _>>()
            .into(),
        (Type::Union(branches), Value::Union(branch, value)) => of(&branches[*branch], value),
        (Type::Named(id), Value::Record(values)) => schema
            .fields(*id)
            .iter()
            .zip(values)
            .map(|(field, value)| (field.name.clone(), of(&field.kind, written(field, value))))
            .collect::<Map<_, _>>()
            .into(),
        (Type::Named(id), Value::Symbol(index)) => match &schema.named[*id].shape {
            Shape::Enum(symbols) => symbols[*index].as_str().into(),
            other => unreachable!("a symbol of {other:?}"),
        },
        (kind, value) => base_bytes(schema, kind, value)
            .into_iter()
            .map(char::from)
            .collect::<String>()
            .into(),
    }
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
