//! Output for machines: the summary, the metrics file, standard output.

use std::fs::File;
use std::process::{Command, Stdio};

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, fixture};

#[test]
fn the_metrics_file_has_the_platforms_names() {
    let env = TestEnv::new();
    let topic = stack().topic("metrics", 1, "schemas/trade.avsc");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--metrics-file",
        "m.prom",
        "--label",
        "exchange=ASX",
        "--label",
        "data_type=trades",
        &fixture("trades/trades.csv"),
    ])
    .expect(0);
    let text = env.read("m.prom");
    let line = |start: &str| {
        text.lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("no `{start}` in\n{text}"))
    };
    let produced = line("k2_kafka_messages_produced_total{");
    assert!(produced.ends_with(" 3000"), "{produced}");
    for label in [
        format!("topic=\"{topic}\""),
        "exchange=\"ASX\"".to_owned(),
        "data_type=\"trades\"".to_owned(),
    ] {
        assert!(produced.contains(&label), "{produced}");
    }
    assert!(
        line("k2_kafka_produce_duration_seconds_count").ends_with(" 3000"),
        "{text}"
    );
    let median = line("k2_kafka_produce_duration_seconds{");
    assert!(
        median.rsplit(' ').next().unwrap().parse::<f64>().unwrap() > 0.0,
        "{median}"
    );
    line("k2_kafka_produce_retries_total");
    line("# TYPE k2_kafka_produce_errors_total counter");
}

#[test]
fn the_summary_says_what_the_time_was_spent_on() {
    let env = TestEnv::new();
    let topic = stack().topic("time", 1, "schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    let shares = |more: &[&str]| {
        let run = ["--topic", &topic, "--summary", "json"];
        let mut time = env.run_on_stack(&[&run[..], more].concat()).expect(0).json()["time"].take();
        let shares: serde_json::Map<_, _> = std::mem::take(time.as_object_mut().unwrap());
        let total: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
        assert!((0.99..=1.01).contains(&total), "{shares:?}");
        shares
    };
    // 3,000 rows.
    let paced = shares(&["--rate", "2000/s", &trades]);
    assert!(paced["pace"].as_f64().unwrap() > 0.8, "{paced:?}");
    let in_transactions = shares(&["--exactly-once", &trades]);
    assert!(
        in_transactions["commits"].as_f64().unwrap() > 0.1,
        "{in_transactions:?}"
    );
    assert_eq!(in_transactions["pace"], 0.0);

    let mut slow = Command::new("sh")
        .args(["-c", "head -n 100 \"$0\"; sleep 2; tail -n +101 \"$0\"", &trades])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut command = env.command_on_stack();
    command
        .args(["--topic", &topic, "--format", "csv", "--summary", "json", "-"])
        .stdin(slow.stdout.take().unwrap());
    let summary = done(&mut command).expect(0).json();
    slow.wait().unwrap();
    let reading = summary["time"]["reading"].as_f64().unwrap();
    assert!(reading > 0.7, "{}", summary["time"]);
}

#[test]
fn standard_output_has_only_what_was_requested() {
    let env = TestEnv::new();
    let topic = stack().topic("stdout", 1, "schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    let done = env.run_on_stack(&["--topic", &topic, &trades]).expect(0);
    assert_eq!(done.stdout, "");
    let done = env
        .run_on_stack(&["--topic", &topic, "--quiet", "--summary", "json", &trades])
        .expect(0);
    assert_eq!(done.stderr, "");
    let summary = done.json();
    assert_eq!(summary["schema_version"], 1);
    assert_eq!(summary["exit_status"], 0);
    assert_eq!(summary["files"][0]["rows"]["delivered"], 3000);
    assert_eq!(summary["topic"]["partitions"][0]["offset_before"], 3000);
    assert_eq!(summary["topic"]["partitions"][0]["offset_after"], 6000);
    assert!(summary["topic"]["id"].is_string());
}

/// A dry run of good rows with a JSON summary.
fn good_dry_run(env: &TestEnv) -> Command {
    let mut command = env.command();
    command.args(["--topic", "t", "--dry-run", "--summary", "json"]);
    command.args(["--schema-file", &fixture("schemas/trade.avsc")]);
    command.arg(fixture("trades/trades.csv"));
    command
}

/// A file that is always full.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe without a reader.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_summary_that_cannot_be_written_is_an_error_and_not_a_panic() {
    let env = TestEnv::new();
    for (output, reason) in [(full(), "No space left"), (closed_pipe(), "Broken pipe")] {
        let output = good_dry_run(&env).stdout(output).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let said = format!("error: the summary cannot be written to standard output: {reason}");
        assert!(text.contains(&said), "{text}");
        assert_eq!(output.status.code(), Some(3));
    }
}

