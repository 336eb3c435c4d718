//! Positions of rows in an input, in every unit in which they can be found again.
//!
//! A position does not identify the input. Within a run that is the input's number; for display it is its name.

use std::fmt;

/// The start of a row in an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The number of rows before it. The header and blank lines are not rows.
    pub row: u64,
    /// The physical line where it starts, counted from 1.
    pub line: u64,
    /// The number of bytes before it in the decoded input, including a byte order mark.
    ///
    /// Decoding converts UTF-16 to UTF-8; in every other encoding rows keep the bytes of the input.
    pub decoded_byte: u64,
    /// The number of bytes before it in the input itself; none if the input has no such offset to seek to.
    pub raw_byte: Option<u64>,
    /// The column in its line, counted in bytes from 1; none if rows start at the starts of lines.
    pub column: Option<u64>,
}

/// A place in a text, in the order of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The physical line, counted from 1.
    pub line: u64,
    /// The column in the line, counted in bytes from 1.
    pub column: u64,
}

/// The start of a line.
impl From<u64> for LineColumn {
    fn from(line: u64) -> LineColumn {
        LineColumn { line, column: 1 }
    }
}

/// The start of a row in an input whose rows may start anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its line, and its own bytes.
    pub start: LineStart,
    /// As in [`LineColumn`].
    pub column: u64,
}

impl Origin {
    /// The place after `bytes`, which begin here and have this length in the input itself.
    #[must_use]
    pub fn after(self, bytes: &[u8], raw_length: u64) -> Origin {
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        let before = match memchr::memrchr(b'\n', bytes) {
            Some(last) => bytes.len() - last,
            None => self.column as usize + bytes.len(),
        };
        Origin {
            start: LineStart {
                line: self.start.line + lines,
                decoded_byte: self.start.decoded_byte + bytes.len() as u64,
                raw_byte: self.start.raw_byte.map(|byte| byte + raw_length),
            },
            column: before as u64,
        }
    }

    /// The place in the text.
    pub fn place(self) -> LineColumn {
        LineColumn {
            line: self.start.line,
            column: self.column,
        }
    }

    /// The position of a row that starts here, with `row` rows before it.
    pub fn of_row(self, row: u64) -> Position {
        Position {
            column: Some(self.column),
            ..self.start.of_row(row)
        }
    }
}

/// The start of a line in an input, for code that does not know which lines are rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineStart {
    /// As in [`Position`].
    pub line: u64,
    /// As in [`Position`].
    pub decoded_byte: u64,
    /// As in [`Position`].
    pub raw_byte: Option<u64>,
}

impl LineStart {
    /// The start of an input.
    pub const FIRST: LineStart = LineStart {
        line: 1,
        decoded_byte: 0,
        raw_byte: Some(0),
    };

    /// The position of a row that starts here, with `row` rows before it.
    pub fn of_row(self, row: u64) -> Position {
        Position {
            row,
            line: self.line,
            decoded_byte: self.decoded_byte,
            raw_byte: self.raw_byte,
            column: None,
        }
    }
}

/// A line of an input for display, or a place in one. It is written as `FILE:LINE` or `FILE:LINE:COLUMN`, which editors
/// can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The input's display name; `-` for standard input.
    pub input: &'a str,
    /// The physical line, counted from 1.
    pub line: u64,
    /// The column in the line, if it matters; see [`LineColumn`].
    pub column: Option<u64>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.input, self.line)?;
        match self.column {
            Some(column) => write!(formatter, ":{column}"),
            None => Ok(()),
        }
    }
}
