//! The derived rows of one file: a derivation and its memory.

use std::ops::Range;

use super::fault::{DerivationFault, DerivationFaultKind, NodeFault};
use super::json_text::put_string;
use super::node::Node as Expression;
use super::paths::Walk;
use super::room::{Parts as NodeParts, Room, Value};
use super::{CellSource, Derivation, DerivedColumn, JsonValue, Layout, Source};
use crate::mapping::rules::UnknownKeys;
use crate::record::csv::{Cell, CellForm};
use crate::record::json::{Kind, Node};
use crate::record::{Parts, Row};

/// Makes derived rows.
#[derive(Debug)]
pub(crate) struct Deriver {
    derivation: Derivation,
    constants: Constants,
    memory: Memory,
    cells: Vec<Cell>,
    key: Vec<u8>,
    /// The number of JSON keys that were dropped so far.
    pub(crate) dropped_keys: u64,
}

/// A derived row.
#[derive(Clone, Copy)]
pub(crate) struct Derived<'a> {
    /// The row that the value is read from.
    pub(crate) row: Row<'a>,
    /// All cells, with those of the message's other parts.
    pub(crate) cells: &'a [Cell],
}

/// Which condition of the mapping is asked.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Filter,
    Tombstone,
}

/// Memory for the values of a row.
#[derive(Debug, Default)]
struct Memory {
    room: Room,
    /// The JSON value of each slot; none if it is absent.
    slots: Vec<Option<u32>>,
    json: Vec<u8>,
}

/// The texts that are the same in every row, which are copied in one piece.
#[derive(Debug, Default)]
struct Constants {
    bytes: Vec<u8>,
    /// The range of `bytes` of each column that has such a text.
    ranges: Vec<Option<Range<usize>>>,
}

impl Constants {
    fn of(derivation: &Derivation) -> Constants {
        let mut constants = Constants::default();
        for column in 0..derivation.columns.len() {
            let text = derivation.constant(column).and_then(|constant| constant.text);
            let range = text.map(|text| {
                let start = constants.bytes.len();
                constants.bytes.extend_from_slice(text);
                start..constants.bytes.len()
            });
            constants.ranges.push(range);
        }
        constants
    }
}

impl Deriver {
    pub(crate) fn new(derivation: &Derivation) -> Deriver {
        Deriver {
            constants: Constants::of(derivation),
            derivation: derivation.clone(),
            memory: Memory::default(),
            cells: Vec::new(),
            key: Vec::new(),
            dropped_keys: 0,
        }
    }

