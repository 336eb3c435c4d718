//! Conditions on a row: comparisons, and their combinations with `and`, `or` and `not`.
//!
//! `==` and `!=` compare texts byte by byte, unless one side is a number, arithmetic, or the result of `number` or
//! `implied`: then both are exact decimals, and `40.20` is equal to `40.2`. `<`, `<=`, `>` and `>=` compare exact
//! decimals, or two dates written as `2014-03-10`. A text that is neither is an error, because any other answer would be
//! a guess. A comparison with a missing value is false, except with `null`, which asks whether a value is missing. An
//! empty text is a missing number or date, as it is for functions that read one.

use std::cmp::Ordering;

use super::Source;
use super::compile::Compiler;
use super::expression::Compiled;
use super::fault::{DerivationFaultKind, NodeFault};
use super::node::Node;
use super::room::{Parts, Room, Value};
use crate::escape::printable;
use crate::mapping::expression::{Comparison, Expr, ExprKind, ExpressionError};
use crate::mapping::file::{MapError, Place, Written};
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
        operator: Comparison,
    },
    Not(Box<Condition>),
    /// All of them hold.
    And(Vec<Condition>),
    /// One of them holds.
    Or(Vec<Condition>),
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
    pub(super) place: Place,
}

impl Condition {
    /// Whether it depends on more than the row.
    pub(super) fn is_volatile(&self) -> bool {
        match self {
            Condition::Constant(_) => false,
            Condition::Missing(node) => node.is_volatile(),
            Condition::Compare { left, right, .. } => left.is_volatile() || right.is_volatile(),
            Condition::Not(inner) => inner.is_volatile(),
            Condition::And(parts) | Condition::Or(parts) => parts.iter().any(Condition::is_volatile),
        }
    }
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
                place: written.place.clone(),
            }),
            Err(error) => Err(written.error(error)),
        }
    }

    fn condition(&mut self, expression: &Expr) -> Compiled<Condition> {
        match &expression.value {
            ExprKind::True => Ok(Condition::Constant(true)),
            ExprKind::False => Ok(Condition::Constant(false)),
            ExprKind::Not(inner) => Ok(Condition::Not(Box::new(self.condition(inner)?))),
            ExprKind::And(parts) => Ok(Condition::And(self.conditions(parts)?)),
            ExprKind::Or(parts) => Ok(Condition::Or(self.conditions(parts)?)),
            ExprKind::Comparison {
                operator,
                left,
                right,
            } => match operator {
                Comparison::Equal | Comparison::NotEqual => self.equality(*operator, left, right),
                Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual => self.comparison(*operator, Order::NumberOrDate, left, right),
            },
            _ => Err(not_a_condition(expression)),
        }
    }

    fn conditions(&mut self, parts: &[Expr]) -> Compiled<Vec<Condition>> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn equality(&mut self, operator: Comparison, left: &Expr, right: &Expr) -> Compiled<Condition> {
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
            Comparison::Equal => missing,
            _ => Condition::Not(Box::new(missing)),
        })
    }

    fn comparison(
        &mut self,
        operator: Comparison,
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
        ExprKind::Number(_) | ExprKind::Minus(_) | ExprKind::Arithmetic { .. } => true,
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
            Condition::And(conditions) => {
                for condition in conditions {
                    if !self.holds(condition, parts)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Condition::Or(conditions) => {
                for condition in conditions {
                    if self.holds(condition, parts)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Condition::Compare {
                left,
                right,
                by,
                operator,
            } => {
                let mut values = (self.value(left, parts)?, self.value(right, parts)?);
                if *by != Order::Text {
                    values = (self.unless_empty(values.0), self.unless_empty(values.1));
                }
                let (Value::Text { start, end }, Value::Text { start: from, end: to }) = values else {
                    return Ok(false);
                };
                let texts = (&self.bytes[start..end], &self.bytes[from..to]);
                match compared(texts.0, texts.1, *by) {
                    Ok(order) => Ok(match operator {
                        Comparison::Equal => order.is_eq(),
                        Comparison::NotEqual => order.is_ne(),
                        Comparison::Less => order.is_lt(),
                        Comparison::LessOrEqual => order.is_le(),
                        Comparison::Greater => order.is_gt(),
                        Comparison::GreaterOrEqual => order.is_ge(),
                    }),
                    Err(reason) => {
                        let symbol = operator.symbol().as_bytes();
                        let shown = [texts.0, b" ", symbol, b" ", texts.1].concat();
                        let fault = NodeFault::new(DerivationFaultKind::Function, &shown, reason);
                        let (blamed, other) = match blamed(texts.0, texts.1, *by) {
                            Side::Left => (left, right),
                            Side::Right => (right, left),
                        };
                        let source = self.source_of(blamed, parts);
                        Err(fault.from(source.or_else(|| self.source_of(other, parts))))
                    }
                }
            }
        }
    }
}

/// A side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The side that [`compared`] rejected.
#[cold]
fn blamed(left: &[u8], right: &[u8], by: Order) -> Side {
    let left_fits = match is_date(left) != is_date(right) && by == Order::NumberOrDate {
        true => is_date(left),
        false => arithmetic::compare(left, b"0").is_ok(),
    };
    match left_fits {
        true => Side::Right,
        false => Side::Left,
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
            Condition::And(conditions) | Condition::Or(conditions) => {
                conditions.iter().find_map(Condition::first_source)
            }
        }
    }
}
