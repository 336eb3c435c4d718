//! The common row: a record whose fields are scalars, each of them the text of a cell or of a JSON value as it is in
//! the file.
//!
//! What such a row needs is decided when the plan is compiled, so that the row loop is one short step for each field,
//! which writes to a buffer with room for the whole row. Whatever else occurs in a row (quotes within a quoted cell, an
//! error, a key in another place) is left to the general code, which begins the row again: nothing is judged here, and
//! no error is made here.

mod digits;
mod line;
mod minute;
mod writer;

use std::ops::Range;
use std::sync::Arc;

use self::digits::{Part, short_decimal, short_integer};
use self::line::{FlatValue, LineMemory};
use self::minute::KnownMinute;
use self::writer::{Writer, append};
use super::codec::{Codec, CodecId, Codecs, Field};
use super::datum_plan::DatumPlan;
use super::decimal::{self, DecimalShape};
use super::empty_cell::put_empty;
use super::float::float;
use super::json;
use super::number;
use super::offsets::{OffsetSlot, RowPlace, TrackedField};
use super::scalar::{Origin, Scalar, put_scalar};
use super::scratch::{Reading, Scratch};
use crate::mapping::rules::{JsonEncoding, Rules};
use crate::mapping::{Expression, FieldSource, RootSource};
use crate::record::csv::{Cell, CellForm};
use crate::record::json::{Kind, Node};
use crate::record::{Row, end_of_line};
use crate::schema::TimeUnit;

/// The steps that write the datum of a flat record.
#[derive(Debug)]
pub(super) struct FlatPlan {
    steps: Box<[Step]>,
    /// For rows of JSON: the key of each step.
    keys: Box<[String]>,
    /// How many bytes a datum may have in addition to its texts.
    room: usize,
    /// The number of timestamps.
    timestamps: usize,
}

/// What is written for one field.
#[derive(Debug)]
struct Step {
    /// Where its text is; none if it is the same in every row, or is the value of a JSON key.
    column: Option<u32>,
    /// The branch before it, in a union with null.
    branch: Option<u8>,
    kind: StepKind,
    rules: Arc<Rules>,
    /// The datum without a text: that of a column which is empty, of an absent key, or of a field that has neither.
    without: Option<Box<[u8]>>,
    /// The datum of a JSON null.
    null: Option<Box<[u8]>>,
    /// Set if the key, a header or the timestamp needs its place.
    tracked: Option<TrackedField>,
}

/// How its text is read.
#[derive(Debug, Clone, Copy)]
enum StepKind {
    String,
    Int,
    Long,
    Double,
    /// In bytes.
    Decimal(DecimalShape),
    /// Its index among the timestamps of the plan, and its unit.
    Timestamp(usize, TimeUnit),
    Enum(CodecId),
    /// Any other scalar.
    Other(CodecId),
    /// There is no text.
    Constant,
}

/// The most bytes that a step adds to its text: a branch, a length or a long, and the rest of a copy in words.
const MOST_ADDED: usize = 1 + 10 + writer::WORDS;

/// The room for the registry's header.
const HEADER_ROOM: usize = 5;

/// The room for the texts of a line that is encoded while it is scanned, so that its length is not known yet. A longer
/// one is left to the general code, which makes room for those after it.
const LINE_ROOM: usize = 1 << 10;

/// Records with longer defaults are left to the general code.
const MOST_ROOM: usize = 4 << 10;

/// What the row loop keeps from one row to the next.
#[derive(Debug, Default)]
pub(super) struct FlatMemory {
    steps: StepMemory,
    /// The datum that is being written.
    buffer: Vec<u8>,
    /// How lines of JSON are written.
    line: LineMemory,
}

/// What the steps keep from one row to the next.
#[derive(Debug, Default)]
struct StepMemory {
    /// A scalar of an uncommon type.
    other: Vec<u8>,
    /// For each timestamp of the plan.
    minutes: Vec<KnownMinute>,
}

impl StepMemory {
    /// Makes it that of `plan`.
    #[inline(always)]
    fn fit(&mut self, plan: &FlatPlan) {
        if self.minutes.len() != plan.timestamps {
            self.minutes.resize_with(plan.timestamps, KnownMinute::default);
        }
    }
}

