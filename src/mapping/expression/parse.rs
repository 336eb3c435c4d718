//! Text -> expression.

use super::lex::{NO_DOLLAR, Token, tokens};
use super::{
    Call, Comparison, Expr, ExprKind, ExpressionError, MAX_DEPTH, Operation, PathStep, SourcePath, Span,
    Spanned, TemplatePart, TextLiteral,
};
use crate::record::Enclosing;

/// Reads an expression.
///
/// # Errors
/// The first place where the text is not an expression.
pub(crate) fn parse(text: &str) -> Result<Expr, ExpressionError> {
    let mut parser = Parser {
        tokens: tokens(text, 0)?,
        at: 0,
        depth: 0,
    };
    if let Token::End = parser.token() {
        return Err(ExpressionError::at(0..0, "the expression is empty")
            .with_hint("write `null` for no value, or `\"\"` for an empty text"));
    }
    let expression = parser.any()?;
    match parser.token() {
        Token::End => Ok(expression),
        other => {
            let error = ExpressionError::at(
                parser.span(),
                format!("expected an operator or the end, found {}", other.describe()),
            );
            Err(match (&expression.value, other) {
                (ExprKind::Source(_), Token::Word(_) | Token::Quoted(_)) => error.with_hint(BLANKS),
                _ => error,
            })
        }
    }
}

