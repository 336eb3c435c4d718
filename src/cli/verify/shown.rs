//! Differences for people and for programs: places, keys, and the fields that differ, decoded by apache-avro.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use crate::cli::arguments::ShownForm;
use crate::cli::failure::Failure;
use crate::cli::settings::RegistryAccess;
use crate::cli::show::shown::Schemas;
use crate::decode::{Content, Part};
use crate::escape::{self, printable};
use crate::kafka::{MessageTime, ReadMessage};
use crate::load::{Difference, ExpectedMessage, InputPosition, Kind, Masked, RunOutcome};

/// Longer texts are cut.
const LONGEST: usize = 120;

/// Decodes what differs.
pub(super) struct Shower<'a> {
    pub(super) topics: &'a [String],
    pub(super) done: &'a RunOutcome,
    pub(super) masked: &'a Masked,
    /// By topic: whether the time of a message is compared.
    pub(super) times: &'a [bool],
    schemas: Schemas<'a>,
}

/// A difference, decoded.
pub(super) struct Shown {
    kind: Kind,
    file: Option<(String, u64, Option<u64>)>,
    topic: String,
    place: Option<(i32, i64)>,
    expected_partition: Option<i32>,
    key: Json,
    /// The value of a message that belongs to no row.
    value: Option<Json>,
    /// What differs: its name, what is expected, and what was found.
    fields: Vec<(String, Json, Json)>,
}

/// The name of a difference that no field has.
const SCHEMA_ID: &str = "schema id";

/// The distance of values of which one is not a record: more than that of any two records.
const NOT_RECORDS: u64 = 1 << 32;

/// Something absent, as opposed to a null value.
const ABSENT: &str = "absent";

impl<'a> Shower<'a> {
    pub(super) fn new(
        topics: &'a [String],
        done: &'a RunOutcome,
        registry: &'a RegistryAccess,
        masked: &'a Masked,
        times: &'a [bool],
    ) -> Shower<'a> {
        let first = topics.first().map_or("", String::as_str);
        Shower {
            topics,
            done,
            masked,
            times,
            schemas: Schemas::new(registry, first, ShownForm::Json),
        }
    }

    /// # Errors
    /// The registry cannot be reached or refuses.
    pub(super) fn shown(&mut self, kind: Kind, difference: &Difference) -> Result<Shown, Failure> {
        let (expected, found) = (&difference.expected, &difference.found);
        let topic = found.as_ref().map(|(topic, _)| *topic);
        let topic = topic.or(expected.as_ref().map(|row| row.topic)).unwrap_or(0);
        let key = match (expected, found) {
            (Some(row), _) => &row.key,
            (None, Some((_, message))) => &message.key,
            (None, None) => &None,
        };
        let mut fields = Vec::new();
        if let (Kind::Different, Some(row), Some((topic, message))) = (kind, expected, found) {
            self.parts(row, *topic, message, &mut fields)?;
        }
        Ok(Shown {
            kind,
            file: expected.as_ref().map(|row| {
                let place = self.done.place(InputPosition {
                    input: row.input,
                    position: row.position,
                });
                (place.input.to_owned(), place.line, place.column)
            }),
            topic: self.topics.get(topic).cloned().unwrap_or_default(),
            place: found
                .as_ref()
                .map(|(_, message)| (message.partition, message.offset)),
            expected_partition: expected.as_ref().and_then(|row| row.partition),
            key: as_json(&self.schemas.content(Part::Key, key.as_deref())?),
            value: match (kind, found) {
                (Kind::Foreign, Some((_, message))) => Some(as_json(
                    &self.schemas.content(Part::Value, message.value.as_deref())?,
                )),
                _ => None,
            },
            fields,
        })
    }

    /// How much a row and a message of a topic differ: by the number of fields, headers and times; none if the schema
    /// cannot be fetched.
    pub(super) fn distance(
        &mut self,
        row: &ExpectedMessage,
        topic: usize,
        message: &ReadMessage,
    ) -> Option<u64> {
        let mut fields = Vec::new();
        let are_records = self.parts(row, topic, message, &mut fields).ok()?;
        Some(fields.len() as u64 + if are_records { 0 } else { NOT_RECORDS })
    }

    /// The parts of a row and its message that differ. Returns false if the values are not records and differ as a whole.
    fn parts(
        &mut self,
        row: &ExpectedMessage,
        topic: usize,
        message: &ReadMessage,
        fields: &mut Vec<(String, Json, Json)>,
    ) -> Result<bool, Failure> {
        let are_records = self.values(row.value.as_deref(), message.value.as_deref(), fields)?;
        self.headers(row, &message.headers, fields);
        let time = message.time.map(MessageTime::millis);
        if self.times[topic] && row.time != time {
            fields.push(("message timestamp".to_owned(), json!(row.time), json!(time)));
        }
        Ok(are_records)
    }

    /// The fields of two values that differ. Returns false if they are not records and differ as a whole.
    fn values(
        &mut self,
        expected: Option<&[u8]>,
        found: Option<&[u8]>,
        fields: &mut Vec<(String, Json, Json)>,
    ) -> Result<bool, Failure> {
        let one = self.schemas.content(Part::Value, expected)?;
        let other = self.schemas.content(Part::Value, found)?;
        let ids = match (&one, &other) {
            (Content::Avro { id, .. }, Content::Avro { id: other, .. }) => Some((*id, *other)),
            _ => None,
        };
        let (one, other) = (as_json(&one), as_json(&other));
        if one == other && expected == found {
            return Ok(true);
        }
        let (Json::Object(one), Json::Object(other)) = (&one, &other) else {
            fields.push(("value".to_owned(), one, other));
            return Ok(false);
        };
        let before = fields.len();
        let names = one
            .keys()
            .chain(other.keys().filter(|name| !one.contains_key(*name)));
        for name in names.filter(|name| !self.is_masked(name)) {
            let side =
                |object: &Map<String, Json>| object.get(name).cloned().unwrap_or_else(|| json!(ABSENT));
            let (one, other) = (side(one), side(other));
            if one != other {
                fields.push((name.clone(), one, other));
            }
        }
        match ids {
            Some((id, other)) if id != other => {
                fields.push((SCHEMA_ID.to_owned(), json!(id.get()), json!(other.get())));
            }
            _ if fields.len() == before && self.masked.fields.is_none() => {
                // The same values in other bytes.
                let text = |bytes: Option<&[u8]>| json!(STANDARD.encode(bytes.unwrap_or_default()));
                fields.push(("bytes of the value".to_owned(), text(expected), text(found)));
            }
            _ => {}
        }
        Ok(true)
    }

    fn is_masked(&self, name: &str) -> bool {
        self.masked.fields.as_ref().is_some_and(|fields| {
            let all = fields.schema.avro.root_fields().into_iter().flatten();
            all.zip(&fields.masked)
                .any(|(field, is_masked)| *is_masked && field.name == name)
        })
    }

    fn headers(
        &self,
        row: &ExpectedMessage,
        found: &[(String, Option<Vec<u8>>)],
        fields: &mut Vec<(String, Json, Json)>,
    ) {
        let compared = |headers: &[(String, Option<Vec<u8>>)]| -> Vec<(String, Json)> {
            let all = headers
                .iter()
                .filter(|(name, _)| !self.masked.headers.contains(name));
            all.map(|(name, value)| {
                let value = value
                    .as_ref()
                    .map(|value| String::from_utf8_lossy(value).into_owned());
                (name.clone(), json!(value))
            })
            .collect()
        };
        let (one, other) = (compared(&row.headers), compared(found));
        if one
            .iter()
            .map(|(name, _)| name)
            .eq(other.iter().map(|(name, _)| name))
        {
            for ((name, one), (_, other)) in one.into_iter().zip(other).filter(|(one, other)| one != other) {
                fields.push((format!("header {name}"), one, other));
            }
        } else {
            let all = |headers: Vec<(String, Json)>| {
                Json::Array(
                    headers
                        .into_iter()
                        .map(|(name, value)| json!([name, value]))
                        .collect(),
                )
            };
            fields.push(("headers".to_owned(), all(one), all(other)));
        }
    }
}

