//! Compiled expressions.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::Source;
use crate::mapping::expression::Operation;
use crate::mapping::functions::{
    self, Capture, DateFormat, FunctionFault, KeyValue, NumberFormat, TimeShift,
};
use crate::mapping::lookup::LookupTable;
use crate::mapping::rules::EpochUnit;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Box<[u8]>),
    Null,
    Column(usize),
    /// A column with its own texts that mean a missing value.
    ColumnWithout(usize, Box<[Vec<u8>]>),
    Slot(usize),
    /// Texts one after the other; null if one of them is.
    Concat(Vec<Node>),
    /// The first that is not null.
    First(Vec<Node>),
    Call(Function, Box<Node>),
    /// The value of a key in a text; null if the text does not have the key.
    KeyValue(Box<KeyValue>, Box<Node>),
    /// Operations from the left.
    Arithmetic(Box<Node>, Vec<(Operation, Node)>),
    Translate {
        text: Box<Node>,
        table: Translations,
        /// What a text without a translation becomes; none rejects the row.
        otherwise: Option<Box<Node>>,
    },
    /// Sources joined with a blank and read in a format.
    DateTime(DateFormat, Vec<Node>),
    /// A column of the row of another file that has this key.
    Lookup {
        table: Arc<LookupTable>,
        column: usize,
        keys: Vec<Node>,
        /// What a key that is not there becomes; none rejects the row.
        otherwise: Option<Box<Node>>,
    },
    /// The line on which the row starts.
    LineNumber,
    /// The number of the row in its input.
    RowNumber,
    /// The clock's time in UTC, in milliseconds.
    Now,
    /// A UUID that no other row has (RFC 9562).
    NewUuid(UuidVersion),
    /// The UUID of these texts in a namespace (RFC 9562, version 5).
    NamedUuid(Uuid, Vec<Node>),
}

/// A version of UUID that does not depend on the row.
#[derive(Debug, Clone, Copy)]
pub(super) enum UuidVersion {
    /// Random.
    V4,
    /// The time, then random.
    V7,
}

/// A function of one text.
#[derive(Debug, Clone)]
pub(super) enum Function {
    Upper,
    Lower,
    Trim,
    Replace { from: String, to: String },
    Substring { start: usize, length: Option<usize> },
    Capture(Box<Capture>),
    Number(NumberFormat),
    Implied(u8),
    SecondsOfDay(EpochUnit),
    Shifted(TimeShift),
    Negate,
    Split(String),
}

/// Texts and what they become.
#[derive(Debug, Clone)]
pub(super) enum Translations {
    /// So few that a search is faster than a hash.
    Few(Vec<(Box<[u8]>, Node)>),
    Many(HashMap<Box<[u8]>, Node>),
}

impl Translations {
    pub(super) fn new(entries: Vec<(Box<[u8]>, Node)>) -> Translations {
        const FEW: usize = 8;
        match entries.len() > FEW {
            true => Translations::Many(entries.into_iter().collect()),
            false => Translations::Few(entries),
        }
    }

    pub(super) fn get(&mut self, text: &[u8]) -> Option<&mut Node> {
        match self {
            Translations::Few(entries) => entries
                .iter_mut()
                .find(|(known, _)| **known == *text)
                .map(|(_, node)| node),
            Translations::Many(entries) => entries.get_mut(text),
        }
    }

    /// The texts that have a translation, in alphabetical order.
    pub(super) fn texts(&self) -> Vec<&[u8]> {
        let mut texts: Vec<&[u8]> = match self {
            Translations::Few(entries) => entries.iter().map(|(text, _)| &**text).collect(),
            Translations::Many(entries) => entries.keys().map(|text| &**text).collect(),
        };
        texts.sort_unstable();
        texts
    }

    pub(super) fn values(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match self {
            Translations::Few(entries) => Box::new(entries.iter().map(|(_, node)| node)),
            Translations::Many(entries) => Box::new(entries.values()),
        }
    }
}

