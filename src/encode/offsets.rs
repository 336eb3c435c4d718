//! Fields with tracked places, in the datum and in the row: for the key, for headers, for the timestamp.
//!
//! Compiled to a small tree of field indexes, so that the encoder records the places in passing and looks up nothing by
//! name for a row.

use std::ops::Range;

use super::codec::{Codec, CodecId, Codecs};
use super::error::PlanError;
use super::hint::Hint;
use super::wire::take_long;
use crate::schema::{AvroSchema, Base, Logical, SchemaField, TypeId};

/// A field of a record that has its place tracked, or that of a field within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackedField {
    /// The field's index.
    pub(crate) field: usize,
    /// The slot for its place.
    slot: Option<TypedSlot>,
    /// The tracked fields of the record that it holds. For a root type that is a union of several records: its branches
    /// by index, each with the tracked fields of its record.
    pub(crate) inner: Vec<TrackedField>,
}

/// A slot, and the type of its field: records of a union may have a field with the same name and different types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TypedSlot {
    slot: OffsetSlot,
    codec: CodecId,
}

impl TrackedField {
    /// Whether its place is that of `slot`.
    pub(super) fn is_at(&self, slot: OffsetSlot) -> bool {
        self.slot.is_some_and(|typed| typed.slot == slot)
    }

    /// The tracked fields of the row's record.
    pub(super) fn root(fields: Vec<TrackedField>) -> TrackedField {
        TrackedField {
            field: 0,
            slot: None,
            inner: fields,
        }
    }

    /// The field with this index if it is tracked; usually one or two are.
    #[inline(always)]
    pub(crate) fn at(fields: &[TrackedField], index: usize) -> Option<&TrackedField> {
        fields.iter().find(|tracked| tracked.field == index)
    }

    /// The tracked fields of one of the records in a union of several.
    pub(crate) fn branch(union: Option<&TrackedField>, branch: usize) -> Option<&TrackedField> {
        TrackedField::at(&union?.inner, branch)
    }

    /// The tracked fields of the record that a field holds.
    #[inline(always)]
    pub(crate) fn within(tracked: Option<&TrackedField>) -> &[TrackedField] {
        tracked.map_or(&[], |tracked| &tracked.inner)
    }
}

/// The offset of a field that was not written because a record around it is null.
const ABSENT: usize = usize::MAX;

/// The place of a field's value in the row: the bytes, and for CSV the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowPlace {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) column: Option<u32>,
}

impl RowPlace {
    pub(crate) fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The place of a tracked field.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The start of its datum in the output.
    offset: usize,
    /// The type of its datum.
    codec: CodecId,
    /// The place of its value in the row; none if the row does not have it.
    row: Option<RowPlace>,
}

/// The places of the tracked fields of the last row encoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offsets {
    places: Vec<Place>,
}

impl Offsets {
    /// Forgets the last row.
    #[inline]
    pub(crate) fn reset(&mut self, slots: usize) {
        let absent = Place {
            offset: ABSENT,
            codec: 0,
            row: None,
        };
        if self.places.len() != slots {
            self.places.resize(slots, absent);
        }
        self.places.fill(absent);
    }

    /// Records the place of a field.
    #[inline]
    pub(crate) fn set(&mut self, tracked: &TrackedField, offset: usize, row: Option<RowPlace>) {
        if let Some(TypedSlot { slot, codec }) = tracked.slot {
            self.places[slot.0] = Place { offset, codec, row };
        }
    }

    /// Narrows the place of a field's value to the content of a union's wrapper.
    pub(crate) fn narrow(&mut self, tracked: &TrackedField, row: Option<RowPlace>) {
        if let Some(TypedSlot { slot, .. }) = tracked.slot {
            self.places[slot.0].row = row;
        }
    }

    /// Records where a field would be if a record around it were not null.
    pub(crate) fn set_absent(&mut self, tracked: &TrackedField, row: Option<RowPlace>) {
        self.set(tracked, ABSENT, row);
    }

    /// Records the place of the null that replaces all fields within this one.
    pub(crate) fn set_null_within(&mut self, tracked: &TrackedField, row: Option<RowPlace>) {
        for inner in &tracked.inner {
            self.set_absent(inner, row);
            self.set_null_within(inner, row);
        }
    }

    /// The start of the field's datum in the output, and its type; none if a record around it is null.
    #[inline]
    pub(crate) fn datum(&self, slot: OffsetSlot) -> Option<(usize, CodecId)> {
        let Place { offset, codec, .. } = self.places[slot.0];
        (offset != ABSENT).then_some((offset, codec))
    }

