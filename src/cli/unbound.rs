//! Columns without a field and fields without a column: said before the first row, and kept for the summary.

use std::collections::HashSet;

use super::messages;
use super::name_list::listed;
use super::settings::Verbosity;
use crate::encode::MessagePlan;
use crate::input::Input;
use crate::mapping::Binding;
use crate::report::figures::count_of;

/// Columns and fields without one another, over all inputs, each once and in the order met.
#[derive(Debug, Default)]
pub(super) struct Unbound {
    pub(super) ignored_columns: Distinct,
    pub(super) defaulted_fields: Distinct,
    pub(super) nulled_fields: Distinct,
}

/// Names that are kept once each. A header may have a hundred thousand.
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
    /// Takes in what the header of `input` leaves unbound; columns that are `unused` were not expected to be.
    pub(super) fn add(&mut self, binding: &Binding<'_>, unused: &[String]) {
        let header = binding.header().unwrap_or_default();
        let left_out = header.iter().filter(|name| binding.left_out().contains(*name));
        self.ignored_columns.add(unused);
        self.ignored_columns.add(left_out);
        self.defaulted_fields.add(binding.defaulted());
        self.nulled_fields.add(binding.nulled());
    }

    /// A sentence for the summary; none where every field has a column.
    pub(super) fn note(&self) -> Option<String> {
        let (defaulted, nulled) = (self.defaulted_fields.names.len(), self.nulled_fields.names.len());
        let fields = count_of((defaulted + nulled) as u64, "field has", "fields have");
        let were = if nulled == 1 { "was" } else { "were" };
        match (defaulted, nulled) {
            (0, 0) => None,
            (_, 0) => Some(format!("{fields} no column and took the default")),
            (0, _) => Some(format!("{fields} no column and {were} null")),
            _ => Some(format!(
                "{fields} no column: {defaulted} took the default, {nulled} {were} null"
            )),
        }
    }
}

/// Says what the header of `input` leaves unbound: a warning about columns, and what the fields take.
pub(super) fn print(
    input: &Input,
    binding: &Binding<'_>,
    plan: &MessagePlan,
    unused: &[String],
    verbosity: Verbosity,
) {
    let name = &input.name;
    if !unused.is_empty() {
        let columns = count_of(unused.len() as u64, "column", "columns");
        messages::line(&format!(
            "warning: {name}: {columns} ignored, no field has that name: {}",
            listed(unused)
        ));
    }
    if verbosity == Verbosity::Quiet {
        return;
    }
    for (fields, what) in [
        (binding.defaulted(), "no column, so the default"),
        (binding.nulled(), "no column, so null"),
        (
            plan.key_absent_fields(),
            "no column for fields of the key, so the default or null",
        ),
    ] {
        if !fields.is_empty() {
            messages::line(&format!("{name}: {what}: {}", listed(fields)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Some("2 fields have no column and took the default"),
            ),
            (&["a"], &[], Some("1 field has no column and took the default")),
            (&[], &["c"], Some("1 field has no column and was null")),
            (&[], &["c", "d"], Some("2 fields have no column and were null")),
            (
                &["a", "b"],
                &["c"],
                Some("3 fields have no column: 2 took the default, 1 was null"),
            ),
        ] {
            assert_eq!(unbound(defaulted, nulled).note().as_deref(), note);
        }
    }
}
