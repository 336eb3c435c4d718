//! Compiles a format, and refuses one that would read some texts in several ways.

use super::super::FormatError;
use super::layout::Layout;
use super::step::{self, Step, Width};
use super::{DateFormat, Output};

/// A part of a date or a time; a format has each at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekday,
    Hour,
    Half,
    Minute,
    Second,
    Fraction,
    Offset,
}

/// The steps so far, with the part that each reads.
struct Draft {
    pivot: Option<i16>,
    steps: Vec<Read>,
}

/// A step of the format.
struct Read {
    step: Step,
    /// Nothing for literal text.
    part: Option<Part>,
    /// The directive's byte in the format.
    offset: usize,
}

pub(super) fn compile(format: &str, pivot: Option<i16>) -> Result<DateFormat, FormatError> {
    if let Some(pivot) = pivot
        && !(0..=9900).contains(&pivot)
    {
        return error(
            0,
            format!("the first year that `%y` can mean must be between 0 and 9900, not {pivot}"),
        );
    }
    let mut draft = Draft {
        pivot,
        steps: Vec::new(),
    };
    let mut characters = format.char_indices();
    while let Some((offset, character)) = characters.next() {
        if character != '%' {
            draft.put_literal(character, offset);
            continue;
        }
        let rest = characters.as_str();
        if rest.starts_with(".f") {
            draft.put(Step::OptionalFraction, Part::Fraction, offset)?;
            characters.nth(1);
            continue;
        }
        match characters.next() {
            Some((_, directive)) => draft.put_directive(directive, offset, rest)?,
            None => return error(offset, "`%` at the end: write `%%` for a percent sign".to_owned()),
        }
    }
    let output = draft.output()?;
    draft.require_digits()?;
    let steps: Box<[Step]> = draft.steps.iter().map(|read| read.step).collect();
    Ok(DateFormat {
        ordinal: draft.has(Part::DayOfYear),
        halves: draft.has(Part::Half),
        layout: Layout::of(&steps),
        steps,
        output,
        pivot: pivot.unwrap_or(0),
    })
}

fn error<T>(offset: usize, message: String) -> Result<T, FormatError> {
    Err(FormatError { offset, message })
}

