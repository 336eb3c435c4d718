//! The version of a schema file: what a registry finds, and what it does not find.

use super::*;
use crate::schema::{FoundSchema, Likeness};

fn price(scale: u32, more: &str) -> String {
    format!(
        r#"{{"type":"record","name":"Trade","fields":[{{"name":"price","type":
            {{"type":"bytes","logicalType":"decimal","precision":18,"scale":{scale}}}{more}}}]}}"#
    )
}

/// The response to a look-up and to a request for a version.
fn version(number: u32, schema: &str) -> Reply {
    let text = Value::from(schema);
    let id = number + 10;
    json(
        "200 OK",
        &format!(r#"{{"subject":"t-value","version":{number},"id":{id},"schema":{text}}}"#),
    )
}

fn not_found() -> Reply {
    json(
        "404 Not Found",
        r#"{"error_code":40403,"message":"Schema not found"}"#,
    )
}

fn find(script: Vec<Reply>, wanted: &str) -> (Scripted, Option<FoundSchema>) {
    let server = Scripted::start(script);
    let wanted = RegisteredSchema::from_text("t.avsc", wanted).unwrap();
    let found = client(&server.url).find("t-value", &wanted, &[]).unwrap();
    (server, found)
}

fn number_and_likeness(found: Option<FoundSchema>) -> Option<(u32, Likeness)> {
    found.map(|found| (found.schema.version.unwrap(), found.likeness))
}

#[test]
fn the_version_that_the_registry_finds_is_used() {
    let text = price(2, "");
    let (server, found) = find(vec![version(3, &text), version(3, &text)], &text);
    assert_eq!(number_and_likeness(found), Some((3, Likeness::Same)));
    assert!(server.requests()[0].starts_with("POST /subjects/t-value HTTP"));

    let other_order = text.replace(r#""precision":18,"scale":2"#, r#""scale":2,"precision":18"#);
    let script = vec![not_found(), version(3, &text), version(3, &text)];
    let (server, found) = find(script, &other_order);
    assert_eq!(number_and_likeness(found), Some((3, Likeness::KeyOrder)));
    assert!(server.requests()[1].starts_with("POST /subjects/t-value?normalize=true HTTP"));
}

/// Apicurio and normalizing registries find such a version; its text differs from the file, so it is not the same.
#[test]
fn a_version_in_another_notation_is_not_reported_as_the_same() {
    let text = price(2, "");
    for wanted in [
        text.replace(r#""name":"Trade""#, r#""name":"Trade","namespace":"""#),
        text.replace(r#""name":"Trade""#, r#""name":"Trade","owner":"desk""#),
    ] {
        let (_server, found) = find(vec![version(3, &text), version(3, &text)], &wanted);
        assert_eq!(
            number_and_likeness(found),
            Some((3, Likeness::Notation)),
            "{wanted}"
        );
    }
}

/// A registry that looks up schemas by Avro's Parsing Canonical Form finds such a schema.
#[test]
fn a_schema_with_another_scale_is_not_used_even_if_a_registry_finds_it() {
    let (there, wanted) = (price(2, ""), price(4, ""));
    let found = || version(1, &there);
    let script = vec![found(), found(), found(), found(), json("200 OK", "[1]"), found()];
    let (server, found) = find(script, &wanted);
    assert_eq!(number_and_likeness(found), None);
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn versions_are_compared_if_the_registry_finds_nothing() {
    let wanted = price(2, "");
    let with_doc = price(2, r#","doc":"of one share""#);
    let other_order = wanted.replace(r#""precision":18,"scale":2"#, r#""scale":2,"precision":18"#);
    // It is the latest version with the fewest differences.
    let script = vec![
        not_found(),
        not_found(),
        json("200 OK", "[1,2,3,4]"),
        version(4, &price(3, "")),
        version(3, &with_doc),
        version(2, &other_order),
    ];
    let (_server, found) = find(script, &wanted);
    assert_eq!(number_and_likeness(found), Some((2, Likeness::KeyOrder)));

    let script = vec![
        not_found(),
        not_found(),
        json("200 OK", "[1,2]"),
        version(2, &with_doc),
        json("404 Not Found", r#"{"error_code":40402,"message":"gone"}"#),
        json("200 OK", "[2]"),
    ];
    let (_server, found) = find(script, &wanted);
    assert_eq!(number_and_likeness(found), Some((2, Likeness::DocsAndAliases)));
}

#[test]
fn a_missing_subject_has_no_version() {
    let missing = || json("404 Not Found", r#"{"error_code":40401,"message":"no"}"#);
    let script = vec![missing(), missing(), missing(), json("200 OK", "[]")];
    let (_server, found) = find(script, &price(2, ""));
    assert!(found.is_none());
}
