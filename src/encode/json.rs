//! JSON values -> values of any type, in both forms that a union has in JSON.

use super::State;
use super::error::{Encoded, Fault, RowError, RowErrorKind};
use super::plan::{Codec, Entry, Field, Plain, Plan};
use super::rules::{JsonEncoding, UnknownKeys};
use super::scalar::{Origin, Scalar, put_scalar, scalar_wanted, scalar_words, wrong_type};
use super::text;
use super::union::Union;
use super::watch::Watch;
use super::wire::put_long;
use crate::escape::printable;
use crate::record::Row;
use crate::record::binding::folded;
use crate::record::json::{self as json_text, Kind, Node};

/// A JSON text and its nodes.
pub(super) struct JsonText<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) nodes: &'a [Node],
    /// Whether the bytes are known to be UTF-8.
    pub(super) utf8: bool,
    pub(super) within: Within,
}

/// A value of a JSON text. It is handed around for each value of a row, so it is two words and no more.
#[derive(Clone, Copy)]
pub(super) struct JsonValue<'a> {
    text: &'a JsonText<'a>,
    at: usize,
}

/// What the JSON text is: a whole row, whose places are the row's, or a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Row,
    Cell,
}

/// A value's form may have to be found out by trying; so often, and no more, for one row.
const MOST_TRIALS: u32 = 1_000;

impl<'a> JsonText<'a> {
    /// The text's own value.
    pub(super) fn value(&'a self) -> JsonValue<'a> {
        JsonValue { text: self, at: 0 }
    }
}

impl<'a> JsonValue<'a> {
    fn node(&self) -> &'a Node {
        &self.text.nodes[self.at]
    }

    fn kind(&self) -> Kind {
        self.node().kind
    }

    fn raw(&self) -> &'a [u8] {
        let node = self.node();
        &self.text.bytes[node.start as usize..node.end as usize]
    }

    fn with(&self, at: usize) -> JsonValue<'a> {
        JsonValue { text: self.text, at }
    }

    /// The values of an array, or the keys of an object.
    fn children(&self) -> Children<'a> {
        let step = if self.kind() == Kind::Object { 1 } else { 0 };
        Children {
            of: *self,
            at: self.at + 1,
            end: self.node().next as usize,
            step,
        }
    }

    /// The value behind a key.
    fn behind_key(&self) -> JsonValue<'a> {
        self.with(self.at + 1)
    }

    #[cold]
    fn blame(&self, fault: Box<Fault>) -> Box<Fault> {
        let node = self.node();
        let span = node.start as usize..node.end as usize;
        fault.of_value(self.raw(), (self.text.within == Within::Row).then_some(span))
    }
}

struct Children<'a> {
    of: JsonValue<'a>,
    at: usize,
    end: usize,
    step: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = JsonValue<'a>;

    #[inline]
    fn next(&mut self) -> Option<JsonValue<'a>> {
        if self.at >= self.end {
            return None;
        }
        let child = self.of.with(self.at);
        self.at = self.of.text.nodes[self.at + self.step].next as usize;
        Some(child)
    }
}

