//! CSV cells -> the fields of a record.

use super::error::{Encoded, Fault, RowError, RowErrorKind};
use super::plan::{Codec, Entry, Field, Plain, Plan};
use super::scalar::{Origin, Scalar, put_scalar};
use super::watch::Watch;
use super::wire::put_long;
use super::{State, json};
use crate::mapping::binding::{FieldSource, RecordSource};
use crate::record::Row;
use crate::record::csv::Cell;
use crate::record::json as json_text;

/// The cells of a row.
#[derive(Clone, Copy)]
struct Cells<'a> {
    row: &'a Row<'a>,
    cells: &'a [Cell],
}

impl State {
    /// Appends the datum of a row of cells.
    pub(super) fn encode_cells(
        &mut self,
        plan: &Plan,
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        if cells.len() != plan.columns {
            return Err(cell_count(plan.columns, row, cells));
        }
        let cells = Cells { row, cells };
        match &plan.entry {
            Entry::Row => self.put_fields(plan, plan.fields(), &plan.sources, &plan.watch, cells, out),
            Entry::Column(column) => {
                let field = &plan.value;
                self.put_column(plan, field, *column, &[], cells, out)
                    .map_err(|fault| fault.into_row_error(Some(column + 1)))
            }
            Entry::Member(_) | Entry::Value => unreachable!("rows of cells have columns"),
        }
    }

    #[inline]
    fn put_fields(
        &mut self,
        plan: &Plan,
        fields: &[Field],
        sources: &[FieldSource],
        watch: &[Watch],
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let no_null_tokens = plan.rules.null_tokens.is_empty();
        for (index, (field, source)) in fields.iter().zip(sources).enumerate() {
            let inner = self.note(watch, index, out.len());
            let put = match (source, field.plain) {
                (FieldSource::Column(column), Some(plain))
                    if no_null_tokens && is_plain(&cells.cells[*column]) =>
                {
                    let cell = &cells.cells[*column];
                    let raw = cell.raw(cells.row.bytes);
                    put_plain(plan, plain, raw, cells.row.utf8, out)
                        .map_err(|fault| column_error(cell_fault(fault, cell, raw), field, *column))
                }
                _ => self.put_field(plan, field, source, inner, cells, out),
            };
            if let Err(mut error) = put {
                self.further_faults(
                    plan,
                    &fields[index + 1..],
                    &sources[index + 1..],
                    cells,
                    &mut error,
                );
                return Err(error);
            }
        }
        Ok(())
    }

    /// A field of whatever type, from wherever it comes.
    fn put_field(
        &mut self,
        plan: &Plan,
        field: &Field,
        source: &FieldSource,
        watch: &[Watch],
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        match source {
            FieldSource::Column(column) => self
                .put_column(plan, field, *column, watch, cells, out)
                .map_err(|fault| column_error(fault, field, *column)),
            FieldSource::Default => {
                out.extend_from_slice(field.default_datum().expect("the plan has seen that it fits"));
                Ok(())
            }
            FieldSource::Null => {
                out.extend_from_slice(field.null.as_deref().expect("the binding has seen null"));
                Ok(())
            }
            FieldSource::Record(record) => {
                self.put_nested(plan, field, record, watch, cells, out)
                    .map_err(|mut error| {
                        error.put_within(&field.name);
                        error
                    })
            }
        }
    }

    /// The faults of the fields behind one that has a fault: a row is mended once, not once for each of them.
    #[cold]
    fn further_faults(
        &mut self,
        plan: &Plan,
        fields: &[Field],
        sources: &[FieldSource],
        cells: Cells<'_>,
        error: &mut RowError,
    ) {
        const MOST: usize = 100;
        let mut unwanted = Vec::new();
        for (field, source) in fields.iter().zip(sources) {
            if error.also.len() >= MOST {
                return;
            }
            if let Err(mut further) = self.put_field(plan, field, source, &[], cells, &mut unwanted) {
                let also = std::mem::take(&mut further.also);
                error.also.push(*further);
                error.also.extend(also);
            }
        }
    }

