//! A header that does not fit the schema: its most likely error, found before the first row.

use std::collections::HashSet;

use super::exit::Exit;
use super::failure::Failure;
use super::name_list::{in_backticks, listed};
use super::shell;
use crate::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use crate::escape::printable;
use crate::input::{Header, Input, other_delimiter as other_delimiter_error};
use crate::mapping::{BindingError, Mapping, folded, near_names};
use crate::record::{Delimiters, Place, RowFormat};
use crate::report::figures::count_of;
use crate::schema::{RegisteredSchema, SchemaField};

/// Where the fields of a record come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldsFrom {
    /// From the columns with their names.
    Columns,
    /// From a mapping file, too.
    Mapping,
}

/// The failure of an input with a header that does not fit the schema; `what` names the schema.
pub(super) fn failure(
    input: &Input,
    header: &Header,
    schema: &RegisteredSchema,
    error: &BindingError,
    (what, from): (&str, FieldsFrom),
) -> Failure {
    likely_cause(input, header, schema, what).unwrap_or_else(|| {
        let name = &input.name;
        if let BindingError::Duplicate { .. } = error {
            return Failure::new(Exit::Input, format!("{}: {error}", place(input, header)))
                .with_hint(Some("remove one of the two columns, or rename it"));
        }
        let mut message = format!("{name} does not fit {what}\n{error}");
        if let BindingError::Unbound { unused, .. } = error
            && !unused.is_empty()
        {
            message.push_str(&format!("\ncolumns that match no field: {}", listed(unused)));
        }
        Failure::new(Exit::Input, message).with_hint(Some(correction(header, error, from)))
    })
}

/// The place of the header.
fn place<'a>(input: &'a Input, header: &Header) -> Place<'a> {
    Place {
        input: &input.name,
        line: header.line_number(),
        column: None,
    }
}

/// How to correct a header that leaves fields without a column.
fn correction(header: &Header, error: &BindingError, from: FieldsFrom) -> String {
    const EXACT_NAMES: &str = "each column must have the exact name of its field";
    let place = match header.line() {
        Some(_) => "the header",
        None => "`--columns`",
    };
    let BindingError::Unbound {
        table,
        nullable,
        unused,
    } = error
    else {
        return format!("{EXACT_NAMES}: correct {place}");
    };
    let or_null = |correct: String| match nullable {
        true => format!("{correct}; or treat absent columns as null with `--missing-null`"),
        false => correct,
    };
    if from == FieldsFrom::Mapping {
        let correct = "each field without a default needs an entry in the mapping's `[fields]`, or a column with its exact name";
        return or_null(correct.to_owned());
    }
    let fields = table.iter().map(|(field, ..)| field);
    if unused.len() == header.names.len() && near_names(unused, fields).is_empty() {
        return format!(
            "no column matches a field of the schema, so the file may belong to another topic; if it does not, \
             {EXACT_NAMES}, or a mapping must name it (`k2-produce map init` drafts one)"
        );
    }
    let required: Vec<&String> = table
        .iter()
        .filter(|(_, _, source)| source.is_err())
        .map(|(field, ..)| field)
        .collect();
    let correct = match (&unused[..], &required[..], unnamed(&header.names)) {
        (_, _, Some(unnamed)) => format!("{unnamed}; give each column the exact name of its field"),
        ([column], [field], None) => {
            format!(
                "{EXACT_NAMES}: rename the column {} to `{field}`",
                in_backticks(column)
            )
        }
        ([], _, None) => format!("{EXACT_NAMES}: add the missing columns"),
        _ if required.len() > unused.len() => {
            format!("{EXACT_NAMES}: correct {place} and add the missing columns")
        }
        _ => format!("{EXACT_NAMES}: correct {place}"),
    };
    or_null(correct)
}

/// The failure of an input in which no column matches a field, although no field needs a column.
pub(super) fn no_matching_column(
    input: &Input,
    header: &Header,
    schema: &RegisteredSchema,
    what: &str,
) -> Failure {
    likely_cause(input, header, schema, what).unwrap_or_else(|| {
        let message = format!(
            "{}: no column matches a field of {what}; its fields are {}",
            place(input, header),
            listed(&field_names(schema))
        );
        Failure::new(Exit::Input, message).with_hint(Some(
            "the file may belong to another topic; if it does not, name each column after its field",
        ))
    })
}

