//! Ties the columns of a header to the fields of a schema, once, before the first row.

use std::fmt;

use apache_avro::schema::RecordSchema;

/// Where a field of the record comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSource {
    /// The CSV column with this index.
    Column(usize),
    /// The field's default: no column feeds it.
    Default,
}

/// Which column feeds which field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    /// One for each field of the record, in the schema's order; empty for JSONL, whose rows name their fields.
    pub sources: Vec<FieldSource>,
    /// Cells that a row has.
    pub columns: usize,
    /// Columns that feed no field.
    pub ignored: Vec<String>,
    /// Fields that no column feeds and that take their default.
    pub defaulted: Vec<String>,
}

/// A field in the table: its name, its type in words, and the column that feeds it or a remark.
pub type BoundField = (String, String, Result<String, String>);

/// The header and the schema do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindingError {
    /// A name stands twice in the header.
    Duplicate {
        /// The name.
        name: String,
        /// Its columns, from 1.
        columns: (usize, usize),
    },
    /// Fields without default that no column feeds; the whole table of fields, for people.
    Unbound {
        /// Each field: name, type in words, the column that feeds it or a remark.
        table: Vec<BoundField>,
    },
}

impl fmt::Display for BindingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindingError::Duplicate {
                name,
                columns: (first, second),
            } => {
                write!(
                    formatter,
                    "the header names `{name}` twice, in columns {first} and {second}"
                )
            }
            BindingError::Unbound { table } => {
                let width = |column: fn(&BoundField) -> usize| table.iter().map(column).max().unwrap_or(0);
                let names = width(|row| row.0.chars().count()).max(5);
                let types = width(|row| row.1.chars().count()).max(4);
                write!(formatter, "  {:names$}  {:types$}  from", "field", "type")?;
                for (name, words, source) in table {
                    let source = match source {
                        Ok(column) => column.clone(),
                        Err(remark) => format!("-  {remark}"),
                    };
                    write!(formatter, "\n  {name:names$}  {words:types$}  {source}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for BindingError {}

/// Ties the columns named by `header` to the fields of `record`: by exact name, never by a near one.
///
/// # Errors
/// A name that stands twice, or fields that neither a column nor a default feeds.
pub fn bind(
    header: &[String],
    record: &RecordSchema,
    type_words: fn(&apache_avro::Schema) -> String,
) -> Result<Binding, BindingError> {
    // A comma at the end of each line makes a column without a name; several of them are no contradiction.
    let named = |name: &String| !name.trim().is_empty();
    for (index, name) in header.iter().enumerate().filter(|(_, name)| named(name)) {
        if let Some(first) = header[..index].iter().position(|other| other == name) {
            return Err(BindingError::Duplicate {
                name: name.clone(),
                columns: (first + 1, index + 1),
            });
        }
    }
    let mut binding = Binding {
        columns: header.len(),
        ..Binding::default()
    };
    let mut table = Vec::new();
    let mut unbound = false;
    for field in &record.fields {
        let words = type_words(&field.schema);
        if let Some(column) = header.iter().position(|name| *name == field.name) {
            binding.sources.push(FieldSource::Column(column));
            table.push((field.name.clone(), words, Ok(field.name.clone())));
        } else if field.default.is_some() {
            binding.sources.push(FieldSource::Default);
            binding.defaulted.push(field.name.clone());
            table.push((field.name.clone(), words, Ok("(its default)".to_owned())));
        } else {
            unbound = true;
            let remark = match header.iter().find(|name| folded(name) == folded(&field.name)) {
                Some(near) => format!("no column `{}`; did you mean `{near}`?", field.name),
                None => "no column".to_owned(),
            };
            table.push((field.name.clone(), words, Err(remark)));
        }
    }
    if unbound {
        return Err(BindingError::Unbound { table });
    }
    let fed = |name: &String| record.fields.iter().any(|field| field.name == *name);
    binding.ignored = header.iter().filter(|name| !fed(name)).cloned().collect();
    Ok(binding)
}

/// A name without what people write differently: case, blanks, `_` and `-`.
pub(crate) fn folded(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> RecordSchema {
        let text = r#"{"type":"record","name":"Trade","fields":[
            {"name":"symbol","type":"string"},
            {"name":"volume","type":"long"},
            {"name":"exchange","type":"string","default":"ASX"}]}"#;
        match apache_avro::Schema::parse_str(text).unwrap() {
            apache_avro::Schema::Record(record) => record,
            _ => unreachable!(),
        }
    }

    fn bind_names(names: &[&str]) -> Result<Binding, BindingError> {
        let header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        bind(&header, &record(), |_| "t".to_owned())
    }

    #[test]
    fn columns_feed_the_fields_of_their_name() {
        let binding = bind_names(&["volume", "note", "symbol"]).unwrap();
        assert_eq!(
            binding.sources,
            [
                FieldSource::Column(2),
                FieldSource::Column(0),
                FieldSource::Default
            ]
        );
        assert_eq!(binding.ignored, ["note"]);
        assert_eq!(binding.defaulted, ["exchange"]);
    }

    #[test]
    fn a_near_miss_is_suggested_and_not_taken() {
        let error = bind_names(&["Symbol", "vol ume"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "  field     type  from\n  \
               symbol    t     -  no column `symbol`; did you mean `Symbol`?\n  \
               volume    t     -  no column `volume`; did you mean `vol ume`?\n  \
               exchange  t     (its default)"
        );
    }

    #[test]
    fn a_name_that_stands_twice_is_an_error() {
        let error = bind_names(&["symbol", "volume", "symbol"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the header names `symbol` twice, in columns 1 and 3"
        );
    }
}
