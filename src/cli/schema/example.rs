//! A value that fits each type, for the examples of `schema show`.

use serde_json::{Map, Value, json};

use crate::schema::{AvroSchema, Base, Logical, SchemaField, Type, TypeId};

/// The flag that gives bytes a text form. The examples need it if a schema has bytes.
pub(super) const BYTES_FLAG: &str = "--bytes-encoding hex";

/// Larger examples are not shown, because a schema of a few bytes may describe values of gigabytes.
const MAX_CHARACTERS: usize = 64 * 1024;

/// Why there is no example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoExample {
    /// No value fits: an enum has no symbols, for example.
    NoValue,
    /// It would be too large to show.
    TooLarge,
}

/// A value that fits, as JSON; a record has its fields in the schema's order.
pub(super) fn example(schema: &AvroSchema) -> Result<Value, NoExample> {
    let mut walk = Walk {
        schema,
        open: Vec::new(),
        left: MAX_CHARACTERS,
    };
    let value = walk.value(schema.root());
    match walk.left {
        0 => Err(NoExample::TooLarge),
        _ => value.ok_or(NoExample::NoValue),
    }
}

/// Whether the examples need [`BYTES_FLAG`].
pub(super) fn needs_bytes_flag(schema: &AvroSchema) -> bool {
    let is_bytes =
        |found: &Type| found.logical.is_none() && matches!(found.base, Base::Bytes | Base::Fixed { .. });
    schema.types().iter().any(is_bytes)
}

struct Walk<'a> {
    schema: &'a AvroSchema,
    /// The records that are being filled: a recursive record is omitted if possible.
    open: Vec<TypeId>,
    /// How many characters the example may still grow by; 0 after it has become too large.
    left: usize,
}

impl Walk<'_> {
    /// A value of this type; none if it would be infinite or too large.
    fn value(&mut self, id: TypeId) -> Option<Value> {
        let Type { base, logical, .. } = self.schema.get(id);
        let size = match base {
            Base::Fixed { size, .. } if logical.is_none() => size.saturating_mul(2),
            _ => 1,
        };
        self.take(size)?;
        if let Some(logical) = logical {
            return Some(Value::String(logical_text(*logical)));
        }
        Some(match base {
            Base::Null => Value::Null,
            Base::Boolean => Value::Bool(true),
            Base::Int | Base::Long => json!(1),
            Base::Float | Base::Double => json!(1.5),
            Base::String => json!("text"),
            Base::Bytes => json!("00ff"),
            Base::Fixed { size, .. } => Value::String("00".repeat(*size)),
            Base::Enum { symbols, .. } => json!(symbols.first()?),
            Base::Array(items) => Value::Array(self.value(*items).into_iter().collect()),
            Base::Map(values) => {
                let value = self.value(*values).map(|value| ("key".to_owned(), value));
                Value::Object(value.into_iter().collect())
            }
            Base::Union(branches) => self.union(branches)?,
            Base::Record { fields, .. } => {
                if self.open.contains(&id) {
                    return None;
                }
                self.open.push(id);
                let record = self.record(fields);
                self.open.pop();
                record?
            }
        })
    }

    fn take(&mut self, characters: usize) -> Option<()> {
        self.left = self.left.saturating_sub(characters);
        (self.left > 0).then_some(())
    }

    fn record(&mut self, fields: &[SchemaField]) -> Option<Value> {
        let mut record = Map::new();
        for field in fields {
            self.take(field.name.len())?;
            let value = match &field.default {
                Some(default) if self.says_more(field.type_id, default) => {
                    self.take(default.as_str().map_or(1, str::len))?;
                    default.clone()
                }
                _ => self.value(field.type_id)?,
            };
            record.insert(field.name.clone(), value);
        }
        Some(Value::Object(record))
    }

    /// The first branch that has a value; null only if no other branch has a finite one. If there are several branches
    /// besides null, the branch is named, as in Avro's own JSON form.
    fn union(&mut self, branches: &[TypeId]) -> Option<Value> {
        let schema = self.schema;
        let is_null = |branch: &TypeId| schema.get(*branch).base == Base::Null;
        let others: Vec<TypeId> = branches
            .iter()
            .copied()
            .filter(|branch| !is_null(branch))
            .collect();
        for branch in &others {
            let Some(value) = self.value(*branch) else {
                continue;
            };
            return Some(match others.len() {
                1 => value,
                _ => json!({ schema.branch_name(*branch): self.in_wrapper(*branch, value) }),
            });
        }
        branches.iter().any(is_null).then_some(Value::Null)
    }

    /// A decimal as a number: within a wrapper its text could be read as bytes, as in Avro's own JSON form.
    fn in_wrapper(&self, id: TypeId, value: Value) -> Value {
        match (self.schema.get(id).logical, value.as_str()) {
            (Some(Logical::Decimal { .. } | Logical::BigDecimal), Some(text)) => {
                json!(text.parse::<f64>().expect("the example is a number"))
            }
            _ => value,
        }
    }

    /// Whether a default fits and is a better example than an invented value: `ASX` for an exchange.
    fn says_more(&self, id: TypeId, default: &Value) -> bool {
        let Type { base, logical, .. } = self.schema.get(id);
        let fits = match base {
            Base::String => default.as_str().is_some_and(|text| !text.is_empty()),
            Base::Enum { symbols, .. } => default
                .as_str()
                .is_some_and(|symbol| symbols.iter().any(|known| known == symbol)),
            Base::Boolean => default.is_boolean(),
            Base::Int => default
                .as_i64()
                .is_some_and(|number| i32::try_from(number).is_ok()),
            Base::Long => default.is_i64(),
            _ => false,
        };
        fits && logical.is_none()
    }
}

fn logical_text(logical: Logical) -> String {
    let text = match logical {
        Logical::Decimal { precision, scale } => return decimal_text(precision, scale),
        Logical::BigDecimal => "1.25",
        Logical::Uuid => "123e4567-e89b-12d3-a456-426614174000",
        Logical::Date => "2026-01-31",
        Logical::TimeOfDay(_) => "09:30:00",
        Logical::Timestamp(_) => "2026-01-31T09:30:00Z",
        Logical::LocalTimestamp(_) => "2026-01-31T09:30:00",
        Logical::Duration => "P1M2DT3S",
    };
    text.to_owned()
}

/// As many digits as the type allows, but no more than two after the decimal point.
fn decimal_text(precision: usize, scale: usize) -> String {
    let whole = if precision > scale { "1" } else { "0" };
    match scale {
        0 => whole.to_owned(),
        scale => format!("{whole}.{}", &"25"[..scale.min(2)]),
    }
}

/// The example as CSV: each column's name and its cell.
pub(super) fn cells(schema: &AvroSchema, example: &Value) -> Vec<(String, String)> {
    let fields = schema.row_fields().unwrap_or(&[]);
    let cell = |field: &SchemaField| {
        let value = &example[field.name.as_str()];
        match value {
            // A cell with a scalar cannot name its branch.
            Value::Object(wrapper) if is_wrapped(schema, field.type_id) => {
                let inner = wrapper.values().next().filter(|inner| !has_parts(inner));
                cell_text(inner.unwrap_or(value))
            }
            _ => cell_text(value),
        }
    };
    fields
        .iter()
        .map(|field| (field.name.clone(), cell(field)))
        .collect()
}

fn is_wrapped(schema: &AvroSchema, id: TypeId) -> bool {
    matches!(schema.get(id).base, Base::Union(_)) && schema.nullable(id).is_none()
}

fn has_parts(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// Null is the empty cell; arrays and objects are JSON.
fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