impl Draft {
    fn put_literal(&mut self, character: char, offset: usize) {
        let step = match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => Step::Byte(byte),
            _ => Step::Character(character),
        };
        self.steps.push(Read {
            step,
            part: None,
            offset,
        });
    }

    /// Adds a directive; `rest` is the format from its letter on.
    fn put_directive(&mut self, letter: char, offset: usize, rest: &str) -> Result<(), FormatError> {
        let number = |number| Step::Number(number, Width::Free);
        let (step, part) = match letter {
            'Y' => (Step::Year, Part::Year),
            'y' if self.pivot.is_none() => {
                return error(
                    offset,
                    "two digits of a year have several meanings: declare the first year that `%y` can mean"
                        .to_owned(),
                );
            }
            'y' => (Step::ShortYear, Part::Year),
            'm' => (number(step::MONTH), Part::Month),
            'd' => (number(step::DAY), Part::Day),
            'e' => (Step::PaddedDay(Width::Free), Part::Day),
            'j' => (Step::DayOfYear(Width::Free), Part::DayOfYear),
            'b' | 'B' => (Step::MonthName, Part::Month),
            'a' | 'A' => (Step::Weekday, Part::Weekday),
            'H' => (number(step::HOUR), Part::Hour),
            'I' => (number(step::HOUR_OF_HALF), Part::Hour),
            'p' => (Step::Half, Part::Half),
            'M' => (number(step::MINUTE), Part::Minute),
            'S' => (number(step::SECOND), Part::Second),
            'f' => (Step::Fraction, Part::Fraction),
            'z' => (Step::Offset, Part::Offset),
            'F' => return self.put_all("Y-m-d", offset),
            'T' => return self.put_all("H:M:S", offset),
            'D' => return self.put_all("m/d/y", offset),
            '%' => {
                self.put_literal('%', offset);
                return Ok(());
            }
            _ => return error(offset, advice(letter, rest)),
        };
        self.put(step, part, offset)
    }

    /// Adds the directives that one stands for; other characters are literal text.
    fn put_all(&mut self, parts: &str, offset: usize) -> Result<(), FormatError> {
        for character in parts.chars() {
            match character.is_ascii_alphabetic() {
                true => self.put_directive(character, offset, parts)?,
                false => self.put_literal(character, offset),
            }
        }
        Ok(())
    }

    fn put(&mut self, step: Step, part: Part, offset: usize) -> Result<(), FormatError> {
        if self.has(part) {
            return error(offset, format!("the format has {} twice", part.noun()));
        }
        let part = Some(part);
        self.steps.push(Read { step, part, offset });
        Ok(())
    }

    fn has(&self, part: Part) -> bool {
        self.offset_of(part).is_some()
    }

    fn offset_of(&self, part: Part) -> Option<usize> {
        let read = self.steps.iter().find(|read| read.part == Some(part))?;
        Some(read.offset)
    }

    /// Checks that each part has the others that it needs.
    fn output(&self) -> Result<Output, FormatError> {
        use Part::{Day, DayOfYear, Fraction, Half, Hour, Minute, Month, Offset, Second, Weekday, Year};
        self.check_date()?;
        for (part, needed) in [(Minute, Hour), (Second, Minute), (Fraction, Second), (Half, Hour)] {
            if let Some(offset) = self.offset_of(part)
                && !self.has(needed)
            {
                return error(
                    offset,
                    format!("{} needs {}, which the format lacks", part.noun(), needed.noun()),
                );
            }
        }
        let is_of_half =
            |read: &&Read| matches!(read.step, Step::Number(number, _) if number == step::HOUR_OF_HALF);
        let hour_of_half = self.steps.iter().find(is_of_half);
        match (hour_of_half, self.offset_of(Half)) {
            (Some(hour), None) => {
                return error(
                    hour.offset,
                    "`%I` needs `%p` (AM or PM); hours 00-23 are `%H`".to_owned(),
                );
            }
            (None, Some(offset)) => {
                return error(
                    offset,
                    "`%p` belongs to `%I` (hours 01-12), not to `%H`".to_owned(),
                );
            }
            _ => {}
        }
        let has_date = [Year, Month, Day, DayOfYear, Weekday]
            .into_iter()
            .any(|part| self.has(part));
        match (has_date, self.has(Hour), self.offset_of(Offset)) {
            (true, true, _) => Ok(Output::DateAndTime),
            (_, _, Some(offset)) => error(offset, "`%z` needs a date and a time of day".to_owned()),
            (true, false, None) => Ok(Output::Date),
            (false, true, None) => Ok(Output::TimeOfDay),
            (false, false, None) => error(
                0,
                "the format has no date and no time of day; directives begin with `%`, as in `%d/%m/%Y`"
                    .to_owned(),
            ),
        }
    }

    /// Checks that there is a whole date or nothing of one.
    fn check_date(&self) -> Result<(), FormatError> {
        use Part::{Day, DayOfYear, Month, Weekday, Year};
        let parts = [Year, Month, Day, DayOfYear, Weekday];
        let Some(offset) = parts.into_iter().filter_map(|part| self.offset_of(part)).min() else {
            return Ok(());
        };
        let needed = match self.offset_of(DayOfYear) {
            None => [Year, Month, Day].as_slice(),
            Some(_) => {
                let other = [Month, Day].into_iter().find_map(|part| self.offset_of(part));
                if let Some(other) = other {
                    let message =
                        "the day of the year is a whole date with the year: omit the month and the day";
                    return error(other, message.to_owned());
                }
                &[Year]
            }
        };
        match needed.iter().find(|part| !self.has(**part)) {
            Some(missing) => error(
                offset,
                format!("a date needs {}, which the format lacks", missing.noun()),
            ),
            None => Ok(()),
        }
    }

    /// Requires all digits of numbers that nothing separates from others, and refuses a fraction that would include the
    /// number after it.
    fn require_digits(&mut self) -> Result<(), FormatError> {
        let steps: Vec<Step> = self.steps.iter().map(|read| read.step).collect();
        for (index, read) in self.steps.iter_mut().enumerate() {
            // An optional fraction may be nothing.
            let next = steps[index + 1..]
                .iter()
                .find(|step| **step != Step::OptionalFraction);
            let before_digit = next.is_some_and(|next| next.begins_with_digit());
            let after_digit = index > 0 && steps[index - 1].ends_with_digit();
            if matches!(read.step, Step::Fraction | Step::OptionalFraction) && before_digit {
                return error(
                    read.offset,
                    "a fraction includes all digits that follow: no number can come directly after it"
                        .to_owned(),
                );
            }
            if before_digit || after_digit {
                read.step = read.step.exact();
            }
        }
        Ok(())
    }
}

