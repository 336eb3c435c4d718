//! What would help where a row or a plan is refused: as data. The command line has the flags for it.

use std::borrow::Cow;

use crate::mapping::rules::{EpochUnit, EpochYears, IntegerDate, IntegerTime};

/// What would help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Something to do to the file or the schema, in words.
    Advice(Cow<'static, str>),
    /// [`Rules::missing_null`](crate::mapping::Rules::missing_null) takes absent keys for null.
    MissingNull,
    /// [`UnknownKeys::Drop`](crate::mapping::rules::UnknownKeys::Drop) drops such keys.
    DropUnknownKeys,
    /// To name the branches of unions, and declare Avro's own JSON form.
    NameBranches,
    /// [`JsonEncoding::Auto`](crate::mapping::rules::JsonEncoding::Auto) takes bare values too, and reads numbers and
    /// times as their text.
    BareValues,
    /// To declare one of the two JSON forms of unions.
    DeclareJsonForm,
    /// To write the value without a wrapper, or to declare Avro's own JSON form.
    BareOrAvro,
    /// To name the encoding of bytes.
    BytesEncoding,
    /// [`Rules::null_tokens`](crate::mapping::Rules::null_tokens) takes this text for null.
    NullToken(String),
    /// [`Rules::decimal_round`](crate::mapping::Rules::decimal_round) rounds such numbers.
    DecimalRound,
    /// [`Rules::float_nearest`](crate::mapping::Rules::float_nearest) takes the nearest value for such numbers.
    FloatNearest,
    /// To have a column for the field, or [`Rules::float_nearest`](crate::mapping::Rules::float_nearest) for its
    /// default.
    ColumnOrFloatNearest,
    /// [`Rules::time_truncate`](crate::mapping::Rules::time_truncate) cuts such digits off.
    TimeTruncate,
    /// To write times with their zone, or to name the zone of all.
    TimeZone,
    /// The number is most likely in another unit.
    OtherEpochUnit {
        /// The unit that fits.
        fits: EpochUnit,
        /// The one that it was read in: the schema's, or the one that is declared.
        read: EpochUnit,
    },
    /// To take numbers of these years for times, if the number is meant as it is.
    EpochYears {
        /// The years that reach so far.
        years: EpochYears,
        /// What the number is as it is read: `as milliseconds it would be 2150-01-01T00:00:00Z`.
        read: String,
    },
    /// To declare what an integer for a date means: the readings that make sense, with the day that each gives.
    IntegerDate(Vec<(IntegerDate, String)>),
    /// To declare what a number for a time of day means: the readings that make sense, with the time that each gives.
    IntegerTime(Vec<(IntegerTime, String)>),
    /// The number is most likely seconds with a fraction.
    EpochSeconds,
    /// To name the encoding that the file is in; it is read as UTF-8.
    FileEncoding,
    /// To name another encoding than the one that was named.
    OtherFileEncoding,
    /// To make the key of another field, or to have none.
    OtherKey,
    /// A root type that is not one record has no field for a key: to make Avro keys of the rows' JSON keys, or to have
    /// none.
    KeyOfNoRecord,
    /// To make the key of one of the schema's fields, or to have none.
    KeyField,
    /// The key was most likely meant to be this field.
    NearKeyField(String),
    /// To name the field that a key which is not a record comes from.
    KeyValueField,
    /// To name the column that a key which is not a record comes from.
    KeyValueColumn,
    /// The message's timestamp must come from a field of type timestamp.
    TimestampField,
    /// Without a timestamp field messages have the time at which they are sent.
    NoTimestampField,
    /// Rows older than the topic keeps can be sent all the same.
    SendExpired,
}

impl Hint {
    /// A name that was most likely meant.
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
