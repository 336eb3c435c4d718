//! `[input]`: how the bytes of the inputs become rows.

use std::ops::Range;
use std::sync::Arc;

use regex::bytes::Regex;
use toml_edit::{Item, TableLike, Value};

use super::error::{MapError, Place, Source};
use super::unknown_key;
use crate::escape::printable;
use crate::record::{
    CellNotation, Delimiter, Dialect, FixedColumn, HeaderRow, LinePattern, Notation, NotationFault,
    RowFormat, RowPath,
};

/// The keys of the table.
const KEYS: [&str; 10] = [
    "columns",
    "delimiter",
    "quote",
    "escape",
    "comment",
    "skip-lines",
    "skip-matching",
    "header-line",
    "widths",
    "json-root",
];

/// The lines before the header are kept in memory and repeated in a file of rejected rows.
const MAX_LINES_BEFORE: u64 = 100_000;

/// Far more than any column needs; the sum of widths cannot overflow.
const MAX_WIDTH: i64 = 1_000_000;

/// What a mapping file says about how its inputs are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputFacts {
    /// The names of the columns of files without a header.
    columns: Option<Fact<Vec<String>>>,
    delimiter: Option<Fact<Delimiter>>,
    /// The value is none if cells are never quoted.
    quote: Option<Fact<Option<u8>>>,
    escape: Option<Fact<u8>>,
    comment: Option<Fact<String>>,
    skip_lines: Option<Fact<u64>>,
    skip_matching: Option<Fact<Vec<LinePattern>>>,
    /// The line of the header.
    header_line: Option<Fact<u64>>,
    widths: Option<Fact<Vec<FixedColumn>>>,
    /// The path to the rows in JSON.
    json_root: Option<Fact<RowPath>>,
}

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fact<T> {
    value: T,
    place: Place,
}

