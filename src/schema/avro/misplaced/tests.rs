//! Schemas with properties that have no effect, and the message for each.

use crate::schema::AvroSchema;

/// The messages for the fields of a record.
fn said(fields: &str) -> Vec<String> {
    let text = format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#);
    let schema = AvroSchema::parse(&text, &[]).unwrap_or_else(|error| panic!("{fields}: {error}"));
    let found = schema.misplaced().iter();
    found
        .map(|found| format!("{}: {}", found.path, found.fault))
        .collect()
}

#[test]
fn a_property_without_effect_is_named_with_its_field() {
    for (field, start) in [
        (
            r#"{"name": "v", "type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}"#,
            "v: `logicalType` `decimal` is beside the type and has no effect: the values are plain bytes;",
        ),
        (
            r#"{"name": "v", "type": ["null", "long"], "logicalType": "timestamp-millis"}"#,
            "v: `logicalType` `timestamp-millis` is beside the type and has no effect: the values are plain null or long;",
        ),
        (
            r#"{"name": "v", "type": {"type": "array", "items": "long"}, "logicalType": "timestamp-millis"}"#,
            "v: `logicalType` `timestamp-millis` is beside the type",
        ),
        (
            r#"{"name": "v", "type": {"type": ["null", "long"], "logicalType": "timestamp-millis"}}"#,
            "v: `logicalType` `timestamp-millis` is beside the type",
        ),
        (
            r#"{"name": "v", "type": {"type": "array", "items": "long", "logicalType": "date"}}"#,
            "v: `logicalType` `date` has no effect: the values are plain array; it needs int",
        ),
        (
            r#"{"name": "v", "type": {"type": "int", "logicalType": "timestamp-millis"}}"#,
            "v: `logicalType` `timestamp-millis` has no effect: the values are plain int; it needs long",
        ),
        (
            r#"{"name": "v", "type": {"type": "bytes", "logicalType": "decimal", "scale": 2}}"#,
            "v: `logicalType` `decimal` has no effect: the values are plain bytes; it needs bytes or a fixed that",
        ),
        (
            r#"{"name": "v", "type": {"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 9}}"#,
            "v: `logicalType` `decimal` has no effect: the values are plain fixed;",
        ),
        (
            r#"{"name": "v", "type": {"type": "long", "logicalType": "timestamp_millis"}}"#,
            "v: `logicalType` `timestamp_millis` is unknown to Avro and has no effect: the values are plain long; \
             did you mean `timestamp-millis`?",
        ),
        (
            r#"{"name": "v", "type": {"type": "bytes", "precision": 9, "scale": 2}}"#,
            "v: `precision` and `scale` have no effect without",
        ),
        (
            r#"{"name": "v", "type": "long", "logicalType": "timestamp_millis"}"#,
            "v: `logicalType` `timestamp_millis` is unknown to Avro and has no effect: the values are plain long;",
        ),
        (
            r#"{"name": "v", "type": {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}},
               {"name": "w", "type": "D", "logicalType": "decimal"}"#,
            "w: `logicalType` `decimal` is beside the type and has no effect: the values are plain D;",
        ),
        (
            r#"{"name": "v", "type": "bytes", "precision": 9}"#,
            "v: `precision` and `scale` have no effect without",
        ),
        (
            r#"{"name": "v", "type": {"type": "array", "items": "string", "default": []}}"#,
            "v: `default` is within the type and has no effect;",
        ),
        (
            r#"{"name": "v", "type": ["null", {"type": "string", "default": ""}]}"#,
            "v: `default` is within the type and has no effect;",
        ),
        (
            r#"{"name": "v", "type": {"type": "bytes", "logical_type": "decimal", "precision": 9}}"#,
            "v: `logical_type` has no effect; did you mean `logicalType`?",
        ),
        (
            r#"{"name": "v", "type": {"type": "bytes", "logicalTypes": "decimal", "precision": 9}}"#,
            "v: `logicalTypes` has no effect; did you mean `logicalType`?",
        ),
        (
            r#"{"name": "v", "type": {"type": "long", "logicaType": "timestamp-millis"}}"#,
            "v: `logicaType` has no effect; did you mean `logicalType`?",
        ),
        (
            r#"{"name": "v", "type": "string", "defualt": ""}"#,
            "v: `defualt` has no effect; did you mean `default`?",
        ),
        (
            r#"{"name": "v", "type": "string", "Default": ""}"#,
            "v: `Default` has no effect; did you mean `default`?",
        ),
        (
            r#"{"name": "v", "type": "string", "defaults": ""}"#,
            "v: `defaults` has no effect; did you mean `default`?",
        ),
        (
            r#"{"name": "v", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scael": 2}}"#,
            "v: `scael` has no effect; did you mean `scale`?",
        ),
        (
            r#"{"name": "v", "type": {"type": "long", "logicalType": "date"}, "logicalType": "x"}"#,
            "v: `logicalType` `date` has no effect: the values are plain long; it needs int",
        ),
        (
            r#"{"name": "legs", "type": {"type": "array", "items": {"type": "record", "name": "Leg", "fields": [
                {"name": "at", "type": "long", "logicaltype": "timestamp-millis"}]}}}"#,
            "legs.at: `logicaltype` has no effect;",
        ),
    ] {
        let said = said(field);
        assert!(said.len() == 1 && said[0].starts_with(start), "{field}: {said:?}");
    }
}

