//! Ctrl-C and TERM: what was read is delivered, and the counts are true.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Starts a run whose input goes on for ever, and waits until rows are on the topic.
fn endless(env: &TestEnv, topic: &str) -> (Child, Child) {
    env.generate("trades.csv", "trade", "csv", 20_000);
    let header = env.read("trades.csv").lines().next().unwrap().to_owned();
    let script = format!("echo '{header}'; while :; do tail -n +2 trades.csv; sleep 0.05; done");
    let mut feeder = Command::new("sh")
        .args(["-c", &script])
        .current_dir(env.path("."))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut command = env.command_on_stack();
    command.args(["--topic", topic, "--format", "csv", "--summary", "json", "-"]);
    command
        .stdin(feeder.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    stack().await_records(topic, 1);
    (child, feeder)
}

fn interrupted(name: &str, status: i32) {
    let env = TestEnv::new();
    let topic = stack().topic("signal", 3, "schemas/trade.avsc");
    let (child, mut feeder) = endless(&env, &topic);
    signal(&child, name);
    let output = child.wait_with_output().unwrap();
    feeder.kill().unwrap();
    feeder.wait().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(
        stderr.contains("stopped: by a signal; everything before -:"),
        "{stderr}"
    );
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = &summary["rows"];
    assert_eq!(counts["read"], counts["delivered"], "{counts}");
    let records = stack().witness(&["batches", "--topic", &topic])[0]["records"].clone();
    assert_eq!(
        records, counts["delivered"],
        "what the summary counts is on the topic"
    );
}

#[test]
fn ctrl_c_ends_in_order_with_130() {
    interrupted("-INT", 130);
}

#[test]
fn term_ends_in_order_with_143() {
    interrupted("-TERM", 143);
}

#[test]
fn a_signal_before_the_first_row_ends_at_once() {
    let env = TestEnv::new();
    let mut command = env.command();
    command.args([
        "--topic",
        "t",
        "--dry-run",
        "--format",
        "csv",
        "--schema-file",
        &fixture("schemas/trade.avsc"),
        "-",
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Open until the end, so that nothing but the signal can end the run.
    let _input = child.stdin.take();
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "-TERM");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
}
