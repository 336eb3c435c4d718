//! The records among a union's branches, distinguished by their field names before any of them is tried.

use std::collections::HashMap;

use super::unescaped;
use super::value::JsonValue;
use crate::mapping::rules::{Rules, UnknownKeys};
use crate::schema::{AvroSchema, Base, SchemaField, TypeId};

/// The records among a union's branches.
#[derive(Debug)]
pub(in crate::encode) struct RecordBranches {
    records: Vec<RecordBranch>,
    /// The records that have a field of this name, as indexes into `records`.
    by_field: HashMap<Box<[u8]>, Vec<FieldOf>>,
}

#[derive(Debug)]
struct RecordBranch {
    /// Its index among the union's branches.
    branch: usize,
    /// The number of fields a value must have.
    required: usize,
    /// The number of further fields it must have if an absent field is not read as null.
    nullable: usize,
}

/// A field of one of the records.
#[derive(Debug)]
struct FieldOf {
    record: usize,
    presence: Presence,
}

/// Whether a value must have a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    /// Unless the rules read an absent field as null.
    Nullable,
    /// It has a default.
    Optional,
}

/// Which keys of one of the records an object has.
#[derive(Default, Clone, Copy)]
struct Found {
    required: usize,
    nullable: usize,
    all: usize,
}

impl RecordBranches {
    pub(in crate::encode) fn new(schema: &AvroSchema, branches: &[TypeId]) -> RecordBranches {
        let mut records = Vec::new();
        let mut by_field: HashMap<Box<[u8]>, Vec<FieldOf>> = HashMap::new();
        for (branch, id) in branches.iter().enumerate() {
            let Some(fields) = schema.fields(*id) else {
                continue;
            };
            let record = records.len();
            let count = |wanted| {
                fields
                    .iter()
                    .filter(|field| presence(schema, field) == wanted)
                    .count()
            };
            records.push(RecordBranch {
                branch,
                required: count(Presence::Required),
                nullable: count(Presence::Nullable),
            });
            for field in fields {
                let presence = presence(schema, field);
                let known = by_field.entry(field.name.as_bytes().into()).or_default();
                known.push(FieldOf { record, presence });
            }
        }
        RecordBranches { records, by_field }
    }

    pub(in crate::encode) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The branch, if there is only one record.
    pub(super) fn only(&self) -> Option<usize> {
        match &self.records[..] {
            [only] => Some(only.branch),
            _ => None,
        }
    }

    /// The record branches that an object's keys allow: it has all required fields and, unless other keys are dropped,
    /// no others. `text` is for keys with escapes.
    pub(super) fn with_keys(&self, object: JsonValue<'_>, rules: &Rules, text: &mut Vec<u8>) -> Vec<usize> {
        let mut found = vec![Found::default(); self.records.len()];
        let elsewhere = object.keys_elsewhere();
        let mut keys = 0;
        for key in object.children() {
            let name = unescaped(key, text);
            // A key used by another part of the message need not belong to a field.
            let must_be_field = !elsewhere.iter().any(|other| other.as_bytes() == name);
            keys += usize::from(must_be_field);
            for field in self.by_field.get(name).into_iter().flatten() {
                let found = &mut found[field.record];
                found.all += usize::from(must_be_field);
                found.required += usize::from(field.presence == Presence::Required);
                found.nullable += usize::from(field.presence == Presence::Nullable);
            }
        }
        let fits = |(record, found): (&RecordBranch, Found)| {
            let has_only_fields = found.all >= keys || rules.unknown_keys != UnknownKeys::Reject;
            let has_all_fields = found.required >= record.required
                && (found.nullable >= record.nullable || rules.missing_null);
            (has_only_fields && has_all_fields).then_some(record.branch)
        };
        self.records.iter().zip(found).filter_map(fits).collect()
    }
}

fn presence(schema: &AvroSchema, field: &SchemaField) -> Presence {
    let is_null = |id: &TypeId| schema.get(*id).base == Base::Null;
    let allows_null = match &schema.get(field.type_id).base {
        Base::Union(branches) => branches.iter().any(is_null),
        base => *base == Base::Null,
    };
    match (&field.default, allows_null) {
        (Some(_), _) => Presence::Optional,
        (None, true) => Presence::Nullable,
        (None, false) => Presence::Required,
    }
}
