//! Rows that a mapping filters: they are counted, and only the others are on the topic.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{TestEnv, done, repository};

const MAP: &str = r#"
[rows]
where = 'kind == "T" and price > 10'

[fields]
sequence_number = 'line_number()'
"#;

const HEADER: &str =
    "kind,symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";

fn row(kind: &str, price: &str) -> String {
    format!("{kind},BHP,7078,2014-03-10T00:00:00Z,{price},1,0,A,2026-11-26T00:00:00Z\n")
}

fn lines(topic: &str) -> Vec<Value> {
    let records = stack().dump(topic);
    records
        .iter()
        .map(|record| record["value"]["sequence_number"].clone())
        .collect()
}

#[test]
fn filtered_rows_are_counted_and_never_sent() {
    let env = TestEnv::new();
    let topic = stack().topic("filtered", 1, "schemas/trade.avsc");
    env.write("map.toml", MAP);
    let rows = [
        row("T", "40.20"),
        row("Q", "not a price"),
        "\n".to_owned(),
        row("T", "9.99"),
        row("T", "x"),
        row("T", "11"),
    ];
    env.write("t.csv", HEADER.to_owned() + &rows.concat());
    let load = ["--topic", &topic, "--map", "map.toml", "--max-errors", "1"];
    env.dry_run(&["--map", "map.toml", "--max-errors", "1", "t.csv"])
        .expect(1)
        .says("5 rows: 2 fit, 1 rejected, 2 filtered");
    let rejecting = ["--rejects", "bad.csv", "--metrics-file", "m.prom", "t.csv"];
    env.run_on_stack(&[&load[..], &rejecting].concat())
        .expect(1)
        .says("5 rows: 2 delivered, 1 rejected, 2 filtered");
    let errors = env.read("bad.csv.errors.jsonl");
    assert!(
        errors.contains("expected a number, found `x`; in the condition"),
        "{errors}"
    );
    assert_eq!(env.read("bad.csv"), HEADER.to_owned() + &rows[4]);
    assert!(env.read("m.prom").contains("k2_kafka_rows_filtered_total{topic="));
    assert_eq!(lines(&topic), [json!(2), json!(7)]);
    // Filtered rows count as read.
    let topic = stack().topic("filtered", 1, "schemas/trade.avsc");
    let load = ["--topic", &topic, "--map", "map.toml"];
    env.run_on_stack(&[&load[..], &["--limit", "3", "t.csv"]].concat())
        .says("3 rows read: 1 delivered, 2 filtered");
    env.run_on_stack(&[&load[..], &["--from", "t.csv:7", "t.csv"]].concat())
        .expect(0)
        .says("1 row: 1 delivered");
    assert_eq!(lines(&topic), [json!(2), json!(7)]);
}

