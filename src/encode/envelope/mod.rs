//! Rows that are whole messages: lines of JSON with the key, value, headers, timestamp and partition of a message.
//!
//! `members` finds these parts in a line, `parts` reads all but the value. The value is a JSON text like a row of its
//! own, and is encoded by the same plan. The names are those of `k2-produce show`, or those of kcat, in which a value is
//! a text that contains JSON.

mod members;
mod parts;

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use self::members::{Member, Members};
pub(crate) use self::parts::OwnHeader;
use super::datum_plan::DatumPlan;
use super::encoder::{EncodedMessage, RowEncoder};
use super::error::{Fault, PlanError, RowError, RowErrorKind};
use super::header::HeaderValue;
use super::hint::Hint;
use super::key::KeyChoice;
use super::line::parse_json;
use super::message_plan::{MessagePlan, PlanSettings, TimestampSource};
use crate::mapping::rules::Rules;
use crate::mapping::{Binding, Mapping};
use crate::record::json::{self, Kind, Node};
use crate::record::{Parts, Row};

/// What a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowContent {
    /// The value of a message.
    #[default]
    Value,
    /// A whole message.
    Envelope(PartitionSource),
}

/// Where the partition of a message in an envelope comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionSource {
    /// The envelope, if it has one.
    Envelope,
    /// The key, as for other rows.
    Key,
}

/// How the parts of a message are taken from an envelope.
#[derive(Debug)]
pub(super) struct EnvelopePlan {
    key: EnvelopeKey,
    takes_timestamp: bool,
    partition: PartitionSource,
    /// A part of the message that is made from fields of the value, so that there is none without a value.
    needs_value: Option<&'static str>,
    rules: Arc<Rules>,
}

/// Where the key comes from.
#[derive(Debug)]
enum EnvelopeKey {
    /// Not from the envelope.
    Elsewhere,
    /// It is a text, or other bytes.
    Text,
    /// It is a datum of a separate schema.
    Datum {
        plan: Box<DatumPlan>,
        /// The name of the schema.
        described: String,
    },
}

impl EnvelopePlan {
    /// # Errors
    /// The key's schema cannot be used, or a field is named for the value of the key.
    pub(super) fn compile(
        partition: PartitionSource,
        settings: &PlanSettings,
        plan: &MessagePlan,
        binding: &Binding<'_>,
    ) -> Result<EnvelopePlan, PlanError> {
        let key = match &settings.key {
            KeyChoice::None | KeyChoice::Text(_) => EnvelopeKey::Elsewhere,
            KeyChoice::Default => EnvelopeKey::Text,
            KeyChoice::Avro { field: Some(_), .. } => {
                return Err(PlanError::new(
                    "the key comes from each envelope, so no field can be named for it",
                ));
            }
            KeyChoice::Avro { schema, field: None } => {
                let mapping = Mapping::by_name(Rules::clone(binding.rules()));
                let keys = mapping
                    .bind_keys(schema)
                    .map_err(|error| PlanError::new(error.to_string()))?;
                EnvelopeKey::Datum {
                    plan: Box::new(DatumPlan::compile(&keys)?),
                    described: schema.record_name().to_owned(),
                }
            }
        };
        let is_of_row = |value: &HeaderValue| matches!(value, HeaderValue::Row(_));
        let needs_value = match &settings.timestamp {
            _ if matches!(settings.key, KeyChoice::Text(_)) => Some("key"),
            _ if plan.headers.iter().any(|header| is_of_row(&header.value)) => Some("headers"),
            Some(TimestampSource::Field(_)) => Some("timestamp"),
            _ => None,
        };
        Ok(EnvelopePlan {
            key,
            takes_timestamp: settings.timestamp == Some(TimestampSource::Envelope),
            partition,
            needs_value,
            rules: Arc::clone(binding.rules()),
        })
    }

    /// A description of the key, if it comes from the envelope.
    pub(super) fn describe_key(&self) -> Option<String> {
        match &self.key {
            EnvelopeKey::Elsewhere => None,
            EnvelopeKey::Text => Some("of each envelope".to_owned()),
            EnvelopeKey::Datum { described, .. } => Some(format!("{described} of each envelope")),
        }
    }
}

/// Buffers for reading envelopes, and what was found in the last one.
#[derive(Default)]
pub(super) struct EnvelopeScratch {
    /// The nodes of a value or a key.
    nodes: Vec<Node>,
    /// A value that is a text which contains JSON.
    value: Vec<u8>,
    /// Any other text with escapes.
    text: Vec<u8>,
    /// The headers, as ranges of the output.
    headers: Vec<OwnHeader>,
    /// The places of timestamp and partition in the row.
    timestamp: Option<Range<usize>>,
    partition: Option<Range<usize>>,
}

/// Where a part of a row was taken from, to correct the places in its errors.
enum Origin {
    /// It is a slice of the row that starts there.
    Slice(usize),
    /// It is the content of a text in the row.
    Text(Range<usize>),
}

impl RowEncoder {
    /// Appends the message in the envelope `row`.
    pub(super) fn put_envelope(
        &mut self,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let plan = Arc::clone(&self.plan);
        let envelope = plan.envelope.as_deref().expect("the rows are envelopes");
        let mut scratch = mem::take(&mut self.envelope);
        let put = self.put_parts(envelope, &mut scratch, row, out);
        self.envelope = scratch;
        put
    }

