//! A broker that stops answering for a while: its process is frozen, so its connections stay open.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::TestEnv;
use crate::support::stack::OwnStack;

#[test]
fn a_broker_that_freezes_longer_than_the_time_out_leaves_no_row_without_a_fate() {
    let env = TestEnv::new();
    let stack = OwnStack::start();
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
    let mut command = env.command_on(&stack);
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
    stack.signal_broker("-STOP");
    feeder.stdin.take().unwrap().write_all(b"go\n").unwrap();
    // Longer than the time-out, and then alive again, so that the run can look at the topic.
    std::thread::sleep(Duration::from_secs(6));
    stack.signal_broker("-CONT");
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
