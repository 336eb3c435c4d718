//! A row as its parts.
//!
//! [`RowFormat`] finds where rows end. [`csv`] splits a CSV row into cells and `json` a JSON text into nodes, both
//! as ranges into the row's own bytes. Which part feeds which field is left to `mapping`, and what a cell *means* to `encode`.

pub mod csv;
mod dialect;
pub(crate) mod json;
mod position;
mod rows;
mod swar;

pub use dialect::{Delimiters, Dialect, HeaderRow};
pub use position::{LineStart, Place, Position};
pub use rows::{Extent, RowFormat};

/// The formats that rows come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values, RFC 4180 unless a [`Dialect`] says otherwise.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// The word that names the format on the command line and in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        }
    }
}

/// A row as its parts, all of them ranges into `bytes`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The row as it is in the file, without its line terminator.
    pub(crate) bytes: &'a [u8],
    /// Whether `bytes` is known to be valid UTF-8, so that cells need no check of their own.
    pub(crate) utf8: bool,
    /// The row's cells or nodes.
    pub(crate) parts: Parts<'a>,
}

/// The parts of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parts<'a> {
    /// The cells of a CSV row.
    Csv(&'a [csv::Cell]),
    /// The nodes of a JSON row, the row's own value first.
    Json(&'a [json::Node]),
}
