//! Requests that send a schema: whether it is registered, and registering it.

use serde_json::{Value, json};

use super::RegistryClient;
use super::error::RegistryError;
use super::references::SchemaReference;
use super::response::{Asked, Said};
use crate::schema::SchemaId;

/// The registration of a schema under a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// The version within the subject.
    pub version: u32,
    /// The registry's id.
    pub id: SchemaId,
}

/// The form in which a schema is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Unchanged.
    AsWritten,
    /// In the registry's normal form. A registry without one accepts the text unchanged.
    Normalized,
}

impl RegistryClient {
    /// The registration of exactly this schema under the subject, if there is one.
    ///
    /// # Errors
    /// The registry does not respond as expected. A missing schema or subject is not an error.
    pub fn lookup(
        &self,
        subject: &str,
        text: &str,
        references: &[SchemaReference],
    ) -> Result<Option<Registration>, RegistryError> {
        self.look_up(subject, text, references, Form::AsWritten)
    }

    pub(super) fn look_up(
        &self,
        subject: &str,
        text: &str,
        references: &[SchemaReference],
        form: Form,
    ) -> Result<Option<Registration>, RegistryError> {
        self.check_subject(subject)?;
        let query: &[(&str, &str)] = match form {
            Form::AsWritten => &[],
            Form::Normalized => &[("normalize", "true")],
        };
        let response = self
            .transport
            .post(&["subjects", subject], query, &body(text, references))?;
        if response.status == 404 && matches!(Said::by(&response).code, Some(40401 | 40403 | 40404 | 40406)) {
            return Ok(None);
        }
        let response = self.accepted(response, Asked::Schema(subject))?;
        Ok(Some(Registration {
            version: self.number(&response, "version")?,
            id: SchemaId::new(self.number(&response, "id")?),
        }))
    }

    /// Registers a schema as the next version of a subject, or finds an existing one. Returns the id in both cases.
    pub fn register(
        &self,
        subject: &str,
        text: &str,
        references: &[SchemaReference],
    ) -> Result<SchemaId, RegistryError> {
        self.check_subject(subject)?;
        let segments = ["subjects", subject, "versions"];
        let response = self.transport.post(&segments, &[], &body(text, references))?;
        let response = self.accepted(response, Asked::Schema(subject))?;
        self.number(&response, "id").map(SchemaId::new)
    }
}

/// References and type are omitted if they are the default, because early registries support neither.
pub(super) fn body(text: &str, references: &[SchemaReference]) -> String {
    let mut body = json!({ "schema": text });
    if !references.is_empty() {
        body["references"] = Value::Array(references.iter().map(SchemaReference::to_json).collect());
    }
    body.to_string()
}
