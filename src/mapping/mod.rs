//! The source of each field of a record, and the rules by which it is read.
//!
//! A [`Mapping`] holds the user's choices for the fields; [`Mapping::bind_columns`] and [`Mapping::bind_keys`] bind it
//! to the header of a file, or to rows with keys, and to a schema. `encode` decides what a value means.

mod absent_record;
mod binding;
mod derive;
mod error;
mod expression;
mod file;
pub mod functions;
mod lookup;
mod near;
pub mod rules;
mod source;
mod unknown_columns;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub(crate) use binding::RootSource;
pub use binding::{Binding, ReadElsewhere};
pub use derive::Derivation;
pub(crate) use derive::{
    Constant, DerivationFault, DerivationFaultKind, Deriver, EMPTY_CELL, InputNames, KeyColumns,
    MessageColumns, computed_cell, key_needs_schema, possible_topics,
};
pub use error::{BindingError, BoundField};
pub use file::{InputFacts, MapError, MapFile};
pub(crate) use file::{KeyField, Place, Source};
pub use lookup::{LookupError, LookupTable};
pub(crate) use near::folded;
pub use near::{NearNames, near_names};
pub use rules::Rules;
pub(crate) use source::{Expression, FieldSource};

use crate::schema::{AvroSchema, Base, RegisteredSchema, TypeId};
use derive::{RawRows, Schemas};
use rules::UnionBranch;

/// The user's choices of where fields come from.
///
/// A field comes from the column or JSON key with the same name, unless another name is given. A field within a record
/// is named by its path, `instrument.symbol`.
///
/// ```
/// use k2_produce::mapping::rules::{Rules, time_zone};
/// use k2_produce::mapping::Mapping;
/// use k2_produce::schema::RegisteredSchema;
///
/// let text = r#"{"type": "record", "name": "Trade", "fields": [
///     {"name": "symbol", "type": "string"},
///     {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}"#;
/// let schema = RegisteredSchema::from_text("trades-value", text)?;
/// let sydney = Rules { time_zone: Some(time_zone("Australia/Sydney")?), ..Rules::default() };
/// let mapping = Mapping::by_name(Rules::default()).with_name("symbol", "ticker").with_rules("time", sydney);
///
/// let header = ["ticker", "time", "note"].map(str::to_owned);
/// let binding = mapping.bind_columns(&header, &schema)?;
/// assert_eq!(binding.ignored(), ["note"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    rules: Arc<Rules>,
    fields: BTreeMap<String, FieldMapping>,
    ignored_columns: Arc<BTreeSet<String>>,
    /// Expressions for fields.
    map: Option<Arc<MapFile>>,
    /// The input that expressions may refer to.
    input: InputNames,
    /// The schema of keys, for expressions for their fields.
    key_schema: Option<Arc<AvroSchema>>,
}

/// The choices for one field.
#[derive(Debug, Clone, Default)]
struct FieldMapping {
    name: Option<String>,
    rules: Option<Arc<Rules>>,
    /// The name of the branch of its union that values go to.
    union_branch: Option<String>,
}

impl Mapping {
    /// Every field comes from the column or key with the same name, and is read by `rules`.
    pub fn by_name(rules: Rules) -> Mapping {
        Mapping {
            rules: Arc::new(rules),
            fields: BTreeMap::new(),
            ignored_columns: Arc::default(),
            map: None,
            input: InputNames::default(),
            key_schema: None,
        }
    }

    /// The same with the expressions and rules of a mapping file. The rules that were chosen before win over those of
    /// the file for all fields, and those of the file for one field over these.
    pub fn with_map(mut self, map: Arc<MapFile>) -> Mapping {
        let rules = self.rules.over(&map.rules);
        for field in &map.field_rules {
            self = self.with_rules(&field.path, field.rules.over(&rules));
            let chosen = field.union_branch.as_ref().map(|(name, _)| name.clone());
            self.fields.entry(field.path.clone()).or_default().union_branch = chosen;
        }
        Mapping {
            rules: Arc::new(rules),
            map: (!map.is_empty()).then_some(map),
            ..self
        }
    }

    /// The number of entries for fields.
    pub fn entries(&self) -> usize {
        self.map.as_ref().map_or(0, |map| map.fields.len())
    }

    /// The same for keys with this schema, if any. A mapping file that has expressions for the fields of keys needs it.
    pub fn with_key_schema(mut self, schema: Option<Arc<AvroSchema>>) -> Mapping {
        self.key_schema = schema;
        self
    }

    /// The schemas of messages with this schema of values.
    fn schemas<'a>(&'a self, value: &'a RegisteredSchema) -> Schemas<'a> {
        Schemas {
            value: &value.avro,
            key: self.key_schema.as_deref(),
        }
    }

    /// The same for an input with this path; none for standard input.
    pub fn for_input(mut self, path: Option<&Path>) -> Mapping {
        self.input = InputNames::of(path);
        self
    }

    /// Whether a field is made from the name or the path of the file.
    pub fn uses_file_name(&self) -> bool {
        self.map.as_ref().is_some_and(|map| map.uses_file_name())
    }

    /// Whether an entry of the mapping file uses the number of the row or of its line.
    pub fn uses_positions(&self) -> bool {
        self.map.as_ref().is_some_and(|map| map.uses_positions())
    }

    /// Whether fields are computed.
    pub fn has_expressions(&self) -> bool {
        self.map.is_some()
    }