/// The hint for two names in a row.
const BLANKS: &str = "write a name with blanks between backquotes: `` `Trade Price` ``";

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn token(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at].1.clone()
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.token(), Token::Symbol(found) if *found == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.token(), Token::Word(found) if found == word)
    }

    fn advance(&mut self) {
        // The last token is the end.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ExpressionError> {
        match self.take(symbol) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{symbol}`"))),
        }
    }

    fn unexpected(&self, expected: &str) -> ExpressionError {
        let found = self.token().describe();
        let error = ExpressionError::at(self.span(), format!("expected {expected}, found {found}"));
        let before = self.at.checked_sub(1).map(|before| &self.tokens[before].0);
        match (before, self.token()) {
            (Some(Token::Word(_)), Token::Word(_) | Token::Quoted(_)) => error.with_hint(BLANKS),
            _ => error,
        }
    }

    fn any(&mut self) -> Result<Expr, ExpressionError> {
        self.deeper(Parser::disjunction)
    }

    fn deeper(
        &mut self,
        parse: impl Fn(&mut Parser) -> Result<Expr, ExpressionError>,
    ) -> Result<Expr, ExpressionError> {
        if self.depth == MAX_DEPTH {
            let message = format!("the expression is nested deeper than {MAX_DEPTH} levels");
            return Err(ExpressionError::at(self.span(), message));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn disjunction(&mut self) -> Result<Expr, ExpressionError> {
        self.joined("or", Parser::conjunction, ExprKind::Or)
    }

    fn conjunction(&mut self) -> Result<Expr, ExpressionError> {
        self.joined("and", Parser::negation, ExprKind::And)
    }

    /// One part, or several with `word` between them.
    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Parser) -> Result<Expr, ExpressionError>,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Result<Expr, ExpressionError> {
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let start = first.span.start;
        let mut end = first.span.end;
        let mut parts = vec![first];
        while self.is_word(word) {
            self.advance();
            let part = part(self)?;
            end = part.span.end;
            parts.push(part);
        }
        Ok(Spanned {
            value: kind(parts),
            span: start..end,
        })
    }

    fn negation(&mut self) -> Result<Expr, ExpressionError> {
        if !self.is_word("not") {
            return self.comparison();
        }
        let start = self.span().start;
        self.advance();
        let inner = self.deeper(Parser::negation)?;
        let span = start..inner.span.end;
        Ok(Spanned {
            value: ExprKind::Not(Box::new(inner)),
            span,
        })
    }

    fn comparison(&mut self) -> Result<Expr, ExpressionError> {
        const COMPARISONS: [Comparison; 6] = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::LessOrEqual,
            Comparison::GreaterOrEqual,
            Comparison::Less,
            Comparison::Greater,
        ];
        let left = self.sum()?;
        let Some(operator) = self.operator(&COMPARISONS, Comparison::symbol) else {
            if self.is("=") {
                let error = ExpressionError::at(self.span(), "`=` does not compare");
                return Err(error.with_hint("write `==`"));
            }
            return Ok(left);
        };
        let right = self.sum()?;
        let span = left.span.start..right.span.end;
        let (left, right) = (Box::new(left), Box::new(right));
        let compared = Spanned {
            value: ExprKind::Comparison {
                operator,
                left,
                right,
            },
            span,
        };
        match self.token() {
            Token::Symbol("==" | "!=" | "<" | "<=" | ">" | ">=") => {
                Err(ExpressionError::at(self.span(), "a comparison has two sides")
                    .with_hint("join two comparisons with `and`"))
            }
            _ => Ok(compared),
        }
    }

    fn sum(&mut self) -> Result<Expr, ExpressionError> {
        self.arithmetic(&[Operation::Add, Operation::Subtract], Parser::product)
    }

    fn product(&mut self) -> Result<Expr, ExpressionError> {
        self.arithmetic(&[Operation::Multiply], Parser::signed)
    }

    /// One operand, or several with these operators between them.
    fn arithmetic(
        &mut self,
        operators: &[Operation],
        operand: fn(&mut Parser) -> Result<Expr, ExpressionError>,
    ) -> Result<Expr, ExpressionError> {
        let first = operand(self)?;
        let start = first.span.start;
        let mut end = first.span.end;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators, Operation::symbol) {
            let operand = operand(self)?;
            end = operand.span.end;
            rest.push((operator, operand));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let first = Box::new(first);
        Ok(Spanned {
            value: ExprKind::Arithmetic { first, rest },
            span: start..end,
        })
    }

    fn operator<T: Copy>(&mut self, operators: &[T], symbol: fn(T) -> &'static str) -> Option<T> {
        let found = operators
            .iter()
            .copied()
            .find(|operator| self.is(symbol(*operator)))?;
        self.advance();
        Some(found)
    }

    fn signed(&mut self) -> Result<Expr, ExpressionError> {
        if !self.is("-") {
            return self.operand();
        }
        let start = self.span().start;
        self.advance();
        let inner = self.deeper(Parser::signed)?;
        let span = start..inner.span.end;
        let value = match inner.value {
            ExprKind::Number(digits) if !digits.starts_with('-') => ExprKind::Number(format!("-{digits}")),
            value => ExprKind::Minus(Box::new(Spanned {
                value,
                span: inner.span,
            })),
        };
        Ok(Spanned { value, span })
    }

    fn operand(&mut self) -> Result<Expr, ExpressionError> {
        let span = self.span();
        let value = match self.token().clone() {
            Token::Text(text) => {
                self.advance();
                ExprKind::Text(literal(&text, span.start + 1, self.depth))
            }
            Token::Number(digits) => {
                self.advance();
                ExprKind::Number(digits)
            }
            Token::Symbol("(") => {
                self.advance();
                let inner = self.any()?;
                let end = self.span().end;
                self.expect(")")?;
                return Ok(Spanned {
                    value: inner.value,
                    span: span.start..end,
                });
            }
            Token::Symbol("{") => return self.table(),
            Token::Word(word) => {
                self.advance();
                match &*word {
                    _ if self.is("(") => return self.call(Spanned { value: word, span }),
                    "null" => ExprKind::Null,
                    "true" => ExprKind::True,
                    "false" => ExprKind::False,
                    "and" | "or" | "not" => {
                        let message = format!("expected a value, found `{word}`");
                        return Err(ExpressionError::at(span, message)
                            .with_hint(format!("write a column of this name as `` `{word}` ``")));
                    }
                    name if name.starts_with('$') => match Enclosing::of_name(name) {
                        Some(of) => return self.source(PathStep::Around(of), span),
                        None => {
                            let message = format!(
                                "`{name}` is unknown; around JSON rows there are `$root`, `$parent` and `$key`"
                            );
                            return Err(ExpressionError::at(span, message).with_hint(NO_DOLLAR));
                        }
                    },
                    _ => return self.source(PathStep::Name(word), span),
                }
            }
            Token::Quoted(name) => {
                self.advance();
                return self.source(PathStep::Name(name), span);
            }
            Token::Symbol("[") => {
                self.advance();
                let index = self.index()?;
                return self.source(index, span);
            }
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Spanned { value, span })
    }

    /// The rest of an index, after its bracket.
    fn index(&mut self) -> Result<PathStep, ExpressionError> {
        let Token::Number(digits) = self.token() else {
            return Err(self.unexpected("the number of an item, from 0"));
        };
        let Ok(index) = digits.parse() else {
            return Err(self.unexpected("the number of an item, from 0"));
        };
        self.advance();
        self.expect("]")?;
        Ok(PathStep::Index(index))
    }

    fn source(&mut self, first: PathStep, span: Span) -> Result<Expr, ExpressionError> {
        let mut steps = vec![first];
        loop {
            if steps.len() == MAX_DEPTH && (self.is(".") || self.is("[")) {
                let message = format!("a path has at most {MAX_DEPTH} steps");
                return Err(ExpressionError::at(self.span(), message));
            }
            if self.take(".") {
                let name = match self.token() {
                    Token::Word(name) | Token::Quoted(name) => name.clone(),
                    Token::Number(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                        digits.clone()
                    }
                    _ => return Err(self.unexpected("a name")),
                };
                self.advance();
                steps.push(PathStep::Name(name));
            } else if self.take("[") {
                steps.push(self.index()?);
            } else {
                break;
            }
        }
        let end = self.tokens[self.at - 1].1.end;
        Ok(Spanned {
            value: ExprKind::Source(SourcePath { steps }),
            span: span.start..end,
        })
    }

    fn call(&mut self, function: Spanned<String>) -> Result<Expr, ExpressionError> {
        let start = function.span.start;
        self.expect("(")?;
        let (mut arguments, mut named) = (Vec::new(), Vec::new());
        while !self.is(")") {
            let next = self.tokens.get(self.at + 1).map(|(token, _)| token);
            let name = match (self.token(), next) {
                (Token::Word(name), Some(Token::Symbol("="))) => Some(name.clone()),
                _ => None,
            };
            match name {
                Some(value) => {
                    let span = self.span();
                    self.advance();
                    self.advance();
                    named.push((Spanned { value, span }, self.any()?));
                }
                None if !named.is_empty() => {
                    return Err(ExpressionError::at(
                        self.span(),
                        "an argument without a name cannot follow one with a name",
                    ));
                }
                None => arguments.push(self.any()?),
            }
            if !self.take(",") {
                break;
            }
        }
        let end = self.span().end;
        self.expect(")")?;
        let call = Call {
            function,
            arguments,
            named,
        };
        Ok(Spanned {
            value: ExprKind::Call(call),
            span: start..end,
        })
    }

    /// `{"B": "BUY", 1: "SELL"}`.
    fn table(&mut self) -> Result<Expr, ExpressionError> {
        let start = self.span().start;
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.is("}") {
            let span = self.span();
            let value = match self.token() {
                Token::Text(text) => unescaped(text),
                Token::Word(text) | Token::Number(text) => text.clone(),
                _ => return Err(self.unexpected("a text to translate, such as `\"B\"`")),
            };
            self.advance();
            self.expect(":")?;
            entries.push((Spanned { value, span }, self.any()?));
            if !self.take(",") {
                break;
            }
        }
        let end = self.span().end;
        self.expect("}")?;
        Ok(Spanned {
            value: ExprKind::Table(entries),
            span: start..end,
        })
    }
}

