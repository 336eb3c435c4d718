//! Timestamps in the minute of the row before, as most are in a file in the order of time.

use super::super::timestamp::{Clock, timestamp};
use super::digits::{Part, ZEROS, eight_digits};
use crate::mapping::rules::Rules;
use crate::schema::TimeUnit;

/// The length of `2014-03-10T10:00:`.
const FRONT: usize = 17;

/// The length of `00.000Z`.
const MILLIS: usize = 7;

/// A minute in UTC whose start is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownMinute {
    text: [u8; FRONT],
    /// Its start, in seconds since the epoch.
    start: i64,
}

impl KnownMinute {
    /// No text begins like this.
    const NONE: KnownMinute = KnownMinute {
        text: [0; FRONT],
        start: 0,
    };
}

impl Default for KnownMinute {
    fn default() -> KnownMinute {
        KnownMinute::NONE
    }
}

impl KnownMinute {
    /// Reads a timestamp as [`timestamp`] does; none if that finds a fault.
    #[inline(always)]
    pub(super) fn read(&mut self, part: Part<'_>, unit: TimeUnit, rules: &Rules) -> Option<i64> {
        let text = &part.row[part.start..part.end];
        match text.split_first_chunk::<FRONT>() {
            Some((front, rest)) if *front == self.text => {
                let following = part.row[part.start + FRONT..].first_chunk();
                match (rest.len(), following) {
                    (MILLIS, Some(word)) => self.add(millis(u64::from_le_bytes(*word), unit), unit),
                    _ => self.add(within_minute(rest, unit), unit),
                }
                .or_else(|| timestamp(text, Clock::Zoned, unit, rules).ok())
            }
            _ => self.read_other(text, unit, rules),
        }
    }

    /// The timestamp at this time within the minute, if there is one.
    #[inline(always)]
    fn add(&self, within: Option<i64>, unit: TimeUnit) -> Option<i64> {
        let start = self.start.checked_mul(unit.per_second())?;
        start.checked_add(within?)
    }

    /// A timestamp in another minute, which is the known one from now on.
    fn read_other(&mut self, text: &[u8], unit: TimeUnit, rules: &Rules) -> Option<i64> {
        let time = timestamp(text, Clock::Zoned, unit, rules).ok()?;
        if let Some((front, rest)) = text.split_first_chunk::<FRONT>()
            && let Some(within) = within_minute(rest, unit)
            && let Some(start) = time.checked_sub(within)
        {
            *self = KnownMinute {
                text: *front,
                start: start.div_euclid(unit.per_second()),
            };
        }
        Some(time)
    }
}

/// Reads `ss.fffZ`, followed by any byte, the first character in the lowest byte; none for any other text.
#[inline(always)]
fn millis(word: u64, unit: TimeUnit) -> Option<i64> {
    const MARKS: u64 = (b'.' as u64) << 16 | (b'Z' as u64) << 48;
    if word & 0x00ff_0000_00ff_0000 != MARKS {
        return None;
    }
    let seconds = word & 0xffff;
    let fraction = word >> 24 & 0x00ff_ffff;
    let millis = eight_digits(fraction << 40 | seconds << 24 | ZEROS & 0x00ff_ffff)?;
    let missing = unit.digits().checked_sub(3)?;
    (millis < 60_000).then(|| millis * TENS[missing])
}

/// Reads `ss[.fraction]Z`, with no more digits than the unit has; none for any other text.
#[inline(always)]
fn within_minute(text: &[u8], unit: TimeUnit) -> Option<i64> {
    let [tens, ones, fraction @ .., b'Z'] = text else {
        return None;
    };
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens > 5 || ones > 9 {
        return None;
    }
    let mut time = i64::from(tens * 10 + ones);
    let mut missing = unit.digits();
    if let [b'.', digits @ ..] = fraction {
        missing = missing.checked_sub(digits.len()).filter(|_| !digits.is_empty())?;
        for digit in digits {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            time = time * 10 + i64::from(digit);
        }
    } else if !fraction.is_empty() {
        return None;
    }
    Some(time * TENS[missing])
}

/// For missing fractional digits.
const TENS: [i64; 10] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever was read before, a text has the meaning that it has on its own.
        #[test]
        fn the_minute_before_changes_nothing(
            texts in proptest::collection::vec(
                "(2014-03-10T10:0[01]|1969-12-31T23:59|9999-12-31T23:59|0000-01-01T00:00|2014-02-29T10:00|2014-03-10t10:00):\
                 [0-6][0-9:/](\\.([0-9]{0,10}|[0-9:/.]{3}))?(Z|z|\\+01:00|)",
                1..12,
            ),
        ) {
            for unit in [TimeUnit::Millis, TimeUnit::Micros, TimeUnit::Nanos] {
                for time_truncate in [false, true] {
                    let rules = Rules { time_truncate, ..Rules::default() };
                    let mut minute = KnownMinute::default();
                    for text in &texts {
                        let alone = timestamp(text.as_bytes(), Clock::Zoned, unit, &rules).ok();
                        for after in ["", "Z", ",BHP"] {
                            let row = [text, after].concat();
                            let part = Part { row: row.as_bytes(), start: 0, end: text.len() };
                            prop_assert_eq!(minute.read(part, unit, &rules), alone, "{}", text);
                        }
                    }
                }
            }
        }
    }
}
