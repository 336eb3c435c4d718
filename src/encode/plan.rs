//! The schema compiled once: what the row loop needs and nothing else.

use super::decimal::DecimalShape;
use super::default::{self, Datum};
use super::key::{KeyPlan, Template, key_plan, template};
use super::rules::{Rules, UnknownKeys};
use super::text::Symbols;
use super::union::Union;
use super::watch::{Slot, Slots, Watch};
use super::wire::{put_long, registry_header};
use crate::mapping::binding::{Binding, BindingRules, FieldSource, bind};
use crate::schema::{AvroSchema, Base, Logical, RegisteredSchema, SchemaField, TimeUnit, Type, TypeId};

/// Index of a [`Codec`] within its plan: that of its type within the schema.
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
    Bytes,
    String,
    Fixed(usize),
    Decimal(DecimalShape),
    BigDecimal,
    /// As text.
    Uuid,
    /// As 16 bytes.
    UuidFixed,
    Date,
    TimeOfDay(TimeUnit),
    Timestamp(TimeUnit),
    LocalTimestamp(TimeUnit),
    Duration,
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
    /// Any other union.
    Union(Box<Union>),
}

impl Codec {
    /// Whether a text is all that a value of it needs.
    #[inline]
    pub(crate) fn is_scalar(&self) -> bool {
        // They stand together at the end, so this is one comparison.
        !matches!(
            self,
            Codec::Array(_) | Codec::Map(_) | Codec::Record(_) | Codec::Nullable { .. } | Codec::Union(_)
        )
    }
}

/// One field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) codec: CodecId,
    pub(crate) default: Option<Datum>,
    /// The datum of null, where the type has it.
    pub(crate) null: Option<Box<[u8]>>,
    /// Where the type is a scalar, or null and a scalar.
    pub(crate) plain: Option<Plain>,
    /// The type in words.
    pub(crate) words: String,
}

/// A scalar, and what is written before it where it is a union's branch beside null: the common types of a field,
/// which the row loop writes without a look at anything else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    pub(crate) codec: CodecId,
    pub(crate) branch: Option<u8>,
}

/// Which text, or which datum, becomes the message's key.
#[derive(Debug, Clone)]
pub enum KeyChoice {
    /// No key.
    None,
    /// The field `symbol` where the schema has one, else no key.
    Default,
    /// The text of this field, or of a template such as `{exchange}.{symbol}`.
    Field(String),
    /// An Avro datum of this schema with the registry's header: a record's fields come from the row by their
    /// names; any other type from the field that is named here.
    Avro {
        /// The key's schema.
        schema: Box<RegisteredSchema>,
        /// The column or JSON key that holds a key that is no record.
        field: Option<String>,
    },
}

/// What a plan is to take from a row besides the fields of its schema, and how strictly.
#[derive(Debug, Clone)]
pub struct PlanSettings {
    /// The message's key.
    pub key: KeyChoice,
    /// Fields, or templates, whose texts go with the message: [`Encoder::headers`](super::Encoder::headers).
    pub headers: Vec<String>,
    /// The field that holds the message's timestamp.
    pub timestamp: Option<String>,
    /// What the user allows.
    pub rules: Rules,
}

impl PlanSettings {
    /// Nothing but the value and the key, read strictly.
    pub fn new(key: KeyChoice) -> PlanSettings {
        PlanSettings {
            key,
            headers: Vec::new(),
            timestamp: None,
            rules: Rules::default(),
        }
    }
}

/// Why a schema cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// What is wrong.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
}

