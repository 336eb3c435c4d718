//! A value that fits, for every type: what stands in the examples of `schema show`.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{DecimalSchema, RecordSchema, UnionSchema, UuidSchema};
use serde_json::{Map, Value, json};

/// The named types of a schema, by their full names.
type Names<'a> = HashMap<String, &'a Schema>;

/// A record that fits, as JSON with its fields in the schema's order.
pub(super) fn example(schema: &Schema) -> Value {
    let mut names = HashMap::new();
    collect(schema, None, &mut names);
    Walk {
        names,
        open: Vec::new(),
    }
    .value(schema, None)
    .unwrap_or(Value::Null)
}

fn collect<'a>(schema: &'a Schema, namespace: Option<&str>, names: &mut Names<'a>) {
    match schema {
        Schema::Record(record) => {
            let fullname = record.name.fullname(namespace);
            let namespace = namespace_of(&fullname).map(str::to_owned);
            names.insert(fullname, schema);
            for field in &record.fields {
                collect(&field.schema, namespace.as_deref(), names);
            }
        }
        Schema::Enum(named) => {
            names.insert(named.name.fullname(namespace), schema);
        }
        Schema::Fixed(named) => {
            names.insert(named.name.fullname(namespace), schema);
        }
        Schema::Array(array) => collect(&array.items, namespace, names),
        Schema::Map(map) => collect(&map.types, namespace, names),
        Schema::Union(union) => {
            for branch in union.variants() {
                collect(branch, namespace, names);
            }
        }
        _ => {}
    }
}

fn namespace_of(fullname: &str) -> Option<&str> {
    fullname.rsplit_once('.').map(|(namespace, _)| namespace)
}

struct Walk<'a> {
    names: Names<'a>,
    /// The records that are being filled: one within itself is left out where that can be.
    open: Vec<String>,
}

impl Walk<'_> {
    /// A value of this type; none where it would have no end.
    fn value(&mut self, schema: &Schema, namespace: Option<&str>) -> Option<Value> {
        Some(match schema {
            Schema::Null => Value::Null,
            Schema::Boolean => Value::Bool(true),
            Schema::Int | Schema::Long => json!(1),
            Schema::Float | Schema::Double => json!(1.5),
            Schema::Decimal(decimal) => Value::String(decimal_text(decimal)),
            Schema::BigDecimal => json!("1.25"),
            Schema::TimestampMillis | Schema::TimestampMicros | Schema::TimestampNanos => {
                json!("2026-01-31T09:30:00Z")
            }
            Schema::LocalTimestampMillis | Schema::LocalTimestampMicros | Schema::LocalTimestampNanos => {
                json!("2026-01-31T09:30:00")
            }
            Schema::Date => json!("2026-01-31"),
            Schema::TimeMillis | Schema::TimeMicros => json!("09:30:00"),
            Schema::Uuid(UuidSchema::String | UuidSchema::Bytes | UuidSchema::Fixed(_)) => {
                json!("123e4567-e89b-12d3-a456-426614174000")
            }
            Schema::Duration(_) => json!("P1M2DT3S"),
            Schema::String => json!("text"),
            Schema::Bytes => json!(""),
            Schema::Fixed(fixed) => Value::String("0".repeat(fixed.size)),
            Schema::Enum(symbols) => json!(symbols.symbols.first()?),
            Schema::Array(array) => Value::Array(self.value(&array.items, namespace).into_iter().collect()),
            Schema::Map(map) => {
                let value = self.value(&map.types, namespace);
                Value::Object(value.map(|value| ("key".to_owned(), value)).into_iter().collect())
            }
            Schema::Union(union) => self.union(union, namespace)?,
            Schema::Record(record) => self.record(record, namespace)?,
            Schema::Ref { name } => {
                let fullname = name.fullname(namespace);
                let schema = *self.names.get(&fullname)?;
                self.value(schema, namespace_of(&fullname))?
            }
        })
    }

    fn record(&mut self, record: &RecordSchema, namespace: Option<&str>) -> Option<Value> {
        let fullname = record.name.fullname(namespace);
        if self.open.contains(&fullname) {
            return None;
        }
        self.open.push(fullname.clone());
        let fields: Option<Map<String, Value>> = record
            .fields
            .iter()
            .map(|field| {
                let value = match &field.default {
                    Some(default) if says_more(&field.schema, default) => default.clone(),
                    _ => self.value(&field.schema, namespace_of(&fullname))?,
                };
                Some((field.name.clone(), value))
            })
            .collect();
        self.open.pop();
        fields.map(Value::Object)
    }

    /// The first branch that says something; null only where nothing else has an end.
    fn union(&mut self, union: &UnionSchema, namespace: Option<&str>) -> Option<Value> {
        let branches = union.variants();
        for branch in branches.iter().filter(|branch| **branch != Schema::Null) {
            if let Some(value) = self.value(branch, namespace) {
                return Some(value);
            }
        }
        branches.contains(&Schema::Null).then_some(Value::Null)
    }
}

/// Whether a default makes a better example than a made-up value: `ASX` for an exchange.
fn says_more(schema: &Schema, default: &Value) -> bool {
    let is_plain = matches!(
        schema,
        Schema::String | Schema::Enum(_) | Schema::Boolean | Schema::Int | Schema::Long
    );
    is_plain && *default != json!("")
}

/// As many digits as the type keeps, but no more than two behind the point.
fn decimal_text(decimal: &DecimalSchema) -> String {
    let whole = if decimal.precision > decimal.scale {
        "1"
    } else {
        "0"
    };
    match decimal.scale {
        0 => whole.to_owned(),
        scale => format!("{whole}.{}", &"25"[..scale.min(2)]),
    }
}
