//! What would help against an error of this module, as data: which flag does it is for the command line to say.

use std::num::NonZeroU16;

/// What would help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// To create the missing topic, or to take one of those whose names are near.
    CreateOrPickTopic {
        /// The names of topics that exist, the nearest first; none where there are no others.
        near: Vec<String>,
        /// Those of which the missing name may be a mistyped one; none where no name is so similar.
        similar: Vec<String>,
    },
    /// To grant rights on the topic to the user, or to be another user.
    GrantOrChangeUser {
        /// The rights that the user needs.
        rights: &'static str,
    },
    /// To start an embedded broker, since none is running on this machine.
    StartSandbox {
        /// The topic that it should have.
        topic: String,
    },
    /// To make the topic by other means: these brokers do not know how, as a sandbox's does not.
    CreateElsewhere {
        /// The topic.
        topic: String,
        /// How many partitions it was to have.
        partitions: NonZeroU16,
    },
    /// To trust the CA that signed the brokers' certificates, and to name the brokers as these do.
    CheckCertificate,
    /// To name the brokers, and the protocol where they want TLS or SASL.
    NameBrokers,
}
