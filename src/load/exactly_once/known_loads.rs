//! All loads that have checkpoints, and what is recorded of each.
//!
//! The last checkpoint of each input is kept, and nothing else, so the memory is bounded by the loads that were not
//! forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::checkpoint::{self, InputCheckpoint};
use super::open_load::{LookError, patience};
use crate::kafka::{PartitionLog, ReadMessage, partition_for};
use crate::load::Counts;

/// How the names of loads begin that are atomic, and that no run continues.
pub const ATOMIC_NAMES: &str = "atomic/";

/// The loads by name.
pub struct KnownLoads {
    /// How many partitions the topic of the checkpoints has.
    partitions: u32,
    loads: BTreeMap<String, KnownLoad>,
}

/// What is recorded of a load.
#[derive(Debug, Default)]
pub struct KnownLoad {
    /// Its inputs by name.
    pub inputs: BTreeMap<String, KnownInput>,
    /// The partitions that have checkpoints of it.
    partitions: BTreeSet<i32>,
}

/// The last checkpoint of an input.
#[derive(Debug)]
pub struct KnownInput {
    /// The partition that it is in.
    pub partition: i32,
    /// The checkpoint, or why it cannot be read.
    pub recorded: Result<InputCheckpoint, String>,
}

/// How much of a load is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadExtent {
    /// The inputs.
    pub inputs: u64,
    /// The delivered rows.
    pub delivered: u64,
}

/// What the checkpoints of a load say about it as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadState {
    /// Every input that is known was loaded to its end.
    Complete,
    /// An input was not: a run is at work, or stopped.
    Partial,
    /// All rows are in one transaction, and no run continues it. Its checkpoints only show whether they were committed.
    Atomic,
    /// A checkpoint cannot be read by this version.
    Unreadable,
    /// They were removed, or their topic was deleted, after the load had begun.
    Forgotten,
    /// The checkpoints are in a partition where no run looks for them: the topic has been given more partitions.
    Misplaced,
}

impl KnownLoads {
    /// The loads of a topic that has so many partitions; none before the first look.
    pub fn of_partitions(partitions: u32) -> KnownLoads {
        KnownLoads {
            partitions,
            loads: BTreeMap::new(),
        }
    }

    /// Reads what was committed since the last look, up to the high watermarks. `waiting` is called while an open
    /// transaction hides records, for at most about `transaction_timeout`.
    ///
    /// # Errors
    /// The checkpoints cannot be read.
    pub fn look(
        &mut self,
        log: &mut PartitionLog,
        transaction_timeout: Duration,
        waiting: &mut dyn FnMut(),
    ) -> Result<(), LookError> {
        let mut see = |record| self.see(record);
        log.read_to_end(patience(transaction_timeout), &mut see, waiting)?;
        Ok(())
    }

    /// Reads what was committed since the last look, without what an open transaction hides.
    ///
    /// # Errors
    /// The checkpoints cannot be read.
    pub fn look_at_visible(&mut self, log: &mut PartitionLog) -> Result<(), LookError> {
        log.read_what_is_visible(&mut |record| self.see(record))?;
        Ok(())
    }

