//! Rows -> a first Avro schema, whose types hold every value that was seen exactly as it is written.
//!
//! `survey` looks at one row after the other and keeps only what the schema depends on: counts, the types that are still
//! possible, the largest number of digits. `write` makes the schema of it, with the evidence in each `doc`, and `names`
//! makes names legal. The memory depends on the number of fields, not on that of rows.

mod names;
mod survey;
mod values;
mod write;

pub(crate) use names::{is_full_name, name_of_file};
pub(crate) use survey::{RowFault, Survey};

/// An inferred schema.
pub(crate) struct Inferred {
    /// Its JSON.
    pub(crate) text: String,
    /// Columns, or keys of the rows, whose names are not legal in Avro, and the names of their fields.
    pub(crate) renamed: Vec<(String, String)>,
    pub(crate) fields: usize,
    /// How many rows it was inferred from.
    pub(crate) rows: u64,
    /// Whether an object could be taken for the wrapper of a union's branch, unless JSON is declared to be plain.
    pub(crate) needs_plain_json: bool,
}

#[cfg(test)]
mod tests;
