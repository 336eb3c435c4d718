//! Cells without a value: empty ones, and those with a null token.

use super::codec::{Codec, Codecs, Field};
use super::default::Datum;
use super::error::{Encoded, Fault, RowErrorKind};
use super::scratch::Reading;
use super::wire::put_long;
use crate::mapping::rules::Rules;

/// Whether an unquoted cell means null: it is empty, or one of the user's null tokens.
pub(super) fn is_null_text(rules: &Rules, raw: &[u8]) -> bool {
    raw.is_empty() || rules.null_tokens.iter().any(|token| token == raw)
}

/// Set if a plain string is allowed: its branch, or none if the type itself is string. A union with another branch for
/// all of its values allows none.
fn string_branch(reading: Reading<'_>, field: &Field) -> Option<Option<i64>> {
    let codecs = reading.codecs;
    match &codecs[field.codec] {
        Codec::String => Some(None),
        Codec::Nullable { other, codec, .. } if matches!(codecs[*codec], Codec::String) => Some(Some(*other)),
        Codec::Union(union) => {
            let string = union.string?;
            let is_chosen = union.chosen(reading.rules).is_none_or(|branch| branch == string);
            is_chosen.then_some(Some(string as i64))
        }
        _ => None,
    }
}

/// An empty cell: null if the field allows it, else its default, else the empty string; if it is quoted, the empty
/// string comes first.
pub(super) fn put_empty(reading: Reading<'_>, field: &Field, quoted: bool, out: &mut Vec<u8>) -> Encoded {
    let string = string_branch(reading, field);
    let codecs = reading.codecs;
    let mut put_empty_string = |branch: Option<i64>| {
        if let Some(branch) = branch {
            put_long(branch, out);
        }
        out.push(0);
    };
    match (string, &field.null, field.default_datum()) {
        (Some(branch), _, _) if quoted => put_empty_string(branch),
        (_, Some(null), _) => out.extend_from_slice(null),
        (_, None, Some(default)) => out.extend_from_slice(default),
        (Some(branch), None, None) => put_empty_string(branch),
        (None, None, None) => {
            let wanted = codecs.describe(field.codec);
            let fault = no_value("the cell is empty", field, wanted);
            return Err(fault.without_value().wanting(wanted));
        }
    }
    Ok(())
}

/// A cell with one of the user's null tokens: null if the field allows it, else its default.
#[cold]
pub(super) fn put_null_token(codecs: &Codecs, field: &Field, out: &mut Vec<u8>) -> Encoded {
    match (&field.null, field.default_datum()) {
        (Some(null), _) => out.extend_from_slice(null),
        (None, Some(default)) => out.extend_from_slice(default),
        (None, None) => {
            let wanted = codecs.describe(field.codec);
            let fault = no_value("it means null (`--null-token`)", field, wanted);
            return Err(fault.wanting(wanted));
        }
    }
    Ok(())
}

/// The fault of a field that has neither null nor a usable default.
#[cold]
fn no_value(why: &str, field: &Field, wanted: &str) -> Box<Fault> {
    let (lacks, hint) = match &field.default {
        Some(Datum::Unfit(unfit)) => (
            format!("its default does not fit: {}", unfit.why),
            unfit.hint.clone(),
        ),
        _ => ("has no default".to_owned(), None),
    };
    let reason = format!("{why}, but the field ({wanted}) is not nullable and {lacks}");
    let mut fault = Fault::new(RowErrorKind::Empty, reason);
    fault.hint = hint;
    fault
}