impl FlatPlan {
    /// The steps of `plan`; none if its record is not flat.
    pub(super) fn of(plan: &DatumPlan) -> Option<FlatPlan> {
        let RootSource::Fields(sources) = &plan.source else {
            return None;
        };
        if plan.record_branch().is_some() || !plan.distinct_keys {
            return None;
        }
        let tracked = &plan.tracked.inner;
        let steps = plan.fields().iter().zip(sources).enumerate();
        let steps = steps.map(|(index, (field, source))| {
            let tracked = TrackedField::at(tracked, index).cloned();
            Step::of(&plan.codecs, field, source, tracked)
        });
        let mut steps: Box<[Step]> = steps.collect::<Option<_>>()?;
        let mut timestamps = 0;
        for step in &mut steps {
            if let StepKind::Timestamp(index, _) = &mut step.kind {
                *index = timestamps;
                timestamps += 1;
            }
        }
        let keys = sources.iter().filter_map(|source| match &source.expression {
            Expression::Key(key) => Some(key.clone()),
            _ => None,
        });
        Some(FlatPlan {
            room: steps.iter().map(Step::room).sum(),
            timestamps,
            keys: keys.collect(),
            steps,
        })
    }

    /// The step of the string at `slot`; none if that is not always a string.
    pub(super) fn string_step(&self, slot: OffsetSlot) -> Option<usize> {
        self.steps.iter().position(|step| {
            let tracked = step.tracked.as_ref();
            matches!(step.kind, StepKind::String)
                && step.branch.is_none()
                && tracked.is_some_and(|tracked| tracked.is_at(slot))
        })
    }
}

impl Step {
    /// None if the field is not a scalar that is read from one text.
    fn of(
        codecs: &Codecs,
        field: &Field,
        source: &FieldSource,
        tracked: Option<TrackedField>,
    ) -> Option<Step> {
        let reading = Reading {
            codecs,
            rules: &source.rules,
        };
        let constant = |datum: &[u8]| Step {
            column: None,
            branch: None,
            kind: StepKind::Constant,
            rules: Arc::clone(&source.rules),
            without: Some(datum.into()),
            null: None,
            tracked: tracked.clone(),
        };
        let mut datum = Vec::new();
        let (column, without) = match &source.expression {
            Expression::Default => return field.default_datum().map(constant),
            Expression::Null => return field.null.as_deref().map(constant),
            Expression::Constant(datum) => return Some(constant(datum)),
            Expression::Column(column) if source.rules.null_tokens.is_empty() => {
                (Some(*column as u32), put_empty(reading, field, false, &mut datum))
            }
            Expression::Key(_) if source.rules.json_encoding != JsonEncoding::Avro => {
                (None, json::absent(field, reading, &mut datum))
            }
            _ => return None,
        };
        let scalar = field.scalar?;
        let step = Step {
            column,
            branch: scalar.branch,
            kind: StepKind::of(codecs, scalar.codec),
            rules: Arc::clone(&source.rules),
            without: without.is_ok().then(|| datum.into()),
            null: field.null.clone(),
            tracked,
        };
        (step.room() <= MOST_ROOM).then_some(step)
    }

    /// The most bytes that it adds to its text.
    fn room(&self) -> usize {
        let length = |datum: &Option<Box<[u8]>>| datum.as_ref().map_or(0, |datum| datum.len());
        MOST_ADDED + length(&self.without).max(length(&self.null))
    }
}

impl StepKind {
    fn of(codecs: &Codecs, id: CodecId) -> StepKind {
        match &codecs[id] {
            Codec::String => StepKind::String,
            Codec::Int => StepKind::Int,
            Codec::Long => StepKind::Long,
            Codec::Double => StepKind::Double,
            Codec::Decimal(shape) if shape.fixed.is_none() => StepKind::Decimal(*shape),
            Codec::Timestamp(unit) => StepKind::Timestamp(0, *unit),
            Codec::Enum(_) => StepKind::Enum(id),
            _ => StepKind::Other(id),
        }
    }
}

