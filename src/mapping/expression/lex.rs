//! The words of an expression.

use super::{ExpressionError, Span};

/// A word of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name without quotes.
    Word(String),
    /// A name between backquotes.
    Quoted(String),
    /// What is between double quotes, as it is written.
    Text(String),
    Number(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

impl Token {
    /// The word for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Token::Word(text) | Token::Number(text) => format!("`{text}`"),
            Token::Quoted(name) => format!("`` `{name}` ``"),
            Token::Text(text) => format!("`\"{text}\"`"),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_owned(),
        }
    }
}

/// All operators and brackets; the longer ones first.
const SYMBOLS: [&str; 20] = [
    "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|",
];

/// Splits a text into words; the last one is [`Token::End`]. Places are counted from `offset` bytes before the text.
pub(super) fn tokens(text: &str, offset: usize) -> Result<Vec<(Token, Span)>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let rest = rest.trim_start();
        at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            tokens.push((Token::End, offset + at..offset + at));
            return Ok(tokens);
        };
        let place = offset + at;
        let (token, length) = match first {
            '"' => quoted(rest, place, '"', "text")?,
            '`' => quoted(rest, place, '`', "name")?,
            '0'..='9' => number(rest),
            _ if is_start_of_name(first) => word(rest),
            '$' if rest[1..].starts_with(is_start_of_name) => word(rest),
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => (Token::Symbol(symbol), symbol.len()),
                None => return Err(unknown(first, place)),
            },
        };
        tokens.push((token, place..place + length));
        at += length;
    }
}

fn is_start_of_name(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn word(rest: &str) -> (Token, usize) {
    let dollar = usize::from(rest.starts_with('$'));
    let end = rest[dollar..].find(|character: char| !(character.is_alphanumeric() || character == '_'));
    let end = end.map(|end| end + dollar);
    let word = &rest[..end.unwrap_or(rest.len())];
    (Token::Word(word.to_owned()), word.len())
}

/// Digits, a point and digits, an exponent.
fn number(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digits(end + 1 + sign) > end + 1 + sign {
            end = digits(end + 1 + sign);
        }
    }
    (Token::Number(rest[..end].to_owned()), end)
}

/// A text or a name between two quotes. A backslash keeps the next character from ending it; what it means is decided
/// later.
fn quoted(rest: &str, at: usize, quote: char, what: &str) -> Result<(Token, usize), ExpressionError> {
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote == '"' {
            escaped = true;
        } else if character == quote {
            let content = rest[1..index].to_owned();
            let token = match quote {
                '"' => Token::Text(content),
                _ => Token::Quoted(content),
            };
            return Ok((token, index + 1));
        }
    }
    Err(ExpressionError::at(
        at..at + 1,
        format!("the {what} has no closing `{quote}`"),
    ))
}

/// What to write instead of a dollar sign.
pub(super) const NO_DOLLAR: &str = "write the name of a column alone, or `{Price}` within a text";

fn unknown(character: char, at: usize) -> ExpressionError {
    let span = at..at + character.len_utf8();
    let error = ExpressionError::at(span, format!("`{character}` is not part of an expression"));
    match character {
        '\'' => error.with_hint("write a text between double quotes: \"ASX\""),
        '/' => error.with_hint("there is no division, because its result may not be exact"),
        '&' => error.with_hint("write `and`"),
        '!' => error.with_hint("write `not`"),
        '\\' => error.with_hint("a value within a text cannot contain a text; join them with `concat(...)`"),
        '$' => error.with_hint(NO_DOLLAR),
        _ => error.with_hint("write a name with such characters between backquotes: `` `Trade Price` ``"),
    }
}
