//! Which record holds which, seen in the schema's JSON before the Avro library reads it.
//!
//! The library resolves defaults while it parses and follows a record into itself for ever, which ends the
//! process; a record that must hold itself has no value at all. Both are found here. Everything else about the
//! schema (unknown names, wrong attributes) is left to the library, so this walk takes what it does not
//! understand for a leaf. It is recursive along the JSON, whose depth is bounded before (`nesting`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::parse::{SchemaError, SchemaErrorKind};
use super::printable::printable;

/// Resolving a default can go one call deeper with every record; a larger number could overflow the stack.
const MOST_RECORDS: usize = 1000;

/// Refuses records without end, and defaults that would be filled in without end.
pub(super) fn check(schema: &Value) -> Result<(), SchemaError> {
    let mut records = Records::default();
    records.shape(schema, "");
    if records.fields.len() > MOST_RECORDS {
        let why = format!(
            "holds {} record types, more than {MOST_RECORDS}",
            records.fields.len()
        );
        return Err(SchemaError::new(SchemaErrorKind::TooDeep, why));
    }
    records.refuse_records_without_end()?;
    records.refuse_defaults_without_end()
}

/// What of a type matters here.
enum Shape {
    Leaf,
    /// A name; a record's where `Records` has it.
    Named(String),
    Union(Vec<Shape>),
    Array(Box<Shape>),
    Map(Box<Shape>),
}

struct Field {
    name: String,
    shape: Shape,
    default: Option<Value>,
}

#[derive(Default)]
struct Records {
    fields: BTreeMap<String, Vec<Field>>,
    /// Other names of records.
    aliases: BTreeMap<String, String>,
}

impl Records {
    /// The shape of a type, with the records met on the way put in the table.
    fn shape(&mut self, schema: &Value, namespace: &str) -> Shape {
        match schema {
            Value::String(name) => self.shape_of_name(name, namespace),
            Value::Array(branches) => Shape::Union(
                branches
                    .iter()
                    .map(|branch| self.shape(branch, namespace))
                    .collect(),
            ),
            Value::Object(object) => match object.get("type") {
                Some(Value::String(kind)) => match kind.as_str() {
                    "record" => self.record(object, namespace),
                    "array" => Shape::Array(Box::new(self.inner(object, "items", namespace))),
                    "map" => Shape::Map(Box::new(self.inner(object, "values", namespace))),
                    "enum" | "fixed" => Shape::Leaf,
                    name => self.shape_of_name(name, namespace),
                },
                Some(inner) => self.shape(inner, namespace),
                None => Shape::Leaf,
            },
            _ => Shape::Leaf,
        }
    }

    fn shape_of_name(&self, name: &str, namespace: &str) -> Shape {
        match name {
            "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string" => Shape::Leaf,
            _ => Shape::Named(full_name(name, namespace)),
        }
    }

    fn inner(&mut self, object: &Map<String, Value>, attribute: &str, namespace: &str) -> Shape {
        object
            .get(attribute)
            .map_or(Shape::Leaf, |inner| self.shape(inner, namespace))
    }

    fn record(&mut self, object: &Map<String, Value>, enclosing: &str) -> Shape {
        let text = |attribute: &str| object.get(attribute).and_then(Value::as_str);
        let name = full_name(text("name").unwrap_or(""), text("namespace").unwrap_or(enclosing));
        let namespace = name
            .rsplit_once('.')
            .map_or("", |(namespace, _)| namespace)
            .to_string();
        for alias in object
            .get("aliases")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(alias) = alias.as_str() {
                self.aliases.insert(full_name(alias, &namespace), name.clone());
            }
        }
        for field in object
            .get("fields")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let shape = field
                .get("type")
                .map_or(Shape::Leaf, |inner| self.shape(inner, &namespace));
            let field_name = field
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_string();
            let field = Field {
                name: field_name,
                shape,
                default: field.get("default").cloned(),
            };
            self.fields.entry(name.clone()).or_default().push(field);
        }
        Shape::Named(name)
    }

    fn record_named<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a [Field])> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.fields
            .get_key_value(name)
            .map(|(name, fields)| (name.as_str(), fields.as_slice()))
    }

    /// A record ends when all its fields do; a union when one branch does. Starting from the records that end
    /// at once, more and more are seen to end; those left over never do.
    fn refuse_records_without_end(&self) -> Result<(), SchemaError> {
        let mut ending: BTreeSet<&str> = BTreeSet::new();
        loop {
            let before = ending.len();
            for (name, fields) in &self.fields {
                if !ending.contains(name.as_str())
                    && fields.iter().all(|field| self.ends(&field.shape, &ending))
                {
                    ending.insert(name);
                }
            }
            if ending.len() == before {
                break;
            }
        }
        for (name, fields) in &self.fields {
            if ending.contains(name.as_str()) {
                continue;
            }
            if let Some(field) = fields.iter().find(|field| !self.ends(&field.shape, &ending)) {
                let why = format!(
                    "no value of record `{}` can end: field `{}` leads back into it with no null, array or map on the way",
                    printable(name, 100),
                    printable(&field.name, 100)
                );
                return Err(SchemaError::new(SchemaErrorKind::WithoutEnd, why));
            }
        }
        Ok(())
    }

    fn ends(&self, shape: &Shape, ending: &BTreeSet<&str>) -> bool {
        match shape {
            Shape::Leaf | Shape::Array(_) | Shape::Map(_) => true,
            Shape::Union(branches) => {
                branches.is_empty() || branches.iter().any(|branch| self.ends(branch, ending))
            }
            Shape::Named(name) => self
                .record_named(name)
                .is_none_or(|(name, _)| ending.contains(name)),
        }
    }

    /// A default that builds a record which can hold itself may ask for that record's own default, and so on.
    fn refuse_defaults_without_end(&self) -> Result<(), SchemaError> {
        let recursive = self.recursive_records();
        for (name, fields) in &self.fields {
            for field in fields {
                let Some(default) = &field.default else { continue };
                if builds_nothing(default, &field.shape) {
                    continue;
                }
                if self
                    .reachable(&field.shape)
                    .iter()
                    .any(|name| recursive.contains(name))
                {
                    let why = format!(
                        "field `{}` of record `{}` has a default for a type that contains itself, which cannot be used",
                        printable(&field.name, 100),
                        printable(name, 100)
                    );
                    return Err(SchemaError::new(SchemaErrorKind::WithoutEnd, why));
                }
            }
        }
        Ok(())
    }

    fn recursive_records(&self) -> BTreeSet<&str> {
        let mut recursive = BTreeSet::new();
        for (name, fields) in &self.fields {
            if fields
                .iter()
                .any(|field| self.reachable(&field.shape).contains(name.as_str()))
            {
                recursive.insert(name.as_str());
            }
        }
        recursive
    }

    /// Every record that a value of this shape may hold.
    fn reachable<'a>(&'a self, shape: &'a Shape) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![shape];
        while let Some(shape) = open.pop() {
            match shape {
                Shape::Leaf => {}
                Shape::Array(inner) | Shape::Map(inner) => open.push(inner),
                Shape::Union(branches) => open.extend(branches),
                Shape::Named(name) => {
                    if let Some((name, fields)) = self.record_named(name)
                        && found.insert(name)
                    {
                        open.extend(fields.iter().map(|field| &field.shape));
                    }
                }
            }
        }
        found
    }
}

