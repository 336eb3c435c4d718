//! Rows that a mapping filters, and what its conditions mean.

use super::*;
use crate::encode::{KeyChoice, PlanSettings, RowErrorKind};
use crate::input::Block;
use crate::kafka::Message;
use crate::mapping::{BindingError, MapFile, Mapping, Rules};
use crate::record::Delimiters;
use crate::schema::RegisteredSchema;

const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);

/// The batch of these rows; the columns of CSV are `x`, `y` and `n`, of which the schema has `n`.
fn batch(map: &str, format: RowFormat, rows: &str) -> Result<EncodedBlock, BindingError> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"n","type":"long"}]}"#;
    let schema = RegisteredSchema::from_text("t-value", schema).unwrap();
    let map = MapFile::parse("m.toml", map).unwrap_or_else(|error| panic!("{error}"));
    let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
    let header = ["x", "y", "n"].map(str::to_owned);
    let binding = match format {
        RowFormat::Csv(_) | RowFormat::Other(_) => mapping.bind_columns(&header, &schema)?,
        RowFormat::Jsonl | RowFormat::Json(..) => mapping.bind_keys(&schema)?,
    };
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    let settings = BatchSettings {
        topics: Arc::default(),
        times: None,
    };
    let block = Block {
        start: LineStart {
            line: 2,
            decoded_byte: 0,
            raw_byte: Some(0),
        },
        format,
        rows_before: 40,
        encoding: Encoding::Utf8,
        compressed_bytes: None,
        origins: None,
        bytes: rows.as_bytes().to_vec(),
    };
    let mut encoder = BatchEncoder::new("t".into(), Arc::new(plan), Arc::new([]), settings);
    Ok(encoder.encode(InputNumber::new(0), block, 1))
}

/// The last byte of a message's value.
fn last_byte(done: &EncodedBlock, message: &Message) -> u8 {
    done.arena[message.payload.as_ref().unwrap().end as usize - 1]
}

fn filter(condition: &str) -> String {
    format!("[rows]\nwhere = '{condition}'\n")
}

/// Whether a row with `x` and `y` is sent.
fn holds(condition: &str, x: &str, y: &str) -> Result<bool, String> {
    let done =
        batch(&filter(condition), CSV, &format!("{x},{y},7\n")).unwrap_or_else(|error| panic!("{error}"));
    match (&done.errors[..], &done.filtered[..], done.messages.len()) {
        ([], [], 1) => Ok(true),
        ([], [0], 0) => Ok(false),
        ([(0, error)], [], 0) => Err(error.to_string()),
        other => panic!("{condition}: {other:?}"),
    }
}

#[test]
fn comparisons_mean_what_is_documented() {
    for (condition, x, y, expected) in [
        ("x == \"A\"", "A", "", true),
        ("x == \"A\"", "a", "", false),
        ("x == \"A\"", "A ", "", false),
        ("x == y", "40.20", "40.2", false),
        ("x == \"40.2\"", "40.20", "", false),
        ("x == 40.2", "40.20", "", true),
        ("40.2 != x", "40.20", "", false),
        ("x == -1", "-1.0", "", true),
        ("x == y * 1", "40.20", "40.2", true),
        ("number(x, decimal = \",\") == y", "\"40,20\"", "40.2", true),
        ("x < 10", "9", "", true),
        ("x < 9.0000000000000000001", "9", "", true),
        ("x >= y", "1e1", "10", true),
        ("x > y", "10", "10", false),
        ("x <= y", "2014-03-10", "2014-03-09", false),
        ("x > \"2014-03-09\"", "2014-03-10", "", true),
        // Missing values.
        ("x == null", "", "", true),
        ("x == null", "\"\"", "", false),
        ("null != x", "", "", false),
        ("upper(x) == null", "", "", true),
        ("x == \"\"", "", "", false),
        ("x == \"\"", "\"\"", "", true),
        ("x == \"A\"", "", "", false),
        ("x != \"A\"", "", "", false),
        ("not (x == \"A\")", "", "", true),
        ("x == y", "", "", false),
        ("x != y", "", "", false),
        ("x < 1", "", "", false),
        ("x >= 1", "", "", false),
        // Combinations; the right side is evaluated only if it matters.
        ("x == \"A\" or y == \"B\" and y == \"C\"", "A", "B", true),
        ("(x == \"A\" or y == \"B\") and y == \"C\"", "A", "B", false),
        ("not x == \"A\" and y == \"B\"", "C", "B", true),
        ("x == \"A\" or y > 1", "A", "q", true),
        ("x == \"A\" and y > 1", "B", "q", false),
        ("true", "", "", true),
        ("false or not true", "", "", false),
        ("line_number() == 2", "", "", true),
    ] {
        assert_eq!(
            holds(condition, x, y),
            Ok(expected),
            "{condition} with {x} and {y}"
        );
    }
}

