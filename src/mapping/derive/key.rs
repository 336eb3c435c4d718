//! The fields of a key that is a record, as further columns of derived rows.

use super::compile::{Compiler, RawRows, is_within};
use super::message::append;
use super::targets::{Whose, targets};
use super::{CellSource, DerivedColumn};
use crate::mapping::file::{KeyRecord, MapError, MapFile, Place};
use crate::schema::AvroSchema;

/// The columns of the fields of a key that is a record.
#[derive(Debug, Clone)]
pub(crate) struct KeyFields {
    fields: Vec<KeyColumn>,
    /// Where the mapping names the key.
    pub(crate) place: Place,
}

/// The column of a field of the key.
#[derive(Debug, Clone)]
struct KeyColumn {
    column: usize,
    /// The path of the field within the key.
    path: String,
    /// What it is made from, for people.
    from: String,
}

/// The columns of a key's fields before they have numbers.
pub(super) struct KeyParts {
    /// Each with the path of its field, and what it is made from.
    fields: Vec<(String, String, DerivedColumn)>,
    place: Place,
}

impl KeyParts {
    /// # Errors
    /// There is no key schema or it is not a record, it does not have these fields, or an expression cannot be compiled.
    pub(super) fn compile(
        compiler: &mut Compiler<'_>,
        map: &MapFile,
        record: &KeyRecord,
        null_tokens: &[Vec<u8>],
        schema: Option<&AvroSchema>,
    ) -> Result<KeyParts, MapError> {
        let place = &record.place;
        let Some(schema) = schema else {
            return Err(needs_schema(place));
        };
        let Some(record_fields) = schema.row_fields() else {
            let found = schema.describe(schema.root());
            let message = format!("the key's schema is {found}, not a record, so it has no fields");
            return Err(
                MapError::at(place.clone(), message).with_hint("give the key by one expression: key = '...'")
            );
        };
        let targets = targets(&record.entries, schema, Whose::Key)?;
        let mut fields = Vec::new();
        for target in &targets {
            fields.push((
                target.field.clone(),
                target.text(),
                DerivedColumn {
                    name: format!("message.key.{}", target.field),
                    source: compiler.target(target, map)?,
                    null_tokens: null_tokens.to_vec(),
                },
            ));
        }
        if let RawRows::Json = compiler.rows {
            let mut by_name = Vec::new();
            compiler.keys_by_name(schema, record_fields, &mut Vec::new(), &targets, &mut by_name);
            for column in by_name {
                let path = column.name;
                let name = format!("message.key.{path}");
                fields.push((path.clone(), path, DerivedColumn { name, ..column }));
            }
        }
        Ok(KeyParts {
            fields,
            place: place.clone(),
        })
    }

    /// Appends the columns to those of the value. A JSON key that the value reads too, or computes, has its column
    /// there.
    pub(super) fn append_to(self, columns: &mut Vec<DerivedColumn>) -> KeyFields {
        let of_value = columns.len();
        let mut fields = Vec::new();
        for (path, from, column) in self.fields {
            let is_same = |other: &DerivedColumn| is_related(&other.name, &path);
            let is_by_name = from == path && matches!(column.source, CellSource::Slot(_));
            if is_by_name && columns[..of_value].iter().any(is_same) {
                continue;
            }
            let column = append(column, columns);
            fields.push(KeyColumn { column, path, from });
        }
        KeyFields {
            fields,
            place: self.place,
        }
    }
}

impl KeyFields {
    /// The names that the columns `names` have for the key, of which the first `of_value` are those of the value: the
    /// key's fields win over those with the same names, and the other parts of the message have none.
    pub(super) fn header<'n>(&self, names: impl Iterator<Item = &'n str>, of_value: usize) -> Vec<String> {
        let names = names.enumerate().map(|(index, name)| {
            let own = self.fields.iter().find(|field| field.column == index);
            match own {
                Some(field) => field.path.clone(),
                None if index >= of_value => String::new(),
                None if self.fields.iter().any(|field| is_related(name, &field.path)) => String::new(),
                None => name.to_owned(),
            }
        });
        names.collect()
    }

    /// The paths of the fields.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &*field.path)
    }

    /// What the field in this column is made from.
    pub(crate) fn source(&self, column: usize) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.column == column)?;
        Some(&field.from)
    }
}

/// Whether one of two paths leads to the other or through it.
fn is_related(one: &str, other: &str) -> bool {
    is_within(one, other) || is_within(other, one)
}

/// The error of fields for keys without a schema.
pub(crate) fn needs_schema(place: &Place) -> MapError {
    MapError::at(
        place.clone(),
        "the fields of a key need its schema, and none is chosen",
    )
    .with_hint("name the subject of the key's schema with `--key-schema`")
}
