//! The key of a message: a text built from the value's fields, or a datum with a separate schema.

use super::datum_plan::DatumPlan;
use super::error::PlanError;
use super::hint::Hint;
use super::mapped_part::{MappedPart, check_key};
use super::message_text::MessageText;
use super::offsets::Tracker;
use super::template::Template;
use crate::mapping::rules::{Rules, UnknownKeys};
use crate::mapping::{Binding, BindingError, KeyColumns, KeyField, MapError, Place, key_needs_schema};
use crate::schema::RegisteredSchema;

/// The text or datum that becomes the message's key.
#[derive(Debug, Clone)]
pub enum KeyChoice {
    /// No key.
    None,
    /// The key of the mapping; else the field `symbol` if the schema has one; else no key.
    Default,
    /// The text of a field, or of a template such as `{exchange}.{symbol}`.
    Text(Template),
    /// An Avro datum of this schema with the registry's header: a record's fields come from the mapping, or from the row
    /// by name; any other type comes from the mapping, or from the field named here.
    Avro {
        /// The key's schema.
        schema: Box<RegisteredSchema>,
        /// The column or JSON key that holds a key that is not a record.
        field: Option<String>,
    },
}

/// What the message's key is made from.
#[derive(Debug)]
pub(crate) enum KeyPlan {
    None,
    Text(MessageText),
    /// An expression of the mapping.
    Mapped {
        part: MappedPart,
        /// The expression as it is written.
        written: String,
    },
    Avro {
        datum: Box<DatumPlan>,
        /// The schema's description.
        described: String,
        /// The fields of its record without a column that get their default.
        defaulted: Vec<String>,
        /// Those that are null.
        nulled: Vec<String>,
        /// Whether the mapping computes fields of its record.
        is_computed: bool,
    },
}

impl KeyPlan {
    pub(super) fn compile(
        choice: &KeyChoice,
        value: &Binding<'_>,
        tracker: &mut Tracker<'_>,
    ) -> Result<KeyPlan, PlanError> {
        let text = |template: &Template, tracker: &mut Tracker<'_>| {
            MessageText::compile(template, tracker, "the key").map(KeyPlan::Text)
        };
        match choice {
            KeyChoice::None => Ok(KeyPlan::None),
            KeyChoice::Default if mapped_key(value).is_some() => {
                let (column, written) = mapped_key(value).expect("it has just been found");
                let part = MappedPart {
                    column,
                    name: "message.key".to_owned(),
                };
                part.check_constant(value.derivation(), check_key)?;
                Ok(KeyPlan::Mapped { part, written })
            }
            KeyChoice::Default if key_field(value).is_some() => {
                let field = key_field(value).expect("it has just been found");
                let template = Template::field_or_template(&field.text).map_err(PlanError::from);
                template
                    .and_then(|template| text(&template, tracker))
                    .map_err(|error| PlanError {
                        message: MapError::at(field.place.clone(), error.message).to_string(),
                        hint: error.hint,
                    })
            }
            KeyChoice::Default if key_record(value).is_some() => {
                let place = key_record(value).expect("it has just been found");
                Err(PlanError::new(key_needs_schema(place).to_string()))
            }
            KeyChoice::Default if !tracker.has("symbol") => Ok(KeyPlan::None),
            // The user did not ask for this key, so a `symbol` that cannot be one leaves the message without a key.
            KeyChoice::Default => Ok(text(&Template::field("symbol"), tracker).unwrap_or(KeyPlan::None)),
            KeyChoice::Text(template) => text(template, tracker),
            KeyChoice::Avro { schema, field } => {
                let binding = key_binding(schema, field.as_deref(), value)?;
                let mut datum = DatumPlan::compile(&binding)?;
                let is_computed = key_record(value).is_some();
                if let Some(derivation) = value.derivation()
                    && (is_computed || mapped_key(value).is_some())
                {
                    datum.fix_constants(derivation)?;
                }
                Ok(KeyPlan::Avro {
                    datum: Box::new(datum),
                    described: describe(schema),
                    defaulted: binding.defaulted().to_vec(),
                    nulled: binding.nulled().to_vec(),
                    is_computed,
                })
            }
        }
    }

    /// The key's description for people; none without a key.
    pub(super) fn describe(&self) -> Option<String> {
        match self {
            KeyPlan::None => None,
            KeyPlan::Text(text) => Some(text.written().to_owned()),
            KeyPlan::Mapped { written, .. } => Some(written.clone()),
            KeyPlan::Avro { described, .. } => Some(described.clone()),
        }
    }

    /// The number of bytes before each key: the registry's header, if it is a datum of a schema with an id.
    pub(super) fn header_length(&self) -> usize {
        match self {
            KeyPlan::Avro { datum, .. } => datum.header_length(),
            KeyPlan::None | KeyPlan::Text(_) | KeyPlan::Mapped { .. } => 0,
        }
    }

    /// The columns that the key is made from, if it is a separate datum.
    pub(super) fn source_columns(&self) -> Vec<usize> {
        match self {
            KeyPlan::Avro { datum, .. } => datum.source_columns(),
            KeyPlan::None | KeyPlan::Text(_) | KeyPlan::Mapped { .. } => Vec::new(),
        }
    }

    /// The fields of the key's record without a column that get their default.
    pub(super) fn defaulted(&self) -> &[String] {
        match self {
            KeyPlan::Avro { defaulted, .. } => defaulted,
            KeyPlan::None | KeyPlan::Text(_) | KeyPlan::Mapped { .. } => &[],
        }
    }

    /// The fields of the key's record without a column that are null.
    pub(super) fn nulled(&self) -> &[String] {
        match self {
            KeyPlan::Avro { nulled, .. } => nulled,
            KeyPlan::None | KeyPlan::Text(_) | KeyPlan::Mapped { .. } => &[],
        }
    }

    /// The JSON keys that the key is made from, if it is a separate datum.
    pub(super) fn source_keys(&self) -> Vec<String> {
        match self {
            KeyPlan::Avro { datum, .. } => datum.source_keys(),
            KeyPlan::None | KeyPlan::Text(_) | KeyPlan::Mapped { .. } => Vec::new(),
        }
    }
}

