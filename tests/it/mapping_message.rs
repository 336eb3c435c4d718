//! `[message]` in a mapping file: keys, headers, timestamps and partitions on a real Kafka, as Python's client sees them.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{TestEnv, done, repository};

const MAP: &str = r#"
[message]
key = '"{venue}.{symbol}"'
timestamp = 'sent'
partition = 'shard'
headers = { feed = '"asx"', venue = 'lower(venue)' }
"#;

const HEADER: &str =
    "shard,sent,symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";

fn row(shard: &str, sent: &str, symbol: &str) -> String {
    format!("{shard},{sent},{symbol},7078,2014-03-10T00:00:00Z,40.20,1,0,A,2026-11-26T00:00:00Z\n")
}

/// A time that every topic accepts, in milliseconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap() - 60_000
}

/// The messages of a topic without their values.
fn messages(topic: &str) -> Vec<Value> {
    let raw = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/raw_messages.py"))
            .args([&stack().bootstrap_servers, topic]),
    )
    .expect(0)
    .json();
    let mut messages = raw.as_array().unwrap().clone();
    for message in &mut messages {
        message.as_object_mut().unwrap().remove("value");
    }
    messages
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn message(partition: u32, key: &str, timestamp: i64, headers: &[(&str, &str)]) -> Value {
    let headers: Vec<Value> = headers
        .iter()
        .map(|(name, value)| json!([name, hexadecimal(value)]))
        .collect();
    json!({"partition": partition, "key": hexadecimal(key), "timestamp": timestamp, "headers": headers})
}

#[test]
fn messages_have_the_parts_that_the_mapping_says() {
    let env = TestEnv::new();
    let topic = stack().topic("parts", 3, "schemas/trade.avsc");
    let now = now();
    env.write("map.toml", MAP);
    let rows = [
        row("2", &now.to_string(), "BHP"),
        row("3", &now.to_string(), "BHP"),
        row("x", &now.to_string(), "BHP"),
        row("0", "", "BHP"),
        row("1", "yesterday", "BHP"),
        row("0", &(now + 1).to_string(), "BHP"),
        row("2", &(now + 2).to_string(), "CBA"),
    ];
    env.write("t.csv", HEADER.to_owned() + &rows.concat());
    let load = ["--topic", &topic, "--map", "map.toml"];
    let bad = ["--max-errors", "4", "--rejects", "bad.csv", "t.csv"];
    env.run_on_stack(&[&load[..], &bad].concat())
        .expect(1)
        .says("key \"{venue}.{symbol}\"")
        .says("7 rows: 3 delivered, 4 rejected");
    let errors = env.read("bad.csv.errors.jsonl");
    for reason in [
        "the topic has no partition 3; it has 3, from 0 to 2; computed by `shard`",
        "expected the number of a partition, from 0; computed by `shard`",
        "it is null, but the message needs its timestamp; computed by `sent`",
        "expected an RFC 3339 time",
    ] {
        assert!(errors.contains(reason), "{reason} in {errors}");
    }
    assert_eq!(env.read("bad.csv"), HEADER.to_owned() + &rows[1..5].concat());
    let headers = [("feed", "asx"), ("venue", "a")];
    let expected = [
        message(0, "A.BHP", now + 1, &headers),
        message(2, "A.BHP", now, &headers),
        message(2, "A.CBA", now + 2, &headers),
    ];
    assert_eq!(messages(&topic), expected);
}

#[test]
fn options_win_over_the_mapping() {
    let env = TestEnv::new();
    let topic = stack().topic("parts", 3, "schemas/trade.avsc");
    let now = now();
    env.write("map.toml", MAP);
    env.write("t.csv", HEADER.to_owned() + &row("1", &now.to_string(), "BHP"));
    let load = ["--topic", &topic, "--map", "map.toml", "t.csv"];
    let other = [
        "--key",
        "{symbol}",
        "--header",
        "venue={symbol}",
        "--header",
        "a=b",
        "--provenance",
    ];
    env.run_on_stack(&[&load[..], &other].concat()).expect(0);
    let headers = [
        ("feed", "asx"),
        ("venue", "BHP"),
        ("a", "b"),
        ("k2.file", "t.csv"),
        ("k2.line", "2"),
    ];
    assert_eq!(messages(&topic), [message(1, "BHP", now, &headers)]);

    env.run_on_stack(&[&load[..], &["--timestamp-field", "exchange_timestamp"]].concat())
        .expect(3)
        .says("so this one would soon be deleted");
    env.run_on_stack(&[&load[..], &["--no-key"]].concat()).expect(0);
    assert_eq!(messages(&topic)[1]["key"], Value::Null);
    env.run_on_stack(&["--topic", &topic, "--set", "price=pric", "t.csv"])
        .expect(2);
    env.write("map.toml", "[message]\nkey = 'Symbol'\n");
    env.run_on_stack(&load)
        .expect(2)
        .says("map.toml:2:8: there is no column `Symbol`")
        .says("did you mean `symbol`?");
}
