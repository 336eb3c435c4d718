//! Headers on a real Kafka, as read by Java's consumer: static ones, and those with the origin of a row.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{TestEnv, done, fixture, unique};

const HEADER: &str = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";

fn row(venue: &str) -> String {
    format!("BHP,1,2014-03-10T10:00:05Z,1.5,1,0,{venue},2014-03-10T10:00:05Z")
}

/// The headers of each record of a topic with one partition, in order.
#[track_caller]
fn headers(topic: &str) -> Vec<Value> {
    let records = stack().dump(topic).into_iter();
    records.map(|mut record| record["headers"].take()).collect()
}

#[test]
fn every_message_has_the_static_headers_in_order() {
    let env = TestEnv::new();
    let topic = stack().topic("headers.static", 1, "schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--limit",
        "2",
        "--header",
        "source=asx=feed",
        "--header",
        "note=",
        "--header",
        "braces={{é}}",
        "--header",
        "source=again",
        &trades,
    ])
    .expect(0);
    let expected = json!([
        ["source", "asx=feed"],
        ["note", ""],
        ["braces", "{é}"],
        ["source", "again"]
    ]);
    assert_eq!(headers(&topic), [expected.clone(), expected]);
}

#[test]
fn provenance_is_the_file_and_the_line_on_which_the_row_starts() {
    let env = TestEnv::new();
    let topic = stack().topic("headers.provenance", 1, "schemas/trade.avsc");
    let csv = [HEADER, &row("\"A\nB\r\nC\""), "", &row("\"\n\""), &row("D")];
    env.write("a b.csv", csv.join("\r\n"));
    let object = |venue: &str| {
        json!({"symbol": "BHP", "company_id": 1, "exchange_timestamp": "2014-03-10T10:00:05Z", "price": "1.5",
               "volume": 1, "qualifiers": 0, "venue": venue, "ingestion_timestamp": "2014-03-10T10:00:05Z"})
        .to_string()
    };
    env.write("b.jsonl", format!("{}\n\n{}\n", object("E"), object("F")));
    env.write("in", format!("{HEADER}\n{}\n{}\n", row("G"), row("H")));
    let provenance = |file: &str, line: u32| json!([["k2.file", file], ["k2.line", line.to_string()]]);

    env.run_on_stack(&["--topic", &topic, "--provenance", "a b.csv", "b.jsonl"])
        .expect(0);
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--provenance", "--format", "csv", "-"]);
    done(command.stdin(std::fs::File::open(env.path("in")).unwrap())).expect(0);
    assert_eq!(
        headers(&topic),
        [
            provenance("a b.csv", 2),
            provenance("a b.csv", 6),
            provenance("a b.csv", 8),
            provenance("b.jsonl", 1),
            provenance("b.jsonl", 3),
            provenance("-", 2),
            provenance("-", 3),
        ]
    );

    // Duplicates have the same file and line.
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--provenance",
        "--from",
        "b.jsonl:3",
        "a b.csv",
        "b.jsonl",
    ])
    .expect(0);
    assert_eq!(headers(&topic)[7], provenance("b.jsonl", 3));
}

#[test]
fn a_header_may_contain_fields_of_the_record() {
    let env = TestEnv::new();
    let topic = stack().topic("headers.fields", 1, "schemas/trade.avsc");
    let header = "symbol,exchange,buyer_id,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
    let row = |start: &str| format!("{start},1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z\n");
    let rows = row("\"B\"\"HP\",ASX,k") + &row("é,,") + &row("é,ASX,\"\"");
    env.write("t.csv", format!("{header}\n{rows}"));
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--header",
        "instrument={{{exchange}}}.{symbol}",
        "--header",
        "buyer={buyer_id}",
        "--header",
        "both={symbol}/{buyer_id}",
        "--header",
        "price={price}",
        "--header",
        "time={exchange_timestamp}",
        "--header",
        "static=x",
        "t.csv",
    ])
    .expect(0);
    let expected = |instrument: &str, buyer: Value, both: Value| {
        json!([
            ["instrument", instrument],
            ["buyer", buyer],
            ["both", both],
            ["price", "1.500000"],
            ["time", "1394445605000"],
            ["static", "x"]
        ])
    };
    assert_eq!(
        headers(&topic),
        [
            expected("{ASX}.B\"HP", json!("k"), json!("B\"HP/k")),
            // The exchange has its default; a null field makes its header null.
            expected("{ASX}.é", Value::Null, Value::Null),
            expected("{ASX}.é", json!(""), json!("é/")),
        ]
    );
}

#[test]
fn a_row_that_is_too_large_because_of_its_headers_is_rejected_and_its_neighbours_are_sent() {
    let env = TestEnv::new();
    let topic = unique("headers.large");
    stack().create_topic(&topic, 1, &["max.message.bytes=5000"]);
    stack().register(
        &format!("{topic}-value"),
        &std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap(),
    );
    // Text that does not compress.
    let mut random = fastrand::Rng::with_seed(7);
    let mut noise = |length: usize| (0..length).map(|_| random.alphanumeric()).collect::<String>();
    let rows = [row("A"), row(&noise(4000)), row("B")].join("\n");
    let feed = format!("feed={}", noise(1000));
    env.write("t.csv", format!("{HEADER}\n{rows}\n"));
    let arguments = [
        "--topic",
        &topic,
        "--header",
        &feed,
        "--rejects",
        "bad.csv",
        "t.csv",
    ];
    env.run_on_stack(&arguments)
        .expect(1)
        .says("2 delivered, 1 rejected");
    let reasons = env.read("bad.csv.errors.jsonl");
    assert!(reasons.contains("\"line\":3"), "{reasons}");
    assert!(
        reasons.contains("but the topic allows 5000 (its `max.message.bytes`)"),
        "{reasons}"
    );
}

