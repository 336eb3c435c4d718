//! An Avro schema for writing: types in an arena, each with its base type and its logical type.
//!
//! The row loop needs more certainty about a schema than a general library gives: what a name refers to (aliases are
//! for readers and never name a type here), which logical types are valid where, and that every walk over the schema
//! ends. So the JSON is read here (`parse`), according to the Avro 1.12 specification; `encode` decides what a type
//! means for a cell.

mod describe;
mod misplaced;
mod parse;
mod recursion;
mod resolution;
mod same;

use serde_json::Value;

pub use describe::TypeDescription;
pub use misplaced::{Misplaced, MisplacedFault};

/// The index of a type in its [`AvroSchema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeId(usize);

impl TypeId {
    /// The index as a number; it is the position in [`AvroSchema::types`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// A schema with all its types.
#[derive(Debug, Clone)]
pub struct AvroSchema {
    types: Vec<Type>,
    root: TypeId,
    misplaced: Vec<Misplaced>,
}

/// A type: its base type and its logical type.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// The base type, which determines the encoding.
    pub base: Base,
    /// The logical type; none if it is unknown or not valid there (Avro 1.12, "Logical types").
    pub logical: Option<Logical>,
    /// Other names by which a reader knows a named type, each with its namespace.
    pub aliases: Vec<String>,
}

/// The types of the specification without their logical types.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// `null`.
    Null,
    /// `boolean`.
    Boolean,
    /// `int`, 32 bits.
    Int,
    /// `long`, 64 bits.
    Long,
    /// `float`, 32 bits.
    Float,
    /// `double`, 64 bits.
    Double,
    /// `bytes`.
    Bytes,
    /// `string`.
    String,
    /// `fixed`.
    Fixed {
        /// The full name.
        name: String,
        /// Its size in bytes.
        size: usize,
    },
    /// `enum`.
    Enum {
        /// The full name.
        name: String,
        /// Its symbols in order.
        symbols: Vec<String>,
        /// The symbol that a reader uses for an unknown one.
        default: Option<String>,
    },
    /// `array`, with the type of its items.
    Array(TypeId),
    /// `map`, with the type of its values.
    Map(TypeId),
    /// A union, with its branches in order.
    Union(Vec<TypeId>),
    /// `record` or `error`.
    Record {
        /// The full name.
        name: String,
        /// Its fields in order.
        fields: Vec<SchemaField>,
    },
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_id: TypeId,
    /// Its default, as written in the schema.
    pub default: Option<Value>,
    /// Its documentation.
    pub doc: Option<String>,
    /// Other names by which a reader knows it.
    pub aliases: Vec<String>,
}

/// The logical types of Avro 1.12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logical {
    /// `decimal`, on bytes or fixed.
    Decimal {
        /// The total number of digits.
        precision: usize,
        /// The number of digits after the decimal point.
        scale: usize,
    },
    /// `big-decimal`, on bytes: each value contains its scale.
    BigDecimal,
    /// `uuid`, on string or fixed(16).
    Uuid,
    /// `date`, on int: days since 1970-01-01.
    Date,
    /// `time-millis` on int, `time-micros` on long: since midnight.
    TimeOfDay(TimeUnit),
    /// `timestamp-*` on long: an instant, since 1970-01-01T00:00:00Z.
    Timestamp(TimeUnit),
    /// `local-timestamp-*` on long: a date and a time of day in no time zone.
    LocalTimestamp(TimeUnit),
    /// `duration`, on fixed(12): months, days and milliseconds.
    Duration,
}

/// The unit of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// 10⁻³ s.
    Millis,
    /// 10⁻⁶ s.
    Micros,
    /// 10⁻⁹ s.
    Nanos,
}

impl TimeUnit {
    /// The number of digits after the second.
    pub fn digits(self) -> usize {
        match self {
            TimeUnit::Millis => 3,
            TimeUnit::Micros => 6,
            TimeUnit::Nanos => 9,
        }
    }

    /// The number of units per second.
    pub fn per_second(self) -> i64 {
        match self {
            TimeUnit::Millis => 1_000,
            TimeUnit::Micros => 1_000_000,
            TimeUnit::Nanos => 1_000_000_000,
        }
    }

    /// The unit's name at the end of a logical type: `millis`.
    pub fn suffix(self) -> &'static str {
        match self {
            TimeUnit::Millis => "millis",
            TimeUnit::Micros => "micros",
            TimeUnit::Nanos => "nanos",
        }
    }

    /// The unit in words: `milliseconds`.
    pub fn plural(self) -> &'static str {
        match self {
            TimeUnit::Millis => "milliseconds",
            TimeUnit::Micros => "microseconds",
            TimeUnit::Nanos => "nanoseconds",
        }
    }
}

