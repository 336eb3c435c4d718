//! Rows -> derived rows: what a mapping makes of a row, as the cells of another row.
//!
//! A [`Derivation`] is compiled once for the columns of a file, or for JSON rows, and a schema. It adds the computed
//! texts after the bytes of the row itself, and gives one cell for each derived column: a range of these bytes. `encode`
//! reads them as it reads the cells of a file, so a value means the same whether it was computed or not, and a cell that
//! is passed through is not copied.

mod arguments;
mod blame;
mod call;
mod compile;
mod condition;
mod deriver;
mod expression;
mod fault;
mod json_text;
mod key;
mod message;
mod node;
mod paths;
mod room;
mod targets;
mod topics;

use condition::WrittenCondition;
pub(crate) use deriver::{Deriver, EMPTY as EMPTY_CELL, computed_cell};
pub(crate) use fault::{DerivationFault, DerivationFaultKind};
pub(crate) use key::needs_schema as key_needs_schema;
pub(crate) use message::{KeyColumns, MessageColumns};
use node::Node;
use paths::PathTree;

use super::file::Place;
use super::rules::UnknownKeys;
pub(crate) use compile::{InputNames, RawRows, Schemas, derivation};
pub(crate) use topics::possible_topics;

/// How the cells of derived rows are made, compiled for the row loop.
#[derive(Debug, Clone)]
pub struct Derivation {
    layout: Layout,
    /// Those of the mapping's entries come first, those of the message's other parts last.
    columns: Vec<DerivedColumn>,
    /// The number of columns without those of the message's other parts.
    of_value: usize,
    message: MessageColumns,
    /// The number of columns that entries of the mapping make.
    mapped: usize,
    /// Texts of cells without quotes that mean a missing value in the condition.
    null_tokens: Vec<Vec<u8>>,
    unknown_keys: UnknownKeys,
    /// Other rows are filtered.
    filter: Option<WrittenCondition>,
    /// The messages of these rows have a null value.
    tombstone: Option<WrittenCondition>,
    /// Whether an expression needs the number of the row.
    counts_rows: bool,
}

/// The rows that are derived from.
#[derive(Debug, Clone)]
enum Layout {
    /// CSV with this many cells.
    Cells(usize),
    /// JSON, with the paths that are used.
    Json(PathTree),
}

/// A column of derived rows.
#[derive(Debug, Clone)]
struct DerivedColumn {
    name: String,
    source: CellSource,
    /// Texts of cells without quotes that mean a missing value in its expression.
    null_tokens: Vec<Vec<u8>>,
}

/// What the mapping gives a field in every row.
pub(crate) struct Constant<'a> {
    pub(crate) field: &'a str,
    /// The text; none for `null`.
    pub(crate) text: Option<&'a [u8]>,
    pub(crate) place: &'a Place,
}

/// How a cell is made.
#[derive(Debug, Clone)]
enum CellSource {
    /// A cell of the row as it is.
    Column(usize),
    /// The JSON value in this slot as it is.
    Slot(usize),
    Computed {
        node: Node,
        /// The expression as it is written.
        text: String,
        place: Place,
    },
    /// JSON that is put together from parts.
    Json(JsonValue),
}

/// JSON that is put together from parts.
#[derive(Debug, Clone)]
enum JsonValue {
    Text(Node),
    /// The JSON value in this slot as it is.
    Slot(usize),
    /// Keys, ready to be written: `"venue":`.
    Object {
        entries: Vec<(Box<[u8]>, JsonValue)>,
        omits_empty: bool,
    },
    Array(Vec<JsonValue>),
}

/// The cell or JSON value that a derived cell is made from first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Column(usize),
    Slot(usize),
}

impl Derivation {
    /// The names of the derived columns: fields, and the columns of the file that are passed through.
    pub fn header(&self) -> Vec<String> {
        let columns = self.columns[..self.of_value].iter();
        columns.map(|column| column.name.clone()).collect()
    }

    /// The parts of the message other than its value, which are columns after those of [`Derivation::header`].
    pub(crate) fn message(&self) -> &MessageColumns {
        &self.message
    }

    /// The names of all columns for a key that is a record, where the mapping computes its fields.
    pub(crate) fn key_header(&self) -> Option<Vec<String>> {
        match &self.message.key {
            Some(KeyColumns::Record(fields)) => Some(fields.header(self.names(), self.of_value)),
            _ => None,
        }
    }

    /// The names of all columns, with those of the message's other parts.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }

