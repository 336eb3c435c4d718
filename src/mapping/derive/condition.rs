//! Conditions on a row: comparisons, and their combinations with `and`, `or` and `not`.
//!
//! `==` and `!=` compare texts byte by byte, unless one side is a number, arithmetic, or the result of `number` or
//! `implied`: then both are exact decimals, and `40.20` is equal to `40.2`. `<`, `<=`, `>` and `>=` compare exact
//! decimals, or two dates written as `2014-03-10`. A text that is neither is an error, because any other answer would be
//! a guess. A comparison with a missing value is false, except with `null`, which asks whether a value is missing.

use std::cmp::Ordering;

use super::Source;
use super::compile::Compiler;
use super::expression::Compiled;
use super::fault::{DerivationFaultKind, NodeFault};
use super::node::{Node, Parts, Room, Value};
use crate::escape::printable;
use crate::mapping::expression::{Expr, ExprKind, ExpressionError, Operator};
use crate::mapping::file::{MapError, Written};
use crate::mapping::functions::arithmetic;
use crate::record::json::Kind;

/// A compiled condition.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    Constant(bool),
    /// The value is missing.
    Missing(Node),
    Compare {
        left: Node,
        right: Node,
        by: Order,
        operator: Operator,
    },
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

/// What two values are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Text,
    Number,
    /// Both are numbers, or both are dates.
    NumberOrDate,
}

/// A condition with its text.
#[derive(Debug, Clone)]
pub(super) struct WrittenCondition {
    pub(super) condition: Condition,
    pub(super) text: String,
}

impl Compiler<'_> {
    /// # Errors
    /// The expression is not a condition, or one of its parts cannot be compiled.
    pub(super) fn written_condition(
        &mut self,
        written: &Written<Expr>,
    ) -> Result<WrittenCondition, MapError> {
        match self.condition(&written.value) {
            Ok(condition) => Ok(WrittenCondition {
                condition,
                text: written.text.trim().to_owned(),
            }),
            Err(error) => Err(written.error(error)),
        }
    }

    fn condition(&mut self, expression: &Expr) -> Compiled<Condition> {
        match &expression.value {
            ExprKind::True => Ok(Condition::Constant(true)),
            ExprKind::False => Ok(Condition::Constant(false)),
            ExprKind::Not(inner) => Ok(Condition::Not(Box::new(self.condition(inner)?))),
            ExprKind::Binary {
                operator,
                left,
                right,
            } => match operator {
                Operator::And | Operator::Or => {
                    let both = (Box::new(self.condition(left)?), Box::new(self.condition(right)?));
                    Ok(match operator {
                        Operator::And => Condition::And(both.0, both.1),
                        _ => Condition::Or(both.0, both.1),
                    })
                }
                Operator::Add | Operator::Subtract | Operator::Multiply => Err(not_a_condition(expression)),
                Operator::Equal | Operator::NotEqual => self.equality(*operator, left, right),
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                    self.comparison(*operator, Order::NumberOrDate, left, right)
                }
            },
            _ => Err(not_a_condition(expression)),
        }
    }

    fn equality(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Compiled<Condition> {
        let value = match (&left.value, &right.value) {
            (ExprKind::Null, _) => right,
            (_, ExprKind::Null) => left,
            _ if is_number(left) || is_number(right) => {
                return self.comparison(operator, Order::Number, left, right);
            }
            _ => return self.comparison(operator, Order::Text, left, right),
        };
        let missing = Condition::Missing(self.expression(value)?);
        Ok(match operator {
            Operator::Equal => missing,
            _ => Condition::Not(Box::new(missing)),
        })
    }

    fn comparison(
        &mut self,
        operator: Operator,
        by: Order,
        left: &Expr,
        right: &Expr,
    ) -> Compiled<Condition> {
        let mut sides = [left, right].into_iter().map(|side| {
            let node = self.expression(side)?;
            let cannot = match (&node, by) {
                (Node::Null, _) => Some("a comparison with a missing value is never true".to_owned()),
                (_, Order::Text) => None,
                (Node::Constant(text), _) => compared(text, text, by).err(),
                _ => None,
            };
            match cannot {
                Some(why) => Err(ExpressionError::at(side.span.clone(), why)),
                None => Ok(node),
            }
        });
        let (left, right) = (sides.next(), sides.next());
        let (Some(left), Some(right)) = (left, right) else {
            unreachable!("a comparison has two sides")
        };
        Ok(Condition::Compare {
            left: left?,
            right: right?,
            by,
            operator,
        })
    }
}

