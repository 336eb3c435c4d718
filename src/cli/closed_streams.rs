//! Which standard streams cannot be used: those that were closed when the process started (`>&-` in a shell), and those
//! that are open only for the other direction (`1</dev/null`).
//!
//! Before `main`, Rust's runtime replaces a closed stream with `/dev/null`, so that no other file gets its number, and
//! its standard streams ignore the error of a descriptor that is open for the other direction. Output is then lost
//! without an error, and input ends immediately. A caller may also pass `/dev/null` on purpose (Python's
//! `subprocess.DEVNULL`), which is not an error. So the streams are checked before the runtime starts, when the C
//! library calls constructors.

use std::fs;
use std::io;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

/// The state of standard input, output and error.
static STREAMS: [AtomicU8; 3] = [const { AtomicU8::new(USABLE) }; 3];

const USABLE: u8 = 0;
/// It is open only for the other direction.
const WRONG_DIRECTION: u8 = 1;
const CLOSED: u8 = 2;

#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = look;

extern "C" fn look() {
    for (descriptor, state) in (0..).zip(&STREAMS) {
        state.store(state_of(descriptor), Ordering::Relaxed);
    }
}

fn state_of(descriptor: RawFd) -> u8 {
    // SAFETY: `fcntl` may be called with any number, and F_GETFL takes no pointer.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFL) };
    let other_direction = match descriptor {
        libc::STDIN_FILENO => libc::O_WRONLY,
        _ => libc::O_RDONLY,
    };
    match flags {
        -1 => CLOSED,
        _ if flags & libc::O_ACCMODE == other_direction => WRONG_DIRECTION,
        _ => USABLE,
    }
}

fn state(descriptor: RawFd) -> u8 {
    STREAMS[descriptor as usize].load(Ordering::Relaxed)
}

/// Why the input that `argument` names cannot be read, if it is a standard input that cannot be used.
pub(super) fn why_unreadable(argument: &Path) -> Option<&'static str> {
    let state = state(libc::STDIN_FILENO);
    if state == USABLE || !is_standard_input(argument) {
        return None;
    }
    Some(match state {
        CLOSED => "standard input is closed",
        _ => "standard input is open only for writing",
    })
}

/// Whether it is `-`, or leads to the descriptor as `/dev/stdin`, `/dev/fd/0` and `/proc/self/fd/0` do.
fn is_standard_input(argument: &Path) -> bool {
    /// The limit of Linux.
    const MAX_LINKS: usize = 40;
    if argument == Path::new("-") {
        return true;
    }
    let Ok(descriptors) = fs::canonicalize("/proc/self/fd") else {
        return false;
    };
    let mut path = argument.to_owned();
    for _ in 0..MAX_LINKS {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let is_descriptor = fs::canonicalize(&folder).is_ok_and(|folder| folder == descriptors);
        if is_descriptor && path.file_name().is_some_and(|name| name == "0") {
            return true;
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder.join(target),
            Err(_) => return false,
        }
    }
    false
}

/// Fails as a write to standard output would have failed without Rust's runtime.
pub(super) fn check_standard_output() -> io::Result<()> {
    match state(libc::STDOUT_FILENO) {
        USABLE => Ok(()),
        _ => Err(io::Error::from_raw_os_error(libc::EBADF)),
    }
}

/// The standard streams that were closed when the process started.
pub(super) fn closed() -> Vec<RawFd> {
    (0..3).filter(|descriptor| state(*descriptor) == CLOSED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_without_a_file_is_closed() {
        assert_eq!(state_of(RawFd::MAX), CLOSED);
        let file = tempfile::tempfile().unwrap();
        assert_eq!(state_of(std::os::fd::AsRawFd::as_raw_fd(&file)), USABLE);
        let file = fs::File::open("/dev/null").unwrap();
        assert_eq!(state_of(std::os::fd::AsRawFd::as_raw_fd(&file)), WRONG_DIRECTION);
    }

    #[test]
    fn standard_input_is_known_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/stdin", &link).unwrap();
        let file = folder.path().join("0");
        fs::write(&file, "").unwrap();
        for name in [
            "-",
            "/dev/stdin",
            "/dev/fd/0",
            "/proc/self/fd/0",
            link.to_str().unwrap(),
        ] {
            assert!(is_standard_input(Path::new(name)), "{name}");
        }
        for name in [
            "/dev/null",
            "/dev/fd/1",
            "/nowhere/0",
            "0",
            file.to_str().unwrap(),
        ] {
            assert!(!is_standard_input(Path::new(name)), "{name}");
        }
    }
}
