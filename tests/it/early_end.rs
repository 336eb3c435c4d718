//! Runs that end before their first row: the summary and the metrics report them.

use crate::support::{Done, TestEnv, fixture};

/// Checks the JSON summary and the metrics file of a run that ends early.
#[track_caller]
fn ended_early(env: &TestEnv, arguments: &[&str], status: i32, error: &str) {
    env.write("m.prom", "of an earlier run\n");
    let reports = ["--summary", "json", "--metrics-file", "m.prom", "--label", "a=b"];
    let done: Done = env
        .run(&[arguments, &reports].concat())
        .expect(status)
        .says(error);
    let summary = done.json();
    assert_eq!(summary["exit_status"], status, "{summary}");
    assert_eq!(summary["stopped"], "by an error, before the first row");
    let errors = summary["errors"].as_array().unwrap();
    assert!(errors[0].as_str().unwrap().contains(error), "{summary}");
    assert_eq!(summary["rows"]["read"], 0);
    assert_eq!(summary["files"][0]["path"], "t.csv");
    assert!(summary["schema"].is_null() && summary["topic"].is_null());
    assert_eq!(summary["labels"]["a"], "b");
    let metrics = env.read("m.prom");
    let line = format!("k2_kafka_run_exit_status{{topic=\"t\",a=\"b\"}} {status}\n");
    assert!(metrics.contains(&line), "{metrics}");
}

#[test]
fn a_run_that_ends_before_its_first_row_reports_the_reason_in_the_summary() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    env.write("t.csv", "symbol\n");
    let run = |flags: &[&'static str]| [&["--topic", "t", "t.csv"], flags].concat();
    ended_early(&env, &run(&["-X", "acks=1"]), 2, "`-X acks` is refused");
    ended_early(&env, &run(&["--header", "h={"]), 2, "has a single");
    ended_early(
        &env,
        &run(&["--from", "u.csv:2"]),
        2,
        "is not one of the files given",
    );
    ended_early(&env, &run(&[]), 4, "127.0.0.1:1");
    let of_file = ["--dry-run", "--schema-file", &schema];
    ended_early(
        &env,
        &[&["--topic", "t", "t.csv"][..], &of_file].concat(),
        3,
        "does not fit",
    );
    env.write("t.csv", "");
    ended_early(
        &env,
        &[&["--topic", "t", "t.csv"][..], &of_file].concat(),
        3,
        "is empty",
    );
    let check = [
        "schema",
        "check",
        "--topic",
        "t",
        "t.csv",
        "--schema-file",
        &schema,
    ];
    ended_early(&env, &check, 3, "is empty");
}

#[test]
fn a_metrics_file_that_cannot_be_written_is_one_error() {
    let env = TestEnv::new();
    env.write("t.csv", "symbol\n");
    let done = env
        .run(&[
            "--topic",
            "t",
            "t.csv",
            "--metrics-file",
            "gone/m.prom",
            "--summary",
            "json",
        ])
        .expect(2);
    assert_eq!(done.stderr.matches("error: ").count(), 1, "{}", done.stderr);
    assert_eq!(done.json()["errors"].as_array().unwrap().len(), 1);
}