    /// The cells that the mapping makes of `row`. Their ranges within the row's own bytes are those of the row.
    ///
    /// Only those in `wanted` are made, if it is given, and other keys of the row do not matter.
    ///
    /// # Errors
    /// A cell that cannot be made, or a row that has other parts than the mapping expects.
    #[inline]
    pub(crate) fn derive(
        &mut self,
        row: &Row<'_>,
        wanted: Option<&[bool]>,
    ) -> Result<Derived<'_>, Box<DerivationFault>> {
        let (cells, nodes): (&[Cell], &[Node]) = match row.parts {
            Parts::Csv(cells) => (cells, &[]),
            Parts::Json(nodes) => (&[], nodes),
        };
        let unknown_keys = match wanted {
            None => self.derivation.unknown_keys,
            Some(_) => UnknownKeys::Overlook,
        };
        self.find_parts(row, cells, nodes, unknown_keys)?;
        self.memory.room.bytes.clear();
        self.memory.room.bytes.extend_from_slice(row.bytes);
        self.memory.room.bytes.extend_from_slice(&self.constants.bytes);
        self.cells.clear();
        let mut failed = None;
        let columns = self.derivation.columns.iter_mut().zip(&self.constants.ranges);
        for (index, (column, constant)) in columns.enumerate() {
            if let Some(Range { start, end }) = constant {
                let range = row.bytes.len() + start..row.bytes.len() + end;
                self.cells.push(computed_cell(range, CellForm::Plain));
                continue;
            }
            if wanted.is_some_and(|wanted| !wanted[index]) {
                self.cells.push(ABSENT);
                continue;
            }
            match self
                .memory
                .cell(&mut column.source, cells, nodes, &column.null_tokens)
            {
                Ok(cell) => self.cells.push(cell),
                Err(fault) => {
                    failed = Some((index, fault));
                    break;
                }
            }
        }
        if let Some((index, fault)) = failed {
            return Err(self.fault(*fault, index, row));
        }
        Ok(Derived {
            row: Row {
                bytes: &self.memory.room.bytes,
                utf8: row.utf8,
                parts: Parts::Csv(&self.cells[..self.derivation.of_value]),
            },
            cells: &self.cells,
        })
    }

    /// The text of each derived cell; none for one that cannot be made, or is absent.
    ///
    /// # Errors
    /// The row has other parts than the mapping expects.
    #[cold]
    pub(crate) fn texts(&mut self, row: &Row<'_>) -> Result<Vec<Option<Vec<u8>>>, Box<DerivationFault>> {
        let (cells, nodes): (&[Cell], &[Node]) = match row.parts {
            Parts::Csv(cells) => (cells, &[]),
            Parts::Json(nodes) => (&[], nodes),
        };
        self.find_parts(row, cells, nodes, UnknownKeys::Overlook)?;
        self.memory.room.bytes.clear();
        self.memory.room.bytes.extend_from_slice(row.bytes);
        let tokens = &self.derivation.null_tokens;
        let mut texts = Vec::new();
        for column in &mut self.derivation.columns {
            let cell = self.memory.cell(&mut column.source, cells, nodes, tokens).ok();
            let cell = cell.filter(|cell| cell.form != CellForm::Absent);
            texts.push(cell.map(|cell| cell.text(&self.memory.room.bytes).into_owned()));
        }
        Ok(texts)
    }

    /// The next row starts on this line of its file, and has this number, from 1.
    #[inline]
    pub(crate) fn set_place(&mut self, line: u64, row: u64) {
        (self.memory.room.line, self.memory.room.row) = (line, row);
    }

    /// Whether some rows may be filtered.
    #[inline]
    pub(crate) fn filters(&self) -> bool {
        self.derivation.filter.is_some()
    }

    /// Whether `row` is to be published. Only the parts that the condition reads can be wrong with it.
    ///
    /// # Errors
    /// The condition cannot be decided, or the row has other parts than the mapping expects.
    pub(crate) fn admits(&mut self, row: &Row<'_>) -> Result<bool, Box<DerivationFault>> {
        Ok(self.holds(Asked::Filter, row)?.unwrap_or(true))
    }

    /// Whether `row` becomes a tombstone. Only the parts that the condition reads can be wrong with it.
    ///
    /// # Errors
    /// The condition cannot be decided, or the row has other parts than the mapping expects.
    pub(crate) fn is_tombstone(&mut self, row: &Row<'_>) -> Result<bool, Box<DerivationFault>> {
        Ok(self.holds(Asked::Tombstone, row)?.unwrap_or(false))
    }

    /// Whether a condition of the mapping holds; none if the mapping has no such condition.
    fn holds(&mut self, asked: Asked, row: &Row<'_>) -> Result<Option<bool>, Box<DerivationFault>> {
        let (cells, nodes): (&[Cell], &[Node]) = match row.parts {
            Parts::Csv(cells) => (cells, &[]),
            Parts::Json(nodes) => (&[], nodes),
        };
        self.find_parts(row, cells, nodes, UnknownKeys::Overlook)?;
        let condition = match asked {
            Asked::Filter => &mut self.derivation.filter,
            Asked::Tombstone => &mut self.derivation.tombstone,
        };
        let Some(written) = condition else {
            return Ok(None);
        };
        let room = &mut self.memory.room;
        room.bytes.clear();
        room.bytes.extend_from_slice(row.bytes);
        let parts = NodeParts {
            cells,
            nodes,
            slots: &self.memory.slots,
            null_tokens: &self.derivation.null_tokens,
        };
        match room.holds(&mut written.condition, parts) {
            Ok(holds) => Ok(Some(holds)),
            Err(fault) => Err(self.condition_fault(*fault, asked, row)),
        }
    }

    #[cold]
    fn condition_fault(&self, fault: NodeFault, asked: Asked, row: &Row<'_>) -> Box<DerivationFault> {
        let condition = match asked {
            Asked::Filter => self.derivation.filter.as_ref(),
            Asked::Tombstone => self.derivation.tombstone.as_ref(),
        };
        let first = || condition.and_then(|written| written.condition.first_source());
        let (column, span) = self.place(fault.source.or_else(first), row);
        let text = condition.map_or("", |written| &written.text);
        Box::new(DerivationFault {
            kind: fault.kind,
            field: None,
            value: Some(fault.value),
            reason: format!("{}; in the condition `{text}`", fault.reason),
            span,
            column,
        })
    }

    /// Checks the number of cells, or finds the JSON values that are used.
    #[inline]
    fn find_parts(
        &mut self,
        row: &Row<'_>,
        cells: &[Cell],
        nodes: &[Node],
        unknown_keys: UnknownKeys,
    ) -> Result<(), Box<DerivationFault>> {
        match &self.derivation.layout {
            Layout::Cells(count) if cells.len() == *count => Ok(()),
            Layout::Cells(count) => Err(cell_count(*count, row, cells)),
            Layout::Json(tree) => {
                self.memory.slots.clear();
                self.memory.slots.resize(tree.slots, None);
                let mut walk = Walk {
                    bytes: row.bytes,
                    nodes,
                    slots: &mut self.memory.slots,
                    key: &mut self.key,
                    drops_unknown: unknown_keys != UnknownKeys::Reject,
                    dropped: 0,
                };
                walk.run(tree)?;
                if unknown_keys != UnknownKeys::Overlook {
                    self.dropped_keys += walk.dropped;
                }
                Ok(())
            }
        }
    }

    #[cold]
    fn fault(&self, fault: NodeFault, column: usize, row: &Row<'_>) -> Box<DerivationFault> {
        let DerivedColumn { name, source, .. } = &self.derivation.columns[column];
        let (column, span) = self.place(fault.source.or_else(|| source.first_source()), row);
        Box::new(DerivationFault {
            kind: fault.kind,
            field: Some(name.clone()),
            value: Some(fault.value),
            reason: fault.reason,
            span,
            column,
        })
    }

    /// Where the first source of a derived cell is in the row.
    fn place(&self, source: Option<Source>, row: &Row<'_>) -> (Option<usize>, Option<Range<usize>>) {
        match (source, row.parts) {
            (Some(Source::Column(column)), Parts::Csv(cells)) => {
                let cell = &cells[column];
                (Some(column), Some(cell.start as usize..cell.end as usize))
            }
            (Some(Source::Slot(slot)), Parts::Json(nodes)) => {
                let node = self.memory.slots[slot].map(|at| nodes[at as usize]);
                (None, node.map(|node| node.start as usize..node.end as usize))
            }
            _ => (None, None),
        }
    }

    /// The field of the derived column `column`, and where its value comes from: the expression if it is computed, and
    /// the column and the range of its first source in `row`.
    #[cold]
    pub(crate) fn origin(&self, column: usize, row: &Row<'_>) -> Origin<'_> {
        let derived = &self.derivation.columns[column];
        let (column, span) = self.place(self.chosen_source(derived, row), row);
        Origin {
            expression: match &derived.source {
                CellSource::Computed { text, .. } => Some(text),
                _ => None,
            },
            column,
            span,
        }
    }
}

