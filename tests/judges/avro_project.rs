//! The Avro project's own test schemas and values, from its Python package: what it calls a schema we take, what it
//! does not we refuse, and its values become the bytes that its own writer makes of them.

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
    assert!(examples.len() > 30, "{} of {key}", examples.len());
    examples
}

/// The schemas and values that are judged in another way here, and why.
const OTHERWISE: &[(&str, &str)] = &[
    (
        r#"{"type": "enum", "name": "bad_default", "symbols": ["A"], "default": "B"}"#,
        "an enum's default is a reader's affair: it is never written, so a wrong one does not keep anybody from writing",
    ),
    (
        r#"[{"logicalType": "uuid", "type": "string"}, "null"]"#,
        "its uuid has no hyphens, which RFC 4122 wants",
    ),
];

#[test]
fn its_schemas_are_taken_and_its_broken_ones_refused() {
    let mut wrong = Vec::new();
    for example in examples("valid") {
        let schema = example["schema"].as_str().unwrap();
        let ours = OurSchema::parse(schema);
        let expected = example["valid"] == true;
        let otherwise = OTHERWISE.iter().any(|(text, _)| *text == schema);
        if (ours.is_ok() == expected) == otherwise {
            let ours = ours.map(drop);
            wrong.push(format!("{schema}\n  valid: {expected}, ours: {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn its_values_become_the_bytes_that_its_own_writer_makes() {
    let mut wrong = Vec::new();
    for example in examples("datum") {
        let schema = example["schema"].as_str().unwrap();
        let line = example["line"].as_str().unwrap().to_owned();
        let ours = OurSchema::parse(schema)
            .and_then(|ours| ours.encode(&Input::Jsonl(line.clone()), &Manner::STRICT))
            .map(|datum| hex(&datum));
        let same = ours.as_ref().is_ok_and(|ours| example["datum"] == *ours);
        let otherwise = line != "null" && OTHERWISE.iter().any(|(text, _)| *text == schema);
        if same == otherwise {
            wrong.push(format!(
                "{line} of {schema}\n  theirs {}, ours {ours:?}",
                example["datum"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