impl InputFacts {
    /// The names of the keys that are set.
    pub fn keys(&self) -> Vec<&'static str> {
        let places = self.places();
        let set = KEYS.iter().zip(places);
        set.filter_map(|(key, place)| place.map(|_| *key)).collect()
    }

    /// Whether a key has a meaning for JSON too.
    pub fn is_of_json(key: &str) -> bool {
        matches!(key, "columns" | "json-root")
    }

    /// The path to the rows in JSON.
    pub fn json_root(&self) -> Option<&RowPath> {
        self.json_root.as_ref().map(|path| &path.value)
    }

    /// The keys that can have skipped lines.
    pub fn skipping_keys(&self) -> Vec<&'static str> {
        let is_set = [
            ("comment", self.comment.is_some()),
            (
                "skip-lines",
                self.skip_lines.as_ref().is_some_and(|fact| fact.value > 0),
            ),
            ("skip-matching", self.skip_matching.is_some()),
            (
                "header-line",
                self.header_line.as_ref().is_some_and(|fact| fact.value > 1),
            ),
        ];
        let set = is_set.iter().filter(|(_, is_set)| *is_set);
        set.map(|(key, _)| *key).collect()
    }

    /// The place of each of the [`KEYS`] that is set.
    fn places(&self) -> [Option<&Place>; 10] {
        fn place<T>(fact: &Option<Fact<T>>) -> Option<&Place> {
            fact.as_ref().map(|fact| &fact.place)
        }
        [
            place(&self.columns),
            place(&self.delimiter),
            place(&self.quote),
            place(&self.escape),
            place(&self.comment),
            place(&self.skip_lines),
            place(&self.skip_matching),
            place(&self.header_line),
            place(&self.widths),
            place(&self.json_root),
        ]
    }

    /// The names of the columns, if the mapping gives them.
    pub(crate) fn columns(&self) -> Option<Vec<String>> {
        if let Some(widths) = &self.widths {
            let named = widths.value.iter().filter(|column| !column.name.is_empty());
            return Some(named.map(|column| column.name.clone()).collect());
        }
        self.columns.as_ref().map(|columns| columns.value.clone())
    }

    /// The dialect of the inputs. The options `--delimiter` and `--columns` win over the keys of the same name; there
    /// are no `columns` if the option is not given.
    ///
    /// # Errors
    /// Keys that contradict each other or an option.
    pub fn dialect(&self, delimiter: Option<&Delimiter>, columns: &[String]) -> Result<Dialect, MapError> {
        self.refuse_contradictions(delimiter, columns)?;
        let cells = self.cells(delimiter)?;
        let names = match columns.is_empty() {
            true => self.columns().unwrap_or_default(),
            false => columns.to_vec(),
        };
        let comment = self.comment.as_ref().map(|comment| comment.value.as_bytes());
        let skipped = self.skip_matching.as_ref().map(|skip| skip.value.clone());
        let notation =
            Notation::new(cells, comment, skipped.unwrap_or_default()).map_err(|fault| self.faulty(fault))?;
        Ok(Dialect {
            rows: match notation.plain() {
                Some(delimiters) => RowFormat::Csv(delimiters),
                None => RowFormat::Other(Arc::new(notation)),
            },
            header: match (names.is_empty(), &self.header_line) {
                (true, None) => HeaderRow::InFile,
                (true, Some(_)) => HeaderRow::OnLine,
                (false, _) => HeaderRow::Given(names.into()),
            },
            lines_before: match (&self.skip_lines, &self.header_line) {
                (Some(lines), _) => lines.value,
                (None, Some(line)) => line.value - 1,
                (None, None) => 0,
            },
        })
    }

    fn cells(&self, delimiter: Option<&Delimiter>) -> Result<CellNotation, MapError> {
        if let Some(widths) = &self.widths {
            return CellNotation::fixed(widths.value.clone()).map_err(|fault| self.faulty(fault));
        }
        let delimiter = delimiter.or(self.delimiter.as_ref().map(|delimiter| &delimiter.value));
        let delimiter = delimiter.map_or(&b","[..], Delimiter::bytes);
        let quote = self.quote.as_ref().map_or(Some(b'"'), |quote| quote.value);
        let escape = self.escape.as_ref().map(|escape| escape.value);
        CellNotation::separated(delimiter, quote, escape).map_err(|fault| self.faulty(fault))
    }

    fn refuse_contradictions(
        &self,
        delimiter: Option<&Delimiter>,
        columns: &[String],
    ) -> Result<(), MapError> {
        if let Some(widths) = &self.widths {
            for (key, place) in KEYS.iter().zip(self.places()) {
                if let (Some(place), "columns" | "delimiter" | "quote" | "escape" | "header-line") =
                    (place, *key)
                {
                    let message = format!(
                        "`{key}` has no meaning with `widths`, which gives the names and the widths of all columns"
                    );
                    return Err(MapError::at(place.clone(), message));
                }
            }
            let option = match (delimiter, columns.is_empty()) {
                (Some(_), _) => "--delimiter",
                (None, false) => "--columns",
                (None, true) => return Ok(()),
            };
            let message = format!("`{option}` has no meaning with `widths`: omit one of them");
            return Err(MapError::at(widths.place.clone(), message));
        }
        let Some(header_line) = &self.header_line else {
            return Ok(());
        };
        let other = match (&self.columns, &self.skip_lines, columns.is_empty()) {
            (_, _, false) => "`--columns` names the columns of files without a header",
            (Some(_), _, _) => "`columns` names the columns of files without a header",
            (None, Some(_), _) => "`skip-lines` says how many lines precede the header",
            (None, None, true) => return Ok(()),
        };
        let message = format!("`header-line` contradicts another setting: {other}; omit one of them");
        Err(MapError::at(header_line.place.clone(), message))
    }

    /// The error at the key that a fault concerns.
    fn faulty(&self, fault: NotationFault) -> MapError {
        let [_, delimiter, quote, escape, comment, .., widths, _] = self.places();
        let place = match fault {
            NotationFault::Quote | NotationFault::QuoteInDelimiter => quote.or(delimiter),
            NotationFault::Escape
            | NotationFault::EscapeIsQuote
            | NotationFault::EscapeInDelimiter
            | NotationFault::EscapeWithoutQuote => escape,
            NotationFault::Comment | NotationFault::CommentInRows => comment,
            NotationFault::Widths => widths,
        };
        let place = place.expect("only a key that is set can be at fault");
        MapError::at(place.clone(), fault.to_string())
    }
}

