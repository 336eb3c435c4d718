//! Exactly-once loads: rows and the position reached in the input are written in one transaction.
//!
//! `protocol` decides what happens next, `publisher::transactions` does it, and `open_load` knows the checkpoints, which are
//! records of a compacted topic (`checkpoint`). `prefix_hash` shows whether an input still begins as it did. `known_loads`
//! has what is recorded of all loads, and `forget` removes one of them.

mod checkpoint;
mod forget;
mod known_loads;
mod open_load;
mod prefix_hash;
mod protocol;
mod recorded;
#[cfg(test)]
mod search;
mod written_offsets;

pub use checkpoint::{FileFacts, Fingerprint, InputCheckpoint, KeptExtent, KeptOfLoad};
pub(crate) use checkpoint::{key as checkpoint_key, parse_key as parse_checkpoint_key};
pub use forget::{ForgetError, forget};
pub use known_loads::{ATOMIC_NAMES, KnownInput, KnownLoad, KnownLoads, LoadExtent, LoadState};
pub use open_load::{Commit, EarlierRuns, LoadInput, LoadSettings, LookError, OpenLoad, Verified};
pub use prefix_hash::digest_of as mapping_digest;
pub use written_offsets::WrittenOffsets;

pub(in crate::load) use open_load::{Covered, Resume};
pub(in crate::load) use prefix_hash::{BlockHashes, PrefixHash};
pub(in crate::load) use protocol::{Action, Checkpoint, Ending, Event, Fault, Protocol, Then};
