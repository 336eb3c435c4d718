//! The rows of an input, for people: one after the other, without the stages of a load.

use std::ops::ControlFlow;

use crate::cli::failure::Failure;
use crate::input::{Encoding, Input};
use crate::record::csv::Split;
use crate::record::{Extent, Place, RowFormat};

/// A row.
pub(in crate::cli) struct TextRow {
    /// Its line, from 1.
    pub(in crate::cli) line: u64,
    /// The column in the line, if rows do not start at the starts of lines.
    pub(in crate::cli) column: Option<u64>,
    /// Its text without its line terminator, as UTF-8; bytes that form no character are left as they are.
    pub(in crate::cli) text: Vec<u8>,
}

/// Up to `count` rows from the start of an input.
pub(in crate::cli) fn first(input: Input, count: u64) -> Result<Vec<TextRow>, Failure> {
    let mut rows = Vec::new();
    if count > 0 {
        each(input, |row| {
            rows.push(row);
            match (rows.len() as u64) < count {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
    }
    Ok(rows)
}

/// Passes one row after the other to `visit`, until it breaks.
pub(in crate::cli) fn each(
    input: Input,
    mut visit: impl FnMut(TextRow) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let mut reader = input.into_reader()?;
    let mut cells = Vec::new();
    while let Some(block) = reader.next_block()? {
        let (mut at, mut index) = (0, 0);
        while at < block.bytes.len() {
            let rest = &block.bytes[at..];
            let (end, is_skipped) = match block.format.split(rest, Extent::Whole, &mut cells) {
                Split::Row(end) => (end, false),
                Split::Skipped(end) => (end, true),
                Split::Incomplete { .. } => unreachable!("a block holds whole rows"),
            };
            let content = &rest[..end.content];
            if !is_skipped && !block.format.is_blank(content) {
                let text = text(content, block.encoding);
                let origin = block.origins.as_ref().map(|origins| origins.rows[index as usize]);
                let row = TextRow {
                    line: block.line(index),
                    column: origin.map(|origin| origin.column),
                    text,
                };
                if visit(row).is_break() {
                    return Ok(());
                }
            }
            at += end.next;
            index += end.lines;
        }
    }
    Ok(())
}

impl TextRow {
    /// The row alone, without the values around it, and with its names if it is an array.
    pub(in crate::cli) fn plain(self, format: &RowFormat) -> Vec<u8> {
        match format {
            RowFormat::Json(framing, shape) => shape.plain(*framing, &self.text).unwrap_or(self.text),
            RowFormat::Csv(_) | RowFormat::Other(_) | RowFormat::Jsonl => self.text,
        }
    }

    /// Where it is.
    pub(in crate::cli) fn place<'a>(&self, input: &'a str) -> Place<'a> {
        Place {
            input,
            line: self.line,
            column: self.column,
        }
    }
}

fn text(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut text = Vec::new();
    match encoding {
        Encoding::AsciiCompatible(_) if encoding.decode(bytes, &mut text).is_ok() => text,
        _ => bytes.to_vec(),
    }
}
