//! Keys as Avro: on a real Kafka, with schemas of a real registry, decoded by Java.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

const RECORD: &str = r#"{"type":"record","name":"TradeKey","namespace":"com.k2","fields":[
    {"name":"exchange","type":"string","default":"ASX"},{"name":"symbol","type":"string"}]}"#;

fn keys(topic: &str) -> Vec<(Value, u64, Value)> {
    let records = stack().dump(topic);
    let of_record = |mut record: Value| {
        let id = record["key_schema_id"]
            .as_u64()
            .unwrap_or_else(|| panic!("{record}"));
        (record["avro_key"].take(), id, record["value"]["symbol"].take())
    };
    records.into_iter().map(of_record).collect()
}

#[test]
fn a_record_key_consists_of_fields_of_the_row_and_has_its_own_id() {
    let env = TestEnv::new();
    for (file, rows) in [("trades/trades.csv", 3000), ("trades/trades.jsonl", 1500)] {
        let topic = stack().topic("avro.keys", 3, "schemas/trade.avsc");
        let id = stack().register(&format!("{topic}-key"), RECORD);
        env.run_on_stack(&["--topic", &topic, "--key-schema", &fixture(file)])
            .expect(0)
            .says("key TradeKey of ");
        let keys = keys(&topic);
        assert_eq!(keys.len(), rows);
        for (key, key_id, symbol) in keys {
            assert_eq!((key, key_id), (json!({"exchange": "ASX", "symbol": symbol}), id));
        }
    }
}

#[test]
fn rows_of_one_key_are_in_the_partition_that_java_picks() {
    let env = TestEnv::new();
    let topic = stack().topic("avro.keys.order", 3, "schemas/trade.avsc");
    stack().register(&format!("{topic}-key"), "\"string\"");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "--key-schema",
        "--key",
        "symbol",
        &fixture("trades/trades.csv"),
    ])
    .expect(0);
    let mut partitions = HashMap::new();
    let mut sequences: HashMap<String, Vec<Option<u64>>> = HashMap::new();
    for record in stack().dump(&topic) {
        let symbol = record["avro_key"].as_str().expect("a key").to_owned();
        assert_eq!(record["value"]["symbol"], symbol);
        let partition = record["partition"].as_u64();
        assert_eq!(*partitions.entry(symbol.clone()).or_insert(partition), partition);
        let sequence = record["value"]["sequence_number"].as_u64();
        sequences.entry(symbol).or_default().push(sequence);
    }
    assert!(partitions.len() > 3);
    let mut in_the_file: HashMap<String, Vec<Option<u64>>> = HashMap::new();
    for row in csv::Reader::from_path(fixture("trades/trades.csv"))
        .unwrap()
        .records()
    {
        let row = row.unwrap();
        let sequence = row[10].parse().ok();
        in_the_file.entry(row[0].to_owned()).or_default().push(sequence);
    }
    assert_eq!(sequences, in_the_file);
}

#[test]
fn a_column_that_only_the_key_uses_is_not_an_extra_column() {
    let env = TestEnv::new();
    let topic = stack().topic("avro.keys.extra", 1, "schemas/trade.avsc");
    let subject = crate::support::unique("account-key");
    stack().register(
        &subject,
        r#"{"type":"record","name":"K","fields":[{"name":"account","type":"long"}]}"#,
    );
    let header =
        "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp,account\n";
    env.write(
        "t.csv",
        format!("{header}BHP,1,2014-03-10T10:00:05Z,1.5,1,0,A,2014-03-10T10:00:05Z,77\n"),
    );
    let key_schema = format!("--key-schema={subject}");
    let arguments = ["--topic", &topic, &key_schema, "--strict-columns", "t.csv"];
    env.run_on_stack(&arguments).expect(0);
    assert_eq!(keys(&topic)[0].0, json!({"account": 77}));
    let error = env
        .run_on_stack(&["--topic", &topic, "--strict-columns", "t.csv"])
        .expect(3);
    error.says("`account`");
}

#[test]
fn fields_of_the_key_without_a_column_are_listed_and_counted() {
    let env = TestEnv::new();
    let topic = stack().topic("avro.keys.absent", 1, "schemas/trade.avsc");
    let subject = crate::support::unique("absent-key");
    stack().register(
        &subject,
        r#"{"type":"record","name":"K","fields":[{"name":"symbol","type":"string"},
            {"name":"region","type":"string","default":"AU"},{"name":"desk","type":["null","string"]}]}"#,
    );
    let done = env
        .run_on_stack(&[
            "--topic",
            &topic,
            &format!("--key-schema={subject}"),
            "--missing-null",
            "--dry-run",
            "--summary",
            "json",
            &fixture("trades/trades.csv"),
        ])
        .expect(0)
        .says("fields of the key without a column, which take their defaults: `region`\n")
        .says("fields of the key without a column, which are null: `desk`\n")
        .says("2 fields of the key have no column: 1 took the default, 1 was null\n");
    let summary = done.json();
    assert_eq!(summary["key_defaulted_fields"], json!(["region"]));
    assert_eq!(summary["key_nulled_fields"], json!(["desk"]));
}

#[test]
fn an_impossible_key_is_reported_before_the_first_row() {
    let env = TestEnv::new();
    let topic = stack().topic("avro.keys.wrong", 1, "schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    env.run_on_stack(&["--topic", &topic, "--key-schema", &trades])
        .expect(4)
        .says(&format!("subject `{topic}-key` is not in the registry"));
    stack().register(&format!("{topic}-key"), "\"string\"");
    env.run_on_stack(&["--topic", &topic, "--key-schema", &trades])
        .expect(2)
        .says("hint: name the field with `--key`");
    assert_eq!(stack().dump(&topic).len(), 0);
}
