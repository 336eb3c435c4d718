//! Splits a CSV row into cells (RFC 4180, or with other delimiters). The reader that cuts blocks into whole rows and
//! the encoder that needs cells use the same function, so they cannot disagree about where a row ends.
//!
//! LF, CRLF and CR end a row. A quote opens a quoted cell only at the start of the cell; elsewhere it is an ordinary
//! character. A row with text between a closing quote and the next delimiter is rejected.

use std::borrow::Cow;

use super::marks::{Marks, WINDOW};
use super::swar::{equal, find};
use super::{Delimiters, Extent};

/// A cell: a range of the row's bytes, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The offset of the first byte in the row.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
    /// Whether the cell was in quotes, which distinguishes `""` from an empty cell.
    pub quoted: bool,
    /// What its bytes mean.
    pub form: CellForm,
}

/// What the bytes of a cell mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellForm {
    /// They are its text.
    Plain,
    /// They are its text with each quote doubled.
    Doubled,
    /// They are its text, in which this character makes the next one part of the text.
    Escaped(u8),
    /// They are a JSON value. Only a mapping makes such cells.
    Json,
    /// There is no value: the JSON key is absent. Only a mapping makes such cells.
    Absent,
}

impl Cell {
    /// The cell's bytes as they are in the row.
    #[inline]
    pub fn raw<'a>(&self, row: &'a [u8]) -> &'a [u8] {
        &row[self.start as usize..self.end as usize]
    }

    /// The text of the cell: its bytes with doubled quotes replaced by single ones, and without escape characters.
    pub fn text<'a>(&self, row: &'a [u8]) -> Cow<'a, [u8]> {
        let raw = self.raw(row);
        if !matches!(self.form, CellForm::Doubled | CellForm::Escaped(_)) {
            return Cow::Borrowed(raw);
        }
        let mut text = Vec::with_capacity(raw.len());
        self.append_text(row, &mut text);
        Cow::Owned(text)
    }

    /// Appends to `text` the text of a cell that contains doubled quotes or escape characters.
    pub fn append_text(&self, row: &[u8], text: &mut Vec<u8>) {
        let mut rest = self.raw(row);
        if let CellForm::Escaped(escape) = self.form {
            while let Some(at) = memchr::memchr(escape, rest) {
                text.extend_from_slice(&rest[..at]);
                let literal = &rest[(at + 1).min(rest.len())..];
                text.extend(literal.first());
                rest = literal.get(1..).unwrap_or_default();
            }
            text.extend_from_slice(rest);
            return;
        }
        // Only a quoted cell can contain doubled quotes, so the byte before it is the quote.
        let quote = row[self.start as usize - 1];
        while let Some(at) = memchr::memchr(quote, rest) {
            text.extend_from_slice(&rest[..=at]);
            rest = &rest[(at + 2).min(rest.len())..];
        }
        text.extend_from_slice(rest);
    }
}

/// The end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowEnd {
    /// Length of the row without its terminator.
    pub content: usize,
    /// Length of the row with its terminator: the offset of the next row.
    pub next: usize,
    /// The number of physical lines of the row.
    pub lines: u64,
    /// Offset of the first byte between a closing quote and the next delimiter, if any. In a row of fixed width: where
    /// it ends too early, or the first byte too many.
    pub stray: Option<usize>,
}

/// What [`split`] found at the start of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// A whole row.
    Row(RowEnd),
    /// A line that the notation of the input says is not a row.
    Skipped(RowEnd),
    /// The bytes end before the end of the row.
    Incomplete {
        /// Offset of a quote that is still open at the end of the bytes.
        quote: Option<usize>,
    },
}

/// Splits the first row of `bytes` into `cells`, which are cleared first; `,` separates and `"` quotes.
///
/// If a quote is still open at the end of the bytes, the row is incomplete even if `extent` is [`Extent::Whole`].
pub fn split(bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
    split_at(Rfc4180, bytes, extent, cells)
}

/// Like [`split`], with these delimiters.
pub fn split_by(delimiters: Delimiters, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
    split_at(delimiters, bytes, extent, cells)
}

/// The delimiters; constants for RFC 4180, so that the compiler can use their values.
trait Delimiting: Copy {
    fn delimiter(self) -> u8;
    fn quote(self) -> u8;
}

#[derive(Clone, Copy)]
struct Rfc4180;

impl Delimiting for Rfc4180 {
    #[inline(always)]
    fn delimiter(self) -> u8 {
        Delimiters::RFC_4180.delimiter()
    }

    #[inline(always)]
    fn quote(self) -> u8 {
        Delimiters::RFC_4180.quote()
    }
}

impl Delimiting for Delimiters {
    #[inline(always)]
    fn delimiter(self) -> u8 {
        Delimiters::delimiter(self)
    }

