//! Moves a reader to its first row: past a byte order mark and a header, or to a position that another reader reached.

use super::BlockReader;
use crate::input::error::InputError;
use crate::input::header::Header;
use crate::input::location::Location;
use crate::input::unreadable::{self, NotJsonl};
use crate::record::csv::Split;
use crate::record::{BYTE_ORDER_MARK, LineStart, Place, Position, line};

impl BlockReader {
    /// Skips a byte order mark and returns it. Returns an error if the file is not in the expected format or encoding.
    pub(in crate::input) fn look_at_start(&mut self, location: &Location) -> Result<Vec<u8>, InputError> {
        self.fill(4);
        let (file, format) = (&self.name, self.format.format());
        let error = unreadable::packed(file, location, Some(format), &self.carry).or_else(|| {
            unreadable::in_another_encoding(file, location, self.decoder.encoding(), &self.carry)
        });
        if let Some(error) = error {
            return Err(error);
        }
        if self.carry.starts_with(BYTE_ORDER_MARK) {
            self.carry.drain(..BYTE_ORDER_MARK.len());
            self.advance(BYTE_ORDER_MARK);
            return Ok(BYTE_ORDER_MARK.to_vec());
        }
        Ok(Vec::new())
    }

    /// Returns an error if the file is not JSONL at all. If the file is one JSON array on one line, returns `Ok` with
    /// the error, since only the schema can tell whether that is a row.
    pub(in crate::input) fn look_at_first_line(&mut self) -> Result<Option<InputError>, InputError> {
        let mut enough = 1;
        while !self.at_end && !self.exceeds_limit() && !is_enough_to_judge(&self.carry) {
            self.fill(enough);
            enough = self.carry.len() + 1;
        }
        match unreadable::not_jsonl(&self.name, &self.carry, self.at_end) {
            Some(NotJsonl::Certain(error)) => Err(error),
            Some(NotJsonl::OneArray(error)) => Ok(Some(error)),
            None => Ok(None),
        }
    }

    /// Skips this number of physical lines, and returns them.
    pub(in crate::input) fn skip_lines(&mut self, count: u64) -> Result<Vec<u8>, InputError> {
        let mut skipped = Vec::new();
        let mut enough = 1;
        let first = self.position.line;
        while self.position.line - first < count {
            self.fill(enough);
            match line(&self.carry, self.extent()) {
                Some(end) if end.content > self.max_row_bytes => return Err(self.too_long()),
                Some(end) if end.next > end.content => {
                    let bytes: Vec<u8> = self.carry.drain(..end.next).collect();
                    self.advance(&bytes);
                    skipped.extend_from_slice(&bytes);
                    enough = 1;
                }
                _ if self.at_end => {
                    self.expect_end()?;
                    let lines = self.position.line - first + u64::from(!self.carry.is_empty());
                    if lines == count {
                        // The last line has no terminator.
                        let bytes = std::mem::take(&mut self.carry);
                        self.advance(&bytes);
                        skipped.extend_from_slice(&bytes);
                        break;
                    }
                    let file = &self.name;
                    return Err(InputError::input(format!(
                        "{file}: has {lines} lines, but the first {count} are skipped (`skip-lines` or `header-line`)"
                    )));
                }
                _ if self.exceeds_limit() => return Err(self.too_long()),
                _ => enough = self.carry.len() + 1,
            }
        }
        Ok(skipped)
    }

    /// Takes the skipped lines before the first row, and returns them.
    pub(in crate::input) fn take_skipped_lines(&mut self) -> Result<Vec<u8>, InputError> {
        let mut taken = Vec::new();
        if !self.format.skips_lines() {
            return Ok(taken);
        }
        while let Some(Split::Skipped(end)) = self.first_split() {
            if end.content > self.max_row_bytes {
                return Err(self.too_long());
            }
            let bytes: Vec<u8> = self.carry.drain(..end.next).collect();
            self.advance(&bytes);
            taken.extend_from_slice(&bytes);
        }
        Ok(taken)
    }

