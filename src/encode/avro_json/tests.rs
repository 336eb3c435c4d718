//! Avro's JSON encoding, both declared and not declared. `judges::differential` tests that Java's JSON encoder writes
//! what is read here.

use apache_avro::types::Value;

use crate::encode::tests::{Encoding, csv_with, json_with, one, ruled};
use crate::encode::{Hint, RowErrorKind};
use crate::mapping::rules::{BytesEncoding, JsonEncoding, Rules};
use RowErrorKind::{
    Bytes, DecimalPrecision, NotANumber, NotIntegral, OutOfRange, SeveralBranches, UndeclaredInteger,
    WrongType,
};

fn read(json_encoding: JsonEncoding, field_type: &str, value: &str) -> Result<Encoding, RowErrorKind> {
    let settings = ruled(Rules {
        json_encoding,
        bytes_encoding: Some(BytesEncoding::Latin1),
        ..Rules::default()
    });
    json_with(&one(field_type), &format!(r#"{{"f":{value}}}"#), &settings).map_err(|error| error.kind)
}

fn datum(field_type: &str, value: &str) -> Result<Vec<u8>, RowErrorKind> {
    read(JsonEncoding::Avro, field_type, value).map(|row| row.datum().to_vec())
}

const DECIMAL: &str = r#"{"type":"bytes","logicalType":"decimal","precision":18,"scale":4}"#;
const WIDE: &str = r#"{"type":"bytes","logicalType":"decimal","precision":40,"scale":0}"#;
const FIXED: &str = r#"{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":4,"scale":1}"#;
const NINE_DIGITS: &str =
    r#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":2}"#;
const BIG: &str = r#"{"type":"bytes","logicalType":"big-decimal"}"#;
const UUID: &str = r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#;
const DURATION: &str = r#"{"type":"fixed","name":"P","size":12,"logicalType":"duration"}"#;
const DATE: &str = r#"{"type":"int","logicalType":"date"}"#;
const TIME: &str = r#"{"type":"int","logicalType":"time-millis"}"#;
const TIMESTAMP: &str = r#"{"type":"long","logicalType":"timestamp-millis"}"#;

#[test]
fn a_decimal_is_the_bytes_of_its_unscaled_value() {
    assert_eq!(datum(DECIMAL, r#""12""#), Ok(vec![4, 0x31, 0x32]));
    let nullable = format!(r#"["null",{DECIMAL}]"#);
    let value = r#"{"bytes":"12"}"#;
    assert_eq!(datum(&nullable, value), Ok(vec![2, 4, 0x31, 0x32]));
    // As long as they were written, and no longer than the precision allows.
    assert_eq!(datum(DECIMAL, r#""\u0000\u0000\u0001""#), Ok(vec![6, 0, 0, 1]));
    assert_eq!(
        datum(FIXED, r#""\u00ff\u00ff\u00fe""#),
        Ok(vec![0xff, 0xff, 0xfe])
    );
    for (field_type, value, kind) in [
        (DECIMAL, "12", WrongType),
        (DECIMAL, "\"\"", NotANumber),
        (DECIMAL, "\"€\"", Bytes),
        (FIXED, r#""\u0000\u0001""#, Bytes),
    ] {
        assert_eq!(datum(field_type, value), Err(kind), "{field_type} {value}");
    }
}

#[test]
fn a_decimal_stays_within_its_precision() {
    let escaped = |bytes: &[u8]| {
        let escapes: Vec<String> = bytes.iter().map(|byte| format!("\\u{byte:04x}")).collect();
        format!("\"{}\"", escapes.concat())
    };
    // 9999, 10000, -9999 and -10000 in three bytes.
    for (number, fits) in [
        (9_999i32, true),
        (10_000, false),
        (-9_999, true),
        (-10_000, false),
    ] {
        let bytes = &number.to_be_bytes()[1..];
        assert_eq!(datum(FIXED, &escaped(bytes)).is_ok(), fits, "{number}");
    }
    let limit = num_bigint::BigInt::from(10).pow(40);
    for (number, fits) in [
        (&limit - 1, true),
        (limit.clone(), false),
        (1 - &limit, true),
        (-&limit, false),
    ] {
        let read = datum(WIDE, &escaped(&number.to_signed_bytes_be()));
        assert_eq!(
            read.map(|_| ()),
            if fits { Ok(()) } else { Err(DecimalPrecision) },
            "{number}"
        );
    }
}

#[test]
fn every_logical_type_is_its_base_type() {
    for (field_type, value, bytes) in [
        (DATE, "16139", &[0x96, 0xfc, 0x01][..]),
        (DATE, "-2147483648", &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        (TIME, "93003", &[0x96, 0xad, 0x0b]),
        // Before 1990, but the number is certainly in the schema's unit.
        (TIMESTAMP, "5", &[10]),
        (BIG, r#""\u0002\u0007\u0004""#, &[6, 2, 7, 4]),
        (UUID, r#""0123456789abcdef""#, b"0123456789abcdef"),
        (DURATION, r#""0123456789ab""#, b"0123456789ab"),
        ("\"bytes\"", r#""\u0000ÿ""#, &[4, 0, 0xff]),
        ("\"float\"", "\"NaN\"", &[0, 0, 0xc0, 0x7f]),
        ("\"double\"", "\"-Infinity\"", &[0, 0, 0, 0, 0, 0, 0xf0, 0xff]),
    ] {
        assert_eq!(
            datum(field_type, value).as_deref(),
            Ok(bytes),
            "{field_type} {value}"
        );
    }
    for (field_type, value, kind) in [
        (DATE, "\"2014-03-10\"", WrongType),
        (DATE, "1.5", NotIntegral),
        (TIME, "\"10:00\"", WrongType),
        (TIME, "86400000", OutOfRange),
        (TIMESTAMP, "\"2014-03-10T10:00:00Z\"", WrongType),
        (BIG, "40.20", WrongType),
        (BIG, r#""\u0002\u0007""#, NotANumber),
        (UUID, "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"", Bytes),
        (DURATION, "[1, 2, 3]", WrongType),
        ("\"long\"", "\"7\"", WrongType),
        ("\"boolean\"", "\"true\"", WrongType),
        ("\"double\"", "\"1.5\"", WrongType),
    ] {
        assert_eq!(datum(field_type, value), Err(kind), "{field_type} {value}");
    }
}

#[test]
fn the_fault_says_how_the_form_writes_the_type() {
    let settings = ruled(Rules {
        json_encoding: JsonEncoding::Avro,
        ..Rules::default()
    });
    let error = json_with(&one(DECIMAL), r#"{"f":12}"#, &settings).err().unwrap();
    assert_eq!(
        error.reason,
        "in Avro's JSON encoding this type is a string with one character for each byte"
    );
    assert_eq!(error.hint, Some(Hint::BareValues));
}

#[test]
fn cells_that_are_not_json_are_read_as_usual() {
    let settings = ruled(Rules {
        json_encoding: JsonEncoding::Avro,
        ..Rules::default()
    });
    let of_cell = |field_type: &str, cell: &str| csv_with(&one(field_type), "f,x", cell, &settings);
    assert_eq!(of_cell(DECIMAL, "12,x").unwrap().datum(), [6, 0x01, 0xd4, 0xc0]);
    let array = format!(r#"{{"type":"array","items":{DATE}}}"#);
    assert!(of_cell(&array, "[16139],x").is_ok());
    assert_eq!(
        csv_with(&one(DATE), "f,x", "16139,x", &settings)
            .err()
            .unwrap()
            .kind,
        UndeclaredInteger
    );
}

#[test]
fn a_text_in_a_wrapper_is_not_guessed_if_the_form_is_not_declared() {
    let auto = |field_type: &str, value: &str| {
        let nullable = format!(r#"["null",{field_type}]"#);
        let row = read(JsonEncoding::Auto, &nullable, value)?;
        Ok(row.field("f"))
    };
    for (field_type, value) in [
        (DECIMAL, r#"{"bytes":"12"}"#),
        (NINE_DIGITS, r#"{"D":"1.20"}"#),
        (DURATION, r#"{"P":"14,3,1470678"}"#),
    ] {
        assert_eq!(auto(field_type, value), Err(SeveralBranches), "{value}");
    }
    // These have only one meaning.
    for (field_type, value) in [
        (DECIMAL, "\"12\""),
        (DECIMAL, r#"{"bytes":12}"#),
        (NINE_DIGITS, r#"{"D":"1.2"}"#),
        // The bytes 0x31 0x2e 0x32 are more than four digits.
        (FIXED, r#"{"D":"1.2"}"#),
        (DURATION, r#"{"P":"P1D"}"#),
        (BIG, r#"{"bytes":"40.20"}"#),
        (UUID, r#"{"U":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}"#),
    ] {
        assert!(
            matches!(auto(field_type, value), Ok(Value::Union(1, _))),
            "{field_type} {value}"
        );
    }
    let branches = format!(r#"["null","long",{DECIMAL}]"#);
    let row = read(JsonEncoding::Auto, &branches, r#"{"bytes":"12"}"#);
    assert_eq!(row.err(), Some(SeveralBranches));
}
