//! Errors of rows that a mapping makes, in terms of the rows of the file.

use super::error::{RowError, RowErrorKind};
use super::hint::Hint;
use crate::mapping::{DerivationFault, DerivationFaultKind, Deriver};
use crate::record::Row;

/// The error of a cell that cannot be made.
#[cold]
pub(super) fn row_error(fault: DerivationFault) -> Box<RowError> {
    let kind = match fault.kind {
        DerivationFaultKind::CellCount => RowErrorKind::CellCount,
        DerivationFaultKind::NotAnObject => RowErrorKind::NotAnObject,
        DerivationFaultKind::UnknownKey => RowErrorKind::UnknownKey,
        DerivationFaultKind::DuplicateKey => RowErrorKind::DuplicateKey,
        DerivationFaultKind::WrongType => RowErrorKind::WrongType,
        DerivationFaultKind::Function => RowErrorKind::NotComputed,
        DerivationFaultKind::NoTranslation => RowErrorKind::NoTranslation,
        DerivationFaultKind::NotUtf8 => RowErrorKind::NotUtf8,
    };
    let mut error = RowError::whole(kind, fault.reason);
    error.field = fault.field;
    error.value = fault.value;
    error.span = fault.span;
    error.column = fault.column.map(|column| column + 1);
    error.hint = (kind == RowErrorKind::UnknownKey).then_some(Hint::DropUnknownKeys);
    error
}

/// The error with the columns and ranges of `row`, which the mapping made the encoded row of.
#[cold]
pub(super) fn at_origin(mut error: Box<RowError>, deriver: &Deriver, row: &Row<'_>) -> Box<RowError> {
    one_at_origin(&mut error, deriver, row);
    for also in &mut error.also {
        one_at_origin(also, deriver, row);
    }
    error
}

fn one_at_origin(error: &mut RowError, deriver: &Deriver, row: &Row<'_>) {
    let Some(column) = error.column else { return };
    let origin = deriver.origin(column - 1, row);
    error.column = origin.column.map(|column| column + 1);
    if let Some(expression) = origin.expression {
        error.reason.push_str(&format!("; computed by `{expression}`"));
    }
    // What a mapping passes through has its own place, which may be within a JSON value.
    if error.span.as_ref().is_none_or(|span| span.end > row.bytes.len()) || origin.expression.is_some() {
        error.span = origin.span;
    }
}
