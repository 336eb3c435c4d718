//! The first rows of an input.

use crate::cli::failure::Failure;
use crate::input::{Encoding, Input};
use crate::record::Extent;
use crate::record::csv::Split;

/// A row.
pub(super) struct FirstRow {
    /// Its line, from 1.
    pub(super) line: u64,
    /// Its text without its line terminator, as UTF-8; bytes that form no character are left as they are.
    pub(super) text: Vec<u8>,
}

/// Up to `count` rows from the start of an input.
pub(super) fn first(input: Input, count: u64) -> Result<Vec<FirstRow>, Failure> {
    let mut rows = Vec::new();
    let mut reader = input.into_reader()?;
    let mut cells = Vec::new();
    while (rows.len() as u64) < count {
        let Some(block) = reader.next_block()? else { break };
        let (mut at, mut line) = (0, block.start.line);
        while at < block.bytes.len() && (rows.len() as u64) < count {
            let rest = &block.bytes[at..];
            let (end, is_skipped) = match block.format.split(rest, Extent::Whole, &mut cells) {
                Split::Row(end) => (end, false),
                Split::Skipped(end) => (end, true),
                Split::Incomplete { .. } => unreachable!("a block holds whole rows"),
            };
            let content = &rest[..end.content];
            if !is_skipped && !block.format.is_blank(content) {
                let text = text(content, block.encoding);
                rows.push(FirstRow { line, text });
            }
            at += end.next;
            line += end.lines;
        }
    }
    Ok(rows)
}

fn text(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut text = Vec::new();
    match encoding {
        Encoding::AsciiCompatible(_) if encoding.decode(bytes, &mut text).is_ok() => text,
        _ => bytes.to_vec(),
    }
}