impl State {
    /// Appends the datum of a row that is a JSON value.
    pub(super) fn encode_value(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        nodes: &[Node],
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        self.trials = 0;
        let text = JsonText {
            bytes: row.bytes,
            nodes,
            utf8: row.utf8,
            within: Within::Row,
        };
        let value = text.value();
        if plan.entry == Entry::Value {
            let put = self.put_json(plan, &plan.codecs[plan.root], value, out);
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
                self.put_json(plan, &plan.codecs[plan.root], value, out)
                    .map_err(|fault| value.blame(fault))
            }
            None => {
                let reason = "the key is absent, and the message's key is made of it";
                Err(Fault::new(RowErrorKind::Missing, reason).without_value())
            }
        }
    }

    /// Appends a record; `faults` says whether the first fault ends it or all of them are wanted.
    fn put_record(
        &mut self,
        plan: &Plan,
        fields: &[Field],
        object: JsonValue<'_>,
        watch: &[Watch],
        faults: Faults,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let first = object.at + 1;
        let end = object.node().next as usize;
        let mut found = 0;
        // Keys mostly stand in the schema's order: the next field is looked for behind the last one first.
        let mut cursor = first;
        let mut in_order = true;
        let mut failed: Option<Box<Fault>> = None;
        for (index, field) in fields.iter().enumerate() {
            let inner = self.note(watch, index, out.len());
            // While keys are found one behind the other, those before the cursor are other fields'.
            let from = if in_order { cursor } else { first };
            let put = match self.find_key(&object, &field.name, cursor, from, end) {
                Some(entry) => {
                    found += 1;
                    in_order &= entry == cursor;
                    let value = object.with(entry + 1);
                    cursor = value.node().next as usize;
                    let put = match (plain_scalar(field, value, plan), inner.is_empty()) {
                        (Some((plain, scalar)), _) => {
                            if let Some(branch) = plain.branch {
                                out.push(branch);
                            }
                            put_scalar(&plan.codecs[plain.codec], scalar, &plan.rules, out)
                        }
                        (None, true) => self.put_json(plan, &plan.codecs[field.codec], value, out),
                        (None, false) => self.put_watched(plan, field, value, inner, out),
                    };
                    put.map_err(|fault| value.blame(fault))
                }
                None => absent(field, plan, out),
            };
            if let Err(fault) = put {
                let fault = fault.within(field.name.as_str());
                match (&failed, faults) {
                    (_, Faults::First) => return Err(fault),
                    (None, Faults::All) => failed = Some(fault),
                    (Some(_), Faults::All) => self.more.push(*fault),
                }
            }
        }
        // Keys that were found one behind the other up to the last are all there are.
        let complete = (in_order && cursor >= end)
            || plan.rules.unknown_keys == UnknownKeys::Overlook
            || object.children().count() == found;
        let stray = if complete {
            None
        } else {
            self.stray_key(plan, fields, object)
        };
        match (failed, stray) {
            (None, None) => Ok(()),
            (None, Some(fault)) | (Some(fault), None) => Err(fault),
            (Some(fault), Some(stray)) => {
                self.more.push(*stray);
                Err(fault)
            }
        }
    }

    /// The value of a field that holds a record of which something is wanted.
    fn put_watched(
        &mut self,
        plan: &Plan,
        field: &Field,
        value: JsonValue<'_>,
        watch: &[Watch],
        out: &mut Vec<u8>,
    ) -> Encoded {
        let (branches, fields) = plan.record_within(field.codec);
        let mut record = value;
        if let Some((null, other)) = branches {
            if value.kind() == Kind::Null {
                put_long(null, out);
                return Ok(());
            }
            let Codec::Nullable { branch, .. } = &plan.codecs[field.codec] else {
                unreachable!("it has branches")
            };
            put_long(other, out);
            record = self.unwrapped(plan, branch, value)?;
        }
        if record.kind() != Kind::Object {
            return Err(record.blame(wrong_type("a record wants a JSON object")));
        }
        self.put_record(plan, fields, record, watch, Faults::First, out)
    }

    /// The value of a cell that holds JSON; where something is wanted of the record that it is, the record is told.
    pub(super) fn put_json_watched(
        &mut self,
        plan: &Plan,
        cell: CellCodec<'_>,
        watch: &[Watch],
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        match (cell.codec, cell.branch) {
            (Codec::Record(fields), branch) if value.kind() == Kind::Object && !watch.is_empty() => {
                let record = match branch {
                    Some(branch) => self.unwrapped(plan, branch, value)?,
                    None => value,
                };
                self.put_record(plan, fields, record, watch, Faults::First, out)
            }
            (codec, Some(branch)) => self.put_other(plan, codec, branch, value, out),
            (codec, None) => self.put_json(plan, codec, value, out),
        }
    }

    /// The value itself, or the one within its wrapper.
    fn unwrapped<'a>(&mut self, plan: &Plan, branch: &str, value: JsonValue<'a>) -> Encoded<JsonValue<'a>> {
        match (self.wrapped(value, branch), plan.rules.json_encoding) {
            (Some(inner), JsonEncoding::Auto | JsonEncoding::Avro) => Ok(inner),
            (None, JsonEncoding::Avro) => Err(value.blame(wrapper_wanted(branch))),
            _ => Ok(value),
        }
    }

    /// The node of the key `name`, which mostly stands at `cursor`.
    #[inline]
    fn find_key(
        &mut self,
        object: &JsonValue<'_>,
        name: &str,
        cursor: usize,
        first: usize,
        end: usize,
    ) -> Option<usize> {
        if cursor < end {
            let key = object.with(cursor);
            if key.kind() == Kind::String && key.raw() == name.as_bytes() {
                return Some(cursor);
            }
        }
        self.search_key(object, name, cursor, first, end)
    }

    /// The node of the key `name`, looked for from `cursor` to the end and then from `first` to `cursor`.
    fn search_key(
        &mut self,
        object: &JsonValue<'_>,
        name: &str,
        cursor: usize,
        first: usize,
        end: usize,
    ) -> Option<usize> {
        if first >= end {
            return None;
        }
        let mut at = if cursor < end { cursor } else { first };
        let begun = at;
        loop {
            if at >= end {
                return None;
            }
            if self.key_is(&object.with(at), name) {
                return Some(at);
            }
            at = object.text.nodes[at + 1].next as usize;
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
        match key.kind() {
            Kind::String => key.raw() == name.as_bytes(),
            _ => {
                self.text.clear();
                json_text::unescape(key.raw(), &mut self.text);
                self.text == name.as_bytes()
            }
        }
    }

    /// The fault of an object that has more keys than its record has fields, unless they may be dropped.
    #[cold]
    fn stray_key(&mut self, plan: &Plan, fields: &[Field], object: JsonValue<'_>) -> Option<Box<Fault>> {
        let mut seen: std::collections::HashSet<Vec<u8>> = std::collections::HashSet::new();
        for key in object.children() {
            let name = name_of(key);
            let is_field = fields.iter().any(|field| field.name.as_bytes() == name);
            if !is_field && !std::str::from_utf8(&name).is_ok_and(|name| plan.key.takes(name)) {
                if plan.rules.unknown_keys == UnknownKeys::Reject {
                    return Some(unknown_key(fields, key, &name));
                }
                self.dropped_keys += 1;
            }
            if !seen.insert(name) {
                let fault = Fault::new(RowErrorKind::DuplicateKey, "the key stands twice in its object");
                return Some(key.blame(fault));
            }
        }
        None
    }

    /// Appends a JSON value as a value of any type.
    pub(super) fn put_json(
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
                if value.kind() == Kind::Null {
                    put_long(*null, out);
                    return Ok(());
                }
                put_long(*other, out);
                self.put_other(plan, &plan.codecs[*codec], branch, value, out)
            }
            Codec::Union(union) => self.put_union(plan, union, value, out),
            Codec::Array(items) => self.put_array(plan, &plan.codecs[*items], value, out),
            Codec::Map(values) => self.put_map(plan, &plan.codecs[*values], value, out),
            Codec::Record(fields) => {
                if value.kind() != Kind::Object {
                    return Err(value.blame(wrong_type("a record wants a JSON object")));
                }
                self.put_record(plan, fields, value, &[], Faults::First, out)
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
        let (text, origin) = match value.kind() {
            Kind::Null if matches!(codec, Codec::Null) => return Ok(()),
            Kind::Null => {
                let reason = format!("{} does not allow null", scalar_words(codec));
                return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
            }
            Kind::Array if !matches!(codec, Codec::Duration) => {
                return Err(value.blame(scalar_wanted(codec, "an array")));
            }
            Kind::Object => return Err(value.blame(scalar_wanted(codec, "an object"))),
            _ => scalar_text(value, &mut self.text),
        };
        let scalar = Scalar {
            text,
            origin,
            utf8: value.text.utf8,
        };
        put_scalar(codec, scalar, &plan.rules, out).map_err(|fault| value.blame(fault))
    }

    /// The other branch of a union with null; its index is written already.
    fn put_other(
        &mut self,
        plan: &Plan,
        codec: &Codec,
        branch: &str,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let inner = match plan.rules.json_encoding {
            JsonEncoding::Plain => None,
            _ => self.wrapped(value, branch),
        };
        match inner {
            None if plan.rules.json_encoding == JsonEncoding::Avro => {
                Err(value.blame(wrapper_wanted(branch)))
            }
            None => self.put_json(plan, codec, value, out),
            Some(inner) if plan.rules.json_encoding == JsonEncoding::Auto && may_be_plain(codec, branch) => {
                let start = out.len();
                let wrapped = self.trial(plan, codec, inner, out);
                let wrapped_end = out.len();
                // Only the wrapper's key is looked at by the other reading, so it is tried too.
                let plain = self.trial(plan, codec, value, out);
                out.truncate(wrapped_end);
                match (wrapped, plain) {
                    (Ok(()), Err(_)) => Ok(()),
                    (Ok(()), Ok(())) => {
                        out.truncate(start);
                        Err(value.blame(two_readings(branch)))
                    }
                    (Err(_), Ok(())) => self.put_json(plan, codec, value, out),
                    (Err(fault), Err(_)) => Err(fault),
                }
            }
            Some(inner) => self.put_json(plan, codec, inner, out),
        }
    }

    /// Appends a value, or leaves `out` as it was.
    fn trial(&mut self, plan: &Plan, codec: &Codec, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        self.trials += 1;
        if self.trials > MOST_TRIALS {
            let reason = "its unions can be read in more ways than are tried";
            return Err(Fault::new(RowErrorKind::SeveralBranches, reason)
                .with_hint("name the branches, and say `--json-encoding avro`"));
        }
        let start = out.len();
        let dropped = self.dropped_keys;
        let more = self.more.len();
        let put = self.put_json(plan, codec, value, out);
        if put.is_err() {
            out.truncate(start);
            self.dropped_keys = dropped;
            self.more.truncate(more);
        }
        put
    }

    /// A union of more than null and one other type.
    fn put_union(&mut self, plan: &Plan, union: &Union, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        if value.kind() == Kind::Null {
            let Some(null) = union.null else {
                let reason = format!("the union does not allow null: {}", union.words());
                return Err(value.blame(Fault::new(RowErrorKind::Empty, reason)));
            };
            put_long(null as i64, out);
            return Ok(());
        }
        let wrapped = match plan.rules.json_encoding {
            JsonEncoding::Plain => None,
            _ => self.named_branch(union, value),
        };
        match (wrapped, plan.rules.json_encoding) {
            (Some((branch, inner)), JsonEncoding::Auto) if union.has_complex() => {
                self.put_wrapped_or_plain(plan, union, branch, inner, value, out)
            }
            (Some((branch, inner)), _) => {
                put_long(branch as i64, out);
                self.put_json(plan, &plan.codecs[union.codec_of(branch)], inner, out)
            }
            (None, JsonEncoding::Avro) => Err(value.blame(wrapper_wanted("BRANCH"))),
            (None, _) => self.put_plain(plan, union, value, out),
        }
    }

    /// An object that may be a wrapper, or a map or a record whose one key is called like a branch.
    fn put_wrapped_or_plain(
        &mut self,
        plan: &Plan,
        union: &Union,
        branch: usize,
        inner: JsonValue<'_>,
        value: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        put_long(branch as i64, out);
        let wrapped = self.trial(plan, &plan.codecs[union.codec_of(branch)], inner, out);
        let mut plain_out = Vec::new();
        let plain = self.put_plain(plan, union, value, &mut plain_out);
        match (wrapped, plain) {
            (Ok(()), Err(_)) => Ok(()),
            (Ok(()), Ok(())) => {
                out.truncate(start);
                Err(value.blame(two_readings(&union.branches[branch].name)))
            }
            (Err(_), Ok(())) => {
                out.truncate(start);
                out.extend_from_slice(&plain_out);
                Ok(())
            }
            (Err(fault), Err(_)) => Err(fault),
        }
    }

    /// A bare value: it goes to the branch whose own it is.
    fn put_plain(&mut self, plan: &Plan, union: &Union, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        match (value.kind(), union.array) {
            (Kind::Array, Some(array)) => {
                put_long(array as i64, out);
                self.put_json(plan, &plan.codecs[union.codec_of(array)], value, out)
            }
            (Kind::Object, _) => self.put_object(plan, union, value, out),
            _ => {
                let (text, origin) = scalar_text(value, &mut self.text);
                let scalar = Scalar {
                    text,
                    origin,
                    utf8: value.text.utf8,
                };
                union
                    .put_scalar(&plan.codecs, scalar, &plan.rules, out)
                    .map_err(|fault| value.blame(fault))
            }
        }
    }

    /// An object: the one record or map that takes it.
    fn put_object(&mut self, plan: &Plan, union: &Union, value: JsonValue<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        let mut taken = Vec::new();
        let mut faults = Vec::new();
        let mut end = start;
        for branch in union.records.iter().copied().chain(union.map) {
            let from = out.len();
            put_long(branch as i64, out);
            match self.trial(plan, &plan.codecs[union.codec_of(branch)], value, out) {
                Ok(()) if taken.is_empty() => {
                    taken.push(branch);
                    end = out.len();
                }
                Ok(()) => taken.push(branch),
                // Not this branch's fault, but the end of all trials.
                Err(fault) if self.trials > MOST_TRIALS => {
                    out.truncate(start);
                    return Err(fault);
                }
                Err(fault) => {
                    out.truncate(from);
                    faults.push(fault);
                }
            }
        }
        match (&taken[..], faults.len()) {
            ([_], _) => {
                out.truncate(end);
                Ok(())
            }
            ([], 1) => {
                out.truncate(start);
                Err(faults.remove(0))
            }
            ([], _) => {
                out.truncate(start);
                Err(value.blame(union.no_branch()))
            }
            _ => {
                out.truncate(start);
                Err(value.blame(union.several(taken.into_iter())))
            }
        }
    }

    /// The branch that the one key of an object names, and the value behind it.
    fn named_branch<'a>(&mut self, union: &Union, value: JsonValue<'a>) -> Option<(usize, JsonValue<'a>)> {
        let (key, inner) = only_member(value)?;
        let name = match key.kind() {
            Kind::String => key.raw(),
            _ => {
                self.text.clear();
                json_text::unescape(key.raw(), &mut self.text);
                &self.text
            }
        };
        Some((union.named(|branch| branch.as_bytes() == name)?, inner))
    }

    /// The value within Avro-JSON's wrapper `{"branch": value}`.
    fn wrapped<'a>(&mut self, value: JsonValue<'a>, branch: &str) -> Option<JsonValue<'a>> {
        let (key, inner) = only_member(value)?;
        self.key_is(&key, branch).then_some(inner)
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
            self.put_json(plan, items, item, out)
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
            let name = match key.kind() {
                Kind::String => key.raw(),
                _ => {
                    self.text.clear();
                    json_text::unescape(key.raw(), &mut self.text);
                    &self.text
                }
            };
            text::put_string(name, value.text.utf8, out)
                .map_err(|fault| key.blame(fault).within(segment()))?;
            let item = key.behind_key();
            self.put_json(plan, values, item, out)
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

