//! How long librdkafka's threads had work to do.

use std::collections::HashMap;
use std::time::Duration;

/// The times of the threads that serve brokers, of all clients that a process has had.
#[derive(Debug, Default)]
pub(super) struct BrokerThreads {
    /// By the id of the thread: its name, which has the broker's id, and how long it had work when it was last looked at.
    times: HashMap<String, (String, Duration)>,
}

impl BrokerThreads {
    /// Looks at the threads that exist. The time of a thread that ends counts as far as it was seen.
    pub(super) fn look(&mut self) {
        let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
            return;
        };
        for thread in threads.flatten() {
            let folder = thread.path();
            let text = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
            let Some(name) = text("comm").filter(|name| name.starts_with("rdk:broker")) else {
                continue;
            };
            if let Some(time) = text("schedstat").as_deref().and_then(busy_time) {
                let id = thread.file_name().to_string_lossy().into_owned();
                self.times.insert(id, (name, time));
            }
        }
    }

    /// How long the threads for the busiest broker have run, or were ready to run and had no processor; none if the
    /// system does not tell.
    ///
    /// Linux counts both for each thread, in nanoseconds: "schedstat" in its documentation of the scheduler's statistics.
    /// librdkafka names these threads `rdk:brokerN`, with the broker's id.
    pub(super) fn busiest(&self) -> Option<Duration> {
        let mut sums: HashMap<&str, Duration> = HashMap::new();
        for (name, time) in self.times.values() {
            *sums.entry(name).or_default() += *time;
        }
        sums.into_values().max()
    }
}

/// The sum of the first two numbers: the times of running and of waiting for a processor.
fn busy_time(statistics: &str) -> Option<Duration> {
    let mut numbers = statistics.split_whitespace().map(str::parse::<u64>);
    let (run, waited) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(Duration::from_nanos(run.saturating_add(waited)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_running_and_of_waiting_for_a_processor() {
        assert_eq!(busy_time("1500 500 3\n"), Some(Duration::from_nanos(2000)));
        for unusable in ["", "1500", "a b c"] {
            assert_eq!(busy_time(unusable), None, "{unusable:?}");
        }
    }

    #[test]
    fn the_threads_of_one_broker_are_added_up() {
        let of = |id: &str, name: &str, seconds| {
            let time = Duration::from_secs(seconds);
            (id.to_owned(), (name.to_owned(), time))
        };
        let threads = BrokerThreads {
            times: HashMap::from([
                of("7", "rdk:broker1\n", 3),
                of("8", "rdk:broker2\n", 5),
                of("19", "rdk:broker1\n", 4),
            ]),
        };
        assert_eq!(threads.busiest(), Some(Duration::from_secs(7)));
        assert_eq!(BrokerThreads::default().busiest(), None);
    }

    /// Transactions have a client each: what an earlier one did counts when it has ended.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_has_ended_is_remembered() {
        let mut threads = BrokerThreads::default();
        let (work, done) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel::<()>());
        let thread = std::thread::Builder::new().name("rdk:broker77".to_owned());
        let (ready, wait) = (done.0, work.1);
        let thread = thread.spawn(move || {
            ready.send(()).unwrap();
            _ = wait.recv();
        });
        done.1.recv().unwrap();
        threads.look();
        drop(work.0);
        thread.unwrap().join().unwrap();
        threads.look();
        assert!(
            threads.times.values().any(|(name, _)| name == "rdk:broker77\n"),
            "{threads:?}"
        );
    }
}
