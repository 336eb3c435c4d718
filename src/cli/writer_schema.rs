//! The schema that the flags choose: from the registry, from a file, or from a file that must be registered.

use std::fmt;
use std::path::Path;

use super::contract;
use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::missing_topic::{self, MissingSchema};
use super::registration::Candidate;
use super::schema_warnings;
use super::settings::{
    IfMissing, KeySchemaSubject, RegistryAccess, SchemaSource, Settings, SubjectSettings, Topics,
    UnappliedRules, Verbosity,
};
use super::shell;
use crate::schema::{
    FoundSchema, RegisteredSchema, RegistryClient, RegistryErrorKind, SchemaErrorKind, SchemaId,
    SchemaReference, SchemaVersion, SubjectNameStrategy, printable, topic_name_key_subject,
};

/// The schema of a run's values.
///
/// # Errors
/// There is none, or the topics have different ones: the rows of a run have one schema.
pub(super) fn of_run(settings: &Settings) -> Result<WriterSchema, Failure> {
    if let (SchemaSource::RegisteredFile(_, IfMissing::Register), [_, _, ..]) =
        (&settings.schema, &settings.topics.names[..])
    {
        let message = "`--register` registers the schema of one topic, and the mapping chooses from several";
        let hint = "register the schema for each with `k2-produce schema register`";
        return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
    }
    let writer = of_first_topic(settings).map_err(|failure| match settings.subject.named() {
        Some(_) => failure,
        None => {
            let topic = settings.subject.topic.as_deref().unwrap_or_default();
            missing_topic::explain(failure, settings, topic, MissingSchema::Value)
        }
    })?;
    if settings.subject.depends_on_topic() {
        let first = (writer.schema.subject.as_str(), writer.schema.id);
        for topic in settings.topics.names.iter().skip(1) {
            let other = of_other_topic(settings, topic)
                .map_err(|failure| missing_topic::explain(failure, settings, topic, MissingSchema::Value))?;
            if let Some(other) = other {
                require_same(&settings.topics, first, (&other.subject, other.id))?;
            }
        }
    }
    Ok(writer)
}

/// Fails if the subjects of two topics have different schemas.
fn require_same(
    topics: &Topics,
    (first, id): (&str, Option<SchemaId>),
    (other, other_id): (&str, Option<SchemaId>),
) -> Result<(), Failure> {
    if id == other_id {
        return Ok(());
    }
    let words = |id: Option<SchemaId>| id.map_or("no id".to_owned(), |id| format!("id {id}"));
    let message = format!(
        "the subjects `{}` ({}) and `{}` ({}) have different schemas, and the rows of a run have one",
        printable(first, 300),
        words(id),
        printable(other, 300),
        words(other_id),
    );
    Err(topics.refused(
        message,
        "load their topics one after the other, with `--topic` and `where`, or name one subject with `--subject`",
    ))
}

/// The schema of another topic of the run; none if it is not looked up.
fn of_other_topic(settings: &Settings, topic: &str) -> Result<Option<RegisteredSchema>, Failure> {
    let request = SchemaRequest {
        registry: &settings.registry,
        subject: &settings.subject.of_topic(topic),
        verbosity: settings.output.verbosity,
    };
    let schema = match &settings.schema {
        SchemaSource::File(_) => return Ok(None),
        SchemaSource::Registry => request.registered(&settings.registry.client()?)?,
        SchemaSource::RegisteredFile(file, if_missing) => {
            let rules = settings.unapplied_rules;
            request.registered_in_file(file, *if_missing, rules)?.schema
        }
    };
    contract::check(&schema, settings.unapplied_rules)?;
    Ok(Some(schema))
}

fn of_first_topic(settings: &Settings) -> Result<WriterSchema, Failure> {
    let request = SchemaRequest {
        registry: &settings.registry,
        subject: &settings.subject,
        verbosity: settings.output.verbosity,
    };
    let rules = settings.unapplied_rules;
    let schema = match &settings.schema {
        SchemaSource::Registry => request.registered(&settings.registry.client()?)?,
        SchemaSource::File(file) => request.in_file(file)?,
        SchemaSource::RegisteredFile(file, if_missing) => {
            return request.registered_in_file(file, *if_missing, rules);
        }
    };
    schema_warnings::print(&schema);
    contract::check(&schema, rules)?;
    Ok(WriterSchema {
        schema,
        registration: None,
    })
}

/// The schema that a run writes with, which may still have to be registered.
pub(super) struct WriterSchema {
    /// Without version and id if it still has to be registered.
    pub(super) schema: RegisteredSchema,
    registration: Option<PendingRegistration>,
}

