//! Timestamps: instants from RFC 3339 text with a zone, local ones from text without, both from numbers.

use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;

use super::calendar::{self, Civil, two_digits};
use super::error::{Encoded, Fault, RowErrorKind};
use super::hint::Hint;
use super::human_time::{self, Form};
use super::likely;
use super::number::{self, Digits};
use crate::mapping::rules::{EpochUnit, Rules};
use crate::schema::{Logical, TimeUnit};

/// What a timestamp counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// An instant: `timestamp-*`.
    Zoned,
    /// A date and a time of day in no zone: `local-timestamp-*`.
    Local,
}

/// Reads a timestamp as the schema counts it.
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

/// The logical type that is wanted, for messages.
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

    /// How a text must be written.
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

#[cold]
fn with_hint(fault: Box<Fault>, hint: Option<String>) -> Box<Fault> {
    match hint {
        Some(hint) => fault.with_hint(hint),
        None => fault,
    }
}

/// Seconds since the epoch, by the zone that the text names or the one that the rules give.
#[inline(always)]
fn zoned_seconds(civil: &Civil<'_>, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    match civil.zone {
        [b'Z' | b'z'] => Ok(civil.seconds),
        [] => in_the_rules_zone(civil, rules),
        zone => match offset(zone) {
            Some(offset) => Ok(civil.seconds - offset?),
            None => {
                let hint = likely::offset(zone).or_else(|| human_time::correction(text, wanted.form(rules)));
                Err(with_hint(not_a_timestamp(wanted), hint))
            }
        },
    }
}

fn local_seconds(civil: &Civil<'_>, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    match civil.zone {
        [] => Ok(civil.seconds),
        [b'Z' | b'z'] | [b'+' | b'-', ..] => {
            let reason = format!("{} is a time of no zone, and this one has a zone", wanted.name());
            Err(Fault::new(RowErrorKind::Zone, reason).with_hint("take the zone out of the file"))
        }
        _ => {
            let hint = human_time::correction(text, wanted.form(rules));
            Err(with_hint(not_a_timestamp(wanted), hint))
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
        let reason = "there is no such zone: an offset ends at 23:59";
        return Some(Err(Fault::new(RowErrorKind::NotATimestamp, reason)));
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    Some(Ok(if *sign == b'-' { -seconds } else { seconds }))
}

#[cold]
fn in_the_rules_zone(civil: &Civil<'_>, rules: &Rules) -> Encoded<i64> {
    let Some(zone) = &rules.time_zone else {
        let reason = "the time has no zone, so the instant is not known";
        return Err(Fault::new(RowErrorKind::NoZone, reason).with_hint(Hint::TimeZone));
    };
    let name = zone.iana_name().unwrap_or("that zone").to_owned();
    let refused = |reason: String| Err(Fault::new(RowErrorKind::ZoneGapOrFold, reason));
    let Some(local) = date_time(civil.seconds) else {
        return refused(format!("{name} is not known for that year"));
    };
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Ok(civil.seconds - i64::from(offset.seconds())),
        AmbiguousOffset::Gap { .. } => refused(format!(
            "{name} skips this time: its clocks are put forward over it"
        )),
        AmbiguousOffset::Fold { before, after } => Err(Fault::new(
            RowErrorKind::ZoneGapOrFold,
            format!(
                "{name} has this time twice, at {before} and at {after}: its clocks are put back over it"
            ),
        )
        .with_hint("write such times with their zone")),
    }
}

fn date_time(seconds: i64) -> Option<DateTime> {
    let epoch = jiff::civil::date(1970, 1, 1).to_datetime(jiff::civil::Time::midnight());
    epoch.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
}

/// Seconds and the digits after them, counted in the schema's unit.
#[inline(always)]
fn in_unit(seconds: i64, fraction: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    let subsecond = subsecond(fraction, wanted.unit, rules).ok_or_else(|| too_fine(wanted))?;
    if let Some(time) = seconds.checked_mul(wanted.unit.per_second()) {
        return time.checked_add(subsecond).ok_or_else(|| beyond(wanted));
    }
    // Seconds alone may be beyond 64 bits where the digits after them lead back within.
    let time = i128::from(seconds) * i128::from(wanted.unit.per_second()) + i128::from(subsecond);
    i64::try_from(time).map_err(|_| beyond(wanted))
}

