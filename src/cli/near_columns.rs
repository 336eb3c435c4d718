//! Columns that match no field, but are named almost like a field without a column: the run refuses to guess.

use super::exit::Exit;
use super::failure::Failure;
use super::name_list::{in_backticks, shortened};
use super::shell;
use crate::encode::MessagePlan;
use crate::input::Input;
use crate::mapping::{Binding, NearNames, near_names};

/// Refuses an input with such columns; the columns `unused` are read by neither a field nor the key.
pub(super) fn check(
    input: &Input,
    binding: &Binding<'_>,
    plan: &MessagePlan,
    unused: &[String],
) -> Result<(), Failure> {
    let of_key = plan.key_defaulted().iter().chain(plan.key_nulled());
    let pairs = near_names(unused, binding.absent().chain(of_key));
    match &pairs[..] {
        [] => Ok(()),
        pairs => Err(failure(&input.name, pairs)),
    }
}

fn failure(file: &str, pairs: &[NearNames]) -> Failure {
    let field_without_column = "which has no column";
    let (message, rename) = match pairs {
        [pair] => (
            format!(
                "{file}:1: column {} matches no field, but its name is close to the field `{}`, {field_without_column}",
                in_backticks(&pair.column),
                pair.field
            ),
            format!("rename the column to `{}`", pair.field),
        ),
        pairs => {
            let names = pairs
                .iter()
                .map(|pair| format!("{} (close to `{}`)", in_backticks(&pair.column), pair.field));
            let message = format!(
                "{file}:1: some columns match no field, but each has a name close to that of a field without a column: {}",
                shortened(names)
            );
            (message, "rename the columns to match the fields".to_owned())
        }
    };
    Failure::new(Exit::Input, message).with_hint(Some(format!(
        "{rename}, or ignore {} with `{}`",
        if pairs.len() == 1 { "it" } else { "them" },
        ignoring(pairs)
    )))
}

/// The flags that ignore the columns; only the first few if there are many.
fn ignoring(pairs: &[NearNames]) -> String {
    const SHOWN: usize = 5;
    let mut columns: Vec<&String> = pairs.iter().map(|pair| &pair.column).collect();
    columns.dedup();
    let flags = columns.iter().take(SHOWN);
    let mut flags: Vec<String> = flags
        .map(|column| shell::flag("--ignore-column", column.as_ref()))
        .collect();
    if columns.len() > SHOWN {
        flags.push("...".to_owned());
    }
    flags.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(columns: &[&str]) -> String {
        let pair = |column: &&str| NearNames {
            column: (*column).to_owned(),
            field: "fee".to_owned(),
        };
        ignoring(&columns.iter().map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn the_flags_can_be_typed() {
        assert_eq!(flags(&["Fee"]), "--ignore-column Fee");
        assert_eq!(
            flags(&["Leg Fee", "Leg Fee", "-fee", "f$e"]),
            "--ignore-column 'Leg Fee' --ignore-column=-fee --ignore-column 'f$e'"
        );
        assert_eq!(
            flags(&["a", "b", "c", "d", "e", "f"]),
            "--ignore-column a --ignore-column b --ignore-column c --ignore-column d --ignore-column e ..."
        );
    }
}
