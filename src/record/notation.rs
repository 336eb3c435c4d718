//! Rows in a notation that a single delimiter byte and a quote cannot describe: delimiters of several characters, cells
//! without quotes or with an escape character, columns of fixed width, and lines that are not rows.
//!
//! Such rows take this path, so that [`csv::split`] stays as fast as it is.

use std::fmt;

use regex::bytes::Regex;

use super::csv::{self, Cell, CellForm, RowEnd, Split};
use super::{Delimiters, Extent};

/// How rows are written, if not as [`Delimiters`] say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notation {
    cells: CellNotation,
    comment: Option<Vec<u8>>,
    skipped: Vec<LinePattern>,
}

/// How a row is divided into cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellNotation {
    /// As for CSV.
    Plain(Delimiters),
    /// By a delimiter of any length, with any quote.
    Separated(Separated),
    /// By the width of each column.
    Fixed(FixedColumns),
}

/// Cells between delimiters of one or more bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separated {
    delimiter: Vec<u8>,
    quote: Option<u8>,
    escape: Option<u8>,
}

/// Columns of fixed width, without delimiters and quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedColumns(Vec<FixedColumn>);

/// A column of fixed width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedColumn {
    /// Its name; empty for characters that belong to no column.
    pub name: String,
    /// Its width in characters.
    pub width: usize,
}

/// A pattern of lines that are not rows. Patterns are equal if their texts are.
#[derive(Debug, Clone)]
pub struct LinePattern(pub Regex);

/// Why a notation cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotationFault {
    /// The quote is not an ASCII character, or ends a line.
    Quote,
    /// The quote is part of the delimiter.
    QuoteInDelimiter,
    /// The escape character is not an ASCII character, or ends a line.
    Escape,
    /// The escape character is the quote.
    EscapeIsQuote,
    /// The escape character is part of the delimiter.
    EscapeInDelimiter,
    /// There is an escape character, but no quote.
    EscapeWithoutQuote,
    /// The comment prefix is empty, not ASCII, or contains the end of a line.
    Comment,
    /// Ordinary rows could begin with the comment prefix: it begins with the quote, or one of it and the delimiter
    /// begins with the other.
    CommentInRows,
    /// No column of fixed width has a name, or one has no width.
    Widths,
}

impl fmt::Display for NotationFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            NotationFault::Quote => "expected one ASCII character other than the ends of lines, or `none`",
            NotationFault::QuoteInDelimiter => "the quote is part of the delimiter",
            NotationFault::Escape => "expected one ASCII character other than the ends of lines",
            NotationFault::EscapeIsQuote => {
                "the escape character is the quote; omit `escape` if quotes are doubled within quoted cells"
            }
            NotationFault::EscapeInDelimiter => "the escape character is part of the delimiter",
            NotationFault::EscapeWithoutQuote => {
                "the escape character applies within quotes, but `quote` is `none`"
            }
            NotationFault::Comment => "expected one or more ASCII characters other than the ends of lines",
            NotationFault::CommentInRows => {
                "rows can begin with this text too: it must begin neither with the quote nor like the delimiter"
            }
            NotationFault::Widths => "expected at least one column with a name, and widths of at least 1",
        })
    }
}

impl std::error::Error for NotationFault {}

