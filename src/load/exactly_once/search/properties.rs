//! What holds in every state.

use super::rules::Rules;
use super::world::{EndedRun, World};
use crate::load::exactly_once::protocol::Ending;

/// What does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Violation {
    /// The committed rows are not the first rows of the load, each once and in order.
    RowsAreNoPrefix,
    /// The last committed checkpoint is not after the last committed row.
    CheckpointDiffers,
    /// Rows that are not committed are reported as delivered.
    SettledTooEarly,
    /// A run ends as `Covered` although rows are missing.
    CoveredTooEarly,
    /// A run says for certain that its last rows are not on the topic, but they are.
    FalseCertainty,
    /// A run ends as `Superseded`, but no other run wrote a checkpoint after it.
    NotSuperseded,
    /// The run finds checkpoints that it cannot explain.
    Inconsistent,
    /// Of a load in one transaction some rows are committed, and others are not.
    RowsInPart,
    /// A second transaction begins with the same producer.
    SecondTransaction,
    /// The protocol panics.
    Panic,
    /// Without any fault, all runs fail: each fenced the others.
    AllFailed,
    /// Without further faults, a run that is alone does not end, or a new run does not complete the load.
    DeadEnd,
}

/// How many properties `violation` and the search for dead ends check: one for each kind of violation.
pub(super) const PROPERTIES: usize = Violation::DeadEnd as usize + 1;

/// The first property that does not hold.
pub(super) fn violation(world: &World, rules: &Rules) -> Option<Violation> {
    let rows = world.brokers.rows().count();
    if world
        .brokers
        .rows()
        .zip(0..)
        .any(|(row, number)| row.number != number)
    {
        return Some(Violation::RowsAreNoPrefix);
    }
    let covered = world.brokers.last_checkpoint().map_or(0, |last| last.position);
    if usize::from(covered) != rows {
        return Some(Violation::CheckpointDiffers);
    }
    if rules.atomic && rows > 0 && rows < usize::from(rules.rows) {
        return Some(Violation::RowsInPart);
    }
    for run in world.runs.iter().flatten() {
        if usize::from(run.settled) > rows {
            return Some(Violation::SettledTooEarly);
        }
        if run.has_second_transaction && rules.has_whole_protocol() {
            return Some(Violation::SecondTransaction);
        }
    }
    let mut endings = world.ended.iter().map(|run| run.ending);
    let has_failed_all = !world.ended.is_empty()
        && world.runs.iter().all(Option::is_none)
        && endings.all(|ending| matches!(ending, Some(Ending::Failed { .. })));
    if has_failed_all && world.faults == 0 {
        return Some(Violation::AllFailed);
    }
    world.ended.iter().find_map(|run| of_ending(run, world, rules))
}

fn of_ending(run: &EndedRun, world: &World, rules: &Rules) -> Option<Violation> {
    let rows = world.brokers.rows().count();
    if usize::from(run.settled) > rows {
        return Some(Violation::SettledTooEarly);
    }
    let Some(ending) = run.ending else {
        return Some(Violation::Panic);
    };
    let is_certain = match ending {
        Ending::Inconsistent => return Some(Violation::Inconsistent),
        Ending::Covered if rows < usize::from(rules.rows) => return Some(Violation::CoveredTooEarly),
        Ending::Covered | Ending::Abandoned => true,
        Ending::Superseded { in_doubt } => {
            let last = world.brokers.last_checkpoint();
            if last.is_none_or(|last| last.run == run.identity) {
                return Some(Violation::NotSuperseded);
            }
            !in_doubt
        }
        Ending::Failed { in_doubt, .. } | Ending::Cancelled { in_doubt } => !in_doubt,
    };
    let mut own = world.brokers.rows().filter(|row| row.run == run.number);
    let has_more = own.any(|row| row.number >= run.settled);
    (is_certain && has_more).then_some(Violation::FalseCertainty)
}
