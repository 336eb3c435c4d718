//! Which derived column each entry of a mapping makes: a field, or a part of a map or an array.

use crate::mapping::file::{Entry, EntryValue, MapError, Place};
use crate::nearest::near_miss;
use crate::schema::{AvroSchema, Base, SchemaField, TypeId};

/// What the fields belong to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    Value,
    Key,
}

/// The entries for one derived column.
pub(super) struct Target<'m> {
    /// The path of the field: `instrument.symbol`.
    pub(super) field: String,
    pub(super) content: Content<'m>,
}

impl Target<'_> {
    /// The column of the file that would hold this field and others: that of the record around it, or of the map that
    /// it is a part of.
    pub(super) fn hidden(&self, is_column: impl Fn(&str) -> bool) -> Option<&str> {
        let dots = self.field.match_indices('.').map(|(dot, _)| &self.field[..dot]);
        let whole = matches!(self.content, Content::Map(_)).then_some(self.field.as_str());
        dots.chain(whole).find(|name| is_column(name))
    }

    /// Its entries as they are written.
    pub(super) fn text(&self) -> String {
        match &self.content {
            Content::Entry(entry) => entry.value.text(),
            Content::Map(parts) => {
                let parts: Vec<String> = parts.iter().map(|(_, entry)| entry.value.text()).collect();
                parts.join(", ")
            }
        }
    }

    /// Where its first entry is.
    pub(super) fn place(&self) -> Place {
        match &self.content {
            Content::Entry(entry) => entry.place.clone(),
            Content::Map(parts) => parts[0].1.place.clone(),
        }
    }
}

/// What a derived column is made of.
pub(super) enum Content<'m> {
    Entry(&'m Entry),
    /// The entries of a map, with their paths within it.
    Map(Vec<(&'m [String], &'m Entry)>),
}

/// The targets of the entries, in the order of the first of each.
///
/// # Errors
/// A field that the schema does not have, a part of a value that has none, or a field with two entries.
pub(super) fn targets<'m>(
    entries: &'m [Entry],
    schema: &AvroSchema,
    whose: Whose,
) -> Result<Vec<Target<'m>>, MapError> {
    let mut targets: Vec<Target<'m>> = Vec::new();
    for entry in entries {
        let (length, id) = field(entry, schema, whose)?;
        let name = entry.path[..length].join(".");
        let rest = &entry.path[length..];
        if rest.is_empty() {
            if let (EntryValue::Items(_), false) = (&entry.value, holds(schema, id, is_array)) {
                let words = schema.describe(id);
                let message = format!("`{name}` is {words}, which is not made from a list");
                return Err(MapError::at(entry.place.clone(), message));
            }
            let content = Content::Entry(entry);
            targets.push(Target { field: name, content });
            continue;
        }
        let known = targets.iter_mut().find(|target| target.field == name);
        match known.map(|target| &mut target.content) {
            Some(Content::Map(parts)) => parts.push((rest, entry)),
            _ => targets.push(Target {
                field: name,
                content: Content::Map(vec![(rest, entry)]),
            }),
        }
    }
    let twice = targets.iter().enumerate().find_map(|(index, target)| {
        let within = |other: &&Target<'_>| {
            let (short, long) = match other.field.len() <= target.field.len() {
                true => (&other.field, &target.field),
                false => (&target.field, &other.field),
            };
            short == long
                || long
                    .strip_prefix(short.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        targets[..index].iter().find(within).map(|other| (target, other))
    });
    match twice {
        Some((target, other)) => {
            let message = format!("`{}` already has the entry `{}`", target.field, other.field);
            Err(MapError::at(target.place(), message))
        }
        None => Ok(targets),
    }
}

fn is_array(base: &Base) -> bool {
    matches!(base, Base::Array(_))
}

/// Whether the type, or a branch of it if it is a union, is of this kind.
fn holds(schema: &AvroSchema, id: TypeId, is_kind: fn(&Base) -> bool) -> bool {
    match &schema.get(id).base {
        Base::Union(branches) => branches.iter().any(|branch| is_kind(&schema.get(*branch).base)),
        base => is_kind(base),
    }
}

/// How many names of the entry's path lead to a field, and the field's type. The names after these are keys of a map.
fn field(entry: &Entry, schema: &AvroSchema, whose: Whose) -> Result<(usize, TypeId), MapError> {
    let mut fields = schema.row_fields().unwrap_or_default();
    let last = entry.path.len() - 1;
    for (index, name) in entry.path.iter().enumerate() {
        let Some(found) = fields.iter().find(|field| field.name == *name) else {
            return Err(no_field(entry, &entry.path[..=index], fields, whose));
        };
        let id = found.type_id;
        let inner = schema.nullable(id).map_or(id, |(inner, _)| inner);
        if index == last || holds(schema, id, |base| matches!(base, Base::Map(_))) {
            return Ok((index + 1, id));
        }
        match schema.fields(inner) {
            Some(within) => fields = within,
            None => {
                let message = format!(
                    "`{}` is {}, which has no parts",
                    entry.path[..=index].join("."),
                    schema.describe(id)
                );
                return Err(MapError::at(entry.place.clone(), message));
            }
        }
    }
    unreachable!("a path has at least one name, and its last one returns")
}

fn no_field(entry: &Entry, path: &[String], fields: &[SchemaField], whose: Whose) -> MapError {
    let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    let schema = match whose {
        Whose::Value => "the schema",
        Whose::Key => "the key's schema",
    };
    let message = format!("{schema} has no field `{}`", path.join("."));
    let error = MapError::at(entry.place.clone(), message);
    let name = path.last().expect("a path has at least one name");
    match near_miss(name, &names) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("the fields are {}", names.join(", "))),
    }
}
