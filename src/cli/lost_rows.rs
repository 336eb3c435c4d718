//! Whether rows that were acknowledged are still on the topic.

use crate::kafka::{ConnectError, ConnectErrorKind};
use crate::load::RunOutcome;

/// What happened to acknowledged rows that are not on the topic any more, or may not be.
pub(super) enum LostRows {
    /// The topic was recreated, or no longer contains them.
    Gone,
    /// The topic does not exist any more.
    WithTheTopic,
}

pub(super) fn lost_rows(done: &RunOutcome) -> Option<LostRows> {
    if done.counts.delivered == 0 {
        return None;
    }
    let is_missing = |error: &&ConnectError| error.kind() == ConnectErrorKind::MissingTopic;
    if done.topics_unseen().iter().any(is_missing) {
        return Some(LostRows::WithTheTopic);
    }
    done.topic_changes()
        .any(|(_, change)| change.is_loss())
        .then_some(LostRows::Gone)
}
