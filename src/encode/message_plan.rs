//! The plan for a message: its value, key, headers and timestamp.

use super::codec::{Codec, Codecs};
use super::datum_plan::DatumPlan;
use super::envelope::{EnvelopePlan, RowContent};
use super::error::PlanError;
use super::header::{HeaderPlan, MessageHeader};
use super::key::{KeyChoice, KeyPlan};
use super::mapped_part::{MappedPart, MappedTimestamp, MappedTopic, no_partition, partition_of};
use super::offsets::{OffsetSlot, Offsets, Tracker};
use super::plain::PlainPlan;
use super::timestamp;
use super::tombstone::TombstonePlan;
use super::wire::take_long;
use std::sync::Arc;

use crate::mapping::{Binding, Derivation};
use crate::schema::{SchemaId, TimeUnit};

/// What a plan takes from a row besides the fields of its schema.
#[derive(Debug, Clone)]
pub struct PlanSettings {
    /// The message's key.
    pub key: KeyChoice,
    /// The message's headers, in order.
    pub headers: Vec<MessageHeader>,
    /// Where the message's timestamp comes from; without it, messages have the time at which they are sent.
    pub timestamp: Option<TimestampSource>,
    /// The path of the timestamp field with the pace at which rows were recorded, if that is needed.
    pub replay: Option<String>,
    /// What the rows hold.
    pub content: RowContent,
    /// The topics that the mapping chooses from, if it chooses the topic of each row.
    pub topics: Vec<String>,
}

/// Where a message's timestamp comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampSource {
    /// The field with this path.
    Field(String),
    /// The timestamp of the mapping.
    Mapped,
    /// The timestamp in the envelope, if it has one.
    Envelope,
}

impl PlanSettings {
    /// Nothing but the value and the key.
    pub fn new(key: KeyChoice) -> PlanSettings {
        PlanSettings {
            key,
            headers: Vec::new(),
            timestamp: None,
            replay: None,
            content: RowContent::Value,
            topics: Vec::new(),
        }
    }
}

/// How a row becomes a message, compiled for the row loop. Shared by all encoders.
#[derive(Debug)]
pub struct MessagePlan {
    pub(super) value: DatumPlan,
    pub(super) key: KeyPlan,
    pub(super) headers: Vec<HeaderPlan>,
    pub(super) timestamp: Option<TimestampPlan>,
    /// The field with the time at which the row was recorded, if that is needed.
    pub(super) recorded: Option<OffsetSlot>,
    /// The message's partition, if the mapping chooses it.
    pub(super) partition: Option<MappedPart>,
    /// The message's topic, if the mapping chooses it.
    pub(super) topic: Option<MappedTopic>,
    /// How rows become tombstones, if a mapping makes some of some rows.
    pub(super) tombstone: Option<Box<TombstonePlan>>,
    /// How a row becomes a message, if it is an envelope and not a value.
    pub(super) envelope: Option<Box<EnvelopePlan>>,
    /// How rows are derived, if a mapping computes fields.
    pub(super) derivation: Option<Arc<Derivation>>,
    /// Whether a line of JSON need not be parsed if it is written like an earlier one.
    pub(super) takes_known_lines: bool,
    /// Set if messages are plain.
    pub(super) plain: Option<PlainPlan>,
}

