//! An input that cannot be read, or whose rows cannot be told apart.

use std::fmt;

/// What kind of trouble an input makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputErrorKind {
    /// The command line does not say how to read it.
    Usage,
    /// It cannot be opened or read, or its rows cannot be told apart.
    Input,
}

/// Why an input cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// What kind of trouble it is.
    pub kind: InputErrorKind,
    /// Where and what, ready to be shown.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
}

impl InputError {
    pub(super) fn input(message: impl Into<String>) -> InputError {
        InputError {
            kind: InputErrorKind::Input,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn usage(message: impl Into<String>) -> InputError {
        InputError {
            kind: InputErrorKind::Usage,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> InputError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for InputError {}
