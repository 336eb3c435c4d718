//! Whether the load can still be completed, from any state.
//!
//! The runs of a state are left alone one after the other: no fault happens, and the other runs do nothing any more. Each
//! must end, and a new run must complete the load. What a state and its successors have in common is followed once.

use super::fingerprint::{Fingerprints, fingerprint};
use super::requests::Partition;
use super::rules::Rules;
use super::run::{Run, Task};
use super::step::Step;
use super::world::{EndedRun, World};
use crate::load::exactly_once::protocol::{Ending, Then};

/// More steps than any run needs.
const ENDLESS: usize = 1_000;

#[derive(Default)]
pub(super) struct DeadEnds {
    /// Worlds with one run that ends, and completes the load if it is a new one.
    good: Fingerprints,
}

impl DeadEnds {
    pub(super) fn is_in(&mut self, world: &World, rules: &Rules) -> bool {
        let new = Run::start(rules.runs + 1, rules);
        let runs = world.runs.iter().cloned().enumerate();
        let mut runs = runs
            .filter_map(|(slot, run)| Some((run?, slot)))
            .chain([(new, 0)]);
        runs.any(|(run, slot)| !self.ends(world.with_only(run, slot, rules), rules))
    }

    fn ends(&mut self, mut world: World, rules: &Rules) -> bool {
        let mut way = Vec::new();
        while way.len() < ENDLESS {
            let key = fingerprint(&world);
            if self.good.contains(&key) {
                break;
            }
            way.push(key);
            let Some(run) = &world.runs[0] else {
                break;
            };
            let Some(next) = undisturbed(run, &world, rules) else {
                return false;
            };
            world = next;
        }
        let is_incomplete = |run: &EndedRun| run.number > rules.runs && run.ending != Some(Ending::Covered);
        if way.len() == ENDLESS || world.ended.iter().any(is_incomplete) {
            return false;
        }
        self.good.extend(way);
        true
    }
}

/// The world after the next step without a fault that changes anything.
fn undisturbed(run: &Run, world: &World, rules: &Rules) -> Option<World> {
    let step = match run.task {
        Task::Choose if run.rows_left(rules) && rules.atomic => Step::SendAnother(0),
        Task::Choose if run.rows_left(rules) => Step::Reach(0, Then::GoOn),
        Task::Choose => Step::Reach(0, Then::End),
        _ => Step::Proceed(0),
    };
    let mut steps = vec![
        step,
        Step::Mark(Partition::Rows),
        Step::Mark(Partition::Checkpoints),
        Step::Reveal,
    ];
    // The run waits for the transaction of another one.
    if matches!(run.task, Task::Read) {
        steps.push(Step::Expire);
    }
    steps
        .into_iter()
        .map(|step| world.after(step, rules))
        .find(|next| next != world)
}
