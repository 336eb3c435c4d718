//! A schema as stored in the registry, and its conversion to a schema for writing rows.

use serde_json::Value;

use super::error::{RegistryError, RegistryErrorKind};
use super::hint::Hint;
use super::references::SchemaReference;
use super::{RegistryClient, subject_in_words};
use crate::schema::printable::printable;
use crate::schema::{AvroSchema, DataContract, RegisteredSchema, SchemaId};

/// A registered schema that has not been parsed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectVersion {
    /// The subject; empty if it is unknown.
    pub subject: String,
    /// The version, if it is known.
    pub version: Option<u32>,
    /// The registry's id.
    pub id: SchemaId,
    /// `AVRO`, `JSON` or `PROTOBUF`.
    pub kind: String,
    /// The schema's text.
    pub text: String,
    /// Its references.
    pub references: Vec<SchemaReference>,
    /// Its rules and tags.
    pub contract: DataContract,
}

impl SubjectVersion {
    /// `subject `t-value` version 3 (id 17)`.
    pub(super) fn in_words(&self) -> String {
        let id = self.id;
        match (self.subject.as_str(), self.version) {
            ("", _) => format!("schema id {id}"),
            (subject, Some(version)) => format!("{} version {version} (id {id})", subject_in_words(subject)),
            (subject, None) => format!("{} (id {id})", subject_in_words(subject)),
        }
    }

    /// Fails if it is not Avro.
    pub(super) fn avro(self) -> Result<Self, RegistryError> {
        if self.kind.eq_ignore_ascii_case("AVRO") {
            return Ok(self);
        }
        let holder = match self.subject.as_str() {
            "" => self.in_words(),
            subject => subject_in_words(subject),
        };
        let kind = printable(&self.kind, 40);
        let message = format!("{holder} is a {kind} schema; k2-produce writes Avro");
        let error = RegistryError::new(RegistryErrorKind::NotAvro, message);
        Err(error.with_hint(Hint::NotAvro))
    }
}

impl RegistryClient {
    pub(super) fn subject_version_of(
        &self,
        subject: &str,
        version: Option<u32>,
        id: SchemaId,
        response: &Value,
    ) -> Result<SubjectVersion, RegistryError> {
        let text = response.get("schema").and_then(Value::as_str);
        let references = match response.get("references") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(references) => references
                .as_array()
                .and_then(|references| references.iter().map(SchemaReference::from_json).collect()),
        };
        let text = text.ok_or_else(|| self.malformed("it has no `schema`"))?;
        Ok(SubjectVersion {
            contract: DataContract::of(response, text),
            subject: subject.to_string(),
            version,
            id,
            kind: response
                .get("schemaType")
                .and_then(Value::as_str)
                .unwrap_or("AVRO")
                .to_string(),
            text: text.to_string(),
            references: references
                .ok_or_else(|| self.malformed("its `references` lack a name, a subject or a version"))?,
        })
    }

    /// The stored schema and its references, as a schema for writing.
    pub(super) fn registered_schema(
        &self,
        stored: SubjectVersion,
    ) -> Result<RegisteredSchema, RegistryError> {
        let stored = stored.avro()?;
        let holder = stored.in_words();
        let references = self.resolve(&holder, &stored.subject, &stored.references)?;
        let avro = AvroSchema::parse(&stored.text, &references)
            .map_err(|error| RegistryError::schema(&holder, &error))?;
        Ok(RegisteredSchema {
            subject: stored.subject,
            version: stored.version,
            id: Some(stored.id),
            text: stored.text,
            references,
            avro,
            contract: stored.contract,
        })
    }
}
