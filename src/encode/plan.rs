//! The schema compiled once: what the row loop needs and nothing else.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, RecordSchema, UuidSchema};

use super::decimal::DecimalShape;
use super::default::encode_default;
use super::text::Symbols;
use super::timestamp::TimeUnit;
use crate::record::binding::{Binding, FieldSource};
use crate::schema::RegisteredSchema;

/// Index of a [`Codec`] within its plan; named types may refer to one another in a circle.
pub(crate) type CodecId = usize;

/// How a value of one type is written.
#[derive(Debug)]
pub(crate) enum Codec {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    String,
    Decimal(DecimalShape),
    Uuid,
    Timestamp(TimeUnit),
    Enum(Symbols),
    Array(CodecId),
    Map(CodecId),
    Record(Vec<Field>),
    /// A union of null and one other type: the two branches' indexes and the other's codec.
    Nullable {
        null: i64,
        other: i64,
        codec: CodecId,
        branch: String,
    },
}

/// One field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) codec: CodecId,
    /// The default's datum, ready to be copied.
    pub(crate) default: Option<Box<[u8]>>,
    /// The type in words.
    pub(crate) words: String,
}

/// Which field becomes the message's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChoice {
    /// No key.
    None,
    /// The field that was asked for.
    Field(String),
    /// The field `symbol` where the schema has one, else no key.
    Default,
}

/// Why a schema cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// What is wrong.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}

/// A schema, and where its fields come from, compiled for the row loop. Shared by all encoders.
#[derive(Debug)]
pub struct Plan {
    pub(crate) codecs: Vec<Codec>,
    /// The codec of the schema's own record.
    pub(crate) root: CodecId,
    /// For CSV: where each of the record's fields comes from.
    pub(crate) sources: Vec<FieldSource>,
    /// For CSV: how many cells a row has.
    pub(crate) columns: usize,
    /// Index of the record's field that is the message's key.
    pub(crate) key: Option<usize>,
    pub(crate) header: Option<[u8; 5]>,
}

impl Plan {
    /// Compiles `schema` for rows whose columns `binding` has tied to its fields.
    ///
    /// # Errors
    /// A type that this version does not write, a default that does not fit its field, or a key field that
    /// the schema does not have.
    pub fn compile(schema: &RegisteredSchema, binding: &Binding, key: &KeyChoice) -> Result<Plan, PlanError> {
        let mut compiler = Compiler {
            codecs: Vec::new(),
            named: HashMap::new(),
        };
        let root = compiler.compile(&schema.avro, None, "")?;
        let mut plan = Plan {
            codecs: compiler.codecs,
            root,
            sources: binding.sources.clone(),
            columns: binding.columns,
            key: None,
            header: schema.id.map(|id| super::wire::registry_header(id.get())),
        };
        plan.key = plan.key_field(key)?;
        Ok(plan)
    }

    /// The name of the field that is the message's key.
    pub fn key_name(&self) -> Option<&str> {
        self.key.map(|index| self.fields()[index].name.as_str())
    }

    pub(crate) fn fields(&self) -> &[Field] {
        match &self.codecs[self.root] {
            Codec::Record(fields) => fields,
            _ => unreachable!("a registered schema is a record"),
        }
    }

    fn key_field(&self, key: &KeyChoice) -> Result<Option<usize>, PlanError> {
        let fields = self.fields();
        let find = |name: &str| fields.iter().position(|field| field.name == name);
        let (index, name) = match key {
            KeyChoice::None => return Ok(None),
            KeyChoice::Default => match find("symbol") {
                Some(index) if self.keyable(fields[index].codec) => return Ok(Some(index)),
                _ => return Ok(None),
            },
            KeyChoice::Field(name) => (find(name), name),
        };
        let Some(index) = index else {
            let names = fields
                .iter()
                .map(|field| field.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            let near = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            return Err(PlanError {
                message: format!("the schema has no field `{name}` for the key; its fields are {names}"),
                hint: Some(match near {
                    Some(near) => format!("did you mean `--key {}`?", near.name),
                    None => "name one of them with `--key`, or send null keys with `--no-key`".to_owned(),
                }),
            });
        };
        if !self.keyable(fields[index].codec) {
            return Err(PlanError {
                message: format!(
                    "the field `{name}` of type {} cannot be a key",
                    fields[index].words
                ),
                hint: Some("a key is made of text, an integer, a decimal, an enum or a UUID".to_owned()),
            });
        }
        Ok(Some(index))
    }

    fn keyable(&self, codec: CodecId) -> bool {
        match &self.codecs[codec] {
            Codec::Boolean | Codec::Int | Codec::Long | Codec::String | Codec::Uuid => true,
            Codec::Timestamp(_) | Codec::Enum(_) => true,
            // Longer ones than 128 bits hold have no short way to their text.
            Codec::Decimal(shape) => shape.precision <= 38,
            Codec::Nullable { codec, .. } => self.keyable(*codec),
            _ => false,
        }
    }
}

struct Compiler {
    codecs: Vec<Codec>,
    named: HashMap<String, CodecId>,
}

impl Compiler {
    fn add(&mut self, codec: Codec) -> CodecId {
        self.codecs.push(codec);
        self.codecs.len() - 1
    }

