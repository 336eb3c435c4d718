//! The syntax of a properties file: that of Java, which includes librdkafka's `name=value` lines.

use crate::kafka::FileProperty;

/// A line that cannot be read, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

/// The properties of a file's text.
///
/// A backslash escapes as in Java, and continues a line if it is the last character. Before any other character it is
/// rejected: Java drops it and librdkafka keeps it, which matters in a password.
pub(super) fn parse(text: &str) -> Result<Vec<FileProperty>, SyntaxError> {
    let mut properties = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((first, line)) = lines.next() {
        let first = first.trim_start();
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = first.to_owned();
        while ends_in_continuation(&logical) {
            logical.pop();
            match lines.next() {
                Some((next, _)) => logical.push_str(next.trim_start()),
                None => break,
            }
        }
        let error = |reason| SyntaxError { line, reason };
        let (name, value) = split(&logical).ok_or_else(|| error("expected `name=value`"))?;
        properties.push(FileProperty {
            line,
            name: unescaped(name).map_err(error)?,
            value: unescaped(value).map_err(error)?,
        });
    }
    Ok(properties)
}

fn ends_in_continuation(line: &str) -> bool {
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    backslashes % 2 == 1
}

/// Name and value, without the separator and surrounding blanks.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = line.find(|character: char| {
        let separates = !escaped && (['=', ':'].contains(&character) || character.is_whitespace());
        escaped = character == '\\' && !escaped;
        separates
    })?;
    let (name, rest) = (&line[..end], line[end..].trim_start());
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (!name.is_empty()).then(|| (name, value.trim()))
}

fn unescaped(text: &str) -> Result<String, &'static str> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        plain.push(match characters.next() {
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some(same @ ('\\' | '=' | ':' | '#' | '!' | ' ' | '"' | '\'')) => same,
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16)
                    .ok()
                    .filter(|_| digits.len() == 4);
                let character = code.and_then(char::from_u32);
                character.ok_or("`\\u` is followed by four hexadecimal digits of a character")?
            }
            _ => return Err("write a backslash as `\\\\`"),
        });
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(usize, String, String)> {
        let properties = parse(text).unwrap();
        properties
            .into_iter()
            .map(|property| (property.line, property.name, property.value))
            .collect()
    }

    #[test]
    fn lines_are_parsed_as_java_and_librdkafka_parse_them() {
        let text = "# a comment\n! another\n\n a = b \nc:d\ne f\ng\\=h = i=j\nk=\nlong = one \\\n   two \\\n three\r\nu=\\u0041\\\\\n";
        let expected = [
            (4, "a", "b"),
            (5, "c", "d"),
            (6, "e", "f"),
            (7, "g=h", "i=j"),
            (8, "k", ""),
            (9, "long", "one two three"),
            (12, "u", "A\\"),
        ];
        let expected = expected.map(|(line, name, value)| (line, name.to_owned(), value.to_owned()));
        assert_eq!(pairs(text), expected);
    }

    #[test]
    fn text_that_the_two_parse_differently_is_rejected_with_its_line() {
        for (text, line) in [
            ("a=b\nalone\n", 2),
            ("sasl.password=pa\\ss", 1),
            ("a=1\nb=\\u12", 2),
            ("a=\\ud800", 1),
            ("=x", 1),
        ] {
            assert_eq!(parse(text).err().map(|error| error.line), Some(line), "{text:?}");
        }
    }
}
