//! The branch of a union that a value goes to.

use super::*;
use crate::mapping::rules::JsonEncoding;
use RowErrorKind::{Empty, Missing, NoBranch, NotANumber, SeveralBranches, WrongType};

const DECIMAL: &str = r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#;
const DATE: &str = r#"{"type":"int","logicalType":"date"}"#;
const TIME: &str = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
const UUID: &str = r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#;
const SIDE: &str = r#"{"type":"enum","name":"x.Side","symbols":["BUY","SELL"]}"#;
const OTHER: &str = r#"{"type":"enum","name":"x.Other","symbols":["SELL","HOLD"]}"#;
const Y_SIDE: &str = r#"{"type":"enum","name":"y.Side","symbols":["BUY"]}"#;
const BARE_SIDE: &str = r#"{"type":"enum","name":"Side","symbols":["BUY"]}"#;
const Y_LONG: &str = r#"{"type":"enum","name":"y.long","symbols":["A"]}"#;
const MAP: &str = r#"{"type":"map","values":"string"}"#;
const A: &str = r#"{"type":"record","name":"A","fields":[{"name":"a","type":"int"},{"name":"s","type":"string","default":""}]}"#;
const B: &str =
    r#"{"type":"record","name":"B","fields":[{"name":"a","type":"long"},{"name":"b","type":"int"}]}"#;

fn union(branches: &[&str]) -> String {
    one(&format!("[{}]", branches.join(",")))
}

/// The branch that a value was written to.
fn branch(row: Result<Encoding, Box<RowError>>) -> Result<u32, RowErrorKind> {
    match row.map_err(|error| error.kind)?.field("f") {
        Value::Union(index, _) => Ok(index),
        other => panic!("{other:?}"),
    }
}

fn of_cell(branches: &[&str], cell: &str) -> Result<u32, RowErrorKind> {
    branch(csv(&union(branches), "f,more", &format!("{cell},x")))
}

