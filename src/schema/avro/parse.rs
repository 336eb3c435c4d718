//! Parses the JSON of a schema into its types, according to the Avro 1.12 specification.
//!
//! Text from a registry or a file is not trusted: its depth is limited before any recursion here, and types without
//! values are refused. Attributes without effect on how a value is written are ignored, or kept for comparing schemas
//! (aliases, the default of an enum).

mod logical_type;

use std::collections::HashMap;

use serde_json::{Map, Value};

pub(super) use self::logical_type::logical;
use super::{AvroSchema, Base, Logical, Misplaced, SchemaField, Type, TypeId, misplaced, recursion};
use crate::schema::nesting;
use crate::schema::printable::printable;
use crate::schema::{SchemaError, SchemaErrorKind};

/// Parses `text`, which may refer to the types of `references`.
pub(super) fn schema(text: &str, references: &[String]) -> Result<AvroSchema, SchemaError> {
    let mut parser = Parser::default();
    for reference in references {
        parser.document(reference)?;
    }
    let root = parser.document(text)?;
    let types = parser.types.into_iter();
    let schema = AvroSchema {
        types: types
            .map(|found| found.expect("a type is complete after its JSON is read"))
            .collect(),
        root,
        misplaced: parser.misplaced,
    };
    match recursion::record_without_end(&schema) {
        Some(why) => Err(SchemaError::new(SchemaErrorKind::WithoutEnd, why)),
        None => Ok(schema),
    }
}

#[derive(Default)]
struct Parser {
    /// None while the fields of a record are being read, because they may refer to it.
    types: Vec<Option<Type>>,
    named: HashMap<String, TypeId>,
    misplaced: Vec<Misplaced>,
    named_logical_types: misplaced::NamedLogicalTypes,
    /// The number of records, arrays, maps and unions around the current type.
    level: usize,
}

/// The maximum depth of records, arrays, maps and unions; no real schema is deeper.
const MAX_LEVELS: usize = 64;

/// The maximum size of a fixed, which every value has regardless of the row: 16 MiB, far more than most messages.
const MAX_FIXED: usize = 16 << 20;

fn too_deep(limit: String) -> SchemaError {
    SchemaError::new(SchemaErrorKind::TooDeep, format!("nested more than {limit} deep"))
}

type Parsed<T = TypeId> = Result<T, SchemaError>;

/// The names of the types that need no definition.
pub(super) const PRIMITIVES: [(&str, Base); 8] = [
    ("null", Base::Null),
    ("boolean", Base::Boolean),
    ("int", Base::Int),
    ("long", Base::Long),
    ("float", Base::Float),
    ("double", Base::Double),
    ("bytes", Base::Bytes),
    ("string", Base::String),
];

/// The types that consist of more than their name.
const COMPLEX: [&str; 6] = ["record", "error", "enum", "fixed", "array", "map"];

fn is_primitive(name: &str) -> bool {
    PRIMITIVES.iter().any(|(primitive, _)| *primitive == name)
}

fn fault(why: impl AsRef<str>) -> SchemaError {
    fault_of(SchemaErrorKind::NotAvro, why)
}

fn fault_of(kind: SchemaErrorKind, why: impl AsRef<str>) -> SchemaError {
    SchemaError::new(
        kind,
        format!("not an Avro schema: {}", printable(why.as_ref(), 300)),
    )
}

impl Parser {
    fn document(&mut self, text: &str) -> Parsed {
        if nesting::is_too_deep(text) {
            return Err(too_deep(format!("{} levels of JSON", nesting::MAX_LEVELS)));
        }
        let json: Value = serde_json::from_str(text).map_err(|error| SchemaError::not_json(&error))?;
        let root = self.schema(&json, "")?;
        let found = misplaced::find(&json, &mut self.named_logical_types);
        self.misplaced.extend(found);
        Ok(root)
    }

    fn add(&mut self, base: Base, logical: Option<Logical>) -> TypeId {
        self.types.push(Some(Type {
            base,
            logical,
            aliases: Vec::new(),
        }));
        TypeId(self.types.len() - 1)
    }

    fn schema(&mut self, json: &Value, namespace: &str) -> Parsed {
        match json {
            Value::String(name) => self.named(name, namespace),
            Value::Array(branches) => self.union(branches, namespace),
            Value::Object(object) => self.object(object, namespace),
            other => Err(fault(format!("`{other}` is not a type"))),
        }
    }

    /// Reads the content of a record, an array, a map or a union.
    fn within<T>(&mut self, read: impl FnOnce(&mut Parser) -> Parsed<T>) -> Parsed<T> {
        if self.level == MAX_LEVELS {
            return Err(too_deep(format!("{MAX_LEVELS} types")));
        }
        self.level += 1;
        let parsed = read(self);
        self.level -= 1;
        parsed
    }

