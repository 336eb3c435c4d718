//! The TLS settings of the client, as files: a custom CA, a client certificate and its key.
//!
//! The server's certificate and name are always checked; that cannot be turned off.

use std::path::{Path, PathBuf};

use reqwest::blocking::ClientBuilder;
use reqwest::{Certificate, Identity};

use super::error::{RegistryError, RegistryErrorKind};
use super::hint::Hint;
use crate::schema::printable::printable;

/// Files in PEM, each optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryTls {
    /// Certificates of the CAs to trust instead of those of the system.
    pub ca: Option<PathBuf>,
    /// The client certificate with its key, if the registry requires one (mTLS).
    pub identity: Option<ClientIdentity>,
}

/// A client certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The certificate, followed by the intermediate certificates up to the CA.
    pub certificate: PathBuf,
    /// Its key in PKCS#8, not encrypted.
    pub key: PathBuf,
}

impl RegistryTls {
    /// Whether nothing is set.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The builder with the content of the files.
    pub(super) fn apply(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, RegistryError> {
        if let Some(ca) = &self.ca {
            builder = builder.tls_certs_only(certificates(ca)?);
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.load()?);
        }
        Ok(builder)
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, RegistryError> {
    let certificates = Certificate::from_pem_bundle(&read(path)?)
        .ok()
        .filter(|certificates| !certificates.is_empty());
    certificates.ok_or_else(|| {
        fault(path, "it contains no PEM certificate (`BEGIN CERTIFICATE`)").with_hint(Hint::CaFormat)
    })
}

impl ClientIdentity {
    fn load(&self) -> Result<Identity, RegistryError> {
        let certificate = read(&self.certificate)?;
        if !contains(&certificate, "-----BEGIN CERTIFICATE-----") {
            let why = "it contains no PEM certificate (`BEGIN CERTIFICATE`)";
            return Err(fault(&self.certificate, why));
        }
        let key = read(&self.key)?;
        if !contains(&key, "-----BEGIN PRIVATE KEY-----") {
            return Err(fault(
                &self.key,
                "it contains no unencrypted PKCS#8 key (`BEGIN PRIVATE KEY`)",
            )
            .with_hint(Hint::KeyFormat));
        }
        // The library's reason could quote the key.
        Identity::from_pkcs8_pem(&certificate, &key)
            .map_err(|_| fault(&self.key, "the certificate or key is invalid"))
    }
}

impl RegistryTls {
    /// The error for a client that could not be built because of `why`, if the cause is the client certificate.
    pub(super) fn fault_of_identity(&self, why: &str) -> Option<RegistryError> {
        let identity = self
            .identity
            .as_ref()
            .filter(|_| why.contains("key values mismatch"))?;
        let certificate = printable(&identity.certificate.display().to_string(), 300);
        Some(fault(
            &identity.key,
            &format!("it is not the key of the certificate in `{certificate}`"),
        ))
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn read(path: &Path) -> Result<Vec<u8>, RegistryError> {
    std::fs::read(path).map_err(|error| fault(path, &format!("it cannot be read: {error}")).because(error))
}

fn fault(path: &Path, why: &str) -> RegistryError {
    let path = printable(&path.display().to_string(), 300);
    let message = format!("`{path}` cannot be used for TLS with the registry: {why}");
    RegistryError::new(RegistryErrorKind::Settings, message)
}
