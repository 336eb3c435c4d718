//! Registering a schema: only after the registry's compatibility check, whose result is shown.

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::settings::Verbosity;
use crate::schema::{
    Compatibility, Registration, RegistryClient, SchemaReference, SchemaVersion, Verdict, printable,
};

/// A schema that is to become a subject's.
pub(super) struct Candidate<'a> {
    pub(super) subject: &'a str,
    /// The file that holds it.
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) references: &'a [SchemaReference],
}

impl Candidate<'_> {
    /// Whether and as what this very schema is registered.
    pub(super) fn registered(&self, client: &RegistryClient) -> Result<Option<Registration>, Failure> {
        Ok(client.lookup(self.subject, self.text, self.references)?)
    }

    /// The registry's judgement, with the rule that it goes by.
    pub(super) fn compatibility(
        &self,
        client: &RegistryClient,
    ) -> Result<(Compatibility, Option<String>), Failure> {
        let compatibility = client.compatible(self.subject, self.text, self.references)?;
        Ok((compatibility, client.compatibility_level(self.subject)))
    }

    /// Registers the schema unless the registry says that it is not compatible.
    pub(super) fn register(
        &self,
        client: &RegistryClient,
        verbosity: Verbosity,
    ) -> Result<Registration, Failure> {
        let (compatibility, level) = self.compatibility(client)?;
        let words = self.verdict(&compatibility, level.as_deref());
        if compatibility.verdict == Verdict::Incompatible {
            return Err(self.incompatible(&format!("{words}; it is not registered"), &compatibility));
        }
        if verbosity == Verbosity::Normal {
            messages::line(&words);
        }
        let id = client.register(self.subject, self.text, self.references)?;
        let registration = match self.registered(client)? {
            Some(registration) => registration,
            // Some registries find a schema again only in the form in which they keep it.
            None => {
                let latest = client.subject_version(self.subject, SchemaVersion::Latest)?;
                let version = latest.version.filter(|_| latest.id == id).ok_or_else(|| {
                    let shown = printable(self.subject, 200);
                    let message = format!(
                        "the registry at {} took the schema (id {id}), and does not find it under `{shown}`",
                        client.address()
                    );
                    Failure::new(Exit::Unavailable, message).with_hint(Some(format!(
                        "see what is there with `k2-produce schema show --subject {shown}`, and go on with `--schema-id {id}`"
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
                format!("{subject} has no version yet that {file} would have to go with")
            }
            Verdict::Unknown => format!(
                "the registry cannot tell beforehand whether {file} goes with {subject}{rule}, and judges when it is \
                 registered ({})",
                compatibility.messages.join("; ")
            ),
        }
    }

    /// The failure that an incompatible schema is, with the registry's reasons.
    pub(super) fn incompatible(&self, words: &str, compatibility: &Compatibility) -> Failure {
        let reasons = match compatibility.messages.as_slice() {
            [] => "\n  the registry gives no reasons".to_owned(),
            messages => messages.iter().map(|message| format!("\n  {message}")).collect(),
        };
        Failure::new(Exit::Unavailable, format!("{words}{reasons}")).with_hint(Some(
            "give new fields a default and keep the types of the old ones, or name another subject with `--subject`",
        ))
    }
}
