//! Files that another process changes while they are loaded: the run fails and reports what happened to which file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::TestEnv;

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}"#;

/// A dry run of two inputs. The first is a pipe: while it is open, the second has been opened but not read.
struct Waiting {
    child: Child,
    pipe: File,
    said: BufReader<ChildStderr>,
    lines: String,
}

impl Waiting {
    fn start(env: &TestEnv, second: &str, stdin: Stdio, more: &[&str]) -> Waiting {
        env.write("r.avsc", SCHEMA);
        let status = Command::new("mkfifo").arg(env.path("first.csv")).status();
        assert!(status.unwrap().success());
        let mut command = env.command();
        command.args([
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            "r.avsc",
            "--format",
            "csv",
        ]);
        command
            .args(["--summary", "json", "first.csv", second])
            .args(more);
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = File::options().write(true).open(env.path("first.csv")).unwrap();
        pipe.write_all(b"n\n7\n").unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut lines = String::new();
        // The line with source and destination follows after all headers are read.
        while !lines.contains("2 files") {
            assert!(said.read_line(&mut lines).unwrap() > 0, "{lines}");
        }
        Waiting {
            child,
            pipe,
            said,
            lines,
        }
    }

    /// Lets the run continue; returns its status, its messages and the rows read from each input.
    fn finish(self) -> (i32, String, [u64; 2]) {
        let (status, said, summary) = self.finish_with_summary();
        let rows = [0, 1].map(|file| summary["files"][file]["rows"]["read"].as_u64().unwrap());
        (status, said, rows)
    }

    fn finish_with_summary(mut self) -> (i32, String, serde_json::Value) {
        drop(self.pipe);
        self.said.read_to_string(&mut self.lines).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let summary = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), self.lines, summary)
    }
}

/// Changes the second file before it is read.
fn changed(change: impl FnOnce(&TestEnv)) -> (i32, String, [u64; 2]) {
    changed_in_a_run_with(&[], change)
}

fn changed_in_a_run_with(flags: &[&str], change: impl FnOnce(&TestEnv)) -> (i32, String, [u64; 2]) {
    let env = TestEnv::new();
    env.write("t.csv", "n\n1\n2\n3");
    let waiting = Waiting::start(&env, "t.csv", Stdio::null(), flags);
    change(&env);
    waiting.finish()
}

#[track_caller]
fn assert_says(said: &str, line: &str) {
    assert!(said.lines().any(|said| said == line), "no `{line}` in\n{said}");
}

#[test]
fn an_unchanged_file_is_read_completely() {
    let (status, said, rows) = changed(|_| ());
    assert_eq!((status, rows), (0, [1, 3]), "{said}");
}

#[test]
fn a_file_that_grows_is_read_up_to_its_last_whole_row_and_the_run_fails() {
    let (status, said, rows) = changed(|env| {
        let mut file = File::options().append(true).open(env.path("t.csv")).unwrap();
        file.write_all(b"0\n4\n").unwrap();
    });
    assert_eq!(
        (status, rows),
        (3, [1, 2]),
        "the third row became another: {said}"
    );
    assert_says(
        &said,
        "error: t.csv: grew from 7 to 11 bytes during the run; its rows before line 4 were read",
    );
}

#[test]
fn a_file_that_grows_by_whole_rows_was_not_read_to_its_end() {
    let env = TestEnv::new();
    env.write("t.csv", "n\n1\n2\n");
    let waiting = Waiting::start(&env, "t.csv", Stdio::null(), &[]);
    let mut file = File::options().append(true).open(env.path("t.csv")).unwrap();
    file.write_all(b"3\n").unwrap();
    let (status, said, summary) = waiting.finish_with_summary();
    assert_eq!(status, 3, "{said}");
    let second = &summary["files"][1];
    assert_eq!(second["rows"]["read"], 2, "{summary}");
    assert_eq!(second["read"], "partial", "{summary}");
}

#[test]
fn a_change_after_the_last_row_of_the_run_has_no_effect() {
    let append = |env: &TestEnv| {
        let mut file = File::options().append(true).open(env.path("t.csv")).unwrap();
        file.write_all(b"0\n4\n").unwrap();
    };
    let (status, said, rows) = changed_in_a_run_with(&["--limit", "3"], append);
    assert_eq!((status, rows), (0, [1, 2]), "{said}");
    assert_says(&said, "stopped: by `--limit`; t.csv was read in part");
    // The last requested row was not in the file before.
    let (status, said, rows) = changed_in_a_run_with(&["--limit", "4"], append);
    assert_eq!((status, rows), (3, [1, 2]), "{said}");
    // The rows to be read no longer exist.
    let remove = |env: &TestEnv| std::fs::remove_file(env.path("t.csv")).unwrap();
    let (status, said, rows) = changed_in_a_run_with(&["--limit", "2"], remove);
    assert_eq!((status, rows), (3, [1, 0]), "{said}");
}

#[test]
fn a_changed_file_is_not_an_error_in_a_run_that_a_signal_ends() {
    let env = TestEnv::new();
    env.write("t.csv", "n\n1\n2\n3");
    let waiting = Waiting::start(&env, "t.csv", Stdio::null(), &[]);
    let mut file = File::options().append(true).open(env.path("t.csv")).unwrap();
    file.write_all(b"0\n4\n").unwrap();
    let pid = waiting.child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.unwrap().success());
    let (status, said, summary) = waiting.finish_with_summary();
    assert_eq!(status, 130, "{said}");
    assert_eq!(summary["errors"], serde_json::json!([]), "{summary}");
    assert_eq!(summary["files"][1]["read"], "none", "{summary}");
}

#[test]
fn a_file_that_is_truncated_rewritten_replaced_or_removed_fails_the_run() {
    type Case<'a> = (&'a dyn Fn(&TestEnv), &'a str);
    let table: [Case<'_>; 4] = [
        (&|env| env.write("t.csv", "n\n1\n"), "shrank from 7 to 4 bytes"),
        (
            &|env| {
                let file = File::options().write(true).open(env.path("t.csv")).unwrap();
                file.set_modified(SystemTime::now() + Duration::from_secs(1))
                    .unwrap();
            },
            "was rewritten",
        ),
        (
            &|env| {
                env.write("new", "n\n1\n2\n3");
                std::fs::rename(env.path("new"), env.path("t.csv")).unwrap();
            },
            "was replaced by another file",
        ),
        (
            &|env| std::fs::remove_file(env.path("t.csv")).unwrap(),
            "was removed",
        ),
    ];
    for (change, what) in table {
        let (status, said, rows) = changed(change);
        assert_eq!((status, rows), (3, [1, 0]), "{said}");
        assert_says(
            &said,
            &format!("error: t.csv: {what} during the run; none of its rows was read"),
        );
        assert!(said.contains("stopped: because an input changed"), "{said}");
        assert!(!said.contains("--from"), "{said}");
    }
}

#[test]
fn changes_of_a_file_on_standard_input_are_found_too() {
    let env = TestEnv::new();
    env.write("t.csv", format!("n\n{}", "1\n".repeat(200_000)));
    let file = File::open(env.path("t.csv")).unwrap();
    let waiting = Waiting::start(&env, "-", file.into(), &[]);
    env.write("t.csv", "n\n1\n");
    let (status, said, rows) = waiting.finish();
    assert!(status == 3 && rows[1] < 200_000, "{rows:?} {said}");
    let line = "error: -: shrank from 400002 to 4 bytes during the run; its rows before line ";
    assert!(said.contains(line), "{said}");
}
