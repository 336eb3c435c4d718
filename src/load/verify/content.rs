//! The hash of everything of a message that is compared: key, value, headers, and the time if the rows set it.

use std::sync::Arc;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::verdict::NO_KEY;
use crate::decode::{HEADER_BYTES, field_ends};
use crate::schema::{RegisteredSchema, SchemaId};

/// The parts of messages that differ from run to run, and are not compared.
#[derive(Debug, Clone, Default)]
pub struct Masked {
    /// The schema of values, and which of the fields of its record are masked.
    pub fields: Option<MaskedFields>,
    /// The names of headers whose values are masked.
    pub headers: Vec<String>,
}

/// Fields of a record that are not compared.
#[derive(Debug, Clone)]
pub struct MaskedFields {
    /// The schema of the record.
    pub schema: Arc<RegisteredSchema>,
    /// The id of the schema in the values.
    pub id: SchemaId,
    /// For each field, whether it is masked.
    pub masked: Vec<bool>,
}

/// Computes hashes.
pub(super) struct ContentHash {
    masked: Masked,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl ContentHash {
    pub(super) fn new(masked: Masked) -> ContentHash {
        ContentHash {
            masked,
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Begins a message; `time` is none if it is not compared.
    pub(super) fn begin(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, time: Option<i64>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(&time.unwrap_or(-1).to_le_bytes());
        self.put(key);
        match (&self.masked.fields, value) {
            (Some(_), Some(value)) => self.put_masked(value),
            _ => self.put(value),
        }
    }

    /// Adds the next header.
    pub(super) fn header(&mut self, name: &[u8], value: Option<&[u8]>) {
        self.put(Some(name));
        let is_masked = self.masked.headers.iter().any(|masked| masked.as_bytes() == name);
        self.put(value.filter(|_| !is_masked));
    }

    /// The hash of the message.
    pub(super) fn finish(&self) -> u128 {
        xxh3_128(&self.bytes)
    }

    fn put(&mut self, part: Option<&[u8]>) {
        let length = part.map_or(0, |part| part.len() as u64 + 1);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(part.unwrap_or_default());
    }

    /// Adds a value without its masked fields. One that is not a datum of the schema is compared as it is.
    fn put_masked(&mut self, value: &[u8]) {
        let fields = self.masked.fields.take().expect("there are masked fields");
        let id = fields.id.get().to_be_bytes();
        let datum = value.split_first_chunk::<HEADER_BYTES>();
        let datum = datum.filter(|(header, _)| header[0] == 0 && header[1..] == id);
        match datum {
            Some((_, datum)) if field_ends(&fields.schema.avro, datum, &mut self.ends) => {
                let ends = std::mem::take(&mut self.ends);
                let mut start = 0;
                for (end, is_masked) in ends.iter().zip(&fields.masked) {
                    match is_masked {
                        true => self.put(None),
                        false => self.put(Some(&datum[start..*end])),
                    }
                    start = *end;
                }
                self.ends = ends;
            }
            _ => self.put(Some(value)),
        }
        self.masked.fields = Some(fields);
    }
}

/// The hash of a key; never [`NO_KEY`] unless the key is null.
pub(super) fn key_hash(key: Option<&[u8]>) -> u64 {
    key.map_or(NO_KEY, |key| xxh3_64(key).max(NO_KEY + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(masked: &Masked, value: &[u8], header: Option<&[u8]>) -> u128 {
        let mut content = ContentHash::new(masked.clone());
        content.begin(Some(b"k"), Some(value), None);
        content.header(b"run", header);
        content.finish()
    }

    #[test]
    fn masked_fields_and_headers_do_not_count_and_all_others_do() {
        let schema = r#"{"type":"record","name":"T","fields":[
            {"name":"a","type":"string"},{"name":"at","type":["null","string"]},{"name":"b","type":"long"}]}"#;
        let schema = Arc::new(RegisteredSchema::from_text("t-value", schema).unwrap());
        let masked = Masked {
            fields: Some(MaskedFields {
                schema,
                id: SchemaId::new(7),
                masked: vec![false, true, false],
            }),
            headers: vec!["run".to_owned()],
        };
        let all = Masked::default();
        let value = |id: u8, at: &[u8], b: u8| [&[0, 0, 0, 0, id, 2, b'A'], at, &[b]].concat();
        let now = value(7, &[2, 4, b'1', b'2'], 2);
        let then = value(7, &[0], 2);
        assert_ne!(hash(&all, &now, None), hash(&all, &then, None));
        assert_eq!(hash(&masked, &now, Some(b"1")), hash(&masked, &then, Some(b"2")));
        assert_ne!(hash(&masked, &now, None), hash(&masked, &value(7, &[0], 4), None));
        assert_ne!(
            hash(&masked, &now, None),
            hash(&masked, &value(8, &[0], 2), None),
            "another schema"
        );
        assert_ne!(
            hash(&masked, &now, None),
            hash(&masked, &now[..9], None),
            "not a datum"
        );
    }

    #[test]
    fn null_differs_from_empty_and_parts_do_not_run_into_each_other() {
        let hash = |key: Option<&[u8]>, value: Option<&[u8]>, time: Option<i64>| {
            let mut content = ContentHash::new(Masked::default());
            content.begin(key, value, time);
            content.finish()
        };
        let hashes = [
            hash(None, Some(b""), None),
            hash(Some(b""), Some(b""), None),
            hash(Some(b""), None, None),
            hash(Some(b"ab"), Some(b"c"), None),
            hash(Some(b"a"), Some(b"bc"), None),
            hash(Some(b"a"), Some(b"bc"), Some(1)),
        ];
        for (index, one) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(one), "{index}");
        }
        assert_eq!(key_hash(None), NO_KEY);
        assert_ne!(key_hash(Some(b"")), NO_KEY);
    }
}
