//! Any text in a cell, in a JSON string and as a JSON value, for each type: it keeps its value, as bigdecimal, jiff and
//! uuid read it, or its row is rejected. A text that those libraries write for a value of the type is not rejected.

use bigdecimal::BigDecimal;
use serde_json::Value as Json;

use crate::encoder::{OurSchema, Refusal};
use crate::judge::{Name, Question};
use crate::pairs::Manner;
use crate::reading::READINGS;

/// Longer texts only take longer.
const MAX_TEXT: usize = 512;

pub(crate) fn run(data: &[u8]) {
    let [kind, way, text @ ..] = data else { return };
    let text = &text[..text.len().min(MAX_TEXT)];
    let reading = &READINGS[usize::from(*kind) % READINGS.len()];
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"x","type":{}}}]}}"#,
        reading.schema
    );
    let ours = OurSchema::parse(&schema).expect("the schema is valid");
    let way = way % 3;
    let Some(encoded) = encode(&ours, way, text) else {
        return;
    };
    let datum = match encoded {
        Ok(datum) => datum,
        Err(refusal) => {
            let is_canonical = std::str::from_utf8(text).is_ok_and(|text| is_canonical(reading.name, text));
            assert!(
                way != 0 || !is_canonical,
                "{} `{}`: {refusal:?}",
                reading.name,
                text.escape_ascii()
            );
            return;
        }
    };
    let text = std::str::from_utf8(text).expect("only UTF-8 is accepted");
    let value = decoded(&schema, &datum);
    // White space around a JSON value is not part of it.
    let text = if way == 2 {
        text.trim_matches([' ', '\t', '\n', '\r'])
    } else {
        text
    };
    let is_string = way == 2 && text.starts_with('"');
    // jiff has a limit for years, which is not that of Avro's months.
    let is_beyond_jiff = text.starts_with('P') && text.parse::<jiff::Span>().is_err();
    if !is_string && !is_beyond_jiff {
        assert!(
            (reading.matches)(text, &value),
            "{} from `{text}`: {value}",
            reading.name
        );
    }
}

/// The row with the text as its cell, as its JSON string or as its JSON value.
fn encode(ours: &OurSchema, way: u8, text: &[u8]) -> Option<Result<Vec<u8>, Refusal>> {
    let line = |value: &[u8]| ours.encode_jsonl(&[b"{\"x\":", value, b"}"].concat(), &Manner::STRICT);
    Some(match way {
        0 => {
            let doubled = text
                .iter()
                .flat_map(|&byte| vec![byte; 1 + usize::from(byte == b'"')]);
            let row: Vec<u8> = std::iter::once(b'"').chain(doubled).chain([b'"']).collect();
            ours.encode_csv("x", &row, &Manner::STRICT)
        }
        1 => line(
            serde_json::to_string(std::str::from_utf8(text).ok()?)
                .ok()?
                .as_bytes(),
        ),
        _ => line(text),
    })
}

/// The value of the field, as apache-avro decodes it at the level of base types.
fn decoded(schema: &str, datum: &[u8]) -> Json {
    let questions = [Question::Schema(schema), Question::Datum(datum)];
    let mut verdict = Name::ApacheAvro
        .start()
        .judge(&questions)
        .pop()
        .expect("a verdict");
    assert_eq!((verdict.error, verdict.left), (None, 0), "{datum:x?} of {schema}");
    verdict.value["x"].take()
}

/// Whether the text is the one that another library writes for its value, so that a row with it must not be rejected.
fn is_canonical(kind: &str, text: &str) -> bool {
    let writes = |written: Option<String>| written.is_some_and(|written| written == text);
    match kind {
        "boolean" => matches!(text, "true" | "false"),
        "int" => writes(text.parse::<i32>().ok().map(|number| number.to_string())),
        "long" => writes(text.parse::<i64>().ok().map(|number| number.to_string())),
        "float" => {
            let number = text.parse::<f32>().ok().filter(|number| number.is_finite());
            writes(number.map(|number| number.to_string()))
                || writes(number.map(|number| format!("{number:e}")))
        }
        "double" => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            writes(number.map(|number| number.to_string()))
                || writes(number.map(|number| format!("{number:e}")))
        }
        "string" => true,
        "decimal(18, 6)" | "decimal(18, 6) of fixed(12)" => is_plain_decimal(text, 12, 6),
        "decimal(38, 10)" => is_plain_decimal(text, 28, 10),
        "uuid" | "uuid of fixed(16)" => writes(uuid::Uuid::try_parse(text).ok().map(|uuid| uuid.to_string())),
        "date" => writes(
            text.parse::<jiff::civil::Date>()
                .ok()
                .filter(|date| date.year() >= 0)
                .map(|date| date.to_string()),
        ),
        "timestamp-nanos" => writes(timestamp(text, i128::from(i64::MAX))),
        "timestamp-micros" => {
            text.split_once('.')
                .is_none_or(|(_, fraction)| fraction.len() <= 7)
                && writes(timestamp(text, i128::MAX))
        }
        "timestamp-millis" => {
            text.split_once('.')
                .is_none_or(|(_, fraction)| fraction.len() <= 4)
                && writes(timestamp(text, i128::MAX))
        }
        _ => false,
    }
}

/// The text of a time in UTC of a year with four digits, at most so many nanoseconds away from 1970.
fn timestamp(text: &str, farthest: i128) -> Option<String> {
    let time: jiff::Timestamp = text.parse().ok()?;
    let is_near = time.as_nanosecond().abs() <= farthest;
    (is_near && !text.starts_with('-')).then(|| time.to_string())
}

fn is_plain_decimal(text: &str, before: usize, after: usize) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |digits: &str, most| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    are_digits(whole, before) && are_digits(fraction, after) && text.parse::<BigDecimal>().is_ok()
}
