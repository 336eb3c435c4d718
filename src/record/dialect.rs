//! How a CSV is written: what separates and quotes its cells, and where its columns' names are.

use std::sync::Arc;

/// How a CSV is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialect {
    /// What separates and quotes cells.
    pub delimiters: Delimiters,
    /// Where the columns' names are.
    pub header: HeaderRow,
}

/// Where the names of a CSV's columns are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HeaderRow {
    /// In the first row.
    #[default]
    InFile,
    /// The caller knows them; the first row is data.
    Given(Arc<[String]>),
}

/// What separates and quotes the cells of a CSV: two different ASCII characters, neither of which ends a line.
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

    /// None where the two cannot do that: they are the same, not ASCII, or end a line.
    pub fn new(delimiter: u8, quote: u8) -> Option<Delimiters> {
        let fits = |byte: u8| byte.is_ascii() && byte != b'\n' && byte != b'\r';
        let fit = delimiter != quote && fits(delimiter) && fits(quote);
        fit.then_some(Delimiters { delimiter, quote })
    }

    /// What separates cells.
    pub fn delimiter(self) -> u8 {
        self.delimiter
    }

    /// What a quoted cell begins and ends with; within it a quote is doubled.
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
    fn delimiters_are_two_different_characters_of_ascii() {
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
