//! The start of a run, files without rows, and files that were not read.

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, fixture};

const HEADER: &str =
    "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";

/// A row of trades with this venue.
fn row(venue: &str) -> String {
    format!("BHP,1,2014-03-10T10:00:05Z,1.5,1,0,{venue},2014-03-10T10:00:05Z\n")
}

#[test]
fn from_is_refused_if_no_row_starts_there() {
    let env = TestEnv::new();
    env.write(
        "ok.csv",
        format!("{HEADER}{}{}{}", row("A"), row("\"B\nB\""), row("C")),
    );
    env.dry_run(&["ok.csv", "--from", "ok.csv:99"])
        .expect(2)
        .says("error: `--from ok.csv:99`: ok.csv ends with line 5\n");
    env.dry_run(&["ok.csv", "--from", "ok.csv:4"])
        .expect(2)
        .says(
            "error: `--from ok.csv:4`: no row starts at line 4: it is within the row that starts at line 3\n",
        )
        .says("hint: `--from ok.csv:3` begins with that row, `--from ok.csv:5` after it\n");
    env.dry_run(&["ok.csv", "--from", "ok.csv:5"])
        .expect(0)
        .says("1 fit");
    // The place at which a run would resume may be right after the last row.
    env.dry_run(&["ok.csv", "--from", "ok.csv:6"])
        .expect(0)
        .says("warning: ok.csv has no rows from line 6 on\n");
}

/// The argument of the `--from` that the run printed.
fn printed_from(done: &Done) -> String {
    let last = done.stderr.lines().last().unwrap();
    let (_, from) = last.rsplit_once("resume with `--from ").unwrap();
    from.split('`').next().unwrap().to_owned()
}

#[test]
fn a_load_in_parts_by_limit_has_every_row_once() {
    let env = TestEnv::new();
    let topic = stack().topic("parts", 3, "schemas/trade.avsc");
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let lines: Vec<&str> = trades.lines().take(18).collect();
    // The rows of one file come after blank lines, and the other has no line end.
    env.write(
        "a.csv",
        format!("{}\n\n\n{}\n", lines[..6].join("\n"), lines[6..11].join("\n")),
    );
    env.write("b.csv", format!("{}\n{}", lines[0], lines[11..].join("\n")));
    let load = ["--topic", &topic, "a.csv", "b.csv", "--limit", "5"];
    let first = env.run_on_stack(&load).expect(0).says(
        "stopped: by `--limit`; everything before a.csv:9 is on the topic (5 rows), and nothing else; resume with \
         `--from a.csv:9`",
    );
    let first_from = first
        .stderr
        .lines()
        .last()
        .unwrap()
        .contains("a.csv was read in part");
    assert!(first_from, "{}", first.stderr);
    let second = env
        .run_on_stack(&[&load[..], &["--from", "a.csv:9", "--summary", "json"]].concat())
        .expect(0);
    let stopped = second.json()["stopped"].as_str().unwrap().to_owned();
    assert!(stopped.contains("resume with `--from b.csv:2`"), "{stopped}");
    let third = env
        .run_on_stack(&[&load[..], &["--from", "b.csv:2"]].concat())
        .expect(0);
    let from = printed_from(&third);
    let last = env
        .run_on_stack(&[&load[..], &["--from", &from, "--summary", "json"]].concat())
        .expect(0);
    assert!(
        last.json()["stopped"].is_null(),
        "it came to the end: {}",
        last.stdout
    );
    let mut numbers: Vec<i64> = stack()
        .dump(&topic)
        .iter()
        .map(|record| record["value"]["sequence_number"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=17).collect::<Vec<_>>());
}

#[test]
fn a_limit_reached_at_the_last_row_does_not_stop_the_run() {
    let env = TestEnv::new();
    env.write("t.csv", format!("{HEADER}{}{}\n", row("A"), row("B")));
    let limited = ["t.csv", "--summary", "json", "--limit"];
    for (limit, stopped) in [("1", "by `--limit`".into()), ("2", serde_json::Value::Null)] {
        let done = env.dry_run(&[&limited[..], &[limit]].concat()).expect(0);
        assert_eq!(done.json()["stopped"], stopped, "{limit}");
    }
}