    /// A record whose fields have columns of their own; null where it may be and all of them are empty.
    fn put_nested(
        &mut self,
        plan: &Plan,
        field: &Field,
        source: &RecordSource,
        watch: &[Watch],
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let (branches, fields) = plan.record_within(field.codec);
        if let Some((null, other)) = branches {
            let is_empty = |column: &usize| {
                let cell = &cells.cells[*column];
                !cell.quoted && is_null_text(plan, cell.raw(cells.row.bytes))
            };
            if source.columns.iter().all(is_empty) {
                put_long(null, out);
                return Ok(());
            }
            put_long(other, out);
        }
        self.put_fields(plan, fields, &source.sources, watch, cells, out)
    }

    fn put_column(
        &mut self,
        plan: &Plan,
        field: &Field,
        column: usize,
        watch: &[Watch],
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let cell = &cells.cells[column];
        self.put_cell(plan, field, watch, cells.row, cell, out)
            .map_err(|fault| cell_fault(fault, cell, cell.raw(cells.row.bytes)))
    }

    fn put_cell(
        &mut self,
        plan: &Plan,
        field: &Field,
        watch: &[Watch],
        row: &Row<'_>,
        cell: &Cell,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let raw = cell.raw(row.bytes);
        if raw.is_empty() {
            return empty_cell(plan, field, cell.quoted, out);
        }
        if !plan.rules.null_tokens.is_empty() && !cell.quoted && is_null_text(plan, raw) {
            return null_token(field, out);
        }
        let mut codec = &plan.codecs[field.codec];
        let mut branch = None;
        if let Codec::Nullable {
            null,
            other,
            codec: inner,
            branch: name,
        } = codec
        {
            // Of a type that is written as JSON, null is too.
            if raw == b"null" && !plan.codecs[*inner].is_scalar() {
                put_long(*null, out);
                return Ok(());
            }
            put_long(*other, out);
            codec = &plan.codecs[*inner];
            branch = Some(name.as_str());
        }
        let cell_codec = json::CellCodec { codec, branch };
        if !cell.doubled {
            return self.put_cell_text(plan, cell_codec, watch, raw, row.utf8, out);
        }
        let mut text = std::mem::take(&mut self.cell);
        text.clear();
        cell.append_text(row.bytes, &mut text);
        let result = self.put_cell_text(plan, cell_codec, watch, &text, row.utf8, out);
        self.cell = text;
        result
    }

    fn put_cell_text(
        &mut self,
        plan: &Plan,
        cell: json::CellCodec<'_>,
        watch: &[Watch],
        text: &[u8],
        utf8: bool,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let scalar = Scalar {
            text,
            origin: Origin::CsvCell,
            utf8,
        };
        match cell.codec {
            Codec::Array(_) | Codec::Map(_) | Codec::Record(_) => {
                self.put_json_cell(plan, cell, watch, text, utf8, out)
            }
            // Where text may be meant, text that looks like JSON is text all the same.
            Codec::Union(union) if union.string.is_none() && union.has_complex() && looks_like_json(text) => {
                self.put_json_cell(plan, cell, watch, text, utf8, out)
            }
            Codec::Union(union) => union.put_scalar(&plan.codecs, scalar, &plan.rules, out),
            scalar_codec => put_scalar(scalar_codec, scalar, &plan.rules, out),
        }
    }

    /// A cell that holds JSON, for the types that a cell's text cannot say.
    fn put_json_cell(
        &mut self,
        plan: &Plan,
        cell: json::CellCodec<'_>,
        watch: &[Watch],
        bytes: &[u8],
        utf8: bool,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let mut nodes = std::mem::take(&mut self.nodes);
        let result = match json_text::parse(bytes, &mut nodes) {
            Ok(()) => {
                let text = json::JsonText {
                    bytes,
                    nodes: &nodes,
                    utf8,
                    within: json::Within::Cell,
                };
                self.put_json_cell_value(plan, cell, watch, text.value(), out)
            }
            Err(fault) => {
                let reason = format!(
                    "a cell of this type holds JSON: {} at its place {}",
                    fault.what,
                    fault.offset + 1
                );
                Err(Fault::new(RowErrorKind::Json, reason))
            }
        };
        self.nodes = nodes;
        result
    }
}