    #[inline(always)]
    fn quote(self) -> u8 {
        Delimiters::quote(self)
    }
}

#[inline(always)]
fn split_at(by: impl Delimiting, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
    cells.clear();
    match split_plain(by, bytes, extent, cells) {
        Some(split) => split,
        None => split_any(by, bytes, extent, cells),
    }
}

/// Splits a row without quotes. None if it has one; `cells` then has some of its cells.
#[inline(always)]
fn split_plain(by: impl Delimiting, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Option<Split> {
    let (mut window, mut start) = (0, 0);
    let at = loop {
        let marks = Marks::of(bytes, window, by.delimiter(), by.quote()).before_stop();
        let Marks {
            mut delimiters,
            stops,
        } = marks;
        while delimiters != 0 {
            let at = window + delimiters.trailing_zeros() as usize;
            cells.push(cell(start, at, false, CellForm::Plain));
            start = at + 1;
            delimiters &= delimiters - 1;
        }
        if stops != 0 {
            break window + stops.trailing_zeros() as usize;
        }
        window += WINDOW;
        if window >= bytes.len() {
            break bytes.len();
        }
    };
    if bytes.get(at) == Some(&by.quote()) {
        return None;
    }
    cells.push(cell(start, at, false, CellForm::Plain));
    Some(match row_end(bytes, at, extent) {
        Some(next) => Split::Row(RowEnd {
            content: at,
            next,
            lines: 1,
            stray: None,
        }),
        None => Split::Incomplete { quote: None },
    })
}

/// Splits the first row of `bytes`, which end with the end of a row, if it has no quotes and exactly one cell less than
/// `ends`: sets the end of each cell after the first element, which is the end before the first cell. Returns the lengths
/// of the row without and with its terminator; none for any other row.
#[inline(always)]
pub(crate) fn split_bare(delimiters: Delimiters, bytes: &[u8], ends: &mut [u32]) -> Option<(usize, usize)> {
    match delimiters {
        Delimiters::RFC_4180 => split_bare_at(Rfc4180, bytes, ends),
        _ => split_bare_at(delimiters, bytes, ends),
    }
}

/// The number of delimiters is known, so that the loop over them ends where the processor expects it.
#[inline(always)]
fn split_bare_at(by: impl Delimiting, bytes: &[u8], ends: &mut [u32]) -> Option<(usize, usize)> {
    let (first, ends) = ends.split_first_mut()?;
    let (last, ends) = ends.split_last_mut()?;
    *first = BEFORE_ROW;
    let mut window = 0;
    let mut marks = Marks::of(bytes, window, by.delimiter(), by.quote()).before_stop();
    for end in ends {
        while marks.delimiters == 0 {
            if marks.stops != 0 || window + WINDOW >= bytes.len() {
                return None;
            }
            window += WINDOW;
            marks = Marks::of(bytes, window, by.delimiter(), by.quote()).before_stop();
        }
        *end = window as u32 + marks.delimiters.trailing_zeros();
        marks.delimiters &= marks.delimiters - 1;
    }
    while marks.delimiters == 0 && marks.stops == 0 && window + WINDOW < bytes.len() {
        window += WINDOW;
        marks = Marks::of(bytes, window, by.delimiter(), by.quote()).before_stop();
    }
    if marks.delimiters != 0 {
        return None;
    }
    let at = match marks.stops {
        0 => bytes.len(),
        stops => window + stops.trailing_zeros() as usize,
    };
    if bytes.get(at) == Some(&by.quote()) {
        return None;
    }
    *last = at as u32;
    Some((at, row_end(bytes, at, Extent::Whole)?))
}

/// In the ends of cells: the end of the cell before the first, to which one is added for the start of the next cell.
const BEFORE_ROW: u32 = u32::MAX;

/// Where the row after the one that ends at `at` starts; none if that is not known yet.
#[inline(always)]
fn row_end(bytes: &[u8], at: usize, extent: Extent) -> Option<usize> {
    let is_last = extent == Extent::Whole;
    match bytes.get(at) {
        Some(b'\n') => Some(at + 1),
        Some(_) => match bytes.get(at + 1) {
            Some(b'\n') => Some(at + 2),
            None if !is_last => None,
            _ => Some(at + 1),
        },
        None => is_last.then_some(at),
    }
}

/// Splits a row in which cells may be quoted.
fn split_any(by: impl Delimiting, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
    let last = extent == Extent::Whole;
    let (delimiter, quote_byte) = (by.delimiter(), by.quote());
    cells.clear();
    let mut stray = None;
    let mut any_quoted = false;
    let mut at = 0;
    loop {
        let start = at;
        if bytes.get(at) == Some(&quote_byte) {
            any_quoted = true;
            let mut form = CellForm::Plain;
            let mut from = at + 1;
            let close = loop {
                let Some(quote) = memchr::memchr(quote_byte, &bytes[from..]).map(|offset| from + offset)
                else {
                    return Split::Incomplete { quote: Some(start) };
                };
                match bytes.get(quote + 1) {
                    Some(byte) if *byte == quote_byte => {
                        form = CellForm::Doubled;
                        from = quote + 2;
                    }
                    None if !last => return Split::Incomplete { quote: None },
                    _ => break quote,
                }
            };
            cells.push(cell(start + 1, close, true, form));
            at = close + 1;
            let ends = |byte: &u8| *byte == delimiter || matches!(byte, b'\n' | b'\r');
            if !bytes.get(at).is_none_or(ends) {
                stray.get_or_insert(at);
                at = bare_end(bytes, at, delimiter);
            }
        } else {
            at = bare_end(bytes, at, delimiter);
            cells.push(cell(start, at, false, CellForm::Plain));
        }
        if bytes.get(at) == Some(&delimiter) {
            at += 1;
            continue;
        }
        let Some(next) = row_end(bytes, at, extent) else {
            return Split::Incomplete { quote: None };
        };
        let lines = if any_quoted {
            count_lines(&bytes[..next], next == at)
        } else {
            1
        };
        return Split::Row(RowEnd {
            content: at,
            next,
            lines,
            stray,
        });
    }
}

/// The offset of the end of an unquoted cell that starts at `at`.
///
/// A loop over single bytes took twice as many instructions, a quarter of those for encoding a row of trades.
#[inline]
fn bare_end(bytes: &[u8], at: usize, delimiter: u8) -> usize {
    let ends = |word| equal(word, delimiter) | equal(word, b'\n') | equal(word, b'\r');
    let at = find(bytes, at, ends);
    let length = bytes[at..]
        .iter()
        .position(|byte| *byte == delimiter || matches!(byte, b'\n' | b'\r'));
    length.map_or(bytes.len(), |length| at + length)
}

pub(super) fn cell(start: usize, end: usize, quoted: bool, form: CellForm) -> Cell {
    Cell {
        start: start as u32,
        end: end as u32,
        quoted,
        form,
    }
}

/// Counts the lines in `bytes`: the line terminators, and one more if the last line has none.
pub(super) fn count_lines(bytes: &[u8], unterminated: bool) -> u64 {
    terminators(bytes) + u64::from(unterminated)
}

/// Counts the line terminators in `bytes`: LF, CRLF and CR.
pub fn terminators(bytes: &[u8]) -> u64 {
    let line_feeds = memchr::memchr_iter(b'\n', bytes).count() as u64;
    let lone_returns = memchr::memchr_iter(b'\r', bytes)
        .filter(|&at| bytes.get(at + 1) != Some(&b'\n'))
        .count();
    line_feeds + lone_returns as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RowFormat;

    fn row(bytes: &str) -> (Vec<String>, RowEnd) {
        let mut cells = Vec::new();
        let Split::Row(end) = split(bytes.as_bytes(), Extent::Whole, &mut cells) else {
            panic!("incomplete: {bytes:?}")
        };
        let texts = cells
            .iter()
            .map(|cell| String::from_utf8(cell.text(bytes.as_bytes()).into()).unwrap());
        (texts.collect(), end)
    }

    #[test]
    fn an_unquoted_cell_ends_at_the_first_delimiter_or_terminator() {
        use proptest::prelude::*;
        // A search by words is most likely to fail on bytes that differ by one from those that end a cell.
        let byte = prop_oneof![
            4 => proptest::sample::select(b"+,-\n\x0b\x09\r\x0c\x0e\x80\x8a\xac\x00\xff".to_vec()),
            8 => any::<u8>(),
        ];
        proptest!(|(bytes in proptest::collection::vec(byte, 0..40), from in 0usize..40)| {
            let from = from.min(bytes.len());
            let end = bytes[from..].iter().position(|byte| matches!(byte, b',' | b'\n' | b'\r'));
            prop_assert_eq!(bare_end(&bytes, from, b','), end.map_or(bytes.len(), |end| from + end));
        });
    }

    #[test]
    fn cells_are_split_as_rfc_4180_says() {
        let table: &[(&str, &[&str])] = &[
            ("a,b\n", &["a", "b"]),
            ("a,b", &["a", "b"]),
            ("a,b,\r\n", &["a", "b", ""]),
            (",\r", &["", ""]),
            ("\"a,b\",c\n", &["a,b", "c"]),
            ("\"a\"\"b\",c\n", &["a\"b", "c"]),
            ("\"\",x\n", &["", "x"]),
            ("\"\"\"\"\n", &["\""]),
            ("\"a\nb\",c\n", &["a\nb", "c"]),
            ("5\" disk,x\n", &["5\" disk", "x"]),
            (" \"a\",x\n", &[" \"a\"", "x"]),
        ];
        for (bytes, cells) in table {
            assert_eq!(row(bytes).0, *cells, "{bytes:?}");
        }
    }

    #[test]
    fn a_row_ends_at_its_terminator_and_its_lines_are_counted() {
        assert_eq!(
            row("a\nb\n").1,
            RowEnd {
                content: 1,
                next: 2,
                lines: 1,
                stray: None
            }
        );
        assert_eq!(
            row("a\r\nb").1,
            RowEnd {
                content: 1,
                next: 3,
                lines: 1,
                stray: None
            }
        );
        assert_eq!(
            row("a\rb").1,
            RowEnd {
                content: 1,
                next: 2,
                lines: 1,
                stray: None
            }
        );
        assert_eq!(
            row("\"a\r\nb\rc\n\"\nx").1,
            RowEnd {
                content: 9,
                next: 10,
                lines: 4,
                stray: None
            }
        );
        assert_eq!(row("\"a\nb\"").1.lines, 2);
    }

    #[test]
    fn text_after_a_closing_quote_is_noted() {
        assert_eq!(row("x,\"a\"b,c\n").1.stray, Some(5));
    }

    #[test]
    fn a_row_that_may_continue_is_incomplete() {
        let mut cells = Vec::new();
        for bytes in ["a,b", "a,b\r", "\"a\""] {
            assert_eq!(
                split(bytes.as_bytes(), Extent::Front, &mut cells),
                Split::Incomplete { quote: None },
                "{bytes:?}"
            );
        }
        assert_eq!(
            split(b"a,\"b\nc", Extent::Whole, &mut cells),
            Split::Incomplete { quote: Some(2) }
        );
    }

    #[test]
    fn a_row_without_quotes_has_the_same_cells() {
        use proptest::prelude::*;
        let bytes = "([a-z]{0,40}[,;]){0,6}[a-z]{0,200}(\"|)(\n|\r\n|\r|)[a,\"\r\n]{0,40}";
        let delimiters = [b',', b';'].map(|delimiter| Delimiters::new(delimiter, b'"').unwrap());
        proptest!(|(text in bytes, delimiters in proptest::sample::select(delimiters.to_vec()), count in 0usize..9)| {
            let bytes = text.as_bytes();
            let mut cells = Vec::new();
            let expected = split_by(delimiters, bytes, Extent::Whole, &mut cells);
            let mut ends = vec![7; count];
            let found = split_bare(delimiters, bytes, &mut ends);
            let row = match expected {
                Split::Row(end) => &bytes[..end.content],
                _ => bytes,
            };
            if row.contains(&b'"') || cells.len() + 1 != count {
                prop_assert_eq!(found, None);
            } else {
                let Split::Row(end) = expected else { unreachable!("a row without quotes ends") };
                prop_assert_eq!(found, Some((end.content, end.next)));
                let starts = ends.iter().map(|end| end.wrapping_add(1));
                let found: Vec<Cell> = starts
                    .zip(&ends[1..])
                    .map(|(start, end)| cell(start as usize, *end as usize, false, CellForm::Plain))
                    .collect();
                prop_assert_eq!(found, cells);
            }
        });
    }

    #[test]
    fn the_csv_crate_reads_the_same_cells() {
        use proptest::prelude::*;
        let rows = proptest::collection::vec(proptest::collection::vec("[a\",;|\t'\n\r é]{0,6}", 2..5), 1..5);
        let delimiters = proptest::sample::select(b",;\t|".to_vec());
        let quotes = proptest::sample::select(b"\"'".to_vec());
        proptest!(|(rows in rows, delimiter in delimiters, quote in quotes)| {
            let mut writer = ::csv::WriterBuilder::new()
                .flexible(true)
                .delimiter(delimiter)
                .quote(quote)
                .from_writer(Vec::new());
            let format = RowFormat::Csv(Delimiters::new(delimiter, quote).unwrap());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let mut at = 0;
            let mut read = Vec::new();
            let mut cells = Vec::new();
            let mut lines = 0;
            while at < bytes.len() {
                let Split::Row(end) = format.split(&bytes[at..], Extent::Whole, &mut cells) else { panic!("incomplete") };
                let row: Vec<String> = cells
                    .iter()
                    .map(|cell| String::from_utf8(cell.text(&bytes[at..]).into()).unwrap())
                    .collect();
                read.push(row);
                at += end.next;
                lines += end.lines;
            }
            prop_assert_eq!(&read, &rows);
            prop_assert_eq!(lines, terminators(&bytes));
        });
    }
}
