//! What loads in transactions and their inputs are called by default.

use std::path::{Component, Path, PathBuf};

use crate::input::Input;

/// The topics as a part of a name, in any order the same.
pub(super) fn joined(topics: &[String]) -> String {
    let mut topics = topics.to_vec();
    topics.sort_unstable();
    topics.join("+")
}

/// The name of the file, or how messages call an input that has none.
pub(super) fn file_name(input: &Input) -> String {
    let name = input.location.file_name();
    name.map_or_else(
        || input.name.to_string(),
        |name| distinct(name.as_encoded_bytes()),
    )
}

/// A name as text, in which bytes that are not UTF-8 are `\xff`, so that names that differ only in them stay different.
fn distinct(name: &[u8]) -> String {
    let mut text = String::new();
    for part in name.utf8_chunks() {
        text.push_str(part.valid());
        for byte in part.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The path as it is given, without parts that mean nothing: `./a//b.csv` is `a/b.csv`.
pub(super) fn path_name(input: &Input) -> String {
    let argument = input.location.argument();
    let parts: PathBuf = Path::new(argument)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    distinct(parts.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_utf_8_stay_different() {
        for (name, text) in [
            (&b"t.csv"[..], "t.csv"),
            ("t\u{e9}.csv".as_bytes(), "t\u{e9}.csv"),
            (b"t\xe9.csv", "t\\xe9.csv"),
            (b"t\xe8.csv", "t\\xe8.csv"),
            (b"\xff\xfe", "\\xff\\xfe"),
        ] {
            assert_eq!(distinct(name), text);
        }
    }
}
