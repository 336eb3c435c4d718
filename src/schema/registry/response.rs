//! The meaning of a response: the requested JSON, or an error.

use serde_json::Value;

use super::RegistryClient;
use super::error::{RegistryError, RegistryErrorKind};
use super::hint::{Hint, KnownSubjects};
use super::transport::{Response, RetryPolicy};
use super::version::SchemaVersion;
use crate::schema::SchemaId;
use crate::schema::printable::{first_words, printable};

/// The requested object, for the text of an error.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// An object without a subject: a list, a setting.
    General,
    /// A property of the whole subject.
    Subject(&'a str),
    /// One version of the subject.
    Version(&'a str, SchemaVersion),
    /// A schema by its id.
    Id(SchemaId),
    /// Whether a schema is registered, is compatible or will be registered under the subject.
    Schema(&'a str),
}

impl Asked<'_> {
    fn subject(&self) -> Option<&str> {
        match self {
            Asked::Subject(subject) | Asked::Version(subject, _) | Asked::Schema(subject) => Some(subject),
            Asked::General | Asked::Id(_) => None,
        }
    }

    /// `version 3 of subject `t-value``.
    fn in_words(&self) -> String {
        let subject = format!("subject `{}`", printable(self.subject().unwrap_or(""), 200));
        match self {
            Asked::General => "what was asked for".to_string(),
            Asked::Subject(_) => subject,
            Asked::Version(_, SchemaVersion::Latest) => format!("the latest version of {subject}"),
            Asked::Version(_, SchemaVersion::Number(number)) => format!("version {number} of {subject}"),
            Asked::Id(id) => format!("schema id {id}"),
            Asked::Schema(_) => format!("the schema of {subject}"),
        }
    }
}

impl RegistryClient {
    /// The JSON of a successful response; any other response is an error.
    pub(super) fn accepted(&self, response: Response, asked: Asked<'_>) -> Result<Value, RegistryError> {
        let address = self.transport.address();
        match response.status {
            200..=299 => self.json_of(&response),
            300..=399 => Err(RegistryError::redirected(
                address,
                response.status,
                &response.location,
            )),
            401 | 403 => Err(RegistryError::unauthorized(
                address,
                response.status,
                &Said::by(&response).in_brackets(),
            )),
            404 => Err(self.not_found(&response, asked)),
            _ => Err(self.refused(&response, asked)),
        }
    }

    fn json_of(&self, response: &Response) -> Result<Value, RegistryError> {
        if !response.content_type.is_empty() && !response.content_type.to_ascii_lowercase().contains("json") {
            let what = format!(
                "it answered with `{}`, not JSON: `{}`",
                printable(&response.content_type, 60),
                first_words(&response.shown_body(), 80)
            );
            return Err(RegistryError::not_a_registry(self.transport.address(), &what));
        }
        // serde_json goes no deeper than 128 levels.
        serde_json::from_slice(&response.body).map_err(|error| {
            let bytes = response.body.len();
            let what = match error.is_eof() {
                true => format!("its JSON is truncated after {bytes} bytes"),
                false => format!("not JSON: {}", printable(&error.to_string(), 200)),
            };
            self.malformed(&what)
        })
    }

    fn not_found(&self, response: &Response, asked: Asked<'_>) -> RegistryError {
        let address = self.transport.address();
        let said = Said::by(response);
        let what = asked.in_words();
        let subject = asked.subject();
        let shown = printable(subject.unwrap_or(""), 200);
        let fault = |kind, message: String, hint: Hint| RegistryError::new(kind, message).with_hint(hint);
        match (said.code, asked) {
            (Some(40401), _) if subject.is_some() => fault(
                RegistryErrorKind::SubjectMissing,
                format!("subject `{shown}` is not in the registry at {address} (40401)"),
                Hint::SubjectMissing(self.known_subjects(subject.unwrap_or(""))),
            ),
            (Some(40402), Asked::Version(subject, version)) => {
                let which = match version {
                    SchemaVersion::Latest => "latest version".to_string(),
                    SchemaVersion::Number(number) => format!("version {number}"),
                };
                fault(
                    RegistryErrorKind::VersionMissing,
                    format!("subject `{shown}` has no {which} in the registry at {address} (40402)"),
                    Hint::VersionMissing(self.known_versions(subject, version)),
                )
            }
            (Some(40403), Asked::Id(id)) => fault(
                RegistryErrorKind::SchemaMissing,
                format!("no schema has the id {id} in the registry at {address} (40403)"),
                Hint::IdMissing,
            ),
            (Some(40403), _) => fault(
                RegistryErrorKind::SchemaMissing,
                format!("the schema of subject `{shown}` is not in the registry at {address} (40403)"),
                Hint::OtherSubject,
            ),
            (Some(code @ (40404 | 40406)), _) => fault(
                match code {
                    40404 => RegistryErrorKind::SubjectMissing,
                    _ => RegistryErrorKind::VersionMissing,
                },
                format!(
                    "{what} was deleted in the registry at {address} (404{})",
                    said.in_brackets()
                ),
                Hint::Deleted,
            ),
            (Some(40400..=40499), _) => fault(
                RegistryErrorKind::SubjectMissing,
                format!(
                    "the registry at {address} does not return {what} (404{})",
                    said.in_brackets()
                ),
                Hint::OtherSubject,
            ),
            // Apicurio returns 404 or 0 as the code for an unknown path.
            _ => RegistryError::not_a_registry(address, "it responds with 404 but no registry error code"),
        }
    }

    /// If listing the subjects fails, only the missing subject is reported.
    fn known_subjects(&self, wanted: &str) -> KnownSubjects {
        match self.list_subjects(RetryPolicy::Once) {
            Ok(subjects) => KnownSubjects::near(wanted, &subjects),
            Err(_) => KnownSubjects::Unknown,
        }
    }

    /// The same for a missing version. A subject without a latest version has no versions.
    fn known_versions(&self, subject: &str, asked: SchemaVersion) -> Vec<u32> {
        match asked {
            SchemaVersion::Latest => Vec::new(),
            SchemaVersion::Number(_) => self.list_versions(subject, RetryPolicy::Once).unwrap_or_default(),
        }
    }

    fn refused(&self, response: &Response, asked: Asked<'_>) -> RegistryError {
        let address = self.transport.address();
        let said = Said::by(response);
        let (code, words) = (said.code, said.in_brackets());
        let status = response.status;
        let shown = printable(asked.subject().unwrap_or(""), 200);
        let fault = |kind, what: String| {
            RegistryError::new(
                kind,
                format!("the registry at {address} {what} ({status}{words})"),
            )
        };
        match (status, code, asked) {
            (408 | 429 | 500..=599, ..) => {
                let tries = if response.tries == 1 {
                    String::new()
                } else {
                    format!(" after {} tries", response.tries)
                };
                let what = if status == 429 {
                    "is rate-limiting requests"
                } else {
                    "is failing"
                };
                fault(RegistryErrorKind::Failing, format!("{what}{tries}"))
                    .and(&response.also)
                    .with_hint(Hint::Failing)
            }
            (409, _, Asked::Schema(_)) => fault(
                RegistryErrorKind::Incompatible,
                format!("rejects the schema: it is incompatible with earlier versions of `{shown}`"),
            )
            .with_hint(Hint::Incompatible),
            (_, Some(42201), Asked::Schema(_)) => fault(
                RegistryErrorKind::Refused,
                "rejects the schema as invalid".to_string(),
            ),
            (_, Some(42202), Asked::Version(_, version)) => fault(
                RegistryErrorKind::Refused,
                format!("does not accept `{version}` as a version"),
            ),
            (_, Some(42205), _) => fault(
                RegistryErrorKind::Refused,
                format!("does not accept changes to `{shown}` now"),
            )
            .with_hint(Hint::ReadOnly),
            _ => fault(RegistryErrorKind::Refused, "refused the request".to_string()),
        }
    }
}

/// The content of an error response: `{"error_code": 40401, "message": "..."}`, or a page of another server.
pub(super) struct Said {
    pub(super) code: Option<u64>,
    message: String,
}

impl Said {
    pub(super) fn by(response: &Response) -> Self {
        let json: Option<Value> = serde_json::from_slice(&response.body).ok();
        let code = json.as_ref().and_then(|json| json.get("error_code")?.as_u64());
        let message = match json.as_ref().and_then(|json| json.get("message")?.as_str()) {
            // A registry's reasons for an incompatibility are long, and their end matters too.
            Some(message) => printable(&response.shown(message), 500),
            None => first_words(&response.shown_body(), 80),
        };
        Self { code, message }
    }

    /// The text after the status, in the parentheses of a message.
    pub(super) fn in_brackets(&self) -> String {
        let mut text = self.code.map_or_else(String::new, |code| format!(", {code}"));
        if !self.message.is_empty() {
            text.push_str(&format!(": `{}`", self.message));
        }
        text
    }
}
