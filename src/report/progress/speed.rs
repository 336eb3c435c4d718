//! The current speed of a run: rows and bytes over the last three seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The length of the window: long enough to be steady, short enough to show a stall.
const LOOK_BACK: Duration = Duration::from_secs(3);

/// The figures of the last three seconds.
pub(crate) struct Speed {
    start: Seen,
    seen: VecDeque<Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    at: Instant,
    rows: u64,
    bytes: u64,
}

impl Speed {
    pub(crate) fn new(now: Instant) -> Speed {
        let start = Seen {
            at: now,
            rows: 0,
            bytes: 0,
        };
        Speed {
            start,
            seen: VecDeque::from([start]),
        }
    }

    /// Adds the totals so far.
    pub(crate) fn observe(&mut self, at: Instant, rows: u64, bytes: u64) {
        self.seen.push_back(Seen { at, rows, bytes });
        // The oldest entry kept is the last one before the window, so that the window is always full.
        while self.seen.len() > 2 && at.saturating_duration_since(self.seen[1].at) >= LOOK_BACK {
            self.seen.pop_front();
        }
    }

    pub(crate) fn rows_per_second(&self) -> f64 {
        self.per_second(|seen| seen.rows)
    }

    pub(crate) fn bytes_per_second(&self) -> f64 {
        self.per_second(|seen| seen.bytes)
    }

    /// Rows and bytes per second since the start: a pace is even over a whole run, and not over seconds.
    pub(crate) fn averages(&self) -> (f64, f64) {
        let last = self.seen.back().unwrap_or(&self.start);
        let seconds = last.at.saturating_duration_since(self.start.at).as_secs_f64();
        match seconds > 0.0 {
            true => (last.rows as f64 / seconds, last.bytes as f64 / seconds),
            false => (0.0, 0.0),
        }
    }

    fn per_second(&self, figure: impl Fn(&Seen) -> u64) -> f64 {
        let (Some(first), Some(last)) = (self.seen.front(), self.seen.back()) else {
            return 0.0;
        };
        let seconds = last.at.saturating_duration_since(first.at).as_secs_f64();
        if seconds == 0.0 {
            return 0.0;
        }
        figure(last).saturating_sub(figure(first)) as f64 / seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_three_seconds() {
        let start = Instant::now();
        let mut speed = Speed::new(start);
        assert_eq!(speed.rows_per_second(), 0.0);
        for second in 1..=10 {
            speed.observe(
                start + Duration::from_secs(second),
                second * 1_000,
                second * 50_000,
            );
        }
        assert_eq!(speed.rows_per_second(), 1_000.0);
        assert_eq!(speed.bytes_per_second(), 50_000.0);
        for second in 11..=13 {
            speed.observe(start + Duration::from_secs(second), 10_000, 500_000);
        }
        assert_eq!(speed.rows_per_second(), 0.0, "a stall is visible");
        assert_eq!(speed.averages(), (10_000.0 / 13.0, 500_000.0 / 13.0));
        assert!(speed.seen.len() < 6, "old entries are dropped");
    }
}
