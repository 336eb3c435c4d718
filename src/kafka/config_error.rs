//! Why a property of librdkafka cannot be used, as data: how properties are given is for the command line to say.

use std::fmt;

use super::properties::Refusal;
use crate::escape::printable;

/// A setting that cannot be used: wrong usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// No broker is named.
    NoBroker,
    /// A broker's address cannot be one.
    Broker {
        /// The address, without a password that may be part of it.
        server: String,
        /// What is wrong with it.
        fault: BrokerFault,
    },
    /// The protocol is SASL, and nothing says by which mechanism.
    NoMechanism,
    /// SASL by a mechanism that this build does not have.
    Mechanism {
        /// The mechanism.
        mechanism: String,
    },
    /// SASL by a mechanism that wants these properties.
    NoCredentials {
        /// The mechanism.
        mechanism: String,
        /// The properties that are missing.
        missing: Vec<&'static str>,
    },
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
    /// The property belongs to Java's clients.
    OfJava {
        /// The property as it was given.
        name: String,
        /// What stands for it here.
        instead: &'static str,
    },
}

/// What is wrong with a broker's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerFault {
    /// It is a URL, or a part of one.
    Url,
    /// The port is not one.
    Port,
    /// There is no host before the port.
    NoHost,
    /// An IPv6 address without brackets.
    Ipv6,
    /// There is a blank in it.
    Blank,
}

impl fmt::Display for BrokerFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            BrokerFault::Url => "a broker is named as HOST:PORT, not by a URL",
            BrokerFault::Port => "the port must be a number between 1 and 65535",
            BrokerFault::NoHost => "there is no host before the port",
            BrokerFault::Ipv6 => "an IPv6 address is written in brackets, `[::1]:9092`",
            BrokerFault::Blank => "brokers are separated by commas, without blanks within an address",
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
                formatter.write_str("the security protocol is SASL, and `sasl.mechanism` is not set")
            }
            ConfigError::Mechanism { mechanism } => write!(
                formatter,
                "`sasl.mechanism={mechanism}` is not supported: this build has PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512"
            ),
            ConfigError::NoCredentials { mechanism, missing } => write!(
                formatter,
                "`sasl.mechanism={mechanism}` needs `{}`, which {} not set",
                missing.join("` and `"),
                if missing.len() == 1 { "is" } else { "are" }
            ),
            ConfigError::OfJava { name, instead } => {
                write!(formatter, "`{name}` is a property of Java's clients: {instead}")
            }
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
