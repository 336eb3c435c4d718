//! Why a row cannot be encoded, for the person who has to correct the file.

mod fault;
mod kind;
mod plan;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::hint::Hint;
pub(crate) use fault::Fault;
pub use kind::RowErrorKind;
pub use plan::PlanError;

/// Why one row cannot be encoded. Its place in the input is known to the caller, which holds the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// What is wrong.
    pub kind: RowErrorKind,
    /// The field, as a path such as `quote.legs[2].price`; none if the error concerns the whole row.
    pub field: Option<String>,
    /// The description of the field's type, such as `decimal(18, 6)`; none if the type does not matter.
    pub wanted: Option<String>,
    /// The value as it is in the file; none if there is no value.
    pub value: Option<Vec<u8>>,
    /// What the field expects and why the value does not fit.
    pub reason: String,
    /// What would help.
    pub hint: Option<Hint>,
    /// Where the value is in the row's bytes.
    pub span: Option<Range<usize>>,
    /// The CSV column, from 1.
    pub column: Option<usize>,
    /// What else is wrong with the same row, in the order of the fields; their own `also` is empty.
    pub also: Vec<RowError>,
}

impl RowError {
    /// An error about the row as a whole.
    pub fn whole(kind: RowErrorKind, reason: impl Into<String>) -> Box<RowError> {
        let reason = reason.into();
        Box::new(RowError {
            kind,
            field: None,
            wanted: None,
            value: None,
            reason,
            hint: None,
            span: None,
            column: None,
            also: Vec::new(),
        })
    }

    /// Its approximate size in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let texts = [&self.field, &self.wanted].into_iter().flatten().map(String::len);
        let value = self.value.as_ref().map_or(0, Vec::len);
        let also: usize = self.also.iter().map(RowError::size).sum();
        size_of::<RowError>() + texts.sum::<usize>() + value + self.reason.len() + also
    }

    /// What is wrong, as a title for a group of rows: `more digits than decimal(18, 6) allows`.
    pub fn title(&self) -> String {
        match &self.wanted {
            Some(wanted) => self.kind.title_for(wanted),
            None => self.kind.title().to_owned(),
        }
    }

    /// The field without array indexes and map keys, `quote.legs[].price`, so that rows with the same fault in any item
    /// of an array are reported as one group.
    pub fn field_of_group(&self) -> Option<Cow<'_, str>> {
        self.field.as_deref().map(without_places)
    }

    /// This error and the others of the same row.
    pub fn all(&self) -> impl Iterator<Item = &RowError> {
        std::iter::once(self).chain(&self.also)
    }
}

/// A path without the content of its brackets. A map's key may contain brackets too, within quotes.
fn without_places(path: &str) -> Cow<'_, str> {
    if !path.contains('[') {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        out.push_str(&rest[..=open]);
        rest = &rest[open + 1..];
        let close = match rest.strip_prefix('"') {
            Some(_) => rest.find("\"]").map(|quote| quote + 1),
            None => rest.find(']'),
        };
        rest = &rest[close.unwrap_or(rest.len())..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl RowError {
    /// Prefixes the fields of this error and of the others of the row with `record`.
    #[cold]
    pub(crate) fn put_within(&mut self, record: &str) {
        let also = self.also.iter_mut().map(|also| &mut also.field);
        for field in std::iter::once(&mut self.field).chain(also) {
            *field = Some(match field.take() {
                Some(inner) => format!("{record}.{inner}"),
                None => record.to_owned(),
            });
        }
    }
}

/// Maximum number of characters shown of a value.
const SHOWN: usize = 60;

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self
            .value
            .as_deref()
            .map(|value| crate::escape::printable(value, SHOWN));
        match (&self.field, &value) {
            (Some(field), Some(value)) => write!(formatter, "`{value}` does not fit `{field}`")?,
            (Some(what), None) => write!(formatter, "`{what}`")?,
            (None, Some(what)) => write!(formatter, "`{what}`")?,
            (None, None) => return formatter.write_str(&self.reason),
        }
        if let Some(column) = self.column {
            write!(formatter, " (column {column})")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

impl std::error::Error for RowError {}

pub(crate) type Encoded<T = ()> = Result<T, Box<Fault>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: RowErrorKind, wanted: Option<&str>) -> RowError {
        RowError {
            wanted: wanted.map(str::to_owned),
            ..*RowError::whole(kind, "the reason")
        }
    }

    #[test]
    fn an_error_names_value_field_column_and_reason() {
        let mut error = error(RowErrorKind::DecimalScale, None);
        assert_eq!(error.to_string(), "the reason");
        error.value = Some(b"40.2\x1b".to_vec());
        assert_eq!(error.to_string(), "`40.2\\x1b`: the reason");
        error.field = Some("quote.legs[2].price".to_owned());
        assert_eq!(
            error.to_string(),
            "`40.2\\x1b` does not fit `quote.legs[2].price`: the reason"
        );
        error.column = Some(5);
        assert_eq!(
            error.to_string(),
            "`40.2\\x1b` does not fit `quote.legs[2].price` (column 5): the reason"
        );
        error.value = None;
        assert_eq!(error.to_string(), "`quote.legs[2].price` (column 5): the reason");
    }

    #[test]
    fn a_title_names_the_type_if_that_says_more() {
        let table = [
            (
                RowErrorKind::DecimalScale,
                "decimal(18, 6)",
                "more digits after the decimal point than decimal(18, 6) allows",
            ),
            (
                RowErrorKind::DecimalPrecision,
                "decimal(18, 6)",
                "more digits than decimal(18, 6) allows",
            ),
            (RowErrorKind::OutOfRange, "int", "outside the range of int"),
            (RowErrorKind::NotANumber, "long", "not an integer"),
            (RowErrorKind::NotANumber, "double", "not a number"),
            (RowErrorKind::NoZone, "timestamp-millis", "a time without a zone"),
        ];
        for (kind, wanted, title) in table {
            assert_eq!(error(kind, Some(wanted)).title(), title);
        }
        assert_eq!(
            error(RowErrorKind::DecimalScale, None).title(),
            "more digits after the decimal point than the scale"
        );
    }

    #[test]
    fn a_group_leaves_out_the_places_within_arrays_and_maps() {
        let table = [
            ("price", "price"),
            ("quote.legs[2].price", "quote.legs[].price"),
            ("a[0][11].b", "a[][].b"),
            ("labels[\"x]y\"].z", "labels[].z"),
            ("cut[", "cut["),
        ];
        for (path, group) in table {
            assert_eq!(without_places(path), group);
        }
    }
}
