//! Each field has its own source: its name in the row, and the rules by which it is read.

use super::*;
use crate::mapping::rules::{Rounding, UnknownKeys, time_zone};

const ORDER: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"placed","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"paid","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"fee","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}"#;

fn zone(name: &str) -> Rules {
    Rules {
        time_zone: Some(time_zone(name).unwrap()),
        ..Rules::default()
    }
}

fn rounded(rounding: Rounding) -> Rules {
    Rules {
        decimal_round: Some(rounding),
        ..Rules::default()
    }
}

/// The row from cells and from JSON, which must give the same result.
fn both(mapping: Mapping, cells: [&str; 4]) -> Result<Encoding, Box<RowError>> {
    let settings = Settings {
        mapping,
        ..Settings::new(KeyChoice::None)
    };
    let names = ["placed", "paid", "price", "fee"];
    let csv = csv_with(ORDER, &names.join(","), &cells.join(","), &settings);
    let members = names
        .iter()
        .zip(cells)
        .map(|(name, cell)| format!(r#""{name}":"{cell}""#));
    let line = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    let json = json_with(ORDER, &line, &settings);
    match (&csv, &json) {
        (Ok(csv), Ok(json)) => assert_eq!(csv.out, json.out),
        (Err(csv), Err(json)) => assert_eq!((csv.kind, &csv.field), (json.kind, &json.field)),
        _ => panic!("{cells:?} is read in two different ways"),
    }
    csv
}

#[test]
fn two_fields_of_one_plan_are_read_by_different_rules() {
    let local = "2014-03-10T10:00:05";
    let mapping = Mapping::by_name(rounded(Rounding::Down))
        .with_rules("placed", zone("Australia/Sydney"))
        .with_rules("paid", zone("UTC"))
        .with_rules("fee", Rules::default());
    let row = both(mapping.clone(), [local, local, "40.209", "1.5"]).unwrap();
    let utc = 1_394_445_605_000;
    assert_eq!(row.field("placed"), Value::TimestampMillis(utc - 11 * 3_600_000));
    assert_eq!(
        row.field("paid"),
        Value::Union(1, Box::new(Value::TimestampMillis(utc)))
    );
    assert_eq!(row.field("price"), Value::Decimal([0x0f, 0xb4].into()));
    let error = both(mapping, [local, local, "40.209", "1.555"]).err().unwrap();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (RowErrorKind::DecimalScale, Some("fee"))
    );
}

#[test]
fn the_rules_of_a_field_apply_to_everything_within_it() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":{"type":"array","items":{"type":"record","name":"Leg","fields":[
            {"name":"t","type":["null",{"type":"long","logicalType":"timestamp-millis"}]}]}}},
        {"name":"b","type":{"type":"array","items":"Leg"}}]}"#;
    let lenient = Rules {
        unknown_keys: UnknownKeys::Drop,
        missing_null: true,
        ..zone("UTC")
    };
    let settings = Settings {
        mapping: Mapping::default().with_rules("a", lenient),
        ..Settings::new(KeyChoice::None)
    };
    let line = |a: &str, b: &str| format!(r#"{{"a":[{a}],"b":[{b}]}}"#);
    let strict = r#"{"t":"2014-03-10T10:00:05Z"}"#;
    for leg in [r#"{"t":"2014-03-10T10:00:05"}"#, r#"{"t":null,"x":1}"#, "{}"] {
        assert!(json_with(text, &line(leg, strict), &settings).is_ok(), "{leg}");
        let error = json_with(text, &line(strict, leg), &settings).err().unwrap();
        assert!(error.field.unwrap().starts_with("b[0]"), "{leg}");
        let cells = [leg, strict].map(|leg| format!("\"[{}]\"", leg.replace('"', "\"\"")));
        assert!(
            csv_with(text, "a,b", &cells.join(","), &settings).is_ok(),
            "{leg}"
        );
        assert!(
            csv_with(text, "b,a", &cells.join(","), &settings).is_err(),
            "{leg}"
        );
    }
}

/// A record has the same rules in separate columns, in one cell and in JSON.
#[test]
fn the_rules_of_a_record_apply_to_the_columns_of_its_fields() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"leg","type":{"type":"record","name":"Leg","fields":[
            {"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}},
            {"name":"note","type":["null","string"]},
            {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}}]}"#;
    let lenient = Rules {
        missing_null: true,
        ..zone("UTC")
    };
    let mapping = Mapping::default().with_rules("leg", lenient);
    let settings = |mapping| Settings {
        mapping,
        ..Settings::new(KeyChoice::None)
    };
    let row = |mapping, price: &str| {
        let line = format!("2014-03-10T10:00:05,{price}");
        csv_with(text, "leg.t,leg.price", &line, &settings(mapping))
    };
    let json = r#"{"leg":{"t":"2014-03-10T10:00:05","price":"1.5"}}"#;
    let expected = json_with(text, json, &settings(mapping.clone())).unwrap().out;
    assert_eq!(row(mapping.clone(), "1.5").unwrap().out, expected);
    // The rules of a field within it take precedence.
    let rounding = mapping.with_rules("leg.price", rounded(Rounding::Down));
    assert_eq!(row(rounding.clone(), "1.509").unwrap().out, expected);
    assert_eq!(
        row(
            rounding.with_rules(
                "leg",
                Rules {
                    missing_null: true,
                    ..Rules::default()
                }
            ),
            "1.5"
        )
        .err()
        .unwrap()
        .kind,
        RowErrorKind::NoZone
    );
}

