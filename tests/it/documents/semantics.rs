//! Every row of docs/semantics.md names a test that exists.

use std::path::Path;

use crate::support::repository;

/// All Rust source of the project's own folders, file by file.
fn sources(folder: &Path, into: &mut String) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The names of tests in a row of a table: the code spans in its last cell.
fn named_tests(row: &str) -> Vec<&str> {
    let cell = row
        .trim_end_matches(" |")
        .rsplit(" | ")
        .next()
        .unwrap_or_default();
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_row_of_the_semantics_names_tests_that_exist() {
    let mut source = String::new();
    for folder in ["src", "tests"] {
        sources(&repository(folder), &mut source);
    }
    let text = std::fs::read_to_string(repository("docs/semantics.md")).unwrap();
    let rows = text.lines().filter(|line| {
        line.starts_with("| ") && !line.starts_with("| case ") && !line.starts_with("| type ")
    });
    let (mut count, mut missing) = (0, Vec::new());
    for row in rows {
        let names = named_tests(row);
        if names.is_empty() {
            missing.push(format!("no test is named: {row}"));
        }
        for name in names {
            let last = name.rsplit("::").next().unwrap_or(name);
            let exists = source.contains(&format!("fn {last}(")) || source.contains(&format!("mod {last}"));
            // `encode::date::tests` is the module of tests within a file.
            let is_module = last == "tests" && {
                let file = format!("src/{}.rs", name.trim_end_matches("::tests").replace("::", "/"));
                repository(&file).exists()
            };
            count += 1;
            if !exists && !is_module {
                missing.push(format!("`{name}` of: {row}"));
            }
        }
    }
    assert!(count > 60, "{count} names were found, which cannot be all");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
