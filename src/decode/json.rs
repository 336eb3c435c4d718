//! Converts an Avro value and its schema to JSON, with every digit.
//!
//! The schema is traversed along with the value because the value of a decimal does not include its scale. If the two
//! differ (apache-avro reads some truncated data as null), it is an error.

use apache_avro::Schema;
use apache_avro::schema::{
    DecimalSchema, InnerDecimalSchema, NamesRef, NamespaceRef, RecordSchema, UnionSchema, UuidSchema,
};
use apache_avro::types::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value as Json, json};

use super::logical;

/// How values are written for which JSON has no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people: unions without wrappers, bytes as hex.
    Shown,
    /// As `encode` reads it: bytes as base64.
    Loadable(Wrappers),
}

/// Which values of unions are in a wrapper `{"branch": value}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrappers {
    /// Those whose branch does not follow from the value.
    WhereNeeded,
    None,
    /// All but null.
    All,
}

impl Wrappers {
    fn include(
        self,
        json: &Json,
        branch: &Schema,
        union: &UnionSchema,
        names: &NamesRef<'_>,
        namespace: NamespaceRef<'_>,
    ) -> bool {
        match self {
            Wrappers::WhereNeeded => needs_wrapper(json, branch, union, names, namespace),
            Wrappers::None => false,
            Wrappers::All => *json != Json::Null,
        }
    }
}

/// Converts values of one schema.
#[derive(Clone, Copy)]
pub(super) struct Converter<'s> {
    /// The named types of the whole schema.
    pub(super) names: &'s NamesRef<'s>,
    pub(super) form: Form,
}

