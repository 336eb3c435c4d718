//! Cuts an input into blocks of whole rows. [`RowFormat`] finds where a row ends.

use std::io;
use std::sync::Arc;

use super::compressed::{Damage, DamageKind};
use super::decode::{Decoder, Encoding};
use super::error::InputError;
use super::hint::Hint;
use super::identity::Change;
use super::unnest::Unnester;
use crate::record::csv::Split;
use crate::record::{Extent, LineColumn, LineStart, Origin, Place, Position, RowFormat};

/// Consecutive whole rows, as they are in the file.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where its first line starts.
    pub start: LineStart,
    /// The number of rows of the input before it; 0 if the reader does not count rows.
    pub rows_before: u64,
    /// The format of its rows.
    pub format: RowFormat,
    /// The encoding of the file.
    pub encoding: Encoding,
    /// How many bytes of a compressed file were read before the block was complete; none for any other file.
    pub(crate) compressed_bytes: Option<u64>,
    /// The rows, each with its line terminator: the bytes of the file, except that UTF-16 is converted to UTF-8, and
    /// that rows which are parts of JSON values have lines of their own.
    pub bytes: Vec<u8>,
    /// Where the rows are in the input, if they are not its lines.
    pub origins: Option<Origins>,
}

/// Where rows are that are not lines of their input.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The start of each row.
    pub rows: Vec<Origin>,
    /// The end of the block in the input.
    pub end: Origin,
}

/// The length of the longest line terminator, CRLF: a row of maximum length ends within this many more bytes.
const LINE_END: usize = 2;

/// The target size of a block in bytes.
const BLOCK_BYTES: usize = 256 << 10;

/// Reads one input as blocks of whole rows.
pub struct BlockReader {
    decoder: Decoder,
    format: RowFormat,
    /// The input's display name.
    name: Arc<str>,
    /// The length of a regular file, where the next bytes are always available. Data from a pipe is passed on as it
    /// arrives.
    length: Option<u64>,
    /// See [`ReadSettings::max_row_bytes`](super::ReadSettings::max_row_bytes).
    max_row_bytes: usize,
    /// Where `carry` starts.
    position: LineStart,
    /// Decoded bytes that have not been returned yet.
    carry: Vec<u8>,
    at_end: bool,
    /// Why no more can be read, if that is not the end.
    failure: Option<io::Error>,
    /// The rows returned so far, if they are counted.
    rows: Option<u64>,
    /// Finds rows that are not lines.
    unnester: Option<Box<Unnester>>,
}

impl Block {
    /// The length of the block in the file, in bytes.
    pub(crate) fn length_in_file(&self) -> u64 {
        let Some(origins) = &self.origins else {
            return self.encoding.raw_length(&self.bytes);
        };
        let (start, end) = (self.start, origins.end.start);
        match (start.raw_byte, end.raw_byte) {
            (Some(start), Some(end)) => end - start,
            _ => end.decoded_byte - start.decoded_byte,
        }
    }

    /// The line of the row on the block's line `index`, and of the end of the block for the number of its lines.
    pub(crate) fn line(&self, index: u64) -> u64 {
        match &self.origins {
            None => self.start.line + index,
            Some(origins) => {
                let row = origins.rows.get(index as usize).unwrap_or(&origins.end);
                row.start.line
            }
        }
    }

    /// Takes the origins of the block's lines from `index` on, with the place of the first of them, which becomes the end
    /// of the block.
    pub(crate) fn split_origins(&mut self, index: usize) -> Option<(Origin, Origins)> {
        let origins = self.origins.as_mut()?;
        let rows = origins.rows.split_off(index);
        let start = *rows.first()?;
        let end = std::mem::replace(&mut origins.end, start);
        Some((start, Origins { rows, end }))
    }

    /// How many bytes of the block come before the row at `position`; none if that row is not in it and the block does
    /// not end there.
    pub(crate) fn bytes_before(&self, position: &Position) -> Option<usize> {
        let before = match &self.origins {
            None => position.decoded_byte.checked_sub(self.start.decoded_byte)?,
            Some(origins) => {
                let place = LineColumn {
                    line: position.line,
                    column: position.column.unwrap_or(1),
                };
                match self.lines_before(place) {
                    0 => 0,
                    all if all == origins.rows.len() as u64 && origins.end.place() < place => return None,
                    lines => memchr::memchr_iter(b'\n', &self.bytes).nth(lines as usize - 1)? as u64 + 1,
                }
            }
        };
        usize::try_from(before)
            .ok()
            .filter(|before| *before <= self.bytes.len())
    }

    /// Drops the bytes before the row at `position`, which are the first `length`.
    pub(crate) fn drop_front(&mut self, length: usize, position: &Position) {
        let raw_byte = self.raw_byte_at(length);
        let lines = self.format.terminators(&self.bytes[..length]) as usize;
        self.bytes.drain(..length);
        self.rows_before = position.row;
        self.start = match self.origins.as_mut() {
            None => LineStart {
                line: position.line,
                decoded_byte: position.decoded_byte,
                raw_byte,
            },
            Some(origins) => {
                origins.rows.drain(..lines);
                origins.rows.first().unwrap_or(&origins.end).start
            }
        };
    }

