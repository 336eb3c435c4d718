//! Ties the columns of a header to the fields of a schema, once, before the first row.
//!
//! A column feeds the field of its name, letter by letter; a field within a record is named by its path,
//! `instrument.symbol`. What a cell then means is left to `encode`.

use std::collections::HashMap;
use std::fmt;

use crate::schema::{AvroSchema, Base, SchemaField, TypeId};

/// Where a field of a record comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSource {
    /// The CSV column with this index.
    Column(usize),
    /// The field's default: no column feeds it.
    Default,
    /// Null, as [`BindingRules::missing_null`] allows: no column feeds it.
    Null,
    /// Columns for the fields of the record that it holds.
    Record(RecordSource),
}

/// Where the fields of a record within a record come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSource {
    /// One for each field, in the schema's order.
    pub sources: Vec<FieldSource>,
    /// All columns that feed it, on whatever level.
    pub columns: Vec<usize>,
}

/// Which column feeds which field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    /// The names of the columns; empty for JSONL, whose rows name their fields.
    pub header: Vec<String>,
    /// One for each field of the record, in the schema's order; empty for JSONL.
    pub sources: Vec<FieldSource>,
    /// Cells that a row has.
    pub columns: usize,
    /// Columns that feed no field.
    pub ignored: Vec<String>,
    /// Fields that no column feeds and that take their default.
    pub defaulted: Vec<String>,
    /// Fields that no column feeds and that are null in every row.
    pub nulled: Vec<String>,
}

/// What the user allows of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BindingRules {
    /// Whether a nullable field without a default may have no column.
    pub missing_null: bool,
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
        /// Whether a field that no column feeds could be null.
        nullable: bool,
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
            BindingError::Unbound { table, .. } => {
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

/// Ties the columns named by `header` to the fields of the schema's record: by exact name, never by a near one. A
/// schema that is no record has no fields to be tied to.
///
/// # Errors
/// A name that stands twice, or fields that neither a column nor a default feeds.
pub fn bind(header: &[String], schema: &AvroSchema, rules: BindingRules) -> Result<Binding, BindingError> {
    if let Some(error) = duplicate(header) {
        return Err(error);
    }
    let mut binder = Binder {
        header,
        columns: header
            .iter()
            .enumerate()
            .map(|(index, name)| (name.as_str(), index))
            .collect(),
        near: None,
        schema,
        rules,
        fed: vec![false; header.len()],
        table: Vec::new(),
        unbound: false,
        nullable: false,
        defaulted: Vec::new(),
        nulled: Vec::new(),
    };
    let Some(fields) = schema.root_fields() else {
        return Ok(Binding {
            header: header.to_vec(),
            columns: header.len(),
            ..Binding::default()
        });
    };
    let mut columns = Vec::new();
    let sources = binder.fields(fields, "", &mut columns);
    if binder.unbound {
        return Err(BindingError::Unbound {
            table: binder.table,
            nullable: binder.nullable,
        });
    }
    let ignored = header.iter().zip(&binder.fed).filter(|(_, fed)| !**fed);
    Ok(Binding {
        header: header.to_vec(),
        sources,
        columns: header.len(),
        ignored: ignored.map(|(name, _)| name.clone()).collect(),
        defaulted: binder.defaulted,
        nulled: binder.nulled,
    })
}

/// A name that stands twice. A header may have a hundred thousand names.
fn duplicate(header: &[String]) -> Option<BindingError> {
    let mut seen = HashMap::with_capacity(header.len());
    // A comma at the end of each line makes a column without a name; several of them are no contradiction.
    let named = header
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.trim().is_empty());
    named.into_iter().find_map(|(index, name)| {
        let first = seen.insert(name, index)?;
        Some(BindingError::Duplicate {
            name: name.clone(),
            columns: (first + 1, index + 1),
        })
    })
}

struct Binder<'a> {
    header: &'a [String],
    /// The columns by their names: a header may have a hundred thousand, and a schema ten thousand fields.
    columns: HashMap<&'a str, usize>,
    /// The same by their folded names, once a name is missing.
    near: Option<HashMap<String, usize>>,
    schema: &'a AvroSchema,
    rules: BindingRules,
    /// Whether each column feeds a field.
    fed: Vec<bool>,
    table: Vec<BoundField>,
    unbound: bool,
    nullable: bool,
    defaulted: Vec<String>,
    nulled: Vec<String>,
}

