//! Finds the source of each field of a record: its column, or what to do without one.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::ReadElsewhere;
use crate::escape::printable;
use crate::mapping::Mapping;
use crate::mapping::absent_record;
use crate::mapping::error::{BoundField, SHOWN};
use crate::mapping::near::folded;
use crate::mapping::rules::Rules;
use crate::mapping::source::{Expression, FieldSource};
use crate::schema::{AvroSchema, Base, SchemaField, TypeId};

/// The state of one binding.
pub(super) struct Binder<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) header: &'a [String],
    /// The columns by name: a header may have a hundred thousand, and a schema ten thousand fields.
    pub(super) columns: HashMap<&'a str, usize>,
    pub(super) schema: &'a AvroSchema,
    /// Whether each column is used by a field, or ignored on purpose.
    pub(super) fed: Vec<bool>,
    /// The fields of the mapping that were found in the schema.
    pub(super) mapped: BTreeSet<String>,
    pub(super) table: Vec<BoundField>,
    /// The rows of the table for fields without a column, each with the name of the expected column.
    pub(super) unfed: Vec<(usize, String)>,
    pub(super) unbound: bool,
    pub(super) nullable: bool,
    pub(super) defaulted: Vec<String>,
    pub(super) nulled: Vec<String>,
    /// The fields without a column.
    pub(super) absent: Vec<(String, TypeId)>,
    /// The fields with a column, by path.
    pub(super) read: HashMap<String, (usize, TypeId)>,
}

impl Binder<'_> {
    /// The sources of a record's fields; fields without rules in the mapping have those of the record.
    pub(super) fn fields(
        &mut self,
        fields: &[SchemaField],
        path: &str,
        rules: &Arc<Rules>,
    ) -> Vec<FieldSource> {
        let sources = fields.iter().map(|field| self.field(field, path, rules));
        sources.collect()
    }

    fn field(&mut self, field: &SchemaField, path: &str, rules: &Arc<Rules>) -> FieldSource {
        let path = format!("{path}{}", field.name);
        if self.mapping.fields.contains_key(&path) {
            self.mapped.insert(path.clone());
        }
        let rules = self.mapping.own_rules(&path).unwrap_or(rules);
        let rules = match self.mapping.union_branch(&path, self.schema, field.type_id) {
            Some(branch) => Arc::new(Rules {
                union_branch: Some(branch),
                ..Rules::clone(rules)
            }),
            None => Arc::clone(rules),
        };
        FieldSource {
            expression: self.expression(field, path, &rules),
            rules,
        }
    }

    fn expression(&mut self, field: &SchemaField, path: String, rules: &Arc<Rules>) -> Expression {
        let name = self.mapping.name_of(&path);
        if let Some(column) = self.columns.get(name).copied() {
            self.fed[column] = true;
            self.list(field, &path, Ok(name.to_owned()));
            self.read.insert(path, (column, field.type_id));
            return Expression::Column(column);
        }
        if let Some(sources) = self.record(field, &path, rules) {
            return Expression::Record(sources);
        }
        self.unfed.push((self.table.len(), name.to_owned()));
        self.absent.push((path.clone(), field.type_id));
        if field.default.is_some() {
            self.list(field, &path, Ok("(its default)".to_owned()));
            self.defaulted.push(path);
            return Expression::Default;
        }
        if self.allows_null(field.type_id) {
            if rules.missing_null {
                self.list(field, &path, Ok("(null)".to_owned()));
                self.nulled.push(path);
                return Expression::Null;
            }
            self.nullable = true;
        }
        self.unbound = true;
        let remark = self.remark(field, &path);
        self.list(field, &path, Err(remark));
        Expression::Default
    }

    /// The sources of the record that a field holds, if there are columns named after its fields.
    fn record(&mut self, field: &SchemaField, path: &str, rules: &Arc<Rules>) -> Option<Vec<FieldSource>> {
        let inner = self
            .schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        let schema = self.schema;
        let fields = schema.fields(inner)?;
        let within = format!("{path}.");
        // The names in header and mapping are finite, so this ends even if the record contains itself.
        let is_within = |name: &String| name.starts_with(&within);
        if !self.header.iter().any(is_within) && !self.mapping.fields.keys().any(is_within) {
            return None;
        }
        Some(self.fields(fields, &within, rules))
    }

    /// The column that is read for the field named `column`, or for a record around that field.
    pub(super) fn read_elsewhere(&self, column: &str) -> Option<ReadElsewhere> {
        let dots = column.match_indices('.').map(|(dot, _)| dot);
        dots.chain([column.len()]).find_map(|end| {
            let (field, within) = column.split_at(end);
            let &(from, type_id) = self.read.get(field)?;
            absent_record::has_path(self.schema, type_id, within.strip_prefix('.')).then(|| ReadElsewhere {
                column: column.to_owned(),
                field: field.to_owned(),
                from: self.header[from].clone(),
            })
        })
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

    fn remark(&self, field: &SchemaField, path: &str) -> String {
        let inner = self
            .schema
            .nullable(field.type_id)
            .map_or(field.type_id, |(inner, _)| inner);
        match self.schema.fields(inner) {
            Some([first, ..]) => {
                let name = self.mapping.name_of(path);
                format!("no column, and none such as `{name}.{}`", first.name)
            }
            _ => "no column".to_owned(),
        }
    }

    /// Adds the column that was most likely meant to each field without one. A column used by another field was not
    /// meant.
    pub(super) fn suggest_near_columns(&mut self) {
        let unfed = self.header.iter().zip(&self.fed).rev().filter(|(_, fed)| !**fed);
        let near: HashMap<String, &String> = unfed.map(|(name, _)| (folded(name), name)).collect();
        for (row, name) in &self.unfed {
            let Some(column) = near.get(&folded(name)) else {
                continue;
            };
            let near = printable(column.as_bytes(), SHOWN);
            let source = &mut self.table[*row].2;
            *source = match &source {
                Ok(value) => Ok(format!("{value}; did you mean `{near}`?")),
                Err(_) => Err(format!("no column `{name}`; did you mean `{near}`?")),
            };
        }
    }

    fn list(&mut self, field: &SchemaField, name: &str, source: Result<String, String>) {
        let words = self.schema.describe(field.type_id).to_string();
        self.table.push((name.to_owned(), words, source));
    }
}
