//! `--timestamp-field`: the times of messages, judged against the topic's settings before anything is sent.
//!
//! What the settings mean is `kafka`'s affair; here an unfit time becomes an error about its row.

use std::num::NonZeroI64;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::encode::{RowError, RowErrorKind};
use crate::kafka::{TimeFault, TimeSettings};
use crate::record::json::{Kind, unescape};
use crate::record::{Parts, Row};

/// Where the times of messages come from, and which of them are sent.
#[derive(Debug, Clone)]
pub struct TimeRule {
    /// The field, by its path.
    pub field: String,
    /// What the topic does to times; none in a dry run.
    pub topic: Option<TimeSettings>,
    /// What to do with rows older than the topic keeps.
    pub expired: ExpiredRows,
}

/// What to do with rows older than the topic keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredRows {
    /// They are bad rows.
    Reject,
    /// They are sent, and counted.
    Send,
}

/// A time that a message may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FitTime {
    /// None where the brokers put their own in its place.
    pub(super) timestamp: Option<NonZeroI64>,
    /// Whether it is older than the topic keeps.
    pub(super) expired: bool,
}

impl FitTime {
    /// The time at which the message is sent.
    pub(super) const CLOCK: FitTime = FitTime {
        timestamp: None,
        expired: false,
    };
}

impl TimeRule {
    /// The time for the message of `row`, whose field says `timestamp`, in milliseconds since 1970.
    #[inline]
    pub(super) fn judge(
        &self,
        timestamp: Option<i64>,
        now: i64,
        row: &Row<'_>,
        column: Option<usize>,
    ) -> Result<FitTime, Box<RowError>> {
        self.verdict(timestamp, now)
            .map_err(|error| self.of_field(error, row, column))
    }

    fn verdict(&self, timestamp: Option<i64>, now: i64) -> Result<FitTime, Box<RowError>> {
        let append_time = |topic: &TimeSettings| topic.append_time.known() == Some(&true);
        if self.topic.as_ref().is_some_and(append_time) {
            return Ok(FitTime::CLOCK);
        }
        let Some(timestamp) = timestamp else {
            return Err(null_time());
        };
        // Neither Java's producer nor a reader knows what to do with a time before 1970, and librdkafka takes 0 for
        // none.
        let fit = NonZeroI64::new(timestamp).filter(|timestamp| timestamp.is_positive());
        let Some(fit) = fit else {
            return Err(before_1970());
        };
        let fault = self.topic.as_ref().and_then(|topic| topic.judge(timestamp, now));
        match (fault, self.expired) {
            (None, _) => Ok(FitTime {
                timestamp: Some(fit),
                expired: false,
            }),
            (Some(TimeFault::Expired(_)), ExpiredRows::Send) => Ok(FitTime {
                timestamp: Some(fit),
                expired: true,
            }),
            (Some(fault), _) => Err(unfit(fault)),
        }
    }

    /// The error with field, value and place.
    #[cold]
    fn of_field(&self, mut error: Box<RowError>, row: &Row<'_>, column: Option<usize>) -> Box<RowError> {
        error.field = Some(self.field.clone());
        error.span = match (row.parts, column) {
            (Parts::Csv(cells), Some(column)) => cells
                .get(column)
                .map(|cell| cell.start as usize..cell.end as usize),
            (Parts::Csv(_), None) => None,
            (Parts::Json(_), _) => json_value(row, &self.field),
        };
        error.column = column.map(|column| column + 1);
        let value = error.span.clone().map(|span| row.bytes[span].to_vec());
        error.value = value.filter(|value| !value.is_empty());
        error
    }
}

/// Milliseconds since 1970 by this machine's clock.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as i64
}

#[cold]
fn null_time() -> Box<RowError> {
    let reason = "it is null, and the message takes its time from it";
    let mut error = RowError::whole(RowErrorKind::NoTimestamp, reason);
    error.hint = Some("without `--timestamp-field` messages have the time at which they are sent".to_owned());
    error
}

