//! What an answer means: the JSON that was asked for, or which fault it is.

use serde_json::Value;

use super::error::{RegistryError, RegistryErrorKind};
use super::exchange::{Answer, Patience};
use super::{RegistryClient, similar};
use crate::schema::printable::{first_words, printable};

impl RegistryClient {
    /// The JSON of a good answer; any other answer is a fault.
    pub(super) fn accepted(&self, answer: Answer, subject: &str) -> Result<Value, RegistryError> {
        let address = &self.exchange.address;
        match answer.status {
            200..=299 => self.json_of(&answer),
            300..=399 => Err(RegistryError::redirected(
                address,
                answer.status,
                &answer.location,
            )),
            401 | 403 => Err(RegistryError::unauthorized(
                address,
                answer.status,
                &Said::by(&answer).in_brackets(),
            )),
            404 => Err(self.not_found(&answer, subject)),
            _ => Err(self.refused(&answer)),
        }
    }

    fn json_of(&self, answer: &Answer) -> Result<Value, RegistryError> {
        if !answer.content_type.is_empty() && !answer.content_type.to_ascii_lowercase().contains("json") {
            let what = format!(
                "it answered with `{}`, not JSON: `{}`",
                printable(&answer.content_type, 60),
                first_words(&String::from_utf8_lossy(&answer.body), 80)
            );
            return Err(RegistryError::not_a_registry(&self.exchange.address, &what));
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            let bytes = answer.body.len();
            let what = match error.is_eof() {
                true => format!("its JSON ends too early, after {bytes} bytes"),
                false => format!("not JSON: {}", printable(&error.to_string(), 200)),
            };
            self.malformed(&what)
        })
    }

    fn not_found(&self, answer: &Answer, subject: &str) -> RegistryError {
        let address = &self.exchange.address;
        let said = Said::by(answer);
        let shown = printable(subject, 200);
        let other =
            "name another with `--subject`, or work without the registry: `--schema-file FILE --dry-run`";
        let (kind, message) = match said.code {
            Some(40401) => {
                let message = format!("subject `{shown}` is not in the registry at {address} (40401)");
                let error = RegistryError::new(RegistryErrorKind::SubjectMissing, message);
                return error.with_hint(format!("{}{other}", self.did_you_mean(subject)));
            }
            Some(40402) => (
                RegistryErrorKind::VersionMissing,
                format!("subject `{shown}` has no latest version in the registry at {address} (40402)"),
            ),
            Some(40403) => (
                RegistryErrorKind::SchemaMissing,
                format!("the schema of subject `{shown}` is not in the registry at {address} (40403)"),
            ),
            Some(40400..=40499) => (
                RegistryErrorKind::SubjectMissing,
                format!(
                    "the registry at {address} has no subject `{shown}` to give (404{})",
                    said.in_brackets()
                ),
            ),
            // Apicurio gives 404 or 0 as the code of a path that it does not know.
            _ => {
                let what = "it answers 404 without a registry's error code";
                return RegistryError::not_a_registry(address, what);
            }
        };
        RegistryError::new(kind, message).with_hint(other)
    }

    /// The beginning of a hint. That the listing fails is no news to somebody whose subject is missing.
    fn did_you_mean(&self, subject: &str) -> String {
        let Ok(subjects) = self.list_subjects(Patience::Little) else {
            return String::new();
        };
        if subjects.is_empty() {
            return "the registry holds no subject yet; ".to_string();
        }
        let names: Vec<String> = similar::similar(subject, &subjects)
            .iter()
            .map(|name| format!("`{}`", printable(name, 200)))
            .collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("did you mean {}? ", names.join(", "))
        }
    }

    fn refused(&self, answer: &Answer) -> RegistryError {
        let address = &self.exchange.address;
        let said = Said::by(answer).in_brackets();
        let status = answer.status;
        match status {
            408 | 429 | 500..=599 => {
                let tries = if answer.tries == 1 {
                    String::new()
                } else {
                    format!(" after {} tries", answer.tries)
                };
                let what = if status == 429 {
                    "is asked too much"
                } else {
                    "is failing"
                };
                let message = format!("the registry at {address} {what}{tries} ({status}{said})");
                RegistryError::new(RegistryErrorKind::Failing, message).with_hint(
                    "try again later, or work without the registry: `--schema-file FILE --dry-run`",
                )
            }
            _ => {
                let message = format!("the registry at {address} refused the request ({status}{said})");
                RegistryError::new(RegistryErrorKind::Refused, message)
            }
        }
    }
}

/// What a registry says of a fault: `{"error_code": 40401, "message": "..."}`, or a page of somebody else's.
struct Said {
    code: Option<u64>,
    message: String,
}

impl Said {
    fn by(answer: &Answer) -> Self {
        let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let code = json.as_ref().and_then(|json| json.get("error_code")?.as_u64());
        let message = match json.as_ref().and_then(|json| json.get("message")?.as_str()) {
            Some(message) => printable(message, 200),
            None => first_words(&String::from_utf8_lossy(&answer.body), 80),
        };
        Self { code, message }
    }

    /// What follows the status in a message's brackets.
    fn in_brackets(&self) -> String {
        let mut text = self.code.map_or_else(String::new, |code| format!(", {code}"));
        if !self.message.is_empty() {
            text.push_str(&format!(": `{}`", self.message));
        }
        text
    }
}
