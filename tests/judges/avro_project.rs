//! The Avro project's own test schemas and values, from its Python package: its valid schemas are accepted, its invalid
//! ones are rejected, and its values are encoded to the same bytes as by its own writer.

use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::encoder::OurSchema;
use crate::pairs::{Input, Manner, hex};
use crate::repository;

fn examples(key: &str) -> Vec<Json> {
    let printed = Command::new(repository("tests/stack/python"))
        .arg(repository("tests/judges/avro_examples.py"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(printed.status.success());
    let examples: Vec<Json> = String::from_utf8(printed.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|example: &Json| !example[key].is_null())
        .collect();
    assert!(
        examples.len() > 30,
        "only {} examples with `{key}`",
        examples.len()
    );
    examples
}

/// The schemas and values that are treated differently here, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        r#"{"type": "enum", "name": "bad_default", "symbols": ["A"], "default": "B"}"#,
        "only readers use an enum's default: it is never written, so an invalid one does not prevent writing",
    ),
    (
        r#"[{"logicalType": "uuid", "type": "string"}, "null"]"#,
        "its uuid has no hyphens, but RFC 4122 requires them",
    ),
];

#[test]
fn its_valid_schemas_are_accepted_and_its_invalid_ones_rejected() {
    let mut wrong = Vec::new();
    for example in examples("valid") {
        let schema = example["schema"].as_str().unwrap();
        let ours = OurSchema::parse(schema);
        let expected = example["valid"] == true;
        let is_exception = EXCEPTIONS.iter().any(|(text, _)| *text == schema);
        if (ours.is_ok() == expected) == is_exception {
            let ours = ours.map(drop);
            wrong.push(format!("{schema}\n  valid: {expected}, k2-produce: {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn its_values_are_encoded_as_by_its_own_writer() {
    let mut wrong = Vec::new();
    for example in examples("datum") {
        let schema = example["schema"].as_str().unwrap();
        let line = example["line"].as_str().unwrap().to_owned();
        let ours = OurSchema::parse(schema)
            .and_then(|ours| ours.encode(&Input::Jsonl(line.clone()), &Manner::STRICT))
            .map(|datum| hex(&datum));
        let same = ours.as_ref().is_ok_and(|ours| example["datum"] == *ours);
        let is_exception = line != "null" && EXCEPTIONS.iter().any(|(text, _)| *text == schema);
        if same == is_exception {
            wrong.push(format!(
                "{line} of {schema}\n  avro {}, k2-produce {ours:?}",
                example["datum"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