impl Part {
    fn noun(self) -> &'static str {
        match self {
            Part::Year => "the year (`%Y`)",
            Part::Month => "the month (`%m` or `%b`)",
            Part::Day => "the day (`%d`)",
            Part::DayOfYear => "the day of the year (`%j`)",
            Part::Weekday => "the day of the week (`%a`)",
            Part::Hour => "the hour (`%H`)",
            Part::Half => "AM or PM (`%p`)",
            Part::Minute => "the minute (`%M`)",
            Part::Second => "the second (`%S`)",
            Part::Fraction => "the fraction (`%f`)",
            Part::Offset => "the offset (`%z`)",
        }
    }
}

/// What to write in place of a directive that does not exist here.
fn advice(letter: char, rest: &str) -> String {
    let instead = match letter {
        'Z' => {
            "abbreviations of zones are ambiguous; `%z` reads an offset, and the field may declare its zone"
        }
        's' => "a number of seconds is not a date; the field may declare the unit of numbers",
        'h' => "`%H` is the hour, `%b` the name of the month",
        'k' | 'l' => "hours may lack their leading zero: `%H`, or `%I` with `%p`",
        'i' => "minutes are `%M`",
        'P' => "`%p` reads AM or PM in any letter case",
        'N' | 'L' | 'Q' | '.' | '0'..='9' => {
            "fractional digits are `%f`, or `%.f` with the point, however many there are"
        }
        'R' => "write `%H:%M`",
        'r' => "write `%I:%M:%S %p`",
        'c' | 'x' | 'X' | 'v' | '+' => "write its parts, as in `%d/%m/%Y %H:%M:%S`",
        'u' | 'w' => "names of days are `%a`",
        'G' | 'g' | 'U' | 'V' | 'W' => "weeks are not supported; `%Y` is the year",
        'C' => "`%Y` is the year, four digits",
        'n' | 't' => "write the character itself",
        '-' | '_' | '^' | '#' | 'E' | 'O' => {
            let rest: String = rest.chars().skip(1).take(1).collect();
            return format!(
                "`%{letter}{rest}` is not supported: write `%{rest}`, which reads numbers with and without leading \
                 zeros and names in any letter case"
            );
        }
        _ if letter.is_ascii_alphabetic() => {
            let other = match letter.is_ascii_uppercase() {
                true => letter.to_ascii_lowercase(),
                false => letter.to_ascii_uppercase(),
            };
            return match "YymdejbBaAHIpMSfzFTD".contains(other) {
                true => format!("unknown directive `%{letter}`: did you mean `%{other}`?"),
                false => format!("unknown directive `%{letter}`"),
            };
        }
        _ => "write `%%` for a percent sign",
    };
    let letter = crate::escape::printable(letter.encode_utf8(&mut [0; 4]).as_bytes(), 8).into_owned();
    format!("unknown directive `%{letter}`: {instead}")
}
