//! The outcome of one input of a run.

use std::ffi::OsString;

use super::counts::Counts;
use super::observer::ObservedRow;
use super::stages::{InputNumber, PlannedInput};
use super::start::lines_before_rows;
#[cfg(test)]
use crate::record::LineStart;
use crate::record::{Format, Place, Position};

/// How far an input was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadExtent {
    /// No row, only the part before the first one.
    #[default]
    None,
    /// Some of its rows, or all of them, but not its end.
    Partial,
    /// To its end.
    Complete,
}

impl ReadExtent {
    /// Its name for machines.
    pub fn word(self) -> &'static str {
        match self {
            ReadExtent::None => "none",
            ReadExtent::Partial => "partial",
            ReadExtent::Complete => "complete",
        }
    }
}

/// The outcome of one input.
#[derive(Debug, Clone)]
pub struct FileOutcome {
    /// Its name for people.
    pub name: String,
    /// The argument that names it.
    pub argument: OsString,
    /// Its format.
    pub format: Format,
    /// Bytes read, the header included; decompressed, if it is compressed.
    pub bytes: u64,
    /// Bytes of a compressed file that were read.
    pub(super) compressed_bytes: u64,
    /// Lines read, the header included.
    pub lines: u64,
    /// Blank lines.
    pub blank_lines: u64,
    /// Lines skipped because the dialect says that they are not rows.
    pub skipped_lines: u64,
    /// Its rows by fate, once the run has ended.
    pub counts: Counts,
    /// Where its first row starts.
    pub(super) first_row: Position,
    /// Its length in bytes; none unless it is a regular file.
    pub(super) length: Option<u64>,
    /// How far it was read.
    pub read: ReadExtent,
    /// Rows that start before this line are skipped.
    pub first_line: u64,
    /// The names of its columns.
    columns: Vec<String>,
    /// The input's rows in the blocks that were received, including skipped ones.
    pub(super) rows_seen: u64,
    /// The rows that earlier runs of an exactly-once load read.
    rows_before: u64,
}

/// The part of a [`FileOutcome`] that changes while the input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileProgress {
    bytes: u64,
    compressed_bytes: u64,
    lines: u64,
    blank_lines: u64,
    skipped_lines: u64,
    read: ReadExtent,
    rows_seen: u64,
}

impl FileOutcome {
    pub(super) fn new(planned: &PlannedInput) -> FileOutcome {
        let header = planned.input.header();
        FileOutcome {
            name: planned.input.name.to_string(),
            argument: planned.input.location.argument().to_owned(),
            format: planned.input.format(),
            bytes: header.map_or(0, |header| {
                let encoding = planned.input.encoding;
                encoding.raw_length(&header.preamble) + encoding.raw_length(&header.row)
            }),
            compressed_bytes: 0,
            lines: lines_before_rows(&planned.input),
            blank_lines: 0,
            skipped_lines: header.map_or(0, |header| header.skipped_lines),
            counts: Counts::default(),
            first_row: planned.input.first_row(),
            length: planned.input.length,
            read: ReadExtent::None,
            first_line: planned.first.line,
            columns: header.map_or(Vec::new(), |header| header.names.clone()),
            rows_seen: 0,
            rows_before: 0,
        }
    }

    /// What changes while it is read.
    pub(super) fn progress(&self) -> FileProgress {
        FileProgress {
            bytes: self.bytes,
            compressed_bytes: self.compressed_bytes,
            lines: self.lines,
            blank_lines: self.blank_lines,
            skipped_lines: self.skipped_lines,
            read: self.read,
            rows_seen: self.rows_seen,
        }
    }

    /// Makes it what it was at `progress`.
    pub(super) fn roll_back(&mut self, progress: &FileProgress) {
        self.bytes = progress.bytes;
        self.compressed_bytes = progress.compressed_bytes;
        self.lines = progress.lines;
        self.blank_lines = progress.blank_lines;
        self.skipped_lines = progress.skipped_lines;
        self.read = progress.read;
        self.rows_seen = progress.rows_seen;
    }

    /// Records that reading begins at `position`, which an earlier run reached.
    pub(super) fn resume_at(&mut self, position: &Position) {
        self.bytes = position.decoded_byte;
        self.lines = position.line - 1;
        self.rows_seen = position.row;
        self.rows_before = position.row;
    }

    /// Whether it was read to its end, and there was no row from its first line on, in this run or in an earlier run of
    /// its load.
    pub fn is_empty(&self) -> bool {
        self.read == ReadExtent::Complete && self.counts.read == 0 && self.rows_before == 0
    }

    /// An input from which nothing was read.
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> FileOutcome {
        FileOutcome {
            name: name.to_owned(),
            argument: name.into(),
            format: Format::Csv,
            bytes: 0,
            compressed_bytes: 0,
            lines: 0,
            blank_lines: 0,
            skipped_lines: 0,
            counts: Counts::default(),
            first_row: LineStart::FIRST.of_row(0),
            length: None,
            read: ReadExtent::None,
            first_line: 1,
            columns: Vec::new(),
            rows_seen: 0,
            rows_before: 0,
        }
    }

    pub(super) fn place(&self, position: Position) -> Place<'_> {
        Place {
            input: &self.name,
            line: position.line,
            column: position.column,
        }
    }

    /// A row of the input, for observers.
    pub(super) fn observed<'a>(
        &'a self,
        number: InputNumber,
        position: Position,
        bytes: &'a [u8],
    ) -> ObservedRow<'a> {
        ObservedRow {
            input: &self.name,
            number,
            columns: &self.columns,
            position,
            bytes,
        }
    }
}
