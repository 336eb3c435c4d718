use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::Value;

use super::*;
use crate::encode::{RowError, RowErrorKind};
use crate::input::Encoding;
use crate::load::InputNumber;
use crate::record::Position;
use crate::report::reject::Existing;
use crate::report::reject::tests::settings;

const CSV: RowFormat = RowFormat::Csv(Delimiters::RFC_4180);
const HEADER: &[u8] = b"symbol,price\r\n";

fn create(path: &Path, encoding: Encoding) -> Result<RejectsFile, RejectsError> {
    RejectsFile::create(path, settings(encoding, Existing::Refuse))
}

/// Keeps a bad row.
fn keep(rejects: &mut RejectsFile, line: u64, bytes: &[u8]) -> Result<(), RejectsError> {
    let row = ObservedRow {
        input: "trades.csv",
        number: InputNumber::new(0),
        columns: &[],
        position: Position {
            row: 0,
            line,
            decoded_byte: 14,
            raw_byte: Some(14),
            column: None,
        },
        bytes,
    };
    let error = RowError::whole(RowErrorKind::NotANumber, "not a number");
    rejects.keep(&row, Fate::Rejected, RejectReason::Row(&error))
}

fn names(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn rows_are_kept_unchanged_after_their_header() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    rejects.header("trades.csv", CSV, HEADER).unwrap();
    rejects
        .header("more.csv", CSV, b"\xef\xbb\xbfsymbol,price\n")
        .unwrap();
    keep(&mut rejects, 2, b"BHP,x\r\n").unwrap();
    keep(&mut rejects, 3, b"\"B\nHP\",x\n").unwrap();
    keep(&mut rejects, 5, b"caf\xe9,x").unwrap();
    assert_eq!(rejects.kept().unwrap().rows, 3);

    let kept = fs::read(&path).unwrap();
    assert_eq!(kept, b"symbol,price\r\nBHP,x\r\n\"B\nHP\",x\ncaf\xe9,x\r\n");
    let errors_path = directory.path().join("bad.csv.errors.jsonl");
    let errors = fs::read_to_string(&errors_path).unwrap();
    let errors: Vec<Value> = errors
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let at: Vec<(u64, u64)> = errors
        .iter()
        .map(|error| {
            (
                error["line"].as_u64().unwrap(),
                error["rejects_line"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(at, [(2, 2), (3, 3), (5, 5)]);
    for path in [&path, &errors_path] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn jsonl_has_no_header() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.jsonl");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    rejects.header("trades.jsonl", RowFormat::Jsonl, b"").unwrap();
    keep(&mut rejects, 1, b"{}\n").unwrap();
    keep(&mut rejects, 2, b"{").unwrap();
    drop(rejects);
    assert_eq!(fs::read(&path).unwrap(), b"{}\n{\n");
}

/// A reader skips the first byte order mark of a file, so the row's own would be lost.
#[test]
fn a_first_row_that_begins_with_a_byte_order_mark_keeps_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.jsonl");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    rejects.header("a.jsonl", RowFormat::Jsonl, b"").unwrap();
    keep(&mut rejects, 2, b"\xef\xbb\xbf{}\n").unwrap();
    keep(&mut rejects, 3, b"\xef\xbb\xbf\n").unwrap();
    drop(rejects);
    let kept = fs::read(&path).unwrap();
    assert_eq!(kept, b"\xef\xbb\xbf\xef\xbb\xbf{}\n\xef\xbb\xbf\n");
}

#[test]
fn a_jsonl_row_that_ends_in_a_lone_cr_is_separated_from_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.jsonl");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    rejects.header("a.jsonl", RowFormat::Jsonl, b"").unwrap();
    keep(&mut rejects, 1, b"{\"a\":\r1\n").unwrap();
    keep(&mut rejects, 2, b"{\r").unwrap();
    keep(&mut rejects, 1, b"[\n").unwrap();
    drop(rejects);
    assert_eq!(fs::read(&path).unwrap(), b"{\"a\":\r1\n{\r\n[\n");
    let errors = fs::read_to_string(directory.path().join("bad.jsonl.errors.jsonl")).unwrap();
    let lines = errors.lines().map(|line| {
        let error: Value = serde_json::from_str(line).unwrap();
        error["rejects_line"].as_u64().unwrap()
    });
    assert_eq!(lines.collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn inputs_whose_columns_names_were_given_share_a_file_without_a_header() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    rejects.header("a.csv", CSV, b"").unwrap();
    rejects.header("b.csv", CSV, b"").unwrap();
    let semicolon = RowFormat::Csv(Delimiters::new(b';', b'"').unwrap());
    for (format, header, difference) in [
        (RowFormat::Jsonl, &b""[..], "`c` is jsonl and `a.csv` is csv"),
        (CSV, HEADER, "`c` has a different header than `a.csv`"),
        (semicolon, b"", "`c` has a different delimiter than `a.csv`"),
    ] {
        let error = rejects.header("c", format, header).unwrap_err().to_string();
        assert_eq!(error, format!("{difference}: their rows cannot share one file"));
    }
    keep(&mut rejects, 1, b"BHP,x\n").unwrap();
    drop(rejects);
    assert_eq!(fs::read(&path).unwrap(), b"BHP,x\n");
}

#[test]
fn rows_from_utf_16_are_kept_in_utf_16() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    let mut rejects = create(&path, "utf-16le".parse().unwrap()).unwrap();
    rejects.header("trades.csv", CSV, b"name\n").unwrap();
    keep(&mut rejects, 2, "東\n".as_bytes()).unwrap();
    keep(&mut rejects, 3, b"\xed\xa0\xbd").unwrap();
    drop(rejects);
    let kept = fs::read(&path).unwrap();
    assert_eq!(kept, b"\xff\xfen\0a\0m\0e\0\n\0\x71\x67\n\0\x3d\xd8\n\0");
}

#[test]
fn inputs_that_differ_cannot_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut rejects = create(&directory.path().join("bad"), Encoding::Utf8).unwrap();
    rejects.header("a.csv", CSV, HEADER).unwrap();
    let error = rejects
        .header("b.csv", CSV, b"price,symbol\r\n")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "`b.csv` has a different header than `a.csv`: their rows cannot share one file"
    );
    let error = rejects
        .header("c.jsonl", RowFormat::Jsonl, b"")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "`c.jsonl` is jsonl and `a.csv` is csv: their rows cannot share one file"
    );
}

