//! What the checkpoints of a load say, record by record.

use std::collections::{BTreeMap, HashMap};

use super::checkpoint::{self, InputCheckpoint};
use super::open_load::EarlierRuns;
use super::protocol::{Attempt, Checkpoint, RunId};
use crate::kafka::ReadMessage;

/// The checkpoints of a load that were read so far.
pub(super) struct Recorded {
    /// The name of the load.
    load: String,
    /// The run that reads them.
    run: RunId,
    earlier_runs: EarlierRuns,
    /// The names of the run's inputs.
    names: Vec<String>,
    /// The last checkpoint of each input by its name; those of inputs that the run does not have too.
    pub(super) inputs: HashMap<String, InputCheckpoint>,
    /// The last of the checkpoints.
    pub(super) last: Option<(RunId, u64)>,
    /// Whether checkpoints were found, and all of them were removed afterwards.
    pub(super) is_forgotten: bool,
    /// The inputs of which the last record cannot be read, and why.
    unreadable: BTreeMap<String, String>,
    /// The inputs of the run that are loaded again from their first rows.
    pub(super) restarted: Vec<usize>,
}

impl Recorded {
    /// None yet.
    pub(super) fn of(load: &str, run: RunId, earlier_runs: EarlierRuns, names: Vec<String>) -> Recorded {
        Recorded {
            load: load.to_owned(),
            run,
            earlier_runs,
            names,
            inputs: HashMap::new(),
            last: None,
            is_forgotten: false,
            unreadable: BTreeMap::new(),
            restarted: Vec::new(),
        }
    }

    /// Takes note of a record. Returns what it says about the checkpoint that was `attempted`, if anything.
    pub(super) fn see(
        &mut self,
        record: &ReadMessage,
        attempted: Option<&Checkpoint<u64>>,
    ) -> Option<Attempt> {
        let (load, input) = record.key.as_deref().and_then(checkpoint::parse_key)?;
        if load != self.load {
            return None;
        }
        let Some(value) = &record.value else {
            self.inputs.remove(&input);
            self.unreadable.remove(&input);
            if self.inputs.is_empty() && self.unreadable.is_empty() {
                // The load was forgotten, and begins with the first number.
                self.last = None;
                self.is_forgotten = true;
            }
            return None;
        };
        match InputCheckpoint::parse(value) {
            Ok(checkpoint) => {
                self.unreadable.remove(&input);
                self.is_forgotten = false;
                self.last = Some((checkpoint.run, checkpoint.number));
                let attempt = attempted
                    .filter(|attempted| attempted.number == checkpoint.number)
                    .map(|attempted| match attempted.run == checkpoint.run {
                        true => Attempt::Committed,
                        false => Attempt::Replaced,
                    });
                self.inputs.insert(input, checkpoint);
                attempt
            }
            Err(reason) => {
                let at = format!("partition {}, offset {}", record.partition, record.offset);
                self.unreadable.insert(input, format!("{at}: {reason}"));
                None
            }
        }
    }

    /// Why a checkpoint cannot be read, if one cannot.
    pub(super) fn unreadable(&self) -> Option<&str> {
        self.unreadable.values().next().map(String::as_str)
    }