/// The powers of ten that digits are missing by.
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

/// The digits after the second as a count of units; none where digits other than 0 would be lost.
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

/// A number is taken for a time only where it lies within the years of the rules.
#[inline]
fn in_years(time: i64, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    let seconds = time.div_euclid(wanted.unit.per_second());
    if rules.epoch_years.contain(seconds) {
        return Ok(time);
    }
    Err(wrong_unit(time, text, wanted, rules))
}

/// `time` is what the number `text` is in the schema's unit.
#[cold]
fn wrong_unit(time: i64, text: &[u8], wanted: Wanted, rules: &Rules) -> Box<Fault> {
    let own = EpochUnit::Subsecond(wanted.unit);
    let unit = rules.epoch_unit.unwrap_or(own);
    let name = wanted.name();
    let years = &rules.epoch_years;
    let reason = match rules.epoch_unit {
        None => format!("as {} of {name} it lies outside {years}", unit.plural()),
        Some(_) => format!(
            "as {}, which are declared, it lies outside {years}",
            unit.plural()
        ),
    };
    let fault = Fault::new(RowErrorKind::TimeUnit, reason);
    // The number itself in each unit; what does not fit into 64 bits here is in none.
    let number = i128::from(time) * i128::from(unit.per_second()) / i128::from(own.per_second());
    let fits = EpochUnit::ALL.into_iter().find(|other| {
        let seconds = number.div_euclid(i128::from(other.per_second()));
        i64::try_from(seconds).is_ok_and(|seconds| years.contain(seconds))
    });
    let moment = moment(time, wanted);
    let read = moment.map(|moment| {
        let zone = match wanted.clock {
            Clock::Zoned => "Z",
            Clock::Local => "",
        };
        format!("as {} it would be {moment}{zone}", unit.plural())
    });
    if let Some(looks) = human_time::in_number(text, wanted.form(rules)) {
        return fault.with_hint(match read {
            Some(read) => format!("{read}; {looks}"),
            None => looks,
        });
    }
    if let Some(fits) = fits {
        return fault.with_hint(Hint::OtherEpochUnit { fits, read: unit });
    }
    // A time of other years is a mistake: to allow it would publish it.
    let plausible = moment.filter(|moment| (1900..=2200).contains(&moment.year()));
    let years = plausible.and_then(|moment| years.widened_to(moment.year()));
    match (years, read) {
        (Some(years), Some(read)) => fault.with_hint(Hint::EpochYears { years, read }),
        (_, read) => with_hint(fault, read),
    }
}

/// The date and time of day that a count of the schema's unit is, for messages.
fn moment(time: i64, wanted: Wanted) -> Option<DateTime> {
    let second = wanted.unit.per_second();
    let nanos = time.rem_euclid(second) * (1_000_000_000 / second);
    date_time(time.div_euclid(second))?
        .checked_add(jiff::SignedDuration::from_nanos(nanos))
        .ok()
}

#[cold]
fn other_text(text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    if let Some(digits) = Digits::parse(text) {
        return match rules.epoch_unit {
            Some(unit) => declared(&digits, text, unit, wanted, rules),
            None => undeclared(text, wanted, rules),
        }
        .map_err(|fault| match fault.hint {
            None => with_hint(fault, human_time::in_number(text, wanted.form(rules))),
            Some(_) => fault,
        });
    }
    let trimmed = text.trim_ascii();
    if trimmed.len() < text.len() && calendar::civil(trimmed).is_some() {
        return Err(
            not_a_timestamp(wanted).with_hint("there are blanks around the time; take them out of the file")
        );
    }
    if let Some(found) = calendar::date(text) {
        found?;
    }
    let hint = human_time::correction(text, wanted.form(rules));
    Err(with_hint(not_a_timestamp(wanted), hint))
}

