//! Waits for the end of a sandbox: a signal, or the end of its command.
//!
//! The terminal sends Ctrl-C to the command directly, because it is in the same process group. Passing it on would
//! deliver it twice, and to many programs a second Ctrl-C has another meaning. TERM goes to one process only and is
//! passed on. So is HUP, which programs expect more than once: a terminal that is closed sends it to the group, and the
//! shell may do so too.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{SigId, flag, low_level};

use crate::heeded_signals::heeded_signals;

/// The signals for a sandbox, caught until this is dropped.
pub(super) struct EndSignals {
    signals: Signals,
    /// After this is set, another signal ends the process at once, since only reading and printing remain.
    ending: Arc<AtomicBool>,
    shutdowns: Vec<SigId>,
}

impl EndSignals {
    /// Catches the signals. Must be called before the command is started, so that its end is not missed.
    pub(super) fn catch() -> io::Result<Self> {
        let ending = Arc::new(AtomicBool::new(false));
        let heeded = heeded_signals();
        let signals = Signals::new([&heeded[..], &[SIGCHLD]].concat())?;
        let mut caught = Self {
            signals,
            ending,
            shutdowns: Vec::new(),
        };
        for signal in heeded {
            let ending = Arc::clone(&caught.ending);
            caught
                .shutdowns
                .push(flag::register_conditional_shutdown(signal, 128 + signal, ending)?);
        }
        Ok(caught)
    }

    /// Waits for Ctrl-C, TERM or HUP.
    pub(super) fn wait(&mut self) {
        while !self.signals.wait().any(|signal| signal != SIGCHLD) {}
        self.ending.store(true, Ordering::SeqCst);
    }

    /// Waits for `child` to end.
    pub(super) fn wait_for(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = child.try_wait()? {
                self.ending.store(true, Ordering::SeqCst);
                return Ok(status);
            }
            // The end of a child raises SIGCHLD, so nothing is missed between the check and the wait. The child has not
            // been reaped, so its process id cannot have been reused.
            for signal in self.signals.wait() {
                let passed_on = match signal {
                    SIGTERM => Signal::TERM,
                    SIGHUP => Signal::HUP,
                    _ => continue,
                };
                // The child may have ended in the meantime, which does not matter.
                let _ = kill_process(Pid::from_child(child), passed_on);
            }
        }
    }
}

impl Drop for EndSignals {
    fn drop(&mut self) {
        for shutdown in self.shutdowns.drain(..) {
            low_level::unregister(shutdown);
        }
    }
}
