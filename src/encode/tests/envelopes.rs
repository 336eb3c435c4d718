//! Rows that are whole messages.

use std::sync::Arc;

use super::{schema, text_key};
use crate::encode::error::RowErrorKind;
use crate::encode::{
    Encoder, KeyChoice, MessagePlan, PartitionSource, PlanSettings, RowContent, RowError, TimestampSource,
};
use crate::mapping::rules::UnknownKeys;
use crate::mapping::{Mapping, Rules};
use crate::schema::SchemaId;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"symbol","type":"string"},{"name":"n","type":"long"}]}"#;

/// BHP and 7.
const VALUE: &[u8] = b"\x06BHP\x0e";

fn settings(key: KeyChoice) -> PlanSettings {
    PlanSettings {
        timestamp: Some(TimestampSource::Envelope),
        content: RowContent::Envelope(PartitionSource::Envelope),
        ..PlanSettings::new(key)
    }
}

/// What is sent for an envelope.
#[derive(Debug, PartialEq)]
struct Sent {
    value: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
    timestamp: Option<i64>,
    partition: Option<i32>,
}

fn sent_with(rules: Rules, settings: &PlanSettings, line: &str) -> Result<Sent, Box<RowError>> {
    let schema = schema(SCHEMA);
    let mapping = Mapping::by_name(rules);
    let binding = mapping.bind_keys(&schema).unwrap();
    let mut encoder = Encoder::new(Arc::new(MessagePlan::compile(&binding, settings).unwrap()));
    let mut out = b"before".to_vec();
    let message = encoder.encode_line(line.as_bytes(), &mut out);
    if message.is_err() {
        assert_eq!(out, b"before", "a rejected row leaves no bytes in the output");
    }
    let message = message?;
    let bytes = |range: &std::ops::Range<usize>| out[range.clone()].to_vec();
    let headers = encoder.own_headers().iter().map(|header| {
        let name = String::from_utf8(bytes(&header.name)).unwrap();
        (name, header.value.as_ref().map(bytes))
    });
    Ok(Sent {
        value: (!message.is_tombstone).then(|| bytes(&message.value)),
        key: message.key.as_ref().map(bytes),
        headers: headers.collect(),
        timestamp: message.timestamp,
        partition: message.partition,
    })
}

fn sent(line: &str) -> Result<Sent, Box<RowError>> {
    sent_with(Rules::default(), &settings(KeyChoice::Default), line)
}

#[test]
fn an_envelope_has_all_parts_of_a_message() {
    let line = r#"{"topic":"t","partition":2,"offset":7,"timestamp":"2014-03-10T10:00:05.516Z","key":"K\n",
        "headers":["a","1","a",null,"b",{"base64":"/w=="},"c",""],"value":{"n":7,"symbol":"BHP"}}"#;
    let header = |name: &str, value: Option<&[u8]>| (name.to_owned(), value.map(<[u8]>::to_vec));
    let expected = Sent {
        value: Some(VALUE.to_vec()),
        key: Some(b"K\n".to_vec()),
        headers: vec![
            header("a", Some(b"1")),
            header("a", None),
            header("b", Some(b"\xff")),
            header("c", Some(b"")),
        ],
        timestamp: Some(1_394_445_605_516),
        partition: Some(2),
    };
    assert_eq!(sent(line), Ok(expected));
    let least = sent(r#"{"value":{"symbol":"BHP","n":7}}"#).unwrap();
    let expected = Sent {
        value: Some(VALUE.to_vec()),
        key: None,
        headers: Vec::new(),
        timestamp: None,
        partition: None,
    };
    assert_eq!(least, expected);
}

#[test]
fn kcats_names_are_accepted_and_its_payload_is_a_text_of_json() {
    let line = r#"{"topic":"t","partition":0,"offset":7,"tstype":"create","ts":1394445605516,"broker":1,
        "headers":["h","\u00e9"],"key":"BHP","payload":"{\"symbol\":\"BHP\", \"n\":7}"}"#;
    let all = sent(line).unwrap();
    assert_eq!(all.value.as_deref(), Some(VALUE));
    assert_eq!(all.headers, [("h".to_owned(), Some("é".as_bytes().to_vec()))]);
    assert_eq!((all.timestamp, all.partition), (Some(1_394_445_605_516), Some(0)));
    let other = sent(r#"{"ts":-1,"tstype":"unknown","payload":{"symbol":"BHP","n":7}}"#);
    assert_eq!(other.unwrap().timestamp, None);
}

