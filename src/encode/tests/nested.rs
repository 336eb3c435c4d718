//! Records from columns with dotted names, and rows that are not records.

use super::*;

const QUOTE: &str = r#"{"type":"record","name":"Quote","fields":[
    {"name":"id","type":"long"},
    {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
        {"name":"price","type":"double"},
        {"name":"venue","type":["null","string"],"default":null},
        {"name":"next","type":["null","Leg"],"default":null}]}],"default":null},
    {"name":"last","type":"Leg","default":{"price":1}}]}"#;

#[test]
fn columns_with_dotted_names_make_records() {
    let header = "id,leg.price,leg.venue,leg.next.price,last.price";
    let row = csv(QUOTE, header, "1,40.2,ASX,3,5").unwrap();
    let same = r#"{"id":1,"leg":{"price":40.2,"venue":"ASX","next":{"price":3}},"last":{"price":5}}"#;
    assert_eq!(row.value(), json(QUOTE, same).unwrap().value());
}

#[test]
fn a_nullable_record_whose_columns_are_all_empty_is_null() {
    let header = "id,leg.price,leg.venue,leg.next.price";
    let row = csv(QUOTE, header, "1,,,").unwrap();
    let same = r#"{"id":1,"leg":null,"last":{"price":1}}"#;
    assert_eq!(row.value(), json(QUOTE, same).unwrap().value());
    // One non-empty column makes the record non-null, and a missing value in it is then a fault.
    let error = csv(QUOTE, header, "1,,ASX,").err().unwrap();
    assert_eq!(
        error.to_string(),
        "`leg.price` (column 2): the cell is empty, but the field (double) is not nullable and has no default"
    );
    assert_eq!(error.column, Some(2));
    let tokens = ruled(Rules {
        null_tokens: vec![b"NA".to_vec()],
        ..Rules::default()
    });
    let row = csv_with(QUOTE, header, "1,NA,,NA", &tokens).unwrap();
    assert_eq!(row.value(), json(QUOTE, same).unwrap().value());
}

#[test]
fn one_column_can_hold_the_record_as_json() {
    let row = csv(QUOTE, "id,leg,last", r#"1,"{""price"": 2}",{"price": 3}"#).unwrap();
    let same = r#"{"id":1,"leg":{"price":2},"last":{"price":3}}"#;
    assert_eq!(row.value(), json(QUOTE, same).unwrap().value());
}

#[test]
fn all_faults_of_a_row_are_reported_at_once() {
    let header = "id,leg.price,leg.venue,last.price";
    let error = csv(QUOTE, header, "x,y,z,w").err().unwrap();
    let paths = |error: &RowError| -> Vec<(String, Option<usize>)> {
        std::iter::once(error)
            .chain(&error.also)
            .map(|error| (error.field.clone().unwrap_or_default(), error.column))
            .collect()
    };
    assert_eq!(
        paths(&error),
        [
            ("id".to_owned(), Some(1)),
            ("leg.price".to_owned(), Some(2)),
            ("last.price".to_owned(), Some(4))
        ]
    );
    let line = r#"{"id":"x","leg":{"price":"y","venue":5},"last":{"price":"w"},"more":1}"#;
    let error = json(QUOTE, line).err().unwrap();
    let fields: Vec<String> = paths(&error).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields[..3], ["id", "leg.price", "last.price"]);
    assert_eq!(error.also.last().unwrap().kind, RowErrorKind::UnknownKey);
}

