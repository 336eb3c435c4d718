//! The protocol without one of its guards: events that the driver makes up instead of doing an action.

use super::rules::{Guard, Rules};
use super::run::Task;
use crate::load::exactly_once::protocol::{Action, Attempt, Checkpoint, Event, RunId, Seen};

/// What is made up. Without an omitted guard it is nothing, and the driver does each action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shortcut {
    omitted: Option<Guard>,
    /// The last event was a commit without an error.
    is_committed: bool,
    /// The checkpoint that is taken for the last one.
    believed: Option<Checkpoint<u8>>,
    /// What is returned for the next reading.
    made_up: Option<Seen<u8>>,
    /// The checkpoint is being read for the reading after the initialisation.
    is_early: bool,
}

impl Shortcut {
    pub(super) fn new(rules: &Rules) -> Shortcut {
        Shortcut {
            omitted: rules.omitted,
            is_committed: false,
            believed: None,
            made_up: None,
            is_early: false,
        }
    }

    pub(super) fn identity(&self, number: u8) -> RunId {
        match self.omitted {
            Some(Guard::OwnIdentity) => 0,
            _ => RunId::from(number),
        }
    }

    /// Notes what the event says.
    pub(super) fn before(&mut self, event: &Event<u8>, attempted: Option<&Checkpoint<u8>>) {
        match self.omitted {
            Some(Guard::NewProducer) => self.is_committed = *event == Event::Committed(Ok(())),
            Some(Guard::ReadingAfterCommit) => match event {
                Event::Looked(Ok(seen)) => {
                    self.believed.clone_from(&seen.last);
                    self.made_up = None;
                }
                Event::Committed(result) => {
                    let last = match result {
                        Ok(()) => attempted.cloned(),
                        Err(_) => self.believed.clone(),
                    };
                    let attempt = match result {
                        Ok(()) => Attempt::Committed,
                        Err(_) => Attempt::NotFound,
                    };
                    self.made_up = Some(Seen { last, attempt });
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The result of the action, if the action is not done.
    pub(super) fn instead_of(&mut self, action: &Action<u8>) -> Option<Event<u8>> {
        match action {
            Action::Renew if self.is_committed => Some(Event::Renewed(Ok(()))),
            Action::Look => match self.omitted {
                Some(Guard::InitialisingFirst) => self.made_up.take(),
                _ => self.made_up.clone(),
            }
            .map(|seen| Event::Looked(Ok(seen))),
            _ => None,
        }
    }

    /// What is done first for a new producer.
    pub(super) fn first_of_renewal(&mut self) -> Task {
        self.is_early = self.omitted == Some(Guard::InitialisingFirst);
        match self.is_early {
            true => Task::AskEnd,
            false => Task::Initialise,
        }
    }

    pub(super) fn is_early(&self) -> bool {
        self.is_early
    }

    /// Takes what was read too early.
    pub(super) fn keep(&mut self, seen: Seen<u8>) {
        self.is_early = false;
        self.made_up = Some(seen);
    }
}
