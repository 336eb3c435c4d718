//! `[message]`: the parts of a message other than its value.

use toml_edit::{Item, TableLike};

use super::entry::{self, Entry, Written};
use super::error::{MapError, Place, Source};
use super::unknown_key;
use crate::mapping::expression::Expr;

/// The parts of a message other than its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageEntries {
    pub(crate) key: Option<KeyEntry>,
    /// The names of headers and their values, in the order in which they are written.
    pub(crate) headers: Vec<(String, Written<Expr>)>,
    pub(crate) timestamp: Option<Written<Expr>>,
    pub(crate) partition: Option<Written<Expr>>,
    pub(crate) topic: Option<Written<Expr>>,
    /// The topics that rows may go to, and where they are listed.
    pub(crate) topics: Option<(Vec<String>, Place)>,
}

/// What the key is made from.
#[derive(Debug, Clone)]
pub(crate) enum KeyEntry {
    /// An expression: the text of the key, or the value of a key that is not a record.
    Value(Written<Expr>),
    /// Entries for the fields of a record.
    Record(KeyRecord),
    Field(KeyField),
}

/// Entries for the fields of a key that is a record.
#[derive(Debug, Clone)]
pub(crate) struct KeyRecord {
    pub(crate) entries: Vec<Entry>,
    /// Where the key is named.
    pub(crate) place: Place,
}

/// The key as a field of the record, or as a template of fields.
#[derive(Debug, Clone)]
pub(crate) struct KeyField {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl MessageEntries {
    /// Its expressions, except those for the fields of a key.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Written<Expr>> {
        let key = match &self.key {
            Some(KeyEntry::Value(written)) => Some(written),
            Some(KeyEntry::Record(_) | KeyEntry::Field(_)) | None => None,
        };
        let headers = self.headers.iter().map(|(_, value)| value);
        let others = [
            key,
            self.timestamp.as_ref(),
            self.partition.as_ref(),
            self.topic.as_ref(),
        ];
        others.into_iter().flatten().chain(headers)
    }

    /// The entries for the fields of a key that is a record.
    pub(crate) fn key_entries(&self) -> &[Entry] {
        match &self.key {
            Some(KeyEntry::Record(record)) => &record.entries,
            Some(KeyEntry::Value(_) | KeyEntry::Field(_)) | None => &[],
        }
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.key.is_none() && self.expressions().next().is_none()
    }
}

pub(super) fn parse(source: &Source<'_>, table: &dyn TableLike) -> Result<MessageEntries, MapError> {
    let mut entries = MessageEntries::default();
    for (key, item) in table.iter() {
        match key {
            "key" | "key-field" if entries.key.is_some() => {
                let message = "`key` and `key-field` exclude each other";
                return Err(source.error(source.key_span(table, key), message));
            }
            "key" => entries.key = Some(self::key(source, table, item)?),
            "key-field" => entries.key = Some(KeyEntry::Field(key_field(source, item)?)),
            "timestamp" => entries.timestamp = Some(entry::single(source, item)?),
            "partition" => entries.partition = Some(entry::single(source, item)?),
            "topic" => entries.topic = Some(entry::single(source, item)?),
            "topics" => entries.topics = Some(topics(source, item)?),
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
                let known = [
                    "key",
                    "key-field",
                    "headers",
                    "timestamp",
                    "partition",
                    "topic",
                    "topics",
                ];
                return Err(unknown_key(source, source.key_span(table, key), unknown, &known));
            }
        }
    }
    if entries.topics.is_some() && entries.topic.is_none() {
        let span = source.key_span(table, "topics");
        return Err(source.error(
            span,
            "`topics` lists what `topic` may give, and there is no `topic`",
        ));
    }
    Ok(entries)
}

/// An expression, or a table with the fields of a record.
fn key(source: &Source<'_>, table: &dyn TableLike, item: &Item) -> Result<KeyEntry, MapError> {
    let Some(fields) = item.as_table_like() else {
        return Ok(KeyEntry::Value(entry::single(source, item)?));
    };
    let span = source.key_span(table, "key");
    let mut entries = Vec::new();
    entry::fields(source, fields, &mut entries)?;
    match entries.is_empty() {
        true => Err(source.error(span, "expected an expression, or the fields of the key's record")),
        false => Ok(KeyEntry::Record(KeyRecord {
            entries,
            place: source.place(span),
        })),
    }
}

fn topics(source: &Source<'_>, item: &Item) -> Result<(Vec<String>, Place), MapError> {
    let span = source.item_span(item);
    let names = item.as_array().map(|names| {
        let names = names.iter().map(|name| name.as_str().map(str::to_owned));
        names.collect::<Option<Vec<String>>>()
    });
    match names.flatten().filter(|names| !names.is_empty()) {
        Some(names) => Ok((names, source.place(span))),
        None => Err(source.error(span, "expected a list of topics: [\"market.trades.asx\"]")),
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
