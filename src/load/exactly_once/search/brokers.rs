//! The brokers: the coordinator of one transactional id, the partition of the rows and that of the checkpoints.
//!
//! The requests are those that librdkafka sends (EndTxn before version 5), so an epoch has any number of transactions.
//! Epochs are only compared, so the model numbers them again after each step (`epochs_mut`).

use super::checkpoints::Checkpoints;
use super::requests::{Answer, Content, Partition, Request, Row};
use crate::load::exactly_once::protocol::Checkpoint;

/// The state of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Phase {
    /// Nothing since the producer was initialised, or since an abort.
    Empty,
    Ongoing(Partitions),
    /// Decided; control markers are missing on these partitions.
    PrepareCommit(Partitions),
    PrepareAbort(Partitions),
    CompleteCommit,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Partitions {
    rows: bool,
    checkpoints: bool,
}

impl Partitions {
    fn contains(self, partition: Partition) -> bool {
        match partition {
            Partition::Rows => self.rows,
            Partition::Checkpoints => self.checkpoints,
        }
    }

    fn set(&mut self, partition: Partition, is_in: bool) {
        match partition {
            Partition::Rows => self.rows = is_in,
            Partition::Checkpoints => self.checkpoints = is_in,
        }
    }
}

/// What a partition knows of the producer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Writer {
    epoch: u8,
    batches: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Brokers {
    epoch: u8,
    phase: Phase,
    /// The writers of the rows and of the checkpoints.
    writers: [Writer; 2],
    /// The rows with a commit marker.
    committed: Vec<Row>,
    /// The rows without any marker.
    open: Vec<Row>,
    pub(super) checkpoints: Checkpoints,
}

impl Brokers {
    pub(super) fn new() -> Brokers {
        Brokers {
            epoch: 0,
            phase: Phase::Empty,
            writers: [Writer::default(); 2],
            committed: Vec::new(),
            open: Vec::new(),
            checkpoints: Checkpoints::default(),
        }
    }

    pub(super) fn epoch(&self) -> u8 {
        self.epoch
    }

    /// All epochs that the brokers know, to be numbered again.
    pub(super) fn epochs_mut(&mut self) -> impl Iterator<Item = &mut u8> {
        let writers = self.writers.iter_mut().map(|writer| &mut writer.epoch);
        writers.chain([&mut self.epoch])
    }

