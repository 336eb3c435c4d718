//! Rows within JSON of which the bytes are given in pieces, for fuzz targets.

use std::sync::Arc;

use super::Unnester;
use crate::input::Encoding;
use crate::record::{Framing, JsonShape, LineStart, Origin};

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub struct UnnestedRows {
    /// The rows, each on a line.
    pub lines: Vec<u8>,
    /// The line and the column in the input where each starts.
    pub places: Vec<(u64, u64)>,
    /// Whether it ended because something is not JSON, or longer than a limit.
    pub failed: bool,
    /// Whether the input ends within a value.
    pub incomplete: bool,
}

/// The rows in the text, which arrives in pieces of this length.
pub fn unnested_rows(
    framing: Framing,
    shape: &Arc<JsonShape>,
    text: &[u8],
    piece: usize,
    max_row_bytes: usize,
) -> UnnestedRows {
    let start = Origin {
        start: LineStart::FIRST,
        column: 1,
    };
    let mut unnester = Unnester::new(framing, Arc::clone(shape), Encoding::Utf8, max_row_bytes, start);
    let mut carry: Vec<u8> = Vec::new();
    let mut failed = None;
    for piece in text.chunks(piece.max(1)) {
        carry.extend_from_slice(piece);
        let (read, done) = unnester.read(&carry, false, usize::MAX);
        carry.drain(..read);
        failed = failed.or(done.err());
    }
    let (_, done) = unnester.read(&carry, true, usize::MAX);
    let failed = failed.or(done.err());
    let incomplete = unnester.incomplete().is_some();
    let rows = unnester.take_rows();
    let places = rows
        .origins
        .iter()
        .map(|origin| (origin.start.line, origin.column));
    UnnestedRows {
        places: places.collect(),
        lines: rows.bytes,
        failed: failed.is_some(),
        incomplete,
    }
}
