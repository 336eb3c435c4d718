//! What a message's key or value is: a datum with the registry's header, JSON, text or other bytes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::{DatumSchema, Form, Wrappers, limits};
use crate::schema::{RegisteredSchema, SchemaId};

const MAGIC_BYTE: u8 = 0;
/// The length of the registry's header before a datum.
pub(crate) const HEADER_BYTES: usize = 5;

/// What a key or a value is.
#[derive(Debug, PartialEq)]
pub(crate) enum Content<'m> {
    /// There is none.
    Null,
    /// A datum of the schema with this id.
    Avro { id: SchemaId, json: Json },
    /// A JSON text, on one line.
    Json(String),
    /// Any other UTF-8 text.
    Text(&'m str),
    /// Bytes that are not UTF-8.
    Bytes(&'m [u8]),
    /// It begins like a datum with the registry's header, but cannot be decoded.
    Undecoded { bytes: &'m [u8], reason: String },
}

impl Content<'_> {
    /// Whether a key is the one that a user means by this text.
    pub(crate) fn is_called(&self, wanted: &str) -> bool {
        match self {
            Content::Text(text) => *text == wanted,
            Content::Avro { json, .. } => {
                json.as_str() == Some(wanted)
                    || serde_json::from_str(wanted).is_ok_and(|wanted: Json| wanted == *json)
            }
            Content::Null | Content::Json(_) | Content::Bytes(_) | Content::Undecoded { .. } => false,
        }
    }
}

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text of a key is not JSON, even if it looks like it: `7078` is a text.
    Key,
    Value,
}

/// Decodes messages. Each schema is fetched once.
#[derive(Default)]
pub(crate) struct Decoder {
    /// By id: the schema, or the reason why there is none.
    schemas: HashMap<SchemaId, Result<(RegisteredSchema, DatumSchema), String>>,
}

impl Decoder {
    /// A schema that a datum was decoded with.
    pub(crate) fn schema(&self, id: SchemaId) -> Option<(&RegisteredSchema, &DatumSchema)> {
        let (registered, schema) = self.schemas.get(&id)?.as_ref().ok()?;
        Some((registered, schema))
    }

    /// Decodes a key or a value. `fetch` gets a schema from the registry, or the reason why it cannot be used.
    ///
    /// # Errors
    /// Those of `fetch`.
    pub(crate) fn content<'m, E>(
        &mut self,
        part: Part,
        bytes: Option<&'m [u8]>,
        fetch: impl FnOnce(SchemaId) -> Result<Result<RegisteredSchema, String>, E>,
    ) -> Result<Content<'m>, E> {
        let Some(bytes) = bytes else {
            return Ok(Content::Null);
        };
        let Some(([MAGIC_BYTE, id @ ..], datum)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Ok(without_header(part, bytes));
        };
        let id = SchemaId::new(u32::from_be_bytes(*id));
        let schema = match self.schemas.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let schema = fetch(id)?;
                unknown.insert(schema.and_then(|schema| {
                    let parsed = DatumSchema::parse(&schema.text, &schema.references)?;
                    Ok((schema, parsed))
                }))
            }
        };
        let decoded = match schema {
            Ok((registered, schema)) => limits::check(&registered.avro, datum)
                .and_then(|()| schema.json(datum, Form::Loadable(Wrappers::WhereNeeded)))
                .map_err(|reason| format!("not a datum of schema {id}: {reason}")),
            Err(reason) => Err(reason.clone()),
        };
        Ok(match (decoded, part) {
            (Ok(json), _) => Content::Avro { id, json },
            // Binary keys, such as numbers of 8 bytes, often begin with a zero byte.
            (Err(_), Part::Key) => Content::Bytes(bytes),
            (Err(reason), Part::Value) => Content::Undecoded { bytes, reason },
        })
    }
}

fn without_header(part: Part, bytes: &[u8]) -> Content<'_> {
    match std::str::from_utf8(bytes) {
        Err(_) => Content::Bytes(bytes),
        Ok(text) if part == Part::Value && serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            // Within a string such characters are escaped, so these are between tokens.
            Content::Json(text.trim().replace(['\n', '\r', '\t'], " "))
        }
        Ok(text) => Content::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(part: Part, bytes: &[u8]) -> Content<'_> {
        let schema = r#"{"type":"record","name":"T","fields":[{"name":"a","type":"string"}]}"#;
        let fetch = |id: SchemaId| match id.get() {
            1 => Ok(Ok(RegisteredSchema::from_text("t-value", schema).unwrap())),
            7 => Err("no registry"),
            _ => Ok(Err(format!("schema id {id} is not registered"))),
        };
        Decoder::default().content(part, Some(bytes), fetch).unwrap()
    }

    #[test]
    fn a_datum_with_a_header_is_avro() {
        let id = SchemaId::new(1);
        let json = json!({ "a": "BHP" });
        assert_eq!(
            content(Part::Value, b"\0\0\0\0\x01\x06BHP"),
            Content::Avro { id, json }
        );
    }

    #[test]
    fn other_bytes_are_json_or_text_or_bytes() {
        assert_eq!(
            content(Part::Value, b" {\"a\":\r\n1.10}\n"),
            Content::Json("{\"a\":  1.10}".to_owned())
        );
        assert_eq!(content(Part::Value, b"7078"), Content::Json("7078".to_owned()));
        assert_eq!(content(Part::Key, b"7078"), Content::Text("7078"));
        assert_eq!(content(Part::Value, b"{\"a\""), Content::Text("{\"a\""));
        assert_eq!(content(Part::Value, b""), Content::Text(""));
        assert_eq!(content(Part::Value, b"\xff"), Content::Bytes(b"\xff"));
    }

    #[test]
    fn a_value_that_cannot_be_decoded_has_a_reason_and_such_a_key_is_bytes() {
        for (bytes, expected) in [
            (&b"\0\0\0\0\x09\x02A"[..], "schema id 9 is not registered"),
            (
                b"\0\0\0\0\x01\x02AA",
                "not a datum of schema 1: extra bytes after it: 1",
            ),
            (b"\0\0\0\0\x01\x06A", "not a datum of schema 1: "),
        ] {
            assert_eq!(content(Part::Key, bytes), Content::Bytes(bytes));
            match content(Part::Value, bytes) {
                Content::Undecoded { reason, .. } => assert!(reason.starts_with(expected), "{reason}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_unreachable_registry_is_an_error() {
        let fetch = |_| Err("no registry");
        let decoded = Decoder::default().content(Part::Value, Some(b"\0\0\0\0\x01\x02A"), fetch);
        assert_eq!(decoded, Err("no registry"));
    }
}
