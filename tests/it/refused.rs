//! What the broker refuses in mid-run: a row that is too large, a topic that is another one.

use std::io::Write;
use std::process::Stdio;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

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
fn a_topic_that_is_deleted_and_made_again_in_mid_run_is_a_failed_run() {
    let env = TestEnv::new();
    let topic = stack().topic("recreated", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "--summary", "json", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
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
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = summary["errors"][0].as_str().unwrap();
    assert!(error.contains("deleted and made anew"), "{summary}");
}

#[test]
fn after_the_topic_was_deleted_no_row_is_said_to_be_on_it() {
    let env = TestEnv::new();
    let topic = stack().topic("deleted", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "--summary", "json", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(trades.as_bytes()).unwrap();
    stack().await_records(&topic, 3000);
    stack().witness(&["delete-topic", "--topic", &topic]);
    drop(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(!stderr.contains("on the topic"), "{stderr}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = summary["errors"][0].as_str().unwrap();
    assert!(error.contains("does not exist"), "{summary}");
}