    /// How many lines of the block start before `first` in the input.
    pub(crate) fn lines_before(&self, first: LineColumn) -> u64 {
        match &self.origins {
            None => first.line.saturating_sub(self.start.line),
            Some(origins) => origins.rows.partition_point(|row| row.place() < first) as u64,
        }
    }

    /// The byte offset in the input itself of the byte at `offset`.
    pub(crate) fn raw_byte_at(&self, offset: usize) -> Option<u64> {
        let start = self.start.raw_byte?;
        Some(start + self.encoding.raw_length(&self.bytes[..offset]))
    }
}

impl BlockReader {
    /// Creates a reader at the start of the input.
    pub(super) fn new(
        decoder: Decoder,
        format: RowFormat,
        name: Arc<str>,
        length: Option<u64>,
        max_row_bytes: usize,
    ) -> BlockReader {
        BlockReader {
            position: LineStart {
                raw_byte: decoder.raw_byte(),
                ..LineStart::FIRST
            },
            unnester: None,
            decoder,
            format,
            name,
            length,
            max_row_bytes,
            carry: Vec::new(),
            at_end: false,
            failure: None,
            rows: None,
        }
    }

    /// The same reader, at the first row of its input, which counts the rows that it returns.
    ///
    /// Each block then knows how many rows precede it. Only splitting shows how many rows a block has, so this makes
    /// reading slower.
    #[must_use]
    pub fn counting_rows(mut self) -> BlockReader {
        self.rows = Some(0);
        self
    }

    /// Where the next block starts.
    pub(super) fn position(&self) -> LineStart {
        self.position
    }

    /// The next block, or none at the end.
    ///
    /// # Errors
    /// The input cannot be read, was changed by another process, or has a row longer than the limit. The rows before
    /// have been returned by then.
    pub fn next_block(&mut self) -> Result<Option<Block>, InputError> {
        if self.format.unnests() {
            return self.next_unnested();
        }
        let mut enough = if self.length.is_some() { BLOCK_BYTES } else { 1 };
        loop {
            self.fill(enough);
            let whole = self.format.whole_rows(&self.carry, self.extent());
            if whole > 0 {
                return match self.within_limit(whole) {
                    0 => Err(self.too_long()),
                    within => Ok(Some(self.take_block(within))),
                };
            }
            self.expect_end()?;
            if self.carry.is_empty() {
                return Ok(None);
            }
            if self.at_end || self.exceeds_limit() {
                return Err(self.endless_row());
            }
            // The bytes contain no end of a row. Read much more before looking again, since a search after every few
            // bytes would take quadratic time.
            let more = match self.carry.len() {
                few if few < 64 << 10 => 1,
                many => many,
            };
            enough = (self.carry.len() + more).min(self.max_row_bytes + LINE_END);
        }
    }

    /// Whether `carry`, which contains no end of a row, is longer than the row limit.
    fn exceeds_limit(&self) -> bool {
        self.carry.len() >= self.max_row_bytes + LINE_END
    }

    /// The length of the rows before the first row that is too long, among `whole` bytes of whole rows.
    fn within_limit(&self, whole: usize) -> usize {
        if whole <= self.max_row_bytes {
            return whole;
        }
        let (mut at, mut cells) = (0, Vec::new());
        while at < whole {
            match self
                .format
                .split(&self.carry[at..whole], Extent::Whole, &mut cells)
            {
                Split::Row(end) | Split::Skipped(end) if end.content <= self.max_row_bytes => at += end.next,
                Split::Row(_) | Split::Skipped(_) | Split::Incomplete { .. } => break,
            }
        }
        at
    }

    /// Reads until `carry` holds `enough` bytes or no more can be read.
    fn fill(&mut self, enough: usize) {
        while self.carry.len() < enough && !self.at_end {
            let wanted = BLOCK_BYTES.max(enough - self.carry.len());
            match self.decoder.append_to(&mut self.carry, wanted) {
                Ok(more) => self.at_end = !more,
                Err(error) => (self.at_end, self.failure) = (true, Some(error)),
            }
        }
    }

    /// Whether more bytes may follow `carry`.
    ///
    /// If a file was truncated or written to, or cannot be read any further, a last line without a terminator may be
    /// half a row.
    fn extent(&self) -> Extent {
        match (self.at_end, self.decoder.change()) {
            (true, None | Some(Change::Replaced | Change::Removed)) if self.failure.is_none() => {
                Extent::Whole
            }
            _ => Extent::Front,
        }
    }

    /// # Errors
    /// The input ends early because it cannot be read, or because the file was changed. All whole rows have been
    /// returned.
    fn expect_end(&mut self) -> Result<(), InputError> {
        if let Some(error) = self.failure.take() {
            return Err(self.read_error(error));
        }
        match self.decoder.change() {
            Some(change) if self.at_end => {
                let rows = match change {
                    Change::Replaced | Change::Removed => "all rows of the earlier file were read".to_owned(),
                    _ => self.rows_read(),
                };
                Err(InputError::changed(&self.name, change, rows))
            }
            _ => Ok(()),
        }
    }

