//! The grammar of templates such as `{exchange}.{symbol}`: text with field names in braces; a literal brace is written
//! twice. The plan checks that the fields exist.

use std::fmt;
use std::str::FromStr;

use super::error::PlanError;

/// Text and fields.
///
/// ```
/// use k2_produce::encode::Template;
///
/// let template: Template = "{exchange}.{symbol}".parse()?;
/// assert_eq!(template.to_string(), "{exchange}.{symbol}");
/// assert!("{exchange".parse::<Template>().is_err());
/// # Ok::<(), k2_produce::encode::TemplateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    written: String,
    pieces: Vec<TemplatePiece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplatePiece {
    Text(String),
    /// The path of a field.
    Field(String),
}

/// A brace that neither encloses a field name nor is doubled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The template as written.
    pub written: String,
    /// The brace.
    pub brace: char,
    /// Whether a field name precedes it.
    pub after_field: bool,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` has a single `{}`", self.written, self.brace)
    }
}

impl std::error::Error for TemplateError {}

impl From<TemplateError> for PlanError {
    fn from(error: TemplateError) -> PlanError {
        PlanError::new(error.to_string())
            .with_hint("write fields in braces, as in `{exchange}.{symbol}`, and a literal brace twice")
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(written: &str) -> Result<Template, TemplateError> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if after.starts_with(brace) {
                text.push_str(brace);
                rest = &after[1..];
                continue;
            }
            let end = after.find('}').filter(|_| brace == "{");
            let Some(end) = end else {
                return Err(TemplateError {
                    written: written.to_owned(),
                    brace: if brace == "{" { '{' } else { '}' },
                    after_field: pieces
                        .iter()
                        .any(|piece| matches!(piece, TemplatePiece::Field(_))),
                });
            };
            if !text.is_empty() {
                pieces.push(TemplatePiece::Text(std::mem::take(&mut text)));
            }
            pieces.push(TemplatePiece::Field(after[..end].to_owned()));
            rest = &after[end + 1..];
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(TemplatePiece::Text(text));
        }
        Ok(Template {
            written: written.to_owned(),
            pieces,
        })
    }
}

/// The template as written.
impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

impl Template {
    /// The text of one field.
    pub fn field(path: &str) -> Template {
        Template {
            written: path.to_owned(),
            pieces: vec![TemplatePiece::Field(path.to_owned())],
        }
    }

    /// Parses a key: a template if it contains a brace, else the path of a field.
    ///
    /// # Errors
    /// A brace that neither encloses a field name nor is doubled.
    pub fn field_or_template(written: &str) -> Result<Template, TemplateError> {
        if written.contains(['{', '}']) {
            written.parse()
        } else {
            Ok(Template::field(written))
        }
    }

    /// The paths of its fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            TemplatePiece::Field(path) => Some(path.as_str()),
            TemplatePiece::Text(_) => None,
        })
    }

    pub(super) fn pieces(&self) -> &[TemplatePiece] {
        &self.pieces
    }

    /// The text, if the template contains no field.
    pub(super) fn constant(&self) -> Option<String> {
        match &self.pieces[..] {
            [] => Some(String::new()),
            [TemplatePiece::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_enclose_fields_and_literal_braces_are_doubled() {
        let text = |text: &str| TemplatePiece::Text(text.to_owned());
        let field = |path: &str| TemplatePiece::Field(path.to_owned());
        for (written, expected) in [
            ("", vec![]),
            ("asx", vec![text("asx")]),
            ("a{{b}}c{{", vec![text("a{b}c{")]),
            ("{{{{", vec![text("{{")]),
            ("{symbol}", vec![field("symbol")]),
            ("{{{symbol}", vec![text("{"), field("symbol")]),
            (
                "{leg.venue}:{{{symbol}}}",
                vec![field("leg.venue"), text(":{"), field("symbol"), text("}")],
            ),
            (
                "é {exchange}.{symbol}",
                vec![text("é "), field("exchange"), text("."), field("symbol")],
            ),
        ] {
            let template: Template = written.parse().unwrap();
            assert_eq!(template.pieces, expected, "{written}");
        }
        for (written, brace, after_field) in [
            ("a}b", '}', false),
            ("}}}", '}', false),
            ("{symbol", '{', false),
            ("{a}b}", '}', true),
        ] {
            let error = TemplateError {
                written: written.to_owned(),
                brace,
                after_field,
            };
            assert_eq!(written.parse::<Template>(), Err(error), "{written}");
        }
    }
}
