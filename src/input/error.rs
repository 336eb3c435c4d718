//! Errors of inputs that cannot be read or split into rows.

use std::fmt;
use std::io;

use super::hint::Hint;
use super::identity::Change;

/// The kind of an input error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputErrorKind {
    /// The settings are not enough to read it.
    Usage,
    /// It cannot be opened or read, or it cannot be split into rows.
    Input,
    /// It is no longer the file from which rows were read, so earlier positions in it are not valid any more.
    Changed,
}

/// Why an input cannot be read.
#[derive(Debug)]
pub struct InputError {
    /// The kind of error.
    pub kind: InputErrorKind,
    /// The place and the problem; the operating system's error is the source of this error.
    pub message: String,
    /// How to fix it, if known.
    pub hint: Option<Hint>,
    source: Option<io::Error>,
}

impl InputError {
    pub(super) fn input(message: impl Into<String>) -> InputError {
        InputError {
            kind: InputErrorKind::Input,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    pub(super) fn usage(message: impl Into<String>) -> InputError {
        InputError {
            kind: InputErrorKind::Usage,
            ..InputError::input(message)
        }
    }

    /// The error of a file that was changed during the run; `rows` says which of its rows were read.
    pub(super) fn changed(name: &str, change: Change, rows: impl fmt::Display) -> InputError {
        let kind = match change {
            // The part that was read is still there, unless it was rewritten as well.
            Change::Grown { .. } => InputErrorKind::Input,
            Change::Replaced | Change::Removed | Change::Shrunk { .. } | Change::Rewritten => {
                InputErrorKind::Changed
            }
        };
        InputError {
            kind,
            hint: Some(Hint::Advice(
                "load only files that are complete: write a file under another name and rename it when it is finished",
            )),
            ..InputError::input(format!("{name}: {change} during the run; {rows}"))
        }
    }

    pub(super) fn because_of(mut self, source: io::Error) -> InputError {
        self.source = Some(source);
        self
    }

    pub(super) fn with_hint(mut self, hint: Hint) -> InputError {
        self.hint = Some(hint);
        self
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}
