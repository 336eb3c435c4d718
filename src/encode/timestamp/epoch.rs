//! Timestamps from numbers: their unit, and the years they must be in.

use jiff::civil::DateTime;

use super::{Clock, Wanted, beyond, too_fine};
use crate::encode::error::{Encoded, Fault, RowErrorKind};
use crate::encode::hint::Hint;
use crate::encode::human_time;
use crate::encode::number::{self, Digits};
use crate::mapping::rules::date_time;
use crate::mapping::rules::{EpochUnit, Rules};

/// A number is accepted as a time only if it is within the years of the rules.
#[inline]
pub(super) fn in_years(time: i64, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
    let seconds = time.div_euclid(wanted.unit.per_second());
    if rules.epoch_years.contain(seconds) {
        return Ok(time);
    }
    Err(wrong_unit(time, text, wanted, rules))
}

/// `time` is the number `text`, converted to the schema's unit.
#[cold]
fn wrong_unit(time: i64, text: &[u8], wanted: Wanted, rules: &Rules) -> Box<Fault> {
    let own = EpochUnit::Subsecond(wanted.unit);
    let unit = rules.epoch_unit.unwrap_or(own);
    let name = wanted.name();
    let years = &rules.epoch_years;
    let reason = match rules.epoch_unit {
        None => format!("read as {} ({name}), it is outside {years}", unit.plural()),
        Some(_) => format!(
            "read as {} (the epoch unit that was set), it is outside {years}",
            unit.plural()
        ),
    };
    let fault = Fault::new(RowErrorKind::TimeUnit, reason);
    // The original number, to be read in each unit; one that does not fit into 64 bits fits no unit.
    let number = i128::from(time) * i128::from(unit.per_second()) / i128::from(own.per_second());
    let fits = unit_that_fits(number, rules);
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
        return fault.with_hint(Hint::OtherEpochUnit { fits });
    }
    // A time in other years is a mistake; a hint to allow it would lead to publishing it.
    let plausible = moment.filter(|moment| (1900..=2200).contains(&moment.year()));
    let years = plausible.and_then(|moment| years.widened_to(moment.year()));
    match (years, read) {
        (Some(years), Some(read)) => fault.with_hint(Hint::EpochYears { years, read }),
        (_, read) => fault.with_any_hint(read),
    }
}

/// The unit in which a number is within the years of the rules.
fn unit_that_fits(number: i128, rules: &Rules) -> Option<EpochUnit> {
    EpochUnit::ALL.into_iter().find(|unit| {
        let seconds = number.div_euclid(i128::from(unit.per_second()));
        i64::try_from(seconds).is_ok_and(|seconds| rules.epoch_years.contain(seconds))
    })
}

/// Converts a count of the schema's unit to a date and a time of day, for messages.
fn moment(time: i64, wanted: Wanted) -> Option<DateTime> {
    let second = wanted.unit.per_second();
    let nanos = time.rem_euclid(second) * (1_000_000_000 / second);
    date_time(time.div_euclid(second))?
        .checked_add(jiff::SignedDuration::from_nanos(nanos))
        .ok()
}

/// A number without a declared unit that is not a plain integer.
pub(super) fn undeclared(text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
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

/// A number in a declared unit, converted exactly, including its fraction.
pub(super) fn declared(
    digits: &Digits<'_>,
    text: &[u8],
    unit: EpochUnit,
    wanted: Wanted,
    rules: &Rules,
) -> Encoded<i64> {
    let shift = wanted.unit.digits() as i64 - unit.digits() as i64;
    let time = match digits.scaled(shift) {
        Some(number::Scaled::Exact(value)) => value,
        // Rounded towards the past, as fractional digits of a text are cut off.
        Some(number::Scaled::Between(below)) if rules.time_truncate => below,
        // For a number that is too small by a factor of thousands, the unit is the fault to report, not the precision.
        Some(number::Scaled::Between(below)) => {
            in_years(below, text, wanted, rules)?;
            return Err(too_fine(wanted));
        }
        None => return Err(declared_beyond(digits, text, unit, wanted, rules)),
    };
    in_years(time, text, wanted, rules)
}

/// A number in a declared unit that is outside the type's range; it may be in another unit.
#[cold]
fn declared_beyond(
    digits: &Digits<'_>,
    text: &[u8],
    unit: EpochUnit,
    wanted: Wanted,
    rules: &Rules,
) -> Box<Fault> {
    let fault = beyond(wanted);
    if let Some(looks) = human_time::in_number(text, wanted.form(rules)) {
        return fault.with_hint(looks);
    }
    let number = digits.scaled(0).map(|scaled| match scaled {
        number::Scaled::Exact(value) | number::Scaled::Between(value) => i128::from(value),
    });
    // If the declared unit itself fits, the type is the problem and not the unit.
    match number.and_then(|number| unit_that_fits(number, rules)) {
        Some(fits) if fits != unit => fault.with_hint(Hint::OtherEpochUnit { fits }),
        _ => fault,
    }
}
