//! `--header` and `--provenance` -> the headers that every message has.

use super::exit::Exit;
use super::failure::Failure;
use crate::load::{Header, HeaderValue};

/// The headers in which `--provenance` tells where a row stood.
const FILE: &str = "k2.file";
const LINE: &str = "k2.line";

/// The headers of the run, in the order given, those of `--provenance` last.
pub(super) fn headers(typed: &[(String, String)], provenance: bool) -> Result<Vec<Header>, Failure> {
    let mut headers = Vec::new();
    for (name, value) in typed {
        if provenance && [FILE, LINE].contains(&name.as_str()) {
            let message =
                format!("`--header {name}=...` and `--provenance` would both set the header `{name}`");
            return Err(Failure::new(Exit::Usage, message));
        }
        headers.push(Header {
            name: name.clone(),
            value: header_value(name, value)?,
        });
    }
    if provenance {
        for (name, value) in [(FILE, HeaderValue::File), (LINE, HeaderValue::Line)] {
            let name = name.to_owned();
            headers.push(Header { name, value });
        }
    }
    Ok(headers)
}

/// The templates among the headers, for the plan.
pub(super) fn templates(headers: &[Header]) -> Vec<String> {
    let template = |header: &Header| match &header.value {
        HeaderValue::Template(template) => Some(template.clone()),
        _ => None,
    };
    headers.iter().filter_map(template).collect()
}

/// The text that a value stands for, or the template that it is: text with fields in braces, braces themselves
/// written twice.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, Failure> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['{', '}']) {
        let brace = &rest[at..=at];
        match (brace, rest[at + 1..].starts_with(brace)) {
            (_, true) => {
                text.push_str(&rest[..=at]);
                rest = &rest[at + 2..];
            }
            // The plan knows the fields, and what else may be wrong with it.
            ("{", false) => return Ok(HeaderValue::Template(value.to_owned())),
            (_, false) => {
                let message = format!("`--header {name}={value}`: a single `}}`");
                let hint = "a field stands in braces, such as `{symbol}`; a brace itself is written twice";
                return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
            }
        }
    }
    text.push_str(rest);
    Ok(HeaderValue::Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_make_a_template() {
        let text = |text: &str| Some(HeaderValue::Text(text.to_owned()));
        let template = |text: &str| Some(HeaderValue::Template(text.to_owned()));
        for (value, expected) in [
            ("", text("")),
            ("asx", text("asx")),
            ("a{{b}}c{{", text("a{b}c{")),
            ("{{{{", text("{{")),
            ("{symbol}", template("{symbol}")),
            ("{{{symbol}", template("{{{symbol}")),
            ("é {exchange}.{symbol}", template("é {exchange}.{symbol}")),
            ("a}b", None),
            ("}}}", None),
        ] {
            assert_eq!(header_value("h", value).ok(), expected, "{value}");
        }
    }
}