    fn named(&mut self, name: &str, namespace: &str) -> Parsed {
        if let Some((_, base)) = PRIMITIVES.iter().find(|(primitive, _)| *primitive == name) {
            return Ok(self.add(base.clone(), None));
        }
        // If the namespace has no such name, Java's parser looks for it in the empty namespace too.
        let full = full_name(name, namespace);
        let found = self.named.get(&full).or_else(|| self.named.get(name));
        if found.is_none() && COMPLEX.contains(&name) {
            return Err(fault(format!(
                "the type `{name}` must be an object, \"type\": {{\"type\": \"{name}\", ...}}"
            )));
        }
        found.copied().ok_or_else(|| {
            fault_of(
                SchemaErrorKind::UndefinedType,
                format!("`{full}` is neither an Avro type nor defined before its use"),
            )
        })
    }

    fn object(&mut self, object: &Map<String, Value>, namespace: &str) -> Parsed {
        let kind = match object.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(inner) => return self.schema(inner, namespace),
            None => return Err(fault("a type has no `type`")),
        };
        match kind {
            "record" | "error" => self.record(object, namespace),
            "enum" => self.enumeration(object, namespace),
            "fixed" => self.fixed(object, namespace),
            "array" => {
                let items = self.inner(object, "array", "items", namespace)?;
                Ok(self.add(Base::Array(items), None))
            }
            "map" => {
                let values = self.inner(object, "map", "values", namespace)?;
                Ok(self.add(Base::Map(values), None))
            }
            name => {
                let id = self.named(name, namespace)?;
                // A logical type beside the name of a defined type does not belong to that type.
                if is_primitive(name)
                    && let Some(found) = &mut self.types[id.0]
                {
                    found.logical = logical(object, &found.base);
                }
                Ok(id)
            }
        }
    }

    fn inner(&mut self, object: &Map<String, Value>, kind: &str, attribute: &str, namespace: &str) -> Parsed {
        match object.get(attribute) {
            Some(inner) => self.within(|parser| parser.schema(inner, namespace)),
            None => Err(fault(format!("a type `{kind}` has no `{attribute}`"))),
        }
    }

    fn union(&mut self, branches: &[Value], namespace: &str) -> Parsed {
        let mut ids: Vec<TypeId> = Vec::with_capacity(branches.len());
        let mut kinds: Vec<String> = Vec::with_capacity(branches.len());
        for branch in branches {
            let id = self.within(|parser| parser.schema(branch, namespace))?;
            let kind = self.kind(id);
            if kind == "union" {
                return Err(fault("a union must not contain a union"));
            }
            if kinds.contains(&kind) {
                return Err(fault(format!("a union contains `{kind}` twice")));
            }
            kinds.push(kind);
            ids.push(id);
        }
        Ok(self.add(Base::Union(ids), None))
    }

    /// What may occur only once in a union: the name of a named type, otherwise the base type.
    fn kind(&self, id: TypeId) -> String {
        let Some(found) = &self.types[id.0] else {
            // A record of which the fields are being read.
            let name = self.named.iter().find(|(_, named)| **named == id);
            return name.map_or_else(String::new, |(name, _)| name.clone());
        };
        match &found.base {
            Base::Fixed { name, .. } | Base::Enum { name, .. } | Base::Record { name, .. } => name.clone(),
            Base::Array(_) => "array".to_owned(),
            Base::Map(_) => "map".to_owned(),
            Base::Union(_) => "union".to_owned(),
            base => PRIMITIVES
                .iter()
                .find(|(_, primitive)| primitive == base)
                .map_or_else(String::new, |(name, _)| (*name).to_owned()),
        }
    }

    /// The full name that `object` defines, and the namespace for the names within it.
    fn define(&mut self, object: &Map<String, Value>, enclosing: &str) -> Parsed<(String, String)> {
        let text = |attribute: &str| object.get(attribute).and_then(Value::as_str);
        let kind = text("type").unwrap_or_default();
        let Some(name) = text("name") else {
            return Err(fault(format!("a type `{kind}` has no `name`")));
        };
        let full = full_name(name, text("namespace").unwrap_or(enclosing));
        if !full.split('.').all(is_name) {
            return Err(fault(format!("`{full}` is not a valid name")));
        }
        // The specification forbids these names in all namespaces; Java and Python, and thus the registries, only in
        // the empty one, where they would be ambiguous.
        if is_primitive(&full) {
            return Err(fault(format!("`{full}` is the name of an Avro type")));
        }
        if self.named.contains_key(&full) {
            return Err(fault(format!("`{full}` is defined twice")));
        }
        let namespace = full
            .rsplit_once('.')
            .map_or("", |(namespace, _)| namespace)
            .to_owned();
        Ok((full, namespace))
    }

    fn fixed(&mut self, object: &Map<String, Value>, namespace: &str) -> Parsed {
        let (name, _) = self.define(object, namespace)?;
        let size = object.get("size").and_then(Value::as_u64);
        let size = size.and_then(|size| u32::try_from(size).ok());
        let Some(size) = size else {
            return Err(fault(format!("the fixed `{name}` has no `size` in bytes")));
        };
        let size = size as usize;
        if size > MAX_FIXED {
            let why = format!("the fixed `{name}` has {size} bytes, but at most {MAX_FIXED} can be written");
            return Err(SchemaError::new(SchemaErrorKind::TooLarge, printable(&why, 300)));
        }
        let base = Base::Fixed {
            name: name.clone(),
            size,
        };
        let logical = logical(object, &base);
        let id = self.add(base, logical);
        self.add_aliases(id, object, &name);
        self.named.insert(name, id);
        Ok(id)
    }

    fn enumeration(&mut self, object: &Map<String, Value>, namespace: &str) -> Parsed {
        let (name, _) = self.define(object, namespace)?;
        let listed = object.get("symbols").and_then(Value::as_array);
        let listed = listed.ok_or_else(|| fault(format!("the enum `{name}` has no `symbols`")))?;
        let mut symbols = Vec::with_capacity(listed.len());
        let mut seen = std::collections::HashSet::with_capacity(listed.len());
        for symbol in listed {
            match symbol.as_str() {
                Some(symbol) if !is_name(symbol) => {
                    return Err(fault(format!(
                        "the enum `{name}`: `{symbol}` is not a valid symbol"
                    )));
                }
                Some(symbol) if seen.insert(symbol) => symbols.push(symbol.to_owned()),
                Some(symbol) => {
                    return Err(fault(format!(
                        "the enum `{name}` has the symbol `{symbol}` twice"
                    )));
                }
                None => {
                    return Err(fault(format!(
                        "the enum `{name}`: `{symbol}` is not a valid symbol"
                    )));
                }
            }
        }
        let id = self.add(
            Base::Enum {
                name: name.clone(),
                symbols,
                default: object.get("default").and_then(Value::as_str).map(str::to_owned),
            },
            None,
        );
        self.add_aliases(id, object, &name);
        self.named.insert(name, id);
        Ok(id)
    }

    fn record(&mut self, object: &Map<String, Value>, enclosing: &str) -> Parsed {
        let (name, namespace) = self.define(object, enclosing)?;
        // The name is defined before the fields are read, because they may refer to it.
        self.types.push(None);
        let id = TypeId(self.types.len() - 1);
        self.named.insert(name.clone(), id);
        let listed = object.get("fields").and_then(Value::as_array);
        let listed = listed.ok_or_else(|| fault(format!("the record `{name}` has no `fields`")))?;
        let mut fields: Vec<SchemaField> = Vec::with_capacity(listed.len());
        let mut seen = std::collections::HashSet::with_capacity(listed.len());
        for json in listed {
            let field = self.within(|parser| parser.field(json, &name, &namespace))?;
            if !seen.insert(field.name.clone()) {
                return Err(fault(format!(
                    "the record `{name}` has the field `{}` twice",
                    field.name
                )));
            }
            fields.push(field);
        }
        self.types[id.0] = Some(Type {
            base: Base::Record {
                name: name.clone(),
                fields,
            },
            logical: None,
            aliases: Vec::new(),
        });
        self.add_aliases(id, object, &name);
        Ok(id)
    }

    /// An alias without a namespace is in the namespace of the type.
    fn add_aliases(&mut self, id: TypeId, object: &Map<String, Value>, name: &str) {
        let namespace = name.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        if let Some(found) = &mut self.types[id.0] {
            found.aliases = aliases(object).map(|alias| full_name(alias, namespace)).collect();
        }
    }

    fn field(&mut self, json: &Value, record: &str, namespace: &str) -> Parsed<SchemaField> {
        let name = json.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| fault(format!("a field of the record `{record}` has no `name`")))?;
        if !is_name(name) {
            return Err(fault(format!(
                "the record `{record}`: `{name}` is not a valid field name"
            )));
        }
        let written = json.get("type");
        let written = written.ok_or_else(|| {
            fault(format!(
                "the field `{name}` of the record `{record}` has no `type`"
            ))
        })?;
        Ok(SchemaField {
            name: name.to_owned(),
            type_id: self.schema(written, namespace)?,
            default: json.get("default").cloned(),
            doc: json.get("doc").and_then(Value::as_str).map(str::to_owned),
            aliases: json
                .as_object()
                .into_iter()
                .flat_map(aliases)
                .map(str::to_owned)
                .collect(),
        })
    }
}

fn aliases(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let listed = object.get("aliases").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str)
}

/// A name with its namespace; a name with dots includes its namespace.
fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.trim_start_matches('.').to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

/// The specification requires ASCII letters, digits and `_`; Java's parser, and so the registries, accept any letter.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests;
