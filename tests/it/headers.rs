//! Headers on a real Kafka, as Java's consumer sees them: static ones, and those that tell where a row stood.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{TestEnv, done, fixture};

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
fn static_headers_stand_on_every_message_in_their_order() {
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
fn provenance_tells_the_file_and_the_line_on_which_the_row_starts() {
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

    // What was sent twice has the same of both.
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

/// Publishes trades with provenance and has Java compare them with the file; then each message's line with its key.
fn order_and_lines(rows: u64, extra: &[&str]) -> Value {
    let env = TestEnv::new();
    let topic = stack().topic("headers.order", 3, "schemas/trade.avsc");
    env.generate("trades.csv", "trade", "csv", rows);
    let arguments = [
        "--topic",
        &topic,
        "--provenance",
        "--summary",
        "json",
        "trades.csv",
    ];
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
        let line: usize = record["headers"][1][1].as_str().unwrap().parse().unwrap();
        assert_eq!(record["key"], symbols[line - 1], "{record}");
        let last = &mut last[record["partition"].as_u64().unwrap() as usize];
        assert!(line > *last, "line {line} stands behind line {last}");
        *last = line;
        seen.insert(line);
    });
    assert_eq!(seen.len() as u64, rows, "every line once");
    done.json()
}

#[test]
fn the_order_of_each_key_is_the_files_with_headers_too() {
    order_and_lines(200_000, &[]);
}

#[test]
fn a_full_queue_with_headers_loses_nothing() {
    let summary = order_and_lines(20_000, &["-X", "queue.buffering.max.messages=100"]);
    let waits = summary["queue_full_waits"].as_u64().unwrap();
    assert!(waits > 10, "the queue was full: {summary}");
}

#[test]
fn what_cannot_be_a_header_is_told_before_anything_is_opened() {
    let env = TestEnv::new();
    let run = |arguments: &[&str]| env.run(&[&["--topic", "t", "nowhere.csv"], arguments].concat());
    run(&["--header", "source"]).expect(2).says("expected NAME=VALUE");
    run(&["--header", "=asx"]).expect(2).says("expected NAME=VALUE");
    run(&["--header", "a=x}y"])
        .expect(2)
        .says("error: `--header a=x}y`: a single `}`")
        .says("hint: write `}}` for a `}` in the text");
    run(&["--header", "k2.line=7", "--provenance"])
        .expect(2)
        .says("would both set the header `k2.line`");
    run(&["--header", "k2.line=7"]).expect(3);
}