impl PartialEq for LinePattern {
    fn eq(&self, other: &LinePattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for LinePattern {}

fn is_usable(byte: u8) -> bool {
    byte.is_ascii() && byte != b'\n' && byte != b'\r'
}

impl CellNotation {
    /// Cells between delimiters. Within a quoted cell a quote is doubled or, if there is an `escape`, follows it.
    ///
    /// # Errors
    /// The quote or the escape character cannot be used with the delimiter.
    pub fn separated(
        delimiter: &[u8],
        quote: Option<u8>,
        escape: Option<u8>,
    ) -> Result<CellNotation, NotationFault> {
        match quote {
            Some(quote) if !is_usable(quote) => return Err(NotationFault::Quote),
            Some(quote) if delimiter.contains(&quote) => return Err(NotationFault::QuoteInDelimiter),
            _ => {}
        }
        match escape {
            Some(escape) if !is_usable(escape) => return Err(NotationFault::Escape),
            Some(_) if quote.is_none() => return Err(NotationFault::EscapeWithoutQuote),
            Some(_) if escape == quote => return Err(NotationFault::EscapeIsQuote),
            Some(escape) if delimiter.contains(&escape) => return Err(NotationFault::EscapeInDelimiter),
            _ => {}
        }
        if let (&[delimiter], Some(quote), None) = (delimiter, quote, escape)
            && let Some(delimiters) = Delimiters::new(delimiter, quote)
        {
            return Ok(CellNotation::Plain(delimiters));
        }
        Ok(CellNotation::Separated(Separated {
            delimiter: delimiter.to_owned(),
            quote,
            escape,
        }))
    }

    /// Columns of fixed width.
    ///
    /// # Errors
    /// A column has no width, or none has a name.
    pub fn fixed(columns: Vec<FixedColumn>) -> Result<CellNotation, NotationFault> {
        let named = columns.iter().any(|column| !column.name.is_empty());
        match named && columns.iter().all(|column| column.width > 0) {
            true => Ok(CellNotation::Fixed(FixedColumns(columns))),
            false => Err(NotationFault::Widths),
        }
    }

    /// What separates cells; none for columns of fixed width.
    fn delimiter(&self) -> Option<Vec<u8>> {
        match self {
            CellNotation::Plain(delimiters) => Some(vec![delimiters.delimiter()]),
            CellNotation::Separated(separated) => Some(separated.delimiter.clone()),
            CellNotation::Fixed(_) => None,
        }
    }

    fn quote(&self) -> Option<u8> {
        match self {
            CellNotation::Plain(delimiters) => Some(delimiters.quote()),
            CellNotation::Separated(separated) => separated.quote,
            CellNotation::Fixed(_) => None,
        }
    }
}

impl Notation {
    /// Rows of these cells, between lines that begin with `comment` or match one of `skipped`.
    ///
    /// # Errors
    /// The comment prefix cannot be used with the cells.
    pub fn new(
        cells: CellNotation,
        comment: Option<&[u8]>,
        skipped: Vec<LinePattern>,
    ) -> Result<Notation, NotationFault> {
        if let Some(comment) = comment {
            if comment.is_empty() || !comment.iter().copied().all(is_usable) {
                return Err(NotationFault::Comment);
            }
            let delimiter = cells.delimiter().unwrap_or_default();
            let is_like_delimiter =
                !delimiter.is_empty() && (comment.starts_with(&delimiter) || delimiter.starts_with(comment));
            if is_like_delimiter || cells.quote() == Some(comment[0]) {
                return Err(NotationFault::CommentInRows);
            }
        }
        Ok(Notation {
            cells,
            comment: comment.map(<[u8]>::to_owned),
            skipped,
        })
    }

    /// The delimiters, if they say everything about the notation.
    pub fn plain(&self) -> Option<Delimiters> {
        match self.cells {
            CellNotation::Plain(delimiters) if !self.skips_lines() => Some(delimiters),
            _ => None,
        }
    }

    pub(super) fn skips_lines(&self) -> bool {
        self.comment.is_some() || !self.skipped.is_empty()
    }

    /// The columns of fixed width, if the rows have such columns.
    pub fn fixed_columns(&self) -> Option<&FixedColumns> {
        match &self.cells {
            CellNotation::Fixed(columns) => Some(columns),
            CellNotation::Plain(_) | CellNotation::Separated(_) => None,
        }
    }

    /// What separates cells; none for columns of fixed width.
    pub(super) fn delimiter(&self) -> Option<Vec<u8>> {
        self.cells.delimiter()
    }

    pub(super) fn quote(&self) -> Option<u8> {
        self.cells.quote()
    }

    /// The character that makes the next one in a quoted cell part of its text, if there is one.
    pub(super) fn escape(&self) -> Option<u8> {
        match &self.cells {
            CellNotation::Separated(separated) => separated.escape,
            CellNotation::Plain(_) | CellNotation::Fixed(_) => None,
        }
    }

    /// Finds the first row or skipped line of `bytes` and splits a row into `cells`.
    pub(super) fn split(&self, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
        let is_comment = self
            .comment
            .as_ref()
            .is_some_and(|comment| bytes.starts_with(comment));
        if is_comment || !self.skipped.is_empty() {
            let Some(end) = line(bytes, extent) else {
                return Split::Incomplete { quote: None };
            };
            if is_comment {
                cells.clear();
                return Split::Skipped(end);
            }
            let content = &bytes[..end.content];
            let matches = |pattern: &LinePattern| pattern.0.is_match(content);
            if !content.is_empty() && self.skipped.iter().any(matches) {
                // The lines on which the row continues belong to it: they must not become a row.
                let split = self.split_row(bytes, extent, cells);
                cells.clear();
                return match split {
                    Split::Row(end) | Split::Skipped(end) => Split::Skipped(end),
                    incomplete @ Split::Incomplete { .. } => incomplete,
                };
            }
        }
        self.split_row(bytes, extent, cells)
    }

    /// Like [`Notation::split`], for bytes known to begin with a row.
    pub(super) fn split_row(&self, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
        match &self.cells {
            CellNotation::Plain(delimiters) => csv::split_by(*delimiters, bytes, extent, cells),
            CellNotation::Separated(separated) => separated.split(bytes, extent, cells),
            CellNotation::Fixed(columns) => columns.split(bytes, extent, cells),
        }
    }
}

/// The first physical line of `bytes`, if it is complete.
pub(crate) fn line(bytes: &[u8], extent: Extent) -> Option<RowEnd> {
    let content = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    Some(RowEnd {
        content,
        next: after_line(bytes, content, extent)?,
        lines: 1,
        stray: None,
    })
}

/// The offset after the line terminator at `at`, or after the last line of all; none if it is not certain yet.
fn after_line(bytes: &[u8], at: usize, extent: Extent) -> Option<usize> {
    let last = extent == Extent::Whole;
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        // It may be half of a CRLF.
        (Some(b'\r'), None) if !last => None,
        (Some(_), _) => Some(at + 1),
        (None, _) => last.then_some(at),
    }
}

impl Separated {
    fn split(&self, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
        cells.clear();
        let mut stray = None;
        let mut any_quoted = false;
        let mut at = 0;
        loop {
            let start = at;
            if self.quote.is_some() && bytes.get(at).copied() == self.quote {
                any_quoted = true;
                let Some((close, form)) = self.close(bytes, at + 1) else {
                    return Split::Incomplete { quote: Some(start) };
                };
                cells.push(csv::cell(start + 1, close, true, form));
                at = close + 1;
                if !self.ends_at(bytes, at) {
                    stray.get_or_insert(at);
                    at = self.bare_end(bytes, at);
                }
            } else {
                at = self.bare_end(bytes, at);
                cells.push(csv::cell(start, at, false, CellForm::Plain));
            }
            if bytes[at..].starts_with(&self.delimiter) {
                at += self.delimiter.len();
                continue;
            }
            let Some(next) = after_line(bytes, at, extent) else {
                return Split::Incomplete { quote: None };
            };
            let lines = match any_quoted {
                true => csv::count_lines(&bytes[..next], next == at),
                false => 1,
            };
            return Split::Row(RowEnd {
                content: at,
                next,
                lines,
                stray,
            });
        }
    }

