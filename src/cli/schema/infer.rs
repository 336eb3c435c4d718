//! `k2-produce schema infer`: a first schema for a file, from all of its rows.

use std::ops::ControlFlow;

use super::print;
use crate::cli::arguments::InferArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::settings::InputSettings;
use crate::cli::text_rows;
use crate::cli::{messages, name_list, new_file, sample, shell};
use crate::draft::mapping::{ColumnNames, FileFacts};
use crate::draft::schema::{Inferred, RowFault, Survey, is_full_name, name_of_file};
use crate::escape::printable;
use crate::input::{Input, Layout};
use crate::report::figures::count_of;
use crate::schema::AvroSchema;

/// Rows that could not be read.
#[derive(Default)]
struct Unread {
    count: u64,
    /// The line of the first one, and why.
    first: Option<(u64, RowFault)>,
}

pub(super) fn infer(arguments: InferArguments, environment: &Environment) -> Result<Exit, Failure> {
    if let Some(name) = arguments.name.as_deref().filter(|name| !is_full_name(name)) {
        let message = format!(
            "`--name`: `{}` is not a name of Avro",
            printable(name.as_bytes(), 60)
        );
        let hint =
            "use letters, digits and `_`, and a point after each part of a namespace: com.example.Trade";
        return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
    }
    let mut settings = InputSettings::of_file(arguments.file.clone(), arguments.input, environment)?;
    let (input, facts) = sample::open(&mut settings)?;
    let name = arguments.name.unwrap_or_else(|| name_of_file(&facts.name));
    let file = input.name.clone();
    let (survey, unread) = survey(input)?;
    let inferred = survey.schema(&name);
    if inferred.fields == 0 {
        return Err(no_fields(&file, &inferred, &unread));
    }
    // What is written is checked as any schema is: it may be nested too deeply.
    AvroSchema::parse(&inferred.text, &[])?;
    match &arguments.output {
        Some(file) => new_file::write(file, &inferred.text)?,
        None => print(&inferred.text)?,
    }
    report(&inferred, &file, &facts);
    let Some((line, fault)) = unread.first else {
        return Ok(Exit::Success);
    };
    let rows = count_of(unread.count, "row was", "rows were");
    messages::line(&format!(
        "{rows} not read, the first of them {file}:{line}: {fault}"
    ));
    Ok(Exit::Rejected)
}

/// The failure of a file that says nothing about fields.
fn no_fields(file: &str, inferred: &Inferred, unread: &Unread) -> Failure {
    let message = match (unread.first, inferred.rows) {
        (Some((line, fault)), 0) => {
            format!(
                "{file}: no row could be read, so no schema can be inferred; the first error is in line {line}: {fault}"
            )
        }
        (None, 0) => format!("{file} has no rows, so no schema can be inferred"),
        _ => format!("the rows of {file} have no keys, so no schema can be inferred"),
    };
    Failure::new(Exit::Input, message)
}

/// What is known of all rows.
fn survey(input: Input) -> Result<(Survey, Unread), Failure> {
    let mut survey = match &input.layout {
        Layout::Csv { header, rows } => Survey::of_columns(header.names.clone(), rows.clone())?,
        Layout::Json { .. } => Survey::of_objects(),
    };
    let format = input.layout.rows();
    let mut unread = Unread::default();
    text_rows::each(input, |row| {
        let line = row.line;
        if let Err(fault) = survey.add(&row.plain(&format)) {
            unread.count += 1;
            unread.first.get_or_insert((line, fault));
        }
        ControlFlow::Continue(())
    })?;
    Ok((survey, unread))
}

/// Prints what the schema depends on, besides the rows.
fn report(inferred: &Inferred, file: &str, facts: &FileFacts) {
    let fields = count_of(inferred.fields as u64, "field", "fields");
    let rows = count_of(inferred.rows, "row", "rows");
    messages::line(&format!("{file}: {rows} in {fields}"));
    if let Some(delimiter) = &facts.delimiter {
        let flag = shell::flag("--delimiter", delimiter.as_ref());
        messages::line(&format!("load it with `{flag}`"));
    }
    if facts.names == ColumnNames::Invented {
        let message = "the first row contains values, so the file has no header: give names with `--columns`";
        messages::line(message);
    }
    if inferred.needs_plain_json {
        messages::line(
            "load it with `--json-encoding plain`: some objects look like branches in Avro's JSON encoding",
        );
    }
    if !inferred.renamed.is_empty() {
        let names: Vec<&String> = inferred.renamed.iter().map(|(original, _)| original).collect();
        let listed = name_list::listed(&names);
        let number = count_of(names.len() as u64, "name was", "names were");
        messages::line(&format!(
            "{number} changed to be legal in Avro: {listed}; write a mapping for them with `k2-produce map init`",
        ));
    }
}
