//! The texts that go beside a message's value: its key and its headers.
//!
//! The text of a field is the encoded value's canonical text: a string as it is, a number's digits, a decimal with
//! all digits of its scale, an enum's symbol, a UUID's canonical form, the integer of a date or a time.

use std::io::Write;

use super::decimal;
use super::error::{Encoded, Fault, RowErrorKind};
use super::plan::{Codec, CodecId, Entry, KeyChoice, Plan, PlanError};
use super::text::put_uuid_text;
use super::watch::{NOWHERE, Slot, Slots};
use super::wire::take_long;
use crate::mapping::binding::FieldSource;

/// What the message's key is made of.
#[derive(Debug)]
pub(crate) enum KeyPlan {
    None,
    Text(Template),
    Avro(Box<Plan>, String),
}

/// Fields and text between them, as in `{exchange}.{symbol}`.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) written: String,
    pub(crate) pieces: Vec<Piece>,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Field(Slot),
}

impl KeyPlan {
    pub(super) fn words(&self) -> Option<String> {
        match self {
            KeyPlan::None => None,
            KeyPlan::Text(template) => Some(template.written.clone()),
            KeyPlan::Avro(_, words) => Some(words.clone()),
        }
    }
}

impl KeyPlan {
    /// Whether the key is made of this column or JSON key, too.
    pub(super) fn takes(&self, name: &str) -> bool {
        let KeyPlan::Avro(plan, _) = self else {
            return false;
        };
        match &plan.entry {
            Entry::Member(member) => member == name,
            Entry::Row => plan.fields().iter().any(|field| field.name == name),
            Entry::Column(_) | Entry::Value => false,
        }
    }

    /// The columns that the key is made of, where it is a datum of its own.
    pub(super) fn columns(&self) -> Vec<usize> {
        let KeyPlan::Avro(plan, _) = self else {
            return Vec::new();
        };
        match plan.entry {
            Entry::Column(column) => vec![column],
            _ => columns_of(&plan.sources),
        }
    }
}

fn columns_of(sources: &[FieldSource]) -> Vec<usize> {
    let of_one = |source: &FieldSource| match source {
        FieldSource::Column(column) => vec![*column],
        FieldSource::Record(record) => record.columns.clone(),
        FieldSource::Default | FieldSource::Null => Vec::new(),
    };
    sources.iter().flat_map(of_one).collect()
}

/// Compiles the choice of a key.
pub(super) fn key_plan(
    plan: &Plan,
    choice: &KeyChoice,
    header: &[String],
    slots: &mut Slots<'_>,
) -> Result<KeyPlan, PlanError> {
    match choice {
        KeyChoice::None => Ok(KeyPlan::None),
        KeyChoice::Default if !slots.has("symbol") => Ok(KeyPlan::None),
        KeyChoice::Default => match template("symbol", slots, "the key") {
            Ok(template) => Ok(KeyPlan::Text(template)),
            // A default is no wish: a `symbol` that cannot be a key makes none.
            Err(_) => Ok(KeyPlan::None),
        },
        KeyChoice::Field(written) => Ok(KeyPlan::Text(template(written, slots, "the key")?)),
        KeyChoice::Avro { schema, field } => {
            let key = Plan::for_key(schema, field.as_deref(), header, &plan.rules)?;
            let words = match (schema.version, schema.id) {
                (Some(version), Some(id)) => {
                    format!(
                        "{} of {} version {version} (id {id})",
                        schema.record_name(),
                        schema.subject
                    )
                }
                _ => format!("{} of {}", schema.record_name(), schema.subject),
            };
            Ok(KeyPlan::Avro(Box::new(key), words))
        }
    }
}

