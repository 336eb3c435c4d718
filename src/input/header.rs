//! The header of a CSV file: the names of its columns.

use super::encoding::Encoding;
use super::error::InputError;
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
    /// The line without its terminator.
    pub fn line(&self) -> &[u8] {
        let line = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Takes the names from the cells of the file's first row.
    pub(super) fn new(
        file: &str,
        bytes: &[u8],
        end: RowEnd,
        cells: &[Cell],
        encoding: Encoding,
    ) -> Result<Header, InputError> {
        let row = &bytes[..end.content];
        if let Some(error) = json_in_place_of_header(file, row) {
            return Err(error);
        }
        if end.stray.is_some() {
            return Err(InputError::input(format!(
                "{file}:1: text stands behind a closing quote in the header"
            )));
        }
        let mut names = Vec::with_capacity(cells.len());
        for (index, cell) in cells.iter().enumerate() {
            names.push(name(&cell.text(row), encoding).map_err(|reason| {
                let shown = printable(cell.raw(row), 60);
                let message = format!("{file}:1: the name of column {}, `{shown}`, {reason}", index + 1);
                InputError::input(message).with_hint(encoding_hint(encoding))
            })?);
        }
        Ok(Header {
            names,
            raw: bytes[..end.next].to_vec(),
        })
    }
}

fn name(cell: &[u8], encoding: Encoding) -> Result<String, String> {
    let mut text = Vec::new();
    encoding
        .decode(cell, &mut text)
        .map_err(|_| format!("is not {encoding}"))?;
    Ok(String::from_utf8(text).expect("what is decoded is UTF-8"))
}

/// What helps where bytes stand for no character in `encoding`.
pub(crate) fn encoding_hint(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "name the encoding that the file is in, for example `--encoding windows-1252`",
        _ => "name the encoding that the file is in with `--encoding`; without it, it is UTF-8",
    }
}

fn json_in_place_of_header(file: &str, row: &[u8]) -> Option<InputError> {
    let row = row.trim_ascii();
    match row.first()? {
        b'{' => {
            let message = format!("{file}:1: the first line is no CSV header; it looks like JSON");
            Some(InputError::input(message).with_hint("read the file with `--format jsonl`"))
        }
        b'[' if matches!(
            row[1..].trim_ascii_start().first(),
            None | Some(b'{' | b'[' | b'"')
        ) =>
        {
            let message = format!("{file}:1: the first line is no CSV header; it looks like a JSON array");
            let hint = "JSON is read with `--format jsonl`, one object a line";
            Some(InputError::input(message).with_hint(hint))
        }
        _ => None,
    }
}
