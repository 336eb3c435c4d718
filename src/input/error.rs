//! An input that cannot be read, or whose rows cannot be separated.

use std::fmt;
use std::io;

use super::hint::Hint;
use super::identity::Change;

/// What kind of trouble an input makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputErrorKind {
    /// The settings do not say how to read it.
    Usage,
    /// It cannot be opened or read, or its rows cannot be separated.
    Input,
    /// It is not the file any more whose rows were read, so no position in it means what it meant.
    Changed,
}

/// Why an input cannot be read.
#[derive(Debug)]
pub struct InputError {
    /// What kind of trouble it is.
    pub kind: InputErrorKind,
    /// Where and what; the operating system's reason is the source of the error.
    pub message: String,
    /// What would help.
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

    /// A file was changed during the run; `rows` says which of its rows were read.
    pub(super) fn changed(name: &str, change: Change, rows: impl fmt::Display) -> InputError {
        let kind = match change {
            // What was read of it is still there, unless it was rewritten as well.
            Change::Grown { .. } => InputErrorKind::Input,
            Change::Replaced | Change::Removed | Change::Shrunk { .. } | Change::Rewritten => {
                InputErrorKind::Changed
            }
        };
        InputError {
            kind,
            hint: Some(Hint::Advice(
                "load files that nobody writes to: write a file under another name and rename it once it is complete",
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
