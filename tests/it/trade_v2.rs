//! Trades with every field of the second schema on a real Kafka, read in Python by confluent-kafka and decoded by
//! fastavro.

use std::process::Command;

use crate::support::stack::stack;
use crate::support::{TestEnv, done, many_rows, repository};

#[test]
fn python_reads_every_field_of_the_second_schema() {
    let rows = many_rows();
    let env = TestEnv::new();
    let topic = stack().topic("trade.v2", 3, "schemas/trade_v2.avsc");
    env.generate("trades.jsonl", "trade_v2", "jsonl", rows);
    env.run_on_stack(&["--topic", &topic, "trades.jsonl"]).expect(0);
    let verdict = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/topic_rows.py"))
            .args([&stack().bootstrap_servers, &stack().registry_url, &topic])
            .arg(env.path("trades.jsonl")),
    )
    .expect(0)
    .json();
    assert_eq!(verdict["rows"], rows, "{verdict}");
    assert_eq!(verdict["records"], rows, "{verdict}");
    assert_eq!(verdict["mismatches"], 0, "{verdict}");
    // A nullable field must be null in some rows and not in others, or the test would not cover it.
    let times = |field: &str| -> (u64, u64) {
        let counts = verdict["fields"][field].as_array().expect("counts");
        (counts[0].as_u64().unwrap(), counts[1].as_u64().unwrap())
    };
    for field in verdict["fields"].as_object().unwrap().keys() {
        assert!(times(field).1 > 0, "{field}: {verdict}");
    }
    for field in ["trade_conditions", "source_sequence", "vendor_data"] {
        assert!(times(field).0 > 0, "{field}: {verdict}");
    }
    assert_eq!(verdict["fields"].as_object().map(|fields| fields.len()), Some(15));
}