#[test]
fn a_logical_type_in_another_notation_is_named() {
    for (written, near) in [
        ("timestamp-ms", "timestamp-millis"),
        ("timestamp-milliseconds", "timestamp-millis"),
        ("timestamp_millis", "timestamp-millis"),
        ("timestampMillis", "timestamp-millis"),
        ("TIMESTAMP_MICROSECONDS", "timestamp-micros"),
        ("timestamp-us", "timestamp-micros"),
        ("timestamp-ns", "timestamp-nanos"),
        ("time-ms", "time-millis"),
        ("localTimestampMicros", "local-timestamp-micros"),
        ("Decimal", "decimal"),
        ("DECIMAL", "decimal"),
        ("bigDecimal", "big-decimal"),
        ("UUID", "uuid"),
        ("Date", "date"),
    ] {
        let end = format!("did you mean `{near}`?");
        for field in [
            format!(r#"{{"name": "v", "type": {{"type": "long", "logicalType": "{written}"}}}}"#),
            format!(r#"{{"name": "v", "type": "long", "logicalType": "{written}"}}"#),
        ] {
            let said = said(&field);
            assert!(said.len() == 1 && said[0].ends_with(&end), "{field}: {said:?}");
        }
    }
}

#[test]
fn decimal_is_not_advised_for_a_type_that_cannot_be_one() {
    for (written, plain, advised) in [
        (r#""double""#, "double", false),
        (r#""string""#, "string", false),
        (r#"["null", "double"]"#, "null or double", false),
        (r#"["null", "bytes"]"#, "null or bytes", true),
        (r#"{"type": "array", "items": "bytes"}"#, "array", false),
    ] {
        let said = said(&format!(
            r#"{{"name": "v", "type": {written}, "precision": 9, "scale": 2}}"#
        ));
        let expected = match advised {
            true => format!(
                "v: `precision` and `scale` have no effect without \"logicalType\": \"decimal\": the values are plain \
                 {plain}"
            ),
            false => format!(
                "v: `precision` and `scale` have no effect: the values are plain {plain}; only bytes and fixed can be \
                 decimals"
            ),
        };
        assert_eq!(said, [expected], "{written}");
    }
}

#[test]
fn properties_with_an_effect_and_custom_properties_are_not_named() {
    for field in [
        r#"{"name": "v", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, "default": "a"}"#,
        r#"{"name": "v", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}, "default": "A"}"#,
        r#"{"name": "v", "type": {"type": {"type": "long", "logicalType": "timestamp-millis"}}}"#,
        r#"{"name": "v", "type": {"type": "string", "logicalType": "io.vendor.currency"}}"#,
        r#"{"name": "v", "type": {"type": "long", "logicalType": "timestamp-seconds"}}"#,
        r#"{"name": "v", "type": {"type": "long", "logicalType": "timestamp-s"}}"#,
        r#"{"name": "v", "type": {"type": "string", "logicalType": "status"}}"#,
        r#"{"name": "v", "type": "long", "logicalType": "my-own"}"#,
        r#"{"name": "v", "type": "string", "doc": "d", "order": "ignore", "aliases": ["w"], "owner": {"default": 1}}"#,
        r#"{"name": "scale", "type": "int"}"#,
        r#"{"name": "v", "type": "string", "default": "", "defaults": 1, "isDefault": true, "connect.default": "x"}"#,
        r#"{"name": "v", "type": {"type": "string", "avro.java.string": "String", "java-class": "x", "connect.doc": "d",
            "connect.name": "n", "connect.version": 1, "connect.parameters": {"scale": "2"}, "tags": [], "scales": 1}}"#,
        r#"{"name": "v", "type": {"type": "long", "logicalType": "timestamp-millis", "logicalTypes": 1, "physicalType": "x"}}"#,
        r#"{"name": "v", "type": {"type": "enum", "name": "E", "symbols": ["A"], "defaults": "A"}}"#,
        r#"{"name": "v", "type": {"type": "map", "values": "string"}, "default": {"logicaltype": "x"}}"#,
    ] {
        assert_eq!(said(field), Vec::<String>::new(), "{field}");
    }
}

#[test]
fn a_logical_type_beside_a_named_type_that_has_it_is_not_named() {
    let duration = r#"{"type": "fixed", "name": "n.D", "size": 12, "logicalType": "duration"}"#;
    let decimal = r#"{"type": "fixed", "name": "n.D", "size": 8, "logicalType": "decimal", "precision": 9}"#;
    for (defined, field) in [
        (duration, r#""type": "n.D", "logicalType": "duration""#),
        (duration, r#""type": ["null", "n.D"], "logicalType": "duration""#),
        (duration, r#""type": {"type": "n.D", "logicalType": "duration"}"#),
        (
            decimal,
            r#""type": "n.D", "logicalType": "decimal", "precision": 9"#,
        ),
        (decimal, r#""type": "n.D", "precision": 9"#),
    ] {
        let fields = format!(r#"{{"name": "v", "type": {defined}}}, {{"name": "w", {field}}}"#);
        assert_eq!(said(&fields), Vec::<String>::new(), "{field}");
        let text = format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "w", {field}}}]}}"#);
        let schema = AvroSchema::parse(&text, &[defined.to_owned()]).unwrap();
        assert_eq!(schema.misplaced(), [], "{field}, by reference");
    }
}
