//! Converts an Avro value and its schema to readable JSON: unions without wrapper, decimals and times as text.
//!
//! The schema is traversed along with the value because the value of a decimal does not include its scale. If the two
//! differ (apache-avro reads some truncated data as null), it is an error.

use apache_avro::Schema;
use apache_avro::schema::{DecimalSchema, NamesRef, NamespaceRef, RecordSchema};
use apache_avro::types::Value;
use serde_json::{Map, Number, Value as Json};

use super::logical;

/// Converts `value` to JSON; `names` are the named types of the whole schema, `namespace` is the namespace that
/// encloses `schema`.
pub(super) fn of_value(
    value: &Value,
    schema: &Schema,
    names: &NamesRef<'_>,
    namespace: NamespaceRef<'_>,
) -> Result<Json, String> {
    let inner = |value: &Value, schema: &Schema| of_value(value, schema, names, namespace);
    let json = match (value, schema) {
        (_, Schema::Ref { name }) => {
            let name = name.fully_qualified_name(namespace);
            let referred = names
                .get(name.as_ref())
                .ok_or_else(|| format!("no type is named {name}"))?;
            of_value(value, referred, names, name.namespace())?
        }
        (Value::Union(branch, value), Schema::Union(union)) => {
            let branch = union
                .variants()
                .get(*branch as usize)
                .ok_or("the union has no such branch")?;
            inner(value, branch)?
        }
        (Value::Record(values), Schema::Record(record)) => of_record(values, record, names, namespace)?,
        (Value::Array(items), Schema::Array(array)) => {
            let items: Result<Vec<Json>, String> =
                items.iter().map(|item| inner(item, &array.items)).collect();
            Json::Array(items?)
        }
        (Value::Map(entries), Schema::Map(map)) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            let mut object = Map::new();
            for (key, value) in sorted {
                object.insert(key.clone(), inner(value, &map.types)?);
            }
            Json::Object(object)
        }
        (Value::Decimal(decimal), Schema::Decimal(DecimalSchema { scale, .. })) => {
            let unscaled = Vec::<u8>::try_from(decimal).map_err(|_| "a decimal without bytes")?;
            Json::String(logical::decimal(&unscaled, *scale))
        }
        (Value::Null, Schema::Null) => Json::Null,
        (Value::Null, _) => return Err("the data ends too early".to_owned()),
        (value, _) => of_leaf(value)?,
    };
    Ok(json)
}

fn of_record(
    values: &[(String, Value)],
    record: &RecordSchema,
    names: &NamesRef<'_>,
    namespace: NamespaceRef<'_>,
) -> Result<Json, String> {
    let name = record.name.fully_qualified_name(namespace);
    let mut object = Map::new();
    for ((field_name, value), field) in values.iter().zip(&record.fields) {
        let json = of_value(value, &field.schema, names, name.namespace())
            .map_err(|reason| format!("field `{field_name}`: {reason}"))?;
        object.insert(field_name.clone(), json);
    }
    Ok(Json::Object(object))
}