/// Reads the table.
pub(super) fn parse(source: &Source<'_>, table: &dyn TableLike) -> Result<InputFacts, MapError> {
    let mut facts = InputFacts::default();
    for (key, item) in table.iter() {
        let place = source.place(source.item_span(item));
        let wrong = |expected: &str| MapError::at(place.clone(), format!("expected {expected}"));
        match key {
            "columns" => facts.columns = Some(fact(columns(source, item)?, &place)),
            "delimiter" => {
                let text = text(item).ok_or_else(|| wrong("a text such as \";\" or \"tab\""))?;
                let delimiter = text
                    .parse()
                    .map_err(|error: String| MapError::at(place.clone(), error))?;
                facts.delimiter = Some(fact(delimiter, &place));
            }
            "quote" => {
                let quote = match text(item) {
                    Some("none") => None,
                    text => Some(text.and_then(character).ok_or_else(|| {
                        wrong("one ASCII character other than the ends of lines, or \"none\"")
                    })?),
                };
                facts.quote = Some(fact(quote, &place));
            }
            "escape" => {
                let escape = text(item).and_then(character);
                let escape = escape.ok_or_else(|| wrong("one ASCII character, such as '\\'"))?;
                facts.escape = Some(fact(escape, &place));
            }
            "comment" => {
                let prefix =
                    text(item).ok_or_else(|| wrong("the text that comments begin with, such as \"#\""))?;
                facts.comment = Some(fact(prefix.to_owned(), &place));
            }
            "skip-lines" => {
                let lines = whole_number(item, 0, MAX_LINES_BEFORE);
                let lines = lines.ok_or_else(|| wrong("a number of lines, at most 100000"))?;
                facts.skip_lines = Some(fact(lines, &place));
            }
            "header-line" => {
                let line = whole_number(item, 1, MAX_LINES_BEFORE + 1);
                let line = line.ok_or_else(|| wrong("the number of a line, from 1 to 100001"))?;
                facts.header_line = Some(fact(line, &place));
            }
            "skip-matching" => facts.skip_matching = Some(fact(patterns(source, item)?, &place)),
            "widths" => facts.widths = Some(fact(widths(source, item)?, &place)),
            "json-root" => {
                let path = text(item).ok_or_else(|| wrong("a path such as \"result.trades\""))?;
                let path = path
                    .parse()
                    .map_err(|error: String| MapError::at(place.clone(), error))?;
                facts.json_root = Some(fact(path, &place));
            }
            unknown => {
                let span = source.key_span(table, key);
                return Err(unknown_key(source, span, unknown, &KEYS));
            }
        }
    }
    Ok(facts)
}

fn fact<T>(value: T, place: &Place) -> Fact<T> {
    Fact {
        value,
        place: place.clone(),
    }
}

fn text(item: &Item) -> Option<&str> {
    item.as_str()
}

/// The only character of a text.
fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(*byte),
        _ => None,
    }
}

fn whole_number(item: &Item, least: u64, most: u64) -> Option<u64> {
    let number = u64::try_from(item.as_integer()?).ok()?;
    (least..=most).contains(&number).then_some(number)
}

/// Where a value of a list is; `list` is the place of the list.
fn span(value: &Value, list: &Range<usize>) -> Range<usize> {
    value.span().unwrap_or_else(|| list.clone())
}

