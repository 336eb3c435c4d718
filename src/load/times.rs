//! `--timestamp-field`: the times of messages, checked against the topic's settings before anything is sent.
//!
//! `kafka` knows the meaning of the settings; here an unsuitable time becomes an error of its row.

use std::num::NonZeroI64;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::encode::{Hint, RowError, RowErrorKind};
use crate::kafka::{TimeFault, TimeSettings};

/// Which of the message timestamps that come from rows are sent.
#[derive(Debug, Clone)]
pub struct TimeRule {
    /// The settings of each topic for times, in the order of the run's topics; none in a dry run.
    pub topics: Vec<TimeSettings>,
    /// What to do with rows older than the topic's retention.
    pub expired: ExpiredRows,
    /// When messages are sent.
    pub sent: SendTime,
}

/// When a message is sent, from when its row is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendTime {
    /// Soon.
    Soon,
    /// When it is due. A time that is in the future when the row is encoded may be right then, so it is left to the
    /// broker to refuse it.
    Due,
}

/// What to do with rows older than the topic's retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredRows {
    /// They are bad rows.
    Reject,
    /// They are sent, and counted.
    Send,
}

/// The time of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FitTime {
    /// None if the brokers replace it with their own time.
    pub(super) timestamp: Option<NonZeroI64>,
    /// Whether it is older than the topic's retention.
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
    /// The timestamp of a message for a row with `timestamp`, in milliseconds since 1970, that goes to the topic with
    /// this index.
    ///
    /// # Errors
    /// A message of this topic cannot have this time. The encoder knows its position in the row.
    #[inline]
    pub(super) fn judge(
        &self,
        topic: usize,
        timestamp: Option<i64>,
        now: i64,
    ) -> Result<FitTime, Box<RowError>> {
        let topic = self.topics.get(topic);
        let append_time = |topic: &TimeSettings| topic.append_time.known() == Some(&true);
        if topic.is_some_and(append_time) {
            return Ok(FitTime::CLOCK);
        }
        let Some(timestamp) = timestamp else {
            return Err(null_time());
        };
        // Neither Java's producer nor consumers support times before 1970, and librdkafka reads 0 as no time.
        let fit = NonZeroI64::new(timestamp).filter(|timestamp| timestamp.is_positive());
        let Some(fit) = fit else {
            return Err(before_1970());
        };
        let fault = topic.and_then(|topic| topic.judge(timestamp, now));
        match (fault, self.expired) {
            (None, _) => Ok(FitTime {
                timestamp: Some(fit),
                expired: false,
            }),
            (Some(TimeFault::Expired(_)), ExpiredRows::Send) => Ok(FitTime {
                timestamp: Some(fit),
                expired: true,
            }),
            (Some(TimeFault::TooFarAhead(_)), _) if self.sent == SendTime::Due => Ok(FitTime {
                timestamp: Some(fit),
                expired: false,
            }),
            (Some(fault), _) => Err(unfit(fault)),
        }
    }
}

/// Milliseconds since 1970 by this machine's clock.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as i64
}

#[cold]
fn null_time() -> Box<RowError> {
    let reason = "it is null, but the message needs its timestamp";
    let mut error = RowError::whole(RowErrorKind::NoTimestamp, reason);
    error.hint = Some(Hint::NoTimestampField);
    error
}

#[cold]
fn before_1970() -> Box<RowError> {
    let reason = "a message timestamp must be after 1970-01-01T00:00:00Z";
    let mut error = RowError::whole(RowErrorKind::NoTimestamp, reason);
    error.hint = Some(Hint::NoTimestampField);
    error
}

