//! JSON whose rows are not lines -> rows, each on a line of its own, with the place where it is in the input.
//!
//! The rows of an array, or those at `--json-root`, are found while the input is read: only a row, or a value around the
//! rows that the mapping uses, is held as a whole. `cursor` follows the path through the brackets, `around` keeps the
//! values around the rows and the rows that wait for one of them.

mod around;
mod cursor;
mod pieces;

use std::sync::Arc;

use self::around::{Around, WaitingRow};
use self::cursor::{Cursor, Expects, Purpose};
pub use self::pieces::{UnnestedRows, unnested_rows};
use super::decode::Encoding;
use crate::record::json;
use crate::record::{Document, Framing, JsonExtent, JsonShape, Origin, return_in_string};

/// The longest value around the rows that is kept. Every row has a copy of it.
const MAX_MEMBER_BYTES: usize = 1 << 10;

/// What a message says of a string with the end of a line.
const LINE_END_IN_STRING: &str =
    "the line ends within a string: a quote is missing, or `\\n` should be written";

/// Rows that were found, each on a line.
#[derive(Debug, Default)]
pub(super) struct FoundRows {
    pub(super) bytes: Vec<u8>,
    /// Where each of them starts in the input.
    pub(super) origins: Vec<Origin>,
}

/// How far the bytes at hand were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More bytes are needed.
    AllRead,
    /// Enough rows were found.
    Enough,
}

/// Why the input cannot be read any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The offset from [`Unnester::position`].
    pub(super) at: usize,
    pub(super) kind: FaultKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// It is not JSON.
    NotJson(&'static str),
    /// A row is longer than the limit.
    RowTooLong,
    /// A value around the rows is longer than [`MAX_MEMBER_BYTES`].
    MemberTooLong,
    /// So many rows wait for a value around them that they exceed the limit of a row.
    TooManyWaiting(String),
}

/// Finds rows in one input.
#[derive(Debug)]
pub(super) struct Unnester {
    framing: Framing,
    shape: Arc<JsonShape>,
    encoding: Encoding,
    max_row_bytes: usize,
    /// Where the next byte is.
    at: Origin,
    cursor: Cursor,
    around: Around,
    /// Where the last JSON value starts.
    value_start: Origin,
    /// Rows that start before this decoded byte are not returned.
    first_byte: u64,
    /// Why nothing more can be read.
    fault: Option<Fault>,
    rows: FoundRows,
    /// Memory for the parts of values that are checked.
    nodes: Vec<json::Node>,
}

impl Unnester {
    pub(super) fn new(
        framing: Framing,
        shape: Arc<JsonShape>,
        encoding: Encoding,
        max_row_bytes: usize,
        at: Origin,
    ) -> Unnester {
        Unnester {
            framing,
            encoding,
            max_row_bytes,
            at,
            cursor: Cursor::new(Arc::clone(&shape)),
            around: Around::new(Arc::clone(&shape), max_row_bytes),
            shape,
            value_start: at,
            first_byte: 0,
            fault: None,
            rows: FoundRows::default(),
            nodes: Vec::new(),
        }
    }

    /// Leaves out the rows that start before this decoded byte.
    pub(super) fn begin_at(&mut self, decoded_byte: u64) {
        self.first_byte = decoded_byte;
    }

    /// Where the next byte is.
    pub(super) fn position(&self) -> Origin {
        self.at
    }

    /// Where the byte at `offset` after [`Unnester::position`] is.
    pub(super) fn origin_of(&self, bytes: &[u8], offset: usize) -> Origin {
        after(self.at, &bytes[..offset], self.encoding)
    }

    /// Whether rows were found that were not taken.
    pub(super) fn has_rows(&self) -> bool {
        !self.rows.origins.is_empty()
    }

    /// Takes the rows that were found.
    pub(super) fn take_rows(&mut self) -> FoundRows {
        std::mem::take(&mut self.rows)
    }

    /// Where the JSON value starts that is not complete at the end of the input.
    pub(super) fn incomplete(&self) -> Option<Origin> {
        (self.cursor.expects != Expects::Value || self.cursor.depth() > 0 || self.cursor.value.is_some())
            .then_some(self.value_start)
    }

    /// If the input has JSON values, but none of them has the path to the rows: their number, and the keys of the first.
    pub(super) fn without_path(&self) -> Option<(u64, &[String])> {
        let Cursor {
            values,
            reached,
            first_keys,
            ..
        } = &self.cursor;
        (*values > 0 && !reached && self.shape.path().is_some()).then_some((*values, first_keys))
    }