    /// What a part of the message other than its value is made from, for people.
    pub(crate) fn part_source(&self, column: usize) -> &str {
        let of_key = match &self.message.key {
            Some(KeyColumns::Record(fields)) => fields.source(column),
            _ => None,
        };
        of_key.or_else(|| self.expression(column)).unwrap_or_default()
    }

    /// The expression of a derived column; none if it is not computed.
    pub(crate) fn expression(&self, column: usize) -> Option<&str> {
        match &self.columns[column].source {
            CellSource::Computed { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Where the expression of a derived column is; none if it is not computed.
    pub(crate) fn place(&self, column: usize) -> Option<&Place> {
        match &self.columns[column].source {
            CellSource::Computed { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The names of the fields with an entry.
    pub(super) fn mapped(&self) -> impl Iterator<Item = &str> {
        self.columns[..self.mapped].iter().map(|column| &*column.name)
    }

    /// What the derived column `index` contains if it is the same in every row.
    pub(crate) fn constant(&self, index: usize) -> Option<Constant<'_>> {
        let column = &self.columns[index];
        let CellSource::Computed { node, place, .. } = &column.source else {
            return None;
        };
        let text = match node {
            Node::Constant(text) => Some(&**text),
            Node::Null => None,
            _ => return None,
        };
        Some(Constant {
            field: &column.name,
            text,
            place,
        })
    }

    /// Where the mapping says which rows become tombstones.
    pub(crate) fn tombstones(&self) -> Option<&Place> {
        self.tombstone.as_ref().map(|written| &written.place)
    }

    /// Whether it is made for rows of CSV.
    pub(crate) fn reads_cells(&self) -> bool {
        matches!(self.layout, Layout::Cells(_))
    }

    /// Whether an expression needs the number of the row.
    pub(crate) fn counts_rows(&self) -> bool {
        self.counts_rows
    }

    /// Whether a derived column differs from run to run: `now()`, or a random UUID.
    pub(crate) fn is_volatile(&self, column: usize) -> bool {
        match self.columns.get(column).map(|column| &column.source) {
            Some(CellSource::Computed { node, .. }) => node.is_volatile(),
            Some(CellSource::Json(value)) => value.is_volatile(),
            Some(CellSource::Column(_) | CellSource::Slot(_)) | None => false,
        }
    }

    /// Whether it differs from run to run which rows are filtered or become tombstones.
    pub(crate) fn has_volatile_condition(&self) -> bool {
        let conditions = [&self.filter, &self.tombstone];
        let mut written = conditions.into_iter().flatten();
        written.any(|written| written.condition.is_volatile())
    }

    /// How each field is computed, for those that are.
    pub fn computed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().filter_map(|column| match &column.source {
            CellSource::Computed { text, .. } => Some((&*column.name, &**text)),
            _ => None,
        })
    }
}

impl CellSource {
    /// The first source that it reads; none for a constant.
    fn first_source(&self) -> Option<Source> {
        match self {
            CellSource::Column(column) => Some(Source::Column(*column)),
            CellSource::Slot(slot) => Some(Source::Slot(*slot)),
            CellSource::Computed { node, .. } => node.first_source(),
            CellSource::Json(value) => value.first_source(),
        }
    }

    /// The column that it reads, if it reads no other one.
    fn only_column(&self) -> Option<usize> {
        match self {
            CellSource::Column(column) => Some(*column),
            CellSource::Computed { node, .. } => {
                let mut columns = Vec::new();
                node.columns(&mut columns);
                let (first, rest) = columns.split_first()?;
                rest.iter().all(|other| other == first).then_some(*first)
            }
            CellSource::Slot(_) | CellSource::Json(_) => None,
        }
    }
}

impl JsonValue {
    fn is_volatile(&self) -> bool {
        match self {
            JsonValue::Text(node) => node.is_volatile(),
            JsonValue::Slot(_) => false,
            JsonValue::Object { entries, .. } => entries.iter().any(|(_, value)| value.is_volatile()),
            JsonValue::Array(items) => items.iter().any(JsonValue::is_volatile),
        }
    }

    fn first_source(&self) -> Option<Source> {
        match self {
            JsonValue::Text(node) => node.first_source(),
            JsonValue::Slot(slot) => Some(Source::Slot(*slot)),
            JsonValue::Object { entries, .. } => entries.iter().find_map(|(_, value)| value.first_source()),
            JsonValue::Array(items) => items.iter().find_map(JsonValue::first_source),
        }
    }
}