#[test]
fn every_unknown_key_of_a_row_is_reported_up_to_a_limit() {
    let text = r#"{"type":"record","name":"T","fields":[{"name":"f","type":"long"}]}"#;
    let error = json(text, r#"{"f":1,"x":1,"y":2,"f":3}"#).err().unwrap();
    let faults: Vec<_> = error.all().map(|fault| (fault.kind, fault.to_string())).collect();
    let unknown = |key: &str| {
        let said = format!("`{key}`: the schema has no field of this name");
        (RowErrorKind::UnknownKey, said)
    };
    let twice = "`f`: the key occurs twice in its object".to_owned();
    assert_eq!(
        faults,
        [unknown("x"), unknown("y"), (RowErrorKind::DuplicateKey, twice)]
    );
    let many: Vec<String> = (0..500).map(|key| format!("\"x{key}\":1")).collect();
    let error = json(text, &format!("{{\"f\":1,{}}}", many.join(",")))
        .err()
        .unwrap();
    assert_eq!(error.all().count(), 100);
}

#[test]
fn a_schema_that_is_not_a_record_accepts_json_values_or_one_column() {
    let value = |text: &str, line: &str| json(text, line).unwrap().value();
    assert_eq!(value("\"long\"", "7"), Value::Long(7));
    assert_eq!(
        value(r#"{"type":"array","items":"int"}"#, "[1]"),
        Value::Array(vec![Value::Int(1)])
    );
    let union = r#"[{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]},
        {"type":"record","name":"B","fields":[{"name":"b","type":"int"}]}]"#;
    for line in [r#"{"b":1}"#, r#"{"B":{"b":1}}"#] {
        assert!(
            format!("{:?}", value(union, line)).starts_with("Union(1, "),
            "{line}"
        );
    }
    assert_eq!(csv("\"long\"", "n", "7").unwrap().value(), Value::Long(7));
    let error = csv("\"long\"", "n", "x").err().unwrap();
    assert_eq!((error.kind, error.column), (RowErrorKind::NotANumber, Some(1)));
    let schema = schema("\"long\"");
    let header = ["a".to_owned(), "b".to_owned()];
    let error = Mapping::default().bind_columns(&header, &schema).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the root type is long, not a single record, so 2 columns cannot hold it"
    );
}

#[test]
fn rows_of_a_union_of_a_record_and_null_are_that_record() {
    for (text, branch) in [
        (format!(r#"["null",{QUOTE}]"#), 1),
        (format!(r#"[{QUOTE},"null"]"#), 0),
    ] {
        let line = r#"{"id":1,"leg":{"price":40.2,"venue":"ASX"},"last":{"price":5}}"#;
        let name = schema(QUOTE).name().to_owned();
        let bare = json(&text, line).unwrap();
        let wrapped = json(&text, &format!(r#"{{"{name}":{line}}}"#)).unwrap();
        assert_eq!(bare.out, wrapped.out);
        let record = json(QUOTE, line).unwrap();
        assert_eq!(bare.out[1..], record.out);
        assert!(matches!(bare.value(), Value::Union(index, _) if index == branch));
        // Columns belong to the record's fields; a single column that matches no field holds the whole record.
        let header = "id,leg.price,leg.venue,last.price";
        let of_columns = |text: &str| csv(text, header, "1,40.2,ASX,5").unwrap().out;
        assert_eq!(of_columns(&text)[1..], of_columns(QUOTE));
        let cell = format!("\"{}\"", line.replace('"', "\"\""));
        assert_eq!(csv(&text, "quote", &cell).unwrap().out, bare.out);
        assert!(matches!(json(&text, "null").unwrap().value(), Value::Union(index, _) if index != branch));
    }
}

#[test]
fn decimals_in_huge_fixed_types_are_rejected_by_name() {
    let fixed =
        r#"{"type":"fixed","name":"D","size":16777216,"logicalType":"decimal","precision":4,"scale":0}"#;
    let schema = schema(&format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":["null",{fixed}]}},{{"name":"b","type":"D"}}]}}"#
    ));
    let header = ["a".to_owned(), "b".to_owned()];
    let binding = Mapping::default().bind_columns(&header, &schema).unwrap();
    let error = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap_err();
    assert_eq!(
        error.message,
        "the decimals of record R up to its field `b` take more than 16 MiB, which is the limit"
    );
}

#[test]
fn a_default_that_does_not_fit_is_a_fault_only_if_it_is_needed() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":"string","default":null},{"name":"b","type":"int"}]}"#;
    // apache-avro rejects the schema because of its default, so the bytes are checked.
    assert_eq!(csv(text, "a,b", "x,1").unwrap().out, [2, b'x', 2]);
    assert_eq!(csv(text, "a,b", ",1").unwrap().out, [0, 2]);
    let error = json(text, r#"{"b":1}"#).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`a`: the key is absent, and the field's default does not fit its type (string): `null`"
    );
    let schema = schema(text);
    let header = ["b".to_owned()];
    let binding = Mapping::default().bind_columns(&header, &schema).unwrap();
    let error = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap_err();
    assert!(
        error
            .message
            .contains("the default of `a`, which has no column, does not fit"),
        "{error}"
    );
}

#[test]
fn a_default_that_loses_digits_is_a_fault_only_if_it_is_needed() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":"float","default":16777217},{"name":"n","type":["float","null"],"default":16777217},
        {"name":"b","type":"int"}]}"#;
    assert_eq!(csv(text, "a,n,b", "1,,1").unwrap().out, [0, 0, 0x80, 0x3f, 2, 2]);
    assert_eq!(
        csv(text, "a,n,b", ",1,1").err().unwrap().reason,
        "the cell is empty, but the field (float) is not nullable and its default does not fit: `16777217`: the nearest \
         float is 16777216"
    );
    let schema = schema(text);
    let bind = |rules: &Rules, header: &str| {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let mapping = Mapping::by_name(rules.clone());
        let binding = mapping.bind_columns(&header, &schema).unwrap();
        MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None))
    };
    let error = bind(&Rules::default(), "n,b").unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.hint),
        (
            "the default of `a`, which has no column, does not fit its type (float): `16777217`: the nearest float is \
             16777216",
            Some(crate::encode::hint::Hint::ColumnOrFloatNearest)
        )
    );
    let nearest = Rules {
        float_nearest: true,
        ..Rules::default()
    };
    assert!(bind(&nearest, "b").is_ok());
    let null_for_missing = Rules {
        missing_null: true,
        ..Rules::default()
    };
    let row = r#"{"a":1,"b":1}"#;
    let error = json_with(text, row, &ruled(null_for_missing)).err().unwrap();
    assert_eq!(
        (error.kind, error.reason.as_str(), error.hint),
        (
            RowErrorKind::UnfitDefault,
            "the key is absent, and the field's default does not fit its type (float or null): `16777217`: the nearest \
             float is 16777216",
            Some(crate::encode::hint::Hint::DefaultOrFloatNearest)
        )
    );
    assert!(json_with(text, row, &ruled(nearest)).is_ok());
}

