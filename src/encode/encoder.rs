//! Rows -> messages, according to one plan.

use std::ops::Range;
use std::sync::Arc;

use super::derived;
use super::dropped_names::DroppedKey;
use super::envelope::EnvelopeScratch;
use super::error::RowError;
use super::header::HeaderValue;
use super::hint::Hint;
use super::key::KeyPlan;
use super::line;
use super::mapped_part::{MappedPart, no_partition};
use super::message_plan::{MessagePlan, TimestampPlan, field_timestamp, recorded_micros};
use super::scratch::Scratch;
use crate::mapping::{DerivationFault, Deriver};
use crate::record::csv::Cell;
use crate::record::json::Node;
use crate::record::{Delimiters, Parts, Row, RowFormat, RowMemory};

/// Encodes rows according to one plan.
///
/// ```
/// use std::sync::Arc;
/// use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
/// use k2_produce::mapping::Mapping;
/// use k2_produce::schema::RegisteredSchema;
///
/// let text = r#"{"type": "record", "name": "Trade", "fields": [
///     {"name": "symbol", "type": "string"}, {"name": "volume", "type": "long"}]}"#;
/// let schema = RegisteredSchema::from_text("trades-value", text)?;
/// let binding = Mapping::default().bind_keys(&schema)?;
/// let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default))?;
/// let mut encoder = Encoder::new(Arc::new(plan));
///
/// let mut out = Vec::new();
/// let message = encoder.encode_line(br#"{"symbol": "BHP", "volume": 744}"#, &mut out)?;
/// assert_eq!(out[message.value], [6, b'B', b'H', b'P', 0xd0, 0x0b]);
/// assert_eq!(out[message.key.expect("it has a symbol")], *b"BHP");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Encoder {
    rows: RowEncoder,
    format: RowFormat,
    /// The line of its file on which the next row starts.
    line: u64,
    /// The number of the next row.
    row: u64,
    /// The parts of a line.
    cells: Vec<Cell>,
    nodes: Vec<Node>,
    shaped: RowMemory,
}

/// Encodes rows that are already split: the part of an [`Encoder`] that holds no row.
pub(crate) struct RowEncoder {
    pub(super) plan: Arc<MessagePlan>,
    pub(super) value: Scratch,
    /// The ends of the cells of a plain row; see [`split_bare`](crate::record::csv::split_bare).
    pub(super) cell_ends: Vec<u32>,
    /// For a key that is a separate datum.
    pub(super) key: Scratch,
    pub(super) headers: Vec<Option<Range<usize>>>,
    pub(super) envelope: EnvelopeScratch,
    /// Makes the rows that are encoded, if a mapping computes fields.
    deriver: Option<Box<Deriver>>,
}

/// What was appended for a row: ranges of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedMessage {
    /// The message's value: the registry's header, if the schema has an id, and the datum. Empty for a tombstone.
    pub value: Range<usize>,
    /// Whether the message is a tombstone: its value is null.
    pub is_tombstone: bool,
    /// The message's key, which may lie within the value.
    pub key: Option<Range<usize>>,
    /// The message's timestamp in milliseconds since the epoch, if the plan takes one from the row and its field is not
    /// null. It is not checked here whether a message can have this timestamp.
    pub timestamp: Option<i64>,
    /// The message's partition, if the mapping chooses it. It is not checked here whether the topic has it.
    pub partition: Option<i32>,
    /// The message's topic, if the mapping chooses it: its index in [`PlanSettings::topics`](super::PlanSettings::topics).
    pub topic: Option<u16>,
}

/// What a message has as its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Record,
    /// Null: a tombstone.
    Null,
}

impl Encoder {
    /// An encoder for `plan`.
    pub fn new(plan: Arc<MessagePlan>) -> Encoder {
        Encoder {
            rows: RowEncoder::new(plan),
            format: RowFormat::Csv(Delimiters::RFC_4180),
            line: 1,
            row: 1,
            cells: Vec::new(),
            nodes: Vec::new(),
            shaped: RowMemory::default(),
        }
    }

