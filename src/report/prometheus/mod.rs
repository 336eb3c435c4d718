//! The figures of a run in Prometheus' text format (version 0.0.4), for `--metrics-file`.
//!
//! The names are those of the platform and never change; docs/metrics.md documents each of them. `file` writes the
//! file.

pub mod file;

use std::fmt::Write;

use super::summary::{RunKind, Summary};

/// The quantiles of `k2_kafka_produce_duration_seconds`.
pub const QUANTILES: [f64; 5] = [0.5, 0.75, 0.9, 0.95, 0.99];

/// Message latencies from the client's statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latency {
    /// Quantile (of [`QUANTILES`]) and seconds; one that is absent is written as NaN.
    pub quantiles: Vec<(f64, f64)>,
    /// The sum over all messages.
    pub sum_seconds: f64,
    /// Messages.
    pub count: u64,
}

impl Latency {
    fn quantile(&self, quantile: f64) -> f64 {
        let found = self.quantiles.iter().find(|(of, _)| (of - quantile).abs() < 1e-9);
        found.map_or(f64::NAN, |(_, seconds)| *seconds)
    }
}

/// The content of the metrics file.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// The topic, which is a label of every sample.
    pub topic: String,
    /// The labels of `--label`, which every sample has.
    pub labels: Vec<(String, String)>,
    /// Rows delivered.
    pub produced: u64,
    /// Rows filtered.
    pub filtered: u64,
    /// Tombstones delivered.
    pub tombstones: u64,
    /// Rows by the kind of their row error or the code of their delivery error.
    pub errors: Vec<(String, u64)>,
    /// The time in the client's queue and in flight.
    pub latency: Latency,
    /// Requests sent again.
    pub retries: u64,
    /// The status that the process exits with.
    pub exit_status: u8,
}

impl Metrics {
    /// The figures of a run that has ended.
    pub fn of(summary: &Summary, topic: &str, latency: Latency) -> Metrics {
        let mut errors: Vec<(String, u64)> = Vec::new();
        // A row counts once, under its first fault, so that the sum over the types is the number of rows.
        let row_errors = summary
            .row_errors
            .iter()
            .filter(|group| group.leading > 0)
            .map(|group| (group.kind, group.leading));
        let delivery_errors = summary
            .delivery_errors
            .iter()
            .map(|group| (group.code.as_str(), group.count()));
        for (error_type, rows) in row_errors.chain(delivery_errors) {
            match errors.iter_mut().find(|(known, _)| known == error_type) {
                Some((_, count)) => *count += rows,
                None => errors.push((error_type.to_owned(), rows)),
            }
        }
        Metrics {
            topic: topic.to_owned(),
            labels: summary.labels.clone(),
            produced: summary.counts.delivered,
            filtered: summary.counts.filtered,
            tombstones: match summary.kind {
                RunKind::Load => summary.counts.tombstones,
                RunKind::DryRun | RunKind::Check => 0,
            },
            errors,
            latency,
            retries: summary.retries,
            exit_status: summary.exit_status,
        }
    }

    /// The whole file.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let produced = "k2_kafka_messages_produced_total";
        head(
            &mut out,
            produced,
            "counter",
            "Messages acknowledged by all in-sync replicas.",
        );
        self.sample(&mut out, produced, None, self.produced as f64);

        let errors = "k2_kafka_produce_errors_total";
        head(
            &mut out,
            errors,
            "counter",
            "Rows that were rejected, or whose delivery failed or is unknown.",
        );
        for (error_type, rows) in &self.errors {
            self.sample(&mut out, errors, Some(("error_type", error_type)), *rows as f64);
        }

        let duration = "k2_kafka_produce_duration_seconds";
        head(
            &mut out,
            duration,
            "summary",
            "Time in the client's queue plus the broker's round trip.",
        );
        for quantile in QUANTILES {
            let label = quantile.to_string();
            self.sample(
                &mut out,
                duration,
                Some(("quantile", &label)),
                self.latency.quantile(quantile),
            );
        }
        self.sample(
            &mut out,
            &format!("{duration}_sum"),
            None,
            self.latency.sum_seconds,
        );
        self.sample(
            &mut out,
            &format!("{duration}_count"),
            None,
            self.latency.count as f64,
        );

        let retries = "k2_kafka_produce_retries_total";
        head(
            &mut out,
            retries,
            "counter",
            "Produce requests that were sent again.",
        );
        self.sample(&mut out, retries, None, self.retries as f64);

        let status = "k2_kafka_run_exit_status";
        head(
            &mut out,
            status,
            "gauge",
            "The status that the run exited with; 0 if every row was delivered.",
        );
        self.sample(&mut out, status, None, f64::from(self.exit_status));