/// A number whose unit nobody has declared, in other than the plainest form.
fn undeclared(text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    match number::long(text, &wanted.name()) {
        Ok(value) => in_years(value, text, wanted, rules),
        Err(fault) if fault.kind == RowErrorKind::NotIntegral => {
            let whole = text.split(|byte| *byte == b'.').next().and_then(number::plain);
            Err(match whole {
                Some(seconds) if rules.epoch_years.contain(seconds) => fault.with_hint(Hint::EpochSeconds),
                _ => fault,
            })
        }
        Err(fault) => Err(fault),
    }
}

/// A number in a declared unit, exactly: its fraction counts too.
fn declared(
    digits: &Digits<'_>,
    text: &[u8],
    unit: EpochUnit,
    wanted: Wanted,
    rules: &Rules,
) -> Encoded<i64> {
    let shift = wanted.unit.digits() as i64 - unit.digits() as i64;
    let time = match digits.scaled(shift) {
        Some(number::Scaled::Exact(value)) => value,
        // Towards the past, as the digits of a text are cut off.
        Some(number::Scaled::Between(below)) if rules.time_truncate => below,
        // A number that is too small by a factor of thousands is not too fine.
        Some(number::Scaled::Between(below)) => {
            in_years(below, text, wanted, rules)?;
            return Err(too_fine(wanted));
        }
        None => return Err(beyond(wanted)),
    };
    in_years(time, text, wanted, rules)
}

#[cold]
fn too_fine(wanted: Wanted) -> Box<Fault> {
    let reason = format!(
        "{} keeps {} digits after the second",
        wanted.name(),
        wanted.unit.digits()
    );
    Fault::new(RowErrorKind::TimePrecision, reason).with_hint(Hint::TimeTruncate)
}

#[cold]
fn beyond(wanted: Wanted) -> Box<Fault> {
    Fault::new(
        RowErrorKind::OutOfRange,
        format!("{} does not reach that far", wanted.name()),
    )
}

#[cold]
fn not_a_timestamp(wanted: Wanted) -> Box<Fault> {
    let reason = format!("{} wants {}", wanted.name(), wanted.example());
    Fault::new(RowErrorKind::NotATimestamp, reason)
}

/// Whether the text is how a timestamp is written as text, whatever may be wrong with it.
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
mod tests {
    use super::*;
    use RowErrorKind::{
        NoZone, NotATimestamp, OutOfRange, TimePrecision, TimeUnit as Unit, Zone, ZoneGapOrFold,
    };

    fn instant(text: &[u8], unit: TimeUnit) -> Encoded<i64> {
        timestamp(text, Clock::Zoned, unit, &Rules::default())
    }

    fn read(text: &str, clock: Clock, rules: &Rules) -> Result<i64, RowErrorKind> {
        timestamp(text.as_bytes(), clock, TimeUnit::Millis, rules).map_err(|fault| fault.kind)
    }

    fn millis(text: &str) -> Result<i64, RowErrorKind> {
        instant(text.as_bytes(), TimeUnit::Millis).map_err(|fault| fault.kind)
    }

