//! What a topic's settings mean for the timestamps of its messages.
//!
//! A broker rejects a whole batch if the timestamp of one message is too far from its clock (INVALID_TIMESTAMP), and it
//! soon deletes messages that are older than the retention time. So timestamps are checked before they are sent.
//! `preflight` reads the settings; `load` words the errors about rows.

use super::fact::Fact;

/// The topic's settings for timestamps, in milliseconds; `i64::MAX` means no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSettings {
    /// Whether `message.timestamp.type` is `LogAppendTime`: brokers replace the message's timestamp with their own.
    pub append_time: Fact<bool>,
    /// `retention.ms`; no limit if `cleanup.policy` does not delete.
    pub retention: Fact<i64>,
    /// `message.timestamp.before.max.ms`.
    pub before_max: Fact<i64>,
    /// `message.timestamp.after.max.ms`.
    pub after_max: Fact<i64>,
}

/// What is wrong with a message's timestamp, with the limit that it exceeds, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// It is too far in the past, so brokers reject it.
    TooOld(i64),
    /// It is too far in the future, so brokers reject it.
    TooFarAhead(i64),
    /// It is accepted, but deleted soon afterwards.
    Expired(i64),
}

/// Allowance for the time until the broker checks the message, and for a broker's clock that is slow, in milliseconds.
const LEEWAY: i64 = 30_000;

pub(super) const CLEANUP_POLICY: &str = "cleanup.policy";

/// Whether a topic's `cleanup.policy`, which is a list, contains this policy.
pub(super) fn has_policy(policies: &str, wanted: &str) -> bool {
    policies.split(',').any(|policy| policy.trim() == wanted)
}

/// The settings that [`TimeSettings::of`] reads.
pub(super) const TIME_SETTINGS: [&str; 6] = [
    "message.timestamp.type",
    CLEANUP_POLICY,
    "retention.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.after.max.ms",
    // Before Kafka 4 it is the default of the two above; brokers before 3.6 have only this one.
    "message.timestamp.difference.max.ms",
];

impl TimeSettings {
    /// Reads the settings that a broker reported, by name.
    pub(super) fn of(setting: impl Fn(&str) -> Fact<String>) -> TimeSettings {
        let number = |name: &str| setting(name).then(|value| value.parse::<i64>().ok());
        let both = number("message.timestamp.difference.max.ms");
        let distance = |name: &str| match (number(name), &both) {
            (Fact::Known(i64::MAX) | Fact::NotSupported, Fact::Known(both)) => Fact::Known(*both),
            (own, _) => own,
        };
        let retention = match setting(CLEANUP_POLICY).known() {
            Some(policies) if !has_policy(policies, "delete") => Fact::Known(i64::MAX),
            _ => number("retention.ms").then(|limit| Some(if limit < 0 { i64::MAX } else { limit })),
        };
        TimeSettings {
            append_time: setting("message.timestamp.type").then(|value| Some(value == "LogAppendTime")),
            retention,
            before_max: distance("message.timestamp.before.max.ms"),
            after_max: distance("message.timestamp.after.max.ms"),
        }
    }

    /// What is wrong with a message with this timestamp that is sent `now`; both in milliseconds since 1970.
    ///
    /// An unknown limit allows everything. The broker checks later and by its own clock, so a timestamp must keep a
    /// margin to a limit: 30 seconds, or a tenth of a limit below 5 minutes.
    pub fn judge(&self, timestamp: i64, now: i64) -> Option<TimeFault> {
        if self.append_time == Fact::Known(true) {
            return None;
        }
        let within =
            |limit: i64, distance: i64| limit == i64::MAX || distance <= limit - LEEWAY.min(limit / 10);
        let age = now.saturating_sub(timestamp);
        match (&self.before_max, &self.after_max, &self.retention) {
            (Fact::Known(limit), _, _) if !within(*limit, age) => Some(TimeFault::TooOld(*limit)),
            (_, Fact::Known(limit), _) if !within(*limit, age.saturating_neg()) => {
                Some(TimeFault::TooFarAhead(*limit))
            }
            (_, _, Fact::Known(limit)) if age > *limit => Some(TimeFault::Expired(*limit)),
            _ => None,
        }
    }

    /// The names of the settings that could not be read, so that nothing is checked against them.
    pub fn unknown(&self) -> Vec<&'static str> {
        let facts = [
            (self.append_time.known().is_none(), "message.timestamp.type"),
            (self.retention.known().is_none(), "retention.ms"),
            (
                self.before_max.known().is_none(),
                "message.timestamp.before.max.ms",
            ),
            (self.after_max.known().is_none(), "message.timestamp.after.max.ms"),
        ];
        facts
            .into_iter()
            .filter(|(is_unknown, _)| *is_unknown)
            .map(|(_, name)| name)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const NOW: i64 = 1_760_000_000_000;