fn as_json(content: &Content<'_>) -> Json {
    match content {
        Content::Null => Json::Null,
        Content::Avro { json, .. } => json.clone(),
        Content::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Content::Text(text) => json!(text),
        Content::Bytes(bytes) | Content::Undecoded { bytes, .. } => {
            json!({ "base64": STANDARD.encode(bytes) })
        }
    }
}

impl Shown {
    /// The schema id of the message, if the row has another one.
    pub(super) fn other_schema_id(&self) -> Option<&Json> {
        let mut fields = self.fields.iter();
        fields
            .find(|(name, ..)| name == SCHEMA_ID)
            .map(|(.., found)| found)
    }

    /// A line for people; `topics` is the number of topics.
    pub(super) fn line(&self, topics: usize) -> String {
        let mut parts = Vec::new();
        if let Some((file, line, column)) = &self.file {
            let column = column.map_or(String::new(), |column| format!(":{column}"));
            parts.push(format!("{file}:{line}{column}"));
        }
        let topic = match topics {
            1 => String::new(),
            _ => format!("{}/", self.topic),
        };
        match (self.place, self.expected_partition) {
            (Some((partition, offset)), _) => parts.push(format!("at {topic}{partition}:{offset}")),
            (None, Some(partition)) => parts.push(format!("expected in partition {topic}{partition}")),
            (None, None) => {}
        }
        if let (Kind::Elsewhere, Some(partition)) = (self.kind, self.expected_partition) {
            parts.push(format!("expected in partition {topic}{partition}"));
        }
        if !self.key.is_null() {
            parts.push(format!("key {}", text(&self.key)));
        }
        for (name, expected, found) in &self.fields {
            parts.push(format!(
                "{}: expected {}, found {}",
                printable(name.as_bytes(), LONGEST),
                text(expected),
                text(found)
            ));
        }
        if let Some(value) = &self.value {
            parts.push(text(value));
        }
        parts.join("  ")
    }

    pub(super) fn json(&self) -> Json {
        let (file, line, column) = match &self.file {
            Some((file, line, column)) => (Some(file), Some(line), *column),
            None => (None, None, None),
        };
        let fields = self.fields.iter();
        json!({
            "kind": word(self.kind),
            "file": file,
            "line": line,
            "column": column,
            "topic": self.topic,
            "partition": self.place.map(|(partition, _)| partition),
            "offset": self.place.map(|(_, offset)| offset),
            "expected_partition": self.expected_partition,
            "key": self.key,
            "value": self.value,
            "fields": fields
                .map(|(name, expected, found)| json!({"field": name, "expected": expected, "found": found}))
                .collect::<Vec<_>>(),
        })
    }
}

/// A text as it is, and everything else as JSON; cut if it is long.
fn text(value: &Json) -> String {
    let text = match value {
        Json::String(text) if !text.is_empty() => text.clone(),
        other => escape::json(&other.to_string()).into_owned(),
    };
    printable(text.as_bytes(), LONGEST).into_owned()
}

/// The name of a kind for machines.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing",
        Kind::Different => "different",
        Kind::OutOfOrder => "out_of_order",
        Kind::Elsewhere => "in_another_partition",
        Kind::Doubled => "doubled",
        Kind::Foreign => "foreign",
    }
}
