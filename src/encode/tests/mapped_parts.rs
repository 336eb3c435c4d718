//! Key, headers, timestamp and partition that a mapping computes.

use std::sync::Arc;

use super::text_key;
use crate::encode::error::RowErrorKind;
use crate::encode::{
    Encoder, HeaderSource, KeyChoice, MessageHeader, MessagePlan, PlanError, PlanSettings, RowError,
    TimestampSource,
};
use crate::mapping::{BindingError, MapFile, Mapping, Rules};
use crate::schema::RegisteredSchema;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"symbol","type":"string"},{"name":"price","type":"long"}]}"#;

const HEADER: [&str; 5] = ["symbol", "price", "Exch", "Time", "Shard"];

const MAP: &str = r#"
[message]
key = '"{Exch}.{symbol}"'
timestamp = 'Time'
partition = 'Shard'
headers = { feed = '"asx"', exchange = 'lower(Exch)' }

[rules]
tz = "Australia/Sydney"
"#;

/// The parts of a message other than its value, which is checked here.
#[derive(Debug, PartialEq)]
struct Parts {
    key: Option<Vec<u8>>,
    timestamp: Option<i64>,
    partition: Option<i32>,
    headers: Vec<Option<String>>,
}

fn settings(key: KeyChoice) -> PlanSettings {
    let header = |(index, name): (usize, &str)| MessageHeader {
        name: name.to_owned(),
        source: HeaderSource::Mapped(index),
    };
    PlanSettings {
        headers: ["feed", "exchange"].into_iter().enumerate().map(header).collect(),
        timestamp: Some(TimestampSource::Mapped),
        ..PlanSettings::new(key)
    }
}

fn bound<T>(
    map: &str,
    is_csv: bool,
    made: impl FnOnce(Result<crate::mapping::Binding<'_>, BindingError>) -> T,
) -> T {
    let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
    let map = MapFile::parse("m.toml", map).unwrap_or_else(|error| panic!("{error}"));
    let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
    made(match is_csv {
        true => mapping.bind_columns(&HEADER.map(str::to_owned), &schema),
        false => mapping.bind_keys(&schema),
    })
}

fn plan(map: &str, settings: &PlanSettings, is_csv: bool) -> Result<MessagePlan, PlanError> {
    bound(map, is_csv, |binding| {
        MessagePlan::compile(&binding.unwrap_or_else(|error| panic!("{error}")), settings)
    })
}

fn parts(map: &str, settings: &PlanSettings, line: &str) -> Result<Parts, Box<RowError>> {
    let plan = plan(map, settings, !line.starts_with('{')).unwrap_or_else(|error| panic!("{error}"));
    let mut encoder = Encoder::new(Arc::new(plan));
    let mut out = b"before".to_vec();
    let message = encoder.encode_line(line.as_bytes(), &mut out);
    if message.is_err() {
        assert_eq!(out, b"before", "a rejected row leaves no bytes in the output");
    }
    let message = message?;
    assert_eq!(out[message.value], *b"\x06BHP\x02");
    let text = |range: std::ops::Range<usize>| String::from_utf8(out[range].to_vec()).unwrap();
    Ok(Parts {
        key: message.key.map(|key| out[key].to_vec()),
        timestamp: message.timestamp,
        partition: message.partition,
        headers: encoder
            .headers()
            .iter()
            .map(|range| range.clone().map(text))
            .collect(),
    })
}

fn made(key: &[u8], timestamp: Option<i64>, partition: i32, exchange: Option<&str>) -> Parts {
    Parts {
        key: Some(key.to_vec()),
        timestamp,
        partition: Some(partition),
        headers: vec![Some("asx".to_owned()), exchange.map(str::to_owned)],
    }
}

#[test]
fn every_part_comes_from_its_expression() {
    let settings = settings(KeyChoice::Default);
    for (line, timestamp, partition) in [
        // Digits after the millisecond are cut off, and local times are in the zone of the rules.
        (
            "BHP,1,ASX,2014-03-10T10:00:05.5169Z,2",
            Some(1_394_445_605_516),
            2,
        ),
        ("BHP,1,ASX,2014-03-10T10:00:05,0", Some(1_394_406_005_000), 0),
        ("BHP,1,ASX,1394445605516,007", Some(1_394_445_605_516), 7),
        // The load rejects rows without a timestamp.
        ("BHP,1,ASX,,2", None, 2),
        (
            r#"{"symbol":"BHP","price":1,"Exch":"ASX","Time":1394445605516,"Shard":2}"#,
            Some(1_394_445_605_516),
            2,
        ),
    ] {
        let expected = made(b"ASX.BHP", timestamp, partition, Some("asx"));
        assert_eq!(parts(MAP, &settings, line), Ok(expected), "{line}");
    }
    let map = MAP.replace("\"{Exch}.{symbol}\"", "symbol");
    let line = "BHP,1,,1394445605516,2";
    let expected = made(b"BHP", Some(1_394_445_605_516), 2, None);
    assert_eq!(
        parts(&map, &settings, line),
        Ok(expected),
        "a missing value is a null header"
    );
}

#[test]
fn a_part_that_has_no_value_rejects_the_row() {
    let settings = settings(KeyChoice::Default);
    for (line, kind, field, column) in [
        (
            "BHP,1,,1394445605516,2",
            RowErrorKind::EmptyKey,
            "message.key",
            Some(3),
        ),
        (
            "BHP,1,ASX,soon,2",
            RowErrorKind::NotATimestamp,
            "message.timestamp",
            Some(4),
        ),
        (
            "BHP,1,ASX,12,2",
            RowErrorKind::TimeUnit,
            "message.timestamp",
            Some(4),
        ),
        (
            "BHP,1,ASX,1394445605516,",
            RowErrorKind::NoPartition,
            "message.partition",
            Some(5),
        ),
        (
            "BHP,1,ASX,1394445605516,-1",
            RowErrorKind::NoPartition,
            "message.partition",
            Some(5),
        ),
        (
            "BHP,1,ASX,1394445605516,1.0",
            RowErrorKind::NoPartition,
            "message.partition",
            Some(5),
        ),
        (
            "BHP,1,ASX,1394445605516,2147483648",
            RowErrorKind::NoPartition,
            "message.partition",
            Some(5),
        ),
    ] {
        let error = parts(MAP, &settings, line).unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref(), error.column),
            (kind, Some(field), column),
            "{line}: {error}"
        );
    }
    let error = parts(MAP, &settings, "BHP,1,ASX,1394445605516,x").unwrap_err();
    assert_eq!(
        error.reason,
        "expected the number of a partition, from 0; computed by `Shard`"
    );
}