/// A binding used to be a list of sources beside any schema: a list that was too short wrote a truncated datum.
#[test]
fn a_plan_writes_every_field_of_its_schema() {
    let narrow = schema(&one("\"string\""));
    let wide = schema(
        r#"{"type":"record","name":"R","fields":[{"name":"f","type":"string"},{"name":"n","type":"int","default":7}]}"#,
    );
    let header = ["f".to_owned()];
    for schema in [narrow, wide] {
        let binding = Mapping::default().bind_columns(&header, &schema).unwrap();
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
        let fields = schema.avro.root_fields().unwrap().len();
        let row = encode(schema.clone(), plan, "x").unwrap();
        assert!(matches!(row.value(), Value::Record(values) if values.len() == fields));
    }
}

#[test]
fn the_defaults_of_many_items_do_not_fill_the_memory() {
    let item = format!(
        r#"{{"type":"record","name":"I","fields":[{{"name":"d","type":"string","default":"{}"}}]}}"#,
        "x".repeat(100_000)
    );
    let array = one(&format!(r#"{{"type":"array","items":{item}}}"#));
    let map = one(&format!(r#"{{"type":"map","values":{item}}}"#));
    let items = |count: usize| format!(r#"{{"f":[{}]}}"#, vec!["{}"; count].join(","));
    let entries = |count: usize| {
        let entries: Vec<String> = (0..count).map(|key| format!(r#""{key}":{{}}"#)).collect();
        format!(r#"{{"f":{{{}}}}}"#, entries.join(","))
    };
    assert!(json(&array, &items(20)).is_ok() && json(&map, &entries(20)).is_ok());
    for error in [json(&array, &items(1_000)), json(&map, &entries(1_000))] {
        let error = error.err().unwrap();
        assert_eq!(
            (error.kind, error.field.as_deref()),
            (RowErrorKind::TooLarge, Some("f"))
        );
        assert!(
            error.to_string().contains("make the row larger than 64 MiB"),
            "{error}"
        );
    }
}
