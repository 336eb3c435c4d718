//! What can be wrong with a row: the stable words of summaries, metrics and the rejects file.

/// What is wrong with a row; the stable words of summaries, metrics and the rejects file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RowErrorKind {
    /// The row has more or fewer cells than the header.
    CellCount,
    /// Text is between a closing quote and the next delimiter.
    Quote,
    /// The line is not JSON.
    Json,
    /// The line is JSON, but not an object.
    NotAnObject,
    /// A JSON key that no field has.
    UnknownKey,
    /// A JSON key that is used twice.
    DuplicateKey,
    /// A field without default is absent.
    Missing,
    /// A cell is empty, or null, where the field allows neither.
    Empty,
    /// The value is of another JSON type than the field.
    WrongType,
    /// The text is not a number.
    NotANumber,
    /// The number has a fraction where the field keeps none.
    NotIntegral,
    /// The number is beyond the type's range.
    OutOfRange,
    /// A number that lies between two floats or doubles.
    FloatPrecision,
    /// More digits after the point than the decimal's scale.
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
    /// A number whose time lies outside the years that are allowed, most likely in another unit.
    TimeUnit,
    /// A number for a date or a time of day whose meaning is not declared.
    UndeclaredInteger,
    /// The text is not a UUID.
    NotAUuid,
    /// The text is not a symbol of the enum.
    UnknownSymbol,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The bytes are no character in the encoding that was named.
    Encoding,
    /// The row is the header once more.
    HeaderAgain,
    /// The row begins with a byte order mark.
    ByteOrderMark,
    /// No branch of the union takes the value.
    NoBranch,
    /// The message's key would be empty or null.
    EmptyKey,
    /// The encoded row is larger than the topic takes.
    TooLarge,
    /// The time has a zone, and the field is a time of none.
    Zone,
    /// The zone's clocks skip or repeat the time.
    ZoneGapOrFold,
    /// The text is not a duration.
    NotADuration,
    /// No encoding of bytes is named, or the text is not in it.
    Bytes,
    /// Several branches of the union take the value.
    SeveralBranches,
    /// The message's timestamp would be null, or not after 1970.
    NoTimestamp,
    /// The topic refuses messages of this timestamp.
    TimestampRefused,
    /// The message would be older than the topic keeps.
    Expired,
}

impl RowErrorKind {
    /// The stable word for machines.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The words for people, as a heading over many rows whose fields may be of any type.
    pub fn title(self) -> &'static str {
        self.words().1
    }

    /// The same where the rows' field is of the type that `wanted` names.
    pub(super) fn title_for(self, wanted: &str) -> String {
        match self {
            RowErrorKind::Empty => format!("empty or null where {wanted} is required"),
            RowErrorKind::NotIntegral => format!("a fraction, which {wanted} does not keep"),
            RowErrorKind::OutOfRange => format!("beyond the range of {wanted}"),
            RowErrorKind::FloatPrecision => format!("a number that would lose digits as {wanted}"),
            RowErrorKind::DecimalScale => format!("more digits after the point than {wanted} keeps"),
            RowErrorKind::DecimalPrecision => format!("more digits than {wanted} keeps"),
            RowErrorKind::TimePrecision => format!("a time finer than {wanted} keeps"),
            RowErrorKind::TimeUnit => format!("a number outside the allowed years as {wanted}"),
            RowErrorKind::UndeclaredInteger => format!("a number whose meaning as {wanted} is not declared"),
            RowErrorKind::NotANumber if matches!(wanted, "int" | "long") => "not an integer".to_owned(),
            RowErrorKind::UnknownSymbol => format!("not a symbol of {wanted}"),
            RowErrorKind::WrongType => format!("a value of another type than {wanted}"),
            _ => self.title().to_owned(),
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            RowErrorKind::CellCount => ("cell_count", "another number of cells than the header"),
            RowErrorKind::Quote => ("quote", "text after a closing quote"),
            RowErrorKind::Json => ("json", "not JSON"),
            RowErrorKind::NotAnObject => ("not_an_object", "not a JSON object"),
            RowErrorKind::UnknownKey => ("unknown_key", "a key that the schema does not have"),
            RowErrorKind::DuplicateKey => ("duplicate_key", "a key that stands twice"),
            RowErrorKind::Missing => ("missing", "absent, and without a default"),
            RowErrorKind::Empty => ("empty", "empty or null where a value is required"),
            RowErrorKind::WrongType => ("wrong_type", "a value of another type"),
            RowErrorKind::NotANumber => ("not_a_number", "not a number"),
            RowErrorKind::NotIntegral => ("not_integral", "not an integer"),
            RowErrorKind::OutOfRange => ("out_of_range", "beyond the type's range"),
            RowErrorKind::FloatPrecision => ("float_precision", "a number that would lose digits"),
            RowErrorKind::DecimalScale => ("decimal_scale", "more digits after the point than the scale"),
            RowErrorKind::DecimalPrecision => ("decimal_precision", "more digits than the precision"),
            RowErrorKind::NotABoolean => ("not_a_boolean", "not a boolean"),
            RowErrorKind::NotATimestamp => ("not_a_timestamp", "not a time"),
            RowErrorKind::NoZone => ("no_zone", "a time without a zone"),
            RowErrorKind::TimePrecision => ("time_precision", "a time finer than the schema's unit"),
            RowErrorKind::TimeUnit => ("time_unit", "a number outside the allowed years"),
            RowErrorKind::UndeclaredInteger => {
                ("undeclared_integer", "a number whose meaning is not declared")
            }
            RowErrorKind::NotAUuid => ("not_a_uuid", "not a UUID"),
            RowErrorKind::UnknownSymbol => ("unknown_symbol", "not a symbol of the enum"),
            RowErrorKind::NotUtf8 => ("not_utf8", "not UTF-8"),
            RowErrorKind::Encoding => ("encoding", "bytes that stand for no character"),
            RowErrorKind::HeaderAgain => ("header_again", "the header again"),
            RowErrorKind::ByteOrderMark => ("byte_order_mark", "a byte order mark within the file"),
            RowErrorKind::NoBranch => ("no_branch", "no branch of the union takes it"),
            RowErrorKind::EmptyKey => ("empty_key", "an empty or null key"),
            RowErrorKind::TooLarge => ("too_large", "larger than the topic takes"),
            RowErrorKind::Zone => ("zone", "a zone on a time of no zone"),
            RowErrorKind::ZoneGapOrFold => ("zone_gap_or_fold", "a time that its zone skips or repeats"),
            RowErrorKind::NotADuration => ("not_a_duration", "not a duration"),
            RowErrorKind::Bytes => ("bytes", "not bytes in the encoding that was named"),
            RowErrorKind::SeveralBranches => ("several_branches", "several branches of the union take it"),
            RowErrorKind::NoTimestamp => ("no_timestamp", "no timestamp for the message"),
            RowErrorKind::TimestampRefused => ("timestamp_refused", "a timestamp that the topic refuses"),
            RowErrorKind::Expired => ("expired", "older than the topic keeps"),
        }
    }
}
