//! What a run did.

use std::time::Duration;

use super::counts::{Counts, Imbalance};
use super::exactly_once::{Commit, EarlierRuns, LoadState};
use super::file_outcome::FileOutcome;
use super::left_over::RowRange;
use super::sink::Sink;
use super::stages::InputNumber;
use super::stop::{InputPosition, Stop};
use super::waited::TimeShares;
use crate::encode::DroppedKey;
use crate::kafka::{ConnectError, TopicChange, TopicFacts};
use crate::record::Place;

/// What a run did.
pub struct RunOutcome {
    /// Rows by fate.
    pub counts: Counts,
    /// Where the accounts do not add up.
    pub imbalance: Option<Imbalance>,
    /// The outcome of each input, in their order.
    pub files: Vec<FileOutcome>,
    /// Why it ended early.
    pub stop: Option<Stop>,
    /// Whether more rows were rejected than allowed, as checked at the end.
    pub too_many_errors: bool,
    /// The topics at the end, in the order of the run's topics; none if they were not looked at.
    pub topics_after: Vec<TopicAtEnd>,
    /// The messages for each topic, by fate.
    pub counts_by_topic: Vec<Counts>,
    /// Where a run would resume: the first row that was not read, or, if no row after it was delivered, the first of
    /// `left`.
    pub next: Option<InputPosition>,
    /// Rows that were read and are neither certainly on the topic nor kept.
    pub left: Vec<RowRange>,
    /// Whether rows after the first of `left` were delivered, so that there is no single place to resume at.
    pub has_gaps: bool,
    /// The sink, with its figures.
    pub sink: Sink,
    /// How often the run waited because the client's queue was full.
    pub full_queue_waits: u64,
    /// What its time was spent on.
    pub time: TimeShares,
    /// Bytes of keys and values handed over.
    pub bytes_encoded: u64,
    /// Rows sent that are older than the topic's retention.
    pub expired: u64,
    /// Rows of a replay that are earlier than a row before them by more than a second, and were sent with that.
    pub far_back: u64,
    /// JSON keys without a field, which were dropped.
    pub dropped_keys: u64,
    /// The first names of such keys, each once.
    pub dropped_names: Vec<DroppedKey>,
    /// How long it took.
    pub elapsed: Duration,
    /// What an exactly-once load did besides.
    pub load: Option<LoadReport>,
}

/// What an exactly-once load did besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// The name of the load.
    pub name: String,
    /// The rows that earlier runs of the load covered, by fate.
    pub before: Counts,
    /// The transactions that were committed with a checkpoint.
    pub commits: u64,
    /// When it commits.
    pub commit: Commit,
    /// What it does with what earlier runs of the same name loaded.
    pub earlier_runs: EarlierRuns,
    /// How the last transaction ended, if it was not committed on purpose.
    pub aborted: Option<Abort>,
    /// What the checkpoints say about the inputs of the run: complete, partial or forgotten; none if they were not read.
    pub state: Option<LoadState>,
    /// The rows that earlier runs rejected in the inputs that this run went on with. If there was nothing to do, those
    /// in the inputs that the last run has read.
    pub rejected_before: u64,
}

/// How a transaction ended that was not to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Abort {
    /// The brokers have aborted it.
    Done,
    /// They will, after this time at the latest; until then readers of committed messages wait.
    Later(Duration),
}

impl LoadReport {
    /// A load that no run has begun, as far as is known.
    pub fn of(name: &str, commit: Commit, earlier_runs: EarlierRuns) -> LoadReport {
        LoadReport {
            name: name.to_owned(),
            before: Counts::default(),
            commits: 0,
            commit,
            earlier_runs,
            aborted: None,
            state: None,
            rejected_before: 0,
        }
    }

    /// Whether all rows are in one transaction.
    pub fn is_atomic(&self) -> bool {
        self.commit == Commit::Once
    }

    /// Whether the checkpoints say that every input of the run was loaded to its end.
    pub fn is_complete(&self) -> bool {
        self.state == Some(LoadState::Complete)
    }
}

/// A topic after the last row.
#[derive(Debug)]
pub struct TopicAtEnd {
    /// Its name.
    pub name: String,
    /// What happened to it during the run.
    pub changes: Vec<TopicChange>,
    /// Its description, or why there is none.
    pub facts: Result<TopicFacts, ConnectError>,
}

impl RunOutcome {
    /// Why topics could not be described, each reason once.
    pub fn topics_unseen(&self) -> Vec<&ConnectError> {
        let mut reasons: Vec<&ConnectError> = Vec::new();
        for error in self
            .topics_after
            .iter()
            .filter_map(|topic| topic.facts.as_ref().err())
        {
            if !reasons.contains(&error) {
                reasons.push(error);
            }
        }
        reasons
    }

    /// What happened to topics during the run.
    pub fn topic_changes(&self) -> impl Iterator<Item = (&str, &TopicChange)> {
        let topics = self.topics_after.iter();
        topics.flat_map(|topic| topic.changes.iter().map(|change| (topic.name.as_str(), change)))
    }

    /// The input that has this number in the run.
    pub fn file(&self, input: InputNumber) -> &FileOutcome {
        &self.files[input.index()]
    }

    /// A position for people.
    pub fn place(&self, at: InputPosition) -> Place<'_> {
        self.file(at.input).place(at.position)
    }
}