    /// The same, for lines of CSV with these delimiters instead of `,` and `"`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
    /// # use k2_produce::mapping::Mapping;
    /// # use k2_produce::schema::RegisteredSchema;
    /// use k2_produce::record::Delimiters;
    ///
    /// # let text = r#"{"type": "record", "name": "Trade", "fields": [
    /// #     {"name": "symbol", "type": "string"}, {"name": "volume", "type": "long"}]}"#;
    /// # let schema = RegisteredSchema::from_text("trades-value", text)?;
    /// # let columns = ["symbol", "volume"].map(str::to_owned);
    /// # let binding = Mapping::default().bind_columns(&columns, &schema)?;
    /// # let plan = Arc::new(MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default))?);
    /// let semicolons = Delimiters::new(b';', b'"').expect("they are two characters of ASCII");
    /// let mut encoder = Encoder::new(plan).with_delimiters(semicolons);
    /// let mut out = Vec::new();
    /// let message = encoder.encode_line(b"BHP;744", &mut out)?;
    /// assert_eq!(out[message.value], [6, b'B', b'H', b'P', 0xd0, 0x0b]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_delimiters(mut self, delimiters: Delimiters) -> Encoder {
        self.format = RowFormat::Csv(delimiters);
        self
    }

    /// The same, for lines in any notation of CSV, and for lines of JSON that have a row within them.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
    /// # use k2_produce::mapping::Mapping;
    /// # use k2_produce::schema::RegisteredSchema;
    /// use k2_produce::record::{Framing, JsonShape, RowFormat};
    ///
    /// # let text = r#"{"type": "record", "name": "Trade", "fields": [
    /// #     {"name": "symbol", "type": "string"}, {"name": "volume", "type": "long"}]}"#;
    /// # let schema = RegisteredSchema::from_text("trades-value", text)?;
    /// # let plan = Arc::new(MessagePlan::compile(&Mapping::default().bind_keys(&schema)?, &PlanSettings::new(KeyChoice::Default))?);
    /// let columns = ["symbol", "volume"].map(str::to_owned).to_vec();
    /// let shape = JsonShape::new(Some("data[*]".parse()?), columns, Vec::new())?;
    /// let mut encoder = Encoder::new(plan).with_format(RowFormat::Json(Framing::Lines, Arc::new(shape)));
    /// let mut out = Vec::new();
    /// let message = encoder.encode_line(br#"{"data":[["BHP",744]]}"#, &mut out)?;
    /// assert_eq!(out[message.value], [6, b'B', b'H', b'P', 0xd0, 0x0b]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_format(mut self, format: RowFormat) -> Encoder {
        self.format = format;
        self
    }

    /// The next row starts on this line of its file, and has this number, from 1.
    pub(crate) fn set_place(&mut self, line: u64, row: u64) {
        (self.line, self.row) = (line, row);
    }

    /// Appends the message of one row to `out`: a row of CSV, or a JSON text if the plan's fields are bound to JSON
    /// keys. It may end with a line terminator. Whether the mapping filters it is asked with [`Encoder::admits_line`].
    ///
    /// # Errors
    /// What is wrong with the row. `out` is then unchanged, so that the caller can continue.
    pub fn encode_line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Result<EncodedMessage, Box<RowError>> {
        self.encode_bytes(line, std::str::from_utf8(line).is_ok(), out)
    }

    /// Whether the next line is to be published: `where` in a mapping file may filter it. A line that is filtered is not
    /// passed to [`Encoder::encode_line`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
    /// # use k2_produce::mapping::{MapFile, Mapping, Rules};
    /// # use k2_produce::schema::RegisteredSchema;
    /// # let text = r#"{"type": "record", "name": "Trade", "fields": [{"name": "volume", "type": "long"}]}"#;
    /// # let schema = RegisteredSchema::from_text("trades-value", text)?;
    /// let map = MapFile::parse("trades.toml", "[rows]\nwhere = 'volume > 0'\n")?;
    /// let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
    /// let binding = mapping.bind_keys(&schema)?;
    /// let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None))?;
    /// let mut encoder = Encoder::new(Arc::new(plan));
    /// assert!(encoder.admits_line(br#"{"volume": 744}"#)?);
    /// assert!(!encoder.admits_line(br#"{"volume": 0}"#)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The line is not a row, or its condition has no answer.
    pub fn admits_line(&mut self, line: &[u8]) -> Result<bool, Box<RowError>> {
        self.rows.set_place(self.line, self.row);
        let utf8 = std::str::from_utf8(line).is_ok();
        let row = split(
            &self.rows,
            &self.format,
            line,
            utf8,
            &mut self.cells,
            (&mut self.nodes, &mut self.shaped),
        )?;
        let admitted = self.rows.admits(&row)?;
        if !admitted {
            self.set_place(self.line + 1, self.row + 1);
        }
        Ok(admitted)
    }

    /// Like [`Encoder::encode_line`], for text known to be UTF-8.
    ///
    /// # Errors
    /// What is wrong with the row. `out` is then unchanged, so that the caller can continue.
    #[inline]
    pub fn encode_str(&mut self, line: &str, out: &mut Vec<u8>) -> Result<EncodedMessage, Box<RowError>> {
        self.encode_bytes(line.as_bytes(), true, out)
    }

    #[inline]
    fn encode_bytes(
        &mut self,
        line: &[u8],
        utf8: bool,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        self.rows.set_place(self.line, self.row);
        self.set_place(self.line + 1, self.row + 1);
        let known = match utf8 && !matches!(self.format, RowFormat::Json(..)) {
            true => self
                .encode_plain(line, out)
                .or_else(|| self.rows.encode_known_line(line, out)),
            false => None,
        };
        if let Some(message) = known {
            return Ok(message);
        }
        let row = split(
            &self.rows,
            &self.format,
            line,
            utf8,
            &mut self.cells,
            (&mut self.nodes, &mut self.shaped),
        )?;
        let message = self.rows.encode(&row, out)?;
        if utf8 && !matches!(self.format, RowFormat::Json(..)) {
            self.rows.learn_line(&row);
        }
        Ok(message)
    }

    /// Appends the message of a line of UTF-8 that is a single row, if the message is plain.
    fn encode_plain(&mut self, line: &[u8], out: &mut Vec<u8>) -> Option<EncodedMessage> {
        let row = match &self.format {
            RowFormat::Csv(delimiters) if self.rows.plan.reads_cells() => {
                self.rows.encode_plain_cells(*delimiters, line, out)?
            }
            RowFormat::Csv(_) | RowFormat::Jsonl => self.rows.encode_plain_line(line, out)?,
            RowFormat::Other(_) | RowFormat::Json(..) => return None,
        };
        if row.next != line.len() {
            out.truncate(row.value.start);
            return None;
        }
        Some(EncodedMessage {
            value: row.value,
            is_tombstone: false,
            key: row.key,
            timestamp: None,
            partition: None,
            topic: None,
        })
    }

    /// The row in `line`, with its parts.
    ///
    /// # Errors
    /// The line is not a row.
    pub(super) fn row<'r>(&'r mut self, line: &'r [u8]) -> Result<Row<'r>, Box<RowError>> {
        let utf8 = std::str::from_utf8(line).is_ok();
        split(
            &self.rows,
            &self.format,
            line,
            utf8,
            &mut self.cells,
            (&mut self.nodes, &mut self.shaped),
        )
    }

    /// The ranges of the output that hold the header texts made from fields, for the last row encoded: one per such
    /// header of the plan, in order; none if a field is null.
    pub fn headers(&self) -> &[Option<Range<usize>>] {
        self.rows.headers()
    }

    /// See [`RowEncoder::encode_known_line`].
    #[cfg(test)]
    pub(super) fn encode_known(&mut self, line: &str, out: &mut Vec<u8>) -> Option<EncodedMessage> {
        self.rows.encode_known_line(line.as_bytes(), out)
    }

    /// The headers that the last row encoded names itself, as ranges of the output.
    #[cfg(test)]
    pub(super) fn own_headers(&self) -> &[super::OwnHeader] {
        self.rows.own_headers()
    }

    /// Number of JSON keys dropped so far because they match no field, as
    /// [`UnknownKeys::Drop`](crate::mapping::rules::UnknownKeys::Drop) allows.
    pub fn dropped_keys(&self) -> u64 {
        self.rows.dropped_keys()
    }
}

