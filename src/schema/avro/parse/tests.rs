//! Texts of schemas: what is accepted, and what is refused with which message.

use super::*;
use crate::schema::TimeUnit;

fn parse(text: &str) -> AvroSchema {
    schema(text, &[]).unwrap()
}

fn refused(text: &str) -> String {
    schema(text, &[]).unwrap_err().to_string()
}

fn field_type<'a>(schema: &'a AvroSchema, name: &str) -> &'a Type {
    let fields = schema.root_fields().unwrap();
    let field = fields.iter().find(|field| field.name == name).unwrap();
    schema.get(field.type_id)
}

#[test]
fn names_are_looked_up_in_their_namespace() {
    let schema = parse(
        r#"{"type": "record", "name": "a.R", "fields": [
            {"name": "inherited", "type": {"type": "fixed", "name": "F", "size": 1}},
            {"name": "dotted", "type": {"type": "enum", "name": "b.E", "symbols": ["X"]}},
            {"name": "own", "type": {"type": "fixed", "name": "G", "namespace": "c", "size": 2}},
            {"name": "outside", "type": {"type": "fixed", "name": "H", "namespace": "", "size": 3}},
            {"name": "again", "type": ["null", "F", "b.E", "c.G", "H", "R"]}]}"#,
    );
    let Base::Union(branches) = &field_type(&schema, "again").base else {
        panic!("a union")
    };
    let names: Vec<_> = branches.iter().map(|id| schema.branch_name(*id)).collect();
    assert_eq!(names, ["null", "a.F", "b.E", "c.G", "H", "a.R"]);
}

#[test]
fn an_alias_never_names_a_type() {
    let text = r#"{"type": "record", "name": "R", "fields": [
        {"name": "a", "type": {"type": "fixed", "name": "F", "aliases": ["G"], "size": 1}},
        {"name": "b", "type": "G"}]}"#;
    assert!(refused(text).contains("`G` is neither an Avro type nor defined before"));
}