/// Compiles a field's name, or a template: text with field names in braces, braces themselves written twice.
pub(super) fn template(written: &str, slots: &mut Slots<'_>, what: &str) -> Result<Template, PlanError> {
    let mut pieces = Vec::new();
    if !written.contains(['{', '}']) {
        pieces.push(Piece::Field(slots.text(written, what)?));
    } else {
        let mut text = String::new();
        let mut rest = written;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            if rest[at + 1..].starts_with(brace) {
                text.push_str(brace);
                rest = &rest[at + 2..];
                continue;
            }
            let end = rest[at + 1..].find('}').filter(|_| brace == "{");
            let Some(end) = end else {
                let message = format!("`{written}` has a single `{brace}`");
                return Err(PlanError::new(message).with_hint(
                    "fields stand in braces, as in `{exchange}.{symbol}`; a brace itself is written twice",
                ));
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            let name = &rest[at + 1..at + 1 + end];
            pieces.push(Piece::Field(slots.text(name, what)?));
            rest = &rest[at + 2 + end..];
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
    }
    Ok(Template {
        written: written.to_owned(),
        pieces,
    })
}

impl Template {
    /// The text's place in `out`, behind which it is appended where it does not stand in the datum already; none
    /// where a field is null.
    #[inline]
    pub(super) fn put(
        &self,
        codecs: &[Codec],
        places: &[usize],
        out: &mut Vec<u8>,
    ) -> Option<(usize, usize)> {
        if let [Piece::Field(field)] = &self.pieces[..]
            && let Some(range) = standing(codecs, *field, places, out)
        {
            return Some(range);
        }
        let start = out.len();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Field(field) => {
                    let at = places[field.slot];
                    if at == NOWHERE || !put_text(codecs, field.codec, at, out) {
                        out.truncate(start);
                        return None;
                    }
                }
            }
        }
        Some((start, out.len()))
    }

    /// The key's place in `out`.
    #[inline]
    pub(super) fn put_key(
        &self,
        codecs: &[Codec],
        places: &[usize],
        out: &mut Vec<u8>,
    ) -> Encoded<(usize, usize)> {
        match self.put(codecs, places, out) {
            Some((start, end)) if end > start => Ok((start, end)),
            _ => Err(
                Fault::new(RowErrorKind::EmptyKey, "the message's key would be empty")
                    .without_value()
                    .with_hint("name another field with `--key`, or send null keys with `--no-key`")
                    .within(self.written.as_str()),
            ),
        }
    }
}

/// Where the text of a string stands in the datum.
#[inline]
fn standing(codecs: &[Codec], field: Slot, places: &[usize], out: &[u8]) -> Option<(usize, usize)> {
    let mut at = places[field.slot];
    let mut codec = &codecs[field.codec];
    if at == NOWHERE {
        return None;
    }
    if let Codec::Nullable {
        null, codec: other, ..
    } = codec
    {
        let (branch, length) = take_long(&out[at..]);
        if branch == *null {
            return None;
        }
        at += length;
        codec = &codecs[*other];
    }
    let (Codec::String | Codec::Uuid) = codec else {
        return None;
    };
    let (size, length) = take_long(&out[at..]);
    Some((at + length, at + length + size as usize))
}

/// Appends the canonical text of the datum at `at`; false where it is null.
fn put_text(codecs: &[Codec], codec: CodecId, at: usize, out: &mut Vec<u8>) -> bool {
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
        _ => write!(out, "{value}").expect("a vector takes every byte"),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::AvroSchema;

    fn slots_of(test: impl Fn(&mut Slots<'_>)) {
        let text = r#"{"type": "record", "name": "R", "fields": [
            {"name": "symbol", "type": "string"},
            {"name": "note", "type": {"type": "map", "values": "string"}},
            {"name": "leg", "type": ["null", {"type": "record", "name": "Leg", "fields": [
                {"name": "price", "type": "double"}, {"name": "venue", "type": "string"}]}]}]}"#;
        let schema = AvroSchema::parse(text, &[]).unwrap();
        test(&mut Slots::new(&schema));
    }

    #[test]
    fn templates_are_fields_and_text() {
        slots_of(|slots| {
            let written = "{leg.venue}:{{{symbol}}}";
            let words: Vec<String> = template(written, slots, "the key")
                .unwrap()
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Field(field) => field.slot.to_string(),
                })
                .collect();
            assert_eq!(words, ["0", ":{", "1", "}"]);
        });
    }

    #[test]
    fn what_cannot_be_a_key_is_told() {
        slots_of(|slots| {
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
                let error = template(written, slots, "the key").unwrap_err().to_string();
                assert!(error.contains(why), "{written}: {error}");
            }
            let hint = template("leg.Venue", slots, "the key").unwrap_err().hint;
            assert_eq!(hint.as_deref(), Some("did you mean `--key leg.venue`?"));
        });
    }
}