impl Converter<'_> {
    /// Converts `value` to JSON; `namespace` is the namespace that encloses `schema`.
    pub(super) fn of_value(
        self,
        value: &Value,
        schema: &Schema,
        namespace: NamespaceRef<'_>,
    ) -> Result<Json, String> {
        let inner = |value: &Value, schema: &Schema| self.of_value(value, schema, namespace);
        let json = match (value, schema) {
            (_, Schema::Ref { name }) => {
                let name = name.fully_qualified_name(namespace);
                let referred = self
                    .names
                    .get(name.as_ref())
                    .ok_or_else(|| format!("no type is named {name}"))?;
                self.of_value(value, referred, name.namespace())?
            }
            (Value::Union(branch, value), Schema::Union(union)) => {
                let branch = union
                    .variants()
                    .get(*branch as usize)
                    .ok_or("the union has no such branch")?;
                let json = inner(value, branch)?;
                match self.form {
                    Form::Loadable(wrappers)
                        if wrappers.include(&json, branch, union, self.names, namespace) =>
                    {
                        let name = branch_name(branch, namespace);
                        let branch = resolved(branch, self.names, namespace);
                        json!({ name: unambiguous(json, value, branch) })
                    }
                    _ => json,
                }
            }
            (Value::Record(values), Schema::Record(record)) => self.of_record(values, record, namespace)?,
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
                Json::String(logical::decimal(&unscaled, *scale)?)
            }
            (Value::Null, Schema::Null) => Json::Null,
            (Value::Null, _) => return Err("the data ends too early".to_owned()),
            (value, _) => self.of_leaf(value)?,
        };
        Ok(json)
    }

    fn of_record(
        self,
        values: &[(String, Value)],
        record: &RecordSchema,
        namespace: NamespaceRef<'_>,
    ) -> Result<Json, String> {
        let name = record.name.fully_qualified_name(namespace);
        let mut object = Map::new();
        for ((field_name, value), field) in values.iter().zip(&record.fields) {
            let json = self
                .of_value(value, &field.schema, name.namespace())
                .map_err(|reason| format!("field `{field_name}`: {reason}"))?;
            object.insert(field_name.clone(), json);
        }
        Ok(Json::Object(object))
    }

    /// Converts a value for which the schema is not needed.
    fn of_leaf(self, value: &Value) -> Result<Json, String> {
        // A time outside the years that can be written remains a number.
        let text_or = |text: Option<String>, number: i64| text.map_or(Json::from(number), Json::String);
        Ok(match value {
            Value::Boolean(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Long(value) => Json::from(*value),
            Value::Float(value) => number_or_text(value.is_finite(), zmij::Buffer::new().format(*value)),
            Value::Double(value) => number_or_text(value.is_finite(), zmij::Buffer::new().format(*value)),
            Value::String(text) | Value::Enum(_, text) => Json::from(text.as_str()),
            Value::Bytes(bytes) | Value::Fixed(_, bytes) => Json::String(match self.form {
                Form::Shown => logical::hex(bytes),
                Form::Loadable(_) => STANDARD.encode(bytes),
            }),
            Value::Uuid(uuid) => Json::String(uuid.to_string()),
            Value::BigDecimal(decimal) => {
                let (unscaled, scale) = decimal.as_bigint_and_exponent();
                Json::String(logical::big_decimal(&unscaled, scale)?)
            }
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
}

/// JSON has no NaN or infinity, so these are texts. The shortest digits that read back are kept as they are: a float is
/// not printed as the double that is nearest to it.
fn number_or_text(is_finite: bool, digits: &str) -> Json {
    match digits.parse::<Number>() {
        Ok(number) if is_finite => Json::Number(number),
        _ => Json::from(match digits {
            "inf" => "Infinity",
            "-inf" => "-Infinity",
            _ => "NaN",
        }),
    }
}

/// Whether `encode` would not find the branch of a union from a bare value.
///
/// It reads a boolean as a boolean, text as a string if that is a branch, an array as the array, and an object as the
/// only record or map. A number has several candidates if there are several numeric branches.
fn needs_wrapper(
    json: &Json,
    branch: &Schema,
    union: &UnionSchema,
    names: &NamesRef<'_>,
    namespace: NamespaceRef<'_>,
) -> bool {
    let branches = || union.variants().iter().filter(|one| !matches!(one, Schema::Null));
    if branches().count() <= 1 {
        return false;
    }
    match json {
        Json::Null | Json::Bool(_) => false,
        Json::String(_) => !matches!(branch, Schema::String),
        Json::Number(_) => {
            let numeric = branches().filter(|one| reads_numbers(resolved(one, names, namespace)));
            numeric.count() > 1
        }
        Json::Array(_) => !matches!(branch, Schema::Array(_)),
        Json::Object(object) => {
            let is_like_wrapper = object.len() == 1
                && branches().any(|one| {
                    let (name, key) = (
                        branch_name(one, namespace),
                        object.keys().next().expect("it has one"),
                    );
                    name == *key || name.rsplit_once('.').is_some_and(|(_, short)| short == key)
                });
            let complex = branches().filter(|one| !is_scalar(one)).count();
            is_like_wrapper || complex > 1
        }
    }
}

/// The type that a reference names; every other type itself.
fn resolved<'s>(schema: &'s Schema, names: &NamesRef<'s>, namespace: NamespaceRef<'_>) -> &'s Schema {
    match schema {
        Schema::Ref { name } => {
            let name = name.fully_qualified_name(namespace);
            names.get(name.as_ref()).copied().unwrap_or(schema)
        }
        _ => schema,
    }
}

/// Whether a JSON number may be a value of this type.
fn reads_numbers(schema: &Schema) -> bool {
    !matches!(
        schema,
        Schema::Null
            | Schema::Boolean
            | Schema::String
            | Schema::Bytes
            | Schema::Enum(_)
            | Schema::Fixed(_)
            | Schema::Uuid(_)
            | Schema::Duration(_)
    ) && is_scalar(schema)
}

/// Whether values of this type are neither arrays nor objects in JSON. A reference is taken for a record.
fn is_scalar(schema: &Schema) -> bool {
    !matches!(
        schema,
        Schema::Record(_) | Schema::Map(_) | Schema::Array(_) | Schema::Ref { .. }
    )
}

/// A value within a wrapper. The text of a number or a duration could be its bytes as well (Avro's JSON encoding), so
/// these are written as numbers.
fn unambiguous(json: Json, value: &Value, branch: &Schema) -> Json {
    match (branch, value, json) {
        (Schema::Decimal(_) | Schema::BigDecimal, _, Json::String(digits)) => {
            match digits.parse::<Number>() {
                Ok(number) => Json::Number(number),
                Err(_) => Json::String(digits),
            }
        }
        (_, Value::Duration(duration), _) => json!([
            u32::from(duration.months()),
            u32::from(duration.days()),
            u32::from(duration.millis())
        ]),
        (_, _, json) => json,
    }
}

/// The name of a branch in Avro's JSON encoding: the full name of a named type, or else the name of the base type.
fn branch_name(branch: &Schema, namespace: NamespaceRef<'_>) -> String {
    let named = |name: &apache_avro::schema::Name| name.fully_qualified_name(namespace).to_string();
    let base = match branch {
        Schema::Record(record) => return named(&record.name),
        Schema::Enum(symbols) => return named(&symbols.name),
        Schema::Fixed(fixed)
        | Schema::Duration(fixed)
        | Schema::Uuid(UuidSchema::Fixed(fixed))
        | Schema::Decimal(DecimalSchema {
            inner: InnerDecimalSchema::Fixed(fixed),
            ..
        }) => return named(&fixed.name),
        Schema::Ref { name } => return named(name),
        Schema::Null => "null",
        Schema::Boolean => "boolean",
        Schema::Int | Schema::Date | Schema::TimeMillis => "int",
        Schema::Long
        | Schema::TimeMicros
        | Schema::TimestampMillis
        | Schema::TimestampMicros
        | Schema::TimestampNanos
        | Schema::LocalTimestampMillis
        | Schema::LocalTimestampMicros
        | Schema::LocalTimestampNanos => "long",
        Schema::Float => "float",
        Schema::Double => "double",
        Schema::Bytes | Schema::Decimal(_) | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => "bytes",
        Schema::String | Schema::Uuid(UuidSchema::String) => "string",
        Schema::Array(_) => "array",
        Schema::Map(_) => "map",
        Schema::Union(_) => "union",
    };
    base.to_owned()
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
        let converter = Converter {
            names: names.get_names(),
            form: Form::Shown,
        };
        converter.of_value(value, &schema, None)
    }

    #[test]
    fn each_type_has_a_readable_form() {
        let duration = Duration::new(Months::new(1), Days::new(2), Millis::new(3004));
        for (schema, value, expected) in [
            (r#""null""#, Value::Null, Json::Null),
            (r#""boolean""#, Value::Boolean(true), json!(true)),
            (r#""int""#, Value::Int(-7), json!(-7)),
            (r#""long""#, Value::Long(i64::MIN), json!(i64::MIN)),
            (
                r#""float""#,
                Value::Float(0.1),
                serde_json::from_str("0.1").unwrap(),
            ),
            (
                r#""double""#,
                Value::Double(f64::NEG_INFINITY),
                json!("-Infinity"),
            ),
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
    fn a_number_that_a_referred_type_could_read_too_is_in_a_wrapper() {
        let schema = r#"{"type":"record","name":"T","fields":[
            {"name":"a","type":{"type":"fixed","name":"D","size":1,"logicalType":"decimal","precision":1}},
            {"name":"b","type":["float","D"]},
            {"name":"c","type":["float","D"]}]}"#;
        let schema = Schema::parse_str(schema).unwrap();
        let names = ResolvedSchema::new(&schema).unwrap();
        let converter = Converter {
            names: names.get_names(),
            form: Form::Loadable(Wrappers::WhereNeeded),
        };
        let seven = Value::Decimal(Decimal::from([7]));
        let value = Value::Record(vec![
            ("a".into(), seven.clone()),
            ("b".into(), Value::Union(0, Box::new(Value::Float(0.0)))),
            ("c".into(), Value::Union(1, Box::new(seven))),
        ]);
        assert_eq!(
            converter.of_value(&value, &schema, None),
            Ok(json!({"a": "7", "b": {"float": 0.0}, "c": {"D": 7}}))
        );
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
