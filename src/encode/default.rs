//! A field's default, written in the schema as JSON, as its datum (Avro 1.12 specification, "Complex types", table of
//! field default values).

use serde_json::Value;

use super::avro_json;
use super::codec::{Codec, Codecs};
use super::error::RowErrorKind;
use super::float::{BinaryFloat, float};
use super::hint::Hint;
use super::scalar::{Origin, Scalar};
use super::union::short_name;
use super::wire::{put_bytes, put_long};
use crate::mapping::rules::Rules;
use crate::schema::{AvroSchema, Base, TypeId, printable};

/// A default, ready to be copied, or why it does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Datum {
    Fits(Box<[u8]>),
    /// The schema is still valid as long as no row needs the default.
    Unfit(UnfitDefault),
}

/// Why a default does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnfitDefault {
    /// What does not fit.
    pub(crate) why: String,
    /// The rule that would make it fit.
    pub(crate) hint: Option<Hint>,
}

/// A record's default may need the defaults of its fields, and so on, in a cycle.
const MAX_LEVELS: usize = 64;

/// Unions are tried branch by branch; this bounds the number of values examined for one default.
const MAX_STEPS: usize = 100_000;

/// A field of the schema with a default that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldWithUnfitDefault {
    /// The field, with the name of its record: `Leg.ratio`.
    pub field: String,
    /// Its type's description.
    pub wanted: String,
    /// What does not fit.
    pub why: String,
}

/// The fields with defaults that do not fit their types under the strict rules, in the schema's order.
pub fn unfit_defaults(schema: &AvroSchema) -> Vec<FieldWithUnfitDefault> {
    let codecs = Codecs::compile(schema, &Rules::default());
    let mut found = Vec::new();
    for (id, record) in schema.ids().zip(schema.types()) {
        let Base::Record { name, .. } = &record.base else {
            continue;
        };
        for field in codecs.fields(id.index()) {
            if let Some(Datum::Unfit(unfit)) = &field.default {
                found.push(FieldWithUnfitDefault {
                    field: format!("{}.{}", short_name(name).unwrap_or(name), field.name),
                    wanted: codecs.describe(field.codec).to_owned(),
                    why: unfit.why.clone(),
                });
            }
        }
    }
    found
}

/// The total size of a schema's defaults: a short default may expand to many others.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// The datum of `default` for a field of this type, of at most `room` bytes.
pub(super) fn datum(
    schema: &AvroSchema,
    codecs: &[Codec],
    id: TypeId,
    default: &Value,
    rules: &Rules,
    room: usize,
) -> Datum {
    let mut out = Vec::new();
    let mut defaults = Defaults {
        schema,
        codecs,
        rules,
        steps: 0,
        room,
    };
    let put = match defaults.put(id, default, 0, &mut out) {
        Ok(()) if out.len() > room => Err(Unfit::TooLarge),
        put => put,
    };
    let (why, hint) = match put {
        Ok(()) => return Datum::Fits(out.into()),
        Err(Unfit::Wrong(why)) => (why, None),
        Err(Unfit::LosesDigits(why)) => (why, Some(Hint::DefaultOrFloatNearest)),
        Err(Unfit::WithoutEnd) => ("it contains itself without end".to_owned(), None),
        Err(Unfit::TooLarge) => {
            let why = format!(
                "with the defaults before it, it takes more than {} MiB",
                MAX_BYTES >> 20
            );
            (why, None)
        }
    };
    Datum::Unfit(UnfitDefault { why, hint })
}

struct Defaults<'a> {
    schema: &'a AvroSchema,
    codecs: &'a [Codec],
    /// How numbers are read; a default is read like a cell.
    rules: &'a Rules,
    steps: usize,
    /// The maximum size in bytes.
    room: usize,
}

enum Unfit {
    Wrong(String),
    /// The number is not a float or a double.
    LosesDigits(String),
    TooLarge,
    WithoutEnd,
}

impl From<String> for Unfit {
    fn from(why: String) -> Unfit {
        Unfit::Wrong(why)
    }
}

