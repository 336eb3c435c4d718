//! Which steps are possible in a state.

use super::checkpoints::SLOTS;
use super::requests::Partition;
use super::rules::{Guard, Rules};
use super::run::{Run, Task};
use super::step::{Mishap, Step};
use super::world::World;
use crate::load::exactly_once::protocol::{Fault, Then};

impl World {
    /// The steps that are perhaps possible. Some change nothing.
    pub(super) fn steps(&self, rules: &Rules) -> Vec<Step> {
        let mut steps = Vec::new();
        if self
            .runs
            .iter()
            .flatten()
            .any(|run| run.fruitless() > rules.fruitless)
        {
            return steps;
        }
        // What no one else notices has no order with other steps, so it comes first.
        let internal = |slot: &usize| self.runs[*slot].as_ref().is_some_and(Run::is_internal);
        if let Some(slot) = (0..SLOTS).find(internal) {
            steps.push(Step::Proceed(slot));
            if self.faults < rules.faults {
                steps.push(Step::Cancel(slot));
            }
            return steps;
        }
        // Nor does anyone notice this marker, except for brokers that do not verify transactions.
        if self.brokers.lacks_marker(Partition::Rows) && !rules.omits(Guard::Verification) {
            return vec![Step::Mark(Partition::Rows)];
        }
        for slot in 0..SLOTS {
            if let Some(run) = &self.runs[slot] {
                self.steps_of(run, slot, rules, &mut steps);
            }
        }
        steps.extend((0..self.held.len()).map(Step::Deliver));
        let partitions = [Partition::Rows, Partition::Checkpoints].into_iter();
        steps.extend(
            partitions
                .filter(|partition| self.brokers.lacks_marker(*partition))
                .map(Step::Mark),
        );
        if self.brokers.checkpoints.is_hidden() {
            steps.push(Step::Reveal);
        } else if self.faults < rules.faults {
            steps.push(Step::Hide);
        }
        if self.faults < rules.faults {
            steps.push(Step::Compact);
        }
        if self.brokers.is_ongoing() && (self.faults < rules.faults || !self.is_owned()) {
            steps.push(Step::Expire);
        }
        if let Some(slot) = (0..rules.processes).find(|slot| self.runs[*slot].is_none())
            && self.started < rules.runs
        {
            steps.push(Step::Start(slot));
        }
        steps
    }

    fn steps_of(&self, run: &Run, slot: usize, rules: &Rules, steps: &mut Vec<Step>) {
        match run.task {
            Task::Choose => {
                if !rules.atomic || rules.omits(Guard::OneCommit) {
                    steps.push(Step::Reach(slot, Then::GoOn));
                }
                if rules.atomic {
                    steps.push(Step::Abandon(slot));
                }
                steps.push(match run.rows_left(rules) {
                    true => Step::SendAnother(slot),
                    false => Step::Reach(slot, Then::End),
                });
            }
            Task::Read => steps.extend([Step::Proceed(slot), Step::ReadFarther(slot)]),
            Task::AddRows if rules.atomic => steps.extend([Step::Proceed(slot), Step::Abandon(slot)]),
            _ => steps.push(Step::Proceed(slot)),
        }
        if self.faults == rules.faults {
            return;
        }
        steps.extend([Step::Crash(slot), Step::Cancel(slot)]);
        let mishaps = match run.task {
            Task::Initialise | Task::Abort => [Mishap::Unanswered, Mishap::UnansweredAndFailed].as_slice(),
            Task::Commit => &[
                Mishap::Unanswered,
                Mishap::UnansweredAndFailed,
                Mishap::HeldAndBelieved,
            ],
            _ => &[],
        };
        let held = match run.request() {
            Some(_) => [Mishap::Held, Mishap::HeldAndFailed, Mishap::HeldAndCrashed].as_slice(),
            None => &[],
        };
        let failed = [Fault::Passing, Fault::Lasting].map(Mishap::Failed);
        let refused = match run.task {
            Task::SendRow | Task::AddCheckpoint => [Mishap::Failed(Fault::Rows)].as_slice(),
            _ => &[],
        };
        let all = mishaps.iter().chain(held).chain(&failed).chain(refused);
        steps.extend(all.map(|mishap| Step::Suffer(slot, *mishap)));
    }
}