    /// The same, except that these columns are ignored, even if they have a field's name.
    pub fn with_ignored_columns(mut self, names: impl IntoIterator<Item = String>) -> Mapping {
        self.ignored_columns = Arc::new(names.into_iter().collect());
        self
    }

    /// The same, except that `field` comes from the column or JSON key `name`.
    pub fn with_name(mut self, field: &str, name: &str) -> Mapping {
        self.fields.entry(field.to_owned()).or_default().name = Some(name.to_owned());
        self
    }

    /// The same, except that `field` and the fields within it are read by these rules.
    pub fn with_rules(mut self, field: &str, rules: Rules) -> Mapping {
        self.fields.entry(field.to_owned()).or_default().rules = Some(Arc::new(rules));
        self
    }

    /// Binds the columns named by `header` to the fields of the schema's record, by exact name only. A schema that is
    /// not a record is bound to the only column.
    ///
    /// # Errors
    /// A duplicate name, fields with neither a column nor a default, a field of the mapping that the schema does not
    /// have, or several columns for a schema that is not a record.
    pub fn bind_columns<'s>(
        &self,
        header: &[String],
        schema: &'s RegisteredSchema,
    ) -> Result<Binding<'s>, BindingError> {
        match &self.map {
            Some(map) => self.bind_derived(map, RawRows::Columns(header), schema),
            None => binding::to_columns(self, header, schema),
        }
    }

    /// Binds the keys of JSON objects to the fields of the schema's record. A schema that is not a record is bound to
    /// the JSON value itself.
    ///
    /// # Errors
    /// A field of the mapping that the schema's record does not have.
    pub fn bind_keys<'s>(&self, schema: &'s RegisteredSchema) -> Result<Binding<'s>, BindingError> {
        match &self.map {
            Some(map) => self.bind_derived(map, RawRows::Json, schema),
            None => binding::to_keys(self, schema),
        }
    }

    /// Compiles the mapping file for a schema, without any rows: every name of a column is accepted, unless
    /// the mapping names the columns of its files.
    ///
    /// # Errors
    /// What [`Mapping::bind_columns`] reports whatever the columns are.
    pub fn check(&self, schema: &RegisteredSchema) -> Result<(), BindingError> {
        let Some(map) = &self.map else { return Ok(()) };
        let is_json = map.input.json_root().is_some() || !map.enclosing_values().is_empty();
        let known = map.input.columns().filter(|_| !is_json);
        let columns = known.or_else(|| unknown_columns::of(map));
        // A path of JSON is any name, so only a column with a number needs rows of CSV.
        let rows = match &columns {
            Some(columns) => RawRows::Columns(columns),
            None => RawRows::Json,
        };
        let (schemas, ignored) = (self.schemas(schema), &self.ignored_columns);
        let names = InputNames::unknown();
        let derivation = derive::derivation(map, rows, &names, schemas, &self.rules, ignored);
        derivation
            .map(|_| ())
            .map_err(|error| BindingError::Map(Box::new(error)))
    }

    /// The entries for `field` and its parts as they are written; none if it comes from the column or key of its name.
    pub fn written(&self, field: &str) -> Option<String> {
        let map = self.map.as_ref()?;
        let path: Vec<&str> = field.split('.').collect();
        let within = |entry: &&file::Entry| {
            let names = entry.path.iter().map(String::as_str);
            names.take(path.len()).eq(path.iter().copied())
        };
        let texts: Vec<String> = map
            .fields
            .iter()
            .filter(within)
            .map(|entry| entry.value.text())
            .collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// Binds the columns that the expressions make to the fields.
    fn bind_derived<'s>(
        &self,
        map: &MapFile,
        rows: RawRows<'_>,
        schema: &'s RegisteredSchema,
    ) -> Result<Binding<'s>, BindingError> {
        let derivation = derive::derivation(
            map,
            rows,
            &self.input,
            self.schemas(schema),
            &self.rules,
            &self.ignored_columns,
        );
        let derivation = derivation.map_err(|error| BindingError::Map(Box::new(error)))?;
        // A column that is ignored does not take a field of the same name with it.
        let mut ignored = BTreeSet::clone(&self.ignored_columns);
        for name in derivation.mapped() {
            ignored.remove(name);
        }
        let mapping = self.clone().with_ignored_columns(ignored);
        let binding = binding::to_columns(&mapping, &derivation.header(), schema)?;
        Ok(binding.with_derivation(derivation))
    }

    /// Columns that are ignored on purpose.
    pub fn ignored_columns(&self) -> &BTreeSet<String> {
        &self.ignored_columns
    }

    /// The rules of every field without rules in the mapping.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    fn own_rules(&self, field: &str) -> Option<&Arc<Rules>> {
        self.fields.get(field)?.rules.as_ref()
    }

    /// The branch that the mapping names for the union of this type that `field` has.
    fn union_branch(&self, field: &str, schema: &AvroSchema, id: TypeId) -> Option<UnionBranch> {
        let name = self.fields.get(field)?.union_branch.as_deref()?;
        let Base::Union(branches) = &schema.get(id).base else {
            return None;
        };
        let branch = branches
            .iter()
            .position(|branch| schema.branch_name(*branch) == name)?;
        Some(UnionBranch { union: id, branch })
    }

    fn name_of<'a>(&'a self, field: &'a str) -> &'a str {
        let name = self.fields.get(field).and_then(|field| field.name.as_deref());
        name.unwrap_or(field)
    }
}
