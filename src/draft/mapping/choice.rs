//! Decides where each field comes from. A choice is made only if the names and the values leave no doubt.

use super::super::Source;
use super::ColumnNames;
use super::leaves::Leaf;
use super::names::{self, Candidates, Likeness};
use super::readings::{self, Reading};
use super::trial::{Outcome, Trial};
use crate::report::figures::count;
use crate::schema::{Base, Logical};

/// Columns are paired by their values only if no more than this many are left: each is tried with each field.
const MAX_FREE: usize = 50;

/// What was found for a field.
pub(super) enum Choice {
    One(Found),
    /// A person has to choose among them; they are for these reasons not chosen.
    Several {
        why: String,
        readings: Vec<Found>,
    },
    /// Columns with such a name, and values that cannot be read.
    Unread(Vec<Unread>),
    /// No column.
    None,
}

/// A column with values that cannot be read.
pub(super) struct Unread {
    pub(super) expression: String,
    /// How many of the values fit, and why the first other one does not.
    pub(super) evidence: String,
}

/// A reading with what speaks for it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) reading: Reading,
    pub(super) evidence: String,
}

/// The choice for each field, and the columns that are used or offered.
pub(super) fn all(trial: &Trial<'_>, leaves: &[Leaf], names: ColumnNames) -> (Vec<Choice>, Vec<usize>) {
    let sources = &trial.sample.sources;
    let candidates = match names {
        ColumnNames::Invented => vec![None; leaves.len()],
        ColumnNames::File | ColumnNames::Given => names::candidates(leaves, sources),
    };
    let mut used = Vec::new();
    let mut choices: Vec<Choice> = leaves
        .iter()
        .zip(candidates)
        .map(|(leaf, candidates)| match candidates {
            Some(candidates) => by_name(trial, leaf, &candidates, &mut used),
            None => Choice::None,
        })
        .collect();
    from_date_and_time(trial, leaves, names, &mut choices, &mut used);
    by_kind(trial, leaves, &mut choices, &mut used);
    (choices, used)
}

fn by_name(trial: &Trial<'_>, leaf: &Leaf, candidates: &Candidates, used: &mut Vec<usize>) -> Choice {
    let mut all = Vec::new();
    for source in &candidates.sources {
        let suiting = suiting(trial, leaf, *source, candidates.likeness);
        if !suiting.is_empty() {
            used.push(*source);
        }
        all.extend(suiting);
    }
    let why = match candidates.is_certain {
        true => "the values can be read in several ways",
        false => "several columns or fields have such a name",
    };
    match (all.len(), candidates.is_certain) {
        (0, _) => unread(trial, leaf, candidates, used),
        (1, true) => single(all.remove(0)),
        _ => Choice::Several {
            why: why.to_owned(),
            readings: all,
        },
    }
}

/// The only reading, unless something about it is in doubt.
fn single(found: Found) -> Choice {
    match found.reading.doubt {
        None => Choice::One(found),
        Some(why) => Choice::Several {
            why: why.to_owned(),
            readings: vec![found],
        },
    }
}

/// Columns of which no reading suits the values. Those with only a part of the field's name are not meant.
fn unread(trial: &Trial<'_>, leaf: &Leaf, candidates: &Candidates, used: &mut Vec<usize>) -> Choice {
    if candidates.likeness < Likeness::Meaning {
        return Choice::None;
    }
    let mut unread = Vec::new();
    for source in &candidates.sources {
        let column = &trial.sample.sources[*source];
        let strict = &readings::of(&trial.schema.avro, leaf, column)[0];
        if let Some(refusal) = trial.refusal(&leaf.path, strict, *source) {
            used.push(*source);
            unread.push(Unread {
                expression: column.expression.clone(),
                evidence: format!(
                    "{} of {} {} {}, such as {}: {}",
                    count(refusal.good as u64),
                    count(refusal.of as u64),
                    if refusal.of == 1 {
                        "value fits"
                    } else {
                        "values fit"
                    },
                    trial.schema.avro.describe(leaf.type_id),
                    refusal.value,
                    refusal.reason
                ),
            });
        }
    }
    match unread.is_empty() {
        true => Choice::None,
        false => Choice::Unread(unread),
    }
}