    #[test]
    fn texts_and_integers() {
        let table = [
            ("1970-01-01T00:00:00Z", Ok(0)),
            ("1969-12-31T23:59:59.999Z", Ok(-1)),
            ("2014-03-10T10:00:05.516Z", Ok(1_394_445_605_516)),
            ("2014-03-10 10:00:05.516Z", Ok(1_394_445_605_516)),
            ("2014-03-10t21:00:05.516+11:00", Ok(1_394_445_605_516)),
            ("2014-03-10T10:00:05.5160000z", Ok(1_394_445_605_516)),
            ("2014-03-10T10:00:05.5-00:00", Ok(1_394_445_605_500)),
            ("0000-01-01T00:00:00Z", Ok(-62_167_219_200_000)),
            ("9999-12-31T23:59:59.999Z", Ok(253_402_300_799_999)),
            ("2000-02-29T00:00:00Z", Ok(951_782_400_000)),
            ("1394445605516", Ok(1_394_445_605_516)),
            ("1.394445605516e12", Ok(1_394_445_605_516)),
            ("631152000000", Ok(631_152_000_000)),
            ("631151999999", Err(Unit)),
            ("4133980799999", Ok(4_133_980_799_999)),
            ("4133980800000", Err(Unit)),
            ("1394445605", Err(Unit)),
            ("1394445605516000", Err(Unit)),
            ("2014-03-10T10:00:05.5161Z", Err(TimePrecision)),
            ("2014-03-10T10:00:05.516", Err(NoZone)),
            ("2014-03-10T24:00:00Z", Err(NotATimestamp)),
            ("2014-03-10T10:00:60Z", Err(NotATimestamp)),
            ("2014-02-29T10:00:00Z", Err(NotATimestamp)),
            ("1900-02-29T10:00:00Z", Err(NotATimestamp)),
            ("2014-13-01T10:00:00Z", Err(NotATimestamp)),
            ("2014-03-10T10:00:05.Z", Err(NotATimestamp)),
            ("2014-03-10T10:00:05+24:00", Err(NotATimestamp)),
            ("2014-03-10", Err(NotATimestamp)),
            ("10/03/2014 10:00", Err(NotATimestamp)),
            ("", Err(NotATimestamp)),
        ];
        for (text, expected) in table {
            assert_eq!(millis(text), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_unit_is_named() {
        let hint = |text: &str, unit| instant(text.as_bytes(), unit).unwrap_err().hint.unwrap();
        for (text, wanted, fits) in [
            (
                "1394445605516000",
                TimeUnit::Millis,
                EpochUnit::Subsecond(TimeUnit::Micros),
            ),
            ("1394445605", TimeUnit::Micros, EpochUnit::Seconds),
        ] {
            let read = EpochUnit::Subsecond(wanted);
            assert_eq!(hint(text, wanted), Hint::OtherEpochUnit { fits, read });
        }
        let fault = instant(b"5", TimeUnit::Millis).unwrap_err();
        assert_eq!(
            fault.reason,
            "as milliseconds of timestamp-millis it lies outside 1990-2100"
        );
        let years = Hint::EpochYears {
            years: "1970-2100".parse().unwrap(),
            read: "as milliseconds it would be 1970-01-01T00:00:00.005Z".to_owned(),
        };
        assert_eq!(fault.hint, Some(years));
        // Of no year of four digits in any unit.
        assert_eq!(
            instant(b"-9223372036854775808", TimeUnit::Millis)
                .unwrap_err()
                .hint,
            None
        );
    }

    #[test]
    fn years_are_offered_only_where_the_number_is_plausible_as_a_time() {
        let hint = |text: &str| instant(text.as_bytes(), TimeUnit::Millis).unwrap_err().hint;
        for (text, said) in [
            (
                "20261124100000",
                "as milliseconds it would be 2612-01-19T18:01:40Z; looks like yyyymmddhhmmss: write \
                 `2026-11-24T10:00:00Z`, if it is in UTC",
            ),
            (
                "20261124",
                "as milliseconds it would be 1970-01-01T05:37:41.124Z; looks like yyyymmdd: write it with a time of \
                 day, such as `2026-11-24T00:00:00Z`",
            ),
            (
                "46350",
                "as milliseconds it would be 1970-01-01T00:00:46.35Z; as a day of a spreadsheet it is 2026-11-24: \
                 write it with a time of day, such as `2026-11-24T00:00:00Z`",
            ),
            (
                "46350.5",
                "as a day of a spreadsheet it is 2026-11-24: write `2026-11-24T12:00:00Z`, if it is in UTC",
            ),
            (
                "20261324100000",
                "as milliseconds it would be 2612-01-22T01:35:00Z",
            ),
        ] {
            assert_eq!(hint(text), Some(said.into()), "{text}");
        }
        assert!(matches!(hint("5000000000000"), Some(Hint::EpochYears { .. })));
    }

    #[test]
    fn the_hint_of_a_text_is_the_whole_time() {
        for (text, said) in [
            (
                "2026-11-24",
                "write it with a time of day, such as `2026-11-24T00:00:00Z`",
            ),
            (
                "2026-11-24T10:00Z",
                "write it with seconds: `2026-11-24T10:00:00Z`",
            ),
            ("2026-11-24T10:00:00,5Z", "write `2026-11-24T10:00:00.5Z`"),
        ] {
            let fault = instant(text.as_bytes(), TimeUnit::Millis).unwrap_err();
            assert_eq!(fault.hint, Some(said.into()), "{text}");
        }
    }

    #[test]
    fn finer_units_keep_finer_digits() {
        let text = b"2014-03-10T10:00:05.123456789Z";
        assert_eq!(instant(text, TimeUnit::Nanos), Ok(1_394_445_605_123_456_789));
        assert_eq!(instant(text, TimeUnit::Micros).unwrap_err().kind, TimePrecision);
        assert_eq!(
            instant(b"1677-09-21T00:12:43.145224192Z", TimeUnit::Nanos),
            Ok(i64::MIN)
        );
        assert_eq!(
            instant(b"2262-04-11T23:47:16.854775807Z", TimeUnit::Nanos),
            Ok(i64::MAX)
        );
        assert_eq!(
            instant(b"9999-01-01T00:00:00Z", TimeUnit::Nanos)
                .unwrap_err()
                .kind,
            RowErrorKind::OutOfRange
        );
    }

    #[test]
    fn a_zone_that_is_named_reads_texts_without_one() {
        let rules = Rules {
            time_zone: Some(crate::mapping::rules::time_zone("Australia/Sydney").unwrap()),
            ..Rules::default()
        };
        let table = [
            ("2014-03-10T21:00:05.516", Ok(1_394_445_605_516)),
            ("2014-07-10 20:00:05", Ok(1_404_986_405_000)),
            ("2014-03-10T10:00:05.516Z", Ok(1_394_445_605_516)),
            ("2014-03-10T10:00:05.516+01:00", Ok(1_394_442_005_516)),
            // Put forward over 02:00-03:00, put back over 02:00-03:00.
            ("2014-10-05T02:30:00", Err(ZoneGapOrFold)),
            ("2014-10-05T01:59:59.999", Ok(1_412_438_399_999)),
            ("2014-10-05T03:00:00", Ok(1_412_438_400_000)),
            ("2014-04-06T02:30:00", Err(ZoneGapOrFold)),
            ("2014-04-06T01:59:59", Ok(1_396_709_999_000)),
            ("2014-04-06T03:00:00", Ok(1_396_717_200_000)),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, Clock::Zoned, &rules), expected, "{text}");
        }
    }

    #[test]
    fn local_times_have_no_zone() {
        let table = [
            ("2014-03-10T10:00:05.516", Ok(1_394_445_605_516)),
            ("2014-03-10 10:00:05", Ok(1_394_445_605_000)),
            ("1394445605516", Ok(1_394_445_605_516)),
            ("2014-03-10T10:00:05.516Z", Err(Zone)),
            ("2014-03-10T10:00:05+11:00", Err(Zone)),
            ("2014-03-10T10:00:05 AEST", Err(NotATimestamp)),
            ("2014-03-10T10:00:05.5161", Err(TimePrecision)),
            ("2014-02-30T10:00:05", Err(NotATimestamp)),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, Clock::Local, &Rules::default()), expected, "{text}");
        }
    }

    #[test]
    fn a_declared_unit_is_exact_and_keeps_the_years() {
        let rules = |unit| Rules {
            epoch_unit: Some(unit),
            ..Rules::default()
        };
        let millis = EpochUnit::Subsecond(TimeUnit::Millis);
        let micros = EpochUnit::Subsecond(TimeUnit::Micros);
        let table = [
            ("1394445605", EpochUnit::Seconds, Ok(1_394_445_605_000)),
            ("1394445605.516", EpochUnit::Seconds, Ok(1_394_445_605_516)),
            ("1394445605.5160000", EpochUnit::Seconds, Ok(1_394_445_605_516)),
            ("1394445605.5161", EpochUnit::Seconds, Err(TimePrecision)),
            ("1.394445605e9", EpochUnit::Seconds, Ok(1_394_445_605_000)),
            ("-0.001", EpochUnit::Seconds, Err(Unit)),
            ("5", millis, Err(Unit)),
            ("631151999.999", EpochUnit::Seconds, Err(Unit)),
            ("631152000", EpochUnit::Seconds, Ok(631_152_000_000)),
            ("-9223372036854775808", millis, Err(Unit)),
            ("9223372036854775807", EpochUnit::Seconds, Err(OutOfRange)),
            ("1394445605516000", micros, Ok(1_394_445_605_516)),
            ("1394445605516001", micros, Err(TimePrecision)),
            // Milliseconds and seconds in a file of microseconds: times of 1970, of which the second is too fine too.
            ("1735603200000", micros, Err(Unit)),
            ("1735603201", micros, Err(Unit)),
            (
                "1394445605516000000",
                EpochUnit::Subsecond(TimeUnit::Nanos),
                Ok(1_394_445_605_516),
            ),
            (
                "2014-03-10T10:00:05.516Z",
                EpochUnit::Seconds,
                Ok(1_394_445_605_516),
            ),
            ("1970-01-01T00:00:00Z", EpochUnit::Seconds, Ok(0)),
            ("x", EpochUnit::Seconds, Err(NotATimestamp)),
        ];
        for (text, unit, expected) in table {
            assert_eq!(read(text, Clock::Zoned, &rules(unit)), expected, "{text}");
        }
    }

    #[test]
    fn a_number_of_another_unit_than_the_declared_one_is_told_so() {
        let rules = Rules {
            epoch_unit: Some(EpochUnit::Subsecond(TimeUnit::Micros)),
            ..Rules::default()
        };
        let fault = timestamp(b"1735603200000", Clock::Zoned, TimeUnit::Millis, &rules).unwrap_err();
        assert_eq!(
            fault.reason,
            "as microseconds, which are declared, it lies outside 1990-2100"
        );
        let hint = Hint::OtherEpochUnit {
            fits: EpochUnit::Subsecond(TimeUnit::Millis),
            read: EpochUnit::Subsecond(TimeUnit::Micros),
        };
        assert_eq!(fault.hint, Some(hint));
    }

    #[test]
    fn the_years_are_widened_only_on_purpose() {
        let rules = |unit| Rules {
            epoch_unit: unit,
            epoch_years: "1960-2262".parse().unwrap(),
            ..Rules::default()
        };
        for unit in [None, Some(EpochUnit::Subsecond(TimeUnit::Millis))] {
            for (text, expected) in [
                ("0", Ok(0)),
                ("-1", Ok(-1)),
                ("9000000000000", Ok(9_000_000_000_000)),
                ("-315619200001", Err(Unit)),
                ("9246182400000", Err(Unit)),
            ] {
                assert_eq!(read(text, Clock::Zoned, &rules(unit)), expected, "{text}");
            }
        }
    }

    #[test]
    fn truncation_goes_towards_the_past() {
        let rules = Rules {
            time_truncate: true,
            epoch_years: "1960-2100".parse().unwrap(),
            epoch_unit: Some(EpochUnit::Subsecond(TimeUnit::Micros)),
            ..Rules::default()
        };
        for (text, expected) in [
            ("2014-03-10T10:00:05.516999Z", 1_394_445_605_516),
            ("1969-12-31T23:59:59.9999Z", -1),
            ("-1", -1),
            ("-1001", -2),
            ("1999", 1),
        ] {
            assert_eq!(read(text, Clock::Zoned, &rules), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_calendar_library_finds_the_same_instants() {
        use proptest::prelude::*;
        proptest!(|(seconds in -62_167_219_200i64..253_402_300_799, nanos in 0i32..1_000_000_000)| {
            let time = jiff::Timestamp::new(seconds, nanos / 1_000 * 1_000).unwrap();
            prop_assert_eq!(instant(time.to_string().as_bytes(), TimeUnit::Micros), Ok(time.as_microsecond()));
        });
    }
}
