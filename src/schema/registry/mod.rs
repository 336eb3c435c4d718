//! The client of a schema registry with Confluent's paths: the requests, and the content of successful responses.
//!
//! This file has the requests about subjects; those about an id are in `by_id`, those that send a schema in
//! `registration` and `compatibility`, and those for references in `references`. `transport` gets the responses
//! (several URLs, timeouts, retries, limits), `response` interprets them, and `error` has most of the messages.

mod address;
mod by_id;
mod compatibility;
mod credentials;
mod error;
mod hint;
mod look_up;
mod reason;
mod redaction;
mod references;
mod registration;
mod response;
mod secret_file;
mod settings;
mod subject_version;
mod tls;
mod transport;
mod version;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::response::Asked;
use self::transport::{RetryPolicy, Transport};
use super::printable::printable;
use super::{RegisteredSchema, SchemaId};
pub use compatibility::{Compatibility, Verdict};
pub use credentials::RegistryCredentials;
pub use error::{RegistryError, RegistryErrorKind};
pub use hint::{Hint, KnownSubjects, RegistryWarning};
pub use look_up::FoundSchema;
pub use references::SchemaReference;
pub use registration::Registration;
pub(crate) use settings::without_credentials;
pub use settings::{ProxyUse, RegistrySettings};
pub use subject_version::SubjectVersion;
pub use tls::{ClientIdentity, RegistryTls};
pub use version::SchemaVersion;

/// A schema registry.
///
/// ```no_run
/// use k2_produce::schema::{RegistryClient, RegistrySettings, SchemaVersion};
///
/// let registry = RegistryClient::new(&RegistrySettings::new("http://localhost:8081"))?;
/// let latest = registry.version("market.trades.raw-value", SchemaVersion::Latest)?;
/// println!("{} version {:?}, id {:?}", latest.name(), latest.version, latest.id);
/// let first = registry.version("market.trades.raw-value", SchemaVersion::Number(1))?;
/// let found = registry.lookup("market.trades.raw-value", &first.text, &[])?;
/// assert_eq!(found.map(|found| found.version), Some(1));
/// # Ok::<(), k2_produce::schema::RegistryError>(())
/// ```
#[derive(Debug)]
pub struct RegistryClient {
    transport: Transport,
}

impl RegistryClient {
    /// Checks the settings and reads the files named in them; nothing is sent yet.
    pub fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        Ok(Self {
            transport: Transport::new(settings)?,
        })
    }

    /// Warnings about these settings, before anything is sent.
    pub fn warnings(&self) -> Vec<RegistryWarning> {
        let mut warnings = Vec::new();
        for address in self.transport.addresses() {
            if address.credentials.is_some() && !address.is_https() && !address.is_loopback() {
                warnings.push(RegistryWarning::PlainCredentials {
                    address: address.to_string(),
                });
            }
        }
        if !self.transport.settings().tls.is_default()
            && !self.transport.addresses().any(|address| address.is_https())
        {
            warnings.push(RegistryWarning::UnusedTls);
        }
        let key = self.transport.settings().tls.identity.as_ref();
        warnings.extend(key.and_then(|identity| RegistryWarning::of_secret_file(&identity.key)));
        warnings
    }

    /// The address of the registry that responded last, without credentials.
    pub fn address(&self) -> String {
        self.transport.address().to_string()
    }

    /// One version of a subject. The latest version may change: request it once per run.
    pub fn version(&self, subject: &str, version: SchemaVersion) -> Result<RegisteredSchema, RegistryError> {
        let stored = self.subject_version(subject, version)?;
        self.registered_schema(stored)
    }

    /// All subjects, in the registry's order.
    pub fn subjects(&self) -> Result<Vec<String>, RegistryError> {
        self.list_subjects(RetryPolicy::Standard)
    }

    /// A version as stored, in any schema language, not parsed yet.
    pub fn subject_version(
        &self,
        subject: &str,
        version: SchemaVersion,
    ) -> Result<SubjectVersion, RegistryError> {
        self.check_subject(subject)?;
        let wanted = version.to_string();
        let segments = ["subjects", subject, "versions", &wanted];
        let response = self.transport.get(&segments, RetryPolicy::Standard)?;
        let response = self.accepted(response, Asked::Version(subject, version))?;
        let got = self.number(&response, "version")?;
        if version != SchemaVersion::Latest && version != SchemaVersion::Number(got) {
            return Err(self.malformed(&format!("requested version {version}, but got version {got}")));
        }
        let id = SchemaId::new(self.number(&response, "id")?);
        self.subject_version_of(subject, Some(got), id, &response)
    }

    fn list_subjects(&self, retry: RetryPolicy) -> Result<Vec<String>, RegistryError> {
        let response = self.transport.get(&["subjects"], retry)?;
        let names: Option<Vec<String>> = match self.accepted(response, Asked::General)? {
            Value::Array(names) => names
                .into_iter()
                .map(|name| name.as_str().map(str::to_string))
                .collect(),
            _ => None,
        };
        names.ok_or_else(|| self.malformed("the list of subjects is not a list of names"))
    }

    /// The numbers of a subject's versions, in the registry's order.
    fn list_versions(&self, subject: &str, retry: RetryPolicy) -> Result<Vec<u32>, RegistryError> {
        let response = self.transport.get(&["subjects", subject, "versions"], retry)?;
        let numbers: Option<Vec<u32>> = match self.accepted(response, Asked::Subject(subject))? {
            Value::Array(numbers) => numbers
                .iter()
                .map(|number| number.as_u64()?.try_into().ok())
                .collect(),
            _ => None,
        };
        numbers.ok_or_else(|| self.malformed("the list of versions is not a list of numbers"))
    }

    /// As path segments, `.` and `..` would change the path, escaped or not.
    pub(super) fn check_subject(&self, subject: &str) -> Result<(), RegistryError> {
        match subject {
            "" | "." | ".." => {
                let message = format!("`{subject}` cannot be a subject's name");
                Err(RegistryError::new(RegistryErrorKind::SubjectName, message).with_hint(Hint::SubjectName))
            }
            _ => Ok(()),
        }
    }

    fn number(&self, response: &Value, name: &str) -> Result<u32, RegistryError> {
        let number = response
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.malformed(&format!("it has no `{name}`")))
    }

    fn malformed(&self, what: &str) -> RegistryError {
        RegistryError::malformed(self.transport.address(), what)
    }
}

fn subject_in_words(subject: &str) -> String {
    format!("subject `{}`", printable(subject, 200))
}
