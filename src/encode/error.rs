//! Why a row cannot be encoded, for the person who must correct the file.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::hint::Hint;

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
    fn title_for(self, wanted: &str) -> String {
        match self {
            RowErrorKind::Empty => format!("empty or null where {wanted} is required"),
            RowErrorKind::NotIntegral => format!("a fraction, which {wanted} does not keep"),
            RowErrorKind::OutOfRange => format!("beyond the range of {wanted}"),
            RowErrorKind::DecimalScale => format!("more digits after the point than {wanted} keeps"),
            RowErrorKind::DecimalPrecision => format!("more digits than {wanted} keeps"),
            RowErrorKind::TimePrecision => format!("a time finer than {wanted} keeps"),
            RowErrorKind::TimeUnit => format!("an integer outside 1990-2100 as {wanted}"),
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

/// Why one row cannot be encoded. Its place in the input is known to whoever holds the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// What is wrong.
    pub kind: RowErrorKind,
    /// The field, as a path such as `quote.legs[2].price`; none where the row as a whole is bad.
    pub field: Option<String>,
    /// The type that the field wants, in words such as `decimal(18, 6)`; none where it is not the type that matters.
    pub wanted: Option<String>,
    /// The value as it is in the file; none where there is no value.
    pub value: Option<Vec<u8>>,
    /// What the field wants and why the value is not it.
    pub reason: String,
    /// What would help.
    pub hint: Option<Hint>,
    /// Where the value is in the row's bytes.
    pub span: Option<Range<usize>>,
    /// The CSV column, from 1.
    pub column: Option<usize>,
    /// What else is wrong with the same row, in the order of the fields; these have nothing here themselves.
    pub also: Vec<RowError>,
}

impl RowError {
    /// An error about the row as a whole.
    pub fn whole(kind: RowErrorKind, reason: impl Into<String>) -> Box<RowError> {
        let reason = reason.into();
        Box::new(RowError {
            kind,
            field: None,
            wanted: None,
            value: None,
            reason,
            hint: None,
            span: None,
            column: None,
            also: Vec::new(),
        })
    }

    /// What is wrong, as a heading over many rows: `more digits than decimal(18, 6) keeps`.
    pub fn title(&self) -> String {
        match &self.wanted {
            Some(wanted) => self.kind.title_for(wanted),
            None => self.kind.title().to_owned(),
        }
    }

    /// The field without the places within arrays and maps, `quote.legs[].price`, so that rows with the same
    /// fault in any of an array's items are reported as one group.
    pub fn field_of_group(&self) -> Option<Cow<'_, str>> {
        self.field.as_deref().map(without_places)
    }

    /// This fault and the further ones of the same row.
    pub fn all(&self) -> impl Iterator<Item = &RowError> {
        std::iter::once(self).chain(&self.also)
    }
}

