//! Ctrl-C, TERM and HUP: which part ends the process, and on which signal.
//!
//! The handler itself records a signal. So code that sees another effect of the signal, such as the end of standard
//! input because the same Ctrl-C ended its writer, can see the signal too: the kernel runs the handler on the main
//! thread before that thread returns from any later call.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use crate::heeded_signals::heeded_signals;
use crate::load::Interrupts;
use crate::signal_mask::without_signals;

/// What a signal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has been sent, so the process ends immediately.
    BeforeRun,
    /// The run shuts down, or the command is reporting how it ended.
    RunOrReport,
}

/// Decides which thread may end the process: the one that holds `phase` in [`Phase::BeforeRun`].
pub(super) struct SignalWatch {
    interrupts: Interrupts,
    phase: Arc<Mutex<Phase>>,
    /// How many signals are handled in order; one more ends the process without a message.
    patience: Arc<AtomicUsize>,
}

impl SignalWatch {
    /// Listens for signals from now on.
    ///
    /// Before the run begins, a signal ends the process after `report` has printed that. During a run the first signal
    /// stops reading, the second stops waiting for delivery reports, and the third ends the process.
    ///
    /// # Errors
    /// The operating system refuses the handler or the thread.
    pub(super) fn start(report: impl Fn(i32) + Send + 'static) -> io::Result<SignalWatch> {
        let watch = SignalWatch {
            interrupts: Interrupts::default(),
            phase: Arc::new(Mutex::new(Phase::BeforeRun)),
            patience: Arc::new(AtomicUsize::new(1)),
        };
        // A signal that arrives after the handler is installed, but before the handler has its actions, would be lost,
        // so it is blocked until then.
        let mut signals = without_signals(|| watch.register())?;
        let phase = Arc::clone(&watch.phase);
        let listener = thread::Builder::new().name("signal".to_owned());
        listener.spawn(move || {
            for signal in signals.forever() {
                let phase = lock(&phase);
                if *phase == Phase::BeforeRun {
                    // The process ends even if the report fails.
                    let _ = catch_unwind(AssertUnwindSafe(|| report(signal)));
                    // Without destructors, because the main thread may still be using what they would free.
                    low_level::exit(128 + signal);
                }
            }
        })?;
        Ok(watch)
    }

    fn register(&self) -> io::Result<Signals> {
        let heeded = heeded_signals();
        for signal in &heeded {
            self.record_in_handler(*signal)?;
        }
        // Its action runs after the one above, so a signal that it receives has been recorded.
        Signals::new(&heeded)
    }

    fn record_in_handler(&self, signal: i32) -> io::Result<()> {
        let (interrupts, patience) = (self.interrupts.clone(), Arc::clone(&self.patience));
        let note = move || {
            // Both the kernel and the shell report that a terminal is gone; that is not a second request.
            if signal == SIGHUP && interrupts.first().is_some() {
                return;
            }
            if interrupts.note(signal) > patience.load(Ordering::SeqCst) {
                low_level::exit(128 + signal);
            }
        };
        // SAFETY: the action only reads and writes atomics, and ends the process by `_exit`.
        unsafe { low_level::register(signal, note) }?;
        Ok(())
    }

    /// The state that a run checks.
    pub(super) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// From now on the first signal is handled by the command; so is one that arrived before.
    pub(super) fn end_in_order(&self) {
        self.take_last_word();
    }

    /// From now on the run handles a second signal, too.
    pub(super) fn begin_run(&self) {
        self.patience.store(2, Ordering::SeqCst);
    }

    /// From now on no signal ends the process before it has reported how it ended. Returns the signal that arrived
    /// before: it determines the outcome, whatever went wrong after it.
    pub(super) fn take_last_word(&self) -> Option<i32> {
        // While a signal is being reported, this waits forever, because the process is about to end.
        *lock(&self.phase) = Phase::RunOrReport;
        self.interrupts.first()
    }
}

fn lock(phase: &Mutex<Phase>) -> MutexGuard<'_, Phase> {
    phase.lock().unwrap_or_else(PoisonError::into_inner)
}
