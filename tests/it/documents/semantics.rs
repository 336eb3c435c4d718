//! Every row of docs/semantics.md, and of the faults in docs/reliability.md, names a test that exists.

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

/// The rows of the tables whose last column is `test`.
fn rows_with_tests(text: &str) -> Vec<&str> {
    let (mut rows, mut is_in_table) = (Vec::new(), false);
    for line in text.lines() {
        if line.ends_with("| test |") {
            is_in_table = true;
        } else if !line.starts_with("| ") && !line.starts_with("|---") {
            is_in_table = false;
        } else if is_in_table && line.starts_with("| ") {
            rows.push(line);
        }
    }
    rows
}

#[test]
fn every_row_of_the_semantics_names_tests_that_exist() {
    expect_tests("docs/semantics.md", 60);
}

#[test]
fn every_fault_names_tests_that_exist() {
    expect_tests("docs/reliability.md", 40);
}

/// Checks that each row of a document's tables names a test, and that all of these exist; there are more than `least`.
fn expect_tests(document: &str, least: usize) {
    let mut source = String::new();
    for folder in ["src", "tests"] {
        sources(&repository(folder), &mut source);
    }
    let text = std::fs::read_to_string(repository(document)).unwrap();
    let rows = rows_with_tests(&text);
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
    assert!(count > least, "{count} names were found, which cannot be all");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
