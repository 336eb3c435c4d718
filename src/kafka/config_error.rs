//! Why a librdkafka property cannot be used, as data. The command line adds the flag that set it.

use std::fmt;

use super::properties::Refusal;
use crate::escape::printable;

/// A setting that cannot be used; a usage error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// The list of brokers is empty.
    NoBroker,
    /// The address of a broker is invalid.
    Broker {
        /// The address, without the password that it may contain.
        server: String,
        /// What is wrong with it.
        fault: BrokerFault,
    },
    /// The protocol is SASL, but no mechanism is set.
    NoMechanism,
    /// This build does not support the SASL mechanism.
    Mechanism {
        /// The mechanism.
        mechanism: String,
    },
    /// The SASL mechanism needs properties that are not set.
    NoCredentials {
        /// The mechanism.
        mechanism: String,
        /// The properties that are missing.
        missing: Vec<&'static str>,
    },
    /// A client certificate is set without its key, or a key without its certificate.
    HalfCertificate {
        /// The property that is set.
        given: &'static str,
        /// The property that is missing.
        missing: &'static str,
    },
    /// The property must not be set, or not to this value.
    Refused {
        /// The property as it was given.
        name: String,
        /// Why.
        reason: Refusal,
    },
    /// librdkafka has no such property.
    Unknown {
        /// The name as it was given.
        name: String,
        /// The property that was probably meant, if any.
        near: Option<String>,
    },
    /// The name or the value contains a NUL, which a C string cannot.
    Nul {
        /// The property as it was given.
        name: String,
    },
    /// librdkafka does not accept the value.
    Value {
        /// The property as it was given.
        name: String,
        /// The value.
        value: String,
        /// librdkafka's message.
        reason: String,
    },
    /// librdkafka does not accept the value, which is a secret. librdkafka's message may repeat it and is left out.
    SecretValue {
        /// The property as it was given.
        name: String,
    },
    /// The property is one of Java clients.
    OfJava {
        /// The property as it was given.
        name: String,
        /// What to use instead.
        instead: &'static str,
    },
}

/// What is wrong with a broker's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerFault {
    /// It is a URL or part of one.
    Url,
    /// The port is invalid.
    Port,
    /// The host is missing.
    NoHost,
    /// It is an IPv6 address without brackets.
    Ipv6,
    /// It contains a space.
    Blank,
}

impl fmt::Display for BrokerFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            BrokerFault::Url => "expected HOST:PORT, not a URL",
            BrokerFault::Port => "the port must be a number between 1 and 65535",
            BrokerFault::NoHost => "the host before the port is missing",
            BrokerFault::Ipv6 => "an IPv6 address must be in brackets, as in `[::1]:9092`",
            BrokerFault::Blank => "an address cannot contain spaces; separate brokers by commas",
        })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NoBroker => formatter.write_str("no broker is named"),
            ConfigError::Broker { server, fault } => {
                let server = printable(server.as_bytes(), 200);
                write!(formatter, "broker `{server}`: {fault}")
            }
            ConfigError::NoMechanism => {
                formatter.write_str("the security protocol is SASL, but `sasl.mechanism` is not set")
            }
            ConfigError::Mechanism { mechanism } => write!(
                formatter,
                "`sasl.mechanism={mechanism}` is not supported: this build supports PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512"
            ),
            ConfigError::NoCredentials { mechanism, missing } => write!(
                formatter,
                "`sasl.mechanism={mechanism}` needs `{}`, which {} not set",
                missing.join("` and `"),
                if missing.len() == 1 { "is" } else { "are" }
            ),
            ConfigError::HalfCertificate { given, missing } => {
                write!(formatter, "`{given}` is set, but `{missing}` is not")
            }
            ConfigError::OfJava { name, instead } => {
                write!(formatter, "`{name}` is a property of Java clients: {instead}")
            }
            ConfigError::Refused { name, reason } => write!(formatter, "`{name}` is refused: {reason}"),
            ConfigError::Unknown { name, .. } => {
                write!(formatter, "`{name}`: librdkafka has no property with that name")
            }
            ConfigError::Nul { name } => write!(formatter, "`{name}`: a name or value cannot contain a NUL"),
            ConfigError::Value { name, value, reason } => write!(formatter, "`{name}={value}`: {reason}"),
            ConfigError::SecretValue { name } => {
                write!(formatter, "`{name}`: librdkafka does not accept this value")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
