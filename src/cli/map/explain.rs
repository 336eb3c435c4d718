//! `k2-produce map explain`: what each field becomes in the first rows, where it comes from, and the record.

use super::print;
use crate::cli::arguments::ExplainArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::preflight;
use crate::cli::text_rows;
use crate::cli::writer_schema;
use crate::encode::{ExplainedRow, Explainer};
use crate::escape::printable;
use crate::input::{Layout, Location};
use crate::record::RowFormat;
use crate::sandbox::datum_json;
use crate::schema::RegisteredSchema;
use crate::table::{Alignment, Table};

/// Maximum number of characters of a text or an expression that are shown.
const SHOWN: usize = 60;

pub(super) fn explain(arguments: ExplainArguments, environment: &Environment) -> Result<Exit, Failure> {
    let settings = super::settings(arguments.fitted, vec![arguments.file], environment)?;
    let mut inputs = preflight::open(&settings.input)?;
    let schema = writer_schema::of_run(&settings)?.schema;
    let mut input = inputs.pop().expect("one file is given");
    if let Some(error) = input.one_array() {
        return Err(error.into());
    }
    let path = match &input.location {
        Location::File(path) => Some(path.clone()),
        _ => None,
    };
    let mapping = settings.mapping.clone().for_input(path.as_deref());
    let (binding, format) = match &input.layout {
        Layout::Csv { header, rows } => (
            preflight::binding(&input, header, &schema, &mapping)?,
            rows.clone(),
        ),
        Layout::Jsonl => (mapping.bind_keys(&schema)?, RowFormat::Jsonl),
    };
    let mut explainer = Explainer::new(&binding, &mapping, format)?;
    let name = input.name.clone();
    let mut exit = Exit::Success;
    for (index, row) in text_rows::first(input, arguments.rows)?.iter().enumerate() {
        let explained = explainer.explain(row.line, index as u64 + 1, &row.text);
        if explained.datum.is_err() && !explained.is_filtered && !explained.is_tombstone {
            exit = Exit::Rejected;
        }
        let blank = if index > 0 { "\n" } else { "" };
        print(&format!(
            "{blank}{name}:{}\n{}",
            row.line,
            shown(&explained, &schema)
        ))?;
    }
    Ok(exit)
}

/// The fields of a row side by side with what they become, and the record or the errors of the row.
fn shown(row: &ExplainedRow, schema: &RegisteredSchema) -> String {
    let mut table = Table::new([Alignment::Left; 4]).indented(2);
    table.push(["field", "text", "from", ""].map(str::to_owned));
    for field in &row.fields {
        let text = match &field.text {
            None => "-".to_owned(),
            Some(text) if text.is_empty() => "(empty)".to_owned(),
            Some(text) => printable(text, SHOWN).into_owned(),
        };
        let faults = row.datum.as_ref().err().into_iter().flat_map(|error| error.all());
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
    if row.is_tombstone {
        text.push_str("  a tombstone: null, with the key of the row\n");
        return text;
    }
    match &row.datum {
        Ok(datum) => match datum_json(&schema.text, &schema.references, datum) {
            Ok(json) => text.push_str(&format!("  record: {json}\n")),
            Err(reason) => {
                let reason = printable(reason.as_bytes(), 300);
                text.push_str(&format!("  the record fits, but cannot be shown: {reason}\n"));
            }
        },
        Err(error) => {
            for fault in error.all() {
                text.push_str(&format!("  error: {fault}\n"));
            }
        }
    }
    text
}