impl Scratch {
    /// Appends the datum of a row of cells, unless something in the row is uncommon: `out` is then unchanged.
    #[inline]
    pub(super) fn put_flat_cells(
        &mut self,
        plan: &FlatPlan,
        codecs: &Codecs,
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> bool {
        if !row.utf8 {
            return false;
        }
        let FlatMemory {
            steps: memory,
            buffer,
            ..
        } = &mut self.flat;
        memory.fit(plan);
        let start = out.len();
        let written = append(out, buffer, plan.room + row.bytes.len(), |writer| {
            for step in &plan.steps {
                let cell = step.column.map(|column| &cells[column as usize]);
                if let Some(tracked) = &step.tracked {
                    let place = cell.zip(step.column).map(|(cell, column)| RowPlace {
                        start: cell.start,
                        end: cell.end,
                        column: Some(column),
                    });
                    self.offsets.set(tracked, start + writer.len(), place);
                }
                let found = match cell {
                    Some(cell) if cell.start < cell.end && cell.form == CellForm::Plain => {
                        Found::Text(Text {
                            row: row.bytes,
                            start: cell.start as usize,
                            end: cell.end as usize,
                            origin: Origin::CsvCell,
                        })
                    }
                    Some(cell) if cell.start < cell.end || cell.quoted => return None,
                    _ => Found::Nothing,
                };
                step.put(codecs, found, writer, memory)?;
            }
            Some(())
        });
        written.is_some()
    }

    /// Appends the datum of a row of cells without quotes, with the registry's header before it, unless something in the
    /// row is uncommon: `out` is then unchanged. Each cell begins after the end before it in `ends`, which has one for the
    /// row's start too. `text` is UTF-8 and starts with the row. Returns the text of `key`, the step of a string.
    ///
    /// The places of fields are not noted.
    #[inline(always)]
    pub(super) fn put_bare_cells(
        &mut self,
        plan: &DatumPlan,
        (text, length): (&[u8], usize),
        ends: &[u32],
        key: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Option<Range<usize>> {
        let FlatMemory {
            steps: memory,
            buffer,
            ..
        } = &mut self.flat;
        let flat = plan.flat.as_ref()?;
        memory.fit(flat);
        let before = out.len();
        append(out, buffer, HEADER_ROOM + flat.room + length, |writer| {
            writer.put_header(plan);
            let mut key_text = 0..0;
            for (index, step) in flat.steps.iter().enumerate() {
                let mut found = Found::Nothing;
                let mut size = 0;
                if let Some(column) = step.column {
                    let (start, end) = (ends[column as usize].wrapping_add(1), ends[column as usize + 1]);
                    if start < end {
                        size = (end - start) as usize;
                        found = Found::Text(Text {
                            row: text,
                            start: start as usize,
                            end: end as usize,
                            origin: Origin::CsvCell,
                        });
                    }
                }
                step.put(&plan.codecs, found, writer, memory)?;
                if key == Some(index) {
                    let end = before + writer.len();
                    key_text = end - size..end;
                }
            }
            Some(key_text)
        })
    }
}

impl Scratch {
    /// Appends the datum of a row that is a line of JSON, unless something in the row is uncommon: `out` is then
    /// unchanged.
    #[inline]
    pub(super) fn put_flat_line(
        &mut self,
        plan: &FlatPlan,
        codecs: &Codecs,
        line: &[u8],
        out: &mut Vec<u8>,
    ) -> bool {
        let FlatMemory {
            steps: memory,
            buffer,
            line: known,
        } = &mut self.flat;
        if !known.scan(line) {
            return false;
        }
        memory.fit(plan);
        let start = out.len();
        let written = append(out, buffer, plan.room + line.len(), |writer| {
            for (step, value) in plan.steps.iter().zip(&known.values) {
                if let Some(tracked) = &step.tracked {
                    let place = value.as_ref().map(|value| RowPlace {
                        start: value.start,
                        end: value.end,
                        column: None,
                    });
                    self.offsets.set(tracked, start + writer.len(), place);
                }
                step.put(codecs, Found::value(*value, line), writer, memory)?;
            }
            Some(())
        });
        written.is_some()
    }

    /// Appends the datum of the line of JSON that `text` starts with, which is UTF-8, with the registry's header before it,
    /// unless something in the line is uncommon, or its values are not in the order of the steps: `out` is then unchanged.
    /// Returns the lengths of the line without and with its terminator, and the text of `key`, the step of a string.
    ///
    /// The places of fields are not noted.
    #[inline(always)]
    pub(super) fn put_bare_line(
        &mut self,
        plan: &DatumPlan,
        text: &[u8],
        key: Option<usize>,
        out: &mut Vec<u8>,
    ) -> Option<((usize, usize), Range<usize>)> {
        let FlatMemory {
            steps: memory,
            buffer,
            line: known,
        } = &mut self.flat;
        let flat = plan.flat.as_ref()?;
        memory.fit(flat);
        let before = out.len();
        append(out, buffer, HEADER_ROOM + flat.room + LINE_ROOM, |writer| {
            writer.put_header(plan);
            let mut key_text = 0..0;
            let length = known.scan_in_order(text, |index, value| {
                flat.steps[index].put(&plan.codecs, Found::value(Some(value), text), writer, memory)?;
                if key == Some(index) && value.kind == Kind::String {
                    let end = before + writer.len();
                    key_text = end - (value.end - value.start) as usize..end;
                }
                Some(())
            })?;
            Some(((length, end_of_line(text, length)?), key_text))
        })
    }

    /// Learns how a line is written that the general code has accepted, for the lines after it.
    #[inline]
    pub(super) fn learn_line(&mut self, plan: &FlatPlan, line: &[u8], nodes: &[Node]) {
        self.flat.line.learn(plan, line, nodes);
    }
}

/// What a row has for a step.
#[derive(Clone, Copy)]
enum Found<'a> {
    Text(Text<'a>),
    /// An empty cell, or no value for the key.
    Nothing,
    /// A null of JSON.
    Null,
}

impl<'a> Found<'a> {
    /// A value of JSON in `line`.
    #[inline(always)]
    fn value(value: Option<FlatValue>, line: &'a [u8]) -> Found<'a> {
        let Some(FlatValue { kind, start, end }) = value else {
            return Found::Nothing;
        };
        let origin = match kind {
            Kind::String => Origin::JsonString,
            Kind::Number => Origin::JsonNumber,
            Kind::True | Kind::False => Origin::JsonBoolean,
            _ => return Found::Null,
        };
        Found::Text(Text {
            row: line,
            start: start as usize,
            end: end as usize,
            origin,
        })
    }
}

impl Writer<'_> {
    /// Writes the registry's header, if the schema has an id.
    #[inline(always)]
    fn put_header(&mut self, plan: &DatumPlan) {
        if let Some(header) = plan.wire_header.get() {
            self.put_slice(header);
        }
    }
}

/// The text of a scalar, which is UTF-8; that of a cell is not empty.
#[derive(Clone, Copy)]
struct Text<'a> {
    row: &'a [u8],
    start: usize,
    end: usize,
    origin: Origin,
}

impl<'a> Text<'a> {
    fn part(self) -> Part<'a> {
        Part {
            row: self.row,
            start: self.start,
            end: self.end,
        }
    }
}

