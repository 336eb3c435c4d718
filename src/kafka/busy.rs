//! How long librdkafka's threads had work to do.

use std::time::Duration;

/// How long the busiest thread that serves a broker has run, or was ready to run and had no processor; none if the system
/// does not tell.
///
/// Linux counts both for each thread, in nanoseconds: "schedstat" in its documentation of the scheduler's statistics.
/// librdkafka names these threads `rdk:brokerN`.
pub(super) fn busiest_broker_thread() -> Option<Duration> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let times = threads.flatten().filter_map(|thread| {
        let folder = thread.path();
        let name = std::fs::read_to_string(folder.join("comm")).ok()?;
        if !name.starts_with("rdk:broker") {
            return None;
        }
        busy_time(&std::fs::read_to_string(folder.join("schedstat")).ok()?)
    });
    times.max()
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
}
