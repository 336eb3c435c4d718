//! The parts of a message that a mapping computes besides its value, as further columns of derived rows.

use super::compile::Compiler;
use super::{CellSource, DerivedColumn};
use crate::mapping::expression::Expr;
use crate::mapping::file::{KeyField, MapError, MapFile, Written};

/// Where the parts of a message are among the derived columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct MessageColumns {
    pub(crate) key: Option<usize>,
    /// The field or template that the mapping names for the key.
    pub(crate) key_field: Option<KeyField>,
    /// In the order of the headers.
    pub(crate) headers: Vec<usize>,
    pub(crate) timestamp: Option<usize>,
    pub(crate) partition: Option<usize>,
}

/// The parts of a message before their columns have numbers: those of the key, of the headers, and so on.
pub(super) struct MessageParts {
    key: Option<DerivedColumn>,
    key_field: Option<KeyField>,
    headers: Vec<DerivedColumn>,
    timestamp: Option<DerivedColumn>,
    partition: Option<DerivedColumn>,
}

impl MessageParts {
    /// # Errors
    /// An expression that cannot be compiled.
    pub(super) fn compile(
        compiler: &mut Compiler<'_>,
        map: &MapFile,
        null_tokens: &[Vec<u8>],
    ) -> Result<MessageParts, MapError> {
        let mut part = |name: String, written: &Written<Expr>| {
            Ok(DerivedColumn {
                name: format!("message.{name}"),
                source: CellSource::Computed {
                    node: compiler.written(written)?,
                    text: written.text.trim().to_owned(),
                    place: written.place.clone(),
                },
                null_tokens: null_tokens.to_vec(),
            })
        };
        let entries = &map.message;
        let mut single = |name: &str, written: &Option<Written<Expr>>| {
            let written = written.as_ref();
            written.map(|written| part(name.to_owned(), written)).transpose()
        };
        let key = single("key", &entries.key)?;
        let timestamp = single("timestamp", &entries.timestamp)?;
        let partition = single("partition", &entries.partition)?;
        let headers = entries.headers.iter();
        let headers = headers.map(|(name, written)| part(format!("headers.{name}"), written));
        Ok(MessageParts {
            key,
            key_field: entries.key_field.clone(),
            headers: headers.collect::<Result<_, _>>()?,
            timestamp,
            partition,
        })
    }

    /// Appends the columns.
    pub(super) fn append_to(self, columns: &mut Vec<DerivedColumn>) -> MessageColumns {
        let mut append = |column: DerivedColumn| {
            columns.push(column);
            columns.len() - 1
        };
        MessageColumns {
            key: self.key.map(&mut append),
            key_field: self.key_field,
            headers: self.headers.into_iter().map(&mut append).collect(),
            timestamp: self.timestamp.map(&mut append),
            partition: self.partition.map(&mut append),
        }
    }
}
