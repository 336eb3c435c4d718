//! Pure functions on text: what the expressions of a mapping call.
//!
//! Each function reads the text of a cell and appends its result, which is text too, to a buffer of the caller; the
//! field's type then reads that result as it would read a CSV cell. So nothing here knows types, units or zones, and no
//! digit is dropped: the field's own rules decide what happens to digits that it cannot keep. What depends on the
//! mapping alone (a format, a pattern) is compiled once. A function that succeeds does not allocate, except where its
//! documentation says so; one that fails leaves the buffer unchanged.

pub mod arithmetic;
mod capture;
mod clock;
mod date_format;
mod key_value;
mod number_format;
mod shift;
pub mod text;

use std::fmt;

use crate::escape::printable;

pub use capture::Capture;
pub use clock::seconds_of_day;
pub use date_format::DateFormat;
pub use key_value::KeyValue;
pub use number_format::{Negative, NumberFormat, SeparatorError, implied};
pub use shift::TimeShift;

/// Why a function has no result for a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFault {
    /// What is wrong.
    pub kind: FunctionFaultKind,
    /// What was expected, and at which character of the text, counted from 1.
    pub reason: String,
    /// The byte of the text at which it is wrong, from 0, where that is known.
    pub at: Option<usize>,
}

/// What is wrong with the text that a function was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionFaultKind {
    /// It does not follow the date format, or it is a date or a time that does not exist.
    NotATime,
    /// It does not have the form of a number.
    NotANumber,
    /// It is a number, but beyond a limit.
    OutOfRange,
    /// The pattern does not match it.
    NoMatch,
    /// It has the key more than once.
    RepeatedKey,
    /// It is too short or empty, or the result would be too long.
    Length,
    /// It is not UTF-8.
    NotUtf8,
}

impl FunctionFault {
    #[cold]
    fn new(kind: FunctionFaultKind, reason: impl Into<String>) -> Box<FunctionFault> {
        let reason = reason.into();
        Box::new(FunctionFault {
            kind,
            reason,
            at: None,
        })
    }

    #[cold]
    fn at(mut self: Box<FunctionFault>, at: usize) -> Box<FunctionFault> {
        self.at = Some(at);
        self
    }
}

impl fmt::Display for FunctionFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for FunctionFault {}

/// A format or a pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatError {
    /// The byte of the format or the pattern at which the error is, from 0.
    pub offset: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for FormatError {}

/// Maximum number of characters of a text that a reason shows.
const SHOWN: usize = 40;

/// The text of a reason: escaped and cut.
fn shown(text: &[u8]) -> String {
    printable(text, SHOWN).into_owned()
}

/// The character at this byte of the text, counted from 1, for people.
fn position(text: &[u8], at: usize) -> usize {
    String::from_utf8_lossy(&text[..at]).chars().count() + 1
}

/// The text, if it is UTF-8.
#[inline]
fn utf8(text: &[u8]) -> Result<&str, Box<FunctionFault>> {
    std::str::from_utf8(text).map_err(|error| {
        let byte = error.valid_up_to() + 1;
        FunctionFault::new(
            FunctionFaultKind::NotUtf8,
            format!("expected UTF-8, but byte {byte} is not"),
        )
    })
}
