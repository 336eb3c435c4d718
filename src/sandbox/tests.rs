//! Tests of the sandbox as users see it: records in, text and exit statuses out.

use std::time::Duration;

use apache_avro::types::{Record, Value};
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Decimal, Schema};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::*;

const TOPIC: &str = "market.trades.raw";

const TRADE: &str = r#"{
  "type": "record", "name": "Trade", "namespace": "com.k2.market_data",
  "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "company_id", "type": "int"},
    {"name": "exchange", "type": "string", "default": "ASX"},
    {"name": "exchange_timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}},
    {"name": "volume", "type": "long"},
    {"name": "qualifiers", "type": "int"},
    {"name": "venue", "type": "string"},
    {"name": "buyer_id", "type": ["null", "string"], "default": null},
    {"name": "ingestion_timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "sequence_number", "type": ["null", "long"], "default": null}
  ]
}"#;

fn trade(symbol: &str, sequence_number: i64) -> Vec<u8> {
    let schema = Schema::parse_str(TRADE).unwrap();
    let time = Value::TimestampMillis(1_394_445_605_516);
    let mut record = Record::new(&schema).unwrap();
    record.put("symbol", symbol);
    record.put("company_id", 7078);
    record.put("exchange", "ASX");
    record.put("exchange_timestamp", time.clone());
    record.put("price", Decimal::from(33_069_000_i32.to_be_bytes()));
    record.put("volume", 744_i64);
    record.put("qualifiers", 3);
    record.put("venue", "C");
    record.put("buyer_id", Value::Union(0, Box::new(Value::Null)));
    record.put("ingestion_timestamp", time);
    record.put(
        "sequence_number",
        Value::Union(1, Box::new(Value::Long(sequence_number))),
    );
    let writer = GenericDatumWriter::builder(&schema).build().unwrap();
    let mut message = vec![0, 0, 0, 0, 1];
    message.extend(writer.write_value_to_vec(Value::from(record)).unwrap());
    message
}

fn producer(sandbox: &Sandbox) -> BaseProducer {
    ClientConfig::new()
        .set("bootstrap.servers", sandbox.bootstrap_servers())
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("allow.auto.create.topics", "false")
        .set("batch.size", "32768")
        .create()
        .unwrap()
}

fn send(producer: &BaseProducer, partition: i32, key: impl AsRef<[u8]>, payload: &[u8]) {
    let record = BaseRecord::to(TOPIC)
        .partition(partition)
        .key(key.as_ref())
        .payload(payload);
    producer.send(record).map_err(|(error, _)| error).unwrap();
}

#[test]
fn produced_messages_are_counted_and_shown() {
    let sandbox = Sandbox::start(TOPIC, TRADE, 3).unwrap();
    let producer = producer(&sandbox);
    send(&producer, 0, "BHP", &trade("BHP", 1));
    send(&producer, 0, "BHP", b"garbage");
    send(&producer, 2, "R\x1bIO", &trade("R\x1bIO", 2));
    producer.flush(Duration::from_secs(10)).unwrap();

    let arrived = sandbox.arrived(5).unwrap();
    let expected = concat!(
        "market.trades.raw: 3 messages in 3 partitions (2 · 0 · 1)\n",
        r#"0:0  BHP      {"symbol":"BHP","company_id":7078,"exchange":"ASX","#,
        r#""exchange_timestamp":"2014-03-10T10:00:05.516Z","price":"33.069000","volume":744,"#,
        r#""qualifiers":3,"venue":"C","buyer_id":null,"#,
        r#""ingestion_timestamp":"2014-03-10T10:00:05.516Z","sequence_number":1}"#,
        "\n",
        "0:1  BHP      not decoded: the first byte is 0x67, not the magic byte 0\n",
        r#"2:0  R\x1bIO  {"symbol":"R\u001bIO","company_id":7078,"exchange":"ASX","#,
        r#""exchange_timestamp":"2014-03-10T10:00:05.516Z","price":"33.069000","volume":744,"#,
        r#""qualifiers":3,"venue":"C","buyer_id":null,"#,
        r#""ingestion_timestamp":"2014-03-10T10:00:05.516Z","sequence_number":2}"#,
        "\n",
    );
    assert_eq!(arrived.to_string(), expected);
    assert_eq!(arrived.records[0].payload.as_deref(), Some(&trade("BHP", 1)[..]));
    assert_eq!(sandbox.arrived(1).unwrap().records.len(), 1);
}

