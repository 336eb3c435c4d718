//! Cuts an input into blocks of whole rows. Where a row ends, [`RowFormat`] knows.

use std::io;
use std::sync::Arc;

use super::decode::{Decoder, Encoding};
use super::error::InputError;
use super::header::Header;
use super::hint::Hint;
use super::location::Location;
use super::unreadable;
use crate::record::csv::Split;
use crate::record::{Extent, LineStart, Place, Position, RowFormat};

/// Successive whole rows, as they are in the file.
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
    decoder: Decoder,
    format: RowFormat,
    /// The input's name for people.
    name: Arc<str>,
    /// A regular file has its next bytes ready; what comes through a pipe is passed on as it comes.
    regular: bool,
    /// Where `carry` starts.
    position: LineStart,
    /// Decoded bytes that were not given out yet.
    carry: Vec<u8>,
    at_end: bool,
}

impl Block {
    /// How many bytes of the file it is.
    pub(crate) fn length_in_file(&self) -> u64 {
        self.encoding.raw_length(&self.bytes)
    }

    /// The byte of the input itself that the byte at `offset` came from.
    pub(crate) fn raw_byte_at(&self, offset: usize) -> Option<u64> {
        let start = self.start.raw_byte?;
        Some(start + self.encoding.raw_length(&self.bytes[..offset]))
    }
}

impl BlockReader {
    /// Reads from the start.
    pub(super) fn new(decoder: Decoder, format: RowFormat, name: Arc<str>, regular: bool) -> BlockReader {
        BlockReader {
            decoder,
            format,
            name,
            regular,
            position: LineStart::FIRST,
            carry: Vec::new(),
            at_end: false,
        }
    }

    /// Where the next block starts.
    pub(super) fn position(&self) -> LineStart {
        self.position
    }

    /// The next block, or none at the end.
    ///
    /// # Errors
    /// The input cannot be read, or a row does not end within [`MAX_ROW_BYTES`]; the rows before it have been
    /// given out by then.
    pub fn next_block(&mut self) -> Result<Option<Block>, InputError> {
        let mut enough = if self.regular { BLOCK_BYTES } else { 1 };
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
            let more = self.decoder.append_to(&mut self.carry, wanted);
            self.at_end = !more.map_err(|error| self.read_error(error))?;
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
            encoding: self.decoder.encoding(),
            bytes,
        }
    }

    /// The raw byte that `carry` starts with.
    fn raw_byte(&self) -> Option<u64> {
        let carried = self.decoder.encoding().raw_length(&self.carry);
        self.decoder.raw_byte().map(|end| end - carried)
    }

    /// Moves the position past `bytes`, which have been taken from the front of `carry`.
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
                "not closed within 1 MiB".to_owned()
            };
            let message = format!("{file}:{line}: the quote that opens on this line is {end}");
            let advice = "mend the line: a quote within a quoted cell is doubled";
            return InputError::input(message).with_hint(Hint::Advice(advice));
        }
        let place = Place {
            input: &self.name,
            line: self.position.line,
        };
        InputError::input(format!("{place}: the row is longer than 1 MiB"))
    }

    /// Leaves out a byte order mark, which is given back; an error where the file is not what it is read as.
    pub(super) fn look_at_start(&mut self, location: &Location) -> Result<Vec<u8>, InputError> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        self.fill(4)?;
        let (file, format) = (&self.name, self.format.format());
        let error = unreadable::packed(file, location, Some(format), &self.carry).or_else(|| {
            unreadable::in_another_encoding(file, location, self.decoder.encoding(), &self.carry)
        });
        if let Some(error) = error {
            return Err(error);
        }
        if self.carry.starts_with(MARK) {
            self.carry.drain(..MARK.len());
            self.advance(MARK);
            return Ok(MARK.to_vec());
        }
        Ok(Vec::new())
    }

    /// Ends the run before its first row where the file is not JSONL at all.
    pub(super) fn look_at_first_line(&mut self, location: &Location) -> Result<(), InputError> {
        let mut enough = 1;
        while !self.at_end && self.carry.len() <= MAX_ROW_BYTES && !first_line_is_there(&self.carry) {
            self.fill(enough)?;
            enough = self.carry.len() + 1;
        }
        match unreadable::not_jsonl(&self.name, location, &self.carry, self.at_end) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Takes the header in.
    pub(super) fn read_header(&mut self) -> Result<Header, InputError> {
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
                let encoding = self.decoder.encoding();
                let header = Header::new(&self.name, &self.carry, end, &cells, encoding)?;
                self.carry.drain(..end.next);
                self.advance(&header.row);
                return Ok(header);
            }
            if self.at_end || self.carry.len() > MAX_ROW_BYTES {
                return Err(self.endless_row());
            }
            enough = self.carry.len() + 1;
        }
    }

    /// Whether the decoded input starts with `front`. Nothing may have been given out yet.
    pub(super) fn starts_with(&mut self, front: &[u8]) -> Result<bool, InputError> {
        self.fill(front.len())?;
        Ok(self.carry.starts_with(front))
    }

    /// Goes forward to `position`, at which a row starts, in an input of this `length`.
    ///
    /// Where the position has no raw byte to go to, everything before it is decoded once more.
    pub(super) fn go_to(&mut self, position: &Position, length: Option<u64>) -> Result<(), InputError> {
        let ahead = position.decoded_byte - self.position.decoded_byte;
        match position.raw_byte {
            Some(raw_byte) if ahead > self.carry.len() as u64 && length.is_some() => {
                if length.is_some_and(|length| raw_byte > length) {
                    return Err(self.ends_before(position));
                }
                let sought = self.decoder.seek(raw_byte);
                sought.map_err(|error| self.read_error(error))?;
                self.carry.clear();
                self.at_end = false;
            }
            _ => self.discard(ahead, position)?,
        }
        self.position = LineStart {
            line: position.line,
            decoded_byte: position.decoded_byte,
            raw_byte: self.raw_byte(),
        };
        Ok(())
    }

    fn discard(&mut self, mut bytes: u64, position: &Position) -> Result<(), InputError> {
        while bytes > self.carry.len() as u64 {
            bytes -= self.carry.len() as u64;
            self.carry.clear();
            self.fill(1)?;
            if self.carry.is_empty() {
                return Err(self.ends_before(position));
            }
        }
        self.carry.drain(..bytes as usize);
        Ok(())
    }

    #[cold]
    fn ends_before(&self, position: &Position) -> InputError {
        let place = Place {
            input: &self.name,
            line: position.line,
        };
        InputError::input(format!("{place}: cannot be read from there"))
    }

    #[cold]
    fn read_error(&self, error: io::Error) -> InputError {
        InputError::input(format!("{}: cannot be read", self.name)).because_of(error)
    }
}

fn first_line_is_there(bytes: &[u8]) -> bool {
    memchr::memchr(b'\n', bytes.trim_ascii_start()).is_some()
}

#[cfg(test)]
mod tests;
