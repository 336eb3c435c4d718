//! Turns a row's fields into Avro's bytes, straight from the bytes of the file: no value is built in between.
//!
//! A [`Plan`] is the schema compiled once; an [`Encoder`] is a plan and its scratch space. What a cell means is
//! decided here and in the files beside this one, and nowhere else.

mod decimal;
mod default;
mod error;
mod number;
mod plan;
mod text;
mod timestamp;
pub mod wire;

use std::sync::Arc;

pub use error::{RowError, RowErrorKind};
pub use plan::{KeyChoice, Plan, PlanError, type_words};

use crate::record::csv::{Cell, undouble};
use crate::record::json::{self, Kind, Node};
use crate::record::{Parts, Row, binding::FieldSource};
use error::{Encoded, Fault};
use plan::{Codec, CodecId, Field};
use wire::{put_bytes, put_long, take_long};

/// Encodes rows after one plan.
pub struct Encoder {
    plan: Arc<Plan>,
    /// The text of a cell with doubled quotes or of a JSON string with escapes.
    text: Vec<u8>,
    /// The nodes of a cell that holds JSON.
    nodes: Vec<Node>,
}

/// What [`Encoder::encode`] appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Where the message's value ends in the output; it starts where the output ended before.
    pub payload_end: usize,
    /// Where the message's key lies in the output.
    pub key: Option<(usize, usize)>,
}

/// A scalar's text, and where it comes from, which decides what it may stand for.
#[derive(Clone, Copy)]
struct Scalar<'a> {
    text: &'a [u8],
    origin: Origin,
    utf8: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    CsvCell,
    JsonString,
    JsonNumber,
    JsonBoolean,
}

/// A JSON value within its row.
#[derive(Clone, Copy)]
struct JsonValue<'a> {
    bytes: &'a [u8],
    nodes: &'a [Node],
    at: usize,
    utf8: bool,
    /// Whether spans within `bytes` are spans within the row.
    in_row: bool,
}

impl<'a> JsonValue<'a> {
    fn node(&self) -> &'a Node {
        &self.nodes[self.at]
    }

    fn raw(&self) -> &'a [u8] {
        let node = self.node();
        &self.bytes[node.start as usize..node.end as usize]
    }

    fn with(&self, at: usize) -> JsonValue<'a> {
        JsonValue { at, ..*self }
    }

    #[cold]
    fn blame(&self, fault: Box<Fault>) -> Box<Fault> {
        let node = self.node();
        fault.of_value(
            self.raw(),
            self.in_row.then_some(node.start as usize..node.end as usize),
        )
    }
}