impl Step {
    /// Writes the datum of what was found; none if the general code is needed.
    #[inline(always)]
    fn put(
        &self,
        codecs: &Codecs,
        found: Found<'_>,
        writer: &mut Writer<'_>,
        memory: &mut StepMemory,
    ) -> Option<()> {
        let datum = match found {
            Found::Text(text) => return self.put_text(codecs, text, writer, memory),
            Found::Nothing => self.without.as_deref(),
            Found::Null => self.null.as_deref(),
        };
        let datum = datum.filter(|datum| datum.len() <= writer.room())?;
        writer.put_slice(datum);
        Some(())
    }

    #[inline(always)]
    fn put_text(
        &self,
        codecs: &Codecs,
        text: Text<'_>,
        writer: &mut Writer<'_>,
        memory: &mut StepMemory,
    ) -> Option<()> {
        let bytes = &text.row[text.start..text.end];
        // Cells of a mapping can overlap, so that they are longer than the row.
        if writer.room() < bytes.len() + MOST_ADDED {
            return None;
        }
        if let Some(branch) = self.branch {
            writer.put_byte(branch);
        }
        let is_common = match text.origin {
            Origin::CsvCell | Origin::JsonString => true,
            Origin::JsonNumber => !matches!(self.kind, StepKind::String | StepKind::Enum(_)),
            Origin::JsonBoolean | Origin::JsonNumbers => matches!(self.kind, StepKind::Other(_)),
        };
        if !is_common {
            return None;
        }
        match self.kind {
            StepKind::String => {
                writer.put_length(bytes.len());
                writer.put_part(text.row, text.start..text.end);
            }
            StepKind::Int => {
                let value = short_integer(text.part());
                writer.put_long(match value {
                    Some(value) => value,
                    None => number::int(bytes).ok()?.into(),
                });
            }
            StepKind::Long => {
                let value = short_integer(text.part());
                writer.put_long(match value {
                    Some(value) => value,
                    None => number::long(bytes, "long").ok()?,
                });
            }
            StepKind::Decimal(shape) => {
                let unscaled = short_decimal(text.part(), shape).or_else(|| decimal::plain(bytes, shape));
                writer.put_unscaled(unscaled?);
            }
            StepKind::Timestamp(index, unit) => {
                writer.put_long(memory.minutes[index].read(text.part(), unit, &self.rules)?);
            }
            StepKind::Double => {
                let value = float::<f64>(bytes, &self.rules).ok()?;
                writer.put_slice(&value.to_le_bytes());
            }
            StepKind::Enum(id) => {
                let Codec::Enum(symbols) = &codecs[id] else {
                    return None;
                };
                writer.put_long(symbols.find(bytes)? as i64);
            }
            StepKind::Other(id) => {
                let scalar = Scalar {
                    text: bytes,
                    origin: text.origin,
                    utf8: true,
                };
                let reading = Reading {
                    codecs,
                    rules: &self.rules,
                };
                memory.other.clear();
                put_scalar(reading, id, scalar, &mut memory.other).ok()?;
                if writer.room() < memory.other.len() {
                    return None;
                }
                writer.put_slice(&memory.other);
            }
            StepKind::Constant => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
