//! Which schema rows are written with, and under which subject it is.

use std::path::PathBuf;

use crate::cli::arguments::{Layer, SubjectArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::schema::{SchemaId, SchemaReference, SchemaVersion, SubjectNameStrategy, is_bare_context};

/// Where the schema comes from.
pub(in crate::cli) enum SchemaSource {
    /// The registry has it.
    Registry,
    /// This file has it, and no registry need know it.
    File(PathBuf),
    /// This file has it, and the registry must know it.
    RegisteredFile(PathBuf, IfMissing),
}

/// What happens to a file's schema that is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum IfMissing {
    Refuse,
    Register,
}

/// What happens where the registry has rules for writing with a schema, since none is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum UnappliedRules {
    Refuse,
    Ignore,
}

/// Which of the registry's schemas is meant.
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

    /// Fails unless the topic, a subject, an id or a file says which schema is meant.
    pub(in crate::cli) fn require_schema(chosen: &Layer) -> Result<(), Failure> {
        let named = [
            chosen.topic.is_some(),
            chosen.schema_file.is_some(),
            chosen.subject.subject.is_some(),
            chosen.subject.schema_id.is_some(),
        ];
        if named.contains(&true) {
            return Ok(());
        }
        Err(Failure::new(Exit::Usage, "no schema is given").with_hint(Some(
            "name the topic with `--topic`, the subject with `--subject`, or a file with `--schema-file`",
        )))
    }

    /// The subject that was named, unless that is a context alone.
    pub(in crate::cli) fn named(&self) -> Option<&str> {
        self.subject
            .as_deref()
            .filter(|subject| !is_bare_context(subject))
    }

    /// The context that goes before the strategy's subject.
    pub(in crate::cli) fn context(&self) -> &str {
        match &self.subject {
            Some(subject) if is_bare_context(subject) => subject,
            _ => "",
        }
    }

    /// The subject: named, or made by the strategy.
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

    /// Fails where a subject is named and a strategy would name another.
    pub(in crate::cli) fn check(&self) -> Result<(), Failure> {
        if self.named().is_some() && self.strategy != SubjectNameStrategy::Topic {
            let message = "`--subject` names the subject, so `--subject-strategy` has no effect";
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("pass only one of them")));
        }
        Ok(())
    }
}
