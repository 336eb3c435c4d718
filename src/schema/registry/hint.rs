//! What would help where the registry or the way to it is at fault, without the words: how it is said, and with
//! which options, is up to the caller.

use std::path::Path;

use super::secret_file;
use crate::nearest::similar;
use crate::schema::printable::printable;

/// What would help. Text in it is fit for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Write the URL as registries' are written.
    UrlForm,
    /// The base URL lacks the path that some registries have.
    UrlWithoutPath,
    /// The base URL's host or path may be another registry's.
    UrlPath,
    /// Start a registry, ask another one, or go without.
    Unreachable {
        /// Whether the request used a proxy from the environment.
        environment_proxy: bool,
    },
    /// Ask again, or go without a registry.
    TimedOut,
    /// Ask again later, or go without a registry.
    Failing,
    /// Ask where the redirect leads.
    Redirected,

    /// The server speaks HTTP without TLS.
    PlainHttp,
    /// The certificate names another host than the URL.
    OtherHost,
    /// Name the CA that signed the registry's certificate.
    CaMissing,
    /// The CA that is named did not sign it.
    OtherCa,
    /// The certificate is not valid at this time.
    CertificateTime,
    /// The registry may require a client certificate.
    ClientCertificateMissing,
    /// The registry refuses the client certificate.
    ClientCertificateRefused,
    /// Convert a CA from DER.
    CaFormat,
    /// Convert a key to PKCS#8.
    KeyFormat,

    /// Give credentials.
    CredentialsMissing,
    /// These credentials are known but not allowed: give others.
    CredentialsNotAllowed,
    /// User or password are wrong.
    CredentialsRefused,
    /// The token is wrong or expired.
    TokenRefused,
    /// Name a file that holds the secret, not the secret.
    SecretForFileName,

    /// The name cannot be a subject's: give another.
    SubjectName,
    /// The subject is not there: register a schema, name another subject, or go without a registry.
    SubjectMissing(KnownSubjects),
    /// The subject has these versions only, as far as is known: name another, or go without a registry.
    VersionMissing(Vec<u32>),
    /// Name another subject, or go without a registry.
    OtherSubject,
    /// What is deleted can be registered again.
    Deleted,
    /// The id may be another registry's.
    IdMissing,
    /// The id is this subject's; the subject that was named does not have it.
    IdOfSubject {
        /// A subject that has it.
        subject: String,
        /// The version there.
        version: u32,
    },
    /// The subject of the id is unknown: name only the id, or only the subject.
    IdOfNoSubject,
    /// Name a subject that holds an Avro schema.
    NotAvro,
    /// Make the schema compatible, or register it elsewhere.
    Incompatible,
    /// The registry or the subject does not accept changes now.
    ReadOnly,
}

/// What is known of the subjects of a registry that lacks one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownSubjects {
    /// Nothing: it does not say.
    Unknown,
    /// There are none.
    None,
    /// The names closest to the requested one; the list may be empty.
    Nearest(Vec<String>),
}

impl KnownSubjects {
    pub(super) fn near(wanted: &str, subjects: &[String]) -> Self {
        if subjects.is_empty() {
            return Self::None;
        }
        let nearest = similar(wanted, subjects);
        Self::Nearest(nearest.iter().map(|name| printable(name, 200)).collect())
    }
}

/// What a user should know of the settings before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryWarning {
    /// Credentials go over the network as they are.
    PlainCredentials {
        /// The registry's address.
        address: String,
    },
    /// There are files for TLS, and no URL is `https`.
    UnusedTls,
    /// Every user of the machine can read a file that holds a secret.
    ReadableByAll {
        /// The file, fit for a terminal.
        path: String,
    },
}

impl RegistryWarning {
    /// The warning that a file with a secret deserves, by who can read it.
    pub fn of_secret_file(path: &Path) -> Option<RegistryWarning> {
        secret_file::is_readable_by_all(path).then(|| RegistryWarning::ReadableByAll {
            path: printable(&path.display().to_string(), 300),
        })
    }
}
