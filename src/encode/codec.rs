//! How values of each type of a schema are written: the schema's types, compiled.

use std::ops::Index;

use super::decimal::DecimalShape;
use super::default::{self, Datum};
use super::error::PlanError;
use super::text::Symbols;
use super::union::Union;
use super::wire::put_long;
use crate::mapping::rules::Rules;
use crate::schema::{AvroSchema, Base, Logical, SchemaField, TimeUnit, Type, TypeId};

/// Index of a [`Codec`] among [`Codecs`]: that of its type within the schema.
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
    /// Whether a value is written from a single text.
    #[inline]
    pub(crate) fn is_scalar(&self) -> bool {
        // These are the last variants, so this is one comparison.
        !matches!(
            self,
            Codec::Array(_) | Codec::Map(_) | Codec::Record(_) | Codec::Nullable { .. } | Codec::Union(_)
        )
    }
}

/// All types of a schema.
#[derive(Debug)]
pub(crate) struct Codecs {
    codecs: Vec<Codec>,
    /// Each type's description, for errors.
    described: Vec<String>,
}

impl Index<CodecId> for Codecs {
    type Output = Codec;

    #[inline]
    fn index(&self, id: CodecId) -> &Codec {
        &self.codecs[id]
    }
}

impl Codecs {
    /// Defaults are read according to `rules`.
    pub(super) fn compile(schema: &AvroSchema, rules: &Rules) -> Codecs {
        let codecs = schema.types().iter().enumerate();
        let codecs = codecs.map(|(id, found)| codec(schema, id, found));
        Codecs {
            codecs: with_defaults(schema, rules, codecs.collect()),
            described: schema.ids().map(|id| schema.describe(id).to_string()).collect(),
        }
    }

    /// Checks the total size of each record's fixed values, which may be far longer than their text in the row.
    ///
    /// # Errors
    /// The first record that is too large, with the field that exceeds the limit.
    pub(super) fn check_sizes(&self) -> Result<(), PlanError> {
        const MAX_BYTES: usize = 16 << 20;
        for (id, codec) in self.codecs.iter().enumerate() {
            let Codec::Record(fields) = codec else { continue };
            let mut sum = 0;
            for field in fields {
                sum += self.padded_size(field.codec);
                if sum > MAX_BYTES {
                    let message = format!(
                        "the decimals of {} up to its field `{}` take more than {} MiB, which is the limit",
                        self.describe(id),
                        field.name,
                        MAX_BYTES >> 20
                    );
                    return Err(PlanError::new(message));
                }
            }
        }
        Ok(())
    }

    /// The size of a value that may be far longer than its text: a decimal in a fixed.
    fn padded_size(&self, id: CodecId) -> usize {
        match &self[id] {
            Codec::Decimal(DecimalShape {
                fixed: Some(size), ..
            }) => *size,
            Codec::Nullable { codec, .. } => self.padded_size(*codec),
            Codec::Union(union) => union
                .codecs()
                .map(|codec| self.padded_size(codec))
                .max()
                .unwrap_or(0),
            _ => 0,
        }
    }

    /// The type's description: `decimal(18, 6)`.
    pub(crate) fn describe(&self, id: CodecId) -> &str {
        &self.described[id]
    }

    /// The fields of a record; none for any other type.
    pub(crate) fn fields(&self, id: CodecId) -> &[Field] {
        match &self[id] {
            Codec::Record(fields) => fields,
            _ => &[],
        }
    }

    /// The fields of a record, or of the record in a union with null, with the two branches' indexes in that case.
    pub(crate) fn record_within(&self, id: CodecId) -> (Option<(i64, i64)>, &[Field]) {
        match &self[id] {
            Codec::Nullable {
                null, other, codec, ..
            } => (Some((*null, *other)), self.fields(*codec)),
            _ => (None, self.fields(id)),
        }
    }
}

/// One field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) codec: CodecId,
    pub(crate) default: Option<Datum>,
    /// The datum of null, if the type allows null.
    pub(crate) null: Option<Box<[u8]>>,
    /// Set if the type is a scalar, or a union of null and a scalar.
    pub(crate) scalar: Option<ScalarCodec>,
}

/// A scalar, and the branch index written before it in a union with null: the common types of a field, which the row
/// loop writes without looking at anything else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScalarCodec {
    pub(crate) codec: CodecId,
    pub(crate) branch: Option<u8>,
}

fn codec(schema: &AvroSchema, id: CodecId, found: &Type) -> Codec {
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
        Base::Enum { symbols, .. } => Codec::Enum(Symbols::new(symbols.clone())),
        Base::Array(items) => Codec::Array(items.index()),
        Base::Map(values) => Codec::Map(values.index()),
        Base::Record { fields, .. } => {
            Codec::Record(fields.iter().map(|field| self::field(schema, field)).collect())
        }
        Base::Union(branches) => union(schema, id, branches),
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
        scalar: scalar(schema, field.type_id),
    }
}

fn scalar(schema: &AvroSchema, id: TypeId) -> Option<ScalarCodec> {
    let is_scalar = |id: TypeId| {
        let base = &schema.get(id).base;
        !matches!(
            base,
            Base::Null | Base::Array(_) | Base::Map(_) | Base::Union(_) | Base::Record { .. }
        )
    };
    let (codec, branch) = match schema.nullable(id) {
        // The index of one of two branches is one byte: 0 or 1, zig-zag encoded.
        Some((other, null)) => (other, Some(if null == 0 { 2 } else { 0 })),
        None => (id, None),
    };
    is_scalar(codec).then_some(ScalarCodec {
        codec: codec.index(),
        branch,
    })
}

impl Field {
    /// The default's datum, ready to be copied; none if there is no default or it does not fit.
    pub(super) fn default_datum(&self) -> Option<&[u8]> {
        match &self.default {
            Some(Datum::Fits(datum)) => Some(datum),
            _ => None,
        }
    }
}

/// The root type as a field: for a row that is one cell and not a record.
pub(super) fn root_field(schema: &AvroSchema) -> Field {
    field(
        schema,
        &SchemaField {
            name: String::new(),
            type_id: schema.root(),
            default: None,
            doc: None,
            aliases: Vec::new(),
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

fn union(schema: &AvroSchema, id: CodecId, branches: &[TypeId]) -> Codec {
    let (Some(null), [first, second]) = (null_of(schema, branches), branches) else {
        return Codec::Union(Box::new(Union::new(schema, id, branches)));
    };
    let (other, branch) = if null == 0 { (1, second) } else { (0, first) };
    Codec::Nullable {
        null,
        other,
        codec: branch.index(),
        branch: schema.branch_name(*branch).to_owned(),
    }
}

/// Defaults may be of any type, so they are compiled after all types.
fn with_defaults(schema: &AvroSchema, rules: &Rules, mut codecs: Vec<Codec>) -> Vec<Codec> {
    let mut room = default::MAX_BYTES;
    for (index, found) in schema.types().iter().enumerate() {
        let Base::Record { fields, .. } = &found.base else {
            continue;
        };
        let defaults: Vec<Option<Datum>> = fields
            .iter()
            .map(|field| {
                let default = field.default.as_ref()?;
                let datum = default::datum(schema, &codecs, field.type_id, default, rules, room);
                if let Datum::Fits(datum) = &datum {
                    room -= datum.len();
                }
                Some(datum)
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
