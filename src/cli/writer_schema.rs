//! Which schema is meant by the flags: from the registry, from a file, or from a file that the registry must know.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::registration::Candidate;
use super::registry_args::{RegistryArguments, StrategyArgument, SubjectArguments};
use crate::schema::{
    RegisteredSchema, RegistryClient, SchemaErrorKind, SchemaId, SubjectNameStrategy, is_bare_context,
    printable,
};

/// What is wanted, as it was typed.
pub(super) struct Wanted<'a> {
    pub(super) registry: &'a RegistryArguments,
    pub(super) subject: &'a SubjectArguments,
    pub(super) topic: Option<&'a str>,
    pub(super) quiet: bool,
}

/// What happens to a file's schema that is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfMissing {
    Refuse,
    Register,
}

impl Wanted<'_> {
    /// The schema that the registry has: by its id, or by subject and version.
    pub(super) fn registered(&self, client: &RegistryClient) -> Result<RegisteredSchema, Failure> {
        self.check_subject_flags()?;
        if let Some(id) = self.subject.schema_id {
            return self.by_id(client, SchemaId::new(id));
        }
        let subject = self.subject_of(None)?;
        Ok(client.version(&subject, self.subject.schema_version)?)
    }

    fn by_id(&self, client: &RegistryClient, id: SchemaId) -> Result<RegisteredSchema, Failure> {
        if let Some(subject) = self.named_subject() {
            return Ok(client.by_id(id, Some(subject), subject)?);
        }
        let preferred = self
            .topic
            .map(|topic| {
                SubjectNameStrategy::Topic
                    .subject(self.context(), topic, None)
                    .unwrap_or_default()
            })
            .unwrap_or_default();
        let mut schema = client.by_id(id, None, &preferred)?;
        if self.subject.subject_strategy != StrategyArgument::Topic || !self.context().is_empty() {
            // The record is known now, so the strategy tells the subject, which must have this schema.
            let subject = self.subject_of(Some(schema.name()))?;
            return Ok(client.by_id(id, Some(&subject), &subject)?);
        }
        if schema.subject.is_empty() {
            "a subject that the registry does not tell".clone_into(&mut schema.subject);
        }
        if !preferred.is_empty() && schema.subject != preferred && !self.quiet {
            messages::line(&format!(
                "note: schema id {id} is not registered under {}",
                printable(&preferred, 200)
            ));
        }
        Ok(schema)
    }

    /// The schema of a file. The registry is asked only for what the schema refers to.
    pub(super) fn in_file(&self, file: &Path) -> Result<RegisteredSchema, Failure> {
        let client = match self.subject.schema_references.as_slice() {
            [] => None,
            _ => Some(self.registry.client()?),
        };
        self.read(file, client.as_ref())
    }

    /// The schema of a file, with the version and the id under which this very schema is registered.
    pub(super) fn registered_in_file(
        &self,
        file: &Path,
        if_missing: IfMissing,
    ) -> Result<RegisteredSchema, Failure> {
        self.check_subject_flags()?;
        let client = self.registry.client()?;
        let mut schema = self.read(file, Some(&client))?;
        let subject = self.subject_of(Some(schema.name()))?;
        let candidate = Candidate {
            subject: &subject,
            file: &file.display().to_string(),
            text: &schema.text,
            references: &self.subject.schema_references,
        };
        let registration = match (candidate.registered(&client)?, if_missing) {
            (Some(registration), _) => registration,
            (None, IfMissing::Register) => candidate.register(&client, self.quiet)?,
            (None, IfMissing::Refuse) => return Err(not_registered(&candidate, &client)),
        };
        schema.version = Some(registration.version);
        schema.id = Some(registration.id);
        schema.subject = subject;
        Ok(schema)
    }

    pub(super) fn read(
        &self,
        file: &Path,
        client: Option<&RegistryClient>,
    ) -> Result<RegisteredSchema, Failure> {
        let references = &self.subject.schema_references;
        let references = match client.filter(|_| !references.is_empty()) {
            Some(client) => {
                let holder = printable(&file.display().to_string(), 300);
                client.resolve(&holder, self.context(), references)?
            }
            None => Vec::new(),
        };
        RegisteredSchema::from_file_with(file, references).map_err(|error| {
            // A name that nothing defines: the schema may be one that refers to others.
            let hint = (error.kind() == SchemaErrorKind::NotAvro
                && error.to_string().ends_with("defined before it is named"))
            .then_some(
                "name what it refers to with `--schema-reference`, such as \
                 `--schema-reference com.k2.Price=price-value:3`",
            );
            Failure::from(error).with_hint(hint)
        })
    }

    /// The subject: named, or made by the strategy.
    pub(super) fn subject_of(&self, record: Option<&str>) -> Result<String, Failure> {
        if let Some(subject) = self.named_subject() {
            return Ok(subject.to_owned());
        }
        let strategy = self.subject.subject_strategy;
        let topic = match (self.topic, strategy) {
            (Some(topic), _) => topic,
            (None, StrategyArgument::Record) => "",
            (None, _) => {
                let message = "nothing says which subject is meant";
                return Err(Failure::new(Exit::Usage, message)
                    .with_hint(Some("name it with `--subject`, or the topic with `--topic`")));
            }
        };
        SubjectNameStrategy::from(strategy)
            .subject(self.context(), topic, record)
            .map_err(|error| {
                Failure::of(Exit::Usage, error).with_hint(Some(
                    "give the schema with `--schema-file` or `--schema-id`, or name the subject with `--subject`",
                ))
            })
    }

    /// What `--subject` names, unless it is a context alone.
    fn named_subject(&self) -> Option<&str> {
        self.subject
            .subject
            .as_deref()
            .filter(|subject| !is_bare_context(subject))
    }

    /// The context that goes before the strategy's subject.
    fn context(&self) -> &str {
        match &self.subject.subject {
            Some(subject) if is_bare_context(subject) => subject,
            _ => "",
        }
    }

    pub(super) fn check_subject_flags(&self) -> Result<(), Failure> {
        if self.named_subject().is_some() && self.subject.subject_strategy != StrategyArgument::Topic {
            let message = "`--subject` names the subject, which leaves nothing to `--subject-strategy`";
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("give one of the two")));
        }
        Ok(())
    }
}

fn not_registered(candidate: &Candidate<'_>, client: &RegistryClient) -> Failure {
    let (file, subject) = (printable(candidate.file, 300), printable(candidate.subject, 200));
    let message = format!(
        "the schema in {file} is not registered under subject `{subject}` in the registry at {}",
        client.address()
    );
    Failure::new(Exit::Unavailable, message).with_hint(Some(format!(
        "register it with `--register`; `k2-produce schema compat {file} --subject {subject}` tells whether the \
         registry would take it"
    )))
}
