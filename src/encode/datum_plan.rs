//! A schema and where its fields come from, compiled for the row loop: the plan for one Avro datum.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::codec::{CodecId, Codecs, Field, root_field};
use super::default::Datum;
use super::error::PlanError;
use super::hint::Hint;
use super::offsets::{TrackedField, Tracker};
use super::wire::registry_header;
use crate::mapping::rules::Rules;
use crate::mapping::{Binding, Expression, FieldSource, RootSource};
use crate::schema::SchemaId;

/// How the datum of a row is written.
#[derive(Debug)]
pub(crate) struct DatumPlan {
    pub(crate) codecs: Codecs,
    /// The codec of the schema's own type.
    pub(crate) root: CodecId,
    pub(crate) source: RootSource,
    /// How many cells a row has; none for rows of JSON.
    pub(crate) columns: Option<usize>,
    /// What the registry wants before the datum, where the schema has an id.
    pub(crate) wire_header: OnceLock<[u8; 5]>,
    /// The rules of the row itself: what happens to keys that feed no field.
    pub(crate) rules: Arc<Rules>,
    /// Fields of the record whose offset in the datum is wanted.
    pub(crate) tracked: TrackedField,
    /// How many slots they have.
    pub(crate) slots: usize,
    /// JSON keys of the row that feed another part of the message.
    pub(crate) keys_elsewhere: Vec<String>,
    /// Whether each JSON key feeds one field only.
    pub(crate) distinct_keys: bool,
    /// The schema's own type as a field.
    pub(crate) value: Field,
}

impl DatumPlan {
    /// # Errors
    /// A default that is needed and does not fit its field; a record that is larger than can be written.
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

    /// Puts this id before each datum, unless there is one already.
    pub(super) fn set_schema_id(&self, id: SchemaId) {
        let _ = self.wire_header.set(registry_header(id.get()));
    }

    /// Takes over the fields that `tracker` has found to be wanted.
    pub(super) fn track(&mut self, tracker: Tracker<'_>) {
        let (tracked, slots) = tracker.finish();
        (self.tracked, self.slots) = (TrackedField::root(tracked), slots);
    }

    /// The fields of the record that a row is; none where it is no one record.
    pub(crate) fn fields(&self) -> &[Field] {
        self.codecs.record_within(self.root).1
    }

    /// The index of the record's branch, where the schema's own type is a union of it and null.
    pub(crate) fn record_branch(&self) -> Option<i64> {
        self.codecs.record_within(self.root).0.map(|(_, record)| record)
    }

    /// The columns that the datum is made of.
    pub(super) fn source_columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.sources().for_each(|source| source.columns(&mut columns));
        columns
    }

    /// The JSON keys that the datum is made of.
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

    /// The defaults of fields without a column must fit; those that a row may need are checked with the row.
    fn check_defaults(&self, fields: &[Field], sources: &[FieldSource], path: &str) -> Result<(), PlanError> {
        for (field, source) in fields.iter().zip(sources) {
            match (&source.expression, &field.default) {
                (Expression::Default, Some(Datum::Unfit(unfit))) => {
                    let message = format!(
                        "the default of `{path}{}`, which no column feeds, does not fit its type ({}): {}",
                        field.name,
                        self.codecs.describe(field.codec),
                        unfit.why
                    );
                    return Err(PlanError::new(message).with_hint(match unfit.hint {
                        Some(Hint::FloatNearest) => Hint::ColumnOrFloatNearest,
                        _ => "give the file a column for it".into(),
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