impl Binder<'_> {
    /// The sources of a record's fields; `columns` takes the columns that they use.
    fn fields(&mut self, fields: &[SchemaField], path: &str, columns: &mut Vec<usize>) -> Vec<FieldSource> {
        fields
            .iter()
            .map(|field| self.field(field, path, columns))
            .collect()
    }

    fn field(&mut self, field: &SchemaField, path: &str, columns: &mut Vec<usize>) -> FieldSource {
        let name = format!("{path}{}", field.name);
        if let Some(column) = self.columns.get(name.as_str()).copied() {
            self.fed[column] = true;
            columns.push(column);
            self.tell(field, &name, Ok(name.clone()));
            return FieldSource::Column(column);
        }
        if let Some(record) = self.record(field, &name) {
            columns.extend(&record.columns);
            return FieldSource::Record(record);
        }
        if field.default.is_some() {
            self.tell(field, &name, Ok("(its default)".to_owned()));
            self.defaulted.push(name);
            return FieldSource::Default;
        }
        if self.allows_null(field.type_id) {
            if self.rules.missing_null {
                self.tell(field, &name, Ok("(null)".to_owned()));
                self.nulled.push(name);
                return FieldSource::Null;
            }
            self.nullable = true;
        }
        self.unbound = true;
        let remark = self.remark(field, &name);
        self.tell(field, &name, Err(remark));
        FieldSource::Default
    }

    /// The record that a field holds, where columns are named for fields of it.
    fn record(&mut self, field: &SchemaField, name: &str) -> Option<RecordSource> {
        let inner = self
            .schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        let schema = self.schema;
        let fields = schema.fields(inner)?;
        let path = format!("{name}.");
        // The header's names end, so this does too, however the record leads back into itself.
        if !self.header.iter().any(|column| column.starts_with(&path)) {
            return None;
        }
        let mut columns = Vec::new();
        let sources = self.fields(fields, &path, &mut columns);
        Some(RecordSource { sources, columns })
    }

    fn allows_null(&self, id: TypeId) -> bool {
        match &self.schema.get(id).base {
            Base::Null => true,
            Base::Union(branches) => branches
                .iter()
                .any(|branch| self.schema.get(*branch).base == Base::Null),
            _ => false,
        }
    }

    fn remark(&mut self, field: &SchemaField, name: &str) -> String {
        let header = self.header;
        let by_folded_name = || {
            header
                .iter()
                .enumerate()
                .rev()
                .map(|(index, name)| (folded(name), index))
                .collect()
        };
        let near = self.near.get_or_insert_with(by_folded_name).get(&folded(name));
        if let Some(near) = near.map(|column| &header[*column]) {
            return format!("no column `{name}`; did you mean `{near}`?");
        }
        let inner = self
            .schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        match self.schema.fields(inner) {
            Some([first, ..]) => format!("no column, and none such as `{name}.{}`", first.name),
            _ => "no column".to_owned(),
        }
    }

    fn tell(&mut self, field: &SchemaField, name: &str, source: Result<String, String>) {
        let words = self.schema.describe(field.type_id).to_string();
        self.table.push((name.to_owned(), words, source));
    }
}

/// A name without what people write differently: case, blanks, `_` and `-`.
pub(crate) fn folded(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphanumeric() || *character == '.')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADE: &str = r#"{"type":"record","name":"Trade","fields":[
        {"name":"symbol","type":"string"},
        {"name":"volume","type":"long"},
        {"name":"exchange","type":"string","default":"ASX"}]}"#;

    fn bind_to(text: &str, names: &[&str], rules: BindingRules) -> Result<Binding, BindingError> {
        let header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        bind(&header, &AvroSchema::parse(text, &[]).unwrap(), rules)
    }

    fn bind_names(names: &[&str]) -> Result<Binding, BindingError> {
        bind_to(TRADE, names, BindingRules::default())
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
            "  field     type    from\n  \
               symbol    string  -  no column `symbol`; did you mean `Symbol`?\n  \
               volume    long    -  no column `volume`; did you mean `vol ume`?\n  \
               exchange  string  (its default)"
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

    const NESTED: &str = r#"{"type":"record","name":"Quote","fields":[
        {"name":"id","type":"long"},
        {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
            {"name":"price","type":"double"},
            {"name":"venue","type":"string","default":"X"},
            {"name":"next","type":["null","Leg"],"default":null}]}]}]}"#;

    #[test]
    fn a_dotted_path_names_a_field_within_a_record() {
        let binding = bind_to(
            NESTED,
            &["leg.next.price", "id", "leg.price", "leg.size"],
            BindingRules::default(),
        )
        .unwrap();
        let innermost = RecordSource {
            sources: vec![FieldSource::Column(0), FieldSource::Default, FieldSource::Default],
            columns: vec![0],
        };
        let leg = RecordSource {
            sources: vec![
                FieldSource::Column(2),
                FieldSource::Default,
                FieldSource::Record(innermost),
            ],
            columns: vec![2, 0],
        };
        assert_eq!(
            binding.sources,
            [FieldSource::Column(1), FieldSource::Record(leg)]
        );
        assert_eq!(binding.ignored, ["leg.size"]);
        assert_eq!(
            binding.defaulted,
            ["leg.venue", "leg.next.venue", "leg.next.next"]
        );
    }

    /// Each field against each column would take minutes.
    #[test]
    fn many_columns_and_many_fields_are_bound_by_their_names() {
        let fields: Vec<String> = (0..10_000)
            .map(|number| format!(r#"{{"name":"f{number}","type":"int"}}"#))
            .collect();
        let text = format!(
            r#"{{"type":"record","name":"R","fields":[{}]}}"#,
            fields.join(",")
        );
        let schema = AvroSchema::parse(&text, &[]).unwrap();
        let names = |prefix: &str| -> Vec<String> {
            (0..100_000).map(|number| format!("{prefix}{number}")).collect()
        };
        assert_eq!(
            bind(&names("f"), &schema, BindingRules::default())
                .unwrap()
                .ignored
                .len(),
            90_000
        );
        let error = bind(&names("F"), &schema, BindingRules::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("no column `f9999`; did you mean `F9999`?"));
    }

    #[test]
    fn a_nullable_field_may_be_absent_only_where_the_rules_say_so() {
        let error = bind_to(NESTED, &["id"], BindingRules::default()).unwrap_err();
        assert!(matches!(error, BindingError::Unbound { nullable: true, .. }));
        assert!(
            error
                .to_string()
                .ends_with("-  no column, and none such as `leg.price`"),
            "{error}"
        );
        let rules = BindingRules { missing_null: true };
        let binding = bind_to(NESTED, &["id"], rules).unwrap();
        assert_eq!(binding.sources, [FieldSource::Column(0), FieldSource::Null]);
        assert_eq!(binding.nulled, ["leg"]);
    }
}
