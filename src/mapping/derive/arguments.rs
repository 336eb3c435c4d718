//! The arguments of a call, checked for its function.

use super::call::FUNCTIONS;
use super::expression::Compiled;
use crate::mapping::expression::{Call, Expr, ExprKind, ExpressionError, Span, Spanned};
use crate::mapping::functions::FormatError;

/// The arguments of a call, for its function.
pub(super) struct Arguments<'a> {
    pub(super) call: &'a Call,
    pub(super) expression: &'a Expr,
}

impl<'a> Arguments<'a> {
    /// An error about the call, with what the function takes.
    pub(super) fn error(&self, message: impl Into<String>) -> ExpressionError {
        ExpressionError::at(self.expression.span.clone(), message)
    }

    pub(super) fn usage(&self) -> String {
        let name = self.call.function.value.as_str();
        let usage = FUNCTIONS.iter().find(|(known, _)| *known == name);
        usage.map_or_else(String::new, |(_, usage)| format!("it is used as `{usage}`"))
    }

    pub(super) fn get(&self, index: usize, what: &str) -> Compiled<&'a Expr> {
        self.call.arguments.get(index).ok_or_else(|| {
            let name = &self.call.function.value;
            self.error(format!("`{name}` lacks {what}"))
                .with_hint(self.usage())
        })
    }

    /// A constant text, with its braces and backslashes as they are.
    pub(super) fn text(&self, index: usize, what: &str) -> Compiled<&'a str> {
        let argument = self.get(index, what)?;
        match &argument.value {
            ExprKind::Text(literal) => Ok(&literal.verbatim),
            _ => Err(ExpressionError::at(
                argument.span.clone(),
                format!("expected {what}, in double quotes"),
            )
            .with_hint(self.usage())),
        }
    }

    /// A name: written as a source with one step, or as a text.
    pub(super) fn name(&self, index: usize, what: &str) -> Compiled<Spanned<String>> {
        let argument = self.get(index, what)?;
        let value = match &argument.value {
            ExprKind::Source(path) => path.to_string(),
            ExprKind::Text(literal) => literal.verbatim.clone(),
            _ => {
                let message = format!("expected {what}");
                return Err(ExpressionError::at(argument.span.clone(), message).with_hint(self.usage()));
            }
        };
        Ok(Spanned {
            value,
            span: argument.span.clone(),
        })
    }

    pub(super) fn number(&self, index: usize, what: &str) -> Compiled<i64> {
        let argument = self.get(index, what)?;
        whole(argument, what)
    }

    pub(super) fn size(&self, index: usize, what: &str) -> Compiled<usize> {
        let argument = self.get(index, what)?;
        let number = whole(argument, what)?;
        usize::try_from(number)
            .map_err(|_| ExpressionError::at(argument.span.clone(), format!("expected {what}")))
    }

    pub(super) fn year(&self, argument: &Expr) -> Compiled<i16> {
        let what = "a year, such as 1970";
        let year = whole(argument, what)?;
        i16::try_from(year)
            .map_err(|_| ExpressionError::at(argument.span.clone(), format!("expected {what}")))
    }

    pub(super) fn named(&self, name: &str) -> Option<&'a Expr> {
        let found = self.call.named.iter().find(|(known, _)| known.value == name);
        found.map(|(_, value)| value)
    }

    pub(super) fn named_text(&self, name: &str, what: &str) -> Compiled<Option<(&'a str, Span)>> {
        match self.named(name) {
            None => Ok(None),
            Some(Spanned {
                value: ExprKind::Text(literal),
                span,
            }) => Ok(Some((&literal.verbatim, span.clone()))),
            Some(other) => Err(ExpressionError::at(
                other.span.clone(),
                format!("expected {what}"),
            )),
        }
    }

    /// Checks that there are no more than `most` arguments, and no others with a name than these.
    pub(super) fn no_more(&self, most: usize, names: &[&str]) -> Compiled<()> {
        if let Some(extra) = self.call.arguments.get(most) {
            let name = &self.call.function.value;
            let message = match most {
                0 => format!("`{name}` takes no value"),
                _ => format!("`{name}` takes no more than {most}"),
            };
            return Err(ExpressionError::at(extra.span.clone(), message).with_hint(self.usage()));
        }
        self.known_names(names)
    }

    pub(super) fn known_names(&self, names: &[&str]) -> Compiled<()> {
        let unknown = self
            .call
            .named
            .iter()
            .find(|(name, _)| !names.contains(&name.value.as_str()));
        if let Some((name, _)) = unknown {
            let message = format!("`{}` has no argument `{}`", self.call.function.value, name.value);
            return Err(ExpressionError::at(name.span.clone(), message).with_hint(self.usage()));
        }
        let twice = self.call.named.iter().enumerate().find(|(index, (name, _))| {
            self.call.named[..*index]
                .iter()
                .any(|(other, _)| other.value == name.value)
        });
        match twice {
            Some((_, (name, _))) => {
                let message = format!("`{}` is given twice", name.value);
                Err(ExpressionError::at(name.span.clone(), message))
            }
            None => Ok(()),
        }
    }

    /// The error of a format or a pattern. Its place is exact if the text has no escapes.
    pub(super) fn format_error(&self, index: usize, error: FormatError) -> ExpressionError {
        let argument = &self.call.arguments[index];
        let inner = argument.span.len().saturating_sub(2);
        let span = match &argument.value {
            ExprKind::Text(literal) if literal.verbatim.len() == inner => {
                let at = argument.span.start + 1 + error.offset.min(inner);
                at..(at + 1).min(argument.span.end)
            }
            _ => argument.span.clone(),
        };
        ExpressionError::at(span, error.message)
    }
}

fn whole(argument: &Expr, what: &str) -> Compiled<i64> {
    match &argument.value {
        ExprKind::Number(digits) => digits.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| ExpressionError::at(argument.span.clone(), format!("expected {what}")))
}
