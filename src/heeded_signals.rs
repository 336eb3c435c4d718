//! The signals that ask a process to end.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Ctrl-C, TERM and HUP, but for those that were ignored when the process started or are now.
///
/// `nohup` ignores HUP and a shell ignores INT for the jobs that it puts in the background: they mean that the signal
/// is for somebody else.
pub(crate) fn heeded_signals() -> Vec<i32> {
    let mut signals = vec![SIGINT, SIGTERM, SIGHUP];
    signals.retain(|signal| !is_ignored(*signal));
    signals
}

fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action `sigaction` changes nothing and writes the present one to `action`, which is only
    // read where it says that it did.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_is_ignored_is_not_heeded() {
        // Only HUP, which no other test is about, so that tests may run beside this one.
        // SAFETY: neither action is a handler.
        let before = unsafe { libc::signal(SIGHUP, libc::SIG_IGN) };
        assert!(!heeded_signals().contains(&SIGHUP));
        // SAFETY: as before.
        unsafe { libc::signal(SIGHUP, libc::SIG_DFL) };
        assert!(heeded_signals().contains(&SIGHUP));
        // SAFETY: it was in force before.
        unsafe { libc::signal(SIGHUP, before) };
    }
}
