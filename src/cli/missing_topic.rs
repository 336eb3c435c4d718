//! A subject that is missing along with its topic: the name of the topic is probably mistyped, so that is reported
//! first.

use std::time::Duration;

use super::exit::Exit;
use super::failure::Failure;
use super::settings::{Destination, Settings};
use super::writer_schema::NotRegistered;
use super::{hints, shell};
use crate::kafka::{ConnectErrorKind, find_topic};
use crate::schema::{RegistryError, RegistryErrorKind, topic_name_key_subject};

/// The command has already failed, so this waits for the brokers less than a load would.
const PATIENCE: Duration = Duration::from_secs(3);

/// The schema with the missing subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingSchema {
    Value,
    Key,
}

/// The failure to find a subject that is named after the topic, with what is known about the topic.
pub(super) fn explain(failure: Failure, settings: &Settings, topic: &str, missing: MissingSchema) -> Failure {
    let Destination::Kafka { producer, .. } = &settings.destination else {
        return failure;
    };
    if !is_missing_subject(&failure) || producer.create_topic.is_some() {
        return failure;
    }
    match find_topic(producer, topic, PATIENCE) {
        Err(error) if error.kind() == ConnectErrorKind::MissingTopic => {
            let register = how_to_register(&failure, settings, topic, missing);
            let hint = error.hint().map(hints::kafka::words);
            let hint = hint.map(|hint| format!("{hint}; {register}"));
            let message = format!("{error}, and {failure}");
            settings
                .topics
                .missing(Exit::Unavailable, message)
                .with_hint(hint)
        }
        _ => failure,
    }
}

/// A topic that is created here needs the schema too.
fn how_to_register(failure: &Failure, settings: &Settings, topic: &str, missing: MissingSchema) -> String {
    let register = |what: &str, subject: String| {
        format!(
            "to register {what} of a new topic, run `k2-produce schema register FILE {}`",
            shell::flag("--subject", subject.as_ref())
        )
    };
    match missing {
        MissingSchema::Value if settings.topics.names.len() > 1 => {
            let subject = settings.subject.of_topic(topic).subject_of(None);
            register("the schema", subject.unwrap_or_else(|_| "SUBJECT".to_owned()))
        }
        MissingSchema::Value if failure.error::<NotRegistered>().is_some() => {
            "to register the schema of a new topic, add `--register`".to_owned()
        }
        MissingSchema::Value => {
            "to register the schema of a new topic, add `--schema-file FILE --register`".to_owned()
        }
        MissingSchema::Key => register("the key schema", topic_name_key_subject(topic)),
    }
}

fn is_missing_subject(failure: &Failure) -> bool {
    let by_registry = failure.error::<RegistryError>();
    by_registry.is_some_and(|error| error.kind() == RegistryErrorKind::SubjectMissing)
        || failure.error::<NotRegistered>().is_some()
}