/// The error of a field of the key that the mapping computes, which the value may have too.
#[cold]
fn of_key(mut error: Box<RowError>) -> Box<RowError> {
    let named = |error: &mut RowError| {
        if let Some(field) = &mut error.field {
            field.insert_str(0, "message.key.");
        }
    };
    named(&mut error);
    error.also.iter_mut().for_each(named);
    error
}

/// The row in `line`, with its parts in `cells` or `nodes`.
#[inline]
fn split<'r>(
    rows: &RowEncoder,
    format: &RowFormat,
    line: &'r [u8],
    utf8: bool,
    cells: &'r mut Vec<Cell>,
    (nodes, shaped): (&'r mut Vec<Node>, &'r mut RowMemory),
) -> Result<Row<'r>, Box<RowError>> {
    Ok(match (rows.plan.reads_cells(), format) {
        (true, _) => Row {
            bytes: line::split_cells(line, format, cells)?,
            utf8,
            parts: Parts::Csv(cells),
        },
        (false, RowFormat::Json(framing, shape)) => {
            // A block has its rows without their line terminators.
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let (bytes, nodes) = line::parse_shaped(line, utf8, (*framing, shape), shaped)?;
            Row {
                bytes,
                utf8,
                parts: Parts::Json(nodes),
            }
        }
        (false, _) => {
            line::parse_json(line, utf8, nodes)?;
            Row {
                bytes: line,
                utf8,
                parts: Parts::Json(nodes),
            }
        }
    })
}