/// Runs the command in a shell that redirects its standard streams.
fn redirected(command: &Command, redirection: &str) -> Done {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {redirection}")]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap());
    done(&mut shell)
}

#[test]
fn a_closed_standard_output_is_an_error_if_output_was_requested() {
    let env = TestEnv::new();
    let closed = "Bad file descriptor";
    let summary = "error: the summary cannot be written to standard output: ";
    let output = "error: standard output cannot be written: ";
    let schema = fixture("schemas/trade.avsc");
    let dry_run = good_dry_run(&env);
    let mut show = env.command();
    show.args(["schema", "show", "--schema-file", &schema]);
    let mut json = env.command();
    json.args(["schema", "show", "--json", "--schema-file", &schema]);
    let mut help = env.command();
    help.arg("--help");
    let mut version = env.command();
    version.arg("--version");
    for (command, said) in [
        (dry_run, summary),
        (show, output),
        (json, output),
        (help, output),
        (version, output),
    ] {
        redirected(&command, ">&-")
            .expect(3)
            .says(&format!("{said}{closed}"));
        redirected(&command, "1</dev/null")
            .expect(3)
            .says(&format!("{said}{closed}"));
        redirected(&command, ">/dev/full").expect(3).says(said);
        redirected(&command, ">/dev/null").expect(0);
    }
    // A closed standard output is not an error if no output was requested.
    let done = redirected(
        env.command()
            .args(["--topic", "t", "--dry-run", "--schema-file", &schema])
            .arg(fixture("trades/trades.csv")),
        ">&-",
    );
    done.expect(0).says("3,000 rows");
}

#[test]
fn a_closed_standard_input_is_not_an_empty_one() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    let mut command = env.command();
    command.args(["--topic", "t", "--dry-run", "--schema-file", &schema]);
    command.args(["--format", "jsonl", "-"]);
    redirected(&command, "<&-")
        .expect(3)
        .says("error: -: standard input is closed");
    redirected(&command, "</dev/null")
        .expect(0)
        .says("warning: - has no rows");
    redirected(&command, "0>/dev/null")
        .expect(3)
        .says("error: -: standard input is open only for writing");
    for name in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let mut command = env.command();
        command.args(["--topic", "t", "--dry-run", "--schema-file", &schema]);
        command.args(["--format", "jsonl", name]);
        redirected(&command, "<&-")
            .expect(3)
            .says(&format!("error: {name}: standard input is closed"));
        redirected(&command, "0>/dev/null")
            .expect(3)
            .says(&format!("error: {name}: standard input is open only for writing"));
        redirected(&command, "</dev/null").expect(0);
    }
    let mut within = env.command();
    within.args([
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        &schema,
        "--",
        "k2-produce",
    ]);
    within.args(["--topic", "t", "--format", "jsonl", "-"]);
    redirected(&within, "<&-")
        .expect(3)
        .says("error: -: standard input is closed");
    redirected(&within, "</dev/null")
        .expect(0)
        .says("warning: - has no rows");
}

#[test]
fn a_standard_error_that_cannot_be_written_is_an_error() {
    let env = TestEnv::new();
    for (errors, reason) in [(full(), "No space left"), (closed_pipe(), "Broken pipe")] {
        let output = good_dry_run(&env).stderr(errors).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let said = format!("standard error cannot be written: {reason}");
        assert!(
            summary["errors"][0].as_str().unwrap().starts_with(&said),
            "{summary}"
        );
        assert_eq!(summary["exit_status"], 3);
    }
    let mut quiet = good_dry_run(&env);
    let output = quiet.arg("--quiet").stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "nothing was printed");
}

#[test]
fn version_and_help_are_printed() {
    let env = TestEnv::new();
    let version = env.run(&["--version"]).expect(0).stdout;
    assert!(
        version.starts_with(concat!(
            "k2-produce ",
            env!("CARGO_PKG_VERSION"),
            " (librdkafka 2."
        )),
        "{version}"
    );
    let help = env.run(&["--help"]).expect(0).stdout;
    assert!(help.contains("Exit status:"), "{help}");
}