    fn compile(
        &mut self,
        schema: &Schema,
        namespace: Option<&str>,
        path: &str,
    ) -> Result<CodecId, PlanError> {
        let codec = match schema {
            Schema::Null => Codec::Null,
            Schema::Boolean => Codec::Boolean,
            Schema::Int => Codec::Int,
            Schema::Long => Codec::Long,
            Schema::Float => Codec::Float,
            Schema::Double => Codec::Double,
            Schema::String => Codec::String,
            Schema::TimestampMillis => Codec::Timestamp(TimeUnit::Millis),
            Schema::TimestampMicros => Codec::Timestamp(TimeUnit::Micros),
            Schema::TimestampNanos => Codec::Timestamp(TimeUnit::Nanos),
            Schema::Uuid(UuidSchema::String) => Codec::Uuid,
            Schema::Decimal(decimal) => {
                let fixed = match &decimal.inner {
                    InnerDecimalSchema::Bytes => None,
                    InnerDecimalSchema::Fixed(fixed) => Some(fixed.size),
                };
                let shape = DecimalShape {
                    precision: decimal.precision,
                    scale: decimal.scale,
                    fixed,
                };
                let id = self.add(Codec::Decimal(shape));
                if let InnerDecimalSchema::Fixed(fixed) = &decimal.inner {
                    self.named.insert(fixed.name.fullname(namespace), id);
                }
                return Ok(id);
            }
            Schema::Enum(schema) => {
                let id = self.add(Codec::Enum(Symbols::new(schema.symbols.clone())));
                self.named.insert(schema.name.fullname(namespace), id);
                return Ok(id);
            }
            Schema::Array(array) => {
                let items = self.compile(&array.items, namespace, &format!("{path}[]"))?;
                Codec::Array(items)
            }
            Schema::Map(map) => {
                let values = self.compile(&map.types, namespace, &format!("{path}{{}}"))?;
                Codec::Map(values)
            }
            Schema::Record(record) => return self.record(record, namespace, path),
            Schema::Union(union) => return self.union(union.variants(), namespace, path),
            Schema::Ref { name } => {
                let fullname = name.fullname(namespace);
                return self.named.get(&fullname).copied().ok_or_else(|| PlanError {
                    message: format!("the schema names the type `{fullname}` but does not define it"),
                    hint: None,
                });
            }
            other => return Err(unsupported(path, &type_words(other))),
        };
        Ok(self.add(codec))
    }

    fn record(
        &mut self,
        record: &RecordSchema,
        namespace: Option<&str>,
        path: &str,
    ) -> Result<CodecId, PlanError> {
        // The name is known before the fields are compiled: they may refer to it.
        let id = self.add(Codec::Record(Vec::new()));
        let fullname = record.name.fullname(namespace);
        let namespace = fullname
            .rsplit_once('.')
            .map(|(namespace, _)| namespace.to_owned());
        self.named.insert(fullname, id);
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let path = if path.is_empty() {
                field.name.clone()
            } else {
                format!("{path}.{}", field.name)
            };
            let codec = self.compile(&field.schema, namespace.as_deref(), &path)?;
            fields.push(Field {
                name: field.name.clone(),
                codec,
                default: None,
                words: type_words(&field.schema),
            });
        }
        self.codecs[id] = Codec::Record(fields);
        // A default may be of a type that was still being compiled, so they come after all fields.
        for (index, field) in record.fields.iter().enumerate() {
            let Some(default) = &field.default else { continue };
            let Codec::Record(fields) = &self.codecs[id] else {
                unreachable!("it was put there above")
            };
            let mut out = Vec::new();
            encode_default(&self.codecs, fields[index].codec, default, &mut out).map_err(|what| {
                PlanError {
                    message: format!("the default of `{}` does not fit its type: {what}", field.name),
                    hint: None,
                }
            })?;
            let Codec::Record(fields) = &mut self.codecs[id] else {
                unreachable!("it was put there above")
            };
            fields[index].default = Some(out.into());
        }
        Ok(id)
    }

