//! Arbitrary bytes in a cell or a line: either the row becomes a datum that decodes to the value of the text, or it is
//! rejected. Nothing panics, and a rejected row leaves no bytes in the output.

mod reading;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::encoder::OurSchema;
use crate::judge::{Name, Question, Verdict};
use crate::pairs::{BytesEncoding, Manner, base64};
use reading::{READINGS, Reading};

/// Texts that are valid or almost valid for some type, and arbitrary bytes.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let nearly = prop_oneof![
        "[+-]?[0-9]{0,12}(\\.[0-9]{0,12})?([eE][+-]?[0-9]{1,3})?",
        "[+-]?[0-9]{0,40}\\.?[0-9]{0,12}",
        "-?[0-9]{1,19}",
        "-?(214748364[5-9]|922337203685477580[5-9]|1[0-9]{9}|1[0-9]{12}|1[0-9]{15}|1[0-9]{18})",
        "-?[0-9]\\.[0-9]{1,20}e-?[0-9]{1,3}",
        "-?0\\.?0{0,8}(e[0-9]{1,30})?",
        "(0000|0001|1[679][0-9]{2}|20[0-9]{2}|9999)-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])",
        "([01][0-9]|2[0-5]):[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,12})?)?",
        "(0000|0001|1[679][0-9]{2}|20[0-9]{2}|9999)-(0[0-9]|1[0-2])-([0-2][0-9]|3[01])[Tt ]([01][0-9]|2[0-4]):[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,12})?(Z|z|[+-][0-2][0-9]:[0-5][0-9])?",
        "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        "P([0-9]{1,4}Y)?([0-9]{1,3}M)?([0-9]W)?([0-9]{1,3}D)?(T([0-9]{1,3}H)?([0-9]{1,3}M)?([0-9]{1,3}(\\.[0-9]{1,4})?S)?)?",
        "[0-9]{1,10},[0-9]{1,11},[0-9]{1,9}",
        "(?i)(true|false|t|f|y|n|yes|no|0|1|nan|null)",
        "(true|false|NaN|-?Infinity|inf|BUY|SELL|buy|_1)",
    ];
    prop_oneof![
        4 => nearly.prop_map(String::into_bytes),
        1 => ".{0,20}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        // Digits with another character between them.
        1 => ("[0-9]{1,6}", "[ ,_'\t\u{a0}]", "[0-9]{0,6}").prop_map(|(a, b, c)| format!("{a}{b}{c}").into_bytes()),
    ]
}

struct Tried {
    ours: OurSchema,
    schema: String,
    accepted: u64,
}

impl Tried {
    fn new(kind: &str) -> Tried {
        let schema = format!(r#"{{"type":"record","name":"R","fields":[{{"name":"x","type":{kind}}}]}}"#);
        Tried {
            ours: OurSchema::parse(&schema).unwrap_or_else(|why| panic!("{kind}: {why:?}")),
            schema,
            accepted: 0,
        }
    }

    /// The field's value as decoded by apache-avro, at the level of base types; none if the row was rejected.
    fn value(&mut self, encoded: Option<Vec<u8>>) -> Option<serde_json::Value> {
        let datum = encoded?;
        self.accepted += 1;
        let mut verdicts = Name::ApacheAvro
            .start()
            .judge(&[Question::Schema(&self.schema), Question::Datum(&datum)]);
        let Verdict {
            error,
            mut value,
            left,
            ..
        } = verdicts.pop().expect("a verdict");
        assert_eq!((error, left), (None, 0), "{datum:x?} of {}", self.schema);
        Some(value["x"].take())
    }
}

/// Checks the property for each of these types and reports all failures together.
fn properties<'a>(
    readings: impl Iterator<Item = &'a Reading>,
    cases: u32,
    encode: fn(&OurSchema, &[u8]) -> Option<Vec<u8>>,
) {
    let failed: Vec<String> = readings
        .filter_map(|reading| property(reading, cases, encode).err())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn property(
    reading: &Reading,
    cases: u32,
    encode: fn(&OurSchema, &[u8]) -> Option<Vec<u8>>,
) -> Result<(), String> {
    let tried = std::cell::RefCell::new(Tried::new(reading.schema));
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&texts(), |bytes| {
            let mut tried = tried.borrow_mut();
            let encoded = encode(&tried.ours, &bytes);
            if let Some(value) = tried.value(encoded) {
                let text = std::str::from_utf8(&bytes)
                    .map_err(|_| TestCaseError::fail("accepted, but not UTF-8"))?;
                prop_assert!(
                    (reading.matches)(text, &value),
                    "{} from `{text}`: {value}",
                    reading.name
                );
            }
            Ok(())
        })
        .map_err(|failed| format!("{}: {failed}", reading.name))?;
    match tried.borrow().accepted {
        0 => Err(format!("{}: none of {cases} texts was accepted", reading.name)),
        _ => Ok(()),
    }
}

