//! A schema by its id, and its subject.

use serde_json::Value;

use super::error::{RegistryError, RegistryErrorKind};
use super::hint::Hint;
use super::response::{Asked, Said};
use super::subject_version::SubjectVersion;
use super::transport::RetryPolicy;
use super::{RegistryClient, subject_in_words};
use crate::schema::printable::printable;
use crate::schema::{RegisteredSchema, SchemaId};

/// A subject and one of its versions.
type Owner = (String, u32);

impl RegistryClient {
    /// The schema with this id. If a subject is given, it must have the schema; otherwise the subject is the first one
    /// that has it, `preferred` before all others.
    pub fn by_id(
        &self,
        id: SchemaId,
        subject: Option<&str>,
        preferred: &str,
    ) -> Result<RegisteredSchema, RegistryError> {
        if let Some(subject) = subject {
            self.check_subject(subject)?;
        }
        let mut stored = self.stored_by_id(id, subject)?.avro()?;
        let owner = match (self.owners(id, subject)?, subject) {
            (Some(owners), Some(subject)) => Some(self.owner_named(subject, id, &owners)?),
            (Some(owners), None) => owners
                .iter()
                .find(|(subject, _)| subject == preferred)
                .or(owners.first())
                .cloned(),
            // A registry that does not report the subjects of an id does report whether a subject has the schema.
            (None, Some(subject)) => match self.lookup(subject, &stored.text, &stored.references)? {
                Some(found) if found.id == id => Some((subject.to_string(), found.version)),
                _ => return Err(self.elsewhere(subject, id, &[])),
            },
            (None, None) => None,
        };
        if let Some((subject, version)) = owner {
            stored.subject = subject;
            stored.version = Some(version);
        }
        self.registered_schema(stored)
    }

    fn stored_by_id(&self, id: SchemaId, subject: Option<&str>) -> Result<SubjectVersion, RegistryError> {
        let number = id.to_string();
        // An id is unique within a context, and the subject names the context.
        let query: Vec<(&str, &str)> = subject.map(|subject| ("subject", subject)).into_iter().collect();
        let response =
            self.transport
                .get_with(&["schemas", "ids", &number], &query, RetryPolicy::Standard)?;
        let response = self.accepted(response, Asked::Id(id))?;
        self.subject_version_of("", None, id, &response)
    }

    /// The subjects with this schema, or none if the registry has no such path.
    fn owners(&self, id: SchemaId, subject: Option<&str>) -> Result<Option<Vec<Owner>>, RegistryError> {
        let number = id.to_string();
        let query: Vec<(&str, &str)> = subject.map(|subject| ("subject", subject)).into_iter().collect();
        let segments = ["schemas", "ids", &number, "versions"];
        let response = self
            .transport
            .get_with(&segments, &query, RetryPolicy::Standard)?;
        let unknown_path = !matches!(Said::by(&response).code, Some(40400..=40499));
        if matches!(response.status, 404 | 405 | 501) && unknown_path {
            return Ok(None);
        }
        let owners: Option<Vec<Owner>> = match self.accepted(response, Asked::Id(id))? {
            Value::Array(owners) => owners
                .iter()
                .map(|owner| {
                    let subject = owner.get("subject")?.as_str()?.to_string();
                    Some((subject, owner.get("version")?.as_u64()?.try_into().ok()?))
                })
                .collect(),
            _ => None,
        };
        match owners {
            Some(owners) => Ok(Some(owners)),
            None => {
                Err(self.malformed("the list of an id's versions is not a list of subjects with versions"))
            }
        }
    }

    fn owner_named(&self, subject: &str, id: SchemaId, owners: &[Owner]) -> Result<Owner, RegistryError> {
        let versions = owners.iter().filter(|(owner, _)| owner == subject);
        // After a deletion the same schema may exist twice; the later version is the one in use.
        let owner = versions.max_by_key(|(_, version)| *version);
        owner.cloned().ok_or_else(|| self.elsewhere(subject, id, owners))
    }

    fn elsewhere(&self, subject: &str, id: SchemaId, owners: &[Owner]) -> RegistryError {
        let address = self.transport.address();
        let message = format!(
            "schema id {id} is not one of {} in the registry at {address}",
            subject_in_words(subject)
        );
        let error = RegistryError::new(RegistryErrorKind::SchemaElsewhere, message);
        match owners.first() {
            Some((owner, version)) => error.with_hint(Hint::IdOfSubject {
                subject: printable(owner, 200),
                version: *version,
            }),
            None => error.with_hint(Hint::IdOfNoSubject),
        }
    }
}