#[test]
fn a_logical_type_counts_only_where_it_is_valid() {
    let table: &[(&str, Option<Logical>)] = &[
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4}"#,
            Some(Logical::Decimal {
                precision: 4,
                scale: 0,
            }),
        ),
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 5}"#,
            None,
        ),
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 0}"#,
            None,
        ),
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": "4"}"#,
            None,
        ),
        (r#"{"type": "bytes", "logicalType": "decimal"}"#, None),
        (
            r#"{"type": "string", "logicalType": "decimal", "precision": 4}"#,
            None,
        ),
        (
            r#"{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 4}"#,
            Some(Logical::Decimal {
                precision: 4,
                scale: 0,
            }),
        ),
        (
            r#"{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5}"#,
            None,
        ),
        (
            r#"{"type": "fixed", "name": "F", "size": 0, "logicalType": "decimal", "precision": 1}"#,
            None,
        ),
        (
            r#"{"type": "string", "logicalType": "uuid"}"#,
            Some(Logical::Uuid),
        ),
        (
            r#"{"type": "fixed", "name": "F", "size": 16, "logicalType": "uuid"}"#,
            Some(Logical::Uuid),
        ),
        (
            r#"{"type": "fixed", "name": "F", "size": 15, "logicalType": "uuid"}"#,
            None,
        ),
        (r#"{"type": "bytes", "logicalType": "uuid"}"#, None),
        (r#"{"type": "int", "logicalType": "date"}"#, Some(Logical::Date)),
        (r#"{"type": "long", "logicalType": "date"}"#, None),
        (r#"{"type": "int", "logicalType": "timestamp-millis"}"#, None),
        (
            r#"{"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"}"#,
            Some(Logical::Duration),
        ),
        (
            r#"{"type": "fixed", "name": "F", "size": 13, "logicalType": "duration"}"#,
            None,
        ),
        (r#"{"type": "long", "logicalType": "io.vendor.time"}"#, None),
        (r#"{"type": "long", "logicalType": 5}"#, None),
    ];
    for (text, logical) in table {
        let schema = parse(text);
        assert_eq!(schema.get(schema.root()).logical, *logical, "{text}");
    }
}

#[test]
fn a_logical_type_beside_a_name_does_not_belong_to_the_named_type() {
    let schema = parse(
        r#"{"type": "record", "name": "R", "fields": [
            {"name": "a", "type": {"type": "fixed", "name": "F", "size": 12}},
            {"name": "b", "type": {"type": "F", "logicalType": "duration"}},
            {"name": "c", "type": {"type": {"type": "long", "logicalType": "timestamp-millis"}}}]}"#,
    );
    assert_eq!(field_type(&schema, "a").logical, None);
    assert_eq!(field_type(&schema, "b"), field_type(&schema, "a"));
    assert_eq!(
        field_type(&schema, "c").logical,
        Some(Logical::Timestamp(TimeUnit::Millis))
    );
}

#[test]
fn schemas_that_the_specification_does_not_allow_are_refused_by_name() {
    for (text, why) in [
        (r#""strin""#, "`strin` is neither an Avro type nor defined"),
        (
            r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "array", "items": "int"}]}"#,
            r#"the type `array` must be an object, "type": {"type": "array", ...}"#,
        ),
        ("5", "`5` is not a type"),
        (r#"{"name": "x"}"#, "a type has no `type`"),
        (r#"["null", "null"]"#, "a union contains `null` twice"),
        (r#"["null", ["int"]]"#, "a union must not contain a union"),
        (
            r#"["int", {"type": "int", "logicalType": "date"}]"#,
            "a union contains `int` twice",
        ),
        (
            r#"[{"type": "array", "items": "int"}, {"type": "array", "items": "long"}]"#,
            "a union contains `array` twice",
        ),
        (r#"{"type": "array"}"#, "a type `array` has no `items`"),
        (r#"{"type": "map"}"#, "a type `map` has no `values`"),
        (r#"{"type": "fixed", "size": 3}"#, "a type `fixed` has no `name`"),
        (r#"{"type": "fixed", "name": "F"}"#, "the fixed `F` has no `size`"),
        (
            r#"{"type": "fixed", "name": "F", "size": -1}"#,
            "the fixed `F` has no `size`",
        ),
        (
            r#"{"type": "enum", "name": "E"}"#,
            "the enum `E` has no `symbols`",
        ),
        (
            r#"{"type": "enum", "name": "E", "symbols": ["A", "A"]}"#,
            "the symbol `A` twice",
        ),
        (
            r#"{"type": "enum", "name": "E", "symbols": ["a-b"]}"#,
            "`a-b` is not a valid symbol",
        ),
        (
            r#"{"type": "enum", "name": "E", "symbols": [1]}"#,
            "`1` is not a valid symbol",
        ),
        (
            r#"{"type": "record", "name": "R"}"#,
            "the record `R` has no `fields`",
        ),
        (
            r#"{"type": "record", "name": "1R", "fields": []}"#,
            "`1R` is not a valid name",
        ),
        (
            r#"{"type": "record", "name": "string", "fields": []}"#,
            "is the name of an Avro type",
        ),
        (
            r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]}"#,
            "has the field `a` twice",
        ),
        (
            r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "fixed", "name": "R", "size": 1}}]}"#,
            "`R` is defined twice",
        ),
        (
            r#"{"type": "record", "name": "R", "fields": [{"name": "a"}]}"#,
            "the field `a` of the record `R` has no `type`",
        ),
        (
            r#"{"type": "record", "name": "R", "fields": [{"type": "int"}]}"#,
            "a field of the record `R` has no `name`",
        ),
    ] {
        let error = refused(text);
        assert!(
            error.starts_with("not an Avro schema: ") && error.contains(why),
            "{text}: {error}"
        );
    }
}

#[test]
fn schemas_may_refer_to_types_of_other_documents() {
    let money = r#"{"type": "record", "name": "x.Money", "fields": [{"name": "amount", "type": "long"}]}"#;
    let leg = r#"{"type": "record", "name": "x.Leg", "fields": [{"name": "price", "type": "Money"}]}"#;
    let text = r#"{"type": "record", "name": "y.Trade", "fields": [{"name": "leg", "type": "x.Leg"}]}"#;
    let found = schema(text, &[money.to_owned(), leg.to_owned()]).unwrap();
    assert_eq!(found.name(found.root()), Some("y.Trade"));
    assert!(matches!(&field_type(&found, "leg").base, Base::Record { name, .. } if name == "x.Leg"));
    assert!(schema(text, &[]).is_err());
}

#[test]
fn the_levels_of_a_schema_are_its_types() {
    let arrays = |count: usize| {
        let items = r#"{"type": "array", "items": "#.repeat(count);
        schema(&format!("{items}\"int\"{}", "}".repeat(count)), &[]).map_err(|error| error.to_string())
    };
    assert!(arrays(64).is_ok());
    assert_eq!(arrays(65).unwrap_err(), "nested more than 64 types deep");
    let records = |count: usize| {
        let record = |level: usize| {
            format!(r#"{{"type": "record", "name": "R{level}", "fields": [{{"name": "f", "type": "#)
        };
        let open: String = (0..count).map(record).collect();
        schema(&format!("{open}\"int\"{}", "}]}".repeat(count)), &[]).map_err(|error| error.to_string())
    };
    // Each of them needs three levels of JSON.
    assert!(records(22).is_ok() && records(42).is_ok());
    assert_eq!(
        records(43).unwrap_err(),
        "nested more than 127 levels of JSON deep"
    );
}

#[test]
fn a_fixed_too_large_for_any_message_is_refused_by_name() {
    let fixed = |size: usize| {
        schema(
            &format!(r#"{{"type": "fixed", "name": "a.F", "size": {size}}}"#),
            &[],
        )
    };
    assert!(fixed(16_777_216).is_ok());
    let error = fixed(2_147_483_647).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::TooLarge);
    assert_eq!(
        error.to_string(),
        "the fixed `a.F` has 2147483647 bytes, but at most 16777216 can be written"
    );
}

#[test]
fn an_undefined_type_is_an_error_of_its_kind() {
    for text in [
        r#""com.k2.Price""#,
        r#"{"type": "array", "items": "Price"}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "f", "type": ["null", "Price"]}]}"#,
    ] {
        assert_eq!(
            schema(text, &[]).unwrap_err().kind(),
            SchemaErrorKind::UndefinedType,
            "{text}"
        );
    }
    let other = schema(r#"{"type": "array"}"#, &[]).unwrap_err();
    assert_eq!(other.kind(), SchemaErrorKind::NotAvro);
}

#[test]
fn depth_is_bounded_and_syntax_is_named_by_place() {
    let deep = r#"{"type": "array", "items": "#.repeat(100_000);
    assert_eq!(refused(&deep), "nested more than 127 levels of JSON deep");
    let error = schema(r#"{"type": "record""#, &[]).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::NotJson);
    assert_eq!(
        error.to_string(),
        "not JSON: EOF while parsing an object at line 1 column 17"
    );
    assert!(refused(r#"{"type": "strin\u001bg"}"#).contains("strin\\x1bg"));
}
