//! The values of compiled expressions for a row.

use std::io::Write;
use std::ops::Range;

use jiff::Timestamp;
use jiff::fmt::StdIoWrite;
use jiff::fmt::temporal::DateTimePrinter;
use uuid::Uuid;

use super::Source;
use super::fault::{DerivationFaultKind, NodeFault};
use super::node::{Node, Translations, UuidVersion};
use crate::escape::printable;
use crate::mapping::expression::Operation;
use crate::mapping::functions::{self, DateFormat, FunctionFault};
use crate::mapping::lookup::KEY_SEPARATOR;
use crate::record::csv::{Cell, CellForm};
use crate::record::json::{Kind, Node as JsonNode, unescape};

/// The value of an expression for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    /// A range of the derived row's bytes.
    Text {
        start: usize,
        end: usize,
    },
}

impl Value {
    fn text(range: Range<usize>) -> Value {
        Value::Text {
            start: range.start,
            end: range.end,
        }
    }
}

/// The parts of the row that expressions read.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) cells: &'a [Cell],
    pub(super) nodes: &'a [JsonNode],
    /// The JSON value of each slot; none if it is absent.
    pub(super) slots: &'a [Option<u32>],
    /// Texts of cells without quotes that mean a missing value.
    pub(super) null_tokens: &'a [Vec<u8>],
}

/// Memory for values.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The line on which the row starts, from 1.
    pub(super) line: u64,
    /// The number of the row, from 1.
    pub(super) row: u64,
    /// The row's bytes and the computed texts after them.
    pub(super) bytes: Vec<u8>,
    /// The values of the parts of what is being put together.
    stack: Vec<Value>,
    /// What a function has appended.
    result: Vec<u8>,
    /// Whether a JSON null was read.
    pub(super) read_null: bool,
}

type Evaluated = Result<Value, Box<NodeFault>>;

