//! The kinds of row errors, with the stable names used by summaries, metrics and the rejects file.

/// What is wrong with a row, with the stable names used by summaries, metrics and the rejects file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RowErrorKind {
    /// The row has more or fewer cells than the header.
    CellCount,
    /// There is text between a closing quote and the next delimiter.
    Quote,
    /// The line is shorter or longer than its columns of fixed width.
    LineLength,
    /// The line is not JSON.
    Json,
    /// The line is JSON, but not an object.
    NotAnObject,
    /// A JSON key that matches no field.
    UnknownKey,
    /// A duplicate JSON key.
    DuplicateKey,
    /// A field without a default is absent.
    Missing,
    /// The field is absent, and its default does not fit its type.
    UnfitDefault,
    /// A cell is empty or null, and the field allows neither.
    Empty,
    /// The value's JSON type does not match the field.
    WrongType,
    /// The text is not a number.
    NotANumber,
    /// The number has a fraction, and the field is an integer.
    NotIntegral,
    /// The number is outside the type's range.
    OutOfRange,
    /// The number is between two floats or doubles.
    FloatPrecision,
    /// More digits after the decimal point than the decimal's scale.
    DecimalScale,
    /// More digits than the decimal's precision.
    DecimalPrecision,
    /// The text is not a boolean.
    NotABoolean,
    /// The text is not a time.
    NotATimestamp,
    /// The time has no zone.
    NoZone,
    /// The time is finer than the schema's unit.
    TimePrecision,
    /// The number is a time outside the allowed years, most likely in another unit.
    TimeUnit,
    /// A number for a date or a time of day, without a declared meaning.
    UndeclaredInteger,
    /// The text is not a UUID.
    NotAUuid,
    /// The text is not a symbol of the enum.
    UnknownSymbol,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The bytes do not form a character in the declared encoding.
    Encoding,
    /// The row repeats the header.
    HeaderAgain,
    /// The row begins with a byte order mark.
    ByteOrderMark,
    /// The value matches no branch of the union.
    NoBranch,
    /// The message's key would be empty or null.
    EmptyKey,
    /// The encoded row is larger than the topic allows.
    TooLarge,
    /// The time has a zone, but the field's type has none.
    Zone,
    /// The time is skipped or repeated in its zone.
    ZoneGapOrFold,
    /// The text is not a duration.
    NotADuration,
    /// No encoding of bytes is declared, or the text is not in that encoding.
    Bytes,
    /// The value matches several branches of the union.
    SeveralBranches,
    /// The message's timestamp would be null, or not after 1970.
    NoTimestamp,
    /// The message's partition is not a number, or the topic does not have it.
    NoPartition,
    /// The message's topic is none of those of the run.
    NoTopic,
    /// The topic refuses messages of this timestamp.
    TimestampRefused,
    /// The message would be older than the topic keeps.
    Expired,
    /// A function of the mapping has no result for the value.
    NotComputed,
    /// The mapping translates texts, but not this one.
    NoTranslation,
}

