//! JSON values -> values of any type: `value` is what a row's text holds, `object` makes records of it, `branch`
//! unions.

mod branch;
mod object;
mod value;

pub(super) use value::{JsonText, Within};

use self::object::Faults;
use self::value::{JsonValue, name_of};
use super::State;
use super::error::{Encoded, Fault, RowError, RowErrorKind};
use super::plan::{Codec, Entry, Plan};
use super::scalar::{Origin, Scalar, put_scalar, scalar_wanted, scalar_words, wrong_type};
use super::text;
use super::watch::Watch;
use super::wire::put_long;
use crate::escape::printable;
use crate::record::Row;
use crate::record::json::{self as json_text, Kind, Node};

impl State {
    /// Appends the datum of a row that is a JSON value.
    pub(super) fn encode_value(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        nodes: &[Node],
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let text = JsonText {
            bytes: row.bytes,
            nodes,
            utf8: row.utf8,
            within: Within::Row,
        };
        let value = text.value();
        if plan.entry == Entry::Value {
            let put = self.put_json(plan, &plan.codecs[plan.root], &[], value, out);
            return put.map_err(|fault| value.blame(fault).into_row_error(None));
        }
        if value.kind() != Kind::Object {
            let reason = "each line wants one JSON object, with a key for each field";
            let mut error = RowError::whole(RowErrorKind::NotAnObject, reason);
            error.span = Some(0..row.bytes.len());
            return Err(error);
        }
        if let Entry::Member(name) = &plan.entry {
            return self
                .put_member(plan, name, value, out)
                .map_err(|fault| fault.within(name.as_str()).into_row_error(None));
        }
        self.more.clear();
        let put = self.put_record(plan, plan.fields(), value, &plan.watch, Faults::All, out);
        put.map_err(|fault| {
            let mut error = fault.into_row_error(None);
            error
                .also
                .extend(self.more.drain(..).map(|fault| *fault.into_row_error(None)));
            error
        })
    }

    /// The value of one key, where the schema's own type is no record.
    fn put_member(&mut self, plan: &Plan, name: &str, object: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        let first = object.at + 1;
        let end = object.node().next as usize;
        match self.find_key(&object, name, first, first, end) {
            Some(entry) => {
                let value = object.with(entry + 1);
                self.put_json(plan, &plan.codecs[plan.root], &[], value, out)
                    .map_err(|fault| value.blame(fault))
            }
            None => {
                let reason = "the key is absent, and the message's key is made of it";
                Err(Fault::new(RowErrorKind::Missing, reason).without_value())
            }
        }
    }

    /// The value of a cell that holds JSON.
    pub(super) fn put_json_cell_value(
        &mut self,
        plan: &Plan,
        cell: CellCodec<'_>,
        watch: &[Watch],
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match cell.branch {
            Some(branch) => self.put_other(plan, cell.codec, branch, watch, value, out),
            None => self.put_json(plan, cell.codec, watch, value, out),
        }
    }

    /// Appends a JSON value as a value of any type; `watch` is what is wanted of it where it is a record.
    pub(super) fn put_json(
        &mut self,
        plan: &Plan,
        codec: &Codec,
        watch: &[Watch],
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match codec {
            Codec::Nullable {
                null,
                other,
                codec,
                branch,
            } => {
                if value.kind() == Kind::Null {
                    put_long(*null, out);
                    return Ok(());
                }
                put_long(*other, out);
                self.put_other(plan, &plan.codecs[*codec], branch, watch, value, out)
            }
            Codec::Union(union) => self.put_union(plan, union, value, out),
            Codec::Array(items) => self.put_array(plan, &plan.codecs[*items], value, out),
            Codec::Map(values) => self.put_map(plan, &plan.codecs[*values], value, out),
            Codec::Record(fields) => {
                if value.kind() != Kind::Object {
                    return Err(value.blame(wrong_type("a record wants a JSON object")));
                }
                self.put_record(plan, fields, value, watch, Faults::First, out)
            }
            scalar => self.put_json_scalar(plan, scalar, value, out),
        }
    }

    #[inline]
    fn put_json_scalar(
        &mut self,
        plan: &Plan,
        codec: &Codec,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match value.kind() {
            Kind::Null if matches!(codec, Codec::Null) => return Ok(()),
            Kind::Null => {
                let reason = format!("{} does not allow null", scalar_words(codec));
                return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
            }
            Kind::Array if !matches!(codec, Codec::Duration) => {
                return Err(value.blame(scalar_wanted(codec, "an array")));
            }
            Kind::Object => return Err(value.blame(scalar_wanted(codec, "an object"))),
            _ => {}
        }
        let scalar = scalar_of(value, &mut self.text);
        put_scalar(codec, scalar, &plan.rules, out).map_err(|fault| value.blame(fault))
    }

    fn put_array(&mut self, plan: &Plan, items: &Codec, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        if value.kind() != Kind::Array {
            return Err(value.blame(wrong_type("an array wants a JSON array")));
        }
        let count = value.children().count();
        if count > 0 {
            put_long(count as i64, out);
        }
        for (index, item) in value.children().enumerate() {
            self.put_json(plan, items, &[], item, out)
                .map_err(|fault| item.blame(fault).within(format!("[{index}]")))?;
        }
        out.push(0);
        Ok(())
    }

    fn put_map(&mut self, plan: &Plan, values: &Codec, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        if value.kind() != Kind::Object {
            return Err(value.blame(wrong_type("a map wants a JSON object")));
        }
        let count = value.children().count();
        if let Some(twice) = duplicate_key(value, count) {
            let reason = format!(
                "the key `{}` stands twice in its object",
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
            let item = key.behind_key();
            self.put_json(plan, values, &[], item, out)
                .map_err(|fault| item.blame(fault).within(segment()))?;
        }
        out.push(0);
        Ok(())
    }
}

/// The type of a cell that holds JSON, and the name of its branch where it is the one besides null.
#[derive(Clone, Copy)]
pub(super) struct CellCodec<'a> {
    pub(super) codec: &'a Codec,
    pub(super) branch: Option<&'a str>,
}

/// The text of a key or a string; one with escapes is written out to `text`.
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

/// A value that is no object as a scalar; of an array its inside, which a duration takes.
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
        Kind::Null | Kind::Object => unreachable!("they are no scalars"),
    };
    Scalar { text, origin, utf8 }
}

/// A key that stands twice. A handful of keys without escapes is compared as it stands, without a copy.
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