    /// Reads on in `bytes`, which begin at [`Unnester::position`] and, if `last`, end with the input. Returns how many of
    /// them are no longer needed, until at least `enough` bytes of rows were found.
    ///
    /// # Errors
    /// Something that is not JSON, or longer than a limit. The rows before it were found.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        last: bool,
        enough: usize,
    ) -> (usize, Result<Progress, Fault>) {
        if let Some(fault) = &self.fault {
            return (0, Err(fault.clone()));
        }
        let mut at = 0;
        let done = match self.framing {
            Framing::Values => self.read_values(bytes, &mut at, last, enough),
            Framing::Lines => self.read_lines(bytes, &mut at, last, enough),
        };
        let done = done.map_err(|Fault { at: place, kind }| Fault { at: place - at, kind });
        self.fault = done.as_ref().err().cloned();
        (at, done)
    }

    /// JSONL: each line is a JSON value. A line that is not is a row, which the encoder rejects.
    fn read_lines(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        last: bool,
        enough: usize,
    ) -> Result<Progress, Fault> {
        while *at < bytes.len() {
            if self.rows.bytes.len() >= enough {
                return Ok(Progress::Enough);
            }
            let rest = &bytes[*at..];
            let (line, next) = match memchr::memchr(b'\n', rest) {
                Some(feed) => (&rest[..feed], feed + 1),
                None if last => (rest, rest.len()),
                None => (rest, 0),
            };
            if line.len() > self.max_row_bytes + usize::from(line.ends_with(b"\r")) {
                return Err(Fault {
                    at: *at,
                    kind: FaultKind::RowTooLong,
                });
            }
            if next == 0 {
                return Ok(Progress::AllRead);
            }
            let (start, bytes_before, rows_before) =
                (self.at, self.rows.bytes.len(), self.rows.origins.len());
            let mut within = 0;
            let done = self.read_values(line, &mut within, true, usize::MAX);
            let is_value = self.incomplete().is_none();
            match done {
                Ok(_) if is_value => {}
                Ok(_)
                | Err(Fault {
                    kind: FaultKind::NotJson(_),
                    ..
                }) => {
                    self.rows.bytes.truncate(bytes_before);
                    self.rows.origins.truncate(rows_before);
                    self.cursor.reset();
                    self.around.reset();
                    if start.start.decoded_byte >= self.first_byte {
                        self.rows.origins.push(start);
                        self.rows
                            .bytes
                            .extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
                        self.rows.bytes.push(b'\n');
                    }
                }
                Err(Fault { at: place, kind }) => {
                    let at_line = *at;
                    *at += within;
                    let place = at_line + place;
                    return Err(Fault { at: place, kind });
                }
            }
            self.cursor.expects = Expects::Value;
            self.at = after(start, &rest[..next], self.encoding);
            *at += next;
        }
        Ok(Progress::AllRead)
    }

    fn read_values(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        last: bool,
        enough: usize,
    ) -> Result<Progress, Fault> {
        let mut values = 0;
        loop {
            if self.rows.bytes.len() >= enough {
                return Ok(Progress::Enough);
            }
            if self.cursor.value.is_some() {
                match self.end_of_value(bytes, at, last)? {
                    Some(end) => self.take_value(bytes, at, end)?,
                    None => return Ok(Progress::AllRead),
                }
                continue;
            }
            let blanks = bytes[*at..]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            self.pass(bytes, at, blanks.count());
            let Some(first) = bytes.get(*at).copied() else {
                return Ok(Progress::AllRead);
            };
            let fault = |what| Fault {
                at: *at,
                kind: FaultKind::NotJson(what),
            };
            match self.cursor.expects {
                Expects::KeyOrEnd | Expects::Key if first == b'"' => {
                    let key = self.key(&bytes[*at..]).map_err(fault)?;
                    if key.unwrap_or(bytes.len() - *at) > self.max_row_bytes {
                        return Err(fault("a key is longer than the limit of a row"));
                    }
                    let Some(length) = key else {
                        return Ok(Progress::AllRead);
                    };
                    self.cursor.set_key(&bytes[*at..*at + length]);
                    self.pass(bytes, at, length);
                    self.cursor.expects = Expects::Colon;
                }
                Expects::Colon if first == b':' => {
                    self.pass(bytes, at, 1);
                    self.cursor.expects = Expects::Value;
                }
                Expects::KeyOrEnd | Expects::ItemOrEnd | Expects::CommaOrEnd if self.cursor.is_end(first) => {
                    self.pass(bytes, at, 1);
                    self.close();
                }
                Expects::CommaOrEnd if first == b',' => {
                    self.pass(bytes, at, 1);
                    self.cursor.next_entry();
                }
                Expects::Value | Expects::ItemOrEnd if !b",]}:".contains(&first) => {
                    if self.cursor.depth() == 0 {
                        values += 1;
                        if self.framing == Framing::Lines && values > 1 {
                            return Err(fault("a second value on the line"));
                        }
                        self.value_start = self.at;
                    }
                    if self.cursor.begin_value(first) {
                        self.pass(bytes, at, 1);
                    }
                }
                expects => return Err(fault(self.cursor.expected(expects))),
            }
        }
    }

    /// The offset after the value that begins at `at`; none if more bytes are needed.
    fn end_of_value(&mut self, bytes: &[u8], at: &mut usize, last: bool) -> Result<Option<usize>, Fault> {
        let value = self.cursor.value.as_mut().expect("a value has begun");
        let from = *at + value.seen;
        let end = value.extent.advance(&bytes[from..]).map_err(|end| Fault {
            at: from + end.at,
            kind: FaultKind::NotJson(LINE_END_IN_STRING),
        })?;
        match end {
            Some(end) => return Ok(Some(from + end)),
            None if value.extent.is_word() && last => return Ok(Some(bytes.len())),
            None => {}
        }
        let length = bytes.len() - *at;
        if value.purpose == Purpose::Skip && !value.extent.is_word() {
            self.pass(bytes, at, length);
            return Ok(None);
        }
        value.seen = length;
        self.check_length(length, *at)?;
        Ok(None)
    }

    /// Checks the length so far of the value that begins at `at`.
    fn check_length(&self, length: usize, at: usize) -> Result<(), Fault> {
        let kind = match self.cursor.value.as_ref().map(|value| value.purpose) {
            Some(Purpose::Member(_)) if length > MAX_MEMBER_BYTES => FaultKind::MemberTooLong,
            Some(Purpose::Row { .. } | Purpose::Skip) if length > self.max_row_bytes => FaultKind::RowTooLong,
            _ => return Ok(()),
        };
        Err(Fault { at, kind })
    }

    /// Uses the value from `at` to `end`.
    fn take_value(&mut self, bytes: &[u8], at: &mut usize, end: usize) -> Result<(), Fault> {
        let text = &bytes[*at..end];
        let value = self.cursor.value.as_ref().expect("a value has begun");
        let is_skipped = value.purpose == Purpose::Skip;
        if !is_skipped || value.extent.is_word() {
            self.check_length(text.len(), *at)?;
        }
        let value = self.cursor.value.take().expect("a value has begun");
        // A row is checked when it is encoded, unless the whole text may be something else than JSON; of what is skipped
        // only the brackets matter.
        let is_loose = is_skipped || self.cursor.depth() == 0;
        if (value.extent.is_word() && is_loose || matches!(value.purpose, Purpose::Member(_)))
            && let Err(fault) = json::parse(text, &mut self.nodes)
        {
            return Err(Fault {
                at: *at + fault.offset,
                kind: FaultKind::NotJson(fault.what),
            });
        }
        match value.purpose {
            Purpose::Skip => {}
            Purpose::Member(index) => self.around.found(index, text, &mut self.rows),
            Purpose::Row { is_itself } => self.take_row(text, is_itself, *at)?,
        }
        self.pass(bytes, at, end - *at);
        self.cursor.after_value();
        Ok(())
    }

    fn take_row(&mut self, row: &[u8], is_itself: bool, at: usize) -> Result<(), Fault> {
        if self.at.start.decoded_byte < self.first_byte {
            return Ok(());
        }
        // The line of the row has other line ends, so it would be accepted.
        if let Some(found) = return_in_string(row) {
            return Err(Fault {
                at: at + found,
                kind: FaultKind::NotJson(LINE_END_IN_STRING),
            });
        }
        if self.around.is_known() {
            let document = Document {
                keys: self.cursor.keys(),
                members: self.around.members(),
                row,
                is_itself,
            };
            document.append_to(&mut self.rows.bytes, &self.shape);
            self.rows.origins.push(self.at);
            return Ok(());
        }
        let row = WaitingRow::new(self.at, self.cursor.keys(), row, is_itself);
        self.around.wait(row).map_err(|missing| Fault {
            at,
            kind: FaultKind::TooManyWaiting(missing),
        })
    }

    /// Closes the innermost array or object.
    fn close(&mut self) {
        self.cursor.close();
        self.around.end_of_level(self.cursor.depth(), &mut self.rows);
        self.cursor.after_value();
    }

    /// The length of the key at the start of `bytes`; none if more bytes are needed.
    fn key(&mut self, bytes: &[u8]) -> Result<Option<usize>, &'static str> {
        let end = JsonExtent::starting_with(b'"').advance(bytes);
        let end = end.map_err(|_| "the line ends within a key: a quote is missing")?;
        if let Some(end) = end {
            json::parse(&bytes[..end], &mut self.nodes).map_err(|fault| fault.what)?;
        }
        Ok(end)
    }

    /// Consumes `count` bytes.
    fn pass(&mut self, bytes: &[u8], at: &mut usize, count: usize) {
        if count > 0 {
            self.at = after(self.at, &bytes[*at..*at + count], self.encoding);
            *at += count;
        }
    }
}

/// The place after `bytes`, which begin at `at`.
fn after(at: Origin, bytes: &[u8], encoding: Encoding) -> Origin {
    at.after(bytes, encoding.raw_length(bytes))
}

#[cfg(test)]
mod tests;
