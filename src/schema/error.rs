//! Why a schema cannot be used.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::printable::printable;

/// The kind of fault in a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaErrorKind {
    /// The file could not be read.
    Unreadable,
    /// The text is not JSON.
    NotJson,
    /// It is nested too deeply.
    TooDeep,
    /// A value of one of its types is larger than can be written.
    TooLarge,
    /// A record must contain itself, so it has no values.
    WithoutEnd,
    /// It refers to a type that neither it nor its references define.
    UndefinedType,
    /// It is JSON, but not an Avro schema.
    NotAvro,
}

/// The cause of an error. Two causes are equal if their texts are: errors of the operating system cannot be compared.
#[derive(Debug, Clone)]
pub(super) struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub(super) fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    pub(super) fn error(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Cause {}

/// A schema that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    kind: SchemaErrorKind,
    message: String,
    /// Line and column of a syntax error.
    position: Option<(usize, usize)>,
    file: Option<String>,
    cause: Option<Cause>,
}

impl SchemaError {
    pub(super) fn new(kind: SchemaErrorKind, message: String) -> Self {
        Self {
            kind,
            message,
            position: None,
            file: None,
            cause: None,
        }
    }

    /// The same error, with this cause.
    pub(super) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause::new(cause));
        self
    }

    /// The position is separate from the reason, so that it can be written after the file name, as editors expect.
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let reason = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(reason, _)| reason);
        let mut fault = Self::new(
            SchemaErrorKind::NotJson,
            format!("not JSON: {}", printable(reason, 200)),
        );
        fault.position = Some((error.line(), error.column()));
        fault
    }

    /// The kind of the error, for code that depends on it.
    pub fn kind(&self) -> SchemaErrorKind {
        self.kind
    }

    /// The same error, with the name of the file.
    pub(super) fn in_file(mut self, path: &str) -> Self {
        self.file = Some(printable(path, 300));
        self
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position) {
            (Some(file), Some((line, column))) => {
                write!(formatter, "{file}:{line}:{column}: {}", self.message)
            }
            (Some(file), None) => write!(formatter, "{file}: {}", self.message),
            (None, Some((line, column))) => {
                write!(formatter, "{} at line {line} column {column}", self.message)
            }
            (None, None) => formatter.write_str(&self.message),
        }
    }
}

impl Error for SchemaError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(Cause::error)
    }
}
