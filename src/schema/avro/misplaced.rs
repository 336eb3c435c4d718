//! Properties that stand where Avro gives them no meaning.
//!
//! The specification has them ignored, so the schema is valid; but a `logicalType` beside a field's type in place of
//! within it publishes text as bytes, or skips the check of a time. Nearly always something else was meant.

use std::collections::HashSet;
use std::fmt;

use serde_json::{Map, Value};

use super::Base;
use super::parse::{PRIMITIVES, logical};
use crate::nearest::near_miss_within;
use crate::schema::printable::printable;

/// A property without effect, and what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The field, with the fields around it: `leg.price`; empty for the schema's own type.
    pub path: String,
    /// What is the matter.
    pub fault: MisplacedFault,
}

/// Why a property has no effect. Text in it is fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MisplacedFault {
    /// A logical type beside the type in place of within it.
    BesideType {
        /// The logical type.
        logical: String,
        /// What the type is without it.
        plain: String,
    },
    /// A logical type on a type that it does not go with, or without what it needs.
    NotValid {
        /// The logical type.
        logical: String,
        /// What the type is without it.
        plain: String,
        /// What it needs.
        needs: &'static str,
    },
    /// A logical type that Avro does not have, with a name near to one that it has.
    Unknown {
        /// The logical type.
        logical: String,
        /// What the type is without it.
        plain: String,
        /// The one that was probably meant.
        near: String,
    },
    /// A precision or scale without a logical type.
    DigitsOnly {
        /// What the type is.
        plain: String,
    },
    /// A default within a type in place of beside it.
    DefaultWithinType,
    /// A property whose name is nearly `logicalType`.
    Misspelt {
        /// The property.
        property: String,
    },
}

impl fmt::Display for MisplacedFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BesideType { logical, plain } => write!(
                formatter,
                "`logicalType` `{logical}` is beside the type and has no effect: the values are plain {plain}; within \
                 the type it would have: \"type\": {{\"type\": ..., \"logicalType\": \"{logical}\"}}"
            ),
            Self::NotValid {
                logical,
                plain,
                needs,
            } => write!(
                formatter,
                "`logicalType` `{logical}` has no effect: the values are plain {plain}; it needs {needs}"
            ),
            Self::Unknown { logical, plain, near } => write!(
                formatter,
                "`logicalType` `{logical}` is not one of Avro's and has no effect: the values are plain {plain}; did \
                 you mean `{near}`?"
            ),
            Self::DigitsOnly { plain } => write!(
                formatter,
                "`precision` and `scale` have no effect without \"logicalType\": \"decimal\": the values are plain \
                 {plain}"
            ),
            Self::DefaultWithinType => formatter.write_str(
                "`default` is within the type and has no effect; a field's default is written beside its `type`",
            ),
            Self::Misspelt { property } => {
                write!(formatter, "`{property}` has no effect; the property is called `logicalType`")
            }
        }
    }
}

/// The logical types of Avro 1.12, with what each needs.
const LOGICAL_TYPES: [(&str, &str); 13] = [
    (
        "decimal",
        "bytes or a fixed that is large enough, a `precision` above 0 and a `scale` up to it",
    ),
    ("big-decimal", "bytes"),
    ("uuid", "string or a fixed of 16 bytes"),
    ("date", "int"),
    ("time-millis", "int"),
    ("time-micros", "long"),
    ("timestamp-millis", "long"),
    ("timestamp-micros", "long"),
    ("timestamp-nanos", "long"),
    ("local-timestamp-millis", "long"),
    ("local-timestamp-micros", "long"),
    ("local-timestamp-nanos", "long"),
    ("duration", "a fixed of 12 bytes"),
];

/// The named types that have a logical type, each with that type's name.
///
/// The names are without their namespaces: where two namespaces share a name, a warning too few is better than a wrong
/// one.
#[derive(Debug, Default)]
pub(super) struct NamedLogicalTypes(HashSet<(String, String)>);

