//! Timestamps from numbers: the unit that they count, and the years that they must lie within.

use jiff::civil::DateTime;

use super::{Clock, Wanted, beyond, date_time, too_fine, with_hint};
use crate::encode::error::{Encoded, Fault, RowErrorKind};
use crate::encode::hint::Hint;
use crate::encode::human_time;
use crate::encode::number::{self, Digits};
use crate::mapping::rules::{EpochUnit, Rules};

/// A number is taken for a time only where it lies within the years of the rules.
#[inline]
pub(super) fn in_years(time: i64, text: &[u8], wanted: Wanted, rules: &Rules) -> Encoded<i64> {
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

/// The unit in which a number lies within the years of the rules.
fn unit_that_fits(number: i128, rules: &Rules) -> Option<EpochUnit> {
    EpochUnit::ALL.into_iter().find(|unit| {
        let seconds = number.div_euclid(i128::from(unit.per_second()));
        i64::try_from(seconds).is_ok_and(|seconds| rules.epoch_years.contain(seconds))
    })
}

/// The date and time of day that a count of the schema's unit is, for messages.
fn moment(time: i64, wanted: Wanted) -> Option<DateTime> {
    let second = wanted.unit.per_second();
    let nanos = time.rem_euclid(second) * (1_000_000_000 / second);
    date_time(time.div_euclid(second))?
        .checked_add(jiff::SignedDuration::from_nanos(nanos))
        .ok()
}

/// A number whose unit nobody has declared, in other than the plainest form.
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

/// A number in a declared unit, exactly: its fraction counts too.
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
        // Towards the past, as the digits of a text are cut off.
        Some(number::Scaled::Between(below)) if rules.time_truncate => below,
        // A number that is too small by a factor of thousands is not too fine.
        Some(number::Scaled::Between(below)) => {
            in_years(below, text, wanted, rules)?;
            return Err(too_fine(wanted));
        }
        None => return Err(declared_beyond(digits, text, unit, wanted, rules)),
    };
    in_years(time, text, wanted, rules)
}

/// A number in a declared unit that is beyond what the type holds; it may be one of another unit.
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
    // Where the declared unit itself fits, the type is at fault and not the unit.
    match number.and_then(|number| unit_that_fits(number, rules)) {
        Some(fits) if fits != unit => fault.with_hint(Hint::OtherEpochUnit { fits, read: unit }),
        _ => fault,
    }
}