    /// The same without the branch of a union with null before it; none if the value is null.
    #[inline]
    pub(super) fn present_datum<'c>(
        &self,
        slot: OffsetSlot,
        codecs: &'c Codecs,
        out: &[u8],
    ) -> Option<(usize, &'c Codec)> {
        let (at, codec) = self.datum(slot)?;
        let Codec::Nullable {
            null, codec: other, ..
        } = &codecs[codec]
        else {
            return Some((at, &codecs[codec]));
        };
        let (branch, length) = take_long(&out[at..]);
        (branch != *null).then(|| (at + length, &codecs[*other]))
    }

    /// The place of the field's value in the row.
    pub(crate) fn in_row(&self, slot: OffsetSlot) -> Option<RowPlace> {
        self.places[slot.0].row
    }
}

/// A plan's reference to a field with a tracked place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OffsetSlot(usize);

/// A field that was found.
struct Found {
    /// The indexes of the fields on the path to it, preceded by its record's branch if the root type is a union of
    /// several records.
    indexes: Vec<usize>,
    id: TypeId,
}

/// Assigns the slots of a plan that is being compiled.
pub(super) struct Tracker<'a> {
    schema: &'a AvroSchema,
    tracked: Vec<TrackedField>,
    count: usize,
}

impl<'a> Tracker<'a> {
    pub(super) fn new(schema: &'a AvroSchema) -> Tracker<'a> {
        Tracker {
            schema,
            tracked: Vec::new(),
            count: 0,
        }
    }

    /// The tracked fields, and the number of their slots.
    pub(super) fn finish(self) -> (Vec<TrackedField>, usize) {
        (self.tracked, self.count)
    }

    /// Whether the row's record, or each of the records it may be, has a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        let records = self.schema.row_records();
        let has_field = |(_, record): &(Option<usize>, TypeId)| {
            let fields = self.schema.fields(*record).unwrap_or(&[]);
            fields.iter().any(|field| field.name == name)
        };
        !records.is_empty() && records.iter().all(has_field)
    }

    /// The slot of the field at `path`, which is used for `what`.
    pub(super) fn text(&mut self, path: &str, what: &str) -> Result<OffsetSlot, PlanError> {
        let found = self.find(path, what)?;
        if let Some(Found { id, .. }) = found.iter().find(|found| !self.has_text(found.id)) {
            let words = self.schema.describe(*id);
            return Err(
                PlanError::new(format!("the field `{path}` of type {words} cannot be {what}"))
                    .with_hint("choose a text, number, time, enum or uuid field"),
            );
        }
        Ok(self.slot(&found))
    }

    /// The slot of the message's timestamp.
    pub(super) fn timestamp(&mut self, path: &str) -> Result<OffsetSlot, PlanError> {
        let found = self.find(path, "the timestamp")?;
        for Found { id, .. } in &found {
            let inner = self.schema.nullable(*id).map_or(*id, |(inner, _)| inner);
            if !matches!(self.schema.get(inner).logical, Some(Logical::Timestamp(_))) {
                let words = self.schema.describe(*id);
                let message = format!("the field `{path}` of type {words} cannot be the message's timestamp");
                return Err(PlanError::new(message).with_hint(Hint::TimestampField));
            }
        }
        Ok(self.slot(&found))
    }

    /// The slot of the time at which a row was recorded.
    pub(super) fn recorded_time(&mut self, path: &str) -> Result<OffsetSlot, PlanError> {
        let found = self.find(path, "the pace of a replay")?;
        let Some(other) = found.iter().find(|found| !self.is_timestamp(found.id)) else {
            return Ok(self.slot(&found));
        };
        let words = self.schema.describe(other.id);
        let mut known = Vec::new();
        for (_, record) in self.schema.row_records() {
            self.list_timestamps(record, "", &mut known);
        }
        let message = format!("the field `{path}` of type {words} is not a timestamp");
        Err(PlanError::new(match known.is_empty() {
            true => format!("{message}, and the schema has none"),
            false => format!("{message}; the timestamps are {}", known.join(", ")),
        }))
    }

    fn is_timestamp(&self, id: TypeId) -> bool {
        let inner = self.schema.nullable(id).map_or(id, |(inner, _)| inner);
        let logical = self.schema.get(inner).logical;
        matches!(logical, Some(Logical::Timestamp(_) | Logical::LocalTimestamp(_)))
    }