#[test]
fn an_input_without_rows_is_named_and_fails_the_run_if_requested() {
    let env = TestEnv::new();
    env.write("rows.csv", format!("{HEADER}{}", row("A")));
    env.write("none.csv", HEADER);
    env.write("blank.csv", format!("{HEADER}\n\n"));
    env.write("none.jsonl", "");
    for name in ["none.csv", "blank.csv", "none.jsonl"] {
        let said = format!("{name} has no rows\n");
        env.dry_run(&["rows.csv", name])
            .expect(0)
            .says(&format!("warning: {said}"));
        env.dry_run(&["rows.csv", name, "--fail-on-empty"])
            .expect(3)
            .says(&format!("error: {said}"));
    }
    env.dry_run(&["rows.csv", "--fail-on-empty"]).expect(0);
    env.dry_run(&["rows.csv", "--fail-on-empty", "--from", "rows.csv:3"])
        .expect(3);
    let done = env.dry_run(&["rows.csv", "none.csv", "--fail-on-empty", "--summary", "json"]);
    let summary = done.expect(3).json();
    assert_eq!(summary["errors"][0], "none.csv has no rows");
    assert_eq!(summary["rows"]["read"], 0, "it is known before the first row");
}

#[test]
fn an_empty_csv_file_lacks_its_header_and_an_empty_jsonl_file_only_rows() {
    let env = TestEnv::new();
    env.write("empty.csv", "");
    env.write("empty.jsonl", "");
    env.dry_run(&["empty.csv"])
        .expect(3)
        .says("error: empty.csv: is empty; a CSV file must start with a header\n");
    env.dry_run(&["empty.jsonl"])
        .expect(0)
        .says("warning: empty.jsonl has no rows\n");
}

#[test]
fn files_that_were_not_read_to_their_ends_are_named() {
    let env = TestEnv::new();
    for name in ["a.csv", "c.csv", "d.csv"] {
        env.write(name, format!("{HEADER}{}", row("A")));
    }
    env.write("b.csv", format!("{HEADER}{}BHP,none\n", row("A")));
    let files = ["a.csv", "b.csv", "c.csv", "d.csv"];
    let done = env
        .dry_run(&[&files[..], &["--summary", "json"]].concat())
        .expect(3);
    let summary = done.json();
    let read: Vec<&str> = (0..4)
        .map(|file| summary["files"][file]["read"].as_str().unwrap())
        .collect();
    assert_eq!(read, ["complete", "partial", "none", "none"]);
    let last = done.stderr.lines().last().unwrap();
    assert_eq!(
        last,
        "stopped: at b.csv:3; b.csv was read in part, c.csv and 1 more file not at all"
    );
    env.dry_run(&[&files[..], &["--limit", "1"]].concat())
        .expect(0)
        .says("not read: b.csv and 2 more files");
    let schema = fixture("schemas/trade.avsc");
    let check = ["schema", "check", "--schema-file", &schema];
    let done = env.run(&[&check[..], &files].concat()).expect(1);
    assert!(!done.stderr.contains("read in part"), "{}", done.stderr);
}

/// A file of trades with bad rows on lines 2 and 4.
fn some_bad(env: &TestEnv, name: &str, marker: &str) -> Vec<String> {
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let mut lines: Vec<String> = trades.lines().take(6).map(str::to_owned).collect();
    lines[1] = format!("{marker}-2,1");
    lines[3] = format!("{marker}-4,1");
    env.write(name, lines.join("\n") + "\n");
    lines
}

#[test]
fn a_resumed_run_keeps_the_rejects_of_the_previous_run() {
    let env = TestEnv::new();
    some_bad(&env, "p.csv", "p");
    let keep = ["--rejects", "bad.csv", "--rejects-overwrite"];
    env.dry_run(&[&keep[..], &["p.csv", "--limit", "2"]].concat())
        .expect(1);
    let before = ["bad.csv", "bad.csv.errors.jsonl"].map(|name| env.read(name));
    assert!(before[0].contains("p-2,1"), "{}", before[0]);
    env.dry_run(&[&keep[..], &["p.csv", "--from", "p.csv:4"]].concat())
        .expect(2)
        .says("error: `bad.csv` exists and may contain rows from before `--from`; it is not overwritten\n")
        .says("hint: give another name, such as `--rejects bad-2.csv`; the rejected rows are then in both files\n");
    env.dry_run(&["--rejects", "bad.csv", "p.csv", "--from", "p.csv:4"])
        .expect(2)
        .says("may contain rows from before `--from`");
    assert_eq!(
        before,
        ["bad.csv", "bad.csv.errors.jsonl"].map(|name| env.read(name))
    );
    let other = ["--rejects", "bad-2.csv", "--rejects-overwrite"];
    env.dry_run(&[&other[..], &["p.csv", "--from", "p.csv:4"]].concat())
        .expect(1);
    assert!(env.read("bad-2.csv").contains("p-4,1"));
    // The file may have rows of an input before the first that is read, given or not.
    env.dry_run(&[&keep[..], &["p.csv", "--from", "p.csv:2"]].concat())
        .expect(2)
        .says("may contain rows from before `--from`");
    some_bad(&env, "o.csv", "o");
    env.dry_run(&[&keep[..], &["o.csv", "p.csv", "--from", "p.csv:2"]].concat())
        .expect(2)
        .says("may contain rows from before `--from`");
}

