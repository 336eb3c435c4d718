//! What differs from run to run, such as `now()`, and so is not compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::settings::{KeySource, Settings};
use crate::encode::{HeaderSource, TimestampSource};
use crate::load::{Masked, MaskedFields, PlannedInput};
use crate::schema::RegisteredSchema;

/// What is not compared.
pub(super) struct NotCompared {
    pub(super) masked: Masked,
    /// Whether the times that rows set are compared.
    pub(super) compares_times: bool,
    /// All of it, for people.
    pub(super) names: Vec<String>,
}

/// Finds out what differs from run to run.
///
/// # Errors
/// It decides which messages there are, or where they are.
pub(super) fn not_compared(
    settings: &Settings,
    planned: &[PlannedInput],
    schema: &RegisteredSchema,
) -> Result<NotCompared, Failure> {
    if planned.iter().any(|planned| planned.plan.has_volatile_rows()) {
        return Err(refused("keys, or which rows become messages,"));
    }
    let columns: BTreeSet<String> = planned
        .iter()
        .flat_map(|planned| planned.plan.volatile_columns())
        .collect();
    let (mut fields, mut headers) = (BTreeSet::new(), BTreeSet::new());
    let mut compares_times = matches!(
        settings
            .message
            .timestamp
            .as_ref()
            .map(|timestamp| &timestamp.source),
        Some(TimestampSource::Field(_) | TimestampSource::Mapped)
    );
    let mut names = Vec::new();
    for column in &columns {
        match column.strip_prefix("message.") {
            None => {
                let field = column.split('.').next().unwrap_or(column);
                fields.insert(field.to_owned());
            }
            Some("timestamp") => compares_times = false,
            Some(part) => match part.strip_prefix("headers.") {
                Some(header) => {
                    headers.insert(header.to_owned());
                }
                None => return Err(refused(&format!("`{column}`"))),
            },
        }
    }
    let is_masked = |path: &str| fields.contains(path.split('.').next().unwrap_or(path));
    let is_masked_key = match &settings.message.key {
        KeySource::Text(template) => template.fields().any(is_masked),
        KeySource::Avro { field, .. } => field.as_deref().is_some_and(is_masked),
        KeySource::Default | KeySource::None => false,
    };
    let keys = planned.iter().filter_map(|planned| planned.plan.describe_key());
    if is_masked_key || keys.into_iter().any(|key| key.split(['{', '}']).any(is_masked)) {
        return Err(refused("the key"));
    }
    for header in &settings.message.headers {
        if let HeaderSource::Template(template) = &header.source
            && template.fields().any(is_masked)
        {
            headers.insert(header.name.clone());
        }
    }
    if let Some(timestamp) = &settings.message.timestamp {
        compares_times &= match &timestamp.source {
            TimestampSource::Field(field) => !is_masked(field),
            TimestampSource::Mapped | TimestampSource::Envelope => true,
        };
        if !compares_times {
            names.push("the message timestamp".to_owned());
        }
    }
    names.extend(fields.iter().map(|name| format!("`{name}`")));
    names.extend(headers.iter().map(|name| format!("the header `{name}`")));
    Ok(NotCompared {
        masked: Masked {
            fields: masked_fields(&fields, schema)?,
            headers: headers.into_iter().collect(),
        },
        compares_times,
        names,
    })
}

fn masked_fields(
    names: &BTreeSet<String>,
    schema: &RegisteredSchema,
) -> Result<Option<MaskedFields>, Failure> {
    if names.is_empty() {
        return Ok(None);
    }
    let (Some(fields), Some(id)) = (schema.avro.root_fields(), schema.id) else {
        return Err(refused("a field of a value that is not a record"));
    };
    Ok(Some(MaskedFields {
        masked: fields.iter().map(|field| names.contains(&field.name)).collect(),
        schema: Arc::new(schema.clone()),
        id,
    }))
}

fn refused(what: &str) -> Failure {
    let message = format!(
        "{what} would differ in each run, because the mapping uses `now()` or a random UUID: the rows cannot be found on \
         the topic"
    );
    Failure::new(Exit::Usage, message)
}
