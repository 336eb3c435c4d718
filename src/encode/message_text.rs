//! The texts of a message's key and headers.
//!
//! A field's text is the canonical text of its encoded value: a string as it is, a number's digits, a decimal with all
//! digits of its scale, an enum's symbol, a UUID's canonical form, the integer of a date or a time.

use std::io::Write;
use std::ops::Range;

use super::codec::{Codec, CodecId, Codecs};
use super::decimal;
use super::error::{Fault, PlanError, RowError, RowErrorKind};
use super::hint::Hint;
use super::offsets::{OffsetSlot, Offsets, Tracker};
use super::template::{Template, TemplatePiece};
use super::text::put_uuid_text;
use super::wire::take_long;

/// A template bound to the fields of a schema.
#[derive(Debug)]
pub(crate) struct MessageText {
    written: String,
    pieces: Vec<TextPiece>,
}

#[derive(Debug)]
enum TextPiece {
    Constant(String),
    Field(OffsetSlot),
}

impl MessageText {
    /// Looks up the template's fields, which are used for `what`.
    ///
    /// # Errors
    /// A field that does not exist in the schema, or that has no text form.
    pub(super) fn compile(
        template: &Template,
        tracker: &mut Tracker<'_>,
        what: &str,
    ) -> Result<MessageText, PlanError> {
        let pieces = template.pieces().iter().map(|piece| match piece {
            TemplatePiece::Text(text) => Ok(TextPiece::Constant(text.clone())),
            TemplatePiece::Field(path) => Ok(TextPiece::Field(tracker.text(path, what)?)),
        });
        Ok(MessageText {
            pieces: pieces.collect::<Result<_, PlanError>>()?,
            written: template.to_string(),
        })
    }

    /// The template as written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// The field whose text it is, if it has nothing else.
    pub(super) fn field(&self) -> Option<OffsetSlot> {
        match self.pieces[..] {
            [TextPiece::Field(field)] => Some(field),
            _ => None,
        }
    }

    /// The text's range in `out`; it is appended unless the datum already contains it. None if a field is null.
    #[inline]
    pub(super) fn put(&self, codecs: &Codecs, offsets: &Offsets, out: &mut Vec<u8>) -> Option<Range<usize>> {
        if let [TextPiece::Field(field)] = &self.pieces[..]
            && let Some(range) = text_in_datum(codecs, *field, offsets, out)
        {
            return Some(range);
        }
        let start = out.len();
        for piece in &self.pieces {
            match piece {
                TextPiece::Constant(text) => out.extend_from_slice(text.as_bytes()),
                TextPiece::Field(field) => {
                    let datum = offsets.datum(*field);
                    if !datum.is_some_and(|(at, codec)| put_text(codecs, codec, at, out)) {
                        out.truncate(start);
                        return None;
                    }
                }
            }
        }
        Some(start..out.len())
    }

    /// The key's range in `out`.
    ///
    /// # Errors
    /// The text is empty, or there is none.
    #[inline]
    pub(super) fn put_key(
        &self,
        codecs: &Codecs,
        offsets: &Offsets,
        out: &mut Vec<u8>,
    ) -> Result<Range<usize>, Box<RowError>> {
        match self.put(codecs, offsets, out) {
            Some(range) if !range.is_empty() => Ok(range),
            _ => Err(self.empty_key(codecs, offsets, out)),
        }
    }

    /// The error of a key without text, pointing at the field that has none.
    #[cold]
    fn empty_key(&self, codecs: &Codecs, offsets: &Offsets, out: &mut Vec<u8>) -> Box<RowError> {
        let fields = self.pieces.iter().filter_map(|piece| match piece {
            TextPiece::Field(field) => Some(*field),
            TextPiece::Constant(_) => None,
        });
        let end = out.len();
        let mut has_text = |field: OffsetSlot| {
            let has_text = offsets
                .datum(field)
                .is_some_and(|(at, codec)| put_text(codecs, codec, at, out) && out.len() > end);
            out.truncate(end);
            has_text
        };
        let empty = fields.into_iter().find(|field| !has_text(*field));
        let place = empty.and_then(|field| offsets.in_row(field));
        Fault::new(RowErrorKind::EmptyKey, "the message's key would be empty")
            .without_value()
            .with_hint(Hint::OtherKey)
            .within(self.written.as_str())
            .of_value(&[], place.map(|place| place.span()))
            .into_row_error(place.and_then(|place| Some(place.column? as usize + 1)))
    }
}

