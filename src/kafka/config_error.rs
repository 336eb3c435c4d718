//! Why a property of librdkafka cannot be used, as data: how properties are given is for the command line to say.

use std::fmt;

use super::properties::Refusal;

/// A setting that cannot be used: wrong usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// No broker is named.
    NoBroker,
    /// The property is not to be set, or not to this value.
    Refused {
        /// The property as it was given.
        name: String,
        /// Why.
        reason: Refusal,
    },
    /// librdkafka has no property of that name.
    Unknown {
        /// The name as it was given.
        name: String,
        /// The property that was probably meant.
        near: Option<String>,
    },
    /// The name or the value holds a NUL, which no C string can.
    Nul {
        /// The property as it was given.
        name: String,
    },
    /// librdkafka does not take the value.
    Value {
        /// The property as it was given.
        name: String,
        /// The value.
        value: String,
        /// librdkafka's words.
        reason: String,
    },
    /// librdkafka does not take the value, which is a secret; its words may repeat it, and are left out.
    SecretValue {
        /// The property as it was given.
        name: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NoBroker => formatter.write_str("no broker is named"),
            ConfigError::Refused { name, reason } => write!(formatter, "`{name}` is refused: {reason}"),
            ConfigError::Unknown { name, .. } => {
                write!(formatter, "`{name}`: librdkafka has no property of that name")
            }
            ConfigError::Nul { name } => write!(formatter, "`{name}`: a name or value cannot hold a NUL"),
            ConfigError::Value { name, value, reason } => write!(formatter, "`{name}={value}`: {reason}"),
            ConfigError::SecretValue { name } => {
                write!(formatter, "`{name}`: librdkafka does not take this value")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
