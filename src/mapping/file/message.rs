//! `[message]`: the parts of a message other than its value.

use toml_edit::{Item, TableLike};

use super::entry::{self, Written};
use super::error::{MapError, Place, Source};
use super::unknown_key;
use crate::mapping::expression::Expr;

/// The parts of a message other than its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageEntries {
    pub(crate) key: Option<Written<Expr>>,
    /// The key as a field of the record, or as a template of fields.
    pub(crate) key_field: Option<KeyField>,
    /// The names of headers and their values, in the order in which they are written.
    pub(crate) headers: Vec<(String, Written<Expr>)>,
    pub(crate) timestamp: Option<Written<Expr>>,
    pub(crate) partition: Option<Written<Expr>>,
}

/// The key as a field of the record, or as a template of fields.
#[derive(Debug, Clone)]
pub(crate) struct KeyField {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl MessageEntries {
    /// Its expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Written<Expr>> {
        let headers = self.headers.iter().map(|(_, value)| value);
        let others = [&self.key, &self.timestamp, &self.partition];
        others.into_iter().flatten().chain(headers)
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.key_field.is_none() && self.expressions().next().is_none()
    }
}

pub(super) fn parse(source: &Source<'_>, table: &dyn TableLike) -> Result<MessageEntries, MapError> {
    let mut entries = MessageEntries::default();
    for (key, item) in table.iter() {
        match key {
            "key" => entries.key = Some(entry::single(source, item)?),
            "key-field" => entries.key_field = Some(key_field(source, item)?),
            "timestamp" => entries.timestamp = Some(entry::single(source, item)?),
            "partition" => entries.partition = Some(entry::single(source, item)?),
            "headers" => {
                for (name, item) in source
                    .table(item, "the names of headers with their values")?
                    .iter()
                {
                    if item.is_table_like() {
                        let message =
                            "expected an expression in quotes; a name with a dot is written in quotes";
                        return Err(source.error(source.item_span(item), message));
                    }
                    entries
                        .headers
                        .push((name.to_owned(), entry::single(source, item)?));
                }
            }
            unknown => {
                let known = ["key", "key-field", "headers", "timestamp", "partition"];
                return Err(unknown_key(source, source.key_span(table, key), unknown, &known));
            }
        }
    }
    match (&entries.key, &entries.key_field) {
        (Some(_), Some(_)) => {
            let span = source.key_span(table, "key-field");
            Err(source.error(span, "the key is already given by `key`"))
        }
        _ => Ok(entries),
    }
}

fn key_field(source: &Source<'_>, item: &Item) -> Result<KeyField, MapError> {
    let span = source.item_span(item);
    match item.as_str() {
        Some(text) => Ok(KeyField {
            text: text.to_owned(),
            place: source.place(span),
        }),
        None => Err(source.error(span, "expected the name of a field, or a template of fields")),
    }
}
