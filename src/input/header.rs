//! The columns of a CSV input.

use super::decode::Encoding;
use super::error::InputError;
use super::hint::Hint;
use crate::escape::printable;
use crate::record::csv::{Cell, RowEnd};
use crate::record::{Format, Place, RowFormat};

/// The layout of the rows of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// CSV.
    Csv {
        /// How rows are written.
        rows: RowFormat,
        /// The columns.
        header: Header,
    },
    /// JSON.
    Json {
        /// Where the rows are.
        rows: RowFormat,
    },
}

/// The columns of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The header row of the file, with its terminator and without a byte order mark; empty if the caller gave the
    /// names.
    pub row: Vec<u8>,
    /// The lines before the header or, if the caller gave the names, before the first row: those that the dialect skips
    /// by number, comments, and lines that match a pattern. Without a byte order mark.
    pub preamble: Vec<u8>,
    /// How many lines these are.
    pub skipped_lines: u64,
}

impl Layout {
    /// The format of the rows.
    pub fn rows(&self) -> RowFormat {
        match self {
            Layout::Csv { rows, .. } | Layout::Json { rows } => rows.clone(),
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

    /// The line of the header, or of the first row if the caller gave the names.
    pub fn line_number(&self) -> u64 {
        self.skipped_lines + 1
    }

    /// The lines that repeat the header within the file: the one that the file has, or the given names without quotes or
    /// with quotes around each.
    pub fn lines(&self, rows: &RowFormat) -> Vec<Vec<u8>> {
        let Some(delimiter) = rows.delimiter() else {
            return Vec::new();
        };
        if let Some(line) = self.line() {
            return vec![line.to_vec()];
        }
        let plain: Vec<&[u8]> = self.names.iter().map(String::as_bytes).collect();
        let mut lines = vec![plain.join(&delimiter[..])];
        if let Some(quote) = rows.quote().map(char::from) {
            let quoted = self.names.iter().map(|name| format!("{quote}{name}{quote}"));
            let quoted: Vec<Vec<u8>> = quoted.map(String::into_bytes).collect();
            lines.push(quoted.join(&delimiter[..]));
        }
        lines
    }

    /// Creates a header from the cells of the row on this line.
    pub(super) fn new(
        place: Place<'_>,
        bytes: &[u8],
        end: RowEnd,
        cells: &[Cell],
        format: &RowFormat,
        encoding: Encoding,
    ) -> Result<Header, InputError> {
        let row = &bytes[..end.content];
        if let Some(error) = json_in_place_of_header(place, row) {
            return Err(error);
        }
        if let Some(stray) = end.stray {
            return Err(text_after_quote(place, row, stray, format));
        }
        let mut names = Vec::with_capacity(cells.len());
        for (index, cell) in cells.iter().enumerate() {
            names.push(name(&cell.text(row), encoding).map_err(|reason| {
                let shown = printable(cell.raw(row), 60);
                let message = format!("{place}: the name of column {}, `{shown}`, {reason}", index + 1);
                InputError::input(message).with_hint(Hint::GiveEncoding(encoding))
            })?);
        }
        Ok(Header {
            names,
            row: bytes[..end.next].to_vec(),
            preamble: Vec::new(),
            skipped_lines: place.line - 1,
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
fn text_after_quote(place: Place<'_>, row: &[u8], stray: usize, format: &RowFormat) -> InputError {
    let delimiter = match row.get(stray) {
        Some(delimiter @ (b',' | b';' | b'\t' | b'|')) => *delimiter,
        _ => {
            return InputError::input(format!("{place}: text follows a closing quote in the header"))
                .with_hint(Hint::Advice("a quote in a quoted name must be doubled"));
        }
    };
    other_delimiter(place, delimiter, &format.delimiter().unwrap_or_default())
}

/// The error for a header with columns that are separated by `delimiter` and not by `used`.
pub(crate) fn other_delimiter(place: Place<'_>, delimiter: u8, used: &[u8]) -> InputError {
    let shown = |delimiter: &[u8]| match delimiter {
        b"," => "commas".to_owned(),
        b"\t" => "tabs".to_owned(),
        other => format!("`{}`", other.escape_ascii()),
    };
    InputError::input(format!(
        "{place}: the columns are separated by {}, not by {}",
        shown(&[delimiter]),
        shown(used)
    ))
    .with_hint(Hint::GiveDelimiter(delimiter))
}

fn json_in_place_of_header(place: Place<'_>, row: &[u8]) -> Option<InputError> {
    let row = row.trim_ascii();
    match row.first()? {
        b'{' => {
            let message = format!("{place}: the first line is not a CSV header; it looks like JSON");
            Some(InputError::input(message).with_hint(Hint::ReadAs(Format::Jsonl)))
        }
        b'[' if matches!(
            row[1..].trim_ascii_start().first(),
            None | Some(b'{' | b'[' | b'"')
        ) =>
        {
            let message = format!("{place}: the first line is not a CSV header; it looks like a JSON array");
            Some(InputError::input(message).with_hint(Hint::ReadAsOneOfJson))
        }
        _ => None,
    }
}
