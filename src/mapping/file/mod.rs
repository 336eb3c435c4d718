//! A mapping file (TOML 1.0): how its text becomes the entries for the fields of a schema.
//!
//! Only the form is checked here: that the TOML is correct, that every table and key is known, and that every
//! expression can be read. Names of fields and columns are checked when the mapping is bound to a file and a schema.

mod entry;
mod error;
mod input;
mod message;
mod rules;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use toml_edit::{Document, TableLike};

pub(crate) use entry::{Entry, EntryValue, Written};
pub use error::MapError;
pub(crate) use error::{Place, Source};
pub use input::InputFacts;
use message::MessageEntries;
pub(crate) use message::{KeyEntry, KeyField, KeyRecord};

use super::expression::{Expr, ExprKind, MAX_DEPTH};
use super::lookup::LookupTable;
use super::rules::Rules;
use crate::nearest::near_miss;
use crate::record::EnclosingValue;

/// The entries of a mapping file and of `--set`.
#[derive(Debug, Clone, Default)]
pub struct MapFile {
    /// The entries for the fields, by path, in the order in which they are written.
    pub(crate) fields: Vec<Entry>,
    /// The rules for all fields.
    pub(crate) rules: Rules,
    /// The rules for single fields, by path.
    pub(crate) field_rules: Vec<FieldRules>,
    /// `[translations.NAME]`: texts and what they become.
    pub(crate) translations: Translations,
    /// `[lookups.NAME]`: other files, by name.
    pub(crate) lookups: BTreeMap<String, Lookup>,
    /// The maps whose empty values are left out, by path.
    pub(crate) omit_empty: Vec<(String, Place)>,
    /// `where` in `[rows]`: other rows are filtered.
    pub(crate) filter: Option<Written<Expr>>,
    /// `tombstone` in `[rows]`: rows whose messages have a null value.
    pub(crate) tombstone: Option<Written<Expr>>,
    /// `[message]`: the parts of a message other than its value.
    pub(crate) message: MessageEntries,
    /// How rows are read.
    pub(crate) input: InputFacts,
    /// When the run started, for `shifted`.
    pub(crate) start: RunStart,
}

/// When a run started: the same time for all of its files and threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunStart(pub(crate) Timestamp);

impl Default for RunStart {
    fn default() -> RunStart {
        RunStart(Timestamp::now())
    }
}

/// Another file in which values are looked up.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    /// The file as it is written.
    pub(crate) file: String,
    /// The columns that form the key.
    key: Vec<String>,
    /// Where the file is named.
    place: Place,
    /// What is in the file, once it has been read.
    pub(crate) table: Arc<LookupTable>,
}

/// Tables by name: texts and what each becomes.
type Translations = BTreeMap<String, Vec<(String, Written<Expr>)>>;

/// The rules for one field.
#[derive(Debug, Clone)]
pub(crate) struct FieldRules {
    pub(crate) path: String,
    pub(crate) rules: Rules,
    /// The name of a branch of the field's union, and where it is named.
    pub(crate) union_branch: Option<(String, Place)>,
    pub(crate) place: Place,
}

