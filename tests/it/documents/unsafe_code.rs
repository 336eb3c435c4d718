//! docs/architecture.md lists each file with `unsafe`, with the reason.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::repository;

/// The Rust files below a folder that have the word in their code, by their paths in the repository.
fn files_with_unsafe(folder: &str, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(repository(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if repository(&path).is_dir() {
            files_with_unsafe(&path, into);
        } else if path.ends_with(".rs") && has_unsafe(&repository(&path)) {
            into.insert(path);
        }
    }
}

fn has_unsafe(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    // The parts of the word are apart here, because this file has none.
    let word = concat!("un", "safe");
    code.into_iter().any(|line| {
        line.match_indices(word).any(|(at, _)| {
            let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '"';
            !line[..at].ends_with(is_name) && !line[at + word.len()..].starts_with(is_name)
        })
    })
}

/// The files in the first cells of the section's table.
fn listed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository("docs/architecture.md")).unwrap();
    let (_, section) = text.split_once("\n## Unsafe code\n").expect("the section exists");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_file_with_unsafe_code_is_listed_with_its_reason() {
    let mut found = BTreeSet::new();
    for folder in ["src", "tests", "benches", "examples"] {
        files_with_unsafe(folder, &mut found);
    }
    assert!(found.len() > 20, "{found:?}");
    let listed = listed();
    let missing: Vec<_> = found.difference(&listed).collect();
    let outdated: Vec<_> = listed.difference(&found).collect();
    assert!(
        missing.is_empty() && outdated.is_empty(),
        "not listed: {missing:?}; listed without need: {outdated:?}"
    );
}
