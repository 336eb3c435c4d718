//! The source of a field: an expression over the parts of a row, and the rules by which its value is read.
//!
//! A new kind of expression needs a variant of [`Expression`] and its evaluation in `encode`, for cells (`cell`) and
//! for JSON (`json::object`).

use std::sync::Arc;

use super::rules::Rules;

/// Where the value of a field comes from, and how it is read.
#[derive(Debug, Clone)]
pub(crate) struct FieldSource {
    pub(crate) expression: Expression,
    /// Fields without their own rules share those of the mapping.
    pub(crate) rules: Arc<Rules>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    /// The cell in the CSV column with this index.
    Column(usize),
    /// The value of this key of the row's JSON object.
    Key(String),
    /// The row's JSON value, whatever it is.
    Whole,
    /// The field's default: it has no column.
    Default,
    /// Null, as [`Rules::missing_null`] allows: it has no column.
    Null,
    /// A datum that is the same for every row.
    Constant(Box<[u8]>),
    /// Columns for the fields of the record that the field holds: one source for each, in the schema's order.
    Record(Vec<FieldSource>),
}

/// Two sources are equal if they give the same value for every row; rules are compared by identity, because time zones
/// cannot be compared.
impl PartialEq for FieldSource {
    fn eq(&self, other: &FieldSource) -> bool {
        self.expression == other.expression && Arc::ptr_eq(&self.rules, &other.rules)
    }
}

impl Eq for FieldSource {}

impl FieldSource {
    /// Appends the columns that this source reads to `columns`.
    pub(crate) fn columns(&self, columns: &mut Vec<usize>) {
        match &self.expression {
            Expression::Column(column) => columns.push(*column),
            Expression::Record(sources) => sources.iter().for_each(|source| source.columns(columns)),
            Expression::Key(_)
            | Expression::Whole
            | Expression::Default
            | Expression::Null
            | Expression::Constant(_) => {}
        }
    }
}