/// The readings of a column that suit a field, each with a different meaning.
fn suiting(trial: &Trial<'_>, leaf: &Leaf, source: usize, likeness: Likeness) -> Vec<Found> {
    let column = &trial.sample.sources[source];
    let remark = match likeness {
        Likeness::Exact | Likeness::Letters => "",
        Likeness::Meaning | Likeness::Part => "; paired by name only",
    };
    let readings = readings::of(&trial.schema.avro, leaf, column);
    let strict = readings[0].clone();
    let tried = try_all(trial, leaf, readings, &[source]);
    let mut found: Vec<Found> = perfect(&tried)
        .into_iter()
        .map(|tried| evident(trial, leaf, Some(source), tried, remark))
        .collect();
    // A column with the name of the field is its source, even if some values are bad.
    if found.is_empty() && likeness >= Likeness::Letters {
        let is_strict = |tried: &&(Reading, Outcome)| tried.0 == strict;
        let best = tried.iter().find(is_strict);
        let best = best.or_else(|| tried.iter().rev().max_by_key(|(_, outcome)| outcome.good));
        found.extend(best.map(|tried| evident(trial, leaf, Some(source), tried, remark)));
    }
    found
}

/// The readings that suit at least one row, and what they make of the rows; only the first if it suits all rows,
/// because what the encoder reads without a function is not in doubt, except points that may separate thousands.
fn try_all(
    trial: &Trial<'_>,
    leaf: &Leaf,
    readings: Vec<Reading>,
    sources: &[usize],
) -> Vec<(Reading, Outcome)> {
    let in_doubt = trial.sample.header.is_some()
        && sources
            .iter()
            .any(|source| readings::may_have_thousands(&trial.sample.sources[*source]));
    let mut tried: Vec<(Reading, Outcome)> = Vec::new();
    for reading in readings {
        let Some(outcome) = trial.outcome(&leaf.path, &reading, sources) else {
            continue;
        };
        let is_plain = reading.looks_like.is_none();
        let is_perfect = outcome.is_perfect();
        tried.push((reading, outcome));
        if is_plain && is_perfect && !in_doubt {
            break;
        }
    }
    tried
}

/// The readings that suit all rows, one for each meaning.
fn perfect(tried: &[(Reading, Outcome)]) -> Vec<&(Reading, Outcome)> {
    let mut perfect: Vec<&(Reading, Outcome)> = Vec::new();
    for one in tried.iter().filter(|(_, outcome)| outcome.is_perfect()) {
        // Units of numbers give the same text, but another time.
        let is_same =
            |other: &&(Reading, Outcome)| other.0.rule == one.0.rule && other.1.means_the_same(&one.1);
        if !perfect.iter().any(is_same) {
            perfect.push(one);
        }
    }
    perfect
}

/// `source` is the column that the reading reads, if it reads one.
fn evident(
    trial: &Trial<'_>,
    leaf: &Leaf,
    source: Option<usize>,
    (reading, outcome): &(Reading, Outcome),
    remark: &str,
) -> Found {
    let (good, of) = (count(outcome.good as u64), count(outcome.of as u64));
    let (values, look, fit) = match outcome.of {
        1 => ("value", "looks", "fits"),
        _ => ("values", "look", "fit"),
    };
    let evidence = match (&reading.looks_like, outcome.of) {
        (_, 0) => "no value in these rows".to_owned(),
        (Some(form), _) => format!("{good} of {of} {values} {look} like {form}"),
        (None, _) => format!(
            "{good} of {of} {values} {fit} {}",
            trial.schema.avro.describe(leaf.type_id)
        ),
    };
    // The first value that does not fit says what is to be decided.
    let refusal = source.filter(|_| !outcome.is_perfect());
    let refusal = refusal.and_then(|source| trial.refusal(&leaf.path, reading, source));
    let but = refusal.map_or(String::new(), |refusal| {
        format!(", but not `{}`: {}", refusal.value, refusal.reason)
    });
    Found {
        reading: reading.clone(),
        evidence: format!("{evidence}{but}{remark}"),
    }
}