#[cold]
fn before_1970() -> Box<RowError> {
    let reason = "the time of a message lies after 1970-01-01T00:00:00Z";
    let mut error = RowError::whole(RowErrorKind::NoTimestamp, reason);
    error.hint = Some("without `--timestamp-field` messages have the time at which they are sent".to_owned());
    error
}

#[cold]
fn unfit(fault: TimeFault) -> Box<RowError> {
    match fault {
        TimeFault::TooOld(limit) => RowError::whole(
            RowErrorKind::TimestampRefused,
            format!(
                "the topic refuses times more than {} back (its `message.timestamp.before.max.ms` is {limit})",
                span_words(limit)
            ),
        ),
        TimeFault::TooFarAhead(limit) => RowError::whole(
            RowErrorKind::TimestampRefused,
            format!(
                "the topic refuses times more than {} ahead (its `message.timestamp.after.max.ms` is {limit})",
                span_words(limit)
            ),
        ),
        TimeFault::Expired(limit) => {
            let reason = format!(
                "the topic keeps messages for {} (its `retention.ms` is {limit}), so this one would soon be deleted",
                span_words(limit)
            );
            let mut error = RowError::whole(RowErrorKind::Expired, reason);
            error.hint = Some(
                "`--allow-expired` sends such rows all the same; without `--timestamp-field` messages have the time \
                 at which they are sent"
                    .to_owned(),
            );
            error
        }
    }
}

