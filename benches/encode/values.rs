//! Encoding through values: each row becomes an `apache_avro::types::Value`, which is resolved against the schema and
//! written.
//!
//! apache-avro's `resolve` would turn a text into a decimal with the text's ASCII bytes. So decimals are converted from
//! their number here, timestamps from their instant, and so on, as a careful user of that library must do.

use std::str::FromStr;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::RecordField;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Decimal, Schema};
use bigdecimal::BigDecimal;
use serde_json::Value as Json;

pub(crate) struct ByValues {
    schema: Schema,
}

impl ByValues {
    pub(crate) fn new(text: &str) -> ByValues {
        ByValues {
            schema: Schema::parse_str(text).expect("the fixture is a schema"),
        }
    }

    pub(crate) fn writer(&self) -> GenericDatumWriter<'_> {
        GenericDatumWriter::builder(&self.schema)
            .build()
            .expect("the fixture is a schema")
    }

    pub(crate) fn write(&self, writer: &GenericDatumWriter<'_>, value: Value, out: &mut Vec<u8>) {
        out.clear();
        let resolved = value.resolve(&self.schema).expect("the value fits");
        writer.write_value(out, resolved).expect("the value fits");
    }

    pub(crate) fn decode(&self, mut datum: &[u8]) -> Value {
        GenericDatumReader::builder(&self.schema)
            .build()
            .and_then(|reader| reader.read_value(&mut datum))
            .expect("it was encoded with this schema")
    }

    fn fields(&self) -> &[RecordField] {
        match &self.schema {
            Schema::Record(record) => &record.fields,
            other => unreachable!("the fixture is a record: {other:?}"),
        }
    }

    pub(crate) fn of_cells(&self, header: &csv::StringRecord, record: &csv::StringRecord) -> Value {
        let of = |field: &RecordField| {
            let column = header.iter().position(|name| name == field.name);
            match column.map(|column| &record[column]) {
                None | Some("") => default(field),
                Some(cell) => match variant(&field.schema) {
                    Schema::Array(_) | Schema::Map(_) => {
                        let json = serde_json::from_str(cell).expect("the cell is JSON");
                        of_json(&field.schema, &json)
                    }
                    _ => in_union(&field.schema, of_text(variant(&field.schema), cell)),
                },
            }
        };
        Value::Record(
            self.fields()
                .iter()
                .map(|field| (field.name.clone(), of(field)))
                .collect(),
        )
    }

    pub(crate) fn of_json(&self, json: &Json) -> Value {
        let of = |field: &RecordField| match json.get(&field.name) {
            None => default(field),
            Some(json) => of_json(&field.schema, json),
        };
        Value::Record(
            self.fields()
                .iter()
                .map(|field| (field.name.clone(), of(field)))
                .collect(),
        )
    }
}

/// The type itself, or the other type of a union with null.
fn variant(schema: &Schema) -> &Schema {
    match schema {
        Schema::Union(union) => union
            .variants()
            .iter()
            .find(|variant| !matches!(variant, Schema::Null))
            .expect("a union of null and another type"),
        other => other,
    }
}

fn in_union(schema: &Schema, value: Value) -> Value {
    let Schema::Union(union) = schema else {
        return value;
    };
    let is_null = value == Value::Null;
    let branch = union
        .variants()
        .iter()
        .position(|variant| matches!(variant, Schema::Null) == is_null)
        .expect("a union of null and another type");
    Value::Union(branch as u32, Box::new(value))
}

/// The value of an empty cell or an absent key.
fn default(field: &RecordField) -> Value {
    match (&field.default, &field.schema) {
        (Some(default), schema) => of_json(schema, default),
        (None, Schema::Union(_)) => in_union(&field.schema, Value::Null),
        (None, _) => Value::String(String::new()),
    }
}

fn of_text(schema: &Schema, text: &str) -> Value {
    let instant = || jiff::Timestamp::from_str(text).expect("a time");
    match schema {
        Schema::String => Value::String(text.to_owned()),
        Schema::Uuid(_) => Value::Uuid(uuid::Uuid::parse_str(text).expect("a uuid")),
        Schema::Int => Value::Int(text.parse().expect("an int")),
        Schema::Long => Value::Long(text.parse().expect("a long")),
        Schema::TimestampMillis => Value::TimestampMillis(instant().as_millisecond()),
        Schema::TimestampMicros => Value::TimestampMicros(instant().as_microsecond()),
        Schema::Enum(symbols) => {
            let index = symbols.symbols.iter().position(|symbol| symbol == text);
            Value::Enum(index.expect("a symbol") as u32, text.to_owned())
        }
        Schema::Decimal(decimal) => {
            let number = BigDecimal::from_str(text).expect("a number");
            let (unscaled, _) = number.with_scale(decimal.scale as i64).into_bigint_and_scale();
            // `resolve` refuses fewer bytes than the precision may need, so the number is extended with its sign.
            let minimal = unscaled.to_signed_bytes_be();
            let sign = if minimal[0] >= 0x80 { 0xff } else { 0 };
            let mut bytes = vec![sign; 8usize.saturating_sub(minimal.len())];
            bytes.extend(minimal);
            Value::Decimal(Decimal::from(bytes))
        }
        other => unreachable!("the fixtures have no {other:?}"),
    }
}

fn of_json(schema: &Schema, json: &Json) -> Value {
    let value = match (variant(schema), json) {
        (_, Json::Null) => Value::Null,
        (Schema::Array(array), Json::Array(items)) => {
            Value::Array(items.iter().map(|item| of_json(&array.items, item)).collect())
        }
        (Schema::Map(map), Json::Object(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), of_json(&map.types, value)))
                .collect(),
        ),
        (schema, Json::String(text)) => of_text(schema, text),
        (schema, number) => of_text(schema, &number.to_string()),
    };
    in_union(schema, value)
}