/// The derived column of the key that the mapping computes, and its expression.
fn mapped_key(value: &Binding<'_>) -> Option<(usize, String)> {
    let derivation = value.derivation()?;
    let Some(KeyColumns::Value(column)) = derivation.message().key else {
        return None;
    };
    Some((column, derivation.part_source(column).to_owned()))
}

/// Where the mapping names the key, if it computes the fields of a record.
fn key_record<'b>(value: &'b Binding<'_>) -> Option<&'b Place> {
    match &value.derivation()?.message().key {
        Some(KeyColumns::Record(fields)) => Some(&fields.place),
        _ => None,
    }
}

/// The field, or the template of fields, that the mapping names for the key.
pub(super) fn key_field<'b>(value: &'b Binding<'_>) -> Option<&'b KeyField> {
    match &value.derivation()?.message().key {
        Some(KeyColumns::Field(field)) => Some(field),
        _ => None,
    }
}

/// Binds a key's schema to the value's row, and to what the mapping computes for the key: it uses what it needs and ignores the rest.
fn key_binding<'k>(
    schema: &'k RegisteredSchema,
    field: Option<&str>,
    value: &Binding<'_>,
) -> Result<Binding<'k>, PlanError> {
    let rules = Rules {
        unknown_keys: UnknownKeys::Overlook,
        ..Rules::clone(value.rules())
    };
    if let Some(bound) = value.bind_key_record(schema, rules.clone()) {
        return bound.map_err(|error| incomplete(&error, key_record(value)));
    }
    if schema.avro.root_fields().is_some() {
        if let Some((derivation, (column, _))) = value.derivation().zip(mapped_key(value))
            && let Some(place) = derivation.place(column)
        {
            let message = "the key's schema is a record, so each of its fields needs a value";
            return Err(PlanError::new(MapError::at(place.clone(), message).to_string())
                .with_hint("give the key's fields in a table: key = { symbol = '...' }"));
        }
        return value.bind_same_rows(schema, rules).map_err(|error| {
            PlanError::new(format!("the columns do not match the key's schema\n{error}"))
                .with_hint(Hint::KeyColumns)
        });
    }
    if let (None, Some((column, _))) = (field, mapped_key(value)) {
        return Ok(value.bind_value_at(schema, column, rules));
    }
    let field = field.ok_or_else(|| {
        let found = schema.avro.describe(schema.avro.root());
        PlanError::new(format!(
            "the key's schema is {found}, but no field is named for its value"
        ))
        .with_hint(Hint::KeyValueField)
    })?;
    value.bind_value(schema, field, rules).ok_or_else(|| {
        PlanError::new(format!("there is no column `{field}` for the key")).with_hint(Hint::KeyValueColumn)
    })
}

/// The error of a key with fields that have no value.
fn incomplete(error: &BindingError, place: Option<&Place>) -> PlanError {
    let BindingError::Unbound { table, .. } = error else {
        return PlanError::new(format!("the columns do not match the key's schema\n{error}"));
    };
    let fields: Vec<String> = table
        .iter()
        .filter(|(_, _, source)| source.is_err())
        .map(|(field, _, _)| format!("`{field}`"))
        .collect();
    let message = format!("the key's schema also requires {}", fields.join(", "));
    let message = match place {
        Some(place) => MapError::at(place.clone(), message).to_string(),
        None => message,
    };
    PlanError::new(message).with_hint(Hint::KeyEntries)
}

/// `TradeKey of trades-key version 1 (id 7)`.
fn describe(schema: &RegisteredSchema) -> String {
    let (name, subject) = (schema.record_name(), &schema.subject);
    match (schema.version, schema.id) {
        (Some(version), Some(id)) => format!("{name} of {subject} version {version} (id {id})"),
        _ => format!("{name} of {subject}"),
    }
}