#[test]
fn the_missing_part_of_a_key_is_to_blame() {
    let settings = settings(KeyChoice::Default);
    let json = r#"{"symbol":"BHP","price":1,"Exch":null,"Time":1394445605516,"Shard":2}"#;
    for (key, line, column, span) in [
        (
            "\"{symbol}-{Exch}\"",
            "BHP,1,,1394445605516,2",
            Some(3),
            Some(6..6),
        ),
        (
            "concat(symbol, lower(Exch))",
            "BHP,1,,1394445605516,2",
            Some(3),
            Some(6..6),
        ),
        ("price + Exch", "BHP,1,,1394445605516,2", Some(3), Some(6..6)),
        ("\"{symbol}-{Exch}\"", json, None, Some(33..37)),
    ] {
        let map = MAP.replace("\"{Exch}.{symbol}\"", key);
        let error = parts(&map, &settings, line).unwrap_err();
        assert_eq!(error.kind, RowErrorKind::EmptyKey);
        assert_eq!((error.column, error.span), (column, span), "{key} {line}");
    }
}

#[test]
fn other_choices_of_the_key_win() {
    let line = "BHP,1,ASX,1394445605516,2";
    let key = |map: &str, key| parts(map, &settings(key), line).unwrap().key;
    assert_eq!(key(MAP, KeyChoice::None), None);
    assert_eq!(key(MAP, text_key("{symbol}-{price}")), Some(b"BHP-1".to_vec()));
    let named = MAP.replace("key = '\"{Exch}.{symbol}\"'", "key-field = '{price}/{symbol}'");
    assert_eq!(key(&named, KeyChoice::Default), Some(b"1/BHP".to_vec()));
    assert_eq!(key(&named, text_key("symbol")), Some(b"BHP".to_vec()));
    let avro = |text: &str| KeyChoice::Avro {
        schema: Box::new(RegisteredSchema::from_text("t-key", text).unwrap()),
        field: None,
    };
    assert_eq!(key(MAP, avro("\"string\"")), Some(b"\x0eASX.BHP".to_vec()));
    let record = avro(r#"{"type":"record","name":"K","fields":[{"name":"symbol","type":"string"}]}"#);
    let error = plan(MAP, &settings(record), true).unwrap_err();
    assert!(
        error
            .message
            .starts_with("m.toml:3:8: the key's schema is a record, so each of its fields needs a value"),
        "{}",
        error.message
    );
}

#[test]
fn a_tombstone_has_the_parts_of_its_row() {
    let map = format!("[rows]\ntombstone = 'price == -1'\n{MAP}");
    let plan = plan(&map, &settings(KeyChoice::Default), true).unwrap();
    let mut encoder = Encoder::new(Arc::new(plan));
    let mut out = Vec::new();
    let message = encoder
        .encode_line(b"BHP,-1,ASX,1394445605516,2", &mut out)
        .unwrap();
    assert!(message.is_tombstone);
    assert_eq!(out[message.key.unwrap()], *b"ASX.BHP");
    assert_eq!(
        (message.timestamp, message.partition),
        (Some(1_394_445_605_516), Some(2))
    );
    let exchange = encoder.headers()[1].clone().unwrap();
    assert_eq!(out[exchange], *b"asx");
}

#[test]
fn a_part_that_cannot_be_used_is_refused_with_its_place() {
    for (text, said) in [
        (
            "key = 'Symbl'",
            "m.toml:2:8: there is no column `Symbl`\n 2 | key = 'Symbl'\n   |        ^^^^^",
        ),
        (
            "timestamp = 'Time > 1'",
            "m.toml:2:14: `>` is a condition, not a value",
        ),
        ("headers = { a = 'upper()' }", "m.toml:2:18: "),
        ("key = 'upper(Trade Id)'", "m.toml:2:20: expected `)`, found `Id`"),
        ("headers.a.b = 'Exch'", "a name with a dot is written in quotes"),
        (
            "headers = 'Exch'",
            "m.toml:2:11: expected the names of headers with their values, a table",
        ),
        (
            "partition = 2014-03-10",
            "m.toml:2:13: expected an expression in quotes",
        ),
        ("keys = 'Exch'", "m.toml:2:1: `keys` has no meaning here"),
        (
            "key = 'Exch'\nkey-field = 'symbol'",
            "m.toml:3:1: `key` and `key-field` exclude each other",
        ),
        (
            "key-field = 7",
            "m.toml:2:13: expected the name of a field, or a template of fields",
        ),
        (
            "key-field = 'Exch'",
            "m.toml:2:13: the schema has no field `Exch` for the key; the fields are symbol, price\n 2 | key-field = 'Exch'",
        ),
        ("key-field = '{symbol'", "m.toml:2:13: `{symbol` has a single `{`"),
    ] {
        let map = format!("[message]\n{text}\n");
        let error = match MapFile::parse("m.toml", &map) {
            Err(error) => error.to_string(),
            Ok(_) => bound(&map, true, |binding| match binding {
                Err(error) => error.to_string(),
                Ok(binding) => {
                    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default));
                    plan.unwrap_err().to_string()
                }
            }),
        };
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn rows_go_to_the_topic_that_the_mapping_chooses() {
    let map = "[message]\ntopic = '\"trades.{lower(Exch)}\"'\n";
    let mut settings = PlanSettings::new(KeyChoice::None);
    settings.topics = [
        "trades.nyse",
        "trades.asx",
        "trades.b",
        "trades.c",
        "trades.d",
        "trades.e",
    ]
    .map(str::to_owned)
    .to_vec();
    let plan = Arc::new(plan(map, &settings, true).unwrap());
    let topic = |exchange: &str| {
        let mut encoder = Encoder::new(Arc::clone(&plan));
        let line = format!("BHP,1,{exchange},,");
        encoder
            .encode_line(line.as_bytes(), &mut Vec::new())
            .map(|message| message.topic)
    };
    assert_eq!(topic("ASX").unwrap(), Some(1));
    assert_eq!(topic("NYSE").unwrap(), Some(0));
    assert_eq!(topic("E").unwrap(), Some(5));
    let error = topic("LSE").unwrap_err();
    assert_eq!(
        (error.kind, error.field.as_deref(), error.column),
        (RowErrorKind::NoTopic, Some("message.topic"), Some(3))
    );
    assert_eq!(
        error.reason,
        "not a topic of this run; its topics are trades.asx, trades.b, trades.c, trades.d, trades.e, ...; computed by \
         `\"trades.{lower(Exch)}\"`"
    );
    let error = topic("").unwrap_err();
    assert!(error.reason.starts_with("the message has no topic"), "{error}");
}
