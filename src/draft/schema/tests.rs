use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use crate::mapping::Mapping;
use crate::mapping::rules::{JsonEncoding, Rules};
use crate::record::{Delimiters, RowFormat};
use crate::schema::RegisteredSchema;

const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);

fn of_csv(header: &[&str], rows: &[&str]) -> Inferred {
    let names = header.iter().map(|name| (*name).to_owned()).collect();
    let mut survey = Survey::of_columns(names, CSV).unwrap();
    for row in rows {
        survey.add(row.as_bytes()).unwrap();
    }
    survey.schema("Trade")
}

fn of_json(rows: &[&str]) -> Inferred {
    let mut survey = Survey::of_objects();
    for row in rows {
        survey.add(row.as_bytes()).unwrap();
    }
    survey.schema("Trade")
}

/// The types of the fields, as people read them.
fn types(inferred: &Inferred) -> Vec<String> {
    let schema = RegisteredSchema::from_text("x", &inferred.text).unwrap();
    let fields = schema.avro.row_fields().unwrap();
    fields
        .iter()
        .map(|field| schema.avro.describe(field.type_id).to_string())
        .collect()
}

fn doc(inferred: &Inferred, field: usize) -> String {
    let schema: Value = serde_json::from_str(&inferred.text).unwrap();
    schema["fields"][field]["doc"].as_str().unwrap().to_owned()
}

/// Why rows do not load with a schema for them; other libraries must accept it too.
fn load(inferred: &Inferred, header: Option<&[String]>, rows: &[String]) -> Result<(), String> {
    apache_avro::Schema::parse_str(&inferred.text).map_err(|error| error.to_string())?;
    let schema = RegisteredSchema::from_text("x", &inferred.text).map_err(|error| error.to_string())?;
    let mapping = Mapping::by_name(Rules {
        json_encoding: match inferred.needs_plain_json {
            true => JsonEncoding::Plain,
            false => JsonEncoding::Auto,
        },
        ..Rules::default()
    });
    let binding = match header {
        Some(header) => mapping.bind_columns(header, &schema),
        None => mapping.bind_keys(&schema),
    };
    let binding = binding.map_err(|error| error.to_string())?;
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None));
    let mut encoder = Encoder::new(Arc::new(plan.map_err(|error| error.to_string())?));
    for row in rows {
        let encoded = encoder.encode_line(row.as_bytes(), &mut Vec::new());
        encoded.map_err(|error| format!("{row}: {error}\n{}", inferred.text))?;
    }
    Ok(())
}

