//! Properties in places where they have no meaning in Avro.
//!
//! According to the specification they are ignored, so the schema is valid. But a `logicalType` beside the type of a
//! field instead of within it publishes text as bytes, or skips the check of a time. It is nearly always a mistake.

mod fault;
mod logical_type;
mod misspelt;
mod named;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use self::fault::{Misplaced, MisplacedFault};
use self::logical_type::{is_known, logical_fault, misspelt_logical_type};
use self::misspelt::{Part, has_misspelt_logical_type, misspelt};
pub(super) use self::named::NamedLogicalTypes;
use self::named::has_logical_type;
use crate::schema::printable::printable;

/// The properties without effect in a valid schema, which may refer to types of the documents before it.
pub(super) fn find(schema: &Value, named: &mut NamedLogicalTypes) -> Vec<Misplaced> {
    named.add(schema);
    let mut found = Vec::new();
    look_at_type(schema, "", named, &mut found);
    found
}

/// Examines a type and everything in it. The parser has limited its depth.
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
        add(digits_only(kind));
    }
    // The default of an enum is the symbol that readers use for unknown symbols.
    if object.contains_key("default") && kind.and_then(Value::as_str) != Some("enum") {
        add(MisplacedFault::DefaultWithinType);
    }
    misspelt(object, Part::Type).into_iter().for_each(add);
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
    // Beside a type with its own logical type it is harmless.
    if let Some(logical) = field.get("logicalType").and_then(Value::as_str)
        && !has_logical_type(written, logical, named)
    {
        // An unknown logical type is ignored within the type too.
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
        add(digits_only(written));
    }
    misspelt(field, Part::Field).into_iter().for_each(add);
    if let Some(written) = written {
        look_at_type(written, &path, named, found);
    }
}

/// Whether a precision or scale has no effect.
fn has_digits_only(object: &Map<String, Value>) -> bool {
    let has = |name: &str| object.contains_key(name);
    (has("precision") || has("scale")) && !has("logicalType") && !has_misspelt_logical_type(object)
}

/// The fault of a precision or scale of this type, which has no logical type.
fn digits_only(written: Option<&Value>) -> MisplacedFault {
    let plain = plain(written);
    match may_be_decimal(written) {
        true => MisplacedFault::DigitsOnly { plain },
        false => MisplacedFault::DigitsOfOtherType { plain },
    }
}

/// Whether a type is bytes or a fixed, or has such a branch. A name may be that of a fixed.
fn may_be_decimal(written: Option<&Value>) -> bool {
    match written {
        Some(Value::String(name)) => {
            const OTHERS: [&str; 12] = [
                "null", "boolean", "int", "long", "float", "double", "string", "record", "error", "enum",
                "array", "map",
            ];
            !OTHERS.contains(&name.as_str())
        }
        Some(Value::Object(object)) => may_be_decimal(object.get("type")),
        Some(Value::Array(branches)) => branches.iter().any(|branch| may_be_decimal(Some(branch))),
        _ => false,
    }
}

/// A short description of a type without its logical type.
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