impl AvroSchema {
    /// Reads a schema from its JSON.
    ///
    /// `references` are the texts of the schemas with types to which it may refer, each after those to which it refers
    /// itself.
    ///
    /// # Errors
    /// The text is not JSON, is nested too deeply, is not an Avro schema, or describes values that cannot end.
    pub fn parse(text: &str, references: &[String]) -> Result<AvroSchema, super::SchemaError> {
        parse::schema(text, references)
    }

    /// The properties without effect, in the schema and in the schemas to which it refers.
    pub fn misplaced(&self) -> &[Misplaced] {
        &self.misplaced
    }

    /// All types, in arbitrary order.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The indexes of all types, in the order of [`AvroSchema::types`].
    pub fn ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (0..self.types.len()).map(TypeId)
    }

    /// The root type.
    pub fn root(&self) -> TypeId {
        self.root
    }

    /// The type with this index.
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0]
    }

    /// The fields of a record; none for any other type.
    pub fn fields(&self, id: TypeId) -> Option<&[SchemaField]> {
        match &self.get(id).base {
            Base::Record { fields, .. } => Some(fields),
            _ => None,
        }
    }

    /// The record of a row: the root type, or the record in a union with null.
    pub fn row_record(&self) -> Option<TypeId> {
        let record = self.nullable(self.root).map_or(self.root, |(inner, _)| inner);
        self.fields(record).map(|_| record)
    }

    /// The records that a row may be: the root type, the record in a union with null, or those of any other union of
    /// records only, with their branches.
    pub fn row_records(&self) -> Vec<(Option<usize>, TypeId)> {
        if let Some(record) = self.row_record() {
            return vec![(None, record)];
        }
        let Base::Union(branches) = &self.get(self.root).base else {
            return Vec::new();
        };
        let is_null = |id: &TypeId| self.get(*id).base == Base::Null;
        if branches
            .iter()
            .any(|id| !is_null(id) && self.fields(*id).is_none())
        {
            return Vec::new();
        }
        let records = branches.iter().enumerate().filter(|(_, id)| !is_null(id));
        records.map(|(branch, id)| (Some(branch), *id)).collect()
    }

    /// The fields of [`AvroSchema::row_record`]; none if a row is not a single record.
    pub fn row_fields(&self) -> Option<&[SchemaField]> {
        self.fields(self.row_record()?)
    }

    /// The fields of the root record; none if the root type is not a record.
    pub fn root_fields(&self) -> Option<&[SchemaField]> {
        self.fields(self.root)
    }

    /// The full name of a record, an enum or a fixed.
    pub fn name(&self, id: TypeId) -> Option<&str> {
        match &self.get(id).base {
            Base::Record { name, .. } | Base::Enum { name, .. } | Base::Fixed { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The type other than null, and the index of null, if the type is a union of null and one other type.
    pub fn nullable(&self, id: TypeId) -> Option<(TypeId, usize)> {
        let Base::Union(branches) = &self.get(id).base else {
            return None;
        };
        let &[first, second] = &branches[..] else {
            return None;
        };
        match (&self.get(first).base, &self.get(second).base) {
            (Base::Null, _) => Some((second, 0)),
            (_, Base::Null) => Some((first, 1)),
            _ => None,
        }
    }

    /// The name of a union branch in Avro's JSON encoding: the full name of a named type, otherwise the name of the
    /// base type (Avro 1.12, "JSON Encoding").
    pub fn branch_name(&self, id: TypeId) -> &str {
        match &self.get(id).base {
            Base::Null => "null",
            Base::Boolean => "boolean",
            Base::Int => "int",
            Base::Long => "long",
            Base::Float => "float",
            Base::Double => "double",
            Base::Bytes => "bytes",
            Base::String => "string",
            Base::Array(_) => "array",
            Base::Map(_) => "map",
            Base::Union(_) => "union",
            Base::Fixed { name, .. } | Base::Enum { name, .. } | Base::Record { name, .. } => name,
        }
    }

    /// A type in the terms of the specification: `decimal(18, 6)`, `string or null`, `array of string`.
    pub fn describe(&self, id: TypeId) -> TypeDescription<'_> {
        TypeDescription { schema: self, id }
    }
}
