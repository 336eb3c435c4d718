//! Timestamps: instants from RFC 3339 text with a zone, local timestamps from text without, both from numbers.

mod epoch;

use self::epoch::{declared, in_years, undeclared};
use super::calendar::{self, Civil, two_digits};
use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::human_time::{self, Form};
use super::likely;
use super::number::{self, Digits};
use crate::mapping::rules::{ClockChange, LocalTime, Rules, Zone};
use crate::schema::{Logical, TimeUnit};

/// What a timestamp counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// An instant: `timestamp-*`.
    Zoned,
    /// A date and a time of day without a zone: `local-timestamp-*`.
    Local,
}

/// Reads a timestamp as a count of the schema's unit.
#[inline]
pub(crate) fn timestamp(text: &[u8], clock: Clock, unit: TimeUnit, rules: &Rules) -> Encoded<i64> {
    let wanted = Wanted { clock, unit };
    if let Some(found) = calendar::civil(text) {
        let civil = found?;
        let seconds = match clock {
            Clock::Zoned => zoned_seconds(&civil, text, wanted, rules)?,
            Clock::Local => local_seconds(&civil, text, wanted, rules)?,
        };
        return in_unit(seconds, civil.fraction, wanted, rules);
    }
    match number::plain(text) {
        Some(value) if rules.epoch_unit.is_none() => in_years(value, text, wanted, rules),
        _ => other_text(text, wanted, rules),
    }
}

/// The expected logical type, for messages.
#[derive(Clone, Copy)]
struct Wanted {
    clock: Clock,
    unit: TimeUnit,
}

impl Wanted {
    fn name(self) -> String {
        let logical = match self.clock {
            Clock::Zoned => Logical::Timestamp(self.unit),
            Clock::Local => Logical::LocalTimestamp(self.unit),
        };
        logical.to_string()
    }

    /// The required form of a text.
    fn form(self, rules: &Rules) -> Form {
        match (self.clock, &rules.time_zone) {
            (Clock::Local, _) => Form::Local,
            (Clock::Zoned, None) => Form::Instant,
            (Clock::Zoned, Some(_)) => Form::InstantOrLocal,
        }
    }

    fn example(self) -> &'static str {
        match self.clock {
            Clock::Zoned => "an RFC 3339 time such as `2014-03-10T10:00:05.516Z`",
            Clock::Local => "a time without a zone such as `2014-03-10T10:00:05.516`",
        }
    }
}

/// Seconds since the epoch, using the zone in the text or the one in the rules.
#[inline(always)]
fn zoned_seconds(civil: &Civil<'_>, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    match civil.zone {
        [b'Z' | b'z'] => Ok(civil.seconds),
        [] => in_rules_zone(civil, rules),
        zone => match offset(zone) {
            Some(offset) => Ok(civil.seconds - offset?),
            None => {
                let hint = likely::offset(zone).or_else(|| human_time::correction(text, wanted.form(rules)));
                Err(not_a_timestamp(wanted).with_any_hint(hint))
            }
        },
    }
}

fn local_seconds(civil: &Civil<'_>, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    match civil.zone {
        [] => Ok(civil.seconds),
        [b'Z' | b'z'] | [b'+' | b'-', ..] => {
            let reason = format!("{} has no zone, but this time has one", wanted.name());
            Err(Fault::new(RowErrorKind::Zone, reason).with_hint("remove the zone"))
        }
        _ => {
            let hint = human_time::correction(text, wanted.form(rules));
            Err(not_a_timestamp(wanted).with_any_hint(hint))
        }
    }
}

