//! `--rate` and `--replay` on a real Kafka. Java reads the times at which the brokers wrote the rows.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, fixture, spawn_piped, unique};

const SECOND: i64 = 1_000;

const TICK: &str = r#"{"type": "record", "name": "Tick", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "time", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": null},
    {"name": "price", "type": ["null", "double"], "default": null}]}"#;

/// A topic of one partition with the times at which the client took the messages, or those of the brokers.
fn timed_topic(schema: &str, timestamps: &str) -> String {
    let topic = unique("replay");
    let timestamps = format!("message.timestamp.type={timestamps}");
    stack().create_topic(&topic, 1, &[&timestamps]);
    stack().register(&format!("{topic}-value"), schema);
    topic
}

/// The times of the records since the first, in milliseconds.
#[track_caller]
fn written(topic: &str) -> Vec<i64> {
    let records = stack().dump(topic);
    let times = records.iter().map(|record| record["timestamp"].as_i64().unwrap());
    let times: Vec<i64> = times.collect();
    times.iter().map(|time| time - times[0]).collect()
}

/// A time of day as a cell.
fn at(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(1_394_445_600_000 + milliseconds)
        .unwrap()
        .to_string()
}

/// Replays ticks with these times, in milliseconds; none is null.
fn replay(env: &TestEnv, topic: &str, times: &[Option<i64>], extra: &[&str]) -> Done {
    let rows: String = times
        .iter()
        .map(|time| format!("BHP,{}\n", time.map(at).unwrap_or_default()))
        .collect();
    env.write("ticks.csv", format!("symbol,time\n{rows}"));
    let arguments = ["--topic", topic, "--replay", "time", "ticks.csv"];
    env.run_on_stack(&[&arguments[..], extra].concat())
}

/// `early` is how much longer the first row may have taken than another one, in milliseconds.
#[track_caller]
fn assert_pace(written: &[i64], due: &[i64], early: i64) {
    assert_eq!(written.len(), due.len());
    for (index, (written, due)) in written.iter().zip(due).enumerate() {
        assert!(
            *written >= due - early,
            "row {index} is early: {written} ms, due at {due} ms"
        );
        // Only a machine that stands still is so late.
        assert!(
            *written < due + 10 * SECOND,
            "row {index} is late: {written} ms, due at {due} ms"
        );
    }
}

/// The trades of the first hour of a generated day, as lines without a header, and their times in milliseconds.
fn an_hour(env: &TestEnv) -> (Vec<String>, Vec<i64>) {
    env.generate("day.csv", "trade", "csv", 20_000);
    let day = env.read("day.csv");
    let lines = day.lines().map(|line| {
        let time = line.split(',').nth(3).unwrap();
        let time = time.parse::<jiff::Timestamp>().ok();
        (
            line.to_owned(),
            time.map_or(i64::MIN, |time| time.as_millisecond()),
        )
    });
    let lines: Vec<(String, i64)> = lines.collect();
    let first = lines[1].1;
    let hour = lines
        .into_iter()
        .filter(|(_, time)| *time < first + 3_600 * SECOND);
    hour.unzip()
}

#[test]
fn an_hour_of_trades_is_replayed_at_its_pace() {
    let env = TestEnv::new();
    let (lines, times) = an_hour(&env);
    env.write("hour.csv", lines.join("\n"));
    let schema = std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap();
    let topic = timed_topic(&schema, "LogAppendTime");
    let start = Instant::now();
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--replay",
        "exchange_timestamp",
        "--speed",
        "360x",
        "hour.csv",
    ])
    .expect(0)
    .says("; replays exchange_timestamp at 360x; ");
    let took = start.elapsed();
    let rows = times.len() - 1;
    assert!(rows > 500, "{rows}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    let due: Vec<i64> = times[1..].iter().map(|time| (time - times[1]) / 360).collect();
    assert!(due[rows - 1] > 9 * SECOND, "{} ms", due[rows - 1]);
    assert_pace(&written(&topic), &due, 2 * SECOND);
    let sequence = |record: &Value| record["value"]["exchange_timestamp"].as_i64().unwrap();
    let sent: Vec<i64> = stack().dump(&topic).iter().map(sequence).collect();
    assert_eq!(sent, times[1..], "the order of the file");
    let batches = &stack().witness(&["batches", "--topic", &topic])[0];
    assert_eq!(batches["records"], rows);
    assert!(batches["most_records"].as_u64().unwrap() > 1, "{batches}");
}

