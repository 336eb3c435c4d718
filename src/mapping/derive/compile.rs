//! Mapping and schema -> derivation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;

use super::json_text::put_string;
use super::message::MessageParts;
use super::node::Node;
use super::paths::PathTree;
use super::targets::{Content, Target, Whose, targets};
use super::{CellSource, Derivation, DerivedColumn, JsonValue, Layout};
use crate::mapping::expression::{Expr, PathStep, SourcePath};
use crate::mapping::file::{EntryValue, FieldRules, MapError, MapFile, Written};
use crate::mapping::rules::{Rules, UnknownKeys};
use crate::schema::{AvroSchema, Base, SchemaField, TypeId};

/// The rows that a mapping is compiled for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RawRows<'a> {
    /// CSV with these columns.
    Columns(&'a [String]),
    Json,
    /// Rows of which nothing is known yet.
    Unknown,
}

/// The names of an input that expressions can use; none for standard input, and for names that are not UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InputNames {
    /// The name of the file without its folder.
    pub(super) file_name: Option<String>,
    /// The path as it was given.
    pub(super) file_path: Option<String>,
    /// Whether there is no input yet.
    pub(super) is_unknown: bool,
}

impl InputNames {
    pub(crate) fn of(path: Option<&Path>) -> InputNames {
        let text = |name: &OsStr| name.to_str().map(str::to_owned);
        InputNames {
            file_name: path.and_then(Path::file_name).and_then(text),
            file_path: path.map(Path::as_os_str).and_then(text),
            is_unknown: false,
        }
    }

    /// Those of an input that is not there yet.
    pub(crate) fn unknown() -> InputNames {
        InputNames {
            is_unknown: true,
            ..InputNames::default()
        }
    }
}

/// The schemas of the parts of messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schemas<'a> {
    pub(crate) value: &'a AvroSchema,
    /// That of keys, if they have one.
    pub(crate) key: Option<&'a AvroSchema>,
}

/// Compiles `map` for rows of this layout and the schemas of messages.
///
/// # Errors
/// A field or a column that is not there, a function that cannot be used like this, or an expression that has no value
/// for any row.
pub(crate) fn derivation(
    map: &MapFile,
    rows: RawRows<'_>,
    names: &InputNames,
    schemas: Schemas<'_>,
    rules: &Rules,
    ignored_columns: &BTreeSet<String>,
) -> Result<Derivation, MapError> {
    let schema = schemas.value;
    let targets = targets(&map.fields, schema, Whose::Value)?;
    for rules in &map.field_rules {
        check_rules(rules, schema)?;
    }
    for (path, place) in &map.omit_empty {
        let is_map = targets
            .iter()
            .any(|target| target.field == *path && matches!(target.content, Content::Map(_)));
        // An entry of the command line can replace the parts of the file.
        let is_replaced = targets
            .iter()
            .any(|target| target.place().is_option() && is_within(path, &target.field));
        if !is_map && !is_replaced {
            let message =
                format!("`{path}` is not a map that is made from parts, so it has no empty values to omit");
            return Err(MapError::at(place.clone(), message));
        }
    }
    let mut compiler = Compiler::new(map, rows, names);
    compiler.schema = Some(schema);
    let mut columns = Vec::new();
    for target in &targets {
        columns.push(DerivedColumn {
            name: target.field.clone(),
            source: compiler.target(target, map)?,
            null_tokens: null_tokens(map, &target.field, rules),
        });
    }
    compiler.own_null_tokens = own_null_tokens(map, rows, &columns);
    let mut condition = |written: &Option<Written<Expr>>| {
        let written = written.as_ref();
        written
            .map(|written| compiler.written_condition(written))
            .transpose()
    };
    let filter = condition(&map.filter)?;
    let tombstone = condition(&map.tombstone)?;
    let parts = MessageParts::compile(&mut compiler, map, &rules.null_tokens, schemas.key)?;
    match rows {
        RawRows::Columns(header) => {
            let is_column =
                |name: &str| header.iter().any(|column| column == name) && !ignored_columns.contains(name);
            if let Some((target, column)) = targets
                .iter()
                .find_map(|target| Some((target, target.hidden(is_column)?)))
            {
                let message = format!("the column `{column}` of the file holds the whole field too");
                return Err(MapError::at(target.place(), message)
                    .with_hint("ignore the column with `--ignore-column`, or remove the entry"));
            }
            let mapped: HashSet<&str> = targets.iter().map(|target| target.field.as_str()).collect();
            for (index, name) in header.iter().enumerate() {
                let is_field = is_field(schema, name) || schemas.key.is_some_and(|key| is_field(key, name));
                if mapped.contains(name.as_str()) || (compiler.used.contains(&index) && !is_field) {
                    continue;
                }
                columns.push(DerivedColumn {
                    name: name.clone(),
                    source: CellSource::Column(index),
                    null_tokens: Vec::new(),
                });
            }
        }
        RawRows::Json | RawRows::Unknown => {
            let fields = schema.row_fields().unwrap_or_default();
            compiler.keys_by_name(schema, fields, &mut Vec::new(), &targets, &mut columns);
        }
    }
    let of_value = columns.len();
    let message = parts.append_to(&mut columns);
    Ok(Derivation {
        of_value,
        message,
        counts_rows: compiler.counts_rows,
        layout: match rows {
            RawRows::Columns(header) => Layout::Cells(header.len()),
            RawRows::Json | RawRows::Unknown => Layout::Json(compiler.tree),
        },
        mapped: targets.len(),
        columns,
        null_tokens: rules.null_tokens.clone(),
        unknown_keys: match rules.unknown_keys {
            UnknownKeys::Reject => UnknownKeys::Reject,
            UnknownKeys::Drop | UnknownKeys::Overlook => UnknownKeys::Drop,
        },
        filter,
        tombstone,
    })
}