impl MapFile {
    /// Reads the text of the mapping file called `name`.
    ///
    /// # Errors
    /// The first place where the text is not TOML, has an unknown table or key, or has a value that cannot be used.
    pub fn parse(name: &str, text: &str) -> Result<MapFile, MapError> {
        let source = error::Source::file(name, text);
        let document = Document::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            source.error(span, error.message().to_owned())
        })?;
        let mut map = MapFile::default();
        for (key, item) in document.as_table().iter() {
            match key {
                "fields" => {
                    let fields = source.table(item, "`[fields]`")?;
                    entry::fields(&source, fields, &mut map.fields)?;
                }
                "rows" => rows(&source, source.table(item, "`[rows]`")?, &mut map)?,
                "rules" => {
                    let table = source.table(item, "`[rules]`")?;
                    rules::parse(&source, table, &mut map)?;
                }
                "translations" => {
                    let tables = source.table(item, "`[translations]`")?;
                    map.translations = translations(&source, tables)?;
                }
                "lookups" => {
                    let tables = source.table(item, "`[lookups]`")?;
                    map.lookups = lookups(&source, tables)?;
                }
                "message" => {
                    let table = source.table(item, "`[message]`")?;
                    map.message = message::parse(&source, table)?;
                }
                "input" => map.input = input::parse(&source, source.table(item, "`[input]`")?)?,
                unknown => {
                    let span = source.key_span(document.as_table(), key);
                    return Err(unknown_key(
                        &source,
                        span,
                        unknown,
                        &[
                            "input",
                            "rows",
                            "message",
                            "fields",
                            "rules",
                            "translations",
                            "lookups",
                        ],
                    ));
                }
            }
        }
        Ok(map)
    }

    /// Reads the files of its lookups, relative to `folder`.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read_lookups(&mut self, folder: &Path) -> Result<(), MapError> {
        for lookup in self.lookups.values_mut() {
            let path = folder.join(&lookup.file);
            let table = LookupTable::read(&path, &lookup.key);
            let table = table.map_err(|error| MapError::at(lookup.place.clone(), error.to_string()))?;
            lookup.table = Arc::new(table);
        }
        Ok(())
    }

    /// The files of its lookups, as they are written.
    pub(crate) fn lookup_files(&self) -> impl Iterator<Item = &str> {
        self.lookups.values().map(|lookup| lookup.file.as_str())
    }

    /// Adds an entry of the command line, `FIELD=EXPRESSION`, in place of one with the same field. In place of the file's
    /// entries, it also replaces those within the field, or the one around it.
    ///
    /// # Errors
    /// It has no `=`, no field, or no expression that can be read, or an earlier one is for a field within this one or
    /// around it.
    pub fn set(&mut self, text: &str) -> Result<(), MapError> {
        let source = error::Source::option(text);
        let Some(equals) = text.find('=').filter(|equals| *equals > 0) else {
            return Err(source
                .error(0..text.len(), "expected FIELD=EXPRESSION")
                .with_hint("for example `--set 'exchange=\"ASX\"'`"));
        };
        let path: Vec<String> = text[..equals].trim().split('.').map(str::to_owned).collect();
        if path.len() > MAX_DEPTH {
            return Err(entry::too_deep(&source, 0..equals));
        }
        let value = entry::expression(&source, &text[equals + 1..], equals + 1)?;
        let within = |entry: &Entry| entry.path.starts_with(&path) || path.starts_with(&entry.path);
        let clash = |entry: &&Entry| entry.place.is_option() && within(entry) && entry.path != path;
        if let Some(other) = self.fields.iter().find(clash) {
            let (field, other) = (path.join("."), other.path.join("."));
            let message = format!("`{field}` and `{other}` of another `--set` exclude each other");
            return Err(source.error(0..equals, message));
        }
        self.fields.retain(|entry| !within(entry));
        self.fields.push(Entry {
            path,
            value: EntryValue::Expression(value),
            place: source.place(0..equals),
        });
        Ok(())
    }

    /// Whether the empty values of the map at `path` are left out.
    pub(crate) fn omits_empty(&self, path: &str) -> bool {
        self.omit_empty.iter().any(|(known, _)| known == path)
    }

    /// How rows are read.
    pub fn input(&self) -> &InputFacts {
        &self.input
    }

    /// Whether an entry uses the name or the path of the file.
    pub(crate) fn uses_file_name(&self) -> bool {
        self.calls(&["file_name", "file_path"])
    }

    /// The values around JSON rows that expressions use, each once.
    pub fn enclosing_values(&self) -> Vec<EnclosingValue> {
        let mut values: Vec<EnclosingValue> = Vec::new();
        let mut see = |part: &Expr| {
            if let ExprKind::Source(path) = &part.value
                && let Some(value) = path.enclosing()
                && !values.contains(&value)
            {
                values.push(value);
            }
        };
        for entry in &self.fields {
            entry.value.visit(&mut see);
        }
        for written in self.expressions_elsewhere() {
            written.value.visit(&mut see);
        }
        values
    }

    /// Whether an entry uses the number of the row or of its line.
    pub(crate) fn uses_positions(&self) -> bool {
        self.calls(&["row_number", "line_number"])
    }

    fn calls(&self, functions: &[&str]) -> bool {
        self.entries().any(|entry| entry.value.calls(functions))
            || self
                .expressions_elsewhere()
                .any(|written| written.value.calls(functions))
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
            && self.field_rules.is_empty()
            && self.conditions().next().is_none()
            && self.message.is_empty()
    }

    /// The entries for fields: those of the record, then those of a key that is a record.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.fields.iter().chain(self.message.key_entries())
    }

    /// The expressions that are not those of fields: conditions, and the parts of the message.
    pub(super) fn expressions_elsewhere(&self) -> impl Iterator<Item = &Written<Expr>> {
        self.conditions().chain(self.message.expressions())
    }

    /// The names of the headers of `[message]`.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.message.headers.iter().map(|(name, _)| name.as_str())
    }

    /// Whether `[message]` has the time of messages.
    pub fn has_timestamp(&self) -> bool {
        self.message.timestamp.is_some()
    }

    /// Leaves out the key of `[message]`, because another one was chosen.
    pub fn leave_out_key(&mut self) {
        self.message.key = None;
    }

    /// Leaves out the timestamp of `[message]`, because another one was chosen.
    pub fn leave_out_timestamp(&mut self) {
        self.message.timestamp = None;
    }

    /// Leaves out the topic of `[message]`, because another one was chosen, or because it is the same for every row.
    pub fn leave_out_topic(&mut self) {
        self.message.topic = None;
        self.message.topics = None;
    }

    /// Leaves out the headers of `[message]` with these names, because others were chosen.
    pub fn leave_out_headers(&mut self, is_chosen: impl Fn(&str) -> bool) {
        self.message.headers.retain(|(name, _)| !is_chosen(name));
    }

    /// The conditions of `[rows]`.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Written<Expr>> {
        self.filter.iter().chain(&self.tombstone)
    }
}

