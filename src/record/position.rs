//! Where in an input a row starts, in all the units in which it can be found again.
//!
//! A position does not say which input it is in: within a run that is the input's number, and for people its name.

use std::fmt;

/// Where in an input a row starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The rows of the input before it. Neither the header nor a blank line is a row.
    pub row: u64,
    /// The physical line on which it starts, from 1.
    pub line: u64,
    /// The bytes before it once the input is decoded, a byte order mark included.
    ///
    /// Decoding makes UTF-8 of UTF-16; in every other encoding rows keep the input's own bytes.
    pub decoded_byte: u64,
    /// The bytes of the input itself before it; none where no such byte exists to go back to.
    pub raw_byte: Option<u64>,
}

/// Where in an input a line starts, for those who see lines but cannot know which of them are rows.
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

    /// The position of a row that starts here and has `row` rows before it.
    pub fn of_row(self, row: u64) -> Position {
        Position {
            row,
            line: self.line,
            decoded_byte: self.decoded_byte,
            raw_byte: self.raw_byte,
        }
    }
}

/// A line of an input as it is shown to people: written `FILE:LINE`, so that an editor opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The input's name for people; `-` for standard input.
    pub input: &'a str,
    /// The physical line, from 1.
    pub line: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.input, self.line)
    }
}
