//! The operating system's reason why a file cannot be used is printed once.

use std::process::Command;

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, fixture};

/// Bad rows, enough to fill more than one block of a file.
fn bad_trades(env: &TestEnv) {
    let header = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let header = header.lines().next().unwrap();
    env.write("trades.csv", format!("{header}\n{}", "BHP,none\n".repeat(2_000)));
}

fn dry_run(env: &TestEnv, arguments: &[&str]) -> Done {
    let schema = fixture("schemas/trade.avsc");
    let common = ["--topic", "t", "--dry-run", "--schema-file", &schema];
    env.run(&[&common, arguments].concat())
}

/// Runs k2-produce in a shell in which no file can grow beyond a few kilobytes.
fn on_a_full_disk(env: &TestEnv, arguments: &[&str]) -> Done {
    done(&mut on_a_full_disk_command(env, arguments))
}

fn on_a_full_disk_command(env: &TestEnv, arguments: &[&str]) -> Command {
    let binary = env.command().get_program().to_owned();
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(binary).args(arguments);
    command.current_dir(env.path(""));
    command
}

#[track_caller]
fn says_once(done: &Done, line: &str) {
    let lines = done.stderr.lines().filter(|said| *said == line).count();
    assert_eq!(lines, 1, "`{line}` in\n{}", done.stderr);
}

#[test]
fn a_rejects_file_that_cannot_be_created_has_the_systems_reason() {
    let env = TestEnv::new();
    env.write("file", "");
    env.write("trades.csv", "");
    for (path, reason) in [
        ("missing/bad.csv", "the folder `missing` does not exist"),
        ("missing/folder/", "the folder `missing` does not exist"),
        ("file/bad.csv", "not a directory"),
    ] {
        let done = dry_run(&env, &["--rejects", path, &fixture("trades/trades.csv")]).expect(2);
        says_once(&done, &format!("error: cannot create `{path}`: {reason}"));
    }
}

#[test]
fn a_metrics_file_that_cannot_be_created_is_named_with_the_systems_reason() {
    let env = TestEnv::new();
    env.write("file", "");
    for (path, reason) in [
        (
            "missing/folder/m.prom",
            "the folder `missing/folder` does not exist",
        ),
        ("file/m.prom", "not a directory"),
    ] {
        let done = dry_run(&env, &["--metrics-file", path, &fixture("trades/trades.csv")]).expect(2);
        says_once(
            &done,
            &format!("error: the metrics file `{path}` cannot be written: {reason}"),
        );
    }
}

#[test]
fn a_rejects_file_on_a_full_disk_has_the_systems_reason() {
    let env = TestEnv::new();
    bad_trades(&env);
    let schema = fixture("schemas/trade.avsc");
    let done = on_a_full_disk(
        &env,
        &[
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            &schema,
            "--rejects",
            "bad.csv",
            "trades.csv",
        ],
    )
    .expect(3);
    says_once(
        &done,
        "error: rejected rows cannot be kept: cannot write rejected rows to `bad.csv.errors.jsonl`: file too large",
    );
}

#[test]
fn rows_that_cannot_be_kept_end_a_load_before_them_and_it_resumes_without_a_duplicate() {
    let env = TestEnv::new();
    let topic = stack().topic("full", 3, "schemas/trade.avsc");
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let mut lines = trades.lines();
    let header = lines.next().unwrap();
    let rows: Vec<String> = lines
        .take(40)
        .enumerate()
        .map(|(number, row)| format!("{row}\nBHP,{number}\n"))
        .collect();
    env.write("trades.csv", format!("{header}\n{}", rows.concat()));
    let mut command =
        on_a_full_disk_command(&env, &["--topic", &topic, "--rejects", "bad.csv", "trades.csv"]);
    for (name, value) in env.command_on_stack().get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let stopped = done(&mut command).expect(3);
    let kept = env.read("bad.csv");
    let reasons = env.read("bad.csv.errors.jsonl");
    let count = kept.lines().count() - 1;
    assert!(
        count > 0 && kept.ends_with('\n') && reasons.ends_with("}\n"),
        "{kept}{reasons}"
    );
    assert_eq!(reasons.lines().count(), count, "both files have the same rows");
    // As many good rows precede the first row that is not kept, and the one next to it.
    let line = 2 + 2 * count + 1;
    let stopped = stopped.says(&format!(
        "everything before trades.csv:{line} except the {count} row"
    ));
    let stopped = stopped.says(&format!("resume with `--from trades.csv:{line}`"));
    assert_eq!(
        stopped.stderr.matches("file too large").count(),
        1,
        "{}",
        stopped.stderr
    );
    assert_eq!(stack().dump(&topic).len(), count + 1);
    let from = format!("trades.csv:{line}");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--rejects",
        "rest.csv",
        "--from",
        &from,
        "trades.csv",
    ])
    .expect(1);
    assert_eq!(stack().dump(&topic).len(), 40);
    let rest = env.read("rest.csv");
    let all: Vec<&str> = kept.lines().skip(1).chain(rest.lines().skip(1)).collect();
    let expected: Vec<String> = (0..40).map(|number| format!("BHP,{number}")).collect();
    assert_eq!(all, expected, "each row is kept once");
}