/// Whether the field with this path is `field` or within it.
pub(super) fn is_within(path: &str, field: &str) -> bool {
    path.strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// # Errors
/// The schema has no such field, or the branch that the rules name cannot be the one for all of its values.
fn check_rules(rules: &FieldRules, schema: &AvroSchema) -> Result<(), MapError> {
    let path = &rules.path;
    let Some(id) = field_type(schema, path) else {
        let message = format!("the schema has no field `{path}`");
        return Err(MapError::at(rules.place.clone(), message));
    };
    let Some((branch, place)) = &rules.union_branch else {
        return Ok(());
    };
    let refused = |message: String| MapError::at(place.clone(), message);
    let Base::Union(branches) = &schema.get(id).base else {
        return Err(refused(format!(
            "`{path}` is {}, not a union",
            schema.describe(id)
        )));
    };
    let names: Vec<&str> = branches
        .iter()
        .filter(|branch| schema.get(**branch).base != Base::Null)
        .map(|branch| schema.branch_name(*branch))
        .collect();
    let hint = format!("name one of {}", names.join(", "));
    match &**branch {
        "null" => Err(refused(format!("`{path}` cannot be null in every row")).with_hint(hint)),
        name if names.contains(&name) => Ok(()),
        unknown => Err(refused(format!("the union of `{path}` has no branch `{unknown}`")).with_hint(hint)),
    }
}

/// The texts that mean a missing value in the expression of `field`.
fn null_tokens(map: &MapFile, field: &str, rules: &Rules) -> Vec<Vec<u8>> {
    let own = map
        .field_rules
        .iter()
        .find(|rules| rules.path == field && !rules.rules.null_tokens.is_empty());
    own.map_or(rules, |own| &own.rules).null_tokens.clone()
}

/// The null tokens of each column that a field with its own ones is made from alone. They count in the condition, which
/// would otherwise see a value where the field has none.
fn own_null_tokens(
    map: &MapFile,
    rows: RawRows<'_>,
    mapped: &[DerivedColumn],
) -> HashMap<usize, Box<[Vec<u8>]>> {
    let mut own: HashMap<usize, Vec<Vec<u8>>> = HashMap::new();
    let header = match rows {
        RawRows::Columns(header) => header,
        RawRows::Json | RawRows::Unknown => &[],
    };
    for FieldRules { path, rules, .. } in &map.field_rules {
        let column = match mapped.iter().find(|column| column.name == *path) {
            Some(column) => column.source.only_column(),
            None => header.iter().position(|name| name == path),
        };
        if let (Some(column), false) = (column, rules.null_tokens.is_empty()) {
            own.entry(column)
                .or_default()
                .extend_from_slice(&rules.null_tokens);
        }
    }
    own.into_iter()
        .map(|(column, tokens)| (column, tokens.into()))
        .collect()
}

/// Whether a column of this name is read by a field.
pub(super) fn is_field(schema: &AvroSchema, name: &str) -> bool {
    field_type(schema, name).is_some()
}

/// The type of the field with this path.
fn field_type(schema: &AvroSchema, path: &str) -> Option<TypeId> {
    let mut fields = schema.row_fields().unwrap_or_default();
    let mut found = None;
    for name in path.split('.') {
        let id = fields.iter().find(|field| field.name == name)?.type_id;
        fields = schema
            .fields(schema.nullable(id).map_or(id, |(inner, _)| inner))
            .unwrap_or_default();
        found = Some(id);
    }
    found
}

pub(super) struct Compiler<'a> {
    pub(super) map: &'a MapFile,
    pub(super) rows: RawRows<'a>,
    pub(super) names: &'a InputNames,
    pub(super) tree: PathTree,
    /// The columns that expressions read.
    pub(super) used: HashSet<usize>,
    /// The texts that mean a missing value in a column, where they are not those of all columns.
    own_null_tokens: HashMap<usize, Box<[Vec<u8>]>>,
    /// Whether an expression needs the number of the row.
    pub(super) counts_rows: bool,
    /// The schema of the values, if it is known.
    pub(super) schema: Option<&'a AvroSchema>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(map: &'a MapFile, rows: RawRows<'a>, names: &'a InputNames) -> Compiler<'a> {
        Compiler {
            map,
            rows,
            names,
            tree: PathTree::default(),
            used: HashSet::new(),
            own_null_tokens: HashMap::new(),
            counts_rows: false,
            schema: None,
        }
    }

    /// A column that an expression reads.
    pub(super) fn column(&mut self, column: usize) -> Node {
        self.used.insert(column);
        match self.own_null_tokens.get(&column) {
            Some(tokens) => Node::ColumnWithout(column, tokens.clone()),
            None => Node::Column(column),
        }
    }

    pub(super) fn target(&mut self, target: &Target<'_>, map: &MapFile) -> Result<CellSource, MapError> {
        match &target.content {
            Content::Entry(entry) => match &entry.value {
                EntryValue::Expression(written) => self.cell(written),
                items @ EntryValue::Items(_) => Ok(CellSource::Json(self.json(items)?)),
            },
            Content::Map(parts) => {
                let parts: Vec<(&[String], &EntryValue)> =
                    parts.iter().map(|(path, entry)| (*path, &entry.value)).collect();
                let omits_empty = map.omits_empty(&target.field);
                Ok(CellSource::Json(self.object(&parts, omits_empty)?))
            }
        }
    }

    /// A source alone is passed through; JSON keeps its type.
    fn cell(&mut self, written: &Written<Expr>) -> Result<CellSource, MapError> {
        let node = self.written(written)?;
        Ok(match node {
            Node::Column(column) => CellSource::Column(column),
            Node::Slot(slot) => CellSource::Slot(slot),
            node => CellSource::Computed {
                node,
                text: written.text.trim().to_owned(),
                place: written.place.clone(),
            },
        })
    }

    fn json(&mut self, value: &EntryValue) -> Result<JsonValue, MapError> {
        Ok(match value {
            EntryValue::Expression(written) => match self.written(written)? {
                Node::Slot(slot) => JsonValue::Slot(slot),
                node => JsonValue::Text(node),
            },
            EntryValue::Items(items) => {
                let items = items.iter().map(|item| self.json(item));
                JsonValue::Array(items.collect::<Result<_, _>>()?)
            }
        })
    }

    /// The object with these parts: those with a longer path are in objects within it.
    fn object(
        &mut self,
        parts: &[(&[String], &EntryValue)],
        omits_empty: bool,
    ) -> Result<JsonValue, MapError> {
        let mut entries = Vec::new();
        let mut done: Vec<&str> = Vec::new();
        for (path, value) in parts {
            let name = path[0].as_str();
            if done.contains(&name) {
                continue;
            }
            done.push(name);
            let value = match path.len() {
                1 => self.json(value)?,
                _ => {
                    let within = parts.iter().filter(|(path, _)| path[0] == name && path.len() > 1);
                    let within: Vec<_> = within.map(|(path, value)| (&path[1..], *value)).collect();
                    self.object(&within, omits_empty)?
                }
            };
            let mut key = Vec::new();
            put_string(name.as_bytes(), &mut key);
            key.push(b':');
            entries.push((key.into(), value));
        }
        Ok(JsonValue::Object { entries, omits_empty })
    }

    /// JSON keys for the fields without an entry.
    pub(super) fn keys_by_name(
        &mut self,
        schema: &AvroSchema,
        fields: &[SchemaField],
        path: &mut Vec<PathStep>,
        targets: &[Target<'_>],
        columns: &mut Vec<DerivedColumn>,
    ) {
        for field in fields {
            path.push(PathStep::Name(field.name.clone()));
            let source = SourcePath { steps: path.clone() };
            let name = source.to_string();
            let within = format!("{name}.");
            if targets.iter().any(|target| target.field == name) {
                // Its entry wins over a key with its name, as over a column.
                self.tree.accept(&source);
            } else if targets.iter().any(|target| target.field.starts_with(&within)) {
                let id = field.type_id;
                let inner = schema.nullable(id).map_or(id, |(inner, _)| inner);
                let fields = schema.fields(inner).unwrap_or_default();
                self.keys_by_name(schema, fields, path, targets, columns);
            } else {
                let slot = self.tree.slot(&source);
                columns.push(DerivedColumn {
                    name,
                    source: CellSource::Slot(slot),
                    null_tokens: Vec::new(),
                });
            }
            path.pop();
        }
    }
}
