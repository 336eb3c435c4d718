//! The plan for one Avro datum: a schema and the sources of its fields, compiled for the row loop.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::codec::{CodecId, Codecs, Field, root_field};
use super::default::Datum;
use super::error::PlanError;
use super::flat::FlatPlan;
use super::hint::Hint;
use super::offsets::{TrackedField, Tracker};
use super::scratch::Scratch;
use super::wire::registry_header;
use crate::mapping::rules::Rules;
use crate::mapping::{Binding, Derivation, Expression, FieldSource, RootSource};
use crate::schema::SchemaId;

/// How a row's datum is written.
#[derive(Debug)]
pub(crate) struct DatumPlan {
    pub(crate) codecs: Codecs,
    /// The codec of the root type.
    pub(crate) root: CodecId,
    pub(crate) source: RootSource,
    /// The number of cells in a row; none for rows of JSON.
    pub(crate) columns: Option<usize>,
    /// The registry's header before the datum, if the schema has an id.
    pub(crate) wire_header: OnceLock<[u8; 5]>,
    /// The rules of the row itself: what happens to keys that match no field.
    pub(crate) rules: Arc<Rules>,
    /// Fields of the record that have their offsets in the datum tracked.
    pub(crate) tracked: TrackedField,
    /// The number of their slots.
    pub(crate) slots: usize,
    /// JSON keys of the row that are used by another part of the message.
    pub(crate) keys_elsewhere: Vec<String>,
    /// Whether each JSON key is used by one field only.
    pub(crate) distinct_keys: bool,
    /// The root type as a field.
    pub(crate) value: Field,
    /// The steps for common rows, if its record is flat.
    pub(super) flat: Option<FlatPlan>,
}

impl DatumPlan {
    /// # Errors
    /// A default that is needed and does not fit its field; a record that exceeds the size limit.
    pub(super) fn compile(binding: &Binding<'_>) -> Result<DatumPlan, PlanError> {
        let schema = binding.schema();
        let plan = DatumPlan {
            codecs: Codecs::compile(&schema.avro, binding.rules()),
            root: schema.avro.root().index(),
            source: binding.root().clone(),
            columns: binding.header().map(<[String]>::len),
            wire_header: OnceLock::new(),
            rules: Arc::clone(binding.rules()),
            tracked: TrackedField::root(Vec::new()),
            slots: 0,
            keys_elsewhere: Vec::new(),
            distinct_keys: are_distinct(binding.root()),
            value: root_field(&schema.avro),
            flat: None,
        };
        if let Some(id) = schema.id {
            plan.set_schema_id(id);
        }
        plan.codecs.check_sizes()?;
        if let RootSource::Fields(sources) = &plan.source {
            plan.check_defaults(plan.fields(), sources, "")?;
        }
        Ok(plan)
    }

    /// Puts this id before each datum, unless an id is already set.
    pub(super) fn set_schema_id(&self, id: SchemaId) {
        let _ = self.wire_header.set(registry_header(id.get()));
    }

    /// The number of bytes before each datum: the registry's header, if the schema has an id.
    pub(super) fn header_length(&self) -> usize {
        self.wire_header.get().map_or(0, |header| header.len())
    }

    /// Takes over the fields that `tracker` collected.
    pub(super) fn track(&mut self, tracker: Tracker<'_>) {
        let (tracked, slots) = tracker.finish();
        (self.tracked, self.slots) = (TrackedField::root(tracked), slots);
    }

    /// Makes the datums of the fields that have the same value in every row because of the mapping.
    ///
    /// # Errors
    /// A value that does not fit its field.
    pub(super) fn fix_constants(&mut self, derivation: &Derivation) -> Result<(), PlanError> {
        let columns = self.columns.unwrap_or_default();
        match &mut self.source {
            RootSource::Fields(sources) => {
                let (_, fields) = self.codecs.record_within(self.root);
                let tracked = &self.tracked.inner;
                fix_constants(&self.codecs, fields, sources, tracked, derivation, columns)
            }
            // Its datum is made for each row, but it must fit too.
            RootSource::Value(source) => {
                constant_datum(&self.codecs, &self.value, source, derivation, columns).map(drop)
            }
        }
    }