/// A time from a column with a date and one with a time of day, if exactly one field needs it. In a file without a
/// header they are found by their values, and offered.
fn from_date_and_time(
    trial: &Trial<'_>,
    leaves: &[Leaf],
    names: ColumnNames,
    choices: &mut [Choice],
    used: &mut Vec<usize>,
) {
    let avro = &trial.schema.avro;
    let sources = &trial.sample.sources;
    let pair = match names {
        ColumnNames::File | ColumnNames::Given => named(sources, "date").zip(named(sources, "time")),
        ColumnNames::Invented => only(sources, readings::is_date).zip(only(sources, readings::is_time)),
    };
    let Some((date, time)) = pair else { return };
    let is_open = |(leaf, choice): &(&Leaf, &Choice)| {
        let is_partial = match choice {
            Choice::One(found) => found.reading.expression == sources[time].expression,
            Choice::Several { .. } => false,
            Choice::Unread(_) | Choice::None => true,
        };
        is_partial && leaf.is_time(avro) && !leaf.is_time_of_arrival(avro)
    };
    let open: Vec<usize> = (0..leaves.len())
        .filter(|field| is_open(&(&leaves[*field], &choices[*field])))
        .collect();
    for field in &open {
        let leaf = &leaves[*field];
        let tried = try_all(
            trial,
            leaf,
            readings::of_two(avro, leaf, &sources[date], &sources[time]),
            &[date, time],
        );
        let mut found: Vec<Found> = perfect(&tried)
            .into_iter()
            .map(|tried| evident(trial, leaf, None, tried, ""))
            .collect();
        if found.is_empty() {
            continue;
        }
        used.extend([date, time]);
        choices[*field] = match (found.len(), open.len()) {
            (1, 1) if names != ColumnNames::Invented => single(found.remove(0)),
            (_, 1) => Choice::Several {
                why: "the dates can be read in several ways".to_owned(),
                readings: found,
            },
            _ => Choice::Several {
                why: "several fields are times".to_owned(),
                readings: found,
            },
        };
    }
}

/// The only column with this word at the end of its name.
fn named(sources: &[Source], word: &str) -> Option<usize> {
    let is_named = |source: &Source| {
        let name = source.name.to_lowercase();
        let rest = name.strip_suffix(word);
        rest.is_some_and(|rest| rest.is_empty() || !rest.ends_with(char::is_alphanumeric))
    };
    only(sources, is_named)
}

/// The only column for which this holds.
fn only(sources: &[Source], is_wanted: impl Fn(&Source) -> bool) -> Option<usize> {
    let mut found = (0..sources.len()).filter(|source| is_wanted(&sources[*source]));
    found.next().filter(|_| found.next().is_none())
}

/// Fields of telling types: the only column that fits, if it fits no other such field. By the values alone that is never
/// certain, so it is offered as a choice.
fn by_kind(trial: &Trial<'_>, leaves: &[Leaf], choices: &mut [Choice], used: &mut Vec<usize>) {
    let avro = &trial.schema.avro;
    let is_telling = |leaf: &Leaf| {
        let found = avro.get(leaf.inner(avro));
        let is_time = matches!(
            found.logical,
            Some(Logical::Timestamp(_) | Logical::LocalTimestamp(_) | Logical::Date | Logical::Uuid)
        );
        (is_time && !leaf.is_time_of_arrival(avro)) || matches!(found.base, Base::Enum { .. } | Base::Boolean)
    };
    let free: Vec<usize> = (0..trial.sample.sources.len())
        .filter(|source| !used.contains(source) && trial.sample.sources[*source].present().next().is_some())
        .collect();
    if free.len() > MAX_FREE {
        return;
    }
    let mut pairs: Vec<(usize, usize, Vec<Found>)> = Vec::new();
    for (field, leaf) in leaves.iter().enumerate() {
        if !matches!(choices[field], Choice::None) || !is_telling(leaf) {
            continue;
        }
        for source in &free {
            let column = &trial.sample.sources[*source];
            let tried = try_all(trial, leaf, readings::of(avro, leaf, column), &[*source]);
            let found: Vec<Found> = perfect(&tried)
                .into_iter()
                .map(|tried| evident(trial, leaf, None, tried, ""))
                .collect();
            if !found.is_empty() {
                pairs.push((field, *source, found));
            }
        }
    }
    for (field, source, readings) in &pairs {
        let rivals = pairs
            .iter()
            .filter(|(other, column, _)| (other == field) != (column == source));
        if rivals.count() == 0 {
            used.push(*source);
            let why = "the only column with such values".to_owned();
            choices[*field] = Choice::Several {
                why,
                readings: readings.clone(),
            };
        }
    }
}
