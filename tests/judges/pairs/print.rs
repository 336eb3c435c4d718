//! Writes the JSON of a schema in one of many equivalent ways: names with and without their namespace, attributes in any
//! order, and aliases, docs and custom properties, which a writer ignores.

use crate::random::Random;
use serde_json::{Map, Value as Json, json};

use super::expected::default_json;
use super::schema::{FixedLogical, NamedId, Schema, Shape, Type, base_name};

/// The schema's JSON on one line.
pub(crate) fn print(schema: &Schema, random: &mut Random) -> String {
    let mut printer = Printer {
        schema,
        random,
        defined: vec![false; schema.named.len()],
    };
    printer.named(0, "").to_string()
}

struct Printer<'a> {
    schema: &'a Schema,
    random: &'a mut Random,
    defined: Vec<bool>,
}

impl Printer<'_> {
    fn print(&mut self, kind: &Type, enclosing: &str) -> Json {
        let object = match kind {
            Type::Named(id) => return self.named(*id, enclosing),
            Type::Union(branches) => {
                return branches
                    .iter()
                    .map(|branch| self.print(branch, enclosing))
                    .collect();
            }
            Type::Array(items) => json!({"type": "array", "items": self.print(items, enclosing)}),
            Type::Map(values) => json!({"type": "map", "values": self.print(values, enclosing)}),
            scalar => match logical(scalar) {
                Some(logical) => logical,
                // Either only the type's name, or an object with the name.
                None if !self.random.one_in(8) => return base_name(scalar).into(),
                None => json!({"type": base_name(scalar)}),
            },
        };
        self.finish(object, false)
    }

    fn named(&mut self, id: NamedId, enclosing: &str) -> Json {
        let schema = self.schema;
        let named = &schema.named[id];
        if self.defined[id] {
            // Java looks up a short name without a namespace first, contrary to the specification.
            let is_unambiguous = schema
                .named
                .iter()
                .all(|other| !other.namespace.is_empty() || other.name != named.name);
            let near = named.namespace == enclosing
                && (enclosing.is_empty() || is_unambiguous)
                && self.random.bool();
            return if near {
                named.name.clone()
            } else {
                named.full_name()
            }
            .into();
        }
        self.defined[id] = true;
        let mut object = self.name(id, enclosing);
        match &named.shape {
            Shape::Record(fields) => {
                object["type"] = "record".into();
                object["fields"] = fields
                    .iter()
                    .map(|field| {
                        let mut one = json!({"name": field.name});
                        one["type"] = self.print(&field.kind, &named.namespace);
                        if let Some(default) = &field.default {
                            one["default"] = default_json(schema, &field.kind, default);
                        }
                        if self.random.one_in(8) {
                            one["order"] = self.random.one_of(&["ascending", "descending", "ignore"]).into();
                        }
                        if self.random.one_in(8) {
                            one["aliases"] = json!([format!("was_{}", field.name)]);
                        }
                        self.finish(one, true)
                    })
                    .collect();
            }
            Shape::Enum(symbols) => {
                object["type"] = "enum".into();
                object["symbols"] = symbols.iter().map(String::as_str).collect();
                if self.random.one_in(3) {
                    let default = self.random.usize(..symbols.len());
                    object["default"] = symbols[default].as_str().into();
                }
            }
            Shape::Fixed { size, logical } => {
                object["type"] = "fixed".into();
                object["size"] = (*size).into();
                match logical {
                    FixedLogical::None => {}
                    FixedLogical::Decimal { precision, scale } => {
                        object["logicalType"] = "decimal".into();
                        object["precision"] = (*precision).into();
                        object["scale"] = (*scale).into();
                    }
                    FixedLogical::Uuid => object["logicalType"] = "uuid".into(),
                    FixedLogical::Duration => object["logicalType"] = "duration".into(),
                    FixedLogical::Unknown => object["logicalType"] = "k2-checksum".into(),
                }
            }
        }
        if self.random.one_in(8) {
            object["aliases"] = json!([format!("Old{}", named.name), format!("elsewhere.{}", named.name)]);
        }
        self.finish(object, true)
    }

    /// One of the ways to write a name and its namespace.
    fn name(&mut self, id: NamedId, enclosing: &str) -> Json {
        let named = &self.schema.named[id];
        let inherited = named.namespace == enclosing;
        match self.random.u32(..3) {
            0 if inherited => json!({"name": named.name}),
            1 if !named.namespace.is_empty() => {
                let mut object = json!({"name": named.full_name()});
                if self.random.bool() {
                    // A name with dots includes its namespace, so this one is ignored.
                    object["namespace"] = "not.this.one".into();
                }
                object
            }
            _ => json!({"name": named.name, "namespace": named.namespace}),
        }
    }

    /// Adds attributes that a writer ignores, and shuffles all attributes.
    fn finish(&mut self, mut object: Json, documented: bool) -> Json {
        if documented && self.random.one_in(6) {
            object["doc"] = "what \"it\" is: é, 🚀, \\ and\nmore".into();
        }
        if self.random.one_in(10) {
            object["k2.unit"] = json!({"type": "record", "logicalType": "none", "at": [1, null, 2.5]});
        }
        let Json::Object(attributes) = object else {
            unreachable!("only objects are finished")
        };
        let mut attributes: Vec<_> = attributes.into_iter().collect();
        if self.random.bool() {
            self.random.shuffle(&mut attributes);
        }
        Json::Object(Map::from_iter(attributes))
    }
}

/// The JSON of a scalar with a logical type.
fn logical(kind: &Type) -> Option<Json> {
    let logical = match kind {
        Type::Decimal { precision, scale } => {
            let mut object = json!({"type": "bytes", "logicalType": "decimal", "precision": precision});
            // The default scale is 0.
            if *scale > 0 || precision % 2 == 0 {
                object["scale"] = (*scale).into();
            }
            return Some(object);
        }
        Type::BigDecimal => "big-decimal".to_owned(),
        Type::Uuid => "uuid".to_owned(),
        Type::Date => "date".to_owned(),
        Type::TimeMillis => "time-millis".to_owned(),
        Type::TimeMicros => "time-micros".to_owned(),
        Type::Timestamp(unit) => format!("timestamp-{}", unit.name()),
        Type::LocalTimestamp(unit) => format!("local-timestamp-{}", unit.name()),
        Type::Unknown { logical, .. } => (*logical).to_owned(),
        _ => return None,
    };
    Some(json!({"type": base_name(kind), "logicalType": logical}))
}
