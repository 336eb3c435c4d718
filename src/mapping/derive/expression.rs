//! Expression -> compiled expression.

use super::compile::{Compiler, RawRows, is_field};
use super::node::{Function, Node};
use super::room::{Parts, Room, Value};
use crate::escape::printable;
use crate::mapping::expression::{
    Expr, ExprKind, ExpressionError, Operation, PathStep, SourcePath, Span, TemplatePart,
};
use crate::mapping::file::{MapError, Written};
use crate::nearest::near_miss;

/// A part of an expression, compiled.
pub(super) type Compiled<T = Node> = Result<T, ExpressionError>;

impl Compiler<'_> {
    /// # Errors
    /// See [`derivation`](super::derivation), with the place in the mapping.
    pub(super) fn written(&mut self, written: &Written<Expr>) -> Result<Node, MapError> {
        self.expression(&written.value)
            .map_err(|error| written.error(error))
    }

    pub(super) fn expression(&mut self, expression: &Expr) -> Compiled {
        let node = self.unfolded(expression)?;
        folded(node, &expression.span)
    }

    fn unfolded(&mut self, expression: &Expr) -> Compiled {
        let span = &expression.span;
        match &expression.value {
            ExprKind::Source(path) => self.source(path, expression),
            ExprKind::Text(literal) => {
                let parts = literal.template.as_ref().map_err(Clone::clone)?;
                let mut nodes = Vec::new();
                for part in parts {
                    nodes.push(match part {
                        TemplatePart::Text(text) => constant(text),
                        TemplatePart::Value(value) => self.expression(value)?,
                    });
                }
                // With one part too it is a text: `"{x}"` makes a text of a number.
                Ok(match &mut nodes[..] {
                    [] => constant(""),
                    [Node::Constant(_)] => nodes.remove(0),
                    _ => Node::Concat(nodes),
                })
            }
            ExprKind::Number(digits) => Ok(constant(digits)),
            ExprKind::True => Ok(constant("true")),
            ExprKind::False => Ok(constant("false")),
            ExprKind::Null => Ok(Node::Null),
            ExprKind::Call(call) => self.call(call, expression),
            ExprKind::Table(_) => Err(ExpressionError::at(
                span.clone(),
                "a table of translations is the second argument of `translate`",
            )),
            ExprKind::Minus(inner) => {
                let inner = self.expression(inner)?;
                Ok(Node::Call(Function::Negate, Box::new(inner)))
            }
            ExprKind::Arithmetic { first, rest } => self.arithmetic(first, rest),
            ExprKind::Comparison { operator, .. } => Err(is_condition(span, operator.symbol())),
            ExprKind::And(_) => Err(is_condition(span, "and")),
            ExprKind::Or(_) => Err(is_condition(span, "or")),
            ExprKind::Not(_) => Err(is_condition(span, "not")),
        }
    }

    /// Operations from the left. Those at the start that have the same value for every row are done now.
    fn arithmetic(&mut self, first: &Expr, rest: &[(Operation, Expr)]) -> Compiled {
        let mut name = unspaced(first);
        let mut end = first.span.end;
        for (operation, operand) in rest {
            let symbol = operation.symbol();
            let together = end + symbol.len() == operand.span.start;
            end = operand.span.end;
            name = match (name, unspaced(operand)) {
                (Some(name), Some(operand)) if together => Some(name + symbol + &operand),
                _ => break,
            };
            if let (RawRows::Columns(header), Some(name)) = (self.rows, &name)
                && header.contains(name)
            {
                let message = format!("`{name}` is also the name of a column");
                return Err(
                    ExpressionError::at(first.span.start..end, message).with_hint(format!(
                        "write the column between backquotes, or the operation with blanks around `{symbol}`"
                    )),
                );
            }
        }
        let mut start = self.expression(first)?;
        let mut operations: Vec<(Operation, Node)> = Vec::new();
        for (operation, operand) in rest {
            let node = self.expression(operand)?;
            if operations.is_empty() && start.is_constant() && node.is_constant() {
                let both = Node::Arithmetic(Box::new(start), vec![(*operation, node)]);
                start = folded(both, &(first.span.start..operand.span.end))?;
            } else {
                operations.push((*operation, node));
            }
        }
        Ok(match operations.is_empty() {
            true => start,
            false => Node::Arithmetic(Box::new(start), operations),
        })
    }

    fn source(&mut self, path: &SourcePath, expression: &Expr) -> Compiled {
        let header = match self.rows {
            // The row has it under this name.
            RawRows::Json | RawRows::Unknown if let Some(around) = path.enclosing() => {
                let steps = vec![PathStep::Name(around.name)];
                return Ok(Node::Slot(self.tree.slot(&SourcePath { steps })));
            }
            RawRows::Columns(_) if path.enclosing().is_some() => {
                let message = format!("`{path}` is a value around JSON rows, but the file is CSV");
                return Err(ExpressionError::at(expression.span.clone(), message));
            }
            RawRows::Json | RawRows::Unknown => return Ok(Node::Slot(self.tree.slot(path))),
            RawRows::Columns(header) => header,
        };
        let name = path.to_string();
        let found: Vec<usize> = header
            .iter()
            .enumerate()
            .filter(|(_, column)| **column == name)
            .map(|(index, _)| index)
            .collect();
        match found[..] {
            [column] => Ok(self.column(column)),
            [] => {
                let error =
                    ExpressionError::at(expression.span.clone(), format!("there is no column `{name}`"));
                Err(match near_miss(&name, header) {
                    Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                    None if self.schema.is_some_and(|schema| is_field(schema, &name)) => error.with_hint(format!(
                        "`{name}` is a field of the schema, and expressions read columns; a key is made from fields by \
                         `key-field` in `[message]`"
                    )),
                    None => error.with_hint(format!(
                        "the columns are {}; a text is written in double quotes: \"{name}\"",
                        header.join(", ")
                    )),
                })
            }
            [first, second, ..] => Err(ExpressionError::at(
                expression.span.clone(),
                format!(
                    "columns {} and {} are both called `{name}`",
                    first + 1,
                    second + 1
                ),
            )
            .with_hint(format!("write `column({})`", first + 1))),
        }
    }
}