#[test]
fn a_cell_keeps_its_value_or_its_row_is_rejected() {
    properties(READINGS.iter(), 3000, |ours, bytes| ours.encode_cell(bytes).ok());
}

#[test]
fn a_json_string_keeps_its_value_or_its_row_is_rejected() {
    properties(READINGS.iter(), 2000, |ours, bytes| {
        let text = serde_json::to_string(std::str::from_utf8(bytes).ok()?).ok()?;
        ours.encode_line(format!("{{\"x\":{text}}}").as_bytes()).ok()
    });
}

#[test]
fn a_json_value_is_kept_or_its_row_is_rejected() {
    let with_values = READINGS
        .iter()
        .filter(|reading| !TEXT_ONLY.contains(&reading.name));
    properties(with_values, 2000, |ours, bytes| {
        // Whitespace around a JSON value is not part of it.
        let is_bare = bytes.trim_ascii().len() == bytes.len();
        is_bare.then(|| ours.encode_line(&[b"{\"x\":", bytes, b"}"].concat()).ok())?
    });
}

/// The branches of a union by name, and the reading of each.
const BRANCHES: &[(&str, &str)] = &[
    ("boolean", "boolean"),
    ("int", "date"),
    ("long", "timestamp-micros"),
    ("double", "double"),
    ("bytes", "decimal(18, 6)"),
    ("U", "uuid of fixed(16)"),
    ("D", "duration"),
    ("E", "enum"),
    ("string", "string"),
];

#[test]
fn the_chosen_branch_has_the_value_of_the_cell() {
    let reading = |name: &str| {
        READINGS
            .iter()
            .find(|reading| reading.name == name)
            .expect("a reading")
    };
    let with_string: Vec<_> = BRANCHES.iter().map(|(_, name)| reading(name).schema).collect();
    let without_string = &with_string[..with_string.len() - 1];
    for branches in [with_string.as_slice(), without_string] {
        let tried = std::cell::RefCell::new(Tried::new(&format!("[\"null\",{}]", branches.join(","))));
        let config = Config {
            cases: 5000,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&texts(), |bytes| {
                let mut tried = tried.borrow_mut();
                let encoded = tried.ours.encode_cell(&bytes).ok();
                if let Some(value) = tried.value(encoded) {
                    let text = std::str::from_utf8(&bytes)
                        .map_err(|_| TestCaseError::fail("accepted, but not UTF-8"))?;
                    let (branch, value) = value
                        .as_object()
                        .and_then(|union| union.iter().next())
                        .expect("a branch");
                    if branch == "null" {
                        prop_assert!(text.is_empty(), "null from `{text}`");
                        return Ok(());
                    }
                    let (_, name) = BRANCHES
                        .iter()
                        .find(|(name, _)| name == branch)
                        .expect("a branch of the union");
                    prop_assert!(
                        (reading(name).matches)(text, value),
                        "{branch} from `{text}`: {value}"
                    );
                }
                Ok(())
            })
            .unwrap();
        assert!(tried.borrow().accepted > 100);
    }
}