/// Publishes trades with provenance and further options; Java compares them with the file, and the line of each message
/// with its key.
fn order_and_lines(rows: u64, extra: &[&str]) -> Value {
    let env = TestEnv::new();
    let topic = stack().topic("headers.order", 3, "schemas/trade.avsc");
    // The trades are old.
    stack().witness(&["alter-topic", "--topic", &topic, "--set", "retention.ms=-1"]);
    env.generate("trades.csv", "trade", "csv", rows);
    let arguments = [
        "--topic",
        &topic,
        "--provenance",
        "--summary",
        "json",
        "trades.csv",
    ];
    let is_timed = extra.contains(&"--timestamp-field");
    let done = env.run_on_stack(&[&arguments[..], extra].concat()).expect(0);
    let file = env.path("trades.csv");
    let verdict = &stack().witness(&[
        "compare",
        "--topic",
        &topic,
        "--file",
        file.to_str().unwrap(),
        "--key",
        "symbol",
    ])[0];
    assert_eq!(
        (&verdict["rows"], &verdict["records"], &verdict["mismatches"]),
        (&json!(rows), &json!(rows), &json!(0)),
        "{verdict}"
    );

    let text = env.read("trades.csv");
    let symbols: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
    let (mut last, mut seen) = ([0; 3], BTreeSet::new());
    stack().see_each(&topic, |record| {
        assert_eq!(record["headers"][0], json!(["k2.file", "trades.csv"]), "{record}");
        let its_time = record["timestamp"] == record["value"]["exchange_timestamp"];
        assert_eq!(its_time, is_timed, "{record}");
        let line: usize = record["headers"][1][1].as_str().unwrap().parse().unwrap();
        assert_eq!(record["key"], symbols[line - 1], "{record}");
        let last = &mut last[record["partition"].as_u64().unwrap() as usize];
        assert!(line > *last, "line {line} follows line {last}");
        *last = line;
        seen.insert(line);
    });
    assert_eq!(seen.len() as u64, rows, "every line occurs once");
    done.json()
}

/// Timestamps from the rows; such messages go to librdkafka one by one.
const TIMED: [&str; 2] = ["--timestamp-field", "exchange_timestamp"];
const TINY_QUEUE: [&str; 2] = ["-X", "queue.buffering.max.messages=100"];

#[test]
fn each_key_keeps_the_order_of_the_file_with_headers_too() {
    order_and_lines(200_000, &[]);
    order_and_lines(50_000, &TIMED);
}

#[test]
fn headers_are_right_in_transactions_too() {
    order_and_lines(50_000, &["--exactly-once", "--commit-rows", "3000"]);
}

#[test]
fn a_full_queue_with_headers_loses_nothing() {
    for extra in [&TINY_QUEUE[..], &[TINY_QUEUE, TIMED].concat()] {
        let summary = order_and_lines(20_000, extra);
        let waits = summary["queue_full_waits"].as_u64().unwrap();
        assert!(waits > 10, "the queue was full: {summary}");
    }
}

#[test]
fn every_message_has_the_constant_header_also_when_few_are_in_flight() {
    let env = TestEnv::new();
    let topic = stack().topic("headers.same", 3, "schemas/trade.avsc");
    env.generate("a.csv", "trade", "csv", 30_000);
    std::fs::copy(env.path("a.csv"), env.path("b.csv")).unwrap();
    let arguments = ["--topic", &topic, "--header", "source=x"];
    // Few messages in flight, so lists of headers are used again and again.
    let few = ["-X", "queue.buffering.max.messages=500", "a.csv", "b.csv"];
    env.run_on_stack(&[&arguments[..], &few].concat()).expect(0);
    let mut records = 0;
    stack().see_each(&topic, |record| {
        assert_eq!(record["headers"], json!([["source", "x"]]), "{record}");
        records += 1;
    });
    assert_eq!(records, 60_000);
}

#[test]
fn an_invalid_header_is_reported_before_any_file_is_opened() {
    let env = TestEnv::new();
    let run = |arguments: &[&str]| env.run(&[&["--topic", "t", "nowhere.csv"], arguments].concat());
    run(&["--header", "source"]).expect(2).says("expected NAME=VALUE");
    run(&["--header", "=asx"]).expect(2).says("expected NAME=VALUE");
    run(&["--header", "a=x}y"])
        .expect(2)
        .says("error: `--header a=x}y`: a single `}`")
        .says("hint: write a field in braces, such as `{symbol}`, and a literal brace twice");
    run(&["--header", "k2.line=7", "--provenance"])
        .expect(2)
        .says("would both set the header `k2.line`");
    run(&["--header", "k2.line=7"]).expect(3);
    let schema = fixture("schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    let with_schema = ["--topic", "t", "--dry-run", "--schema-file", &schema, &trades];
    let run = |header: &str| env.run(&[&with_schema[..], &["--header", header]].concat());
    run("a={Symbol}")
        .expect(2)
        .says("the schema has no field `Symbol` for a header")
        .says("hint: did you mean `symbol`?");
    run("a={symbol").expect(2).says("a single `{`");
}
