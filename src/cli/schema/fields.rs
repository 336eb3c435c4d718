//! The fields of a schema in words, including those of nested records.

use serde_json::Value;

use crate::schema::{AvroSchema, Base, RegisteredSchema, SchemaField, TypeId, printable};

/// One field, escaped for a terminal.
pub(super) struct Field {
    /// Its path: `leg.ratio`, `legs[].ratio`.
    pub(super) path: String,
    /// The type in words.
    pub(super) words: String,
    /// The default as JSON, if there is one.
    pub(super) default: Option<Value>,
    /// The symbols of an enum, and the doc of the field.
    pub(super) remark: String,
    /// Whether it is a field of the root record.
    pub(super) is_top: bool,
}

/// A small recursive schema may contain a record in millions of ways.
const MAX_FIELDS: usize = 10_000;

/// The fields of the record in order, each followed by its nested fields; at most 10,000.
pub(super) fn fields(schema: &AvroSchema) -> Vec<Field> {
    let mut found = Vec::new();
    let record = schema.row_record().unwrap_or(schema.root());
    walk(schema, record, "", &mut vec![record], &mut found);
    found
}

fn walk(schema: &AvroSchema, record: TypeId, prefix: &str, open: &mut Vec<TypeId>, found: &mut Vec<Field>) {
    for field in schema.fields(record).unwrap_or(&[]) {
        if found.len() == MAX_FIELDS {
            return;
        }
        let path = format!("{prefix}{}", printable(&field.name, 200));
        let (inner, steps) = innermost(schema, field.type_id);
        found.push(described(schema, field, inner, path.clone(), prefix.is_empty()));
        // A recursive record is listed once.
        if schema.fields(inner).is_some() && !open.contains(&inner) {
            open.push(inner);
            walk(schema, inner, &format!("{path}{steps}."), open, found);
            open.pop();
        }
    }
}

fn described(schema: &AvroSchema, field: &SchemaField, inner: TypeId, path: String, is_top: bool) -> Field {
    let symbols = match &schema.get(inner).base {
        Base::Enum { symbols, .. } => Some(printable(&symbols.join(", "), 300)),
        _ => None,
    };
    let doc = field.doc.as_deref().map(|doc| printable(doc, 300));
    Field {
        path,
        words: schema.describe(field.type_id).to_string(),
        default: field.default.clone(),
        remark: symbols.into_iter().chain(doc).collect::<Vec<_>>().join("; "),
        is_top,
    }
}

/// The type of a field inside nullability, arrays and maps, and the steps to it.
fn innermost(schema: &AvroSchema, id: TypeId) -> (TypeId, String) {
    let (mut id, mut steps) = (id, String::new());
    loop {
        id = match schema.get(id).base {
            Base::Array(items) => {
                steps.push_str("[]");
                items
            }
            Base::Map(values) => {
                steps.push_str("{}");
                values
            }
            _ => match schema.nullable(id) {
                Some((other, _)) => other,
                None => return (id, steps),
            },
        };
    }
}

/// The doc of the record.
pub(super) fn record_doc(schema: &RegisteredSchema) -> Option<String> {
    let json: Value = serde_json::from_str(&schema.text).ok()?;
    Some(printable(json.get("doc")?.as_str()?, 500))
}
