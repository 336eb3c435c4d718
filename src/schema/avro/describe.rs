//! A type described for people.

use std::fmt;

use super::{AvroSchema, Base, Logical, TypeId};

/// A type in the terms of the specification; [`std::fmt::Display`] writes them.
#[derive(Debug, Clone, Copy)]
pub struct TypeDescription<'a> {
    pub(super) schema: &'a AvroSchema,
    pub(super) id: TypeId,
}

/// Arrays of arrays of arrays: more levels are not readable.
const MAX_LEVELS: usize = 4;

impl fmt::Display for TypeDescription<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.schema, self.id, 0, formatter)
    }
}

fn write(schema: &AvroSchema, id: TypeId, level: usize, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    if level > MAX_LEVELS {
        return formatter.write_str("...");
    }
    let found = schema.get(id);
    if let Some(logical) = found.logical {
        return fmt::Display::fmt(&logical, formatter);
    }
    match &found.base {
        Base::Array(items) => {
            formatter.write_str("array of ")?;
            write(schema, *items, level + 1, formatter)
        }
        Base::Map(values) => {
            formatter.write_str("map of ")?;
            write(schema, *values, level + 1, formatter)
        }
        Base::Union(branches) => {
            let is_null = |id: &&TypeId| schema.get(**id).base == Base::Null;
            // Null is last, regardless of its place in the union.
            let ordered = branches
                .iter()
                .filter(|id| !is_null(id))
                .chain(branches.iter().filter(is_null));
            for (index, branch) in ordered.enumerate() {
                if index > 0 {
                    formatter.write_str(" or ")?;
                }
                write(schema, *branch, level + 1, formatter)?;
            }
            Ok(())
        }
        Base::Record { name, .. } => write!(formatter, "record {}", short(name)),
        Base::Enum { name, .. } => write!(formatter, "enum {}", short(name)),
        Base::Fixed { size, .. } => write!(formatter, "fixed({size})"),
        _ => formatter.write_str(schema.branch_name(id)),
    }
}

/// The name of the type in the terms of the specification: `decimal(18, 6)`.
impl fmt::Display for Logical {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Logical::Decimal { precision, scale } => write!(formatter, "decimal({precision}, {scale})"),
            Logical::BigDecimal => formatter.write_str("big-decimal"),
            Logical::Uuid => formatter.write_str("uuid"),
            Logical::Date => formatter.write_str("date"),
            Logical::TimeOfDay(unit) => write!(formatter, "time-{}", unit.suffix()),
            Logical::Timestamp(unit) => write!(formatter, "timestamp-{}", unit.suffix()),
            Logical::LocalTimestamp(unit) => write!(formatter, "local-timestamp-{}", unit.suffix()),
            Logical::Duration => formatter.write_str("duration"),
        }
    }
}

/// A full name without its namespace.
fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, short)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(text: &str) -> String {
        let schema = AvroSchema::parse(text, &[]).unwrap();
        schema.describe(schema.root()).to_string()
    }

    #[test]
    fn types_are_described_in_the_terms_of_the_specification() {
        for (text, expected) in [
            (r#""string""#, "string"),
            (r#"["null", "string"]"#, "string or null"),
            (
                r#"["null", "int", {"type": "array", "items": "long"}]"#,
                "int or array of long or null",
            ),
            (
                r#"{"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}"#,
                "decimal(18, 6)",
            ),
            (
                r#"{"type": "long", "logicalType": "local-timestamp-nanos"}"#,
                "local-timestamp-nanos",
            ),
            (r#"{"type": "int", "logicalType": "time-millis"}"#, "time-millis"),
            (r#"{"type": "fixed", "name": "a.F", "size": 3}"#, "fixed(3)"),
            (r#"{"type": "enum", "name": "a.E", "symbols": ["X"]}"#, "enum E"),
            (
                r#"{"type": "map", "values": {"type": "record", "name": "R", "fields": []}}"#,
                "map of record R",
            ),
        ] {
            assert_eq!(description(text), expected);
        }
        let deep = format!(
            "{}\"int\"{}",
            r#"{"type":"array","items":"#.repeat(9),
            "}".repeat(9)
        );
        assert!(description(&deep).ends_with("of ..."));
    }
}
