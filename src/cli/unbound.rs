//! Columns without a field and fields without a column: printed before the first row, and kept for the summary.

use std::collections::HashSet;

use super::messages;
use super::name_list::{in_backticks, listed};
use super::settings::Verbosity;
use crate::encode::MessagePlan;
use crate::input::Input;
use crate::mapping::Binding;
use crate::report::figures::count_of;

/// Unmatched columns and fields of all inputs, each once and in the order of appearance.
#[derive(Debug, Default)]
pub(super) struct Unbound {
    pub(super) ignored_columns: Distinct,
    pub(super) defaulted_fields: Distinct,
    pub(super) nulled_fields: Distinct,
    pub(super) key_defaulted_fields: Distinct,
    pub(super) key_nulled_fields: Distinct,
}

/// Distinct names. A header may have a hundred thousand.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    names: Vec<String>,
    seen: HashSet<String>,
}

impl Distinct {
    fn add<'a>(&mut self, names: impl IntoIterator<Item = &'a String>) {
        for name in names {
            if self.seen.insert(name.clone()) {
                self.names.push(name.clone());
            }
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

impl Unbound {
    /// Adds what a header leaves unbound; `unused` are the columns that were not ignored on purpose.
    pub(super) fn add(&mut self, binding: &Binding<'_>, plan: &MessagePlan, unused: &[String]) {
        let header = binding.header().unwrap_or_default();
        let left_out = header.iter().filter(|name| binding.left_out().contains(*name));
        self.ignored_columns.add(unused);
        self.ignored_columns.add(left_out);
        self.defaulted_fields.add(binding.defaulted());
        self.nulled_fields.add(binding.nulled());
        self.key_defaulted_fields.add(plan.key_defaulted());
        self.key_nulled_fields.add(plan.key_nulled());
    }

    /// Sentences for the summary; none if every field has a column.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let of_value = note(
            ["field has", "fields have"],
            self.defaulted_fields.names.len(),
            self.nulled_fields.names.len(),
        );
        let of_key = note(
            ["field of the key has", "fields of the key have"],
            self.key_defaulted_fields.names.len(),
            self.key_nulled_fields.names.len(),
        );
        of_value.into_iter().chain(of_key)
    }
}

/// How many fields had no column; `[one, many]` is their name in singular and plural.
fn note([one, many]: [&str; 2], defaulted: usize, nulled: usize) -> Option<String> {
    let fields = count_of((defaulted + nulled) as u64, one, many);
    let were = if nulled == 1 { "was" } else { "were" };
    match (defaulted, nulled) {
        (0, 0) => None,
        (1, 0) => Some(format!("{fields} no column and took its default")),
        (_, 0) => Some(format!("{fields} no column and took their defaults")),
        (0, _) => Some(format!("{fields} no column and {were} null")),
        _ => Some(format!(
            "{fields} no column: {defaulted} took the default, {nulled} {were} null"
        )),
    }
}

/// Prints what the header of `input` leaves unbound: a warning about columns, and the values of fields.
pub(super) fn print(
    input: &Input,
    binding: &Binding<'_>,
    plan: &MessagePlan,
    unused: &[String],
    verbosity: Verbosity,
) {
    let name = &input.name;
    for (why, columns) in reasons(binding, unused) {
        let count = columns.len() as u64;
        let ignored = match why {
            None => count_of(
                count,
                "column matches no field and is ignored",
                "columns match no field and are ignored",
            ),
            Some(why) => format!("{} ignored: {why}", count_of(count, "column", "columns")),
        };
        messages::line(&format!("warning: {name}: {ignored}: {}", listed(&columns)));
    }
    if verbosity == Verbosity::Quiet {
        return;
    }
    for (fields, what) in [
        (
            binding.defaulted(),
            "fields without a column, which take their defaults",
        ),
        (binding.nulled(), "fields without a column, which are null"),
        (
            plan.key_defaulted(),
            "fields of the key without a column, which take their defaults",
        ),
        (
            plan.key_nulled(),
            "fields of the key without a column, which are null",
        ),
    ] {
        if !fields.is_empty() {
            messages::line(&format!("{name}: {what}: {}", listed(fields)));
        }
    }
}

/// The columns that are `unused`, with the reasons; none if no field has their name.
fn reasons(binding: &Binding<'_>, unused: &[String]) -> Vec<(Option<String>, Vec<String>)> {
    let mut reasons: Vec<(Option<String>, Vec<String>)> = Vec::new();
    let mut named: HashSet<&String> = HashSet::new();
    let unused_names: HashSet<&String> = unused.iter().collect();
    for read in binding.read_elsewhere() {
        if !unused_names.contains(&read.column) {
            continue;
        }
        named.insert(&read.column);
        let why = Some(format!(
            "the field `{}` is read from the column {}",
            read.field,
            in_backticks(&read.from)
        ));
        match reasons.last_mut().filter(|(last, _)| *last == why) {
            Some((_, columns)) => columns.push(read.column.clone()),
            None => reasons.push((why, vec![read.column.clone()])),
        }
    }
    let unnamed = unused.iter().filter(|column| !named.contains(column));
    let unnamed: Vec<String> = unnamed.cloned().collect();
    if !unnamed.is_empty() {
        reasons.push((None, unnamed));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::schema::RegisteredSchema;

    #[test]
    fn a_column_with_a_field_is_not_reported_as_unmatched() {
        let text = r#"{"type":"record","name":"T","fields":[{"name":"symbol","type":"string"},
            {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
                {"name":"px","type":["null","double"],"default":null}]}],"default":null}]}"#;
        let schema = RegisteredSchema::from_text("t-value", text).unwrap();
        let header = ["symbol", "leg.px", "legq", "leg"].map(str::to_owned);
        let binding = Mapping::default().bind_columns(&header, &schema).unwrap();
        let reason = |why: Option<&str>, column: &str| (why.map(str::to_owned), vec![column.to_owned()]);
        assert_eq!(
            reasons(&binding, binding.ignored()),
            [
                reason(Some("the field `leg` is read from the column `leg`"), "leg.px"),
                reason(None, "legq"),
            ]
        );
    }

    fn unbound(defaulted: &[&str], nulled: &[&str]) -> Unbound {
        let mut unbound = Unbound::default();
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        unbound.defaulted_fields.add(&owned(defaulted));
        unbound.nulled_fields.add(&owned(nulled));
        unbound
    }

    #[test]
    fn fields_without_a_column_are_counted_once() {
        for (defaulted, nulled, note) in [
            (&[][..], &[][..], None),
            (
                &["a", "b", "a"],
                &[],
                Some("2 fields have no column and took their defaults"),
            ),
            (&["a"], &[], Some("1 field has no column and took its default")),
            (&[], &["c"], Some("1 field has no column and was null")),
            (&[], &["c", "d"], Some("2 fields have no column and were null")),
            (
                &["a", "b"],
                &["c"],
                Some("3 fields have no column: 2 took the default, 1 was null"),
            ),
        ] {
            let notes: Vec<String> = unbound(defaulted, nulled).notes().collect();
            assert_eq!(notes, note.into_iter().collect::<Vec<_>>());
        }
        let mut both = unbound(&["a"], &[]);
        both.key_defaulted_fields.add(&["a".to_owned(), "k".to_owned()]);
        both.key_nulled_fields.add(&["n".to_owned()]);
        assert_eq!(
            both.notes().collect::<Vec<_>>(),
            [
                "1 field has no column and took its default",
                "3 fields of the key have no column: 2 took the default, 1 was null"
            ]
        );
    }
}
