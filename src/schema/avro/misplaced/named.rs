//! The named types with a logical type, and whether a type has a logical type through its name or within it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::schema::avro::Base;
use crate::schema::avro::parse::logical;

/// The named types that have a logical type, each with that type's name.
///
/// The names have no namespaces: if two namespaces share a name, a missing warning is better than a wrong one.
#[derive(Debug, Default)]
pub(in crate::schema::avro) struct NamedLogicalTypes(HashSet<(String, String)>);

impl NamedLogicalTypes {
    /// Adds the types that a document defines. The parser has limited its depth.
    pub(super) fn add(&mut self, json: &Value) {
        match json {
            Value::Array(values) => values.iter().for_each(|value| self.add(value)),
            Value::Object(object) => {
                let text = |property: &str| object.get(property).and_then(Value::as_str);
                if let (Some("fixed"), Some(name), Some(logical_type)) =
                    (text("type"), text("name"), text("logicalType"))
                    && logical(object, &fixed(object)).is_some()
                {
                    let name = without_namespace(name).to_owned();
                    self.0.insert((name, logical_type.to_owned()));
                }
                object.values().for_each(|value| self.add(value));
            }
            _ => {}
        }
    }

    fn contains(&self, name: &str, logical_type: &str) -> bool {
        let name = without_namespace(name).to_owned();
        self.0.contains(&(name, logical_type.to_owned()))
    }
}

fn without_namespace(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

/// Whether a type has a logical type written within it, or names a type that has `logical_type`.
pub(super) fn has_logical_type(
    written: Option<&Value>,
    logical_type: &str,
    named: &NamedLogicalTypes,
) -> bool {
    let has = |inner| has_logical_type(inner, logical_type, named);
    match written {
        Some(Value::String(name)) => named.contains(name, logical_type),
        Some(Value::Object(object)) => object.contains_key("logicalType") || has(object.get("type")),
        Some(Value::Array(branches)) => branches.iter().any(|branch| has(Some(branch))),
        _ => false,
    }
}

/// A fixed as its base type, without its name.
pub(super) fn fixed(object: &Map<String, Value>) -> Base {
    let size = object.get("size").and_then(Value::as_u64).unwrap_or_default();
    Base::Fixed {
        name: String::new(),
        size: size as usize,
    }
}
