//! Blocks of an input whose rows are parts of JSON values.

use super::{BLOCK_BYTES, Block, BlockReader, Origins};
use crate::input::error::InputError;
use crate::input::hint::Hint;
use crate::input::unnest::{Fault, FaultKind, FoundRows, Progress, Unnester};
use crate::record::{Extent, Format, Origin, Place, RowFormat};

impl BlockReader {
    /// What finds the rows, which begins at the position of the reader.
    pub(super) fn unnester(&mut self) -> &mut Unnester {
        let RowFormat::Json(framing, shape) = &self.format else {
            unreachable!("only JSON has rows that are not lines")
        };
        let at = Origin {
            start: self.position,
            column: 1,
        };
        let (encoding, most) = (self.decoder.encoding(), self.max_row_bytes);
        self.unnester
            .get_or_insert_with(|| Box::new(Unnester::new(*framing, shape.clone(), encoding, most, at)))
    }

    /// See [`BlockReader::next_block`].
    pub(super) fn next_unnested(&mut self) -> Result<Option<Block>, InputError> {
        loop {
            let last = self.extent() == Extent::Whole;
            let carry = std::mem::take(&mut self.carry);
            let unnester = self.unnester();
            let (read, progress) = unnester.read(&carry, last, BLOCK_BYTES);
            let has_rows = unnester.has_rows();
            self.carry = carry;
            self.carry.drain(..read);
            // Data from a pipe is passed on as it arrives.
            let is_enough = self.at_end || self.length.is_none() || progress != Ok(Progress::AllRead);
            if has_rows && is_enough {
                return Ok(Some(self.take_unnested()));
            }
            match progress {
                Err(fault) => return Err(self.unreadable(&fault)),
                Ok(Progress::AllRead) if self.at_end => {
                    self.expect_end()?;
                    return self.expect_whole_values().map(|()| None);
                }
                Ok(_) => self.fill(self.carry.len() + 1),
            }
        }
    }

    fn take_unnested(&mut self) -> Block {
        let unnester = self.unnester();
        let end = unnester.position();
        let FoundRows { bytes, origins } = unnester.take_rows();
        let start = std::mem::replace(&mut self.position, end.start);
        let rows_before = self.rows.unwrap_or(0);
        if let Some(rows) = &mut self.rows {
            *rows += origins.len() as u64;
        }
        Block {
            start,
            rows_before,
            format: self.format.clone(),
            encoding: self.decoder.encoding(),
            compressed_bytes: self.decoder.compressed_bytes(),
            bytes,
            origins: Some(Origins { rows: origins, end }),
        }
    }

    /// # Errors
    /// The input ends within a JSON value, or has no rows because the path to them leads nowhere.
    fn expect_whole_values(&mut self) -> Result<(), InputError> {
        let file = std::sync::Arc::clone(&self.name);
        let unnester = self.unnester();
        if let Some(start) = unnester.incomplete() {
            let end = place(&file, unnester.position());
            let start = start.place();
            return Err(InputError::input(format!(
                "{end}: the file ends within the JSON value that starts at line {}, column {}",
                start.line, start.column
            )));
        }
        if let Some((values, keys)) = unnester.without_path() {
            let what = match keys {
                [] => "not an object".to_owned(),
                keys => format!("an object with {}", listed(keys)),
            };
            let values = match values {
                1 => "its JSON value, which is".to_owned(),
                values => format!("any of its {values} JSON values; the first is"),
            };
            let RowFormat::Json(_, shape) = &self.format else {
                unreachable!("only JSON has a path to the rows")
            };
            let path = shape.path().map(ToString::to_string).unwrap_or_default();
            let message = format!("{file}: `{path}` (`json-root`) leads to no rows in {values} {what}");
            return Err(InputError::input(message));
        }
        Ok(())
    }

    #[cold]
    fn unreadable(&mut self, fault: &Fault) -> InputError {
        let carry = std::mem::take(&mut self.carry);
        let at = self.unnester().origin_of(&carry, fault.at);
        let file = &self.name;
        let (here, byte) = (
            place(file, at),
            at.start.raw_byte.unwrap_or(at.start.decoded_byte),
        );
        match &fault.kind {
            FaultKind::NotJson(what) => {
                let error = InputError::input(format!("{here}: {what} (after {byte} bytes)"));
                match byte {
                    0 => error.with_hint(Hint::ReadAs(Format::Csv)),
                    _ => error,
                }
            }
            FaultKind::RowTooLong => {
                let message = format!("{here}: the row is longer than {}", self.limit());
                InputError::input(message).with_hint(Hint::RaiseRowLimit)
            }
            FaultKind::MemberTooLong => InputError::input(format!(
                "{here}: this value around the rows is longer than 1,024 bytes, so the rows cannot have it"
            )),
            FaultKind::TooManyWaiting(name) => {
                let limit = self.limit();
                let message = format!(
                    "{here}: the rows need `{name}` of an object around them, which does not precede them or follow within {limit}"
                );
                InputError::input(message).with_hint(Hint::RaiseRowLimit)
            }
        }
    }
}

fn place(file: &str, at: Origin) -> Place<'_> {
    Place {
        input: file,
        line: at.start.line,
        column: Some(at.column),
    }
}

fn listed(keys: &[String]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    keys.join(", ")
}
