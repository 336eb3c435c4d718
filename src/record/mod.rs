//! Splits rows into their parts.
//!
//! [`RowFormat`] finds where rows end. [`csv`] splits a CSV row into cells, and `json` splits a JSON text into nodes,
//! both as ranges of the row's bytes. `json_rows` says where rows are in JSON that is not one object per line. `mapping` assigns parts to fields, and `encode` interprets them.

pub mod csv;
mod dialect;
pub(crate) mod json;
mod json_extent;
mod json_rows;
mod marks;
mod notation;
mod position;
mod rows;
mod swar;

pub use dialect::{Delimiter, Delimiters, Dialect, HeaderRow};
pub(crate) use json_extent::{JsonExtent, return_in_string};
pub(crate) use json_rows::{Document, RowMemory, RowStep, ShapeFault};
pub use json_rows::{Enclosing, EnclosingStep, EnclosingValue, Framing, JsonShape, RowPath};
pub(crate) use notation::line;
pub use notation::{
    CellNotation, FixedColumn, FixedColumns, LinePattern, Notation, NotationFault, count_characters,
};
pub use position::{LineColumn, LineStart, Origin, Place, Position};
pub(crate) use rows::end_of_line;
pub use rows::{Extent, RowFormat};

/// U+FEFF in UTF-8. It marks the encoding at the beginning of a file, and has no other place there.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The formats of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values, RFC 4180 unless a [`Dialect`] says otherwise.
    Csv,
    /// One JSON object per line.
    Jsonl,
    /// JSON values of any layout: an array of rows, or objects around them.
    Json,
}

impl Format {
    /// The name of the format on the command line and in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Json => "json",
        }
    }
}

/// A row split into its parts, which are ranges of `bytes`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The row as it is in the file, without its line terminator.
    pub(crate) bytes: &'a [u8],
    /// Whether `bytes` is known to be valid UTF-8, so that cells need no further check.
    pub(crate) utf8: bool,
    /// The row's cells or nodes.
    pub(crate) parts: Parts<'a>,
}

/// The parts of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parts<'a> {
    /// The cells of a CSV row.
    Csv(&'a [csv::Cell]),
    /// The nodes of a JSON row, the value of the whole row first.
    Json(&'a [json::Node]),
}
