//! Finds the version of a subject that is the schema in a file, in any notation.
//!
//! Registries compare texts in different ways: unchanged, as written by a parser, or with sorted keys. So a schema that
//! a registry finds is checked, and one that it does not find is searched for among the versions.

use super::error::{RegistryError, RegistryErrorKind};
use super::references::SchemaReference;
use super::registration::Form;
use super::transport::RetryPolicy;
use super::version::SchemaVersion;
use super::{RegistryClient, SubjectVersion};
use crate::schema::RegisteredSchema;
use crate::schema::likeness::{Likeness, likeness};

/// The maximum number of versions compared, each of which costs a request; a subject has few versions in use.
const MAX_COMPARED: usize = 64;

/// A registered schema, and how its text differs from the requested one.
#[derive(Debug, Clone)]
pub struct FoundSchema {
    /// The registered schema.
    pub schema: RegisteredSchema,
    /// How its text differs.
    pub likeness: Likeness,
}

impl RegistryClient {
    /// The version of `subject` that is the schema `wanted`, with its `references`.
    ///
    /// The registry looks it up unchanged, then in its normal form; then it is compared with the latest 64 versions, as
    /// JSON, ignoring only the order of keys, `doc` and `aliases`.
    ///
    /// # Errors
    /// The registry does not respond as expected. A missing schema or subject is not an error.
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
                // It was deleted in the meantime.
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
        // The same text may refer to other versions of its types.
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
