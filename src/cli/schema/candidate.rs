//! Registers a schema file, or checks whether it is compatible.

use std::path::Path;

use serde_json::{Value, json};

use super::{print, print_json};
use crate::cli::arguments::CandidateArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::cli::registration::Candidate;
use crate::cli::schema_warnings;
use crate::cli::settings::{RegistryAccess, SubjectSettings, Verbosity};
use crate::cli::shell;
use crate::cli::writer_schema::SchemaRequest;
use crate::schema::{
    Compatibility, FoundSchema, Likeness, Registration, RegistryClient, SubjectNameStrategy, Verdict,
    printable,
};

pub(super) fn register(arguments: CandidateArguments, environment: &Environment) -> Result<Exit, Failure> {
    let json = arguments.json;
    with_candidate("register", arguments, environment, |client, candidate| {
        let found = candidate.registered(client)?;
        // A schema that differs only in docs or aliases is registered as a new version, as requested.
        let found = found.filter(|found| found.likeness != Likeness::DocsAndAliases);
        let registration = found.and_then(|found| {
            let FoundSchema { schema, .. } = found;
            let (version, id) = schema.version.zip(schema.id)?;
            Some(Registration { version, id })
        });
        let registration = match registration {
            Some(registration) => {
                messages::line(&format!(
                    "{} is already registered",
                    printable(candidate.file, 300)
                ));
                registration
            }
            None => {
                candidate.check_compatibility(client, Verbosity::Normal)?;
                candidate.register(client, Verbosity::Normal)?
            }
        };
        let Registration { version, id } = registration;
        if json {
            print_json(&json!({ "subject": candidate.subject, "version": version, "id": id.get() }))?;
        } else {
            let subject = printable(candidate.subject, 200);
            print(&format!("{subject} version {version} (id {id})\n"))?;
        }
        Ok(Exit::Success)
    })
}

pub(super) fn compat(arguments: CandidateArguments, environment: &Environment) -> Result<Exit, Failure> {
    let json = arguments.json;
    with_candidate("compat", arguments, environment, |client, candidate| {
        let (compatibility, rule) = candidate.compatibility(client)?;
        if json {
            print_json(&as_json(candidate, &compatibility, rule.as_deref()))?;
        } else {
            let mut text = candidate.verdict(&compatibility, rule.as_deref()) + "\n";
            if compatibility.verdict == Verdict::Incompatible {
                for message in &compatibility.messages {
                    text.push_str(&format!("  {message}\n"));
                }
            }
            print(&text)?;
        }
        Ok(match compatibility.verdict {
            Verdict::Compatible | Verdict::FirstVersion => Exit::Success,
            Verdict::Incompatible => Exit::Rejected,
            Verdict::Unknown => Exit::Unavailable,
        })
    })
}

fn as_json(candidate: &Candidate<'_>, compatibility: &Compatibility, rule: Option<&str>) -> Value {
    let compatible = match compatibility.verdict {
        Verdict::Compatible | Verdict::FirstVersion => Value::Bool(true),
        Verdict::Incompatible => Value::Bool(false),
        Verdict::Unknown => Value::Null,
    };
    let first = compatibility.verdict == Verdict::FirstVersion;
    json!({ "subject": candidate.subject, "compatible": compatible, "first_version": first,
                       "compatibility": rule, "messages": compatibility.messages })
}

fn no_subject(command: &str, file: &Path) -> Failure {
    let message = format!(
        "the subject for {} is missing: neither `--topic` nor `--subject` is given",
        printable(&file.display().to_string(), 300)
    );
    Failure::new(Exit::Usage, message).with_hint(Some(format!(
        "`k2-produce schema {command} --topic TOPIC {}` uses the subject `TOPIC-value`; `--subject SUBJECT` names \
         another",
        shell::path(file.as_os_str())
    )))
}

/// Reads the file, finds its subject, and passes both to the command.
fn with_candidate(
    command: &str,
    arguments: CandidateArguments,
    environment: &Environment,
    act: impl FnOnce(&RegistryClient, &Candidate<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let lower = environment.layer();
    let registry = RegistryAccess::decide(arguments.registry.over(lower.registry), environment);
    let chosen = match arguments.subject.is_chosen() {
        true => arguments.subject,
        false => lower.subject,
    };
    let subject = SubjectSettings::decide(arguments.topic, chosen);
    subject.check()?;
    if subject.topic.is_none() && subject.named().is_none() && subject.strategy != SubjectNameStrategy::Record
    {
        return Err(no_subject(command, &arguments.schema_file));
    }
    let client = registry.client()?;
    let request = SchemaRequest {
        registry: &registry,
        subject: &subject,
        verbosity: Verbosity::Normal,
    };
    let schema = request.read(&arguments.schema_file, Some(&client))?;
    schema_warnings::print_all(&schema);
    let candidate = Candidate {
        subject: &subject.subject_of(Some(schema.name()))?,
        file: &arguments.schema_file.display().to_string(),
        schema: &schema,
        references: &subject.references,
    };
    act(&client, &candidate)
}
