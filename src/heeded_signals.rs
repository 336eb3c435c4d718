//! The signals that ask a process to end.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Ctrl-C, TERM and HUP, except those that were ignored when the process started or are now.
///
/// `nohup` ignores HUP, and a shell ignores INT for its background jobs: such a signal is meant for other processes.
pub(crate) fn heeded_signals() -> Vec<i32> {
    let mut signals = vec![SIGINT, SIGTERM, SIGHUP];
    signals.retain(|signal| !is_ignored(*signal));
    signals
}

fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action `sigaction` changes nothing and writes the current one to `action`, which is read
    // only if the call succeeded.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_not_heeded() {
        // Uses only HUP, which no other test uses, so that tests can run in parallel.
        // SAFETY: neither action is a handler.
        let before = unsafe { libc::signal(SIGHUP, libc::SIG_IGN) };
        assert!(!heeded_signals().contains(&SIGHUP));
        // SAFETY: as before.
        unsafe { libc::signal(SIGHUP, libc::SIG_DFL) };
        assert!(heeded_signals().contains(&SIGHUP));
        // SAFETY: it was the action before.
        unsafe { libc::signal(SIGHUP, before) };
    }
}
