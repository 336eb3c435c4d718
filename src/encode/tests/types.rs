//! Every type of the specification, from a cell and from JSON, checked with the apache-avro crate's decoder.

use apache_avro::{Days, Decimal, Duration, Millis, Months, Uuid};

use super::*;
use crate::mapping::rules::BytesEncoding;

/// The value of a field of this type, read from a cell and from a JSON value, which must give the same result.
fn read(field_type: &str, cell: &str, json_value: &str) -> Value {
    let settings = ruled(Rules {
        bytes_encoding: Some(BytesEncoding::Latin1),
        ..Rules::default()
    });
    let schema = one(field_type);
    let quoted = format!("\"{}\"", cell.replace('"', "\"\""));
    // A quoted empty cell is only valid for text.
    let line = if cell.is_empty() {
        ",x".to_owned()
    } else {
        format!("{quoted},x")
    };
    let from_cell = csv_with(&schema, "f,more", &line, &settings).unwrap();
    let from_json = json_with(&schema, &format!(r#"{{"f":{json_value}}}"#), &settings).unwrap();
    assert_eq!(from_cell.out, from_json.out, "{field_type} {cell} {json_value}");
    from_cell.field("f")
}

fn logical(base: &str, logical_type: &str) -> String {
    format!(r#"{{"type":"{base}","logicalType":"{logical_type}"}}"#)
}

#[test]
fn primitive_types() {
    assert_eq!(read("\"null\"", "", "null"), Value::Null);
    assert_eq!(read("\"boolean\"", "true", "true"), Value::Boolean(true));
    assert_eq!(
        read("\"int\"", "-2147483648", "-2147483648"),
        Value::Int(i32::MIN)
    );
    assert_eq!(
        read("\"long\"", "9223372036854775807", "9223372036854775807"),
        Value::Long(i64::MAX)
    );
    assert_eq!(read("\"float\"", "1.5", "1.5"), Value::Float(1.5));
    assert_eq!(
        read("\"float\"", "-Infinity", "\"-Infinity\""),
        Value::Float(f32::NEG_INFINITY)
    );
    assert_eq!(read("\"double\"", "0.1", "0.1"), Value::Double(0.1));
    assert_eq!(
        read("\"bytes\"", "\u{0}ÿ", "\"\\u0000ÿ\""),
        Value::Bytes(vec![0, 0xff])
    );
    assert_eq!(
        read("\"string\"", "é😀", "\"\\u00e9\\ud83d\\ude00\""),
        Value::String("é😀".into())
    );
}

#[test]
fn complex_types() {
    let fixed = r#"{"type":"fixed","name":"F","size":2}"#;
    assert_eq!(read(fixed, "aÿ", "\"aÿ\""), Value::Fixed(2, vec![b'a', 0xff]));
    let symbols = r#"{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}"#;
    assert_eq!(read(symbols, "B", "\"B\""), Value::Enum(1, "B".into()));
    let array = r#"{"type":"array","items":["null","int"]}"#;
    let items = [
        Value::Union(1, Box::new(Value::Int(1))),
        Value::Union(0, Box::new(Value::Null)),
    ];
    assert_eq!(
        read(array, "[1,null]", "[{\"int\":1},null]"),
        Value::Array(items.to_vec())
    );
    let map = r#"{"type":"map","values":"int"}"#;
    assert_eq!(
        read(map, r#"{"k":1}"#, r#"{"k":1}"#),
        Value::Map([("k".to_owned(), Value::Int(1))].into())
    );
    assert_eq!(read(map, "{}", "{}"), Value::Map([].into()));
    let record = r#"{"type":"record","name":"S","fields":[{"name":"a","type":"int"}]}"#;
    assert_eq!(
        read(record, r#"{"a":1}"#, r#"{"a":1}"#),
        Value::Record(vec![("a".to_owned(), Value::Int(1))])
    );
    let union = r#"["null","boolean","string"]"#;
    assert_eq!(
        read(union, "true", "true"),
        Value::Union(1, Box::new(Value::Boolean(true)))
    );
}

#[test]
fn decimals() {
    let bytes = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#;
    assert_eq!(
        read(bytes, "-1.28", "-1.28"),
        Value::Decimal(Decimal::from([0x80]))
    );
    let fixed = r#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":2}"#;
    assert_eq!(
        read(fixed, "-1.28", "\"-1.28\""),
        Value::Decimal(Decimal::from([0xff, 0xff, 0xff, 0x80]))
    );
    let big: apache_avro::BigDecimal = "40.20".parse().unwrap();
    assert_eq!(
        read(&logical("bytes", "big-decimal"), "40.20", "40.20"),
        Value::BigDecimal(big)
    );
}

#[test]
fn uuids_and_durations() {
    let text = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    let uuid = Value::Uuid(Uuid::parse_str(text).unwrap());
    assert_eq!(
        read(&logical("string", "uuid"), text, &format!("\"{text}\"")),
        uuid
    );
    let fixed = r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#;
    assert_eq!(read(fixed, text, &format!("\"{text}\"")), uuid);
    let duration = r#"{"type":"fixed","name":"P","size":12,"logicalType":"duration"}"#;
    let expected = Value::Duration(Duration::new(Months::new(1), Days::new(2), Millis::new(3004)));
    assert_eq!(read(duration, "P1M2DT3.004S", "\"1,2,3004\""), expected);
    assert_eq!(read(duration, "1,2,3004", "[1, 2, 3004]"), expected);
}

#[test]
fn dates_and_times() {
    let texts = [
        ("int", "date", "2014-03-10", Value::Date(16_139)),
        (
            "int",
            "time-millis",
            "10:00:05.516",
            Value::TimeMillis(36_005_516),
        ),
        (
            "long",
            "time-micros",
            "10:00:05.516",
            Value::TimeMicros(36_005_516_000),
        ),
    ];
    for (base, name, text, expected) in texts {
        let quoted = format!("\"{text}\"");
        assert_eq!(read(&logical(base, name), text, &quoted), expected, "{name}");
    }
    let table = [
        (
            "long",
            "timestamp-millis",
            "2014-03-10T11:00:05.516+01:00",
            "1394445605516",
            Value::TimestampMillis(1_394_445_605_516),
        ),
        (
            "long",
            "timestamp-micros",
            "2014-03-10 10:00:05.516Z",
            "1394445605516000",
            Value::TimestampMicros(1_394_445_605_516_000),
        ),
        (
            "long",
            "timestamp-nanos",
            "2014-03-10T10:00:05.516Z",
            "1394445605516000000",
            Value::TimestampNanos(1_394_445_605_516_000_000),
        ),
        (
            "long",
            "local-timestamp-millis",
            "2014-03-10T10:00:05.516",
            "1394445605516",
            Value::LocalTimestampMillis(1_394_445_605_516),
        ),
        (
            "long",
            "local-timestamp-micros",
            "2014-03-10T10:00:05.516",
            "1394445605516000",
            Value::LocalTimestampMicros(1_394_445_605_516_000),
        ),
        (
            "long",
            "local-timestamp-nanos",
            "2014-03-10T10:00:05.516",
            "1394445605516000000",
            Value::LocalTimestampNanos(1_394_445_605_516_000_000),
        ),
    ];
    for (base, name, text, number, expected) in table {
        assert_eq!(read(&logical(base, name), text, number), expected, "{name}");
        assert_eq!(
            read(&logical(base, name), text, &format!("\"{text}\"")),
            expected,
            "{name}"
        );
    }
}

#[test]
fn an_unknown_or_invalid_logical_type_is_its_base_type() {
    assert_eq!(
        read(&logical("long", "io.vendor.price"), "5", "5"),
        Value::Long(5)
    );
    assert_eq!(read(&logical("int", "timestamp-millis"), "5", "5"), Value::Int(5));
    assert_eq!(
        read(&logical("string", "decimal"), "40.20", "\"40.20\""),
        Value::String("40.20".into())
    );
}

#[test]
fn a_recursive_record_goes_as_deep_as_the_row_does() {
    let node = r#"{"type":"record","name":"Node","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Node"]}]}"#;
    let depth = 100;
    let text = format!("{}null{}", r#"{"v":1,"next":"#.repeat(depth), "}".repeat(depth));
    let row = json(&one(node), &format!(r#"{{"f":{text}}}"#)).unwrap();
    // One byte per value and one per branch.
    assert_eq!(row.message.value.end, 2 * depth);
}
