//! Runs the command for which a sandbox was started, with the two addresses in its environment.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::os::fd::RawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use super::SandboxError;
use super::signals::EndSignals;

/// The environment variable that names the broker.
pub const BOOTSTRAP_SERVERS_VARIABLE: &str = "K2_KAFKA_BOOTSTRAP_SERVERS";
/// The environment variable that names the registry.
pub const REGISTRY_URL_VARIABLE: &str = "K2_KAFKA_SCHEMA_REGISTRY_URL";

/// The environment variable with which configuration files are ignored.
const NO_CONFIG_VARIABLE: &str = "K2_KAFKA_NO_CONFIG";

/// The outcome of the command, with the exit status that a shell would report.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It ran; its exit status, or 128 plus the signal that killed it.
    Ended(i32),
    /// It could not be started: 127 if the program does not exist, otherwise 126.
    NotStarted { status: i32, error: io::Error },
}

/// Starts the command and waits for it to end; `signals` must have been caught before. It inherits standard input,
/// output and error, except those in `closed`, which are closed.
pub(super) fn run(
    program: &OsStr,
    arguments: &[OsString],
    bootstrap_servers: &str,
    registry_url: &str,
    closed: &[RawFd],
    signals: &mut EndSignals,
) -> Result<Outcome, SandboxError> {
    let mut command = Command::new(executable(program));
    command
        .args(arguments)
        .env(BOOTSTRAP_SERVERS_VARIABLE, bootstrap_servers)
        .env(REGISTRY_URL_VARIABLE, registry_url)
        // Credentials and protocols of other brokers do not fit a sandbox.
        .env(NO_CONFIG_VARIABLE, "1");
    let closed = closed.to_vec();
    if !closed.is_empty() {
        let close = move || {
            for descriptor in &closed {
                // SAFETY: `close` takes any number, and the new process has no other owner of these descriptors.
                unsafe { libc::close(*descriptor) };
            }
            Ok(())
        };
        // SAFETY: after the fork it only calls `close`, which is async-signal-safe (POSIX.1-2024, 2.4.3).
        unsafe { command.pre_exec(close) };
    }
    let started = command.spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            let status = if error.kind() == ErrorKind::NotFound {
                127
            } else {
                126
            };
            return Ok(Outcome::NotStarted { status, error });
        }
    };
    let status = signals.wait_for(&mut child).map_err(SandboxError::Wait)?;
    Ok(Outcome::Ended(status_of(status)))
}

/// `k2-produce` means the running program, whether it is in PATH or not.
fn executable(program: &OsStr) -> PathBuf {
    if program == "k2-produce"
        && let Ok(running) = std::env::current_exe()
    {
        return running;
    }
    PathBuf::from(program)
}

fn status_of(status: ExitStatus) -> i32 {
    // A process that has ended always has one of the two.
    status
        .code()
        .or(status.signal().map(|signal| 128 + signal))
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn run_command(words: &[&str]) -> Outcome {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        run(
            &words[0],
            &words[1..],
            "127.0.0.1:1",
            "http://127.0.0.1:2",
            &[],
            &mut EndSignals::catch().unwrap(),
        )
        .unwrap()
    }

    fn ended(words: &[&str]) -> i32 {
        match run_command(words) {
            Outcome::Ended(status) => status,
            Outcome::NotStarted { error, .. } => panic!("{words:?} did not start: {error}"),
        }
    }

    #[test]
    fn the_command_gets_both_addresses() {
        let script = "test $K2_KAFKA_BOOTSTRAP_SERVERS,$K2_KAFKA_SCHEMA_REGISTRY_URL,$K2_KAFKA_NO_CONFIG \
                      = 127.0.0.1:1,http://127.0.0.1:2,1";
        assert_eq!(ended(&["sh", "-c", script]), 0);
    }

    #[test]
    fn the_status_is_that_of_a_shell() {
        assert_eq!(ended(&["sh", "-c", "exit 7"]), 7);
        assert_eq!(ended(&["sh", "-c", "kill -9 $$"]), 137);
        for (program, expected) in [("no-such-program-anywhere", 127), ("/", 126)] {
            match run_command(&[program]) {
                Outcome::NotStarted { status, .. } => assert_eq!(status, expected),
                Outcome::Ended(status) => panic!("{program} ended with {status}"),
            }
        }
    }

    #[test]
    fn the_end_of_a_command_is_noticed_at_once() {
        let start = Instant::now();
        assert_eq!(ended(&["sleep", "0.2"]), 0);
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn the_name_k2_produce_means_the_running_program() {
        assert_eq!(
            executable(OsStr::new("k2-produce")),
            std::env::current_exe().unwrap()
        );
        assert_eq!(
            executable(OsStr::new("./k2-produce")),
            PathBuf::from("./k2-produce")
        );
    }
}
