//! A second file in which the values of a row are looked up by key.
//!
//! It is read once, before the first row, and kept in memory as a whole: reference data, not trades.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::escape::printable;
use crate::record::BYTE_ORDER_MARK;

/// Separates the parts of a key that consists of several columns; cells do not contain it.
pub(super) const KEY_SEPARATOR: u8 = 0x1f;

/// The texts of a row; none for an empty cell and for an absent key.
type Cells = Vec<Option<Box<[u8]>>>;

/// The rows of a second file, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupTable {
    /// The name of the file without its folder.
    file: String,
    /// The names of the columns, or of all JSON keys.
    columns: Vec<String>,
    rows: HashMap<Box<[u8]>, Cells>,
    /// The number of columns that form the key.
    key_columns: usize,
}

/// Why a second file cannot be used.
#[derive(Debug)]
pub struct LookupError {
    /// The file, and the line if there is one.
    place: String,
    message: String,
    cause: Option<io::Error>,
}

impl fmt::Display for LookupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)?;
        match &self.cause {
            Some(cause) => write!(formatter, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LookupError {}

impl LookupTable {
    /// The name of the file without its folder, made safe to print.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Reads the file at `path`, CSV with a header, or JSONL; `key` names the columns that form the key.
    ///
    /// # Errors
    /// The file cannot be read, has another format, lacks a column of the key, or has two rows with the same key or a
    /// row without one.
    pub fn read(path: &Path, key: &[String]) -> Result<LookupTable, LookupError> {
        let mut loading = Loading {
            path,
            table: LookupTable {
                file: path.file_name().map_or(String::new(), |name| {
                    printable(name.as_encoded_bytes(), 200).into_owned()
                }),
                key_columns: key.len(),
                ..LookupTable::default()
            },
            key,
            key_indexes: Vec::new(),
            lines: HashMap::new(),
        };
        let file = File::open(path).map_err(|error| loading.unreadable(error))?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => loading.csv(file)?,
            Some("jsonl" | "ndjson") => loading.json_lines(BufReader::new(file))?,
            _ => {
                return Err(loading.error(
                    None,
                    "expected a file whose name ends with .csv, .jsonl or .ndjson",
                ));
            }
        }
        Ok(loading.table)
    }

    /// The index of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The number of columns that form the key.
    pub(super) fn key_columns(&self) -> usize {
        self.key_columns
    }

    /// The texts of a column, those of the rows that have one.
    pub(super) fn texts(&self, column: usize) -> impl Iterator<Item = &[u8]> {
        let rows = self.rows.values();
        rows.filter_map(move |row| row.get(column)?.as_deref())
    }

    /// The row with this key.
    pub(super) fn get(&self, key: &[u8]) -> Option<&[Option<Box<[u8]>>]> {
        self.rows.get(key).map(Vec::as_slice)
    }
}

/// The keys and values of a JSON object, with those that occur twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

struct Loading<'a> {
    path: &'a Path,
    table: LookupTable,
    key: &'a [String],
    key_indexes: Vec<usize>,
    /// The line of each key.
    lines: HashMap<Box<[u8]>, u64>,
}