    /// The loads in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KnownLoad)> {
        self.loads.iter().map(|(name, load)| (name.as_str(), load))
    }

    /// The load with this name.
    pub fn get(&self, name: &str) -> Option<&KnownLoad> {
        self.loads.get(name)
    }

    /// What the checkpoints of a load say about it.
    pub fn state(&self, name: &str) -> Option<LoadState> {
        let home = self.home(name);
        let load = self.get(name)?;
        let mut state = LoadState::Complete;
        for input in load.inputs.values() {
            match &input.recorded {
                _ if input.partition != home => return Some(LoadState::Misplaced),
                Err(_) => return Some(LoadState::Unreadable),
                Ok(recorded) if !recorded.is_complete => state = LoadState::Partial,
                Ok(_) => {}
            }
        }
        match name.starts_with(ATOMIC_NAMES) {
            true => Some(LoadState::Atomic),
            false => Some(state),
        }
    }

    /// The places and keys of all checkpoints of a load.
    pub(super) fn keys(&self, name: &str) -> Vec<(i32, Vec<u8>)> {
        let Some(load) = self.get(name) else {
            return Vec::new();
        };
        let keys = load.partitions.iter().flat_map(|partition| {
            let inputs = load.inputs.keys();
            inputs.map(|input| (*partition, checkpoint::key(name, input)))
        });
        keys.collect()
    }

    /// The partition where runs of a load look for its checkpoints.
    fn home(&self, name: &str) -> i32 {
        partition_for(name.as_bytes(), self.partitions)
    }

    fn see(&mut self, record: ReadMessage) {
        let Some((name, input)) = record.key.as_deref().and_then(checkpoint::parse_key) else {
            return;
        };
        let home = self.home(&name);
        let partition = record.partition;
        let Some(value) = record.value else {
            if let Some(load) = self.loads.get_mut(&name) {
                if load
                    .inputs
                    .get(&input)
                    .is_some_and(|known| known.partition == partition)
                {
                    load.inputs.remove(&input);
                }
                if load.inputs.is_empty() {
                    self.loads.remove(&name);
                }
            }
            return;
        };
        let load = self.loads.entry(name).or_default();
        load.partitions.insert(partition);
        // What runs find counts.
        let is_known = |known: &KnownInput| known.partition == home && partition != home;
        if !load.inputs.get(&input).is_some_and(is_known) {
            let recorded = InputCheckpoint::parse(&value);
            load.inputs.insert(input, KnownInput { partition, recorded });
        }
    }
}

impl KnownLoad {
    /// The checkpoints that can be read, with the names of their inputs.
    pub fn checkpoints(&self) -> impl Iterator<Item = (&str, &InputCheckpoint)> {
        let inputs = self.inputs.iter();
        inputs.filter_map(|(name, input)| Some((name.as_str(), input.recorded.as_ref().ok()?)))
    }

    /// The rows before the positions of all inputs, by fate.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for (_, checkpoint) in self.checkpoints() {
            sum.add_all(&checkpoint.counts);
        }
        sum
    }

    /// The inputs that were loaded to their ends.
    pub fn complete_inputs(&self) -> usize {
        self.checkpoints()
            .filter(|(_, checkpoint)| checkpoint.is_complete)
            .count()
    }

    /// The number of its inputs, and the rows delivered.
    pub fn extent(&self) -> LoadExtent {
        LoadExtent {
            inputs: self.inputs.len() as u64,
            delivered: self.counts().delivered,
        }
    }

    /// The input that is loaded in part, and its checkpoint; if there are several, the one that was written last.
    pub fn partial_input(&self) -> Option<(&str, &InputCheckpoint)> {
        let partial = self
            .checkpoints()
            .filter(|(_, checkpoint)| !checkpoint.is_complete);
        // Of equal ones the first.
        partial.reduce(|found, next| match next.1.number > found.1.number {
            true => next,
            false => found,
        })
    }

    /// The checkpoint that was written last.
    pub fn last_checkpoint(&self) -> Option<&InputCheckpoint> {
        let checkpoints = self.checkpoints().map(|(_, checkpoint)| checkpoint);
        checkpoints.max_by_key(|checkpoint| checkpoint.number)
    }
}