impl PlanError {
    pub(super) fn new(message: impl Into<String>) -> PlanError {
        PlanError {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> PlanError {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for PlanError {}

/// Where in a row the value of the schema's own type stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The row is the record: its columns or JSON keys are the fields.
    Row,
    /// The cell of this column.
    Column(usize),
    /// The value of this key of the row's JSON object.
    Member(String),
    /// The row's JSON value, whatever it is.
    Value,
}

/// A schema, and where its fields come from, compiled for the row loop. Shared by all encoders.
#[derive(Debug)]
pub struct Plan {
    pub(crate) codecs: Vec<Codec>,
    /// The codec of the schema's own type.
    pub(crate) root: CodecId,
    pub(crate) entry: Entry,
    /// For CSV: where each of the record's fields comes from.
    pub(crate) sources: Vec<FieldSource>,
    /// For CSV: how many cells a row has.
    pub(crate) columns: usize,
    pub(crate) header: Option<[u8; 5]>,
    pub(crate) rules: Rules,
    /// Fields whose place in the datum is wanted.
    pub(crate) watch: Vec<Watch>,
    pub(crate) slots: usize,
    pub(crate) key: KeyPlan,
    pub(crate) headers: Vec<Template>,
    /// The slot of the message's timestamp.
    pub(crate) timestamp: Option<Slot>,
    /// The schema's own type as a field: for a row of one cell that is no record.
    pub(crate) value: Field,
}

impl Plan {
    /// Compiles `schema` for rows whose columns `binding` has tied to its fields.
    ///
    /// ```
    /// use k2_produce::encode::{KeyChoice, Plan, PlanSettings};
    /// use k2_produce::mapping::binding::{BindingRules, bind};
    /// use k2_produce::schema::RegisteredSchema;
    ///
    /// let text = r#"{"type": "record", "name": "Trade", "fields": [
    ///     {"name": "symbol", "type": "string"},
    ///     {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}}]}"#;
    /// let schema = RegisteredSchema::from_text("trades-value", text)?;
    /// let header = ["symbol".to_owned(), "price".to_owned()];
    /// let binding = bind(&header, &schema.avro, BindingRules::default())?;
    /// let plan = Plan::compile(&schema, &binding, &PlanSettings::new(KeyChoice::Default))?;
    /// assert_eq!(plan.key_words().as_deref(), Some("symbol"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A key, header or timestamp field that the schema does not have or that cannot be one; a default that is
    /// needed and does not fit its field; columns for a schema that is no record.
    pub fn compile(
        schema: &RegisteredSchema,
        binding: &Binding,
        settings: &PlanSettings,
    ) -> Result<Plan, PlanError> {
        let entry = match (schema.avro.root_fields(), binding.header.as_slice()) {
            (Some(_), _) => Entry::Row,
            (None, []) => Entry::Value,
            (None, [_]) => Entry::Column(0),
            (None, columns) => {
                let words = schema.avro.describe(schema.avro.root());
                let message = format!(
                    "the schema is no record but {words}, and a row of {} columns holds no such value",
                    columns.len()
                );
                return Err(PlanError::new(message)
                    .with_hint("give one column, or JSONL whose lines are such values"));
            }
        };
        Plan::with_entry(schema, binding, settings, entry)
    }

    /// A plan for what a key is made of: it takes what it wants from the row, and overlooks the rest.
    pub(super) fn for_key(
        schema: &RegisteredSchema,
        field: Option<&str>,
        header: &[String],
        rules: &Rules,
    ) -> Result<Plan, PlanError> {
        let mut settings = PlanSettings::new(KeyChoice::None);
        settings.rules = Rules {
            unknown_keys: UnknownKeys::Overlook,
            ..rules.clone()
        };
        if schema.avro.root_fields().is_some() {
            let binding = if header.is_empty() {
                Binding::default()
            } else {
                let rules = BindingRules {
                    missing_null: rules.missing_null,
                };
                bind(header, &schema.avro, rules).map_err(|error| {
                    PlanError::new(format!("the columns do not feed the key's schema\n{error}"))
                        .with_hint("every field of the key's record needs a column of its name")
                })?
            };
            return Plan::with_entry(schema, &binding, &settings, Entry::Row);
        }
        let words = schema.avro.describe(schema.avro.root());
        let field = field.ok_or_else(|| {
            PlanError::new(format!(
                "the key's schema is {words}, and nothing says what it holds"
            ))
            .with_hint("name the field with `--key`")
        })?;
        let entry = if header.is_empty() {
            Entry::Member(field.to_owned())
        } else {
            let column = header.iter().position(|name| name == field);
            Entry::Column(column.ok_or_else(|| {
                PlanError::new(format!("there is no column `{field}` for the key"))
                    .with_hint("name a column with `--key`")
            })?)
        };
        let binding = Binding {
            columns: header.len(),
            ..Binding::default()
        };
        Plan::with_entry(schema, &binding, &settings, entry)
    }

    fn with_entry(
        schema: &RegisteredSchema,
        binding: &Binding,
        settings: &PlanSettings,
        entry: Entry,
    ) -> Result<Plan, PlanError> {
        let avro = &schema.avro;
        let codecs = avro.types().iter().enumerate();
        let codecs: Vec<Codec> = codecs.map(|(index, found)| codec(avro, index, found)).collect();
        let mut plan = Plan {
            codecs: with_defaults(avro, codecs),
            root: avro.root().index(),
            entry,
            sources: binding.sources.clone(),
            columns: binding.columns,
            header: schema.id.map(|id| registry_header(id.get())),
            rules: settings.rules.clone(),
            watch: Vec::new(),
            slots: 0,
            key: KeyPlan::None,
            headers: Vec::new(),
            timestamp: None,
            value: value(avro),
        };
        plan.check_defaults(plan.fields(), &plan.sources, "")?;
        let mut slots = Slots::new(avro);
        plan.key = key_plan(&plan, &settings.key, &binding.header, &mut slots)?;
        for header in &settings.headers {
            let found = template(header, &mut slots, "a header")?;
            plan.headers.push(found);
        }
        if let Some(field) = &settings.timestamp {
            plan.timestamp = Some(slots.timestamp(field)?);
        }
        (plan.watch, plan.slots) = slots.finish();
        Ok(plan)
    }

    /// What the message's key is, in words: a field, a template, or `Avro` and the key's schema; none without key.
    pub fn key_words(&self) -> Option<String> {
        self.key.words()
    }

    /// The columns that the message's key is made of, where it is a datum of a schema of its own.
    pub fn key_columns(&self) -> Vec<usize> {
        self.key.columns()
    }

    /// The fields of the schema's own record; none where it is no record.
    pub(crate) fn fields(&self) -> &[Field] {
        match &self.codecs[self.root] {
            Codec::Record(fields) => fields,
            _ => &[],
        }
    }

    /// The defaults that stand for columns that are not there must fit; what a row may ask for is judged then.
    fn check_defaults(&self, fields: &[Field], sources: &[FieldSource], path: &str) -> Result<(), PlanError> {
        for (field, source) in fields.iter().zip(sources) {
            match (source, &field.default) {
                (FieldSource::Default, Some(Datum::Unfit(why))) => {
                    let message = format!(
                        "the default of `{path}{}`, which no column feeds, does not fit its type ({}): {why}",
                        field.name, field.words
                    );
                    return Err(PlanError::new(message).with_hint("give the file a column for it"));
                }
                (FieldSource::Record(record), _) => {
                    let path = format!("{path}{}.", field.name);
                    self.check_defaults(self.record_within(field.codec).1, &record.sources, &path)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The fields of a record, or of the record beside null, with the two branches' indexes in that case.
    pub(crate) fn record_within(&self, codec: CodecId) -> (Option<(i64, i64)>, &[Field]) {
        let (branches, codec) = match &self.codecs[codec] {
            Codec::Nullable {
                null, other, codec, ..
            } => (Some((*null, *other)), *codec),
            _ => (None, codec),
        };
        match &self.codecs[codec] {
            Codec::Record(fields) => (branches, fields),
            _ => unreachable!("only records are bound to several columns"),
        }
    }
}

fn codec(schema: &AvroSchema, index: CodecId, found: &Type) -> Codec {
    if let Some(logical) = found.logical {
        return logical_codec(logical, &found.base);
    }
    match &found.base {
        Base::Null => Codec::Null,
        Base::Boolean => Codec::Boolean,
        Base::Int => Codec::Int,
        Base::Long => Codec::Long,
        Base::Float => Codec::Float,
        Base::Double => Codec::Double,
        Base::Bytes => Codec::Bytes,
        Base::String => Codec::String,
        Base::Fixed { size, .. } => Codec::Fixed(*size),
        Base::Enum { name, symbols } => Codec::Enum(Symbols::new(name, symbols.clone())),
        Base::Array(items) => Codec::Array(items.index()),
        Base::Map(values) => Codec::Map(values.index()),
        Base::Record { fields, .. } => {
            Codec::Record(fields.iter().map(|field| self::field(schema, field)).collect())
        }
        Base::Union(branches) => union(schema, index, branches),
    }
}

fn logical_codec(logical: Logical, base: &Base) -> Codec {
    match logical {
        Logical::Decimal { precision, scale } => Codec::Decimal(DecimalShape {
            precision,
            scale,
            fixed: match base {
                Base::Fixed { size, .. } => Some(*size),
                _ => None,
            },
        }),
        Logical::BigDecimal => Codec::BigDecimal,
        Logical::Uuid if *base == Base::String => Codec::Uuid,
        Logical::Uuid => Codec::UuidFixed,
        Logical::Date => Codec::Date,
        Logical::TimeOfDay(unit) => Codec::TimeOfDay(unit),
        Logical::Timestamp(unit) => Codec::Timestamp(unit),
        Logical::LocalTimestamp(unit) => Codec::LocalTimestamp(unit),
        Logical::Duration => Codec::Duration,
    }
}

fn field(schema: &AvroSchema, field: &SchemaField) -> Field {
    let null = match &schema.get(field.type_id).base {
        Base::Null => Some(Box::default()),
        Base::Union(branches) => null_of(schema, branches).map(|index| {
            let mut out = Vec::new();
            put_long(index, &mut out);
            out.into()
        }),
        _ => None,
    };
    Field {
        name: field.name.clone(),
        codec: field.type_id.index(),
        default: None,
        null,
        plain: plain(schema, field.type_id),
        words: schema.describe(field.type_id).to_string(),
    }
}

fn plain(schema: &AvroSchema, id: TypeId) -> Option<Plain> {
    let is_scalar = |id: TypeId| {
        let base = &schema.get(id).base;
        !matches!(
            base,
            Base::Null | Base::Array(_) | Base::Map(_) | Base::Union(_) | Base::Record { .. }
        )
    };
    let (codec, branch) = match schema.nullable(id) {
        // Of two branches the index is one byte: 0, or 1 as zig-zag.
        Some((other, null)) => (other, Some(if null == 0 { 2 } else { 0 })),
        None => (id, None),
    };
    is_scalar(codec).then_some(Plain {
        codec: codec.index(),
        branch,
    })
}

impl Field {
    /// The default's datum, ready to be copied; none where there is no default, or none that fits.
    pub(super) fn default_datum(&self) -> Option<&[u8]> {
        match &self.default {
            Some(Datum::Fits(datum)) => Some(datum),
            _ => None,
        }
    }
}

fn value(schema: &AvroSchema) -> Field {
    field(
        schema,
        &SchemaField {
            name: String::new(),
            type_id: schema.root(),
            default: None,
            doc: None,
        },
    )
}

/// The index of null among a union's branches.
pub(super) fn null_of(schema: &AvroSchema, branches: &[TypeId]) -> Option<i64> {
    let null = branches
        .iter()
        .position(|branch| schema.get(*branch).base == Base::Null);
    null.map(|index| index as i64)
}

fn union(schema: &AvroSchema, index: CodecId, branches: &[TypeId]) -> Codec {
    let (Some(null), [first, second]) = (null_of(schema, branches), branches) else {
        return Codec::Union(Box::new(Union::new(schema, index, branches)));
    };
    let (other, branch) = if null == 0 { (1, second) } else { (0, first) };
    Codec::Nullable {
        null,
        other,
        codec: branch.index(),
        branch: schema.branch_name(*branch).to_owned(),
    }
}

/// Defaults may be of any type, so they come once all types are there.
fn with_defaults(schema: &AvroSchema, mut codecs: Vec<Codec>) -> Vec<Codec> {
    for (index, found) in schema.types().iter().enumerate() {
        let Base::Record { fields, .. } = &found.base else {
            continue;
        };
        let defaults: Vec<Option<Datum>> = fields
            .iter()
            .map(|field| {
                let default = field.default.as_ref()?;
                Some(default::datum(schema, &codecs, field.type_id, default))
            })
            .collect();
        if let Codec::Record(fields) = &mut codecs[index] {
            for (field, default) in fields.iter_mut().zip(defaults) {
                field.default = default;
            }
        }
    }
    codecs
}
