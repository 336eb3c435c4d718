//! The columns of a CSV input.

use super::decode::Encoding;
use super::error::InputError;
use super::hint::Hint;
use crate::escape::printable;
use crate::record::csv::{Cell, RowEnd};
use crate::record::{Delimiters, Format, RowFormat};

/// The layout of the rows of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// CSV.
    Csv {
        /// The characters that separate and quote cells.
        delimiters: Delimiters,
        /// The columns.
        header: Header,
    },
    /// JSONL.
    Jsonl,
}

/// The columns of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The header row of the file, with its terminator and without a byte order mark; empty if the caller gave the
    /// names.
    pub row: Vec<u8>,
}

impl Layout {
    /// The format of the rows.
    pub fn rows(&self) -> RowFormat {
        match self {
            Layout::Csv { delimiters, .. } => RowFormat::Csv(*delimiters),
            Layout::Jsonl => RowFormat::Jsonl,
        }
    }
}

impl Header {
    /// The header row without its terminator; none if the caller gave the names.
    pub fn line(&self) -> Option<&[u8]> {
        let line = self.row.strip_suffix(b"\n").unwrap_or(&self.row);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (!self.row.is_empty()).then_some(line)
    }

    /// The lines that repeat the header within the file: the one that the file has, or the given names without quotes or
    /// with quotes around each.
    pub fn lines(&self, rows: RowFormat) -> Vec<Vec<u8>> {
        let RowFormat::Csv(delimiters) = rows else {
            return Vec::new();
        };
        if let Some(line) = self.line() {
            return vec![line.to_vec()];
        }
        let delimiter = [delimiters.delimiter()];
        let quote = char::from(delimiters.quote());
        let plain: Vec<&[u8]> = self.names.iter().map(String::as_bytes).collect();
        let quoted: Vec<String> = self
            .names
            .iter()
            .map(|name| format!("{quote}{name}{quote}"))
            .collect();
        let quoted: Vec<&[u8]> = quoted.iter().map(String::as_bytes).collect();
        vec![plain.join(&delimiter[..]), quoted.join(&delimiter[..])]
    }

    /// Creates a header from the cells of the first row.
    pub(super) fn new(
        file: &str,
        bytes: &[u8],
        end: RowEnd,
        cells: &[Cell],
        format: RowFormat,
        encoding: Encoding,
    ) -> Result<Header, InputError> {
        let row = &bytes[..end.content];
        if let Some(error) = json_in_place_of_header(file, row) {
            return Err(error);
        }
        if let Some(stray) = end.stray {
            return Err(text_after_quote(file, row, stray, format));
        }
        let mut names = Vec::with_capacity(cells.len());
        for (index, cell) in cells.iter().enumerate() {
            names.push(name(&cell.text(row), encoding).map_err(|reason| {
                let shown = printable(cell.raw(row), 60);
                let message = format!("{file}:1: the name of column {}, `{shown}`, {reason}", index + 1);
                InputError::input(message).with_hint(Hint::GiveEncoding(encoding))
            })?);
        }
        Ok(Header {
            names,
            row: bytes[..end.next].to_vec(),
        })
    }
}

fn name(cell: &[u8], encoding: Encoding) -> Result<String, String> {
    let mut text = Vec::new();
    encoding
        .decode(cell, &mut text)
        .map_err(|_| format!("is not {encoding}"))?;
    Ok(String::from_utf8(text).expect("decoded text is UTF-8"))
}

/// The error for a header with text after a closing quote; `stray` is the offset of that text.
fn text_after_quote(file: &str, row: &[u8], stray: usize, format: RowFormat) -> InputError {
    let delimiter = match row.get(stray) {
        Some(delimiter @ (b',' | b';' | b'\t' | b'|')) => *delimiter,
        _ => {
            return InputError::input(format!("{file}:1: text follows a closing quote in the header"))
                .with_hint(Hint::Advice("a quote in a quoted name must be doubled"));
        }
    };
    let used = match format {
        RowFormat::Csv(delimiters) => delimiters.delimiter(),
        RowFormat::Jsonl => b',',
    };
    other_delimiter(file, delimiter, used)
}

/// The error for a header with columns that are separated by `delimiter` and not by `used`.
pub(crate) fn other_delimiter(file: &str, delimiter: u8, used: u8) -> InputError {
    let shown = |delimiter| match delimiter {
        b',' => "commas".to_owned(),
        b'\t' => "tabs".to_owned(),
        other => format!("`{}`", char::from(other).escape_default()),
    };
    InputError::input(format!(
        "{file}:1: the columns are separated by {}, not by {}",
        shown(delimiter),
        shown(used)
    ))
    .with_hint(Hint::GiveDelimiter(delimiter))
}

fn json_in_place_of_header(file: &str, row: &[u8]) -> Option<InputError> {
    let row = row.trim_ascii();
    match row.first()? {
        b'{' => {
            let message = format!("{file}:1: the first line is not a CSV header; it looks like JSON");
            Some(InputError::input(message).with_hint(Hint::ReadAs(Format::Jsonl)))
        }
        b'[' if matches!(
            row[1..].trim_ascii_start().first(),
            None | Some(b'{' | b'[' | b'"')
        ) =>
        {
            let message = format!("{file}:1: the first line is not a CSV header; it looks like a JSON array");
            Some(InputError::input(message).with_hint(Hint::ReadJsonAsJsonl))
        }
        _ => None,
    }
}