impl RowErrorKind {
    /// The stable name for machines.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The title for people, for a group of rows with fields of any type.
    pub fn title(self) -> &'static str {
        self.words().1
    }

    /// The title for a group of rows with a field of the type `wanted`.
    pub(super) fn title_for(self, wanted: &str) -> String {
        match self {
            RowErrorKind::Empty => format!("empty or null where {wanted} is required"),
            RowErrorKind::NotIntegral => format!("a fraction, which {wanted} does not allow"),
            RowErrorKind::OutOfRange => format!("outside the range of {wanted}"),
            RowErrorKind::FloatPrecision => format!("a number that would lose digits as {wanted}"),
            RowErrorKind::DecimalScale => format!("more digits after the decimal point than {wanted} allows"),
            RowErrorKind::DecimalPrecision => format!("more digits than {wanted} allows"),
            RowErrorKind::TimePrecision => format!("a time finer than {wanted} allows"),
            RowErrorKind::UndeclaredInteger => format!("a number without a declared meaning as {wanted}"),
            RowErrorKind::NotANumber if matches!(wanted, "int" | "long") => "not an integer".to_owned(),
            RowErrorKind::UnknownSymbol => format!("not a symbol of {wanted}"),
            RowErrorKind::WrongType => format!("a value of a type other than {wanted}"),
            _ => self.title().to_owned(),
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            RowErrorKind::CellCount => ("cell_count", "a different number of cells than columns"),
            RowErrorKind::Quote => ("quote", "text after a closing quote"),
            RowErrorKind::LineLength => ("line_length", "a line that is too short or too long"),
            RowErrorKind::Json => ("json", "not JSON"),
            RowErrorKind::NotAnObject => ("not_an_object", "not a JSON object"),
            RowErrorKind::UnknownKey => ("unknown_key", "a key that the schema does not have"),
            RowErrorKind::DuplicateKey => ("duplicate_key", "a duplicate key"),
            RowErrorKind::Missing => ("missing", "absent, with no default"),
            RowErrorKind::UnfitDefault => ("unfit_default", "absent, and the default does not fit"),
            RowErrorKind::Empty => ("empty", "empty or null where a value is required"),
            RowErrorKind::WrongType => ("wrong_type", "a value of another type"),
            RowErrorKind::NotANumber => ("not_a_number", "not a number"),
            RowErrorKind::NotIntegral => ("not_integral", "not an integer"),
            RowErrorKind::OutOfRange => ("out_of_range", "outside the type's range"),
            RowErrorKind::FloatPrecision => ("float_precision", "a number that would lose digits"),
            RowErrorKind::DecimalScale => (
                "decimal_scale",
                "more digits after the decimal point than the scale",
            ),
            RowErrorKind::DecimalPrecision => ("decimal_precision", "more digits than the precision"),
            RowErrorKind::NotABoolean => ("not_a_boolean", "not a boolean"),
            RowErrorKind::NotATimestamp => ("not_a_timestamp", "not a time"),
            RowErrorKind::NoZone => ("no_zone", "a time without a zone"),
            RowErrorKind::TimePrecision => ("time_precision", "a time finer than the schema's unit"),
            RowErrorKind::TimeUnit => ("time_unit", "a number outside the allowed years"),
            RowErrorKind::UndeclaredInteger => ("undeclared_integer", "a number without a declared meaning"),
            RowErrorKind::NotAUuid => ("not_a_uuid", "not a UUID"),
            RowErrorKind::UnknownSymbol => ("unknown_symbol", "not a symbol of the enum"),
            RowErrorKind::NotUtf8 => ("not_utf8", "not UTF-8"),
            RowErrorKind::Encoding => ("encoding", "bytes that do not form a character"),
            RowErrorKind::HeaderAgain => ("header_again", "the header again"),
            RowErrorKind::ByteOrderMark => ("byte_order_mark", "a byte order mark within the file"),
            RowErrorKind::NoBranch => ("no_branch", "matches no branch of the union"),
            RowErrorKind::EmptyKey => ("empty_key", "an empty or null key"),
            RowErrorKind::TooLarge => ("too_large", "larger than the topic allows"),
            RowErrorKind::Zone => ("zone", "a zone on a time that must not have one"),
            RowErrorKind::ZoneGapOrFold => (
                "zone_gap_or_fold",
                "a time that is skipped or repeated in its zone",
            ),
            RowErrorKind::NotADuration => ("not_a_duration", "not a duration"),
            RowErrorKind::Bytes => ("bytes", "not bytes in the declared encoding"),
            RowErrorKind::SeveralBranches => ("several_branches", "matches several branches of the union"),
            RowErrorKind::NoTimestamp => ("no_timestamp", "no timestamp for the message"),
            RowErrorKind::NoPartition => ("no_partition", "not a partition of the topic"),
            RowErrorKind::NoTopic => ("no_topic", "not a topic of the run"),
            RowErrorKind::TimestampRefused => ("timestamp_refused", "a timestamp that the topic refuses"),
            RowErrorKind::Expired => ("expired", "older than the topic keeps"),
            RowErrorKind::NotComputed => ("not_computed", "a value that the mapping cannot compute"),
            RowErrorKind::NoTranslation => ("no_translation", "a text that the mapping does not translate"),
        }
    }
}
