//! The bytes of one row -> its parts, and what is wrong with them as a row error.

use super::error::{RowError, RowErrorKind};
use super::hint::Hint;
use super::likely;
use crate::escape::printable;
use crate::record::csv::{self, Cell, Split};
use crate::record::json::{self, Node};
use crate::record::{
    Extent, FixedColumns, Framing, JsonShape, RowFormat, RowMemory, ShapeFault, count_characters,
};

/// Splits a line into `cells`; returns the line without its terminator.
#[inline]
pub(super) fn split_cells<'a>(
    line: &'a [u8],
    format: &RowFormat,
    cells: &mut Vec<Cell>,
) -> Result<&'a [u8], Box<RowError>> {
    match format.split_row(line, Extent::Whole, cells) {
        Split::Row(end) if end.next < line.len() => {
            let mut error = RowError::whole(RowErrorKind::CellCount, "the line holds more than one row");
            error.span = Some(end.next..line.len());
            Err(error)
        }
        Split::Row(end) => match end.stray {
            Some(stray) => Err(stray_text(format, &line[..end.content], stray, cells)),
            None => Ok(&line[..end.content]),
        },
        Split::Skipped(_) => unreachable!("the line is a row"),
        Split::Incomplete { quote } => {
            let mut error = RowError::whole(RowErrorKind::Quote, "a quote is not closed");
            error.span = quote.map(|quote| quote..quote + 1);
            Err(error)
        }
    }
}

/// The error of a row that does not have the form of its format from byte `at` on.
#[cold]
pub(crate) fn stray_text(format: &RowFormat, row: &[u8], at: usize, cells: &[Cell]) -> Box<RowError> {
    if let RowFormat::Other(notation) = format
        && let Some(columns) = notation.fixed_columns()
    {
        return wrong_length(row, at, columns);
    }
    let mut error = text_after_quote(row, at, cells);
    if let Some(escape) = format.escape() {
        let escape = char::from(escape);
        error.hint = Some(Hint::from(format!(
            "within a quoted cell, write `{escape}` before each quote"
        )));
    }
    error
}

/// The error of a row with text between a closing quote, before `at`, and the next delimiter.
///
/// If the quoted cell spans several lines, its opening quote is most likely the mistake, so it points there.
#[cold]
fn text_after_quote(row: &[u8], at: usize, cells: &[Cell]) -> Box<RowError> {
    let column = cells.partition_point(|cell| cell.start as usize <= at);
    let cell = &cells[column - 1];
    let below = csv::terminators(cell.raw(row));
    let mut reason = format!("text follows the closing quote of column {column}");
    let mut span = at..(at + 1).min(row.len());
    if below > 0 {
        let lines = if below == 1 { "line" } else { "lines" };
        reason = format!(
            "the quote that opens column {column} closes {below} {lines} further down, and text follows it; {} lines \
             were read as one row",
            csv::terminators(row) + 1
        );
        span = cell.start as usize - 1..cell.start as usize;
    }
    let mut error = RowError::whole(RowErrorKind::Quote, reason);
    error.column = Some(column);
    error.span = Some(span);
    error.hint = Some("within a quoted cell, write each quote twice".into());
    error
}

/// The error of a row that is shorter or longer than its columns of fixed width; `at` is its end, or the first byte too
/// many.
#[cold]
fn wrong_length(row: &[u8], at: usize, columns: &FixedColumns) -> Box<RowError> {
    let (found, expected) = (count_characters(row), columns.width());
    let reason = match columns.column_after(found) {
        Some((column, start)) => {
            let (first, last) = (start + 1, start + column.width);
            let place = match column.name.as_str() {
                "" => format!("the gap at characters {first} to {last}"),
                name => format!(
                    "`{}` (characters {first} to {last})",
                    printable(name.as_bytes(), 60)
                ),
            };
            let what = match found > start {
                true => "incomplete",
                false => "missing",
            };
            format!("the line is too short: expected {expected} characters, found {found}; {place} is {what}")
        }
        None => format!("the line is too long: expected {expected} characters, found {found}"),
    };
    let mut error = RowError::whole(RowErrorKind::LineLength, reason);
    error.span = Some(at..row.len());
    error
}