#[cold]
fn unfit(fault: TimeFault) -> Box<RowError> {
    match fault {
        TimeFault::TooOld(limit) => RowError::whole(
            RowErrorKind::TimestampRefused,
            format!(
                "the topic refuses timestamps more than {} in the past (its `message.timestamp.before.max.ms` is {limit})",
                span_words(limit)
            ),
        ),
        TimeFault::TooFarAhead(limit) => RowError::whole(
            RowErrorKind::TimestampRefused,
            format!(
                "the topic refuses timestamps more than {} in the future (its `message.timestamp.after.max.ms` is {limit})",
                span_words(limit)
            ),
        ),
        TimeFault::Expired(limit) => {
            let reason = format!(
                "the topic keeps messages for {} (its `retention.ms` is {limit}), so this one would soon be deleted",
                span_words(limit)
            );
            let mut error = RowError::whole(RowErrorKind::Expired, reason);
            error.hint = Some(Hint::SendExpired);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::Fact;

    const NOW: i64 = 1_760_000_000_000;
    const DAY: i64 = 86_400_000;

    fn rule(expired: ExpiredRows) -> TimeRule {
        TimeRule {
            topics: vec![TimeSettings {
                append_time: Fact::Known(false),
                retention: Fact::Known(7 * DAY),
                before_max: Fact::Known(30 * DAY),
                after_max: Fact::Known(DAY / 24),
            }],
            expired,
            sent: SendTime::Soon,
        }
    }

    #[test]
    fn an_impossible_time_is_an_error() {
        let rule = rule(ExpiredRows::Reject);
        let cases = [
            (
                None,
                RowErrorKind::NoTimestamp,
                "it is null, but the message needs its timestamp",
            ),
            (
                Some(0),
                RowErrorKind::NoTimestamp,
                "a message timestamp must be after 1970-01-01T00:00:00Z",
            ),
            (
                Some(-1),
                RowErrorKind::NoTimestamp,
                "a message timestamp must be after 1970-01-01T00:00:00Z",
            ),
            (
                Some(NOW - 31 * DAY),
                RowErrorKind::TimestampRefused,
                "the topic refuses timestamps more than 30 days in the past (its `message.timestamp.before.max.ms` is 2592000000)",
            ),
            (
                Some(NOW + DAY),
                RowErrorKind::TimestampRefused,
                "the topic refuses timestamps more than 1 hour in the future (its `message.timestamp.after.max.ms` is 3600000)",
            ),
            (
                Some(NOW - 8 * DAY),
                RowErrorKind::Expired,
                "the topic keeps messages for 7 days (its `retention.ms` is 604800000), so this one would soon be deleted",
            ),
        ];
        for (timestamp, kind, reason) in cases {
            let error = rule.judge(0, timestamp, NOW).expect_err(reason);
            assert_eq!((error.kind, error.reason.as_str()), (kind, reason));
        }
    }

    #[test]
    fn a_suitable_time_is_the_time_of_the_message() {
        let mut rule = rule(ExpiredRows::Send);
        let fit = |timestamp, expired| {
            Ok(FitTime {
                timestamp: NonZeroI64::new(timestamp),
                expired,
            })
        };
        assert_eq!(rule.judge(0, Some(NOW), NOW), fit(NOW, false));
        assert_eq!(rule.judge(0, Some(NOW - 8 * DAY), NOW), fit(NOW - 8 * DAY, true));
        assert!(
            rule.judge(0, Some(NOW - 31 * DAY), NOW).is_err(),
            "a refused time is not expired"
        );
        rule.topics = Vec::new();
        assert_eq!(rule.judge(0, Some(1), NOW), fit(1, false));
        assert!(rule.judge(0, Some(0), NOW).is_err());
    }

    #[test]
    fn a_future_time_is_suitable_if_the_message_is_sent_later() {
        let mut rule = rule(ExpiredRows::Reject);
        rule.sent = SendTime::Due;
        let fit = FitTime {
            timestamp: NonZeroI64::new(NOW + DAY),
            expired: false,
        };
        assert_eq!(rule.judge(0, Some(NOW + DAY), NOW), Ok(fit));
        assert!(rule.judge(0, Some(NOW - 8 * DAY), NOW).is_err());
    }

    #[test]
    fn a_time_that_brokers_replace_is_omitted() {
        let mut rule = rule(ExpiredRows::Reject);
        rule.topics[0].append_time = Fact::Known(true);
        for timestamp in [None, Some(0), Some(1), Some(i64::MAX)] {
            assert_eq!(rule.judge(0, timestamp, NOW), Ok(FitTime::CLOCK));
        }
    }

    #[test]
    fn durations_are_in_the_largest_exact_unit() {
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