/// A path with the content of its brackets left out. A map's key may hold brackets too, within quotes.
fn without_places(path: &str) -> Cow<'_, str> {
    if !path.contains('[') {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        out.push_str(&rest[..=open]);
        rest = &rest[open + 1..];
        let close = match rest.strip_prefix('"') {
            Some(_) => rest.find("\"]").map(|quote| quote + 1),
            None => rest.find(']'),
        };
        rest = &rest[close.unwrap_or(rest.len())..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl RowError {
    /// Puts the fields of this error and of its further ones below `record`.
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
        match (&self.field, &value) {
            (Some(field), Some(value)) => write!(formatter, "`{value}` does not fit `{field}`")?,
            (Some(what), None) => write!(formatter, "`{what}`")?,
            (None, Some(what)) => write!(formatter, "`{what}`")?,
            (None, None) => return formatter.write_str(&self.reason),
        }
        if let Some(column) = self.column {
            write!(formatter, " (column {column})")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

impl std::error::Error for RowError {}

/// Why a schema cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// What is wrong.
    pub message: String,
    /// What would help.
    pub hint: Option<Hint>,
}

impl PlanError {
    pub(super) fn new(message: impl Into<String>) -> PlanError {
        PlanError {
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<Hint>) -> PlanError {
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

/// What a conversion says of a value it cannot take; the caller adds field, value and place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: RowErrorKind,
    pub(crate) reason: String,
    pub(crate) hint: Option<Hint>,
    /// The type in words that the value was read as, where that says more than the kind.
    pub(crate) wanted: Option<String>,
    /// The path within the field, innermost segment first.
    pub(crate) path: Vec<String>,
    /// The value's bytes and span, where they are narrower than the field's own.
    pub(crate) value: Option<(Vec<u8>, Option<Range<usize>>)>,
    /// Whether there is no value to show.
    pub(crate) valueless: bool,
    /// Where the value would be, where there is none.
    pub(crate) place: Option<Range<usize>>,
}

impl Fault {
    #[cold]
    pub(crate) fn new(kind: RowErrorKind, reason: impl Into<String>) -> Box<Fault> {
        let reason = reason.into();
        Box::new(Fault {
            kind,
            reason,
            hint: None,
            wanted: None,
            path: Vec::new(),
            value: None,
            valueless: false,
            place: None,
        })
    }

    #[cold]
    pub(crate) fn with_hint(mut self: Box<Self>, hint: impl Into<Hint>) -> Box<Fault> {
        self.hint = Some(hint.into());
        self
    }

    /// Notes the type that the value was read as, unless an inner one was noted before.
    #[cold]
    pub(crate) fn wanting(mut self: Box<Self>, words: impl Into<String>) -> Box<Fault> {
        self.wanted.get_or_insert_with(|| words.into());
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

    /// Notes the value that was looked at, or the place where it should be, unless an inner one was noted before.
    #[cold]
    pub(crate) fn of_value(mut self: Box<Self>, value: &[u8], span: Option<Range<usize>>) -> Box<Fault> {
        if self.valueless {
            self.place = self.place.or(span);
        } else if self.value.is_none() {
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
            None => (None, self.place),
        };
        let field = (!field.is_empty()).then_some(field);
        Box::new(RowError {
            kind: self.kind,
            field,
            wanted: self.wanted,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: RowErrorKind, wanted: Option<&str>) -> RowError {
        RowError {
            wanted: wanted.map(str::to_owned),
            ..*RowError::whole(kind, "the reason")
        }
    }

    #[test]
    fn an_error_names_value_field_column_and_reason() {
        let mut error = error(RowErrorKind::DecimalScale, None);
        assert_eq!(error.to_string(), "the reason");
        error.value = Some(b"40.2\x1b".to_vec());
        assert_eq!(error.to_string(), "`40.2\\x1b`: the reason");
        error.field = Some("quote.legs[2].price".to_owned());
        assert_eq!(
            error.to_string(),
            "`40.2\\x1b` does not fit `quote.legs[2].price`: the reason"
        );
        error.column = Some(5);
        assert_eq!(
            error.to_string(),
            "`40.2\\x1b` does not fit `quote.legs[2].price` (column 5): the reason"
        );
        error.value = None;
        assert_eq!(error.to_string(), "`quote.legs[2].price` (column 5): the reason");
    }

    #[test]
    fn a_title_names_the_type_where_that_says_more() {
        let table = [
            (
                RowErrorKind::DecimalScale,
                "decimal(18, 6)",
                "more digits after the point than decimal(18, 6) keeps",
            ),
            (
                RowErrorKind::DecimalPrecision,
                "decimal(18, 6)",
                "more digits than decimal(18, 6) keeps",
            ),
            (RowErrorKind::OutOfRange, "int", "beyond the range of int"),
            (RowErrorKind::NotANumber, "long", "not an integer"),
            (RowErrorKind::NotANumber, "double", "not a number"),
            (RowErrorKind::NoZone, "timestamp-millis", "a time without a zone"),
        ];
        for (kind, wanted, title) in table {
            assert_eq!(error(kind, Some(wanted)).title(), title);
        }
        assert_eq!(
            error(RowErrorKind::DecimalScale, None).title(),
            "more digits after the point than the scale"
        );
    }

    #[test]
    fn a_group_leaves_out_the_places_within_arrays_and_maps() {
        let table = [
            ("price", "price"),
            ("quote.legs[2].price", "quote.legs[].price"),
            ("a[0][11].b", "a[][].b"),
            ("labels[\"x]y\"].z", "labels[].z"),
            ("cut[", "cut["),
        ];
        for (path, group) in table {
            assert_eq!(without_places(path), group);
        }
    }
}
