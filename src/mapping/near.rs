//! Columns and fields with names that differ only in case, blanks or separators.
//!
//! A similar name never binds a column to a field. It is reported so that a column is not silently dropped while its
//! field gets a default.

use std::collections::HashMap;

use crate::escape::is_plain;

/// A column that matches no field, and a field without a column that has a similar name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearNames {
    /// The column, as the header has it.
    pub column: String,
    /// The field's path.
    pub field: String,
}

/// The pairs among unmatched `columns` and unmatched `fields`, in the order of the columns.
pub fn near_names<'a>(
    columns: impl IntoIterator<Item = &'a String>,
    fields: impl IntoIterator<Item = &'a String>,
) -> Vec<NearNames> {
    let mut by_folded_name: HashMap<String, Vec<&String>> = HashMap::new();
    for field in fields {
        by_folded_name.entry(folded(field)).or_default().push(field);
    }
    let mut pairs = Vec::new();
    for column in columns {
        let fields = by_folded_name.get(&folded(column)).filter(|_| !is_blank(column));
        for field in fields.into_iter().flatten() {
            pairs.push(NearNames {
                column: column.clone(),
                field: (*field).clone(),
            });
        }
    }
    pairs
}

/// A name without case, blanks, invisible characters, `_`, `-` and `.`.
pub(crate) fn folded(name: &str) -> String {
    name.chars()
        .filter(|character| is_plain(*character) && !character.is_whitespace())
        .filter(|character| !matches!(character, '_' | '-' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a name is empty after folding. Such names are not similar to each other.
fn is_blank(name: &str) -> bool {
    folded(name).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(columns: &[&str], fields: &[&str]) -> Vec<(String, String)> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let pairs = near_names(&owned(columns), &owned(fields));
        pairs.into_iter().map(|pair| (pair.column, pair.field)).collect()
    }

    #[test]
    fn names_that_differ_in_case_blanks_and_separators_are_near() {
        for column in [
            "Ord_Type",
            "OrdType",
            "ORD TYPE",
            " ord-type",
            "ord.type",
            "ord\u{a0}_type\u{200b}",
        ] {
            let near = [(column.to_owned(), "ord_type".to_owned())];
            assert_eq!(pairs(&[column], &["ord_type"]), near, "{column:?}");
        }
        for column in ["order_type", "ord_type_2", "ordtype%", ""] {
            assert_eq!(pairs(&[column], &["ord_type"]), [], "{column:?}");
        }
        assert_eq!(pairs(&["", " ", "_"], &["_", "__"]), []);
    }

    #[test]
    fn every_pair_is_given() {
        let near = pairs(
            &["Fee", "FEE", "note", "Leg Price"],
            &["fee", "leg.price", "leg_price"],
        );
        let near: Vec<(&str, &str)> = near.iter().map(|(column, field)| (&**column, &**field)).collect();
        assert_eq!(
            near,
            [
                ("Fee", "fee"),
                ("FEE", "fee"),
                ("Leg Price", "leg.price"),
                ("Leg Price", "leg_price")
            ]
        );
    }
}