fn of_json(branches: &[&str], value: &str) -> Result<u32, RowErrorKind> {
    branch(json(&union(branches), &format!(r#"{{"f":{value}}}"#)))
}

const NULL: &str = "\"null\"";
const BOOLEAN: &str = "\"boolean\"";
const INT: &str = "\"int\"";
const LONG: &str = "\"long\"";
const FLOAT: &str = "\"float\"";
const DOUBLE: &str = "\"double\"";
const STRING: &str = "\"string\"";
const BYTES: &str = "\"bytes\"";

#[test]
fn a_cell_goes_to_the_first_branch_with_this_canonical_text() {
    let all = [STRING, SIDE, UUID, DOUBLE, DECIMAL, LONG, INT, BOOLEAN, NULL];
    let place = |name: &str| all.iter().position(|branch| *branch == name).unwrap() as u32;
    for (cell, wanted) in [
        ("", NULL),
        ("\"\"", STRING),
        ("true", BOOLEAN),
        ("TRUE", STRING),
        ("7", INT),
        ("-7", INT),
        ("2147483648", LONG),
        ("9223372036854775808", STRING),
        ("9223372036854775809", STRING),
        ("007", STRING),
        ("+7", STRING),
        ("40.20", DECIMAL),
        ("40.2", DOUBLE),
        ("40.200", STRING),
        ("1e300", DOUBLE),
        ("NaN", DOUBLE),
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", UUID),
        ("SELL", SIDE),
        ("sell", STRING),
        ("{}", STRING),
    ] {
        assert_eq!(of_cell(&all, cell), Ok(place(wanted)), "{cell}");
    }
}

#[test]
fn times_have_canonical_texts() {
    let all = [STRING, TIME, DATE];
    for (cell, wanted) in [
        ("2014-03-10", 2),
        ("2014-03-10T10:00:05Z", 1),
        ("2014-03-10T10:00:05", 0),
        ("16139", 0),
        ("1394445605516", 0),
    ] {
        assert_eq!(of_cell(&all, cell), Ok(wanted), "{cell}");
    }
    // Without a string branch, an integer is accepted too, but not as a date.
    assert_eq!(of_cell(&[TIME, DATE], "1394445605516"), Ok(0));
    // The only branch that would accept the number with a declared meaning says so.
    assert_eq!(
        of_cell(&[NULL, DATE, BOOLEAN], "20251110"),
        Err(RowErrorKind::UndeclaredInteger)
    );
    assert_eq!(of_cell(&[TIME, DATE], "16139"), Err(NoBranch));
}

#[test]
fn other_cells_go_to_the_first_branch_that_accepts_them() {
    assert_eq!(of_cell(&[LONG, DOUBLE, NULL], "007"), Ok(0));
    assert_eq!(of_cell(&[DOUBLE, DECIMAL], "40.200"), Ok(1));
    assert_eq!(of_cell(&[DOUBLE, DECIMAL], "40.201"), Ok(0));
    assert_eq!(of_cell(&[BOOLEAN, INT], "yes"), Ok(0));
    assert_eq!(of_cell(&[NULL, LONG, BOOLEAN], "x"), Err(NoBranch));
    assert_eq!(of_cell(&[LONG, DATE], ""), Err(Empty));
    // With only one branch besides null and complex types, its own fault says more.
    assert_eq!(of_cell(&[NULL, LONG], "x"), Err(NotANumber));
}

#[test]
fn a_number_that_would_lose_digits_as_a_float_has_the_floats_fault() {
    let digits = "9223372036854775809";
    for branches in [
        &[NULL, LONG, DOUBLE][..],
        &[FLOAT, INT, DOUBLE],
        &[LONG, DOUBLE, MAP],
    ] {
        let schema = union(branches);
        for row in [
            csv(&schema, "f,more", &format!("{digits},x")),
            json(&schema, &format!(r#"{{"f":{digits}}}"#)),
        ] {
            let error = row.err().unwrap();
            assert_eq!(error.kind, RowErrorKind::FloatPrecision, "{branches:?}");
            assert!(
                error
                    .to_string()
                    .ends_with("the nearest double is 9223372036854775808"),
                "{error}"
            );
            assert_eq!(error.hint, Some(crate::encode::hint::Hint::FloatNearest));
        }
    }
    assert_eq!(of_cell(&[NULL, LONG, DOUBLE], "x"), Err(NoBranch));
}

#[test]
fn ties_are_reported_and_not_guessed() {
    assert_eq!(of_cell(&[SIDE, OTHER], "BUY"), Ok(0));
    assert_eq!(of_cell(&[SIDE, OTHER], "HOLD"), Ok(1));
    assert_eq!(of_cell(&[SIDE, OTHER], "SELL"), Err(SeveralBranches));
    assert_eq!(of_json(&[SIDE, OTHER], "\"SELL\""), Err(SeveralBranches));
    assert_eq!(of_json(&[SIDE, OTHER], r#"{"x.Other":"SELL"}"#), Ok(1));
    let error = json(&union(&[SIDE, OTHER]), r#"{"f":"SELL"}"#).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`SELL` does not fit `f`: it matches several branches of the union: `x.Side`, `x.Other`"
    );
    assert_eq!(
        error.hint,
        Some("in JSON, name the branch: `{\"x.Side\": ...}` or `{\"x.Other\": ...}`".into())
    );
}

#[test]
fn a_json_value_goes_to_the_branch_of_its_own_type() {
    for (branches, value, wanted) in [
        (&[NULL, STRING, LONG][..], "null", Ok(0)),
        (&[NULL, STRING, LONG], "\"7\"", Ok(1)),
        (&[NULL, STRING, LONG], "7", Ok(2)),
        (&[NULL, STRING, LONG], "true", Err(NoBranch)),
        (&[NULL, BOOLEAN, LONG], "\"7\"", Ok(2)),
        (&[NULL, BOOLEAN, LONG], "true", Ok(1)),
        (&[NULL, BOOLEAN, LONG], "\"true\"", Ok(1)),
        (&[DOUBLE, INT, LONG], "7", Ok(1)),
        (&[DOUBLE, INT, LONG], "2147483648", Ok(2)),
        (&[DOUBLE, INT, LONG], "7.0", Ok(0)),
        // Outside long, and not a double either.
        (
            &[DOUBLE, INT, LONG],
            "9223372036854775809",
            Err(RowErrorKind::FloatPrecision),
        ),
        (&[DOUBLE, INT, LONG], "9223372036854775808", Ok(0)),
        (&[INT, LONG, STRING], "7.0", Ok(0)),
        (&[INT, LONG, STRING], "7.5", Err(NoBranch)),
        (&[FLOAT, DOUBLE, NULL], "0.1", Ok(1)),
        (&[DOUBLE, DECIMAL], "40.2", Ok(1)),
        (&[STRING, BYTES], "\"x\"", Ok(0)),
        (&[STRING, MAP], "{\"k\":\"v\"}", Ok(1)),
        (&[NULL, A, MAP], "{\"a\":1}", Ok(1)),
        (&[NULL, A, MAP], "{\"a\":\"x\"}", Ok(2)),
        (&[NULL, A, B], "{\"a\":1,\"b\":2}", Ok(2)),
        (&[NULL, A, B], "{\"a\":1}", Ok(1)),
        (&[NULL, A, B], "{\"a\":\"x\"}", Err(NotANumber)),
        (&[NULL, A, STRING], "{\"z\":1}", Err(Missing)),
        (&[NULL, A, STRING], "[1]", Err(NoBranch)),
        (&[NULL, STRING, LONG], "{}", Err(NoBranch)),
        (&[STRING, LONG], "null", Err(Empty)),
    ] {
        assert_eq!(of_json(branches, value), wanted, "{branches:?} {value}");
    }
}

#[test]
fn a_wrapper_counts_only_if_its_only_key_is_a_branch() {
    for (branches, value, wanted) in [
        (&[NULL, STRING, LONG][..], r#"{"string":"x"}"#, Ok(1)),
        (&[NULL, STRING, LONG], r#"{"long":"7"}"#, Ok(2)),
        (&[NULL, STRING, LONG], r#"{"l\u006fng":7}"#, Ok(2)),
        (&[NULL, STRING, LONG], r#"{"int":7}"#, Err(NoBranch)),
        (&[NULL, STRING, LONG], r#"{"long":"x"}"#, Err(NotANumber)),
        (&[NULL, STRING, LONG], r#"{"long":1,"string":"x"}"#, Err(NoBranch)),
        (&[NULL, A, MAP], r#"{"A":{"a":1}}"#, Ok(1)),
        (&[NULL, A, MAP], r#"{"map":{"a":"1"}}"#, Ok(2)),
        // Without its namespace, if no other branch could be meant.
        (&[NULL, SIDE], r#"{"Side":"BUY"}"#, Ok(1)),
        (&[NULL, LONG, SIDE], r#"{"Side":"BUY"}"#, Ok(2)),
        (&[NULL, SIDE, OTHER], r#"{"Other":"SELL"}"#, Ok(2)),
        (&[NULL, SIDE, Y_SIDE], r#"{"Side":"BUY"}"#, Err(NoBranch)),
        (&[NULL, SIDE, Y_SIDE], r#"{"y.Side":"BUY"}"#, Ok(2)),
        (&[NULL, Y_SIDE, BARE_SIDE], r#"{"Side":"BUY"}"#, Ok(2)),
        (&[LONG, Y_LONG], r#"{"long":7}"#, Ok(0)),
        (&[NULL, Y_SIDE, MAP], r#"{"Side":"BUY"}"#, Err(SeveralBranches)),
        // A map with a single key named like a branch.
        (&[NULL, MAP], r#"{"map":"x"}"#, Ok(1)),
        (&[NULL, LONG, MAP], r#"{"long":"x"}"#, Ok(2)),
        // Both readings are valid values of the union.
        (&[NULL, LONG, MAP], r#"{"long":"7"}"#, Err(SeveralBranches)),
        (&[NULL, STRING, MAP], r#"{"string":"x"}"#, Err(SeveralBranches)),
    ] {
        assert_eq!(of_json(branches, value), wanted, "{branches:?} {value}");
    }
}

#[test]
fn the_form_may_be_declared() {
    let text = union(&[NULL, STRING, MAP]);
    let nullable = union(&[NULL, LONG]);
    let with = |text: &str, encoding, value: &str| {
        let settings = ruled(Rules {
            json_encoding: encoding,
            ..Rules::default()
        });
        branch(json_with(text, &format!(r#"{{"f":{value}}}"#), &settings))
    };
    for (value, plain, avro) in [
        (r#"{"string":"x"}"#, Ok(2), Ok(1)),
        ("\"x\"", Ok(1), Err(NoBranch)),
        (r#"{"k":"v"}"#, Ok(2), Err(NoBranch)),
        ("null", Ok(0), Ok(0)),
    ] {
        assert_eq!(with(&text, JsonEncoding::Plain, value), plain, "{value}");
        assert_eq!(with(&text, JsonEncoding::Avro, value), avro, "{value}");
    }
    assert_eq!(
        with(&nullable, JsonEncoding::Plain, r#"{"long":7}"#),
        Err(WrongType)
    );
    assert_eq!(with(&nullable, JsonEncoding::Avro, r#"{"long":7}"#), Ok(1));
    assert_eq!(with(&nullable, JsonEncoding::Avro, "7"), Err(NoBranch));
    assert_eq!(with(&nullable, JsonEncoding::Avro, "null"), Ok(0));
}

#[test]
fn a_cell_of_a_union_of_complex_types_holds_json() {
    let text = union(&[NULL, A, r#"{"type":"array","items":"int"}"#]);
    let cell = |cell: &str| branch(csv(&text, "f,more", &format!("{cell},x")));
    assert_eq!(cell(""), Ok(0));
    assert_eq!(cell("null"), Ok(0));
    assert_eq!(cell(r#""{""a"":1}""#), Ok(1));
    assert_eq!(cell(r#""[1,2]""#), Ok(2));
    assert_eq!(cell("x"), Err(NoBranch));
    assert_eq!(cell("[1"), Err(RowErrorKind::Json));
}

#[test]
fn a_cell_of_a_nullable_complex_type_takes_both_forms() {
    let cell = |branches: &[&str], encoding, cell: &str| {
        let settings = ruled(Rules {
            json_encoding: encoding,
            ..Rules::default()
        });
        let quoted = cell.replace('"', "\"\"");
        branch(csv_with(
            &union(branches),
            "f,more",
            &format!("\"{quoted}\",x"),
            &settings,
        ))
    };
    for (bare, wrapped) in [(r#"{"a":1}"#, r#"{"A":{"a":1}}"#), ("[1]", r#"{"array":[1]}"#)] {
        let other = if bare.starts_with('[') {
            r#"{"type":"array","items":"int"}"#
        } else {
            A
        };
        let branches = [NULL, other];
        for (encoding, bare_fits, wrapped_fits) in [
            (JsonEncoding::Auto, true, true),
            (JsonEncoding::Plain, true, false),
            (JsonEncoding::Avro, false, true),
        ] {
            assert_eq!(
                cell(&branches, encoding, bare).is_ok(),
                bare_fits,
                "{encoding:?} {bare}"
            );
            assert_eq!(
                cell(&branches, encoding, wrapped).is_ok(),
                wrapped_fits,
                "{encoding:?} {wrapped}"
            );
        }
    }
}

#[test]
fn trials_belong_to_a_value() {
    let schema = schema(&union(&[NULL, A, B]));
    let header = ["f".to_owned(), "more".to_owned()];
    let binding = Mapping::default().bind_columns(&header, &schema).unwrap();
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    let mut encoder = Encoder::new(Arc::new(plan));
    let line = br#""{""a"":1}",x"#;
    let mut out = Vec::new();
    for number in 0..3_000 {
        out.clear();
        let result = encoder.encode_line(line, &mut out);
        assert!(result.is_ok(), "row {number}: {result:?}");
    }
    // Only the values distinguish the two records.
    let other = r#"{"type":"record","name":"C","fields":[{"name":"a","type":"string"}]}"#;
    let array = one(&format!(r#"{{"type":"array","items":["null",{A},{other}]}}"#));
    let items = vec![r#"{"a":1}"#; 3_000].join(",");
    assert!(json(&array, &format!(r#"{{"f":[{items}]}}"#)).is_ok());
}

#[test]
fn records_are_distinguished_by_their_fields_before_any_is_tried() {
    let records: Vec<String> = (0..100)
        .map(|number| {
            format!(
                r#"{{"type":"record","name":"R{number}","fields":[
                    {{"name":"a","type":"int"}},{{"name":"k{number}","type":["null","R{number}"]}}]}}"#
            )
        })
        .collect();
    let array = one(&format!(
        r#"{{"type":"array","items":["null",{}]}}"#,
        records.join(",")
    ));
    let items: Vec<String> = (0..2_000)
        .map(|number| format!(r#"{{"a":1,"k{}":null}}"#, number % 100))
        .collect();
    let row = json(&array, &format!(r#"{{"f":[{}]}}"#, items.join(","))).unwrap();
    let Value::Array(values) = row.field("f") else {
        panic!("an array")
    };
    for (number, value) in values.iter().enumerate() {
        assert!(matches!(value, Value::Union(branch, _) if *branch as usize == 1 + number % 100));
    }
    // If only one record is possible, the fault within it is reported.
    let error = json(&array, r#"{"f":[{"a":"x","k7":null}]}"#).err().unwrap();
    assert_eq!((error.kind, error.field.as_deref()), (NotANumber, Some("f[0].a")));
    // Dropped keys and fields that may be absent do not distinguish records.
    let lenient = ruled(Rules {
        unknown_keys: crate::mapping::rules::UnknownKeys::Drop,
        missing_null: true,
        ..Rules::default()
    });
    let text = union(&[NULL, A, B]);
    let row = json_with(&text, r#"{"f":{"a":1,"b":2,"z":3}}"#, &lenient);
    assert_eq!(branch(row), Err(SeveralBranches));
    assert_eq!(
        branch(json_with(&text, r#"{"f":{"a":1,"z":3}}"#, &lenient)),
        Ok(1)
    );
}

#[test]
fn a_tie_within_a_branch_is_reported_and_does_not_select_another_branch() {
    let record = |name: &str, fields: &[(&str, &str)]| {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, written)| format!(r#"{{"name":"{name}","type":{written}}}"#))
            .collect();
        format!(
            r#"{{"type":"record","name":"{name}","fields":[{}]}}"#,
            fields.join(",")
        )
    };
    let sides = format!("[{SIDE},{OTHER}]");
    let tie = record("Tie", &[("a", &sides), ("n", INT)]);
    let tie_to = "it matches several branches of the union: `x.Side`, `x.Other`";
    let of = |branches: &[&str], value: &str| json(&union(branches), &format!(r#"{{"f":{value}}}"#));
    // No other branch accepts it: the fault is the tie, in its place.
    for branches in [
        &[NULL, &tie, &record("N", &[("a", INT), ("n", INT)])][..],
        &[NULL, &tie, r#"{"type":"map","values":"int"}"#],
    ] {
        let error = of(branches, r#"{"a":"SELL","n":1}"#).err().unwrap();
        assert_eq!(error.field.as_deref(), Some("f.a"), "{error}");
        assert_eq!((error.kind, error.reason.as_str()), (SeveralBranches, tie_to));
        assert_eq!(of(branches, r#"{"a":"HOLD","n":1}"#).map(|_| ()).err(), None);
    }
    // Another branch accepts it too.
    let text = record("S", &[("a", STRING), ("n", INT)]);
    let error = of(&[NULL, &tie, &text], r#"{"a":"SELL","n":1}"#).err().unwrap();
    assert_eq!(error.field.as_deref(), Some("f"));
    assert_eq!(
        error.reason,
        "it matches several branches of the union: `Tie`, `S`"
    );
    // What follows the tie does not fit, so the value does not match that branch.
    let text = record("S", &[("a", STRING), ("n", STRING)]);
    assert_eq!(branch(of(&[NULL, &tie, &text], r#"{"a":"SELL","n":"x"}"#)), Ok(2));
    // Within a wrapper that may also be a bare value.
    let holder = record(
        "Holder",
        &[
            ("Holder", &format!("[\"null\",{tie}]")),
            ("m", r#"["null","int"]"#),
        ],
    );
    let one = one(&format!(r#"["null",{holder}]"#));
    let error = json(&one, r#"{"f":{"Holder":{"Holder":{"a":"SELL","n":1},"m":null}}}"#)
        .err()
        .unwrap();
    assert_eq!((error.kind, error.reason.as_str()), (SeveralBranches, tie_to));
}

#[test]
fn an_untried_reading_does_not_count_as_a_mismatch() {
    let inner = r#"{"type":"map","values":["string",{"type":"map","values":"string"}]}"#;
    let text = format!(
        r#"{{"type":"record","name":"R","fields":[
            {{"name":"one","type":["null","int",{A}]}},
            {{"name":"all","type":["null",{{"type":"record","name":"All","fields":[
                {{"name":"All","type":"null"}},
                {{"name":"many","type":{{"type":"array","items":["null",{MAP}]}}}},
                {{"name":"tie","type":["null",{inner}]}}]}}]}}]}}"#
    );
    // The possible content of a wrapper is tried, so all values within it count.
    let line = |many: usize| {
        let items = vec![r#"{"map":"x"}"#; many].join(",");
        let all = format!(r#"{{"All":null,"many":[{items}],"tie":{{"map":{{"k":"v"}}}}}}"#);
        format!(r#"{{"one":{{"a":1}},"all":{{"All":{all}}}}}"#)
    };
    // Somewhere here the thousandth trial is the first of the two that the tie needs.
    for many in [0, 1, 497, 498, 499, 500] {
        let error = json(&text, &line(many)).err().unwrap();
        assert_eq!(error.kind, SeveralBranches, "{many}");
    }
}

#[test]
fn keys_dropped_in_the_chosen_reading_are_counted_once() {
    let settings = ruled(Rules {
        unknown_keys: crate::mapping::rules::UnknownKeys::Drop,
        ..Rules::default()
    });
    let text = one(&format!(r#"["null",{{"type":"map","values":{A}}}]"#));
    let row = json_with(&text, r#"{"f":{"map":{"a":1,"x":2}}}"#, &settings).unwrap();
    assert_eq!(row.dropped_keys, 1);
}

#[test]
fn a_union_with_too_many_readings_ends_quickly() {
    let record = |name: &str| {
        format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"next","type":["null","L","Q"]}}]}}"#)
    };
    let text = one(&format!(
        r#"["null",{{"type":"record","name":"L","fields":[
            {{"name":"next","type":["null","L",{}]}}]}}]"#,
        record("Q")
    ));
    let depth = 60;
    let line = format!(
        "{{\"f\":{}null{}}}",
        "{\"next\":".repeat(depth),
        "}".repeat(depth)
    );
    let error = json(&text, &line).err().unwrap();
    assert_eq!(error.kind, SeveralBranches);
}
