//! Lists of names in a message: only a few, because a header or a schema may have a hundred thousand.

use crate::escape::printable;
use crate::report::figures::count;

/// At most this many names are shown.
const SHOWN_NAMES: usize = 20;

/// After this many characters no further name is shown.
const SHOWN_CHARACTERS: usize = 300;

/// At most this many characters of a name are shown.
const SHOWN_OF_NAME: usize = 60;

/// The names in backticks, separated by commas: the first few, and the number of the others.
pub(super) fn listed<Name: AsRef<str>>(names: &[Name]) -> String {
    shortened(names.iter().map(|name| in_backticks(name.as_ref())))
}

/// A name in backticks; a blank name is described in words.
pub(super) fn in_backticks(name: &str) -> String {
    match name.trim().is_empty() {
        true => "one without a name".to_owned(),
        false => format!("`{}`", printable(name.as_bytes(), SHOWN_OF_NAME)),
    }
}

/// The items, separated by commas: the first few, and the number of the others.
pub(super) fn shortened(items: impl ExactSizeIterator<Item = String>) -> String {
    let total = items.len();
    let mut text = String::new();
    for (index, item) in items.enumerate() {
        if index == SHOWN_NAMES || text.len() > SHOWN_CHARACTERS {
            text.push_str(&format!(", and {} more", count((total - index) as u64)));
            break;
        }
        text.push_str(if index > 0 { ", " } else { "" });
        text.push_str(&item);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_long_lists_are_shortened() {
        assert_eq!(listed(&["a", "", "c\u{1b}"]), "`a`, one without a name, `c\\x1b`");
        let many: Vec<String> = (1..=100_000).map(|number| format!("n{number}")).collect();
        let text = listed(&many);
        assert!(text.starts_with("`n1`, `n2`, "), "{text}");
        assert!(text.ends_with("`n20`, and 99,980 more"), "{text}");
        let long: Vec<String> = many.iter().map(|name| name.repeat(1_000)).collect();
        let text = listed(&long);
        assert!(text.chars().count() < 500 && text.ends_with(" more"), "{text}");
        assert_eq!(listed::<&str>(&[]), "");
    }
}
