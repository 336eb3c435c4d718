//! Waits for what ends a sandbox: a signal from a person, or the end of the command it was started for.
//!
//! Ctrl-C reaches the command by itself, because it is in the same process group; passing it on would make two
//! of one, and a second Ctrl-C means something else to many programs. TERM goes to one process only and is
//! passed on. So is HUP, which programs expect more than once: a terminal that goes away sends it to the group, and so
//! may the shell.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{SigId, flag, low_level};

use crate::heeded_signals::heeded_signals;

/// The signals that concern a sandbox, caught from its making until it is dropped.
pub(super) struct EndSignals {
    signals: Signals,
    /// Once set, a further signal ends the process at once: what is left to do is only reading and printing.
    ending: Arc<AtomicBool>,
    shutdowns: Vec<SigId>,
}

impl EndSignals {
    /// To be called before the command is started, so that its end is not missed.
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

    /// Returns when Ctrl-C, TERM or HUP has come.
    pub(super) fn wait(&mut self) {
        while !self.signals.wait().any(|signal| signal != SIGCHLD) {}
        self.ending.store(true, Ordering::SeqCst);
    }

    /// Returns when `child` has ended.
    pub(super) fn wait_for(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = child.try_wait()? {
                self.ending.store(true, Ordering::SeqCst);
                return Ok(status);
            }
            // Every end of a child is a SIGCHLD, so nothing is missed between the look and the wait. The
            // child has not been waited for, so its process id is still its own.
            for signal in self.signals.wait() {
                let passed_on = match signal {
                    SIGTERM => Signal::TERM,
                    SIGHUP => Signal::HUP,
                    _ => continue,
                };
                // A child that has just ended needs it no more.
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
