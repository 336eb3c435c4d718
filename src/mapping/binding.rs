//! Binds the columns of a header, or the keys of JSON rows, to the fields of a schema, once, before the first row.
//!
//! A column belongs to the field with exactly the same name, unless the mapping names another column; a field within a
//! record is named by its path, `instrument.symbol`.

mod binder;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use self::binder::Binder;
use super::Mapping;
use super::absent_record;
use super::derive::{Derivation, KeyColumns};
use super::error::BindingError;
use super::rules::Rules;
use super::source::{Expression, FieldSource};
use crate::schema::{AvroSchema, RegisteredSchema, SchemaField};

/// A schema with its fields bound to the columns or the keys of rows.
///
/// It holds the schema that it was made for and cannot be constructed elsewhere, so a plan has exactly one source for
/// each field of its schema:
///
/// ```compile_fail
/// let forged = k2_produce::mapping::Binding { ignored: Vec::new() };
/// ```
#[derive(Debug, Clone)]
pub struct Binding<'s> {
    schema: &'s RegisteredSchema,
    rules: Arc<Rules>,
    /// The names of the columns; none for rows with keys.
    header: Option<Vec<String>>,
    root: RootSource,
    /// Columns that the mapping ignores.
    left_out: Arc<BTreeSet<String>>,
    ignored: Vec<String>,
    defaulted: Vec<String>,
    nulled: Vec<String>,
    /// Fields within absent records that have a name close to that of an unused column.
    within_absent: Vec<String>,
    read_elsewhere: Vec<ReadElsewhere>,
    /// How the columns are made, if they are not those of the file.
    derivation: Option<Arc<Derivation>>,
}

/// An unused column with the name of a field: that field, or the record around it, is read from another column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadElsewhere {
    /// The unused column.
    pub column: String,
    /// The path of the field that is read from another column.
    pub field: String,
    /// The column that it is read from.
    pub from: String,
}

/// The source of the root type's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootSource {
    /// It is a record: one source for each field, in the schema's order.
    Fields(Vec<FieldSource>),
    /// It is not a record.
    Value(FieldSource),
}