#[test]
fn keys_of_a_registered_schema_are_shown_as_json() {
    let sandbox = Sandbox::start(TOPIC, TRADE, 1).unwrap();
    let producer = producer(&sandbox);
    let keys: [&[u8]; 4] = [
        b"\0\0\0\0\x02\x06BHP\x0e",
        b"BHP",
        b"\0\0\0\0\x02\x06BHP",
        b"\xff",
    ];
    for key in keys {
        send(&producer, 0, key, &trade("BHP", 1));
    }
    producer.flush(Duration::from_secs(10)).unwrap();
    let shown = || -> Vec<String> {
        let text = sandbox.arrived(4).unwrap().to_string();
        let keys = text.lines().skip(1).map(|line| {
            let (start, _) = line.split_once("  {\"symbol\":\"BHP\",\"company_id\"").unwrap();
            start[3..].trim().to_owned()
        });
        keys.collect()
    };
    // Without a subject, keys are shown as text or bytes.
    let cut = r"\x00\x00\x00\x00\x02\x06BHP";
    assert_eq!(shown(), [&format!(r"{cut}\x0e"), "BHP", cut, "0xff"]);
    let schema = r#"{"type":"record","name":"K","fields":[{"name":"symbol","type":"string"},{"name":"n","type":"int"}]}"#;
    assert_eq!(
        sandbox
            .registry
            .subjects()
            .register(&format!("{TOPIC}-key"), schema),
        Ok(2)
    );
    let decoded = r#"{"symbol":"BHP","n":7}"#;
    // Keys that are not a datum of the schema are shown as before.
    assert_eq!(shown(), [decoded, "BHP", cut, "0xff"]);
}

#[test]
fn an_empty_topic_is_reported() {
    let sandbox = Sandbox::start(TOPIC, TRADE, 1).unwrap();
    assert_eq!(
        sandbox.arrived(5).unwrap().to_string(),
        "market.trades.raw: 0 messages in 1 partition\n"
    );
}

#[test]
fn dropped_messages_are_reported() {
    let sandbox = Sandbox::start(TOPIC, TRADE, 1).unwrap();
    let producer = producer(&sandbox);
    // Random bytes, because the limit applies to compressed batches.
    let mut payload = vec![0; 100_000];
    for _ in 0..100 {
        payload.fill_with(|| fastrand::u8(..));
        send(&producer, 0, "BHP", &payload);
    }
    producer.flush(Duration::from_secs(30)).unwrap();
    let arrived = sandbox.arrived(2).unwrap();
    assert_eq!(arrived.total(), 100);
    assert!((40..60).contains(&arrived.dropped()), "{arrived}");
    assert_eq!(arrived.records[0].offset, arrived.dropped());
    assert!(
        arrived.to_string().contains("the mock broker dropped the oldest"),
        "{arrived}"
    );
}

fn settings(schema_text: &str, command: &[&str]) -> (tempfile::TempDir, SandboxSettings) {
    let directory = tempfile::tempdir().unwrap();
    let schema_file = directory.path().join("trade.avsc");
    std::fs::write(&schema_file, schema_text).unwrap();
    let command = command.iter().map(OsString::from).collect();
    let settings = SandboxSettings {
        topics: vec![SandboxTopic {
            name: TOPIC.to_owned(),
            schema_file,
        }],
        partitions: 3,
        show: 5,
        command,
        closed_streams: Vec::new(),
    };
    (directory, settings)
}

fn run_and_capture(settings: &SandboxSettings) -> (Result<i32, String>, String, String) {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let result = run(settings, &mut out, &mut notes).map_err(|error| error.to_string());
    (
        result,
        String::from_utf8(out).unwrap(),
        String::from_utf8(notes).unwrap(),
    )
}

