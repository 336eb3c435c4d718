//! Runs a clean-up that may hang, with a time limit.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The time limit.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Runs `end` on a thread of this name and waits for it up to the time limit. When a client is destroyed, librdkafka's
/// broker threads may be in a name look-up for many seconds, and destroying a mock cluster after its thread has ended
/// by itself is a deadlock (2.12.1, `rd_kafka_mock_cluster_destroy`). A thread that has not finished by then is left
/// running until the process ends.
pub(crate) fn end(thread_name: &str, end: impl FnOnce() + Send + 'static) {
    end_within(TIMEOUT, thread_name, end);
}

/// Runs `end` on a thread of this name and does not wait for it.
pub(crate) fn in_background(thread_name: &str, end: impl FnOnce() + Send + 'static) {
    end_within(Duration::ZERO, thread_name, end);
}

fn end_within(timeout: Duration, thread_name: &str, end: impl FnOnce() + Send + 'static) {
    let (sender, done) = mpsc::channel();
    let thread = thread::Builder::new()
        .name(thread_name.to_owned())
        .spawn(move || {
            end();
            let _ = sender.send(());
        });
    if thread.is_ok() {
        // An error is a time-out or a panic of the thread; in both cases there is nothing to wait for.
        let _ = done.recv_timeout(timeout);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_end_within_the_limit_is_waited_for() {
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        end_within(Duration::from_secs(60), "end", move || {
            thread::sleep(Duration::from_millis(50));
            flag.store(true, Ordering::SeqCst);
        });
        assert!(ended.load(Ordering::SeqCst));
    }

    #[test]
    fn an_end_that_hangs_is_abandoned() {
        let (held, never) = mpsc::channel::<()>();
        let started = Instant::now();
        end_within(Duration::from_millis(50), "end", move || {
            let _ = never.recv();
        });
        assert!(started.elapsed() < Duration::from_secs(30));
        drop(held);
    }
}
