//! Runs a command to its end with a time limit, and measures its time and memory.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A signal to send, and when, counted from the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interruption {
    pub signal: Signal,
    pub after: Duration,
}

/// How a process ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub end: End,
    pub took: Duration,
    /// The peak resident memory, in KiB.
    pub peak_kib: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Status(i32),
    /// Ended by this signal.
    Signal(i32),
    /// Killed at the time limit.
    TimeOut,
}

/// Runs `command` with its output in files, so that no pipe can fill up.
pub(crate) fn run(
    command: &mut Command,
    (out, err): (&Path, &Path),
    limit: Duration,
    interruption: Option<Interruption>,
) -> io::Result<Ended> {
    command.stdout(Stdio::from(File::create(out)?));
    command.stderr(Stdio::from(File::create(err)?));
    let started = Instant::now();
    let child = command.spawn()?;
    let pid = child.id() as i32;
    let send = |signal| {
        // The child has not been waited for, so its process id cannot have been reused.
        _ = kill_process(Pid::from_raw(pid).expect("a process id is not zero"), signal);
    };
    let mut interruption = interruption;
    let mut is_timed_out = false;
    loop {
        if let Some((status, peak_kib)) = waited(pid)? {
            let end = match () {
                () if is_timed_out => End::TimeOut,
                () if libc::WIFEXITED(status) => End::Status(libc::WEXITSTATUS(status)),
                () => End::Signal(libc::WTERMSIG(status)),
            };
            return Ok(Ended {
                end,
                took: started.elapsed(),
                peak_kib,
            });
        }
        if let Some(due) = interruption.take_if(|due| started.elapsed() >= due.after) {
            send(due.signal);
        }
        if !is_timed_out && started.elapsed() >= limit {
            is_timed_out = true;
            send(Signal::KILL);
        }
        sleep(Duration::from_millis(1));
    }
}

/// The status and the peak memory in KiB of a child that has ended. std does not provide the latter.
fn waited(pid: i32) -> io::Result<Option<(i32, u64)>> {
    let mut status = 0;
    // SAFETY: `rusage` contains only integers, so all bits zero is a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers point to local variables of the types that the call writes.
    match unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        _ => Ok(Some((status, usage.ru_maxrss as u64))),
    }
}