    /// Returns an error if the next line cannot be a header, because it is blank or skipped.
    pub(in crate::input) fn expect_header(&mut self) -> Result<(), InputError> {
        let what = match self.first_split() {
            Some(Split::Skipped(_)) => "is skipped (`comment` or `skip-matching`)",
            Some(Split::Row(end)) if self.format.is_blank(&self.carry[..end.content]) => "is blank",
            _ => return Ok(()),
        };
        let place = Place {
            input: &self.name,
            line: self.position.line,
            column: None,
        };
        let message = format!("{place}: this line should be the header (`header-line`), but it {what}");
        Err(InputError::input(message))
    }

    /// The first row or skipped line; none if the input has no further one, or one that does not end. The caller that
    /// reads it reports that.
    fn first_split(&mut self) -> Option<Split> {
        let mut enough = 1;
        let mut cells = Vec::new();
        loop {
            self.fill(enough);
            if self.carry.is_empty() {
                return None;
            }
            match self.format.split(&self.carry, self.extent(), &mut cells) {
                Split::Incomplete { .. } if self.at_end || self.exceeds_limit() => return None,
                Split::Incomplete { .. } => enough = self.carry.len() + 1,
                split => return Some(split),
            }
        }
    }

    /// Reads the header.
    pub(in crate::input) fn read_header(&mut self) -> Result<Header, InputError> {
        let mut enough = 1;
        let mut cells = Vec::new();
        loop {
            self.fill(enough);
            if self.carry.is_empty() {
                self.expect_end()?;
                let file = &self.name;
                return Err(InputError::input(format!(
                    "{file}: is empty; a CSV file must start with a header"
                )));
            }
            let split = self.format.split(&self.carry, self.extent(), &mut cells);
            if let Split::Row(end) = split {
                if end.content > self.max_row_bytes {
                    return Err(self.too_long());
                }
                let encoding = self.decoder.encoding();
                let place = Place {
                    input: &self.name,
                    line: self.position.line,
                    column: None,
                };
                let header = Header::new(place, &self.carry, end, &cells, &self.format, encoding)?;
                self.carry.drain(..end.next);
                self.advance(&header.row);
                return Ok(header);
            }
            self.expect_end()?;
            if self.at_end || self.exceeds_limit() {
                return Err(self.endless_row());
            }
            enough = self.carry.len() + 1;
        }
    }

    /// Whether the decoded input starts with `front`. Must be called before any block is returned.
    pub(in crate::input) fn starts_with(&mut self, front: &[u8]) -> Result<bool, InputError> {
        self.fill(front.len());
        Ok(self.carry.starts_with(front))
    }

    /// Moves forward to `position`, where a row starts.
    ///
    /// If the position has no raw byte offset, everything before it is decoded again.
    pub(in crate::input) fn go_to(&mut self, position: &Position) -> Result<(), InputError> {
        let ahead = position.decoded_byte - self.position.decoded_byte;
        if self.format.unnests() && position.column.is_some() {
            // The values around the row may be anywhere before it. A byte order mark at the start is in `carry` by now.
            if self.carry.starts_with(BYTE_ORDER_MARK) {
                self.carry.drain(..BYTE_ORDER_MARK.len());
                self.advance(BYTE_ORDER_MARK);
            }
            self.unnester().begin_at(position.decoded_byte);
            return Ok(());
        }
        match position.raw_byte {
            Some(raw_byte) if ahead > self.carry.len() as u64 => {
                if self.length.is_none_or(|length| raw_byte > length) {
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
            self.fill(1);
            if self.carry.is_empty() {
                self.expect_end()?;
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
            column: position.column,
        };
        InputError::input(format!("{place}: cannot be read from this line on"))
    }
}

/// Whether the first line is complete and, if it starts like an array, the next line has started.
fn is_enough_to_judge(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    match memchr::memchr(b'\n', text) {
        Some(end) => text[0] != b'[' || !text[end..].trim_ascii_start().is_empty(),
        None => false,
    }
}
