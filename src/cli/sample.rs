//! The first rows of a file, read to draft a mapping: what separates its columns and whether it has a header are
//! recognized, unless options say so.

use std::path::Path;

use serde_json::Value;

use super::exit::Exit;
use super::failure::Failure;
use super::preflight;
use super::settings::InputSettings;
use super::shell;
use super::text_rows;
use crate::draft::mapping::{ColumnNames, FileFacts};
use crate::draft::{Sample, Source};
use crate::escape::is_plain;
use crate::input::{DEFAULT_MAX_ROW_BYTES, Encoding, Input, Layout, Location};
use crate::record::csv::Split;
use crate::record::{Delimiters, Extent, Format, HeaderRow, RowFormat};
use crate::report::figures::count;

/// How many rows are looked at.
const ROWS: u64 = 1_000;

/// How many rows decide what separates the columns.
const ROWS_FOR_DELIMITER: u64 = 20;

/// The most columns and JSON paths that are compared with fields. Each is compared with each.
pub(super) const MAX_SOURCES: usize = 500;

/// How deep the parts of JSON objects are looked at.
const MAX_DEPTH: usize = 4;

/// Opens the only file. What is recognized about it is set in `settings`. A pipe can be read only once, so it is read as
/// the options say.
pub(super) fn open(settings: &mut InputSettings) -> Result<(Input, FileFacts), Failure> {
    let mut names = match settings.dialect.header {
        HeaderRow::Given(_) => ColumnNames::Given,
        HeaderRow::InFile | HeaderRow::OnLine => ColumnNames::File,
    };
    // A pipe must be opened only once: what is read from it is gone.
    let is_regular = settings.files.iter().all(|file| Path::new(file).is_file());
    if is_regular {
        recognize_delimiter(settings)?;
    }
    let mut input = one(settings)?;
    if let Some(error) = input.one_array() {
        return Err(error.into());
    }
    let header = input
        .header()
        .map(|header| header.names.clone())
        .unwrap_or_default();
    if names == ColumnNames::File && is_regular && header.iter().any(|name| is_value(name)) {
        let invented: Vec<String> = (1..=header.len())
            .map(|number| format!("column{number}"))
            .collect();
        settings.dialect.header = HeaderRow::Given(invented.into());
        input = one(settings)?;
        names = ColumnNames::Invented;
    }
    let delimiter = input
        .layout
        .rows()
        .delimiter()
        .filter(|delimiter| delimiter != b",");
    let facts = FileFacts {
        name: name_of(&input),
        delimiter: delimiter.map(|delimiter| String::from_utf8_lossy(&delimiter).into_owned()),
        names,
        json_root: settings.json.path().map(ToString::to_string),
        json_columns: settings.json.columns().to_vec(),
        options: options(settings),
    };
    Ok((input, facts))
}

/// The options that say how the file is read and that a mapping file cannot say.
fn options(settings: &InputSettings) -> Vec<String> {
    let format = settings.format.map(|format| match format {
        Format::Csv => "--format csv".to_owned(),
        Format::Jsonl => "--format jsonl".to_owned(),
        Format::Json => "--format json".to_owned(),
    });
    let encoding = (settings.encoding != Encoding::Utf8).then(|| format!("--encoding {}", settings.encoding));
    let ignored = settings.ignored_columns.iter();
    let ignored = ignored.map(|column| shell::flag("--ignore-column", column.as_ref()));
    let longest = (settings.max_row_bytes != DEFAULT_MAX_ROW_BYTES)
        .then(|| format!("--max-row-bytes {}", settings.max_row_bytes));
    let others = [format, encoding, longest];
    others.into_iter().flatten().chain(ignored).collect()
}

fn one(settings: &InputSettings) -> Result<Input, Failure> {
    let mut inputs = preflight::open(settings)?;
    Ok(inputs.pop().expect("one file is given"))
}

/// Sets the delimiter that splits the first rows into the same number of cells, more than others do, unless an option
/// names one.
fn recognize_delimiter(settings: &mut InputSettings) -> Result<(), Failure> {
    if settings.csv_options.contains(&"--delimiter") {
        return Ok(());
    }
    // With another delimiter the header may be unreadable, so it is read as a row.
    let header = std::mem::replace(
        &mut settings.dialect.header,
        HeaderRow::Given(["x".to_owned()].into()),
    );
    let mut best = (1, settings.dialect.rows.clone());
    for delimiter in [b',', b';', b'\t', b'|'] {
        let quote = Delimiters::RFC_4180.quote();
        let delimiters = Delimiters::new(delimiter, quote).expect("two different characters of ASCII");
        settings.dialect.rows = RowFormat::Csv(delimiters);
        let input = one(settings)?;
        if input.format() != Format::Csv {
            break;
        }
        let first = text_rows::first(input, ROWS_FOR_DELIMITER)?;
        let mut counts = first
            .iter()
            .map(|row| cells(&row.text, &settings.dialect.rows).len());
        let cells = counts.next().unwrap_or(0);
        if cells > best.0 && counts.all(|other| other == cells) {
            best = (cells, settings.dialect.rows.clone());
        }
    }
    settings.dialect.header = header;
    settings.dialect.rows = best.1;
    Ok(())
}