impl RowEncoder {
    pub(crate) fn new(plan: Arc<MessagePlan>) -> RowEncoder {
        RowEncoder {
            deriver: plan
                .derivation
                .as_deref()
                .map(|derivation| Box::new(Deriver::new(derivation))),
            plan,
            value: Scratch::default(),
            cell_ends: Vec::new(),
            key: Scratch::default(),
            headers: Vec::new(),
            envelope: EnvelopeScratch::default(),
        }
    }

    /// The next row starts on this line of its file, and has this number, from 1.
    #[inline]
    pub(crate) fn set_place(&mut self, line: u64, row: u64) {
        if let Some(deriver) = &mut self.deriver {
            deriver.set_place(line, row);
        }
    }

    /// Whether the message of `row` is to be published: the mapping may filter it.
    ///
    /// # Errors
    /// The condition cannot be decided.
    #[inline]
    pub(crate) fn admits(&mut self, row: &Row<'_>) -> Result<bool, Box<RowError>> {
        match &mut self.deriver {
            Some(deriver) if deriver.filters() => {
                deriver.admits(row).map_err(|fault| derived::row_error(*fault))
            }
            _ => Ok(true),
        }
    }

    /// Appends the message of `row`, which must be in the format that the plan's fields are bound to.
    ///
    /// # Errors
    /// What is wrong with the row. `out` is then unchanged, so that the caller can continue.
    #[inline(always)]
    pub(crate) fn encode(
        &mut self,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let start = out.len();
        let result = match self.plan.envelope.is_some() {
            false => self.put_row(row, out),
            true => self.put_envelope(row, out),
        };
        if result.is_err() {
            out.truncate(start);
            self.value.dropped_names.take_back();
        }
        result
    }

    /// Appends the message of a row that holds a value.
    #[inline(always)]
    pub(super) fn put_row(
        &mut self,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        match self.deriver.is_some() {
            false => self.put_message(Content::Record, row, &[], out),
            true => self.put_derived(row, out),
        }
    }