impl NamedLogicalTypes {
    /// Takes in the types that a document defines. The parser has bounded its depth.
    fn add(&mut self, json: &Value) {
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

/// The properties without effect in a schema that is valid. It may name the types of the documents before it.
pub(super) fn find(schema: &Value, named: &mut NamedLogicalTypes) -> Vec<Misplaced> {
    named.add(schema);
    let mut found = Vec::new();
    look_at_type(schema, "", named, &mut found);
    found
}

/// Looks at a type, and at all that it holds. The parser has bounded its depth.
fn look_at_type(json: &Value, path: &str, named: &NamedLogicalTypes, found: &mut Vec<Misplaced>) {
    match json {
        Value::Array(branches) => branches
            .iter()
            .for_each(|branch| look_at_type(branch, path, named, found)),
        Value::Object(object) => look_at_object(object, path, named, found),
        _ => {}
    }
}

fn look_at_object(
    object: &Map<String, Value>,
    path: &str,
    named: &NamedLogicalTypes,
    found: &mut Vec<Misplaced>,
) {
    let mut add = |fault| {
        found.push(Misplaced {
            path: path.to_owned(),
            fault,
        });
    };
    let kind = object.get("type");
    if let Some(logical) = object.get("logicalType").and_then(Value::as_str)
        && let Some(fault) = logical_fault(object, logical, named)
    {
        add(fault);
    }
    if has_digits_only(object) {
        add(MisplacedFault::DigitsOnly { plain: plain(kind) });
    }
    // An enum's default is the symbol that stands for those that a reader does not know.
    if object.contains_key("default") && kind.and_then(Value::as_str) != Some("enum") {
        add(MisplacedFault::DefaultWithinType);
    }
    misspelt(object).for_each(add);
    for inner in ["items", "values"].iter().filter_map(|name| object.get(*name)) {
        look_at_type(inner, path, named, found);
    }
    match kind {
        Some(inner @ (Value::Object(_) | Value::Array(_))) => look_at_type(inner, path, named, found),
        _ => {
            let fields = object.get("fields").and_then(Value::as_array);
            for field in fields.into_iter().flatten().filter_map(Value::as_object) {
                look_at_field(field, path, named, found);
            }
        }
    }
}

fn look_at_field(
    field: &Map<String, Value>,
    around: &str,
    named: &NamedLogicalTypes,
    found: &mut Vec<Misplaced>,
) {
    let name = printable(field.get("name").and_then(Value::as_str).unwrap_or_default(), 100);
    let path = match around {
        "" => name,
        around => format!("{around}.{name}"),
    };
    let written = field.get("type");
    let mut add = |fault| {
        found.push(Misplaced {
            path: path.clone(),
            fault,
        });
    };
    // Beside a type that has a logical type of its own it does no harm.
    if let Some(logical) = field.get("logicalType").and_then(Value::as_str)
        && !has_logical_type(written, logical, named)
    {
        // One that Avro does not have is ignored within the type too.
        if is_known(logical) {
            add(MisplacedFault::BesideType {
                logical: printable(logical, 60),
                plain: plain(written),
            });
        } else if let Some(fault) = misspelt_logical_type(logical, written) {
            add(fault);
        }
    }
    if has_digits_only(field) && !has_logical_type(written, "decimal", named) {
        add(MisplacedFault::DigitsOnly {
            plain: plain(written),
        });
    }
    misspelt(field).for_each(add);
    if let Some(written) = written {
        look_at_type(written, &path, named, found);
    }
}

/// Why a type's logical type has no effect; none where it has one, or is somebody's own.
fn logical_fault(
    object: &Map<String, Value>,
    name: &str,
    named: &NamedLogicalTypes,
) -> Option<MisplacedFault> {
    let kind = object.get("type");
    let (written, plain) = (printable(name, 60), plain(kind));
    let needs = LOGICAL_TYPES.iter().find(|(known, _)| *known == name);
    let Some((_, needs)) = needs else {
        return misspelt_logical_type(name, kind);
    };
    let base = match kind {
        Some(Value::String(kind)) if kind == "fixed" => Some(fixed(object)),
        // A type within `type`, or the one that it names, is the type; what is beside it is not read.
        kind if has_logical_type(kind, name, named) => return None,
        Some(Value::String(kind)) => PRIMITIVES
            .iter()
            .find(|(primitive, _)| primitive == kind)
            .map(|(_, base)| base.clone()),
        _ => {
            return Some(MisplacedFault::BesideType {
                logical: written,
                plain,
            });
        }
    };
    match base {
        Some(base) if logical(object, &base).is_some() => None,
        _ => Some(MisplacedFault::NotValid {
            logical: written,
            plain,
            needs,
        }),
    }
}

fn fixed(object: &Map<String, Value>) -> Base {
    let size = object.get("size").and_then(Value::as_u64).unwrap_or_default();
    Base::Fixed {
        name: String::new(),
        size: size as usize,
    }
}

fn is_known(logical_type: &str) -> bool {
    LOGICAL_TYPES.iter().any(|(known, _)| *known == logical_type)
}

/// What is said of a logical type that Avro does not have; nothing where it is somebody's own.
fn misspelt_logical_type(name: &str, kind: Option<&Value>) -> Option<MisplacedFault> {
    // `timestamp-seconds` is a name of its own, not a slip of `timestamp-micros`.
    const SLIPS: usize = 2;
    let names = LOGICAL_TYPES.map(|(known, _)| known.to_owned());
    let near = near_miss_within(&name.replace('_', "-"), &names, SLIPS)?;
    Some(MisplacedFault::Unknown {
        logical: printable(name, 60),
        plain: plain(kind),
        near,
    })
}

/// Whether a type has a logical type written within it, or names a type that has `logical_type`.
fn has_logical_type(written: Option<&Value>, logical_type: &str, named: &NamedLogicalTypes) -> bool {
    let has = |inner| has_logical_type(inner, logical_type, named);
    match written {
        Some(Value::String(name)) => named.contains(name, logical_type),
        Some(Value::Object(object)) => object.contains_key("logicalType") || has(object.get("type")),
        Some(Value::Array(branches)) => branches.iter().any(|branch| has(Some(branch))),
        _ => false,
    }
}

/// Whether a precision or scale is there for nothing.
fn has_digits_only(object: &Map<String, Value>) -> bool {
    let has = |name: &str| object.contains_key(name);
    (has("precision") || has("scale")) && !has("logicalType") && misspelt(object).next().is_none()
}

fn misspelt(object: &Map<String, Value>) -> impl Iterator<Item = MisplacedFault> {
    let names = object.keys().filter(|name| {
        let plain: String = name.chars().filter(|letter| !"_- ".contains(*letter)).collect();
        *name != "logicalType" && plain.eq_ignore_ascii_case("logicaltype")
    });
    names.map(|name| MisplacedFault::Misspelt {
        property: printable(name, 60),
    })
}

/// A type in a few words, as it is without its logical type.
fn plain(written: Option<&Value>) -> String {
    match written {
        Some(Value::String(name)) => printable(name, 60),
        Some(Value::Object(object)) => plain(object.get("type")),
        Some(Value::Array(branches)) => {
            let branches: Vec<String> = branches.iter().map(|branch| plain(Some(branch))).collect();
            printable(&branches.join(" or "), 100)
        }
        _ => "values".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::AvroSchema;

    /// What is said of the fields of a record.
    fn said(fields: &str) -> Vec<String> {
        let text = format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#);
        let schema = AvroSchema::parse(&text, &[]).unwrap_or_else(|error| panic!("{fields}: {error}"));
        let found = schema.misplaced().iter();
        found
            .map(|found| format!("{}: {}", found.path, found.fault))
            .collect()
    }

    #[test]
    fn a_property_without_effect_is_named_with_its_field() {
        for (field, start) in [
            (
                r#"{"name": "v", "type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}"#,
                "v: `logicalType` `decimal` is beside the type and has no effect: the values are plain bytes;",
            ),
            (
                r#"{"name": "v", "type": ["null", "long"], "logicalType": "timestamp-millis"}"#,
                "v: `logicalType` `timestamp-millis` is beside the type and has no effect: the values are plain null or long;",
            ),
            (
                r#"{"name": "v", "type": {"type": "array", "items": "long"}, "logicalType": "timestamp-millis"}"#,
                "v: `logicalType` `timestamp-millis` is beside the type",
            ),
            (
                r#"{"name": "v", "type": {"type": ["null", "long"], "logicalType": "timestamp-millis"}}"#,
                "v: `logicalType` `timestamp-millis` is beside the type",
            ),
            (
                r#"{"name": "v", "type": {"type": "array", "items": "long", "logicalType": "date"}}"#,
                "v: `logicalType` `date` has no effect: the values are plain array; it needs int",
            ),
            (
                r#"{"name": "v", "type": {"type": "int", "logicalType": "timestamp-millis"}}"#,
                "v: `logicalType` `timestamp-millis` has no effect: the values are plain int; it needs long",
            ),
            (
                r#"{"name": "v", "type": {"type": "bytes", "logicalType": "decimal", "scale": 2}}"#,
                "v: `logicalType` `decimal` has no effect: the values are plain bytes; it needs bytes or a fixed that",
            ),
            (
                r#"{"name": "v", "type": {"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 9}}"#,
                "v: `logicalType` `decimal` has no effect: the values are plain fixed;",
            ),
            (
                r#"{"name": "v", "type": {"type": "long", "logicalType": "timestamp_millis"}}"#,
                "v: `logicalType` `timestamp_millis` is not one of Avro's and has no effect: the values are plain long; \
                 did you mean `timestamp-millis`?",
            ),
            (
                r#"{"name": "v", "type": {"type": "bytes", "precision": 9, "scale": 2}}"#,
                "v: `precision` and `scale` have no effect without",
            ),
            (
                r#"{"name": "v", "type": "long", "logicalType": "timestamp_millis"}"#,
                "v: `logicalType` `timestamp_millis` is not one of Avro's and has no effect: the values are plain long;",
            ),
            (
                r#"{"name": "v", "type": {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}},
                   {"name": "w", "type": "D", "logicalType": "decimal"}"#,
                "w: `logicalType` `decimal` is beside the type and has no effect: the values are plain D;",
            ),
            (
                r#"{"name": "v", "type": "bytes", "precision": 9}"#,
                "v: `precision` and `scale` have no effect without",
            ),
            (
                r#"{"name": "v", "type": {"type": "array", "items": "string", "default": []}}"#,
                "v: `default` is within the type and has no effect;",
            ),
            (
                r#"{"name": "v", "type": ["null", {"type": "string", "default": ""}]}"#,
                "v: `default` is within the type and has no effect;",
            ),
            (
                r#"{"name": "v", "type": {"type": "bytes", "logical_type": "decimal", "precision": 9}}"#,
                "v: `logical_type` has no effect; the property is called `logicalType`",
            ),
            (
                r#"{"name": "v", "type": {"type": "long", "logicalType": "date"}, "logicalType": "x"}"#,
                "v: `logicalType` `date` has no effect: the values are plain long; it needs int",
            ),
            (
                r#"{"name": "legs", "type": {"type": "array", "items": {"type": "record", "name": "Leg", "fields": [
                    {"name": "at", "type": "long", "logicaltype": "timestamp-millis"}]}}}"#,
                "legs.at: `logicaltype` has no effect;",
            ),
        ] {
            let said = said(field);
            assert!(said.len() == 1 && said[0].starts_with(start), "{field}: {said:?}");
        }
    }

    #[test]
    fn what_has_an_effect_or_is_somebodys_own_is_not_named() {
        for field in [
            r#"{"name": "v", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, "default": "a"}"#,
            r#"{"name": "v", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}, "default": "A"}"#,
            r#"{"name": "v", "type": {"type": {"type": "long", "logicalType": "timestamp-millis"}}}"#,
            r#"{"name": "v", "type": {"type": "string", "logicalType": "io.vendor.currency"}}"#,
            r#"{"name": "v", "type": {"type": "long", "logicalType": "timestamp-seconds"}}"#,
            r#"{"name": "v", "type": "long", "logicalType": "my-own"}"#,
            r#"{"name": "v", "type": "string", "doc": "d", "order": "ignore", "aliases": ["w"], "owner": {"default": 1}}"#,
            r#"{"name": "scale", "type": "int"}"#,
            r#"{"name": "v", "type": {"type": "map", "values": "string"}, "default": {"logicaltype": "x"}}"#,
        ] {
            assert_eq!(said(field), Vec::<String>::new(), "{field}");
        }
    }

    #[test]
    fn a_logical_type_beside_a_named_type_that_has_it_is_not_named() {
        let duration = r#"{"type": "fixed", "name": "n.D", "size": 12, "logicalType": "duration"}"#;
        let decimal =
            r#"{"type": "fixed", "name": "n.D", "size": 8, "logicalType": "decimal", "precision": 9}"#;
        for (defined, field) in [
            (duration, r#""type": "n.D", "logicalType": "duration""#),
            (duration, r#""type": ["null", "n.D"], "logicalType": "duration""#),
            (duration, r#""type": {"type": "n.D", "logicalType": "duration"}"#),
            (
                decimal,
                r#""type": "n.D", "logicalType": "decimal", "precision": 9"#,
            ),
            (decimal, r#""type": "n.D", "precision": 9"#),
        ] {
            let fields = format!(r#"{{"name": "v", "type": {defined}}}, {{"name": "w", {field}}}"#);
            assert_eq!(said(&fields), Vec::<String>::new(), "{field}");
            let text = format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "w", {field}}}]}}"#);
            let schema = AvroSchema::parse(&text, &[defined.to_owned()]).unwrap();
            assert_eq!(schema.misplaced(), [], "{field}, by reference");
        }
    }
}
