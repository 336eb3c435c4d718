//! Dates and times in the format that a file uses, converted to ISO 8601.

mod compile;
mod explain;
mod layout;
mod names;
mod read;
mod step;
#[cfg(test)]
mod tests;

use super::{FormatError, FunctionFault};
use layout::Layout;
use read::{Offset, Parts};
use step::Step;

/// A compiled format in the notation of `strptime` (POSIX.1-2024, `strptime`), with English names.
///
/// | directive | text |
/// |---|---|
/// | `%Y` | year, four digits |
/// | `%y` | year, two digits; which hundred years they are of must be declared |
/// | `%m`, `%d` | month 01-12, day 01-31 |
/// | `%e` | day, with a blank in place of a leading zero |
/// | `%j` | day of the year, 001-366 |
/// | `%b`, `%B` | name of the month, abbreviated to three letters or in full, in any letter case |
/// | `%a`, `%A` | day of the week, likewise; it must be that of the date |
/// | `%H`, `%M`, `%S` | hour 00-23, minute, second 00-59 |
/// | `%I`, `%p` | hour 01-12, with AM or PM in any letter case |
/// | `%f` | fractional digits of the second, any number of them |
/// | `%.f` | a point and such digits, or nothing |
/// | `%z` | offset: `+hhmm`, `+hh:mm` or `Z` |
/// | `%F`, `%T`, `%D` | `%Y-%m-%d`, `%H:%M:%S`, `%m/%d/%y` |
/// | `%%` | a percent sign |
///
/// Everything else is literal text. A number may lack its leading zeros, except `%Y`, `%y` and a number next to another
/// one without a separator: `%H%M%S` does not read `93000` or `12345`, which have several meanings.
///
/// Differences from `strptime`: a blank matches exactly one blank, a leap second (60) and a day that does not exist are
/// rejected, and nothing may follow. `%f` keeps all digits, where Python reads at most 6 and jiff at most 9. For Python
/// and jiff, `%b` and `%a` are only the abbreviated names and `%B` and `%A` only the full ones; jiff reads an offset with
/// a colon as `%:z`.
///
/// ```
/// use k2_produce::mapping::functions::DateFormat;
///
/// let format = DateFormat::compile("%d/%m/%Y %H:%M:%S%.f", None)?;
/// let mut iso = Vec::new();
/// format.append(b"10/03/2014 10:00:05.516", &mut iso)?;
/// assert_eq!(iso, b"2014-03-10T10:00:05.516");
///
/// let fault = format.append(b"03/13/2014 10:00:05", &mut iso).unwrap_err();
/// assert_eq!(fault.reason, "`13` at position 4 is not a month (01-12)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat {
    steps: Box<[Step]>,
    /// How most texts are read, if the format has a fixed width.
    layout: Option<Layout>,
    output: Output,
    /// The first year that `%y` can mean.
    pivot: i16,
    /// Whether the date comes from the day of the year.
    ordinal: bool,
    /// Whether the hour is one of twelve.
    halves: bool,
}

/// The parts that a format has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    Date,
    TimeOfDay,
    DateAndTime,
}

impl Output {
    /// Appends the parts that the format has of `YYYY-MM-DDThh:mm:ss`, and the fraction.
    #[inline(always)]
    fn put(self, iso: &[u8; 19], fraction: &[u8], out: &mut Vec<u8>) {
        match self {
            Output::Date => out.extend_from_slice(&iso[..10]),
            Output::TimeOfDay => out.extend_from_slice(&iso[11..]),
            Output::DateAndTime => out.extend_from_slice(iso),
        }
        if !fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
    }
}

impl DateFormat {
    /// Compiles a format; `pivot` is the first of the hundred years that `%y` can mean: 1970 for 1970-2069.
    ///
    /// # Errors
    /// An unknown directive, a part that occurs twice or lacks others that it needs, or a format that would read some
    /// texts in several ways.
    pub fn compile(format: &str, pivot: Option<i16>) -> Result<DateFormat, FormatError> {
        compile::compile(format, pivot)
    }

    /// Appends the date, the time of day or both, as `2014-03-10T10:00:05.516+10:00`. The fraction has the digits of the
    /// text; minutes and seconds that the format does not have are 00.
    ///
    /// # Errors
    /// The text does not follow the format or means a date that does not exist. Then `out` is unchanged.
    #[inline]
    pub fn append(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
        if let Some(layout) = &self.layout
            && layout.append(self.output, text, out)
        {
            return Ok(());
        }
        match self.read(text) {
            Ok(parts) => {
                self.write(&parts, out);
                Ok(())
            }
            Err(failure) => Err(self.explain(text, failure)),
        }
    }

    #[inline]
    fn write(&self, parts: &Parts<'_>, out: &mut Vec<u8>) {
        let mut iso = *b"0000-00-00T00:00:00";
        let year = parts.year as u16;
        put_two(&mut iso, 0, (year / 100) as u8);
        put_two(&mut iso, 2, (year % 100) as u8);
        for (at, number) in [5, 8, 11, 14, 17].into_iter().zip(parts.numbers) {
            put_two(&mut iso, at, number);
        }
        self.output.put(&iso, parts.fraction, out);
        match parts.offset {
            Offset::None => {}
            Offset::Utc => out.push(b'Z'),
            Offset::Of { sign, hours, minutes } => {
                let mut offset = [sign, b'0', b'0', b':', b'0', b'0'];
                put_two(&mut offset, 1, hours);
                put_two(&mut offset, 4, minutes);
                out.extend_from_slice(&offset);
            }
        }
    }
}

#[inline(always)]
fn put_two(text: &mut [u8], at: usize, number: u8) {
    text[at] = b'0' + number / 10;
    text[at + 1] = b'0' + number % 10;
}
