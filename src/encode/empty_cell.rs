//! What a cell without a value is: an empty one, or one with a null token.

use super::codec::{Codec, Codecs, Field};
use super::error::{Encoded, Fault, RowErrorKind};
use super::wire::put_long;
use crate::mapping::rules::Rules;

/// Whether a bare cell stands for null: an empty one, or one of the tokens that the user named.
pub(super) fn is_null_text(rules: &Rules, raw: &[u8]) -> bool {
    raw.is_empty() || rules.null_tokens.iter().any(|token| token == raw)
}

/// Where a string that is nothing but text is allowed: the branch before it, or none where it is the type itself.
fn string_branch(codecs: &Codecs, field: &Field) -> Option<Option<i64>> {
    match &codecs[field.codec] {
        Codec::String => Some(None),
        Codec::Nullable { other, codec, .. } if matches!(codecs[*codec], Codec::String) => Some(Some(*other)),
        Codec::Union(union) => union.string.map(|index| Some(index as i64)),
        _ => None,
    }
}

/// An empty cell: null where the field allows it, else its default, else the empty string; a quoted one is the empty
/// string first.
pub(super) fn put_empty(codecs: &Codecs, field: &Field, quoted: bool, out: &mut Vec<u8>) -> Encoded {
    let string = string_branch(codecs, field);
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
            let reason =
                format!("the cell is empty, and the field ({wanted}) allows no null and has no default");
            return Err(Fault::new(RowErrorKind::Empty, reason)
                .without_value()
                .wanting(wanted));
        }
    }
    Ok(())
}

/// A cell with one of the user's null tokens: null where the field allows it, else its default.
#[cold]
pub(super) fn put_null_token(codecs: &Codecs, field: &Field, out: &mut Vec<u8>) -> Encoded {
    match (&field.null, field.default_datum()) {
        (Some(null), _) => out.extend_from_slice(null),
        (None, Some(default)) => out.extend_from_slice(default),
        (None, None) => {
            let wanted = codecs.describe(field.codec);
            let reason = format!(
                "it stands for null (`--null-token`), and the field ({wanted}) allows no null and has no default"
            );
            return Err(Fault::new(RowErrorKind::Empty, reason).wanting(wanted));
        }
    }
    Ok(())
}
