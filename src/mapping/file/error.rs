//! Where something is in a mapping file, a configuration file or in `--set`, and an error that shows it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Item, TableLike};

use crate::escape::printable;

/// A place in a mapping file, a configuration file or an option, for errors that are found later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    text: Arc<Shown>,
    span: Range<usize>,
}

/// The text that a place is in.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    /// The name of the file; none for an option.
    file: Option<String>,
    text: String,
}

/// An error in a mapping or a configuration file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapError {
    place: Place,
    message: String,
    hint: Option<String>,
}

impl MapError {
    pub(crate) fn at(place: Place, message: impl Into<String>) -> MapError {
        MapError {
            place,
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> MapError {
        self.hint = Some(hint.into());
        self
    }

    /// What would be right.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl Place {
    /// Whether it is in an option of the command line.
    pub(crate) fn is_option(&self) -> bool {
        self.text.file.is_none()
    }

    /// The place as `FILE:LINE`.
    pub(crate) fn file_and_line(&self) -> String {
        let line = self.text.text[..self.span.start].matches('\n').count() + 1;
        let file = self.text.file.as_deref().unwrap_or("`--set`");
        format!("{}:{line}", printable(file.as_bytes(), 4096))
    }

    /// A range of bytes of `text`, which is at this place. If it is written there with escapes, its bytes are not those of
    /// the file, and the whole place is meant.
    pub(crate) fn within(&self, text: &str, span: &Range<usize>) -> Place {
        let is_as_written = self.text.text.get(self.span.clone()) == Some(text);
        let (start, end) = (span.start.min(text.len()), span.end.min(text.len()));
        Place {
            text: Arc::clone(&self.text),
            span: match is_as_written {
                true => self.span.start + start..self.span.start + end,
                false => self.span.clone(),
            },
        }
    }
}

/// Maximum number of characters of a line that are shown.
const SHOWN: usize = 100;

/// The place as `FILE:LINE:COLUMN`, the message, the line, and carets below what is meant.
impl fmt::Display for MapError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { text, span } = &self.place;
        let before = &text.text[..span.start];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let whole = text.text[start..].lines().next().unwrap_or_default();
        let characters = |text: &str| text.chars().count();
        let column = characters(&text.text[start..span.start]) + 1;
        let length = characters(&text.text[span.start..span.end.min(start + whole.len()).max(span.start)]);
        match &text.file {
            Some(file) => write!(
                formatter,
                "{}:{line}:{column}: ",
                printable(file.as_bytes(), 4096)
            )?,
            None => formatter.write_str("`--set`: ")?,
        }
        formatter.write_str(&self.message)?;
        // A long line is shown from a little before the place.
        let skipped = match column + length > SHOWN {
            true => column.saturating_sub(SHOWN / 2),
            false => 0,
        };
        let shown: String = whole.chars().skip(skipped).take(SHOWN).collect();
        let shown: String = shown
            .chars()
            .map(|character| if character == '\t' { ' ' } else { character })
            .collect();
        let number = match text.file {
            Some(_) => format!(" {line} | "),
            None => "   | ".to_owned(),
        };
        write!(formatter, "\n{number}{}", printable(shown.as_bytes(), SHOWN * 4))?;
        let blanks = " ".repeat(number.len() - 2 + column - skipped);
        let carets = "^".repeat(length.clamp(1, SHOWN));
        write!(
            formatter,
            "\n{}|{}{carets}",
            &blanks[..number.len() - 2],
            &blanks[number.len() - 2..]
        )
    }
}

impl std::error::Error for MapError {}

/// The text of a mapping or a configuration file, for the errors of those who read it. It may hide secrets, if every
/// byte keeps its place.
pub(crate) struct Source<'a> {
    shown: Arc<Shown>,
    pub(crate) text: &'a str,
}

impl<'a> Source<'a> {
    /// A mapping file.
    pub(crate) fn file(name: &str, text: &'a str) -> Source<'a> {
        Source::new(Some(name.to_owned()), text)
    }

    /// The value of `--set`.
    pub(crate) fn option(text: &'a str) -> Source<'a> {
        Source::new(None, text)
    }

    fn new(file: Option<String>, text: &'a str) -> Source<'a> {
        let shown = Shown {
            file,
            text: text.to_owned(),
        };
        Source {
            shown: Arc::new(shown),
            text,
        }
    }

    pub(crate) fn place(&self, span: Range<usize>) -> Place {
        let length = self.text.len();
        let (mut start, mut end) = (span.start.min(length), span.end.min(length));
        // A place within a character is that character.
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Place {
            text: Arc::clone(&self.shown),
            span: start..end,
        }
    }

    pub(crate) fn error(&self, span: Range<usize>, message: impl Into<String>) -> MapError {
        MapError::at(self.place(span), message)
    }

    /// The place of a value. A table that is spread over the file has none.
    pub(crate) fn item_span(&self, item: &Item) -> Range<usize> {
        item.span().unwrap_or(0..0)
    }

    /// The place of a key.
    pub(crate) fn key_span(&self, table: &dyn TableLike, key: &str) -> Range<usize> {
        let span = table.key(key).and_then(toml_edit::Key::span);
        span.unwrap_or(0..0)
    }

    /// The table in an item, in any of TOML's notations.
    pub(crate) fn table<'t>(&self, item: &'t Item, what: &str) -> Result<&'t dyn TableLike, MapError> {
        item.as_table_like()
            .ok_or_else(|| self.error(self.item_span(item), format!("expected {what}, a table")))
    }
}
