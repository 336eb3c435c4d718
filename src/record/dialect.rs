//! The dialect of a CSV input: how its rows are written, and the source of the column names.

use std::str::FromStr;
use std::sync::Arc;

use super::RowFormat;

/// The dialect of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// How rows are written.
    pub rows: RowFormat,
    /// The source of the column names.
    pub header: HeaderRow,
    /// The number of physical lines before the header, or before the first row if the caller gives the names.
    pub lines_before: u64,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect {
            rows: RowFormat::Csv(Delimiters::RFC_4180),
            header: HeaderRow::default(),
            lines_before: 0,
        }
    }
}

/// What separates the cells of a row: ASCII characters other than `"` and the ends of lines.
///
/// ```
/// use k2_produce::record::Delimiter;
///
/// assert_eq!("||".parse::<Delimiter>()?.bytes(), b"||");
/// assert_eq!("tab".parse::<Delimiter>()?.bytes(), b"\t");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiter(Vec<u8>);

impl Delimiter {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Delimiter {
    type Err = String;

    /// Several characters must not contain letters or digits: they are more likely the name of a character.
    fn from_str(text: &str) -> Result<Delimiter, String> {
        let bytes = match text {
            "tab" | "\\t" => b"\t",
            other => other.as_bytes(),
        };
        let fits = |byte: &u8| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r');
        let is_name = bytes.len() > 1 && bytes.iter().any(u8::is_ascii_alphanumeric);
        match !bytes.is_empty() && !is_name && bytes.iter().all(fits) {
            true => Ok(Delimiter(bytes.to_owned())),
            false => Err(
                "expected one ASCII character other than `\"` and the ends of lines, several such as `||`, or `tab`"
                    .to_owned(),
            ),
        }
    }
}

/// The source of the column names of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HeaderRow {
    /// The first row contains them.
    #[default]
    InFile,
    /// The line after those before it contains them; it must not be blank or a line that is skipped.
    OnLine,
    /// The caller gives them; the first row is data.
    Given(Arc<[String]>),
}

/// The characters that separate and quote cells: two different ASCII characters, neither of which ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    delimiter: u8,
    quote: u8,
}

impl Delimiters {
    /// `,` and `"`.
    pub const RFC_4180: Delimiters = Delimiters {
        delimiter: b',',
        quote: b'"',
    };

    /// Creates delimiters; none if the two are the same, are not ASCII, or end a line.
    pub fn new(delimiter: u8, quote: u8) -> Option<Delimiters> {
        let fits = |byte: u8| byte.is_ascii() && byte != b'\n' && byte != b'\r';
        let fit = delimiter != quote && fits(delimiter) && fits(quote);
        fit.then_some(Delimiters { delimiter, quote })
    }

    /// The character that separates cells.
    pub fn delimiter(self) -> u8 {
        self.delimiter
    }

    /// The character at the start and the end of a quoted cell; inside the cell it is doubled.
    pub fn quote(self) -> u8 {
        self.quote
    }
}

impl Default for Delimiters {
    fn default() -> Delimiters {
        Delimiters::RFC_4180
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_two_different_ascii_characters() {
        assert_eq!(Delimiters::new(b',', b'"'), Some(Delimiters::RFC_4180));
        assert!(Delimiters::new(b'\t', b'\'').is_some());
        for (delimiter, quote) in [
            (b'"', b'"'),
            (b'\n', b'"'),
            (b',', b'\r'),
            (0xe9, b'"'),
            (b';', 0x80),
        ] {
            assert_eq!(Delimiters::new(delimiter, quote), None, "{delimiter} {quote}");
        }
    }
}
