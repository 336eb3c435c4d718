//! How to fix an error of this module, as data; the command line names the flags.

use std::num::NonZeroU16;

/// A way to fix an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Create the missing topic, or use one with a similar name.
    CreateOrPickTopic {
        /// The names of existing topics, the nearest first; empty if there are no other topics.
        near: Vec<String>,
        /// Those that were probably meant; empty if no name is similar enough.
        similar: Vec<String>,
    },
    /// Use a topic with a similar name, to read it.
    PickTopic {
        /// The names of existing topics, the nearest first; empty if there are no topics.
        near: Vec<String>,
        /// Those that were probably meant; empty if no name is similar enough.
        similar: Vec<String>,
    },
    /// Grant the user rights on the topic, or use another user.
    GrantOrChangeUser {
        /// The rights that the user needs, and on what.
        rights: &'static str,
    },
    /// Start an embedded broker, since none is running on this machine.
    StartSandbox {
        /// The topic to create in it.
        topic: String,
    },
    /// Create the topic by other means: these brokers cannot, like that of a sandbox.
    CreateElsewhere {
        /// The topic.
        topic: String,
        /// The number of partitions that it should have.
        partitions: NonZeroU16,
    },
    /// Trust the CA that signed the brokers' certificates.
    TrustedAuthority,
    /// Convert the certificate to PEM.
    CertificateFormat {
        /// The property that names its file.
        property: &'static str,
    },
    /// Use the host names in the brokers' certificates.
    CertificateHost,
    /// Renew the brokers' certificates, or set the clock.
    CertificateTime,
    /// Set a client certificate and its key.
    NameClientCertificate,
    /// Use a client certificate that is valid and that the brokers trust.
    OtherClientCertificate,
    /// Set the password of the client's key.
    KeyPassword,
    /// Use a protocol without SASL, or the port of another listener.
    NoSasl,
    /// Check the user and the password.
    CheckCredentials,
    /// Use a SASL mechanism that the brokers offer.
    ChooseMechanism,
    /// Set the brokers, and the protocol if they expect TLS or SASL.
    NameBrokers,
}
