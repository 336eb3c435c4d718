//! Rules for rows in every format: where a row ends, how many lines it has, and which rows are blank.
//!
//! The reader that cuts an input into blocks and the encoder that splits blocks into rows both use this file, so they
//! cannot disagree.

use std::sync::Arc;

use super::csv::{self, Cell, RowEnd, Split};
use super::notation::Notation;
use super::{Delimiters, Format, Framing, JsonShape};

/// The format of an input's rows.
///
/// ```
/// use k2_produce::record::csv::Split;
/// use k2_produce::record::{Delimiters, Extent, RowFormat};
///
/// let format = RowFormat::Csv(Delimiters::new(b';', b'"').expect("two different characters"));
/// let bytes = b"BHP;\"40\n\"\nCBA;";
/// assert_eq!(format.whole_rows(bytes, Extent::Front), 10);
///
/// let mut cells = Vec::new();
/// let Split::Row(row) = format.split(bytes, Extent::Front, &mut cells) else { panic!("a whole row") };
/// assert_eq!((row.content, row.lines), (9, 2));
/// assert_eq!(cells[1].raw(bytes), b"40\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFormat {
    /// Cells; see [`csv`].
    Csv(Delimiters),
    /// Cells in another notation.
    Other(Arc<Notation>),
    /// One JSON text per line, ended by LF; a CR before the LF is not part of the text.
    Jsonl,
    /// The same, with a row in each text. If the rows are not lines of the input, its reader makes such lines of them.
    Json(Framing, Arc<JsonShape>),
}

/// Whether more bytes may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// No more bytes follow, so the end of the bytes ends the last row.
    Whole,
    /// More may follow.
    Front,
}

impl RowFormat {
    /// The format without its delimiters.
    pub fn format(&self) -> Format {
        match self {
            RowFormat::Csv(_) | RowFormat::Other(_) => Format::Csv,
            RowFormat::Jsonl | RowFormat::Json(Framing::Lines, _) => Format::Jsonl,
            RowFormat::Json(Framing::Values, _) => Format::Json,
        }
    }

    /// Finds the first row of `bytes`, which must not be empty, and splits it into `cells`. For JSONL, `cells` stays
    /// empty.
    #[inline]
    pub fn split(&self, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
        match self {
            RowFormat::Csv(Delimiters::RFC_4180) => csv::split(bytes, extent, cells),
            RowFormat::Csv(delimiters) => csv::split_by(*delimiters, bytes, extent, cells),
            RowFormat::Other(notation) => notation.split(bytes, extent, cells),
            RowFormat::Jsonl | RowFormat::Json(..) => first_line(bytes, extent),
        }
    }

    /// Like [`RowFormat::split`], for bytes known to begin with a row and not with a skipped line.
    pub fn split_row(&self, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
        match self {
            RowFormat::Other(notation) => notation.split_row(bytes, extent, cells),
            RowFormat::Csv(_) | RowFormat::Jsonl | RowFormat::Json(..) => self.split(bytes, extent, cells),
        }
    }

    /// Whether the rows are not lines of the input, but parts of its JSON values.
    pub(crate) fn unnests(&self) -> bool {
        match self {
            RowFormat::Json(Framing::Values, _) => true,
            RowFormat::Json(Framing::Lines, shape) => shape.path().is_some(),
            RowFormat::Csv(_) | RowFormat::Other(_) | RowFormat::Jsonl => false,
        }
    }

    /// What separates cells; none for JSONL and for columns of fixed width.
    pub fn delimiter(&self) -> Option<Vec<u8>> {
        match self {
            RowFormat::Csv(delimiters) => Some(vec![delimiters.delimiter()]),
            RowFormat::Other(notation) => notation.delimiter(),
            RowFormat::Jsonl | RowFormat::Json(..) => None,
        }
    }

    /// The character around quoted cells, if cells can be quoted.
    pub fn quote(&self) -> Option<u8> {
        match self {
            RowFormat::Csv(delimiters) => Some(delimiters.quote()),
            RowFormat::Other(notation) => notation.quote(),
            RowFormat::Jsonl | RowFormat::Json(..) => None,
        }
    }

    /// The character that makes the next one in a quoted cell part of its text, if there is one.
    pub fn escape(&self) -> Option<u8> {
        match self {
            RowFormat::Other(notation) => notation.escape(),
            RowFormat::Csv(_) | RowFormat::Jsonl | RowFormat::Json(..) => None,
        }
    }

