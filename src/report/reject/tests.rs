use std::ffi::OsStr;
use std::fs;

use super::*;
use crate::encode::RowErrorKind;
use crate::load::InputNumber;
use crate::record::{Delimiters, Position};

const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);

/// The text of a hint that consists of text.
pub(super) fn advice(hint: &Hint) -> String {
    match hint {
        Hint::Advice(advice) => advice.to_string(),
        other => format!("{other:?}"),
    }
}

pub(super) fn settings(encoding: Encoding, existing: Existing) -> RejectsSettings {
    RejectsSettings {
        encoding,
        hint_words: advice,
        existing,
        load: None,
    }
}

const REFUSE: fn() -> RejectsSettings = || settings(Encoding::Utf8, Existing::Refuse);

/// Inputs with these names; the extension determines the format.
fn inputs<'a>(names: &[&'a str]) -> Vec<KeptInput<'a>> {
    let input = |name: &&'a str| KeptInput {
        kept: None,
        name,
        file_name: (*name != "-").then(|| OsStr::new(name.rsplit('/').next().unwrap())),
        is_read: true,
        format: if name.ends_with("l") {
            RowFormat::Jsonl
        } else {
            CSV
        },
        preamble: b"",
        header: if name.ends_with("l") { b"" } else { b"s,p\n" },
    };
    names.iter().map(input).collect()
}

fn keep(rejects: &mut Rejects, input: usize, line: u64, bytes: &[u8]) {
    let row = ObservedRow {
        input: "an input",
        number: InputNumber::new(input),
        columns: &[],
        position: Position {
            row: 0,
            line,
            decoded_byte: 0,
            raw_byte: None,
            column: None,
        },
        bytes,
    };
    let error = RowError::whole(RowErrorKind::NotANumber, "not a number");
    rejects
        .keep(&row, Fate::Rejected, RejectReason::Row(&error))
        .unwrap();
}

#[test]
fn a_folder_has_a_file_for_each_input_that_has_bad_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad");
    let names = ["day1/t.csv", "day2/t.csv", "t.jsonl", "-", "t-2.csv", "good.csv"];
    let mut rejects = Rejects::in_folder(&path, REFUSE(), &inputs(&names)).unwrap();
    for (input, line) in [(0, 2), (1, 2), (2, 1), (3, 7), (0, 3), (4, 2)] {
        keep(&mut rejects, input, line, format!("{input}:{line}\n").as_bytes());
    }
    rejects.sync().unwrap();
    let kept = rejects.kept();
    let kept = kept.iter().map(|file| {
        let name = file.path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&file.path).unwrap(), file.rows)
    });
    let kept: Vec<_> = kept.collect();
    let expected = [
        ("t.csv", "s,p\n0:2\n0:3\n", 2),
        ("t-2.csv", "s,p\n1:2\n", 1),
        ("t.jsonl", "2:1\n", 1),
        ("stdin.csv", "s,p\n3:7\n", 1),
        ("t-2-2.csv", "s,p\n4:2\n", 1),
    ];
    assert_eq!(
        kept,
        expected.map(|(name, text, rows)| (name.to_owned(), text.to_owned(), rows))
    );
    drop(rejects);
    assert_eq!(
        fs::read_dir(&path).unwrap().count(),
        10,
        "two per bad input, and none for the good one"
    );
    let again = Rejects::in_folder(&path, REFUSE(), &inputs(&names));
    assert!(matches!(again, Err(RejectsError::Exists(_))));
}

#[test]
fn a_folder_created_for_no_row_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad");
    drop(Rejects::in_folder(&path, REFUSE(), &inputs(&["a.csv"])).unwrap());
    assert!(!path.exists());
    drop(Rejects::in_folder(folder.path(), REFUSE(), &inputs(&["a.csv"])).unwrap());
    assert!(folder.path().exists(), "it existed before");
}

#[test]
fn only_files_created_by_the_run_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut rejects = Rejects::in_folder(folder.path(), REFUSE(), &inputs(&["a.csv"])).unwrap();
    let path = folder.path().join("a.csv");
    fs::write(folder.path().join("new"), "precious").unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| keep(&mut rejects, 0, 2, b"x\n")));
    assert!(kept.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}
