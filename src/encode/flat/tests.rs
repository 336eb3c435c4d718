//! The steps of a flat record against the general code, which other libraries judge: the same bytes, or the same error.

use std::sync::Arc;

use proptest::prelude::*;

use crate::encode::{
    Encoder, HeaderSource, KeyChoice, MessageHeader, MessagePlan, PlanSettings, Template, TimestampSource,
};
use crate::mapping::rules::{Rounding, Rules, time_zone};
use crate::mapping::{Binding, Mapping};
use crate::schema::RegisteredSchema;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"symbol","type":"string"},
    {"name":"count","type":"int","default":7},
    {"name":"id","type":["null","long"]},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"sent","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]},
    {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":3}},
    {"name":"side","type":{"type":"enum","name":"S","symbols":["BUY","SELL"]}},
    {"name":"weight","type":"double"},
    {"name":"note","type":"string","default":""},
    {"name":"open","type":["null","boolean"],"default":null},
    {"name":"fixed","type":{"type":"fixed","name":"F","size":5,"logicalType":"decimal","precision":9,"scale":2}}]}"#;

const NAMES: [&str; 11] = [
    "symbol", "count", "id", "at", "sent", "price", "side", "weight", "note", "open", "fixed",
];

/// A text for a field, which often is one of its type.
fn text(field: usize) -> BoxedStrategy<String> {
    let number = prop_oneof![
        6 => "-?[0-9]{1,6}(\\.[0-9]{1,3})?",
        1 => "[-+]?[0-9]{0,12}\\.?[0-9]{0,6}(e[0-9])?",
        1 => Just(String::new()),
    ];
    let time = prop_oneof![
        8 => "2014-03-10T10:0[01]:[0-5][0-9](\\.[0-9]{1,3})?Z",
        1 => "2014-0[23]-(29|30)[T ]10:00:[0-6][0-9](\\.[0-9]{0,7})?(Z|\\+01:00|)",
        1 => "[0-9]{1,14}",
        1 => Just(String::new()),
    ];
    match field {
        0 | 8 => prop_oneof!["[A-Z]{0,20}", "[ -~é\u{1F600}]{0,40}"].boxed(),
        1 => prop_oneof![8 => "-?[0-9]{1,9}", 1 => number].boxed(),
        2 => prop_oneof![8 => "-?[0-9]{1,19}", 1 => number, 2 => Just(String::new())].boxed(),
        3 | 4 => time.boxed(),
        6 => prop_oneof![8 => Just("BUY".to_owned()), 8 => Just("SELL".to_owned()), 1 => "[a-z]{0,4}"].boxed(),
        9 => prop_oneof![4 => Just("true".to_owned()), 4 => Just("0".to_owned()), 4 => Just(String::new()), 1 => "[a-z]{0,3}"].boxed(),
        _ => number.boxed(),
    }
}

/// The texts of a row.
fn row() -> BoxedStrategy<Vec<String>> {
    let mut fields = Just(Vec::new()).boxed();
    for field in 0..NAMES.len() {
        fields = (fields, text(field))
            .prop_map(|(mut fields, text): (Vec<String>, String)| {
                fields.push(text);
                fields
            })
            .boxed();
    }
    fields
}

/// The row as a line of CSV; some cells are in quotes.
fn csv_line(texts: &[String], quoted: u16) -> String {
    let cells = texts.iter().enumerate().map(|(index, text)| {
        let must = text.contains([',', '"', '\n', '\r']);
        match must || quoted >> index & 1 == 1 {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.clone(),
        }
    });
    cells.collect::<Vec<_>>().join(",")
}

/// How a line of JSON is written.
#[derive(Debug, Clone)]
struct Style {
    /// The keys that it has, in this order.
    keys: Vec<usize>,
    blank: bool,
    /// Set for values that are not strings, if their text allows that.
    bare: u16,
}

fn json_line(texts: &[String], style: &Style) -> String {
    let blank = if style.blank { " " } else { "" };
    let members = style.keys.iter().map(|key| {
        let text = &texts[*key];
        let is_bare = style.bare >> *key & 1 == 1;
        let value = match text.as_str() {
            "" if is_bare => "null".to_owned(),
            text if is_bare && serde_json::from_str::<serde_json::Value>(text).is_ok() => text.to_owned(),
            text => serde_json::Value::from(text).to_string(),
        };
        format!("\"{}\":{blank}{value}", NAMES[*key])
    });
    format!("{{{}{blank}}}", members.collect::<Vec<_>>().join(","))
}

fn styles() -> impl Strategy<Value = Style> {
    let all: Vec<usize> = (0..NAMES.len()).collect();
    let keys = prop_oneof![
        6 => Just(all.clone()),
        1 => Just(all.clone()).prop_shuffle(),
        1 => proptest::sample::subsequence(all.clone(), 8..11),
        // A key that occurs twice.
        1 => Just([&all[..], &[0]].concat()),
    ];
    (keys, any::<bool>(), any::<u16>()).prop_map(|(keys, blank, bare)| Style { keys, blank, bare })
}

