//! The one error that ends a run before it has begun, with its hint and its exit status.

use std::io::Write;

use super::exit::Exit;
use crate::encode::PlanError;
use crate::input::{InputError, InputErrorKind};
use crate::kafka::{PublishError, PublishErrorKind};
use crate::report::RejectsError;
use crate::schema::{RegistryError, RegistryErrorKind, SchemaError};

/// Why nothing was sent.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: Option<impl Into<String>>) -> Failure {
        self.hint = hint.map(Into::into);
        self
    }

    pub(super) fn print(&self) {
        complain(&self.message, self.hint.as_deref());
    }
}

/// Prints an error, and its hint, on standard error.
pub(super) fn complain(message: &str, hint: Option<&str>) {
    say(&format!("error: {message}"));
    if let Some(hint) = hint {
        say(&format!("hint: {hint}"));
    }
}

/// Prints a line on standard error. Where nobody can read it the exit status still tells.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Failure {
        let exit = match error.kind {
            InputErrorKind::Usage => Exit::Usage,
            InputErrorKind::Input => Exit::Input,
        };
        Failure::new(exit, error.message).with_hint(error.hint)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Failure {
        Failure::new(Exit::Usage, error.message).with_hint(error.hint)
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Failure {
        Failure::new(Exit::Usage, error.to_string())
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Failure {
        let exit = match error.kind() {
            RegistryErrorKind::Address | RegistryErrorKind::Settings => Exit::Usage,
            _ => Exit::Surroundings,
        };
        Failure::new(exit, error.to_string()).with_hint(error.hint())
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Failure {
        let exit = match error.kind() {
            PublishErrorKind::Config => Exit::Usage,
            _ => Exit::Surroundings,
        };
        Failure::new(exit, error.to_string()).with_hint(error.hint())
    }
}

impl From<RejectsError> for Failure {
    fn from(error: RejectsError) -> Failure {
        Failure::new(Exit::Usage, error.to_string())
    }
}