    /// Compiles the steps for common rows, after everything else is known.
    pub(super) fn flatten(&mut self) {
        self.flat = FlatPlan::of(self);
    }

    /// The fields of the row's record; none if the root type is not a single record.
    pub(crate) fn fields(&self) -> &[Field] {
        self.codecs.record_within(self.root).1
    }

    /// The index of the record's branch, if the root type is a union of the record and null.
    pub(crate) fn record_branch(&self) -> Option<i64> {
        self.codecs.record_within(self.root).0.map(|(_, record)| record)
    }

    /// The columns that the datum is made from.
    pub(super) fn source_columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.sources().for_each(|source| source.columns(&mut columns));
        columns
    }

    /// The JSON keys that the datum is made from.
    pub(super) fn source_keys(&self) -> Vec<String> {
        let keys = self.sources().filter_map(|source| match &source.expression {
            Expression::Key(key) => Some(key.clone()),
            _ => None,
        });
        keys.collect()
    }

    fn sources(&self) -> impl Iterator<Item = &FieldSource> {
        match &self.source {
            RootSource::Fields(sources) => sources.iter(),
            RootSource::Value(source) => std::slice::from_ref(source).iter(),
        }
    }

    /// The defaults of fields without a column must fit; defaults that only some rows need are checked with the row.
    fn check_defaults(&self, fields: &[Field], sources: &[FieldSource], path: &str) -> Result<(), PlanError> {
        for (field, source) in fields.iter().zip(sources) {
            match (&source.expression, &field.default) {
                (Expression::Default, Some(Datum::Unfit(unfit))) => {
                    let message = format!(
                        "the default of `{path}{}`, which has no column, does not fit its type ({}): {}",
                        field.name,
                        self.codecs.describe(field.codec),
                        unfit.why
                    );
                    return Err(PlanError::new(message).with_hint(match unfit.hint {
                        Some(Hint::DefaultOrFloatNearest) => Hint::ColumnOrFloatNearest,
                        _ => "add a column for it to the file".into(),
                    }));
                }
                (Expression::Record(sources), _) => {
                    let path = format!("{path}{}.", field.name);
                    let (_, fields) = self.codecs.record_within(field.codec);
                    self.check_defaults(fields, sources, &path)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn fix_constants(
    codecs: &Codecs,
    fields: &[Field],
    sources: &mut [FieldSource],
    tracked: &[TrackedField],
    derivation: &Derivation,
    columns: usize,
) -> Result<(), PlanError> {
    for (index, (field, source)) in fields.iter().zip(sources).enumerate() {
        let tracked = TrackedField::at(tracked, index);
        if let Expression::Record(sources) = &mut source.expression {
            let (_, fields) = codecs.record_within(field.codec);
            let tracked = TrackedField::within(tracked);
            fix_constants(codecs, fields, sources, tracked, derivation, columns)?;
        }
        let datum = constant_datum(codecs, field, source, derivation, columns)?;
        // A tracked field needs the place of its cell.
        if let (Some(datum), None) = (datum, tracked) {
            source.expression = Expression::Constant(datum.into());
        }
    }
    Ok(())
}

/// The datum of a field that has the same value in every row because of the mapping.
fn constant_datum(
    codecs: &Codecs,
    field: &Field,
    source: &FieldSource,
    derivation: &Derivation,
    columns: usize,
) -> Result<Option<Vec<u8>>, PlanError> {
    let Expression::Column(column) = source.expression else {
        return Ok(None);
    };
    let Some(constant) = derivation.constant(column) else {
        return Ok(None);
    };
    let mut datum = Vec::new();
    let put = Scratch::default().put_constant(
        codecs,
        (field, source),
        (column, columns),
        constant.text,
        &mut datum,
    );
    match put {
        Ok(()) => Ok(Some(datum)),
        Err(error) => Err(PlanError::unfit_constant(&constant, &error.reason, error.hint)),
    }
}

fn are_distinct(root: &RootSource) -> bool {
    let RootSource::Fields(sources) = root else {
        return true;
    };
    let mut seen = HashSet::new();
    sources.iter().all(|source| match &source.expression {
        Expression::Key(key) => seen.insert(key),
        _ => true,
    })
}
