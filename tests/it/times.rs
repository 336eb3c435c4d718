//! Message timestamps on a real Kafka, as read by Java's consumer, and rows that a topic would refuse or delete.

use std::io::Write;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, fixture, unique};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const SCHEMA: &str = r#"{"type": "record", "name": "Tick", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "time", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
    {"name": "fine", "type": {"type": "long", "logicalType": "timestamp-micros"}, "default": 1000},
    {"name": "at", "type": {"type": "record", "name": "At", "fields": [
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-nanos"}}]}, "default": {"time": 1000000}}]}"#;

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A topic of one partition with these settings, and the ticks' schema.
fn topic(settings: &[&str]) -> String {
    let topic = unique("times");
    stack().create_topic(&topic, 1, settings);
    stack().register(&format!("{topic}-value"), SCHEMA);
    topic
}

/// Publishes a tick for each of these times, with `time` as the message timestamp.
fn publish(env: &TestEnv, topic: &str, times: &[i64], extra: &[&str]) -> Done {
    let rows: String = times
        .iter()
        .map(|time| format!("BHP,{}\n", shown(*time)))
        .collect();
    env.write("ticks.csv", format!("symbol,time\n{rows}"));
    let arguments = ["--topic", topic, "--timestamp-field", "time", "ticks.csv"];
    env.run_on_stack(&[&arguments[..], extra].concat())
}

/// A time as a cell.
fn shown(time: i64) -> String {
    jiff::Timestamp::from_millisecond(time).unwrap().to_string()
}

/// Timestamp and timestamp type of each record, in order.
#[track_caller]
fn times(topic: &str) -> Vec<Value> {
    let records = stack().dump(topic).into_iter();
    records
        .map(|record| json!([record["timestamp"], record["timestamp_type"]]))
        .collect()
}

#[track_caller]
fn assert_times(topic: &str, expected: &[i64]) {
    let expected: Vec<Value> = expected.iter().map(|time| json!([time, "CreateTime"])).collect();
    assert_eq!(times(topic), expected);
}

#[test]
fn messages_have_the_times_of_a_field_to_the_millisecond() {
    let env = TestEnv::new();
    let topic = topic(&["retention.ms=-1"]);
    let given = [1, 999, 1_394_445_605_516, now(), now() + 59 * MINUTE];
    publish(&env, &topic, &given, &[]).expect(0).says("5 delivered");
    assert_times(&topic, &given);
}

#[test]
fn any_timestamp_of_the_record_can_be_used() {
    let env = TestEnv::new();
    let topic = topic(&["retention.ms=-1"]);
    env.write(
        "ticks.jsonl",
        r#"{"symbol": "BHP", "time": null, "fine": "2014-03-10T10:00:05.516999Z", "at": {"time": "2014-03-10T10:00:05.517999999Z"}}"#,
    );
    for field in ["fine", "at.time"] {
        env.run_on_stack(&["--topic", &topic, "--timestamp-field", field, "ticks.jsonl"])
            .expect(0);
    }
    // A message timestamp has no finer unit; the value keeps all digits.
    assert_times(&topic, &[1_394_445_605_516, 1_394_445_605_517]);
    assert_eq!(
        stack().dump(&topic)[0]["value"]["fine"],
        1_394_445_605_516_999_i64
    );
}

#[test]
fn without_the_flag_messages_have_the_time_at_which_they_are_sent() {
    let env = TestEnv::new();
    let topic = topic(&[]);
    env.write("ticks.csv", "symbol,time\nBHP,2014-03-10T10:00:05.516Z\n");
    let before = now();
    env.run_on_stack(&["--topic", &topic, "ticks.csv"]).expect(0);
    let sent = times(&topic)[0][0].as_i64().unwrap();
    assert!((before..=now()).contains(&sent), "{sent}");
}

#[test]
fn rows_older_than_the_retention_are_bad_rows() {
    let env = TestEnv::new();
    let topic = topic(&["retention.ms=604800000"]);
    let (old, young) = (now() - 8 * DAY, now() - 6 * DAY);
    let done = publish(&env, &topic, &[young, old, young], &[]).expect(3);
    let done = done
        .says(&format!(
            "error: ticks.csv:3: `{}` does not fit `time` (column 2): the topic keeps messages for 7 days (its `retention.ms` is \
             604800000), so this one would soon be deleted",
            shown(old)
        ))
        .says("hint: `--allow-expired` sends such rows anyway");
    let excerpt = done
        .stderr
        .lines()
        .find(|line| line.contains('^'))
        .expect("an excerpt");
    assert_eq!(excerpt.matches('^').count(), shown(old).len(), "{}", done.stderr);
    assert_times(&topic, &[young]);

    publish(&env, &topic, &[old, young], &["--rejects", "bad.csv"])
        .expect(1)
        .says("1 delivered, 1 rejected")
        .says("older than the topic keeps");
    assert!(env.read("bad.csv.errors.jsonl").contains("\"kind\":\"expired\""));
    assert_times(&topic, &[young, young]);
}

#[test]
fn rows_older_than_the_retention_are_sent_on_request_and_counted() {
    let env = TestEnv::new();
    let topic = topic(&["retention.ms=604800000"]);
    let (old, young) = (now() - 8 * DAY, now());
    let done = publish(&env, &topic, &[old, young, old], &["--allow-expired", "--quiet"])
        .expect(0)
        .says("warning: 2 rows sent are older than the topic's `retention.ms`");
    assert_eq!(done.stderr.matches("warning: ").count(), 1, "{}", done.stderr);
    assert_times(&topic, &[old, young, old]);
}

#[test]
fn a_topic_without_a_retention_limit_accepts_old_rows() {
    for settings in [
        &["retention.ms=-1"][..],
        &["cleanup.policy=compact", "retention.ms=604800000"],
    ] {
        let env = TestEnv::new();
        let topic = topic(settings);
        let done = publish(&env, &topic, &[1_394_445_605_516], &[]).expect(0);
        // The other warning is about keys on a compacted topic.
        let mut warnings = done.stderr.lines().filter(|line| line.starts_with("warning"));
        assert!(
            warnings.all(|warning| warning.contains("cleanup.policy")),
            "{}",
            done.stderr
        );
        assert_times(&topic, &[1_394_445_605_516]);
    }
}

#[test]
fn times_that_the_broker_would_refuse_are_rejected_and_their_neighbours_are_sent() {
    let env = TestEnv::new();
    let topic_of_default = topic(&["retention.ms=-1"]);
    let (now, ahead) = (now(), now() + 2 * HOUR);
    let rejects = ["--rejects", "bad.csv"];
    publish(&env, &topic_of_default, &[now, ahead, now], &rejects)
        .expect(1)
        .says("a timestamp that the topic refuses");
    let reasons = env.read("bad.csv.errors.jsonl");
    for part in [
        "\"line\":3",
        "\"field\":\"time\"",
        &format!("\"value\":\"{}\"", shown(ahead)),
        "\"kind\":\"timestamp_refused\"",
        "the topic refuses timestamps more than 1 hour in the future (its `message.timestamp.after.max.ms` is 3600000)",
    ] {
        assert!(reasons.contains(part), "no {part} in {reasons}");
    }
    assert_times(&topic_of_default, &[now, now]);

    let wider = topic(&["message.timestamp.after.max.ms=86400000"]);
    publish(&env, &wider, &[ahead], &[]).expect(0);
    assert_times(&wider, &[ahead]);

    let strict = topic(&["retention.ms=-1", "message.timestamp.before.max.ms=86400000"]);
    publish(&env, &strict, &[now - HOUR, now - 2 * DAY], &["--allow-expired"])
        .expect(3)
        .says("the topic refuses timestamps more than 1 day in the past (its `message.timestamp.before.max.ms` is 86400000)");
    assert_times(&strict, &[now - HOUR]);
}

#[test]
fn a_limit_that_is_lowered_during_a_run_fails_the_batch_and_ends_the_run() {
    let env = TestEnv::new();
    let topic = topic(&["retention.ms=-1"]);
    let mut command = env.command_on_stack();
    command.args([
        "--topic",
        &topic,
        "--timestamp-field",
        "time",
        "--format",
        "csv",
        "-",
    ]);
    command.args(["--rejects", "bad.csv"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let old = shown(now() - 2 * DAY);
    writeln!(input, "symbol,time\nBHP,{old}").unwrap();
    stack().await_records(&topic, 1);
    stack().witness(&[
        "alter-topic",
        "--topic",
        &topic,
        "--set",
        "message.timestamp.before.max.ms=1000",
    ]);
    writeln!(input, "BHP,{old}\nBHP,{old}").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    // The check before sending prevents this: because of one time the whole batch is refused.
    assert!(stderr.contains("1 delivered, 2 failed"), "{stderr}");
    let reasons = env.read("bad.csv.errors.jsonl");
    // librdkafka's error for the messages that a broker names when it refuses a batch.
    assert_eq!(
        reasons
            .matches("\"kind\":\"INVALID_RECORD\",\"reason\":\"Broker: Broker failed to validate record\"")
            .count(),
        2,
        "{reasons}"
    );
    assert_eq!(stack().dump(&topic).len(), 1);
}

#[test]
fn brokers_that_replace_times_cause_a_warning_and_refuse_none() {
    let env = TestEnv::new();
    let topic = topic(&["message.timestamp.type=LogAppendTime"]);
    let before = now();
    publish(&env, &topic, &[-1, 0, now() + 2 * HOUR, 1_394_445_605_516], &[])
        .expect(0)
        .says(
            "warning: the topic's `message.timestamp.type` is LogAppendTime, so brokers replace the time of `time`",
        );
    let times = times(&topic);
    assert_eq!(times.len(), 4);
    for time in times {
        assert_eq!(time[1], "LogAppendTime");
        let time = time[0].as_i64().unwrap();
        assert!((before..=now()).contains(&time), "{time}");
    }
}

#[test]
fn an_impossible_message_timestamp_rejects_the_row() {
    let env = TestEnv::new();
    let topic = topic(&["retention.ms=-1"]);
    // librdkafka would read 0 as no time and use the current time.
    env.write(
        "ticks.csv",
        format!(
            "symbol,time\nA,{}\nB,{}\nC,\nD,{}\n",
            shown(0),
            shown(-1),
            shown(1)
        ),
    );
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--timestamp-field",
        "time",
        "--rejects",
        "bad.csv",
        "ticks.csv",
    ])
    .expect(1)
    .says("1 delivered, 3 rejected")
    .says("no timestamp for the message");
    let reasons = env.read("bad.csv.errors.jsonl");
    assert_eq!(
        reasons
            .matches("a message timestamp must be after 1970-01-01T00:00:00Z")
            .count(),
        2
    );
    assert_eq!(
        reasons
            .matches("it is null, but the message needs its timestamp")
            .count(),
        1
    );
    assert_times(&topic, &[1]);
}

#[test]
fn a_dry_run_without_topic_settings_checks_what_it_can() {
    let env = TestEnv::new();
    env.write("tick.avsc", SCHEMA);
    env.write(
        "ticks.csv",
        format!("symbol,time\nA,{}\nB,{}\n", shown(1), shown(0)),
    );
    env.run(&[
        "--dry-run",
        "--topic",
        "t",
        "--schema-file",
        "tick.avsc",
        "--timestamp-field",
        "time",
        "ticks.csv",
    ])
    .expect(3)
    .says("error: ticks.csv:3: ");
}

#[test]
fn settings_that_cannot_be_read_are_reported_once_and_the_run_continues() {
    let env = TestEnv::new();
    env.write(
        "ticks.csv",
        format!("symbol,time\nA,{}\n", shown(now() - 8 * DAY)),
    );
    env.write("tick.avsc", SCHEMA);
    // The mock cluster has no DescribeConfigs.
    env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        "tick.avsc",
        "--",
        "k2-produce",
        "--topic",
        "t",
        "--timestamp-field",
        "time",
        "ticks.csv",
    ])
    .expect(0)
    .says("note: `message.timestamp.type`, `retention.ms`, ")
    .says("not supported by the broker; the age of rows is not checked")
    .says("1 delivered");
}

#[test]
fn a_field_that_is_not_a_timestamp_is_reported_before_anything_is_sent() {
    let env = TestEnv::new();
    let topic = topic(&[]);
    env.write("ticks.csv", "symbol,time\n");
    let run = |field: &str| env.run_on_stack(&["--topic", &topic, "--timestamp-field", field, "ticks.csv"]);
    run("Time").expect(2).says("did you mean `time`?");
    run("symbol")
        .expect(2)
        .says("the field `symbol` of type string cannot be the message's timestamp");
    env.run(&["--topic", "t", "--allow-expired", &fixture("trades/trades.csv")])
        .expect(2)
        .says("--timestamp-field");
}
