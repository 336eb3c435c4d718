//! The dialect of a CSV input: the characters that separate and quote cells, and the source of the column names.

use std::sync::Arc;

/// The dialect of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialect {
    /// The characters that separate and quote cells.
    pub delimiters: Delimiters,
    /// The source of the column names.
    pub header: HeaderRow,
}

/// The source of the column names of a CSV input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HeaderRow {
    /// The first row contains them.
    #[default]
    InFile,
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
