//! Whether a schema is compatible with earlier versions, as the registry decides.

use std::cmp::Reverse;

use serde_json::Value;

use super::RegistryClient;
use super::error::{RegistryError, RegistryErrorKind};
use super::references::SchemaReference;
use super::registration::body;
use super::response::{Asked, Said};
use super::transport::{Response, RetryPolicy};
use super::version::SchemaVersion;
use crate::schema::AvroSchema;
use crate::schema::printable::printable;

/// The maximum number of reasons shown.
const MAX_MESSAGES: usize = 20;

/// The maximum number of versions compared; each costs a request.
const MAX_COMPARED: usize = 20;

/// The registry's verdict on a schema as the next version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    /// The verdict.
    pub verdict: Verdict,
    /// The registry's reasons, safe for a terminal; often there are none.
    pub messages: Vec<String>,
}

/// A verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The schema may follow the latest version.
    Compatible,
    /// The schema may not follow it.
    Incompatible,
    /// The subject has no version to compare with.
    FirstVersion,
    /// The registry can decide only when the schema is registered.
    Unknown,
}

impl RegistryClient {
    /// Whether the schema may follow the latest version of the subject, by the rule of the subject.
    pub fn compatible(
        &self,
        subject: &str,
        text: &str,
        references: &[SchemaReference],
    ) -> Result<Compatibility, RegistryError> {
        self.check_subject(subject)?;
        let segments = ["compatibility", "subjects", subject, "versions", "latest"];
        let response = self
            .transport
            .post(&segments, &[("verbose", "true")], &body(text, references))?;
        if let Some(verdict) = verdict_without_answer(&response) {
            let messages = match verdict {
                Verdict::Unknown => vec![format!(
                    "{}{}",
                    response.status,
                    Said::by(&response).in_brackets()
                )],
                _ => Vec::new(),
            };
            return Ok(Compatibility { verdict, messages });
        }
        let response = self.accepted(response, Asked::Schema(subject))?;
        let verdict = match response.get("is_compatible").and_then(Value::as_bool) {
            // Apicurio 3 answers this for a subject that does not exist.
            Some(true) if !self.has_versions(subject) => Verdict::FirstVersion,
            Some(true) => Verdict::Compatible,
            Some(false) => Verdict::Incompatible,
            None => return Err(self.malformed("it has no `is_compatible`")),
        };
        let messages = messages(&response)
            .map(|text| printable(&self.transport.shown(text), 1000))
            .collect();
        Ok(Compatibility { verdict, messages })
    }

    /// Whether the subject has a version, as far as the registry reports it.
    fn has_versions(&self, subject: &str) -> bool {
        match self.list_versions(subject, RetryPolicy::Once) {
            Ok(versions) => !versions.is_empty(),
            Err(error) => error.kind() != RegistryErrorKind::SubjectMissing,
        }
    }

    /// Why `candidate` is not compatible with the subject's versions under the rule `level`, by Avro's resolution
    /// rules, for registries that give no reason. Empty if these rules find none.
    ///
    /// # Errors
    /// The registry does not return the versions.
    pub fn reasons_against(
        &self,
        subject: &str,
        candidate: &AvroSchema,
        level: &str,
    ) -> Result<Vec<String>, RegistryError> {
        let mut versions = match level.ends_with("_TRANSITIVE") {
            true => self.list_versions(subject, RetryPolicy::Standard)?,
            false => Vec::new(),
        };
        versions.sort_unstable_by_key(|version| Reverse(*version));
        let mut wanted: Vec<SchemaVersion> = versions.into_iter().map(SchemaVersion::Number).collect();
        if wanted.is_empty() {
            wanted.push(SchemaVersion::Latest);
        }
        for version in wanted.into_iter().take(MAX_COMPARED) {
            let registered = self.version(subject, version)?;
            let name = match registered.version {
                Some(number) => format!("version {number}"),
                None => "the latest version".to_owned(),
            };
            let mut reasons = Vec::new();
            if level.starts_with("BACKWARD") || level.starts_with("FULL") {
                let why = candidate.cannot_read(&registered.avro);
                reasons.extend(why.map(|why| format!("it cannot read data written with {name}: {why}")));
            }
            if level.starts_with("FORWARD") || level.starts_with("FULL") {
                let why = registered.avro.cannot_read(candidate);
                reasons.extend(why.map(|why| format!("{name} cannot read data written with it: {why}")));
            }
            if !reasons.is_empty() {
                return Ok(reasons);
            }
        }
        Ok(Vec::new())
    }

    /// The rule for the next version of the subject, such as `BACKWARD`; none if the registry does not report it.
    pub fn compatibility_level(&self, subject: &str) -> Option<String> {
        let of = |segments: &[&str], query: &[(&str, &str)]| {
            let response = self.transport.get_with(segments, query, RetryPolicy::Once).ok()?;
            let response = self.accepted(response, Asked::General).ok()?;
            // Karapace and old registries use the same key in the response as in the request.
            let level = response
                .get("compatibilityLevel")
                .or_else(|| response.get("compatibility"))?;
            Some(printable(level.as_str()?, 60))
        };
        of(&["config", subject], &[("defaultToGlobal", "true")]).or_else(|| of(&["config"], &[]))
    }
}

/// The verdict of an error response: there is nothing to compare with, or the registry cannot compare.
fn verdict_without_answer(response: &Response) -> Option<Verdict> {
    match (response.status, Said::by(response).code) {
        (404, Some(40401 | 40402 | 40404 | 40406)) => Some(Verdict::FirstVersion),
        // Apicurio responds with this to every schema with references; an invalid schema is refused at registration.
        (422, Some(42201)) => Some(Verdict::Unknown),
        (404 | 405 | 501, _) => Some(Verdict::Unknown),
        _ => None,
    }
}

/// Confluent's and Karapace's `messages`, Apicurio's `reason`.
fn messages(response: &Value) -> impl Iterator<Item = &str> {
    let listed = response.get("messages").and_then(Value::as_array);
    let texts = listed.into_iter().flatten().chain(response.get("reason"));
    texts
        .filter_map(Value::as_str)
        .filter(|text| !text.trim().is_empty())
        .take(MAX_MESSAGES)
}
