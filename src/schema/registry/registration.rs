//! Questions that bring a schema along: is it registered, and register it.

use serde_json::{Value, json};

use super::RegistryClient;
use super::error::RegistryError;
use super::references::SchemaReference;
use super::response::{Asked, Said};
use crate::schema::SchemaId;

/// Where a schema is registered under a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// The version within the subject.
    pub version: u32,
    /// The registry's id.
    pub id: SchemaId,
}

/// In which form a schema is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As its text is.
    AsWritten,
    /// In the registry's normal form. A registry without one accepts the text unchanged.
    Normalized,
}

impl RegistryClient {
    /// Whether this very schema is registered under the subject, and as what.
    ///
    /// # Errors
    /// Whatever keeps the registry from answering. A schema or a subject that is missing is not an error.
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

    /// Registers a schema as a subject's next version, or finds it there already. Both give the schema's id.
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

/// Without references and type where they say nothing: registries of the first years know neither.
pub(super) fn body(text: &str, references: &[SchemaReference]) -> String {
    let mut body = json!({ "schema": text });
    if !references.is_empty() {
        body["references"] = Value::Array(references.iter().map(SchemaReference::to_json).collect());
    }
    body.to_string()
}
