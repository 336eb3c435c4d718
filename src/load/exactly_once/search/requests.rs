//! What clients ask the brokers, and the answers.

use std::fmt;

use crate::load::exactly_once::protocol::Checkpoint;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Partition {
    Rows,
    Checkpoints,
}

/// A row on the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Row {
    /// Its number in the load, from 0.
    pub(super) number: u8,
    /// The run that sent it.
    pub(super) run: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Content {
    Row(Row),
    Checkpoint(Checkpoint<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Request {
    /// InitProducerId, without a producer id: librdkafka's, of a new producer.
    Init,
    /// AddPartitionsToTxn.
    Add { epoch: u8, partition: Partition },
    Produce {
        epoch: u8,
        /// How many batches this producer sent to the partition before.
        sequence: u8,
        content: Content,
    },
    /// EndTxn: commit.
    Commit { epoch: u8 },
    /// EndTxn: abort.
    Abort { epoch: u8 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Epoch(u8),
    /// CONCURRENT_TRANSACTIONS: the client sends the request again.
    Later,
    /// INVALID_PRODUCER_EPOCH or PRODUCER_FENCED.
    Fenced,
    /// INVALID_TXN_STATE, or a sequence that does not follow.
    Invalid,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Init => f.write_str("InitProducerId"),
            Request::Add { .. } => f.write_str("AddPartitionsToTxn"),
            Request::Produce { .. } => f.write_str("Produce"),
            Request::Commit { .. } => f.write_str("EndTxn"),
            Request::Abort { .. } => f.write_str("EndTxn (abort)"),
        }
    }
}
