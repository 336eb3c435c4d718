//! Rows and a schema -> a first mapping file.
//!
//! `leaves` lists the fields that need a source, `names` pairs columns with them, `readings` lists the ways in which a
//! value may be written, `trial` reads the rows in each way, so that what is chosen is what the encoder accepts,
//! `choice` decides, and `text` writes the file; `given` repeats the options that were given.

mod choice;
mod given;
mod leaves;
mod names;
mod readings;
mod text;
mod trial;

use self::choice::Choice;
use self::leaves::Leaf;
use super::Sample;
use crate::mapping::{MapError, Mapping};
use crate::schema::RegisteredSchema;

/// A mapping file.
pub(crate) struct Draft {
    /// The text of the file.
    pub(crate) text: String,
    /// Required fields without a source: the file cannot be used until they have one.
    pub(crate) missing: Vec<String>,
    /// Fields whose values could be read in several ways, and rules without which no value can be read.
    pub(crate) undecided: Vec<String>,
    /// How many of the rows fit; none while fields are missing.
    pub(crate) fitting: Option<usize>,
}

/// How the file that is looked at is written.
pub(crate) struct FileFacts {
    /// The name of the file, for people.
    pub(crate) name: String,
    /// The delimiter, if it is not a comma.
    pub(crate) delimiter: Option<String>,
    pub(crate) names: ColumnNames,
    /// The path to the rows in JSON.
    pub(crate) json_root: Option<String>,
    /// The names of the values of JSON rows that are arrays.
    pub(crate) json_columns: Vec<String>,
    /// The options that reading it needs and that a mapping does not have, as they are typed.
    pub(crate) options: Vec<String>,
}

/// Where the names of the columns are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnNames {
    /// The header of the file, or the keys of its objects.
    File,
    /// The command line.
    Given,
    /// They were invented, because the file has no header.
    Invented,
}

/// A field with what was found for it.
struct Found {
    leaf: Leaf,
    choice: Choice,
}

/// Drafts a mapping of `sample` to `schema`; `mapping` has the rules that were chosen on the command line.
///
/// # Errors
/// The drafted file cannot be read, which is a fault of this module.
pub(crate) fn draft(
    facts: &FileFacts,
    sample: &Sample,
    schema: &RegisteredSchema,
    mapping: &Mapping,
) -> Result<Draft, MapError> {
    let trial = trial::Trial {
        sample,
        schema,
        mapping,
    };
    let leaves = leaves::of(&schema.avro, sample);
    let (choices, used) = choice::all(&trial, &leaves, facts.names);
    let found: Vec<Found> = leaves
        .into_iter()
        .zip(choices)
        .map(|(leaf, choice)| Found { leaf, choice })
        .collect();
    let missing: Vec<String> = found
        .iter()
        .filter(|found| found.is_missing())
        .map(|found| found.leaf.path.clone())
        .collect();
    let text = text::file(facts, &trial, &found, &unused(sample, &used));
    let mut undecided: Vec<String> = Vec::new();
    for found in found.iter().filter(|found| !found.is_missing()) {
        if matches!(found.choice, Choice::Several { .. } | Choice::Unread(_)) {
            undecided.push(found.leaf.path.clone());
        }
        if let Choice::One(one) = &found.choice {
            undecided.extend(
                one.reading
                    .rule
                    .map(|rule| format!("rules.{}.{}", found.leaf.path, rule.name)),
            );
        }
    }
    if text::needs_zone(&trial, &found) {
        undecided.push("rules.tz".to_owned());
    }
    let fitting = match missing.is_empty() {
        true => Some(trial.fitting(&text)?),
        false => None,
    };
    Ok(Draft {
        text,
        missing,
        undecided,
        fitting,
    })
}

impl Found {
    /// Whether it is required and has no source yet.
    fn is_missing(&self) -> bool {
        !matches!(self.choice, Choice::One(_)) && self.leaf.default.is_none()
    }
}

/// The sources that no field uses. Parts of a JSON value are used with it, and it with its parts.
fn unused(sample: &Sample, used: &[usize]) -> Vec<usize> {
    let name = |source: usize| sample.sources[source].name.as_str();
    let is_within = |part: &str, whole: &str| {
        sample.header.is_none() && part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'))
    };
    let is_used = |source: usize| {
        used.iter().any(|used| {
            *used == source || is_within(name(source), name(*used)) || is_within(name(*used), name(source))
        })
    };
    (0..sample.sources.len())
        .filter(|source| !is_used(*source))
        .collect()
}

#[cfg(test)]
mod tests;