impl Room {
    /// The value of `node`.
    pub(super) fn value(&mut self, node: &mut Node, parts: Parts<'_>) -> Evaluated {
        match node {
            Node::Constant(text) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(text);
                Ok(Value::text(start..self.bytes.len()))
            }
            Node::Null => Ok(Value::Null),
            Node::Column(column) => Ok(self.cell(&parts.cells[*column], parts.null_tokens)),
            Node::ColumnWithout(column, tokens) => Ok(self.cell(&parts.cells[*column], tokens)),
            Node::Slot(slot) => match parts.slots[*slot] {
                None => Ok(Value::Null),
                Some(at) => self
                    .json(parts.nodes[at as usize])
                    .map_err(|fault| fault.from(Some(Source::Slot(*slot)))),
            },
            Node::Concat(nodes) => self.concat(nodes, parts),
            Node::First(nodes) => {
                for node in nodes {
                    match self.value(node, parts)? {
                        Value::Null => {}
                        Value::Text { start, end } if start == end => {}
                        found => return Ok(found),
                    }
                }
                Ok(Value::Null)
            }
            Node::Call(function, argument) => {
                let value = self.value(argument, parts)?;
                let value = match function.needs_text() {
                    true => self.unless_empty(value),
                    false => value,
                };
                self.call(value, |text, out| function.append(text, out))
                    .map_err(|fault| fault.from(self.source_of(argument, parts)))
            }
            Node::KeyValue(pair, argument) => match self.value(argument, parts)? {
                Value::Null => Ok(Value::Null),
                Value::Text { start, end } => match pair.find(&self.bytes[start..end]) {
                    Ok(Some(found)) => Ok(Value::text(start + found.start..start + found.end)),
                    Ok(None) => Ok(Value::Null),
                    Err(fault) => {
                        let fault = NodeFault::of_function(*fault, &self.bytes[start..end]);
                        Err(fault.from(self.source_of(argument, parts)))
                    }
                },
            },
            Node::Arithmetic(first, rest) => {
                let value = self.value(first, parts)?;
                let mut result = self.unless_empty(value);
                for index in 0..rest.len() {
                    let (operation, operand) = &mut rest[index];
                    let value = self.value(operand, parts)?;
                    let value = self.unless_empty(value);
                    result = match self.arithmetic(*operation, result, value) {
                        Ok(result) => result,
                        Err(fault) => {
                            let source = self.culprit(result, first, &mut rest[..=index], parts);
                            return Err(fault.from(source));
                        }
                    };
                }
                Ok(result)
            }
            Node::Translate {
                text,
                table,
                otherwise,
            } => {
                // A missing value is translated as the empty text, if that has a translation.
                let range = match self.value(text, parts)? {
                    Value::Text { start, end } => start..end,
                    Value::Null => 0..0,
                };
                match (table.get(&self.bytes[range.clone()]), otherwise) {
                    (Some(node), _) => self.value(node, parts),
                    (None, _) if range.is_empty() => Ok(Value::Null),
                    (None, Some(otherwise)) => self.value(otherwise, parts),
                    (None, None) => Err(NodeFault::new(
                        DerivationFaultKind::NoTranslation,
                        &self.bytes[range],
                        untranslated(table),
                    )
                    .from(self.source_of(text, parts))),
                }
            }
            Node::Lookup {
                table,
                column,
                keys,
                otherwise,
            } => {
                let key = self.named(keys, parts)?;
                let row = key.and_then(|(start, end)| table.get(&self.bytes[start..end]));
                match (row, otherwise, key) {
                    (_, _, None) => Ok(Value::Null),
                    (Some(row), ..) => match row.get(*column).and_then(Option::as_deref) {
                        None => Ok(Value::Null),
                        Some(text) => {
                            let start = self.bytes.len();
                            self.bytes.extend_from_slice(text);
                            Ok(Value::text(start..self.bytes.len()))
                        }
                    },
                    (None, Some(otherwise), _) => self.value(otherwise, parts),
                    (None, None, Some((start, end))) => Err(NodeFault::new(
                        DerivationFaultKind::NoTranslation,
                        &self.bytes[start..end],
                        format!("`{}` has no row with this key", table.file()),
                    )
                    .from(self.source_among(keys, parts, Missing::OrEmptyIsNull))),
                }
            }
            Node::LineNumber => Ok(self.number(self.line)),
            Node::RowNumber => Ok(self.number(self.row)),
            Node::Now => {
                self.result.clear();
                let now = Timestamp::now();
                let millis = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
                let printer = DateTimePrinter::new().precision(Some(3));
                let printed = printer.print_timestamp(&millis, StdIoWrite(&mut self.result));
                printed.expect("memory can be written");
                Ok(self.take_result())
            }
            Node::NewUuid(version) => {
                let uuid = match version {
                    UuidVersion::V4 => Uuid::new_v4(),
                    UuidVersion::V7 => Uuid::now_v7(),
                };
                Ok(self.uuid(uuid))
            }
            Node::NamedUuid(namespace, keys) => {
                let base = self.push(keys, parts, Missing::IsEmpty)?;
                let name = base.map_or(0..0, |base| self.unite(base, &[KEY_SEPARATOR]));
                let uuid = Uuid::new_v5(namespace, &self.bytes[name]);
                Ok(self.uuid(uuid))
            }
            Node::DateTime(format, sources) => self.date_time(format, sources, parts).map_err(|fault| {
                let source = self.joined_at(sources, parts, fault.at);
                fault.from(source)
            }),
        }
    }

    /// The text of a cell; an empty one without quotes, and a null token, is null.
    #[inline]
    fn cell(&mut self, cell: &Cell, null_tokens: &[Vec<u8>]) -> Value {
        let range = cell.start as usize..cell.end as usize;
        let text = &self.bytes[range.clone()];
        if !cell.quoted && (text.is_empty() || null_tokens.iter().any(|token| token == text)) {
            return Value::Null;
        }
        if cell.form == CellForm::Plain {
            return Value::text(range);
        }
        self.result.clear();
        cell.append_text(&self.bytes, &mut self.result);
        self.take_result()
    }

    fn json(&mut self, node: JsonNode) -> Evaluated {
        let range = node.start as usize..node.end as usize;
        match node.kind {
            Kind::Null => {
                self.read_null = true;
                Ok(Value::Null)
            }
            Kind::String | Kind::Number | Kind::True | Kind::False => Ok(Value::text(range)),
            Kind::EscapedString => {
                self.result.clear();
                unescape(&self.bytes[range], &mut self.result);
                Ok(self.take_result())
            }
            Kind::Array | Kind::Object => Err(NodeFault::new(
                DerivationFaultKind::WrongType,
                &self.bytes[range],
                "a function needs a text, a number or a boolean, not an array or an object",
            )),
        }
    }

    fn number(&mut self, number: u64) -> Value {
        let start = self.bytes.len();
        write!(self.bytes, "{number}").expect("memory can be written");
        Value::text(start..self.bytes.len())
    }

    fn take_result(&mut self) -> Value {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&self.result);
        Value::text(start..self.bytes.len())
    }

    #[inline]
    fn call(
        &mut self,
        argument: Value,
        append: impl FnOnce(&[u8], &mut Vec<u8>) -> Result<(), Box<FunctionFault>>,
    ) -> Evaluated {
        let Value::Text { start, end } = argument else {
            return Ok(Value::Null);
        };
        self.result.clear();
        let text = &self.bytes[start..end];
        match append(text, &mut self.result) {
            Ok(()) => Ok(self.take_result()),
            Err(fault) => Err(NodeFault::of_function(*fault, text)),
        }
    }

    fn arithmetic(&mut self, operation: Operation, left: Value, right: Value) -> Evaluated {
        let (Value::Text { start, end }, Value::Text { start: from, end: to }) = (left, right) else {
            return Ok(Value::Null);
        };
        self.result.clear();
        let (left, right) = (&self.bytes[start..end], &self.bytes[from..to]);
        let out = &mut self.result;
        let done = match operation {
            Operation::Add => functions::arithmetic::add(left, right, out),
            Operation::Subtract => functions::arithmetic::subtract(left, right, out),
            Operation::Multiply => functions::arithmetic::multiply(left, right, out),
        };
        match done {
            Ok(()) => Ok(self.take_result()),
            Err(fault) => {
                let shown = [left, b" ", operation.symbol().as_bytes(), b" ", right].concat();
                Err(NodeFault::of_function(*fault, &shown))
            }
        }
    }

    fn concat(&mut self, nodes: &mut [Node], parts: Parts<'_>) -> Evaluated {
        let base = self.push(nodes, parts, Missing::IsNull)?;
        Ok(base.map_or(Value::Null, |base| Value::text(self.unite(base, b""))))
    }

    /// Puts the values of `nodes` on the stack, and returns where they start; none, and nothing is on the stack, if a
    /// missing one makes the whole missing.
    fn push(
        &mut self,
        nodes: &mut [Node],
        parts: Parts<'_>,
        missing: Missing,
    ) -> Result<Option<usize>, Box<NodeFault>> {
        let base = self.stack.len();
        for node in nodes {
            match self.value(node, parts) {
                Ok(Value::Null) if missing != Missing::IsEmpty => {
                    self.stack.truncate(base);
                    return Ok(None);
                }
                Ok(Value::Text { start, end }) if start == end && missing == Missing::OrEmptyIsNull => {
                    self.stack.truncate(base);
                    return Ok(None);
                }
                Ok(value) => self.stack.push(value),
                Err(fault) => {
                    self.stack.truncate(base);
                    return Err(fault);
                }
            }
        }
        Ok(Some(base))
    }

    fn uuid(&mut self, uuid: Uuid) -> Value {
        let mut text = Uuid::encode_buffer();
        let text = uuid.hyphenated().encode_lower(&mut text);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        Value::text(start..self.bytes.len())
    }

    /// The key that these values form, as a range of the bytes; none if one of them is null.
    pub(super) fn named(
        &mut self,
        keys: &mut [Node],
        parts: Parts<'_>,
    ) -> Result<Option<(usize, usize)>, Box<NodeFault>> {
        let base = self.push(keys, parts, Missing::OrEmptyIsNull)?;
        let key = base.map(|base| self.unite(base, &[KEY_SEPARATOR]));
        Ok(key.map(|key| (key.start, key.end)))
    }

    /// The sources, joined with a blank and read in this format; null if one of them is missing or empty.
    fn date_time(&mut self, format: &mut DateFormat, sources: &mut [Node], parts: Parts<'_>) -> Evaluated {
        if let [source] = sources {
            let value = self.value(source, parts)?;
            let value = self.unless_empty(value);
            return self.call(value, |text, out| format.append(text, out));
        }
        let Some(base) = self.push(sources, parts, Missing::OrEmptyIsNull)? else {
            return Ok(Value::Null);
        };
        self.result.clear();
        for (index, value) in self.stack.drain(base..).enumerate() {
            if index > 0 {
                self.result.push(b' ');
            }
            if let Value::Text { start, end } = value {
                self.result.extend_from_slice(&self.bytes[start..end]);
            }
        }
        let start = self.bytes.len();
        match format.append(&self.result, &mut self.bytes) {
            Ok(()) => Ok(Value::text(start..self.bytes.len())),
            Err(fault) => {
                self.bytes.truncate(start);
                Err(NodeFault::of_function(*fault, &self.result))
            }
        }
    }

    /// The value, where an empty text is missing too: files that quote every cell write missing values so.
    #[inline]
    pub(super) fn unless_empty(&self, value: Value) -> Value {
        match value {
            Value::Text { start, end } if start == end => Value::Null,
            other => other,
        }
    }

    /// Appends the values on the stack from `base` on, one after the other, and takes them off.
    fn unite(&mut self, base: usize, between: &[u8]) -> Range<usize> {
        let whole = self.bytes.len();
        for index in base..self.stack.len() {
            if index > base {
                self.bytes.extend_from_slice(between);
            }
            if let Value::Text { start, end } = self.stack[index] {
                self.bytes.extend_from_within(start..end);
            }
        }
        self.stack.truncate(base);
        whole..self.bytes.len()
    }
}

/// What a missing value among several makes of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It counts as an empty text.
    IsEmpty,
    /// The whole is missing.
    IsNull,
    /// The whole is missing, and an empty text is a missing value too.
    OrEmptyIsNull,
}

/// Why a text has no translation.
#[cold]
fn untranslated(table: &Translations) -> String {
    const SHOWN: usize = 10;
    let texts = table.texts();
    let shown = texts.iter().take(SHOWN);
    let mut shown: Vec<String> = shown.map(|text| format!("`{}`", printable(text, 60))).collect();
    if texts.len() > SHOWN {
        shown.push("...".to_owned());
    }
    format!(
        "the mapping has no translation for this text, only for {}",
        shown.join(", ")
    )
}