/// Converts a value for which the schema is not needed.
fn of_leaf(value: &Value) -> Result<Json, String> {
    // A time outside the years that can be written remains a number.
    let text_or = |text: Option<String>, number: i64| text.map_or(Json::from(number), Json::String);
    Ok(match value {
        Value::Boolean(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Long(value) => Json::from(*value),
        // Converted through the shortest text, so that 0.1 does not become 0.10000000149011612.
        Value::Float(value) => number_or_text(value.to_string().parse().unwrap_or(f64::NAN)),
        Value::Double(value) => number_or_text(*value),
        Value::String(text) | Value::Enum(_, text) => Json::from(text.as_str()),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => Json::String(logical::hex(bytes)),
        Value::Uuid(uuid) => Json::String(uuid.to_string()),
        Value::BigDecimal(decimal) => Json::String(decimal.to_string()),
        Value::Duration(duration) => Json::String(logical::duration(duration)),
        Value::Date(days) => text_or(logical::date(*days), i64::from(*days)),
        Value::TimeMillis(time) => text_or(
            logical::time_of_day(i64::from(*time), logical::Unit::Millis),
            i64::from(*time),
        ),
        Value::TimeMicros(time) => text_or(logical::time_of_day(*time, logical::Unit::Micros), *time),
        Value::TimestampMillis(time) => text_or(logical::timestamp(*time, logical::Unit::Millis), *time),
        Value::TimestampMicros(time) => text_or(logical::timestamp(*time, logical::Unit::Micros), *time),
        Value::TimestampNanos(time) => text_or(logical::timestamp(*time, logical::Unit::Nanos), *time),
        Value::LocalTimestampMillis(time) => {
            text_or(logical::local_timestamp(*time, logical::Unit::Millis), *time)
        }
        Value::LocalTimestampMicros(time) => {
            text_or(logical::local_timestamp(*time, logical::Unit::Micros), *time)
        }
        Value::LocalTimestampNanos(time) => {
            text_or(logical::local_timestamp(*time, logical::Unit::Nanos), *time)
        }
        other => return Err(format!("{other:?} does not fit its schema")),
    })
}

/// JSON has no NaN or infinity, so these are shown as text.
fn number_or_text(value: f64) -> Json {
    Number::from_f64(value).map_or_else(|| Json::String(value.to_string()), Json::Number)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use apache_avro::schema::ResolvedSchema;
    use apache_avro::{Days, Decimal, Duration, Millis, Months, Uuid};
    use serde_json::json;

    use super::*;

    fn shown(schema: &str, value: &Value) -> Result<Json, String> {
        let schema = Schema::parse_str(schema).unwrap();
        let names = ResolvedSchema::new(&schema).unwrap();
        of_value(value, &schema, names.get_names(), None)
    }

    #[test]
    fn each_type_has_a_readable_form() {
        let duration = Duration::new(Months::new(1), Days::new(2), Millis::new(3004));
        for (schema, value, expected) in [
            (r#""null""#, Value::Null, Json::Null),
            (r#""boolean""#, Value::Boolean(true), json!(true)),
            (r#""int""#, Value::Int(-7), json!(-7)),
            (r#""long""#, Value::Long(i64::MIN), json!(i64::MIN)),
            (r#""float""#, Value::Float(0.1), json!(0.1)),
            (r#""double""#, Value::Double(f64::NEG_INFINITY), json!("-inf")),
            (r#""string""#, Value::String("BHP".into()), json!("BHP")),
            (r#""bytes""#, Value::Bytes(vec![0, 0xab]), json!("00ab")),
            (
                r#"{"type":"enum","name":"Side","symbols":["BUY"]}"#,
                Value::Enum(0, "BUY".into()),
                json!("BUY"),
            ),
            (
                r#"["null","long"]"#,
                Value::Union(1, Box::new(Value::Long(5))),
                json!(5),
            ),
            (
                r#"["null","long"]"#,
                Value::Union(0, Box::new(Value::Null)),
                Json::Null,
            ),
            (
                r#"{"type":"array","items":"int"}"#,
                Value::Array(vec![Value::Int(1)]),
                json!([1]),
            ),
            (
                r#"{"type":"map","values":"int"}"#,
                Value::Map(HashMap::from([
                    ("b".into(), Value::Int(1)),
                    ("a".into(), Value::Int(2)),
                ])),
                json!({"a": 2, "b": 1}),
            ),
            (
                r#"{"type":"bytes","logicalType":"decimal","precision":18,"scale":6}"#,
                Value::Decimal(Decimal::from(33_069_000_i64.to_be_bytes())),
                json!("33.069000"),
            ),
            (
                r#"{"type":"long","logicalType":"timestamp-millis"}"#,
                Value::TimestampMillis(1_394_445_605_516),
                json!("2014-03-10T10:00:05.516Z"),
            ),
            (
                r#"{"type":"string","logicalType":"uuid"}"#,
                Value::Uuid(Uuid::nil()),
                json!(Uuid::nil().to_string()),
            ),
            (
                r#"{"type":"fixed","name":"D","size":12,"logicalType":"duration"}"#,
                Value::Duration(duration),
                json!("P1M2DT3.004S"),
            ),
        ] {
            assert_eq!(shown(schema, &value), Ok(expected), "{schema}");
        }
    }

    #[test]
    fn named_types_are_resolved_in_their_namespace() {
        let schema = r#"{"type":"record","name":"Pair","namespace":"k2","fields":[
            {"name":"bid","type":{"type":"fixed","name":"Price","size":2,"logicalType":"decimal","precision":4,"scale":2}},
            {"name":"ask","type":["null","Price"]}]}"#;
        let price = Value::Decimal(Decimal::from([1, 0]));
        let pair = Value::Record(vec![
            ("bid".into(), price.clone()),
            ("ask".into(), Value::Union(1, Box::new(price))),
        ]);
        assert_eq!(shown(schema, &pair), Ok(json!({"bid": "2.56", "ask": "2.56"})));
    }

    #[test]
    fn null_in_place_of_a_value_is_an_error() {
        let schema = r#"{"type":"record","name":"T","fields":[{"name":"a","type":"string"}]}"#;
        let cut_off = Value::Record(vec![("a".into(), Value::Null)]);
        assert_eq!(
            shown(schema, &cut_off),
            Err("field `a`: the data ends too early".to_owned())
        );
    }
}
