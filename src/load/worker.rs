//! The threads of a run, and the error if one of them ends without finishing its work.
//!
//! A panic never looks like an end of input: it is caught where the thread begins and passed on as a
//! [`WorkerFailure`] through the same channel as the rows, so that everything before it is still published.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// A thread of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// Cuts the inputs into blocks.
    Reading,
    /// Turns blocks into messages.
    Encoding,
    /// Hands over messages and counts; the thread that called [`run`](super::run).
    Publishing,
}

impl Worker {
    /// The name of the thread in debuggers and messages.
    pub fn name(self) -> &'static str {
        match self {
            Worker::Reading => "reading",
            Worker::Encoding => "encoding",
            Worker::Publishing => "publishing",
        }
    }
}

/// Why a thread of a run did not finish its work. The run has failed, even if rows were delivered.
#[derive(Debug)]
pub enum WorkerFailure {
    /// It panicked, which is a bug.
    Panicked {
        /// The thread.
        worker: Worker,
        /// The message of the panic.
        message: String,
    },
    /// The operating system could not start the thread.
    NotStarted {
        /// The thread.
        worker: Worker,
        /// The system's reason.
        cause: io::Error,
    },
}

impl fmt::Display for WorkerFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkerFailure::Panicked { worker, message } => write!(
                formatter,
                "the {} thread ended unexpectedly (a defect in k2-produce): {message}",
                worker.name()
            ),
            WorkerFailure::NotStarted { worker, .. } => {
                write!(formatter, "the {} thread cannot be started", worker.name())
            }
        }
    }
}

impl std::error::Error for WorkerFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WorkerFailure::Panicked { .. } => None,
            WorkerFailure::NotStarted { cause, .. } => Some(cause),
        }
    }
}

/// Starts a named thread.
///
/// # Errors
/// The operating system cannot start a thread.
pub(super) fn spawn(worker: Worker, body: impl FnOnce() + Send + 'static) -> Result<(), WorkerFailure> {
    let thread = thread::Builder::new().name(worker.name().to_owned());
    match thread.spawn(body) {
        Ok(_) => Ok(()),
        Err(cause) => Err(WorkerFailure::NotStarted { worker, cause }),
    }
}

/// Runs a worker; a panic in it becomes an error.
///
/// Data that the work was changing when it panicked may be inconsistent: the caller drops or checks it.
///
/// # Errors
/// The work panicked.
pub(super) fn guarded<T>(worker: Worker, work: impl FnOnce() -> T) -> Result<T, WorkerFailure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| WorkerFailure::Panicked {
        worker,
        message: message(&*panic),
    })
}

/// The message of a panic, which is text unless the panic has a value of another type.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_thread_and_repeats_its_message() {
        let said = |work: fn()| guarded(Worker::Encoding, work).unwrap_err().to_string();
        let start = "the encoding thread ended unexpectedly (a defect in k2-produce): ";
        let row = std::hint::black_box(7);
        assert!(guarded(Worker::Encoding, || row).is_ok_and(|row| row == 7));
        assert_eq!(said(|| panic!("plain")), format!("{start}plain"));
        assert_eq!(
            said(|| panic!("row {}", std::hint::black_box(7))),
            format!("{start}row 7")
        );
        assert_eq!(said(|| panic_any(7)), format!("{start}no message"));
    }
}
