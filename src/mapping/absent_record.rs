//! Fields within a record that has no columns.

use super::near::folded;
use crate::schema::{AvroSchema, SchemaField, TypeId};

/// Maximum depth of nested records searched: a record may contain itself.
const MAX_DEPTH: usize = 8;

/// The paths within the fields `absent` that are close to a name among `columns`.
pub(super) fn near_paths(
    schema: &AvroSchema,
    absent: &[(String, TypeId)],
    columns: &[String],
) -> Vec<String> {
    let records = absent
        .iter()
        .filter(|(_, type_id)| record_fields(schema, *type_id).is_some());
    let records: Vec<_> = records.collect();
    if records.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<String> = columns.iter().map(|name| folded(name)).collect();
    names.sort_unstable();
    let mut search = Search {
        schema,
        names,
        found: Vec::new(),
    };
    for (path, type_id) in records {
        search.record(path, *type_id, MAX_DEPTH);
    }
    search.found
}

/// Whether a type has a field of the path `within`; without a path it means the type itself.
pub(super) fn has_path(schema: &AvroSchema, type_id: TypeId, within: Option<&str>) -> bool {
    let mut names = within.into_iter().flat_map(|path| path.split('.'));
    let end = names.try_fold(type_id, |type_id, name| {
        let fields = record_fields(schema, type_id)?;
        let field = fields.iter().find(|field| field.name == name)?;
        Some(field.type_id)
    });
    end.is_some()
}

/// The fields of a record, or of the record in a union with null.
fn record_fields(schema: &AvroSchema, type_id: TypeId) -> Option<&[SchemaField]> {
    let inner = schema.nullable(type_id).map_or(type_id, |(inner, _)| inner);
    schema.fields(inner)
}

struct Search<'a> {
    schema: &'a AvroSchema,
    /// The folded names of the columns, sorted.
    names: Vec<String>,
    found: Vec<String>,
}

impl Search<'_> {
    fn record(&mut self, path: &str, type_id: TypeId, depth: usize) {
        let schema = self.schema;
        let fields = record_fields(schema, type_id).filter(|_| depth > 0);
        for field in fields.into_iter().flatten() {
            let path = format!("{path}.{}", field.name);
            let name = folded(&path);
            let first = self.names.partition_point(|column| *column < name);
            let Some(column) = self.names.get(first).filter(|column| column.starts_with(&name)) else {
                continue;
            };
            let is_near = *column == name;
            self.record(&path, field.type_id, depth - 1);
            if is_near {
                self.found.push(path);
            }
        }
    }
}
