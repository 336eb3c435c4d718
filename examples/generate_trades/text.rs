//! Appends numbers, times and texts to a buffer in the syntax of CSV and JSON, without allocating.

const MICROS_PER_DAY: u64 = 86_400_000_000;

/// The number of fraction digits of a timestamp.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    Millis,
    Micros,
}

/// Appends the decimal digits of `value`.
pub(crate) fn append_integer(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends `value` with leading zeros up to `width` digits.
pub(crate) fn append_padded(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Appends `units` of 10^-`scale`, with at least `at_least` fraction digits but no further trailing zeros.
pub(crate) fn append_decimal(out: &mut Vec<u8>, units: u64, scale: usize, at_least: usize) {
    let one = 10_u64.pow(scale as u32);
    append_integer(out, units / one);
    if at_least == 0 && units.is_multiple_of(one) {
        return;
    }
    out.push(b'.');
    let fraction = out.len();
    append_padded(out, units % one, scale);
    while out.len() > fraction + at_least && out.last() == Some(&b'0') {
        out.pop();
    }
}

/// Appends microseconds since 1970 as RFC 3339 text in UTC.
pub(crate) fn append_timestamp(out: &mut Vec<u8>, micros: u64, precision: Precision) {
    append_date(out, micros / MICROS_PER_DAY, b"-");
    let of_day = micros % MICROS_PER_DAY;
    let second = of_day / 1_000_000;
    out.push(b'T');
    append_padded(out, second / 3_600, 2);
    out.push(b':');
    append_padded(out, second / 60 % 60, 2);
    out.push(b':');
    append_padded(out, second % 60, 2);
    out.push(b'.');
    match precision {
        Precision::Millis => append_padded(out, of_day % 1_000_000 / 1_000, 3),
        Precision::Micros => append_padded(out, of_day % 1_000_000, 6),
    }
    out.push(b'Z');
}

/// Appends the date `days` after 1970-01-01, its parts separated by `separator`.
pub(crate) fn append_date(out: &mut Vec<u8>, days: u64, separator: &[u8]) {
    // Years that start in March have the leap day at their end, so the start of a month is a simple product.
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    append_padded(out, year, 4);
    out.extend_from_slice(separator);
    append_padded(out, month, 2);
    out.extend_from_slice(separator);
    append_padded(out, day, 2);
}

/// Appends `text` as one CSV cell, quoted if RFC 4180 requires it.
pub(crate) fn append_csv_cell(out: &mut Vec<u8>, text: &str) {
    if !text
        .bytes()
        .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
    {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Appends `text` as a JSON string. The generator's texts contain no control characters.
pub(crate) fn append_json_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(append: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        append(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_keep_their_digits() {
        for (units, at_least, text) in [
            (40_200_000, 1, "40.2"),
            (40_200_000, 2, "40.20"),
            (40_205_000, 6, "40.205000"),
            (40_201_567, 2, "40.201567"),
            (32_000, 3, "0.032"),
            (5_000_000, 0, "5"),
            (5_100_000, 0, "5.1"),
        ] {
            assert_eq!(written(|out| append_decimal(out, units, 6, at_least)), text);
        }
    }

    #[test]
    fn timestamps_are_rfc_3339_in_utc() {
        for (micros, precision, text) in [
            (0, Precision::Millis, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, Precision::Millis, "2000-02-29T00:00:00.000Z"),
            (
                1_394_445_605_516_999,
                Precision::Millis,
                "2014-03-10T10:00:05.516Z",
            ),
            (
                1_735_689_599_999_999,
                Precision::Micros,
                "2024-12-31T23:59:59.999999Z",
            ),
        ] {
            assert_eq!(written(|out| append_timestamp(out, micros, precision)), text);
        }
    }

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        let text = r#"ASX, "Sydney""#;
        assert_eq!(written(|out| append_csv_cell(out, text)), r#""ASX, ""Sydney""""#);
        assert_eq!(written(|out| append_csv_cell(out, "A")), "A");
        assert_eq!(written(|out| append_json_text(out, text)), r#""ASX, \"Sydney\"""#);
    }
}