fn not_a_condition(expression: &Expr) -> ExpressionError {
    ExpressionError::at(expression.span.clone(), "this is a value, not a condition")
        .with_hint("compare it, for example `venue == \"A\"` or `venue != null`")
}

fn is_number(side: &Expr) -> bool {
    match &side.value {
        ExprKind::Number(_) | ExprKind::Minus(_) => true,
        ExprKind::Binary { operator, .. } => {
            matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply)
        }
        ExprKind::Call(call) => matches!(call.function.value.as_str(), "number" | "implied"),
        _ => false,
    }
}

/// # Errors
/// The values cannot be compared, and why.
#[inline]
fn compared(left: &[u8], right: &[u8], by: Order) -> Result<Ordering, String> {
    match by {
        Order::Text => return Ok(left.cmp(right)),
        Order::Number => {}
        Order::NumberOrDate => match (is_date(left), is_date(right)) {
            (true, true) => return Ok(left.cmp(right)),
            (false, false) => {}
            (true, false) => return Err(not_a_date(right)),
            (false, true) => return Err(not_a_date(left)),
        },
    }
    arithmetic::compare(left, right).map_err(|fault| fault.reason)
}

#[cold]
fn not_a_date(text: &[u8]) -> String {
    format!(
        "expected a date such as 2014-03-10, found `{}`",
        printable(text, 60)
    )
}

/// Whether it is a date of the form `2014-03-10`. Such texts have the order of their dates.
#[inline]
fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return false;
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2];
    if !digits.iter().all(|digit| digit.is_ascii_digit()) {
        return false;
    }
    let number = |digits: &[&u8]| {
        let digits = digits.iter().map(|digit| i16::from(**digit - b'0'));
        digits.fold(0, |number, digit| number * 10 + digit)
    };
    let (month, day) = (number(&digits[4..6]) as i8, number(&digits[6..8]) as i8);
    jiff::civil::Date::new(number(&digits[..4]), month, day).is_ok()
}

impl Room {
    /// Whether `condition` holds for a row.
    ///
    /// # Errors
    /// One of its values cannot be computed or compared.
    pub(super) fn holds(
        &mut self,
        condition: &mut Condition,
        parts: Parts<'_>,
    ) -> Result<bool, Box<NodeFault>> {
        match condition {
            Condition::Constant(holds) => Ok(*holds),
            Condition::Missing(Node::Slot(slot)) => {
                Ok(parts.slots[*slot].is_none_or(|at| parts.nodes[at as usize].kind == Kind::Null))
            }
            Condition::Missing(node) => Ok(self.value(node, parts)? == Value::Null),
            Condition::Not(inner) => Ok(!self.holds(inner, parts)?),
            Condition::And(left, right) => Ok(self.holds(left, parts)? && self.holds(right, parts)?),
            Condition::Or(left, right) => Ok(self.holds(left, parts)? || self.holds(right, parts)?),
            Condition::Compare {
                left,
                right,
                by,
                operator,
            } => {
                let left = self.value(left, parts)?;
                let right = self.value(right, parts)?;
                let (Value::Text { start, end }, Value::Text { start: from, end: to }) = (left, right) else {
                    return Ok(false);
                };
                let (left, right) = (&self.bytes[start..end], &self.bytes[from..to]);
                match compared(left, right, *by) {
                    Ok(order) => Ok(match operator {
                        Operator::Equal => order.is_eq(),
                        Operator::NotEqual => order.is_ne(),
                        Operator::Less => order.is_lt(),
                        Operator::LessOrEqual => order.is_le(),
                        Operator::Greater => order.is_gt(),
                        Operator::GreaterOrEqual => order.is_ge(),
                        other => unreachable!("`{}` does not compare", other.symbol()),
                    }),
                    Err(reason) => {
                        let shown = [left, b" ", operator.symbol().as_bytes(), b" ", right].concat();
                        Err(NodeFault::new(DerivationFaultKind::Function, &shown, reason))
                    }
                }
            }
        }
    }
}

impl Condition {
    /// The source that it reads first; none for a constant.
    pub(super) fn first_source(&self) -> Option<Source> {
        match self {
            Condition::Constant(_) => None,
            Condition::Missing(node) => node.first_source(),
            Condition::Compare { left, right, .. } => left.first_source().or_else(|| right.first_source()),
            Condition::Not(inner) => inner.first_source(),
            Condition::And(left, right) | Condition::Or(left, right) => {
                left.first_source().or_else(|| right.first_source())
            }
        }
    }
}
