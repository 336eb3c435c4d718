//! The parts of a message other than its value, from the members of an envelope.

use std::ops::Range;

use super::members::Member;
use super::refused;
use crate::encode::bytes;
use crate::encode::error::{Fault, RowError, RowErrorKind};
use crate::encode::hint::Hint;
use crate::encode::timestamp::{Clock, timestamp as read_time};
use crate::mapping::rules::Rules;
use crate::record::json::Kind;
use crate::schema::TimeUnit;

/// A header of one message, as ranges of the output; a value may be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnHeader {
    /// Its name, in UTF-8.
    pub(crate) name: Range<usize>,
    pub(crate) value: Option<Range<usize>>,
}

/// Appends a key that is a text or `{"base64": "..."}`.
pub(super) fn put_key(
    key: Member<'_>,
    text: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<Range<usize>, Box<RowError>> {
    put_bytes(key, text, out).map_err(|fault| {
        let fault = match fault.kind {
            RowErrorKind::WrongType => fault.with_hint(Hint::AvroKeys),
            _ => fault,
        };
        refused(key, fault)
    })
}

/// Appends the bytes of a text, or of an object `{"base64": "..."}`.
fn put_bytes(member: Member<'_>, text: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<Range<usize>, Box<Fault>> {
    let start = out.len();
    if let Some(text) = member.text(text) {
        out.extend_from_slice(text);
        return Ok(start..out.len());
    }
    let mut items = member.items();
    let encoded = match (member.kind(), items.next(), items.next(), items.next()) {
        (Kind::Object, Some(name), Some(value), None) if name.raw() == b"base64" => value.text(text),
        _ => None,
    };
    let encoded = encoded.ok_or_else(|| {
        let reason = "expected a text, or bytes as `{\"base64\": \"...\"}`";
        Fault::new(RowErrorKind::WrongType, reason)
    })?;
    let decoded =
        bytes::base64(encoded).ok_or_else(|| Fault::new(RowErrorKind::Bytes, "expected RFC 4648 base64"))?;
    out.extend_from_slice(&decoded);
    Ok(start..out.len())
}

/// Appends the names and values of headers: an array of names and values in turn, or an object.
pub(super) fn put_headers(
    headers: Member<'_>,
    text: &mut Vec<u8>,
    found: &mut Vec<OwnHeader>,
    out: &mut Vec<u8>,
) -> Result<(), Box<RowError>> {
    let wrong = |reason: &str| refused(headers, Fault::new(RowErrorKind::WrongType, reason));
    if !matches!(headers.kind(), Kind::Array | Kind::Object) {
        return Err(wrong(
            "expected an array of names and values in turn, or an object",
        ));
    }
    let mut items = headers.items();
    while let Some(name) = items.next() {
        let start = out.len();
        match name.text(text) {
            Some(name) if name.contains(&0) => {
                return Err(wrong("the name of a header cannot contain a NUL"));
            }
            Some(name) => out.extend_from_slice(name),
            None => return Err(wrong("the name of a header must be a text")),
        }
        let name = start..out.len();
        let Some(value) = items.next() else {
            return Err(wrong("the last header has a name and no value"));
        };
        let value = match value.kind() {
            Kind::Null => None,
            _ => {
                let put = put_bytes(value, text, out);
                Some(put.map_err(|fault| refused(value, fault))?)
            }
        };
        found.push(OwnHeader { name, value });
    }
    Ok(())
}

/// The timestamp in milliseconds since 1970: a number of them, or a text with a zone. None for -1, which stands for no
/// timestamp in Kafka's protocol.
pub(super) fn timestamp(
    member: Member<'_>,
    rules: &Rules,
    text: &mut Vec<u8>,
) -> Result<Option<i64>, Box<RowError>> {
    let number = match member.kind() {
        Kind::Number => str::from_utf8(member.raw())
            .ok()
            .and_then(|digits| digits.parse::<i64>().ok()),
        _ => None,
    };
    if let Some(number) = number {
        return Ok((number != -1).then_some(number));
    }
    let Some(text) = member.text(text) else {
        let reason = "expected milliseconds since 1970, or a time such as `2014-03-10T10:00:05.516Z`";
        return Err(refused(member, Fault::new(RowErrorKind::NotATimestamp, reason)));
    };
    let time = read_time(text, Clock::Zoned, TimeUnit::Millis, rules);
    time.map(Some).map_err(|fault| refused(member, fault))
}

/// The number of the partition. Whether the topic has it is not checked here.
pub(super) fn partition(member: Member<'_>) -> Result<i32, Box<RowError>> {
    let digits = match member.kind() {
        Kind::Number => str::from_utf8(member.raw()).ok(),
        _ => None,
    };
    let number = digits.and_then(|digits| digits.parse().ok());
    number.filter(|number| *number >= 0).ok_or_else(|| {
        let reason = "expected the number of a partition, from 0";
        refused(member, Fault::new(RowErrorKind::NoPartition, reason))
    })
}
