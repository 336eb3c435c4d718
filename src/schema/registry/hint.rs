//! Remedies for errors of the registry or of the connection to it, as data: the caller chooses the words and the
//! options.

use std::path::Path;

use super::secret_file;
use crate::nearest::similar;
use crate::schema::printable::printable;

/// A remedy. Its texts are safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Write the URL in the usual form.
    UrlForm,
    /// The base URL lacks the path that some registries require.
    UrlWithoutPath,
    /// The host or the path of the base URL may be wrong.
    UrlPath,
    /// Start a registry, use another one, or work without one.
    Unreachable {
        /// Whether the request used a proxy from the environment.
        environment_proxy: bool,
    },
    /// Try again, or work without a registry.
    TimedOut,
    /// Try again later, or work without a registry.
    Failing,
    /// Use the target of the redirect.
    Redirected,

    /// The server speaks HTTP without TLS.
    PlainHttp,
    /// The server may speak TLS, but the URL is without.
    PerhapsHttps,
    /// The certificate names another host than the URL.
    OtherHost,
    /// Name the CA that signed the registry's certificate.
    CaMissing,
    /// The given CA did not sign it.
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

    /// Pass credentials.
    CredentialsMissing,
    /// These credentials are valid but not authorized: pass others.
    CredentialsNotAllowed,
    /// User or password are wrong.
    CredentialsRefused,
    /// The token is wrong or expired.
    TokenRefused,
    /// Name a file that contains the secret, instead of the secret.
    SecretForFileName,

    /// The name is not valid for a subject: use another.
    SubjectName,
    /// The subject does not exist: register a schema, name another subject, or work without a registry.
    SubjectMissing(KnownSubjects),
    /// The subject has only these versions, as far as known: name another, or work without a registry.
    VersionMissing(Vec<u32>),
    /// Name another subject, or work without a registry.
    OtherSubject,
    /// A deleted schema can be registered again.
    Deleted,
    /// The id may be from another registry.
    IdMissing,
    /// Another subject has the id; the given one does not.
    IdOfSubject {
        /// A subject that has it.
        subject: String,
        /// The version of that subject.
        version: u32,
    },
    /// The subject of the id is unknown: name only the id, or only the subject.
    IdOfNoSubject,
    /// Name a subject with an Avro schema.
    NotAvro,
    /// Make the schema compatible, or register it elsewhere.
    Incompatible,
    /// The registry or the subject does not accept changes now.
    ReadOnly,
}

/// What is known about the subjects of a registry in which one is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownSubjects {
    /// Nothing: the registry does not list them.
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

/// A warning about the settings, before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryWarning {
    /// Credentials are sent over the network as plain text.
    PlainCredentials {
        /// The registry's address.
        address: String,
    },
    /// There are files for TLS, but no URL is `https`.
    UnusedTls,
    /// Every user of the machine can read a file with a secret.
    ReadableByAll {
        /// The file, safe for a terminal.
        path: String,
    },
}

impl RegistryWarning {
    /// The warning for a file with a secret, if others can read it.
    pub fn of_secret_file(path: &Path) -> Option<RegistryWarning> {
        secret_file::is_readable_by_all(path).then(|| RegistryWarning::ReadableByAll {
            path: printable(&path.display().to_string(), 300),
        })
    }
}