#[test]
fn columns_have_the_types_of_their_values() {
    let header = [
        "symbol", "id", "price", "big", "huge", "t", "day", "ok", "code", "mixed", "none",
    ];
    let huge = "1".repeat(40);
    let rows = [
        format!("BHP,1,40.20,9223372036854775808,{huge},2014-03-10T10:00:05.5Z,2014-03-10,true,007,1,"),
        format!(",99,1.5,1,{huge},2014-03-10T10:00:05Z,2014-03-11,False,008,N/A,"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let inferred = of_csv(&header, &rows);
    let expected = [
        "string or null",
        "long",
        "decimal(18, 4)",
        "decimal(22, 0)",
        "string",
        "timestamp-millis",
        "date",
        "boolean",
        "string",
        "string",
        "string or null",
    ];
    assert_eq!(types(&inferred), expected, "{}", inferred.text);
    for (field, part) in [
        (0, "1 of 2 values: texts of up to 3 bytes, such as BHP"),
        (1, "2 of 2 values: integers between 1 and 99"),
        (
            2,
            "2 of 2 values: decimal numbers with up to 2 digits before and 2 after the point; 14 and 4 are allowed",
        ),
        (
            3,
            "integers of up to 19 digits, more than 64 bits hold; 22 are allowed",
        ),
        (4, "numbers with up to 40 digits, more than the 38 of a decimal"),
        (
            8,
            "digits with leading zeros, such as 007, which numbers would lose",
        ),
        (9, "1 number and other texts, such as N/A"),
        (10, "no value in 2 rows"),
    ] {
        assert!(
            doc(&inferred, field).contains(part),
            "{part}: {}",
            doc(&inferred, field)
        );
    }
    let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    assert_eq!(load(&inferred, Some(&header), &rows), Ok(()));
}

#[test]
fn names_are_made_legal_and_the_original_is_kept() {
    let inferred = of_csv(&["Trade Price", "Trade_Price", "52w"], &["1,2,3"]);
    let renamed = [("Trade Price", "Trade_Price_2"), ("52w", "_52w")];
    assert_eq!(
        inferred.renamed,
        renamed.map(|(one, other)| (one.to_owned(), other.to_owned()))
    );
    assert_eq!(
        doc(&inferred, 0),
        "`Trade Price` in the file; 1 of 1 values: integers between 1 and 1"
    );
}

#[test]
fn objects_are_records_and_arrays_are_arrays() {
    let rows = [
        r#"{"a":{"b":1,"c":"x"},"legs":[{"px":1.5},{"px":"2.25"}],"tags":["x",null],"by_day":{"2014-03-10":1}}"#,
        r#"{"a":{"b":2},"legs":[],"tags":[],"by_day":{},"x":"1","y":1e-7}"#,
        r#"{"a":{"b":3},"legs":[],"tags":[],"by_day":{},"x":"N/A","y":{"z":true}}"#,
        r#"{"a":{"b":3},"legs":[],"tags":[],"by_day":{},"x":2,"y":[]}"#,
    ];
    let inferred = of_json(&rows);
    assert_eq!(
        types(&inferred),
        [
            "record A",
            "array of record Legs",
            "array of string or null",
            "map of long",
            "string or long or null",
            "double or array of string or record Y or null",
        ],
        "{}",
        inferred.text
    );
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    assert_eq!(load(&inferred, None, &rows), Ok(()));
}

#[test]
fn an_object_that_looks_like_a_branch_is_reported() {
    let inferred = of_json(&[r#"{"a":{"string":"x"}}"#, r#"{"a":"y"}"#]);
    assert!(inferred.needs_plain_json, "{}", inferred.text);
    assert!(!of_json(&[r#"{"a":{"string":"x"}}"#, r#"{"a":null}"#]).needs_plain_json);
}

#[test]
fn objects_with_many_different_keys_are_maps() {
    let mut survey = Survey::of_objects();
    for number in 0..2_000 {
        survey
            .add(format!("{{\"m\":{{\"k{number}\":{number}}}}}").as_bytes())
            .unwrap();
    }
    assert_eq!(types(&survey.schema("X")), ["map of long"]);
}

#[test]
fn rows_that_no_schema_accepts_are_left_out() {
    let mut survey = Survey::of_objects();
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(30), "]".repeat(30));
    for (row, fault) in [
        (r#"{"a":1,"a":2}"#, RowFault::DuplicateKey),
        ("[1]", RowFault::NotAnObject),
        (
            r#"{"a":"#,
            RowFault::NotJson("the text ends, but a value is expected"),
        ),
        (&deep, RowFault::TooDeep),
    ] {
        assert_eq!(survey.add(row.as_bytes()), Err(fault), "{row}");
    }
    assert_eq!(survey.schema("X").fields, 0);
    let mut survey = Survey::of_columns(vec!["a".to_owned()], CSV).unwrap();
    assert_eq!(
        survey.add(b"1,2"),
        Err(RowFault::CellCount {
            found: 2,
            expected: 1
        })
    );
    assert_eq!(survey.add(b"\"1\"2"), Err(RowFault::Stray));
    assert_eq!(survey.add(b"\xff"), Err(RowFault::NotUtf8));
    assert!(Survey::of_columns(vec!["a".to_owned(), "a".to_owned()], CSV).is_err());
}

/// A text of one of the kinds that columns have, or any.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?[0-9]{1,40}",
        "-?[0-9]{0,30}[.][0-9]{0,20}",
        "-?[0-9]{1,3}([.][0-9]{1,20})?[eE][+-]?[0-9]{1,4}",
        "(true|FALSE|t|1|NaN|-Infinity|null|NULL)",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        "[0-9]{4}-0[1-9]-[0-2][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,10})?(Z|[+]01:00)?",
        "[0-2][0-9]:[0-5][0-9](:[0-5][0-9]([.][0-9]{1,8})?)?",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[ -~é]{0,12}",
        Just(String::new()),
    ]
}

/// Columns of one kind are more likely than columns of several.
fn column(rows: usize) -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        3 => proptest::collection::vec("-?[1-9][0-9]{0,12}[.][0-9]{1,9}", rows),
        3 => proptest::collection::vec("-?[1-9][0-9]{0,25}", rows),
        3 => proptest::collection::vec("20[0-9][0-9]-0[1-9]-1[0-9]T1[0-9]:00:0[0-9]([.][0-9]{1,9})?Z", rows),
        4 => proptest::collection::vec(text(), rows),
    ]
}

fn json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,40})([.][0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
    ];
    let scalar = prop_oneof![
        number,
        text().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
    ];
    scalar.prop_recursive(3, 24, 4, |inner| {
        let keys = prop_oneof![
            "[a-c]",
            "[a-c]",
            "[a-c]",
            "[A-C ]{1,2}",
            "(null|long|map|string|array)"
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::btree_map(keys, inner, 0..4).prop_map(object),
        ]
    })
}

fn object(values: std::collections::BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = values
        .iter()
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

proptest! {
    /// Whatever is in the columns, the rows load with the schema that was inferred from them.
    #[test]
    fn the_rows_of_a_file_load_with_its_schema(columns in (1usize..6).prop_flat_map(|rows| proptest::collection::vec(column(rows), 1..5))) {
        let header: Vec<String> = (0..columns.len()).map(|number| format!("c{number}")).collect();
        // An empty line is not a row.
        let quoted = |text: &String| match text.is_empty() || text.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.clone(),
        };
        let rows: Vec<String> = (0..columns[0].len())
            .map(|row| columns.iter().map(|column| quoted(&column[row])).collect::<Vec<_>>().join(","))
            .collect();
        let mut survey = Survey::of_columns(header.clone(), CSV).unwrap();
        for row in &rows {
            prop_assert_eq!(survey.add(row.as_bytes()), Ok(()));
        }
        prop_assert_eq!(load(&survey.schema("X"), Some(&header), &rows), Ok(()));
    }

    /// The same for objects of any shape.
    #[test]
    fn objects_load_with_their_schema(rows in proptest::collection::vec(proptest::collection::btree_map("[a-c]", json(), 0..4), 1..6)) {
        let rows: Vec<String> = rows.into_iter().map(object).collect();
        let mut survey = Survey::of_objects();
        for row in &rows {
            prop_assert_eq!(survey.add(row.as_bytes()), Ok(()));
        }
        prop_assert_eq!(load(&survey.schema("X"), None, &rows), Ok(()));
    }
}
