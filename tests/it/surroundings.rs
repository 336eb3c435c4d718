//! Broker, topic, registry and subject that are not as they should be.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::stack::{Stack, stack};
use crate::support::{TestEnv, fixture};

#[test]
fn a_missing_broker_is_one_error_within_ten_seconds() {
    let env = TestEnv::new();
    let topic = stack().topic("broker", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "-b",
        "127.0.0.1:1",
        &fixture("trades/trades.csv"),
    ]);
    let started = Instant::now();
    let done = crate::support::done(&mut command).expect(4);
    assert!(
        started.elapsed() < Duration::from_secs(12),
        "{:?}",
        started.elapsed()
    );
    let done = done.says("no broker answered at 127.0.0.1:1");
    assert_eq!(
        done.stderr
            .lines()
            .filter(|line| line.starts_with("error:"))
            .count(),
        1,
        "{}",
        done.stderr
    );
}

#[test]
fn a_missing_topic_is_an_error_that_names_the_nearest() {
    let env = TestEnv::new();
    let topic = stack().topic("near", 1, "schemas/trade.avsc");
    let wrong = format!("{topic}x");
    let subject = format!("{topic}-value");
    env.run_on_stack(&[
        "--topic",
        &wrong,
        "--subject",
        &subject,
        &fixture("trades/trades.csv"),
    ])
    .expect(4)
    .says(&format!("topic `{wrong}` does not exist"))
    .says(&topic);
}

#[test]
fn a_missing_subject_is_an_error_with_the_registrys_code() {
    let env = TestEnv::new();
    let topic = crate::support::unique("subject");
    env.run_on_stack(&["--topic", &topic, &fixture("trades/trades.csv")])
        .expect(4)
        .says(&format!(
            "subject `{topic}-value` is not in the registry at http://127.0.0.1:"
        ))
        .says("(40401)");
}

#[test]
fn a_missing_registry_is_an_error() {
    let env = TestEnv::new();
    env.run(&["--topic", "t", &fixture("trades/trades.csv")])
        .expect(4)
        .says("http://127.0.0.1:1");
}

#[test]
fn a_wrong_base_path_of_the_registry_is_told_from_a_missing_subject() {
    let env = TestEnv::new();
    let bare = stack().registry_url.replace("/apis/ccompat/v7", "");
    let done = env
        .run_on_stack(&["--topic", "t", "-r", &bare, &fixture("trades/trades.csv")])
        .expect(4);
    done.says("/apis/ccompat/v7");
}

#[test]
fn a_row_larger_than_the_topic_takes_is_rejected_with_its_line_and_its_neighbours_go_through() {
    let env = TestEnv::new();
    let topic = crate::support::unique("small");
    stack().create_topic(&topic, 1, &["max.message.bytes=5000"]);
    stack().register(
        &format!("{topic}-value"),
        &std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap(),
    );
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";
    let row = |venue: &str| format!("BHP,1,2014-03-10T10:00:05Z,1.5,1,0,{venue},2014-03-10T10:00:05Z\n");
    let mut text = header.to_owned();
    for line in 2..=2000 {
        text.push_str(&row(if line == 1000 {
            "x".repeat(6000)
        } else {
            "A".to_owned()
        }
        .as_str()));
    }
    env.write("t.csv", text);
    env.run_on_stack(&["--topic", &topic, "t.csv", "--rejects", "bad.csv"])
        .expect(1)
        .says("1,998 delivered, 1 rejected");
    assert!(env.read("bad.csv.errors.jsonl").contains("\"line\":1000"));
    assert_eq!(stack().dump(&topic).len(), 1998);
}

#[test]
fn a_broker_that_freezes_longer_than_the_time_out_leaves_no_row_without_a_fate() {
    let env = TestEnv::new();
    let stack = Stack::of_its_own();
    let topic = stack.topic("frozen", 1, "schemas/trade.avsc");
    env.generate("trades.csv", "trade", "csv", 20_000);
    let script = "head -n 1001 trades.csv; echo go >&2; read line; tail -n +1002 trades.csv";
    let mut feeder = Command::new("sh")
        .args(["-c", script])
        .current_dir(env.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut command = env.command();
    command.env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack.bootstrap_servers);
    command.env("K2_KAFKA_SCHEMA_REGISTRY_URL", &stack.registry_url);
    command.args([
        "--topic",
        &topic,
        "--format",
        "csv",
        "--summary",
        "json",
        "--rejects",
        "bad.csv",
        "-",
    ]);
    command.args(["-X", "message.timeout.ms=3000", "-X", "socket.timeout.ms=2000"]);
    command
        .stdin(feeder.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    stack.await_records(&topic, 1000);
    stack.broker("-STOP");
    feeder.stdin.take().unwrap().write_all(b"go\n").unwrap();
    // Longer than the time-out, and then alive again, so that the run can look at the topic.
    std::thread::sleep(Duration::from_secs(6));
    stack.broker("-CONT");
    let output = child.wait_with_output().unwrap();
    feeder.wait().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(stderr.contains("error: delivery failed"), "{stderr}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = |fate: &str| summary["rows"][fate].as_u64().unwrap();
    assert_eq!(count("delivered"), 1000, "{stderr}");
    assert!(
        count("unknown") > 0,
        "what was with the broker is unknown, not failed: {stderr}"
    );
    assert_eq!(summary["balanced"], true);
    let kept = env.read("bad.csv").lines().count() as u64 - 1;
    assert_eq!(kept, count("failed") + count("unknown"), "every such row is kept");
    // Unknown is no more than that: each such row is on the topic once or not at all.
    let records = stack.dump(&topic).len() as u64;
    assert!(
        (1000..=1000 + count("unknown")).contains(&records),
        "{records} records"
    );
}

#[test]
fn a_topic_that_is_deleted_and_made_again_in_mid_run_is_a_failed_run() {
    let env = TestEnv::new();
    let topic = stack().topic("recreated", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(trades.as_bytes()).unwrap();
    stack().await_records(&topic, 3000);
    stack().witness(&["delete-topic", "--topic", &topic]);
    stack().create_topic(&topic, 1, &[]);
    drop(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(
        stderr.contains("3,000 delivered") && stderr.contains("error: "),
        "{stderr}"
    );
}