    fn put_parts(
        &mut self,
        plan: &EnvelopePlan,
        scratch: &mut EnvelopeScratch,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let Parts::Json(nodes) = row.parts else {
            unreachable!("an envelope is a line of JSON")
        };
        let members = Members::find(row.bytes, nodes, &plan.rules, &mut scratch.text)?;
        scratch.timestamp = members.timestamp.map(|member| member.span());
        scratch.partition = members.partition.map(|member| member.span());
        let mut message = match members.value {
            Some(value) => self.put_value(value, scratch, row, out)?,
            None => self.put_tombstone(plan, out.len())?,
        };
        message.key = match (&plan.key, members.key) {
            (EnvelopeKey::Elsewhere, _) => message.key,
            (_, None) => None,
            (EnvelopeKey::Text, Some(key)) => Some(parts::put_key(key, &mut scratch.text, out)?),
            (EnvelopeKey::Datum { plan, .. }, Some(key)) => {
                let start = out.len();
                let at = key.whole();
                let bytes = &row.bytes[at.clone()];
                parse_json(bytes, row.utf8, &mut scratch.nodes)?;
                let parts = Parts::Json(&scratch.nodes);
                let put = self.key.put_datum(plan, &Row { bytes, parts, ..*row }, out);
                put.map_err(|mut error| {
                    error.put_within("key");
                    moved(error, &Origin::Slice(at.start))
                })?;
                Some(start..out.len())
            }
        };
        scratch.headers.clear();
        if let Some(headers) = members.headers {
            parts::put_headers(headers, &mut scratch.text, &mut scratch.headers, out)?;
        }
        if plan.takes_timestamp {
            message.timestamp = match members.timestamp {
                Some(member) => parts::timestamp(member, &plan.rules, &mut scratch.text)?,
                None => None,
            };
        }
        if plan.partition == PartitionSource::Envelope {
            message.partition = members.partition.map(parts::partition).transpose()?;
        }
        Ok(message)
    }

    fn put_value(
        &mut self,
        value: Member<'_>,
        scratch: &mut EnvelopeScratch,
        row: &Row<'_>,
        out: &mut Vec<u8>,
    ) -> Result<EncodedMessage, Box<RowError>> {
        let (bytes, origin) =
            match value.is_payload && matches!(value.kind(), Kind::String | Kind::EscapedString) {
                true => {
                    scratch.value.clear();
                    json::unescape(value.raw(), &mut scratch.value);
                    (&*scratch.value, Origin::Text(value.span()))
                }
                false => (&row.bytes[value.whole()], Origin::Slice(value.whole().start)),
            };
        let in_text = matches!(origin, Origin::Text(_));
        let put = parse_json(bytes, row.utf8, &mut scratch.nodes).and_then(|()| {
            let parts = Parts::Json(&scratch.nodes);
            self.put_row(&Row { bytes, parts, ..*row }, out)
        });
        put.map_err(|mut error| {
            if in_text && error.kind == RowErrorKind::Json && error.field.is_none() {
                error.field = Some("payload".to_owned());
            }
            moved(error, &origin)
        })
    }

    /// A message without a value, which would start at `start`.
    fn put_tombstone(&mut self, plan: &EnvelopePlan, start: usize) -> Result<EncodedMessage, Box<RowError>> {
        if let Some(part) = plan.needs_value {
            let reason =
                format!("the value is null, but {part} of the message would be made from its fields");
            return Err(RowError::whole(RowErrorKind::Empty, reason));
        }
        self.headers.clear();
        Ok(EncodedMessage {
            value: start..start,
            is_tombstone: true,
            key: None,
            timestamp: None,
            partition: None,
            topic: None,
        })
    }

    /// The headers of the last envelope, as ranges of the output.
    pub(crate) fn own_headers(&self) -> &[OwnHeader] {
        &self.envelope.headers
    }

    /// Whether messages without a timestamp are expected: they get the time at which they are sent.
    pub(crate) fn may_lack_timestamp(&self) -> bool {
        self.plan
            .envelope
            .as_ref()
            .is_some_and(|plan| plan.takes_timestamp)
    }

    /// Adds the place of the timestamp to an error about that of the last envelope.
    #[cold]
    pub(super) fn at_own_timestamp(&self, mut error: Box<RowError>, row: &Row<'_>) -> Box<RowError> {
        error.hint = error.hint.take().filter(|hint| *hint != Hint::NoTimestampField);
        at_part(error, "timestamp", self.envelope.timestamp.clone(), row)
    }

    /// Adds the place of the partition to an error about that of the last envelope.
    #[cold]
    pub(super) fn at_own_partition(&self, mut error: Box<RowError>, row: &Row<'_>) -> Box<RowError> {
        error.hint = Some(Hint::OtherPartitions);
        at_part(error, "partition", self.envelope.partition.clone(), row)
    }
}

fn at_part(mut error: Box<RowError>, name: &str, span: Option<Range<usize>>, row: &Row<'_>) -> Box<RowError> {
    error.field = Some(name.to_owned());
    error.value = span.clone().map(|span| row.bytes[span].to_vec());
    error.span = span;
    error
}

/// An error of a part of the row, with places in the row.
#[cold]
fn moved(mut error: Box<RowError>, origin: &Origin) -> Box<RowError> {
    let move_span = |error: &mut RowError| {
        error.span = match (error.span.take(), origin) {
            (None, _) => None,
            (Some(span), Origin::Slice(start)) => Some(span.start + start..span.end + start),
            (Some(_), Origin::Text(span)) => Some(span.clone()),
        };
    };
    move_span(&mut error);
    error.also.iter_mut().for_each(move_span);
    error
}

/// The fault of a member, as the error of the row.
#[cold]
fn refused(member: Member<'_>, fault: Box<Fault>) -> Box<RowError> {
    fault
        .within(member.name)
        .of_value(member.raw(), Some(member.span()))
        .into_row_error(None)
}
