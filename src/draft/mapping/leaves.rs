//! The fields of a schema that may have an entry in a mapping.

use super::super::Sample;
use crate::schema::{AvroSchema, Logical, SchemaField, TypeId};

/// How deep required records without a source are divided into their fields.
const MAX_DEPTH: usize = 3;

/// A field of the schema that may have an entry.
pub(super) struct Leaf {
    /// Its path: `instrument.symbol`.
    pub(super) path: String,
    pub(super) type_id: TypeId,
    /// The default as JSON; none if the field is required.
    pub(super) default: Option<String>,
}

impl Leaf {
    /// The type other than null.
    pub(super) fn inner(&self, avro: &AvroSchema) -> TypeId {
        avro.nullable(self.type_id)
            .map_or(self.type_id, |(inner, _)| inner)
    }

    /// Whether it is an instant or a local time.
    pub(super) fn is_time(&self, avro: &AvroSchema) -> bool {
        let logical = avro.get(self.inner(avro)).logical;
        matches!(logical, Some(Logical::Timestamp(_) | Logical::LocalTimestamp(_)))
    }

    /// Whether its name says that it is the time at which a row was received, which files of vendors do not contain.
    pub(super) fn is_time_of_arrival(&self, avro: &AvroSchema) -> bool {
        const WORDS: [&str; 6] = ["ingest", "arriv", "receiv", "load", "process", "insert"];
        let name = self.path.to_lowercase();
        self.is_time(avro) && WORDS.iter().any(|word| name.contains(word))
    }
}

/// These fields; a record that is required, or that the sample has parts of, by its fields.
pub(super) fn of(schema: &AvroSchema, sample: &Sample) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    add(
        schema,
        schema.row_fields().unwrap_or_default(),
        "",
        sample,
        &mut leaves,
    );
    leaves
}

fn add(schema: &AvroSchema, fields: &[SchemaField], within: &str, sample: &Sample, leaves: &mut Vec<Leaf>) {
    for field in fields {
        let path = format!("{within}{}", field.name);
        let inner = schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        let prefix = format!("{path}.");
        let has_whole = sample.sources.iter().any(|source| source.name == path);
        let has_parts = sample
            .sources
            .iter()
            .any(|source| source.name.starts_with(&prefix));
        let is_split = has_parts || (field.default.is_none() && within.matches('.').count() < MAX_DEPTH);
        match schema.fields(inner) {
            // A JSON object that is there as a whole fits by its own keys.
            Some(fields) if !has_whole && is_split => add(schema, fields, &prefix, sample, leaves),
            _ => leaves.push(Leaf {
                path,
                type_id: field.type_id,
                default: field.default.as_ref().map(ToString::to_string),
            }),
        }
    }
}
