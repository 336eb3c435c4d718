//! Keeps signals waiting, or from threads that none may reach.

use nix::sys::signal::{SigSet, SigmaskHow};

/// Runs `start` with all signals blocked in this thread. They wait until it returns; the threads that it starts never
/// get any, since they inherit that.
///
/// librdkafka blocks signals in all its threads but the mock cluster's, which it starts before it does so (2.12.1,
/// `rd_kafka_new`). A signal there, such as that of an ended child, makes `poll` fail, and the mock cluster is gone.
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let started = start();
    if let Ok(before) = before {
        before.thread_set_mask().expect("it was in force before");
    }
    started
}
