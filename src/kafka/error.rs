//! Errors that prevent the use of Kafka for the whole run.
//!
//! The result of a single message is not an error here but a [`Report`](super::Report).

use std::fmt;

use super::config_error::ConfigError;
use super::hint::Hint;

/// Kafka could not be reached, refused the request, or lacks the topic, or the settings are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectError {
    kind: ConnectErrorKind,
    message: String,
    hint: Option<Hint>,
    config_warnings: Vec<String>,
}

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectErrorKind {
    /// A client property is unknown, wrong or not allowed; a usage error.
    Config,
    /// No broker answered in time.
    Unreachable,
    /// A broker is reachable, but TLS or SASL failed.
    Authentication,
    /// The user is not authorized for an operation on the topic.
    Authorization,
    /// The topic does not exist.
    MissingTopic,
    /// A broker answered with another error.
    Broker,
    /// librdkafka itself cannot be used.
    Library,
}

impl ConnectError {
    /// An error of this kind, with a message for the user.
    pub(super) fn new(kind: ConnectErrorKind, message: impl Into<String>) -> ConnectError {
        ConnectError {
            kind,
            message: message.into(),
            hint: None,
            config_warnings: Vec::new(),
        }
    }

    /// Adds a hint.
    pub(super) fn with_hint(mut self, hint: Hint) -> ConnectError {
        self.hint = Some(hint);
        self
    }

    /// Adds librdkafka's warnings about the configuration, which may be the cause.
    pub(super) fn with_config_warnings(mut self, warnings: &[String]) -> ConnectError {
        self.config_warnings = warnings.to_vec();
        self
    }

    /// librdkafka's warnings about the configuration.
    pub fn config_warnings(&self) -> &[String] {
        &self.config_warnings
    }

    /// What kind of problem it is.
    pub fn kind(&self) -> ConnectErrorKind {
        self.kind
    }

    /// A way to fix it, if one is known.
    pub fn hint(&self) -> Option<&Hint> {
        self.hint.as_ref()
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ConnectError {}

impl From<ConfigError> for ConnectError {
    fn from(error: ConfigError) -> ConnectError {
        ConnectError::new(ConnectErrorKind::Config, error.to_string())
    }
}