/// The range of a string's text within the datum.
#[inline]
fn text_in_datum(codecs: &Codecs, field: OffsetSlot, offsets: &Offsets, out: &[u8]) -> Option<Range<usize>> {
    let (at, Codec::String | Codec::Uuid) = offsets.present_datum(field, codecs, out)? else {
        return None;
    };
    let (size, length) = take_long(&out[at..]);
    let start = at + length;
    Some(start..start + size as usize)
}

/// Appends the canonical text of the datum at `at`; false if it is null.
fn put_text(codecs: &Codecs, codec: CodecId, at: usize, out: &mut Vec<u8>) -> bool {
    let (value, length) = match &codecs[codec] {
        Codec::Null => return false,
        Codec::Boolean => (i64::from(out[at]), 1),
        Codec::UuidFixed | Codec::Decimal(decimal::DecimalShape { fixed: Some(_), .. }) => (0, 0),
        _ => take_long(&out[at..]),
    };
    let from = at + length;
    match &codecs[codec] {
        Codec::String | Codec::Uuid => out.extend_from_within(from..from + value as usize),
        Codec::Nullable { null, .. } if value == *null => return false,
        Codec::Nullable { codec, .. } => return put_text(codecs, *codec, from, out),
        Codec::Union(union) => return put_text(codecs, union.codec_of(value as usize), from, out),
        Codec::Boolean => out.extend_from_slice(if value == 1 { b"true" } else { b"false" }),
        Codec::Enum(symbols) => out.extend_from_slice(symbols.names()[value as usize].as_bytes()),
        Codec::Decimal(shape) => {
            let size = shape.fixed.unwrap_or(value as usize);
            let text = decimal::text_of(&out[from..from + size], shape.scale);
            out.extend_from_slice(text.as_bytes());
        }
        Codec::UuidFixed => {
            let bytes: [u8; 16] = out[at..at + 16].try_into().expect("16 bytes");
            put_uuid_text(&bytes, out);
        }
        _ => write!(out, "{value}").expect("writing to a vector cannot fail"),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::AvroSchema;

    fn slots_of(test: impl Fn(&mut Tracker<'_>)) {
        let text = r#"{"type": "record", "name": "R", "fields": [
            {"name": "symbol", "type": "string"},
            {"name": "note", "type": {"type": "map", "values": "string"}},
            {"name": "leg", "type": ["null", {"type": "record", "name": "Leg", "fields": [
                {"name": "price", "type": "double"}, {"name": "venue", "type": "string"}]}]}]}"#;
        let schema = AvroSchema::parse(text, &[]).unwrap();
        test(&mut Tracker::new(&schema));
    }

    #[test]
    fn templates_are_fields_and_text() {
        slots_of(|tracker| {
            let template = "{leg.venue}:{{{symbol}}}".parse().unwrap();
            let pieces: Vec<String> = MessageText::compile(&template, tracker, "the key")
                .unwrap()
                .pieces
                .iter()
                .map(|piece| match piece {
                    TextPiece::Constant(text) => text.clone(),
                    TextPiece::Field(field) => format!("{field:?}"),
                })
                .collect();
            assert_eq!(pieces, ["OffsetSlot(0)", ":{", "OffsetSlot(1)", "}"]);
        });
    }

    fn key(written: &str, tracker: &mut Tracker<'_>) -> Result<MessageText, PlanError> {
        MessageText::compile(&Template::field_or_template(written)?, tracker, "the key")
    }

    #[test]
    fn invalid_keys_are_reported() {
        slots_of(|tracker| {
            for (written, why) in [
                (
                    "Symbol",
                    "the schema has no field `Symbol` for the key; the fields are symbol, note, leg",
                ),
                (
                    "leg.strike",
                    "the schema has no field `leg.strike` for the key; the fields are price, venue",
                ),
                ("symbol.x", "the schema has no field `symbol.x` for the key"),
                ("note", "the field `note` of type map of string cannot be the key"),
                (
                    "leg.price",
                    "the field `leg.price` of type double cannot be the key",
                ),
                ("leg", "cannot be the key"),
                ("{symbol", "has a single `{`"),
                ("symbol}", "has a single `}`"),
                ("{}", "the schema has no field `` for the key"),
            ] {
                let error = key(written, tracker).unwrap_err().to_string();
                assert!(error.contains(why), "{written}: {error}");
            }
            let hint = key("leg.Venue", tracker).unwrap_err().hint;
            assert_eq!(hint, Some(Hint::NearKeyField("leg.venue".to_owned())));
        });
    }
}
