//! What a compiled format reads, step by step.

/// One step of reading a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// This ASCII character.
    Byte(u8),
    /// This other character.
    Character(char),
    /// Four digits.
    Year,
    /// Two digits.
    ShortYear,
    /// A number of up to two digits.
    Number(Number, Width),
    /// The day with a blank in place of a leading zero.
    PaddedDay(Width),
    /// Up to three digits.
    DayOfYear(Width),
    MonthName,
    Weekday,
    /// AM or PM.
    Half,
    /// Fractional digits.
    Fraction,
    /// A point and fractional digits, or nothing.
    OptionalFraction,
    Offset,
}

/// Whether a number may lack its leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// All digits are required, because nothing separates the number from the one next to it.
    Exact,
    /// Leading zeros may be missing.
    Free,
}

/// A number of two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// The place in [`super::read::Parts::numbers`].
    pub(super) place: u8,
    pub(super) min: u8,
    pub(super) max: u8,
}

pub(super) const MONTH: Number = number(0, 1, 12);
pub(super) const DAY: Number = number(1, 1, 31);
pub(super) const HOUR: Number = number(2, 0, 23);
pub(super) const HOUR_OF_HALF: Number = number(2, 1, 12);
pub(super) const MINUTE: Number = number(3, 0, 59);
pub(super) const SECOND: Number = number(4, 0, 59);

const fn number(place: u8, min: u8, max: u8) -> Number {
    Number { place, min, max }
}

impl Number {
    /// The word for messages.
    pub(super) fn noun(self) -> &'static str {
        ["month", "day", "hour", "minute", "second"][usize::from(self.place)]
    }
}

impl Step {
    /// Whether the step's text begins with a digit.
    pub(super) fn begins_with_digit(self) -> bool {
        match self {
            Step::Byte(byte) => byte.is_ascii_digit(),
            Step::Year
            | Step::ShortYear
            | Step::Number(..)
            | Step::PaddedDay(_)
            | Step::DayOfYear(_)
            | Step::Fraction => true,
            Step::Character(_)
            | Step::MonthName
            | Step::Weekday
            | Step::Half
            | Step::OptionalFraction
            | Step::Offset => false,
        }
    }

    /// Whether the step's text can end with a digit.
    pub(super) fn ends_with_digit(self) -> bool {
        matches!(self, Step::OptionalFraction | Step::Offset) || self.begins_with_digit()
    }

    /// The same step, with all digits required.
    pub(super) fn exact(self) -> Step {
        match self {
            Step::Number(number, _) => Step::Number(number, Width::Exact),
            Step::PaddedDay(_) => Step::PaddedDay(Width::Exact),
            Step::DayOfYear(_) => Step::DayOfYear(Width::Exact),
            other => other,
        }
    }
}
