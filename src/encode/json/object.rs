//! JSON objects -> records.

use super::unescaped;
use super::value::{JsonValue, name_of};
use crate::encode::State;
use crate::encode::error::{Encoded, Fault, RowErrorKind};
use crate::encode::plan::{Field, Plain, Plan};
use crate::encode::rules::{JsonEncoding, UnknownKeys};
use crate::encode::scalar::{Origin, Scalar, put_scalar};
use crate::encode::watch::Watch;
use crate::mapping::binding::folded;
use crate::record::json::Kind;

impl State {
    /// Appends a record; `faults` says whether the first fault ends it or all of them are wanted.
    pub(super) fn put_record(
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
                    let put = match plain_scalar(field, value, plan) {
                        Some((plain, scalar)) => {
                            if let Some(branch) = plain.branch {
                                out.push(branch);
                            }
                            put_scalar(&plan.codecs[plain.codec], scalar, &plan.rules, out)
                        }
                        None => self.put_json(plan, &plan.codecs[field.codec], inner, value, out),
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

    /// The node of the key `name`, which mostly stands at `cursor`.
    #[inline]
    pub(super) fn find_key(
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
    pub(super) fn key_is(&mut self, key: &JsonValue<'_>, name: &str) -> bool {
        unescaped(*key, &mut self.text) == name.as_bytes()
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
}

/// Whether the first fault of a record ends it, or all of them are gathered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Faults {
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
        Some(crate::encode::default::Datum::Unfit(why)) => format!(
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
