//! Which schema rows are written with, and its subject.

use std::path::{Path, PathBuf};

use crate::cli::arguments::SubjectArguments;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::schema::{SchemaId, SchemaReference, SchemaVersion, SubjectNameStrategy, is_bare_context};

/// Where the schema comes from.
pub(in crate::cli) enum SchemaSource {
    /// From the registry.
    Registry,
    /// From this file; it need not be registered.
    File(PathBuf),
    /// From this file; it must be registered.
    RegisteredFile(PathBuf, IfMissing),
}

/// What happens if the schema of a file is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum IfMissing {
    Refuse,
    Register,
}

/// What happens if a schema has write rules, because k2-produce applies none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum UnappliedRules {
    Refuse,
    Ignore,
}

/// The choice of a schema in the registry.
#[derive(Clone)]
pub(in crate::cli) struct SubjectSettings {
    pub(in crate::cli) topic: Option<String>,
    subject: Option<String>,
    pub(in crate::cli) strategy: SubjectNameStrategy,
    pub(in crate::cli) version: SchemaVersion,
    pub(in crate::cli) id: Option<SchemaId>,
    pub(in crate::cli) references: Vec<SchemaReference>,
}

impl SubjectSettings {
    pub(in crate::cli) fn decide(topic: Option<String>, chosen: SubjectArguments) -> SubjectSettings {
        SubjectSettings {
            topic,
            subject: chosen.subject,
            strategy: chosen.subject_strategy.unwrap_or_default().into(),
            version: chosen.schema_version.unwrap_or(SchemaVersion::Latest),
            id: chosen.schema_id.map(SchemaId::new),
            references: chosen.schema_references,
        }
    }

    /// The same choice for another topic.
    pub(in crate::cli) fn of_topic(&self, topic: &str) -> SubjectSettings {
        SubjectSettings {
            topic: Some(topic.to_owned()),
            ..self.clone()
        }
    }

    /// Whether each topic has a subject of its own.
    pub(in crate::cli) fn depends_on_topic(&self) -> bool {
        self.named().is_none() && self.strategy != SubjectNameStrategy::Record
    }

    /// Fails unless a topic, a subject, an id or a file determines the schema.
    pub(in crate::cli) fn require_schema(&self, file: Option<&Path>) -> Result<(), Failure> {
        let named = [
            self.topic.is_some(),
            file.is_some(),
            self.subject.is_some(),
            self.id.is_some(),
        ];
        if named.contains(&true) {
            return Ok(());
        }
        Err(Failure::new(Exit::Usage, "no schema is given").with_hint(Some(
            "name the topic with `--topic`, the subject with `--subject`, or a file with `--schema-file`",
        )))
    }

    /// The given subject, unless it is only a context.
    pub(in crate::cli) fn named(&self) -> Option<&str> {
        self.subject
            .as_deref()
            .filter(|subject| !is_bare_context(subject))
    }

    /// The context that precedes the subject of the strategy.
    pub(in crate::cli) fn context(&self) -> &str {
        match &self.subject {
            Some(subject) if is_bare_context(subject) => subject,
            _ => "",
        }
    }

    /// The subject, as given or as derived by the strategy.
    pub(in crate::cli) fn subject_of(&self, record: Option<&str>) -> Result<String, Failure> {
        if let Some(subject) = self.named() {
            return Ok(subject.to_owned());
        }
        let topic = match (&self.topic, self.strategy) {
            (Some(topic), _) => topic.as_str(),
            (None, SubjectNameStrategy::Record) => "",
            (None, _) => {
                let message = "no subject is given";
                return Err(Failure::new(Exit::Usage, message)
                    .with_hint(Some("name it with `--subject`, or the topic with `--topic`")));
            }
        };
        self.strategy
            .subject(self.context(), topic, record)
            .map_err(|error| {
                Failure::of(Exit::Usage, error).with_hint(Some(
                    "give the schema with `--schema-file` or `--schema-id`, or name the subject with `--subject`",
                ))
            })
    }

    /// Fails if both a subject and a strategy are given.
    pub(in crate::cli) fn check(&self) -> Result<(), Failure> {
        if self.named().is_some() && self.strategy != SubjectNameStrategy::Topic {
            let message = "`--subject` names the subject, so `--subject-strategy` has no effect";
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("pass only one of them")));
        }
        Ok(())
    }
}