/// The node, or its value if that is the same for every row.
fn folded(mut node: Node, span: &Span) -> Compiled {
    if matches!(node, Node::Constant(_) | Node::Null) || !node.is_constant() {
        return Ok(node);
    }
    let mut room = Room::default();
    let parts = Parts {
        cells: &[],
        nodes: &[],
        slots: &[],
        null_tokens: &[],
    };
    match room.value(&mut node, parts) {
        Ok(Value::Null) => Ok(Node::Null),
        Ok(Value::Text { start, end }) => Ok(Node::Constant(room.bytes[start..end].into())),
        Err(fault) => {
            let value = printable(&fault.value, 60).into_owned();
            let message = format!("this has no value: `{value}`: {}", fault.reason);
            Err(ExpressionError::at(span.clone(), message))
        }
    }
}

fn is_condition(span: &Span, word: &str) -> ExpressionError {
    ExpressionError::at(span.clone(), format!("`{word}` is a condition, not a value"))
}

/// The text of a name or of operations between names, if it is written without blanks and could be the name of a column.
fn unspaced(expression: &Expr) -> Option<String> {
    match &expression.value {
        ExprKind::Source(path) => {
            let name = path.to_string();
            (name.len() == expression.span.len()).then_some(name)
        }
        ExprKind::Number(digits) => Some(digits.clone()),
        ExprKind::Arithmetic { first, rest } => {
            let mut name = unspaced(first)?;
            for (operation, operand) in rest {
                name.push_str(operation.symbol());
                name.push_str(&unspaced(operand)?);
            }
            (name.len() == expression.span.len()).then_some(name)
        }
        _ => None,
    }
}

pub(super) fn constant(text: &str) -> Node {
    Node::Constant(text.as_bytes().into())
}
