//! Acknowledged rows that are deleted from the topic during the run.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

/// Loads 3,000 trades from standard input, calls `delete` when they are on the topic, and then ends the input; returns
/// the exit status and the messages.
fn load_while(topic: &str, delete: impl FnOnce(&[Value])) -> (i32, String) {
    let env = TestEnv::new();
    let mut command = env.command_on_stack();
    command.args(["--topic", topic, "--format", "csv", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(trades.as_bytes()).unwrap();
    stack().await_records(topic, 3000);
    let described = &stack().witness(&["describe-topic", "--topic", topic])[0];
    delete(described["partitions"].as_array().unwrap());
    drop(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap_or(-1), stderr)
}

fn delete_records(topic: &str, partition: usize, before: u64) {
    let (partition, before) = (partition.to_string(), before.to_string());
    let deletion = ["delete-records", "--topic", topic, "--partition", &partition];
    stack().witness(&[&deletion[..], &["--before", &before]].concat());
}

#[test]
fn rows_deleted_during_a_run_fail_it_with_their_number_per_partition() {
    let topic = stack().topic("deleted", 3, "schemas/trade.avsc");
    let mut gone = 0;
    let (status, stderr) = load_while(&topic, |partitions| {
        let end = |partition: usize| partitions[partition]["end_offset"].as_u64().unwrap();
        // All but the last ten of one partition, one row of another, and nothing of the third.
        gone = end(0) - 10 + 1;
        delete_records(&topic, 0, end(0) - 10);
        delete_records(&topic, 2, 1);
    });
    assert_eq!(status, 5, "{stderr}");
    let expected = format!("error: {gone} of 3000 delivered rows are no longer on the topic\n");
    assert!(stderr.contains(&expected), "no `{expected}` in {stderr}");
    assert!(
        stderr.contains(&format!(
            "\n  partition 0: {} gone; it now holds offsets",
            gone - 1
        )) && stderr.contains("\n  partition 2: 1 gone; it now holds offsets 1 to ")
            && !stderr.contains("partition 1: "),
        "{stderr}"
    );
}

#[test]
fn records_of_earlier_runs_may_be_deleted() {
    let topic = stack().topic("earlier", 1, "schemas/trade.avsc");
    let env = TestEnv::new();
    let trades = fixture("trades/trades.csv");
    env.run_on_stack(&["--topic", &topic, "--limit", "500", &trades])
        .expect(0);
    let (status, stderr) = load_while(&topic, |_| delete_records(&topic, 0, 500));
    assert_eq!(status, 0, "{stderr}");
}