    /// The message of the row that the mapping makes of `row`.
    fn put_derived(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<EncodedMessage, Box<RowError>> {
        let mut deriver = self.deriver.take().expect("the mapping computes fields");
        let result = self.put_derived_by(&mut deriver, row, out);
        self.deriver = Some(deriver);
        result
    }

    #[inline]
    fn put_derived_by(
        &mut self,
        deriver: &mut Deriver,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let fault = |fault: Box<DerivationFault>| derived::row_error(*fault);
        let (content, wanted) = match &self.plan.tombstone {
            Some(tombstone) if deriver.is_tombstone(row).map_err(fault)? => {
                (Content::Null, Some(&*tombstone.columns))
            }
            _ => (Content::Record, None),
        };
        let derived = deriver.derive(row, wanted).map_err(fault)?;
        self.put_message(content, &derived.row, derived.cells, out)
            .map_err(|error| derived::at_origin(error, deriver, row))
    }

    /// `cells` are those of the message's parts that the mapping computes.
    #[inline(always)]
    fn put_message(
        &mut self,
        content: Content,
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let start = out.len();
        let plan = match (content, &self.plan.tombstone) {
            (Content::Null, Some(tombstone)) => &tombstone.message,
            _ => &*self.plan,
        };
        self.value.put_datum(&plan.value, row, out)?;
        let parts = PartScratch {
            value: &self.value,
            key: &mut self.key,
            headers: &mut self.headers,
        };
        parts.put(plan, (content, start), row, cells, out)
    }

    /// Appends the message of a line of JSON in UTF-8, if the line is written like an earlier one and nothing in it needs
    /// to be looked at more closely.
    #[inline]
    pub(crate) fn encode_known_line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Option<EncodedMessage> {
        if !self.plan.takes_known_lines {
            return None;
        }
        let start = out.len();
        let mut message = None;
        if self.value.put_line(&self.plan.value, line, out) {
            let row = Row {
                bytes: line,
                utf8: true,
                parts: Parts::Json(&[]),
            };
            let parts = PartScratch {
                value: &self.value,
                key: &mut self.key,
                headers: &mut self.headers,
            };
            message = parts
                .put(&self.plan, (Content::Record, start), &row, &[], out)
                .ok();
        }
        if message.is_none() {
            out.truncate(start);
        }
        message
    }

    /// Learns how a row is written that was encoded, for [`RowEncoder::encode_known_line`].
    #[inline]
    pub(crate) fn learn_line(&mut self, row: &Row<'_>) {
        if let (true, Parts::Json(nodes), Some(flat)) =
            (self.plan.takes_known_lines, row.parts, &self.plan.value.flat)
        {
            self.value.learn_line(flat, row.bytes, nodes);
        }
    }

    /// See [`Encoder::headers`].
    pub(crate) fn headers(&self) -> &[Option<Range<usize>>] {
        &self.headers
    }

    /// Whether the plan takes the time at which rows were recorded.
    #[inline]
    pub(crate) fn keeps_times(&self) -> bool {
        self.plan.recorded.is_some()
    }

    /// The time at which the last row encoded was recorded, in microseconds since 1970; none if its field is null, or the
    /// message is a tombstone, which has no fields. `out` has the message.
    pub(crate) fn recorded_time(&self, message: &EncodedMessage, out: &[u8]) -> Option<i64> {
        let slot = self.plan.recorded.filter(|_| !message.is_tombstone)?;
        recorded_micros(slot, &self.plan.value.codecs, &self.value.offsets, out)
    }

    /// See [`Encoder::dropped_keys`].
    pub(crate) fn dropped_keys(&self) -> u64 {
        let by_mapping = self.deriver.as_ref().map_or(0, |deriver| deriver.dropped_keys);
        self.value.dropped_keys + by_mapping
    }

    /// The names of dropped keys added since the last call.
    pub(crate) fn new_dropped_names(&mut self) -> Vec<DroppedKey> {
        self.value.dropped_names.take_new()
    }

    /// Adds the source field to an error about the timestamp of the last row encoded.
    #[cold]
    pub(crate) fn at_timestamp(&self, mut error: Box<RowError>, row: &Row<'_>) -> Box<RowError> {
        match &self.plan.timestamp {
            None => self.at_own_timestamp(error, row),
            Some(TimestampPlan::Mapped(mapped)) => {
                let advice =
                    "without `timestamp` in `[message]`, messages have the time at which they are sent";
                error.hint = match error.hint {
                    Some(Hint::NoTimestampField) => Some(advice.into()),
                    other => other,
                };
                self.at_part(error, &mapped.part, row)
            }
            Some(TimestampPlan::Field { field, slot }) => {
                error.field = Some(field.clone());
                if let Some(place) = self.value.offsets.in_row(*slot) {
                    if let (Some(deriver), Some(column)) = (&self.deriver, place.column) {
                        error.column = Some(column as usize + 1);
                        return derived::at_origin(error, deriver, row);
                    }
                    let value = &row.bytes[place.span()];
                    error.value = (!value.is_empty()).then(|| value.to_vec());
                    error.span = Some(place.span());
                    error.column = place.column.map(|column| column as usize + 1);
                }
                error
            }
        }
    }

    /// The error of a row whose message has a partition that the topic does not have.
    #[cold]
    pub(crate) fn no_partition(&self, partition: i32, partitions: u32, row: &Row<'_>) -> Box<RowError> {
        let fault = no_partition(partition, partitions);
        let error = RowError::whole(fault.kind, fault.reason);
        match &self.plan.partition {
            Some(part) => self.at_part(error, part, row),
            None => self.at_own_partition(error, row),
        }
    }

    /// Adds the source of a part of the message that the mapping computes.
    #[cold]
    fn at_part(&self, mut error: Box<RowError>, part: &MappedPart, row: &Row<'_>) -> Box<RowError> {
        error.field = Some(part.name.clone());
        error.column = Some(part.column + 1);
        match &self.deriver {
            Some(deriver) => derived::at_origin(error, deriver, row),
            None => error,
        }
    }
}

/// The buffers for the parts of a message other than its value.
struct PartScratch<'s> {
    /// That of the value, which is written.
    value: &'s Scratch,
    key: &'s mut Scratch,
    headers: &'s mut Vec<Option<Range<usize>>>,
}

