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

use std::sync::Arc;

use self::digits::{Part, short_decimal, short_integer};
use self::line::LineMemory;
use self::minute::KnownMinute;
use self::writer::Writer;
use super::codec::{Codec, CodecId, Codecs, Field};
use super::datum_plan::DatumPlan;
use super::decimal::{self, DecimalShape};
use super::empty_cell::put_empty;
use super::float::float;
use super::json;
use super::number;
use super::offsets::{RowPlace, TrackedField};
use super::scalar::{Origin, Scalar, put_scalar};
use super::scratch::{Reading, Scratch};
use crate::mapping::rules::{JsonEncoding, Rules};
use crate::mapping::{Expression, FieldSource, RootSource};
use crate::record::Row;
use crate::record::csv::{Cell, CellForm};
use crate::record::json::{Kind, Node};
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

/// Records with longer defaults are left to the general code.
const MOST_ROOM: usize = 4 << 10;

/// What the row loop keeps from one row to the next.
#[derive(Debug, Default)]
pub(super) struct FlatMemory {
    /// The datum that is being written.
    buffer: Vec<u8>,
    /// A scalar of an uncommon type.
    other: Vec<u8>,
    /// How lines of JSON are written.
    line: LineMemory,
    /// For each timestamp of the plan.
    minutes: Vec<KnownMinute>,
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
            buffer,
            other,
            minutes,
            ..
        } = &mut self.flat;
        if minutes.len() != plan.timestamps {
            minutes.resize_with(plan.timestamps, KnownMinute::default);
        }
        let mut writer = Writer::new(buffer, plan.room + row.bytes.len());
        for step in &plan.steps {
            let cell = step.column.map(|column| &cells[column as usize]);
            if let Some(tracked) = &step.tracked {
                let place = cell.zip(step.column).map(|(cell, column)| RowPlace {
                    start: cell.start,
                    end: cell.end,
                    column: Some(column),
                });
                self.offsets.set(tracked, out.len() + writer.len(), place);
            }
            let Some(cell) = cell.filter(|cell| cell.start < cell.end || cell.quoted) else {
                match &step.without {
                    Some(datum) if writer.room() >= datum.len() => writer.put_slice(datum),
                    _ => return false,
                }
                continue;
            };
            if cell.start == cell.end || cell.form != CellForm::Plain {
                return false;
            }
            let text = Text {
                row: row.bytes,
                start: cell.start as usize,
                end: cell.end as usize,
                origin: Origin::CsvCell,
            };
            if !step.put(codecs, text, &mut writer, minutes, other) {
                return false;
            }
        }
        out.extend_from_slice(writer.written());
        true
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
            buffer,
            other,
            line: known,
            minutes,
        } = &mut self.flat;
        if !known.scan(line) {
            return false;
        }
        if minutes.len() != plan.timestamps {
            minutes.resize_with(plan.timestamps, KnownMinute::default);
        }
        let mut writer = Writer::new(buffer, plan.room + line.len());
        for (step, value) in plan.steps.iter().zip(&known.values) {
            if let Some(tracked) = &step.tracked {
                let place = value.as_ref().map(|value| RowPlace {
                    start: value.start,
                    end: value.end,
                    column: None,
                });
                self.offsets.set(tracked, out.len() + writer.len(), place);
            }
            let origin = match value.as_ref().map(|value| value.kind) {
                Some(Kind::String) => Origin::JsonString,
                Some(Kind::Number) => Origin::JsonNumber,
                Some(Kind::True | Kind::False) => Origin::JsonBoolean,
                kind => {
                    let datum = match kind {
                        None => &step.without,
                        _ => &step.null,
                    };
                    match datum {
                        Some(datum) if writer.room() >= datum.len() => writer.put_slice(datum),
                        _ => return false,
                    }
                    continue;
                }
            };
            let value = value.as_ref().expect("it has a kind");
            let text = Text {
                row: line,
                start: value.start as usize,
                end: value.end as usize,
                origin,
            };
            if !step.put(codecs, text, &mut writer, minutes, other) {
                return false;
            }
        }
        out.extend_from_slice(writer.written());
        true
    }

    /// Learns how a line is written that the general code has accepted, for the lines after it.
    #[inline]
    pub(super) fn learn_line(&mut self, plan: &FlatPlan, line: &[u8], nodes: &[Node]) {
        self.flat.line.learn(plan, line, nodes);
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
    /// Writes the datum of a text; false if the general code is needed.
    #[inline(always)]
    fn put(
        &self,
        codecs: &Codecs,
        text: Text<'_>,
        writer: &mut Writer<'_>,
        minutes: &mut [KnownMinute],
        other: &mut Vec<u8>,
    ) -> bool {
        let bytes = &text.row[text.start..text.end];
        // Cells of a mapping can overlap, so that they are longer than the row.
        if writer.room() < bytes.len() + MOST_ADDED {
            return false;
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
            return false;
        }
        let put = match self.kind {
            StepKind::String => {
                writer.put_length(bytes.len());
                writer.put_part(text.row, text.start..text.end);
                return true;
            }
            StepKind::Int => match short_integer(text.part()) {
                Some(value) => {
                    writer.put_long(value);
                    return true;
                }
                None => number::int(bytes).map(|value| writer.put_long(value.into())),
            },
            StepKind::Long => match short_integer(text.part()) {
                Some(value) => {
                    writer.put_long(value);
                    return true;
                }
                None => number::long(bytes, "long").map(|value| writer.put_long(value)),
            },
            StepKind::Decimal(shape) => {
                match short_decimal(text.part(), shape).or_else(|| decimal::plain(bytes, shape)) {
                    Some(unscaled) => {
                        writer.put_unscaled(unscaled);
                        return true;
                    }
                    None => return false,
                }
            }
            StepKind::Timestamp(index, unit) => match minutes[index].read(bytes, unit, &self.rules) {
                Some(time) => {
                    writer.put_long(time);
                    return true;
                }
                None => return false,
            },
            StepKind::Double => {
                float::<f64>(bytes, &self.rules).map(|value| writer.put_slice(&value.to_le_bytes()))
            }
            StepKind::Enum(id) => match &codecs[id] {
                Codec::Enum(symbols) => match symbols.find(bytes) {
                    Some(index) => {
                        writer.put_long(index as i64);
                        return true;
                    }
                    None => return false,
                },
                _ => return false,
            },
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
                other.clear();
                if put_scalar(reading, id, scalar, other).is_err() || writer.room() < other.len() {
                    return false;
                }
                writer.put_slice(other);
                return true;
            }
            StepKind::Constant => return false,
        };
        put.is_ok()
    }
}

#[cfg(test)]
mod tests;
