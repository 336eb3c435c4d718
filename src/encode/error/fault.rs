//! What is wrong with a value, before its field is known.

use std::ops::Range;

use super::{RowError, RowErrorKind};
use crate::encode::hint::Hint;

/// Why a conversion rejects a value; the caller adds field, value and place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: RowErrorKind,
    pub(crate) reason: String,
    pub(crate) hint: Option<Hint>,
    /// The description of the type that the value was read as, if that says more than the kind.
    pub(crate) wanted: Option<String>,
    /// The path within the field, innermost segment first.
    pub(crate) path: Vec<String>,
    /// The value's bytes and span, if they are narrower than the field's.
    pub(crate) value: Option<(Vec<u8>, Option<Range<usize>>)>,
    /// Whether there is no value to show.
    pub(crate) valueless: bool,
    /// Where the value would be, if there is none.
    pub(crate) place: Option<Range<usize>>,
}

impl Fault {
    #[cold]
    pub(crate) fn new(kind: RowErrorKind, reason: impl Into<String>) -> Box<Fault> {
        let reason = reason.into();
        Box::new(Fault {
            kind,
            reason,
            hint: None,
            wanted: None,
            path: Vec::new(),
            value: None,
            valueless: false,
            place: None,
        })
    }

    #[cold]
    pub(crate) fn with_hint(mut self: Box<Self>, hint: impl Into<Hint>) -> Box<Fault> {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the hint, if there is one.
    #[cold]
    pub(crate) fn with_any_hint(self: Box<Self>, hint: Option<impl Into<Hint>>) -> Box<Fault> {
        match hint {
            Some(hint) => self.with_hint(hint),
            None => self,
        }
    }

    /// Sets the type that the value was read as, unless an inner one is already set.
    #[cold]
    pub(crate) fn wanting(mut self: Box<Self>, words: impl Into<String>) -> Box<Fault> {
        self.wanted.get_or_insert_with(|| words.into());
        self
    }

    #[cold]
    pub(crate) fn without_value(mut self: Box<Self>) -> Box<Fault> {
        self.valueless = true;
        self
    }

    #[cold]
    pub(crate) fn within(mut self: Box<Self>, segment: impl Into<String>) -> Box<Fault> {
        self.path.push(segment.into());
        self
    }

    /// Sets the value, or the place where it should be, unless an inner one is already set.
    #[cold]
    pub(crate) fn of_value(mut self: Box<Self>, value: &[u8], span: Option<Range<usize>>) -> Box<Fault> {
        if self.valueless {
            self.place = self.place.or(span);
        } else if self.value.is_none() {
            // The row itself is kept elsewhere, so a long value need not be kept twice.
            self.value = Some((value[..value.len().min(1024)].to_vec(), span));
        }
        self
    }

    /// The row error for this fault, after the path has been collected.
    #[cold]
    pub(crate) fn into_row_error(self, column: Option<usize>) -> Box<RowError> {
        let mut field = String::new();
        for segment in self.path.iter().rev() {
            if !field.is_empty() && !segment.starts_with('[') {
                field.push('.');
            }
            field.push_str(segment);
        }
        let (value, span) = match self.value {
            Some((value, span)) => (Some(value), span),
            None => (None, self.place),
        };
        let field = (!field.is_empty()).then_some(field);
        Box::new(RowError {
            kind: self.kind,
            field,
            wanted: self.wanted,
            value,
            reason: self.reason,
            hint: self.hint,
            span,
            column,
            also: Vec::new(),
        })
    }
}