        let filtered = "k2_kafka_rows_filtered_total";
        head(
            &mut out,
            filtered,
            "counter",
            "Rows that were not sent because the mapping file omits them.",
        );
        self.sample(&mut out, filtered, None, self.filtered as f64);

        let tombstones = "k2_kafka_tombstones_produced_total";
        head(
            &mut out,
            tombstones,
            "counter",
            "Messages with a null value acknowledged by all in-sync replicas.",
        );
        self.sample(&mut out, tombstones, None, self.tombstones as f64);
        out
    }

    fn sample(&self, out: &mut String, name: &str, extra: Option<(&str, &str)>, value: f64) {
        out.push_str(name);
        let constants = self
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let labels = std::iter::once(("topic", self.topic.as_str()))
            .chain(constants)
            .chain(extra);
        for (index, (label, value)) in labels.enumerate() {
            out.push(if index == 0 { '{' } else { ',' });
            out.push_str(label);
            out.push_str("=\"");
            push_escaped(out, value);
            out.push('"');
        }
        out.push_str("} ");
        push_value(out, value);
        out.push('\n');
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a String never fails");
}

/// The value of a label may contain any character; three characters are written with a backslash.
fn push_escaped(out: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

/// Rust writes a float without an exponent, and infinity in lower case.
fn push_value(out: &mut String, value: f64) {
    if value == f64::INFINITY {
        out.push_str("+Inf");
    } else if value == f64::NEG_INFINITY {
        out.push_str("-Inf");
    } else {
        write!(out, "{value}").expect("writing to a String never fails");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Counts;
    use crate::report::errors::{DeliveryErrorGroup, RowErrorGroup};

    /// A sample as a scraper reads it.
    #[derive(Debug, PartialEq)]
    struct Sample {
        name: String,
        labels: Vec<(String, String)>,
        value: f64,
    }

    /// The grammar of text format 0.0.4, as far as this file uses it; panics at anything else.
    fn parse(text: &str) -> Vec<Sample> {
        assert!(text.ends_with('\n'), "the last line ends with a line feed");
        let mut family = String::new();
        let mut samples = Vec::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                family = help.split_once(' ').unwrap().0.to_owned();
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(name, family);
                assert!(["counter", "summary", "gauge"].contains(&kind));
            } else {
                let (name, rest) = line.split_once('{').unwrap();
                assert!(name.starts_with(&family), "samples follow their family");
                let (labels, rest) = parse_labels(rest);
                let value = rest
                    .strip_prefix("} ")
                    .unwrap()
                    .replace("Inf", "inf")
                    .parse()
                    .unwrap();
                samples.push(Sample {
                    name: name.to_owned(),
                    labels,
                    value,
                });
            }
        }
        samples
    }

    fn parse_labels(mut rest: &str) -> (Vec<(String, String)>, &str) {
        let mut labels = Vec::new();
        loop {
            let (name, after) = rest.split_once("=\"").unwrap();
            let mut value = String::new();
            let mut characters = after.char_indices();
            let end = loop {
                match characters.next().expect("a value ends with a quote") {
                    (at, '"') => break at,
                    (_, '\\') => match characters.next().unwrap().1 {
                        'n' => value.push('\n'),
                        escaped @ ('\\' | '"') => value.push(escaped),
                        other => panic!("no such escape: {other}"),
                    },
                    (_, other) => value.push(other),
                }
            };
            labels.push((name.to_owned(), value));
            rest = &after[end + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return (labels, rest),
            }
        }
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_file_of_a_run() {
        let row_error = |kind, field: &str, count, leading| RowErrorGroup {
            kind,
            title: String::new(),
            field: Some(field.to_owned()),
            count,
            leading,
            first: Vec::new(),
        };
        let summary = Summary {
            counts: Counts {
                read: 1_000,
                delivered: 987,
                filtered: 3,
                tombstones: 2,
                ..Counts::default()
            },
            row_errors: vec![
                row_error("decimal_scale", "price", 4, 4),
                row_error("decimal_scale", "quantity", 5, 3),
                row_error("empty", "venue", 2, 0),
            ],
            delivery_errors: vec![DeliveryErrorGroup {
                code: "MSG_TIMED_OUT".to_owned(),
                message: String::new(),
                failed: 2,
                unknown: 1,
                first: Vec::new(),
            }],
            labels: vec![pair("exchange", "asx"), pair("data_type", "trades")],
            retries: 5,
            exit_status: 5,
            ..Summary::default()
        };
        let latency = Latency {
            quantiles: vec![
                (0.5, 0.004),
                (0.75, 0.006),
                (0.9, 0.01),
                (0.95, 0.02),
                (0.99, 0.000_001_5),
            ],
            sum_seconds: 4.5,
            count: 993,
        };
        let text = Metrics::of(&summary, "market.trades.raw", latency).render();
        let constants = "topic=\"market.trades.raw\",exchange=\"asx\",data_type=\"trades\"";
        assert_eq!(
            text,
            format!(
                "# HELP k2_kafka_messages_produced_total Messages acknowledged by all in-sync replicas.\n\
                 # TYPE k2_kafka_messages_produced_total counter\n\
                 k2_kafka_messages_produced_total{{{constants}}} 987\n\
                 # HELP k2_kafka_produce_errors_total Rows that were rejected, or whose delivery failed or is unknown.\n\
                 # TYPE k2_kafka_produce_errors_total counter\n\
                 k2_kafka_produce_errors_total{{{constants},error_type=\"decimal_scale\"}} 7\n\
                 k2_kafka_produce_errors_total{{{constants},error_type=\"MSG_TIMED_OUT\"}} 3\n\
                 # HELP k2_kafka_produce_duration_seconds Time in the client's queue plus the broker's round trip.\n\
                 # TYPE k2_kafka_produce_duration_seconds summary\n\
                 k2_kafka_produce_duration_seconds{{{constants},quantile=\"0.5\"}} 0.004\n\
                 k2_kafka_produce_duration_seconds{{{constants},quantile=\"0.75\"}} 0.006\n\
                 k2_kafka_produce_duration_seconds{{{constants},quantile=\"0.9\"}} 0.01\n\
                 k2_kafka_produce_duration_seconds{{{constants},quantile=\"0.95\"}} 0.02\n\
                 k2_kafka_produce_duration_seconds{{{constants},quantile=\"0.99\"}} 0.0000015\n\
                 k2_kafka_produce_duration_seconds_sum{{{constants}}} 4.5\n\
                 k2_kafka_produce_duration_seconds_count{{{constants}}} 993\n\
                 # HELP k2_kafka_produce_retries_total Produce requests that were sent again.\n\
                 # TYPE k2_kafka_produce_retries_total counter\n\
                 k2_kafka_produce_retries_total{{{constants}}} 5\n\
                 # HELP k2_kafka_run_exit_status The status that the run exited with; 0 if every row was delivered.\n\
                 # TYPE k2_kafka_run_exit_status gauge\n\
                 k2_kafka_run_exit_status{{{constants}}} 5\n\
                 # HELP k2_kafka_rows_filtered_total Rows that were not sent because the mapping file omits them.\n\
                 # TYPE k2_kafka_rows_filtered_total counter\n\
                 k2_kafka_rows_filtered_total{{{constants}}} 3\n\
                 # HELP k2_kafka_tombstones_produced_total Messages with a null value acknowledged by all in-sync replicas.\n\
                 # TYPE k2_kafka_tombstones_produced_total counter\n\
                 k2_kafka_tombstones_produced_total{{{constants}}} 2\n"
            )
        );
        assert_eq!(parse(&text).len(), 14);
    }

    #[test]
    fn a_run_without_figures_still_has_every_family() {
        let text = Metrics {
            topic: "t".to_owned(),
            ..Metrics::default()
        }
        .render();
        let samples = parse(&text);
        assert_eq!(text.matches("# TYPE ").count(), 7);
        assert_eq!(samples.len(), 12, "no error, no sample of the errors");
        assert!(samples[1].value.is_nan(), "a quantile of nothing is NaN");
        assert_eq!(
            (samples[6].name.as_str(), samples[6].value),
            ("k2_kafka_produce_duration_seconds_sum", 0.0)
        );
    }

    #[test]
    fn label_values_are_read_back_unchanged() {
        let nasty = "a\\b\"c\nd{e=\"f\"},\u{1f4b6}";
        let metrics = Metrics {
            topic: "t".to_owned(),
            labels: vec![pair("exchange", nasty)],
            errors: vec![(nasty.to_owned(), 1)],
            latency: Latency {
                quantiles: vec![(0.5, f64::INFINITY)],
                ..Latency::default()
            },
            ..Metrics::default()
        };
        let samples = parse(&metrics.render());
        assert_eq!(samples[0].labels, [pair("topic", "t"), pair("exchange", nasty)]);
        assert_eq!(samples[1].labels[2], pair("error_type", nasty));
        assert_eq!(samples[2].value, f64::INFINITY);
    }
}
