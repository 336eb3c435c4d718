//! Cuts an input into blocks of whole rows.
//!
//! Where a block holds no quote its last line terminator is its last row's end, which one backward search
//! finds; only blocks with quotes are gone through row by row, by the splitter that the encoder uses too.

use std::io::{ErrorKind, Read};
use std::sync::Arc;

use super::error::SourceError;
use super::header::Header;
use super::input::{Source, reason};
use crate::record::csv::{self, Split};
use crate::record::{Format, Position};

/// A run of whole rows as they stand in the file.
#[derive(Debug)]
pub struct Block {
    /// Where its first row starts.
    pub position: Position,
    /// The format of its rows.
    pub format: Format,
    /// The rows, each with its line terminator.
    pub bytes: Vec<u8>,
}

/// The longest row that is read, in bytes: a quote that is never closed must not fill the memory.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// How much a block holds, in bytes, where its rows allow.
const BLOCK_BYTES: usize = 256 << 10;

/// Reads one input as blocks of whole rows.
pub struct BlockReader {
    source: Source,
    /// A regular file fills its blocks; what comes through a pipe is passed on as it comes.
    regular: bool,
    format: Format,
    header: Option<Header>,
    /// Where `carry` starts.
    position: Position,
    /// Bytes that were read and not yet given out.
    carry: Vec<u8>,
    at_end: bool,
}

impl BlockReader {
    /// Reads from the start: a byte order mark is left out, the header taken in.
    pub(super) fn start(
        source: Source,
        regular: bool,
        format: Format,
        file: Arc<str>,
    ) -> Result<BlockReader, SourceError> {
        let mut reader = BlockReader::at(
            source,
            regular,
            format,
            Position {
                file,
                line: 1,
                byte: 0,
            },
        );
        reader.skip_byte_order_mark()?;
        if format == Format::Csv {
            reader.read_header()?;
        }
        Ok(reader)
    }

    /// Reads on from a place at which a row starts.
    pub(super) fn at(source: Source, regular: bool, format: Format, position: Position) -> BlockReader {
        BlockReader {
            source,
            regular,
            format,
            header: None,
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
    pub fn next_block(&mut self) -> Result<Option<Block>, SourceError> {
        let mut enough = if self.regular { BLOCK_BYTES } else { 1 };
        loop {
            self.fill(enough)?;
            let whole = self.whole_rows();
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
    fn fill(&mut self, enough: usize) -> Result<(), SourceError> {
        while self.carry.len() < enough && !self.at_end {
            let filled = self.carry.len();
            self.carry.resize(filled + BLOCK_BYTES.max(enough - filled), 0);
            let read = match self.source.read(&mut self.carry[filled..]) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    self.carry.truncate(filled);
                    continue;
                }
                Err(error) => {
                    let message = format!("{}: cannot be read: {}", self.position.file, reason(&error));
                    return Err(SourceError::input(message));
                }
            };
            self.carry.truncate(filled + read);
            self.at_end = read == 0;
        }
        Ok(())
    }

    /// How many bytes of `carry` are whole rows.
    fn whole_rows(&self) -> usize {
        let bytes = &self.carry;
        match self.format {
            Format::Jsonl if self.at_end => bytes.len(),
            Format::Jsonl => memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1),
            Format::Csv if memchr::memchr(b'"', bytes).is_some() => self.whole_quoted_rows(),
            Format::Csv if self.at_end => bytes.len(),
            // A CR at the very end may be half of a CRLF.
            Format::Csv => {
                let known = bytes.strip_suffix(b"\r").unwrap_or(bytes);
                memchr::memrchr2(b'\n', b'\r', known).map_or(0, |last| last + 1)
            }
        }
    }

    fn whole_quoted_rows(&self) -> usize {
        let mut cells = Vec::new();
        let mut whole = 0;
        while whole < self.carry.len() {
            match csv::split(&self.carry[whole..], self.at_end, &mut cells) {
                Split::Row(end) => whole += end.next,
                Split::Incomplete { .. } => break,
            }
        }
        whole
    }

    fn give_out(&mut self, whole: usize) -> Block {
        let rest = self.carry[whole..].to_vec();
        let mut bytes = std::mem::replace(&mut self.carry, rest);
        bytes.truncate(whole);
        let position = self.position.clone();
        self.advance(&bytes);
        Block {
            position,
            format: self.format,
            bytes,
        }
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.position.byte += bytes.len() as u64;
        self.position.line += match self.format {
            Format::Csv => csv::terminators(bytes),
            Format::Jsonl => memchr::memchr_iter(b'\n', bytes).count() as u64,
        };
    }

    #[cold]
    fn endless_row(&self) -> SourceError {
        if self.format == Format::Csv
            && let Split::Incomplete { quote: Some(quote) } = csv::split(&self.carry, true, &mut Vec::new())
        {
            let line = self.position.line + csv::terminators(&self.carry[..quote]);
            let file = &self.position.file;
            let end = if self.at_end {
                "never closed".to_owned()
            } else {
                "not closed within 1 MiB".to_owned()
            };
            let message = format!("{file}:{line}: the quote that opens on this line is {end}");
            return SourceError::input(message)
                .with_hint("mend the line: a quote within a quoted cell is doubled");
        }
        SourceError::input(format!("{}: the row is longer than 1 MiB", self.position))
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), SourceError> {
        self.fill(3)?;
        match self.carry[..] {
            [0xef, 0xbb, 0xbf, ..] => {
                self.carry.drain(..3);
                self.position.byte = 3;
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                let message = format!("{}: the file is UTF-16", self.position.file);
                return Err(SourceError::input(message).with_hint("convert it to UTF-8"));
            }
            _ => {}
        }
        Ok(())
    }

    fn read_header(&mut self) -> Result<(), SourceError> {
        let mut enough = 1;
        let mut cells = Vec::new();
        loop {
            self.fill(enough)?;
            if self.carry.is_empty() {
                let file = &self.position.file;
                return Err(SourceError::input(format!(
                    "{file}: is empty: a CSV file starts with a header"
                )));
            }
            if let Split::Row(end) = csv::split(&self.carry, self.at_end, &mut cells) {
                let rest = self.carry[end.next..].to_vec();
                let bytes = std::mem::replace(&mut self.carry, rest);
                self.header = Some(Header::new(&self.position.file, &bytes, end, &cells)?);
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

#[cfg(test)]
mod tests;