#[test]
fn every_other_file_has_the_systems_reason_too() {
    let env = TestEnv::new();
    env.write("file", "");
    env.write("trades.csv", "a\n1\n");
    let trades = fixture("trades/trades.csv");
    let schema = fixture("schemas/trade.avsc");
    let token = ["--topic", "t", "--registry-token-file", "file/token", &trades];
    let ca = [
        "--topic",
        "t",
        "--registry-ca",
        "file/ca.pem",
        "-r",
        "https://localhost:1",
        &trades,
    ];
    let input = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &schema,
        "file/x.csv",
    ];
    let schema_file = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "file/x.avsc",
        &trades,
    ];
    let metrics = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &schema,
        "--metrics-file",
        "file/m",
        &trades,
    ];
    let sandbox = ["sandbox", "--topic", "t", "--schema-file", "file/x.avsc"];
    let commands: [&[&str]; 6] = [&token, &ca, &input, &schema_file, &metrics, &sandbox];
    for arguments in commands {
        let done = env.run(arguments);
        let reasons = done.stderr.to_lowercase().matches("not a directory").count();
        assert_eq!(reasons, 1, "{arguments:?}:\n{}", done.stderr);
        assert!([2, 3].contains(&done.status), "{done:?}");
    }
}

#[test]
fn a_full_standard_output_has_the_systems_reason() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    let summary = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &schema,
        "--summary",
        "json",
        &trades,
    ];
    let show = ["schema", "show", "--schema-file", &schema];
    let sandbox = ["sandbox", "--topic", "t", "--schema-file", &schema, "--", "true"];
    let commands: [&[&str]; 3] = [&summary, &show, &sandbox];
    for arguments in commands {
        let mut command = env.command();
        command.args(arguments);
        command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let text = String::from_utf8(command.output().unwrap().stderr).unwrap();
        let reasons = text.to_lowercase().matches("no space left on device").count();
        assert_eq!(reasons, 1, "{arguments:?}:\n{text}");
    }
}

#[test]
fn a_file_that_would_overwrite_another_file_of_the_run_is_refused() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    env.write("t.csv", &trades);
    std::fs::copy(&schema, env.path("s.avsc")).unwrap();
    env.write("user", "alice:secret");
    env.write("client.properties", "ssl.ca.location=user\n");
    std::fs::create_dir(env.path("folder")).unwrap();
    std::os::unix::fs::symlink("r.csv", env.path("link")).unwrap();
    std::fs::hard_link(env.path("t.csv"), env.path("hard.csv")).unwrap();
    for (flags, said) in [
        (
            "--metrics-file t.csv",
            "`--metrics-file t.csv` is the same file as the input `t.csv`",
        ),
        (
            "--metrics-file hard.csv",
            "`--metrics-file hard.csv` is the same file as the input `t.csv`",
        ),
        (
            "--metrics-file s.avsc",
            "is the same file as `--schema-file s.avsc`",
        ),
        (
            "--metrics-file user --registry-user-file user",
            "as `--registry-user-file user`",
        ),
        (
            "--metrics-file user -X ssl.ca.location=user",
            "is the same file as `-X ssl.ca.location`",
        ),
        (
            "--metrics-file client.properties -F client.properties",
            "is the same file as `-F client.properties`",
        ),
        (
            "--metrics-file user -F client.properties",
            "is the same file as `ssl.ca.location` in client.properties",
        ),
        (
            "--rejects t.csv",
            "`--rejects t.csv` is the same file as the input `t.csv`",
        ),
        (
            "--rejects r.csv --metrics-file ./r.csv",
            "is the same file as `--rejects r.csv`",
        ),
        (
            "--rejects r.csv --metrics-file link",
            "is the same file as `--rejects r.csv`",
        ),
        (
            "--rejects r.csv --metrics-file r.csv.errors.jsonl",
            "is the same file as `r.csv.errors.jsonl` of `--rejects r.csv`",
        ),
        (
            "--rejects folder --metrics-file folder/t.csv",
            "is the same file as `folder/t.csv` of `--rejects folder`",
        ),
        (
            "--rejects . --rejects-overwrite",
            "`./t.csv` of `--rejects .` is the same file as the input `t.csv`",
        ),
    ] {
        let run = ["--topic", "t", "--dry-run", "--schema-file", "s.avsc", "t.csv"];
        let flags: Vec<&str> = flags.split(' ').collect();
        let done = env
            .run(&[&run[..], &flags, &["--summary", "json"]].concat())
            .expect(2)
            .says(said);
        assert!(done.json()["errors"][0].as_str().unwrap().contains(said));
        assert_eq!(env.read("t.csv"), trades);
        assert_eq!(env.read("user"), "alice:secret");
        assert!(!env.path("r.csv").exists(), "nothing is written");
    }
}

#[test]
fn standard_output_is_not_appended_to_an_input() {
    let env = TestEnv::new();
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    env.write("t.csv", &trades);
    let mut command = env.command();
    command.args([
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &fixture("schemas/trade.avsc"),
    ]);
    command.args(["t.csv", "--summary", "json"]);
    let appending = std::fs::OpenOptions::new()
        .append(true)
        .open(env.path("t.csv"))
        .unwrap();
    let output = command.stderr(appending).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        summary["errors"][0],
        "standard error is the same file as the input `t.csv`"
    );
}