/// Whether the first fault of a record ends it, or all of them are gathered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Faults {
    First,
    All,
}

/// A value of a common type, written as a bare scalar without escapes.
#[inline(always)]
fn plain_scalar<'a>(field: &Field, value: JsonValue<'a>, plan: &Plan) -> Option<(Plain, Scalar<'a>)> {
    let plain = field.plain?;
    if plain.branch.is_some() && plan.rules.json_encoding == JsonEncoding::Avro {
        return None;
    }
    let origin = match value.kind() {
        Kind::String => Origin::JsonString,
        Kind::Number => Origin::JsonNumber,
        Kind::True | Kind::False => Origin::JsonBoolean,
        Kind::EscapedString | Kind::Null | Kind::Array | Kind::Object => return None,
    };
    let scalar = Scalar {
        text: value.raw(),
        origin,
        utf8: value.text.utf8,
    };
    Some((plain, scalar))
}

/// The text of a value that is no object, and what it is; an array's inside, which a duration takes.
#[inline]
fn scalar_text<'a>(value: JsonValue<'a>, text: &'a mut Vec<u8>) -> (&'a [u8], Origin) {
    match value.kind() {
        Kind::String => (value.raw(), Origin::JsonString),
        Kind::EscapedString => {
            text.clear();
            json_text::unescape(value.raw(), text);
            (text, Origin::JsonString)
        }
        Kind::Number => (value.raw(), Origin::JsonNumber),
        Kind::True | Kind::False => (value.raw(), Origin::JsonBoolean),
        Kind::Array => {
            let raw = value.raw();
            (&raw[1..raw.len() - 1], Origin::JsonNumbers)
        }
        Kind::Null | Kind::Object => unreachable!("they are no scalars"),
    }
}