/// Two plans for the same rows: as users have them, and without the steps for flat records.
fn plans(schema: &RegisteredSchema, binding: &Binding<'_>) -> [Arc<MessagePlan>; 2] {
    let settings = PlanSettings {
        timestamp: Some(TimestampSource::Field("at".to_owned())),
        headers: vec![MessageHeader {
            name: "sent".to_owned(),
            source: HeaderSource::Template(Template::field("sent")),
        }],
        ..PlanSettings::new(KeyChoice::Text("{symbol}-{id}".parse().unwrap()))
    };
    assert!(schema.id.is_none());
    let [flat, mut general] = [0; 2].map(|_| MessagePlan::compile(binding, &settings).unwrap());
    assert!(flat.value.flat.is_some());
    general.value.flat = None;
    general.takes_known_lines = false;
    [flat, general].map(Arc::new)
}

fn rules(kind: u8) -> Rules {
    match kind {
        0 => Rules::default(),
        1 => Rules {
            time_truncate: true,
            decimal_round: Some(Rounding::HalfEven),
            time_zone: Some(time_zone("Europe/Berlin").unwrap()),
            float_nearest: true,
            missing_null: true,
            ..Rules::default()
        },
        _ => Rules {
            null_tokens: vec![b"0".to_vec()],
            ..Rules::default()
        },
    }
}

/// What two encoders make of the same lines must be the same.
fn compare(plans: [Arc<MessagePlan>; 2], lines: &[String]) {
    let [mut flat, mut general] = plans.map(Encoder::new);
    for line in lines {
        let [mut one, mut other] = [const { Vec::new() }; 2];
        let results = (
            flat.encode_str(line, &mut one),
            general.encode_str(line, &mut other),
        );
        match results {
            (Ok(message), Ok(expected)) => {
                assert_eq!(message, expected, "{line}");
                assert_eq!(flat.headers(), general.headers(), "{line}");
            }
            (Err(error), Err(expected)) => assert_eq!(error, expected, "{line}"),
            (found, expected) => panic!("{line}: {found:?}, not {expected:?}"),
        }
        assert_eq!(one, other, "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn rows_of_cells_are_those_of_the_general_code(
        rows in proptest::collection::vec((row(), prop_oneof![4 => Just(0u16), 1 => any::<u16>()]), 1..6),
        kind in 0u8..2,
        reversed: bool,
    ) {
        let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
        let mut names = NAMES.map(str::to_owned).to_vec();
        let mut rows = rows;
        if reversed {
            names.reverse();
            rows.iter_mut().for_each(|(texts, _)| texts.reverse());
        }
        let mapping = Mapping::by_name(rules(kind));
        let binding = mapping.bind_columns(&names, &schema).unwrap();
        let lines: Vec<String> = rows.iter().map(|(texts, quoted)| csv_line(texts, *quoted)).collect();
        compare(plans(&schema, &binding), &lines);
    }

    #[test]
    fn lines_of_json_are_those_of_the_general_code(
        styles in proptest::collection::vec(styles(), 1..3),
        rows in proptest::collection::vec((row(), any::<proptest::sample::Index>()), 1..9),
        kind in 0u8..2,
    ) {
        let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
        let mapping = Mapping::by_name(rules(kind));
        let binding = mapping.bind_keys(&schema).unwrap();
        let lines: Vec<String> = rows.iter().map(|(texts, style)| json_line(texts, style.get(&styles))).collect();
        compare(plans(&schema, &binding), &lines);
    }
}

#[test]
fn a_null_token_needs_the_general_code() {
    let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
    let mapping = Mapping::by_name(rules(2));
    let binding = mapping.bind_columns(&NAMES.map(str::to_owned), &schema).unwrap();
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    assert!(plan.value.flat.is_none());
}

/// Without this, a test that compares the two could compare the general code with itself.
#[test]
fn common_lines_take_the_steps() {
    let schema = RegisteredSchema::from_text("t-value", SCHEMA).unwrap();
    let mapping = Mapping::default();
    let binding = mapping.bind_keys(&schema).unwrap();
    let [flat, _] = plans(&schema, &binding);
    let mut encoder = Encoder::new(flat);
    let texts = [
        "BHP",
        "7",
        "1",
        "2014-03-10T10:00:00Z",
        "",
        "40.20",
        "BUY",
        "0.5",
        "x",
        "",
        "1.25",
    ]
    .map(str::to_owned);
    let style = Style {
        keys: (0..NAMES.len()).collect(),
        blank: true,
        bare: 0xffff,
    };
    let line = json_line(&texts, &style);
    let mut out = Vec::new();
    assert_eq!(encoder.encode_known(&line, &mut out), None);
    let message = encoder.encode_str(&line, &mut out).unwrap();
    let expected = out[message.value.start..].to_vec();
    out.clear();
    assert!(encoder.encode_known(&line, &mut out).is_some());
    assert_eq!(out, expected);
}
