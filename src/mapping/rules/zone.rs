//! Local time -> offset from UTC, by a table of the zone's clock changes.
//!
//! Looking up one local time in the zone database costs more than reading the time, and a file holds millions of times
//! between the same two clock changes. So the ranges of local time that have one offset are computed once.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::UnknownChoice;

/// A time zone of the IANA database.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    /// In the order of time.
    spans: Arc<[Span]>,
}

/// Local times with one offset, in seconds since the epoch.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: i64,
    /// The first that does not belong to it.
    end: i64,
    /// Seconds east of UTC.
    offset: i64,
}

/// What a local time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalTime {
    /// Seconds east of UTC.
    Once(i64),
    /// A clock change skips it; the offsets before and after the change, in seconds east of UTC.
    Skipped { before: i64, after: i64 },
    /// A clock change repeats it.
    Repeated { before: i64, after: i64 },
    /// The year is beyond those of the calendar.
    Unknown,
}

/// The years for which the table is computed; times before and after them are looked up one by one.
const YEARS: (i16, i16) = (1970, 2100);

impl Zone {
    pub(super) fn new(zone: TimeZone) -> Zone {
        Zone {
            spans: spans(&zone).into(),
            zone,
        }
    }

    /// Its name in the IANA database.
    pub(crate) fn name(&self) -> &str {
        self.zone.iana_name().unwrap_or("that zone")
    }

    /// The meaning of a local time, given as seconds since 1970-01-01T00:00:00 in this zone.
    #[inline]
    pub(crate) fn local_time(&self, seconds: i64) -> LocalTime {
        let after = self.spans.partition_point(|span| span.start <= seconds);
        let Some(span) = self.spans.get(after.wrapping_sub(1)) else {
            return self.looked_up(seconds);
        };
        if seconds < span.end {
            return LocalTime::Once(span.offset);
        }
        let (before, Some(next)) = (span.offset, self.spans.get(after)) else {
            return self.looked_up(seconds);
        };
        let after = next.offset;
        match before < after {
            true => LocalTime::Skipped { before, after },
            false => LocalTime::Repeated { before, after },
        }
    }

    /// As the database says, for times outside the table.
    #[cold]
    fn looked_up(&self, seconds: i64) -> LocalTime {
        let Some(local) = date_time(seconds) else {
            return LocalTime::Unknown;
        };
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => LocalTime::Once(offset.seconds().into()),
            AmbiguousOffset::Gap { before, after } => LocalTime::Skipped {
                before: before.seconds().into(),
                after: after.seconds().into(),
            },
            AmbiguousOffset::Fold { before, after } => LocalTime::Repeated {
                before: before.seconds().into(),
                after: after.seconds().into(),
            },
        }
    }
}

fn spans(zone: &TimeZone) -> Vec<Span> {
    let midnight = |year| {
        let date = jiff::civil::date(year, 1, 1);
        let zoned = date.to_datetime(jiff::civil::Time::midnight());
        TimeZone::UTC
            .to_timestamp(zoned)
            .expect("the year is within the calendar")
    };
    let (first, last) = (midnight(YEARS.0), midnight(YEARS.1));
    let seconds = |time: Timestamp| time.as_second();
    let mut offset = i64::from(zone.to_offset(first).seconds());
    let mut start = seconds(first) + offset;
    let mut spans = Vec::new();
    for change in zone
        .following(first)
        .take_while(|change| change.timestamp() < last)
    {
        let at = seconds(change.timestamp());
        let next = i64::from(change.offset().seconds());
        spans.push(Span {
            start,
            end: at + offset.min(next),
            offset,
        });
        start = at + offset.max(next);
        offset = next;
    }
    spans.push(Span {
        start,
        end: seconds(last) + offset,
        offset,
    });
    spans
}

/// The date and time of day at `seconds` since 1970-01-01T00:00:00, if the calendar has the year.
pub(crate) fn date_time(seconds: i64) -> Option<DateTime> {
    let epoch = jiff::civil::date(1970, 1, 1).to_datetime(jiff::civil::Time::midnight());
    epoch.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
}

/// Which of the two possible times a local time means that a clock change skips or repeats.
///
/// As in Temporal and jiff: a time that is repeated is the earlier or the later one; a time that is skipped is moved
/// back or forward by the length of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChange {
    /// The earlier time.
    Earlier,
    /// The later time.
    Later,
}