    fn settings(retention: i64, before_max: i64, after_max: i64) -> TimeSettings {
        TimeSettings {
            append_time: Fact::Known(false),
            retention: Fact::Known(retention),
            before_max: Fact::Known(before_max),
            after_max: Fact::Known(after_max),
        }
    }

    #[test]
    fn a_timestamp_is_checked_against_the_topics_settings() {
        use TimeFault::{Expired, TooFarAhead, TooOld};
        const DAY: i64 = 24 * HOUR;
        let kafka_4 = settings(7 * DAY, i64::MAX, HOUR);
        let unlimited = settings(i64::MAX, i64::MAX, i64::MAX);
        let strict = settings(7 * DAY, DAY, 100);
        let cases = [
            (&kafka_4, NOW, None),
            (&kafka_4, NOW - 7 * DAY, None),
            (&kafka_4, NOW - 7 * DAY - 1, Some(Expired(7 * DAY))),
            (&kafka_4, NOW + HOUR - 30_000, None),
            (&kafka_4, NOW + HOUR - 29_999, Some(TooFarAhead(HOUR))),
            (&kafka_4, i64::MAX, Some(TooFarAhead(HOUR))),
            (&unlimited, 1, None),
            (&unlimited, i64::MIN, None),
            (&unlimited, i64::MAX, None),
            // Rejection is reported before deletion.
            (&strict, NOW - 8 * DAY, Some(TooOld(DAY))),
            (&strict, NOW - DAY + 29_999, Some(TooOld(DAY))),
            (&strict, NOW - DAY + 30_000, None),
            // The margin does not use up a short limit.
            (&strict, NOW + 90, None),
            (&strict, NOW + 91, Some(TooFarAhead(100))),
        ];
        for (settings, timestamp, expected) in cases {
            assert_eq!(
                settings.judge(timestamp, NOW),
                expected,
                "{}",
                i128::from(timestamp) - i128::from(NOW)
            );
        }
    }

    #[test]
    fn settings_are_read_as_brokers_report_them() {
        let read = |answer: &[(&str, &str)]| {
            let answer = answer.to_vec();
            TimeSettings::of(move |name| {
                let found = answer.iter().find(|(known, _)| *known == name);
                found.map_or(Fact::NotSupported, |(_, value)| Fact::Known((*value).to_owned()))
            })
        };
        let kafka_4 = [
            ("message.timestamp.type", "CreateTime"),
            ("cleanup.policy", "delete"),
            ("retention.ms", "604800000"),
            ("message.timestamp.before.max.ms", "9223372036854775807"),
            ("message.timestamp.after.max.ms", "3600000"),
        ];
        assert_eq!(read(&kafka_4), settings(604_800_000, i64::MAX, HOUR));
        let kafka_2 = [
            ("message.timestamp.type", "CreateTime"),
            ("cleanup.policy", "compact, delete"),
            ("retention.ms", "-1"),
            ("message.timestamp.difference.max.ms", "1000"),
        ];
        assert_eq!(read(&kafka_2), settings(i64::MAX, 1000, 1000));
        let kafka_3 = [
            ("message.timestamp.type", "CreateTime"),
            ("cleanup.policy", "compact"),
            ("retention.ms", "5"),
            ("message.timestamp.before.max.ms", "9223372036854775807"),
            ("message.timestamp.after.max.ms", "7"),
            ("message.timestamp.difference.max.ms", "1000"),
        ];
        assert_eq!(read(&kafka_3), settings(i64::MAX, 1000, 7));
        let other = read(&[("message.timestamp.type", "LogAppendTime")]);
        assert_eq!(other.append_time, Fact::Known(true));
        assert_eq!(other.retention, Fact::NotSupported);
    }

    #[test]
    fn an_unknown_limit_allows_everything() {
        let mut settings = settings(HOUR, HOUR, HOUR);
        settings.append_time = Fact::Known(true);
        assert_eq!(settings.judge(1, NOW), None);
        settings.append_time = Fact::NotPermitted;
        settings.before_max = Fact::NotSupported;
        assert_eq!(settings.judge(1, NOW), Some(TimeFault::Expired(HOUR)));
        settings.retention = Fact::NotAnswered;
        assert_eq!(settings.judge(1, NOW), None);
        assert_eq!(
            settings.unknown(),
            [
                "message.timestamp.type",
                "retention.ms",
                "message.timestamp.before.max.ms"
            ]
        );
    }
}
