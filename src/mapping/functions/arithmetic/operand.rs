//! A decimal text as digits and a scale.

use num_bigint::{BigInt, BigUint, Sign};

use super::super::{FunctionFault, FunctionFaultKind, shown};

/// Maximum number of digits on each side of the decimal point. The time for a product grows with their square.
const MAX_DIGITS: usize = 1000;

/// A number: all digits of `whole` and `fraction`, then `zeros`, of which the last `scale` are after the decimal point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand<'t> {
    pub(super) negative: bool,
    /// Digits before the decimal point of the text, without leading zeros.
    whole: &'t [u8],
    fraction: &'t [u8],
    /// Zeros that the exponent appends.
    zeros: usize,
    pub(super) scale: usize,
}

impl<'t> Operand<'t> {
    #[inline]
    pub(super) fn parse(text: &'t [u8]) -> Result<Operand<'t>, Box<FunctionFault>> {
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (whole, rest) = digits(unsigned);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => digits(rest),
            _ => (&rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(not_a_number(text));
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest).ok_or_else(|| not_a_number(text))?,
            _ => return Err(not_a_number(text)),
        };
        let leading = whole.iter().take_while(|digit| **digit == b'0').count();
        let whole = &whole[leading..];
        let scale = fraction.len() as i64 - exponent;
        let is_zero = || whole.iter().chain(fraction).all(|digit| *digit == b'0');
        // Zero stays zero, however large the exponent is.
        let zeros = if scale < 0 && is_zero() {
            0
        } else {
            (-scale).max(0)
        };
        let scale = scale.max(0);
        let before_point = whole.len() as i64 + exponent.max(0);
        if scale > MAX_DIGITS as i64 || (before_point > MAX_DIGITS as i64 && !is_zero()) {
            return Err(too_many_digits(text));
        }
        Ok(Operand {
            negative,
            whole,
            fraction,
            zeros: zeros as usize,
            scale: scale as usize,
        })
    }

    /// The number times ten to the power of `scale`, which is at least its own; none if it exceeds 128 bits.
    #[inline]
    pub(super) fn narrow(&self, scale: usize) -> Option<i128> {
        let all = || self.whole.iter().chain(self.fraction);
        let power = self.zeros + scale - self.scale;
        let magnitude = if self.whole.len() + self.fraction.len() + power <= 18 {
            // 64 bits are faster.
            let number = all().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
            i128::from(number * 10i64.pow(power as u32))
        } else {
            let number = all().try_fold(0i128, |number, digit| {
                number.checked_mul(10)?.checked_add(i128::from(digit - b'0'))
            })?;
            match number {
                0 => 0,
                _ => number.checked_mul(10i128.checked_pow(u32::try_from(power).ok()?)?)?,
            }
        };
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// Like [`Operand::narrow`], for a number of any size.
    #[cold]
    pub(super) fn wide(&self, scale: usize) -> BigInt {
        let power = self.zeros + scale - self.scale;
        let all = self.whole.iter().chain(self.fraction).map(|digit| digit - b'0');
        let digits: Vec<u8> = all.chain(std::iter::repeat_n(0, power)).collect();
        let magnitude = BigUint::from_radix_be(&digits, 10).expect("all digits are below 10");
        BigInt::from_biguint(if self.negative { Sign::Minus } else { Sign::Plus }, magnitude)
    }
}

#[inline]
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// The power of ten after `e`, clamped to a value far beyond the limit.
fn exponent(text: &[u8]) -> Option<i64> {
    let (sign, unsigned) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let (all, rest) = digits(unsigned);
    if all.is_empty() || !rest.is_empty() {
        return None;
    }
    let size = all.iter().fold(0i64, |size, digit| {
        (size * 10 + i64::from(digit - b'0')).min(1 << 40)
    });
    Some(sign * size)
}

#[cold]
fn not_a_number(text: &[u8]) -> Box<FunctionFault> {
    let reason = format!("expected a number, found `{}`", shown(text));
    FunctionFault::new(FunctionFaultKind::NotANumber, reason)
}

#[cold]
fn too_many_digits(text: &[u8]) -> Box<FunctionFault> {
    let reason = format!(
        "`{}` has more than {MAX_DIGITS} digits before or after the decimal point",
        shown(text)
    );
    FunctionFault::new(FunctionFaultKind::OutOfRange, reason)
}
