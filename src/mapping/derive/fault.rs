//! Why a derived cell cannot be made from a row.

use std::ops::Range;

use super::Source;
use crate::mapping::functions::FunctionFault;

/// Why a derived cell cannot be made from a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DerivationFault {
    pub(crate) kind: DerivationFaultKind,
    /// The field, by its path; none if the fault concerns the whole row.
    pub(crate) field: Option<String>,
    /// The text that a function was given.
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) reason: String,
    /// Where the value is in the row's bytes.
    pub(crate) span: Option<Range<usize>>,
    /// The CSV column, from 0.
    pub(crate) column: Option<usize>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DerivationFaultKind {
    /// The row has another number of cells than the header.
    CellCount,
    /// The row is JSON, but not an object.
    NotAnObject,
    /// A key that neither the mapping nor the schema uses.
    UnknownKey,
    DuplicateKey,
    /// A JSON array or object where a text is needed.
    WrongType,
    /// A function has no result.
    Function,
    /// A text has no translation.
    NoTranslation,
    NotUtf8,
}

/// A fault before its field is known.
pub(super) struct NodeFault {
    pub(super) kind: DerivationFaultKind,
    /// The cell or JSON value that is to blame; none where it is not known.
    pub(super) source: Option<Source>,
    /// The byte of the value at which it is wrong, from 0, where that is known.
    pub(super) at: Option<usize>,
    pub(super) reason: String,
    /// The text that the function was given.
    pub(super) value: Vec<u8>,
}

/// Maximum number of bytes of a value that are kept: the row itself is kept elsewhere.
const KEPT: usize = 1024;

impl NodeFault {
    #[cold]
    pub(super) fn new(kind: DerivationFaultKind, value: &[u8], reason: impl Into<String>) -> Box<NodeFault> {
        Box::new(NodeFault {
            kind,
            source: None,
            at: None,
            reason: reason.into(),
            value: value[..value.len().min(KEPT)].to_vec(),
        })
    }

    /// The same, with the source that is to blame, unless an inner fault has named it.
    #[cold]
    pub(super) fn from(mut self: Box<NodeFault>, source: Option<Source>) -> Box<NodeFault> {
        self.source = self.source.or(source);
        self
    }

    #[cold]
    pub(super) fn of_function(fault: FunctionFault, value: &[u8]) -> Box<NodeFault> {
        let mut node_fault = NodeFault::new(DerivationFaultKind::Function, value, fault.reason);
        node_fault.at = fault.at;
        node_fault
    }
}
