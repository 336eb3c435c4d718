//! What can go wrong between us and the registry, in words for the person who must fix it.
//!
//! Every text that came from a server passes `printable` here or before; credentials never get this far.

use std::fmt;

use super::address::Address;
use crate::schema::printable::printable;
use crate::schema::{SchemaError, SchemaErrorKind};

/// Which of the faults it is, for code that must tell (the exit status).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryErrorKind {
    /// The base URL cannot be used.
    Address,
    /// No connection: refused, no such host, no answer to the knock, no TLS.
    Unreachable,
    /// Connected, but no whole answer in time.
    TimedOut,
    /// The answer points elsewhere; we do not follow.
    Redirected,
    /// The subject is not there (40401).
    SubjectMissing,
    /// The subject has no such version (40402).
    VersionMissing,
    /// The schema is not there (40403).
    SchemaMissing,
    /// Something answers there, but no registry.
    NotARegistry,
    /// 401 or 403: credentials are missing or refused.
    Unauthorized,
    /// The registry refused the request (400, 409, 422 and the like).
    Refused,
    /// The registry is in trouble (5xx, 408, 429), also after the tries we had.
    Failing,
    /// The answer is broken: cut off, not JSON, too large, without what it must have.
    Malformed,
    /// The subject holds JSON Schema or Protobuf.
    NotAvro,
    /// The schema refers to other subjects.
    References,
    /// The registered schema cannot be used.
    Schema(SchemaErrorKind),
}

/// A fault of the registry or on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    kind: RegistryErrorKind,
    message: String,
    hint: Option<String>,
}

impl fmt::Display for RegistryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RegistryError {}

impl RegistryError {
    pub(super) fn new(kind: RegistryErrorKind, message: String) -> Self {
        Self {
            kind,
            message,
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Which fault it is.
    pub fn kind(&self) -> RegistryErrorKind {
        self.kind
    }

    /// What would help, where something of ours does.
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    pub(super) fn address(url: &str, why: &str) -> Self {
        Self::new(RegistryErrorKind::Address, format!("`{url}` cannot be the registry's URL: {why}"))
            .with_hint("write it as `-r http://localhost:8081`; a path may follow, as in `-r http://localhost:8081/apis/ccompat/v7`")
    }

    pub(super) fn unreachable(address: &Address, why: &str) -> Self {
        let mut hint =
            "point `-r` at a running registry, or work without one: `--schema-file FILE --dry-run`"
                .to_string();
        if address.is_https() && why.contains("wrong version number") {
            hint = "the server seems to speak plain HTTP: try `-r http://...`".to_string();
        } else if !address.is_loopback() && proxy_in_environment() {
            hint.push_str(
                "; the environment names a proxy, which is used (`NO_PROXY` lists hosts that go without)",
            );
        }
        let message = format!("no registry answered at {address} ({})", printable(why, 200));
        Self::new(RegistryErrorKind::Unreachable, message).with_hint(hint)
    }

    pub(super) fn timed_out(address: &Address, what: &str) -> Self {
        Self::new(
            RegistryErrorKind::TimedOut,
            format!("the registry at {address} took too long: {what}"),
        )
        .with_hint("try again, or work without the registry: `--schema-file FILE --dry-run`")
    }

    pub(super) fn malformed(address: &Address, what: &str) -> Self {
        Self::new(
            RegistryErrorKind::Malformed,
            format!("the registry at {address} gave a broken answer: {what}"),
        )
    }

    pub(super) fn redirected(address: &Address, status: u16, location: &str) -> Self {
        let message = format!(
            "{address} redirects to {location} ({status}), and a registry's redirects are not followed"
        );
        Self::new(RegistryErrorKind::Redirected, message)
            .with_hint("if that is the registry, point `-r` there")
    }

    pub(super) fn unauthorized(address: &Address, status: u16, said: &str) -> Self {
        let how = "as `-r http://USER:PASSWORD@HOST:PORT`, or so in `K2_KAFKA_SCHEMA_REGISTRY_URL`, which keeps them off the command line";
        let (what, hint) = match (status, address.credentials.is_some()) {
            (403, true) => (
                "does not let this user do that",
                "these credentials are known but not allowed; others go ".to_string() + how,
            ),
            (_, true) => (
                "refused the credentials",
                format!("check user and password in the URL; they are written {how}"),
            ),
            (_, false) => (
                "wants credentials, and none were given",
                format!("give them {how}"),
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
            "some registries want a path in `-r`: Apicurio's is `/apis/ccompat/v7`"
        } else {
            "check host and path of `-r`: Apicurio's path is `/apis/ccompat/v7`, Confluent's registry has none"
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
    }
}

fn proxy_in_environment() -> bool {
    [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ]
    .iter()
    .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
