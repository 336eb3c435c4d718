//! The expressions of a mapping: where a field's value comes from, as text and as a tree.
//!
//! An expression is a source (`Price`, `trade.px`), a text (`"ASX"`, `"{exchange}-{id}"`), a number, a call
//! (`upper(Side)`), or a combination of these with `+ - *`, comparisons, `and`, `or` and `not`. It has no variables, no
//! loops and no effects; docs/mapping.md describes it.

mod lex;
mod parse;

use std::fmt;
use std::ops::Range;

pub(crate) use parse::parse;

use crate::record::{Enclosing, EnclosingStep, EnclosingValue};

/// The most brackets, signs and `not` within each other, and the most steps of a path, so that no text exhausts the
/// stack. Chains such as `a or b or c` are lists and have any length.
pub(crate) const MAX_DEPTH: usize = 64;

/// A range of bytes in the text of an expression.
pub(crate) type Span = Range<usize>;

/// A part of an expression, with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// An expression.
pub(crate) type Expr = Spanned<ExprKind>;

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExprKind {
    /// A column, or a path in a JSON row.
    Source(SourcePath),
    /// A constant text, or a template: texts and expressions in turn.
    Text(TextLiteral),
    /// A number, with its digits as they are written.
    Number(String),
    Null,
    True,
    False,
    Call(Call),
    /// `{"B": "BUY", "S": "SELL"}`.
    Table(Vec<(Spanned<String>, Expr)>),
    Minus(Box<Expr>),
    Not(Box<Expr>),
    /// `a == b`.
    Comparison {
        operator: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a + b - c`: the operations of one precedence, from the left.
    Arithmetic {
        first: Box<Expr>,
        rest: Vec<(Operation, Expr)>,
    },
    /// `a and b and c`.
    And(Vec<Expr>),
    /// `a or b or c`.
    Or(Vec<Expr>),
}

/// A text between double quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextLiteral {
    /// What is between the quotes, with only `\"` and `\\` replaced: the reading of functions that take a pattern or a
    /// format, in which braces mean something else.
    pub(crate) verbatim: String,
    /// What it means elsewhere. An error here counts only if the template is needed.
    pub(crate) template: Result<Vec<TemplatePart>, ExpressionError>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Text(String),
    Value(Expr),
}

/// The names and indexes on the way to a value; one name for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourcePath {
    pub(crate) steps: Vec<PathStep>,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Name(String),
    /// `[0]`: an item of an array, or of the row if it is the first step.
    Index(usize),
    /// `$root`: what is around the row. Only the first step can be one.
    Around(Enclosing),
}

impl SourcePath {
    /// The value around the row that it is, if it is not in the row.
    pub(crate) fn enclosing(&self) -> Option<EnclosingValue> {
        let (PathStep::Around(of), rest) = self.steps.split_first()? else {
            return None;
        };
        let steps = rest.iter().map(|step| match step {
            PathStep::Name(name) => EnclosingStep::Name(name.clone()),
            PathStep::Index(index) => EnclosingStep::Index(*index),
            PathStep::Around(_) => unreachable!("only the first step is around the row"),
        });
        Some(EnclosingValue {
            of: *of,
            steps: steps.collect(),
            name: self.to_string(),
        })
    }
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) function: Spanned<String>,
    pub(crate) arguments: Vec<Expr>,
    /// `default = null`.
    pub(crate) named: Vec<(Spanned<String>, Expr)>,
}

impl Expr {
    /// Whether it calls one of these functions.
    pub(crate) fn calls(&self, functions: &[&str]) -> bool {
        let mut found = false;
        self.visit(&mut |part| {
            if let ExprKind::Call(call) = &part.value {
                found |= functions.contains(&call.function.value.as_str());
            }
        });
        found
    }

    /// Shows the expression and its parts to `see`.
    pub(crate) fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        see(self);
        match &self.value {
            ExprKind::Call(call) => {
                let named = call.named.iter().map(|(_, value)| value);
                call.arguments
                    .iter()
                    .chain(named)
                    .for_each(|part| part.visit(see));
            }
            ExprKind::Text(literal) => {
                for part in literal.template.iter().flatten() {
                    if let TemplatePart::Value(value) = part {
                        value.visit(see);
                    }
                }
            }
            ExprKind::Table(entries) => entries.iter().for_each(|(_, value)| value.visit(see)),
            ExprKind::Minus(inner) | ExprKind::Not(inner) => inner.visit(see),
            ExprKind::Comparison { left, right, .. } => {
                left.visit(see);
                right.visit(see);
            }
            ExprKind::Arithmetic { first, rest } => {
                first.visit(see);
                rest.iter().for_each(|(_, operand)| operand.visit(see));
            }
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().for_each(|part| part.visit(see)),
            ExprKind::Source(_) | ExprKind::Number(_) | ExprKind::Null | ExprKind::True | ExprKind::False => {
            }
        }
    }
}

/// An arithmetic operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operation {
    /// The operator as it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Operation::Add => "+",
            Operation::Subtract => "-",
            Operation::Multiply => "*",
        }
    }
}

impl Comparison {
    /// The operator as it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// The path as a column is named, and as messages show it.
impl fmt::Display for SourcePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            match step {
                PathStep::Name(name) if index == 0 => formatter.write_str(name)?,
                PathStep::Name(name) => write!(formatter, ".{name}")?,
                PathStep::Around(of) => formatter.write_str(of.name())?,
                PathStep::Index(item) => write!(formatter, "[{item}]")?,
            }
        }
        Ok(())
    }
}

/// Why a text is not an expression, or cannot be used as one, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    /// The place in the text of the expression.
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl ExpressionError {
    pub(crate) fn at(span: Span, message: impl Into<String>) -> ExpressionError {
        ExpressionError {
            span,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> ExpressionError {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests;