/// A registration, done as the last step before the first row, so that a run that ends earlier leaves nothing behind.
struct PendingRegistration {
    client: RegistryClient,
    file: String,
    references: Vec<SchemaReference>,
    rules: UnappliedRules,
    verbosity: Verbosity,
}

impl WriterSchema {
    /// Whether [`WriterSchema::registered`] adds a version to the registry.
    pub(super) fn is_to_be_registered(&self) -> bool {
        self.registration.is_some()
    }

    /// Registers the schema if that is required.
    pub(super) fn registered(self) -> Result<RegisteredSchema, Failure> {
        let mut schema = self.schema;
        let Some(pending) = self.registration else {
            return Ok(schema);
        };
        let candidate = Candidate {
            subject: &schema.subject,
            file: &pending.file,
            schema: &schema,
            references: &pending.references,
        };
        let registration = candidate.register(&pending.client, pending.verbosity)?;
        let version = SchemaVersion::Number(registration.version);
        // A registry may copy rules to a new version from the previous one, or from the settings of the subject.
        let stored = pending.client.subject_version(&schema.subject, version)?;
        schema.version = Some(registration.version);
        schema.id = Some(registration.id);
        if !stored
            .contract
            .writing_rules()
            .eq(schema.contract.writing_rules())
        {
            schema.contract = stored.contract;
            contract::check(&schema, pending.rules)?;
        }
        Ok(schema)
    }
}

/// The schema of a run's keys.
///
/// # Errors
/// There is none, or the topics have different ones.
pub(super) fn of_keys(subject: &KeySchemaSubject, settings: &Settings) -> Result<RegisteredSchema, Failure> {
    let of_topic = |topic: Option<&str>| {
        keys_of_topic(subject, settings, topic).map_err(|failure| match subject {
            KeySchemaSubject::Named(_) => failure,
            KeySchemaSubject::OfTopic => {
                missing_topic::explain(failure, settings, topic.unwrap_or_default(), MissingSchema::Key)
            }
        })
    };
    let schema = of_topic(settings.subject.topic.as_deref())?;
    if let KeySchemaSubject::OfTopic = subject {
        for topic in settings.topics.names.iter().skip(1) {
            let other = of_topic(Some(topic))?;
            let first = (schema.subject.as_str(), schema.id);
            require_same(&settings.topics, first, (&other.subject, other.id))?;
        }
    }
    schema_warnings::print(&schema);
    Ok(schema)
}

fn keys_of_topic(
    subject: &KeySchemaSubject,
    settings: &Settings,
    topic: Option<&str>,
) -> Result<RegisteredSchema, Failure> {
    let subject = match (subject, topic) {
        (KeySchemaSubject::Named(subject), _) => subject.clone(),
        (KeySchemaSubject::OfTopic, Some(topic)) => topic_name_key_subject(topic),
        (KeySchemaSubject::OfTopic, None) => {
            let message = "no subject is given for the key schema";
            return Err(Failure::new(Exit::Usage, message).with_hint(Some(
                "name it with `--key-schema=SUBJECT`, or the topic with `--topic`",
            )));
        }
    };
    let client = settings.registry.client()?;
    let schema = client.version(&subject, SchemaVersion::Latest)?;
    contract::check(&schema, settings.unapplied_rules)?;
    Ok(schema)
}

/// The choice of a schema, and where to get it.
pub(super) struct SchemaRequest<'a> {
    pub(super) registry: &'a RegistryAccess,
    pub(super) subject: &'a SubjectSettings,
    pub(super) verbosity: Verbosity,
}

