//! The parts of a message that a mapping computes besides its value, as further columns of derived rows.

use super::compile::Compiler;
use super::key::{KeyFields, KeyParts};
use super::{CellSource, DerivedColumn};
use crate::mapping::expression::Expr;
use crate::mapping::file::{KeyEntry, KeyField, MapError, MapFile, Written};
use crate::schema::AvroSchema;

/// Where the parts of a message are among the derived columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageColumns {
    pub(crate) key: Option<KeyColumns>,
    /// In the order of the headers.
    pub(crate) headers: Vec<usize>,
    pub(crate) timestamp: Option<usize>,
    pub(crate) partition: Option<usize>,
    pub(crate) topic: Option<usize>,
}

/// What the mapping makes the key from.
#[derive(Debug, Clone)]
pub(crate) enum KeyColumns {
    /// A column.
    Value(usize),
    /// The columns of a record's fields.
    Record(KeyFields),
    /// A field of the value, or a template of fields.
    Field(KeyField),
}

/// The parts of a message before their columns have numbers: those of the key, of the headers, and so on.
pub(super) struct MessageParts {
    key: Option<KeyPart>,
    headers: Vec<DerivedColumn>,
    timestamp: Option<DerivedColumn>,
    partition: Option<DerivedColumn>,
    topic: Option<DerivedColumn>,
}

/// The key before its columns have numbers.
enum KeyPart {
    Value(DerivedColumn),
    Record(KeyParts),
    Field(KeyField),
}

impl MessageParts {
    /// `key_schema` is the schema of keys, if they have one.
    ///
    /// # Errors
    /// An expression that cannot be compiled, or fields of a key that its schema does not have.
    pub(super) fn compile(
        compiler: &mut Compiler<'_>,
        map: &MapFile,
        null_tokens: &[Vec<u8>],
        key_schema: Option<&AvroSchema>,
    ) -> Result<MessageParts, MapError> {
        let entries = &map.message;
        let key = match &entries.key {
            None => None,
            Some(KeyEntry::Value(written)) => Some(KeyPart::Value(part(
                compiler,
                null_tokens,
                "key".to_owned(),
                written,
            )?)),
            Some(KeyEntry::Record(record)) => {
                let parts = KeyParts::compile(compiler, map, record, null_tokens, key_schema)?;
                Some(KeyPart::Record(parts))
            }
            Some(KeyEntry::Field(field)) => Some(KeyPart::Field(field.clone())),
        };
        let mut single = |name: &str, written: &Option<Written<Expr>>| {
            let written = written.as_ref();
            written
                .map(|written| part(compiler, null_tokens, name.to_owned(), written))
                .transpose()
        };
        let timestamp = single("timestamp", &entries.timestamp)?;
        let partition = single("partition", &entries.partition)?;
        let topic = single("topic", &entries.topic)?;
        let headers = entries
            .headers
            .iter()
            .map(|(name, written)| part(compiler, null_tokens, format!("headers.{name}"), written));
        Ok(MessageParts {
            key,
            headers: headers.collect::<Result<_, _>>()?,
            timestamp,
            partition,
            topic,
        })
    }

    /// Appends the columns to those of the value.
    pub(super) fn append_to(self, columns: &mut Vec<DerivedColumn>) -> MessageColumns {
        let key = self.key.map(|key| match key {
            KeyPart::Value(column) => KeyColumns::Value(append(column, columns)),
            KeyPart::Record(parts) => KeyColumns::Record(parts.append_to(columns)),
            KeyPart::Field(field) => KeyColumns::Field(field),
        });
        let mut append = |column: DerivedColumn| append(column, columns);
        MessageColumns {
            key,
            headers: self.headers.into_iter().map(&mut append).collect(),
            timestamp: self.timestamp.map(&mut append),
            partition: self.partition.map(&mut append),
            topic: self.topic.map(&mut append),
        }
    }
}

fn part(
    compiler: &mut Compiler<'_>,
    null_tokens: &[Vec<u8>],
    name: String,
    written: &Written<Expr>,
) -> Result<DerivedColumn, MapError> {
    Ok(DerivedColumn {
        name: format!("message.{name}"),
        source: CellSource::Computed {
            node: compiler.written(written)?,
            text: written.text.trim().to_owned(),
            place: written.place.clone(),
        },
        null_tokens: null_tokens.to_vec(),
    })
}

/// The number of the appended column.
pub(super) fn append(column: DerivedColumn, columns: &mut Vec<DerivedColumn>) -> usize {
    columns.push(column);
    columns.len() - 1
}
