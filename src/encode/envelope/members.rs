//! The members of an envelope, by their names.

use std::ops::Range;

use crate::encode::error::{Fault, RowError, RowErrorKind};
use crate::encode::hint::Hint;
use crate::escape::printable;
use crate::mapping::rules::{Rules, UnknownKeys};
use crate::record::json::{self, Kind, Node};

/// Names of members that say where a message was, or how it was read. They have no effect.
const WITHOUT_EFFECT: [&str; 9] = [
    "topic",
    "offset",
    "timestamp_type",
    "key_type",
    "key_schema_id",
    "value_type",
    "value_schema_id",
    // kcat's.
    "tstype",
    "broker",
];

/// A member of an envelope, or a value within it.
#[derive(Clone, Copy)]
pub(super) struct Member<'r> {
    /// Its name, for errors.
    pub(super) name: &'static str,
    /// Whether it is kcat's `payload`, which may be a text that contains JSON.
    pub(super) is_payload: bool,
    row: &'r [u8],
    nodes: &'r [Node],
    at: usize,
}

impl<'r> Member<'r> {
    pub(super) fn kind(self) -> Kind {
        self.nodes[self.at].kind
    }

    /// Its place in the row, without quotes.
    pub(super) fn span(self) -> Range<usize> {
        let node = &self.nodes[self.at];
        node.start as usize..node.end as usize
    }

    /// Its place in the row, with quotes.
    pub(super) fn whole(self) -> Range<usize> {
        let span = self.span();
        match self.kind() {
            Kind::String | Kind::EscapedString => span.start - 1..span.end + 1,
            _ => span,
        }
    }

    pub(super) fn raw(self) -> &'r [u8] {
        &self.row[self.span()]
    }

    /// The text of a string; `buffer` holds it if it has escapes. None for other values.
    pub(super) fn text<'t>(self, buffer: &'t mut Vec<u8>) -> Option<&'t [u8]>
    where
        'r: 't,
    {
        match self.kind() {
            Kind::String => Some(self.raw()),
            Kind::EscapedString => {
                buffer.clear();
                json::unescape(self.raw(), buffer);
                Some(buffer)
            }
            _ => None,
        }
    }

    /// The items of an array, or the keys and values of an object in turn.
    pub(super) fn items(self) -> impl Iterator<Item = Member<'r>> {
        let end = self.nodes[self.at].next as usize;
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let item = (at < end).then_some(Member { at, ..self })?;
            at = self.nodes[at].next as usize;
            Some(item)
        })
    }
}

/// The members of an envelope that make the message. Those that are null are absent.
pub(super) struct Members<'r> {
    pub(super) key: Option<Member<'r>>,
    /// None if it is null.
    pub(super) value: Option<Member<'r>>,
    pub(super) headers: Option<Member<'r>>,
    pub(super) timestamp: Option<Member<'r>>,
    pub(super) partition: Option<Member<'r>>,
}

impl<'r> Members<'r> {
    /// # Errors
    /// The row is not an object, has no value, or has an unknown member or one twice.
    pub(super) fn find(
        row: &'r [u8],
        nodes: &'r [Node],
        rules: &Rules,
        text: &mut Vec<u8>,
    ) -> Result<Members<'r>, Box<RowError>> {
        let root = Member {
            name: "envelope",
            is_payload: false,
            row,
            nodes,
            at: 0,
        };
        if root.kind() != Kind::Object {
            let reason = "expected a JSON object with the key, value and headers of a message";
            return Err(RowError::whole(RowErrorKind::NotAnObject, reason));
        }
        let mut found: [Option<Member<'r>>; 5] = [None; 5];
        let mut items = root.items();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let written = key.text(text).unwrap_or_default();
            let (place, name, is_payload) = match written {
                b"key" => (0, "key", false),
                b"value" => (1, "value", false),
                b"payload" => (1, "payload", true),
                b"headers" => (2, "headers", false),
                b"timestamp" => (3, "timestamp", false),
                b"ts" => (3, "ts", false),
                b"partition" => (4, "partition", false),
                other if WITHOUT_EFFECT.iter().any(|name| name.as_bytes() == other) => continue,
                _ if rules.unknown_keys != UnknownKeys::Reject => continue,
                other => return Err(unknown(other, key)),
            };
            if found[place].is_some() {
                return Err(twice(name, value));
            }
            found[place] = Some(Member {
                name,
                is_payload,
                ..value
            });
        }
        let [key, value, headers, timestamp, partition] = found;
        let Some(value) = value else {
            let mut error = RowError::whole(RowErrorKind::Missing, "the envelope has no `value`");
            error.hint = Some("a tombstone has the value null".into());
            return Err(error);
        };
        let present = |member: &Member<'_>| member.kind() != Kind::Null;
        Ok(Members {
            key: key.filter(present),
            value: Some(value).filter(present),
            headers: headers.filter(present),
            timestamp: timestamp.filter(present),
            partition: partition.filter(present),
        })
    }
}

#[cold]
fn unknown(name: &[u8], key: Member<'_>) -> Box<RowError> {
    let reason = "an envelope has the keys `key`, `value`, `headers`, `timestamp` and `partition`";
    Fault::new(RowErrorKind::UnknownKey, reason)
        .with_hint(Hint::DropUnknownKeys)
        .within(printable(name, 60))
        .of_value(key.raw(), Some(key.span()))
        .into_row_error(None)
}

#[cold]
fn twice(name: &'static str, value: Member<'_>) -> Box<RowError> {
    let reason = match name {
        "value" | "payload" => "the envelope has two values",
        "timestamp" | "ts" => "the envelope has two timestamps",
        _ => "the key occurs twice",
    };
    super::refused(
        Member { name, ..value },
        Fault::new(RowErrorKind::DuplicateKey, reason),
    )
}
