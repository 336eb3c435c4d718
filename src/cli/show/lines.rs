//! Messages as lines of JSON: with all details, or in the form that a load reads.
//!
//! Text that a terminal would act on is escaped as JSON does, so that it remains the same JSON.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::shown::Shown;
use crate::decode::{Content, Unit, timestamp};
use crate::escape;
use crate::kafka::MessageTime;

/// The message with everything that is known about it.
pub(super) fn details(topic: &str, shown: &Shown<'_>) -> String {
    let mut line = place(topic, shown);
    let kind = match shown.time {
        Some(MessageTime::Created(_)) => "create",
        Some(MessageTime::Appended(_)) => "append",
        None => "none",
    };
    member(&mut line, "timestamp_type", &text(kind));
    for (name, content) in [("key", &shown.key), ("value", &shown.value)] {
        member(&mut line, name, &json(content));
        member(&mut line, &format!("{name}_type"), &text(type_name(content)));
        if let Content::Avro { id, .. } = content {
            member(&mut line, &format!("{name}_schema_id"), &id.to_string());
        }
    }
    if let Some(reason) = shown.reason() {
        member(&mut line, "error", &text(reason));
    }
    member(&mut line, "headers", &headers(shown));
    ended(line)
}

/// The message as a load reads it. A value that cannot be decoded has no `value`, so a load rejects the line.
pub(super) fn envelope(topic: &str, shown: &Shown<'_>) -> String {
    let mut line = place(topic, shown);
    member(&mut line, "key", &json(&shown.key));
    member(&mut line, "headers", &headers(shown));
    match shown.reason() {
        None => member(&mut line, "value", &json(&shown.value)),
        Some(reason) => {
            member(&mut line, "error", &text(reason));
            member(&mut line, "undecoded", &json(&shown.value));
        }
    }
    ended(line)
}

/// The beginning of a line: where the message is, and its time.
fn place(topic: &str, shown: &Shown<'_>) -> String {
    let mut line = String::from("{");
    member(&mut line, "topic", &text(topic));
    member(&mut line, "partition", &shown.partition.to_string());
    member(&mut line, "offset", &shown.offset.to_string());
    let time = shown.time.map(MessageTime::millis);
    let time = time.map_or("null".to_owned(), |millis| {
        match timestamp(millis, Unit::Millis) {
            Some(time) => text(&time),
            None => millis.to_string(),
        }
    });
    member(&mut line, "timestamp", &time);
    line
}

fn member(line: &mut String, name: &str, json: &str) {
    let comma = if line.len() > 1 { "," } else { "" };
    write!(line, "{comma}\"{name}\":{json}").expect("writing to a String cannot fail");
}

fn ended(mut line: String) -> String {
    line.push('}');
    escape::json(&line).into_owned()
}

fn text(text: &str) -> String {
    Json::from(text).to_string()
}

/// A key or value as JSON; other bytes are wrapped, because a text in base64 looks like any other text.
fn json(content: &Content<'_>) -> String {
    match content {
        Content::Null => "null".to_owned(),
        Content::Avro { json, .. } => json.to_string(),
        Content::Json(json) => json.clone(),
        Content::Text(plain) => text(plain),
        Content::Bytes(bytes) | Content::Undecoded { bytes, .. } => base64(bytes),
    }
}

fn base64(bytes: &[u8]) -> String {
    format!("{{\"base64\":\"{}\"}}", STANDARD.encode(bytes))
}

/// The name of what a key or a value is.
fn type_name(content: &Content<'_>) -> &'static str {
    match content {
        Content::Null => "null",
        Content::Avro { .. } => "avro",
        Content::Json(_) => "json",
        Content::Text(_) => "text",
        Content::Bytes(_) => "base64",
        Content::Undecoded { .. } => "undecoded",
    }
}

/// Names and values in turn, as kcat prints them; names may be repeated.
fn headers(shown: &Shown<'_>) -> String {
    let mut list = Vec::new();
    for (name, value) in shown.headers {
        list.push(text(name));
        list.push(match value {
            None => "null".to_owned(),
            Some(value) => match str::from_utf8(value) {
                Ok(value) => text(value),
                Err(_) => base64(value),
            },
        });
    }
    format!("[{}]", list.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::SchemaId;

    fn shown<'m>(value: Content<'m>, headers: &'m [(String, Option<Vec<u8>>)]) -> Shown<'m> {
        Shown {
            partition: 2,
            offset: 1042,
            time: Some(MessageTime::Created(1_394_445_605_516)),
            key: Content::Text("BHP"),
            value,
            headers,
            unread: None,
        }
    }

    #[test]
    fn an_envelope_has_everything_that_a_load_needs() {
        let headers = [
            ("a".to_owned(), Some(b"1\x1b".to_vec())),
            ("a".to_owned(), None),
            ("b".to_owned(), Some(vec![0xff])),
        ];
        let id = SchemaId::new(3);
        let json = json!({ "price": "40.20" });
        assert_eq!(
            envelope("t", &shown(Content::Avro { id, json }, &headers)),
            r#"{"topic":"t","partition":2,"offset":1042,"timestamp":"2014-03-10T10:00:05.516Z","key":"BHP","#
                .to_owned()
                + r#""headers":["a","1\u001b","a",null,"b",{"base64":"/w=="}],"value":{"price":"40.20"}}"#
        );
    }

    #[test]
    fn a_value_that_cannot_be_decoded_is_not_a_value_of_an_envelope() {
        let reason = "schema id 9 is not registered".to_owned();
        let undecoded = || Content::Undecoded {
            bytes: b"\0\0\0\0\x09A",
            reason: reason.clone(),
        };
        let line: Json = serde_json::from_str(&envelope("t", &shown(undecoded(), &[]))).unwrap();
        assert_eq!(line.get("value"), None);
        assert_eq!(line["error"], reason);
        let line: Json = serde_json::from_str(&details("t", &shown(undecoded(), &[]))).unwrap();
        assert_eq!(line["value"], json!({ "base64": "AAAAAAlB" }));
        assert_eq!(
            (&line["value_type"], &line["error"]),
            (&json!("undecoded"), &json!(reason))
        );
    }

    #[test]
    fn the_types_of_key_and_value_are_named() {
        for (content, name) in [
            (Content::Null, "null"),
            (Content::Json("{\"a\":1.10}".to_owned()), "json"),
            (Content::Text("a"), "text"),
            (Content::Bytes(b"\xff"), "base64"),
        ] {
            let line = details("t", &shown(content, &[]));
            assert!(line.contains(&format!("\"value_type\":\"{name}\"")), "{line}");
            serde_json::from_str::<Json>(&line).unwrap();
        }
        let exact = details("t", &shown(Content::Json("{\"a\":1.10}".to_owned()), &[]));
        assert!(exact.contains("\"value\":{\"a\":1.10}"), "{exact}");
    }
}