/// Parses a row that is a JSON text; `utf8` says that it is known to be valid UTF-8.
pub(crate) fn parse_json(bytes: &[u8], utf8: bool, nodes: &mut Vec<Node>) -> Result<(), Box<RowError>> {
    if let Err(fault) = json::parse(bytes, nodes) {
        let mut error = RowError::whole(RowErrorKind::Json, format!("not JSON: {}", fault.what));
        error.span = Some(fault.offset.min(bytes.len())..(fault.offset + 1).min(bytes.len()));
        error.hint = likely::json_word(bytes, fault.offset).map(Into::into);
        if bytes.first() == Some(&b'[') {
            error.hint = Some("JSONL has one object per line: remove the array's brackets and commas".into());
        }
        return Err(error);
    }
    if !utf8 && let Err(wrong) = std::str::from_utf8(bytes) {
        let at = wrong.valid_up_to();
        let reason = format!("JSON must be UTF-8, but byte {} of the row is not", at + 1);
        let mut error = RowError::whole(RowErrorKind::NotUtf8, reason);
        error.span = Some(at..at + 1);
        error.hint = Some(Hint::FileEncoding.to_owned());
        return Err(error);
    }
    Ok(())
}

/// Parses a line and finds the row in it. The row's parts are in `memory`; returns the bytes that they are ranges of.
pub(crate) fn parse_shaped<'m>(
    line: &'m [u8],
    utf8: bool,
    (framing, shape): (Framing, &JsonShape),
    memory: &'m mut RowMemory,
) -> Result<(&'m [u8], &'m [Node]), Box<RowError>> {
    parse_json(line, utf8, &mut memory.line)?;
    shape
        .find_row(framing, line, memory)
        .map_err(|fault| misshapen(fault, line, shape))?;
    let bytes = match shape.adds_names() {
        true => &memory.text[..],
        false => line,
    };
    Ok((bytes, &memory.nodes))
}

#[cold]
fn misshapen(fault: ShapeFault, line: &[u8], shape: &JsonShape) -> Box<RowError> {
    let (reason, span) = match fault {
        ShapeFault::NoRow => {
            let path = shape.path().map(ToString::to_string).unwrap_or_default();
            let reason = format!("`{path}` (`json-root`) leads to no row on this line");
            (reason, 0..line.len())
        }
        ShapeFault::ValueCount { found, row } => {
            let columns = shape.columns().len();
            let reason = format!("the row is an array of {found} values, but `columns` has {columns} names");
            (reason, row.start as usize..row.end as usize)
        }
    };
    let kind = match fault {
        ShapeFault::NoRow => RowErrorKind::NotAnObject,
        ShapeFault::ValueCount { .. } => RowErrorKind::CellCount,
    };
    let mut error = RowError::whole(kind, reason);
    error.span = Some(span);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Delimiters;

    #[test]
    fn a_line_is_one_row() {
        let mut cells = Vec::new();
        let mut content = |line: &str, delimiters| {
            let split = split_cells(line.as_bytes(), &RowFormat::Csv(delimiters), &mut cells)?;
            Ok::<_, Box<RowError>>((String::from_utf8(split.to_vec()).unwrap(), cells.len()))
        };
        let rfc = Delimiters::RFC_4180;
        let tabs = Delimiters::new(b'\t', b'"').unwrap();
        for (line, delimiters, row, count) in [
            ("", rfc, "", 1),
            ("a,b", rfc, "a,b", 2),
            ("a,b\n", rfc, "a,b", 2),
            ("a,b\r\n", rfc, "a,b", 2),
            ("a,\"b\nc\"", rfc, "a,\"b\nc\"", 2),
            ("a,b\tc", tabs, "a,b\tc", 2),
        ] {
            assert_eq!(content(line, delimiters), Ok((row.to_owned(), count)), "{line:?}");
        }
        for (line, kind, span) in [
            ("a,b\nc", RowErrorKind::CellCount, 4..5),
            ("a,\"b", RowErrorKind::Quote, 2..3),
            ("\"a\"b,c", RowErrorKind::Quote, 3..4),
            ("x,\"a\nb\"c,d", RowErrorKind::Quote, 2..3),
        ] {
            let error = content(line, rfc).unwrap_err();
            assert_eq!((error.kind, error.span), (kind, Some(span)), "{line:?}");
        }
    }
    #[test]
    fn a_stray_opening_quote_reports_how_many_lines_it_consumed() {
        let mut cells = Vec::new();
        let row = "BHP,\"1,x\nCBA,2,\nANZ,3,\nNAB,\"4,y";
        let error =
            split_cells(row.as_bytes(), &RowFormat::Csv(Delimiters::RFC_4180), &mut cells).unwrap_err();
        assert_eq!(
            error.reason,
            "the quote that opens column 2 closes 3 lines further down, and text follows it; 4 lines were read as one row"
        );
        assert_eq!((error.column, error.span), (Some(2), Some(4..5)));
        let error = split_cells(b"\"a\"b,c", &RowFormat::Csv(Delimiters::RFC_4180), &mut cells).unwrap_err();
        assert_eq!(error.reason, "text follows the closing quote of column 1");
    }
}