    /// Leaves out what the run does not continue. Another run can commit until this one has fenced it, so this is done
    /// after each look.
    pub(super) fn leave_out_earlier_runs(&mut self) {
        let run = self.run;
        match self.earlier_runs {
            EarlierRuns::Continue => {}
            EarlierRuns::Ignore => self.inputs.retain(|_, input| input.run == run),
            EarlierRuns::Restart => {
                for (index, name) in self.names.iter().enumerate() {
                    if self.inputs.get(name).is_some_and(|input| input.run != run) {
                        self.inputs.remove(name);
                        if !self.restarted.contains(&index) {
                            self.restarted.push(index);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = 0xff;

    fn recorded(earlier_runs: EarlierRuns) -> Recorded {
        Recorded::of("l", RUN, earlier_runs, vec!["a".to_owned(), "b".to_owned()])
    }

    fn see(recorded: &mut Recorded, input: &str, value: Option<&str>) {
        let record = ReadMessage {
            partition: 3,
            offset: 9,
            time: None,
            key: Some(checkpoint::key("l", input)),
            value: value.map(|value| value.as_bytes().to_vec()),
            headers: Vec::new(),
        };
        recorded.see(&record, None);
    }

    fn value(run: RunId, commit: u64, rows: u64) -> String {
        format!(
            r#"{{"version": 1, "state": "partial", "time_ms": 1, "run": "{run:x}", "commit": {commit},
                "position": {{"row": {rows}, "line": 9, "byte": 100}}, "xxh3_128": "{:032x}", "mapping": "m",
                "rows": {{"read": {rows}, "delivered": {rows}, "rejected": 0, "filtered": 0, "tombstones": 0}},
                "file": {{"path": "p", "size": 1}}}}"#,
            0
        )
    }

    fn rows(recorded: &Recorded, input: &str) -> Option<u64> {
        recorded.inputs.get(input).map(|input| input.position.row)
    }

    #[test]
    fn a_load_with_an_unreadable_checkpoint_can_be_used_once_that_is_removed_or_replaced() {
        for (next, is_known) in [(None, false), (Some(value(RUN, 5, 1)), true)] {
            let mut recorded = recorded(EarlierRuns::Continue);
            see(&mut recorded, "a", Some("{\"version\": 2}"));
            let reason = recorded.unreadable().unwrap();
            assert!(reason.starts_with("partition 3, offset 9: "), "{reason}");
            // One of another input changes nothing.
            see(&mut recorded, "b", Some(&value(1, 4, 7)));
            assert!(recorded.unreadable().is_some());
            see(&mut recorded, "a", next.as_deref());
            assert_eq!(recorded.unreadable(), None);
            assert_eq!(recorded.inputs.contains_key("a"), is_known);
        }
    }

    #[test]
    fn a_forgotten_load_begins_with_the_first_number() {
        let mut recorded = recorded(EarlierRuns::Continue);
        see(&mut recorded, "a", Some("damaged"));
        see(&mut recorded, "b", Some(&value(1, 4, 7)));
        see(&mut recorded, "b", None);
        assert!(recorded.last.is_some());
        see(&mut recorded, "a", None);
        assert_eq!((recorded.last, recorded.inputs.len()), (None, 0));
        assert!(recorded.is_forgotten);
        see(&mut recorded, "a", Some(&value(RUN, 0, 0)));
        assert!(!recorded.is_forgotten);
    }

    #[test]
    fn a_restart_leaves_out_what_another_run_commits_until_it_has_begun() {
        let mut recorded = recorded(EarlierRuns::Restart);
        see(&mut recorded, "other", Some(&value(1, 1, 40)));
        recorded.leave_out_earlier_runs();
        assert!(recorded.restarted.is_empty());
        // The run at work goes on until it is fenced.
        for (commit, rows) in [(2, 10), (3, 20)] {
            see(&mut recorded, "a", Some(&value(1, commit, rows)));
            recorded.leave_out_earlier_runs();
        }
        assert_eq!((rows(&recorded, "a"), &recorded.restarted[..]), (None, &[0][..]));
        see(&mut recorded, "b", Some(&value(1, 4, 5)));
        recorded.leave_out_earlier_runs();
        assert_eq!(
            (rows(&recorded, "b"), &recorded.restarted[..]),
            (None, &[0, 1][..])
        );
        // What this run commits counts, and so do inputs that it does not have.
        see(&mut recorded, "a", Some(&value(RUN, 5, 3)));
        recorded.leave_out_earlier_runs();
        assert_eq!(
            (rows(&recorded, "a"), rows(&recorded, "other")),
            (Some(3), Some(40))
        );
        assert_eq!(recorded.last, Some((RUN, 5)));
    }
}
