//! Why Kafka cannot be used at all: one error for the whole run.
//!
//! What becomes of single messages is not an error here but a [`Report`](super::Report).

use std::fmt;

use super::config_error::ConfigError;
use super::hint::Hint;

/// Kafka could not be reached, refused, or lacks the topic; or the settings do not fit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectError {
    kind: ConnectErrorKind,
    message: String,
    hint: Option<Hint>,
    config_warnings: Vec<String>,
}

/// What kind of thing must be fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectErrorKind {
    /// A client property is unknown, wrong or refused: wrong usage.
    Config,
    /// No broker answered in time.
    Unreachable,
    /// TLS or SASL failed: a broker is there, and authentication with it failed.
    Authentication,
    /// The user lacks a right on the topic.
    Authorization,
    /// The topic does not exist.
    MissingTopic,
    /// A broker answered with an error that is none of the others.
    Broker,
    /// librdkafka itself is not fit for use.
    Library,
}

impl ConnectError {
    /// An error of this kind, with what the user is to read.
    pub(super) fn new(kind: ConnectErrorKind, message: impl Into<String>) -> ConnectError {
        ConnectError {
            kind,
            message: message.into(),
            hint: None,
            config_warnings: Vec::new(),
        }
    }

    /// The same error with advice.
    pub(super) fn with_hint(mut self, hint: Hint) -> ConnectError {
        self.hint = Some(hint);
        self
    }

    /// The same error with librdkafka's warnings about the configuration: they may be its cause.
    pub(super) fn with_config_warnings(mut self, warnings: &[String]) -> ConnectError {
        self.config_warnings = warnings.to_vec();
        self
    }

    /// librdkafka's warnings about the configuration.
    pub fn config_warnings(&self) -> &[String] {
        &self.config_warnings
    }

    /// What kind of thing must be fixed.
    pub fn kind(&self) -> ConnectErrorKind {
        self.kind
    }

    /// What would help, if something is known to.
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
