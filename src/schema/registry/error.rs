//! Errors of the registry and of the connection to it, described for users.
//!
//! The remedy is a [`Hint`], which is data. Every text from a server is made printable here or before; credentials
//! never get this far.

use std::error::Error;
use std::fmt;

use super::address::Address;
use super::credentials::RegistryCredentials;
use super::hint::Hint;
use super::settings::RegistrySettings;
use crate::schema::error::Cause;
use crate::schema::printable::printable;
use crate::schema::{SchemaError, SchemaErrorKind};

/// The kind of the error, for code that depends on it (the exit status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryErrorKind {
    /// The base URL cannot be used.
    Address,
    /// Credentials, a certificate or a key cannot be read or used.
    Settings,
    /// No connection: refused, no such host, no response, no TLS.
    Unreachable,
    /// TLS failed: the registry's certificate is not trusted, or the client certificate is missing or refused.
    Untrusted,
    /// Connected, but no complete response in time.
    TimedOut,
    /// The response is a redirect, which is not followed.
    Redirected,
    /// The name is not valid for a subject.
    SubjectName,
    /// The subject does not exist (40401), or was deleted (40404).
    SubjectMissing,
    /// The subject has no such version (40402), or it was deleted (40406).
    VersionMissing,
    /// The schema does not exist (40403).
    SchemaMissing,
    /// The subject does not have the schema with this id.
    SchemaElsewhere,
    /// A server responds, but it is not a registry.
    NotARegistry,
    /// 401 or 403: credentials are missing or refused.
    Unauthorized,
    /// The schema is not compatible with the earlier versions of the subject (409).
    Incompatible,
    /// The registry refused the request (400, 422 and the like).
    Refused,
    /// The registry is failing (5xx, 408, 429), even after all attempts.
    Failing,
    /// The response is broken: truncated, not JSON, too large, or incomplete.
    Malformed,
    /// The subject has a JSON Schema or Protobuf schema.
    NotAvro,
    /// The schemas to which it refers cannot be fetched, or refer to each other in a circle.
    References,
    /// The registered schema cannot be used.
    Schema(SchemaErrorKind),
}

/// An error of the registry or of the connection to it.
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

    /// The same error, with this cause. Errors of the HTTP client are never causes, because they show URLs, including
    /// credentials.
    pub(super) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause::new(cause));
        self
    }

    pub(super) fn with_hint(mut self, hint: Hint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The same error, with more text at the end of its message.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }

    /// The same error, with the request that led to it.
    pub(super) fn within(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> RegistryErrorKind {
        self.kind
    }

    /// The remedy, if one is known.
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
        // An alert is what the registry says, also about the dates and the CA of the client's certificate.
        let hint = if holds(&["alert"]) {
            match settings.tls.identity {
                None => Hint::ClientCertificateMissing,
                Some(_) => Hint::ClientCertificateRefused,
            }
        } else if holds(&["hostname mismatch", "IP address mismatch"]) {
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