/// Milliseconds in the largest unit that keeps them exact: `7 days`, `90 minutes`.
pub(crate) fn span_words(milliseconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [
        (86_400_000, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1_000, "second"),
    ];
    let fits = |size: i64| milliseconds != 0 && milliseconds % size == 0;
    let (size, name) = UNITS
        .into_iter()
        .find(|(size, _)| fits(*size))
        .unwrap_or((1, "millisecond"));
    let number = milliseconds / size;
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

/// Where the value of the field at `path` stands in a JSON row.
fn json_value(row: &Row<'_>, path: &str) -> Option<Range<usize>> {
    let Parts::Json(nodes) = row.parts else {
        return None;
    };
    let mut at = 0;
    for name in path.split('.') {
        let object = nodes.get(at).filter(|node| node.kind == Kind::Object)?;
        let mut entry = at + 1;
        at = loop {
            if entry >= object.next as usize {
                return None;
            }
            let key = &nodes[entry];
            let mut text = Vec::new();
            unescape(&row.bytes[key.start as usize..key.end as usize], &mut text);
            if text == name.as_bytes() {
                break entry + 1;
            }
            entry = nodes[entry + 1].next as usize;
        };
    }
    let node = &nodes[at];
    Some(node.start as usize..node.end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::Fact;
    use crate::record::csv::split;
    use crate::record::{Extent, json};

    const NOW: i64 = 1_760_000_000_000;
    const DAY: i64 = 86_400_000;

    fn rule(field: &str, expired: ExpiredRows) -> TimeRule {
        TimeRule {
            field: field.to_owned(),
            topic: Some(TimeSettings {
                append_time: Fact::Known(false),
                retention: Fact::Known(7 * DAY),
                before_max: Fact::Known(30 * DAY),
                after_max: Fact::Known(DAY / 24),
            }),
            expired,
        }
    }

    fn csv(rule: &TimeRule, timestamp: Option<i64>) -> Result<FitTime, Box<RowError>> {
        let bytes = b"A,\"then\",1";
        let mut cells = Vec::new();
        split(bytes, Extent::Whole, &mut cells);
        let row = Row {
            bytes,
            utf8: true,
            parts: Parts::Csv(&cells),
        };
        rule.judge(timestamp, NOW, &row, Some(1))
    }

    #[test]
    fn a_time_that_cannot_be_is_an_error_about_its_cell() {
        let rule = rule("time", ExpiredRows::Reject);
        let cases = [
            (
                None,
                RowErrorKind::NoTimestamp,
                "it is null, and the message takes its time from it",
            ),
            (
                Some(0),
                RowErrorKind::NoTimestamp,
                "the time of a message lies after 1970-01-01T00:00:00Z",
            ),
            (
                Some(-1),
                RowErrorKind::NoTimestamp,
                "the time of a message lies after 1970-01-01T00:00:00Z",
            ),
            (
                Some(NOW - 31 * DAY),
                RowErrorKind::TimestampRefused,
                "the topic refuses times more than 30 days back (its `message.timestamp.before.max.ms` is 2592000000)",
            ),
            (
                Some(NOW + DAY),
                RowErrorKind::TimestampRefused,
                "the topic refuses times more than 1 hour ahead (its `message.timestamp.after.max.ms` is 3600000)",
            ),
            (
                Some(NOW - 8 * DAY),
                RowErrorKind::Expired,
                "the topic keeps messages for 7 days (its `retention.ms` is 604800000), so this one would soon be deleted",
            ),
        ];
        for (timestamp, kind, reason) in cases {
            let error = csv(&rule, timestamp).expect_err(reason);
            assert_eq!(error.kind, kind);
            assert_eq!(
                error.to_string(),
                format!("`then` does not fit `time` (column 2): {reason}")
            );
            assert_eq!((error.span, error.column), (Some(3..7), Some(2)));
        }
    }

    #[test]
    fn a_fit_time_is_the_messages() {
        let mut rule = rule("time", ExpiredRows::Send);
        let fit = |timestamp, expired| {
            Ok(FitTime {
                timestamp: NonZeroI64::new(timestamp),
                expired,
            })
        };
        assert_eq!(csv(&rule, Some(NOW)), fit(NOW, false));
        assert_eq!(csv(&rule, Some(NOW - 8 * DAY)), fit(NOW - 8 * DAY, true));
        assert!(
            csv(&rule, Some(NOW - 31 * DAY)).is_err(),
            "refused is not expired"
        );
        rule.topic = None;
        assert_eq!(csv(&rule, Some(1)), fit(1, false));
        assert!(csv(&rule, Some(0)).is_err());
    }

    #[test]
    fn a_time_that_brokers_replace_is_left_out() {
        let mut rule = rule("time", ExpiredRows::Reject);
        rule.topic.as_mut().unwrap().append_time = Fact::Known(true);
        for timestamp in [None, Some(0), Some(1), Some(i64::MAX)] {
            assert_eq!(csv(&rule, timestamp), Ok(FitTime::CLOCK));
        }
    }

    #[test]
    fn the_value_is_found_in_a_json_row() {
        let bytes = br#"{"q": {"x": [1, {"t": 2}], "\u0074": "then"}, "t": 7}"#;
        let mut nodes = Vec::new();
        json::parse(bytes, &mut nodes).unwrap();
        let row = Row {
            bytes,
            utf8: true,
            parts: Parts::Json(&nodes),
        };
        let value = |path: &str| {
            let error = rule(path, ExpiredRows::Reject).judge(Some(1), NOW, &row, None);
            error
                .unwrap_err()
                .value
                .map(|value| String::from_utf8(value).unwrap())
        };
        assert_eq!(value("t").as_deref(), Some("7"));
        assert_eq!(value("q.t").as_deref(), Some("then"));
        assert_eq!(value("q.u"), None);
        assert_eq!(value("t.t"), None);
    }

    #[test]
    fn spans_are_told_in_the_largest_exact_unit() {
        for (milliseconds, words) in [
            (604_800_000, "7 days"),
            (3_600_000, "1 hour"),
            (5_400_000, "90 minutes"),
            (1_000, "1 second"),
            (1_500, "1500 milliseconds"),
            (0, "0 milliseconds"),
        ] {
            assert_eq!(span_words(milliseconds), words);
        }
    }
}
