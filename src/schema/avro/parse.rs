//! From a schema's JSON to its types, after the Avro 1.12 specification.
//!
//! Text from a registry or a file is not trusted: its depth is bounded before anything here calls itself, and what
//! describes no value is refused. Attributes that say nothing about how a value is written are left alone, or kept for
//! those who compare schemas (aliases, an enum's default).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    AvroSchema, Base, Logical, Misplaced, SchemaField, TimeUnit, Type, TypeId, misplaced, recursion,
};
use crate::schema::nesting;
use crate::schema::printable::printable;
use crate::schema::{SchemaError, SchemaErrorKind};

/// Reads `text`, which may name the types of `references`.
pub(super) fn schema(text: &str, references: &[String]) -> Result<AvroSchema, SchemaError> {
    let mut parser = Parser::default();
    for reference in references {
        parser.document(reference)?;
    }
    let root = parser.document(text)?;
    let types = parser.types.into_iter();
    let schema = AvroSchema {
        types: types
            .map(|found| found.expect("a type is complete once its JSON is read"))
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
    /// None while a record's fields are being read: they may name it.
    types: Vec<Option<Type>>,
    named: HashMap<String, TypeId>,
    misplaced: Vec<Misplaced>,
    named_logical_types: misplaced::NamedLogicalTypes,
    /// How many records, arrays, maps and unions are around the type that is being read.
    level: usize,
}

/// Records, arrays, maps and unions within one another: nobody writes a schema that is deeper than this.
const MAX_LEVELS: usize = 64;

/// A value of a fixed has so many bytes, whatever the row says: 16 MiB, far more than a message mostly has.
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

/// The types that say more than their name.
const COMPLEX: [&str; 6] = ["record", "error", "enum", "fixed", "array", "map"];

fn is_primitive(name: &str) -> bool {
    PRIMITIVES.iter().any(|(primitive, _)| *primitive == name)
}

fn fault(why: impl AsRef<str>) -> SchemaError {
    SchemaError::new(
        SchemaErrorKind::NotAvro,
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
            other => Err(fault(format!("`{other}` is no type"))),
        }
    }

    /// Reads what a record, an array, a map or a union holds.
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
        // Where the namespace has no such name, Java's parser looks for it outside of all namespaces too.
        let full = full_name(name, namespace);
        let found = self.named.get(&full).or_else(|| self.named.get(name));
        if found.is_none() && COMPLEX.contains(&name) {
            return Err(fault(format!(
                "the type `{name}` is written as an object of its own, \"type\": {{\"type\": \"{name}\", ...}}"
            )));
        }
        found.copied().ok_or_else(|| {
            fault(format!(
                "`{full}` is neither a type of Avro nor defined before it is named"
            ))
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
                // A logical type beside the name of a defined type is not that type's own.
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
                return Err(fault("a union holds a union, and may not"));
            }
            if kinds.contains(&kind) {
                return Err(fault(format!("a union holds `{kind}` twice")));
            }
            kinds.push(kind);
            ids.push(id);
        }
        Ok(self.add(Base::Union(ids), None))
    }

    /// What a union may hold only once: a named type's name, else the base type.
    fn kind(&self, id: TypeId) -> String {
        let Some(found) = &self.types[id.0] else {
            // A record whose fields are being read.
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

    /// The full name that `object` defines, and the namespace it puts what it holds into.
    fn define(&mut self, object: &Map<String, Value>, enclosing: &str) -> Parsed<(String, String)> {
        let text = |attribute: &str| object.get(attribute).and_then(Value::as_str);
        let kind = text("type").unwrap_or_default();
        let Some(name) = text("name") else {
            return Err(fault(format!("a type `{kind}` has no `name`")));
        };
        let full = full_name(name, text("namespace").unwrap_or(enclosing));
        if !full.split('.').all(is_name) {
            return Err(fault(format!("`{full}` is no name")));
        }
        // The specification keeps these names out of all namespaces; Java and Python, and so the registries, only
        // out of the empty one, where alone they could be mistaken.
        if is_primitive(&full) {
            return Err(fault(format!("`{full}` has the name of a type of Avro")));
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
            let why = format!("the fixed `{name}` has {size} bytes, and at most {MAX_FIXED} can be written");
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
                    return Err(fault(format!("the enum `{name}`: `{symbol}` is no symbol")));
                }
                Some(symbol) if seen.insert(symbol) => symbols.push(symbol.to_owned()),
                Some(symbol) => {
                    return Err(fault(format!(
                        "the enum `{name}` has the symbol `{symbol}` twice"
                    )));
                }
                None => return Err(fault(format!("the enum `{name}`: `{symbol}` is no symbol"))),
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
        // The name is known before the fields are read: they may refer to it.
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

    /// An alias without a namespace is in that of the type's name.
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
                "the record `{record}`: `{name}` is no field's name"
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

/// A name with its namespace; one that has dots has its own.
fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.trim_start_matches('.').to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

/// The specification wants ASCII letters, digits and `_`; Java's parser, and so the registries, take every letter.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}

/// The logical type that `object` puts on `base`. One that is not known, or not valid there, counts for nothing
/// (Avro 1.12, "Logical Types").
pub(super) fn logical(object: &Map<String, Value>, base: &Base) -> Option<Logical> {
    let name = object.get("logicalType")?.as_str()?;
    let found = match (name, base) {
        ("decimal", Base::Bytes) => return decimal(object, None),
        ("decimal", Base::Fixed { size, .. }) => return decimal(object, Some(*size)),
        ("big-decimal", Base::Bytes) => Logical::BigDecimal,
        ("uuid", Base::String | Base::Fixed { size: 16, .. }) => Logical::Uuid,
        ("date", Base::Int) => Logical::Date,
        ("time-millis", Base::Int) => Logical::TimeOfDay(TimeUnit::Millis),
        ("time-micros", Base::Long) => Logical::TimeOfDay(TimeUnit::Micros),
        ("timestamp-millis", Base::Long) => Logical::Timestamp(TimeUnit::Millis),
        ("timestamp-micros", Base::Long) => Logical::Timestamp(TimeUnit::Micros),
        ("timestamp-nanos", Base::Long) => Logical::Timestamp(TimeUnit::Nanos),
        ("local-timestamp-millis", Base::Long) => Logical::LocalTimestamp(TimeUnit::Millis),
        ("local-timestamp-micros", Base::Long) => Logical::LocalTimestamp(TimeUnit::Micros),
        ("local-timestamp-nanos", Base::Long) => Logical::LocalTimestamp(TimeUnit::Nanos),
        ("duration", Base::Fixed { size: 12, .. }) => Logical::Duration,
        _ => return None,
    };
    Some(found)
}

fn decimal(object: &Map<String, Value>, size: Option<usize>) -> Option<Logical> {
    let whole = |attribute: &str| object.get(attribute)?.as_u64();
    let precision = whole("precision").filter(|precision| *precision > 0)?;
    let scale = match object.get("scale") {
        None => 0,
        Some(_) => whole("scale")?,
    };
    // A fixed of n bytes keeps floor(log10(2^(8n-1) - 1)) digits whatever their values.
    let most = size.map_or(i32::MAX as u64, |size| {
        (std::f64::consts::LOG10_2 * (8.0 * size as f64 - 1.0))
            .floor()
            .max(0.0) as u64
    });
    (scale <= precision && precision <= most).then_some(Logical::Decimal {
        precision: precision as usize,
        scale: scale as usize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> AvroSchema {
        schema(text, &[]).unwrap()
    }

    fn refused(text: &str) -> String {
        schema(text, &[]).unwrap_err().to_string()
    }

    fn field_type<'a>(schema: &'a AvroSchema, name: &str) -> &'a Type {
        let fields = schema.root_fields().unwrap();
        let field = fields.iter().find(|field| field.name == name).unwrap();
        schema.get(field.type_id)
    }

    #[test]
    fn names_are_looked_up_in_their_namespace() {
        let schema = parse(
            r#"{"type": "record", "name": "a.R", "fields": [
                {"name": "inherited", "type": {"type": "fixed", "name": "F", "size": 1}},
                {"name": "dotted", "type": {"type": "enum", "name": "b.E", "symbols": ["X"]}},
                {"name": "own", "type": {"type": "fixed", "name": "G", "namespace": "c", "size": 2}},
                {"name": "outside", "type": {"type": "fixed", "name": "H", "namespace": "", "size": 3}},
                {"name": "again", "type": ["null", "F", "b.E", "c.G", "H", "R"]}]}"#,
        );
        let Base::Union(branches) = &field_type(&schema, "again").base else {
            panic!("a union")
        };
        let names: Vec<_> = branches.iter().map(|id| schema.branch_name(*id)).collect();
        assert_eq!(names, ["null", "a.F", "b.E", "c.G", "H", "a.R"]);
    }

    #[test]
    fn an_alias_never_names_a_type() {
        let text = r#"{"type": "record", "name": "R", "fields": [
            {"name": "a", "type": {"type": "fixed", "name": "F", "aliases": ["G"], "size": 1}},
            {"name": "b", "type": "G"}]}"#;
        assert!(refused(text).contains("`G` is neither a type of Avro nor defined before"));
    }

    #[test]
    fn a_logical_type_counts_only_where_it_is_valid() {
        let table: &[(&str, Option<Logical>)] = &[
            (
                r#"{"type": "bytes", "logicalType": "decimal", "precision": 4}"#,
                Some(Logical::Decimal {
                    precision: 4,
                    scale: 0,
                }),
            ),
            (
                r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 5}"#,
                None,
            ),
            (
                r#"{"type": "bytes", "logicalType": "decimal", "precision": 0}"#,
                None,
            ),
            (
                r#"{"type": "bytes", "logicalType": "decimal", "precision": "4"}"#,
                None,
            ),
            (r#"{"type": "bytes", "logicalType": "decimal"}"#, None),
            (
                r#"{"type": "string", "logicalType": "decimal", "precision": 4}"#,
                None,
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 4}"#,
                Some(Logical::Decimal {
                    precision: 4,
                    scale: 0,
                }),
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5}"#,
                None,
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 0, "logicalType": "decimal", "precision": 1}"#,
                None,
            ),
            (
                r#"{"type": "string", "logicalType": "uuid"}"#,
                Some(Logical::Uuid),
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 16, "logicalType": "uuid"}"#,
                Some(Logical::Uuid),
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 15, "logicalType": "uuid"}"#,
                None,
            ),
            (r#"{"type": "bytes", "logicalType": "uuid"}"#, None),
            (r#"{"type": "int", "logicalType": "date"}"#, Some(Logical::Date)),
            (r#"{"type": "long", "logicalType": "date"}"#, None),
            (r#"{"type": "int", "logicalType": "timestamp-millis"}"#, None),
            (
                r#"{"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"}"#,
                Some(Logical::Duration),
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 13, "logicalType": "duration"}"#,
                None,
            ),
            (r#"{"type": "long", "logicalType": "io.vendor.time"}"#, None),
            (r#"{"type": "long", "logicalType": 5}"#, None),
        ];
        for (text, logical) in table {
            let schema = parse(text);
            assert_eq!(schema.get(schema.root()).logical, *logical, "{text}");
        }
    }

    #[test]
    fn a_logical_type_beside_a_name_is_not_the_named_types_own() {
        let schema = parse(
            r#"{"type": "record", "name": "R", "fields": [
                {"name": "a", "type": {"type": "fixed", "name": "F", "size": 12}},
                {"name": "b", "type": {"type": "F", "logicalType": "duration"}},
                {"name": "c", "type": {"type": {"type": "long", "logicalType": "timestamp-millis"}}}]}"#,
        );
        assert_eq!(field_type(&schema, "a").logical, None);
        assert_eq!(field_type(&schema, "b"), field_type(&schema, "a"));
        assert_eq!(
            field_type(&schema, "c").logical,
            Some(Logical::Timestamp(TimeUnit::Millis))
        );
    }

    #[test]
    fn what_the_specification_does_not_allow_is_refused_by_name() {
        for (text, why) in [
            (r#""strin""#, "`strin` is neither a type of Avro nor defined"),
            (
                r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "array", "items": "int"}]}"#,
                r#"the type `array` is written as an object of its own, "type": {"type": "array", ...}"#,
            ),
            ("5", "`5` is no type"),
            (r#"{"name": "x"}"#, "a type has no `type`"),
            (r#"["null", "null"]"#, "a union holds `null` twice"),
            (r#"["null", ["int"]]"#, "a union holds a union"),
            (
                r#"["int", {"type": "int", "logicalType": "date"}]"#,
                "a union holds `int` twice",
            ),
            (
                r#"[{"type": "array", "items": "int"}, {"type": "array", "items": "long"}]"#,
                "a union holds `array` twice",
            ),
            (r#"{"type": "array"}"#, "a type `array` has no `items`"),
            (r#"{"type": "map"}"#, "a type `map` has no `values`"),
            (r#"{"type": "fixed", "size": 3}"#, "a type `fixed` has no `name`"),
            (r#"{"type": "fixed", "name": "F"}"#, "the fixed `F` has no `size`"),
            (
                r#"{"type": "fixed", "name": "F", "size": -1}"#,
                "the fixed `F` has no `size`",
            ),
            (
                r#"{"type": "enum", "name": "E"}"#,
                "the enum `E` has no `symbols`",
            ),
            (
                r#"{"type": "enum", "name": "E", "symbols": ["A", "A"]}"#,
                "the symbol `A` twice",
            ),
            (
                r#"{"type": "enum", "name": "E", "symbols": ["a-b"]}"#,
                "`a-b` is no symbol",
            ),
            (
                r#"{"type": "enum", "name": "E", "symbols": [1]}"#,
                "`1` is no symbol",
            ),
            (
                r#"{"type": "record", "name": "R"}"#,
                "the record `R` has no `fields`",
            ),
            (
                r#"{"type": "record", "name": "1R", "fields": []}"#,
                "`1R` is no name",
            ),
            (
                r#"{"type": "record", "name": "string", "fields": []}"#,
                "has the name of a type of Avro",
            ),
            (
                r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]}"#,
                "has the field `a` twice",
            ),
            (
                r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "fixed", "name": "R", "size": 1}}]}"#,
                "`R` is defined twice",
            ),
            (
                r#"{"type": "record", "name": "R", "fields": [{"name": "a"}]}"#,
                "the field `a` of the record `R` has no `type`",
            ),
            (
                r#"{"type": "record", "name": "R", "fields": [{"type": "int"}]}"#,
                "a field of the record `R` has no `name`",
            ),
        ] {
            let error = refused(text);
            assert!(
                error.starts_with("not an Avro schema: ") && error.contains(why),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn types_of_other_documents_may_be_named() {
        let money =
            r#"{"type": "record", "name": "x.Money", "fields": [{"name": "amount", "type": "long"}]}"#;
        let leg = r#"{"type": "record", "name": "x.Leg", "fields": [{"name": "price", "type": "Money"}]}"#;
        let text = r#"{"type": "record", "name": "y.Trade", "fields": [{"name": "leg", "type": "x.Leg"}]}"#;
        let found = schema(text, &[money.to_owned(), leg.to_owned()]).unwrap();
        assert_eq!(found.name(found.root()), Some("y.Trade"));
        assert!(matches!(&field_type(&found, "leg").base, Base::Record { name, .. } if name == "x.Leg"));
        assert!(schema(text, &[]).is_err());
    }

    #[test]
    fn the_levels_of_a_schema_are_its_types() {
        let arrays = |count: usize| {
            let items = r#"{"type": "array", "items": "#.repeat(count);
            schema(&format!("{items}\"int\"{}", "}".repeat(count)), &[]).map_err(|error| error.to_string())
        };
        assert!(arrays(64).is_ok());
        assert_eq!(arrays(65).unwrap_err(), "nested more than 64 types deep");
        let records = |count: usize| {
            let record = |level: usize| {
                format!(r#"{{"type": "record", "name": "R{level}", "fields": [{{"name": "f", "type": "#)
            };
            let open: String = (0..count).map(record).collect();
            schema(&format!("{open}\"int\"{}", "}]}".repeat(count)), &[]).map_err(|error| error.to_string())
        };
        // Each of them takes three levels of JSON.
        assert!(records(22).is_ok() && records(42).is_ok());
        assert_eq!(
            records(43).unwrap_err(),
            "nested more than 127 levels of JSON deep"
        );
    }

    #[test]
    fn a_fixed_that_no_message_holds_is_refused_by_name() {
        let fixed = |size: usize| {
            schema(
                &format!(r#"{{"type": "fixed", "name": "a.F", "size": {size}}}"#),
                &[],
            )
        };
        assert!(fixed(16_777_216).is_ok());
        let error = fixed(2_147_483_647).unwrap_err();
        assert_eq!(error.kind(), SchemaErrorKind::TooLarge);
        assert_eq!(
            error.to_string(),
            "the fixed `a.F` has 2147483647 bytes, and at most 16777216 can be written"
        );
    }

    #[test]
    fn depth_is_bounded_and_syntax_is_named_by_place() {
        let deep = r#"{"type": "array", "items": "#.repeat(100_000);
        assert_eq!(refused(&deep), "nested more than 127 levels of JSON deep");
        let error = schema(r#"{"type": "record""#, &[]).unwrap_err();
        assert_eq!(error.kind(), SchemaErrorKind::NotJson);
        assert_eq!(
            error.to_string(),
            "not JSON: EOF while parsing an object at line 1 column 17"
        );
        assert!(refused(r#"{"type": "strin\u001bg"}"#).contains("strin\\x1bg"));
    }
}