    /// The rows of committed transactions, with or without their markers.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> {
        let is_decided = matches!(self.phase, Phase::PrepareCommit(Partitions { rows: true, .. }));
        let open = if is_decided { self.open.as_slice() } else { &[] };
        self.committed.iter().chain(open).copied()
    }

    /// The last checkpoint of committed transactions, with or without its marker.
    pub(super) fn last_checkpoint(&self) -> Option<&Checkpoint<u8>> {
        let is_decided = matches!(
            self.phase,
            Phase::PrepareCommit(Partitions {
                checkpoints: true,
                ..
            })
        );
        self.checkpoints.last(is_decided)
    }

    pub(super) fn answer(&mut self, request: &Request, is_verified: bool) -> Answer {
        match request {
            Request::Init => self.initialise(),
            Request::Add { epoch, partition } => self.add(*epoch, *partition),
            Request::Produce {
                epoch,
                sequence,
                content,
            } => self.append(*epoch, *sequence, content, is_verified),
            Request::Commit { epoch } => self.commit(*epoch),
            Request::Abort { epoch } => self.abort_on_request(*epoch),
        }
    }

    fn initialise(&mut self) -> Answer {
        match self.phase {
            Phase::Ongoing(_) => {
                self.abort();
                Answer::Later
            }
            Phase::PrepareCommit(_) | Phase::PrepareAbort(_) => Answer::Later,
            Phase::Empty | Phase::CompleteCommit => {
                self.epoch += 1;
                self.phase = Phase::Empty;
                Answer::Epoch(self.epoch)
            }
        }
    }

    fn add(&mut self, epoch: u8, partition: Partition) -> Answer {
        if epoch != self.epoch {
            return Answer::Fenced;
        }
        let mut partitions = match self.phase {
            Phase::PrepareCommit(_) | Phase::PrepareAbort(_) => return Answer::Later,
            Phase::Ongoing(partitions) => partitions,
            Phase::Empty | Phase::CompleteCommit => Partitions::default(),
        };
        partitions.set(partition, true);
        self.phase = Phase::Ongoing(partitions);
        Answer::Done
    }

    fn append(&mut self, epoch: u8, sequence: u8, content: &Content, is_verified: bool) -> Answer {
        let partition = match content {
            Content::Row(_) => Partition::Rows,
            Content::Checkpoint(_) => Partition::Checkpoints,
        };
        let writer = &mut self.writers[partition as usize];
        if epoch < writer.epoch || is_verified && epoch != self.epoch {
            return Answer::Fenced;
        }
        let batches = if epoch == writer.epoch { writer.batches } else { 0 };
        if sequence < batches {
            return Answer::Done;
        }
        let is_ongoing = matches!(self.phase, Phase::Ongoing(partitions) if partitions.contains(partition));
        if sequence > batches || is_verified && !is_ongoing {
            return Answer::Invalid;
        }
        *writer = Writer {
            epoch,
            batches: batches + 1,
        };
        match content {
            Content::Row(row) => self.open.push(*row),
            Content::Checkpoint(checkpoint) => self.checkpoints.append(checkpoint.clone()),
        }
        Answer::Done
    }

    fn commit(&mut self, epoch: u8) -> Answer {
        if epoch != self.epoch {
            return Answer::Fenced;
        }
        match self.phase {
            // The answer comes before the markers.
            Phase::Ongoing(partitions) => {
                self.phase = Phase::PrepareCommit(partitions);
                Answer::Done
            }
            Phase::PrepareCommit(_) => Answer::Later,
            Phase::CompleteCommit => Answer::Done,
            Phase::Empty | Phase::PrepareAbort(_) => Answer::Invalid,
        }
    }

    /// Unlike an abort by the coordinator, this one does not change the epoch.
    fn abort_on_request(&mut self, epoch: u8) -> Answer {
        if epoch != self.epoch {
            return Answer::Fenced;
        }
        match self.phase {
            Phase::Ongoing(partitions) => {
                self.phase = Phase::PrepareAbort(partitions);
                Answer::Done
            }
            Phase::PrepareAbort(_) => Answer::Later,
            Phase::Empty => Answer::Done,
            Phase::PrepareCommit(_) | Phase::CompleteCommit => Answer::Invalid,
        }
    }

    pub(super) fn is_ongoing(&self) -> bool {
        matches!(self.phase, Phase::Ongoing(_))
    }

    /// Aborts the ongoing transaction, for a new producer or because of its time-out.
    pub(super) fn abort(&mut self) {
        if let Phase::Ongoing(partitions) = self.phase {
            self.epoch += 1;
            self.phase = Phase::PrepareAbort(partitions);
        }
    }

    pub(super) fn lacks_marker(&self, partition: Partition) -> bool {
        match self.phase {
            Phase::PrepareCommit(partitions) | Phase::PrepareAbort(partitions) => {
                partitions.contains(partition)
            }
            _ => false,
        }
    }

    /// Writes a control marker that is missing.
    pub(super) fn mark(&mut self, partition: Partition) {
        let (mut partitions, is_commit) = match self.phase {
            Phase::PrepareCommit(partitions) => (partitions, true),
            Phase::PrepareAbort(partitions) => (partitions, false),
            _ => return,
        };
        match (partition, is_commit) {
            (Partition::Rows, true) => self.committed.append(&mut self.open),
            (Partition::Rows, false) => self.open.clear(),
            (Partition::Checkpoints, true) => self.checkpoints.mark_committed(),
            (Partition::Checkpoints, false) => self.checkpoints.mark_aborted(),
        }
        let writer = &mut self.writers[partition as usize];
        if writer.epoch < self.epoch {
            *writer = Writer {
                epoch: self.epoch,
                batches: 0,
            };
        }
        partitions.set(partition, false);
        self.phase = match (partitions == Partitions::default(), is_commit) {
            (false, true) => Phase::PrepareCommit(partitions),
            (false, false) => Phase::PrepareAbort(partitions),
            (true, true) => Phase::CompleteCommit,
            (true, false) => Phase::Empty,
        };
    }
}
