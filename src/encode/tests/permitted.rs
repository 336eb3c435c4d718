//! What the rules permit beyond the strict reading, from cells and from JSON.

use super::*;
use crate::mapping::rules::{
    BytesEncoding, EpochUnit, IntegerDate, IntegerTime, Rounding, UnknownKeys, time_zone,
};

/// The field `f` of one row, from a cell and from a JSON string or value.
fn both(field_type: &str, text: &str, rules: &Rules) -> Result<Value, RowErrorKind> {
    let settings = ruled(rules.clone());
    let schema = one(field_type);
    let cell = csv_with(&schema, "f", text, &settings)
        .map(|row| row.field("f"))
        .map_err(|error| error.kind);
    let line = format!(r#"{{"f":"{text}"}}"#);
    let json = json_with(&schema, &line, &settings)
        .map(|row| row.field("f"))
        .map_err(|error| error.kind);
    assert_eq!(
        cell, json,
        "a JSON text is read as the cell of the same text: {text}"
    );
    cell
}

#[test]
fn each_rule_permits_what_is_rejected_without_it() {
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#;
    let millis = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
    let table: &[(&str, &str, RowErrorKind, Rules)] = &[
        (
            decimal,
            "40.205",
            RowErrorKind::DecimalScale,
            Rules {
                decimal_round: Some(Rounding::HalfEven),
                ..Rules::default()
            },
        ),
        (
            millis,
            "2014-03-10T10:00:05.5169Z",
            RowErrorKind::TimePrecision,
            Rules {
                time_truncate: true,
                ..Rules::default()
            },
        ),
        (
            r#"{"type":"int","logicalType":"time-millis"}"#,
            "10:00:05.5169",
            RowErrorKind::TimePrecision,
            Rules {
                time_truncate: true,
                ..Rules::default()
            },
        ),
        (
            millis,
            "2014-03-10T10:00:05",
            RowErrorKind::NoZone,
            Rules {
                time_zone: Some(time_zone("Europe/Berlin").unwrap()),
                ..Rules::default()
            },
        ),
        (
            millis,
            "1394445605",
            RowErrorKind::TimeUnit,
            Rules {
                epoch_unit: Some(EpochUnit::Seconds),
                ..Rules::default()
            },
        ),
        (
            r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
            "1394445605.5",
            RowErrorKind::NotIntegral,
            Rules {
                epoch_unit: Some(EpochUnit::Seconds),
                ..Rules::default()
            },
        ),
        (
            millis,
            "1000",
            RowErrorKind::TimeUnit,
            Rules {
                epoch_years: "1970-2100".parse().unwrap(),
                ..Rules::default()
            },
        ),
        (
            r#"{"type":"int","logicalType":"date"}"#,
            "260910",
            RowErrorKind::UndeclaredInteger,
            Rules {
                integer_date: Some(IntegerDate::Yymmdd),
                ..Rules::default()
            },
        ),
        (
            r#"["null",{"type":"int","logicalType":"time-millis"}]"#,
            "93003",
            RowErrorKind::UndeclaredInteger,
            Rules {
                integer_time: Some(IntegerTime::Hhmmss),
                ..Rules::default()
            },
        ),
        (
            "\"float\"",
            "16777217",
            RowErrorKind::FloatPrecision,
            Rules {
                float_nearest: true,
                ..Rules::default()
            },
        ),
        (
            "\"bytes\"",
            "00ff",
            RowErrorKind::Bytes,
            Rules {
                bytes_encoding: Some(BytesEncoding::Hex),
                ..Rules::default()
            },
        ),
        (
            r#"{"type":"fixed","name":"F","size":2}"#,
            "00ff",
            RowErrorKind::Bytes,
            Rules {
                bytes_encoding: Some(BytesEncoding::Hex),
                ..Rules::default()
            },
        ),
    ];
    for (field_type, text, kind, rules) in table {
        assert_eq!(
            both(field_type, text, &Rules::default()),
            Err(*kind),
            "{field_type} {text}"
        );
        assert!(both(field_type, text, rules).is_ok(), "{field_type} {text}");
    }
}

#[test]
fn a_word_for_a_missing_value_has_a_hint_in_cells_and_in_json() {
    let settings = ruled(Rules::default());
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#;
    let venue = r#"{"type":"enum","name":"Venue","symbols":["XASX","FULL"]}"#;
    let no_null: Hint = "if it means a missing value: the field is not nullable and has no default".into();
    for field_type in [decimal, venue] {
        let cell = |field_type: &str| {
            let error = csv_with(&one(field_type), "f,x", "NULL,1", &settings).err();
            error.and_then(|error| error.hint).unwrap()
        };
        let json = |field_type: &str| {
            let error = json_with(&one(field_type), r#"{"f":"NULL"}"#, &settings).err();
            error.and_then(|error| error.hint).unwrap()
        };
        let nullable = format!(r#"["null",{field_type}]"#);
        assert_eq!(cell(&nullable), Hint::NullToken("NULL".to_owned()));
        assert_eq!(
            json(&nullable),
            "if it means a missing value, write `null`".into()
        );
        assert_eq!(cell(field_type), no_null);
        assert_eq!(json(field_type), no_null);
    }
}

#[test]
fn null_tokens_are_null_or_the_default_and_never_text() {
    let settings = ruled(Rules {
        null_tokens: vec![b"NA".to_vec(), b"\\N".to_vec()],
        ..Rules::default()
    });
    let value = |field_type: &str, cell: &str| {
        csv_with(&one(field_type), "f,x", &format!("{cell},1"), &settings)
            .map(|row| row.field("f"))
            .map_err(|error| error.kind)
    };
    let null = || Ok(Value::Union(0, Box::new(Value::Null)));
    let text = |text: &str| Value::String(text.to_owned());
    assert_eq!(value(r#"["null","string"]"#, "NA"), null());
    assert_eq!(value(r#"["null","long"]"#, "\\N"), null());
    assert_eq!(value(r#"["null","int","string"]"#, "NA"), null());
    assert_eq!(
        value(r#"["null","string"]"#, "\"NA\""),
        Ok(Value::Union(1, Box::new(text("NA"))))
    );
    assert_eq!(
        value(r#"["null","string"]"#, "na"),
        Ok(Value::Union(1, Box::new(text("na"))))
    );
    assert_eq!(value(r#""string","default":"x""#, "NA"), Ok(text("x")));
    assert_eq!(value("\"string\"", "NA"), Err(RowErrorKind::Empty));
    assert_eq!(value("\"string\"", "\"NA\""), Ok(text("NA")));
    assert_eq!(value("\"long\"", "NA"), Err(RowErrorKind::Empty));
    assert_eq!(value("\"null\"", "NA"), Ok(Value::Null));
}

#[test]
fn an_absent_nullable_field_is_null_only_if_permitted() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":"int"},{"name":"b","type":["string","null"]},{"name":"c","type":["null","int"],"default":5}]}"#;
    let error = json(text, r#"{"a":1}"#).err().unwrap();
    assert_eq!(error.kind, RowErrorKind::Missing);
    assert_eq!(error.hint, Some(Hint::MissingNull));
    let settings = ruled(Rules {
        missing_null: true,
        ..Rules::default()
    });
    for row in [
        json_with(text, r#"{"a":1}"#, &settings).unwrap(),
        csv_with(text, "a", "1", &settings).unwrap(),
    ] {
        assert_eq!(row.field("b"), Value::Union(1, Box::new(Value::Null)));
        assert_eq!(
            row.field("c"),
            Value::Union(1, Box::new(Value::Int(5))),
            "the default comes first"
        );
    }
    let error = json_with(text, "{}", &settings).err().unwrap();
    assert_eq!(error.kind, RowErrorKind::Missing);
}

#[test]
fn unknown_keys_are_dropped_and_counted_only_if_permitted() {
    let settings = ruled(Rules {
        unknown_keys: UnknownKeys::Drop,
        ..Rules::default()
    });
    let text = one("\"long\"");
    let line = r#"{"x":{"deep":[1]},"f":1,"y":null}"#;
    assert_eq!(json(&text, line).err().unwrap().kind, RowErrorKind::UnknownKey);
    let row = json_with(&text, line, &settings).unwrap();
    assert_eq!((row.field("f"), row.dropped_keys), (long(1), 2));
    // A duplicate key is still an error.
    for line in [r#"{"f":1,"x":1,"x":2}"#, r#"{"f":1,"f":2,"x":1}"#] {
        let error = json_with(&text, line, &settings).err().unwrap();
        assert_eq!(error.kind, RowErrorKind::DuplicateKey, "{line}");
    }
}