#[test]
fn a_run_without_bad_rows_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    rejects.header("a.csv", CSV, HEADER).unwrap();
    assert_eq!(names(directory.path()), 2, "both exist from the start");
    assert_eq!(rejects.kept(), None);
    drop(rejects);
    assert_eq!(names(directory.path()), 0);
    drop(create(&path, Encoding::Utf8).unwrap());
    assert_eq!(names(directory.path()), 0, "nor does a run that ends early");
}

#[test]
fn an_existing_file_is_refused_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    fs::write(&path, "precious").unwrap();
    assert!(matches!(
        create(&path, Encoding::Utf8),
        Err(RejectsError::Exists(_))
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

    let other = directory.path().join("other.csv");
    fs::write(directory.path().join("other.csv.errors.jsonl"), "precious").unwrap();
    assert!(matches!(
        create(&other, Encoding::Utf8),
        Err(RejectsError::Exists(_))
    ));
    assert!(!other.exists(), "the file that was created is removed");
}

#[test]
fn links_are_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (target, link) = (directory.path().join("target"), directory.path().join("bad.csv"));
    symlink(&target, &link).unwrap();
    assert!(matches!(
        create(&link, Encoding::Utf8),
        Err(RejectsError::Exists(_))
    ));
    assert!(!target.exists());
}

#[test]
fn a_missing_directory_is_an_error_before_the_run() {
    let error = create(Path::new("/nonexistent/bad\u{1b}.csv"), Encoding::Utf8).unwrap_err();
    assert_eq!(error.to_string(), "cannot create `/nonexistent/bad\\x1b.csv`");
    assert!(std::error::Error::source(&error).is_some());
}

/// Makes writes to one of the two files fail.
fn fill_the_disk(rejects: &mut RejectsFile, full: &str) {
    let device = File::options().write(true).open("/dev/full").unwrap();
    match full {
        "bad" => rejects.rows.redirect(device),
        _ => rejects.errors.redirect(device),
    }
}

#[test]
fn a_row_that_cannot_be_written_to_one_file_is_in_neither() {
    for full in ["bad", "bad.errors.jsonl"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bad");
        let mut rejects = create(&path, Encoding::Utf8).unwrap();
        rejects.header("trades.csv", CSV, HEADER).unwrap();
        keep(&mut rejects, 2, b"BHP,x\n").unwrap();
        let before = [&path, &errors_path(&path)].map(|path| fs::read(path).unwrap());
        fill_the_disk(&mut rejects, full);
        let error = keep(&mut rejects, 3, b"CBA,y\n").unwrap_err();
        assert!(error.to_string().ends_with(&format!("/{full}`")), "{error}");
        let RejectsError::Write(_, cause) = error else {
            panic!("{error}")
        };
        assert_eq!(cause.kind(), io::ErrorKind::StorageFull);
        let after = [&path, &errors_path(&path)].map(|path| fs::read(path).unwrap());
        assert_eq!(after, before);
        assert_eq!(rejects.kept().unwrap().rows, 1);
    }
}

#[test]
fn a_row_is_in_both_files_as_soon_as_it_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    let mut rejects = create(&path, Encoding::Utf8).unwrap();
    keep(&mut rejects, 2, b"BHP,x\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"BHP,x\n");
    let errors = fs::read_to_string(errors_path(&path)).unwrap();
    assert!(errors.ends_with("}\n"), "{errors}");
}

#[test]
fn the_files_of_an_earlier_run_are_replaced_if_requested() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.csv");
    fs::write(&path, "old").unwrap();
    fs::write(errors_path(&path), "old").unwrap();
    let replace = || RejectsFile::create(&path, settings(Encoding::Utf8, Existing::Replace));
    drop(replace().unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"old", "no row was kept");
    let mut rejects = replace().unwrap();
    keep(&mut rejects, 2, b"BHP,x\n").unwrap();
    drop(rejects);
    assert_eq!(fs::read(&path).unwrap(), b"BHP,x\n");

    // Anything but a regular file was not created by an earlier run.
    fs::remove_file(errors_path(&path)).unwrap();
    symlink("elsewhere", errors_path(&path)).unwrap();
    assert!(matches!(replace(), Err(RejectsError::Exists(_))));
    assert_eq!(
        fs::read(&path).unwrap(),
        b"BHP,x\n",
        "the other file still exists"
    );
}
