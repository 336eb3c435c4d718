//! Why a logical type has no effect in its place.

use serde_json::{Map, Value};

use super::fault::MisplacedFault;
use super::named::{NamedLogicalTypes, fixed, has_logical_type};
use super::plain;
use crate::nearest::near_miss_within;
use crate::schema::avro::parse::{PRIMITIVES, logical};
use crate::schema::printable::printable;

/// The logical types of Avro 1.12, with their requirements.
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

/// Why the logical type of a type has no effect; none if it has one, or is a custom logical type.
pub(super) fn logical_fault(
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
        // The type is the one within `type`, or the one that it names; the properties beside it are not read.
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

pub(super) fn is_known(logical_type: &str) -> bool {
    LOGICAL_TYPES.iter().any(|(known, _)| *known == logical_type)
}

/// The fault of a logical type that Avro does not have; none if it is a custom logical type.
pub(super) fn misspelt_logical_type(name: &str, kind: Option<&Value>) -> Option<MisplacedFault> {
    // `timestamp-seconds` is a separate name, not a misspelt `timestamp-micros`.
    const SLIPS: usize = 2;
    let names = LOGICAL_TYPES.map(|(known, _)| known.to_owned());
    let near =
        in_other_notation(name).or_else(|| near_miss_within(&name.replace('_', "-"), &names, SLIPS))?;
    Some(MisplacedFault::Unknown {
        logical: printable(name, 60),
        plain: plain(kind),
        near,
    })
}

/// The logical type that `name` is in another notation: in another letter case, with other separators, or with another
/// name of the unit, as in `timestamp-ms`.
fn in_other_notation(name: &str) -> Option<String> {
    const UNITS: [(&str, &[&str]); 3] = [
        (
            "millis",
            &["milliseconds", "millisecond", "millisec", "milli", "ms"],
        ),
        (
            "micros",
            &["microseconds", "microsecond", "microsec", "micro", "us"],
        ),
        ("nanos", &["nanoseconds", "nanosecond", "nanosec", "nano", "ns"]),
    ];
    let letters = |name: &str| name.replace(['-', '_', ' ', '.'], "").to_lowercase();
    let written = letters(name);
    let with_unit = UNITS.iter().find_map(|(unit, others)| {
        let start = others.iter().find_map(|other| written.strip_suffix(other))?;
        Some(format!("{start}{unit}"))
    });
    let mut known = LOGICAL_TYPES.iter().map(|(known, _)| *known);
    let found = known.find(|known| {
        let known = letters(known);
        known == written || with_unit.as_ref() == Some(&known)
    });
    found.map(str::to_owned)
}