/// The text with `\"` and `\\` replaced; every other backslash is itself, as patterns need it.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('"' | '\\')) => out.extend(characters.next()),
            _ => out.push(character),
        }
    }
    out
}

/// `start` is the place of the text's first character, `depth` that of the expression around it.
fn literal(text: &str, start: usize, depth: usize) -> TextLiteral {
    TextLiteral {
        verbatim: unescaped(text),
        template: template(text, start, depth),
    }
}

/// `ASX`, `{exchange}-{id}`; `\{` and `\}` are braces.
fn template(text: &str, start: usize, depth: usize) -> Result<Vec<TemplatePart>, ExpressionError> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let next = text[at + character.len_utf8()..].chars().next();
        match (character, next) {
            ('\\', Some(escaped @ ('"' | '\\' | '{' | '}'))) => {
                plain.push(escaped);
                at += 2;
            }
            ('{', _) => {
                if !plain.is_empty() {
                    parts.push(TemplatePart::Text(std::mem::take(&mut plain)));
                }
                let length = value_length(&text[at + 1..]).ok_or_else(|| {
                    ExpressionError::at(start + at..start + at + 1, "`{` has no closing `}`")
                        .with_hint("write a brace that is part of the text as `\\{`")
                })?;
                let inner = &text[at + 1..at + 1 + length];
                parts.push(TemplatePart::Value(value(inner, start + at + 1, depth)?));
                at += length + 2;
            }
            ('}', _) => {
                return Err(
                    ExpressionError::at(start + at..start + at + 1, "`}` without an opening `{`")
                        .with_hint("write a brace that is part of the text as `\\}`"),
                );
            }
            _ => {
                plain.push(character);
                at += character.len_utf8();
            }
        }
    }
    if !plain.is_empty() {
        parts.push(TemplatePart::Text(plain));
    }
    Ok(parts)
}

/// The length of the expression that a brace opened: up to its closing brace, past names in backquotes.
fn value_length(text: &str) -> Option<usize> {
    let (mut open, mut in_name) = (0, false);
    for (at, character) in text.char_indices() {
        match character {
            '`' => in_name = !in_name,
            _ if in_name => {}
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// An expression within a template. It cannot contain texts, because their quotes would end the template.
fn value(text: &str, start: usize, depth: usize) -> Result<Expr, ExpressionError> {
    let mut parser = Parser {
        tokens: tokens(text, start)?,
        at: 0,
        depth,
    };
    let expression = parser.any()?;
    match parser.token() {
        Token::End => Ok(expression),
        _ => Err(parser.unexpected("`}`")),
    }
}
