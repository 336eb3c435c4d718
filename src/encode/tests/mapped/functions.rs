//! The functions of expressions, and what happens to values that they have no result for.

use super::*;

#[test]
fn functions_make_texts() {
    for (expression, cell, text) in [
        ("x", "BHP", "BHP"),
        // As Python's `uuid.uuid5(uuid.NAMESPACE_URL, "BHP\x1fB")`.
        (
            "uuid5(\"url\", x, Side)",
            "BHP",
            "61f9221c-adb3-5332-a75f-f716cf60c78e",
        ),
        (
            "uuid5(\"6ba7b811-9dad-11d1-80b4-00c04fd430c8\", x, Side)",
            "BHP",
            "61f9221c-adb3-5332-a75f-f716cf60c78e",
        ),
        ("column(1)", "BHP", "BHP"),
        ("\"ASX\"", "", "ASX"),
        ("\"{x}-{Side}\\{\\}\"", "BHP", "BHP-B{}"),
        ("concat(upper(x), \"-\", lower(Side))", "bhp", "BHP-b"),
        ("trim(x)", "\"  BHP \"", "BHP"),
        ("x", "\"a \"\"q\"\"\"", "a \"q\""),
        ("upper(x)", "\"a \"\"q\"\"\"", "A \"Q\""),
        ("replace(x, \".\", \"\")", "B.H.P", "BHP"),
        ("substring(x, 1, 2)", "BHPX", "HP"),
        ("substring(x, 2)", "BHPX", "PX"),
        ("key_value(x, \"55\", \"|\")", "35=AE|55=BHP|", "BHP"),
        (
            "first(key_value(x, \"54\", \"|\"), \"none\")",
            "35=AE|55=BHP|",
            "none",
        ),
        ("first(x, \"none\")", "", "none"),
        ("first(x, \"none\")", "\"\"", "none"),
        ("first(x, \"none\")", "a", "a"),
        ("capture(file_name(), \"_(\\d+)\\.csv\")", "", "7078"),
        ("file_path()", "", "in/2014-03-10_7078.csv"),
        ("x * 2 + 1", "40.20", "81.40"),
        ("-x", "5", "-5"),
        ("2 - -x", "0.1", "2.1"),
        ("implied(x, 4)", "402000", "40.2000"),
        (
            "number(x, decimal = \",\", thousands = \".\")",
            "\"1.234,5\"",
            "1234.5",
        ),
        ("number(x, negative = \"parentheses\")", "(12)", "-12"),
        ("seconds_of_day(x)", "34200.189607670", "09:30:00.189607670"),
        ("datetime(\"%y%m%d\", x, pivot = 1970)", "140310", "2014-03-10"),
        (
            "translate(x, {\"B\": \"BUY\", 1: \"BUY\"}, default = x)",
            "1",
            "BUY",
        ),
        ("translate(x, {\"B\": \"BUY\"}, default = \"?\")", "q", "?"),
        ("translate(x, {\"B\": upper(Side)}, default = \"?\")", "B", "B"),
    ] {
        assert_eq!(
            computed(expression, cell),
            Ok(text.to_owned()),
            "{expression} {cell}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_computed_is_shown_with_its_column() {
    let mut csv = encoder(&mapping(GOOD), Some("Sym,Date,Time,Price,Side,venue"));
    let error = |row: &str, encoder: &mut Encoder| {
        let mut out = b"x".to_vec();
        let error = encoder.encode_line(row.as_bytes(), &mut out).unwrap_err();
        assert_eq!(out, b"x");
        error
    };
    let found = error("BHP,10/13/2014,10:00:05.516,40.20,S,A", &mut csv);
    assert_eq!(
        (found.kind, found.column, found.span.clone()),
        (RowErrorKind::NotComputed, Some(2), Some(4..14))
    );
    assert!(
        found
            .to_string()
            .starts_with("`10/13/2014 10:00:05.516` does not fit `time` (column 2): "),
        "{found}"
    );
    let found = error("BHP,10/03/2014,10:00:05.516,40.20,s,A", &mut csv);
    assert_eq!(
        (found.kind, found.column, found.span.clone()),
        (RowErrorKind::NoTranslation, Some(5), Some(34..35))
    );
    let found = error("BHP,10/03/2014,10:00:05.5161237,40.20,S,A", &mut csv);
    assert_eq!(found.kind, RowErrorKind::TimePrecision);
    assert_eq!((found.column, found.span.clone()), (Some(2), Some(4..14)));
    assert!(
        found
            .to_string()
            .ends_with("; computed by `datetime(\"%d/%m/%Y %H:%M:%S%.f\", Date, Time)`"),
        "{found}"
    );
    // A column that is passed through keeps its own place.
    let found = error("BHP,10/03/2014,10:00:05,4x,S,A", &mut csv);
    assert_eq!(
        (found.kind, found.column, found.span.clone()),
        (RowErrorKind::NotANumber, Some(4), Some(24..26))
    );
    assert_eq!(
        found.to_string(),
        "`4x` does not fit `price` (column 4): expected a number (decimal(18, 6))"
    );
    let found = error("BHP,10/03/2014", &mut csv);
    assert_eq!(
        (found.kind, found.to_string().as_str()),
        (RowErrorKind::CellCount, "expected 6 cells, found 2")
    );
    let mut json = encoder(&mapping(GOOD), None);
    let found = error(
        r#"{"Sym": {"a": 1}, "Date": "1", "Time": "2", "Price": 1, "Side": "S", "other": 1}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.value.as_deref()),
        (RowErrorKind::UnknownKey, Some(&b"other"[..]))
    );
    let found = error(
        r#"{"Sym": {"a": 1}, "Date": "10/03/2014", "Time": "10:00:00", "Price": 1, "Side": "S"}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.field.as_deref()),
        (RowErrorKind::WrongType, Some("symbol"))
    );
    let found = error(
        r#"{"Date": "10/03/2014", "Time": "10:00:00", "Price": 1, "Side": "S"}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.field.as_deref()),
        (RowErrorKind::Missing, Some("symbol"))
    );
    let found = error(
        r#"{"Sym": "a", "Date": "10/03/2014", "Time": [], "Price": 1, "Side": "S"}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.field.as_deref()),
        (RowErrorKind::WrongType, Some("time"))
    );
    let found = error("[]", &mut json);
    assert_eq!(found.kind, RowErrorKind::NotAnObject);
    let found = error(r#"{"Sym": "a", "Sym": "b"}"#, &mut json);
    assert_eq!(found.kind, RowErrorKind::DuplicateKey);
}

#[test]
fn the_clock_and_new_uuids_differ_from_row_to_row() {
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let before = jiff::Timestamp::now().as_millisecond();
    let now = computed("now()", "").unwrap();
    assert_eq!(now.len(), "2026-11-26T03:25:59.123Z".len(), "{now}");
    assert!((before..=jiff::Timestamp::now().as_millisecond()).contains(&time(&now).as_millisecond()));
    for (expression, version) in [("uuid4()", 4), ("uuid7()", 7)] {
        let [one, other] = [(); 2].map(|()| computed(expression, "").unwrap());
        assert_ne!(one, other);
        assert_eq!(uuid::Uuid::parse_str(&one).unwrap().get_version_num(), version);
    }
}

#[test]
fn a_shifted_time_is_as_long_after_the_start_as_it_was_after_the_first() {
    let before = jiff::Timestamp::now().as_millisecond();
    let text = computed("shifted(x, \"2014-03-10T10:00:00Z\")", "2014-03-10T10:00:05.516Z").unwrap();
    let after = jiff::Timestamp::now().as_millisecond();
    let time: jiff::Timestamp = text.parse().unwrap();
    assert!(
        (before..=after).contains(&(time.as_millisecond() - 5_516)),
        "{text}"
    );
    assert!(computed("shifted(x, \"2014-03-10T10:00:00Z\")", "1394445605516").is_err());
}
