//! Ctrl-C and TERM, as a run sees them: the first stops the reading, the second the waiting.
//!
//! The command line listens to the operating system, and ends the process where a run does not.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::worker::{Worker, WorkerFailure, guarded};

/// What signals have come so far.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    first: AtomicI32,
    /// While rows are on their way the run itself ends in order.
    in_order: AtomicBool,
    /// What the panic of the thread that listened said.
    failure: OnceLock<String>,
}

impl Interrupts {
    /// Does the work of the thread that listens for signals; a panic in it ends the run, for without that thread
    /// nobody could.
    pub fn listen_with(&self, listen: impl FnOnce(&Interrupts)) {
        if let Err(WorkerFailure::Panicked { message, .. }) = guarded(Worker::Signals, || listen(self)) {
            self.state.failure.get_or_init(|| message);
        }
    }

    /// Takes note of a signal by its number; returns how many have come.
    pub fn note(&self, signal: i32) -> usize {
        let first = &self.state.first;
        let _ = first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.state.count.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// From now on the run sees to an orderly end.
    pub(super) fn end_in_order(&self) {
        self.state.in_order.store(true, Ordering::SeqCst);
    }

    /// Whether a run sees to an orderly end. Before that nothing has been sent, and the process can end at once.
    pub fn ends_in_order(&self) -> bool {
        self.state.in_order.load(Ordering::SeqCst)
    }

    /// Signals so far.
    pub(super) fn count(&self) -> usize {
        self.state.count.load(Ordering::Relaxed)
    }

    /// What the panic of the thread that listened said, if it did panic.
    pub(super) fn failure(&self) -> Option<&str> {
        self.state.failure.get().map(String::as_str)
    }

    /// The number of the first signal.
    pub fn first(&self) -> Option<i32> {
        let first = self.state.first.load(Ordering::SeqCst);
        (first != 0).then_some(first)
    }
}
