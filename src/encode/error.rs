//! Why a row cannot be encoded, told for the person who must mend the file.

use std::fmt;
use std::ops::Range;

/// What is wrong with a row; the stable words of summaries, metrics and the rejects file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RowErrorKind {
    /// The row has more or fewer cells than the header.
    CellCount,
    /// Text stands between a closing quote and the next delimiter.
    Quote,
    /// The line is not JSON.
    Json,
    /// The line is JSON, but not an object.
    NotAnObject,
    /// A JSON key that no field has.
    UnknownKey,
    /// A JSON key that stands twice.
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
    /// An integer time that lies outside 1990-2100, most likely in another unit.
    TimeUnit,
    /// The text is not a UUID.
    NotAUuid,
    /// The text is not a symbol of the enum.
    UnknownSymbol,
    /// The bytes are not UTF-8.
    NotUtf8,
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
    /// Nothing says how the text stands for bytes, or it is not what was said.
    Bytes,
    /// Several branches of the union take the value.
    SeveralBranches,
    /// The message's timestamp would be null, or before 1970.
    NoTimestamp,
}

impl RowErrorKind {
    /// The stable word for machines.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The words for people, as a heading over many rows.
    pub fn title(self) -> &'static str {
        self.words().1
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
            RowErrorKind::DecimalScale => ("decimal_scale", "more digits after the point than the scale"),
            RowErrorKind::DecimalPrecision => ("decimal_precision", "more digits than the precision"),
            RowErrorKind::NotABoolean => ("not_a_boolean", "not a boolean"),
            RowErrorKind::NotATimestamp => ("not_a_timestamp", "not a time"),
            RowErrorKind::NoZone => ("no_zone", "a time without a zone"),
            RowErrorKind::TimePrecision => ("time_precision", "a time finer than the schema's unit"),
            RowErrorKind::TimeUnit => ("time_unit", "an integer time outside 1990-2100"),
            RowErrorKind::NotAUuid => ("not_a_uuid", "not a UUID"),
            RowErrorKind::UnknownSymbol => ("unknown_symbol", "not a symbol of the enum"),
            RowErrorKind::NotUtf8 => ("not_utf8", "not UTF-8"),
            RowErrorKind::NoBranch => ("no_branch", "no branch of the union takes it"),
            RowErrorKind::EmptyKey => ("empty_key", "an empty or null key"),
            RowErrorKind::TooLarge => ("too_large", "larger than the topic takes"),
            RowErrorKind::Zone => ("zone", "a zone on a time of no zone"),
            RowErrorKind::ZoneGapOrFold => ("zone_gap_or_fold", "a time that its zone skips or repeats"),
            RowErrorKind::NotADuration => ("not_a_duration", "not a duration"),
            RowErrorKind::Bytes => ("bytes", "not bytes in the encoding that was named"),
            RowErrorKind::SeveralBranches => ("several_branches", "several branches of the union take it"),
            RowErrorKind::NoTimestamp => ("no_timestamp", "no timestamp for the message"),
        }
    }
}

/// Why one row cannot be encoded. Its place in the input is known to whoever holds the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// What is wrong.
    pub kind: RowErrorKind,
    /// The field, as a path such as `quote.legs[2].price`; none where the row as a whole is bad.
    pub field: Option<String>,
    /// The value as it stands in the file; none where there is no value.
    pub value: Option<Vec<u8>>,
    /// What the field wants and why the value is not it.
    pub reason: String,
    /// What would help: a spelling, or a flag that exists.
    pub hint: Option<String>,
    /// Where the value stands in the row's bytes.
    pub span: Option<Range<usize>>,
    /// The CSV column, from 1.
    pub column: Option<usize>,
    /// Further faults of the same row, in the order of its fields.
    pub also: Vec<RowError>,
}

impl RowError {
    /// An error about the row as a whole.
    pub fn whole(kind: RowErrorKind, reason: impl Into<String>) -> Box<RowError> {
        let reason = reason.into();
        Box::new(RowError {
            kind,
            field: None,
            value: None,
            reason,
            hint: None,
            span: None,
            column: None,
            also: Vec::new(),
        })
    }
}

impl RowError {
    /// Puts the fields of this error and of those beside it below `record`.
    #[cold]
    pub(crate) fn put_within(&mut self, record: &str) {
        let also = self.also.iter_mut().map(|also| &mut also.field);
        for field in std::iter::once(&mut self.field).chain(also) {
            *field = Some(match field.take() {
                Some(inner) => format!("{record}.{inner}"),
                None => record.to_owned(),
            });
        }
    }
}

/// At most this many characters of a value are shown.
const SHOWN: usize = 60;

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self
            .value
            .as_deref()
            .map(|value| crate::escape::printable(value, SHOWN));
        match (&self.field, value) {
            (Some(field), Some(value)) => {
                write!(formatter, "`{value}` does not fit `{field}`: {}", self.reason)
            }
            (Some(field), None) => write!(formatter, "`{field}`: {}", self.reason),
            (None, Some(value)) => write!(formatter, "`{value}`: {}", self.reason),
            (None, None) => formatter.write_str(&self.reason),
        }
    }
}

impl std::error::Error for RowError {}

/// What a conversion says of a value it cannot take; the caller adds field, value and place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: RowErrorKind,
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
    /// The path within the field, innermost segment first.
    pub(crate) path: Vec<String>,
    /// The value's bytes and span, where they are narrower than the field's own.
    pub(crate) value: Option<(Vec<u8>, Option<Range<usize>>)>,
    /// Whether there is no value to show.
    pub(crate) valueless: bool,
}

impl Fault {
    #[cold]
    pub(crate) fn new(kind: RowErrorKind, reason: impl Into<String>) -> Box<Fault> {
        let reason = reason.into();
        Box::new(Fault {
            kind,
            reason,
            hint: None,
            path: Vec::new(),
            value: None,
            valueless: false,
        })
    }

    #[cold]
    pub(crate) fn with_hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Fault> {
        self.hint = Some(hint.into());
        self
    }

    #[cold]
    pub(crate) fn without_value(mut self: Box<Self>) -> Box<Fault> {
        self.valueless = true;
        self
    }

    #[cold]
    pub(crate) fn within(mut self: Box<Self>, segment: impl Into<String>) -> Box<Fault> {
        self.path.push(segment.into());
        self
    }

    /// Notes the value that was looked at, unless an inner one was noted before.
    #[cold]
    pub(crate) fn of_value(mut self: Box<Self>, value: &[u8], span: Option<Range<usize>>) -> Box<Fault> {
        if self.value.is_none() && !self.valueless {
            // The row itself is kept elsewhere; a value of any length need not be kept twice.
            self.value = Some((value[..value.len().min(1024)].to_vec(), span));
        }
        self
    }

    /// The row error this fault amounts to, once the path has been gathered.
    #[cold]
    pub(crate) fn into_row_error(self, column: Option<usize>) -> Box<RowError> {
        let mut field = String::new();
        for segment in self.path.iter().rev() {
            if !field.is_empty() && !segment.starts_with('[') {
                field.push('.');
            }
            field.push_str(segment);
        }
        let (value, span) = match self.value {
            Some((value, span)) => (Some(value), span),
            None => (None, None),
        };
        let field = (!field.is_empty()).then_some(field);
        Box::new(RowError {
            kind: self.kind,
            field,
            value,
            reason: self.reason,
            hint: self.hint,
            span,
            column,
            also: Vec::new(),
        })
    }
}

pub(crate) type Encoded<T = ()> = Result<T, Box<Fault>>;
