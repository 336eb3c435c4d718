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
    read(&[&stack().bootstrap_servers, topic])
}

/// The keys of the messages of a topic, with the ids of their schemas, as fastavro decodes them.
fn keys(topic: &str) -> Vec<Value> {
    let messages = read(&[&stack().bootstrap_servers, topic, &stack().registry_url]);
    messages
        .into_iter()
        .map(|mut message| message["key"].take())
        .collect()
}

fn read(arguments: &[&str]) -> Vec<Value> {
    let raw = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/raw_messages.py"))
            .args(arguments),
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
    for (part, said) in [
        (
            "partition = 3",
            "map.toml:2:13: the value does not fit `message.partition`: the topic has no partition 3",
        ),
        (
            "partition = -1",
            "map.toml:2:13: the value does not fit `message.partition`: expected the number",
        ),
        (
            "key = 'null'",
            "map.toml:2:8: the value does not fit `message.key`: the message's key would be empty",
        ),
        (
            "timestamp = '\"2026-11-26\"'",
            "map.toml:2:14: the value does not fit `message.timestamp`: ",
        ),
    ] {
        env.write("map.toml", format!("[message]\n{part}\n"));
        env.run_on_stack(&load).expect(2).says(said).says("^");
    }
    assert_eq!(messages(&topic).len(), 2);
    env.write("map.toml", "[message]\nkey = 'Symbol'\n");
    env.run_on_stack(&load)
        .expect(2)
        .says("map.toml:2:8: there is no column `Symbol`")
        .says("did you mean `symbol`?");
}

const KEY_SCHEMA: &str = r#"{"type":"record","name":"TradeKey","fields":[
    {"name":"exchange","type":"string"},{"name":"symbol","type":"string"},
    {"name":"company","type":["null","long"],"default":null}]}"#;

const ROWS: &str = "Exch,Sym,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp
ASX,BHP,7078,2014-03-10T00:00:00Z,40.20,1,0,A,2026-11-26T00:00:00Z
ASX,CBA,x,2014-03-10T00:00:00Z,71.05,1,0,A,2026-11-26T00:00:00Z
NYSE,IBM,12,2014-03-10T00:00:00Z,1,1,0,A,2026-11-26T00:00:00Z
";

#[test]
fn the_fields_of_an_avro_key_come_from_expressions() {
    let env = TestEnv::new();
    let map = "fields.symbol = \"Sym\"
fields.company_id = 'translate(company_id, {\"x\": \"0\"}, default = company_id)'
[message.key]
exchange = 'lower(Exch)'
company = 'company_id'
";
    let rows: Vec<&str> = ROWS.lines().collect();
    let names: Vec<&str> = rows[0].split(',').collect();
    let json: Vec<String> = rows[1..]
        .iter()
        .map(|row| {
            let values = names.iter().zip(row.split(','));
            let object: serde_json::Map<_, _> = values
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            json!(object).to_string() + "\n"
        })
        .collect();
    env.write("map.toml", map);
    env.write("t.csv", ROWS);
    env.write("t.jsonl", json.concat());
    for file in ["t.csv", "t.jsonl"] {
        let topic = stack().topic("key.fields", 1, "schemas/trade.avsc");
        let id = stack().register(&format!("{topic}-key"), KEY_SCHEMA);
        env.run_on_stack(&[
            "--topic",
            &topic,
            "--key-schema",
            "--map",
            "map.toml",
            "--max-errors",
            "1",
            file,
        ])
        .expect(1)
        .says("key TradeKey of ")
        .says("3 rows: 2 delivered, 1 rejected")
        .says("does not fit `message.key.company`");
        let key = |exchange: &str, symbol: &str, company: u32| {
            let datum = json!({"exchange": exchange, "symbol": symbol, "company": company});
            json!({"id": id, "datum": datum})
        };
        assert_eq!(
            keys(&topic),
            [key("asx", "BHP", 7078), key("nyse", "IBM", 12)],
            "{file}"
        );
        let explained = env
            .run_on_stack(&[
                "map",
                "explain",
                "--topic",
                &topic,
                "--key-schema",
                "--map",
                "map.toml",
                "--rows",
                "1",
                file,
            ])
            .expect(0);
        let shown = |words: &[&str]| {
            let mut lines = explained.stdout.lines();
            lines.any(|line| line.split_whitespace().eq(words.iter().copied()))
        };
        let key = r#"{"exchange":"asx","symbol":"BHP","company":7078}"#;
        let expected = [
            &["message.key.exchange", "asx", "lower(Exch)"][..],
            &["key:", key],
        ];
        assert!(expected.into_iter().all(shown), "{}", explained.stdout);
    }
}

#[test]
fn fields_that_an_avro_key_does_not_have_or_lacks_are_refused_before_anything_is_sent() {
    let env = TestEnv::new();
    let topic = stack().topic("key.fields.wrong", 1, "schemas/trade.avsc");
    stack().register(&format!("{topic}-key"), KEY_SCHEMA);
    env.write("t.csv", ROWS);
    for (key, schema, said) in [
        (
            "{ exchang = 'Exch' }",
            true,
            "map.toml:3:9: the key's schema has no field `exchang`",
        ),
        (
            "{ company = 1 }",
            true,
            "map.toml:3:1: the key's schema also requires `exchange`",
        ),
        (
            "{ exchange = 'Exch', company = '\"x\"' }",
            true,
            "map.toml:3:39: the value does not fit `message.key.company`",
        ),
        (
            "{ exchange = 'Exch' }",
            false,
            "map.toml:3:1: the fields of a key need its schema",
        ),
    ] {
        env.write(
            "map.toml",
            format!("fields.symbol = 'Sym'\n[message]\nkey = {key}\n"),
        );
        let mut load = vec!["--topic", &topic, "--map", "map.toml", "t.csv"];
        if schema {
            load.push("--key-schema");
        }
        env.run_on_stack(&load).expect(2).says(said).says("^");
        let with_schema: &[&str] = if schema { &["--key-schema"] } else { &[] };
        let check = ["map", "check", "--topic", &topic, "--map", "map.toml", "t.csv"];
        env.run_on_stack(&[&check[..], with_schema].concat())
            .expect(2)
            .says(said);
    }
    assert_eq!(messages(&topic), [] as [Value; 0]);
}

/// The key's column comes after those of the value.
#[test]
fn an_expression_can_be_the_value_of_an_avro_key() {
    let env = TestEnv::new();
    let topic = stack().topic("key.value", 1, "schemas/trade.avsc");
    let id = stack().register(&format!("{topic}-key"), "\"string\"");
    env.write(
        "map.toml",
        "fields.symbol = 'Sym'\nfields.company_id = '7'\nmessage.key = '\"{Exch}.{Sym}\"'\n",
    );
    env.write("t.csv", ROWS);
    let load = ["--topic", &topic, "--key-schema", "--map", "map.toml", "t.csv"];
    env.run_on_stack(&load).expect(0);
    let key = |text: &str| json!({"id": id, "datum": text});
    assert_eq!(keys(&topic), [key("ASX.BHP"), key("ASX.CBA"), key("NYSE.IBM")]);
}
