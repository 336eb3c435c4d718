//! Cuts an input into blocks of whole rows. Where a row ends, [`RowFormat`] knows.

use std::sync::Arc;

use super::bytes::Source;
use super::encoding::Encoding;
use super::error::InputError;
use super::header::Header;
use super::location::reason;
use super::unreadable;
use crate::record::csv::Split;
use crate::record::{Extent, LineStart, Place, RowFormat};

/// A run of whole rows as they stand in the file.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where its first line starts.
    pub start: LineStart,
    /// The format of its rows.
    pub format: RowFormat,
    /// What the file's bytes stand for.
    pub encoding: Encoding,
    /// The rows, each with its line terminator: the file's own bytes, but UTF-8 in place of UTF-16.
    pub bytes: Vec<u8>,
}

/// The longest row that is read, in bytes: a quote that is never closed must not fill the memory.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// How much a block holds, in bytes, where its rows allow.
const BLOCK_BYTES: usize = 256 << 10;

/// Reads one input as blocks of whole rows.
pub struct BlockReader {
    source: Source,
    format: RowFormat,
    header: Option<Header>,
    /// The input's name for people.
    name: Arc<str>,
    /// Where `carry` starts.
    position: LineStart,
    /// Bytes that were read and not yet given out.
    carry: Vec<u8>,
    at_end: bool,
}

impl Block {
    /// How many bytes of the file it is.
    pub(crate) fn length_in_file(&self) -> u64 {
        self.encoding.length_in_file(&self.bytes)
    }

    /// The byte of the input itself that the byte at `offset` came from.
    pub(crate) fn raw_byte_at(&self, offset: usize) -> Option<u64> {
        let start = self.start.raw_byte?;
        Some(start + self.encoding.length_in_file(&self.bytes[..offset]))
    }
}

impl BlockReader {
    /// Reads from the start: a byte order mark is left out, the header taken in.
    pub(super) fn start(
        source: Source,
        format: RowFormat,
        name: Arc<str>,
    ) -> Result<BlockReader, InputError> {
        let mut reader = BlockReader::at(source, format, name, LineStart::FIRST);
        reader.skip_byte_order_mark()?;
        match format {
            RowFormat::Csv(_) => reader.read_header()?,
            RowFormat::Jsonl => reader.look_at_first_line()?,
        }
        Ok(reader)
    }

    /// Reads on from a place at which a row starts.
    pub(super) fn at(source: Source, format: RowFormat, name: Arc<str>, position: LineStart) -> BlockReader {
        BlockReader {
            source,
            format,
            header: None,
            name,
            position,
            carry: Vec::new(),
            at_end: false,
        }
    }

    /// The header, where it was read: for CSV, from the start.
    pub fn header(&mut self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The next block, or none at the end.
    ///
    /// # Errors
    /// The input cannot be read, or a row does not end within [`MAX_ROW_BYTES`]; the rows before it have been
    /// given out by then.
    pub fn next_block(&mut self) -> Result<Option<Block>, InputError> {
        let mut enough = if self.source.regular { BLOCK_BYTES } else { 1 };
        loop {
            self.fill(enough)?;
            let whole = self.format.whole_rows(&self.carry, self.extent());
            if whole > 0 {
                return Ok(Some(self.give_out(whole)));
            }
            if self.carry.is_empty() {
                return Ok(None);
            }
            if self.at_end || self.carry.len() > MAX_ROW_BYTES {
                return Err(self.endless_row());
            }
            // What is there has no row's end; to look again for every few bytes would take for ever.
            enough = self.carry.len()
                + if self.carry.len() < 64 << 10 {
                    1
                } else {
                    self.carry.len()
                };
        }
    }

    /// Reads until `carry` holds `enough` bytes or the input ends.
    fn fill(&mut self, enough: usize) -> Result<(), InputError> {
        while self.carry.len() < enough && !self.at_end {
            let wanted = BLOCK_BYTES.max(enough - self.carry.len());
            let more = self.source.append_to(&mut self.carry, wanted);
            self.at_end = !more.map_err(|error| {
                InputError::input(format!("{}: cannot be read: {}", self.name, reason(&error)))
            })?;
        }
        Ok(())
    }

    /// Whether `carry` is all that is left.
    fn extent(&self) -> Extent {
        match self.at_end {
            true => Extent::Whole,
            false => Extent::Front,
        }
    }

    fn give_out(&mut self, whole: usize) -> Block {
        let rest = self.carry[whole..].to_vec();
        let mut bytes = std::mem::replace(&mut self.carry, rest);
        bytes.truncate(whole);
        let start = self.position;
        self.advance(&bytes);
        Block {
            start,
            format: self.format,
            encoding: self.source.encoding,
            bytes,
        }
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.position.decoded_byte += bytes.len() as u64;
        let raw_length = self.source.encoding.length_in_file(bytes);
        self.position.raw_byte = self.position.raw_byte.map(|byte| byte + raw_length);
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
                "not closed within 1 MiB".to_owned()
            };
            let message = format!("{file}:{line}: the quote that opens on this line is {end}");
            return InputError::input(message)
                .with_hint("mend the line: a quote within a quoted cell is doubled");
        }
        let place = Place {
            input: &self.name,
            line: self.position.line,
        };
        InputError::input(format!("{place}: the row is longer than 1 MiB"))
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), InputError> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        self.fill(4)?;
        let encoding = self.source.encoding;
        let file = &self.name;
        let error = unreadable::packed(file, Some(self.format.format()), &self.carry)
            .or_else(|| unreadable::in_another_encoding(file, encoding, &self.carry));
        if let Some(error) = error {
            return Err(error);
        }
        if self.carry.starts_with(MARK) {
            self.carry.drain(..MARK.len());
            self.position.decoded_byte = MARK.len() as u64;
            self.position.raw_byte = Some(encoding.length_in_file(MARK));
        }
        Ok(())
    }

    /// Ends the run before its first row where the file is no JSONL at all.
    fn look_at_first_line(&mut self) -> Result<(), InputError> {
        let mut enough = 1;
        while !self.at_end && self.carry.len() <= MAX_ROW_BYTES && !first_line_is_there(&self.carry) {
            self.fill(enough)?;
            enough = self.carry.len() + 1;
        }
        match unreadable::no_jsonl(&self.name, &self.carry, self.at_end) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn read_header(&mut self) -> Result<(), InputError> {
        let mut enough = 1;
        let mut cells = Vec::new();
        loop {
            self.fill(enough)?;
            if self.carry.is_empty() {
                let file = &self.name;
                return Err(InputError::input(format!(
                    "{file}: is empty: a CSV file starts with a header"
                )));
            }
            if let Split::Row(end) = self.format.split(&self.carry, self.extent(), &mut cells) {
                let rest = self.carry[end.next..].to_vec();
                let bytes = std::mem::replace(&mut self.carry, rest);
                self.header = Some(Header::new(
                    &self.name,
                    &bytes,
                    end,
                    &cells,
                    self.source.encoding,
                )?);
                self.advance(&bytes[..end.next]);
                return Ok(());
            }
            if self.at_end || self.carry.len() > MAX_ROW_BYTES {
                return Err(self.endless_row());
            }
            enough = self.carry.len() + 1;
        }
    }
}

fn first_line_is_there(bytes: &[u8]) -> bool {
    memchr::memchr(b'\n', bytes.trim_ascii_start()).is_some()
}

#[cfg(test)]
mod tests;
