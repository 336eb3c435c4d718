//! What is used again for each row, and the start of its datum.

use super::codec::Codecs;
use super::datum_plan::DatumPlan;
use super::error::{Fault, RowError};
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
    /// Values of this row that were read to see whether they can be.
    pub(super) trials: u32,
    pub(super) dropped_keys: u64,
}

/// What a value is read by: the types of its plan, and the rules of the field that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) codecs: &'a Codecs,
    pub(super) rules: &'a Rules,
}

impl Scratch {
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
        self.trials = 0;
        self.offsets.reset(plan.slots);
        match row.parts {
            Parts::Csv(cells) => self.put_cells(plan, row, cells, out),
            Parts::Json(nodes) => self.put_text(plan, row, nodes, out),
        }
    }
}
