//! Whether two schemas write every value in the same way: the same names, types, logical types and defaults.

use std::collections::HashSet;

use super::{AvroSchema, Base, TypeId};
use crate::schema::with_uniform_numbers;

impl AvroSchema {
    /// Whether `other` writes values in the same way. Documentation does not count.
    pub fn writes_like(&self, other: &AvroSchema) -> bool {
        let mut seen = HashSet::new();
        alike(self, self.root, other, other.root, &mut seen)
    }
}

fn alike(
    one: &AvroSchema,
    one_id: TypeId,
    other: &AvroSchema,
    other_id: TypeId,
    seen: &mut HashSet<(TypeId, TypeId)>,
) -> bool {
    // A pair that is being compared counts as the same unless the comparison finds a difference.
    if !seen.insert((one_id, other_id)) {
        return true;
    }
    let (found, wanted) = (one.get(one_id), other.get(other_id));
    if found.logical != wanted.logical {
        return false;
    }
    let mut both = |one_id: TypeId, other_id: TypeId| alike(one, one_id, other, other_id, seen);
    match (&found.base, &wanted.base) {
        (Base::Array(one), Base::Array(other)) | (Base::Map(one), Base::Map(other)) => both(*one, *other),
        (Base::Union(one), Base::Union(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| both(*one, *other))
        }
        (
            Base::Record { name, fields },
            Base::Record {
                name: other_name,
                fields: other_fields,
            },
        ) => {
            name == other_name
                && fields.len() == other_fields.len()
                && fields.iter().zip(other_fields).all(|(one, other)| {
                    one.name == other.name
                        && one.default.as_ref().map(with_uniform_numbers)
                            == other.default.as_ref().map(with_uniform_numbers)
                        && both(one.type_id, other.type_id)
                })
        }
        (
            Base::Enum { name, symbols, .. },
            Base::Enum {
                name: other_name,
                symbols: other_symbols,
                ..
            },
        ) => name == other_name && symbols == other_symbols,
        // The remaining types contain no others.
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_and_names_count_and_the_notation_does_not() {
        let parse = |text: &str| AvroSchema::parse(text, &[]).unwrap();
        let record = |price: &str, more: &str| {
            parse(&format!(
                r#"{{"type": "record", "name": "T", "namespace": "n"{more}, "fields": [
                    {{"name": "next", "type": ["null", "T"], "default": null}},
                    {{"name": "p", "type": {{"type": "bytes", "logicalType": "decimal", {price}}}}},
                    {{"name": "s", "type": "string"}}]}}"#
            ))
        };
        let schema = record(r#""precision": 9, "scale": 2"#, "");
        assert!(schema.writes_like(&record(r#""scale": 2, "precision": 9"#, r#", "doc": "d""#)));
        assert!(!schema.writes_like(&record(r#""precision": 9, "scale": 3"#, "")));
        let spelt_out = parse(
            r#"{"type": "record", "name": "n.T", "fields": [
                {"name": "next", "type": ["null", "n.T"], "default": null, "doc": "d"},
                {"name": "p", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
                {"name": "s", "type": {"type": "string"}}]}"#,
        );
        assert!(schema.writes_like(&spelt_out));
        for (one, other) in [
            (r#""int""#, r#""long""#),
            (r#"["null", "int"]"#, r#"["int", "null"]"#),
            (
                r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#,
                r#"{"type": "enum", "name": "E", "symbols": ["B", "A"]}"#,
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 2}"#,
                r#"{"type": "fixed", "name": "F", "size": 3}"#,
            ),
            (r#""int""#, r#"{"type": "int", "logicalType": "date"}"#),
        ] {
            assert!(!parse(one).writes_like(&parse(other)), "{one} {other}");
            assert!(parse(one).writes_like(&parse(one)), "{one}");
        }
    }
}
