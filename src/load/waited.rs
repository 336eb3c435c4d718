//! What a run waited for, from the view of its publishing thread.

use std::time::{Duration, Instant};

/// How long the publishing thread waited, by what it waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Waited {
    /// A block of an input.
    pub(super) reading: Duration,
    /// The encoded rows of a block.
    pub(super) encoding: Duration,
    /// Delivery reports, because the client's queue was full, or because no row was left.
    pub(super) reports: Duration,
    /// The part of that in which the brokers must have had everything, since no report arrived for long.
    pub(super) silent: Duration,
    /// The opening of a load in transactions, and their commits.
    pub(super) commits: Duration,
    /// The time at which a message is due.
    pub(super) pace: Duration,
}

/// What a run spent its time on: shares of it, from 0 to 1, whose sum is 1.
///
/// They are those of the publishing thread, which every row passes through. What other threads do meanwhile takes no
/// time of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TimeShares {
    /// Waiting for an input to be read, and decompressed.
    pub reading: f64,
    /// Waiting for rows to be encoded.
    pub encoding: f64,
    /// Handing rows over to the Kafka client, and entering what became of them.
    pub publishing: f64,
    /// Waiting for the Kafka client, whose own threads make batches, compress and send them.
    pub client: f64,
    /// Waiting for the brokers.
    pub brokers: f64,
    /// Opening an exactly-once load, and committing its transactions.
    pub commits: f64,
    /// Waiting until messages are due, if the run keeps a pace.
    pub pace: f64,
}

impl TimeShares {
    /// The shares of a run that took `elapsed`. `busy` is how long the client's threads for the busiest broker had work to
    /// do; if it is not known, what the client waited for is attributed to the brokers.
    ///
    /// In a wait for the brokers these threads may poll without a pause, so the silent waits are no work of theirs.
    pub(super) fn of(elapsed: Duration, waited: &Waited, busy: Option<Duration>) -> TimeShares {
        let total = elapsed.as_secs_f64();
        if total == 0.0 {
            return TimeShares::default();
        }
        let share = |time: Duration| (time.as_secs_f64() / total).min(1.0);
        let reports = share(waited.reports);
        let silent = share(waited.silent).min(reports);
        let working = busy.map_or(0.0, |busy| {
            let busy = busy.saturating_sub(waited.silent);
            (busy.as_secs_f64() / elapsed.saturating_sub(waited.silent).as_secs_f64()).min(1.0)
        });
        let client = match reports > silent {
            true => (reports - silent) * working,
            false => 0.0,
        };
        let mut shares = TimeShares {
            reading: share(waited.reading),
            encoding: share(waited.encoding),
            publishing: 0.0,
            client,
            brokers: reports - client,
            commits: share(waited.commits),
            pace: share(waited.pace),
        };
        let others: f64 = shares.named().iter().map(|(_, share)| share).sum();
        shares.publishing = (1.0 - others).max(0.0);
        shares
    }

    /// Each share and its name.
    pub fn named(&self) -> [(&'static str, f64); 7] {
        [
            ("reading", self.reading),
            ("encoding", self.encoding),
            ("publishing", self.publishing),
            ("client", self.client),
            ("brokers", self.brokers),
            ("commits", self.commits),
            ("pace", self.pace),
        ]
    }
}

/// Does something, and adds the time that it takes to `total`.
pub(super) fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    *total += begun.elapsed();
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_shares_add_up_and_the_rest_is_publishing() {
        let waited = Waited {
            reading: seconds(1),
            encoding: seconds(2),
            reports: seconds(4),
            silent: seconds(0),
            commits: seconds(0),
            pace: seconds(1),
        };
        let shares = TimeShares::of(seconds(10), &waited, Some(seconds(5)));
        assert_eq!(
            shares.named().map(|(_, share)| (share * 100.0).round()),
            [10.0, 20.0, 20.0, 20.0, 20.0, 0.0, 10.0]
        );
    }

    #[test]
    fn a_client_that_polls_while_the_brokers_have_everything_does_not_work() {
        for (silent, busy, client) in [(8, 10, 20.0), (8, 9, 10.0), (10, 10, 0.0), (0, 10, 100.0)] {
            let waited = Waited {
                reports: seconds(10),
                silent: seconds(silent),
                ..Waited::default()
            };
            let shares = TimeShares::of(seconds(10), &waited, Some(seconds(busy)));
            assert_eq!((shares.client * 100.0).round(), client, "{silent} {busy}");
            assert_eq!(shares.client + shares.brokers, 1.0);
        }
    }

    #[test]
    fn without_the_times_of_its_threads_the_client_waited_for_the_brokers() {
        let waited = Waited {
            reports: seconds(4),
            ..Waited::default()
        };
        let shares = TimeShares::of(seconds(10), &waited, None);
        assert_eq!(
            (shares.client, shares.brokers, shares.publishing),
            (0.0, 0.4, 0.6)
        );
    }

    #[test]
    fn no_share_exceeds_the_whole() {
        let waited = Waited {
            reports: seconds(9),
            ..Waited::default()
        };
        let shares = TimeShares::of(seconds(9), &waited, Some(seconds(20)));
        assert_eq!(
            (shares.client, shares.brokers, shares.publishing),
            (1.0, 0.0, 0.0)
        );
        assert_eq!(
            TimeShares::of(Duration::ZERO, &waited, None),
            TimeShares::default()
        );
    }
}