impl Deriver {
    /// The source of a derived cell; where an expression chooses between several, the one that it chose.
    #[cold]
    fn chosen_source(&self, derived: &DerivedColumn, row: &Row<'_>) -> Option<Source> {
        let CellSource::Computed { node, .. } = &derived.source else {
            return derived.source.first_source();
        };
        let (cells, nodes): (&[Cell], &[Node]) = match row.parts {
            Parts::Csv(cells) => (cells, &[]),
            Parts::Json(nodes) => (&[], nodes),
        };
        let parts = NodeParts {
            cells,
            nodes,
            slots: &self.memory.slots,
            null_tokens: &derived.null_tokens,
        };
        let mut room = Room::default();
        room.bytes.extend_from_slice(row.bytes);
        room.source_of(&mut node.clone(), parts)
    }
}

impl Memory {
    #[inline]
    fn cell(
        &mut self,
        source: &mut CellSource,
        cells: &[Cell],
        nodes: &[Node],
        tokens: &[Vec<u8>],
    ) -> Result<Cell, Box<NodeFault>> {
        Ok(match source {
            CellSource::Column(index) => cells[*index],
            CellSource::Slot(slot) => self.slots[*slot].map_or(ABSENT, |at| json_cell(nodes[at as usize])),
            CellSource::Computed { node, .. } => {
                self.room.read_null = false;
                match self.value(node, cells, nodes, tokens)? {
                    // A null of the row stays one: a field that allows none rejects it.
                    Value::Null if self.room.read_null => {
                        let start = self.room.bytes.len();
                        self.room.bytes.extend_from_slice(b"null");
                        Cell {
                            quoted: false,
                            ..computed_cell(start..self.room.bytes.len(), CellForm::Json)
                        }
                    }
                    Value::Null => EMPTY,
                    Value::Text { start, end } => computed_cell(start..end, CellForm::Plain),
                }
            }
            CellSource::Json(value) => {
                let mut json = std::mem::take(&mut self.json);
                json.clear();
                let put = self.put_json(value, cells, nodes, tokens, &mut json);
                let start = self.room.bytes.len();
                self.room.bytes.extend_from_slice(&json);
                self.json = json;
                put?;
                computed_cell(start..self.room.bytes.len(), CellForm::Json)
            }
        })
    }

