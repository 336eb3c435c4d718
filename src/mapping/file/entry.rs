//! The entries of `[fields]`: a path and its expression, or the parts of a record, map or array.

use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use super::error::{MapError, Place, Source};
use crate::mapping::expression::{self, Expr, ExprKind, ExpressionError, MAX_DEPTH, Spanned, TextLiteral};

/// The value of one field.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The names on the way to the field; within a map, its keys.
    pub(crate) path: Vec<String>,
    pub(crate) value: EntryValue,
    /// Where the field is named.
    pub(crate) place: Place,
}

/// What a value is made of.
#[derive(Debug, Clone)]
pub(crate) enum EntryValue {
    Expression(Written<Expr>),
    /// An array of values.
    Items(Vec<EntryValue>),
}

impl EntryValue {
    /// The value as it is written.
    pub(crate) fn text(&self) -> String {
        match self {
            EntryValue::Expression(written) => written.text.trim().to_owned(),
            EntryValue::Items(items) => {
                let items: Vec<String> = items.iter().map(EntryValue::text).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    /// Shows its expressions and their parts to `see`.
    pub(crate) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        match self {
            EntryValue::Expression(written) => written.value.visit(see),
            EntryValue::Items(items) => items.iter().for_each(|item| item.visit(see)),
        }
    }

    /// Whether it calls one of these functions.
    pub(super) fn calls(&self, functions: &[&str]) -> bool {
        match self {
            EntryValue::Expression(written) => written.value.calls(functions),
            EntryValue::Items(items) => items.iter().any(|item| item.calls(functions)),
        }
    }
}

/// Something with its text and its place.
#[derive(Debug, Clone)]
pub(crate) struct Written<T> {
    pub(crate) value: T,
    /// The expression as it is written.
    pub(crate) text: String,
    /// Where the text is, in quotes if it is written with escapes.
    pub(crate) place: Place,
}

impl Written<Expr> {
    /// The error at its place in the mapping.
    pub(crate) fn error(&self, error: ExpressionError) -> MapError {
        let map_error = MapError::at(self.place.within(&self.text, &error.span), error.message);
        match error.hint {
            Some(hint) => map_error.with_hint(hint),
            None => map_error,
        }
    }
}

/// Reads the entries of `table`; tables within it are the parts of records and maps.
pub(super) fn fields(
    source: &Source<'_>,
    table: &dyn TableLike,
    entries: &mut Vec<Entry>,
) -> Result<(), MapError> {
    let mut path = Vec::new();
    fields_within(source, table, &mut path, entries)
}

fn fields_within(
    source: &Source<'_>,
    table: &dyn TableLike,
    path: &mut Vec<String>,
    entries: &mut Vec<Entry>,
) -> Result<(), MapError> {
    for (key, item) in table.iter() {
        path.push(key.to_owned());
        if path.len() > MAX_DEPTH {
            return Err(too_deep(source, source.key_span(table, key)));
        }
        match item.as_table_like() {
            Some(table) => fields_within(source, table, path, entries)?,
            None => entries.push(Entry {
                path: path.clone(),
                value: value(source, item.as_value(), source.item_span(item))?,
                place: source.place(source.key_span(table, key)),
            }),
        }
        path.pop();
    }
    Ok(())
}

/// The error of a path with more than [`MAX_DEPTH`] names.
pub(super) fn too_deep(source: &Source<'_>, span: Range<usize>) -> MapError {
    source.error(span, format!("the path of a field has at most {MAX_DEPTH} names"))
}

fn value(source: &Source<'_>, value: Option<&Value>, span: Range<usize>) -> Result<EntryValue, MapError> {
    match value {
        Some(Value::Array(items)) => {
            let items = items
                .iter()
                .map(|item| self::value(source, Some(item), item.span().unwrap_or(span.clone())));
            Ok(EntryValue::Items(items.collect::<Result<_, _>>()?))
        }
        Some(value) => Ok(EntryValue::Expression(written(source, value, span)?)),
        None => Err(source.error(span, "expected an expression in quotes")),
    }
}

/// A text is an expression; numbers and booleans of TOML are constants.
fn written(source: &Source<'_>, value: &Value, span: Range<usize>) -> Result<Written<Expr>, MapError> {
    let raw = &source.text[span.clone()];
    match value {
        Value::String(text) => {
            let text = text.value();
            let quote = match raw.starts_with("'''") || raw.starts_with("\"\"\"") {
                true => 3,
                false => 1,
            };
            let content = raw[quote..].find(text.as_str()).map(|at| span.start + quote + at);
            match content {
                Some(start) => expression(source, text, start),
                // The text has escapes, so its places are not those of the file.
                None => parsed(text, &source.place(span)),
            }
        }
        Value::Integer(_) | Value::Float(_) => {
            let digits = raw.replace('_', "");
            let is_decimal = digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            if !is_decimal {
                return Err(source.error(span, "expected a decimal number, or an expression in quotes"));
            }
            parsed(digits.trim_start_matches('+'), &source.place(span))
        }
        Value::Boolean(value) => parsed(&value.value().to_string(), &source.place(span)),
        _ => Err(source
            .error(span, "expected an expression in quotes")
            .with_hint("a date or a time is written as a text: '\"2014-03-10\"'")),
    }
}

/// An expression that is written at `start` as it is.
pub(super) fn expression(source: &Source<'_>, text: &str, start: usize) -> Result<Written<Expr>, MapError> {
    parsed(text, &source.place(start..start + text.len()))
}

fn parsed(text: &str, place: &Place) -> Result<Written<Expr>, MapError> {
    match expression::parse(text) {
        Ok(value) => Ok(Written {
            value,
            text: text.to_owned(),
            place: place.clone(),
        }),
        Err(error) => {
            let map_error = MapError::at(place.within(text, &error.span), error.message);
            Err(match error.hint {
                Some(hint) => map_error.with_hint(hint),
                None => map_error,
            })
        }
    }
}

/// An expression for one value.
pub(super) fn single(source: &Source<'_>, item: &Item) -> Result<Written<Expr>, MapError> {
    let span = source.item_span(item);
    match item.as_value() {
        Some(value) => written(source, value, span),
        None => Err(source.error(span, "expected an expression in quotes")),
    }
}

/// A condition on rows.
pub(super) fn condition(source: &Source<'_>, item: &Item) -> Result<Written<Expr>, MapError> {
    let span = source.item_span(item);
    match item.as_value() {
        Some(value @ (Value::String(_) | Value::Boolean(_))) => written(source, value, span),
        _ => Err(source.error(span, "expected a condition in quotes, such as 'venue == \"A\"'")),
    }
}

/// What a text is translated to: a text in TOML is that text itself.
pub(super) fn constant(source: &Source<'_>, item: &Item) -> Result<Written<Expr>, MapError> {
    let span = source.item_span(item);
    let Some(Value::String(text)) = item.as_value() else {
        return match item.as_value() {
            Some(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => {
                written(source, value, span)
            }
            _ => Err(source.error(span, "expected a text, a number, or true or false")),
        };
    };
    let verbatim = text.value().clone();
    let template = match verbatim.is_empty() {
        true => Vec::new(),
        false => vec![expression::TemplatePart::Text(verbatim.clone())],
    };
    Ok(Written {
        text: format!("\"{verbatim}\""),
        value: Spanned {
            span: 0..verbatim.len() + 2,
            value: ExprKind::Text(TextLiteral {
                verbatim,
                template: Ok(template),
            }),
        },
        place: source.place(span),
    })
}