impl SchemaRequest<'_> {
    /// The schema in the registry, by its id, or by subject and version.
    pub(super) fn registered(&self, client: &RegistryClient) -> Result<RegisteredSchema, Failure> {
        self.subject.check()?;
        if let Some(id) = self.subject.id {
            return self.by_id(client, id);
        }
        let subject = self.subject.subject_of(None)?;
        Ok(client.version(&subject, self.subject.version)?)
    }

    fn by_id(&self, client: &RegistryClient, id: SchemaId) -> Result<RegisteredSchema, Failure> {
        if let Some(subject) = self.subject.named() {
            return Ok(client.by_id(id, Some(subject), subject)?);
        }
        let preferred = self
            .subject
            .topic
            .as_deref()
            .map(|topic| {
                SubjectNameStrategy::Topic
                    .subject(self.subject.context(), topic, None)
                    .unwrap_or_default()
            })
            .unwrap_or_default();
        let mut schema = client.by_id(id, None, &preferred)?;
        if self.subject.strategy != SubjectNameStrategy::Topic || !self.subject.context().is_empty() {
            // Now that the record is known, the strategy gives the subject, which must have this schema.
            let subject = self.subject.subject_of(Some(schema.name()))?;
            return Ok(client.by_id(id, Some(&subject), &subject)?);
        }
        if schema.subject.is_empty() {
            "an unknown subject".clone_into(&mut schema.subject);
        }
        if !preferred.is_empty() && schema.subject != preferred && self.verbosity == Verbosity::Normal {
            messages::line(&format!(
                "note: schema id {id} is not registered under {}",
                printable(&preferred, 200)
            ));
        }
        Ok(schema)
    }

    /// The schema of a file. The registry is asked only for its references.
    pub(super) fn in_file(&self, file: &Path) -> Result<RegisteredSchema, Failure> {
        let client = match self.subject.references.as_slice() {
            [] => None,
            _ => Some(self.registry.client()?),
        };
        self.read(file, client.as_ref())
    }

    /// The schema of a file, with the version and the id under which it is registered, or with its pending
    /// registration.
    fn registered_in_file(
        &self,
        file: &Path,
        if_missing: IfMissing,
        rules: UnappliedRules,
    ) -> Result<WriterSchema, Failure> {
        self.subject.check()?;
        let client = self.registry.client()?;
        let mut schema = self.read(file, Some(&client))?;
        schema_warnings::print(&schema);
        let subject = self.subject.subject_of(Some(schema.name()))?;
        let file = file.display().to_string();
        let candidate = Candidate {
            subject: &subject,
            file: &file,
            schema: &schema,
            references: &self.subject.references,
        };
        let found = candidate.registered(&client)?;
        match (&found, if_missing) {
            (Some(found), _) => {
                if self.verbosity == Verbosity::Normal {
                    candidate.print_likeness(found);
                }
            }
            (None, IfMissing::Register) => candidate.check_compatibility(&client, self.verbosity)?,
            (None, IfMissing::Refuse) => return Err(not_registered(&candidate, &client)),
        }
        schema.subject = subject;
        let registration = match found {
            Some(FoundSchema { schema: found, .. }) => {
                schema.version = found.version;
                schema.id = found.id;
                schema.contract = found.contract;
                None
            }
            None => {
                inherit_rules(&mut schema, &client)?;
                Some(PendingRegistration {
                    client,
                    file,
                    references: self.subject.references.clone(),
                    rules,
                    verbosity: self.verbosity,
                })
            }
        };
        contract::check(&schema, rules)?;
        Ok(WriterSchema { schema, registration })
    }

    pub(super) fn read(
        &self,
        file: &Path,
        client: Option<&RegistryClient>,
    ) -> Result<RegisteredSchema, Failure> {
        let references = &self.subject.references;
        let references = match client.filter(|_| !references.is_empty()) {
            Some(client) => {
                let holder = printable(&file.display().to_string(), 300);
                client.resolve(&holder, self.subject.context(), references)?
            }
            None => Vec::new(),
        };
        RegisteredSchema::from_file(file, references).map_err(|error| {
            // An undefined name: the schema may refer to other schemas.
            let hint = (error.kind() == SchemaErrorKind::UndefinedType).then_some(
                "name the schemas that it refers to with `--schema-reference`, such as \
                 `--schema-reference com.k2.Price=price-value:3`",
            );
            Failure::from(error).with_hint(hint)
        })
    }
}

/// A registry copies the rules of the latest version to the next one, so they are checked before it exists.
fn inherit_rules(schema: &mut RegisteredSchema, client: &RegistryClient) -> Result<(), Failure> {
    let latest = match client.subject_version(&schema.subject, SchemaVersion::Latest) {
        Err(error)
            if matches!(
                error.kind(),
                RegistryErrorKind::SubjectMissing | RegistryErrorKind::VersionMissing
            ) =>
        {
            return Ok(());
        }
        latest => latest?,
    };
    if latest.contract.writing_rules().next().is_some() {
        schema.contract = latest.contract;
    }
    Ok(())
}

/// The schema of a file is not a version of the subject, and the subject may not exist.
#[derive(Debug)]
pub(super) struct NotRegistered(String);

impl fmt::Display for NotRegistered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for NotRegistered {}

fn not_registered(candidate: &Candidate<'_>, client: &RegistryClient) -> Failure {
    let (file, subject) = (printable(candidate.file, 300), printable(candidate.subject, 200));
    let message = format!(
        "the schema in {file} is not registered under subject `{subject}` in the registry at {}",
        client.address()
    );
    Failure::of(Exit::Unavailable, NotRegistered(message)).with_hint(Some(format!(
        "register it with `--register`; `k2-produce schema compat {} {}` checks whether it is compatible",
        shell::path(candidate.file.as_ref()),
        shell::flag("--subject", candidate.subject.as_ref()),
    )))
}
