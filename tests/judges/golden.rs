//! Test vectors from Java in fixtures/golden: the committed ones are up to date, and k2-produce gives the same results.

use std::process::{Command, Stdio};

use k2_produce::kafka::{Partitioner, murmur2};
use serde_json::{Value as Json, json};

use crate::encoder::OurSchema;
use crate::pairs::{CsvText, Input, Manner, hex};
use crate::repository;

fn committed(name: &str) -> String {
    std::fs::read_to_string(repository(&format!("fixtures/golden/{name}.jsonl"))).unwrap()
}

fn lines(name: &str) -> Vec<Json> {
    committed(name)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_committed_vectors_are_up_to_date() {
    for name in ["partitions", "decimals"] {
        let made = Command::new(repository("tests/stack/witness"))
            .arg(format!("golden-{name}"))
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(made.status.success());
        assert!(
            String::from_utf8(made.stdout).unwrap() == committed(name),
            "fixtures/golden/{name}.jsonl is not up to date: run `make golden` and check the difference"
        );
    }
}

#[test]
fn keys_go_to_the_partitions_that_java_chooses() {
    let lines = lines("partitions");
    assert_eq!(lines.len(), 1000);
    for line in lines {
        let key = line["key"].as_str().unwrap();
        assert_eq!(
            i64::from(murmur2(key.as_bytes()) as i32),
            line["murmur2"],
            "{key}"
        );
        let partitions = line["partitions"].as_object().unwrap();
        assert_eq!(partitions.keys().collect::<Vec<_>>(), ["1", "3", "7", "48"]);
        for (count, partition) in partitions {
            let partitioner = Partitioner::new("murmur2_random", count.parse().unwrap());
            assert_eq!(
                i64::from(partitioner.partition(Some(key.as_bytes()))),
                *partition,
                "{key} of {count}"
            );
        }
    }
}

#[test]
fn decimals_are_encoded_as_java_writes_them() {
    let lines = lines("decimals");
    let of = |base: &str, logical: &str| {
        lines
            .iter()
            .filter(|line| line["type"]["type"] == base && line["type"]["logicalType"] == logical)
            .count()
    };
    assert!(of("bytes", "decimal") > 100 && of("fixed", "decimal") > 100 && of("bytes", "big-decimal") > 10);
    for line in &lines {
        let schema =
            json!({"type": "record", "name": "R", "fields": [{"name": "price", "type": line["type"]}]});
        let ours = OurSchema::parse(&schema.to_string()).unwrap_or_else(|why| panic!("{schema}: {why:?}"));
        let text = line["text"].as_str().unwrap();
        let inputs = [
            Input::Csv(CsvText {
                header: "price".to_owned(),
                row: text.to_owned(),
            }),
            Input::Jsonl(format!("{{\"price\":{text}}}")),
            Input::Jsonl(format!("{{\"price\":\"{text}\"}}")),
        ];
        for input in inputs {
            let datum = ours
                .encode(&input, &Manner::STRICT)
                .unwrap_or_else(|why| panic!("{line}: {why:?}"));
            assert_eq!(hex(&datum), line["datum"], "{line} {input:?}");
        }
    }
}
