//! Fields whose place in the datum is wanted: for the key, for headers, for the timestamp.
//!
//! Compiled to a small tree of field indexes, so that the encoder notes the places as it comes by and nothing is
//! looked up by name for a row.

use super::plan::{CodecId, PlanError};
use crate::schema::{AvroSchema, Base, Logical, SchemaField, TypeId};

/// What is wanted of one field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watch {
    /// The field's index.
    pub(crate) field: usize,
    /// The slot that its place goes to.
    pub(crate) slot: Option<usize>,
    /// What is wanted of the record that it holds.
    pub(crate) inner: Vec<Watch>,
}

/// A place that was never come by: a record on the way to it is null.
pub(crate) const NOWHERE: usize = usize::MAX;

/// A field that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) slot: usize,
    pub(crate) codec: CodecId,
}

/// The slots of a plan that is being compiled.
pub(super) struct Slots<'a> {
    schema: &'a AvroSchema,
    watch: Vec<Watch>,
    count: usize,
}

impl<'a> Slots<'a> {
    pub(super) fn new(schema: &'a AvroSchema) -> Slots<'a> {
        Slots {
            schema,
            watch: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn finish(self) -> (Vec<Watch>, usize) {
        (self.watch, self.count)
    }

    /// Whether the schema's record has a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        let fields = self.schema.root_fields().unwrap_or(&[]);
        fields.iter().any(|field| field.name == name)
    }

    /// The slot of the field at `path`, which is wanted for `what`.
    pub(super) fn text(&mut self, path: &str, what: &str) -> Result<Slot, PlanError> {
        let (indexes, id) = self.find(path, what)?;
        if !self.has_text(id) {
            let words = self.schema.describe(id);
            return Err(
                PlanError::new(format!("the field `{path}` of type {words} cannot be {what}"))
                    .with_hint("take a field of text, a number, a time, an enum or a uuid"),
            );
        }
        Ok(self.slot(&indexes, id))
    }

    /// The slot of the message's timestamp.
    pub(super) fn timestamp(&mut self, path: &str) -> Result<Slot, PlanError> {
        let (indexes, id) = self.find(path, "the timestamp")?;
        let inner = self.schema.nullable(id).map_or(id, |(inner, _)| inner);
        let found = self.schema.get(inner);
        if !matches!(found.logical, Some(Logical::Timestamp(_))) {
            let words = self.schema.describe(id);
            let message = format!("the field `{path}` of type {words} cannot be the message's timestamp");
            return Err(PlanError::new(message)
                .with_hint("`--timestamp-field` wants a field of type timestamp-millis, -micros or -nanos"));
        }
        Ok(self.slot(&indexes, id))
    }

    fn find(&self, path: &str, what: &str) -> Result<(Vec<usize>, TypeId), PlanError> {
        let mut indexes = Vec::new();
        let mut id = self.schema.root();
        for name in path.split('.') {
            let record = self.schema.nullable(id).map_or(id, |(inner, _)| inner);
            let fields = self.schema.fields(record).unwrap_or(&[]);
            let Some(index) = fields.iter().position(|field| field.name == name) else {
                return Err(no_field(path, fields, name, what));
            };
            indexes.push(index);
            id = fields[index].type_id;
        }
        Ok((indexes, id))
    }

    /// Whether values of this type have a text that is theirs alone.
    fn has_text(&self, id: TypeId) -> bool {
        let found = self.schema.get(id);
        match (&found.base, found.logical) {
            // Longer ones than 128 bits hold have no short way to their text.
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

    fn slot(&mut self, indexes: &[usize], id: TypeId) -> Slot {
        let mut level = &mut self.watch;
        let (last, records) = indexes.split_last().expect("a path has at least one name");
        for index in records {
            level = &mut watch_of(level, *index).inner;
        }
        let watch = watch_of(level, *last);
        let slot = *watch.slot.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        });
        Slot {
            slot,
            codec: id.index(),
        }
    }
}

fn watch_of(level: &mut Vec<Watch>, field: usize) -> &mut Watch {
    let index = level.iter().position(|watch| watch.field == field);
    let index = index.unwrap_or_else(|| {
        level.push(Watch {
            field,
            slot: None,
            inner: Vec::new(),
        });
        level.len() - 1
    });
    &mut level[index]
}

fn no_field(path: &str, fields: &[SchemaField], name: &str, what: &str) -> PlanError {
    if fields.is_empty() {
        let hint = "a field within a record is written with a dot, such as `instrument.symbol`";
        return PlanError::new(format!("the schema has no field `{path}` for {what}")).with_hint(hint);
    }
    let names = fields
        .iter()
        .map(|field| field.name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let near = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let error = PlanError::new(format!(
        "the schema has no field `{path}` for {what}; the fields are {names}"
    ));
    match (near, what) {
        (Some(near), "the key") => {
            let near = path.strip_suffix(name).unwrap_or_default().to_owned() + &near.name;
            error.with_hint(format!("did you mean `--key {near}`?"))
        }
        (Some(near), _) => error.with_hint(format!("did you mean `{}`?", near.name)),
        (None, "the key") => {
            error.with_hint("name one of them with `--key`, or send null keys with `--no-key`")
        }
        (None, _) => error,
    }
}