#[test]
fn a_null_value_is_a_tombstone_and_no_value_is_an_error() {
    for line in [
        r#"{"key":"BHP","value":null}"#,
        r#"{"key":"BHP","payload":null,"ts":5}"#,
    ] {
        let sent = sent(line).unwrap();
        assert_eq!(
            (sent.value, sent.key.as_deref()),
            (None, Some(&b"BHP"[..])),
            "{line}"
        );
    }
    let missing = sent(r#"{"key":"BHP"}"#).unwrap_err();
    assert_eq!(
        (missing.kind, &*missing.reason),
        (RowErrorKind::Missing, "the envelope has no `value`")
    );
    let by_field = sent_with(
        Rules::default(),
        &settings(text_key("symbol")),
        r#"{"key":"x","value":null}"#,
    );
    let reason = "the value is null, but key of the message would be made from its fields";
    assert_eq!(by_field.unwrap_err().reason, reason);
}

#[test]
fn a_key_may_be_bytes_a_datum_or_a_field_of_the_value() {
    let value = r#""value":{"symbol":"BHP","n":7}"#;
    let key = |choice: KeyChoice, key: &str| {
        let line = format!("{{\"key\":{key},{value}}}");
        sent_with(Rules::default(), &settings(choice), &line).map(|sent| sent.key)
    };
    assert_eq!(
        key(KeyChoice::Default, r#"{"base64":"AP8="}"#),
        Ok(Some(vec![0, 0xff]))
    );
    assert_eq!(key(KeyChoice::None, "\"K\""), Ok(None));
    assert_eq!(key(text_key("n"), "\"K\""), Ok(Some(b"7".to_vec())));
    let error = key(KeyChoice::Default, r#"{"symbol":"BHP"}"#).unwrap_err();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (RowErrorKind::WrongType, Some("key"))
    );

    let mut of_key = schema(SCHEMA);
    of_key.id = Some(SchemaId::new(7));
    let avro = || KeyChoice::Avro {
        schema: Box::new(of_key.clone()),
        field: None,
    };
    let datum = [&[0, 0, 0, 0, 7], VALUE].concat();
    assert_eq!(key(avro(), r#"{"symbol":"BHP","n":7}"#), Ok(Some(datum)));
    assert_eq!(key(avro(), "null"), Ok(None));
    let error = key(avro(), r#"{"symbol":"BHP","n":"x"}"#).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("key.n"));
    assert_eq!(error.span, Some(28..29), "the place in the row");
}

#[test]
fn an_error_points_into_the_row() {
    let line = r#"{"key":"K","value":{"symbol":"BHP","n":"seven"}}"#;
    let error = sent(line).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("n"));
    assert_eq!(&line[error.span.unwrap()], "seven");
    let line = r#"{"payload":"{\"symbol\":\"BHP\",\"n\":\"seven\"}"}"#;
    let error = sent(line).unwrap_err();
    assert_eq!(error.value.as_deref(), Some(&b"seven"[..]));
    assert_eq!(&line[error.span.unwrap()], &line[12..line.len() - 2]);
}

#[test]
fn what_is_not_an_envelope_is_rejected() {
    use RowErrorKind as Kind;
    let value = r#""value":{"symbol":"BHP","n":7}"#;
    for (line, kind, field) in [
        ("[]".to_owned(), Kind::NotAnObject, None),
        (format!("{{{value},{value}}}"), Kind::DuplicateKey, Some("value")),
        (
            format!("{{{value},\"payload\":null}}"),
            Kind::DuplicateKey,
            Some("payload"),
        ),
        (
            format!("{{{value},\"ts\":1,\"timestamp\":1}}"),
            Kind::DuplicateKey,
            Some("timestamp"),
        ),
        (
            format!("{{{value},\"Key\":\"x\"}}"),
            Kind::UnknownKey,
            Some("Key"),
        ),
        (format!("{{{value},\"key\":7}}"), Kind::WrongType, Some("key")),
        (
            format!("{{{value},\"key\":{{\"base64\":\"?\"}}}}"),
            Kind::Bytes,
            Some("key"),
        ),
        (
            format!("{{{value},\"partition\":-1}}"),
            Kind::NoPartition,
            Some("partition"),
        ),
        (
            format!("{{{value},\"partition\":\"0\"}}"),
            Kind::NoPartition,
            Some("partition"),
        ),
        (
            format!("{{{value},\"timestamp\":1.5}}"),
            Kind::NotATimestamp,
            Some("timestamp"),
        ),
        (
            format!("{{{value},\"timestamp\":\"2014-03-10T10:00:05\"}}"),
            Kind::NoZone,
            Some("timestamp"),
        ),
        (
            format!("{{{value},\"headers\":[\"a\"]}}"),
            Kind::WrongType,
            Some("headers"),
        ),
        (
            format!("{{{value},\"headers\":[7,\"a\"]}}"),
            Kind::WrongType,
            Some("headers"),
        ),
        (
            format!("{{{value},\"headers\":[\"\\u0000\",\"a\"]}}"),
            Kind::WrongType,
            Some("headers"),
        ),
        (
            format!("{{{value},\"headers\":\"a\"}}"),
            Kind::WrongType,
            Some("headers"),
        ),
        (
            r#"{"payload":"not JSON"}"#.to_owned(),
            Kind::Json,
            Some("payload"),
        ),
        (r#"{"payload":""}"#.to_owned(), Kind::Json, Some("payload")),
    ] {
        let error = sent(&line).unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), (kind, field), "{line}");
    }
    let rules = Rules {
        unknown_keys: UnknownKeys::Drop,
        ..Rules::default()
    };
    let line = format!("{{{value},\"Key\":\"x\"}}");
    assert_eq!(
        sent_with(rules, &settings(KeyChoice::Default), &line)
            .unwrap()
            .key,
        None
    );
}

#[test]
fn headers_may_be_an_object_and_the_partition_may_be_chosen_by_the_key() {
    let line = r#"{"partition":2,"headers":{"a":"1","b":null},"value":{"symbol":"BHP","n":7}}"#;
    let by_key = PlanSettings {
        content: RowContent::Envelope(PartitionSource::Key),
        ..settings(KeyChoice::Default)
    };
    let sent = sent_with(Rules::default(), &by_key, line).unwrap();
    assert_eq!(sent.partition, None);
    assert_eq!(
        sent.headers,
        [("a".to_owned(), Some(b"1".to_vec())), ("b".to_owned(), None)]
    );
}
