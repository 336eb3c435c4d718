//! CSV cells -> the fields of a record.

use super::codec::{Codec, Codecs, Field, ScalarCodec};
use super::datum_plan::DatumPlan;
use super::empty_cell::{is_null_text, put_empty, put_null_token};
use super::error::{Encoded, Fault, RowError, RowErrorKind};
use super::hint::Hint;
use super::json::{self, CellCodec, JsonText, Within};
use super::likely;
use super::offsets::{RowPlace, TrackedField};
use super::scalar::{Origin, Scalar, put_scalar};
use super::scratch::{Reading, Scratch};
use super::wire::put_long;
use crate::mapping::{EMPTY_CELL, Expression, FieldSource, RootSource, computed_cell};
use crate::record::csv::{Cell, CellForm};
use crate::record::json as json_text;
use crate::record::{Parts, Row};

/// The cells of a row.
#[derive(Clone, Copy)]
struct Cells<'a> {
    row: &'a Row<'a>,
    cells: &'a [Cell],
}

impl Cells<'_> {
    fn place(&self, column: usize) -> RowPlace {
        let cell = &self.cells[column];
        RowPlace {
            start: cell.start,
            end: cell.end,
            column: Some(column as u32),
        }
    }
}

impl Scratch {
    /// Appends the datum of a row of cells.
    pub(super) fn put_cells(
        &mut self,
        plan: &DatumPlan,
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let columns = plan.columns.expect("a plan for CSV rows has columns");
        if cells.len() != columns {
            return Err(cell_count(columns, row, cells));
        }
        if let Some(flat) = &plan.flat
            && self.put_flat_cells(flat, &plan.codecs, row, cells, out)
        {
            return Ok(());
        }
        let cells = Cells { row, cells };
        match &plan.source {
            RootSource::Fields(sources) => {
                if let Some(branch) = plan.record_branch() {
                    put_long(branch, out);
                }
                self.put_fields(
                    &plan.codecs,
                    plan.fields(),
                    sources,
                    &plan.tracked.inner,
                    cells,
                    out,
                )
            }
            RootSource::Value(source) => {
                let Expression::Column(column) = source.expression else {
                    unreachable!("a value that is not a record is one column")
                };
                let reading = Reading {
                    codecs: &plan.codecs,
                    rules: &source.rules,
                };
                self.put_column(reading, &plan.value, column, Some(&plan.tracked), cells, out)
                    .map_err(|fault| fault.into_row_error(Some(column + 1)))
            }
        }
    }

