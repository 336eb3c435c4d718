//! The reader of JSON, compared with serde_json, and rows within JSON that arrives in pieces.
//!
//! It differs from serde_json on purpose: 128 nested levels are allowed, not 127; bytes that are not UTF-8 are noticed by
//! the encoder, and so are keys that occur twice.

use std::sync::Arc;

use k2_produce::fuzzing::{UnnestedRows, json_depth, json_value, unnested_rows};
use k2_produce::record::{Framing, JsonShape};
use serde_json::Value;

use crate::random::Random;

const PATHS: [&str; 8] = ["", "a", "a.*", "*[*]", "[1][*]", "a[0].t", "a[*].b[*]", "*.*"];

pub(crate) fn run(data: &[u8]) {
    match data {
        [first, text @ ..] if *first >= 128 => value(text),
        _ => {
            let mut random = Random::of(data);
            let (path, framing) = (
                random.one_of(&PATHS),
                random.one_of(&[Framing::Values, Framing::Lines]),
            );
            let piece = random.usize(1..=16);
            let text = random.rest().to_vec();
            rows(path, framing, &text, piece);
        }
    }
}

fn value(text: &[u8]) {
    let ours = json_value(text);
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    // serde_json gives objects with such a key another meaning.
    if text.contains("$serde_json") {
        return;
    }
    let theirs: Result<Value, _> = serde_json::from_str(text);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => assert!(same(ours, theirs), "{ours} {theirs}"),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => assert!(
            json_depth(text.as_bytes()) >= 128,
            "only ours accepts it: {error}"
        ),
        (Err(error), Ok(_)) => panic!("only serde_json accepts it: {error:?}"),
    }
    if let Err((offset, _)) = ours {
        assert!(offset <= text.len());
    }
}

/// Whether the values are the same, in the digits of numbers and the order of members too.
fn same(ours: &Value, theirs: &Value) -> bool {
    let (our_text, their_text) = (ours.to_string(), theirs.to_string());
    ours == theirs && our_text == their_text
}

fn rows(path: &str, framing: Framing, text: &[u8], piece: usize) {
    // Without a path, lines are rows, which needs no reader of its own.
    if framing == Framing::Lines && path.is_empty() {
        return;
    }
    let steps = (!path.is_empty()).then(|| path.parse().expect("a path"));
    let shape =
        Arc::new(JsonShape::new(steps, Vec::new(), Vec::new()).expect("nothing contradicts the path"));
    let whole = unnested_rows(framing, &shape, text, text.len(), 1 << 20);
    assert_eq!(
        unnested_rows(framing, &shape, text, piece, 1 << 20),
        whole,
        "pieces of {piece} bytes"
    );
    assert_eq!(lines(&whole).len(), whole.places.len());
    // With a limit, which fault is found first depends on the pieces, and the rows before it do not.
    let limited = unnested_rows(framing, &shape, text, text.len(), 16);
    let in_pieces = unnested_rows(framing, &shape, text, piece, 16);
    assert_eq!(
        (&in_pieces.lines, in_pieces.failed),
        (&limited.lines, limited.failed)
    );
    assert!(whole.lines.starts_with(&limited.lines));

    if let Ok(text) = std::str::from_utf8(text)
        && path.is_empty()
        && !text.contains("$serde_json")
    {
        compare_with_stream(text, &whole);
    }
}

/// The items of arrays, and all other values, are those that serde_json's stream finds.
fn compare_with_stream(text: &str, found: &UnnestedRows) {
    let mut expected = Vec::new();
    let mut is_json = true;
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(Value::Array(items)) => expected.extend(items),
            Ok(other) => expected.push(other),
            Err(_) => is_json = false,
        }
    }
    let rows = lines(found).into_iter().map(serde_json::from_slice::<Value>);
    if !is_json {
        return;
    }
    assert!(!found.failed && !found.incomplete, "serde_json reads it");
    let rows: Vec<Value> = rows.map(|row| row.expect("a row is JSON")).collect();
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(&expected) {
        // A row that is an array is in brackets.
        let row = if expected.is_array() { &row[0] } else { row };
        assert!(same(row, expected), "{row} {expected}");
    }
}

fn lines(rows: &UnnestedRows) -> Vec<&[u8]> {
    let lines = rows.lines.split_inclusive(|byte| *byte == b'\n');
    lines
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
        .collect()
}
