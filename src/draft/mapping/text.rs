//! The text of a drafted mapping file.

use super::super::Source;
use super::choice::Choice;
use super::given;
use super::readings::Rule;
use super::trial::Trial;
use super::{ColumnNames, FileFacts, Found};
use crate::encode::{PossibleType, PossibleTypes};
use crate::escape::{is_plain, printable};
use crate::mapping::rules::UnknownKeys;
use crate::report::figures::{count, count_of};
use crate::schema::{Logical, RegisteredSchema};

/// The most characters of a value or a name in a comment.
const SHOWN: usize = 60;

/// The most characters of other comments.
const SHOWN_EVIDENCE: usize = 300;

/// `path = 'expression'`, with a line feed.
pub(super) fn entry(path: &str, expression: &str) -> String {
    format!("{} = {}\n", key(path), quoted(expression))
}

/// A dotted path as a key of TOML.
pub(super) fn key(path: &str) -> String {
    let parts = path.split('.').map(|part| {
        let is_bare = part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match is_bare && !part.is_empty() {
            true => part.to_owned(),
            false => quoted(part),
        }
    });
    parts.collect::<Vec<_>>().join(".")
}

/// A string of TOML: between double quotes, or between single quotes if it contains some.
pub(super) fn quoted(text: &str) -> String {
    let is_plain_text = text.chars().all(is_plain);
    let needs_escapes = text.contains(['"', '\\']);
    match (is_plain_text, needs_escapes, text.contains('\'')) {
        (true, false, _) => return format!("\"{text}\""),
        (true, true, false) => return format!("'{text}'"),
        _ => {}
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // The eight digits of TOML's longer form cover every character.
            character if !is_plain(character) => quoted.push_str(&format!("\\U{:08X}", u32::from(character))),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Text in a comment.
fn plain(text: &str, limit: usize) -> String {
    printable(text.as_bytes(), limit).into_owned()
}

/// The whole file.
pub(super) fn file(facts: &FileFacts, trial: &Trial<'_>, found: &[Found], unused: &[usize]) -> String {
    let rows = trial.sample.rows.len();
    let of_rows = if rows == 1 {
        "the first row".to_owned()
    } else {
        format!("the first {} rows", count(rows as u64))
    };
    let (file, record) = (
        plain(&facts.name, SHOWN),
        plain(trial.schema.record_name(), SHOWN),
    );
    let mut text = format!("# {file} -> {record}, drafted from {of_rows}.\n");
    if found.iter().any(Found::is_missing) {
        text.push_str("# It cannot be used until the fields marked `required` have a source.\n");
    }
    if !facts.options.is_empty() {
        let options = plain(&facts.options.join(" "), SHOWN_EVIDENCE);
        text.push_str(&format!("# The file is read with these options too: {options}\n"));
    }
    text.push_str(&input(facts, trial));
    text.push_str("\n[fields]\n");
    for one in found {
        text.push_str(&field(trial.schema, one));
    }
    if !unused.is_empty() {
        text.push_str("\n# Not used:\n");
        for source in unused.iter().map(|source| &trial.sample.sources[*source]) {
            text.push_str(&not_used(source));
        }
    }
    text.push_str(&rules(trial, found, unused));
    text
}

fn input(facts: &FileFacts, trial: &Trial<'_>) -> String {
    let mut text = String::new();
    if let Some(delimiter) = &facts.delimiter {
        let name = if delimiter == "\t" { "tab" } else { delimiter };
        text.push_str(&format!("delimiter = {}\n", quoted(name)));
    }
    if let Some(path) = &facts.json_root {
        text.push_str(&format!("json-root = {}\n", quoted(path)));
    }
    if !facts.json_columns.is_empty() {
        let names: Vec<String> = facts.json_columns.iter().map(|name| quoted(name)).collect();
        text.push_str(&format!("columns = [{}]\n", names.join(", ")));
    }
    if let Some(header) = trial
        .sample
        .header
        .as_ref()
        .filter(|_| facts.names != ColumnNames::File)
    {
        if facts.names == ColumnNames::Invented {
            text.push_str(
                "# The first row contains values, so the file has no header: give its columns names.\n",
            );
        }
        let names: Vec<String> = header.iter().map(|name| quoted(name)).collect();
        text.push_str(&format!("columns = [{}]\n", names.join(", ")));
    }
    match text.is_empty() {
        true => text,
        false => format!("\n[input]\n{text}"),
    }
}

fn field(schema: &RegisteredSchema, Found { leaf, choice }: &Found) -> String {
    let wanted = plain(&schema.avro.describe(leaf.type_id).to_string(), SHOWN);
    let state = match &leaf.default {
        None => format!("required: {wanted}"),
        Some(default) => format!("{wanted}, by default {}", plain(default, SHOWN)),
    };
    let path = key(&leaf.path);
    match choice {
        Choice::One(one) => {
            let line = entry(&leaf.path, &one.reading.expression);
            format!(
                "{}  # {}\n",
                line.trim_end(),
                plain(&one.evidence, SHOWN_EVIDENCE)
            )
        }
        Choice::Several { why, readings } => {
            let mut text = format!("# {path}: {state}; choose, {why}:\n");
            for one in readings {
                let line = entry(&leaf.path, &one.reading.expression);
                let evidence = plain(&one.evidence, SHOWN_EVIDENCE);
                text.push_str(&format!("# {}  # {evidence}\n", line.trim_end()));
            }
            text
        }
        Choice::Unread(columns) => {
            let lines = columns.iter().map(|column| {
                let line = entry(&leaf.path, &column.expression);
                let evidence = plain(&column.evidence, SHOWN_EVIDENCE);
                format!("# {}  # {state}; {evidence}\n", line.trim_end())
            });
            lines.collect()
        }
        Choice::None if leaf.is_time_of_arrival(&schema.avro) => {
            format!("# {path} = \"now()\"  # {state}; no column, perhaps the time at which the row is read\n")
        }
        Choice::None => match (&leaf.default, schema.avro.get(leaf.inner(&schema.avro)).logical) {
            (None, Some(Logical::Uuid)) => {
                format!(
                    "# {path} = 'uuid5(\"url\", ...)'  # {state}; no column, perhaps made of those that identify a row\n"
                )
            }
            _ => format!("# {path} =   # {state}; no column\n"),
        },
    }
}

fn not_used(source: &Source) -> String {
    let mut possible = PossibleTypes::all();
    for value in source.present() {
        possible.narrow(value.as_bytes());
    }
    let kind = possible.preferred().map_or("texts", PossibleType::plural);
    let of = count_of(source.present().count() as u64, "value", "values");
    let evidence = match source.present().next() {
        Some(value) => format!("{of}: {kind}, such as {}", plain(value, SHOWN)),
        None => "no value".to_owned(),
    };
    format!("#   {}: {evidence}\n", plain(&source.expression, SHOWN))
}

/// Whether values are times without a zone, and no zone was chosen.
pub(super) fn needs_zone(trial: &Trial<'_>, found: &[Found]) -> bool {
    trial.mapping.rules().time_zone.is_none()
        && found.iter().any(|found| match &found.choice {
            Choice::One(one) => one.reading.needs_zone,
            Choice::Several { readings, .. } => readings.iter().any(|one| one.reading.needs_zone),
            Choice::Unread(_) | Choice::None => false,
        })
}

fn rules(trial: &Trial<'_>, found: &[Found], unused: &[usize]) -> String {
    let mut rules = String::new();
    if needs_zone(trial, found) {
        rules.push_str("# tz = \"Australia/Sydney\"  # required: the times have no zone, so name theirs\n");
    }
    let given = trial.mapping.rules();
    rules.push_str(&given::rules(given));
    for Found { leaf, choice } in found {
        let readings: &[_] = match choice {
            Choice::One(one) => std::slice::from_ref(one),
            Choice::Several { readings, .. } => readings,
            Choice::Unread(_) | Choice::None => &[],
        };
        for one in readings {
            if let Some(Rule { name, value }) = one.reading.rule {
                let evidence = plain(&one.evidence, SHOWN_EVIDENCE);
                let path = key(&leaf.path);
                rules.push_str(&format!(
                    "# {path}.{name} = \"{value}\"  # required: {evidence}\n"
                ));
            }
        }
    }
    let drops_unknown = given.unknown_keys != UnknownKeys::Reject;
    if trial.sample.header.is_none() && !unused.is_empty() && !drops_unknown {
        rules.push_str("ignore-unknown = true  # drops the values that are not used\n");
    }
    match rules.is_empty() {
        true => rules,
        false => format!("\n[rules]\n{rules}"),
    }
}