#[test]
fn bytes_keep_their_value_or_their_row_is_rejected() {
    let texts = prop_oneof![
        "[0-9a-fA-F]{0,8}",
        "([A-Za-z0-9+/]{4}){0,2}([A-Za-z0-9+/_-]{2}(==)?|[A-Za-z0-9+/_-]{3}=?)?",
        ".{0,6}",
        "[ -ÿ]{0,6}",
    ];
    for bytes in BytesEncoding::ALL {
        let manner = Manner {
            bytes,
            ..Manner::STRICT
        };
        for kind in [r#""bytes""#, r#"{"type":"fixed","name":"F","size":3}"#] {
            let tried = std::cell::RefCell::new(Tried::new(kind));
            let config = Config {
                cases: 2000,
                failure_persistence: None,
                ..Config::default()
            };
            TestRunner::new(config)
                .run(&texts, |text| {
                    let mut tried = tried.borrow_mut();
                    let line = format!("{{\"x\":{}}}", serde_json::Value::from(text.as_str()));
                    let encoded = tried.ours.encode_jsonl(line.as_bytes(), &manner).ok();
                    if let Some(value) = tried.value(encoded) {
                        let hex = value.as_str().expect("bytes are printed as hex");
                        prop_assert!(is_text_of(bytes, hex, &text), "{bytes:?} `{text}`: {hex}");
                    }
                    Ok(())
                })
                .unwrap_or_else(|failed| panic!("{kind}: {failed}"));
            assert!(
                tried.borrow().accepted > 20,
                "{bytes:?} of {kind}: too few texts were accepted"
            );
        }
    }
}

/// Whether the bytes, converted back to text, equal the text.
fn is_text_of(encoding: BytesEncoding, hex: &str, text: &str) -> bool {
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).expect("hex"))
        .collect();
    match encoding {
        BytesEncoding::Hex => text.eq_ignore_ascii_case(hex),
        BytesEncoding::Utf8 => text.as_bytes() == bytes,
        BytesEncoding::Latin1 => text.chars().eq(bytes.iter().copied().map(char::from)),
        BytesEncoding::Base64 => {
            let plain = text.replace('-', "+").replace('_', "/");
            plain.trim_end_matches('=') == base64(&bytes).trim_end_matches('=')
        }
    }
}

/// Types without a JSON value other than a string.
const TEXT_ONLY: [&str; 5] = ["string", "uuid", "uuid of fixed(16)", "duration", "enum"];

#[test]
fn a_line_of_any_bytes_is_a_row_or_is_rejected() {
    const KINDS: &str =
        r#"["null","boolean","long","string",{"type":"array","items":"double"},{"type":"map","values":"R"}]"#;
    let tried = std::cell::RefCell::new(Tried::new(KINDS));
    let config = Config {
        cases: 5000,
        failure_persistence: None,
        ..Config::default()
    };
    let parts = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"x\"",
            "\"x\":",
            "null",
            "true",
            "{\"x\":null}",
            "1.5",
            "-0",
            "1e400",
            "\"",
            "\\u00",
            "\\ud800",
            "\"string\":",
            "{\"map\":{",
            "{\"array\":[1]}",
            " ",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    TestRunner::new(config)
        .run(&proptest::collection::vec(parts, 0..12), |parts| {
            let mut tried = tried.borrow_mut();
            let encoded = tried.ours.encode_line(&parts.concat()).ok();
            tried.value(encoded);
            Ok(())
        })
        .unwrap();
}

impl OurSchema {
    /// The datum of a CSV row with these bytes as its only cell.
    fn encode_cell(&self, bytes: &[u8]) -> Result<Vec<u8>, crate::encoder::Refusal> {
        let doubled = bytes
            .iter()
            .flat_map(|&byte| if byte == b'"' { vec![byte; 2] } else { vec![byte] });
        let row: Vec<u8> = std::iter::once(b'"').chain(doubled).chain([b'"']).collect();
        self.encode_csv("x", &row, &Manner::STRICT)
    }

    fn encode_line(&self, bytes: &[u8]) -> Result<Vec<u8>, crate::encoder::Refusal> {
        self.encode_jsonl(bytes, &Manner::STRICT)
    }
}
