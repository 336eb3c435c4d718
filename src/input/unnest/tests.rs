use proptest::prelude::*;

use super::*;
use crate::record::{Enclosing, EnclosingStep, EnclosingValue, LineStart};

const START: Origin = Origin {
    start: LineStart::FIRST,
    column: 1,
};

fn shape(path: &str, enclosing: &[(Enclosing, &str)]) -> JsonShape {
    let values = enclosing.iter().map(|(of, name)| EnclosingValue {
        of: *of,
        steps: vec![EnclosingStep::Name((*name).to_owned())],
        name: format!("{}.{name}", of.name()),
    });
    let path = (!path.is_empty()).then(|| path.parse().unwrap());
    JsonShape::new(path, Vec::new(), values.collect()).unwrap()
}

/// The lines of the rows in a text that arrives in pieces which end at `cuts`, the places of the rows, and how the
/// reading ended.
fn read(
    framing: Framing,
    shape: &JsonShape,
    text: &str,
    cuts: &[usize],
    max_row_bytes: usize,
) -> (Vec<String>, Vec<(u64, u64)>, Option<FaultKind>) {
    let shape = Arc::new(shape.clone());
    let mut unnester = Unnester::new(framing, shape, Encoding::Utf8, max_row_bytes, START);
    let mut carry: Vec<u8> = Vec::new();
    let mut fault = None;
    let mut from = 0;
    for cut in cuts.iter().copied().chain([text.len()]) {
        let cut = cut.clamp(from, text.len());
        carry.extend_from_slice(&text.as_bytes()[from..cut]);
        from = cut;
        let (read, done) = unnester.read(&carry, false, usize::MAX);
        carry.drain(..read);
        fault = fault.or(done.err());
    }
    let (_, done) = unnester.read(&carry, true, usize::MAX);
    let fault = fault.or(done.err()).map(|fault| fault.kind);
    if fault.is_none() && unnester.incomplete().is_none() {
        assert_eq!(unnester.position().start.decoded_byte, text.len() as u64);
    }
    let found = unnester.take_rows();
    let lines = String::from_utf8(found.bytes).unwrap();
    let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    let places = found.origins.iter().map(|origin| {
        assert!(origin.start.raw_byte == Some(origin.start.decoded_byte));
        (origin.start.line, origin.column)
    });
    let places: Vec<(u64, u64)> = places.collect();
    assert_eq!(lines.len(), places.len());
    (lines, places, fault)
}

fn rows(path: &str, text: &str) -> Vec<String> {
    let (lines, _, fault) = read(Framing::Values, &shape(path, &[]), text, &[], 1 << 20);
    assert_eq!(fault, None, "{text}");
    lines
}

#[test]
fn the_items_of_an_array_are_rows_and_so_are_other_values() {
    let text = "[ {\"a\":1},\n  {\"a\":\r\n 2}\n, 3 ]\n{\"b\":[]} {\"c\":{}}[[1,\n2]]";
    let (lines, places, fault) = read(Framing::Values, &shape("", &[]), text, &[], 1 << 20);
    assert_eq!(fault, None);
    assert_eq!(
        lines,
        [
            "{\"a\":1}",
            "{\"a\": \r 2}",
            "3",
            "{\"b\":[]}",
            "{\"c\":{}}",
            "[[1,\r2]]"
        ]
    );
    assert_eq!(places, [(1, 3), (2, 3), (4, 3), (5, 1), (5, 10), (5, 19)]);
    assert_eq!(rows("", " \n"), Vec::<String>::new());
    assert_eq!(rows("", "[]"), Vec::<String>::new());
}