fn columns(source: &Source<'_>, item: &Item) -> Result<Vec<String>, MapError> {
    let list = source.item_span(item);
    let expected = "expected the names of the columns: [\"Date\", \"Price\"]";
    let items = item.as_array().filter(|names| !names.is_empty());
    let items = items.ok_or_else(|| source.error(list.clone(), expected))?;
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let Some(name) = item.as_str() else {
            return Err(source.error(span(item, &list), expected));
        };
        push_name(source, &mut names, name, span(item, &list))?;
    }
    Ok(names)
}

/// Adds the name of a column; only an empty one may occur twice.
fn push_name(
    source: &Source<'_>,
    names: &mut Vec<String>,
    name: &str,
    span: Range<usize>,
) -> Result<(), MapError> {
    if !name.is_empty() && names.iter().any(|known| known == name) {
        let name = printable(name.as_bytes(), 60);
        return Err(source.error(span, format!("the column `{name}` is named twice")));
    }
    names.push(name.to_owned());
    Ok(())
}

/// One pattern, or a list of them.
fn patterns(source: &Source<'_>, item: &Item) -> Result<Vec<LinePattern>, MapError> {
    let list = source.item_span(item);
    let texts: Vec<(Option<&str>, Range<usize>)> = match item.as_array() {
        Some(items) => items
            .iter()
            .map(|item| (item.as_str(), span(item, &list)))
            .collect(),
        None => vec![(item.as_str(), list.clone())],
    };
    let expected = "expected a pattern such as '^---', or a list of patterns";
    if texts.is_empty() {
        return Err(source.error(list, expected));
    }
    let mut patterns = Vec::new();
    for (text, span) in texts {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Err(source.error(span, expected));
        };
        patterns.push(pattern(source, text, span)?);
    }
    Ok(patterns)
}

fn pattern(source: &Source<'_>, text: &str, span: Range<usize>) -> Result<LinePattern, MapError> {
    // Its errors have a place.
    if let Err(error) = regex_syntax::Parser::new().parse(text) {
        let (what, wrong) = match &error {
            regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(error.span())),
            regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(error.span())),
            error => (error.to_string(), None),
        };
        // Within a literal without escapes the pattern has the same length as its text.
        let at = span.start + 1;
        let place = match wrong.filter(|_| source.text.get(at..).is_some_and(|rest| rest.starts_with(text))) {
            Some(wrong) => at + wrong.start.offset..(at + wrong.end.offset).max(at + wrong.start.offset + 1),
            None => span,
        };
        return Err(source.error(place, format!("the pattern is invalid: {what}")));
    }
    match Regex::new(text) {
        Ok(regex) => Ok(LinePattern(regex)),
        Err(error) => Err(source.error(span, format!("the pattern cannot be used: {error}"))),
    }
}

/// `[["Date", 8], ["Price", 10]]`.
fn widths(source: &Source<'_>, item: &Item) -> Result<Vec<FixedColumn>, MapError> {
    let list = source.item_span(item);
    let expected = "expected the columns with their widths: [[\"Date\", 8], [\"Price\", 10]]";
    let pairs = item.as_array().filter(|pairs| !pairs.is_empty());
    let pairs = pairs.ok_or_else(|| source.error(list.clone(), expected))?;
    let (mut columns, mut names) = (Vec::new(), Vec::new());
    for pair in pairs {
        let place = span(pair, &list);
        let parts = pair.as_array().filter(|pair| pair.len() == 2);
        let parts = parts.and_then(|parts| parts.get(0).zip(parts.get(1)));
        let parts = parts.and_then(|(name, width)| Some((name, name.as_str()?, width, width.as_integer()?)));
        let Some((name_item, name, width_item, width)) = parts else {
            return Err(source.error(place, "expected a name and a width: [\"Date\", 8]"));
        };
        if !(1..=MAX_WIDTH).contains(&width) {
            let message = format!("expected a width from 1 to {MAX_WIDTH}");
            return Err(source.error(span(width_item, &place), message));
        }
        push_name(source, &mut names, name, span(name_item, &place))?;
        columns.push(FixedColumn {
            name: name.to_owned(),
            width: width as usize,
        });
    }
    Ok(columns)
}

#[cfg(test)]
mod tests;
