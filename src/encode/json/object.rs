//! JSON objects -> records.

use std::collections::HashSet;

use super::keys::KeyCursor;
use super::value::{JsonValue, name_of};
use crate::encode::codec::{CodecId, Codecs, Field, ScalarCodec};
use crate::encode::datum_plan::DatumPlan;
use crate::encode::default::{Datum, UnfitDefault};
use crate::encode::error::{Encoded, Fault, RowErrorKind};
use crate::encode::hint::Hint;
use crate::encode::likely;
use crate::encode::offsets::TrackedField;
use crate::encode::scalar::{Origin, Scalar, put_scalar};
use crate::encode::scratch::{Reading, Scratch};
use crate::mapping::rules::{JsonEncoding, Rules, UnknownKeys};
use crate::mapping::{Expression, FieldSource, folded};
use crate::record::json::Kind;

/// Maximum number of further faults reported for a row: it may lack ten thousand fields.
const MAX_FURTHER_FAULTS: usize = 100;

impl Scratch {
    /// Appends a row's object as a record; the faults after the first are added to `more`.
    pub(super) fn put_row_object(
        &mut self,
        plan: &DatumPlan,
        sources: &[FieldSource],
        object: JsonValue<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let mut keys = KeyCursor::new(object, plan.distinct_keys);
        let mut failed: Option<Box<Fault>> = None;
        for (index, (field, source)) in plan.fields().iter().zip(sources).enumerate() {
            let tracked = TrackedField::at(&plan.tracked.inner, index);
            let reading = Reading {
                codecs: &plan.codecs,
                rules: &source.rules,
            };
            let put = match &source.expression {
                Expression::Key(key) => self.put_key(reading, field, key, &mut keys, tracked, out),
                _ => unreachable!("the fields of a JSON row come from keys"),
            };
            if let Err(fault) = put {
                let fault = fault.within(field.name.as_str());
                match &failed {
                    None => failed = Some(fault),
                    Some(_) => self.more.push(*fault),
                }
            }
            if self.more.len() >= MAX_FURTHER_FAULTS {
                break;
            }
        }
        let rules = &plan.rules;
        let is_cut_short = self.more.len() >= MAX_FURTHER_FAULTS;
        if !(is_cut_short || keys.is_complete() || rules.unknown_keys == UnknownKeys::Overlook) {
            let names = sources.iter().filter_map(|source| match &source.expression {
                Expression::Key(key) => Some(key.as_str()),
                _ => None,
            });
            let most = MAX_FURTHER_FAULTS - self.more.len();
            let mut stray = self
                .stray_keys(rules, &names.collect::<Vec<_>>(), object, most)
                .into_iter();
            failed = failed.or_else(|| stray.next().map(Box::new));
            self.more.extend(stray);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Appends a record within a row; it stops at the first fault.
    pub(super) fn put_record(
        &mut self,
        reading: Reading<'_>,
        record: CodecId,
        object: JsonValue<'_>,
        tracked: &[TrackedField],
        out: &mut Vec<u8>,
    ) -> Encoded {
        let fields = reading.codecs.fields(record);
        let mut keys = KeyCursor::new(object, true);
        for (index, field) in fields.iter().enumerate() {
            let tracked = TrackedField::at(tracked, index);
            self.put_key(reading, field, &field.name, &mut keys, tracked, out)
                .map_err(|fault| fault.within(field.name.as_str()))?;
        }
        if keys.is_complete() || reading.rules.unknown_keys == UnknownKeys::Overlook {
            return Ok(());
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        match self.stray_keys(reading.rules, &names, object, 1).pop() {
            None => Ok(()),
            Some(fault) => Err(Box::new(fault)),
        }
    }

    /// A field with the value of the key `key`, or the value for an absent key.
    #[inline(always)]
    fn put_key(
        &mut self,
        reading: Reading<'_>,
        field: &Field,
        key: &str,
        keys: &mut KeyCursor<'_>,
        tracked: Option<&TrackedField>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let value = keys.find(key, &mut self.text);
        if let Some(tracked) = tracked {
            self.offsets
                .set(tracked, out.len(), value.map(|value| value.place()));
        }
        let Some(value) = value else {
            return absent(field, reading, out);
        };
        let put = match bare_scalar(field, value, reading.rules) {
            Some((codec, scalar)) => {
                if let Some(branch) = codec.branch {
                    out.push(branch);
                }
                put_scalar(reading, codec.codec, scalar, out)
            }
            None => self.put_json(reading, field.codec, tracked, value, out),
        };
        put.map_err(|fault| missing_word(value.blame(fault), field, value))
    }

    /// The faults of an object with more keys than are used, at most `most`: keys that may not be dropped, and
    /// duplicate keys. `names` are those of its fields.
    #[cold]
    fn stray_keys(
        &mut self,
        rules: &Rules,
        names: &[&str],
        object: JsonValue<'_>,
        most: usize,
    ) -> Vec<Fault> {
        let elsewhere = object.keys_elsewhere().iter().map(String::as_bytes);
        let taken: HashSet<&[u8]> = names
            .iter()
            .map(|name| name.as_bytes())
            .chain(elsewhere)
            .collect();
        let mut seen: HashSet<Vec<u8>> = HashSet::new();
        let mut faults = Vec::new();
        for key in object.children() {
            if faults.len() >= most {
                break;
            }
            let name = name_of(key);
            if seen.contains(&name) {
                let fault = Fault::new(RowErrorKind::DuplicateKey, "the key occurs twice in its object");
                faults.push(*key.blame(fault));
                continue;
            }
            if !taken.contains(&name[..]) {
                if rules.unknown_keys == UnknownKeys::Reject {
                    faults.push(*unknown_key(names, key, &name));
                } else {
                    self.dropped_keys += 1;
                    let is_there =
                        |field: &str| object.children().any(|key| name_of(key) == field.as_bytes());
                    self.dropped_names.add(&name, names, is_there);
                }
            }
            seen.insert(name);
        }
        faults
    }
}

/// The fault of a value, with a hint if it is a word for a missing value.
#[cold]
fn missing_word(fault: Box<Fault>, field: &Field, value: JsonValue<'_>) -> Box<Fault> {
    if value.kind() != Kind::String {
        return fault;
    }
    let null = || "if it means a missing value, write `null`".into();
    let absent = || "if it means a missing value, omit the key".into();
    let for_null = match (&field.null, field.default_datum()) {
        (Some(_), _) => Some(null()),
        (None, Some(_)) => Some(absent()),
        (None, None) => None,
    };
    likely::missing_value(fault, value.raw(), for_null)
}

/// A value of a common type, written as a bare scalar without escapes.
#[inline(always)]
fn bare_scalar<'a>(field: &Field, value: JsonValue<'a>, rules: &Rules) -> Option<(ScalarCodec, Scalar<'a>)> {
    let codec = field.scalar?;
    if codec.branch.is_some() && rules.json_encoding == JsonEncoding::Avro {
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
    Some((codec, scalar))
}

/// A field with an absent key.
pub(in crate::encode) fn absent(field: &Field, reading: Reading<'_>, out: &mut Vec<u8>) -> Encoded {
    if let Some(default) = field.default_datum() {
        out.extend_from_slice(default);
        return Ok(());
    }
    // A default that does not fit is still a default: null does not replace it.
    if reading.rules.missing_null
        && field.default.is_none()
        && let Some(null) = &field.null
    {
        out.extend_from_slice(null);
        return Ok(());
    }
    Err(missing(field, reading.codecs))
}

#[cold]
fn missing(field: &Field, codecs: &Codecs) -> Box<Fault> {
    let wanted = codecs.describe(field.codec);
    let (kind, reason) = match &field.default {
        Some(Datum::Unfit(unfit)) => (
            RowErrorKind::UnfitDefault,
            format!(
                "the key is absent, and the field's default does not fit its type ({wanted}): {}",
                unfit.why
            ),
        ),
        _ => (
            RowErrorKind::Missing,
            format!("the key is absent and the field ({wanted}) has no default"),
        ),
    };
    let fault = Fault::new(kind, reason).without_value();
    match &field.default {
        Some(Datum::Unfit(UnfitDefault { hint: Some(hint), .. })) => fault.with_hint(hint.clone()),
        None if field.null.is_some() => fault.with_hint(Hint::MissingNull),
        _ => fault,
    }
}

#[cold]
fn unknown_key(names: &[&str], key: JsonValue<'_>, name: &[u8]) -> Box<Fault> {
    let said = folded(&String::from_utf8_lossy(name));
    let near = names.iter().find(|field| folded(field) == said);
    let fault = Fault::new(RowErrorKind::UnknownKey, "the schema has no field of this name");
    let fault = key.blame(fault);
    match near {
        Some(near) => fault.with_hint(Hint::near(near)),
        None => fault.with_hint(Hint::DropUnknownKeys),
    }
}
