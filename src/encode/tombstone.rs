//! Tombstones: messages with a null value, after which a compacted topic forgets the key.
//!
//! A row that deletes something has a key and little else, so only the fields that the message is made from are read:
//! those of the key, of headers and of the timestamp.

use super::error::PlanError;
use super::header::HeaderSource;
use super::hint::Hint;
use super::key::{KeyChoice, KeyPlan, key_field};
use super::message_plan::{MessagePlan, PlanSettings, TimestampSource};
use super::template::Template;
use crate::mapping::{Binding, MapError, Place};

/// How a row becomes a tombstone.
#[derive(Debug)]
pub(super) struct TombstonePlan {
    /// The plan for the message. It tracks the fields that the plan for other rows tracks, so their slots are the same.
    /// What it writes as the value is not sent.
    pub(super) message: MessagePlan,
    /// Whether each derived column is needed.
    pub(super) columns: Vec<bool>,
}

impl TombstonePlan {
    /// `key` is the plan of the key of other rows, and `place` where the mapping asks for tombstones.
    ///
    /// # Errors
    /// Messages have no key.
    pub(super) fn compile(
        binding: &Binding<'_>,
        settings: &PlanSettings,
        key: &KeyPlan,
        place: &Place,
    ) -> Result<TombstonePlan, PlanError> {
        if let KeyPlan::None = key {
            let error = MapError::at(
                place.clone(),
                "a tombstone needs a key, but the messages have none",
            );
            return Err(PlanError::new(error.to_string()).with_hint(Hint::TombstoneKey));
        }
        let named = match &settings.key {
            KeyChoice::Default => key_field(binding),
            _ => None,
        };
        let named = named.and_then(|field| Template::field_or_template(&field.text).ok());
        let paths = fields(settings).chain(named.iter().flat_map(Template::fields));
        let paths: Vec<Vec<&str>> = paths.map(|field| field.split('.').collect()).collect();
        let message = MessagePlan::of_records(&binding.narrowed(&paths), settings)?;
        let derivation = binding.derivation();
        let of_value = binding.header().map_or(0, <[String]>::len);
        let all = derivation.map_or(of_value, |derivation| derivation.names().len());
        let mut columns = vec![false; all];
        columns[of_value..].fill(true);
        let needed = message.value.source_columns().into_iter();
        for column in needed.chain(message.key_columns()) {
            columns[column] = true;
        }
        Ok(TombstonePlan { message, columns })
    }
}

/// The paths of the fields of the value that the rest of the message is made from.
fn fields(settings: &PlanSettings) -> impl Iterator<Item = &str> {
    let key = match &settings.key {
        KeyChoice::Text(template) => Some(template),
        KeyChoice::None | KeyChoice::Default | KeyChoice::Avro { .. } => None,
    };
    let headers = settings.headers.iter().filter_map(|header| match &header.source {
        HeaderSource::Template(template) => Some(template),
        HeaderSource::Mapped(_) | HeaderSource::File | HeaderSource::Line => None,
    });
    let default = matches!(settings.key, KeyChoice::Default).then_some("symbol");
    let of_templates = key
        .into_iter()
        .chain(headers)
        .flat_map(|template| template.fields());
    let timestamp = match &settings.timestamp {
        Some(TimestampSource::Field(path)) => Some(path.as_str()),
        Some(TimestampSource::Mapped | TimestampSource::Envelope) | None => None,
    };
    of_templates.chain(default).chain(timestamp)
}