impl PartScratch<'_> {
    /// Appends what a message has besides its value, which begins at `start`.
    #[inline(always)]
    fn put(
        self,
        plan: &MessagePlan,
        (content, start): (Content, usize),
        row: &Row<'_>,
        cells: &[Cell],
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let MessagePlan {
            value,
            key,
            headers,
            timestamp,
            recorded: _,
            partition,
            topic,
            tombstone: _,
            envelope: _,
            derivation: _,
            takes_known_lines: _,
            plain: _,
        } = plan;
        let end = out.len();
        let offsets = &self.value.offsets;
        let key = match key {
            KeyPlan::None => None,
            KeyPlan::Text(text) => Some(text.put_key(&value.codecs, offsets, out)?),
            KeyPlan::Mapped { part, .. } => Some(part.put_key(row, cells, out)?),
            KeyPlan::Avro {
                datum, is_computed, ..
            } => {
                let key_row = Row {
                    parts: match datum.columns {
                        Some(columns) if columns == cells.len() => Parts::Csv(cells),
                        _ => row.parts,
                    },
                    ..*row
                };
                self.key
                    .put_datum(datum, &key_row, out)
                    .map_err(|error| match is_computed {
                        true => of_key(error),
                        false => error,
                    })?;
                Some(end..out.len())
            }
        };
        self.headers.clear();
        for header in headers {
            match &header.value {
                HeaderValue::Row(text) => self.headers.push(text.put(&value.codecs, offsets, out)),
                HeaderValue::Mapped(part) => self.headers.push(part.put(row, cells, out)),
                HeaderValue::Constant(_) | HeaderValue::File | HeaderValue::Line | HeaderValue::Own => {}
            }
        }
        let timestamp = match timestamp {
            None => None,
            Some(TimestampPlan::Field { slot, .. }) => field_timestamp(*slot, &value.codecs, offsets, out),
            Some(TimestampPlan::Mapped(mapped)) => mapped.read(row, cells)?,
        };
        let partition = match partition {
            None => None,
            Some(part) => Some(part.partition(row, cells)?),
        };
        let topic = match topic {
            None => None,
            Some(mapped) => Some(mapped.read(row, cells)?),
        };
        Ok(EncodedMessage {
            value: match content {
                Content::Record => start..end,
                Content::Null => start..start,
            },
            is_tombstone: content == Content::Null,
            key,
            timestamp,
            partition,
            topic,
        })
    }
}
