//! Ctrl-C, TERM and HUP: who ends the process, and by which signal.
//!
//! The handler itself notes a signal. So whoever sees what else the signal brought about, such as the end of standard
//! input whose writer the same Ctrl-C ended, can see the signal too: the kernel runs the handler on the main thread
//! before that thread returns from any call that came later.

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

/// Whom a signal concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has been sent: the process ends at once.
    BeforeRun,
    /// The run ends in order, or the command is reporting how it ended.
    RunOrReport,
}

/// Who may end the process. The thread that holds `phase` in [`Phase::BeforeRun`] has the last word.
pub(super) struct SignalWatch {
    interrupts: Interrupts,
    phase: Arc<Mutex<Phase>>,
    /// Signals that are waited for to take effect; one more ends the process without another word.
    patience: Arc<AtomicUsize>,
}

impl SignalWatch {
    /// Listens for signals from now on.
    ///
    /// Before the run begins a signal ends the process after `report` has said so. The first one in a run stops the
    /// reading, the second the waiting for reports, and the third ends the process.
    ///
    /// # Errors
    /// The operating system refuses the handler or the thread.
    pub(super) fn start(report: impl Fn(i32) + Send + 'static) -> io::Result<SignalWatch> {
        let watch = SignalWatch {
            interrupts: Interrupts::default(),
            phase: Arc::new(Mutex::new(Phase::BeforeRun)),
            patience: Arc::new(AtomicUsize::new(1)),
        };
        // A signal that came when the operating system already knows the handler, and the handler not yet what to do,
        // would be lost. It waits.
        let mut signals = without_signals(|| watch.register())?;
        let phase = Arc::clone(&watch.phase);
        let listener = thread::Builder::new().name("signal".to_owned());
        listener.spawn(move || {
            for signal in signals.forever() {
                let phase = lock(&phase);
                if *phase == Phase::BeforeRun {
                    // Whatever becomes of the report, the process ends.
                    let _ = catch_unwind(AssertUnwindSafe(|| report(signal)));
                    // Without destructors: the main thread may be using what they would take away.
                    low_level::exit(128 + signal);
                }
            }
        })?;
        Ok(watch)
    }

    fn register(&self) -> io::Result<Signals> {
        let heeded = heeded_signals();
        for signal in &heeded {
            self.note_in_handler(*signal)?;
        }
        // Its part of the handler comes after the one above, so a signal that it hears of has been noted.
        Signals::new(&heeded)
    }

    fn note_in_handler(&self, signal: i32) -> io::Result<()> {
        let (interrupts, patience) = (self.interrupts.clone(), Arc::clone(&self.patience));
        let note = move || {
            // A terminal that goes away is reported by the kernel and by the shell, and is no second request.
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

    /// What a run looks at.
    pub(super) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// From now on the first signal waits for the command to see to it; one that came before, too.
    pub(super) fn end_in_order(&self) {
        self.take_last_word();
    }

    /// From now on a second signal is the run's affair, too.
    pub(super) fn begin_run(&self) {
        self.patience.store(2, Ordering::SeqCst);
    }

    /// From now on no signal ends the process before it has reported how it ended. Gives the signal that came before:
    /// it decides how that was, whatever went wrong after it.
    pub(super) fn take_last_word(&self) -> Option<i32> {
        // Where a signal is being reported this waits for ever, because the process is about to end.
        *lock(&self.phase) = Phase::RunOrReport;
        self.interrupts.first()
    }
}

fn lock(phase: &Mutex<Phase>) -> MutexGuard<'_, Phase> {
    phase.lock().unwrap_or_else(PoisonError::into_inner)
}