impl Defaults<'_> {
    fn put(&mut self, id: TypeId, default: &Value, level: usize, out: &mut Vec<u8>) -> Result<(), Unfit> {
        self.steps += 1;
        if level > MAX_LEVELS || self.steps > MAX_STEPS {
            return Err(Unfit::WithoutEnd);
        }
        if out.len() > self.room {
            return Err(Unfit::TooLarge);
        }
        let schema = self.schema;
        let wrong = || Unfit::Wrong(format!("`{default}`"));
        if schema.get(id).logical.is_some() {
            return self.logical(id, default, out);
        }
        match &schema.get(id).base {
            Base::Null => default.as_null().ok_or_else(wrong)?,
            Base::Boolean => out.push(default.as_bool().ok_or_else(wrong)?.into()),
            Base::Int => {
                let value = default.as_i64().and_then(|value| i32::try_from(value).ok());
                put_long(value.ok_or_else(wrong)?.into(), out);
            }
            Base::Long => put_long(default.as_i64().ok_or_else(wrong)?, out),
            Base::Float => out.extend_from_slice(&self.number::<f32>(default)?.to_le_bytes()),
            Base::Double => out.extend_from_slice(&self.number::<f64>(default)?.to_le_bytes()),
            Base::String => put_bytes(default.as_str().ok_or_else(wrong)?.as_bytes(), out),
            Base::Bytes => put_bytes(&bytes_of(default).ok_or_else(wrong)?, out),
            Base::Fixed { size, .. } => {
                let bytes = bytes_of(default).filter(|bytes| bytes.len() == *size);
                out.extend_from_slice(&bytes.ok_or_else(wrong)?);
            }
            Base::Enum { .. } => {
                let symbol = default.as_str().ok_or_else(wrong)?;
                let Codec::Enum(symbols) = &self.codecs[id.index()] else {
                    unreachable!("an enum has no logical type")
                };
                symbols
                    .put(symbol.as_bytes(), out)
                    .map_err(|fault| fault.reason)?;
            }
            Base::Array(items) => {
                let values = default.as_array().ok_or_else(wrong)?;
                put_count(values.len(), out);
                for value in values {
                    self.put(*items, value, level + 1, out)?;
                }
                put_end(values.len(), out);
            }
            Base::Map(values) => {
                let entries = default.as_object().ok_or_else(wrong)?;
                put_count(entries.len(), out);
                for (key, value) in entries {
                    put_bytes(key.as_bytes(), out);
                    self.put(*values, value, level + 1, out)?;
                }
                put_end(entries.len(), out);
            }
            Base::Record { fields, .. } => {
                let entries = default.as_object().ok_or_else(wrong)?;
                for field in fields {
                    let value = entries.get(&field.name).or(field.default.as_ref());
                    let value = value.ok_or_else(|| format!("`{default}` lacks `{}`", field.name))?;
                    self.put(field.type_id, value, level + 1, out)?;
                }
            }
            Base::Union(branches) => self.put_branch(branches, default, level, out)?,
        }
        Ok(())
    }

    /// A value of a logical type, written as that of its base type.
    fn logical(&self, id: TypeId, default: &Value, out: &mut Vec<u8>) -> Result<(), Unfit> {
        let number;
        let (text, origin) = match default {
            Value::String(text) => (text.as_bytes(), Origin::JsonString),
            Value::Number(value) if value.is_i64() => {
                number = value.to_string();
                (number.as_bytes(), Origin::JsonNumber)
            }
            other => return Err(Unfit::Wrong(format!("`{other}`"))),
        };
        let scalar = Scalar {
            text,
            origin,
            utf8: true,
        };
        avro_json::put(&self.codecs[id.index()], scalar, self.rules, out).map_err(|fault| {
            Unfit::Wrong(match fault {
                Some(fault) => format!("`{default}`: {}", fault.reason),
                None => format!("`{default}`"),
            })
        })
    }

    /// Since Avro 1.12 the default may match any branch; before, it had to match the first.
    fn put_branch(
        &mut self,
        branches: &[TypeId],
        default: &Value,
        level: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        let start = out.len();
        let mut lost_digits = None;
        for (index, branch) in branches.iter().enumerate() {
            put_long(index as i64, out);
            match self.put(*branch, default, level + 1, out) {
                Err(Unfit::Wrong(_)) => {}
                // With both a float and a double branch, the double is nearer, so its fault says more.
                Err(Unfit::LosesDigits(why)) => lost_digits = Some(why),
                ended => return ended,
            }
            out.truncate(start);
        }
        Err(match lost_digits {
            Some(why) => Unfit::LosesDigits(why),
            None => Unfit::Wrong(format!("`{default}` matches no branch")),
        })
    }

    /// A float or a double, read by the rule for cells from its digits in the schema, all of which
    /// `serde_json` keeps (feature `arbitrary_precision`).
    fn number<F: BinaryFloat>(&self, default: &Value) -> Result<F, Unfit> {
        let Value::Number(number) = default else {
            return Err(Unfit::Wrong(format!("`{default}`")));
        };
        let text = number.to_string();
        float(text.as_bytes(), self.rules).map_err(|fault| {
            let why = format!("`{}`: {}", printable(&text, 100), fault.reason);
            match fault.kind {
                RowErrorKind::FloatPrecision => Unfit::LosesDigits(why),
                _ => Unfit::Wrong(why),
            }
        })
    }
}

