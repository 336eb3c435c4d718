//! Why rows and a schema cannot be bound to each other.

use std::fmt;

use super::file::MapError;
use crate::escape::printable;
use crate::table::{Alignment, Table};

/// Maximum number of characters shown of a column's name.
pub(super) const SHOWN: usize = 300;

/// A field in the table: its name, its type's description, and its column or a remark.
pub type BoundField = (String, String, Result<String, String>);

/// The header, the mapping and the schema do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindingError {
    /// A name occurs twice in the header.
    Duplicate {
        /// The name.
        name: String,
        /// Its columns, from 1.
        columns: (usize, usize),
    },
    /// There are fields without a column and without a default; this is the whole table of fields, for people.
    Unbound {
        /// Each field: name, type's description, and its column or a remark.
        table: Vec<BoundField>,
        /// Whether a field without a column could be null.
        nullable: bool,
        /// Columns that match no field, except those that the mapping ignores on purpose.
        unused: Vec<String>,
    },
    /// The schema is not a record, so its value cannot be in several columns.
    NotARecord {
        /// The description of the schema's type.
        found: String,
        /// The number of columns.
        columns: usize,
    },
    /// The mapping names a field that cannot be mapped: the schema does not have it or, for JSON, it is within another
    /// field.
    UnknownField(String),
    /// An entry of the mapping file or of `--set` fits neither the rows nor the schema.
    Map(Box<MapError>),
}

impl fmt::Display for BindingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindingError::Map(error) => error.fmt(formatter),
            BindingError::Duplicate {
                name,
                columns: (first, second),
            } => {
                let name = printable(name.as_bytes(), SHOWN);
                write!(
                    formatter,
                    "the header names `{name}` twice, in columns {first} and {second}"
                )
            }
            BindingError::Unbound { table, .. } => {
                let mut lines = Table::new([Alignment::Left; 3]).indented(2);
                lines.push(["field", "type", "from"].map(str::to_owned));
                for (name, words, source) in table {
                    let source = match source {
                        Ok(column) => column.clone(),
                        Err(remark) => format!("-  {remark}"),
                    };
                    lines.push([name.clone(), words.clone(), source]);
                }
                formatter.write_str(&lines.lines().collect::<Vec<_>>().join("\n"))
            }
            BindingError::NotARecord { found, columns } => write!(
                formatter,
                "the root type is {found}, not a single record, so {columns} columns cannot hold it"
            ),
            BindingError::UnknownField(field) => {
                write!(
                    formatter,
                    "the mapping names `{field}`, but the schema has no such field"
                )
            }
        }
    }
}

impl std::error::Error for BindingError {}
