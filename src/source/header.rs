//! The header of a CSV file: the names of its columns.

use super::error::SourceError;
use crate::escape::printable;
use crate::record::csv::{Cell, RowEnd};

/// The header of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The columns' names.
    pub names: Vec<String>,
    /// The line as it stands, with its terminator and without a byte order mark.
    pub raw: Vec<u8>,
}

impl Header {
    /// Takes the names from the cells of the file's first row.
    pub(super) fn new(file: &str, bytes: &[u8], end: RowEnd, cells: &[Cell]) -> Result<Header, SourceError> {
        let row = &bytes[..end.content];
        if row.trim_ascii_start().first() == Some(&b'{') {
            let message = format!("{file}:1: the first line is no CSV header; it looks like JSON");
            return Err(SourceError::input(message).with_hint("read the file with `--format jsonl`"));
        }
        if end.stray.is_some() {
            return Err(SourceError::input(format!(
                "{file}:1: text stands behind a closing quote in the header"
            )));
        }
        let mut names = Vec::with_capacity(cells.len());
        for (index, cell) in cells.iter().enumerate() {
            let name = String::from_utf8(cell.text(row).into_owned()).map_err(|error| {
                let shown = printable(error.as_bytes(), 60).into_owned();
                let message = format!(
                    "{file}:1: the name of column {}, `{shown}`, is not UTF-8",
                    index + 1
                );
                SourceError::input(message).with_hint("convert the file to UTF-8")
            })?;
            names.push(name);
        }
        Ok(Header {
            names,
            raw: bytes[..end.next].to_vec(),
        })
    }
}
