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
        }
    }
}

/// A line of an input for display. It is written as `FILE:LINE`, which editors can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The input's display name; `-` for standard input.
    pub input: &'a str,
    /// The physical line, counted from 1.
    pub line: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.input, self.line)
    }
}
