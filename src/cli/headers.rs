//! `--header` and `--provenance` -> the headers that every message has.

use super::args::ProduceArguments;
use super::exit::Exit;
use super::failure::Failure;
use crate::pipeline::{Header, HeaderValue};

/// The headers in which `--provenance` tells where a row stood.
const FILE: &str = "k2.file";
const LINE: &str = "k2.line";

/// The headers of the run, in the order given, those of `--provenance` last.
pub(super) fn headers(arguments: &ProduceArguments) -> Result<Vec<Header>, Failure> {
    let mut headers = Vec::new();
    for (name, value) in &arguments.headers {
        if arguments.provenance && [FILE, LINE].contains(&name.as_str()) {
            let message =
                format!("`--header {name}=...` and `--provenance` would both set the header `{name}`");
            return Err(Failure::new(Exit::Usage, message));
        }
        headers.push(Header {
            name: name.clone(),
            value: HeaderValue::Text(text(name, value)?),
        });
    }
    if arguments.provenance {
        for (name, value) in [(FILE, HeaderValue::File), (LINE, HeaderValue::Line)] {
            let name = name.to_owned();
            headers.push(Header { name, value });
        }
    }
    Ok(headers)
}

/// The text that a value stands for: braces are doubled, since single ones are kept for fields.
fn text(name: &str, value: &str) -> Result<String, Failure> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['{', '}']) {
        let brace = &rest[at..=at];
        if !rest[at + 1..].starts_with(brace) {
            let message = format!("`--header {name}={value}`: a single `{brace}`");
            let hint = format!("write `{brace}{brace}` for a `{brace}` in the text");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
        }
        text.push_str(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    Ok(text)
}
