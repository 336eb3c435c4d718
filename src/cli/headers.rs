//! `--header` and `--provenance` -> the headers that every message has.

use super::exit::Exit;
use super::failure::Failure;
use crate::encode::{HeaderSource, MessageHeader, PlanError, Template, TemplateError};

/// The headers of `--provenance`, with the origin of a row.
const FILE: &str = "k2.file";
const LINE: &str = "k2.line";

/// The headers of the run: those of the mapping, those of the command line in the order given, and those of
/// `--provenance`.
pub(super) fn headers<'m>(
    mapped: impl Iterator<Item = &'m str>,
    typed: &[(String, String)],
    provenance: bool,
) -> Result<Vec<MessageHeader>, Failure> {
    let mut headers = Vec::new();
    for (index, name) in mapped.enumerate() {
        if provenance && [FILE, LINE].contains(&name) {
            let message = format!("the mapping and `--provenance` would both set the header `{name}`");
            return Err(Failure::new(Exit::Usage, message));
        }
        headers.push(MessageHeader {
            name: name.to_owned(),
            source: HeaderSource::Mapped(index),
        });
    }
    for (name, value) in typed {
        if provenance && [FILE, LINE].contains(&name.as_str()) {
            let message =
                format!("`--header {name}=...` and `--provenance` would both set the header `{name}`");
            return Err(Failure::new(Exit::Usage, message));
        }
        headers.push(MessageHeader {
            name: name.clone(),
            source: HeaderSource::Template(template(name, value)?),
        });
    }
    if provenance {
        for (name, source) in [(FILE, HeaderSource::File), (LINE, HeaderSource::Line)] {
            let name = name.to_owned();
            headers.push(MessageHeader { name, source });
        }
    }
    Ok(headers)
}

/// The template of a value: text, with fields in braces if there are any; a literal brace is written twice.
fn template(name: &str, value: &str) -> Result<Template, Failure> {
    value.parse().map_err(|error: TemplateError| {
        if error.brace == '{' || error.after_field {
            return PlanError::from(error).into();
        }
        let message = format!("`--header {name}={value}`: a single `}}`");
        let hint = "write a field in braces, such as `{symbol}`, and a literal brace twice";
        Failure::new(Exit::Usage, message).with_hint(Some(hint))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_brace_is_refused() {
        for (value, is_template) in [
            ("", true),
            ("a{{b}}c{{", true),
            ("é {exchange}.{symbol}", true),
            ("a}b", false),
            ("}}}", false),
            ("{symbol", false),
            ("{a}b}", false),
        ] {
            assert_eq!(template("h", value).is_ok(), is_template, "{value}");
        }
    }
}
