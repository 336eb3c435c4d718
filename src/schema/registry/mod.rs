//! The client of a schema registry with Confluent's paths: what is asked, and what is taken from a good answer.
//!
//! How an answer is got (time-outs, tries, bounds) is left to `exchange`, what a bad one means to `verdict`, most
//! of the wording to `error`.

mod address;
mod error;
mod exchange;
mod reason;
mod similar;
mod verdict;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use self::exchange::{Exchange, Patience};
use super::printable::printable;
use super::{AvroSchema, RegisteredSchema, SchemaId};
pub use error::{RegistryError, RegistryErrorKind};

/// Where the registry is and how long it may take.
#[derive(Clone)]
pub struct RegistrySettings {
    /// The base URL, with a path where the registry wants one and with credentials where it wants those.
    pub url: String,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// For one request with its answer.
    pub request_timeout: Duration,
    /// For all tries of a request together, and the pauses between them.
    pub total_timeout: Duration,
    /// Before the second try; doubled before the third.
    pub first_pause: Duration,
}

impl RegistrySettings {
    /// The settings for a registry at this URL, with the usual time-outs.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(15),
            first_pause: Duration::from_millis(300),
        }
    }
}

impl fmt::Debug for RegistrySettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RegistrySettings")
            .field("url", &address::redacted(&self.url))
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("total_timeout", &self.total_timeout)
            .finish_non_exhaustive()
    }
}

/// A schema registry.
#[derive(Debug)]
pub struct RegistryClient {
    exchange: Exchange,
}

impl RegistryClient {
    /// Checks the settings; nothing is sent yet.
    pub fn new(settings: &RegistrySettings) -> Result<Self, RegistryError> {
        Ok(Self {
            exchange: Exchange::new(settings)?,
        })
    }

    /// The latest version of a subject. It may move on: ask once a run, and keep the answer.
    pub fn latest(&self, subject: &str) -> Result<RegisteredSchema, RegistryError> {
        self.check_subject(subject)?;
        let answer = self
            .exchange
            .get(&["subjects", subject, "versions", "latest"], Patience::Full)?;
        let answer = self.accepted(answer, subject)?;
        self.registered_schema(subject, &answer)
    }

    /// All subjects, in the registry's order.
    pub fn subjects(&self) -> Result<Vec<String>, RegistryError> {
        self.list_subjects(Patience::Full)
    }

    /// Registers a schema as a subject's next version, or finds it there already. Both give the schema's id.
    pub fn register(&self, subject: &str, schema_text: &str) -> Result<SchemaId, RegistryError> {
        self.check_subject(subject)?;
        let body = json!({ "schema": schema_text }).to_string();
        let answer = self.exchange.post(&["subjects", subject, "versions"], &body)?;
        let answer = self.accepted(answer, subject)?;
        self.number(&answer, "id").map(SchemaId::new)
    }

    fn list_subjects(&self, patience: Patience) -> Result<Vec<String>, RegistryError> {
        let answer = self.exchange.get(&["subjects"], patience)?;
        let names: Option<Vec<String>> = match self.accepted(answer, "")? {
            Value::Array(names) => names
                .into_iter()
                .map(|name| name.as_str().map(str::to_string))
                .collect(),
            _ => None,
        };
        names.ok_or_else(|| self.malformed("the list of subjects is not a list of names"))
    }

    /// As a path segment `.` and `..` would lead elsewhere, escaped or not.
    fn check_subject(&self, subject: &str) -> Result<(), RegistryError> {
        match subject {
            "" | "." | ".." => {
                let message = format!("`{subject}` cannot be a subject's name");
                Err(RegistryError::new(RegistryErrorKind::Refused, message)
                    .with_hint("name one with `--subject`"))
            }
            _ => Ok(()),
        }
    }

    fn registered_schema(&self, subject: &str, answer: &Value) -> Result<RegisteredSchema, RegistryError> {
        let kind = answer.get("schemaType").and_then(Value::as_str).unwrap_or("AVRO");
        let shown = printable(subject, 200);
        if !kind.eq_ignore_ascii_case("AVRO") {
            let message = format!(
                "subject `{shown}` holds a {} schema; k2-produce writes Avro",
                printable(kind, 40)
            );
            let error = RegistryError::new(RegistryErrorKind::NotAvro, message);
            return Err(error.with_hint("name a subject that holds an Avro schema with `--subject`"));
        }
        let version = self.number(answer, "version")?;
        let id = SchemaId::new(self.number(answer, "id")?);
        let Some(text) = answer.get("schema").and_then(Value::as_str) else {
            return Err(self.malformed("it has no `schema`"));
        };
        let holder = format!("subject `{shown}` version {version} (id {id})");
        if answer
            .get("references")
            .and_then(Value::as_array)
            .is_some_and(|references| !references.is_empty())
        {
            let message = format!("{holder} has references, which this version does not resolve");
            let error = RegistryError::new(RegistryErrorKind::References, message);
            return Err(error.with_hint(
                "register the schema whole, with its types written out, and name it with `--subject`",
            ));
        }
        let avro = AvroSchema::parse(text, &[]).map_err(|error| RegistryError::schema(&holder, &error))?;
        let (subject, text) = (subject.to_string(), text.to_string());
        Ok(RegisteredSchema {
            subject,
            version: Some(version),
            id: Some(id),
            text,
            references: Vec::new(),
            avro,
        })
    }

    fn number(&self, answer: &Value, name: &str) -> Result<u32, RegistryError> {
        let number = answer
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.malformed(&format!("it has no `{name}`")))
    }

    fn malformed(&self, what: &str) -> RegistryError {
        RegistryError::malformed(&self.exchange.address, what)
    }
}
