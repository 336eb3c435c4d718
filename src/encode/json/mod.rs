//! JSON values -> values of any type: `value` is the values in a row's text, `object` turns objects into records using
//! `keys`, `branch` handles unions.

mod branch;
mod keys;
mod object;
mod record_branches;
mod value;

pub(super) use object::absent;
pub(super) use record_branches::RecordBranches;
pub(super) use value::{JsonText, Within};

use self::keys::KeyCursor;
use self::value::{JsonValue, name_of};
use super::codec::{Codec, CodecId};
use super::datum_plan::DatumPlan;
use super::error::{Encoded, Fault, RowError, RowErrorKind};
use super::offsets::TrackedField;
use super::scalar::{Origin, Scalar, put_scalar, scalar_wanted, wrong_type};
use super::scratch::{Reading, Scratch};
use super::text;
use super::wire::put_long;
use crate::escape::printable;
use crate::mapping::{Expression, RootSource};
use crate::record::Row;
use crate::record::json::{self as json_text, Kind, Node};

impl Scratch {
    /// Appends the datum of a row that is a JSON text.
    pub(super) fn put_text(
        &mut self,
        plan: &DatumPlan,
        row: &Row<'_>,
        nodes: &[Node],
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let text = JsonText {
            bytes: row.bytes,
            nodes,
            utf8: row.utf8,
            within: Within::Row,
            keys_elsewhere: &plan.keys_elsewhere,
        };
        let value = text.value();
        match &plan.source {
            RootSource::Fields(sources) => {
                check_object(value)?;
                self.more.clear();
                let put = self.put_row_object(plan, sources, value, out);
                put.map_err(|fault| {
                    let mut error = fault.into_row_error(None);
                    let more = self.more.drain(..).map(|fault| *fault.into_row_error(None));
                    error.also.extend(more);
                    error
                })
            }
            RootSource::Value(source) => {
                let reading = Reading {
                    codecs: &plan.codecs,
                    rules: &source.rules,
                };
                match &source.expression {
                    Expression::Key(key) => {
                        check_object(value)?;
                        self.put_member(reading, plan.root, key, value, out)
                            .map_err(|fault| fault.within(key.as_str()).into_row_error(None))
                    }
                    Expression::Whole => self
                        .put_json(reading, plan.root, Some(&plan.tracked), value, out)
                        .map_err(|fault| value.blame(fault).into_row_error(None)),
                    _ => unreachable!("a value of a JSON row is one key's or the whole row"),
                }
            }
        }
    }

    /// The value of one key, if the root type is not a record.
    fn put_member(
        &mut self,
        reading: Reading<'_>,
        root: CodecId,
        key: &str,
        object: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match KeyCursor::new(object, true).find(key, &mut self.text) {
            Some(value) => self
                .put_json(reading, root, None, value, out)
                .map_err(|fault| value.blame(fault)),
            None => {
                let reason = "the key is absent, but the message's key is made from it";
                Err(Fault::new(RowErrorKind::Missing, reason).without_value())
            }
        }
    }

