//! Formats of fixed width, such as `%d/%m/%Y %H:%M:%S%.f`: each part is at the same place in every text that has its
//! leading zeros, so no step depends on the one before it.
//!
//! Measured for that format in a release build: 29 ns in place of 51 ns step by step.

use super::Output;
use super::step::{HOUR_OF_HALF, Step};

/// The places of the parts in a text, and in `YYYY-MM-DDThh:mm:ss`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    numbers: Box<[Place]>,
    /// Characters of the format, by their place.
    literals: Box<[(u8, u8)]>,
    /// The length of the text without its fraction.
    width: usize,
    fraction: Fraction,
}

/// A number of two digits; a year is two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    from: u8,
    to: u8,
    min: u8,
    max: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fraction {
    None,
    /// Digits follow.
    Digits,
    /// A point and digits follow, or nothing.
    Optional,
}

impl Layout {
    /// The layout of texts that the steps read; none if they have no fixed width.
    pub(super) fn of(steps: &[Step]) -> Option<Layout> {
        let mut numbers = Vec::new();
        let mut literals = Vec::new();
        let mut width = 0;
        let (fraction, fixed) = match steps {
            [fixed @ .., Step::Fraction] => (Fraction::Digits, fixed),
            [fixed @ .., Step::OptionalFraction] => (Fraction::Optional, fixed),
            _ => (Fraction::None, steps),
        };
        for step in fixed {
            let mut number = |from: u8, to: u8, min: u8, max: u8| numbers.push(Place { from, to, min, max });
            // Its end must be within a byte too.
            let at = u8::try_from(width).ok().filter(|at| *at < 250)?;
            match *step {
                Step::Byte(byte) => {
                    literals.push((at, byte));
                    width += 1;
                }
                Step::Year => {
                    number(at, 0, 0, 99);
                    number(at + 2, 2, 0, 99);
                    width += 4;
                }
                Step::Number(part, _) if part != HOUR_OF_HALF => {
                    number(
                        at,
                        [5, 8, 11, 14, 17][usize::from(part.place)],
                        part.min,
                        part.max,
                    );
                    width += 2;
                }
                _ => return None,
            }
        }
        Some(Layout {
            numbers: numbers.into(),
            literals: literals.into(),
            width,
            fraction,
        })
    }

    /// Appends what the text says in ISO 8601. False, and nothing is appended, if the text must be read step by step:
    /// because a leading zero is missing, the day may not exist, or it does not follow the format.
    #[inline]
    pub(super) fn append(&self, output: Output, text: &[u8], out: &mut Vec<u8>) -> bool {
        let Some((fixed, rest)) = text.split_at_checked(self.width) else {
            return false;
        };
        let fraction = match (self.fraction, rest) {
            (Fraction::None | Fraction::Optional, []) => rest,
            (Fraction::Digits, digits) | (Fraction::Optional, [b'.', digits @ ..])
                if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) =>
            {
                digits
            }
            _ => return false,
        };
        let mut iso = *b"0000-01-01T00:00:00";
        let mut fits = true;
        for place in &self.numbers {
            let (from, to) = (usize::from(place.from), usize::from(place.to));
            let (tens, ones) = (fixed[from].wrapping_sub(b'0'), fixed[from + 1].wrapping_sub(b'0'));
            let number = tens.wrapping_mul(10).wrapping_add(ones);
            fits &= tens <= 9 && ones <= 9 && place.min <= number && number <= place.max;
            iso[to] = fixed[from];
            iso[to + 1] = fixed[from + 1];
        }
        for (at, byte) in &self.literals {
            fits &= fixed[usize::from(*at)] == *byte;
        }
        // Every month has 28 days.
        if !fits || iso[8..10] > b"28"[..] {
            return false;
        }
        output.put(&iso, fraction, out);
        true
    }
}