#[test]
fn the_exit_status_is_that_of_the_command() {
    let (_directory, settings) = settings(
        TRADE,
        &["sh", "-c", r#"test -n "$K2_KAFKA_BOOTSTRAP_SERVERS"; exit 7"#],
    );
    let (result, out, notes) = run_and_capture(&settings);
    assert_eq!(result, Ok(7));
    assert_eq!(out, "market.trades.raw: 0 messages in 3 partitions (0 · 0 · 0)\n");
    assert!(
        notes.starts_with("sandbox: market.trades.raw, 3 partitions, 127.0.0.1:"),
        "{notes}"
    );
}

#[test]
fn a_command_that_cannot_be_started_is_reported() {
    for (command, status) in [("no-such-program-anywhere", 127), ("/", 126)] {
        let (_directory, settings) = settings(TRADE, &[command]);
        let (result, out, notes) = run_and_capture(&settings);
        assert_eq!((result, out.as_str()), (Ok(status), ""));
        let expected = format!("error: the command `{command}` cannot be started: ");
        assert!(notes.lines().last().unwrap().starts_with(&expected), "{notes}");
    }
}

#[test]
fn an_invalid_schema_file_is_reported() {
    for (text, reason) in [
        ("{", "not JSON: EOF while parsing an object at line 1 column 1"),
        (r#"{"type":"recrod","name":"T"}"#, "not an Avro schema: "),
        ("", "not JSON: "),
    ] {
        let (_directory, settings) = settings(text, &["true"]);
        let (result, _, _) = run_and_capture(&settings);
        let expected = format!("{}: {reason}", settings.topics[0].schema_file.display());
        let error = result.unwrap_err();
        assert!(error.starts_with(&expected), "{error}");
    }
    let (directory, mut settings) = settings(TRADE, &["true"]);
    for (name, reason) in [
        ("missing.avsc", "cannot be opened: No such file"),
        ("", "cannot be read: "),
    ] {
        settings.topics[0].schema_file = directory.path().join(name);
        let error = run(&settings, &mut Vec::new(), &mut Vec::new()).unwrap_err();
        assert!(error.is_usage());
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn topics_and_partitions_are_checked() {
    for topic in ["", ".", "..", "a b", "a/b", "ü", "a\0b", &"a".repeat(250)] {
        assert!(
            matches!(Sandbox::start(topic, TRADE, 1), Err(SandboxError::Topic(_))),
            "{topic}"
        );
    }
    for partitions in [i32::MIN, -1, 0, 1001] {
        let started = Sandbox::start(TOPIC, TRADE, partitions);
        assert!(
            matches!(started, Err(SandboxError::Partitions(_))),
            "{partitions}"
        );
    }
}

#[test]
fn several_topics_have_their_schemas_and_more_can_be_created() {
    const LONG: &str = r#"{"type": "record", "name": "Long", "fields": [{"name": "n", "type": "long"}]}"#;
    let (directory, mut settings) = settings(TRADE, &["sh", "-c"]);
    let schema_file = directory.path().join("long.avsc");
    std::fs::write(&schema_file, LONG).unwrap();
    settings.topics.push(SandboxTopic {
        name: "longs".to_owned(),
        schema_file,
    });
    settings.command.push("exit 0".into());
    let (result, out, notes) = run_and_capture(&settings);
    assert_eq!(result, Ok(0));
    assert_eq!(
        out,
        "market.trades.raw: 0 messages in 3 partitions (0 · 0 · 0)\nlongs: 0 messages in 3 partitions (0 · 0 · 0)\n"
    );
    assert!(
        notes.contains("longs-value version 1 (id 2)") && notes.lines().count() == 2,
        "{notes}"
    );
    settings.topics[1].name = TOPIC.to_owned();
    assert_eq!(
        run_and_capture(&settings).0,
        Err(format!("topic `{TOPIC}` already exists"))
    );

    let sandbox = Sandbox::start(TOPIC, TRADE, 3).unwrap();
    let put = |path: &str| {
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let request = client.put(format!("{}{path}", sandbox.registry_url()));
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(put("/topics/made?partitions=2"), 200);
    assert_eq!(put("/topics/made"), 409);
    assert_eq!(put("/topics/a%20b"), 422);
    assert_eq!(put("/topics/other?partitions=many"), 422);
    assert_eq!(put("/elsewhere"), 404);
    let arrived = sandbox.all_arrived(0).unwrap();
    let topics = arrived
        .iter()
        .map(|one| (one.topic.as_str(), one.partitions.len()));
    assert_eq!(topics.collect::<Vec<_>>(), [(TOPIC, 3), ("made", 2)]);
}
