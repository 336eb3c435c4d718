//! Which version of a subject a schema file is, however its text is written.
//!
//! Registries compare texts in ways of their own: as they came, as a parser writes them, with keys in an order. So
//! what a registry finds is looked at, and what it does not find is looked for among the versions.

use super::error::{RegistryError, RegistryErrorKind};
use super::references::SchemaReference;
use super::registration::Form;
use super::transport::RetryPolicy;
use super::version::SchemaVersion;
use super::{RegistryClient, SubjectVersion};
use crate::schema::RegisteredSchema;
use crate::schema::likeness::{Likeness, likeness};

/// A subject has few versions in use; each one that is compared costs a request.
const MAX_COMPARED: usize = 64;

/// A schema that the registry has, and how like it is to the one that was looked for.
#[derive(Debug, Clone)]
pub struct FoundSchema {
    /// The schema as it is registered.
    pub schema: RegisteredSchema,
    /// In what its text differs.
    pub likeness: Likeness,
}

impl RegistryClient {
    /// The version of `subject` that `wanted` is. `references` are what it refers to.
    ///
    /// The registry is asked for it as it is written, then in its normal form; then it is compared with the latest 64
    /// versions, as JSON, ignoring only the order of keys, `doc` and `aliases`.
    ///
    /// # Errors
    /// Whatever keeps the registry from answering. A schema or a subject that is missing is not an error.
    pub fn find(
        &self,
        subject: &str,
        wanted: &RegisteredSchema,
        references: &[SchemaReference],
    ) -> Result<Option<FoundSchema>, RegistryError> {
        for form in [Form::AsWritten, Form::Normalized] {
            let Some(registration) = self.look_up(subject, &wanted.text, references, form)? else {
                continue;
            };
            let schema = self.version(subject, SchemaVersion::Number(registration.version))?;
            // Some registries look schemas up by a form without scale and precision.
            if schema.avro.writes_like(&wanted.avro) {
                let likeness = likeness(&schema.text, &wanted.text).unwrap_or(Likeness::Notation);
                return Ok(Some(FoundSchema { schema, likeness }));
            }
        }
        self.find_among_versions(subject, wanted)
    }

    fn find_among_versions(
        &self,
        subject: &str,
        wanted: &RegisteredSchema,
    ) -> Result<Option<FoundSchema>, RegistryError> {
        let mut versions = match self.list_versions(subject, RetryPolicy::Standard) {
            Err(error) if is_missing(&error) => return Ok(None),
            versions => versions?,
        };
        versions.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
        let mut best: Option<(Likeness, SubjectVersion)> = None;
        for version in versions.into_iter().take(MAX_COMPARED) {
            let stored = match self.subject_version(subject, SchemaVersion::Number(version)) {
                // It was deleted meanwhile.
                Err(error) if is_missing(&error) => continue,
                stored => stored?,
            };
            let Some(likeness) = likeness(&stored.text, &wanted.text) else {
                continue;
            };
            if best.as_ref().is_none_or(|(least, _)| likeness < *least) {
                best = Some((likeness, stored));
            }
            if likeness <= Likeness::KeyOrder {
                break;
            }
        }
        let Some((likeness, stored)) = best else {
            return Ok(None);
        };
        // The same text may refer to other versions of the types it names.
        let schema = self.registered_schema(stored)?;
        let is_same = schema.avro.writes_like(&wanted.avro);
        Ok(is_same.then_some(FoundSchema { schema, likeness }))
    }
}

fn is_missing(error: &RegistryError) -> bool {
    matches!(
        error.kind(),
        RegistryErrorKind::SubjectMissing | RegistryErrorKind::VersionMissing
    )
}