/// The failure of an input with columns that match no field, under `--strict-columns`.
pub(super) fn extra_columns(input: &Input, ignored: &[String], what: &str) -> Failure {
    let columns = count_of(ignored.len() as u64, "column matches", "columns match");
    let message = format!(
        "{}:1: {columns} no field of {what}: {}",
        input.name,
        listed(ignored)
    );
    Failure::new(Exit::Input, message).with_hint(Some(
        "remove them, ignore each with `--ignore-column`, or omit `--strict-columns`",
    ))
}

fn likely_cause(input: &Input, header: &Header, schema: &RegisteredSchema, what: &str) -> Option<Failure> {
    let fields = field_names(schema);
    // The names are not in the file.
    header.line()?;
    // Both lists may be long.
    let folded_names: HashSet<String> = fields.iter().map(|name| folded(name)).collect();
    let is_field = |text: &str| folded_names.contains(&folded(text));
    if header.names.iter().any(|name| is_field(name)) {
        return None;
    }
    other_delimiter(input, header, is_field)
        .or_else(|| header_later(input, header, is_field))
        .or_else(|| header_missing(input, header, schema, &fields, what))
}

/// The usual delimiters.
const LIKELY_DELIMITERS: [u8; 4] = *b",;\t|";

/// Columns that are separated by another character.
fn other_delimiter(input: &Input, header: &Header, is_field: impl Fn(&str) -> bool) -> Option<Failure> {
    let used = input.layout.rows().delimiter()?;
    let line = header.names.join(&*String::from_utf8_lossy(&used));
    let other = *LIKELY_DELIMITERS.iter().find(|other| {
        let pieces = line.split(char::from(**other));
        [**other] != used[..] && pieces.filter(|piece| is_field(piece.trim_matches('"'))).count() > 1
    })?;
    Some(other_delimiter_error(place(input, header), other, &used).into())
}

/// A header that follows other lines: a title, a comment, a blank line.
fn header_later(input: &Input, header: &Header, is_field: impl Fn(&str) -> bool) -> Option<Failure> {
    /// The number of lines after the first that are searched.
    const LINES: usize = 50;
    let delimiter = input.layout.rows().delimiter()?;
    let delimiter = String::from_utf8_lossy(&delimiter);
    let place = place(input, header);
    let later = || {
        let block = input.reader_at(&input.first_row()).ok()?.next_block().ok()??;
        let mut lines = block.bytes.split(|byte| *byte == b'\n').take(LINES);
        let index = lines.position(|line| {
            let line = input.encoding.readable(line);
            let line = String::from_utf8_lossy(&line);
            line.split(&*delimiter)
                .filter(|cell| is_field(cell.trim_matches(['"', '\r'])))
                .count()
                > 1
        })?;
        Some(input.first_row().line + index as u64)
    };
    if let Some(line) = later() {
        let file = shell::path(input.location.argument());
        let hint = format!(
            "set `header-line = {line}` in the `[input]` table of a mapping file, or remove the lines before it, in the \
             file or with `tail -n +{line} {file} | k2-produce ... --format csv -`"
        );
        let message = format!("{place}: the header is on line {line}, but must be the first line");
        return Some(Failure::new(Exit::Input, message).with_hint(Some(hint)));
    }
    header.names.iter().all(|name| is_blank(name)).then(|| {
        let message = format!("{place}: the first line is blank, but must be the header");
        Failure::new(Exit::Input, message).with_hint(Some("remove the lines before the header"))
    })
}