    /// Where the quoted cell closes that has its first character at `from`, and the form of its text.
    fn close(&self, bytes: &[u8], mut from: usize) -> Option<(usize, CellForm)> {
        let quote = self.quote?;
        let mut form = CellForm::Plain;
        loop {
            let rest = bytes.get(from..)?;
            let at = from + memchr::memchr2(quote, self.escape.unwrap_or(quote), rest)?;
            form = match self.escape {
                Some(escape) if bytes[at] == escape => CellForm::Escaped(escape),
                None if bytes.get(at + 1) == Some(&quote) => CellForm::Doubled,
                _ => return Some((at, form)),
            };
            from = at + 2;
        }
    }

    /// Whether a cell ends at `at`: at a delimiter or the end of a line.
    fn ends_at(&self, bytes: &[u8], at: usize) -> bool {
        let rest = &bytes[at..];
        matches!(rest.first(), None | Some(b'\n' | b'\r')) || rest.starts_with(&self.delimiter)
    }

    /// The offset of the end of an unquoted cell that starts at `at`.
    fn bare_end(&self, bytes: &[u8], at: usize) -> usize {
        let ends = memchr::memchr3_iter(self.delimiter[0], b'\n', b'\r', &bytes[at..]);
        let mut ends = ends.map(|offset| at + offset);
        ends.find(|end| self.ends_at(bytes, *end)).unwrap_or(bytes.len())
    }
}

impl FixedColumns {
    /// The names of the columns that have one.
    pub fn names(&self) -> Vec<String> {
        let named = self.0.iter().filter(|column| !column.name.is_empty());
        named.map(|column| column.name.clone()).collect()
    }

