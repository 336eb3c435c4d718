//! Which standard streams were closed when the process started (`>&-` in a shell).
//!
//! Before `main`, Rust's runtime replaces a closed stream with `/dev/null`, so that no other file gets its number.
//! After that, output is lost without an error, and input ends immediately. A caller may also pass `/dev/null` on
//! purpose, opened in the same way (Python's `subprocess.DEVNULL`), which is not an error. So the streams are checked
//! before the runtime starts, when the C library calls constructors.

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

/// Fails as a write to standard output would have failed without the replacement.
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
