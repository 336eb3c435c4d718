//! The similarity of the texts of two schemas: whether rows are written in the same way with both.
//!
//! Avro's Parsing Canonical Form is not suitable: it drops logical types, and thus the precision and scale of decimals.

use serde_json::{Map, Value};

use super::numbers::with_uniform_numbers;

/// How the texts of the same schema differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// At most in white space.
    Same,
    /// In the order of keys.
    KeyOrder,
    /// In `doc` and `aliases`, which do not affect how a value is written.
    DocsAndAliases,
    /// In how names and types are written, or in properties that do not affect how a value is written: those that Avro
    /// does not know, and the default of an enum. Texts do not show it: only a registry that looks schemas up by a
    /// normal form finds such a schema. It is the same schema to that registry, so it counts as registered; a reader
    /// that uses the registered text has the properties of that text.
    Notation,
}

/// How the texts `one` and `other` differ; none if they are different schemas.
pub(crate) fn likeness(one: &str, other: &str) -> Option<Likeness> {
    let one = with_uniform_numbers(&serde_json::from_str(one).ok()?);
    let other = with_uniform_numbers(&serde_json::from_str(other).ok()?);
    if one == other {
        // Objects are equal regardless of the order of their keys; as text they differ.
        let (one, other) = (one.to_string(), other.to_string());
        return Some(match one == other {
            true => Likeness::Same,
            false => Likeness::KeyOrder,
        });
    }
    (without_docs(&one) == without_docs(&other)).then_some(Likeness::DocsAndAliases)
}

/// A type or a field without `doc` and `aliases`. Defaults are unchanged, because there these are names within a value.
fn without_docs(json: &Value) -> Value {
    match json {
        Value::Array(branches) => branches.iter().map(without_docs).collect(),
        Value::Object(object) => {
            let kept = object
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "doc" | "aliases"));
            let kept: Map<String, Value> = kept
                .map(|(name, value)| {
                    let holds_types = matches!(name.as_str(), "type" | "items" | "values" | "fields");
                    let value = match holds_types {
                        true => without_docs(value),
                        false => value.clone(),
                    };
                    (name.clone(), value)
                })
                .collect();
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_docs_and_aliases_may_differ_in_the_same_schema() {
        let schema = r#"{"type": "record", "name": "T", "fields": [{"name": "p", "type": {"type": "bytes",
            "logicalType": "decimal", "precision": 9, "scale": 2}, "default": "a"}]}"#;
        let with = |old: &str, new: &str| {
            let changed = schema.replace(old, new);
            assert_ne!(changed, schema);
            likeness(schema, &changed)
        };
        assert_eq!(likeness(schema, schema), Some(Likeness::Same));
        assert_eq!(with(" ", "\n"), Some(Likeness::Same));
        assert_eq!(
            with(r#""precision": 9, "scale": 2"#, r#""scale": 2, "precision": 9"#),
            Some(Likeness::KeyOrder)
        );
        for docs in [
            r#""name": "T", "doc": "a trade""#,
            r#""aliases": ["U"], "name": "T""#,
        ] {
            assert_eq!(with(r#""name": "T""#, docs), Some(Likeness::DocsAndAliases));
        }
        for (old, new) in [
            (r#""scale": 2"#, r#""scale": 3"#),
            (r#""precision": 9"#, r#""precision": 10"#),
            (r#""logicalType": "decimal""#, r#""logicalType": "big-decimal""#),
            (r#""name": "T""#, r#""name": "U""#),
            (r#""name": "T""#, r#""name": "T", "namespace": "n""#),
            (r#""name": "p""#, r#""name": "q""#),
            (r#""default": "a""#, r#""default": "b""#),
            (r#""name": "T""#, r#""name": "T", "owner": "x""#),
        ] {
            assert_eq!(with(old, new), None, "{new}");
        }
        assert_eq!(likeness(schema, "{"), None);
        let double = |default: &str| format!(r#"{{"name": "f", "type": "double", "default": {default}}}"#);
        for (one, other, like) in [
            ("1e3", "1000.0", Some(Likeness::Same)),
            (
                "0.1234567890123456789",
                "0.12345678901234568",
                Some(Likeness::Same),
            ),
            ("1e400", "1e401", None),
        ] {
            assert_eq!(likeness(&double(one), &double(other)), like, "{one} {other}");
        }
    }

    #[test]
    fn a_default_may_contain_a_doc_and_the_order_of_fields_counts() {
        let map = |doc: &str| {
            format!(r#"{{"type": {{"type": "map", "values": "string"}}, "default": {{"doc": "{doc}"}}}}"#)
        };
        assert_eq!(likeness(&map("a"), &map("b")), None);
        let record = |fields: &str| format!(r#"{{"type": "record", "name": "T", "fields": [{fields}]}}"#);
        let (a, b) = (
            r#"{"name": "a", "type": "int"}"#,
            r#"{"name": "b", "type": "int"}"#,
        );
        assert_eq!(
            likeness(&record(&format!("{a},{b}")), &record(&format!("{b},{a}"))),
            None
        );
        assert_eq!(likeness(r#"["null", "int"]"#, r#"["int", "null"]"#), None);
    }
}
