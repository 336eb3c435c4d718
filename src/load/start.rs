//! Where the rows of an input begin, found without encoding any row, before a run changes anything.

use super::stop::NoStart;
use crate::input::{Input, InputError};
use crate::record::csv::Split;
use crate::record::{Extent, LineColumn};

/// What is at the line of an input at which a run should begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A row starts at or after it.
    Row,
    /// No row follows.
    End,
    /// A run cannot begin there.
    Nowhere(NoStart),
}

impl Start {
    /// Reads `input` up to its first row that starts at `first` or after it, by the same rules as a run.
    ///
    /// # Errors
    /// The input is not a regular file, is a different file than before, or cannot be read.
    pub fn find(input: &Input, first: impl Into<LineColumn>) -> Result<Start, InputError> {
        let first = first.into();
        let first_line = first.line;
        let mut reader = input.reader_at(&input.first_row())?;
        let mut lines = lines_before_rows(input);
        let mut cells = Vec::new();
        while let Some(block) = reader.next_block()? {
            if let Some(origins) = &block.origins {
                if block.lines_before(first) < origins.rows.len() as u64 {
                    return Ok(Start::Row);
                }
                lines = origins.end.start.line;
                continue;
            }
            let (mut at, mut line) = (0, block.start.line);
            while at < block.bytes.len() {
                let (end, is_row) = match block.format.split(&block.bytes[at..], Extent::Whole, &mut cells) {
                    Split::Row(end) => (end, true),
                    Split::Skipped(end) => (end, false),
                    Split::Incomplete { .. } => unreachable!("a block holds whole rows"),
                };
                let (row, next) = (line, line + end.lines);
                let is_row = is_row && !block.format.is_blank(&block.bytes[at..at + end.content]);
                (at, line) = (at + end.next, next);
                match is_row {
                    false => {}
                    true if row >= first_line => return Ok(Start::Row),
                    true if next > first_line => {
                        return Ok(Start::Nowhere(NoStart::WithinRow { row, next }));
                    }
                    true => {}
                }
            }
            lines = line - 1;
        }
        match first_line > lines + 1 {
            true => Ok(Start::Nowhere(NoStart::BeyondEnd { lines })),
            false => Ok(Start::End),
        }
    }
}

/// The lines before the first row of `input`.
pub(super) fn lines_before_rows(input: &Input) -> u64 {
    // Text that ends at the end of the file is a line too.
    let unended = input.header().is_some_and(|header| {
        let rows = input.layout.rows();
        let last = match header.row.is_empty() {
            true => &header.preamble,
            false => &header.row,
        };
        !last.is_empty() && rows.last_terminator(last).is_none()
    });
    input.first_row().line - 1 + u64::from(unended)
}