    #[inline]
    fn put_fields(
        &mut self,
        codecs: &Codecs,
        fields: &[Field],
        sources: &[FieldSource],
        tracked: &[TrackedField],
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        for (index, (field, source)) in fields.iter().zip(sources).enumerate() {
            let tracked = TrackedField::at(tracked, index);
            if let Some(tracked) = tracked {
                self.track(tracked, source, cells, out.len());
            }
            let put = match (&source.expression, field.scalar) {
                (Expression::Column(column), Some(scalar))
                    if source.rules.null_tokens.is_empty() && is_verbatim(&cells.cells[*column]) =>
                {
                    let cell = &cells.cells[*column];
                    let raw = cell.raw(cells.row.bytes);
                    let reading = Reading {
                        codecs,
                        rules: &source.rules,
                    };
                    put_verbatim(reading, scalar, raw, cells.row.utf8, out)
                        .map_err(|fault| column_error(cell_fault(fault, cell, raw), field, *column, cells))
                }
                _ => self.put_field(codecs, field, source, tracked, cells, out),
            };
            if let Err(mut error) = put {
                let rest = fields[index + 1..].iter().zip(&sources[index + 1..]);
                self.further_faults(codecs, rest, cells, &mut error);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Records the place of a field that starts at `offset`.
    #[inline]
    fn track(&mut self, tracked: &TrackedField, source: &FieldSource, cells: Cells<'_>, offset: usize) {
        let place = match source.expression {
            Expression::Column(column) => Some(cells.place(column)),
            _ => None,
        };
        self.offsets.set(tracked, offset, place);
    }

    /// A field of any type, from any source.
    fn put_field(
        &mut self,
        codecs: &Codecs,
        field: &Field,
        source: &FieldSource,
        tracked: Option<&TrackedField>,
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        match &source.expression {
            Expression::Column(column) => {
                let reading = Reading {
                    codecs,
                    rules: &source.rules,
                };
                self.put_column(reading, field, *column, tracked, cells, out)
                    .map_err(|fault| column_error(fault, field, *column, cells))
            }
            Expression::Default => {
                out.extend_from_slice(field.default_datum().expect("the plan has checked that it fits"));
                Ok(())
            }
            Expression::Null => {
                out.extend_from_slice(
                    field
                        .null
                        .as_deref()
                        .expect("the binding has checked that null is allowed"),
                );
                Ok(())
            }
            Expression::Constant(datum) => {
                out.extend_from_slice(datum);
                Ok(())
            }
            Expression::Record(sources) => self
                .put_nested(codecs, field, sources, tracked, cells, out)
                .map_err(|mut error| {
                    error.put_within(&field.name);
                    error
                }),
            Expression::Key(_) | Expression::Whole => {
                unreachable!("the fields of a CSV row come from columns")
            }
        }
    }

    /// Appends the datum of a field whose column has the same text in every row, or is empty in every row.
    pub(super) fn put_constant(
        &mut self,
        codecs: &Codecs,
        (field, source): (&Field, &FieldSource),
        (column, columns): (usize, usize),
        text: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let mut cells = vec![EMPTY_CELL; columns];
        if let Some(text) = text {
            cells[column] = computed_cell(0..text.len(), CellForm::Plain);
        }
        let text = text.unwrap_or_default();
        self.limit_size(out.len(), text.len());
        let row = Row {
            bytes: text,
            utf8: std::str::from_utf8(text).is_ok(),
            parts: Parts::Csv(&cells),
        };
        let cells = Cells {
            row: &row,
            cells: &cells,
        };
        self.put_field(codecs, field, source, None, cells, out)
    }

    /// The faults of the fields after the first faulty one, so that a row can be corrected in one pass.
    #[cold]
    fn further_faults<'f>(
        &mut self,
        codecs: &Codecs,
        rest: impl Iterator<Item = (&'f Field, &'f FieldSource)>,
        cells: Cells<'_>,
        error: &mut RowError,
    ) {
        const MAX_FAULTS: usize = 100;
        let mut unwanted = Vec::new();
        for (field, source) in rest {
            if error.also.len() >= MAX_FAULTS {
                return;
            }
            if let Err(mut further) = self.put_field(codecs, field, source, None, cells, &mut unwanted) {
                let also = std::mem::take(&mut further.also);
                error.also.push(*further);
                error.also.extend(also);
            }
        }
    }

    /// A record with one column per field; null if the type allows it and all of these columns are empty.
    fn put_nested(
        &mut self,
        codecs: &Codecs,
        field: &Field,
        sources: &[FieldSource],
        tracked: Option<&TrackedField>,
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<RowError>> {
        let (branches, fields) = codecs.record_within(field.codec);
        if let Some((null, other)) = branches {
            if sources.iter().all(|source| is_empty(source, cells)) {
                self.track_empty(sources, TrackedField::within(tracked), cells);
                put_long(null, out);
                return Ok(());
            }
            put_long(other, out);
        }
        self.put_fields(codecs, fields, sources, TrackedField::within(tracked), cells, out)
    }

    /// Records the places of the empty cells of a null record.
    fn track_empty(&mut self, sources: &[FieldSource], tracked: &[TrackedField], cells: Cells<'_>) {
        for inner in tracked {
            match &sources[inner.field].expression {
                Expression::Column(column) => self.offsets.set_absent(inner, Some(cells.place(*column))),
                Expression::Record(sources) => self.track_empty(sources, &inner.inner, cells),
                _ => {}
            }
        }
    }

    fn put_column(
        &mut self,
        reading: Reading<'_>,
        field: &Field,
        column: usize,
        tracked: Option<&TrackedField>,
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let cell = &cells.cells[column];
        let raw = cell.raw(cells.row.bytes);
        self.put_cell(reading, field, column, tracked, cells, out)
            .map_err(|fault| cell_fault(fault, cell, raw))
    }

    fn put_cell(
        &mut self,
        reading: Reading<'_>,
        field: &Field,
        column: usize,
        tracked: Option<&TrackedField>,
        cells: Cells<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let cell = &cells.cells[column];
        let raw = cell.raw(cells.row.bytes);
        match cell.form {
            CellForm::Plain | CellForm::Doubled | CellForm::Escaped(_) => {}
            CellForm::Json => {
                return self.put_json_of_mapping(reading, field, tracked, raw, cells.place(column), out);
            }
            CellForm::Absent => return json::absent(field, reading, out),
        }
        if raw.is_empty() {
            return put_empty(reading, field, cell.quoted, out);
        }
        if !reading.rules.null_tokens.is_empty() && !cell.quoted && is_null_text(reading.rules, raw) {
            return put_null_token(reading.codecs, field, out);
        }
        let place = cells.place(column);
        let mut codec = CellCodec {
            codec: field.codec,
            branch: None,
        };
        if let Codec::Nullable {
            null,
            other,
            codec: inner,
            branch,
        } = &reading.codecs[field.codec]
        {
            // A type that is written as JSON has a JSON null too.
            if raw == b"null" && !reading.codecs[*inner].is_scalar() {
                if let Some(tracked) = tracked {
                    self.offsets.set_null_within(tracked, Some(place));
                }
                put_long(*null, out);
                return Ok(());
            }
            put_long(*other, out);
            codec = CellCodec {
                codec: *inner,
                branch: Some(branch.as_str()),
            };
        }
        let text = CellText {
            bytes: raw,
            utf8: cells.row.utf8,
            place,
        };
        if cell.form == CellForm::Plain {
            return self.put_cell_text(reading, codec, tracked, text, out);
        }
        let mut single = std::mem::take(&mut self.cell);
        single.clear();
        cell.append_text(cells.row.bytes, &mut single);
        let text = CellText {
            bytes: &single,
            ..text
        };
        let result = self.put_cell_text(reading, codec, tracked, text, out);
        self.cell = single;
        result
    }

    fn put_cell_text(
        &mut self,
        reading: Reading<'_>,
        cell: CellCodec<'_>,
        tracked: Option<&TrackedField>,
        text: CellText<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let scalar = Scalar {
            text: text.bytes,
            origin: Origin::CsvCell,
            utf8: text.utf8,
        };
        match &reading.codecs[cell.codec] {
            Codec::Array(_) | Codec::Map(_) | Codec::Record(_) => {
                self.put_json_cell(reading, cell, tracked, text, out)
            }
            Codec::Union(union) if union.reads_json(reading, text.bytes) => {
                self.put_json_cell(reading, cell, tracked, text, out)
            }
            Codec::Union(union) => union.put_scalar(reading, scalar, out),
            _ => put_scalar(reading, cell.codec, scalar, out),
        }
    }

    /// A cell that holds JSON, for types that plain text cannot express.
    fn put_json_cell(
        &mut self,
        reading: Reading<'_>,
        cell: CellCodec<'_>,
        tracked: Option<&TrackedField>,
        text: CellText<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let mut nodes = std::mem::take(&mut self.nodes);
        let result = match json_text::parse(text.bytes, &mut nodes) {
            Ok(()) => {
                let json = JsonText {
                    bytes: text.bytes,
                    nodes: &nodes,
                    utf8: text.utf8,
                    within: Within::Cell(text.place),
                    keys_elsewhere: &[],
                };
                self.put_json_cell_value(reading, cell, tracked, json.value(), out)
            }
            Err(fault) => {
                let reason = format!(
                    "a cell of this type holds JSON: {} at position {}",
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

impl Scratch {
    /// A JSON value that a mapping passes through or puts together; it is read as in a row of JSON.
    fn put_json_of_mapping(
        &mut self,
        reading: Reading<'_>,
        field: &Field,
        tracked: Option<&TrackedField>,
        bytes: &[u8],
        place: RowPlace,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let cell = CellCodec {
            codec: field.codec,
            branch: None,
        };
        let text = CellText {
            bytes,
            utf8: std::str::from_utf8(bytes).is_ok(),
            place,
        };
        self.put_json_cell(reading, cell, tracked, text, out)
    }
}

/// The text of a cell, with doubled quotes unescaped.
#[derive(Clone, Copy)]
struct CellText<'a> {
    bytes: &'a [u8],
    utf8: bool,
    place: RowPlace,
}

/// Whether all columns of a source are empty or null.
fn is_empty(source: &FieldSource, cells: Cells<'_>) -> bool {
    match &source.expression {
        Expression::Column(column) => {
            let cell = &cells.cells[*column];
            !cell.quoted && is_null_text(&source.rules, cell.raw(cells.row.bytes))
        }
        Expression::Record(sources) => sources.iter().all(|source| is_empty(source, cells)),
        Expression::Constant(_) => false,
        Expression::Default | Expression::Null | Expression::Key(_) | Expression::Whole => true,
    }
}

/// The error of a row with a different number of cells than columns; it points at the extra cells, or at the end of
/// the row.
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
        error.hint = Some(
            "the extra cells are marked, but the mistake may come before them: quote every cell that contains the delimiter"
                .into(),
        );
    }
    error
}

/// Whether the cell's text is exactly the bytes in the file, and not empty.
#[inline(always)]
fn is_verbatim(cell: &Cell) -> bool {
    cell.start < cell.end && cell.form == CellForm::Plain
}

/// A cell of a common type, for which only its text matters.
#[inline(always)]
fn put_verbatim(
    reading: Reading<'_>,
    scalar: ScalarCodec,
    text: &[u8],
    utf8: bool,
    out: &mut Vec<u8>,
) -> Encoded {
    if let Some(branch) = scalar.branch {
        out.push(branch);
    }
    let text = Scalar {
        text,
        origin: Origin::CsvCell,
        utf8,
    };
    put_scalar(reading, scalar.codec, text, out)
}

#[cold]
fn cell_fault(fault: Box<Fault>, cell: &Cell, raw: &[u8]) -> Box<Fault> {
    fault.of_value(raw, Some(cell.start as usize..cell.end as usize))
}

#[cold]
fn column_error(fault: Box<Fault>, field: &Field, column: usize, cells: Cells<'_>) -> Box<RowError> {
    let cell = &cells.cells[column];
    let raw = cell.raw(cells.row.bytes);
    let may_be_absent = field.null.is_some() || field.default_datum().is_some();
    // Quoted text is always text, whatever the null tokens are.
    let fault = match may_be_absent && cell.quoted {
        true => fault,
        false => {
            let token = || Hint::NullToken(String::from_utf8_lossy(raw).into_owned());
            likely::missing_value(fault, raw, may_be_absent.then(token))
        }
    };
    fault.within(field.name.as_str()).into_row_error(Some(column + 1))
}