#[test]
fn deleted_rows_are_tombstones_with_their_key() {
    let env = TestEnv::new();
    let topic = stack().topic("deleted", 3, "schemas/trade.avsc");
    env.write(
        "map.toml",
        "[rows]\nwhere = 'kind != \"Q\"'\ntombstone = 'kind == \"D\"'\n",
    );
    let rows = [
        row("T", "40.20"),
        "\n".to_owned(),
        "D,BHP,,,not a price,,,,\n".to_owned(),
        row("null", "1"),
        row("Q", "1"),
        "D,,,,,,,,\n".to_owned(),
        "D,CBA,,,,,,,\n".to_owned(),
    ];
    env.write("t.csv", HEADER.to_owned() + &rows.concat());
    let mapped = ["--map", "map.toml", "--max-errors", "1", "t.csv"];
    env.dry_run(&mapped)
        .expect(1)
        .says("6 rows: 4 fit (2 tombstones), 1 rejected, 1 filtered");
    let load = [
        "--topic",
        &topic,
        "--rejects",
        "bad.csv",
        "--metrics-file",
        "m.prom",
        "--summary",
        "json",
    ];
    let loaded = env.run_on_stack(&[&load[..], &["--header", "feed=asx"], &mapped].concat());
    let summary: Value = serde_json::from_str(&loaded.expect(1).stdout).unwrap();
    assert_eq!(
        (&summary["rows"]["delivered"], &summary["rows"]["tombstones"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(summary["files"][0]["rows"]["tombstones"], 2);
    let metrics = env.read("m.prom");
    assert!(metrics.contains(&format!(
        "k2_kafka_tombstones_produced_total{{topic=\"{topic}\"}} 2\n"
    )));
    assert_eq!(env.read("bad.csv"), HEADER.to_owned() + &rows[5]);
    // As Python's client sees them.
    let raw = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/raw_messages.py"))
            .args([&stack().bootstrap_servers, &topic]),
    )
    .expect(0)
    .json();
    let messages = raw.as_array().unwrap();
    let (bhp, cba) = (json!("424850"), json!("434241"));
    let of = |key: &Value| {
        let messages = messages.iter().filter(|message| message["key"] == *key);
        messages.collect::<Vec<_>>()
    };
    let are_null = |key: &Value| {
        let values = of(key).into_iter().map(|message| message["value"].is_null());
        values.collect::<Vec<bool>>()
    };
    assert_eq!(
        (are_null(&bhp), are_null(&cba)),
        (vec![false, true, false], vec![true])
    );
    // A key goes to one partition, whatever the value is.
    assert!(
        of(&bhp)
            .iter()
            .all(|message| message["partition"] == of(&bhp)[0]["partition"])
    );
    assert!(
        messages
            .iter()
            .all(|message| message["headers"] == json!([["feed", "617378"]]))
    );
    assert_eq!(messages.len(), 4);
    // Java agrees.
    let records = stack().dump(&topic);
    assert_eq!(
        records.iter().filter(|record| record["value"].is_null()).count(),
        2
    );

    env.run_on_stack(&["--topic", &topic, "--map", "map.toml", "--no-key", "t.csv"])
        .expect(2)
        .says("map.toml:3:14: a tombstone needs a key, but the messages have none")
        .says("name the field of the key with `--key FIELD`");
}

#[test]
fn row_numbers_are_the_same_wherever_a_run_begins() {
    const ROWS: i64 = 20_000;
    let env = TestEnv::new();
    let topic = stack().topic("numbered", 1, "schemas/trade.avsc");
    env.write(
        "map.toml",
        "[rows]\nwhere = 'kind == \"T\"'\n[fields]\nsequence_number = 'row_number()'\n",
    );
    // Every third row is filtered, every seventh is bad, and blank lines are not rows.
    let text: String = (1..=ROWS)
        .map(|number| {
            let price = if number % 7 == 0 { "x" } else { "40.20" };
            let blank = if number % 100 == 0 { "\n" } else { "" };
            row(if number % 3 == 0 { "Q" } else { "T" }, price) + blank
        })
        .collect();
    env.write("t.csv", HEADER.to_owned() + &text);
    let good = |first: i64| (first..=ROWS).filter(|number| number % 3 != 0 && number % 7 != 0);
    let load = ["--topic", &topic, "--map", "map.toml", "--max-errors", "100%"];
    env.run_on_stack(&[&load[..], &["--rejects", "bad.csv", "t.csv"]].concat())
        .expect(1);
    // Line 15,152 holds row 15,001: a header and 150 blank lines precede it.
    env.run_on_stack(
        &[
            &load[..],
            &["--rejects", "later.csv", "--from", "t.csv:15152", "t.csv"],
        ]
        .concat(),
    )
    .expect(1);
    let expected: Vec<Value> = good(1).chain(good(15_001)).map(|number| json!(number)).collect();
    assert_eq!(lines(&topic), expected);
}

#[test]
fn many_blocks_keep_their_lines_and_their_order() {
    let env = TestEnv::new();
    let topic = stack().topic("filtered", 1, "schemas/trade.avsc");
    env.write("map.toml", MAP);
    let text: String = (0..20_000)
        .map(|number| row(if number % 3 == 0 { "T" } else { "Q" }, "40.20"))
        .collect();
    env.write("t.csv", HEADER.to_owned() + &text);
    env.run_on_stack(&["--topic", &topic, "--map", "map.toml", "t.csv"])
        .expect(0)
        .says("20,000 rows: 6,667 delivered, 13,333 filtered");
    let expected: Vec<Value> = (0..20_000).step_by(3).map(|number| json!(number + 2)).collect();
    assert_eq!(lines(&topic), expected);
}
