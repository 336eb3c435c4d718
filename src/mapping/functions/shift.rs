//! Times that are moved to the present, for a replay.

use jiff::fmt::StdIoWrite;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use super::{FunctionFault, FunctionFaultKind, shown, utf8};

/// A duration that is added to every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeShift {
    by: SignedDuration,
    /// The fractional digits of the duration's seconds.
    digits: usize,
}

impl TimeShift {
    /// The shift by which `first`, an RFC 3339 time, becomes `start`. Of that, whole milliseconds count.
    ///
    /// # Errors
    /// `first` is not such a time.
    pub fn new(first: &str, start: Timestamp) -> Result<TimeShift, Box<FunctionFault>> {
        let (first, digits) = parse(first.as_bytes())?;
        let start = Timestamp::from_millisecond(start.as_millisecond()).unwrap_or(start);
        Ok(TimeShift {
            by: start.duration_since(first),
            digits: digits.max(3),
        })
    }

    /// Appends an RFC 3339 time, moved, in UTC. All fractional digits are kept.
    ///
    /// # Errors
    /// The text is not such a time, or the moved time is after the year 9999. Then `out` is unchanged.
    pub fn append(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
        let (time, digits) = parse(text)?;
        let Ok(moved) = time.checked_add(self.by) else {
            let reason = format!("moved to the present, {} is out of range", shown(text));
            return Err(FunctionFault::new(FunctionFaultKind::OutOfRange, reason));
        };
        let printer = DateTimePrinter::new().precision(Some(digits.max(self.digits) as u8));
        let printed = printer.print_timestamp(&moved, StdIoWrite(out));
        printed.expect("memory can be written");
        Ok(())
    }
}

/// The time, and the number of its fractional digits.
fn parse(text: &[u8]) -> Result<(Timestamp, usize), Box<FunctionFault>> {
    let written = utf8(text)?;
    let time = written.parse::<Timestamp>().map_err(|_| {
        FunctionFault::new(
            FunctionFaultKind::NotATime,
            "expected an RFC 3339 time with at most 9 fractional digits, such as 2014-03-10T10:00:05.516Z",
        )
    })?;
    let fraction = written
        .split_once(['.', ','])
        .map_or("", |(_, fraction)| fraction);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    Ok((time, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(first: &str, text: &str) -> Result<String, FunctionFaultKind> {
        let start: Timestamp = "2026-11-26T15:00:00.2507Z".parse().unwrap();
        let shift = TimeShift::new(first, start).map_err(|fault| fault.kind)?;
        let mut out = b"kept".to_vec();
        let result = shift.append(text.as_bytes(), &mut out);
        assert!(out.starts_with(b"kept") && (result.is_ok() || out.len() == 4));
        result.map_err(|fault| fault.kind)?;
        Ok(String::from_utf8(out.split_off(4)).unwrap())
    }

    #[test]
    fn times_are_as_long_after_the_start_as_they_were_after_the_first() {
        let first = "2014-03-10T10:00:00Z";
        let table = [
            (first, first, "2026-11-26T15:00:00.250Z"),
            (first, "2014-03-10T10:00:05.516Z", "2026-11-26T15:00:05.766Z"),
            (
                first,
                "2014-03-10T10:00:05.516123456Z",
                "2026-11-26T15:00:05.766123456Z",
            ),
            (first, "2014-03-10T21:00:00.5+11:00", "2026-11-26T15:00:00.750Z"),
            (first, "2014-03-10T09:59:59Z", "2026-11-26T14:59:59.250Z"),
            (
                "2014-03-10T10:00:00.0000004Z",
                first,
                "2026-11-26T15:00:00.2499996Z",
            ),
            ("2014-03-10T21:00:00+11:00", first, "2026-11-26T15:00:00.250Z"),
        ];
        for (first, text, expected) in table {
            assert_eq!(shifted(first, text).as_deref(), Ok(expected), "{first} {text}");
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        let first = "2014-03-10T10:00:00Z";
        for text in [
            "",
            "x",
            "10:00",
            "2014-03-10",
            "1394445605516",
            "2014-03-10T10:00:05",
        ] {
            assert_eq!(shifted(first, text), Err(FunctionFaultKind::NotATime), "{text}");
            assert_eq!(shifted(text, first), Err(FunctionFaultKind::NotATime), "{text}");
        }
        let late = shifted(first, "9990-01-01T00:00:00Z");
        assert_eq!(late, Err(FunctionFaultKind::OutOfRange));
    }
}