#[test]
fn rows_at_a_path_keep_the_form_of_the_input() {
    let kraken = r#"{"error":[],"result":{"XBTUSD":[["1",2],["3",4]],"last":"16"}}"#;
    assert_eq!(
        rows("result.*[*]", kraken),
        [
            r#"{"result":{"XBTUSD":[["1",2]]}}"#,
            r#"{"result":{"XBTUSD":[["3",4]]}}"#
        ]
    );
    assert_eq!(
        rows("data", r#"{"data":{"p":1}}{"data":[{"p":2}]}{"data":5}{"x":[1]}"#),
        [r#"{"data":{"p":1}}"#, r#"{"data":[{"p":2}]}"#]
    );
    assert_eq!(rows("trades.*", r#"{"trades":{"1":{"p":1},"2":5}}"#).len(), 2);
    assert_eq!(
        rows("[1][*]", r#"[7,[{"p":1}],"trade"]"#),
        [r#"[null,[{"p":1}]]"#]
    );
    // What was found is found again in what was made of it.
    for (path, text) in [("result.*[*]", kraken), ("[1][*]", r#"[7,[{"p":1}],"trade"]"#)] {
        let once = rows(path, text);
        assert_eq!(rows(path, &once.join("\n")), once);
    }
}

#[test]
fn rows_have_the_values_around_them_whether_they_precede_or_follow() {
    let shape = shape(
        "events[*].trades[*]",
        &[(Enclosing::Root, "time"), (Enclosing::Parent, "type")],
    );
    let text = r#"{"events":[{"trades":[{"p":1}],"type":"a"},{"trades":[{"p":2}]}],"time":"t"}
{"time":"u","x":{"time":0},"events":[{"type":"b","trades":[{"p":3}]}]}{"events":[{"trades":[{"p":4}]}]}"#;
    let expected = [
        r#"{"time":"t","events":[{"type":"a","trades":[{"p":1}]}]}"#,
        r#"{"time":"t","events":[{"trades":[{"p":2}]}]}"#,
        r#"{"time":"u","events":[{"type":"b","trades":[{"p":3}]}]}"#,
        r#"{"events":[{"trades":[{"p":4}]}]}"#,
    ];
    let (lines, _, fault) = read(Framing::Values, &shape, text, &[], 1 << 20);
    assert_eq!((lines, fault), (expected.map(str::to_owned).to_vec(), None));
    let (lines, _, fault) = read(Framing::Values, &shape, text, &[], 8);
    assert_eq!(lines.len(), 0);
    assert_eq!(fault, Some(FaultKind::TooManyWaiting("time".to_owned())));
}

#[test]
fn a_value_around_the_rows_has_a_limit() {
    let text = format!(r#"{{"time":"{}","trades":[{{}}]}}"#, "x".repeat(MAX_MEMBER_BYTES));
    let shape = shape("trades", &[(Enclosing::Root, "time")]);
    for framing in [Framing::Values, Framing::Lines] {
        let (_, _, fault) = read(framing, &shape, &text, &[], 1 << 20);
        assert_eq!(fault, Some(FaultKind::MemberTooLong), "{framing:?}");
    }
}

#[test]
fn what_is_not_json_ends_the_reading_after_the_rows_before_it() {
    for (text, found, what) in [
        (r#"[{"a":1},]"#, 1, "expected a JSON value"),
        (r#"[{"a":1} {"a":2}]"#, 1, "expected `,` or `]`"),
        ("[{\"a\":1},{\"a\":\"x\n\"}]", 1, "the line ends within a string"),
        (
            "[{\"a\":1},\r{\"a\":\"x\r\"}]",
            1,
            "the line ends within a string",
        ),
        ("[{\"a\":1},\x0c{}]", 2, "expected `,` or `]`"),
        (r#"{"x":nul,"t":[{}]}"#, 0, "expected a JSON value"),
        (r#"{"x":1,"t":[{}],}"#, 1, "expected a key in quotes"),
        (r#"{"x":{};"t":[{}]}"#, 0, "expected `,` or `}`"),
        (r#"{x:1}"#, 0, "expected a key in quotes or `}`"),
        (r#"{"x" 1}"#, 0, "expected `:` after the key"),
        ("]", 0, "expected a JSON value"),
        ("symbol,price\nBHP,1\n", 0, "expected a JSON value"),
    ] {
        let path = if text.starts_with('{') { "t" } else { "" };
        let (lines, _, fault) = read(Framing::Values, &shape(path, &[]), text, &[], 1 << 20);
        let Some(FaultKind::NotJson(reason)) = fault else {
            panic!("{text}: {fault:?}")
        };
        assert!(reason.starts_with(what), "{text}: {reason}");
        assert_eq!(lines.len(), found, "{text}");
    }
}

#[test]
fn a_line_of_jsonl_that_is_not_json_is_one_row() {
    let text =
        "{\"t\":[{\"p\":1},{\"p\":2}]}\n{\"t\":[{\"p\":3},{\"p\n\n {\"x\":1}\r\n{} {}\n{\"t\":[{\"p\":4}]}";
    let (lines, places, fault) = read(Framing::Lines, &shape("t", &[]), text, &[], 1 << 20);
    assert_eq!(fault, None);
    assert_eq!(
        lines,
        [
            r#"{"t":[{"p":1}]}"#,
            r#"{"t":[{"p":2}]}"#,
            r#"{"t":[{"p":3},{"p"#,
            "{} {}",
            r#"{"t":[{"p":4}]}"#
        ]
    );
    assert_eq!(places, [(1, 7), (1, 15), (2, 1), (5, 1), (6, 7)]);
}

#[test]
fn a_row_has_a_limit_and_what_is_skipped_has_none() {
    let long = "x".repeat(100);
    let skipped = format!(r#"{{"x":["{long}",{{"{long}":1}}],"t":[{{"p":1}}]}}"#);
    assert_eq!(
        read(Framing::Values, &shape("t", &[]), &skipped, &[40, 90], 110)
            .0
            .len(),
        1
    );
    let text = format!(r#"{{"t":[{{"p":1}},{{"p":"{long}"}}]}}"#);
    let (lines, _, fault) = read(Framing::Values, &shape("t", &[]), &text, &[], 50);
    assert_eq!((lines.len(), fault), (1, Some(FaultKind::RowTooLong)));
}

/// JSON values of any kind, as text.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        Just("-0.5e+7".to_owned()),
        "[a-z\\[\\]{},:\" \\\\\u{e9}\n]{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = "[ab\"}]{0,2}".prop_map(|text| serde_json::to_string(&text).unwrap());
        let blank = "[ \n\t\r]{0,2}";
        prop_oneof![
            (blank, prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(blank, items)| format!("[{blank}{}]", items.join(&format!(",{blank}")))),
            (blank, prop::collection::vec((key, inner), 0..4)).prop_map(|(blank, entries)| {
                let entries = entries
                    .iter()
                    .map(|(key, value)| format!("{key}{blank}:{blank}{value}"));
                format!("{{{}{blank}}}", entries.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

#[test]
fn a_key_has_the_limit_of_a_row_however_the_text_is_divided() {
    let text = r#"{"a key of 23 characters": 1}"#;
    let limit = Some(FaultKind::NotJson("a key is longer than the limit of a row"));
    for cuts in [&[][..], &[18], &[26]] {
        let (_, _, fault) = read(Framing::Values, &shape("a", &[]), text, cuts, 16);
        assert_eq!(fault, limit, "{cuts:?}");
    }
}

/// The values of the rows, as serde_json reads them: the whole lines and the rows in them.
fn values(lines: &[String]) -> Vec<serde_json::Value> {
    let read = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    read.collect()
}

proptest! {
    /// The items of an array are the same as for serde_json, however the text is divided.
    #[test]
    fn an_array_has_the_items_that_serde_json_reads(
        items in prop::collection::vec(json(), 0..6),
        blank in "[ \n\r\t]{0,3}",
        cuts in prop::collection::vec(0usize..200, 0..6),
    ) {
        let text = format!("{blank}[{}{blank}]{blank}", items.join(&format!("{blank},{blank}")));
        let mut cuts = cuts;
        cuts.sort_unstable();
        let expected: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let (lines, places, fault) = read(Framing::Values, &shape("", &[]), &text, &cuts, 1 << 20);
        prop_assert_eq!(fault, None);
        let found = values(&lines).into_iter().zip(&expected).map(|(line, item)| match item {
            // A row that is an array is in brackets.
            serde_json::Value::Array(_) => line[0].clone(),
            _ => line,
        });
        prop_assert_eq!(found.collect::<Vec<_>>(), expected.clone());
        // Each row is where its place says.
        for ((line, column), item) in places.iter().zip(&items) {
            let start: usize = text.split_inclusive('\n').take(*line as usize - 1).map(str::len).sum();
            prop_assert!(text.as_bytes()[start + *column as usize - 1..].starts_with(item.as_bytes()));
        }
        prop_assert_eq!(places.len(), items.len());
    }

    /// Rows under a path are those that serde_json finds, with the values around them, wherever the text is cut.
    #[test]
    fn rows_at_a_path_are_those_that_serde_json_finds(
        groups in prop::collection::vec((prop::option::of(json()), prop::collection::vec(json(), 0..4)), 0..4),
        (before, other) in (any::<bool>(), json()),
        cuts in prop::collection::vec(0usize..300, 0..6),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let time = if before { (r#""time":[1],"#, "") } else { ("", r#","time":[1]"#) };
        let events = groups.iter().map(|(kind, rows)| {
            let kind = kind.as_ref().map_or(String::new(), |kind| format!(",\"type\":{kind}"));
            format!("{{\"x\":{other},\"trades\":[{}]{kind}}}", rows.join(","))
        });
        let events = events.collect::<Vec<_>>().join(" ,\n");
        let text = format!("{{{}\"other\":{other},\"events\":[{events}]{}}}", time.0, time.1);
        let shape = shape("events[*].trades[*]", &[(Enclosing::Root, "time"), (Enclosing::Parent, "type")]);
        let (lines, _, fault) = read(Framing::Values, &shape, &text, &cuts, 1 << 20);
        prop_assert_eq!(fault, None);
        let mut expected = Vec::new();
        for (kind, rows) in &groups {
            for row in rows {
                let row: serde_json::Value = serde_json::from_str(row).unwrap();
                let mut event = serde_json::json!({"trades": [row]});
                if let Some(kind) = kind {
                    event["type"] = serde_json::from_str(kind).unwrap();
                }
                expected.push(serde_json::json!({"time": [1], "events": [event]}));
            }
        }
        prop_assert_eq!(values(&lines), expected);
    }

    /// No text makes it panic, and how it is divided changes nothing.
    #[test]
    fn any_text_gives_the_same_rows_in_pieces(
        text in r#"[\[\]{},:"at1 \n\\-]{0,40}"#,
        cuts in prop::collection::vec(0usize..40, 0..4),
        path in prop_oneof![Just(""), Just("a"), Just("a.*"), Just("*[*]"), Just("[1][*]"), Just("a[0].t")],
        framing in prop_oneof![Just(Framing::Values), Just(Framing::Lines)],
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let enclosing: &[(Enclosing, &str)] = match path {
            "a.*" => &[(Enclosing::Root, "t")],
            _ => &[],
        };
        let shape = shape(path, enclosing);
        if framing == Framing::Values || !path.is_empty() {
            let (rows, places, whole) = read(framing, &shape, &text, &[], 16);
            let (rows_in_pieces, places_in_pieces, in_pieces) = read(framing, &shape, &text, &cuts, 16);
            prop_assert_eq!((rows_in_pieces, places_in_pieces), (rows, places));
            // A row that is too long and no JSON either has both faults. Which one is found first depends on the pieces.
            match (&in_pieces, &whole) {
                (Some(FaultKind::RowTooLong), Some(FaultKind::NotJson(_)))
                | (Some(FaultKind::NotJson(_)), Some(FaultKind::RowTooLong)) => {}
                _ => prop_assert_eq!(in_pieces, whole),
            }
        }
    }
}