#[test]
fn null_tokens_may_be_those_of_one_column() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
            {"name":"venue","type":"string"},{"name":"size","type":"string"}]}]}]}"#;
    let tokens = Rules {
        null_tokens: vec![b"NA".to_vec()],
        ..Rules::default()
    };
    let settings = Settings {
        mapping: Mapping::default().with_rules("leg.venue", tokens),
        ..Settings::new(KeyChoice::None)
    };
    let row = |line: &str| csv_with(text, "leg.venue,leg.size", line, &settings);
    let null = Value::Union(0, Box::new(Value::Null));
    assert_eq!(row("NA,").unwrap().field("leg"), null);
    assert_eq!(row("NA,NA").err().unwrap().kind, RowErrorKind::Empty);
    assert_eq!(
        row("ASX,NA").unwrap().out,
        [2, 6, b'A', b'S', b'X', 4, b'N', b'A']
    );
}

#[test]
fn a_field_may_come_from_a_key_or_a_column_of_another_name() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"symbol","type":"string"},{"name":"isin","type":"string"},{"name":"n","type":"int"}]}"#;
    let settings = Settings {
        mapping: Mapping::default()
            .with_name("symbol", "id")
            .with_name("isin", "id"),
        ..Settings::new(KeyChoice::Default)
    };
    let expected = [4, b'B', b'1', 4, b'B', b'1', 14];
    for line in [r#"{"id":"B1","n":7}"#, r#"{"n":7,"id":"B1"}"#] {
        let row = json_with(text, line, &settings).unwrap();
        assert_eq!(row.out, expected, "{line}");
        assert_eq!(row.key(), Some("B1"));
    }
    assert_eq!(csv_with(text, "n,id", "7,B1", &settings).unwrap().out, expected);
    // The fields' own names are then ordinary keys.
    for line in [r#"{"id":"B1","n":7,"x":1}"#, r#"{"symbol":"B1","id":"B1","n":7}"#] {
        let error = json_with(text, line, &settings).err().unwrap();
        assert_eq!(error.kind, RowErrorKind::UnknownKey, "{line}");
    }
    let error = json_with(text, r#"{"n":7}"#, &settings).err().unwrap();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (RowErrorKind::Missing, Some("symbol"))
    );
}

/// The row is also the record if the schema is a union with null.
#[test]
fn a_row_of_a_nullable_record_has_the_keys_of_the_message_key_too() {
    let record = r#"{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}"#;
    let key = schema(r#"{"type":"record","name":"K","fields":[{"name":"account","type":"string"}]}"#);
    let settings = Settings::new(KeyChoice::Avro {
        schema: Box::new(key),
        field: None,
    });
    for text in [
        format!(r#"["null",{record}]"#),
        format!("[{record}]"),
        format!(r#"["null",{record},"int"]"#),
    ] {
        let row = json_with(&text, r#"{"n":1,"account":"a"}"#, &settings);
        assert!(row.is_ok(), "{text}");
        let error = json_with(&text, r#"{"n":1,"account":"a","x":1}"#, &settings).err();
        assert_eq!(error.unwrap().kind, RowErrorKind::UnknownKey, "{text}");
    }
}

/// An Avro key uses keys of the row, but not those of records within it.
#[test]
fn a_key_within_a_record_is_unknown_even_if_the_message_key_has_that_field() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"leg","type":{"type":"record","name":"Leg","fields":[{"name":"n","type":"int"}]}}]}"#;
    let key = r#"{"type":"record","name":"K","fields":[{"name":"account","type":"string"}]}"#;
    let settings = Settings::new(KeyChoice::Avro {
        schema: Box::new(schema(key)),
        field: None,
    });
    assert!(json_with(text, r#"{"leg":{"n":1},"account":"a"}"#, &settings).is_ok());
    let line = r#"{"leg":{"n":1,"account":"b"},"account":"a"}"#;
    let error = json_with(text, line, &settings).err().unwrap();
    assert_eq!(
        (error.kind, error.field.as_deref()),
        (RowErrorKind::UnknownKey, Some("leg"))
    );
}
