//! The first rows of a file, with the values of each column or JSON path.

use crate::record::RowFormat;

/// The first rows of a file.
pub(crate) struct Sample {
    /// The names of the columns; none for rows of JSON.
    pub(crate) header: Option<Vec<String>>,
    pub(crate) format: RowFormat,
    /// The rows without line terminators.
    pub(crate) rows: Vec<Vec<u8>>,
    /// The columns, or the paths of the JSON values.
    pub(crate) sources: Vec<Source>,
}

/// A column, or a JSON value.
pub(crate) struct Source {
    /// The name of the column, or the path of the value: `trade.px`.
    pub(crate) name: String,
    /// The expression that refers to it.
    pub(crate) expression: String,
    /// Its text in each row; none if the row does not have it.
    pub(crate) values: Vec<Option<String>>,
}

impl Source {
    /// The values that are neither absent nor empty.
    pub(crate) fn present(&self) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .flatten()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether it has a value in this row.
    pub(crate) fn is_present(&self, row: usize) -> bool {
        self.values
            .get(row)
            .is_some_and(|value| value.as_ref().is_some_and(|text| !text.is_empty()))
    }
}