#[test]
fn a_condition_without_an_answer_rejects_the_row() {
    for (condition, x, reason) in [
        (
            "x == 1",
            "one",
            "expected a number, found `one`; in the condition `x == 1`",
        ),
        ("x < y", "abc", "expected a number, found `abc`"),
        (
            "x < 5",
            "2014-03-10",
            "expected a date such as 2014-03-10, found `5`",
        ),
        (
            "x < \"2014-03-10\"",
            "2014-02-30",
            "expected a date such as 2014-03-10, found `2014-02-30`",
        ),
    ] {
        let error = holds(condition, x, "1").unwrap_err();
        assert!(error.contains(reason), "{condition}: {error}");
    }
    let done = batch(&filter("y > 1"), CSV, "a,1,1\na,q,2\n").unwrap_or_else(|error| panic!("{error}"));
    let (row, error) = &done.errors[0];
    assert_eq!(
        (*row, error.kind, error.column),
        (1, RowErrorKind::NotComputed, Some(2))
    );
    assert_eq!(error.span, Some(2..3));
}

#[test]
fn only_the_condition_of_a_filtered_row_is_evaluated() {
    let map = filter("x == \"A\"") + "[fields]\nn = 'translate(y, {\"1\": 1})'\n";
    let rows = "B,bad,\nA,1,\n\nB,,\nA,bad,\nB,1\n";
    let done = batch(&map, CSV, rows).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(done.filtered, [0, 2]);
    assert_eq!(
        done.messages
            .iter()
            .map(|message| message.row)
            .collect::<Vec<_>>(),
        [1]
    );
    let errors: Vec<_> = done
        .errors
        .iter()
        .map(|(row, error)| (*row, error.kind))
        .collect();
    assert_eq!(
        errors,
        [(3, RowErrorKind::NoTranslation), (4, RowErrorKind::CellCount)]
    );
}

#[test]
fn json_rows_are_filtered_and_their_unknown_keys_are_not_counted_twice() {
    let map = filter("x.type == \"A\" and y == null") + "[rules]\nignore-unknown = true\n";
    let rows = concat!(
        "{\"x\": {\"type\": \"A\"}, \"n\": 1, \"more\": 1}\n",
        "{\"x\": {\"type\": \"B\"}, \"n\": \"bad\", \"more\": 1}\n",
        "{\"x\": {\"type\": \"\\u0041\"}, \"y\": null, \"n\": 2}\n",
        "{\"x\": {\"type\": \"A\"}, \"y\": {\"z\": 1}, \"n\": 3}\n",
        "{\"n\": 4}\n",
    );
    let done = batch(&map, RowFormat::Jsonl, rows).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(done.filtered, [1, 3, 4]);
    assert_eq!(done.messages.len(), 2);
    assert!(done.errors.is_empty());
    assert_eq!(done.dropped_keys, [(0, 1)]);
    // They do not reject a filtered row either.
    let rows = "{\"x\": \"B\", \"more\": 1}\n{\"x\": \"A\", \"n\": 1, \"more\": 1}\n";
    let done = batch(&filter("x == \"A\""), RowFormat::Jsonl, rows).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((&done.filtered[..], done.errors[0].0), (&[0][..], 1));
}

#[test]
fn lines_are_those_of_the_file() {
    let map = "[fields]\nn = 'line_number()'\n";
    let done = batch(map, CSV, "a,b,1\n\n\"a\n\",b,1\na,b,1\n").unwrap_or_else(|error| panic!("{error}"));
    let numbers = done.messages.iter().map(|message| last_byte(&done, message) / 2);
    assert_eq!(numbers.collect::<Vec<_>>(), [2, 4, 6]);
}

#[test]
fn row_numbers_count_every_row_of_the_input() {
    let map = "[rows]\nwhere = 'x == \"a\"'\n[fields]\nn = 'row_number()'\n";
    let rows = "a,b,1\n\n\"a\n\",b,1\na,b\na,b,1\n";
    let done = batch(map, CSV, rows).unwrap_or_else(|error| panic!("{error}"));
    let numbers = done.messages.iter().map(|message| last_byte(&done, message) / 2);
    assert_eq!(numbers.collect::<Vec<_>>(), [41, 44]);
    assert_eq!((&done.filtered[..], done.errors[0].0), (&[1][..], 2));
}

#[test]
fn a_condition_that_cannot_be_used_is_refused_with_its_place() {
    for (condition, said) in [
        (
            "x",
            "m.toml:2:10: this is a value, not a condition\n 2 | where = 'x'\n   |          ^",
        ),
        ("x + 1", "m.toml:2:10: this is a value, not a condition"),
        (
            "x == \"A\" and y",
            "m.toml:2:23: this is a value, not a condition",
        ),
        ("venue == \"A\"", "m.toml:2:10: there is no column `venue`"),
        ("x < \"abc\"", "m.toml:2:14: expected a number, found `abc`"),
        ("x == 1 + \"abc\"", "expected a number, found `abc`"),
        (
            "x < null",
            "m.toml:2:14: a comparison with a missing value is never true",
        ),
        (
            "(x == \"A\") == y",
            "m.toml:2:10: `==` is a condition, not a value",
        ),
    ] {
        let error = batch(&filter(condition), CSV, "").map(drop).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(said), "{condition}: {error}");
    }
    for (text, said) in [
        (
            "[rows]\nwhen = 'x'\n",
            "m.toml:2:1: `when` has no meaning here; known are where, tombstone",
        ),
        (
            "[rows]\nwhere = 1\n",
            "m.toml:2:9: expected a condition in quotes",
        ),
        ("rows = 1\n", "expected `[rows]`, a table"),
    ] {
        let error = MapFile::parse("m.toml", text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}