    fn union(
        &mut self,
        branches: &[Schema],
        namespace: Option<&str>,
        path: &str,
    ) -> Result<CodecId, PlanError> {
        let null = branches.iter().position(|branch| matches!(branch, Schema::Null));
        match (branches, null) {
            ([_, _], Some(null)) => {
                let other = 1 - null;
                let codec = self.compile(&branches[other], namespace, path)?;
                let branch = branch_name(&branches[other], namespace);
                Ok(self.add(Codec::Nullable {
                    null: null as i64,
                    other: other as i64,
                    codec,
                    branch,
                }))
            }
            _ => {
                let words = branches.iter().map(type_words).collect::<Vec<_>>().join(", ");
                Err(unsupported(path, &format!("union of {words}")))
            }
        }
    }
}

fn unsupported(path: &str, words: &str) -> PlanError {
    PlanError {
        message: format!("the field `{path}` is of a type that this version does not write: {words}"),
        hint: None,
    }
}

/// The name by which Avro's JSON encoding knows a branch of a union.
fn branch_name(schema: &Schema, namespace: Option<&str>) -> String {
    match schema {
        Schema::Record(record) => record.name.fullname(namespace),
        Schema::Enum(schema) => schema.name.fullname(namespace),
        Schema::Fixed(fixed) => fixed.name.fullname(namespace),
        Schema::Ref { name } => name.fullname(namespace),
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Bytes => "bytes".to_owned(),
            InnerDecimalSchema::Fixed(fixed) => fixed.name.fullname(namespace),
        },
        Schema::Null => "null".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Int => "int".to_owned(),
        Schema::Float => "float".to_owned(),
        Schema::Double => "double".to_owned(),
        Schema::Uuid(_) | Schema::String => "string".to_owned(),
        Schema::Array(_) => "array".to_owned(),
        Schema::Map(_) => "map".to_owned(),
        _ => "long".to_owned(),
    }
}

/// A type in the words of the specification: `decimal(18, 6)`, `string or null`, `array of string`.
pub fn type_words(schema: &Schema) -> String {
    match schema {
        Schema::Null => "null".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Int => "int".to_owned(),
        Schema::Long => "long".to_owned(),
        Schema::Float => "float".to_owned(),
        Schema::Double => "double".to_owned(),
        Schema::Bytes => "bytes".to_owned(),
        Schema::String => "string".to_owned(),
        Schema::Array(array) => format!("array of {}", type_words(&array.items)),
        Schema::Map(map) => format!("map of {}", type_words(&map.types)),
        Schema::Union(union) => {
            let branches = union.variants();
            let mut words: Vec<_> = branches
                .iter()
                .filter(|branch| !matches!(branch, Schema::Null))
                .map(type_words)
                .collect();
            if words.len() < branches.len() {
                words.push("null".to_owned());
            }
            words.join(" or ")
        }
        Schema::Record(record) => format!("record {}", record.name.name()),
        Schema::Enum(schema) => format!("enum {}", schema.name.name()),
        Schema::Fixed(fixed) => format!("fixed({})", fixed.size),
        Schema::Decimal(decimal) => format!("decimal({}, {})", decimal.precision, decimal.scale),
        Schema::BigDecimal => "big-decimal".to_owned(),
        Schema::Uuid(_) => "uuid".to_owned(),
        Schema::Date => "date".to_owned(),
        Schema::TimeMillis => "time-millis".to_owned(),
        Schema::TimeMicros => "time-micros".to_owned(),
        Schema::TimestampMillis => "timestamp-millis".to_owned(),
        Schema::TimestampMicros => "timestamp-micros".to_owned(),
        Schema::TimestampNanos => "timestamp-nanos".to_owned(),
        Schema::LocalTimestampMillis => "local-timestamp-millis".to_owned(),
        Schema::LocalTimestampMicros => "local-timestamp-micros".to_owned(),
        Schema::LocalTimestampNanos => "local-timestamp-nanos".to_owned(),
        Schema::Duration(_) => "duration".to_owned(),
        Schema::Ref { name } => name.name().to_owned(),
    }
}
