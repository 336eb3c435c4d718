//! Blocks signals in threads that must not receive any.

use nix::sys::signal::{SigSet, SigmaskHow};

/// Runs `start` with all signals blocked in this thread. Signals are held until it returns. Threads that it starts
/// inherit the mask and never receive any.
///
/// librdkafka blocks signals in all its threads except that of the mock cluster, which it starts earlier (2.12.1,
/// `rd_kafka_new`). A signal on that thread, such as SIGCHLD, makes `poll` fail, and the mock cluster ends.
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let started = start();
    if let Ok(before) = before {
        before.thread_set_mask().expect("the mask was valid before");
    }
    started
}