/// The name of the file without its folder.
fn name_of(input: &Input) -> String {
    match (&input.location, input.location.file_name()) {
        (Location::StandardInput, _) => "standard input".to_owned(),
        (_, Some(name)) => name.to_string_lossy().into_owned(),
        (_, None) => input.name.to_string(),
    }
}

/// Whether a text in the first row is a value rather than the name of a column: a number, a date or a time.
fn is_value(text: &str) -> bool {
    let text = text.trim();
    let begins = text.trim_start_matches(['-', '+', '(']);
    begins.starts_with(|character: char| character.is_ascii_digit())
        && text
            .chars()
            .all(|character| !character.is_alphabetic() || "TZeE".contains(character))
}

fn cells(row: &[u8], format: &RowFormat) -> Vec<String> {
    let mut cells = Vec::new();
    match format.split_row(row, Extent::Whole, &mut cells) {
        Split::Row(_) => cells
            .iter()
            .map(|cell| String::from_utf8_lossy(&cell.text(row)).into_owned())
            .collect(),
        Split::Skipped(_) | Split::Incomplete { .. } => Vec::new(),
    }
}

/// The failure if there are too many of these to draft a mapping.
pub(super) fn too_many(what: &str) -> Failure {
    let message = format!("{what}, and mappings are drafted for up to {MAX_SOURCES}");
    Failure::new(Exit::Usage, message).with_hint(Some("write the mapping by hand"))
}

/// The first rows of an input.
pub(super) fn read(input: Input) -> Result<Sample, Failure> {
    let layout = input.layout.clone();
    let format = layout.rows();
    let rows: Vec<Vec<u8>> = text_rows::first(input, ROWS)?
        .into_iter()
        .map(|row| row.plain(&format))
        .collect();
    Ok(match layout {
        Layout::Csv { header, .. } => {
            let names = header.names;
            if names.len() > MAX_SOURCES {
                let columns = count(names.len() as u64);
                return Err(too_many(&format!("the file has {columns} columns")));
            }
            let mut sources: Vec<Source> = Vec::new();
            for (index, name) in names.iter().enumerate() {
                let is_unique = names.iter().filter(|other| *other == name).count() == 1;
                let expression = match is_unique && can_be_quoted(name) {
                    true => reference(name),
                    false => format!("column({})", index + 1),
                };
                sources.push(Source {
                    name: name.clone(),
                    expression,
                    values: Vec::new(),
                });
            }
            for row in &rows {
                let mut cells = cells(row, &format).into_iter();
                for source in &mut sources {
                    source.values.push(cells.next());
                }
            }
            Sample {
                header: Some(names),
                format,
                rows,
                sources,
            }
        }
        Layout::Json { .. } => {
            let mut sources = Vec::new();
            for (number, row) in rows.iter().enumerate() {
                if let Ok(Value::Object(row)) = serde_json::from_slice(row) {
                    add_values(&row, number, &mut Vec::new(), &mut sources);
                }
            }
            Sample {
                header: None,
                format: RowFormat::Jsonl,
                rows,
                sources,
            }
        }
    })
}

fn add_values(
    object: &serde_json::Map<String, Value>,
    row: usize,
    path: &mut Vec<String>,
    sources: &mut Vec<Source>,
) {
    for (key, value) in object {
        if !can_be_quoted(key) {
            continue;
        }
        path.push(key.clone());
        let name = path.join(".");
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let known = sources.iter().position(|source| source.name == name);
        // So many keys are data rather than names.
        if known.is_none() && sources.len() == MAX_SOURCES {
            path.pop();
            continue;
        }
        let index = known.unwrap_or_else(|| {
            let expression = path
                .iter()
                .map(|name| reference(name))
                .collect::<Vec<_>>()
                .join(".");
            sources.push(Source {
                name,
                expression,
                values: Vec::new(),
            });
            sources.len() - 1
        });
        sources[index].values.resize(row, None);
        sources[index].values.push(Some(text));
        if let (Value::Object(inner), true) = (value, path.len() < MAX_DEPTH) {
            add_values(inner, row, path, sources);
        }
        path.pop();
    }
}

/// Whether a name can be written between backquotes.
fn can_be_quoted(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| is_plain(character) && !"`\\".contains(character))
}

/// A name as an expression refers to it.
fn reference(name: &str) -> String {
    let starts = name.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_');
    let is_word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match starts && is_word && !["null", "true", "false", "and", "or", "not"].contains(&name) {
        true => name.to_owned(),
        false => format!("`{name}`"),
    }
}
