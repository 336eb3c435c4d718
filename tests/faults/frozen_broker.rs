//! A broker that stops answering for a while: its process is stopped, so its connections stay open.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::kafka::proxied;
use crate::support::TestEnv;

#[test]
fn every_row_has_a_fate_when_the_broker_freezes_beyond_the_timeout() {
    let env = TestEnv::new();
    let stack = proxied();
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
    // It holds the end of the pipe that the load reads: the feeder ends with the load, which need not read everything.
    drop(command);
    stack.await_records(&topic, 1000);
    stack.signal_broker("-STOP");
    feeder.stdin.take().unwrap().write_all(b"go\n").unwrap();
    // Longer than the timeout. Then the broker runs again, so that the load can check the topic.
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
        "rows sent to the broker are unknown, not failed: {stderr}"
    );
    assert_eq!(summary["balanced"], true);
    let kept = env.read("bad.csv").lines().count() as u64 - 1;
    assert_eq!(
        kept,
        count("failed") + count("unknown") + count("unsent"),
        "every row that was read and not delivered is kept"
    );
    // Each unknown row is on the topic at most once.
    let records = stack.dump(&topic).len() as u64;
    assert!(
        (1000..=1000 + count("unknown")).contains(&records),
        "{records} records"
    );
}
