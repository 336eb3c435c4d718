//! Where a run begins, what it does with files without rows, and what it says of files that it did not read.

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, fixture};

const HEADER: &str =
    "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";

/// A row of trades with this venue.
fn row(venue: &str) -> String {
    format!("BHP,1,2014-03-10T10:00:05Z,1.5,1,0,{venue},2014-03-10T10:00:05Z\n")
}

#[test]
fn from_is_refused_where_no_row_starts() {
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
    // Where a run says that it would go on may be right after the last row.
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
        "stopped: by `--limit`; everything before a.csv:9 is on the topic (5 rows), nothing after; resume with \
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
fn a_limit_that_is_reached_with_the_last_row_stops_nothing() {
    let env = TestEnv::new();
    env.write("t.csv", format!("{HEADER}{}{}\n", row("A"), row("B")));
    let limited = ["t.csv", "--summary", "json", "--limit"];
    for (limit, stopped) in [("1", "by `--limit`".into()), ("2", serde_json::Value::Null)] {
        let done = env.dry_run(&[&limited[..], &[limit]].concat()).expect(0);
        assert_eq!(done.json()["stopped"], stopped, "{limit}");
    }
}

#[test]
fn an_input_without_rows_is_named_and_fails_the_run_where_that_is_wanted() {
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
