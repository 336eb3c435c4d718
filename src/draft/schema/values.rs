//! What is known of the scalar values of a column or of a JSON key.

use crate::encode::{PossibleType, PossibleTypes, decimal_digits, is_integer};

/// The most bytes of a value that is kept as an example.
const EXAMPLE: usize = 40;

/// Some texts, or some numbers of JSON.
#[derive(Debug, Clone)]
pub(super) struct Values {
    pub(super) count: u64,
    pub(super) possible: PossibleTypes,
    /// How many are integers without leading zeros, of any size.
    pub(super) integers: u64,
    /// How many are other decimal numbers.
    pub(super) decimals: u64,
    /// The largest number of digits before and after the point.
    pub(super) whole: usize,
    pub(super) fraction: usize,
    /// The smallest and the largest integer, while all values are integers of 64 bits.
    pub(super) range: Option<(i64, i64)>,
    /// The longest value, in bytes.
    pub(super) longest: usize,
    /// The first value.
    pub(super) example: Option<String>,
    /// The first value that is not a number.
    pub(super) other: Option<String>,
    /// The first value with leading zeros.
    pub(super) padded: Option<String>,
}

impl Default for Values {
    fn default() -> Values {
        Values {
            count: 0,
            possible: PossibleTypes::all(),
            integers: 0,
            decimals: 0,
            whole: 0,
            fraction: 0,
            range: None,
            longest: 0,
            example: None,
            other: None,
            padded: None,
        }
    }
}

impl Values {
    pub(super) fn add(&mut self, text: &[u8]) {
        self.count += 1;
        self.possible.narrow(text);
        self.longest = self.longest.max(text.len());
        if self.example.is_none() {
            self.example = Some(shown(text));
        }
        let Some((whole, fraction)) = decimal_digits(text) else {
            let is_padded = text.len() > 1 && text[0] == b'0' && text.iter().all(u8::is_ascii_digit);
            let kept = if is_padded {
                &mut self.padded
            } else {
                &mut self.other
            };
            if kept.is_none() {
                *kept = Some(shown(text));
            }
            return;
        };
        self.whole = self.whole.max(whole);
        self.fraction = self.fraction.max(fraction);
        match is_integer(text) {
            true => self.integers += 1,
            false => self.decimals += 1,
        }
        if self.possible.contains(PossibleType::Long)
            && let Some(value) = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok())
        {
            let (least, most) = self.range.unwrap_or((value, value));
            self.range = Some((least.min(value), most.max(value)));
        }
    }

    /// Adds what is known of other values.
    pub(super) fn merge(&mut self, other: Values) {
        self.count += other.count;
        self.possible.intersect(&other.possible);
        self.integers += other.integers;
        self.decimals += other.decimals;
        self.whole = self.whole.max(other.whole);
        self.fraction = self.fraction.max(other.fraction);
        self.range = match (self.range, other.range) {
            (Some((least, most)), Some((lower, upper))) => Some((least.min(lower), most.max(upper))),
            (one, another) => one.or(another),
        };
        self.longest = self.longest.max(other.longest);
        self.example = self.example.take().or(other.example);
        self.other = self.other.take().or(other.other);
        self.padded = self.padded.take().or(other.padded);
    }
}

fn shown(text: &[u8]) -> String {
    crate::escape::printable(text, EXAMPLE).into_owned()
}