    /// The width of a row in characters.
    pub fn width(&self) -> usize {
        self.0.iter().map(|column| column.width).sum()
    }

    /// The column that contains the character after the first `characters`, and the characters before it; none after
    /// the last column.
    pub fn column_after(&self, characters: usize) -> Option<(&FixedColumn, usize)> {
        let mut start = 0;
        self.0.iter().find_map(|column| {
            let column_start = start;
            start += column.width;
            (characters < start).then_some((column, column_start))
        })
    }

    /// A row that is too short or too long has the offset of its end, or of the first character too many, as
    /// [`RowEnd::stray`].
    fn split(&self, bytes: &[u8], extent: Extent, cells: &mut Vec<Cell>) -> Split {
        cells.clear();
        let Some(mut end) = line(bytes, extent) else {
            return Split::Incomplete { quote: None };
        };
        let row = &bytes[..end.content];
        let is_ascii = row.is_ascii();
        let mut at = 0;
        for column in &self.0 {
            let width = match is_ascii {
                true => Some(column.width).filter(|width| *width <= row.len() - at),
                false => width_in_bytes(&row[at..], column.width),
            };
            let start = at;
            at += width.unwrap_or(row.len() - at);
            if !column.name.is_empty() {
                cells.push(trimmed(row, start, at));
            }
            if width.is_none() {
                end.stray = Some(row.len());
                return Split::Row(end);
            }
        }
        end.stray = (at < row.len()).then_some(at);
        Split::Row(end)
    }
}

/// The number of bytes of the first `characters` characters; none if there are fewer.
fn width_in_bytes(text: &[u8], characters: usize) -> Option<usize> {
    let mut starts = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte & 0xc0 != 0x80)
        .map(|(at, _)| at);
    match starts.nth(characters) {
        Some(at) => Some(at),
        None => (count_characters(text) == characters).then_some(text.len()),
    }
}

/// The number of characters in a text in UTF-8. Bytes that are not UTF-8 are counted somehow: such a row is rejected.
pub fn count_characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// A cell without the blanks around its text.
fn trimmed(row: &[u8], start: usize, end: usize) -> Cell {
    let text = &row[start..end];
    let before = text.iter().take_while(|byte| **byte == b' ').count();
    let after = text[before..]
        .iter()
        .rev()
        .take_while(|byte| **byte == b' ')
        .count();
    csv::cell(start + before, end - after, false, CellForm::Plain)
}

#[cfg(test)]
pub(super) mod tests;
