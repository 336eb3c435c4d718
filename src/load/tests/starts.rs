//! Where a run begins, and how far it reports that it read.

use super::*;

const ROWS: &str = "s,p\nx,1\ny,2\n";

fn format_of(text: &str) -> Format {
    match text.starts_with('s') {
        true => Format::Csv,
        false => Format::Jsonl,
    }
}

/// A dry run of files with these texts that begins at a line of the first one.
fn run_from(texts: &[&str], first_line: u64, limit: Option<u64>) -> RunOutcome {
    let folder = tempfile::tempdir().unwrap();
    let mut runs: Vec<Run> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let path = folder.path().join(index.to_string());
        std::fs::write(&path, text).unwrap();
        runs.push(dry(path.as_os_str(), format_of(text), Encoding::Utf8).unwrap());
    }
    let mut inputs: Vec<PlannedInput> = runs.iter_mut().flat_map(|run| run.inputs.drain(..)).collect();
    inputs[0].first = first_line.into();
    let run_of_all = Run {
        inputs,
        limit,
        ..runs.remove(0)
    };
    run(run_of_all, &mut Reporter::new(None, Progress::quiet()))
}

/// What the check before a run finds at a line of a file with this text.
fn start_at(text: &str, first_line: u64) -> Start {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    std::fs::write(&path, text).unwrap();
    let run = dry(path.as_os_str(), format_of(text), Encoding::Utf8).unwrap();
    Start::find(&run.inputs[0].input, first_line).unwrap()
}

#[test]
fn a_run_begins_only_where_a_row_can_start() {
    let quoted = "s,p\n\"x\ny\",1\nz,2\n";
    let table = [
        (ROWS, 1, Ok(2)),
        (ROWS, 2, Ok(2)),
        (ROWS, 3, Ok(1)),
        (ROWS, 4, Ok(0)),
        (ROWS, 5, Err(NoStart::BeyondEnd { lines: 3 })),
        ("s,p\nx,1\n\n\ny,2", 3, Ok(1)),
        ("s,p\nx,1\n\n\ny,2", 6, Ok(0)),
        ("s,p\nx,1\n\n\ny,2", 7, Err(NoStart::BeyondEnd { lines: 5 })),
        ("s,p", 2, Ok(0)),
        ("s,p", 3, Err(NoStart::BeyondEnd { lines: 1 })),
        (quoted, 2, Ok(2)),
        (quoted, 3, Err(NoStart::WithinRow { row: 2, next: 4 })),
        (quoted, 4, Ok(1)),
        ("{\"s\":\"x\",\"p\":1}\n", 2, Ok(0)),
        ("{\"s\":\"x\",\"p\":1}\n", 3, Err(NoStart::BeyondEnd { lines: 1 })),
        ("", 1, Ok(0)),
        ("", 2, Err(NoStart::BeyondEnd { lines: 0 })),
    ];
    for (text, line, expected) in table {
        // No row is sent if the run cannot begin.
        for texts in [&[text][..], &[text, ROWS]] {
            let done = run_from(texts, line, None);
            let began = match done.stop {
                None => Ok(done.counts.read - 2 * (texts.len() as u64 - 1)),
                Some(Stop::NoStart(no_start)) => {
                    assert_eq!(done.counts.read, 0, "{text:?} from {line}");
                    Err(no_start)
                }
                Some(stop) => panic!("{stop:?}"),
            };
            assert_eq!(began, expected, "{text:?} from {line}");
        }
        // The check before the run finds the same as the run.
        let start = match expected {
            Ok(0) => Start::End,
            Ok(_) => Start::Row,
            Err(no_start) => Start::Nowhere(no_start),
        };
        assert_eq!(start_at(text, line), start, "{text:?} from {line}");
    }
}

#[test]
fn each_file_reports_how_far_it_was_read() {
    use ReadExtent::{Complete, None as NotAtAll, Partial};
    let bad = "s,p\nx,1\ny,none\nz,3\n";
    for (texts, limit, extents) in [
        ([ROWS, ROWS, ROWS], None, [Complete, Complete, Complete]),
        ([ROWS, ROWS, ROWS], Some(3), [Complete, Partial, NotAtAll]),
        ([ROWS, ROWS, ROWS], Some(0), [NotAtAll, NotAtAll, NotAtAll]),
        ([ROWS, "s,p\n", bad], None, [Complete, Complete, Complete]),
    ] {
        let done = run_from(&texts, 1, limit);
        let read: Vec<ReadExtent> = done.files.iter().map(|file| file.read).collect();
        assert_eq!(read, extents, "{texts:?} {limit:?}");
        let empty: Vec<bool> = done.files.iter().map(FileOutcome::is_empty).collect();
        assert_eq!(empty[1], texts[1] == "s,p\n");
    }
}
