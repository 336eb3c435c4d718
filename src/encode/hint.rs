//! What would help if a row or a plan is rejected, as data. The command line names the flags.

use std::borrow::Cow;

use crate::mapping::rules::{EpochUnit, EpochYears, IntegerDate, IntegerTime};

/// What would help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// A change to the file or the schema, as text.
    Advice(Cow<'static, str>),
    /// [`Rules::missing_null`](crate::mapping::Rules::missing_null) reads absent keys as null.
    MissingNull,
    /// [`UnknownKeys::Drop`](crate::mapping::rules::UnknownKeys::Drop) drops such keys.
    DropUnknownKeys,
    /// Name the branches of unions, and declare Avro's JSON encoding.
    NameBranches,
    /// [`JsonEncoding::Auto`](crate::mapping::rules::JsonEncoding::Auto) accepts bare values too, and numbers and times
    /// as text.
    BareValues,
    /// Declare one of the two JSON forms of unions.
    DeclareJsonForm,
    /// Write the value without a wrapper, or declare Avro's JSON encoding.
    BareOrAvro,
    /// Declare the encoding of bytes.
    BytesEncoding,
    /// The keys in envelopes are Avro, so their schema is needed.
    AvroKeys,
    /// The partitions in envelopes are not those of the topic: choose them by key.
    OtherPartitions,
    /// [`Rules::null_tokens`](crate::mapping::Rules::null_tokens) reads this text as null.
    NullToken(String),
    /// [`Rules::decimal_round`](crate::mapping::Rules::decimal_round) rounds such numbers.
    DecimalRound,
    /// [`Rules::float_nearest`](crate::mapping::Rules::float_nearest) uses the nearest value for such numbers.
    FloatNearest,
    /// Which fields of a key's record need columns, and [`Rules::missing_null`](crate::mapping::Rules::missing_null).
    KeyColumns,
    /// The same for a key with fields that a mapping computes, which may have an entry instead.
    KeyEntries,
    /// Correct the default in the schema, or use
    /// [`Rules::float_nearest`](crate::mapping::Rules::float_nearest) for it.
    DefaultOrFloatNearest,
    /// Add a column for the field, or use [`Rules::float_nearest`](crate::mapping::Rules::float_nearest) for its
    /// default.
    ColumnOrFloatNearest,
    /// [`Rules::time_truncate`](crate::mapping::Rules::time_truncate) cuts such digits off.
    TimeTruncate,
    /// Write times with their zone, or declare one zone for all.
    TimeZone,
    /// Write such times with their offset, or choose with
    /// [`Rules::clock_change`](crate::mapping::Rules::clock_change).
    ClockChange,
    /// The number is most likely in another unit.
    OtherEpochUnit {
        /// The unit that fits.
        fits: EpochUnit,
    },
    /// Allow numbers of these years as times, if the number is correct.
    EpochYears {
        /// The allowed years, extended far enough.
        years: EpochYears,
        /// The time that the number is read as: `as milliseconds it would be 2150-01-01T00:00:00Z`.
        read: String,
    },
    /// Declare what an integer for a date means: the plausible readings, each with its date.
    IntegerDate(Vec<(IntegerDate, String)>),
    /// Declare what a number for a time of day means, or write it as text.
    IntegerTime {
        /// The readings that accept the number, each with its time.
        readings: Vec<(IntegerTime, String)>,
        /// The text for hours and minutes, which no reading accepts.
        written: Option<String>,
    },
    /// The number is most likely in seconds, with a fraction.
    EpochSeconds,
    /// Declare the file's encoding; it is read as UTF-8.
    FileEncoding,
    /// The file is not in the declared encoding: declare another one.
    OtherFileEncoding,
    /// Use another field as the key, or no key.
    OtherKey,
    /// A root type that is not a single record has no field for a key: build Avro keys from the rows' JSON keys, or use
    /// no key.
    KeyOfNoRecord,
    /// Use one of the schema's fields as the key, or no key.
    KeyField,
    /// The key was most likely meant to be this field.
    NearKeyField(String),
    /// Tombstones need a key: use one of the schema's fields as the key.
    TombstoneKey,
    /// Name the source field of a key that is not a record.
    KeyValueField,
    /// Name the source column of a key that is not a record.
    KeyValueColumn,
    /// The message's timestamp must come from a field of type timestamp.
    TimestampField,
    /// Without a timestamp field, messages have the time at which they are sent.
    NoTimestampField,
    /// Rows older than the topic keeps can still be sent.
    SendExpired,
}

impl Hint {
    /// Suggests the name that was most likely meant.
    pub(crate) fn near(name: &str) -> Hint {
        Hint::Advice(format!("did you mean `{name}`?").into())
    }
}

impl From<&'static str> for Hint {
    fn from(advice: &'static str) -> Hint {
        Hint::Advice(advice.into())
    }
}

impl From<String> for Hint {
    fn from(advice: String) -> Hint {
        Hint::Advice(advice.into())
    }
}
