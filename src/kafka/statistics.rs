//! librdkafka's statistics -> retries, and how long messages took.
//!
//! The time of a message is the time it waited in librdkafka's queue (`int_latency`, measured for each message)
//! and the round trip of the broker's requests (`rtt`, measured for each request of any kind). librdkafka gives both
//! as windows of one statistics interval. All figures are about the messages of all windows and brokers:
//!
//! - sum and count add the queue's times, and the mean round trip for each message;
//! - for the quantiles the messages between two quantiles of a window are taken to have the time of the upper one: the
//!   queue's plus the same quantile of the round trip. Such a time is at least as large as the true one tends to be,
//!   not exact.

use std::collections::BTreeMap;

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
    /// (quantile, seconds); empty where there was no message.
    pub quantiles: Vec<(f64, f64)>,
    /// Windows seen, with and without messages.
    pub windows: u64,
    /// `sum_seconds`, exactly.
    sum_microseconds: u64,
    /// Messages by their time in microseconds, which is rounded up to three digits so that they stay few.
    times: BTreeMap<u64, f64>,
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
        let (mut retries, mut messages) = (0, 0);
        for broker in brokers.values() {
            retries += broker["txretries"].as_u64().unwrap_or(0);
            let (waiting, round_trip) = (&broker["int_latency"], &broker["rtt"]);
            let count = waiting["cnt"].as_u64().unwrap_or(0);
            if count == 0 {
                continue;
            }
            messages += count;
            let number = |window: &Value, name: &str| window[name].as_u64().unwrap_or(0);
            self.sum_microseconds += number(waiting, "sum") + number(round_trip, "avg") * count;
            let mut below = 0.0;
            for (name, quantile) in QUANTILES {
                let time = three_digits(number(waiting, name) + number(round_trip, name));
                *self.times.entry(time).or_default() += (quantile - below) * count as f64;
                below = quantile;
            }
        }
        self.retries = self.retries.max(retries);
        self.messages += messages;
        self.sum_seconds = seconds(self.sum_microseconds);
        if messages > 0 {
            let quantiles = QUANTILES.map(|(_, quantile)| (quantile, seconds(self.time_at(quantile))));
            self.quantiles = quantiles.to_vec();
        }
    }

    /// The time that so large a part of the messages does not exceed, in microseconds.
    fn time_at(&self, quantile: f64) -> u64 {
        let wanted = quantile * self.times.values().sum::<f64>();
        let mut messages = 0.0;
        let mut times = self.times.iter();
        let found = times.find(|(_, here)| {
            messages += **here;
            messages >= wanted
        });
        // The parts are rounded, so the last may miss what is wanted by a hair.
        found.or(self.times.last_key_value()).map_or(0, |(time, _)| *time)
    }
}

/// The number rounded up to three digits that matter.
fn three_digits(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 1_000 {
        unit *= 10;
    }
    number.div_ceil(unit) * unit
}

/// Divided, not multiplied by 0.000001: so the result is the nearest number and is written with six digits at most.
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
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
        assert_eq!(statistics.sum_seconds.to_string(), "0.006");
        assert_eq!(statistics.quantiles[0], (0.5, 0.0015));
        assert_eq!(statistics.quantiles[4], (0.99, 0.005));
    }

    /// Sum, count and quantiles are about the same messages: the mean is not beyond the largest quantile.
    #[test]
    fn a_small_last_window_does_not_decide_the_quantiles() {
        let window = |count: u64, time: u64| {
            let of = |name: &str| format!("\"{name}\": {time}");
            let quantiles = QUANTILES.map(|(name, _)| of(name)).join(", ");
            let sum = count * time;
            format!(
                r#"{{"brokers": {{"a:9092/1": {{"int_latency": {{"cnt": {count}, "sum": {sum}, {quantiles}}}, "rtt": {{}}}}}}}}"#
            )
        };
        let mut statistics = Statistics::default();
        statistics.take_in(window(9_000, 250_000).as_bytes());
        statistics.take_in(window(1_000, 1_234_567).as_bytes());
        statistics.take_in(window(1, 10).as_bytes());
        let at = |quantile: f64| {
            let found = statistics.quantiles.iter().find(|(of, _)| *of == quantile);
            found.unwrap().1.to_string()
        };
        assert_eq!(
            [at(0.5), at(0.75), at(0.95), at(0.99)],
            ["0.25", "0.25", "1.24", "1.24"]
        );
        assert_eq!(statistics.sum_seconds.to_string(), "3484.56701");
        assert_eq!(statistics.messages, 10_001);
    }
}
