//! Ctrl-C and TERM: the first stops the reading, the second the waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

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
}

impl Interrupts {
    /// Listens for signals from now on. Before [`Interrupts::end_in_order`] one ends the process at once, for
    /// nothing has been sent by then.
    ///
    /// # Errors
    /// The operating system refuses the handler.
    pub fn listen() -> std::io::Result<Interrupts> {
        let interrupts = Interrupts::default();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let state = Arc::clone(&interrupts.state);
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let _ = state
                    .first
                    .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
                let count = state.count.fetch_add(1, Ordering::SeqCst) + 1;
                if !state.in_order.load(Ordering::SeqCst) || count > 2 {
                    std::process::exit(128 + signal);
                }
            }
        });
        Ok(interrupts)
    }

    /// From now on the run sees to an orderly end.
    pub fn end_in_order(&self) {
        self.state.in_order.store(true, Ordering::SeqCst);
    }

    /// Signals so far.
    pub fn count(&self) -> usize {
        self.state.count.load(Ordering::Relaxed)
    }

    /// The number of the first signal.
    pub fn first(&self) -> Option<i32> {
        let first = self.state.first.load(Ordering::SeqCst);
        (first != 0).then_some(first)
    }
}
