//! What can go wrong between us and the registry, in words for the person who must fix it.
//!
//! What would help is a [`Hint`], without words. Every text that came from a server passes `printable` here or before; credentials never get this far.

use std::error::Error;
use std::fmt;

use super::address::Address;
use super::credentials::RegistryCredentials;
use super::hint::Hint;
use super::settings::RegistrySettings;
use crate::schema::error::Cause;
use crate::schema::printable::printable;
use crate::schema::{SchemaError, SchemaErrorKind};

/// The kind of the fault, for code that depends on it (the exit status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryErrorKind {
    /// The base URL cannot be used.
    Address,
    /// Credentials, a certificate or a key cannot be read or used.
    Settings,
    /// No connection: refused, no such host, no answer to the knock, no TLS.
    Unreachable,
    /// TLS failed: the registry's certificate is not trusted, or the client certificate is missing or refused.
    Untrusted,
    /// Connected, but no whole answer in time.
    TimedOut,
    /// The answer points elsewhere; we do not follow.
    Redirected,
    /// The name cannot be a subject's.
    SubjectName,
    /// The subject is not there (40401), or not any more (40404).
    SubjectMissing,
    /// The subject has no such version (40402), or not any more (40406).
    VersionMissing,
    /// The schema is not there (40403).
    SchemaMissing,
    /// The schema with this id is not one of the subject's.
    SchemaElsewhere,
    /// Something answers there, but no registry.
    NotARegistry,
    /// 401 or 403: credentials are missing or refused.
    Unauthorized,
    /// The schema does not go with the subject's earlier versions (409).
    Incompatible,
    /// The registry refused the request (400, 422 and the like).
    Refused,
    /// The registry is in trouble (5xx, 408, 429), also after the tries we had.
    Failing,
    /// The answer is broken: cut off, not JSON, too large, without what it must have.
    Malformed,
    /// The subject holds JSON Schema or Protobuf.
    NotAvro,
    /// The schemas that it refers to cannot be had, or go round in a circle.
    References,
    /// The registered schema cannot be used.
    Schema(SchemaErrorKind),
}

/// A fault of the registry or on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    kind: RegistryErrorKind,
    message: String,
    hint: Option<Hint>,
    cause: Option<Cause>,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for RegistryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(Cause::error)
    }
}

impl RegistryError {
    pub(super) fn new(kind: RegistryErrorKind, message: String) -> Self {
        Self {
            kind,
            message,
            hint: None,
            cause: None,
        }
    }

    /// The same fault, which this led to. The HTTP client's own errors are no causes: they show URLs, credentials
    /// included.
    pub(super) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause::new(cause));
        self
    }

    pub(super) fn with_hint(mut self, hint: Hint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The same, with more at the end of its message.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }

    /// The same fault, said of what led to it.
    pub(super) fn within(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Which fault it is.
    pub fn kind(&self) -> RegistryErrorKind {
        self.kind
    }

    /// What would help, where something does.
    pub fn hint(&self) -> Option<&Hint> {
        self.hint.as_ref()
    }

    pub(super) fn address(url: &str, why: &str) -> Self {
        Self::new(
            RegistryErrorKind::Address,
            format!("`{url}` cannot be the registry's URL: {why}"),
        )
        .with_hint(Hint::UrlForm)
    }

    pub(super) fn unreachable(address: &Address, settings: &RegistrySettings, why: &str) -> Self {
        let message = format!("no registry answered at {address} ({})", printable(why, 200));
        Self::new(RegistryErrorKind::Unreachable, message).with_hint(Hint::Unreachable {
            environment_proxy: !address.is_loopback() && settings.environment_names_proxy,
        })
    }

    pub(super) fn untrusted(address: &Address, settings: &RegistrySettings, why: &str) -> Self {
        let holds = |words: &[&str]| words.iter().any(|word| why.contains(word));
        if holds(&["wrong version number", "packet length too long"]) {
            return Self::unreachable(address, settings, why).with_hint(Hint::PlainHttp);
        }
        let message = format!(
            "TLS with the registry at {address} failed: {}",
            printable(why, 200)
        );
        let error = Self::new(RegistryErrorKind::Untrusted, message);
        let hint = if holds(&["hostname mismatch", "IP address mismatch"]) {
            Hint::OtherHost
        } else if holds(&[
            "self-signed",
            "self signed",
            "local issuer",
            "issuer certificate",
            "signature failure",
        ]) {
            match settings.tls.ca {
                None => Hint::CaMissing,
                Some(_) => Hint::OtherCa,
            }
        } else if holds(&["expired", "not yet valid"]) {
            Hint::CertificateTime
        } else if holds(&["alert"]) {
            match settings.tls.identity {
                None => Hint::ClientCertificateMissing,
                Some(_) => Hint::ClientCertificateRefused,
            }
        } else {
            return error;
        };
        error.with_hint(hint)
    }

    pub(super) fn timed_out(address: &Address, what: &str) -> Self {
        Self::new(
            RegistryErrorKind::TimedOut,
            format!("the registry at {address} took too long: {what}"),
        )
        .with_hint(Hint::TimedOut)
    }

    pub(super) fn malformed(address: &Address, what: &str) -> Self {
        Self::new(
            RegistryErrorKind::Malformed,
            format!("the registry at {address} sent an invalid response: {what}"),
        )
    }

    pub(super) fn redirected(address: &Address, status: u16, location: &str) -> Self {
        let message =
            format!("{address} redirects to {location} ({status}); redirects of a registry are not followed");
        Self::new(RegistryErrorKind::Redirected, message).with_hint(Hint::Redirected)
    }

    pub(super) fn unauthorized(address: &Address, status: u16, said: &str) -> Self {
        let (what, hint) = match (status, &address.credentials) {
            (403, Some(_)) => (
                "does not permit this user to do that",
                Hint::CredentialsNotAllowed,
            ),
            (_, Some(RegistryCredentials::Token(_))) => ("refused the token", Hint::TokenRefused),
            (_, Some(RegistryCredentials::Basic { .. })) => {
                ("refused the credentials", Hint::CredentialsRefused)
            }
            (_, None) => (
                "requires credentials, but none were given",
                Hint::CredentialsMissing,
            ),
        };
        Self::new(
            RegistryErrorKind::Unauthorized,
            format!("the registry at {address} {what} ({status}{said})"),
        )
        .with_hint(hint)
    }

    pub(super) fn not_a_registry(address: &Address, what: &str) -> Self {
        let hint = if address.has_no_path() {
            Hint::UrlWithoutPath
        } else {
            Hint::UrlPath
        };
        Self::new(
            RegistryErrorKind::NotARegistry,
            format!("no schema registry at {address}: {what}"),
        )
        .with_hint(hint)
    }

    pub(super) fn schema(holder: &str, error: &SchemaError) -> Self {
        Self::new(
            RegistryErrorKind::Schema(error.kind()),
            format!("{holder} cannot be used: {error}"),
        )
        .because(error.clone())
    }
}
