//! One state for all that behave alike.

use super::requests::Request;
use super::rules::{Guard, Rules};
use super::run::Run;
use super::world::World;

impl World {
    /// Removes what nothing depends on any more.
    pub(super) fn simplify(&mut self, rules: &Rules) {
        if self.runs[0].is_none() {
            self.runs.swap(0, 1);
            self.brokers.checkpoints.move_reader();
        }
        let attempted: Vec<_> = self.runs.iter().flatten().filter_map(Run::attempted).collect();
        self.brokers.checkpoints.simplify(&attempted);
        let is_verified = !rules.omits(Guard::Verification);
        self.forget_refused(is_verified);
        self.number_epochs(is_verified);
    }

    /// Requests of an earlier epoch are refused whenever they arrive.
    fn forget_refused(&mut self, is_verified: bool) {
        let current = self.brokers.epoch();
        self.held.retain(|request| match request {
            Request::Init => true,
            Request::Add { epoch, .. } | Request::Commit { epoch } | Request::Abort { epoch } => {
                *epoch == current
            }
            Request::Produce { epoch, .. } => *epoch == current || !is_verified,
        });
    }

    /// Only comparisons of epochs matter, and with brokers that verify transactions only those with the current one.
    fn number_epochs(&mut self, is_verified: bool) {
        let current = self.brokers.epoch();
        let runs = self.runs.iter_mut().flatten();
        let requests = self.held.iter_mut();
        let mut epochs: Vec<&mut u8> = self.brokers.epochs_mut().collect();
        epochs.extend(runs.filter_map(|run| run.epoch.as_mut()));
        epochs.extend(requests.filter_map(|request| match request {
            Request::Init => None,
            Request::Add { epoch, .. }
            | Request::Produce { epoch, .. }
            | Request::Commit { epoch }
            | Request::Abort { epoch } => Some(epoch),
        }));
        if is_verified {
            epochs
                .into_iter()
                .for_each(|epoch| *epoch = u8::from(*epoch == current));
            return;
        }
        epochs.sort_unstable_by_key(|epoch| **epoch);
        let mut number = 0;
        let mut last = epochs.first().map_or(0, |epoch| **epoch);
        for epoch in epochs {
            number += u8::from(*epoch != last);
            last = *epoch;
            *epoch = number;
        }
    }
}
