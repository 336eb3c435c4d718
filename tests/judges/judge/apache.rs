//! The apache-avro crate as a judge, in this process.

use std::collections::HashMap;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::InnerDecimalSchema;
use apache_avro::types::Value;
use apache_avro::{Decimal, Schema};
use num_bigint::BigInt;
use serde_json::{Map, Value as Json, json};

use super::{Judge, Question, Verdict};
use crate::pairs::hex;

#[derive(Default)]
pub(crate) struct ApacheAvro {
    schemas: Option<Result<Schemas, String>>,
}

/// The schema without its logical types, and unchanged.
struct Schemas {
    base: Schema,
    full: Schema,
}

impl Schemas {
    fn parse(text: &str) -> Result<Schemas, String> {
        let full = Schema::parse_str(text).map_err(|error| error.to_string())?;
        let mut json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        strip(&mut json);
        let base = Schema::parse_str(&json.to_string()).map_err(|error| error.to_string())?;
        Ok(Schemas { base, full })
    }
}

/// Removes the logical types from a schema. Custom properties are skipped, because their values are not schemas.
fn strip(schema: &mut Json) {
    match schema {
        Json::Array(branches) => branches.iter_mut().for_each(strip),
        Json::Object(attributes) => {
            attributes.remove("logicalType");
            for key in ["type", "items", "values"] {
                if let Some(inner) = attributes.get_mut(key) {
                    strip(inner);
                }
            }
            if let Some(Json::Array(fields)) = attributes.get_mut("fields") {
                for field in fields {
                    strip(&mut field["type"]);
                }
            }
        }
        _ => {}
    }
}

impl Judge for ApacheAvro {
    fn judge(&mut self, questions: &[Question<'_>]) -> Vec<Verdict> {
        questions.iter().map(|question| self.answer(question)).collect()
    }
}

impl ApacheAvro {
    fn answer(&mut self, question: &Question<'_>) -> Verdict {
        match question {
            Question::Schema(text) => {
                let schemas = Schemas::parse(text);
                let error = schemas.as_ref().err().cloned();
                self.schemas = Some(schemas);
                Verdict {
                    error,
                    ..Verdict::default()
                }
            }
            Question::Datum(datum) => {
                let schemas = self.schemas.as_ref().expect("a schema comes first");
                let (value, left) = match schemas
                    .as_ref()
                    .map_err(String::clone)
                    .and_then(|schemas| decode(&schemas.base, datum))
                {
                    Ok(decoded) => decoded,
                    Err(error) => {
                        return Verdict {
                            error: Some(error),
                            ..Verdict::default()
                        };
                    }
                };
                let full = &schemas.as_ref().expect("the schema was parsed").full;
                let meaning = decode(full, datum);
                Verdict {
                    value,
                    left,
                    no_meaning: meaning.as_ref().err().cloned(),
                    meaning: meaning.ok().map(|(value, _)| value),
                    ..Verdict::default()
                }
            }
        }
    }
}

/// The value, and the number of unread bytes.
fn decode(schema: &Schema, datum: &[u8]) -> Result<(Json, u64), String> {
    let mut rest = datum;
    let value = GenericDatumReader::builder(schema)
        .build()
        .and_then(|reader| reader.read_value(&mut rest))
        .map_err(|error| error.to_string())?;
    let mut names = HashMap::new();
    collect(schema, &mut names);
    Ok((Printer { names }.print(schema, value), rest.len() as u64))
}

/// Collects the named types by full name.
fn collect<'a>(schema: &'a Schema, names: &mut HashMap<String, &'a Schema>) {
    if let Some(name) = schema.name()
        && !matches!(schema, Schema::Ref { .. })
    {
        names.insert(name.fullname(None), schema);
    }
    match schema {
        Schema::Array(array) => collect(&array.items, names),
        Schema::Map(map) => collect(&map.types, names),
        Schema::Union(union) => union.variants().iter().for_each(|branch| collect(branch, names)),
        Schema::Record(record) => record
            .fields
            .iter()
            .for_each(|field| collect(&field.schema, names)),
        _ => {}
    }
}

struct Printer<'a> {
    names: HashMap<String, &'a Schema>,
}