#[test]
fn rows_that_go_back_in_time_or_have_none_go_with_the_row_before() {
    let env = TestEnv::new();
    let topic = timed_topic(TICK, "CreateTime");
    let times = [
        None,
        Some(9_000),
        Some(9_400),
        Some(2_000),
        None,
        Some(9_500),
        Some(9_100),
    ];
    replay(&env, &topic, &times, &[])
        .expect(0)
        .says("7 delivered")
        .says("warning: 1 row is more than a second earlier than a row before, and was sent with that");
    assert_pace(&written(&topic), &[0, 0, 400, 400, 400, 500, 500], 1);
}

#[test]
fn longer_gaps_are_shortened_within_a_file_and_between_files() {
    let env = TestEnv::new();
    let topic = timed_topic(TICK, "CreateTime");
    env.write("next.csv", format!("symbol,time\nBHP,{}\n", at(86_400 * SECOND)));
    let times = [0, 300, 36_000 * SECOND].map(Some);
    let start = Instant::now();
    replay(
        &env,
        &topic,
        &times,
        &["next.csv", "--max-gap", "1s", "--speed", "2x"],
    )
    .expect(0);
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_pace(&written(&topic), &[0, 150, 650, 1_150], 1);
}

#[test]
fn a_rate_holds_for_standard_input_with_headers_of_each_row() {
    let env = TestEnv::new();
    let topic = timed_topic(TICK, "CreateTime");
    let arguments = [
        "--topic",
        &topic,
        "--rate",
        "50/s",
        "--provenance",
        "--format",
        "csv",
        "-",
    ];
    let mut child = spawn_piped(env.command_on_stack().args(arguments));
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"symbol,time\n").unwrap();
    input.write_all("BHP,\n".repeat(40).as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("; 50 rows per second; "), "{stderr}");
    let due: Vec<i64> = (0..40).map(|row| row * 20).collect();
    assert_pace(&written(&topic), &due, 1);
    let lines = stack()
        .dump(&topic)
        .into_iter()
        .map(|record| record["headers"][1][1].clone());
    let expected = (2..42).map(|line: u32| Value::from(line.to_string()));
    assert!(lines.eq(expected), "each row has its own line");
}

#[test]
fn a_signal_ends_the_wait_for_the_next_row() {
    let env = TestEnv::new();
    let topic = timed_topic(TICK, "CreateTime");
    let times = [0, 1, 2, 3_600 * SECOND, 3_601 * SECOND];
    let rows = times.map(|time| format!("BHP,{}\n", at(time))).concat();
    env.write("ticks.csv", format!("symbol,time\n{rows}"));
    let arguments = [
        "--topic",
        &topic,
        "--replay",
        "time",
        "--summary",
        "json",
        "ticks.csv",
    ];
    let child = spawn_piped(env.command_on_stack().args(arguments));
    stack().await_records(&topic, 3);
    let start = Instant::now();
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let took = start.elapsed();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(
        stderr.contains(
            "stopped: by a signal; everything before ticks.csv:5 is on the topic (3 rows), and nothing else; resume \
             with `--from ticks.csv:5`"
        ),
        "{stderr}"
    );
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = &summary["rows"];
    let counts = ["read", "delivered", "unsent"].map(|fate| counts[fate].as_u64().unwrap());
    assert_eq!(counts, [5, 3, 2]);
    assert_eq!(written(&topic).len(), 3);
}

#[test]
fn a_field_that_is_not_a_timestamp_is_refused() {
    let env = TestEnv::new();
    let trades = fixture("trades/trades.csv");
    env.dry_run(&["--replay", "price", &trades]).expect(2).says(
        "the field `price` of type decimal(18, 6) is not a timestamp; the timestamps are exchange_timestamp, \
         ingestion_timestamp",
    );
    env.dry_run(&["--replay", "prise", &trades])
        .expect(2)
        .says("the schema has no field `prise` for the pace of a replay");
}

#[test]
fn a_dry_run_does_not_wait() {
    let env = TestEnv::new();
    let start = Instant::now();
    let trades = fixture("trades/trades.csv");
    env.dry_run(&["--replay", "exchange_timestamp", "--speed", "0.001x", &trades])
        .expect(0);
    env.dry_run(&["--rate", "1/h", &trades]).expect(0);
    assert!(start.elapsed() < Duration::from_secs(20));
}
