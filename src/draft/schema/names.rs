//! Legal names of Avro: letters, digits and underscores of ASCII, the first not a digit (Avro 1.12, "Names").

use std::collections::HashSet;

/// Makes names legal and different from each other.
#[derive(Default)]
pub(super) struct Names {
    used: HashSet<String>,
}

impl Names {
    /// A legal name like `name`, or like `column` with a number if it has no letters.
    pub(super) fn legal(&mut self, name: &str, number: usize) -> String {
        if is_legal(name) && self.used.insert(name.to_owned()) {
            return name.to_owned();
        }
        let mut legal: String = name
            .trim()
            .chars()
            .map(|own| if is_part(own) { own } else { '_' })
            .collect();
        if !legal.contains(|own: char| own.is_ascii_alphanumeric()) {
            legal = format!("column{number}");
        }
        if legal.starts_with(|first: char| first.is_ascii_digit()) {
            legal.insert(0, '_');
        }
        self.unused(&legal)
    }

    /// The name, with a number if it is used already.
    pub(super) fn unused(&mut self, name: &str) -> String {
        let mut chosen = name.to_owned();
        let mut number = 2;
        while !self.used.insert(chosen.clone()) {
            chosen = format!("{name}_{number}");
            number += 1;
        }
        chosen
    }

    /// Keeps a name from being given to another.
    pub(super) fn reserve(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }
}

pub(super) fn is_legal(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && name.chars().all(is_part)
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The name of the record in a field: `vendor_data` has a `VendorData`.
pub(super) fn of_record(field: &str) -> String {
    let words = field
        .split(|own: char| !own.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let capitalised = words.map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    let name: String = capitalised.collect();
    match is_legal(&name) {
        true => name,
        false => format!("Record{name}"),
    }
}

/// Whether a name is legal, with or without a namespace.
pub(crate) fn is_full_name(name: &str) -> bool {
    name.split('.').all(is_legal)
}

/// The name of the record for a file: `data/eu-trades.csv` has `EuTrades` records.
pub(crate) fn name_of_file(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').find(|part| !part.is_empty());
    of_record(stem.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_changed_only_as_far_as_necessary() {
        let mut names = Names::default();
        for (name, legal) in [
            ("price", "price"),
            ("Trade Price", "Trade_Price"),
            ("Trade-Price", "Trade_Price_2"),
            ("52w high", "_52w_high"),
            ("", "column7"),
            ("%", "column7_2"),
            ("größe", "gr__e"),
            (" Fee ", "Fee"),
        ] {
            assert_eq!(names.legal(name, 7), legal, "{name}");
        }
    }

    #[test]
    fn records_are_named_after_their_fields() {
        for (field, record) in [
            ("vendor_data", "VendorData"),
            ("legs", "Legs"),
            ("_1", "Record1"),
            ("_", "Record"),
        ] {
            assert_eq!(of_record(field), record, "{field}");
        }
        assert_eq!(name_of_file("data/eu-trades.csv"), "EuTrades");
        assert_eq!(name_of_file("-"), "Record");
    }
}