/// A first line that is already a row.
fn header_missing(
    input: &Input,
    header: &Header,
    schema: &RegisteredSchema,
    fields: &[String],
    what: &str,
) -> Option<Failure> {
    let data = header.names.iter().find(|name| is_data(name));
    let other = separated_otherwise(input, header);
    let (data, option) = match &other {
        Some((delimiter, cells)) => {
            let text = match delimiter {
                b'\t' => "tab".to_owned(),
                other => char::from(*other).to_string(),
            };
            let data = cells.iter().find(|cell| is_data(cell))?;
            (data, Some(shell::flag("--delimiter", text.as_ref())))
        }
        None => (data?, None),
    };
    let message = format!(
        "{}: no header: the first line contains `{}` and no field names",
        place(input, header),
        printable(data.as_bytes(), 60)
    );
    let fitting = match &other {
        Some((delimiter, cells)) => Delimiters::new(*delimiter, Delimiters::RFC_4180.quote())
            .and_then(|delimiters| fitting_header(input, header, cells.len(), delimiters, schema, fields)),
        None => match input.layout.rows() {
            RowFormat::Csv(delimiters) => {
                fitting_header(input, header, header.names.len(), delimiters, schema, fields)
            }
            RowFormat::Other(_) | RowFormat::Jsonl | RowFormat::Json(..) => None,
        },
    };
    let hint = match (fitting, option) {
        (Some(names), option) => {
            let columns = shell::flag("--columns", names.join(",").as_ref());
            let options: Vec<String> = option.into_iter().chain([columns]).collect();
            match &options[..] {
                [_, _] => format!("this delimiter and these names fit: `{}`", options.join(" ")),
                _ => format!("these names fit: `{}`", options.join(" ")),
            }
        }
        (None, option) => {
            let option = option
                .map(|option| format!(" and pass `{option}`"))
                .unwrap_or_default();
            format!(
                "name the columns with `--columns`{option}, or add a header; the fields of {what} are {}",
                listed(fields)
            )
        }
    };
    Some(Failure::new(Exit::Input, message).with_hint(Some(hint)))
}

/// Another delimiter and the cells that it makes of the first line, if the delimiter in use makes only one.
fn separated_otherwise(input: &Input, header: &Header) -> Option<(u8, Vec<String>)> {
    let [line] = &header.names[..] else {
        return None;
    };
    let used = input.layout.rows().delimiter()?;
    let cells = |delimiter: u8| {
        line.split(char::from(delimiter))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let others = LIKELY_DELIMITERS.into_iter().filter(|other| [*other] != used[..]);
    let most = others.max_by_key(|other| cells(*other).len())?;
    Some((most, cells(most))).filter(|(_, cells)| cells.len() > 1)
}

/// Whether a cell is a number or a time; a field name cannot begin like one.
fn is_data(cell: &str) -> bool {
    let unsigned = cell.trim().trim_start_matches(['+', '-', '.']);
    unsigned.starts_with(|first: char| first.is_ascii_digit())
}

/// The first of the likely headers of `count` columns with which the first line is a good row.
fn fitting_header(
    input: &Input,
    header: &Header,
    count: usize,
    delimiters: Delimiters,
    schema: &RegisteredSchema,
    fields: &[String],
) -> Option<Vec<String>> {
    let row = input.encoding.readable(header.line()?);
    let required = required_fields(schema);
    let first = fields.iter().take(count).cloned().collect();
    let candidates = [fields.to_vec(), required, first];
    candidates
        .into_iter()
        .find(|names| names.len() == count && fits(names, &row, delimiters, schema))
}

fn fits(names: &[String], row: &[u8], delimiters: Delimiters, schema: &RegisteredSchema) -> bool {
    let plan = Mapping::default()
        .bind_columns(names, schema)
        .ok()
        .and_then(|binding| MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).ok());
    plan.is_some_and(|plan| {
        Encoder::new(plan.into())
            .with_delimiters(delimiters)
            .encode_line(row, &mut Vec::new())
            .is_ok()
    })
}

fn fields(schema: &RegisteredSchema) -> &[SchemaField] {
    schema.avro.row_fields().unwrap_or_default()
}

fn field_names(schema: &RegisteredSchema) -> Vec<String> {
    fields(schema).iter().map(|field| field.name.clone()).collect()
}

fn required_fields(schema: &RegisteredSchema) -> Vec<String> {
    let required = fields(schema).iter().filter(|field| field.default.is_none());
    required.map(|field| field.name.clone()).collect()
}

/// `column 3 has no name`, if one or more have none.
fn unnamed(names: &[String]) -> Option<String> {
    let numbers: Vec<String> = names
        .iter()
        .enumerate()
        .filter(|(_, name)| is_blank(name))
        .map(|(index, _)| (index + 1).to_string())
        .collect();
    match numbers.len() {
        0 => None,
        1 => Some(format!("column {} has no name", numbers[0])),
        _ => Some(format!("columns {} have no name", numbers.join(", "))),
    }
}

fn is_blank(name: &str) -> bool {
    name.trim().is_empty()
}
