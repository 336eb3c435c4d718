//! Why messages cannot be published at all: one error for the whole run.
//!
//! What befalls single messages is not an error here but a [`FailedDelivery`](super::FailedDelivery).

use std::fmt;

use super::config::ConfigError;

/// Kafka could not be reached, refused, or lacks the topic; or the settings do not fit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishError {
    kind: PublishErrorKind,
    message: String,
    hint: Option<String>,
}

/// What kind of thing must be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishErrorKind {
    /// A client property is unknown, wrong or refused: wrong usage.
    Config,
    /// No broker answered in time.
    Unreachable,
    /// TLS or SASL failed: a broker is there and does not let us in.
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

impl PublishError {
    /// An error of this kind, with what the user is to read.
    pub(super) fn new(kind: PublishErrorKind, message: impl Into<String>) -> PublishError {
        PublishError {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// The same error with advice.
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> PublishError {
        self.hint = Some(hint.into());
        self
    }

    /// What kind of thing must be mended.
    pub fn kind(&self) -> PublishErrorKind {
        self.kind
    }

    /// What the user can do about it, if a flag helps.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PublishError {}

impl From<ConfigError> for PublishError {
    fn from(error: ConfigError) -> PublishError {
        let hint = error.hint().map(str::to_owned);
        PublishError {
            kind: PublishErrorKind::Config,
            message: error.to_string(),
            hint,
        }
    }
}
