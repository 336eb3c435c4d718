//! Retries and delivery times, computed from librdkafka's statistics.
//!
//! The delivery time of a message is its time in librdkafka's queue (`int_latency`, measured per message) plus the
//! round-trip time of the broker's requests (`rtt`, measured per request of any kind). librdkafka reports both for
//! windows of one statistics interval. All figures cover the messages of all windows and brokers:
//!
//! - the sum adds, for each message, its queue time and the mean round-trip time;
//! - for the quantiles, the messages between two quantiles of a window count with the time of the upper one: the queue
//!   time plus the same quantile of the round-trip time. This is an estimate that tends to be too high.

use std::collections::BTreeMap;

use serde_json::Value;

/// The figures so far; all zero if statistics are off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Requests that were sent again, to all brokers.
    pub retries: u64,
    /// The number of messages that the times cover.
    pub messages: u64,
    /// The sum of their times.
    pub sum_seconds: f64,
    /// (quantile, seconds); empty if there were no messages.
    pub quantiles: Vec<(f64, f64)>,
    /// The number of windows, with and without messages.
    pub windows: u64,
    /// The retries of clients before the current one.
    earlier_retries: u64,
    /// `sum_seconds`, exactly.
    sum_microseconds: u64,
    /// The number of messages per delivery time in microseconds, rounded up to three digits so that the map stays
    /// small.
    times: BTreeMap<u64, f64>,
}

/// The quantiles that librdkafka reports, with its names for them.
const QUANTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99_99", 0.9999),
];

impl Statistics {
    /// Adds one report; anything not understood is ignored.
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
        self.retries = self.retries.max(self.earlier_retries + retries);
        self.messages += messages;
        self.sum_seconds = seconds(self.sum_microseconds);
        if messages > 0 {
            let quantiles = QUANTILES.map(|(_, quantile)| (quantile, seconds(self.time_at(quantile))));
            self.quantiles = quantiles.to_vec();
        }
    }

    /// The reports from now on are those of another client, which counts from 0.
    pub(super) fn begin_client(&mut self) {
        self.earlier_retries = self.retries;
    }

    /// The time at this quantile, in microseconds.
    fn time_at(&self, quantile: f64) -> u64 {
        let wanted = quantile * self.times.values().sum::<f64>();
        let mut messages = 0.0;
        let mut times = self.times.iter();
        let found = times.find(|(_, here)| {
            messages += **here;
            messages >= wanted
        });
        // The shares are rounded, so the sum may fall slightly short.
        found.or(self.times.last_key_value()).map_or(0, |(time, _)| *time)
    }
}

/// The number rounded up to three significant digits.
fn three_digits(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 1_000 {
        unit *= 10;
    }
    number.div_ceil(unit) * unit
}

/// Converts microseconds to seconds. A division, not a multiplication by 0.000001, so that the result is the nearest
/// float and prints with at most six decimals.
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_and_round_trip_times_are_added() {
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

    /// Sum, count and quantiles cover the same messages: the mean does not exceed the largest quantile.
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
