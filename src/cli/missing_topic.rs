//! A subject that is missing along with its topic: the name of the topic is probably mistyped, so that is reported
//! first.

use std::time::Duration;

use super::exit::Exit;
use super::failure::Failure;
use super::hints;
use super::settings::{Destination, Settings};
use super::writer_schema::NotRegistered;
use crate::kafka::{ConnectErrorKind, find_topic};
use crate::schema::{RegistryError, RegistryErrorKind};

/// The command has already failed, so this waits for the brokers less than a load would.
const PATIENCE: Duration = Duration::from_secs(3);

/// The failure to find a subject that is named after the topic, with what is known about the topic.
pub(super) fn explain(failure: Failure, settings: &Settings) -> Failure {
    let Destination::Kafka { producer, .. } = &settings.destination else {
        return failure;
    };
    if !is_missing_subject(&failure) || producer.create_topic.is_some() {
        return failure;
    }
    match find_topic(producer, PATIENCE) {
        Err(error) if error.kind() == ConnectErrorKind::MissingTopic => {
            let hint = error.hint().map(hints::kafka::words);
            Failure::new(Exit::Unavailable, format!("{error}, and {failure}")).with_hint(hint)
        }
        _ => failure,
    }
}

fn is_missing_subject(failure: &Failure) -> bool {
    let by_registry = failure.error::<RegistryError>();
    by_registry.is_some_and(|error| error.kind() == RegistryErrorKind::SubjectMissing)
        || failure.error::<NotRegistered>().is_some()
}