impl LoadState {
    /// The name in output for programs.
    pub fn word(self) -> &'static str {
        match self {
            LoadState::Complete => "complete",
            LoadState::Partial => "partial",
            LoadState::Atomic => "atomic",
            LoadState::Unreadable => "unreadable",
            LoadState::Forgotten => "forgotten",
            LoadState::Misplaced => "misplaced",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A topic with one partition more than its loads were begun with.
    fn loads() -> KnownLoads {
        KnownLoads::of_partitions(5)
    }

    fn record(partition: i32, load: &str, input: &str, value: Option<&str>) -> ReadMessage {
        ReadMessage {
            partition,
            offset: 0,
            time: None,
            key: Some(checkpoint::key(load, input)),
            value: value.map(|value| value.as_bytes().to_vec()),
            headers: Vec::new(),
        }
    }

    fn value(commit: u64, state: &str, delivered: u64) -> String {
        format!(
            r#"{{"version": 1, "state": "{state}", "time_ms": 1700000000000, "run": "00000000000000ff", "commit": {commit},
                "position": {{"row": {delivered}, "line": 9, "byte": 100}}, "xxh3_128": "{:032x}", "mapping": "m",
                "rows": {{"read": {delivered}, "delivered": {delivered}, "rejected": 0, "filtered": 0, "tombstones": 0}},
                "file": {{"path": "p", "size": 1}}}}"#,
            0
        )
    }

    #[test]
    fn a_load_is_complete_if_all_its_inputs_are() {
        let mut loads = loads();
        let home = loads.home("l");
        loads.see(record(home, "l", "a", Some(&value(3, "complete", 10))));
        assert_eq!(loads.state("l"), Some(LoadState::Complete));
        loads.see(record(home, "l", "b", Some(&value(4, "partial", 5))));
        loads.see(record(home, "l", "c", Some(&value(2, "partial", 0))));
        assert_eq!(loads.state("l"), Some(LoadState::Partial));
        let load = loads.get("l").unwrap();
        assert_eq!((load.counts().delivered, load.complete_inputs()), (15, 1));
        assert_eq!(load.partial_input().map(|(name, _)| name), Some("b"));
        assert_eq!(load.last_checkpoint().map(|last| last.number), Some(4));
        assert_eq!(loads.state("other"), None);
    }

    #[test]
    fn an_atomic_load_is_neither_complete_nor_partial() {
        let mut loads = loads();
        for (name, state) in [("atomic/a", "partial"), ("atomic/b", "complete")] {
            loads.see(record(loads.home(name), name, "i", Some(&value(1, state, 10))));
            assert_eq!(loads.state(name), Some(LoadState::Atomic));
        }
        loads.see(record(
            loads.home("atomic"),
            "atomic",
            "i",
            Some(&value(1, "partial", 10)),
        ));
        assert_eq!(loads.state("atomic"), Some(LoadState::Partial));
    }

    #[test]
    fn a_load_without_inputs_is_forgotten() {
        let mut loads = loads();
        let home = loads.home("l");
        for input in ["a", "b"] {
            loads.see(record(home, "l", input, Some(&value(1, "complete", 1))));
        }
        assert_eq!(loads.keys("l").len(), 2);
        loads.see(record(home, "l", "a", None));
        assert_eq!(loads.keys("l"), [(home, checkpoint::key("l", "b"))]);
        loads.see(record(home, "l", "b", None));
        loads.see(record(home, "l", "b", None));
        assert!(loads.get("l").is_none() && loads.iter().next().is_none());
    }

    #[test]
    fn what_cannot_be_read_is_a_state() {
        let mut loads = loads();
        let home = loads.home("l");
        loads.see(record(home, "l", "a", Some("{\"version\": 2}")));
        assert_eq!(loads.state("l"), Some(LoadState::Unreadable));
        // Records of something else.
        loads.see(ReadMessage {
            key: Some(b"k".to_vec()),
            ..record(home, "", "", Some("v"))
        });
        assert_eq!(loads.iter().count(), 1);
    }

    #[test]
    fn checkpoints_in_another_partition_are_not_those_that_a_run_finds() {
        let mut loads = loads();
        let home = loads.home("l");
        let other = (home + 1) % 5;
        loads.see(record(other, "l", "a", Some(&value(7, "complete", 10))));
        assert_eq!(loads.state("l"), Some(LoadState::Misplaced));
        loads.see(record(home, "l", "a", Some(&value(1, "partial", 2))));
        loads.see(record(other, "l", "a", Some(&value(7, "complete", 10))));
        assert_eq!(loads.state("l"), Some(LoadState::Partial));
        // All of them are removed.
        assert_eq!(loads.keys("l").len(), 2);
    }
}
