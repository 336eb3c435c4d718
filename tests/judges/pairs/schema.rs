//! The generator's model of a schema, used to draw and write values.
//!
//! It is not parsed from JSON; [`super::print`] writes its JSON.

use super::value::Value;

/// Index of a named type within its schema.
pub(crate) type NamedId = usize;

/// A schema; its root is the first named type, a record.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub named: Vec<Named>,
}

/// A named type.
#[derive(Debug)]
pub(crate) struct Named {
    pub name: String,
    pub namespace: String,
    pub shape: Shape,
    /// Whether it has been drawn completely, so that a value of it can be drawn.
    pub complete: bool,
}

/// The kind of a named type.
#[derive(Debug)]
pub(crate) enum Shape {
    Record(Vec<Field>),
    Enum(Vec<String>),
    Fixed { size: usize, logical: FixedLogical },
}

/// A logical type of a fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FixedLogical {
    None,
    Decimal { precision: usize, scale: usize },
    Uuid,
    Duration,
    Unknown,
}

/// A field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    pub name: String,
    pub kind: Type,
    pub default: Option<Value>,
}

/// A type at the place where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Decimal {
        precision: usize,
        scale: usize,
    },
    BigDecimal,
    Uuid,
    Date,
    TimeMillis,
    TimeMicros,
    Timestamp(Unit),
    LocalTimestamp(Unit),
    /// An unknown logical type, or one that does not apply to its base type.
    Unknown {
        base: Box<Type>,
        logical: &'static str,
    },
    Array(Box<Type>),
    Map(Box<Type>),
    Union(Vec<Type>),
    Named(NamedId),
}

/// The unit of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    pub(crate) const ALL: [Unit; 3] = [Unit::Millis, Unit::Micros, Unit::Nanos];

    pub(crate) fn nanos(self) -> i64 {
        match self {
            Unit::Millis => 1_000_000,
            Unit::Micros => 1_000,
            Unit::Nanos => 1,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Unit::Millis => "millis",
            Unit::Micros => "micros",
            Unit::Nanos => "nanos",
        }
    }
}

impl Named {
    pub(crate) fn full_name(&self) -> String {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.namespace, self.name)
        }
    }
}

impl Schema {
    pub(crate) fn fields(&self, id: NamedId) -> &[Field] {
        match &self.named[id].shape {
            Shape::Record(fields) => fields,
            other => unreachable!("asked for the fields of {other:?}"),
        }
    }

    /// The name of a branch of this type in Avro's JSON encoding.
    pub(crate) fn branch_name(&self, kind: &Type) -> String {
        match kind {
            Type::Named(id) => self.named[*id].full_name(),
            Type::Array(_) => "array".to_owned(),
            Type::Map(_) => "map".to_owned(),
            Type::Union(_) => unreachable!("a union cannot contain a union"),
            scalar => base_name(scalar).to_owned(),
        }
    }

    /// The row of a type in the table of judges, to count the coverage.
    pub(crate) fn row_of_the_table(&self, kind: &Type) -> String {
        match kind {
            Type::Null | Type::Boolean | Type::Int | Type::Long | Type::Float | Type::Double => {
                base_name(kind).to_owned()
            }
            Type::Bytes | Type::String => base_name(kind).to_owned(),
            Type::Decimal { .. } => "decimal (bytes)".to_owned(),
            Type::BigDecimal => "big-decimal".to_owned(),
            Type::Uuid => "uuid (string)".to_owned(),
            Type::Date => "date".to_owned(),
            Type::TimeMillis => "time-millis".to_owned(),
            Type::TimeMicros => "time-micros".to_owned(),
            Type::Timestamp(unit) => format!("timestamp-{}", unit.name()),
            Type::LocalTimestamp(unit) => format!("local-timestamp-{}", unit.name()),
            Type::Unknown { .. } => "unknown logical type".to_owned(),
            Type::Array(_) => "array".to_owned(),
            Type::Map(_) => "map".to_owned(),
            Type::Union(_) => "union".to_owned(),
            Type::Named(id) => match &self.named[*id].shape {
                Shape::Record(_) => "record",
                Shape::Enum(_) => "enum",
                Shape::Fixed { logical, .. } => match logical {
                    FixedLogical::None => "fixed",
                    FixedLogical::Decimal { .. } => "decimal (fixed)",
                    FixedLogical::Uuid => "uuid (fixed)",
                    FixedLogical::Duration => "duration",
                    FixedLogical::Unknown => "unknown logical type",
                },
            }
            .to_owned(),
        }
    }
}

/// The name of an unnamed scalar's base type.
pub(crate) fn base_name(kind: &Type) -> &'static str {
    match kind {
        Type::Null => "null",
        Type::Boolean => "boolean",
        Type::Int | Type::Date | Type::TimeMillis => "int",
        Type::Long | Type::TimeMicros | Type::Timestamp(_) | Type::LocalTimestamp(_) => "long",
        Type::Float => "float",
        Type::Double => "double",
        Type::Bytes | Type::Decimal { .. } | Type::BigDecimal => "bytes",
        Type::String | Type::Uuid => "string",
        Type::Unknown { base, .. } => base_name(base),
        Type::Array(_) | Type::Map(_) | Type::Union(_) | Type::Named(_) => {
            unreachable!("not an unnamed scalar: {kind:?}")
        }
    }
}
