//! The client that takes over from the current one. It connects while that one works, so that taking over is quick.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::client::Client;
use super::error::ConnectError;

/// How long to wait between looks at the thread.
const PAUSE: Duration = Duration::from_millis(2);

/// A client that is being opened on a thread of its own.
pub(super) struct Standby {
    thread: JoinHandle<Result<Client, ConnectError>>,
}

impl Standby {
    /// Starts opening a client; none if no thread can be started.
    pub(super) fn begin(
        open: impl FnOnce() -> Result<Client, ConnectError> + Send + 'static,
    ) -> Option<Standby> {
        let thread = thread::Builder::new().name("kafka-next".to_owned());
        let thread = thread.spawn(open).ok()?;
        Some(Standby { thread })
    }

    /// The client, once it is open; none if it could not be opened, or `is_over` says that nobody waits any longer.
    pub(super) fn take(self, is_over: impl Fn() -> bool) -> Option<Client> {
        while !self.thread.is_finished() {
            if is_over() {
                return None;
            }
            thread::sleep(PAUSE);
        }
        let mut client = self.thread.join().ok()?.ok()?;
        // What happened while it was waiting concerns no message.
        client.poll(Duration::ZERO);
        client.inbox_mut().errors.start_afresh();
        Some(client)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::kafka::error::ConnectErrorKind;

    fn failure() -> ConnectError {
        ConnectError::new(ConnectErrorKind::Config, "wrong".to_owned())
    }

    #[test]
    fn a_client_that_cannot_be_opened_is_none() {
        let standby = Standby::begin(|| Err(failure())).expect("a thread");
        assert!(standby.take(|| false).is_none());
    }

    #[test]
    fn nobody_waits_for_a_client_when_the_run_is_over() {
        let (held, never) = mpsc::channel::<()>();
        let standby = Standby::begin(move || {
            let _ = never.recv();
            Err(failure())
        });
        assert!(standby.expect("a thread").take(|| true).is_none());
        drop(held);
    }
}