/// `[rows]`.
fn rows(source: &error::Source<'_>, table: &dyn TableLike, map: &mut MapFile) -> Result<(), MapError> {
    for (key, item) in table.iter() {
        match key {
            "where" => map.filter = Some(entry::condition(source, item)?),
            "tombstone" => map.tombstone = Some(entry::condition(source, item)?),
            unknown => {
                return Err(unknown_key(
                    source,
                    source.key_span(table, key),
                    unknown,
                    &["where", "tombstone"],
                ));
            }
        }
    }
    Ok(())
}

/// `[translations.NAME]` tables.
fn translations(source: &error::Source<'_>, tables: &dyn TableLike) -> Result<Translations, MapError> {
    let mut all = BTreeMap::new();
    for (name, item) in tables.iter() {
        let table = source.table(item, "a table of texts and what they become")?;
        let mut entries = Vec::new();
        for (text, item) in table.iter() {
            entries.push((text.to_owned(), entry::constant(source, item)?));
        }
        all.insert(name.to_owned(), entries);
    }
    Ok(all)
}

/// `[lookups.NAME]` tables.
fn lookups(source: &error::Source<'_>, tables: &dyn TableLike) -> Result<BTreeMap<String, Lookup>, MapError> {
    let mut all = BTreeMap::new();
    for (name, item) in tables.iter() {
        let table = source.table(item, "a table with `file` and `key`")?;
        let (mut file, mut key) = (None, Vec::new());
        for (property, item) in table.iter() {
            match property {
                "file" => match item.as_str() {
                    Some(text) => file = Some((text.to_owned(), source.place(source.item_span(item)))),
                    None => return Err(source.error(source.item_span(item), "expected the name of a file")),
                },
                "key" => {
                    let names = match (item.as_str(), item.as_array()) {
                        (Some(name), _) => Some(vec![name.to_owned()]),
                        (None, Some(names)) => {
                            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                            names.collect::<Option<Vec<String>>>()
                        }
                        (None, None) => None,
                    };
                    key = names.filter(|names| !names.is_empty()).ok_or_else(|| {
                        let message = "expected the name of a column, or several: [\"id\", \"venue\"]";
                        source.error(source.item_span(item), message)
                    })?;
                }
                unknown => {
                    let span = source.key_span(table, property);
                    return Err(unknown_key(source, span, unknown, &["file", "key"]));
                }
            }
        }
        let Some((file, place)) = file.filter(|_| !key.is_empty()) else {
            let span = source.key_span(tables, name);
            return Err(source.error(span, "a lookup needs `file` and `key`"));
        };
        let table = Arc::default();
        let lookup = Lookup {
            file,
            key,
            place,
            table,
        };
        all.insert(name.to_owned(), lookup);
    }
    Ok(all)
}

/// The error for a key that has no meaning where it is.
fn unknown_key(
    source: &error::Source<'_>,
    span: std::ops::Range<usize>,
    key: &str,
    known: &[&str],
) -> MapError {
    let message = format!("`{key}` has no meaning here; known are {}", known.join(", "));
    let error = source.error(span, message);
    let known: Vec<String> = known.iter().map(|known| (*known).to_owned()).collect();
    match near_miss(key, &known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

#[cfg(test)]
mod tests;
