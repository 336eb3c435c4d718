//! `k2-produce map explain`: what each field becomes in the first rows, where it comes from, and the record.

use super::print;
use crate::cli::arguments::ExplainArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::preflight;
use crate::cli::produce::plan_settings;
use crate::cli::text_rows;
use crate::cli::writer_schema;
use crate::decode::datum_json;
use crate::encode::{ExplainedRow, Explainer, KeyChoice};
use crate::escape::printable;
use crate::schema::RegisteredSchema;
use crate::table::{Alignment, Table};

/// Maximum number of characters of a text or an expression that are shown.
const SHOWN: usize = 60;

/// Maximum number of characters of a key or a header's value that are shown.
const SHOWN_KEY: usize = 300;

pub(super) fn explain(arguments: ExplainArguments, environment: &Environment) -> Result<Exit, Failure> {
    let settings = super::settings(
        arguments.fitted,
        arguments.message,
        vec![arguments.file],
        environment,
    )?;
    let mut inputs = preflight::open(&settings.input)?;
    let schema = writer_schema::of_run(&settings)?.schema;
    let mut input = inputs.pop().expect("one file is given");
    preflight::refuse_array(&mut input, &schema)?;
    let path = input.location.path();
    let plan_settings = plan_settings(&settings)?;
    let mapping = preflight::mapping(&settings, &plan_settings).for_input(path.as_deref());
    let fit = preflight::fit(&settings, &input, &mapping, &schema, &plan_settings)?;
    let format = input.layout.rows();
    let schemas = Schemas {
        value: &schema,
        key: match &plan_settings.key {
            KeyChoice::Avro { schema, .. } => Some(schema),
            _ => None,
        },
    };
    let mut explainer = Explainer::new(&fit.binding, fit.plan, &mapping, format);
    let name = input.name.clone();
    let mut exit = Exit::Success;
    for (index, row) in text_rows::first(input, arguments.rows)?.iter().enumerate() {
        let explained = explainer.explain(row.line, index as u64 + 1, &row.text);
        if explained.message.is_err() && !explained.is_filtered {
            exit = Exit::Rejected;
        }
        let blank = if index > 0 { "\n" } else { "" };
        print(&format!(
            "{blank}{}\n{}",
            row.place(&name),
            shown(&explained, &schemas)
        ))?;
    }
    Ok(exit)
}

/// The schemas of a message.
struct Schemas<'a> {
    value: &'a RegisteredSchema,
    /// None for a key that is a text.
    key: Option<&'a RegisteredSchema>,
}

/// The fields of a row side by side with what they become, and the message or the errors of the row.
fn shown(row: &ExplainedRow, schemas: &Schemas<'_>) -> String {
    let mut table = Table::new([Alignment::Left; 4]).indented(2);
    table.push(["field", "text", "from", ""].map(str::to_owned));
    for field in &row.fields {
        let text = match &field.text {
            None => "-".to_owned(),
            Some(text) if text.is_empty() => "(empty)".to_owned(),
            Some(text) => printable(text, SHOWN).into_owned(),
        };
        let faults = row
            .message
            .as_ref()
            .err()
            .into_iter()
            .flat_map(|error| error.all());
        let is_bad = faults
            .filter_map(|fault| fault.field.as_ref())
            .any(|bad| *bad == field.path);
        table.push([
            printable(field.path.as_bytes(), SHOWN).into_owned(),
            text,
            printable(field.from.as_bytes(), SHOWN).into_owned(),
            if is_bad { "error".to_owned() } else { String::new() },
        ]);
    }
    let mut text = table.to_string();
    if row.is_filtered {
        text.push_str("  not sent: the condition of `[rows]` does not hold\n");
        return text;
    }
    match &row.message {
        Ok(message) => {
            match row.is_tombstone {
                true => text.push_str("  a tombstone: null, with the key of the row\n"),
                false => text.push_str(&shown_datum("record", schemas.value, &message.value)),
            }
            match (&message.key, schemas.key) {
                (None, _) => {}
                (Some(key), Some(schema)) => text.push_str(&shown_datum("key", schema, key)),
                (Some(key), None) => text.push_str(&format!("  key: {}\n", printable(key, SHOWN_KEY))),
            }
            for (name, value) in &message.headers {
                let name = printable(name.as_bytes(), SHOWN);
                let value = value.as_ref().map(|value| printable(value, SHOWN_KEY));
                text.push_str(&format!(
                    "  header {name}: {}\n",
                    value.as_deref().unwrap_or("(null)")
                ));
            }
        }
        Err(error) => {
            for fault in error.all() {
                text.push_str(&format!("  error: {fault}\n"));
            }
        }
    }
    text
}

fn shown_datum(what: &str, schema: &RegisteredSchema, datum: &[u8]) -> String {
    match datum_json(&schema.text, &schema.references, datum) {
        Ok(json) => format!("  {what}: {json}\n"),
        Err(reason) => {
            let reason = printable(reason.as_bytes(), 300);
            format!("  the {what} fits, but cannot be shown: {reason}\n")
        }
    }
}