impl Encoder {
    /// An encoder after `plan`.
    pub fn new(plan: Arc<Plan>) -> Encoder {
        Encoder {
            plan,
            text: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Appends the message of `row` to `out`: the registry's header where the schema has an id, the datum, and
    /// behind it the key's text where the datum does not hold it already.
    ///
    /// # Errors
    /// What is wrong with the row. `out` is then as it was before, so that the caller can go on.
    #[inline]
    pub fn encode(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<Message, Box<RowError>> {
        let start = out.len();
        let result = self.encode_message(row, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn encode_message(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<Message, Box<RowError>> {
        let plan = Arc::clone(&self.plan);
        if let Some(header) = plan.header {
            out.extend_from_slice(&header);
        }
        let key_at = match row.parts {
            Parts::Csv(cells) => self.encode_csv(&plan, row, cells, out)?,
            Parts::Json(nodes) => self.encode_json_row(&plan, row, nodes, out)?,
        };
        let payload_end = out.len();
        let key = match plan.key {
            Some(index) => {
                let field = &plan.fields()[index];
                let key = put_key(&plan.codecs, field.codec, key_at, out)
                    .map_err(|fault| fault.within(field.name.as_str()).into_row_error(None))?;
                Some(key)
            }
            None => None,
        };
        Ok(Message { payload_end, key })
    }

    /// Gives the place in `out` where the key field's datum starts.
    fn encode_csv(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> Result<usize, Box<RowError>> {
        if cells.len() != plan.columns {
            let reason = format!("expected {} cells, found {}", plan.columns, cells.len());
            return Err(RowError::whole(RowErrorKind::CellCount, reason));
        }
        let mut key_at = 0;
        for (index, (field, source)) in plan.fields().iter().zip(&plan.sources).enumerate() {
            if plan.key == Some(index) {
                key_at = out.len();
            }
            match source {
                FieldSource::Column(column) => {
                    let cell = &cells[*column];
                    self.encode_cell(plan, field, row, cell, out).map_err(|fault| {
                        fault
                            .of_value(cell.raw(row.bytes), Some(cell.start as usize..cell.end as usize))
                            .within(field.name.as_str())
                            .into_row_error(Some(column + 1))
                    })?;
                }
                FieldSource::Default => {
                    out.extend_from_slice(
                        field
                            .default
                            .as_deref()
                            .expect("the binding has seen the default"),
                    );
                }
            }
        }
        Ok(key_at)
    }

    #[inline]
    fn encode_cell(
        &mut self,
        plan: &Plan,
        field: &Field,
        row: &Row<'_>,
        cell: &Cell,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let raw = cell.raw(row.bytes);
        if raw.is_empty() {
            return empty_cell(plan, field, cell.quoted, out);
        }
        let mut codec = &plan.codecs[field.codec];
        if let Codec::Nullable {
            other, codec: inner, ..
        } = codec
        {
            put_long(*other, out);
            codec = &plan.codecs[*inner];
        }
        let mut text = raw;
        if cell.doubled {
            self.text.clear();
            undouble(raw, &mut self.text);
            text = &self.text;
        }
        match codec {
            Codec::Array(_) | Codec::Map(_) | Codec::Record(_) => {
                let text = text.to_vec();
                self.encode_json_cell(plan, codec, &text, row.utf8, out)
            }
            scalar => put_scalar(
                scalar,
                Scalar {
                    text,
                    origin: Origin::CsvCell,
                    utf8: row.utf8,
                },
                out,
            )
            .map_err(|fault| fault.wanting(scalar_words(scalar))),
        }
    }

    /// A cell that holds JSON, for the types that a cell's text cannot say.
    fn encode_json_cell(
        &mut self,
        plan: &Plan,
        codec: &Codec,
        bytes: &[u8],
        utf8: bool,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let mut nodes = std::mem::take(&mut self.nodes);
        let result = match json::parse(bytes, &mut nodes) {
            Ok(()) => {
                let value = JsonValue {
                    bytes,
                    nodes: &nodes,
                    at: 0,
                    utf8,
                    in_row: false,
                };
                self.encode_json(plan, codec, value, out)
            }
            Err(fault) => {
                let reason = format!(
                    "a cell of this type holds JSON: {} at its place {}",
                    fault.what,
                    fault.offset + 1
                );
                Err(Fault::new(RowErrorKind::Json, reason))
            }
        };
        self.nodes = nodes;
        result
    }

    fn encode_json_row(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        nodes: &[Node],
        out: &mut Vec<u8>,
    ) -> Result<usize, Box<RowError>> {
        if nodes[0].kind != Kind::Object {
            let reason = "each line wants one JSON object, with a key for each field";
            return Err(RowError::whole(RowErrorKind::NotAnObject, reason));
        }
        let value = JsonValue {
            bytes: row.bytes,
            nodes,
            at: 0,
            utf8: row.utf8,
            in_row: true,
        };
        let key_at = self.encode_record(plan, plan.fields(), value, plan.key, out);
        key_at.map_err(|fault| fault.into_row_error(None))
    }

    /// Appends a record; gives the place in `out` where the field with the index `key` starts.
    fn encode_record(
        &mut self,
        plan: &Plan,
        fields: &[Field],
        object: JsonValue<'_>,
        key: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Encoded<usize> {
        let first = object.at + 1;
        let end = object.node().next as usize;
        let mut key_at = 0;
        let mut found = 0;
        let mut entries = 0;
        // Keys mostly stand in the schema's order: the next field is looked for behind the last one first.
        let mut cursor = first;
        for (index, field) in fields.iter().enumerate() {
            if key == Some(index) {
                key_at = out.len();
            }
            let Some(entry) = self.find_key(&object, &field.name, cursor, first, end) else {
                let Some(default) = &field.default else {
                    let reason = format!("the key is absent and the field ({}) has no default", field.words);
                    return Err(Fault::new(RowErrorKind::Missing, reason)
                        .without_value()
                        .within(field.name.as_str()));
                };
                out.extend_from_slice(default);
                continue;
            };
            found += 1;
            let value = object.with(entry + 1);
            cursor = value.node().next as usize;
            self.encode_json(plan, &plan.codecs[field.codec], value, out)
                .map_err(|fault| value.blame(fault).within(field.name.as_str()))?;
        }
        let mut entry = first;
        while entry < end {
            entries += 1;
            entry = object.nodes[entry + 1].next as usize;
        }
        if entries != found {
            return Err(self.stray_key(fields, object));
        }
        Ok(key_at)
    }

    /// The node of the key `name`, looked for from `cursor` on and then from the start.
    #[inline]
    fn find_key(
        &mut self,
        object: &JsonValue<'_>,
        name: &str,
        cursor: usize,
        first: usize,
        end: usize,
    ) -> Option<usize> {
        let mut at = if cursor < end { cursor } else { first };
        let begun = at;
        loop {
            if at >= end {
                return None;
            }
            if self.key_is(&object.with(at), name) {
                return Some(at);
            }
            at = object.nodes[at + 1].next as usize;
            if at >= end {
                at = first;
            }
            if at == begun {
                return None;
            }
        }
    }

    #[inline]
    fn key_is(&mut self, key: &JsonValue<'_>, name: &str) -> bool {
        match key.node().kind {
            Kind::String => key.raw() == name.as_bytes(),
            _ => {
                self.text.clear();
                json::unescape(key.raw(), &mut self.text);
                self.text == name.as_bytes()
            }
        }
    }

    /// The fault of an object that has more keys than its record has fields.
    #[cold]
    fn stray_key(&mut self, fields: &[Field], object: JsonValue<'_>) -> Box<Fault> {
        let end = object.node().next as usize;
        let mut seen: Vec<Vec<u8>> = Vec::new();
        let mut entry = object.at + 1;
        while entry < end {
            let key = object.with(entry);
            let mut name = Vec::new();
            json::unescape(key.raw(), &mut name);
            if seen.contains(&name) {
                let fault = Fault::new(RowErrorKind::DuplicateKey, "the key stands twice in its object");
                return key.blame(fault);
            }
            if !fields.iter().any(|field| field.name.as_bytes() == name) {
                let near = fields
                    .iter()
                    .find(|field| field.name.as_bytes().eq_ignore_ascii_case(&name));
                let fault = Fault::new(RowErrorKind::UnknownKey, "the schema has no field of this name");
                let fault = key.blame(fault);
                return match near {
                    Some(near) => fault.with_hint(format!("did you mean `{}`?", near.name)),
                    None => fault,
                };
            }
            seen.push(name);
            entry = object.nodes[entry + 1].next as usize;
        }
        unreachable!("more keys than fields were found, so one is unknown or stands twice")
    }

    fn encode_json(
        &mut self,
        plan: &Plan,
        codec: &Codec,
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
                if value.node().kind == Kind::Null {
                    put_long(*null, out);
                    return Ok(());
                }
                put_long(*other, out);
                let codec = &plan.codecs[*codec];
                match self.wrapped(value, branch) {
                    Some(inner) => self.encode_json(plan, codec, inner, out),
                    None => self.encode_json(plan, codec, value, out),
                }
            }
            Codec::Array(items) => self.encode_array(plan, &plan.codecs[*items], value, out),
            Codec::Map(values) => self.encode_map(plan, &plan.codecs[*values], value, out),
            Codec::Record(fields) => {
                if value.node().kind != Kind::Object {
                    return Err(value.blame(wrong_type("a record wants a JSON object")));
                }
                self.encode_record(plan, fields, value, None, out).map(drop)
            }
            scalar => {
                let (text, origin) = match value.node().kind {
                    Kind::String => (value.raw(), Origin::JsonString),
                    Kind::EscapedString => {
                        self.text.clear();
                        json::unescape(value.raw(), &mut self.text);
                        (self.text.as_slice(), Origin::JsonString)
                    }
                    Kind::Number => (value.raw(), Origin::JsonNumber),
                    Kind::True | Kind::False => (value.raw(), Origin::JsonBoolean),
                    Kind::Null if matches!(scalar, Codec::Null) => return Ok(()),
                    Kind::Null => {
                        let reason = format!("{} does not allow null", scalar_words(scalar));
                        return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
                    }
                    Kind::Array => return Err(value.blame(scalar_wanted(scalar, "an array"))),
                    Kind::Object => return Err(value.blame(scalar_wanted(scalar, "an object"))),
                };
                put_scalar(
                    scalar,
                    Scalar {
                        text,
                        origin,
                        utf8: value.utf8,
                    },
                    out,
                )
                .map_err(|fault| value.blame(fault).wanting(scalar_words(scalar)))
            }
        }
    }

    /// The value within Avro-JSON's wrapper `{"branch": value}`.
    fn wrapped<'a>(&mut self, value: JsonValue<'a>, branch: &str) -> Option<JsonValue<'a>> {
        let node = value.node();
        if node.kind != Kind::Object || node.next as usize == value.at + 1 {
            return None;
        }
        let inner = value.with(value.at + 2);
        let only = inner.node().next == node.next;
        (only && self.key_is(&value.with(value.at + 1), branch)).then_some(inner)
    }

    fn encode_array(
        &mut self,
        plan: &Plan,
        items: &Codec,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if value.node().kind != Kind::Array {
            return Err(value.blame(wrong_type("an array wants a JSON array")));
        }
        let end = value.node().next as usize;
        let mut count = 0;
        let mut at = value.at + 1;
        while at < end {
            count += 1;
            at = value.nodes[at].next as usize;
        }
        if count > 0 {
            put_long(count, out);
        }
        let mut at = value.at + 1;
        let mut index = 0;
        while at < end {
            let item = value.with(at);
            self.encode_json(plan, items, item, out)
                .map_err(|fault| item.blame(fault).within(format!("[{index}]")))?;
            at = item.node().next as usize;
            index += 1;
        }
        out.push(0);
        Ok(())
    }

    fn encode_map(
        &mut self,
        plan: &Plan,
        values: &Codec,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if value.node().kind != Kind::Object {
            return Err(value.blame(wrong_type("a map wants a JSON object")));
        }
        let end = value.node().next as usize;
        let mut keys: Vec<Vec<u8>> = Vec::new();
        let mut at = value.at + 1;
        while at < end {
            let key = value.with(at);
            let mut name = Vec::new();
            json::unescape(key.raw(), &mut name);
            keys.push(name);
            at = value.nodes[at + 1].next as usize;
        }
        if let Some(twice) = duplicate(&keys) {
            let reason = format!(
                "the key `{}` stands twice in its object",
                crate::escape::printable(twice, 60)
            );
            return Err(value.blame(Fault::new(RowErrorKind::DuplicateKey, reason)));
        }
        if !keys.is_empty() {
            put_long(keys.len() as i64, out);
        }
        let mut at = value.at + 1;
        for key in &keys {
            let segment = || format!("[\"{}\"]", crate::escape::printable(key, 60));
            text::put_string(key, value.utf8, out)
                .map_err(|fault| value.with(at).blame(fault).within(segment()))?;
            let item = value.with(at + 1);
            self.encode_json(plan, values, item, out)
                .map_err(|fault| item.blame(fault).within(segment()))?;
            at = item.node().next as usize;
        }
        out.push(0);
        Ok(())
    }
}

fn duplicate(keys: &[Vec<u8>]) -> Option<&[u8]> {
    let mut sorted: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    sorted.sort_unstable();
    sorted
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
}

/// An empty cell: null where the field allows it, else its default, else the empty string.
fn empty_cell(plan: &Plan, field: &Field, quoted: bool, out: &mut Vec<u8>) -> Encoded {
    match &plan.codecs[field.codec] {
        Codec::Nullable { other, codec, .. } if quoted && matches!(plan.codecs[*codec], Codec::String) => {
            put_long(*other, out);
            out.push(0);
        }
        Codec::Nullable { null, .. } => put_long(*null, out),
        Codec::Null => {}
        Codec::String if quoted => out.push(0),
        _ if field.default.is_some() => out.extend_from_slice(field.default.as_deref().unwrap_or_default()),
        Codec::String => out.push(0),
        _ => {
            let reason = format!(
                "the cell is empty, and the field ({}) allows no null and has no default",
                field.words
            );
            return Err(Fault::new(RowErrorKind::Empty, reason)
                .without_value()
                .wanting(field.words.as_str()));
        }
    }
    Ok(())
}

#[cold]
fn wrong_type(reason: &str) -> Box<Fault> {
    Fault::new(RowErrorKind::WrongType, reason)
}

#[cold]
fn scalar_wanted(codec: &Codec, found: &str) -> Box<Fault> {
    wrong_type(&format!("{} does not take {found}", scalar_words(codec)))
}

/// The type of a scalar in words.
fn scalar_words(codec: &Codec) -> String {
    match codec {
        Codec::Null => "null".to_owned(),
        Codec::Boolean => "boolean".to_owned(),
        Codec::Int => "int".to_owned(),
        Codec::Long => "long".to_owned(),
        Codec::Float => "float".to_owned(),
        Codec::Double => "double".to_owned(),
        Codec::String => "string".to_owned(),
        Codec::Decimal(shape) => format!("decimal({}, {})", shape.precision, shape.scale),
        Codec::Uuid => "uuid".to_owned(),
        Codec::Timestamp(unit) => unit.logical_type().to_owned(),
        Codec::Enum(_) => "enum".to_owned(),
        Codec::Array(_) => "array".to_owned(),
        Codec::Map(_) => "map".to_owned(),
        Codec::Record(_) => "record".to_owned(),
        Codec::Nullable { .. } => "union".to_owned(),
    }
}

#[inline]
fn put_scalar(codec: &Codec, scalar: Scalar<'_>, out: &mut Vec<u8>) -> Encoded {
    let Scalar { text, origin, utf8 } = scalar;
    // What a JSON value of another type may not stand for.
    let only_text = |name: &str| match origin {
        Origin::CsvCell | Origin::JsonString => Ok(()),
        Origin::JsonNumber => Err(wrong_type(&format!("{name} does not take a JSON number"))),
        Origin::JsonBoolean => Err(wrong_type(&format!("{name} does not take a JSON boolean"))),
    };
    let no_boolean = || match origin {
        Origin::JsonBoolean => Err(scalar_wanted(codec, "a JSON boolean")),
        _ => Ok(()),
    };
    match codec {
        Codec::String => {
            only_text("string")?;
            text::put_string(text, utf8, out)?;
        }
        Codec::Long => {
            no_boolean()?;
            put_long(number::long(text, "long")?, out);
        }
        Codec::Int => {
            no_boolean()?;
            put_long(number::int(text)?.into(), out);
        }
        Codec::Decimal(shape) => {
            no_boolean()?;
            decimal::put_decimal(text, *shape, out)?;
        }
        Codec::Timestamp(unit) => {
            no_boolean()?;
            put_long(timestamp::instant(text, *unit)?, out);
        }
        Codec::Double => {
            no_boolean()?;
            out.extend_from_slice(&number::double(text, origin != Origin::JsonNumber)?.to_le_bytes());
        }
        Codec::Float => {
            no_boolean()?;
            out.extend_from_slice(&number::float(text, origin != Origin::JsonNumber)?.to_le_bytes());
        }
        Codec::Boolean => {
            if origin == Origin::JsonNumber {
                return Err(scalar_wanted(codec, "a JSON number"));
            }
            out.push(text::boolean(text)?.into());
        }
        Codec::Uuid => {
            only_text("uuid")?;
            text::check_uuid(text)?;
            put_bytes(text, out);
        }
        Codec::Enum(symbols) => {
            only_text("enum")?;
            symbols.put(text, out)?;
        }
        Codec::Null => return Err(wrong_type("null wants nothing")),
        Codec::Array(_) | Codec::Map(_) | Codec::Record(_) | Codec::Nullable { .. } => {
            return Err(scalar_wanted(codec, "a plain value"));
        }
    }
    Ok(())
}

/// Finds the key in the datum at `at`, or appends its canonical text; gives its place in `out`.
fn put_key(codecs: &[Codec], codec: CodecId, at: usize, out: &mut Vec<u8>) -> Encoded<(usize, usize)> {
    let empty = || {
        let fault = Fault::new(RowErrorKind::EmptyKey, "the message's key would be empty");
        fault
            .without_value()
            .with_hint("name another field with `--key`, or send null keys with `--no-key`")
    };
    let start = out.len();
    let (value, length) = match &codecs[codec] {
        Codec::Boolean => (i64::from(out[at]), 1),
        _ => take_long(&out[at..]),
    };
    match &codecs[codec] {
        Codec::String | Codec::Uuid => {
            if value == 0 {
                return Err(empty());
            }
            return Ok((at + length, at + length + value as usize));
        }
        Codec::Nullable { null, .. } if value == *null => return Err(empty()),
        Codec::Nullable { codec, .. } => return put_key(codecs, *codec, at + length, out),
        Codec::Boolean => out.extend_from_slice(if value == 1 { b"true" } else { b"false" }),
        Codec::Enum(symbols) => out.extend_from_slice(symbols.names()[value as usize].as_bytes()),
        Codec::Decimal(shape) => {
            let (from, to) = match shape.fixed {
                Some(size) => (at, at + size),
                None => (at + length, at + length + value as usize),
            };
            let text = decimal::text_of(&out[from..to], shape.scale);
            out.extend_from_slice(text.as_bytes());
        }
        _ => {
            use std::io::Write;
            write!(out, "{value}").expect("a vector takes every byte");
        }
    }
    Ok((start, out.len()))
}

#[cfg(test)]
mod tests;
