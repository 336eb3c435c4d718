//! Rows that become tombstones: which do, what must be valid in them, and what their messages have.

use std::sync::Arc;

use super::{mapped_plan, mapping_of, schema, text_key};
use crate::encode::error::RowErrorKind;
use crate::encode::{
    Encoder, HeaderSource, KeyChoice, MessageHeader, MessagePlan, PlanError, PlanSettings, RowError,
    TimestampSource,
};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"symbol","type":"string"},
    {"name":"id","type":"int"},
    {"name":"price","type":"long"},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"leg","type":{"type":"record","name":"Leg","fields":[
        {"name":"venue","type":"string"},{"name":"size","type":"long"}]}}]}"#;

const HEADER: &str = "type,symbol,id,price,at,leg.venue,leg.size";

const MAP: &str = "[rows]\ntombstone = 'type == \"DELETE\"'\n";

/// What is sent for a row.
#[derive(Debug, PartialEq)]
struct Sent {
    /// Null for a tombstone.
    value: Option<Vec<u8>>,
    key: String,
    timestamp: Option<i64>,
    headers: Vec<Option<String>>,
}

fn plan(map: &str, settings: &PlanSettings, is_csv: bool) -> Result<Arc<MessagePlan>, PlanError> {
    mapped_plan(
        &mapping_of(map),
        &schema(SCHEMA),
        is_csv.then_some(HEADER),
        settings,
    )
}

fn sent_by(settings: &PlanSettings, line: &str) -> Result<Sent, Box<RowError>> {
    let plan = plan(MAP, settings, !line.starts_with('{')).unwrap();
    let mut encoder = Encoder::new(plan);
    let mut out = b"before".to_vec();
    let message = encoder.encode_line(line.as_bytes(), &mut out);
    if message.is_err() {
        assert_eq!(out, b"before", "a rejected row leaves no bytes in the output");
    }
    let message = message?;
    let text = |range: std::ops::Range<usize>| String::from_utf8(out[range].to_vec()).unwrap();
    assert_eq!(message.is_tombstone, message.value.is_empty());
    Ok(Sent {
        value: (!message.is_tombstone).then(|| out[message.value].to_vec()),
        key: text(message.key.unwrap()),
        timestamp: message.timestamp,
        headers: encoder
            .headers()
            .iter()
            .map(|range| range.clone().map(text))
            .collect(),
    })
}

fn sent(key: &str, line: &str) -> Result<Sent, Box<RowError>> {
    sent_by(&PlanSettings::new(text_key(key)), line)
}

fn tombstone(key: &str) -> Sent {
    Sent {
        value: None,
        key: key.to_owned(),
        timestamp: None,
        headers: Vec::new(),
    }
}

