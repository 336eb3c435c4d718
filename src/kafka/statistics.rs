//! librdkafka's statistics -> retries, and how long messages took.
//!
//! The time of a message is the time it waited in librdkafka's queue (`int_latency`, measured for each message)
//! and the round trip of the broker's requests (`rtt`, measured for each request of any kind). librdkafka gives both
//! as windows of one statistics interval, so:
//!
//! - a quantile is that of the last window with messages: the queue's plus the same quantile of the round trip,
//!   from the slowest broker. Such a sum is at least as large as the true quantile tends to be, not exact;
//! - sum and count run over all windows: the queue's times, and the mean round trip for each message.

use serde_json::Value;

/// What the statistics said so far; all zero where they are off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Requests that were sent again, over all brokers.
    pub retries: u64,
    /// Messages that the times stand for.
    pub messages: u64,
    /// The sum of their times.
    pub sum_seconds: f64,
    /// (quantile, seconds) of the last window with messages; empty where there was none.
    pub quantiles: Vec<(f64, f64)>,
    /// Windows seen, with and without messages.
    pub windows: u64,
}

/// librdkafka's names for the quantiles it gives.
const QUANTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99_99", 0.9999),
];

const MICROSECONDS: f64 = 1e-6;

impl Statistics {
    /// Takes in one report; what is not understood is left out.
    pub(super) fn take_in(&mut self, json: &[u8]) {
        let Ok(report) = serde_json::from_slice::<Value>(json) else {
            return;
        };
        self.windows += 1;
        let Some(brokers) = report["brokers"].as_object() else {
            return;
        };
        let mut quantiles = QUANTILES.map(|(_, quantile)| (quantile, 0.0_f64));
        let (mut retries, mut messages) = (0, 0);
        for broker in brokers.values() {
            retries += broker["txretries"].as_u64().unwrap_or(0);
            let (waiting, round_trip) = (&broker["int_latency"], &broker["rtt"]);
            let count = waiting["cnt"].as_u64().unwrap_or(0);
            if count == 0 {
                continue;
            }
            messages += count;
            let number = |window: &Value, name: &str| window[name].as_f64().unwrap_or(0.0);
            let sum = number(waiting, "sum") + number(round_trip, "avg") * count as f64;
            self.sum_seconds += sum * MICROSECONDS;
            for ((name, _), (_, seconds)) in QUANTILES.iter().zip(&mut quantiles) {
                let here = (number(waiting, name) + number(round_trip, name)) * MICROSECONDS;
                *seconds = seconds.max(here);
            }
        }
        self.retries = self.retries.max(retries);
        self.messages += messages;
        if messages > 0 {
            self.quantiles = quantiles.to_vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_queue_and_the_round_trip() {
        let window = br#"{"brokers": {
            "a:9092/1": {"txretries": 2, "int_latency": {"cnt": 4, "sum": 4000, "p50": 1000, "p99": 2000},
                         "rtt": {"cnt": 2, "avg": 500, "p50": 500, "p99": 3000}},
            "b:9092/2": {"txretries": 1, "int_latency": {"cnt": 0}, "rtt": {"cnt": 9, "avg": 1, "p50": 1}}}}"#;
        let empty =
            br#"{"brokers": {"a:9092/1": {"txretries": 3, "int_latency": {"cnt": 0}, "rtt": {"cnt": 0}}}}"#;
        let mut statistics = Statistics::default();
        statistics.take_in(window);
        statistics.take_in(empty);
        statistics.take_in(b"not json");
        assert_eq!(
            (statistics.retries, statistics.messages, statistics.windows),
            (3, 4, 2)
        );
        assert!((statistics.sum_seconds - 0.006).abs() < 1e-9);
        assert_eq!(statistics.quantiles[0], (0.5, 0.0015));
        assert_eq!(statistics.quantiles[4], (0.99, 0.005));
    }
}