impl ClockChange {
    /// Seconds east of UTC for a time that is skipped or repeated.
    pub(crate) fn offset(self, time: LocalTime) -> Option<i64> {
        let offset = match (time, self) {
            (LocalTime::Once(offset), _) => return Some(offset),
            (LocalTime::Skipped { after, .. }, ClockChange::Earlier)
            | (LocalTime::Repeated { after, .. }, ClockChange::Later) => after,
            (LocalTime::Skipped { before, .. }, ClockChange::Later)
            | (LocalTime::Repeated { before, .. }, ClockChange::Earlier) => before,
            (LocalTime::Unknown, _) => return None,
        };
        Some(offset)
    }
}

impl FromStr for ClockChange {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<ClockChange, UnknownChoice> {
        match text {
            "earlier" => Ok(ClockChange::Earlier),
            "later" => Ok(ClockChange::Later),
            other => Err(UnknownChoice(format!(
                "`{other}` is neither `earlier` nor `later`"
            ))),
        }
    }
}

impl fmt::Display for ClockChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ClockChange::Earlier => "earlier",
            ClockChange::Later => "later",
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::Disambiguation;
    use proptest::prelude::*;

    use super::*;

    fn zones() -> Vec<TimeZone> {
        jiff::tz::db()
            .available()
            .map(|name| jiff::tz::db().get(name.as_str()).unwrap())
            .collect()
    }

    /// The instants that a local time can be, by the offsets that the database has for instants.
    fn instants(zone: &TimeZone, local: i64) -> Vec<i64> {
        let offset = |instant: i64| {
            let instant = Timestamp::from_second(instant).unwrap();
            i64::from(zone.to_offset(instant).seconds())
        };
        let mut offsets: Vec<i64> = (-30..=30).map(|hours| offset(local + hours * 3600)).collect();
        offsets.sort_unstable();
        offsets.dedup();
        offsets.retain(|found| offset(local - found) == *found);
        let mut instants: Vec<i64> = offsets.into_iter().map(|offset| local - offset).collect();
        instants.sort_unstable();
        instants
    }

    /// For every zone, around each of its clock changes.
    #[test]
    fn the_table_agrees_with_the_offsets_of_instants() {
        let zones = zones();
        assert!(zones.len() > 400, "{}", zones.len());
        for zone in zones {
            let table = Zone::new(zone.clone());
            for span in &*table.spans {
                for local in [
                    span.end - 7200,
                    span.end - 1,
                    span.end,
                    span.end + 1,
                    span.end + 1800,
                ] {
                    let offsets: Vec<i64> = instants(&zone, local)
                        .into_iter()
                        .map(|instant| local - instant)
                        .collect();
                    let ours = table.local_time(local);
                    let agrees = match (ours, &offsets[..]) {
                        (LocalTime::Once(offset), [only]) => offset == *only,
                        (LocalTime::Skipped { before, after }, []) => before < after,
                        (LocalTime::Repeated { before, after }, [first, second]) => {
                            (before, after) == (*first, *second)
                        }
                        _ => false,
                    };
                    assert!(agrees, "{} {local}: {ours:?}, {offsets:?}", table.name());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_time_that_is_skipped_or_repeated_is_as_jiff_disambiguates_it(
            index in 0usize..400,
            seconds in -60_000_000_000i64..200_000_000_000,
            near in any::<prop::sample::Index>(),
            delta in -5_000i64..5_000,
        ) {
            let zone = zones().swap_remove(index);
            let table = Zone::new(zone.clone());
            let change = table.spans[near.index(table.spans.len())].end + delta;
            for seconds in [seconds, change] {
                // jiff reports a change that its rule for future years would have had in the last year of its table
                // (America/Nuuk in 2023), so only times for which it agrees with its own offsets are compared.
                let ambiguous = zone.to_ambiguous_timestamp(date_time(seconds).unwrap());
                let count = match ambiguous.offset() {
                    AmbiguousOffset::Unambiguous { .. } => 1,
                    AmbiguousOffset::Gap { .. } => 0,
                    AmbiguousOffset::Fold { .. } => 2,
                };
                prop_assume!(instants(&zone, seconds).len() == count);
                for (ours, theirs) in [
                    (ClockChange::Earlier, Disambiguation::Earlier),
                    (ClockChange::Later, Disambiguation::Later),
                ] {
                    let offset = ours.offset(table.local_time(seconds)).unwrap();
                    let expected = ambiguous.disambiguate(theirs).unwrap();
                    prop_assert_eq!(seconds - offset, expected.as_second());
                }
            }
        }
    }
}
