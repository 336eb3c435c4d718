//! Which standard streams were closed when the process started (`>&-` in a shell).
//!
//! Rust's runtime opens `/dev/null` in the place of a closed one before `main`, so that no other file gets its number.
//! Afterwards what is written there is lost without an error, and what is read from there ends at once. A caller may give
//! `/dev/null` too, opened in the same way (Python's `subprocess.DEVNULL`), and that is no error. So the streams are looked
//! at before the runtime starts, where the C library calls constructors.

use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};

static STANDARD_INPUT: AtomicBool = AtomicBool::new(false);
static STANDARD_OUTPUT: AtomicBool = AtomicBool::new(false);

#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = look;

extern "C" fn look() {
    for (descriptor, closed) in [
        (libc::STDIN_FILENO, &STANDARD_INPUT),
        (libc::STDOUT_FILENO, &STANDARD_OUTPUT),
    ] {
        closed.store(is_closed(descriptor), Ordering::Relaxed);
    }
}

fn is_closed(descriptor: RawFd) -> bool {
    // SAFETY: `fcntl` may be called with any number, and F_GETFD takes no pointer.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) == -1 }
}

/// Whether there is no standard input.
pub(super) fn standard_input_is_closed() -> bool {
    STANDARD_INPUT.load(Ordering::Relaxed)
}

/// Fails as a write to standard output would if nothing had taken its place.
pub(super) fn check_standard_output() -> io::Result<()> {
    match STANDARD_OUTPUT.load(Ordering::Relaxed) {
        true => Err(io::Error::from_raw_os_error(libc::EBADF)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_without_a_file_is_closed() {
        assert!(is_closed(RawFd::MAX));
        let file = tempfile::tempfile().unwrap();
        assert!(!is_closed(std::os::fd::AsRawFd::as_raw_fd(&file)));
    }
}
