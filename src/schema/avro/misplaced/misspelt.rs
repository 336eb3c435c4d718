//! Properties with names close to Avro's; Avro ignores them.
//!
//! Only the properties that decide how a value is written are checked, and only for typing errors of one letter,
//! because vendors add custom properties.

use serde_json::{Map, Value};

use super::fault::MisplacedFault;
use crate::schema::printable::printable;

/// The part of a schema that an object is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Type,
    Field,
}

/// The properties of an object that are probably misspelt.
pub(super) fn misspelt(object: &Map<String, Value>, part: Part) -> Vec<MisplacedFault> {
    let is_decimal = object.get("logicalType").and_then(Value::as_str) == Some("decimal");
    let mut meant = vec!["logicalType"];
    if part == Part::Field {
        meant.push("default");
    }
    if is_decimal {
        meant.extend(["precision", "scale"]);
    }
    let mut found = Vec::new();
    for property in object.keys() {
        let meant = meant.iter().find(|meant| is_slip(property, meant, object));
        if let Some(&meant) = meant {
            found.push(MisplacedFault::Misspelt {
                property: printable(property, 60),
                meant,
            });
        }
    }
    found
}

/// Whether an object has a `logicalType` under a misspelt name.
pub(super) fn has_misspelt_logical_type(object: &Map<String, Value>) -> bool {
    object
        .keys()
        .any(|property| is_slip(property, "logicalType", object))
}

/// Whether `property` means `meant`: in another letter case or with separators, or, if the object has no `meant`, with
/// a typing error of one letter.
fn is_slip(property: &str, meant: &str, object: &Map<String, Value>) -> bool {
    let letters = |name: &str| -> Vec<char> {
        let letters = name.chars().filter(|letter| !"_- ".contains(*letter));
        letters.flat_map(char::to_lowercase).collect()
    };
    if property == meant || property.len() > 2 * meant.len() {
        return false;
    }
    let (written, wanted) = (letters(property), letters(meant));
    written == wanted || (!object.contains_key(meant) && is_one_slip(&written, &wanted))
}

/// Whether one letter is added, missing, different, or swapped with its neighbour.
fn is_one_slip(written: &[char], wanted: &[char]) -> bool {
    let same = written
        .iter()
        .zip(wanted)
        .take_while(|(one, other)| one == other)
        .count();
    let (written, wanted) = (&written[same..], &wanted[same..]);
    match (written, wanted) {
        ([], [_]) | ([_], []) => true,
        ([one, other, rest @ ..], [first, second, end @ ..])
            if one == second && other == first && rest == end =>
        {
            true
        }
        ([_, rest @ ..], [_, end @ ..]) if rest == end => true,
        ([_, rest @ ..], wanted) if rest == wanted => true,
        (written, [_, end @ ..]) => written == end,
        _ => false,
    }
}
