//! Keys that are records, with fields that a mapping computes.

use std::sync::Arc;

use crate::encode::error::RowErrorKind;
use crate::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings, RowError};
use crate::mapping::{MapFile, Mapping, Rules};
use crate::schema::RegisteredSchema;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"symbol","type":"string"},{"name":"price","type":"long"}]}"#;

const KEY: &str = r#"{"type":"record","name":"K","fields":[
    {"name":"exchange","type":"string","default":"?"},
    {"name":"id","type":"long"},
    {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
        {"name":"symbol","type":"string"},{"name":"tags","type":{"type":"map","values":"string"}}]}],
        "default":null},
    {"name":"parts","type":{"type":"array","items":"string"},"default":[]}]}"#;

const HEADER: [&str; 5] = ["symbol", "price", "Exch", "Id", "account"];

fn plan(map: &str, key: Option<&str>, is_csv: bool) -> Result<MessagePlan, String> {
    let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
    let map = MapFile::parse("m.toml", map).map_err(|error| error.to_string())?;
    let key = key.map(|text| RegisteredSchema::from_text("t-key", text).unwrap());
    let mapping = Mapping::by_name(Rules::default())
        .with_map(Arc::new(map))
        .with_key_schema(key.as_ref().map(|key| Arc::new(key.avro.clone())));
    let choice = match key {
        Some(key) => KeyChoice::Avro {
            schema: Box::new(key),
            field: None,
        },
        None => KeyChoice::Default,
    };
    let binding = match is_csv {
        true => mapping.bind_columns(&HEADER.map(str::to_owned), &schema),
        false => mapping.bind_keys(&schema),
    };
    let binding = binding.map_err(|error| error.to_string())?;
    MessagePlan::compile(&binding, &PlanSettings::new(choice)).map_err(|error| error.to_string())
}

/// The datum of the key of a row, written as its map and key schema say.
fn key(map: &str, schema: &str, line: &str) -> Result<Vec<u8>, Box<RowError>> {
    let plan = plan(map, Some(schema), !line.starts_with('{')).unwrap_or_else(|error| panic!("{error}"));
    let mut encoder = Encoder::new(Arc::new(plan));
    let mut out = Vec::new();
    let message = encoder.encode_line(line.as_bytes(), &mut out)?;
    assert_eq!(out[message.value], *b"\x06BHP\x02");
    Ok(out[message.key.unwrap()].to_vec())
}

#[test]
fn fields_of_a_key_come_from_their_expressions_in_csv_and_json() {
    let table = "[message.key]\nexchange = 'lower(Exch)'\nid = 'Id'\n";
    let inline = "[message]\nkey = { exchange = 'lower(Exch)', id = 'Id' }\n";
    for map in [table, inline] {
        for line in [
            "BHP,1,ASX,7,x",
            r#"{"symbol": "BHP", "price": 1, "Exch": "ASX", "Id": 7}"#,
        ] {
            assert_eq!(
                key(map, KEY, line).unwrap(),
                b"\x06asx\x0e\x00\x00",
                "{map} {line}"
            );
        }
    }
}

#[test]
fn a_key_can_have_records_maps_and_lists_of_parts() {
    let map =
        "[message.key]\nid = 7\nleg.symbol = 'symbol'\nleg.tags.venue = 'Exch'\nparts = ['Exch', '\"b\"']\n";
    let expected = b"\x02?\x0e\x02\x06BHP\x02\x0avenue\x06ASX\x00\x04\x06ASX\x02b\x00";
    assert_eq!(key(map, KEY, "BHP,1,ASX,7,x").unwrap(), expected);
}

