//! The references of a schema: types that are registered separately, fetched with their own references.
//!
//! References in a registry may not end: there are limits on the number of fetches, on depth and on bytes, and a circle
//! is an error that names it.

use std::collections::HashMap;
use std::str::FromStr;

use serde_json::{Value, json};

use super::error::{RegistryError, RegistryErrorKind};
use super::subject_version::SubjectVersion;
use super::version::SchemaVersion;
use super::{RegistryClient, subject_in_words};
use crate::schema::printable::printable;

const MAX_FETCHES: usize = 64;
const MAX_LEVELS: usize = 16;
/// The same limit as for one response.
const MAX_BYTES: usize = super::transport::MAX_BYTES;

/// A type of a schema that is registered elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaReference {
    /// Its name in the schema: for Avro, the full name of the type.
    pub name: String,
    /// The subject under which it is registered.
    pub subject: String,
    /// The version of that subject.
    pub version: SchemaVersion,
}

impl SchemaReference {
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            name: value.get("name")?.as_str()?.to_string(),
            subject: value.get("subject")?.as_str()?.to_string(),
            version: SchemaVersion::from_json(value.get("version")?)?,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "name": self.name, "subject": self.subject, "version": self.version.to_json() })
    }
}

/// `com.k2.Price=price-value:3`.
impl FromStr for SchemaReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected NAME=SUBJECT:VERSION, such as com.k2.Price=price-value:3".to_string();
        let (name, target) = text.split_once('=').ok_or_else(expected)?;
        // A subject may contain colons too: those of its context.
        let (subject, version) = match target.rsplit_once(':') {
            Some((subject, version)) => (subject, version.parse().map_err(|_| expected())?),
            None => return Err(expected()),
        };
        if name.is_empty() || subject.is_empty() {
            return Err(expected());
        }
        Ok(Self {
            name: name.to_string(),
            subject: subject.to_string(),
            version,
        })
    }
}

impl RegistryClient {
    /// The texts of all schemas that `references` lead to, each after those to which it refers itself, none twice.
    /// `holder` describes the schema with these references; `subject` is its subject.
    pub fn resolve(
        &self,
        holder: &str,
        subject: &str,
        references: &[SchemaReference],
    ) -> Result<Vec<String>, RegistryError> {
        let mut resolver = Resolver {
            client: self,
            fetches: 0,
            bytes: 0,
            path: Vec::new(),
            found: Vec::new(),
            names: HashMap::new(),
        };
        resolver.follow(holder, subject, references)?;
        Ok(resolver.found.into_iter().map(|stored| stored.text).collect())
    }
}

struct Resolver<'a> {
    client: &'a RegistryClient,
    fetches: usize,
    bytes: usize,
    /// The schemas of which the references are being followed.
    path: Vec<SubjectVersion>,
    /// The complete schemas, in the order in which they can be parsed.
    found: Vec<SubjectVersion>,
    /// Which schema defines a name.
    names: HashMap<String, (String, Option<u32>)>,
}

