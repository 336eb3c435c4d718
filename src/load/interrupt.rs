//! Signals during a run: the first stops the reading, the second the waiting.
//!
//! The command line receives the signals, and ends the process if there is no run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The signals that have arrived so far.
#[derive(Debug, Clone, Default)]
pub struct Interrupts {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    count: AtomicUsize,
    first: AtomicI32,
}

impl Interrupts {
    /// Records a signal by its number; returns how many have arrived. Safe in a signal handler: it neither locks nor
    /// allocates.
    pub fn note(&self, signal: i32) -> usize {
        let first = &self.state.first;
        let _ = first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.state.count.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The number of signals so far.
    pub(super) fn count(&self) -> usize {
        self.state.count.load(Ordering::SeqCst)
    }

    /// The number of the first signal.
    pub fn first(&self) -> Option<i32> {
        let first = self.state.first.load(Ordering::SeqCst);
        (first != 0).then_some(first)
    }
}