#[test]
fn only_the_fields_of_the_key_have_to_be_valid() {
    for (key, line, expected) in [
        ("symbol", "DELETE,BHP,,,,,", "BHP"),
        ("symbol", "DELETE,BHP,x,not a price,never,,-", "BHP"),
        ("{symbol}-{id}", "DELETE,BHP,7,x,,,", "BHP-7"),
        ("{leg.venue}/{symbol}", "DELETE,BHP,,,,ASX,x", "ASX/BHP"),
        (
            "symbol",
            r#"{"type":"DELETE","symbol":"BHP","reason":[1]}"#,
            "BHP",
        ),
        ("{id}", r#"{"type":"DELETE","id":7,"price":"x"}"#, "7"),
    ] {
        assert_eq!(sent(key, line), Ok(tombstone(expected)), "{key} of {line}");
    }
    assert_eq!(
        sent_by(&PlanSettings::new(KeyChoice::Default), "DELETE,BHP,,,,,"),
        Ok(tombstone("BHP"))
    );
    for (key, line, kind, column) in [
        ("symbol", "DELETE,\"\",,,,,", RowErrorKind::EmptyKey, Some(2)),
        (
            "{symbol}-{id}",
            "DELETE,BHP,x,,,,",
            RowErrorKind::NotANumber,
            Some(3),
        ),
        ("symbol", "DELETE,BHP", RowErrorKind::CellCount, None),
    ] {
        let error = sent(key, line).unwrap_err();
        assert_eq!((error.kind, error.column), (kind, column), "{key} of {line}");
    }
}

#[test]
fn nothing_else_makes_a_tombstone() {
    for line in [
        "NEW,BHP,1,2,1970-01-01T00:00:01Z,ASX,1",
        ",BHP,1,2,1970-01-01T00:00:01Z,ASX,1",
        "null,BHP,1,2,1970-01-01T00:00:01Z,null,1",
        "delete,BHP,1,2,1970-01-01T00:00:01Z,ASX,1",
    ] {
        assert!(sent("symbol", line).unwrap().value.is_some(), "{line}");
    }
    for line in ["", "null", "NEW,BHP,,,,,", "null,null,null,null,null,null,null"] {
        assert!(sent("symbol", line).is_err(), "{line}");
    }
}

#[test]
fn headers_and_timestamp_are_those_of_the_row() {
    let header = |name: &str, template: &str| MessageHeader {
        name: name.to_owned(),
        source: HeaderSource::Template(template.parse().unwrap()),
    };
    let mut settings = PlanSettings::new(text_key("symbol"));
    settings.headers = vec![
        header("venue", "{leg.venue}"),
        header("feed", "asx"),
        header("id", "#{id}"),
    ];
    settings.timestamp = Some(TimestampSource::Field("at".to_owned()));
    let line = "DELETE,BHP,7,x,1970-01-01T00:00:01Z,ASX,x";
    let expected = Sent {
        timestamp: Some(1000),
        headers: vec![Some("ASX".to_owned()), Some("#7".to_owned())],
        ..tombstone("BHP")
    };
    assert_eq!(sent_by(&settings, line), Ok(expected));
    let error = sent_by(&settings, "DELETE,BHP,7,x,soon,ASX,x").unwrap_err();
    assert_eq!((error.field.as_deref(), error.column), (Some("at"), Some(5)));
}

#[test]
fn a_key_with_its_own_schema_comes_from_its_columns() {
    let schema = r#"{"type":"record","name":"K","fields":[
        {"name":"id","type":"int"},{"name":"symbol","type":"string"}]}"#;
    let settings = PlanSettings::new(KeyChoice::Avro {
        schema: Box::new(super::schema(schema)),
        field: None,
    });
    let key = "\u{e}\u{6}BHP";
    assert_eq!(sent_by(&settings, "DELETE,BHP,7,x,,,"), Ok(tombstone(key)));
    assert_eq!(
        sent_by(&settings, r#"{"type":"DELETE","id":7,"symbol":"BHP"}"#),
        Ok(tombstone(key))
    );
    let error = sent_by(&settings, "DELETE,BHP,,x,,,").unwrap_err();
    assert_eq!(error.field.as_deref(), Some("id"));
}

#[test]
fn a_condition_without_an_answer_rejects_the_row() {
    let map = "[rows]\ntombstone = 'price == 0'\n";
    let plan = plan(map, &PlanSettings::new(KeyChoice::Default), true).unwrap();
    let mut encoder = Encoder::new(plan);
    let mut out = Vec::new();
    let error = encoder.encode_line(b"NEW,BHP,1,x,,,", &mut out).unwrap_err();
    assert!(error.reason.contains("in the condition `price == 0`"), "{error}");
    assert!(
        encoder
            .encode_line(b"NEW,BHP,1,0.0,,,", &mut out)
            .unwrap()
            .is_tombstone
    );
}

#[test]
fn tombstones_without_a_key_are_refused_with_their_place() {
    let error = plan(MAP, &PlanSettings::new(KeyChoice::None), true).unwrap_err();
    assert_eq!(
        error.message,
        "m.toml:2:14: a tombstone needs a key, but the messages have none\n 2 | tombstone = 'type == \"DELETE\"'\n   \
         |              ^^^^^^^^^^^^^^^^"
    );
}
