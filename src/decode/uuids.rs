//! UUIDs in strings. apache-avro would parse them, so their letters would all be small, and a text that is no UUID would
//! be an error; here they are the texts that they are on the topic.

use std::borrow::Cow;

use apache_avro::Schema;
use apache_avro::schema::{RecordSchema, UnionSchema, UuidSchema};

/// The schema with strings in place of UUIDs in strings.
pub(super) fn as_texts(schema: &Schema) -> Cow<'_, Schema> {
    match has_any(schema) {
        true => Cow::Owned(replaced(schema)),
        false => Cow::Borrowed(schema),
    }
}

fn has_any(schema: &Schema) -> bool {
    match schema {
        Schema::Uuid(UuidSchema::String) => true,
        Schema::Array(array) => has_any(&array.items),
        Schema::Map(map) => has_any(&map.types),
        Schema::Union(union) => union.variants().iter().any(has_any),
        Schema::Record(record) => record.fields.iter().any(|field| has_any(&field.schema)),
        _ => false,
    }
}

fn replaced(schema: &Schema) -> Schema {
    match schema {
        Schema::Uuid(UuidSchema::String) => Schema::String,
        Schema::Array(array) => {
            let mut array = array.clone();
            array.items = Box::new(replaced(&array.items));
            Schema::Array(array)
        }
        Schema::Map(map) => {
            let mut map = map.clone();
            map.types = Box::new(replaced(&map.types));
            Schema::Map(map)
        }
        Schema::Union(union) => {
            let branches = union.variants().iter().map(replaced).collect();
            // A union cannot have both a UUID in a string and a string, so the branches remain different.
            UnionSchema::new(branches).map_or_else(|_| schema.clone(), Schema::Union)
        }
        Schema::Record(record) => {
            let mut record: RecordSchema = record.clone();
            for field in &mut record.fields {
                field.schema = replaced(&field.schema);
            }
            Schema::Record(record)
        }
        other => other.clone(),
    }
}
