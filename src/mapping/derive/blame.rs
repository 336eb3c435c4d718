//! Which part of a row is to blame for the value of an expression. It is found by computing the values again, so that
//! good rows need not carry it along.

use super::Source;
use super::node::Node;
use super::room::{Missing, Parts, Room, Value};
use crate::mapping::expression::Operation;
use crate::mapping::functions;

impl Room {
    /// The source that the byte `at` of the joined texts comes from; the first one where the byte is not known.
    #[cold]
    pub(super) fn joined_at(
        &mut self,
        sources: &mut [Node],
        parts: Parts<'_>,
        at: Option<usize>,
    ) -> Option<Source> {
        let mut rest = at.unwrap_or(0);
        let last = sources.len() - 1;
        for source in &mut sources[..last] {
            let Ok(Value::Text { start, end }) = self.value(source, parts) else {
                break;
            };
            if rest <= end - start {
                return self.source_of(source, parts);
            }
            rest -= end - start + 1;
        }
        self.source_of(&mut sources[last], parts)
    }

    /// The source that the value of `node` comes from: where it chooses between several, the one that it chose.
    #[cold]
    pub(super) fn source_of(&mut self, node: &mut Node, parts: Parts<'_>) -> Option<Source> {
        match node {
            Node::Column(column) | Node::ColumnWithout(column, _) => Some(Source::Column(*column)),
            Node::Slot(slot) => Some(Source::Slot(*slot)),
            Node::First(nodes) => {
                for node in &mut *nodes {
                    let value = self.value(node, parts);
                    if matches!(value, Ok(Value::Text { start, end }) if start < end) {
                        return self.source_of(node, parts);
                    }
                }
                self.source_among(nodes, parts, Missing::IsEmpty)
            }
            Node::Call(_, argument) | Node::KeyValue(_, argument) => self.source_of(argument, parts),
            Node::Arithmetic(first, rest) => {
                let missing = Missing::OrEmptyIsNull;
                let operands = rest.iter_mut().map(|(_, operand)| operand);
                let operands: Vec<&mut Node> = std::iter::once(&mut **first).chain(operands).collect();
                self.source_among(operands, parts, missing)
            }
            Node::Concat(nodes) => self.source_among(nodes, parts, Missing::IsNull),
            Node::DateTime(_, nodes) => self.source_among(nodes, parts, Missing::OrEmptyIsNull),
            Node::NamedUuid(_, nodes) => self.source_among(nodes, parts, Missing::IsEmpty),
            Node::Translate {
                text,
                table,
                otherwise,
            } => {
                let range = match self.value(text, parts) {
                    Ok(Value::Text { start, end }) => start..end,
                    _ => 0..0,
                };
                let known = table.get(&self.bytes[range]);
                let chosen = known.or(otherwise.as_deref_mut());
                let source = chosen.and_then(|node| self.source_of(node, parts));
                source.or_else(|| self.source_of(text, parts))
            }
            Node::Lookup {
                table,
                keys,
                otherwise,
                ..
            } => {
                let key = self.named(keys, parts).ok().flatten();
                let row = key.and_then(|(start, end)| table.get(&self.bytes[start..end]));
                let source = match (row, otherwise) {
                    (None, Some(otherwise)) => self.source_of(otherwise, parts),
                    _ => None,
                };
                source.or_else(|| self.source_among(keys, parts, Missing::OrEmptyIsNull))
            }
            Node::Constant(_)
            | Node::Null
            | Node::LineNumber
            | Node::RowNumber
            | Node::Now
            | Node::NewUuid(_) => None,
        }
    }

    /// The source of the value that makes the whole missing, if one does; otherwise the first source of these values.
    #[cold]
    pub(super) fn source_among<'n>(
        &mut self,
        nodes: impl IntoIterator<Item = &'n mut Node>,
        parts: Parts<'_>,
        missing: Missing,
    ) -> Option<Source> {
        let mut first = None;
        for node in nodes {
            let is_missing = match (self.value(node, parts), missing) {
                (_, Missing::IsEmpty) => false,
                (Ok(Value::Null), _) => true,
                (Ok(Value::Text { start, end }), Missing::OrEmptyIsNull) => start == end,
                _ => false,
            };
            let source = self.source_of(node, parts);
            if is_missing && source.is_some() {
                return source;
            }
            first = first.or(source);
        }
        first
    }

    /// The operand that is not a number: the last one if `left`, the result of those before it, is a number.
    #[cold]
    pub(super) fn culprit(
        &mut self,
        left: Value,
        first: &mut Node,
        rest: &mut [(Operation, Node)],
        parts: Parts<'_>,
    ) -> Option<Source> {
        let is_number = match left {
            Value::Text { start, end } => {
                functions::arithmetic::compare(&self.bytes[start..end], b"0").is_ok()
            }
            Value::Null => false,
        };
        let mut last = |room: &mut Room| {
            let (_, last) = rest.last_mut()?;
            room.source_of(last, parts)
        };
        match is_number {
            true => last(self).or_else(|| self.source_of(first, parts)),
            false => self.source_of(first, parts).or_else(|| last(self)),
        }
    }
}