impl Function {
    /// Whether an empty text has no result, as a missing value has none.
    pub(super) fn needs_text(&self) -> bool {
        match self {
            Function::Upper
            | Function::Lower
            | Function::Trim
            | Function::Replace { .. }
            | Function::Split(_) => false,
            Function::Substring { .. }
            | Function::Capture(_)
            | Function::Number(_)
            | Function::Implied(_)
            | Function::SecondsOfDay(_)
            | Function::Shifted(_)
            | Function::Negate => true,
        }
    }

    pub(super) fn append(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Box<FunctionFault>> {
        match self {
            Function::Upper => functions::text::upper(text, out),
            Function::Lower => functions::text::lower(text, out),
            Function::Trim => functions::text::trim(text, out),
            Function::Replace { from, to } => {
                functions::text::replace(text, from.as_bytes(), to.as_bytes(), out)
            }
            Function::Substring { start, length } => functions::text::substring(text, *start, *length, out),
            Function::Capture(capture) => capture.append(text, out),
            Function::Number(format) => format.append(text, out),
            Function::Implied(places) => functions::implied(text, *places, out),
            Function::SecondsOfDay(unit) => functions::seconds_of_day(text, *unit, out),
            Function::Shifted(shift) => shift.append(text, out),
            Function::Negate => functions::arithmetic::negate(text, out),
            Function::Split(separator) => functions::text::split(text, separator.as_bytes(), out),
        }
    }
}

impl Node {
    /// The nodes that this one is made of.
    pub(super) fn inner(&self) -> Vec<&Node> {
        match self {
            Node::Constant(_)
            | Node::Null
            | Node::Column(_)
            | Node::ColumnWithout(..)
            | Node::Slot(_)
            | Node::LineNumber
            | Node::RowNumber
            | Node::Now
            | Node::NewUuid(_) => Vec::new(),
            Node::Concat(nodes)
            | Node::First(nodes)
            | Node::DateTime(_, nodes)
            | Node::NamedUuid(_, nodes) => nodes.iter().collect(),
            Node::Lookup { keys, otherwise, .. } => keys.iter().chain(otherwise.as_deref()).collect(),
            Node::Call(_, node) | Node::KeyValue(_, node) => vec![node],
            Node::Arithmetic(first, rest) => {
                let mut inner: Vec<&Node> = vec![first];
                inner.extend(rest.iter().map(|(_, operand)| operand));
                inner
            }
            Node::Translate {
                text,
                table,
                otherwise,
            } => {
                let mut inner: Vec<&Node> = vec![text];
                inner.extend(table.values());
                inner.extend(otherwise.as_deref());
                inner
            }
        }
    }

    /// Appends the columns that it reads to `columns`.
    pub(super) fn columns(&self, columns: &mut Vec<usize>) {
        match self {
            Node::Column(column) | Node::ColumnWithout(column, _) => columns.push(*column),
            other => other.inner().into_iter().for_each(|node| node.columns(columns)),
        }
    }

    /// The source that it reads first; none for a constant.
    pub(super) fn first_source(&self) -> Option<Source> {
        match self {
            Node::Column(column) | Node::ColumnWithout(column, _) => Some(Source::Column(*column)),
            Node::Slot(slot) => Some(Source::Slot(*slot)),
            other => other.inner().into_iter().find_map(Node::first_source),
        }
    }

    /// Whether its value differs from run to run.
    pub(super) fn is_volatile(&self) -> bool {
        match self {
            Node::Now | Node::NewUuid(_) => true,
            other => other.inner().into_iter().any(Node::is_volatile),
        }
    }

    /// Whether it has the same value for every row.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Node::Column(_)
            | Node::ColumnWithout(..)
            | Node::Slot(_)
            | Node::LineNumber
            | Node::RowNumber
            | Node::Now
            | Node::NewUuid(_) => false,
            other => other.inner().into_iter().all(Node::is_constant),
        }
    }
}