impl<'s> Binding<'s> {
    /// The schema with the bound fields.
    pub fn schema(&self) -> &'s RegisteredSchema {
        self.schema
    }

    /// The names of the columns; none if the fields are bound to JSON keys.
    pub fn header(&self) -> Option<&[String]> {
        self.header.as_deref()
    }

    /// Columns that match no field, except those that the mapping ignores on purpose.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Columns that the mapping ignores on purpose, whether or not the header has them.
    pub fn left_out(&self) -> &BTreeSet<String> {
        &self.left_out
    }

    /// Fields without a column that get their default.
    pub fn defaulted(&self) -> &[String] {
        &self.defaulted
    }

    /// Fields without a column that are null in every row.
    pub fn nulled(&self) -> &[String] {
        &self.nulled
    }

    /// All fields without a column, and the fields within them that have a name close to that of an ignored column.
    pub fn absent(&self) -> impl Iterator<Item = &String> {
        let fields = self.defaulted.iter().chain(&self.nulled);
        fields.chain(&self.within_absent)
    }

    /// The ignored columns with the name of a field.
    pub fn read_elsewhere(&self) -> &[ReadElsewhere] {
        &self.read_elsewhere
    }

    /// How the columns are made, if a mapping makes them.
    pub fn derivation(&self) -> Option<&Arc<Derivation>> {
        self.derivation.as_ref()
    }

    pub(super) fn with_derivation(mut self, derivation: Derivation) -> Binding<'s> {
        self.derivation = Some(Arc::new(derivation));
        self
    }

    /// The rules of every field without rules in the mapping.
    pub(crate) fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    pub(crate) fn root(&self) -> &RootSource {
        &self.root
    }

    /// Binds the fields of another schema to the same rows, by name.
    ///
    /// # Errors
    /// See [`Mapping::bind_columns`].
    pub(crate) fn bind_same_rows<'o>(
        &self,
        schema: &'o RegisteredSchema,
        rules: Rules,
    ) -> Result<Binding<'o>, BindingError> {
        let mapping = Mapping {
            ignored_columns: Arc::clone(&self.left_out),
            ..Mapping::by_name(rules)
        };
        match &self.header {
            Some(header) => mapping.bind_columns(header, schema),
            None => mapping.bind_keys(schema),
        }
    }

    /// Binds the schema of keys, a record, to the columns that the mapping makes for its fields and, by name, to those of
    /// the value; none if the mapping makes none.
    ///
    /// # Errors
    /// Fields without a column and without a default.
    pub(crate) fn bind_key_record<'o>(
        &self,
        schema: &'o RegisteredSchema,
        rules: Rules,
    ) -> Option<Result<Binding<'o>, BindingError>> {
        let header = self.derivation.as_deref()?.key_header()?;
        // A column of the file that is ignored does not take a field of the same name with it.
        let mut ignored = BTreeSet::clone(&self.left_out);
        if let Some(KeyColumns::Record(fields)) = &self.derivation.as_deref()?.message().key {
            ignored.retain(|name| !fields.paths().any(|path| path == name));
        }
        let mapping = Mapping::by_name(rules).with_ignored_columns(ignored);
        Some(to_columns(&mapping, &header, schema))
    }

    /// Binds another schema's root type to one column or key of the same rows; none if there is no such column.
    pub(crate) fn bind_value<'o>(
        &self,
        schema: &'o RegisteredSchema,
        name: &str,
        rules: Rules,
    ) -> Option<Binding<'o>> {
        let expression = match &self.header {
            Some(header) => Expression::Column(header.iter().position(|column| column == name)?),
            None => Expression::Key(name.to_owned()),
        };
        let rules = Arc::new(rules);
        let source = FieldSource {
            expression,
            rules: Arc::clone(&rules),
        };
        Some(Binding {
            header: self.header.clone(),
            ..Binding::new(schema, rules, RootSource::Value(source))
        })
    }

    /// Binds another schema's root type to a column of derived rows, which may be one of the message's other parts.
    pub(crate) fn bind_value_at<'o>(
        &self,
        schema: &'o RegisteredSchema,
        column: usize,
        rules: Rules,
    ) -> Binding<'o> {
        let rules = Arc::new(rules);
        let source = FieldSource {
            expression: Expression::Column(column),
            rules: Arc::clone(&rules),
        };
        let names = self.derivation.as_deref().map(|derivation| derivation.names());
        Binding {
            header: names.map(|names| names.map(str::to_owned).collect()),
            ..Binding::new(schema, rules, RootSource::Value(source))
        }
    }

    /// The same binding for what needs only the fields at `paths`: nothing is read or written for the others.
    ///
    /// The output is not a datum. It is of use for the places of those fields.
    pub(crate) fn narrowed(&self, paths: &[Vec<&str>]) -> Binding<'s> {
        let avro = &self.schema.avro;
        let paths: Vec<&[&str]> = paths.iter().map(Vec::as_slice).collect();
        let root = match (&self.root, avro.row_fields()) {
            (RootSource::Fields(sources), Some(fields)) => {
                RootSource::Fields(narrowed(avro, fields, sources, &paths))
            }
            (root, _) => root.clone(),
        };
        Binding {
            header: self.header.clone(),
            left_out: Arc::clone(&self.left_out),
            derivation: self.derivation.clone(),
            ..Binding::new(self.schema, Arc::clone(&self.rules), root)
        }
    }

    fn new(schema: &'s RegisteredSchema, rules: Arc<Rules>, root: RootSource) -> Binding<'s> {
        Binding {
            schema,
            rules,
            header: None,
            root,
            left_out: Arc::default(),
            ignored: Vec::new(),
            defaulted: Vec::new(),
            nulled: Vec::new(),
            within_absent: Vec::new(),
            read_elsewhere: Vec::new(),
            derivation: None,
        }
    }
}

/// The sources of a record's fields, of which only those at `paths` are needed.
fn narrowed(
    avro: &AvroSchema,
    fields: &[SchemaField],
    sources: &[FieldSource],
    paths: &[&[&str]],
) -> Vec<FieldSource> {
    let narrowed = fields.iter().zip(sources).map(|(field, source)| {
        let within = paths.iter().filter(|path| path[0] == field.name);
        let within: Vec<&[&str]> = within.map(|path| &path[1..]).collect();
        let is_whole = within.iter().any(|path| path.is_empty());
        let expression = match &source.expression {
            _ if within.is_empty() => Expression::Constant(Box::default()),
            Expression::Record(sources) if !is_whole => {
                let id = field.type_id;
                let record = avro.nullable(id).map_or(id, |(inner, _)| inner);
                let fields = avro.fields(record).unwrap_or_default();
                Expression::Record(self::narrowed(avro, fields, sources, &within))
            }
            other => other.clone(),
        };
        FieldSource {
            expression,
            rules: Arc::clone(&source.rules),
        }
    });
    narrowed.collect()
}

