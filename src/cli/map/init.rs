//! `k2-produce map init`: a first mapping file, from the first rows of a file and a schema.

use std::path::Path;

use super::{key_values, print};
use crate::cli::arguments::{InitArguments, MessageArguments};
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::name_list::listed;
use crate::cli::{messages, new_file, sample, writer_schema};
use crate::draft::mapping::{self, ColumnNames};
use crate::report::figures::{count, count_of};
use crate::schema::{Base, RegisteredSchema};

pub(super) fn init(arguments: InitArguments, environment: &Environment) -> Result<Exit, Failure> {
    let typed = &arguments.fitted.mapping;
    if typed.map.is_some() || !typed.set.is_empty() {
        let message = "`map init` writes a mapping and does not read one";
        return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit `--map` and `--set`")));
    }
    let mut settings = super::settings(
        arguments.fitted,
        MessageArguments::default(),
        vec![arguments.file],
        &environment.without_configured(&["map", "set", "topics"]),
    )?;
    let schema = writer_schema::of_run(&settings)?.schema;
    if schema.avro.row_fields().is_none() {
        let what = schema.avro.describe(schema.avro.root());
        return Err(Failure::new(
            Exit::Usage,
            format!("the root type is {what}, not a record, so there are no fields to map"),
        ));
    }
    let fields = schema.avro.types().iter().map(|found| match &found.base {
        Base::Record { fields, .. } => fields.len(),
        _ => 0,
    });
    let fields: usize = fields.sum();
    if fields > sample::MAX_SOURCES {
        return Err(sample::too_many(&format!(
            "the schema has {} fields",
            count(fields as u64)
        )));
    }
    key_values::refuse(&mut settings.input)?;
    let (input, facts) = sample::open(&mut settings.input)?;
    let path = input.location.path();
    let rows = sample::read(input)?;
    let with_names = settings.mapping.clone().for_input(path.as_deref());
    let draft = mapping::draft(&facts, &rows, &schema, &with_names)?;
    match &arguments.output {
        Some(file) => new_file::write(file, &draft.text)?,
        None => print(&draft.text)?,
    }
    Ok(report(
        &draft,
        rows.rows.len() as u64,
        facts.names,
        arguments.output.as_deref(),
        &schema,
    ))
}

/// Prints what is left to do, and returns the exit status.
fn report(
    draft: &mapping::Draft,
    rows: u64,
    names: ColumnNames,
    output: Option<&Path>,
    schema: &RegisteredSchema,
) -> Exit {
    let file = output.map_or_else(|| "the mapping".to_owned(), |path| path.display().to_string());
    let entries = |count: usize| if count == 1 { "it" } else { "them" };
    if !draft.missing.is_empty() {
        let missing = listed(&draft.missing);
        let record = schema.record_name();
        messages::line(&format!(
            "{file} cannot be used yet: {record} requires a source for {missing}"
        ));
    }
    if !draft.undecided.is_empty() {
        let them = entries(draft.undecided.len());
        let undecided = listed(&draft.undecided);
        messages::line(&format!(
            "to be decided: {undecided}; see the comments that offer {them}"
        ));
    }
    if names == ColumnNames::Invented {
        messages::line(
            "hint: the file has no header; if you name its columns with `--columns NAME,...`, they are paired with \
             fields by their names too",
        );
    }
    let Some(fitting) = draft.fitting else {
        return Exit::Rejected;
    };
    if rows == 0 {
        messages::line("the file has no rows, so only the names of its columns were compared");
        return Exit::Success;
    }
    let of = count_of(rows, "row fits", "rows fit");
    messages::line(&format!(
        "{} of the first {of} with {file}",
        count(fitting as u64)
    ));
    match fitting as u64 == rows {
        true => Exit::Success,
        false => Exit::Rejected,
    }
}
