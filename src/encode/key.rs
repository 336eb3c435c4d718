//! The key of a message: a text built from the value's fields, or a datum with a separate schema.

use super::datum_plan::DatumPlan;
use super::error::PlanError;
use super::hint::Hint;
use super::message_text::MessageText;
use super::offsets::Tracker;
use super::template::Template;
use crate::mapping::Binding;
use crate::mapping::rules::{Rules, UnknownKeys};
use crate::schema::RegisteredSchema;

/// The text or datum that becomes the message's key.
#[derive(Debug, Clone)]
pub enum KeyChoice {
    /// No key.
    None,
    /// The field `symbol` if the schema has one, else no key.
    Default,
    /// The text of a field, or of a template such as `{exchange}.{symbol}`.
    Text(Template),
    /// An Avro datum of this schema with the registry's header: a record's fields come from the row by name; any other
    /// type comes from the field named here.
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
    Avro {
        datum: Box<DatumPlan>,
        /// The schema's description.
        described: String,
        /// The fields of its record without a column that get their default.
        defaulted: Vec<String>,
        /// Those that are null.
        nulled: Vec<String>,
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
            KeyChoice::Default if !tracker.has("symbol") => Ok(KeyPlan::None),
            // The user did not ask for this key, so a `symbol` that cannot be one leaves the message without a key.
            KeyChoice::Default => Ok(text(&Template::field("symbol"), tracker).unwrap_or(KeyPlan::None)),
            KeyChoice::Text(template) => text(template, tracker),
            KeyChoice::Avro { schema, field } => {
                let binding = key_binding(schema, field.as_deref(), value)?;
                Ok(KeyPlan::Avro {
                    datum: Box::new(DatumPlan::compile(&binding)?),
                    described: describe(schema),
                    defaulted: binding.defaulted().to_vec(),
                    nulled: binding.nulled().to_vec(),
                })
            }
        }
    }

    /// The key's description for people; none without a key.
    pub(super) fn describe(&self) -> Option<String> {
        match self {
            KeyPlan::None => None,
            KeyPlan::Text(text) => Some(text.written().to_owned()),
            KeyPlan::Avro { described, .. } => Some(described.clone()),
        }
    }

    /// The number of bytes before each key: the registry's header, if it is a datum of a schema with an id.
    pub(super) fn header_length(&self) -> usize {
        match self {
            KeyPlan::Avro { datum, .. } => datum.header_length(),
            KeyPlan::None | KeyPlan::Text(_) => 0,
        }
    }

    /// The columns that the key is made from, if it is a separate datum.
    pub(super) fn source_columns(&self) -> Vec<usize> {
        match self {
            KeyPlan::Avro { datum, .. } => datum.source_columns(),
            KeyPlan::None | KeyPlan::Text(_) => Vec::new(),
        }
    }

    /// The fields of the key's record without a column that get their default.
    pub(super) fn defaulted(&self) -> &[String] {
        match self {
            KeyPlan::Avro { defaulted, .. } => defaulted,
            KeyPlan::None | KeyPlan::Text(_) => &[],
        }
    }

    /// The fields of the key's record without a column that are null.
    pub(super) fn nulled(&self) -> &[String] {
        match self {
            KeyPlan::Avro { nulled, .. } => nulled,
            KeyPlan::None | KeyPlan::Text(_) => &[],
        }
    }

    /// The JSON keys that the key is made from, if it is a separate datum.
    pub(super) fn source_keys(&self) -> Vec<String> {
        match self {
            KeyPlan::Avro { datum, .. } => datum.source_keys(),
            KeyPlan::None | KeyPlan::Text(_) => Vec::new(),
        }
    }
}

/// Binds a key's schema to the value's row: it uses what it needs and ignores the rest.
fn key_binding<'k>(
    schema: &'k RegisteredSchema,
    field: Option<&str>,
    value: &Binding<'_>,
) -> Result<Binding<'k>, PlanError> {
    let rules = Rules {
        unknown_keys: UnknownKeys::Overlook,
        ..Rules::clone(value.rules())
    };
    if schema.avro.root_fields().is_some() {
        return value.bind_same_rows(schema, rules).map_err(|error| {
            PlanError::new(format!("the columns do not match the key's schema\n{error}"))
                .with_hint(Hint::KeyColumns)
        });
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

/// `TradeKey of trades-key version 1 (id 7)`.
fn describe(schema: &RegisteredSchema) -> String {
    let (name, subject) = (schema.record_name(), &schema.subject);
    match (schema.version, schema.id) {
        (Some(version), Some(id)) => format!("{name} of {subject} version {version} (id {id})"),
        _ => format!("{name} of {subject}"),
    }
}