fn put_count(count: usize, out: &mut Vec<u8>) {
    put_long(count as i64, out);
}

/// Ends an array or a map; the count 0 of an empty one already ends it.
fn put_end(count: usize, out: &mut Vec<u8>) {
    if count > 0 {
        out.push(0);
    }
}

/// Bytes are written in a schema as a string of code points up to 255.
fn bytes_of(default: &Value) -> Option<Vec<u8>> {
    let text = default.as_str()?;
    text.chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::datum_plan::DatumPlan;
    use crate::mapping::Mapping;
    use crate::schema::RegisteredSchema;

    /// The default of a field of this type.
    fn default_of(written: &str, default: &str) -> Result<Vec<u8>, String> {
        let text = format!(
            r#"{{"type": "record", "name": "R", "fields": [{{"name": "f", "type": {written}, "default": {default}}}]}}"#
        );
        let schema = RegisteredSchema::from_text("t", &text).unwrap();
        let plan = DatumPlan::compile(&Mapping::default().bind_keys(&schema).unwrap()).unwrap();
        match plan.fields()[0].default.clone().unwrap() {
            Datum::Fits(datum) => Ok(datum.into()),
            Datum::Unfit(unfit) => Err(unfit.why),
        }
    }

    #[test]
    fn defaults_of_every_type() {
        let decimal = r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}"#;
        let record = r#"{"type": "record", "name": "S", "fields": [
            {"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": "x"}]}"#;
        let table: &[(&str, &str, &[u8])] = &[
            (r#""null""#, "null", &[]),
            (r#""boolean""#, "true", &[1]),
            (r#""int""#, "-1", &[1]),
            (r#""long""#, "64", &[0x80, 0x01]),
            (r#""float""#, "1", &[0, 0, 0x80, 0x3f]),
            (r#""float""#, "0.1", &0.1f32.to_le_bytes()),
            (r#""float""#, "0.10000000149011612", &0.1f32.to_le_bytes()),
            (r#""double""#, "1E0", &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
            (r#""double""#, "-0", &(-0.0f64).to_le_bytes()),
            (
                r#""double""#,
                "18446744073709551616",
                &2f64.powi(64).to_le_bytes(),
            ),
            (r#""double""#, "1.0", &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
            (r#"["float", "int"]"#, "16777217", &[2, 0x82, 0x80, 0x80, 0x10]),
            (r#""bytes""#, r#""\u00ff\u0001""#, &[4, 0xff, 0x01]),
            (r#""string""#, r#""é""#, &[4, 0xc3, 0xa9]),
            // A number that JSON parsers easily get wrong in the last bit.
            (
                r#""double""#,
                "8.123221922614403e-66",
                &8.123_221_922_614_403e-66f64.to_le_bytes(),
            ),
            (decimal, r#""\u0002""#, &[2, 2]),
            (
                r#"{"type": "fixed", "name": "F", "size": 2}"#,
                r#""\u00ff\u0000""#,
                &[0xff, 0],
            ),
            (
                r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#,
                r#""B""#,
                &[2],
            ),
            (r#"{"type": "int", "logicalType": "date"}"#, "1", &[2]),
            (r#"{"type": "array", "items": "int"}"#, "[]", &[0]),
            (r#"{"type": "array", "items": "int"}"#, "[1, 2]", &[4, 2, 4, 0]),
            (
                r#"{"type": "map", "values": "int"}"#,
                r#"{"k": 1}"#,
                &[2, 2, b'k', 2, 0],
            ),
            (record, r#"{"a": 1}"#, &[2, 2, b'x']),
            (r#"["null", "int"]"#, "null", &[0]),
            (r#"["null", "int"]"#, "1", &[2, 2]),
            (r#"["int", "null"]"#, "null", &[2]),
            (r#"["int", "string", "null"]"#, r#""x""#, &[2, 2, b'x']),
        ];
        for (written, default, datum) in table {
            assert_eq!(
                default_of(written, default).as_deref(),
                Ok(*datum),
                "{written} {default}"
            );
        }
    }

    #[test]
    fn a_default_that_does_not_fit_says_why() {
        let decimal = r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}"#;
        for (written, default, why) in [
            (r#""int""#, "2147483648", "`2147483648`"),
            (r#""int""#, "1.5", "`1.5`"),
            (r#""string""#, "null", "`null`"),
            (
                r#""float""#,
                "16777217",
                "`16777217`: the nearest float is 16777216",
            ),
            (
                r#""float""#,
                "0.123456789123",
                "`0.123456789123`: the nearest float is 0.12345679",
            ),
            (
                r#""float""#,
                "1e39",
                "`1e+39`: must be between -3.4028235e+38 and 3.4028235e+38 (float)",
            ),
            (r#""float""#, r#""1""#, "`\"1\"`"),
            (
                r#""double""#,
                "12345678901234567890123",
                "`12345678901234567890123`: the nearest double is 1.2345678901234568e+22",
            ),
            (
                r#""float""#,
                "12345678901234567890123",
                "`12345678901234567890123`: the nearest float is 1.2345679e+22",
            ),
            (
                r#"["null", "double"]"#,
                "0.1234567890123456789",
                "`0.1234567890123456789`: the nearest double is 0.12345678901234568",
            ),
            (
                r#"{"type": "string", "logicalType": "uuid"}"#,
                r#""abc""#,
                "`\"abc\"`: expected 36 characters such as `f81d4fae-7dec-11d0-a765-00a0c91e6bf6` (uuid)",
            ),
            (
                decimal,
                r#""""#,
                "`\"\"`: a decimal of zero bytes is not a number",
            ),
            (
                decimal,
                r#""\u007f\u00ff""#,
                "`\"\u{7f}ÿ\"`: decimal(4, 2) allows 4 digits in total, 2 before the decimal point",
            ),
            (
                r#"{"type": "int", "logicalType": "time-millis"}"#,
                "90000000",
                "`90000000`: read as milliseconds since midnight, it is outside the day",
            ),
            (
                r#"{"type": "int", "logicalType": "time-millis"}"#,
                "-5",
                "`-5`: read as milliseconds since midnight, it is outside the day",
            ),
            (
                r#"{"type": "int", "logicalType": "date"}"#,
                r#""2014-03-10""#,
                "`\"2014-03-10\"`",
            ),
            (r#""double""#, "1e-400", "`1e-400`: the nearest double is 0"),
            (
                r#""double""#,
                "1e400",
                "`1e+400`: must be between -1.7976931348623157e+308 and 1.7976931348623157e+308 (double)",
            ),
            (
                r#""float""#,
                "18446744073709551617",
                "`18446744073709551617`: the nearest float is 18446744073709551616",
            ),
            (
                r#""double""#,
                "-9223372036854775809",
                "`-9223372036854775809`: the nearest double is -9223372036854775808",
            ),
            (r#""long""#, "9223372036854775808", "`9223372036854775808`"),
            (r#""int""#, "1e400", "`1e+400`"),
            (
                r#""double""#,
                "1679990340010084598",
                "`1679990340010084598`: the nearest double is 1679990340010084608",
            ),
            (
                r#"["null", "float", "double"]"#,
                "1679990340010084598",
                "`1679990340010084598`: the nearest double is 1679990340010084608",
            ),
            (
                r#"{"type": "array", "items": "float"}"#,
                "[1, 16777217]",
                "`16777217`: the nearest float is 16777216",
            ),
            (r#""bytes""#, r#""Ā""#, "`\"Ā\"`"),
            (
                r#"{"type": "fixed", "name": "F", "size": 2}"#,
                r#""x""#,
                "`\"x\"`",
            ),
            (r#"["null", "int"]"#, r#""null""#, "`\"null\"` matches no branch"),
            (
                r#"{"type": "record", "name": "S", "fields": [{"name": "a", "type": "int"}]}"#,
                "{}",
                "`{}` lacks `a`",
            ),
        ] {
            assert_eq!(
                default_of(written, default),
                Err(why.to_owned()),
                "{written} {default}"
            );
        }
    }

    #[test]
    fn a_default_that_expands_too_much_is_detected() {
        let text = "x".repeat(20_000);
        let record = format!(
            r#"{{"type": "array", "items": {{"type": "record", "name": "S", "fields": [
                {{"name": "a", "type": "string", "default": "{text}"}}]}}}}"#
        );
        let items = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
        assert!(default_of(&record, &items(800)).is_ok());
        assert_eq!(
            default_of(&record, &items(900)).unwrap_err(),
            "with the defaults before it, it takes more than 16 MiB"
        );
    }

    #[test]
    fn a_default_that_contains_itself_is_detected() {
        let node = r#"{"type": "record", "name": "Node", "fields": [
            {"name": "next", "type": ["Node", {"type": "map", "values": "int"}], "default": {}}]}"#;
        assert_eq!(
            default_of(node, "{}").unwrap_err(),
            "it contains itself without end"
        );
    }
}