    /// The length of the whole rows at the start of `bytes`.
    ///
    /// Where there are no quotes, each line terminator ends a row, so that a search for the last one is enough. Only
    /// rows with quotes are split.
    pub fn whole_rows(&self, bytes: &[u8], extent: Extent) -> usize {
        let mut whole = 0;
        let mut cells = Vec::new();
        while let Some(quote) = self
            .quote()
            .and_then(|quote| memchr::memchr(quote, &bytes[whole..]))
        {
            whole += after(memchr::memrchr2(b'\n', b'\r', &bytes[whole..whole + quote]));
            match self.split(&bytes[whole..], extent, &mut cells) {
                Split::Row(end) | Split::Skipped(end) => whole += end.next,
                Split::Incomplete { .. } => return whole,
            }
        }
        whole + self.whole_unquoted_rows(&bytes[whole..], extent)
    }

    fn whole_unquoted_rows(&self, bytes: &[u8], extent: Extent) -> usize {
        match (self, extent) {
            (_, Extent::Whole) => bytes.len(),
            (RowFormat::Jsonl | RowFormat::Json(..), Extent::Front) => after(memchr::memrchr(b'\n', bytes)),
            (RowFormat::Csv(_) | RowFormat::Other(_), Extent::Front) => {
                // A CR at the very end may be half of a CRLF.
                let known = bytes.strip_suffix(b"\r").unwrap_or(bytes);
                after(memchr::memrchr2(b'\n', b'\r', known))
            }
        }
    }

    /// Whether some lines are neither rows nor parts of rows, because they are comments or match a pattern.
    pub(crate) fn skips_lines(&self) -> bool {
        match self {
            RowFormat::Other(notation) => notation.skips_lines(),
            RowFormat::Csv(_) | RowFormat::Jsonl | RowFormat::Json(..) => false,
        }
    }

    /// Whether a line with this content, without its terminator, is blank and therefore not a row.
    #[inline]
    pub fn is_blank(&self, content: &[u8]) -> bool {
        match self {
            RowFormat::Csv(_) | RowFormat::Other(_) => content.is_empty(),
            RowFormat::Jsonl | RowFormat::Json(..) => content.trim_ascii().is_empty(),
        }
    }

    /// The number of rows in `bytes`, which hold whole rows.
    pub fn count_rows(&self, bytes: &[u8]) -> u64 {
        let (mut at, mut rows, mut cells) = (0, 0, Vec::new());
        while at < bytes.len() {
            at += match self.split(&bytes[at..], Extent::Whole, &mut cells) {
                Split::Row(end) => {
                    rows += u64::from(!self.is_blank(&bytes[at..at + end.content]));
                    end.next
                }
                Split::Skipped(end) => end.next,
                Split::Incomplete { .. } => break,
            };
        }
        rows
    }

    /// The line terminator at the end of `bytes`, if any.
    pub fn last_terminator(&self, bytes: &[u8]) -> Option<&'static [u8]> {
        let all: [&'static [u8]; 3] = [b"\r\n", b"\n", b"\r"];
        let known = match self {
            RowFormat::Csv(_) | RowFormat::Other(_) => &all[..],
            RowFormat::Jsonl | RowFormat::Json(..) => &all[..2],
        };
        known.iter().find(|end| bytes.ends_with(end)).copied()
    }

    /// The number of line terminators in `bytes`.
    pub fn terminators(&self, bytes: &[u8]) -> u64 {
        match self {
            RowFormat::Csv(_) | RowFormat::Other(_) => csv::terminators(bytes),
            RowFormat::Jsonl | RowFormat::Json(..) => memchr::memchr_iter(b'\n', bytes).count() as u64,
        }
    }
}

/// The number of bytes up to and including the one at `last`.
fn after(last: Option<usize>) -> usize {
    last.map_or(0, |last| last + 1)
}

/// Where the line of JSON after the one whose text ends at `content` starts; none if that does not end a line.
#[inline(always)]
pub(crate) fn end_of_line(bytes: &[u8], content: usize) -> Option<usize> {
    match &bytes[content..] {
        [b'\n', ..] => Some(content + 1),
        [b'\r', b'\n', ..] => Some(content + 2),
        [] => Some(content),
        _ => None,
    }
}

