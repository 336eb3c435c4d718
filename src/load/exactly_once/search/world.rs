//! The brokers, the runs and the network between them, and what each step changes.

use super::brokers::Brokers;
use super::checkpoints::SLOTS;
use super::requests::{Answer, Request};
use super::rules::{Guard, Rules};
use super::run::{Run, Task};
use super::step::{Mishap, Step};
use crate::load::exactly_once::protocol::{Ending, Fault, RunId};

/// What is left of a run that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct EndedRun {
    pub(super) number: u8,
    pub(super) identity: RunId,
    /// None if the protocol panicked.
    pub(super) ending: Option<Ending>,
    /// All rows before this one were reported as delivered.
    pub(super) settled: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) brokers: Brokers,
    /// The processes that run.
    pub(super) runs: [Option<Run>; SLOTS],
    /// Requests that were sent and may still arrive.
    pub(super) held: Vec<Request>,
    pub(super) ended: Vec<EndedRun>,
    pub(super) started: u8,
    pub(super) faults: u8,
}

impl World {
    pub(super) fn new() -> World {
        World {
            brokers: Brokers::new(),
            runs: [None, None],
            held: Vec::new(),
            ended: Vec::new(),
            started: 0,
            faults: 0,
        }
    }

    /// The same topics with one process only, and without late requests or further faults.
    pub(super) fn with_only(&self, run: Run, slot: usize, rules: &Rules) -> World {
        let mut world = World {
            brokers: self.brokers.clone(),
            started: rules.runs,
            faults: rules.faults,
            ..World::new()
        };
        (0..SLOTS)
            .filter(|other| *other != slot || run.task != Task::Read)
            .for_each(|other| world.brokers.checkpoints.stop_reading(other));
        world.runs[slot] = Some(run);
        world.simplify(rules);
        world
    }

    fn run(&mut self, slot: usize) -> &mut Run {
        self.runs[slot].as_mut().expect("the step belongs to a run")
    }

    /// Whether a live run has the current epoch.
    pub(super) fn is_owned(&self) -> bool {
        let epoch = Some(self.brokers.epoch());
        self.runs.iter().flatten().any(|run| run.epoch == epoch)
    }

    pub(super) fn request_in(&self, step: Step) -> Option<Request> {
        match step {
            Step::Deliver(number) => self.held.get(number).cloned(),
            _ => step
                .slot()
                .and_then(|slot| self.runs[slot].as_ref())
                .and_then(Run::request),
        }
    }

    /// The world after the step.
    pub(super) fn after(&self, step: Step, rules: &Rules) -> World {
        let mut world = self.clone();
        world.take(step, rules);
        world.bury();
        world.simplify(rules);
        world
    }

    fn take(&mut self, step: Step, rules: &Rules) {
        let is_verified = !rules.omits(Guard::Verification);
        match step {
            Step::Start(slot) => {
                self.started += 1;
                self.runs[slot] = Some(Run::start(self.started, rules));
            }
            Step::Proceed(slot) => self.proceed(slot, rules),
            Step::ReadFarther(slot) => {
                if self.brokers.checkpoints.reaches_end(slot) {
                    self.read_all(slot, rules);
                }
            }
            Step::SendAnother(slot) => self.run(slot).send_another(),
            Step::Reach(slot, then) => self.run(slot).reach(then, rules),
            Step::Abandon(slot) => self.run(slot).abandon(rules),
            Step::Suffer(slot, mishap) => {
                self.faults += 1;
                self.suffer(slot, mishap, rules);
            }
            Step::Crash(slot) => {
                self.faults += 1;
                self.kill(slot);
            }
            Step::Cancel(slot) => {
                self.faults += 1;
                self.brokers.checkpoints.stop_reading(slot);
                self.run(slot).cancel(rules);
            }
            Step::Deliver(number) => {
                let request = self.held.remove(number);
                self.brokers.answer(&request, is_verified);
            }
            Step::Mark(partition) => self.brokers.mark(partition),
            Step::Expire => {
                self.faults += u8::from(self.is_owned());
                self.brokers.abort();
            }
            Step::Compact => {
                self.faults += 1;
                let is_later_kept = !rules.omits(Guard::LaterRecords);
                self.brokers.checkpoints.compact(is_later_kept);
            }
            Step::Hide => {
                self.faults += 1;
                self.brokers.checkpoints.hide();
            }
            Step::Reveal => self.brokers.checkpoints.reveal(),
        }
    }

    fn kill(&mut self, slot: usize) {
        self.brokers.checkpoints.stop_reading(slot);
        self.runs[slot] = None;
    }

    fn proceed(&mut self, slot: usize, rules: &Rules) {
        let run = self.runs[slot].as_mut().expect("the step belongs to a run");
        let checkpoints = &mut self.brokers.checkpoints;
        match run.task {
            Task::AskEnd => {
                checkpoints.begin_reading(slot);
                run.task = Task::Read;
            }
            Task::Read if rules.omits(Guard::HighWatermark) => self.read_all(slot, rules),
            Task::Read if checkpoints.reaches_end(slot) => {
                let seen = checkpoints.seen(slot, run.attempted());
                checkpoints.stop_reading(slot);
                run.saw(seen, rules);
            }
            Task::Read => {}
            Task::Internal | Task::FindEnd => run.finish_internal(rules),
            _ => {
                let request = run.request().expect("the other tasks send requests");
                let answer = self.brokers.answer(&request, !rules.omits(Guard::Verification));
                run.answered(answer, rules);
            }
        }
    }

    /// Reads up to the last stable offset.
    fn read_all(&mut self, slot: usize, rules: &Rules) {
        let run = self.runs[slot].as_mut().expect("the step belongs to a run");
        let seen = self.brokers.checkpoints.seen_now(run.attempted());
        self.brokers.checkpoints.stop_reading(slot);
        run.saw(seen, rules);
    }

    fn suffer(&mut self, slot: usize, mishap: Mishap, rules: &Rules) {
        let run = self.runs[slot].as_mut().expect("the step belongs to a run");
        match mishap {
            Mishap::Held | Mishap::HeldAndFailed | Mishap::HeldAndCrashed | Mishap::HeldAndBelieved => {
                self.held.extend(run.request());
            }
            Mishap::Unanswered | Mishap::UnansweredAndFailed => {
                let request = run.request().expect("only requests have answers");
                self.brokers.answer(&request, !rules.omits(Guard::Verification));
            }
            Mishap::Failed(_) => {}
        }
        match mishap {
            Mishap::Held | Mishap::Unanswered => {}
            Mishap::HeldAndFailed | Mishap::UnansweredAndFailed => run.fail(Fault::Passing, rules),
            Mishap::HeldAndCrashed => self.kill(slot),
            Mishap::HeldAndBelieved => run.answered(Answer::Done, rules),
            Mishap::Failed(fault) => {
                self.brokers.checkpoints.stop_reading(slot);
                run.fail(fault, rules);
            }
        }
    }

    /// Forgets how runs came to their ends.
    fn bury(&mut self) {
        for slot in 0..SLOTS {
            let Some(run) = self.runs[slot].take_if(|run| run.is_ended()) else {
                continue;
            };
            self.brokers.checkpoints.stop_reading(slot);
            let ending = match run.task {
                Task::Ended(ending) => Some(ending),
                _ => None,
            };
            self.ended.push(EndedRun {
                number: run.number,
                identity: run.identity(),
                ending,
                settled: run.settled,
            });
            self.ended.sort_by_key(|run| run.number);
        }
    }
}