/// The error of a row with another number of cells than the header: what is too much is pointed at, or the end.
#[cold]
fn cell_count(columns: usize, row: &Row<'_>, cells: &[Cell]) -> Box<RowError> {
    let reason = format!("expected {columns} cells, found {}", cells.len());
    let mut error = RowError::whole(RowErrorKind::CellCount, reason);
    let end = row.bytes.len();
    error.span = Some(match cells.get(columns) {
        Some(extra) => extra.start as usize..end,
        None => end..end,
    });
    if cells.len() > columns {
        error.hint = Some("a cell that holds a comma stands in quotes".to_owned());
    }
    error
}

/// Whether the cell's text is what stands in the file, and something.
#[inline(always)]
fn is_plain(cell: &Cell) -> bool {
    cell.start < cell.end && !cell.doubled
}

/// A cell of a common type, of which nothing has to be known but its text.
#[inline(always)]
fn put_plain(plan: &Plan, plain: Plain, text: &[u8], utf8: bool, out: &mut Vec<u8>) -> Encoded {
    if let Some(branch) = plain.branch {
        out.push(branch);
    }
    let scalar = Scalar {
        text,
        origin: Origin::CsvCell,
        utf8,
    };
    put_scalar(&plan.codecs[plain.codec], scalar, &plan.rules, out)
}

#[cold]
fn cell_fault(fault: Box<Fault>, cell: &Cell, raw: &[u8]) -> Box<Fault> {
    fault.of_value(raw, Some(cell.start as usize..cell.end as usize))
}

#[cold]
fn column_error(fault: Box<Fault>, field: &Field, column: usize) -> Box<RowError> {
    fault.within(field.name.as_str()).into_row_error(Some(column + 1))
}

fn looks_like_json(text: &[u8]) -> bool {
    text == b"null" || matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether a bare cell stands for null: an empty one, or one of the tokens that the user named.
fn is_null_text(plan: &Plan, raw: &[u8]) -> bool {
    raw.is_empty() || plan.rules.null_tokens.iter().any(|token| token == raw)
}

/// Where a string that is nothing but text is allowed: the branch before it, or none where it is the type itself.
fn string_branch(plan: &Plan, field: &Field) -> Option<Option<i64>> {
    match &plan.codecs[field.codec] {
        Codec::String => Some(None),
        Codec::Nullable { other, codec, .. } if matches!(plan.codecs[*codec], Codec::String) => {
            Some(Some(*other))
        }
        Codec::Union(union) => union.string.map(|index| Some(index as i64)),
        _ => None,
    }
}

/// An empty cell: null where the field allows it, else its default, else the empty string; a quoted one is the empty
/// string first.
fn empty_cell(plan: &Plan, field: &Field, quoted: bool, out: &mut Vec<u8>) -> Encoded {
    let string = string_branch(plan, field);
    let mut put_empty_string = |branch: Option<i64>| {
        if let Some(branch) = branch {
            put_long(branch, out);
        }
        out.push(0);
    };
    match (string, &field.null, field.default_datum()) {
        (Some(branch), _, _) if quoted => put_empty_string(branch),
        (_, Some(null), _) => out.extend_from_slice(null),
        (_, None, Some(default)) => out.extend_from_slice(default),
        (Some(branch), None, None) => put_empty_string(branch),
        (None, None, None) => {
            let reason = format!(
                "the cell is empty, and the field ({}) allows no null and has no default",
                field.words
            );
            return Err(Fault::new(RowErrorKind::Empty, reason)
                .without_value()
                .wanting(field.words.as_str()));
        }
    }
    Ok(())
}

/// A cell with one of the user's null tokens: null where the field allows it, else its default.
#[cold]
fn null_token(field: &Field, out: &mut Vec<u8>) -> Encoded {
    match (&field.null, field.default_datum()) {
        (Some(null), _) => out.extend_from_slice(null),
        (None, Some(default)) => out.extend_from_slice(default),
        (None, None) => {
            let reason = format!(
                "it stands for null (`--null-token`), and the field ({}) allows no null and has no default",
                field.words
            );
            return Err(Fault::new(RowErrorKind::Empty, reason).wanting(field.words.as_str()));
        }
    }
    Ok(())
}