/// Reads `+hh:mm` as seconds east of UTC.
#[inline]
fn offset(zone: &[u8]) -> Option<Encoded<i64>> {
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = zone else {
        return None;
    };
    let (hours, minutes) = (two_digits(*h1, *h2)?, two_digits(*m1, *m2)?);
    if hours > 23 || minutes > 59 {
        let reason = "there is no such offset: the largest is 23:59";
        return Some(Err(Fault::new(RowErrorKind::NotATimestamp, reason)));
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    Some(Ok(if *sign == b'-' { -seconds } else { seconds }))
}

#[inline]
fn in_rules_zone(civil: &Civil<'_>, rules: &Rules) -> Encoded<i64> {
    let Some(zone) = &rules.time_zone else {
        let reason = "the time has no zone, so the instant is unknown";
        return Err(Fault::new(RowErrorKind::NoZone, reason).with_hint(Hint::TimeZone));
    };
    match zone.local_time(civil.seconds) {
        LocalTime::Once(offset) => Ok(civil.seconds - offset),
        other => at_clock_change(civil, zone, other, rules.clock_change),
    }
}

/// A local time that a clock change skips or repeats.
#[cold]
fn at_clock_change(
    civil: &Civil<'_>,
    zone: &Zone,
    time: LocalTime,
    chosen: Option<ClockChange>,
) -> Encoded<i64> {
    if let Some(offset) = chosen.and_then(|chosen| chosen.offset(time)) {
        return Ok(civil.seconds - offset);
    }
    let name = zone.name();
    let refused = |reason: String| Fault::new(RowErrorKind::ZoneGapOrFold, reason);
    Err(match time {
        LocalTime::Skipped { .. } => {
            refused(format!("the time does not exist in {name} (clocks go forward)"))
                .with_hint(Hint::ClockChange)
        }
        LocalTime::Repeated { before, after } => refused(format!(
            "the time occurs twice in {name}, at {} and at {} (clocks go back)",
            offset_text(before),
            offset_text(after)
        ))
        .with_hint(Hint::ClockChange),
        LocalTime::Once(_) | LocalTime::Unknown => {
            refused(format!("the offset of {name} is not known for that year"))
        }
    })
}

/// An offset as `+hh:mm`; seconds only if there are any.
fn offset_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let rest = seconds.unsigned_abs();
    let (hours, minutes, rest) = (rest / 3600, rest / 60 % 60, rest % 60);
    match rest {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// Converts seconds and their fractional digits to the schema's unit.
#[inline(always)]
fn in_unit(seconds: i64, fraction: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    let subsecond = subsecond(fraction, wanted.unit, rules).ok_or_else(|| too_fine(wanted))?;
    if let Some(time) = seconds.checked_mul(wanted.unit.per_second()) {
        return time.checked_add(subsecond).ok_or_else(|| beyond(wanted));
    }
    // The seconds alone may exceed 64 bits although the sum with the fraction does not.
    let time = i128::from(seconds) * i128::from(wanted.unit.per_second()) + i128::from(subsecond);
    i64::try_from(time).map_err(|_| beyond(wanted))
}

/// Powers of ten, for missing fractional digits.
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

/// The fractional digits as a count of units; none if digits other than 0 would be lost.
#[inline(always)]
pub(super) fn subsecond(fraction: &[u8], unit: TimeUnit, rules: &Rules) -> Option<i64> {
    let keeps = unit.digits();
    let kept = &fraction[..fraction.len().min(keeps)];
    let digits = kept
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    let subsecond = digits * TENS[keeps - kept.len()];
    let lost = fraction.len() > keeps && fraction[keeps..].iter().any(|digit| *digit != b'0');
    (!lost || rules.time_truncate).then_some(subsecond)
}

#[cold]
fn other_text(text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    if let Some(digits) = Digits::parse(text) {
        return match rules.epoch_unit {
            Some(unit) => declared(&digits, text, unit, wanted, rules),
            None => undeclared(text, wanted, rules),
        }
        .map_err(|fault| match fault.hint {
            None => fault.with_any_hint(human_time::in_number(text, wanted.form(rules))),
            Some(_) => fault,
        });
    }
    let trimmed = text.trim_ascii();
    if trimmed.len() < text.len() && calendar::civil(trimmed).is_some() {
        return Err(not_a_timestamp(wanted).with_hint("remove the blanks around the time"));
    }
    if let Some(found) = calendar::date(text) {
        found?;
    }
    let hint = human_time::correction(text, wanted.form(rules));
    Err(not_a_timestamp(wanted).with_any_hint(hint))
}

#[cold]
fn too_fine(wanted: Wanted) -> Box<Fault> {
    let reason = format!(
        "{} allows {} fractional digits in the seconds",
        wanted.name(),
        wanted.unit.digits()
    );
    Fault::new(RowErrorKind::TimePrecision, reason).with_hint(Hint::TimeTruncate)
}

#[cold]
fn beyond(wanted: Wanted) -> Box<Fault> {
    Fault::new(
        RowErrorKind::OutOfRange,
        format!("outside the range of {}", wanted.name()),
    )
}

#[cold]
fn not_a_timestamp(wanted: Wanted) -> Box<Fault> {
    let reason = format!("expected {} ({})", wanted.example(), wanted.name());
    Fault::new(RowErrorKind::NotATimestamp, reason)
}

/// Whether the text is a timestamp; it may still be too fine for the unit or out of range.
pub(super) fn is_text(text: &[u8], clock: Clock) -> bool {
    match calendar::civil(text) {
        Some(Ok(civil)) => match clock {
            Clock::Local => civil.zone.is_empty(),
            Clock::Zoned => matches!(civil.zone, [b'Z' | b'z']) || matches!(offset(civil.zone), Some(Ok(_))),
        },
        _ => false,
    }
}

/// Milliseconds since the epoch, rounded towards the past.
pub(super) fn to_millis(time: i64, unit: TimeUnit) -> i64 {
    time.div_euclid(unit.per_second() / 1_000)
}

#[cfg(test)]
mod tests;