/// Whether a default is a plain value or an empty container, so that no record is made for it.
fn builds_nothing(default: &Value, shape: &Shape) -> bool {
    let first = match shape {
        Shape::Union(branches) => branches.first(),
        other => Some(other),
    };
    match default {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty() && matches!(first, Some(Shape::Map(_))),
        _ => true,
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.trim_start_matches('.').to_string()
    } else {
        format!("{namespace}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(schema: &str) -> Result<(), String> {
        check(&serde_json::from_str(schema).unwrap()).map_err(|error| error.to_string())
    }

    /// A record `x.Node` with one field.
    fn node(field: &str) -> Result<(), String> {
        judge(&format!(
            r#"{{"type": "record", "name": "Node", "namespace": "x", "fields": [{field}]}}"#
        ))
    }

    #[test]
    fn a_record_may_hold_itself_behind_a_union_an_array_or_a_map() {
        for field in [
            r#"{"name": "next", "type": ["null", "Node"], "default": null}"#,
            r#"{"name": "next", "type": ["x.Node", "null"]}"#,
            r#"{"name": "children", "type": {"type": "array", "items": "Node"}, "default": []}"#,
            r#"{"name": "children", "type": {"type": "map", "values": "Node"}, "default": {}}"#,
            r#"{"name": "unknown", "type": "Elsewhere"}"#,
        ] {
            assert_eq!(node(field), Ok(()), "{field}");
        }
    }

    #[test]
    fn a_record_that_must_hold_itself_is_refused() {
        for field in [
            r#"{"name": "next", "type": "Node"}"#,
            r#"{"name": "next", "type": "x.Node"}"#,
            r#"{"name": "next", "type": {"type": "Node"}}"#,
            r#"{"name": "next", "type": ["Node"]}"#,
            r#"{"name": "next", "type": {"type": "record", "name": "Other", "fields": [{"name": "back", "type": "Node"}]}}"#,
        ] {
            let error = node(field).unwrap_err();
            assert!(error.starts_with("no value of record `x."), "{error}");
        }
        let alias = r#"{"type": "record", "name": "Node", "aliases": ["Knot"],
            "fields": [{"name": "next", "type": "Knot"}]}"#;
        assert!(judge(alias).unwrap_err().contains("field `next` leads back"));
    }

    #[test]
    fn a_default_that_would_build_itself_for_ever_is_refused() {
        let error =
            node(r#"{"name": "next", "type": ["Node", {"type": "map", "values": "int"}], "default": {}}"#);
        assert!(
            error
                .unwrap_err()
                .starts_with("field `next` of record `x.Node` has a default for a type that")
        );
        let error = node(r#"{"name": "all", "type": {"type": "array", "items": "Node"}, "default": [{}]}"#);
        assert!(error.is_err());
        let plain = r#"{"name": "price", "type": {"type": "record", "name": "Price", "fields": [
            {"name": "value", "type": "int"}]}, "default": {"value": 1}}"#;
        assert_eq!(node(plain), Ok(()));
    }

    #[test]
    fn so_many_records_that_a_default_could_exhaust_the_stack_are_refused() {
        let mut fields =
            vec![r#"{"name": "f0", "type": {"type": "record", "name": "R0", "fields": []}}"#.to_string()];
        for number in 1..2000 {
            fields.push(format!(
                r#"{{"name": "f{number}", "type": {{"type": "record", "name": "R{number}", "fields": [
                    {{"name": "f", "type": "R{}", "default": {{}}}}]}}}}"#,
                number - 1
            ));
        }
        assert!(
            node(&fields.join(","))
                .unwrap_err()
                .ends_with("record types, more than 1000")
        );
    }
}