impl MessagePlan {
    /// Compiles a schema with fields bound to the parts of rows by `binding`.
    ///
    /// ```
    /// use k2_produce::encode::{KeyChoice, MessagePlan, PlanSettings};
    /// use k2_produce::mapping::Mapping;
    /// use k2_produce::schema::RegisteredSchema;
    ///
    /// let text = r#"{"type": "record", "name": "Trade", "fields": [
    ///     {"name": "symbol", "type": "string"},
    ///     {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}}]}"#;
    /// let schema = RegisteredSchema::from_text("trades-value", text)?;
    /// let header = ["symbol".to_owned(), "price".to_owned()];
    /// let binding = Mapping::default().bind_columns(&header, &schema)?;
    /// let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default))?;
    /// assert_eq!(plan.describe_key().as_deref(), Some("symbol"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A key, header or timestamp field that the schema does not have or that cannot be one; a required default, or a
    /// constant of a mapping, that does not fit its field; a mapping that makes tombstones of messages without a key.
    pub fn compile(binding: &Binding<'_>, settings: &PlanSettings) -> Result<MessagePlan, PlanError> {
        let mut plan = MessagePlan::of_records(binding, settings)?;
        if let RowContent::Envelope(partition) = settings.content {
            plan.takes_known_lines = false;
            let envelope = EnvelopePlan::compile(partition, settings, &plan, binding)?;
            plan.headers.insert(0, HeaderPlan::own());
            plan.envelope = Some(Box::new(envelope));
        }
        if let Some(place) = binding
            .derivation()
            .and_then(|derivation| derivation.tombstones())
        {
            let tombstone = TombstonePlan::compile(binding, settings, &plan.key, place)?;
            plan.tombstone = Some(Box::new(tombstone));
        }
        plan.plain = PlainPlan::of(&plan);
        Ok(plan)
    }

    /// The plan for rows that become no tombstones.
    ///
    /// # Errors
    /// See [`MessagePlan::compile`].
    pub(super) fn of_records(
        binding: &Binding<'_>,
        settings: &PlanSettings,
    ) -> Result<MessagePlan, PlanError> {
        let mut value = DatumPlan::compile(binding)?;
        let mut tracker = Tracker::new(&binding.schema().avro);
        let in_envelope = settings.content != RowContent::Value;
        let key = match &settings.key {
            KeyChoice::Default | KeyChoice::Avro { .. } if in_envelope => KeyPlan::None,
            choice => KeyPlan::compile(choice, binding, &mut tracker)?,
        };
        let mapped = binding.derivation().map(|derivation| derivation.message());
        let headers = settings.headers.iter();
        let headers: Result<_, PlanError> = headers
            .map(|header| HeaderPlan::compile(header, mapped, &mut tracker))
            .collect();
        let headers = headers?;
        let timestamp = match &settings.timestamp {
            Some(TimestampSource::Field(field)) => Some(TimestampPlan::Field {
                field: field.clone(),
                slot: tracker.timestamp(field)?,
            }),
            Some(TimestampSource::Mapped) => {
                let column = mapped.and_then(|columns| columns.timestamp);
                let column = column.ok_or_else(|| PlanError::new("the mapping has no timestamp"))?;
                let part = MappedPart {
                    column,
                    name: "message.timestamp".to_owned(),
                };
                let mapped = MappedTimestamp::new(part, binding.rules());
                mapped.check_constant(binding.derivation())?;
                Some(TimestampPlan::Mapped(mapped))
            }
            Some(TimestampSource::Envelope) | None => None,
        };
        let recorded = settings.replay.as_ref();
        let recorded = recorded.map(|field| tracker.recorded_time(field)).transpose()?;
        let partition = mapped
            .and_then(|columns| columns.partition)
            .map(|column| MappedPart {
                column,
                name: "message.partition".to_owned(),
            });
        let topic = mapped
            .and_then(|columns| columns.topic)
            .map(|column| MappedPart {
                column,
                name: "message.topic".to_owned(),
            })
            .map(|part| MappedTopic::new(part, &settings.topics));
        if let Some(part) = &partition {
            part.check_constant(binding.derivation(), |text| partition_of(text).map(drop))?;
        }
        value.track(tracker);
        if let Some(derivation) = binding.derivation() {
            value.fix_constants(derivation)?;
        }
        value.keys_elsewhere = key.source_keys();
        value.flatten();
        Ok(MessagePlan {
            // The mapping and a key with a schema need the nodes of the line.
            takes_known_lines: value.columns.is_none()
                && value.flat.is_some()
                && binding.derivation().is_none()
                && matches!(key, KeyPlan::None | KeyPlan::Text(_)),
            value,
            key,
            headers,
            timestamp,
            recorded,
            partition,
            topic,
            tombstone: None,
            envelope: None,
            derivation: binding.derivation().cloned(),
            plain: None,
        })
    }

    /// Sets the id of the value's schema, if the plan was compiled before the schema was registered. An id already set
    /// is kept.
    pub fn set_schema_id(&self, id: SchemaId) {
        self.value.set_schema_id(id);
    }

