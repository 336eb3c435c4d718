//! What can happen next, and how a trace names it.

use std::fmt;

use super::requests::Partition;
use crate::load::exactly_once::protocol::{Fault, Then};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A process starts a new run.
    Start(usize),
    /// The task of the process is done without a fault.
    Proceed(usize),
    /// The reader also returns what was written after it had asked for the high watermark.
    ReadFarther(usize),
    /// Another row goes into the transaction.
    SendAnother(usize),
    /// A commit is due.
    Reach(usize, Then),
    /// The rows must not be committed: one is bad, or the user does not want them.
    Abandon(usize),
    /// The connection fails.
    Suffer(usize, Mishap),
    Crash(usize),
    Cancel(usize),
    /// A request that was held back gets to the brokers.
    Deliver(usize),
    /// The coordinator writes a control marker.
    Mark(Partition),
    /// `transaction.timeout.ms` has passed.
    Expire,
    /// The log cleaner runs.
    Compact,
    /// Another load begins a transaction that hides the checkpoints after it.
    Hide,
    /// The other load's transaction ends.
    Reveal,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// It is held back, and the client repeats it.
    Held,
    /// It is held back, and the call fails.
    HeldAndFailed,
    /// It is held back, and the process crashes.
    HeldAndCrashed,
    /// It is held back, but the call succeeds.
    HeldAndBelieved,
    /// Its answer is lost, and the client repeats it.
    Unanswered,
    /// Its answer is lost, and the call fails.
    UnansweredAndFailed,
    /// It is lost, and the call fails.
    Failed(Fault),
}

impl Step {
    /// The process that the step belongs to.
    pub(super) fn slot(self) -> Option<usize> {
        match self {
            Step::Start(slot)
            | Step::Proceed(slot)
            | Step::ReadFarther(slot)
            | Step::SendAnother(slot)
            | Step::Reach(slot, _)
            | Step::Abandon(slot)
            | Step::Suffer(slot, _)
            | Step::Crash(slot)
            | Step::Cancel(slot) => Some(slot),
            Step::Deliver(_) | Step::Mark(_) | Step::Expire | Step::Compact | Step::Hide | Step::Reveal => {
                None
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Start(_) => f.write_str("starts"),
            Step::Proceed(_) => f.write_str("is done"),
            Step::ReadFarther(_) => f.write_str("is done, with what was written since"),
            Step::SendAnother(_) => f.write_str("another row"),
            Step::Reach(_, Then::GoOn) => f.write_str("a commit is due"),
            Step::Reach(_, Then::End) => f.write_str("the input ends"),
            Step::Abandon(_) => f.write_str("is abandoned"),
            Step::Suffer(_, mishap) => f.write_str(match mishap {
                Mishap::Held => "is held back and repeated",
                Mishap::HeldAndFailed => "is held back; the call fails",
                Mishap::HeldAndCrashed => "is held back; the process is killed",
                Mishap::HeldAndBelieved => "is held back; the call succeeds",
                Mishap::Unanswered => "is done without an answer and repeated",
                Mishap::UnansweredAndFailed => "is done without an answer; the call fails",
                Mishap::Failed(Fault::Lasting) => "fails for good",
                Mishap::Failed(Fault::Rows) => "fails because of a row",
                Mishap::Failed(_) => "fails",
            }),
            Step::Crash(_) => f.write_str("the process is killed"),
            Step::Cancel(_) => f.write_str("is cancelled"),
            Step::Deliver(_) => f.write_str("arrives late"),
            Step::Mark(Partition::Rows) => f.write_str("the control marker of the rows is written"),
            Step::Mark(Partition::Checkpoints) => {
                f.write_str("the control marker of the checkpoints is written")
            }
            Step::Expire => f.write_str("the transaction times out"),
            Step::Compact => f.write_str("earlier checkpoints are removed"),
            Step::Hide => f.write_str("another load begins a transaction"),
            Step::Reveal => f.write_str("the transaction of the other load ends"),
        }
    }
}