#[test]
fn fields_without_an_entry_come_from_the_column_or_json_key_with_their_name() {
    let schema = r#"{"type":"record","name":"K","fields":[
        {"name":"symbol","type":"string"},{"name":"account","type":"string"},{"name":"id","type":"long"}]}"#;
    for (map, symbol) in [
        ("[message.key]\nid = 'Id'\n", &b"\x06BHP"[..]),
        // A value that the mapping computes is that of the key's field too.
        (
            "[fields]\nsymbol = 'concat(symbol, \"\")'\n[message.key]\nid = 'Id'\n",
            b"\x06BHP",
        ),
        // The key's own entry wins over it.
        ("[message.key]\nsymbol = 'lower(symbol)'\nid = 'Id'\n", b"\x06bhp"),
        // A column that another expression reads is still there for the key.
        (
            "[message]\nheaders.a = 'account'\n[message.key]\nid = 'Id'\n",
            b"\x06BHP",
        ),
    ] {
        for line in [
            "BHP,1,ASX,7,x",
            r#"{"symbol": "BHP", "price": 1, "Id": 7, "account": "x"}"#,
        ] {
            let expected = [symbol, b"\x02x\x0e"].concat();
            assert_eq!(key(map, schema, line).unwrap(), expected, "{map} {line}");
        }
    }
}

#[test]
fn a_nullable_record_can_be_the_key() {
    let schema = format!("[\"null\", {KEY}]");
    let map = "[message.key]\nid = 'Id'\n";
    assert_eq!(
        key(map, &schema, "BHP,1,ASX,7,x").unwrap(),
        b"\x02\x02?\x0e\x00\x00"
    );
}

#[test]
fn a_key_that_does_not_fit_rejects_the_row() {
    let map = "[message.key]\nexchange = 'substring(Exch, 0, 3)'\nid = 'Id'\n";
    for (line, kind, field, column) in [
        ("BHP,1,ASX,x,", RowErrorKind::NotANumber, "message.key.id", 4),
        ("BHP,1,ASX,,", RowErrorKind::Empty, "message.key.id", 4),
        (
            "BHP,1,AS,7,",
            RowErrorKind::NotComputed,
            "message.key.exchange",
            3,
        ),
    ] {
        let error = key(map, KEY, line).unwrap_err();
        assert_eq!(
            (error.kind, error.field.as_deref(), error.column),
            (kind, Some(field), Some(column)),
            "{line}: {error}"
        );
    }
}

#[test]
fn a_tombstone_has_the_key_that_the_mapping_computes() {
    let map = "[rows]\ntombstone = 'price == -1'\n[message.key]\nexchange = '\"x\"'\nid = 'Id'\n";
    let plan = plan(map, Some(KEY), true).unwrap();
    let mut out = Vec::new();
    let message = Encoder::new(Arc::new(plan))
        .encode_line(b"BHP,-1,ASX,7,", &mut out)
        .unwrap();
    assert!(message.is_tombstone);
    assert_eq!(out[message.key.unwrap()], *b"\x02x\x0e\x00\x00");
}

#[test]
fn entries_that_cannot_be_used_are_refused_with_their_place() {
    for (map, schema, said) in [
        (
            "[message.key]\nid = 'Id'\nexch = 'Exch'\n",
            Some(KEY),
            "m.toml:3:1: the key's schema has no field `exch`\n 3 | exch = 'Exch'\n   | ^^^^",
        ),
        (
            "[message]\nkey = { exchange = 'Exch' }\n",
            Some(KEY),
            "m.toml:2:1: the key's schema also requires `id`\n 2 | key = { exchange = 'Exch' }\n   | ^^^",
        ),
        (
            "[message.key]\nid = 'Idd'\n",
            Some(KEY),
            "m.toml:2:7: there is no column `Idd`",
        ),
        (
            "[message.key]\nid = '\"seven\"'\n",
            Some(KEY),
            "m.toml:2:7: the value does not fit `message.key.id`: expected an integer (long)",
        ),
        (
            "[message.key]\nid = 'Id'\n",
            None,
            "m.toml:1:10: the fields of a key need its schema, and none is chosen\n 1 | [message.key]\n   |          ^^^",
        ),
        (
            "[message.key]\nid = 'Id'\n",
            Some("\"string\""),
            "m.toml:1:10: the key's schema is string, not a record, so it has no fields",
        ),
        (
            "[message]\nkey = {}\n",
            Some(KEY),
            "m.toml:2:1: expected an expression, or the fields of the key's record",
        ),
        (
            "[message]\nkey-field = 'symbol'\nkey.id = 'Id'\n",
            Some(KEY),
            "m.toml:3:1: `key` and `key-field` exclude each other",
        ),
    ] {
        let error = plan(map, schema, true).unwrap_err();
        assert!(error.starts_with(said), "{map}: {error}");
    }
}
