//! Buffers reused for each row, and the start of encoding a datum.

use super::codec::Codecs;
use super::datum_plan::DatumPlan;
use super::dropped_names::DroppedNames;
use super::error::{Fault, RowError, RowErrorKind};
use super::flat::FlatMemory;
use super::offsets::Offsets;
use crate::mapping::rules::Rules;
use crate::record::json::Node;
use crate::record::{Parts, Row};

/// Buffers and counts for the datums of one plan.
#[derive(Default)]
pub(super) struct Scratch {
    /// The unescaped text of a JSON string.
    pub(super) text: Vec<u8>,
    /// The unescaped text of a cell with doubled quotes.
    pub(super) cell: Vec<u8>,
    /// The nodes of a cell that holds JSON.
    pub(super) nodes: Vec<Node>,
    /// The places of the tracked fields.
    pub(super) offsets: Offsets,
    /// Faults of a JSON row after its first.
    pub(super) more: Vec<Fault>,
    pub(super) trials: Trials,
    pub(super) flat: FlatMemory,
    pub(super) dropped_keys: u64,
    pub(super) dropped_names: DroppedNames,
    /// Maximum size of the output in bytes, including earlier rows.
    most: usize,
}

/// Maximum number of bytes that defaults and fixed types may add to a row's datum.
///
/// An array item may be two bytes of a row, and need a default of many thousands of bytes.
const MAX_ADDED_BYTES: usize = 64 << 20;

/// Maximum ratio of a datum's size to its text, not counting defaults and fixed types: `0,` becomes eight bytes as a
/// double.
const LARGEST_RATIO: usize = 4;

/// Trial encodings of values, made to see whether they fit.
#[derive(Default)]
pub(super) struct Trials {
    /// Number of trials within the outermost value being tried.
    pub(super) done: u32,
    /// Number of values around the current one that are being tried.
    pub(super) depth: u32,
    /// Whether the caller only asks if a value fits; the bytes written are then not used.
    pub(super) overlooks_ties: bool,
}

/// What is needed to read a value: the types of its plan, and the rules of its field.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) codecs: &'a Codecs,
    pub(super) rules: &'a Rules,
}

impl Scratch {
    /// Checks, after each item of an array or map, that the row has not become too large.
    #[inline]
    pub(super) fn check_room(&self, out: &[u8]) -> Result<(), Box<Fault>> {
        match out.len() > self.most {
            true => Err(too_large()),
            false => Ok(()),
        }
    }

    /// Limits the size of the datum that starts at `offset` and is made of a text of this many bytes.
    #[inline]
    pub(super) fn limit_size(&mut self, offset: usize, text: usize) {
        self.most = offset + MAX_ADDED_BYTES + LARGEST_RATIO * text;
    }

    /// Appends the datum of `row`, preceded by the registry's header. On error `out` may have more bytes than before.
    #[inline]
    pub(super) fn put_datum(
        &mut self,
        plan: &DatumPlan,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        self.begin(plan, out);
        self.limit_size(out.len(), row.bytes.len());
        match row.parts {
            Parts::Csv(cells) => self.put_cells(plan, row, cells, out),
            Parts::Json(nodes) => self.put_text(plan, row, nodes, out),
        }
    }
}

impl Scratch {
    /// Appends the registry's header, and forgets the places of the last row.
    #[inline]
    fn begin(&mut self, plan: &DatumPlan, out: &mut Vec<u8>) {
        if let Some(header) = plan.wire_header.get() {
            out.extend_from_slice(header);
        }
        self.offsets.reset(plan.slots);
    }

    /// Appends the datum of a line of JSON in UTF-8 that has a known form; false if it needs to be parsed, and `out`
    /// may then have more bytes than before.
    #[inline]
    pub(super) fn put_line(&mut self, plan: &DatumPlan, line: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(flat) = &plan.flat else {
            return false;
        };
        self.begin(plan, out);
        self.put_flat_line(flat, &plan.codecs, line, out)
    }
}

#[cold]
fn too_large() -> Box<Fault> {
    let reason = format!(
        "the defaults and fixed types of its items make the row larger than {} MiB",
        MAX_ADDED_BYTES >> 20
    );
    Fault::new(RowErrorKind::TooLarge, reason)
}
