//! What is used again for each row, and the start of its datum.

use super::codec::Codecs;
use super::datum_plan::DatumPlan;
use super::dropped_names::DroppedNames;
use super::error::{Fault, RowError, RowErrorKind};
use super::offsets::Offsets;
use crate::mapping::rules::Rules;
use crate::record::json::Node;
use crate::record::{Parts, Row};

/// Buffers and counts for the data of one plan.
#[derive(Default)]
pub(super) struct Scratch {
    /// The text of a JSON string with escapes.
    pub(super) text: Vec<u8>,
    /// The text of a cell with doubled quotes.
    pub(super) cell: Vec<u8>,
    /// The nodes of a cell that holds JSON.
    pub(super) nodes: Vec<Node>,
    /// Where the tracked fields are.
    pub(super) offsets: Offsets,
    /// Faults of a JSON row after its first.
    pub(super) more: Vec<Fault>,
    pub(super) trials: Trials,
    pub(super) dropped_keys: u64,
    pub(super) dropped_names: DroppedNames,
    /// The most bytes that the output may have, that of the rows before included.
    most: usize,
}

/// The most bytes that defaults and fixed types may add to the datum of a row.
///
/// An item of an array is two bytes of a row, and may need a default of many thousands.
const MAX_ADDED_BYTES: usize = 64 << 20;

/// How many times as long as its text a datum is at the most, defaults and fixed types apart: `0,` is eight bytes as a
/// double.
const LARGEST_RATIO: usize = 4;

/// Values that were read to see whether they can be.
#[derive(Default)]
pub(super) struct Trials {
    /// How many of the outermost value that is tried.
    pub(super) done: u32,
    /// How many values around the current one are being tried.
    pub(super) depth: u32,
    /// Whether it is only asked if a value fits at all. What is written is then of no use.
    pub(super) overlooks_ties: bool,
}

/// What a value is read by: the types of its plan, and the rules of the field that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) codecs: &'a Codecs,
    pub(super) rules: &'a Rules,
}

impl Scratch {
    /// Checks after an item of an array or a map that the row does not become too large.
    #[inline]
    pub(super) fn check_room(&self, out: &[u8]) -> Result<(), Box<Fault>> {
        match out.len() > self.most {
            true => Err(too_large()),
            false => Ok(()),
        }
    }

    /// Appends the datum of `row`, with what the registry wants before it. On error `out` may have more bytes than
    /// before.
    #[inline]
    pub(super) fn put_datum(
        &mut self,
        plan: &DatumPlan,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        if let Some(header) = plan.wire_header.get() {
            out.extend_from_slice(header);
        }
        self.offsets.reset(plan.slots);
        self.most = out.len() + MAX_ADDED_BYTES + LARGEST_RATIO * row.bytes.len();
        match row.parts {
            Parts::Csv(cells) => self.put_cells(plan, row, cells, out),
            Parts::Json(nodes) => self.put_text(plan, row, nodes, out),
        }
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