#[test]
fn a_resumed_run_uses_the_names_of_all_inputs_in_a_folder_of_rejects() {
    let env = TestEnv::new();
    for day in ["d1", "d2"] {
        std::fs::create_dir(env.path(day)).unwrap();
        some_bad(&env, &format!("{day}/p.csv"), day);
    }
    some_bad(&env, "z.csv", "z");
    std::fs::create_dir(env.path("q")).unwrap();
    let keep = ["--rejects", "q/", "--rejects-overwrite"];
    let inputs = ["d1/p.csv", "d2/p.csv", "z.csv"];
    let run = |more: &[&str]| env.dry_run(&[&keep[..], &inputs, more].concat());
    run(&["--limit", "6"]).expect(1);
    let first = env.read("q/p.csv");
    assert!(first.contains("d1-2,1") && first.contains("d1-4,1"), "{first}");
    run(&["--from", "d2/p.csv:3"])
        .expect(2)
        .says("error: `q/p-2.csv` exists and may contain rows from before `--from`; it is not overwritten\n")
        .says("hint: give another folder, such as `--rejects q-2/`; the rejected rows are then in both folders\n");
    assert_eq!(env.read("q/p.csv"), first);
    std::fs::rename(env.path("q/p-2.csv"), env.path("kept.csv")).unwrap();
    std::fs::rename(env.path("q/p-2.csv.errors.jsonl"), env.path("kept.jsonl")).unwrap();
    run(&["--from", "d2/p.csv:3"])
        .expect(1)
        .says("warning: left from an earlier run, because this run read no row of the input: `q/p.csv`\n");
    assert_eq!(env.read("q/p.csv"), first);
    let second = env.read("q/p-2.csv");
    assert!(
        second.contains("d2-4,1") && !second.contains("d2-2,1"),
        "{second}"
    );
    // From the first row of an input on, too.
    run(&["--from", "d2/p.csv:2"])
        .expect(2)
        .says("error: `q/p-2.csv` exists and may contain rows from before `--from`");
    assert_eq!((env.read("q/p.csv"), env.read("q/p-2.csv")), (first, second));
}

#[test]
fn a_file_that_is_given_twice_cannot_be_resumed_by_its_name() {
    let env = TestEnv::new();
    let topic = stack().topic("twice", 1, "schemas/trade.avsc");
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let lines: Vec<&str> = trades.lines().take(3).collect();
    env.write("p.csv", lines.join("\n") + "\n");
    env.write("q.csv", lines.join("\n") + "\n");
    let twice = ["--topic", &topic, "p.csv", "p.csv", "q.csv", "--limit", "3"];
    env.run_on_stack(&twice).expect(0).says(
        "and nothing else; `p.csv` is given more than once: resume with `--from p.csv:3` and that file alone, then load \
         the files after it",
    );
    env.run_on_stack(&[&twice[..], &["--from", "p.csv:3"]].concat())
        .expect(2)
        .says("error: `--from p.csv:3`: `p.csv` is given more than once\n")
        .says("hint: give only the inputs that are still to be loaded, each once\n");
    env.run_on_stack(&["--topic", &topic, "p.csv", "q.csv", "--from", "p.csv:3"])
        .expect(0);
    let mut numbers: Vec<i64> = stack()
        .dump(&topic)
        .iter()
        .map(|record| record["value"]["sequence_number"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 1, 1, 2, 2, 2]);
    // Two names of one file refer to different inputs.
    env.dry_run(&["./p.csv", "p.csv", "--from", "p.csv:3", "--summary", "json"])
        .expect(0)
        .says("1 row");
    std::fs::hard_link(env.path("p.csv"), env.path("r.csv")).unwrap();
    env.dry_run(&["./p.csv", "p.csv", "--from", "r.csv:3"])
        .expect(2)
        .says("is given more than once");
}