impl Loading<'_> {
    fn csv(&mut self, file: File) -> Result<(), LookupError> {
        let mut reader = ::csv::ReaderBuilder::new().from_reader(file);
        let header = reader
            .byte_headers()
            .map_err(|error| self.malformed(&error))?
            .clone();
        for name in &header {
            let name =
                String::from_utf8_lossy(name.strip_prefix(BYTE_ORDER_MARK).unwrap_or(name)).into_owned();
            if self.table.columns.contains(&name) {
                return Err(self.error(Some(1), format!("two columns are called `{name}`")));
            }
            self.table.columns.push(name);
        }
        let columns = self.table.columns.clone();
        self.key_indexes = self.indexes(&columns)?;
        let mut row = ::csv::ByteRecord::new();
        while reader
            .read_byte_record(&mut row)
            .map_err(|error| self.malformed(&error))?
        {
            let line = row.position().map_or(0, ::csv::Position::line);
            let cells = row.iter().map(|cell| (!cell.is_empty()).then(|| cell.into()));
            let cells: Cells = cells.collect();
            self.add(line, cells)?;
        }
        Ok(())
    }

    fn json_lines(&mut self, reader: impl BufRead) -> Result<(), LookupError> {
        for (index, line) in reader.lines().enumerate() {
            let number = index as u64 + 1;
            let line = line.map_err(|error| self.unreadable(error))?;
            if line.trim().is_empty() {
                continue;
            }
            let Ok(Members(members)) = serde_json::from_str(&line) else {
                return Err(self.error(Some(number), "expected one JSON object per line"));
            };
            let mut object = HashMap::new();
            for (name, value) in members {
                if self.table.column(&name).is_none() {
                    self.table.columns.push(name.clone());
                }
                if object.contains_key(&name) {
                    let message = format!("the key `{name}` occurs twice in its object");
                    return Err(self.error(Some(number), message));
                }
                object.insert(name, value);
            }
            if self.key_indexes.is_empty() {
                let columns = self.table.columns.clone();
                self.key_indexes = self.indexes(&columns)?;
            }
            let cells = self.table.columns.iter().map(|name| match object.get(name) {
                Some(Value::String(text)) => Some(text.as_bytes().into()),
                Some(Value::Number(number)) => Some(number.to_string().into_bytes().into()),
                Some(Value::Bool(value)) => Some(value.to_string().into_bytes().into()),
                // JSON within a field's text is read as JSON.
                Some(value @ (Value::Array(_) | Value::Object(_))) => {
                    Some(value.to_string().into_bytes().into())
                }
                Some(Value::Null) | None => None,
            });
            let cells: Cells = cells.collect();
            self.add(number, cells)?;
        }
        Ok(())
    }

    /// The indexes of the columns that form the key.
    fn indexes(&self, columns: &[String]) -> Result<Vec<usize>, LookupError> {
        let indexes = self.key.iter().map(|name| {
            columns.iter().position(|column| column == name).ok_or_else(|| {
                let message = format!(
                    "there is no column `{name}` for the key; the columns are {}",
                    columns.join(", ")
                );
                self.error(None, message)
            })
        });
        indexes.collect()
    }

    fn add(&mut self, line: u64, cells: Cells) -> Result<(), LookupError> {
        let mut key = Vec::new();
        for (position, index) in self.key_indexes.iter().enumerate() {
            if position > 0 {
                key.push(KEY_SEPARATOR);
            }
            match cells.get(*index).and_then(Option::as_ref) {
                Some(part) => key.extend_from_slice(part),
                None => {
                    let message = format!("the key `{}` is empty", self.key[position]);
                    return Err(self.error(Some(line), message));
                }
            }
        }
        let key: Box<[u8]> = key.into();
        if let Some(first) = self.lines.get(&key) {
            let shown = printable(&key, 60);
            let message = format!("the key `{shown}` occurs twice, first on line {first}");
            return Err(self.error(Some(line), message));
        }
        self.lines.insert(key.clone(), line);
        match self.table.rows.entry(key) {
            Entry::Vacant(entry) => entry.insert(cells),
            Entry::Occupied(_) => unreachable!("each key has one line"),
        };
        Ok(())
    }

    fn error(&self, line: Option<u64>, message: impl Into<String>) -> LookupError {
        let name = printable(self.path.as_os_str().as_encoded_bytes(), 4096);
        LookupError {
            place: match line {
                Some(line) => format!("{name}:{line}"),
                None => name.into_owned(),
            },
            message: message.into(),
            cause: None,
        }
    }

    fn unreadable(&self, error: io::Error) -> LookupError {
        LookupError {
            cause: Some(error),
            ..self.error(None, "cannot be read")
        }
    }

    fn malformed(&self, error: &::csv::Error) -> LookupError {
        let line = error.position().map(::csv::Position::line);
        let message = match error.kind() {
            ::csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("expected {expected_len} cells, found {len}"),
            _ => error.to_string(),
        };
        self.error(line, message)
    }
}

#[cfg(test)]
mod tests;
