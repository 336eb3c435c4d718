//! Registering a schema: whether it is already a version, then the registry's compatibility check, and then the
//! registration.

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::settings::Verbosity;
use super::shell;
use crate::schema::{
    Compatibility, FoundSchema, Likeness, RegisteredSchema, Registration, RegistryClient, RegistryError,
    RegistryErrorKind, SchemaReference, SchemaVersion, Verdict, printable,
};

/// A schema to register under a subject.
pub(super) struct Candidate<'a> {
    pub(super) subject: &'a str,
    /// The file with the schema.
    pub(super) file: &'a str,
    pub(super) schema: &'a RegisteredSchema,
    pub(super) references: &'a [SchemaReference],
}

impl Candidate<'_> {
    /// The version that this schema already is, if any.
    pub(super) fn registered(&self, client: &RegistryClient) -> Result<Option<FoundSchema>, Failure> {
        Ok(client.find(self.subject, self.schema, self.references)?)
    }

    /// Prints which version was found, if its text differs from that of the file.
    pub(super) fn print_likeness(&self, found: &FoundSchema) {
        let difference = match found.likeness {
            Likeness::Same => return,
            Likeness::KeyOrder => "the order of JSON keys",
            Likeness::DocsAndAliases => "docs, aliases and the order of JSON keys",
            Likeness::Notation => "how names and types are written, or properties without effect on the rows",
        };
        let version = found.schema.version.unwrap_or_default();
        let (file, subject) = (printable(self.file, 300), printable(self.subject, 200));
        messages::line(&format!(
            "{file} is version {version} of {subject}, except for {difference}"
        ));
    }

    /// The result of the registry's compatibility check, with the level that it applies.
    pub(super) fn compatibility(
        &self,
        client: &RegistryClient,
    ) -> Result<(Compatibility, Option<String>), Failure> {
        let mut compatibility = client.compatible(self.subject, &self.schema.text, self.references)?;
        let level = client.compatibility_level(self.subject);
        if compatibility.verdict == Verdict::Incompatible && compatibility.messages.is_empty() {
            let rule = level.as_deref().unwrap_or("BACKWARD");
            // The verdict counts even without a reason.
            compatibility.messages = client
                .reasons_against(self.subject, &self.schema.avro, rule)
                .unwrap_or_default();
        }
        Ok((compatibility, level))
    }

    /// Fails if the registry says that the schema is not compatible.
    pub(super) fn check_compatibility(
        &self,
        client: &RegistryClient,
        verbosity: Verbosity,
    ) -> Result<(), Failure> {
        let (compatibility, level) = self.compatibility(client)?;
        let words = self.verdict(&compatibility, level.as_deref());
        if compatibility.verdict == Verdict::Incompatible {
            return Err(self.incompatible(&format!("{words}; it was not registered"), &compatibility));
        }
        if verbosity == Verbosity::Normal {
            messages::line(&words);
        }
        Ok(())
    }

    /// Registers the schema.
    pub(super) fn register(
        &self,
        client: &RegistryClient,
        verbosity: Verbosity,
    ) -> Result<Registration, Failure> {
        let text = &self.schema.text;
        let id = match client.register(self.subject, text, self.references) {
            Ok(id) => id,
            Err(error) => return self.registered_by_another(client, error),
        };
        let registration = match client.lookup(self.subject, text, self.references)? {
            Some(registration) => registration,
            // Some registries find a schema only in the form in which they store it.
            None => {
                let latest = client.subject_version(self.subject, SchemaVersion::Latest)?;
                let version = latest.version.filter(|_| latest.id == id).ok_or_else(|| {
                    let shown = printable(self.subject, 200);
                    let message = format!(
                        "the registry at {} accepted the schema (id {id}), but does not find it under `{shown}`",
                        client.address()
                    );
                    Failure::new(Exit::Unavailable, message).with_hint(Some(format!(
                        "see what is there with `k2-produce schema show {}`, and continue with `--schema-id {id}`",
                        shell::flag("--subject", self.subject.as_ref()),
                    )))
                })?;
                Registration { version, id }
            }
        };
        if verbosity == Verbosity::Normal {
            let Registration { version, id } = registration;
            let (file, subject) = (printable(self.file, 300), printable(self.subject, 200));
            messages::line(&format!(
                "{file} is registered as version {version} (id {id}) of {subject}"
            ));
        }
        Ok(registration)
    }

    /// What another client has registered since the schema was looked up: registries can refuse the second of two equal
    /// requests at the same time.
    fn registered_by_another(
        &self,
        client: &RegistryClient,
        refusal: RegistryError,
    ) -> Result<Registration, Failure> {
        let may_exist = matches!(
            refusal.kind(),
            RegistryErrorKind::Incompatible | RegistryErrorKind::Refused | RegistryErrorKind::Failing
        );
        let found = match may_exist {
            true => self.registered(client).ok().flatten(),
            false => None,
        };
        let registration = found.and_then(|found| {
            let FoundSchema { schema, .. } = found;
            Some(Registration {
                version: schema.version?,
                id: schema.id?,
            })
        });
        registration.ok_or_else(|| refusal.into())
    }

    /// The verdict as one line.
    pub(super) fn verdict(&self, compatibility: &Compatibility, level: Option<&str>) -> String {
        let (file, subject) = (printable(self.file, 300), printable(self.subject, 200));
        let rule = level.map_or_else(String::new, |level| format!(" ({level})"));
        match compatibility.verdict {
            Verdict::Compatible => {
                format!("{file} is compatible with the latest version of {subject}{rule}")
            }
            Verdict::Incompatible => {
                format!("{file} is not compatible with the latest version of {subject}{rule}")
            }
            Verdict::FirstVersion => {
                format!("{subject} has no version yet: {file} would be the first")
            }
            Verdict::Unknown => format!(
                "the registry cannot check in advance whether {file} is compatible with {subject}{rule}; it does so \
                 when the schema is registered ({})",
                compatibility.messages.join("; ")
            ),
        }
    }

    /// The failure for an incompatible schema, with the registry's reasons.
    pub(super) fn incompatible(&self, words: &str, compatibility: &Compatibility) -> Failure {
        let reasons = match compatibility.messages.as_slice() {
            [] => "\n  the registry gives no reasons".to_owned(),
            messages => messages
                .iter()
                .map(|message| format!("\n  the registry says: {message}"))
                .collect(),
        };
        Failure::new(Exit::Unavailable, format!("{words}{reasons}")).with_hint(Some(
            "give new fields a default and keep the types of the old ones, or name another subject with `--subject`",
        ))
    }
}