impl Resolver<'_> {
    fn follow(
        &mut self,
        holder: &str,
        subject: &str,
        references: &[SchemaReference],
    ) -> Result<(), RegistryError> {
        for reference in references {
            let stored = self.fetch(holder, subject, reference)?;
            let owner = (stored.subject.clone(), stored.version);
            self.check_name(holder, reference, &owner)?;
            self.check_circle(&stored)?;
            let is_known = |known: &SubjectVersion| (&known.subject, known.version) == (&owner.0, owner.1);
            if self.found.iter().any(is_known) {
                continue;
            }
            self.bytes += stored.text.len();
            if self.path.len() == MAX_LEVELS || self.bytes > MAX_BYTES {
                return Err(self.too_much(holder));
            }
            self.path.push(stored.clone());
            self.follow(&stored.in_words(), &stored.subject, &stored.references)?;
            self.path.pop();
            self.found.push(stored);
        }
        Ok(())
    }

    fn fetch(
        &mut self,
        holder: &str,
        subject: &str,
        reference: &SchemaReference,
    ) -> Result<SubjectVersion, RegistryError> {
        self.fetches += 1;
        if self.fetches > MAX_FETCHES {
            return Err(self.too_much(holder));
        }
        let named = reference.subject.as_str();
        // A name without a context is in the context of the schema that refers to it; registries without contexts
        // accept it unchanged.
        let mut fetched = match context_of(subject).filter(|_| context_of(named).is_none()) {
            Some(context) => self
                .client
                .subject_version(&format!("{context}{named}"), reference.version),
            None => self.client.subject_version(named, reference.version),
        };
        if context_of(subject).is_some()
            && context_of(named).is_none()
            && matches!(&fetched, Err(error) if error.kind() == RegistryErrorKind::SubjectMissing)
        {
            fetched = self.client.subject_version(named, reference.version);
        }
        fetched.and_then(SubjectVersion::avro).map_err(|error| {
            error.within(&format!(
                "{holder} refers to `{}` ({} version {})",
                printable(&reference.name, 200),
                subject_in_words(named),
                reference.version
            ))
        })
    }

    /// One name for two schemas, which is ambiguous.
    fn check_name(
        &mut self,
        holder: &str,
        reference: &SchemaReference,
        owner: &(String, Option<u32>),
    ) -> Result<(), RegistryError> {
        let name = reference.name.clone();
        let first = self.names.entry(name).or_insert_with(|| owner.clone());
        if first == owner {
            return Ok(());
        }
        let in_words = |(subject, version): &(String, Option<u32>)| {
            let version = version.map_or_else(String::new, |version| format!(" version {version}"));
            format!("{}{version}", subject_in_words(subject))
        };
        let message = format!(
            "{holder} refers to `{}` as {}, but another schema on the way refers to it as {}",
            printable(&reference.name, 200),
            in_words(owner),
            in_words(first)
        );
        Err(RegistryError::new(RegistryErrorKind::References, message))
    }

    fn check_circle(&self, stored: &SubjectVersion) -> Result<(), RegistryError> {
        let is_same =
            |other: &SubjectVersion| (&other.subject, other.version) == (&stored.subject, stored.version);
        let Some(start) = self.path.iter().position(is_same) else {
            return Ok(());
        };
        let circle = self.path[start..].iter().chain([stored]);
        let circle: Vec<String> = circle
            .map(|stored| {
                format!(
                    "`{}` version {}",
                    printable(&stored.subject, 200),
                    stored.version.unwrap_or(0)
                )
            })
            .collect();
        let message = format!("circular references: {}", circle.join(" -> "));
        Err(RegistryError::new(RegistryErrorKind::References, message))
    }

    fn too_much(&self, holder: &str) -> RegistryError {
        let message = format!(
            "{holder} has too many references: at most {MAX_FETCHES} schemas, {MAX_LEVELS} levels deep, \
             {} MiB in all",
            MAX_BYTES >> 20
        );
        RegistryError::new(RegistryErrorKind::References, message)
    }
}

/// `:.ctx:` of `:.ctx:subject`.
pub(super) fn context_of(subject: &str) -> Option<&str> {
    let rest = subject.strip_prefix(":.")?;
    let end = rest.find(':')?;
    Some(&subject[..end + 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_between_the_first_colons() {
        for (subject, context) in [
            (":.ctx:a", Some(":.ctx:")),
            (":.:a", Some(":.:")),
            (":.ctx:", Some(":.ctx:")),
            (":.ctx:a:b", Some(":.ctx:")),
            ("a", None),
            ("a:b", None),
            (":ctx:a", None),
            (":.ctx", None),
        ] {
            assert_eq!(context_of(subject), context, "{subject}");
        }
    }

    #[test]
    fn spellings_of_a_reference() {
        let reference: SchemaReference = "com.k2.Price=:.ctx:price:3".parse().unwrap();
        assert_eq!(
            (
                reference.name.as_str(),
                reference.subject.as_str(),
                reference.version
            ),
            ("com.k2.Price", ":.ctx:price", SchemaVersion::Number(3))
        );
        let latest: SchemaReference = "a=b:latest".parse().unwrap();
        assert_eq!(latest.version, SchemaVersion::Latest);
        assert_eq!(
            latest.to_json(),
            json!({ "name": "a", "subject": "b", "version": -1 })
        );
        for text in ["", "a", "a=b", "a=b:0", "=b:1", "a=:1", "a=b:c"] {
            assert!(text.parse::<SchemaReference>().is_err(), "{text}");
        }
    }
}