    fn take_block(&mut self, whole: usize) -> Block {
        let bytes = self.take_front(whole);
        let start = self.position;
        self.advance(&bytes);
        let rows_before = self.rows.unwrap_or(0);
        if let Some(rows) = &mut self.rows {
            *rows += self.format.count_rows(&bytes);
        }
        Block {
            start,
            rows_before,
            format: self.format.clone(),
            encoding: self.decoder.encoding(),
            compressed_bytes: self.decoder.compressed_bytes(),
            bytes,
            origins: None,
        }
    }

    /// Takes `length` bytes from the front of `carry`.
    ///
    /// Data from a pipe arrives in small pieces, each read into a buffer of a whole block. A block is held until its
    /// rows are acknowledged, so a small one is copied out of that buffer: otherwise 50,000 rows that arrived one by
    /// one would hold 13 GB.
    fn take_front(&mut self, length: usize) -> Vec<u8> {
        if length < self.carry.capacity() / 2 {
            return self.carry.drain(..length).collect();
        }
        let rest = self.carry[length..].to_vec();
        let mut bytes = std::mem::replace(&mut self.carry, rest);
        bytes.truncate(length);
        bytes
    }

    /// The raw byte offset at which `carry` starts.
    fn raw_byte(&self) -> Option<u64> {
        let carried = self.decoder.encoding().raw_length(&self.carry);
        self.decoder.raw_byte().map(|end| end - carried)
    }

    /// Moves the position past `bytes`, which were taken from the front of `carry`.
    fn advance(&mut self, bytes: &[u8]) {
        self.position.decoded_byte += bytes.len() as u64;
        self.position.raw_byte = self.raw_byte();
        self.position.line += self.format.terminators(bytes);
    }

    #[cold]
    fn endless_row(&self) -> InputError {
        let row = self.format.split(&self.carry, Extent::Whole, &mut Vec::new());
        if let Split::Incomplete { quote: Some(quote) } = row {
            let line = self.position.line + self.format.terminators(&self.carry[..quote]);
            let file = &self.name;
            let end = if self.at_end {
                "never closed".to_owned()
            } else {
                format!("not closed within {}", self.limit())
            };
            let message = format!("{file}:{line}: the quote that opens on this line is {end}");
            let advice = match self.format.escape() {
                None => "correct the line: a quote in a quoted cell must be doubled",
                Some(_) => "correct the line: a quote in a quoted cell must follow the escape character",
            };
            return InputError::input(message).with_hint(Hint::Advice(advice));
        }
        self.too_long()
    }

    #[cold]
    fn too_long(&self) -> InputError {
        let place = Place {
            input: &self.name,
            line: self.position.line,
            column: None,
        };
        // A comment or another skipped line is in one piece too.
        let what = match self.format.skips_lines() {
            true => "line",
            false => "row",
        };
        let message = format!("{place}: the {what} is longer than {}", self.limit());
        InputError::input(message).with_hint(Hint::RaiseRowLimit)
    }

    /// The limit as text.
    fn limit(&self) -> String {
        const MEBIBYTE: usize = 1 << 20;
        match self.max_row_bytes {
            bytes if bytes.is_multiple_of(MEBIBYTE) => format!("{} MiB", bytes / MEBIBYTE),
            bytes => format!("{bytes} bytes"),
        }
    }

    /// Which rows were read before the input ends early.
    fn rows_read(&self) -> String {
        match &self.unnester {
            None => format!("its rows before line {} were read", self.position.line),
            Some(unnester) => {
                let place = unnester.position().place();
                format!(
                    "its rows before line {}, column {} were read",
                    place.line, place.column
                )
            }
        }
    }

    #[cold]
    fn read_error(&self, error: io::Error) -> InputError {
        let damage = error.get_ref().and_then(|inner| inner.downcast_ref::<Damage>());
        let Some(damage) = damage else {
            return InputError::input(format!("{}: cannot be read", self.name)).because_of(error);
        };
        let name = &self.name;
        let read = match &self.unnester {
            Some(unnester) => unnester.position().start.decoded_byte,
            None => self.position.decoded_byte,
        };
        let decompressed = read + self.carry.len() as u64;
        let rows = match (self.position.line, &self.unnester) {
            (1, None) => "none of its rows was read".to_owned(),
            _ => self.rows_read(),
        };
        let error = InputError::input(format!(
            "{name}: {damage}, after {decompressed} decompressed bytes; {rows}"
        ));
        match damage.kind {
            DamageKind::Truncated | DamageKind::Corrupt(_) => error,
            DamageKind::TooMuchMemory => error.with_hint(Hint::Advice("decompress it in a pipe")),
        }
    }
}

mod first_row;
#[cfg(test)]
mod tests;
mod unnested;
