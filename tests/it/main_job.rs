//! The main job: files onto a real Kafka, read back by Java's consumer and decoded by Java's Avro.

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture, many_rows};

/// Publishes a file, and lets Java compare the topic with it, field by field.
fn publish_and_compare(name: &str, schema: &str, format: &str, rows: u64) {
    let env = TestEnv::new();
    let schema_file = format!("schemas/{schema}.avsc");
    let topic = stack().topic("main.job", 3, &schema_file);
    env.generate(name, schema, format, rows);
    let done = env
        .run_on_stack(&["--topic", &topic, "--summary", "json", name])
        .expect(0);
    let summary = done.json();
    assert_eq!(summary["rows"]["read"], rows);
    assert_eq!(summary["rows"]["delivered"], rows);
    assert_eq!(summary["schema"]["version"], 1);
    let id = summary["schema"]["id"].as_u64().expect("an id").to_string();
    let file = env.path(name);
    let verdict = stack().witness(&[
        "compare",
        "--topic",
        &topic,
        "--file",
        file.to_str().unwrap(),
        "--format",
        format,
        "--key",
        "symbol",
        "--schema-file",
        &fixture(&schema_file),
        "--schema-id",
        &id,
    ]);
    assert_eq!(verdict[0]["rows"], rows, "{verdict:?}");
    assert_eq!(verdict[0]["records"], rows, "{verdict:?}");
    assert_eq!(verdict[0]["mismatches"], 0, "{verdict:?}");
    let batches = &stack().witness(&["batches", "--topic", &topic])[0];
    assert!(batches["compression"]["lz4"].as_u64().unwrap() > 0, "{batches}");
    assert_eq!(
        batches["compression"].as_object().unwrap().len(),
        1,
        "every batch is lz4: {batches}"
    );
    let producers = batches["producer_ids"].as_array().unwrap();
    assert!(
        producers.len() == 1 && producers[0].as_i64().unwrap() >= 0,
        "one idempotent producer: {batches}"
    );
    // The summary's offsets are those of the topic.
    let before_and_after = summary["topic"]["partitions"].as_array().unwrap();
    let sum = |key: &str| {
        before_and_after
            .iter()
            .map(|p| p[key].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!((sum("offset_before"), sum("offset_after")), (0, rows));
}

#[test]
fn many_trades_from_csv() {
    publish_and_compare("trades.csv", "trade", "csv", many_rows());
}

#[test]
fn many_trades_from_jsonl() {
    publish_and_compare("trades.jsonl", "trade", "jsonl", many_rows());
}

#[test]
fn trades_of_the_second_schema() {
    publish_and_compare("trades.csv", "trade_v2", "csv", 20_000);
    publish_and_compare("trades.jsonl", "trade_v2", "jsonl", 20_000);
}

#[test]
fn files_follow_one_another_and_standard_input_is_one_of_them() {
    let env = TestEnv::new();
    let topic = stack().topic("files", 1, "schemas/trade.avsc");
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";
    let row = |price: u32| format!("BHP,1,2014-03-10T10:00:05Z,{price},1,0,A,2014-03-10T10:00:05Z\n");
    env.write("a.csv", format!("{header}{}{}", row(1), row(2)));
    env.write("b.csv", format!("{header}{}", row(4)));
    env.write("in", format!("{header}{}", row(3)));
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "a.csv", "-", "b.csv"]);
    command.stdin(std::fs::File::open(env.path("in")).unwrap());
    crate::support::done(&mut command)
        .expect(0)
        .says("4 rows: 4 delivered");
    let prices: Vec<Value> = stack()
        .dump(&topic)
        .iter()
        .map(|record| record["value"]["price"].clone())
        .collect();
    assert_eq!(prices, ["1.000000", "2.000000", "3.000000", "4.000000"]);
}

#[test]
fn keys_are_as_requested() {
    let env = TestEnv::new();
    let key_of = |arguments: &[&str]| {
        let topic = stack().topic("keys", 3, "schemas/trade.avsc");
        let trades = fixture("trades/trades.csv");
        env.run_on_stack(&[&["--topic", &topic, "--limit", "1", &trades], arguments].concat())
            .expect(0);
        stack().dump(&topic)[0]["key"].clone()
    };
    assert_eq!(key_of(&[]), "CBA");
    assert_eq!(key_of(&["--key", "company_id"]), "7019");
    assert_eq!(key_of(&["--no-key"]), Value::Null);
}

#[test]
fn a_row_of_extreme_values_arrives_unchanged() {
    let env = TestEnv::new();
    let topic = stack().topic("edges", 1, "schemas/trade.avsc");
    env.write(
        "edges.csv",
        "\u{feff}symbol,company_id,exchange,exchange_timestamp,price,volume,qualifiers,venue,buyer_id,ingestion_timestamp,sequence_number\r\n\
         \"A,\"\"B\"\"\",-2147483648,,1969-12-31T23:59:59.999Z,-999999999999.999999,9223372036854775807,0,\"x\ny\",\"\",2014-03-10 21:00:05.516+11:00,\r\n\
         é😀,+5,NYSE,1394445605516,4.02e1,1e3,007,,é,1394445605516,-9223372036854775808",
    );
    env.run_on_stack(&["--topic", &topic, "edges.csv"]).expect(0);
    let values: Vec<Value> = stack()
        .dump(&topic)
        .into_iter()
        .map(|mut record| record["value"].take())
        .collect();
    assert_eq!(
        values,
        [
            serde_json::json!({"symbol": "A,\"B\"", "company_id": -2147483648, "exchange": "ASX",
                "exchange_timestamp": -1, "price": "-999999999999.999999", "volume": 9223372036854775807i64,
                "qualifiers": 0, "venue": "x\ny", "buyer_id": "", "ingestion_timestamp": 1394445605516i64,
                "sequence_number": null}),
            serde_json::json!({"symbol": "é😀", "company_id": 5, "exchange": "NYSE",
                "exchange_timestamp": 1394445605516i64, "price": "40.200000", "volume": 1000,
                "qualifiers": 7, "venue": "", "buyer_id": "é", "ingestion_timestamp": 1394445605516i64,
                "sequence_number": i64::MIN}),
        ]
    );
}

#[test]
fn a_topic_is_never_created_by_accident() {
    let env = TestEnv::new();
    let topic = crate::support::unique("missing");
    stack().register(
        &format!("{topic}-value"),
        &std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap(),
    );
    let trades = fixture("trades/trades.csv");
    for _ in 0..2 {
        env.run_on_stack(&["--topic", &topic, &trades])
            .expect(4)
            .says(&format!("topic `{topic}` does not exist"));
    }
}

#[test]
fn compression_and_other_properties_are_passed_through() {
    let env = TestEnv::new();
    let topic = stack().topic("zstd", 1, "schemas/trade.avsc");
    let trades = fixture("trades/trades.csv");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "-X",
        "compression.type=zstd",
        "-X",
        "linger.ms=50",
        &trades,
    ])
    .expect(0);
    let batches = &stack().witness(&["batches", "--topic", &topic])[0];
    assert!(batches["compression"]["zstd"].as_u64().unwrap() > 0, "{batches}");
}
