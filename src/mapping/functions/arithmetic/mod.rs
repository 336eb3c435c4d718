//! Exact arithmetic with decimal texts: nothing passes through a float, and nothing is rounded.
//!
//! Operands are what a decimal field reads: `[+-] digits [. digits] [e [+-] digits]`, where one of the two digit
//! sequences may be absent. Results are plain: no exponent, no plus sign, no superfluous leading zeros, and zero has no
//! sign. The number of digits after the decimal point is the larger one of both operands for a sum or a difference, and
//! the sum of both for a product: `40.20` + `1` is `41.20`.
//!
//! An operand may have up to 1,000 digits before the decimal point and 1,000 after it, once its exponent is applied;
//! `1e999999999` is rejected, not expanded. Numbers beyond 128 bits allocate.

mod operand;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use super::FunctionFault;
use operand::Operand;

/// Appends `left + right`.
///
/// # Errors
/// An operand is not a number or has too many digits. Then `out` is unchanged.
pub fn add(left: &[u8], right: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let (left, right) = (Operand::parse(left)?, Operand::parse(right)?);
    let scale = left.scale.max(right.scale);
    let narrow = |operand: &Operand<'_>| operand.narrow(scale);
    match narrow(&left).and_then(|sum| sum.checked_add(narrow(&right)?)) {
        Some(sum) => put_narrow(sum, scale, out),
        None => put_wide(&(left.wide(scale) + right.wide(scale)), scale, out),
    }
    Ok(())
}

/// Appends `left - right`.
///
/// # Errors
/// As for [`add`].
pub fn subtract(left: &[u8], right: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let (left, right) = (Operand::parse(left)?, Operand::parse(right)?);
    let scale = left.scale.max(right.scale);
    let narrow = |operand: &Operand<'_>| operand.narrow(scale);
    match narrow(&left).and_then(|difference| difference.checked_sub(narrow(&right)?)) {
        Some(difference) => put_narrow(difference, scale, out),
        None => put_wide(&(left.wide(scale) - right.wide(scale)), scale, out),
    }
    Ok(())
}

/// Appends `left * right`.
///
/// # Errors
/// As for [`add`].
pub fn multiply(left: &[u8], right: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let (left, right) = (Operand::parse(left)?, Operand::parse(right)?);
    let scale = left.scale + right.scale;
    let narrow = |operand: &Operand<'_>| operand.narrow(operand.scale);
    match narrow(&left).and_then(|left| product(left, narrow(&right)?)) {
        Some(product) => put_narrow(product, scale, out),
        None => put_wide(&(left.wide(left.scale) * right.wide(right.scale)), scale, out),
    }
    Ok(())
}

#[inline]
fn product(left: i128, right: i128) -> Option<i128> {
    match (i64::try_from(left), i64::try_from(right)) {
        // Cannot overflow, and one multiplication is much faster than a checked one of 128 bits.
        (Ok(left), Ok(right)) => Some(i128::from(left) * i128::from(right)),
        _ => left.checked_mul(right),
    }
}

/// Appends the number with the opposite sign.
///
/// # Errors
/// As for [`add`].
pub fn negate(text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    let mut operand = Operand::parse(text)?;
    operand.negative = !operand.negative;
    put(&operand, out);
    Ok(())
}

/// Appends the same number without an exponent.
///
/// # Errors
/// As for [`add`].
pub(super) fn plain(text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
    put(&Operand::parse(text)?, out);
    Ok(())
}

/// Compares the numbers, regardless of how they are written: `1.0` is equal to `1`.
///
/// # Errors
/// As for [`add`].
pub fn compare(left: &[u8], right: &[u8]) -> Result<Ordering, Box<FunctionFault>> {
    let (left, right) = (Operand::parse(left)?, Operand::parse(right)?);
    let scale = left.scale.max(right.scale);
    Ok(match (left.narrow(scale), right.narrow(scale)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.wide(scale).cmp(&right.wide(scale)),
    })
}

fn put(operand: &Operand<'_>, out: &mut Vec<u8>) {
    match operand.narrow(operand.scale) {
        Some(number) => put_narrow(number, operand.scale, out),
        None => put_wide(&operand.wide(operand.scale), operand.scale, out),
    }
}

fn put_narrow(unscaled: i128, scale: usize, out: &mut Vec<u8>) {
    // 2^127 has 39 digits.
    let mut digits = [0; 39];
    let mut first = digits.len();
    let mut rest = unscaled.unsigned_abs();
    // Dividing 64 bits is several times as fast.
    while rest > u128::from(u64::MAX) {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut rest = rest as u64;
    while rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    put_digits(unscaled < 0, &digits[first..], scale, out);
}

#[cold]
fn put_wide(unscaled: &BigInt, scale: usize, out: &mut Vec<u8>) {
    let digits = unscaled.magnitude().to_string();
    let digits = digits.trim_start_matches('0');
    put_digits(unscaled.sign() == Sign::Minus, digits.as_bytes(), scale, out);
}

/// Appends a number whose last `scale` digits are after the decimal point; `digits` has no leading zeros.
fn put_digits(negative: bool, digits: &[u8], scale: usize, out: &mut Vec<u8>) {
    if negative && !digits.is_empty() {
        out.push(b'-');
    }
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    out.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
    if scale > 0 {
        out.push(b'.');
        out.extend(std::iter::repeat_n(b'0', scale - fraction.len()));
        out.extend_from_slice(fraction);
    }
}
