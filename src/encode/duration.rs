//! Durations: months, days and milliseconds, each an unsigned 32-bit little-endian integer (Avro 1.12 specification,
//! "Duration").

use super::error::{Encoded, Fault, RowErrorKind};
use super::number::{Digits, Scaled};

/// Months, days and milliseconds.
type Parts = [u32; 3];

/// Reads an ISO 8601 duration such as `P1Y2M3DT4H5M6.789S`, or the three numbers `14,3,14706789`.
pub(crate) fn duration(text: &[u8]) -> Encoded<[u8; 12]> {
    let parts = match text.first() {
        Some(b'P') => iso(&text[1..]),
        _ => numbers(text),
    };
    let mut out = [0; 12];
    for (index, part) in parts.ok_or_else(not_a_duration)??.iter().enumerate() {
        out[index * 4..index * 4 + 4].copy_from_slice(&part.to_le_bytes());
    }
    Ok(out)
}

/// Whether the text is an ISO 8601 duration.
pub(super) fn is_text(text: &[u8]) -> bool {
    text.first() == Some(&b'P') && matches!(iso(&text[1..]), Some(Ok(_)))
}

#[cold]
fn not_a_duration() -> Box<Fault> {
    let reason = "expected a duration: ISO 8601 such as `P1M2DT3.004S`, or months, days and milliseconds such as `1,2,3004`";
    Fault::new(RowErrorKind::NotADuration, reason)
}

#[cold]
fn too_long() -> Box<Fault> {
    let reason = "months, days and milliseconds of a duration must each be between 0 and 4294967295";
    Fault::new(RowErrorKind::OutOfRange, reason)
}

#[cold]
fn too_fine() -> Box<Fault> {
    let reason = "months, days and milliseconds of a duration must be whole numbers";
    Fault::new(RowErrorKind::TimePrecision, reason)
}

fn numbers(text: &[u8]) -> Option<Encoded<Parts>> {
    let mut parts = [0; 3];
    let mut texts = text.split(|byte| *byte == b',');
    for part in &mut parts {
        // In a JSON array, blanks may follow the commas.
        let digits = Digits::parse(texts.next()?.trim_ascii())?;
        match whole(&digits, 0) {
            Ok(value) => match u32::try_from(value) {
                Ok(value) => *part = value,
                Err(_) => return Some(Err(too_long())),
            },
            Err(fault) => return Some(Err(fault)),
        }
    }
    texts.next().is_none().then_some(Ok(parts))
}

/// Each letter with its part and its factor, in the order required.
const DATE: [(u8, usize, u64); 4] = [(b'Y', 0, 12), (b'M', 0, 1), (b'W', 1, 7), (b'D', 1, 1)];
const TIME: [(u8, usize, u64); 3] = [(b'H', 2, 3_600_000), (b'M', 2, 60_000), (b'S', 2, 1_000)];

/// Parses what follows the `P`; none if it does not have that form.
fn iso(text: &[u8]) -> Option<Encoded<Parts>> {
    let mut letters = &DATE[..];
    let mut sums = [0u64; 3];
    let mut rest = text;
    let mut any = false;
    let mut in_time = false;
    while !rest.is_empty() {
        if rest[0] == b'T' && !in_time {
            (letters, in_time, any) = (&TIME[..], true, false);
            rest = &rest[1..];
            continue;
        }
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .count();
        let letter = *rest.get(length)?;
        let place = letters.iter().position(|(known, _, _)| *known == letter)?;
        let (_, part, factor) = letters[place];
        let digits = Digits::parse(&rest[..length])?;
        // Only the seconds may have a fraction, down to the millisecond.
        let counted = match factor {
            1_000 => whole(&digits, 3),
            _ => whole(&digits, 0).map(|value| value.saturating_mul(factor)),
        };
        match counted {
            Ok(value) => sums[part] = sums[part].saturating_add(value),
            Err(fault) => return Some(Err(fault)),
        }
        letters = &letters[place + 1..];
        rest = &rest[length + 1..];
        any = true;
    }
    // `P` or `PT` alone is not a duration.
    if !any {
        return None;
    }
    let mut parts = [0; 3];
    for (part, sum) in parts.iter_mut().zip(sums) {
        match u32::try_from(sum) {
            Ok(sum) => *part = sum,
            Err(_) => return Some(Err(too_long())),
        }
    }
    Some(Ok(parts))
}

/// An unsigned number, times ten to the power of `shift`.
fn whole(digits: &Digits<'_>, shift: i64) -> Encoded<u64> {
    match digits.scaled(shift) {
        Some(Scaled::Exact(value)) => u64::try_from(value).map_err(|_| too_long()),
        Some(Scaled::Between(_)) => Err(too_fine()),
        None => Err(too_long()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RowErrorKind::{NotADuration, OutOfRange, TimePrecision};

    fn parts(text: &str) -> Result<Parts, RowErrorKind> {
        let bytes = duration(text.as_bytes()).map_err(|fault| fault.kind)?;
        Ok([0, 4, 8].map(|at| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())))
    }

    #[test]
    fn durations_are_three_numbers() {
        let table = [
            ("P1Y2M3DT4H5M6.789S", Ok([14, 3, 14_706_789])),
            ("P1M", Ok([1, 0, 0])),
            ("P2W", Ok([0, 14, 0])),
            ("PT0S", Ok([0, 0, 0])),
            ("PT1M", Ok([0, 0, 60_000])),
            ("PT0.0010S", Ok([0, 0, 1])),
            ("P0DT4294967.295S", Ok([0, 0, u32::MAX])),
            ("1,2,3", Ok([1, 2, 3])),
            ("1, 2, 3", Ok([1, 2, 3])),
            ("4294967295,4294967295,4294967295", Ok([u32::MAX; 3])),
            ("4294967296,0,0", Err(OutOfRange)),
            ("-1,0,0", Err(OutOfRange)),
            ("1.5,0,0", Err(TimePrecision)),
            ("P4294967296D", Err(OutOfRange)),
            ("P400000000Y", Err(OutOfRange)),
            ("P99999999999999999999Y", Err(OutOfRange)),
            ("PT0.0001S", Err(TimePrecision)),
            ("P1.5D", Err(TimePrecision)),
            ("-P1D", Err(NotADuration)),
            ("P-1D", Err(NotADuration)),
            ("P", Err(NotADuration)),
            ("PT", Err(NotADuration)),
            ("P1DT", Err(NotADuration)),
            ("P1D2M", Err(NotADuration)),
            ("P1H", Err(NotADuration)),
            ("PT1D", Err(NotADuration)),
            ("1,2", Err(NotADuration)),
            ("1,2,3,4", Err(NotADuration)),
            ("1 day", Err(NotADuration)),
            ("", Err(NotADuration)),
        ];
        for (text, expected) in table {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
