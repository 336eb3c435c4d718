//! Refusals by the broker during a run: a row that is too large, a topic that was replaced.

use std::io::Write;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture, spawn_piped};

#[test]
fn a_row_too_large_for_the_topic_is_rejected_with_its_line_and_its_neighbours_are_sent() {
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
    let large = noise(&mut fastrand::Rng::with_seed(7), 6000);
    for line in 2..=2000 {
        text.push_str(&row(if line == 1000 {
            large.clone()
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

/// A topic that accepts batches of `limit` bytes, with rows of one text.
fn topic_of_texts(limit: usize) -> String {
    let topic = crate::support::unique("texts");
    stack().create_topic(&topic, 1, &[&format!("max.message.bytes={limit}")]);
    let schema = r#"{"type": "record", "name": "Text", "fields": [{"name": "s", "type": "string"}]}"#;
    stack().register(&format!("{topic}-value"), schema);
    topic
}

/// A text that does not compress.
fn noise(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| random.alphanumeric()).collect()
}

#[test]
fn a_row_is_rejected_only_if_the_broker_would_refuse_it_alone() {
    let env = TestEnv::new();
    let topic = topic_of_texts(200);
    let mut random = fastrand::Rng::with_seed(7);
    // The value has five bytes of wire format and two of length; a batch of one record adds 61 and 9.
    let largest = 200 - 61 - 9 - 7;
    let texts: Vec<String> = (20..180).map(|length| noise(&mut random, length)).collect();
    env.write("t.csv", format!("s\n{}\n", texts.join("\n")));
    let done = env
        .run_on_stack(&["--topic", &topic, "--no-key", "t.csv", "--rejects", "bad.csv"])
        .expect(1);
    let delivered = texts.iter().filter(|text| text.len() <= largest).count();
    let done = done.says(&format!(
        "{delivered} delivered, {} rejected",
        texts.len() - delivered
    ));
    assert!(!done.stderr.contains("failed"), "{}", done.stderr);
    let reasons = env.read("bad.csv.errors.jsonl");
    let first = reasons.lines().next().unwrap();
    assert!(
        first.contains("the message has 201 bytes, but the topic allows 200"),
        "{first}"
    );
    assert_eq!(stack().dump(&topic).len(), delivered);

    // The next larger one; with another codec the broker decides.
    env.write("one.csv", format!("s\n{}\n", noise(&mut random, largest + 1)));
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--no-key",
        "-X",
        "compression.type=gzip",
        "one.csv",
    ])
    .expect(5)
    .says("MSG_SIZE_TOO_LARGE")
    .says("compressed, it exceeds the topic's `max.message.bytes`");
    assert_eq!(stack().dump(&topic).len(), delivered);
}

#[test]
fn rows_larger_than_the_limit_of_the_topic_are_sent_if_they_fit_compressed() {
    let env = TestEnv::new();
    let topic = topic_of_texts(2_000);
    let mut random = fastrand::Rng::with_seed(7);
    let mut text = "s\n".to_owned();
    for row in 0..2_000 {
        let repeated = "trade ".repeat(random.usize(..900));
        let tail = if row % 100 == 99 {
            3_000
        } else {
            random.usize(..800)
        };
        text.push_str(&format!("{repeated}{}\n", noise(&mut random, tail)));
    }
    env.write("t.csv", text);
    env.run_on_stack(&["--topic", &topic, "--no-key", "t.csv", "--rejects", "bad.csv"])
        .expect(1)
        .says("1,980 delivered, 20 rejected");
    assert_eq!(stack().dump(&topic).len(), 1_980);
}

#[test]
fn a_topic_that_is_deleted_and_recreated_during_a_run_fails_the_run() {
    let env = TestEnv::new();
    let topic = stack().topic("recreated", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "--summary", "json", "-"]);
    let mut child = spawn_piped(&mut command);
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
    assert!(error.contains("deleted and recreated"), "{summary}");
}

#[test]
fn after_the_topic_was_deleted_no_row_is_reported_as_on_it() {
    let env = TestEnv::new();
    let topic = stack().topic("deleted", 1, "schemas/trade.avsc");
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "--summary", "json", "-"]);
    let mut child = spawn_piped(&mut command);
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