    /// Checks a partition that the mapping gives every row against the number of partitions of the topic.
    ///
    /// # Errors
    /// The topic does not have it.
    pub fn check_partition(&self, partitions: u32) -> Result<(), PlanError> {
        let Some(part) = &self.partition else {
            return Ok(());
        };
        part.check_constant(self.derivation.as_ref(), |text| {
            let partition = partition_of(text)?;
            match (partition as u32) < partitions {
                true => Ok(()),
                false => Err(no_partition(partition, partitions)),
            }
        })
    }

    /// A description of the message's key: a field, a template, or the schema of an Avro key; none without a key.
    pub fn describe_key(&self) -> Option<String> {
        let of_envelope = self
            .envelope
            .as_ref()
            .and_then(|envelope| envelope.describe_key());
        of_envelope.or_else(|| self.key.describe())
    }

    /// The columns that the message's key is made from, if it is a datum with a separate schema.
    pub fn key_columns(&self) -> Vec<usize> {
        self.key.source_columns()
    }

    /// The fields of such a key's record without a column that get their default.
    pub fn key_defaulted(&self) -> &[String] {
        self.key.defaulted()
    }

    /// The fields of such a key's record without a column that are null.
    pub fn key_nulled(&self) -> &[String] {
        self.key.nulled()
    }

    /// Whether the rows of the file are CSV.
    pub(super) fn reads_cells(&self) -> bool {
        match &self.derivation {
            Some(derivation) => derivation.reads_cells(),
            None => self.value.columns.is_some(),
        }
    }

    /// The names of the columns that a mapping computes differently in each run: fields, and other parts of the message
    /// such as `message.key`.
    pub fn volatile_columns(&self) -> Vec<String> {
        let Some(derivation) = &self.derivation else {
            return Vec::new();
        };
        let names = derivation.names().enumerate();
        let volatile = names.filter(|(column, _)| derivation.is_volatile(*column));
        volatile.map(|(_, name)| name.to_owned()).collect()
    }

    /// Whether the key is made from such columns, or it differs from run to run which rows become messages.
    pub fn has_volatile_rows(&self) -> bool {
        self.derivation.as_ref().is_some_and(|derivation| {
            let key = self.key_columns();
            derivation.has_volatile_condition()
                || key.into_iter().any(|column| derivation.is_volatile(column))
        })
    }

    /// Whether the number of each row must be known.
    pub(crate) fn counts_rows(&self) -> bool {
        let derivation = self.derivation.as_ref();
        derivation.is_some_and(|derivation| derivation.counts_rows())
    }

    /// The message's headers, in order.
    pub(crate) fn headers(&self) -> &[HeaderPlan] {
        &self.headers
    }
}

/// Where a message's timestamp comes from.
#[derive(Debug)]
pub(super) enum TimestampPlan {
    Field { field: String, slot: OffsetSlot },
    Mapped(MappedTimestamp),
}

/// The timestamp in milliseconds, from a field's datum; none if it is null.
pub(super) fn field_timestamp(
    slot: OffsetSlot,
    codecs: &Codecs,
    offsets: &Offsets,
    out: &[u8],
) -> Option<i64> {
    let (at, codec) = offsets.present_datum(slot, codecs, out)?;
    let Codec::Timestamp(unit) = codec else {
        unreachable!("the plan accepts only timestamps")
    };
    Some(timestamp::to_millis(take_long(&out[at..]).0, *unit))
}

/// The time of a field's datum in microseconds; none if it is null.
pub(super) fn recorded_micros(
    slot: OffsetSlot,
    codecs: &Codecs,
    offsets: &Offsets,
    out: &[u8],
) -> Option<i64> {
    let (at, codec) = offsets.present_datum(slot, codecs, out)?;
    let (Codec::Timestamp(unit) | Codec::LocalTimestamp(unit)) = codec else {
        unreachable!("the plan accepts only timestamps")
    };
    let time = take_long(&out[at..]).0;
    Some(match unit {
        TimeUnit::Millis => time.saturating_mul(1_000),
        TimeUnit::Micros => time,
        TimeUnit::Nanos => time.div_euclid(1_000),
    })
}
