//! The data of the sandbox's registry: schemas by id, and the versions of each subject.
//!
//! This file is independent of HTTP; `registry` translates requests to these calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use apache_avro::Schema;
use serde_json::Value;

use crate::schema::{AvroSchema, with_uniform_numbers};

/// A registered schema: the original text, and the schema parsed by apache-avro.
#[derive(Debug)]
pub(super) struct StoredSchema {
    pub(super) text: String,
    pub(super) avro: Schema,
    json: Value,
}

/// Schemas and subjects, numbered from 1 as in the Confluent registry.
#[derive(Clone, Debug, Default)]
pub(super) struct Subjects {
    /// The schema with id `n` is at `n - 1`.
    schemas: Vec<Arc<StoredSchema>>,
    /// The ids of a subject's versions; version `n` is at `n - 1`.
    versions: BTreeMap<String, Vec<u32>>,
}

impl Subjects {
    /// Registers `text` under `subject` and returns its id.
    ///
    /// A schema that differs from a known one only in white space gets the same id, and no new version if the subject
    /// already has it. Compatibility with earlier versions is not checked.
    pub(super) fn register(&mut self, subject: &str, text: &str) -> Result<u32, String> {
        let json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let json = with_uniform_numbers(&json);
        let id = match self.schemas.iter().position(|schema| schema.json == json) {
            Some(index) => index as u32 + 1,
            None => {
                AvroSchema::parse(text, &[]).map_err(|error| error.to_string())?;
                let avro = Schema::parse(&for_reading(&json))
                    .map_err(|error| format!("not an Avro schema: {error}"))?;
                self.schemas.push(Arc::new(StoredSchema {
                    text: text.to_owned(),
                    avro,
                    json,
                }));
                self.schemas.len() as u32
            }
        };
        let versions = self.versions.entry(subject.to_owned()).or_default();
        if !versions.contains(&id) {
            versions.push(id);
        }
        Ok(id)
    }

    /// The version and id of this schema under `subject`, ignoring white space.
    pub(super) fn find(&self, subject: &str, text: &str) -> Option<(u32, u32)> {
        let json = with_uniform_numbers(&serde_json::from_str(text).ok()?);
        let versions = self.versions.get(subject)?;
        let is_same = |id: &u32| self.schema(*id).is_some_and(|schema| schema.json == json);
        let index = versions.iter().position(is_same)?;
        Some((index as u32 + 1, versions[index]))
    }

    /// Every subject with the schema `id`, and its version there.
    pub(super) fn owners(&self, id: u32) -> Vec<(&str, u32)> {
        let versions = self.versions.iter();
        versions
            .filter_map(|(subject, ids)| {
                let index = ids.iter().position(|other| *other == id)?;
                Some((subject.as_str(), index as u32 + 1))
            })
            .collect()
    }

    /// The schema with this id.
    pub(super) fn schema(&self, id: u32) -> Option<Arc<StoredSchema>> {
        let index = (id as usize).checked_sub(1)?;
        self.schemas.get(index).cloned()
    }

    /// The schema ids of the versions of `subject`, version 1 first.
    pub(super) fn versions(&self, subject: &str) -> Option<&[u32]> {
        self.versions.get(subject).map(Vec::as_slice)
    }

    /// Every subject, in alphabetical order.
    pub(super) fn names(&self) -> Vec<&str> {
        self.versions.keys().map(String::as_str).collect()
    }
}

/// The schema without the parts that are not needed for reading: apache-avro follows a default that refers to itself
/// forever, and treats aliases as names.
fn for_reading(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(for_reading).collect(),
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "default" | "aliases"));
            kept.map(|(key, value)| (key.clone(), for_reading(value)))
                .collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_one_id_whatever_its_white_space() {
        let mut subjects = Subjects::default();
        assert_eq!(subjects.register("a-value", r#"{"type":"string"}"#), Ok(1));
        assert_eq!(subjects.register("a-value", r#"{ "type": "string" }"#), Ok(1));
        assert_eq!(subjects.register("a-value", r#""long""#), Ok(2));
        assert_eq!(subjects.register("b-value", r#""long""#), Ok(2));
        assert_eq!(subjects.versions("a-value"), Some(&[1, 2][..]));
        assert_eq!(subjects.versions("b-value"), Some(&[2][..]));
        assert_eq!(subjects.names(), ["a-value", "b-value"]);
        assert_eq!(subjects.find("a-value", r#" "long" "#), Some((2, 2)));
        assert_eq!(subjects.find("b-value", r#"{"type":"string"}"#), None);
        assert_eq!(subjects.find("c-value", r#""long""#), None);
        assert_eq!(subjects.owners(2), [("a-value", 2), ("b-value", 1)]);
        assert!(subjects.owners(3).is_empty());
    }

    #[test]
    fn a_default_that_refers_to_itself_does_not_end_the_process() {
        let text = r#"{"type": "record", "name": "Outer", "fields": [
            {"name": "a", "type": {"type": "record", "name": "Node", "fields": [
                {"name": "next", "type": ["Node", {"type": "map", "values": "int"}], "default": {}}]}},
            {"name": "b", "type": "Node", "default": {}}]}"#;
        assert_eq!(Subjects::default().register("a-value", text), Ok(1));
    }

    #[test]
    fn an_invalid_schema_is_not_stored() {
        let mut subjects = Subjects::default();
        let not_json = subjects.register("a-value", "{").unwrap_err();
        assert!(not_json.starts_with("not JSON: "), "{not_json}");
        let not_avro = subjects.register("a-value", r#"{"type":"recrod"}"#).unwrap_err();
        assert!(not_avro.starts_with("not an Avro schema: "), "{not_avro}");
        assert!(subjects.names().is_empty());
        assert!(subjects.schema(0).is_none() && subjects.schema(1).is_none());
    }
}
