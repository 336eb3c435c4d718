//! The error that ends a command, with its hint and its exit status.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::config::Config;
use super::exit::Exit;
use super::hints;
use super::hints::schema::Reader;
use super::messages::{self, ErrorLog};
use crate::encode::PlanError;
use crate::input::{InputError, InputErrorKind};
use crate::kafka::{ConnectError, ConnectErrorKind};
use crate::mapping::{BindingError, MapError};
use crate::report::RejectsError;
use crate::sandbox::SandboxError;
use crate::schema::{Hint, RegistryError, RegistryErrorKind, SchemaError};

/// Why a command ended early.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    error: anyhow::Error,
    hint: Option<FailureHint>,
    /// Where the settings in the message come from, if not from the command line.
    origin: Option<String>,
}

#[derive(Debug)]
enum FailureHint {
    Words(String),
    /// Its wording depends on the command.
    Registry(Hint),
}

impl Failure {
    /// A failure described by `message` alone.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure {
            exit,
            error: anyhow::Error::msg(message.into()),
            hint: None,
            origin: None,
        }
    }

    /// A failure with a cause.
    pub(super) fn because(
        exit: Exit,
        message: impl Into<String>,
        cause: impl Error + Send + Sync + 'static,
    ) -> Failure {
        Failure {
            exit,
            error: anyhow::Error::new(cause).context(message.into()),
            hint: None,
            origin: None,
        }
    }

    /// A failure from `error`.
    pub(super) fn of(exit: Exit, error: impl Error + Send + Sync + 'static) -> Failure {
        Failure {
            exit,
            error: anyhow::Error::new(error),
            hint: None,
            origin: None,
        }
    }

    /// The error of this type, if the failure is one.
    pub(super) fn error<E: Error + Send + Sync + 'static>(&self) -> Option<&E> {
        self.error.downcast_ref()
    }

    /// Adds where something in the message comes from.
    pub(super) fn with_origin(mut self, origin: String) -> Failure {
        self.origin = Some(origin);
        self
    }

    /// Adds where the options in the message come from, if configuration files chose them.
    pub(super) fn of_configured(self, config: &Config) -> Failure {
        // It has its own place.
        let has_place = self.origin.is_some() || self.error::<MapError>().is_some();
        let places = config.places_of_options_in(&self.to_string());
        match places.filter(|_| !has_place) {
            Some(places) => self.with_origin(places),
            None => self,
        }
    }

    pub(super) fn with_hint(mut self, hint: Option<impl Into<String>>) -> Failure {
        self.hint = hint.map(|hint| FailureHint::Words(hint.into()));
        self
    }

    /// The exit status of a command; if it failed, its failure is printed.
    pub(super) fn end(done: Result<Exit, Failure>, reader: Reader) -> Exit {
        done.unwrap_or_else(|failure| {
            failure.print(reader, &mut ErrorLog::default());
            failure.exit
        })
    }

    /// The message, and below it the origin and the hint.
    #[cfg(test)]
    pub(super) fn with_all(&self) -> String {
        let hint = match &self.hint {
            Some(FailureHint::Words(words)) => Some(words),
            _ => None,
        };
        let below = self.origin.iter().chain(hint);
        below.fold(messages::with_causes(self.error.as_ref()), |text, line| {
            format!("{text}\n{line}")
        })
    }

    /// Prints the failure, with a hint for this command.
    pub(super) fn print(&self, reader: Reader, log: &mut ErrorLog) {
        let hint = self.hint.as_ref().map(|hint| match hint {
            FailureHint::Words(words) => Cow::Borrowed(words.as_str()),
            FailureHint::Registry(hint) => Cow::Owned(hints::schema::words(hint, reader)),
        });
        let hint = match (&self.origin, hint) {
            (Some(origin), Some(hint)) => Some(Cow::Owned(format!("{origin}; {hint}"))),
            (Some(origin), None) => Some(Cow::Borrowed(origin.as_str())),
            (None, hint) => hint,
        };
        log.error(&messages::with_causes(self.error.as_ref()), hint.as_deref());
    }
}

/// The message, without the hint.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Failure {
        let exit = match error.kind {
            InputErrorKind::Usage => Exit::Usage,
            InputErrorKind::Input | InputErrorKind::Changed => Exit::Input,
        };
        let hint = error.hint.as_ref().map(hints::input::words);
        Failure::of(exit, error).with_hint(hint)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Failure {
        let hint = error.hint.as_ref().map(hints::encode::words);
        Failure::of(Exit::Usage, error).with_hint(hint)
    }
}

impl From<MapError> for Failure {
    fn from(error: MapError) -> Failure {
        let hint = error.hint().map(str::to_owned);
        Failure::of(Exit::Usage, error).with_hint(hint)
    }
}

impl From<BindingError> for Failure {
    fn from(error: BindingError) -> Failure {
        if let BindingError::Map(error) = error {
            return Failure::from(*error);
        }
        let hint = matches!(error, BindingError::NotARecord { .. })
            .then_some("give one column, or JSONL with one such value per line");
        Failure::of(Exit::Usage, error).with_hint(hint)
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Failure {
        Failure::of(Exit::Usage, error)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Failure {
        let exit = match error.kind() {
            RegistryErrorKind::Address | RegistryErrorKind::Settings | RegistryErrorKind::SubjectName => {
                Exit::Usage
            }
            _ => Exit::Unavailable,
        };
        let hint = error.hint().cloned().map(FailureHint::Registry);
        Failure {
            hint,
            ..Failure::of(exit, error)
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Failure {
        let exit = match error.kind() {
            ConnectErrorKind::Config => Exit::Usage,
            _ => Exit::Unavailable,
        };
        let hint = error.hint().map(hints::kafka::words);
        Failure::of(exit, error).with_hint(hint)
    }
}

impl From<RejectsError> for Failure {
    fn from(error: RejectsError) -> Failure {
        let hint = hints::rejects::words(&error).map(str::to_owned);
        let exit = match error {
            // As a run from which another one takes over.
            RejectsError::InUse(_) => Exit::Unavailable,
            _ => Exit::Usage,
        };
        Failure::of(exit, error).with_hint(hint)
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Failure {
        let exit = match error {
            SandboxError::Output(_) => Exit::Input,
            _ if error.is_usage() => Exit::Usage,
            _ => Exit::Unavailable,
        };
        Failure::of(exit, error)
    }
}