impl Printer<'_> {
    fn print(&self, schema: &Schema, value: Value) -> Json {
        if let Schema::Ref { name } = schema {
            return self.print(self.names[&name.fullname(None)], value);
        }
        match (schema, value) {
            (_, Value::Null) => Json::Null,
            (_, Value::Boolean(boolean)) => boolean.into(),
            (_, Value::Int(integer)) => integer.into(),
            (_, Value::Long(integer)) => integer.into(),
            (_, Value::Float(float)) if float.is_nan() => "NaN".into(),
            (_, Value::Float(float)) => format!("{:08x}", float.to_bits()).into(),
            (_, Value::Double(double)) if double.is_nan() => "NaN".into(),
            (_, Value::Double(double)) => format!("{:016x}", double.to_bits()).into(),
            (_, Value::Bytes(bytes) | Value::Fixed(_, bytes)) => hex(&bytes).into(),
            (_, Value::String(text) | Value::Enum(_, text)) => text.into(),
            (Schema::Union(union), Value::Union(index, value)) => {
                let branch = &union.variants()[index as usize];
                json!({branch_name(branch): self.print(branch, *value)})
            }
            (Schema::Array(array), Value::Array(items)) => items
                .into_iter()
                .map(|item| self.print(&array.items, item))
                .collect(),
            (Schema::Map(map), Value::Map(entries)) => entries
                .into_iter()
                .map(|(key, value)| (key, self.print(&map.types, value)))
                .collect::<Map<_, _>>()
                .into(),
            (Schema::Record(record), Value::Record(values)) => record
                .fields
                .iter()
                .zip(values)
                .map(|(field, (name, value))| (name, self.print(&field.schema, value)))
                .collect::<Map<_, _>>()
                .into(),
            (Schema::Decimal(decimal), Value::Decimal(value)) => {
                format!("{}/{}", number(value), decimal.scale).into()
            }
            (_, Value::BigDecimal(value)) => {
                let (number, scale) = value.as_bigint_and_exponent();
                format!("{number}/{scale}").into()
            }
            (_, Value::Uuid(uuid)) => uuid.to_string().into(),
            (_, Value::Date(days)) => days.to_string().into(),
            (_, Value::TimeMillis(time)) => (i64::from(time) * 1_000_000).to_string().into(),
            (_, Value::TimeMicros(time)) => (i128::from(time) * 1000).to_string().into(),
            (_, Value::TimestampMillis(time) | Value::LocalTimestampMillis(time)) => instant(time, 1_000),
            (_, Value::TimestampMicros(time) | Value::LocalTimestampMicros(time)) => instant(time, 1_000_000),
            (_, Value::TimestampNanos(time) | Value::LocalTimestampNanos(time)) => {
                instant(time, 1_000_000_000)
            }
            (_, Value::Duration(duration)) => format!(
                "{},{},{}",
                u32::from(duration.months()),
                u32::from(duration.days()),
                u32::from(duration.millis())
            )
            .into(),
            (schema, value) => panic!("apache-avro gives {value:?} for {schema:?}"),
        }
    }
}

fn number(decimal: Decimal) -> BigInt {
    decimal.into()
}

fn instant(time: i64, per_second: i64) -> Json {
    let nanos = time.rem_euclid(per_second) * (1_000_000_000 / per_second);
    format!("{}.{nanos:09}", time.div_euclid(per_second)).into()
}

/// The name of a branch in Avro's JSON encoding.
fn branch_name(schema: &Schema) -> String {
    if let Some(name) = schema.name() {
        return name.fullname(None);
    }
    match schema {
        Schema::Null => "null",
        Schema::Boolean => "boolean",
        Schema::Int | Schema::Date | Schema::TimeMillis => "int",
        Schema::Float => "float",
        Schema::Double => "double",
        Schema::Bytes | Schema::BigDecimal => "bytes",
        Schema::Decimal(decimal) if matches!(decimal.inner, InnerDecimalSchema::Bytes) => "bytes",
        Schema::String | Schema::Uuid(_) => "string",
        Schema::Array(_) => "array",
        Schema::Map(_) => "map",
        _ => "long",
    }
    .to_owned()
}