    /// Adds the paths of the timestamps of a record, and of the records that it holds directly.
    fn list_timestamps(&self, record: TypeId, within: &str, known: &mut Vec<String>) {
        for field in self.schema.fields(record).unwrap_or(&[]) {
            let path = format!("{within}{}", field.name);
            let inner = self.schema.nullable(field.type_id);
            let inner = inner.map_or(field.type_id, |(inner, _)| inner);
            if self.is_timestamp(field.type_id) {
                if !known.contains(&path) {
                    known.push(path);
                }
            } else if within.is_empty() {
                self.list_timestamps(inner, &format!("{path}."), known);
            }
        }
    }

    /// The field in each of the records that a row may be.
    fn find(&self, path: &str, what: &str) -> Result<Vec<Found>, PlanError> {
        let records = self.schema.row_records();
        if records.is_empty() {
            let root = self.schema.describe(self.schema.root());
            let message = format!("the root type is {root}, not a record: `{path}` cannot be {what}");
            let error = PlanError::new(message);
            return Err(match what {
                "the key" => error.with_hint(Hint::KeyOfNoRecord),
                _ => error,
            });
        }
        records
            .into_iter()
            .map(|(branch, record)| self.find_in(branch, record, path, what))
            .collect()
    }

    fn find_in(
        &self,
        branch: Option<usize>,
        record: TypeId,
        path: &str,
        what: &str,
    ) -> Result<Found, PlanError> {
        let mut indexes: Vec<usize> = branch.into_iter().collect();
        let mut id = record;
        for name in path.split('.') {
            let record = self.schema.nullable(id).map_or(id, |(inner, _)| inner);
            let fields = self.schema.fields(record).unwrap_or(&[]);
            let Some(index) = fields.iter().position(|field| field.name == name) else {
                let of = branch.map(|_| self.schema.describe(record).to_string());
                return Err(no_field(path, fields, name, what, of.as_deref()));
            };
            indexes.push(index);
            id = fields[index].type_id;
        }
        Ok(Found { indexes, id })
    }

    /// Whether each value of this type has a text that no other value has.
    fn has_text(&self, id: TypeId) -> bool {
        let found = self.schema.get(id);
        match (&found.base, found.logical) {
            // There is no quick conversion to text for decimals longer than 128 bits.
            (_, Some(Logical::Decimal { precision, .. })) => precision <= 38,
            (_, Some(Logical::BigDecimal | Logical::Duration)) => false,
            (Base::Fixed { .. }, Some(Logical::Uuid)) => true,
            (Base::Union(branches), _) => branches
                .iter()
                .all(|branch| self.schema.get(*branch).base == Base::Null || self.has_text(*branch)),
            (base, _) => matches!(
                base,
                Base::Boolean | Base::Int | Base::Long | Base::String | Base::Enum { .. }
            ),
        }
    }

    /// The single slot of a field that may be in several records.
    fn slot(&mut self, found: &[Found]) -> OffsetSlot {
        let mut known = None;
        for Found { indexes, id } in found {
            let mut level = &mut self.tracked;
            let (last, records) = indexes.split_last().expect("a path has at least one name");
            for index in records {
                level = &mut tracked_mut(level, *index).inner;
            }
            let tracked = tracked_mut(level, *last);
            let slot =
                *known.get_or_insert_with(|| tracked.slot.map_or(OffsetSlot(self.count), |typed| typed.slot));
            self.count = self.count.max(slot.0 + 1);
            let codec = id.index();
            tracked.slot = Some(TypedSlot { slot, codec });
        }
        known.expect("it was found in some record")
    }
}

fn tracked_mut(level: &mut Vec<TrackedField>, field: usize) -> &mut TrackedField {
    let index = level.iter().position(|tracked| tracked.field == field);
    let index = index.unwrap_or_else(|| {
        level.push(TrackedField {
            field,
            slot: None,
            inner: Vec::new(),
        });
        level.len() - 1
    });
    &mut level[index]
}

/// `of` is the record's description if a row may be one of several.
fn no_field(path: &str, fields: &[SchemaField], name: &str, what: &str, of: Option<&str>) -> PlanError {
    if fields.is_empty() {
        let hint = "write a field within a record with a dot, such as `instrument.symbol`";
        return PlanError::new(format!("the schema has no field `{path}` for {what}")).with_hint(hint);
    }
    let names = fields
        .iter()
        .map(|field| field.name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let near = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let error = PlanError::new(format!(
        "{} has no field `{path}` for {what}; the fields are {names}",
        of.unwrap_or("the schema")
    ));
    match (near, what) {
        (Some(near), "the key") => {
            let near = path.strip_suffix(name).unwrap_or_default().to_owned() + &near.name;
            error.with_hint(Hint::NearKeyField(near))
        }
        (Some(near), _) => error.with_hint(Hint::near(&near.name)),
        (None, "the key") => error.with_hint(Hint::KeyField),
        (None, _) => error,
    }
}