    /// The value of a cell that holds JSON.
    pub(super) fn put_json_cell_value(
        &mut self,
        reading: Reading<'_>,
        cell: CellCodec<'_>,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match cell.branch {
            Some(branch) => self.put_other(reading, cell.codec, branch, tracked, value, out),
            None => self.put_json(reading, cell.codec, tracked, value, out),
        }
    }

    /// Appends a JSON value as a value of any type; `tracked` says which of its fields are tracked.
    pub(super) fn put_json(
        &mut self,
        reading: Reading<'_>,
        id: CodecId,
        tracked: Option<&TrackedField>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match &reading.codecs[id] {
            Codec::Nullable {
                null,
                other,
                codec,
                branch,
            } => {
                if value.kind() == Kind::Null {
                    if let Some(tracked) = tracked {
                        self.offsets.set_null_within(tracked, Some(value.place()));
                    }
                    put_long(*null, out);
                    return Ok(());
                }
                put_long(*other, out);
                self.put_other(reading, *codec, branch, tracked, value, out)
            }
            Codec::Union(union) => self.put_union(reading, union, tracked, value, out),
            Codec::Array(items) => self.put_array(reading, *items, value, out),
            Codec::Map(values) => self.put_map(reading, *values, value, out),
            Codec::Record(_) => {
                if value.kind() != Kind::Object {
                    return Err(value.blame(wrong_type("expected a JSON object (record)")));
                }
                self.put_record(reading, id, value, TrackedField::within(tracked), out)
            }
            _ => self.put_json_scalar(reading, id, value, out),
        }
    }

    #[inline]
    fn put_json_scalar(
        &mut self,
        reading: Reading<'_>,
        id: CodecId,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let codecs = reading.codecs;
        match value.kind() {
            Kind::Null if matches!(codecs[id], Codec::Null) => return Ok(()),
            Kind::Null => {
                let reason = format!("{} does not allow null", codecs.describe(id));
                return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
            }
            Kind::Array if !matches!(codecs[id], Codec::Duration) => {
                return Err(value.blame(scalar_wanted(codecs, id, "an array")));
            }
            Kind::Object => return Err(value.blame(scalar_wanted(codecs, id, "an object"))),
            _ => {}
        }
        let scalar = scalar_of(value, &mut self.text);
        put_scalar(reading, id, scalar, out).map_err(|fault| value.blame(fault))
    }

    fn put_array(
        &mut self,
        reading: Reading<'_>,
        items: CodecId,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if value.kind() != Kind::Array {
            return Err(value.blame(wrong_type("expected a JSON array (array)")));
        }
        let count = value.children().count();
        if count > 0 {
            put_long(count as i64, out);
        }
        for (index, item) in value.children().enumerate() {
            self.put_json(reading, items, None, item, out)
                .map_err(|fault| item.blame(fault).within(format!("[{index}]")))?;
            self.check_room(out).map_err(|fault| value.blame(fault))?;
        }
        out.push(0);
        Ok(())
    }

    fn put_map(
        &mut self,
        reading: Reading<'_>,
        values: CodecId,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if value.kind() != Kind::Object {
            return Err(value.blame(wrong_type("expected a JSON object (map)")));
        }
        let count = value.children().count();
        if let Some(twice) = duplicate_key(value, count) {
            let reason = format!(
                "the key `{}` occurs twice in its object",
                printable(&name_of(twice), 60)
            );
            return Err(value.blame(Fault::new(RowErrorKind::DuplicateKey, reason)));
        }
        if count > 0 {
            put_long(count as i64, out);
        }
        for key in value.children() {
            let segment = || format!("[\"{}\"]", printable(&name_of(key), 60));
            let name = unescaped(key, &mut self.text);
            text::put_string(name, value.text.utf8, out)
                .map_err(|fault| key.blame(fault).within(segment()))?;
            let item = key.value_of_key();
            self.put_json(reading, values, None, item, out)
                .map_err(|fault| item.blame(fault).within(segment()))?;
            self.check_room(out).map_err(|fault| value.blame(fault))?;
        }
        out.push(0);
        Ok(())
    }
}

/// The type of a cell that holds JSON, and its branch's name if the type is the other branch of a union with null.
#[derive(Clone, Copy)]
pub(super) struct CellCodec<'a> {
    pub(super) codec: CodecId,
    pub(super) branch: Option<&'a str>,
}

/// Checks that a row is an object, as a record requires.
fn check_object(value: JsonValue<'_>) -> Result<(), Box<RowError>> {
    if value.kind() == Kind::Object {
        return Ok(());
    }
    let reason = "expected a JSON object with a key for each field";
    let mut error = RowError::whole(RowErrorKind::NotAnObject, reason);
    error.span = Some(0..value.text.bytes.len());
    Err(error)
}

/// The text of a key or a string; one with escapes is unescaped into `text`.
#[inline]
fn unescaped<'a>(string: JsonValue<'a>, text: &'a mut Vec<u8>) -> &'a [u8] {
    match string.kind() {
        Kind::String => string.raw(),
        _ => {
            text.clear();
            json_text::unescape(string.raw(), text);
            text
        }
    }
}

/// A value that is not an object, as a scalar; for an array its content, which a duration accepts.
#[inline]
fn scalar_of<'a>(value: JsonValue<'a>, text: &'a mut Vec<u8>) -> Scalar<'a> {
    let utf8 = value.text.utf8;
    let (text, origin) = match value.kind() {
        Kind::String | Kind::EscapedString => (unescaped(value, text), Origin::JsonString),
        Kind::Number => (value.raw(), Origin::JsonNumber),
        Kind::True | Kind::False => (value.raw(), Origin::JsonBoolean),
        Kind::Array => {
            let raw = value.raw();
            (&raw[1..raw.len() - 1], Origin::JsonNumbers)
        }
        Kind::Null | Kind::Object => unreachable!("they are not scalars"),
    };
    Scalar { text, origin, utf8 }
}

/// A duplicate key. A few keys without escapes are compared without copying.
fn duplicate_key(object: JsonValue<'_>, count: usize) -> Option<JsonValue<'_>> {
    const HANDFUL: usize = 12;
    if count <= HANDFUL && object.children().all(|key| key.kind() == Kind::String) {
        return object
            .children()
            .enumerate()
            .find(|(index, key)| {
                object
                    .children()
                    .take(*index)
                    .any(|other| other.raw() == key.raw())
            })
            .map(|(_, key)| key);
    }
    let mut seen = std::collections::HashSet::with_capacity(count);
    object.children().find(|key| !seen.insert(name_of(*key)))
}