/// The key and the value of an object that has only one.
fn only_member(value: JsonValue<'_>) -> Option<(JsonValue<'_>, JsonValue<'_>)> {
    if value.kind() != Kind::Object {
        return None;
    }
    let mut keys = value.children();
    let key = keys.next()?;
    keys.next().is_none().then(|| (key, key.behind_key()))
}

fn name_of(key: JsonValue<'_>) -> Vec<u8> {
    let mut name = Vec::new();
    json_text::unescape(key.raw(), &mut name);
    name
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

/// Whether an object that looks like a wrapper may be a value of this type as it stands.
fn may_be_plain(codec: &Codec, branch: &str) -> bool {
    match codec {
        Codec::Map(_) => true,
        Codec::Record(fields) => fields.iter().any(|field| field.name == branch),
        _ => false,
    }
}

/// A field whose key is not there.
fn absent(field: &Field, plan: &Plan, out: &mut Vec<u8>) -> Encoded {
    if let Some(default) = field.default_datum() {
        out.extend_from_slice(default);
        return Ok(());
    }
    if plan.rules.missing_null
        && let Some(null) = &field.null
    {
        out.extend_from_slice(null);
        return Ok(());
    }
    Err(missing(field))
}

#[cold]
fn missing(field: &Field) -> Box<Fault> {
    let reason = match &field.default {
        Some(super::default::Datum::Unfit(why)) => format!(
            "the key is absent, and the field's default does not fit its type ({}): {why}",
            field.words
        ),
        _ => format!("the key is absent and the field ({}) has no default", field.words),
    };
    let fault = Fault::new(RowErrorKind::Missing, reason).without_value();
    match field.null {
        Some(_) => fault.with_hint("take absent keys for null with `--missing-null`"),
        None => fault,
    }
}

#[cold]
fn unknown_key(fields: &[Field], key: JsonValue<'_>, name: &[u8]) -> Box<Fault> {
    let said = folded(&String::from_utf8_lossy(name));
    let near = fields.iter().find(|field| folded(&field.name) == said);
    let fault = Fault::new(RowErrorKind::UnknownKey, "the schema has no field of this name");
    let fault = key.blame(fault);
    match near {
        Some(near) => fault.with_hint(format!("did you mean `{}`?", near.name)),
        None => fault.with_hint("drop such keys, and count them, with `--ignore-unknown`"),
    }
}

#[cold]
fn wrapper_wanted(branch: &str) -> Box<Fault> {
    let reason = format!("Avro's JSON encoding names the branch of a union: `{{\"{branch}\": ...}}`");
    Fault::new(RowErrorKind::NoBranch, reason).with_hint("`--json-encoding auto` takes bare values too")
}

#[cold]
fn two_readings(branch: &str) -> Box<Fault> {
    let reason = format!(
        "it is a value of the union as it stands, and also one of its branch `{branch}` in Avro's JSON encoding"
    );
    Fault::new(RowErrorKind::SeveralBranches, reason)
        .with_hint("say which is meant with `--json-encoding plain` or `--json-encoding avro`")
}