pub(super) fn to_columns<'s>(
    mapping: &Mapping,
    header: &[String],
    schema: &'s RegisteredSchema,
) -> Result<Binding<'s>, BindingError> {
    let is_left_out = |name: &String| mapping.ignored_columns.contains(name);
    if let Some(error) = duplicate(header, is_left_out) {
        return Err(error);
    }
    let avro = &schema.avro;
    let rules = &mapping.rules;
    let bound = |root| Binding {
        header: Some(header.to_vec()),
        left_out: Arc::clone(&mapping.ignored_columns),
        ..Binding::new(schema, Arc::clone(rules), root)
    };
    let taken = header.iter().enumerate().filter(|(_, name)| !is_left_out(name));
    let rows_are_fields = avro.row_fields().filter(|fields| {
        // For a union of a record and null, a single column that matches no field holds the value itself, as JSON.
        let is_fed = |name: &String| fields.iter().any(|field| mapping.name_of(&field.name) == name);
        avro.root_fields().is_some() || header.len() > 1 || header.iter().any(is_fed)
    });
    let Some(fields) = rows_are_fields else {
        let taken: Vec<usize> = taken.map(|(index, _)| index).collect();
        let [column] = taken[..] else {
            return Err(BindingError::NotARecord {
                found: avro.describe(avro.root()).to_string(),
                columns: taken.len(),
            });
        };
        nothing_unmapped(mapping, &BTreeSet::new())?;
        return Ok(bound(RootSource::Value(FieldSource {
            expression: Expression::Column(column),
            rules: Arc::clone(rules),
        })));
    };
    let mut binder = Binder {
        mapping,
        header,
        columns: taken.map(|(index, name)| (name.as_str(), index)).collect(),
        schema: avro,
        fed: header.iter().map(is_left_out).collect(),
        mapped: BTreeSet::new(),
        table: Vec::new(),
        unfed: Vec::new(),
        unbound: false,
        nullable: false,
        defaulted: Vec::new(),
        nulled: Vec::new(),
        absent: Vec::new(),
        read: HashMap::new(),
    };
    let sources = binder.fields(fields, "", rules);
    nothing_unmapped(mapping, &binder.mapped)?;
    let unused = header.iter().zip(&binder.fed).filter(|(_, fed)| !**fed);
    let unused: Vec<String> = unused.map(|(name, _)| name.clone()).collect();
    if binder.unbound {
        binder.suggest_near_columns();
        return Err(BindingError::Unbound {
            table: binder.table,
            nullable: binder.nullable,
            unused,
        });
    }
    Ok(Binding {
        within_absent: absent_record::near_paths(avro, &binder.absent, &unused),
        read_elsewhere: unused
            .iter()
            .filter_map(|name| binder.read_elsewhere(name))
            .collect(),
        ignored: unused,
        defaulted: binder.defaulted,
        nulled: binder.nulled,
        ..bound(RootSource::Fields(sources))
    })
}

pub(super) fn to_keys<'s>(
    mapping: &Mapping,
    schema: &'s RegisteredSchema,
) -> Result<Binding<'s>, BindingError> {
    let rules = Arc::clone(&mapping.rules);
    let Some(fields) = schema.avro.root_fields() else {
        nothing_unmapped(mapping, &BTreeSet::new())?;
        let source = FieldSource {
            expression: Expression::Whole,
            rules: Arc::clone(&rules),
        };
        return Ok(Binding::new(schema, rules, RootSource::Value(source)));
    };
    let names: BTreeSet<String> = fields.iter().map(|field| field.name.clone()).collect();
    nothing_unmapped(mapping, &names)?;
    let sources = fields.iter().map(|field| FieldSource {
        expression: Expression::Key(mapping.name_of(&field.name).to_owned()),
        rules: Arc::clone(mapping.own_rules(&field.name).unwrap_or(&mapping.rules)),
    });
    Ok(Binding::new(schema, rules, RootSource::Fields(sources.collect())))
}

/// Checks that every field named by the mapping exists.
fn nothing_unmapped(mapping: &Mapping, mapped: &BTreeSet<String>) -> Result<(), BindingError> {
    match mapping.fields.keys().find(|field| !mapped.contains(*field)) {
        Some(field) => Err(BindingError::UnknownField(field.clone())),
        None => Ok(()),
    }
}

/// Finds a duplicate name. A header may have a hundred thousand names.
fn duplicate(header: &[String], is_left_out: impl Fn(&String) -> bool) -> Option<BindingError> {
    let mut seen = HashMap::with_capacity(header.len());
    // A comma at the end of each line makes a column without a name; several of these do not conflict.
    let named = header
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.trim().is_empty() && !is_left_out(name));
    named.into_iter().find_map(|(index, name)| {
        let first = seen.insert(name, index)?;
        Some(BindingError::Duplicate {
            name: name.clone(),
            columns: (first + 1, index + 1),
        })
    })
}

#[cfg(test)]
mod tests;