#[inline]
fn first_line(bytes: &[u8], extent: Extent) -> Split {
    let (line, next) = match memchr::memchr(b'\n', bytes) {
        Some(feed) => (&bytes[..feed], feed + 1),
        None if extent == Extent::Whole => (bytes, bytes.len()),
        None => return Split::Incomplete { quote: None },
    };
    Split::Row(RowEnd {
        content: line.strip_suffix(b"\r").unwrap_or(line).len(),
        next,
        lines: 1,
        stray: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);

    #[test]
    fn whole_rows_end_at_the_end_of_a_row() {
        use Extent::{Front, Whole};
        let table: [(RowFormat, &str, Extent, usize); 12] = [
            (CSV, "a\nb", Front, 2),
            (CSV, "a\nb", Whole, 3),
            (CSV, "a\rb\r", Front, 2),
            (CSV, "a\rb\r", Whole, 4),
            (CSV, "a\n\"b\nc", Front, 2),
            (CSV, "a\n\"b\nc", Whole, 2),
            (CSV, "a\n\"b\nc\"\nd", Front, 8),
            (CSV, "'a\nb", Front, 3),
            (RowFormat::Jsonl, "{}\n\"{", Front, 3),
            (RowFormat::Jsonl, "{}\r{}", Front, 0),
            (RowFormat::Jsonl, "{}\n{", Whole, 4),
            (
                RowFormat::Csv(Delimiters::new(b';', b'\'').unwrap()),
                "'a\nb",
                Front,
                0,
            ),
        ];
        for (format, bytes, extent, whole) in table {
            assert_eq!(
                format.whole_rows(bytes.as_bytes(), extent),
                whole,
                "{format:?} {bytes:?} {extent:?}"
            );
        }
    }

    #[test]
    fn a_blank_line_is_not_a_row() {
        assert!(CSV.is_blank(b"") && !CSV.is_blank(b" "));
        assert!(RowFormat::Jsonl.is_blank(b" \t") && !RowFormat::Jsonl.is_blank(b"{}"));
    }

    #[test]
    fn rows_are_counted_without_blank_lines() {
        for (format, bytes, rows) in [
            (CSV, "", 0),
            (CSV, "a\n\n\"b\n\n\"\r\n\r\nc", 3),
            (CSV, "a\n ", 2),
            (RowFormat::Jsonl, "{}\n \n[1]\r\n", 2),
        ] {
            assert_eq!(format.count_rows(bytes.as_bytes()), rows, "{format:?} {bytes:?}");
        }
    }

    proptest! {
        /// The same rows with the same lines are found however the bytes are divided into pieces.
        #[test]
        fn rows_do_not_depend_on_how_the_bytes_are_divided(
            text in "[a;,|'\"\n\r\t \\\\#]{0,60}",
            cut in 0usize..60,
            format in prop_oneof![
                Just(CSV),
                Just(RowFormat::Jsonl),
                Just(RowFormat::Csv(Delimiters::new(b';', b'\'').unwrap())),
                Just(RowFormat::Csv(Delimiters::new(b'\t', b'"').unwrap())),
                crate::record::notation::tests::notations().prop_map(|notation| RowFormat::Other(Arc::new(notation))),
            ],
        ) {
            let bytes = text.as_bytes();
            let rows = |bytes: &[u8]| {
                let (mut at, mut rows, mut cells) = (0, Vec::new(), Vec::new());
                while at < bytes.len() {
                    let split = format.split(&bytes[at..], Extent::Whole, &mut cells);
                    let (Split::Row(end) | Split::Skipped(end)) = split else { break };
                    rows.push((bytes[at..at + end.content].to_vec(), end.next - end.content, end.lines));
                    at += end.next;
                }
                rows
            };
            let front = format.whole_rows(&bytes[..cut.min(bytes.len())], Extent::Front);
            let whole = format.whole_rows(bytes, Extent::Whole);
            prop_assert!(front <= whole);
            let apart = [rows(&bytes[..front]), rows(&bytes[front..whole])].concat();
            let together = rows(&bytes[..whole]);
            let lines: u64 = together.iter().map(|(_, _, lines)| lines).sum();
            let unterminated = u64::from(whole > 0 && format.last_terminator(&bytes[..whole]).is_none());
            prop_assert_eq!(lines, format.terminators(&bytes[..whole]) + unterminated);
            prop_assert_eq!(apart, together);
        }
    }
}