    #[inline]
    fn value(
        &mut self,
        node: &mut Expression,
        cells: &[Cell],
        nodes: &[Node],
        tokens: &[Vec<u8>],
    ) -> Result<Value, Box<NodeFault>> {
        let parts = NodeParts {
            cells,
            nodes,
            slots: &self.slots,
            null_tokens: tokens,
        };
        self.room.value(node, parts)
    }

    /// The source that the value of `node` comes from.
    #[cold]
    fn source_of(
        &mut self,
        node: &mut Expression,
        cells: &[Cell],
        nodes: &[Node],
        tokens: &[Vec<u8>],
    ) -> Option<Source> {
        let parts = NodeParts {
            cells,
            nodes,
            slots: &self.slots,
            null_tokens: tokens,
        };
        self.room.source_of(node, parts)
    }

    fn put_json(
        &mut self,
        value: &mut JsonValue,
        cells: &[Cell],
        nodes: &[Node],
        tokens: &[Vec<u8>],
        out: &mut Vec<u8>,
    ) -> Result<(), Box<NodeFault>> {
        match value {
            JsonValue::Slot(slot) => match self.slots[*slot] {
                None => out.extend_from_slice(b"null"),
                Some(at) => {
                    let cell = json_cell(nodes[at as usize]);
                    out.extend_from_slice(cell.raw(&self.room.bytes));
                }
            },
            JsonValue::Text(node) => match self.value(node, cells, nodes, tokens)? {
                Value::Null => out.extend_from_slice(b"null"),
                Value::Text { start, end } => {
                    let text = &self.room.bytes[start..end];
                    if std::str::from_utf8(text).is_err() {
                        let reason = "the bytes are not UTF-8";
                        let fault = NodeFault::new(DerivationFaultKind::NotUtf8, text, reason);
                        return Err(fault.from(self.source_of(node, cells, nodes, tokens)));
                    }
                    put_string(text, out);
                }
            },
            JsonValue::Object { entries, omits_empty } => {
                out.push(b'{');
                let start = out.len();
                for (key, value) in entries {
                    let before = out.len();
                    if before > start {
                        out.push(b',');
                    }
                    out.extend_from_slice(key);
                    let from = out.len();
                    self.put_json(value, cells, nodes, tokens, out)?;
                    if *omits_empty && matches!(&out[from..], b"null" | b"\"\"") {
                        out.truncate(before);
                    }
                }
                out.push(b'}');
            }
            JsonValue::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter_mut().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.put_json(item, cells, nodes, tokens, out)?;
                }
                out.push(b']');
            }
        }
        Ok(())
    }
}

/// Where the value of a derived cell comes from.
pub(crate) struct Origin<'a> {
    /// The expression that computes it.
    pub(crate) expression: Option<&'a str>,
    /// The CSV column, from 0.
    pub(crate) column: Option<usize>,
    /// The range of the row's bytes.
    pub(crate) span: Option<Range<usize>>,
}

/// The cell of a missing value.
pub(crate) const EMPTY: Cell = Cell {
    start: 0,
    end: 0,
    quoted: false,
    form: CellForm::Plain,
};

const ABSENT: Cell = Cell {
    form: CellForm::Absent,
    ..EMPTY
};

/// A computed text is text, as a quoted cell is: neither empty nor a null token.
pub(crate) fn computed_cell(range: Range<usize>, form: CellForm) -> Cell {
    Cell {
        start: range.start as u32,
        end: range.end as u32,
        quoted: true,
        form,
    }
}

/// A JSON value with the quotes of a text.
fn json_cell(node: Node) -> Cell {
    let quote = u32::from(matches!(node.kind, Kind::String | Kind::EscapedString));
    Cell {
        start: node.start - quote,
        end: node.end + quote,
        quoted: false,
        form: CellForm::Json,
    }
}

#[cold]
fn cell_count(count: usize, row: &Row<'_>, cells: &[Cell]) -> Box<DerivationFault> {
    let end = row.bytes.len();
    Box::new(DerivationFault {
        kind: DerivationFaultKind::CellCount,
        field: None,
        value: None,
        reason: format!("expected {count} cells, found {}", cells.len()),
        span: Some(match cells.get(count) {
            Some(extra) => extra.start as usize..end,
            None => end..end,
        }),
        column: None,
    })
}
