//! An input that cannot be read, or whose rows cannot be told apart.

use std::fmt;

/// What kind of trouble an input makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// The command line does not say how to read it.
    Usage,
    /// It cannot be opened or read, or its rows cannot be told apart.
    Input,
}

/// Why an input cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// What kind of trouble it is.
    pub kind: SourceErrorKind,
    /// Where and what, ready to be shown.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
}

impl SourceError {
    pub(super) fn input(message: impl Into<String>) -> SourceError {
        SourceError {
            kind: SourceErrorKind::Input,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn usage(message: impl Into<String>) -> SourceError {
        SourceError {
            kind: SourceErrorKind::Usage,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> SourceError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for SourceError {}
