//! Compressed files: their own programs make them, and what arrives is what arrives from the file itself.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture, repository};

/// Programs, their arguments, and the extensions of what they make.
const PROGRAMS: [(&str, &[&str], &str); 3] = [
    ("gzip", &["-9"], "gz"),
    // Files with large windows, which need much memory.
    ("zstd", &["-q", "--ultra", "-22"], "zst"),
    ("xz", &["-9"], "xz"),
];

/// Writes `file` compressed to `to`.
fn compress(env: &TestEnv, program: &str, arguments: &[&str], file: &str, to: &str) {
    let status = Command::new(program)
        .args(arguments)
        .stdin(File::open(env.path(file)).unwrap())
        .stdout(File::create(env.path(to)).unwrap())
        .status()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(status.success(), "{program}");
}

/// The records of a topic with one partition, without what differs from load to load.
fn records(topic: &str) -> Vec<(Value, Value)> {
    let records = stack().dump(topic);
    records
        .iter()
        .map(|record| (record["key"].clone(), record["value"].clone()))
        .collect()
}

#[test]
fn compressed_files_give_the_messages_of_their_content() {
    let env = TestEnv::new();
    let topic = |name: &str| stack().topic(name, 1, "schemas/trade.avsc");
    for format in ["csv", "jsonl"] {
        let file = format!("trades.{format}");
        env.generate(&file, "trade", format, 5_000);
        let plain = topic("plain");
        env.run_on_stack(&["--topic", &plain, &file]).expect(0);
        let expected = records(&plain);
        assert_eq!(expected.len(), 5_000);
        for (program, arguments, extension) in PROGRAMS {
            let packed = format!("{file}.{extension}");
            compress(&env, program, arguments, &file, &packed);
            let topic = topic(program);
            env.run_on_stack(&["--topic", &topic, &packed])
                .expect(0)
                .says("5,000 rows: 5,000 delivered");
            assert!(records(&topic) == expected, "{packed}");
        }
    }
}

#[test]
fn compressed_envelopes_give_the_messages_of_their_content() {
    let env = TestEnv::new();
    env.generate("trades.jsonl", "trade", "jsonl", 500);
    let envelope = |(number, value): (usize, &str)| {
        format!(
            "{{\"key\":\"k{number}\",\"headers\":[\"n\",\"{number}\"],\"timestamp\":1,\"value\":{value}}}\n"
        )
    };
    let lines: String = env
        .read("trades.jsonl")
        .lines()
        .enumerate()
        .map(envelope)
        .collect();
    env.write("saved.jsonl", lines);
    let mut files = vec!["saved.jsonl".to_owned(), "saved.zip:saved.jsonl".to_owned()];
    for (program, arguments, extension) in PROGRAMS {
        let packed = format!("saved.jsonl.{extension}");
        compress(&env, program, arguments, "saved.jsonl", &packed);
        files.push(packed);
    }
    let zipped = Command::new(repository("tests/stack/python"))
        .args(["-m", "zipfile", "-c", "saved.zip", "saved.jsonl"])
        .current_dir(env.path("."))
        .status();
    assert!(zipped.unwrap().success());
    let mut expected = None;
    for file in &files {
        let topic = stack().topic("envelopes", 1, "schemas/trade.avsc");
        let options = ["--format", "envelope", "--allow-expired", "--summary", "json"];
        let done = env
            .run_on_stack(&[&["--topic", &topic], &options[..], &[file]].concat())
            .expect(0)
            .says("500 rows: 500 delivered");
        assert_eq!(done.json()["files"][0]["format"], "envelope", "{file}");
        let arrived = records(&topic);
        assert_eq!(arrived.len(), 500);
        assert_eq!(arrived[7].0, "k7");
        assert!(
            *expected.get_or_insert_with(|| arrived.clone()) == arrived,
            "{file}"
        );
    }
}

/// By content: neither a name nor a name of a compressed file matters.
#[test]
fn a_compressed_file_may_have_any_name_or_none() {
    let env = TestEnv::new();
    env.generate("trades.csv", "trade", "csv", 100);
    compress(&env, "gzip", &[], "trades.csv", "packed.csv");
    let fits = "dry run: 100 rows: 100 fit";
    env.dry_run(&["packed.csv"]).expect(0).says(fits);
    fs::copy(env.path("trades.csv"), env.path("plain.csv.gz")).unwrap();
    env.dry_run(&["plain.csv.gz"]).expect(0).says(fits);
    fs::copy(env.path("packed.csv"), env.path("packed.gz")).unwrap();
    env.dry_run(&["packed.gz"])
        .expect(2)
        .says("packed.gz: the format cannot be determined from the name");
    env.dry_run(&["--format", "csv", "packed.gz"])
        .expect(0)
        .says(fits);
    let mut piped = env.command();
    piped.args([
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &fixture("schemas/trade.avsc"),
    ]);
    piped.args(["--format", "csv", "-"]);
    let mut cat = Command::new("cat")
        .arg(env.path("packed.csv"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    piped.stdin(cat.stdout.take().unwrap());
    crate::support::done(&mut piped).expect(0).says(fits);
    assert!(cat.wait().unwrap().success());
    // Rows have their lines and can be loaded from one of them; there is no byte to seek to.
    env.dry_run(&["--from", "packed.csv:42", "packed.csv"])
        .expect(0)
        .says("dry run: 60 rows: 60 fit");
}

#[test]
fn the_rows_before_the_end_of_an_incomplete_file_are_delivered() {
    let env = TestEnv::new();
    env.generate("trades.csv", "trade", "csv", 20_000);
    for (program, _, extension) in PROGRAMS {
        let packed = format!("trades.csv.{extension}");
        let arguments: &[&str] = if program == "zstd" { &["-q", "-1"] } else { &["-1"] };
        compress(&env, program, arguments, "trades.csv", &packed);
        let whole = fs::read(env.path(&packed)).unwrap();
        let topic = stack().topic("incomplete", 1, "schemas/trade.avsc");
        let mut delivered = 0;
        for _ in 0..20 {
            let length = fastrand::usize(10..whole.len());
            env.write(&packed, &whole[..length]);
            let done = env
                .run_on_stack(&["--topic", &topic, "--summary", "json", &packed])
                .expect(3);
            let rows = done.json()["rows"]["delivered"].as_u64().unwrap();
            let error = format!("{packed}: the {program} data is incomplete, after ");
            let done = done.says(&error);
            if rows > 0 {
                done.says(&format!("; its rows before line {} were read", rows + 2));
            }
            delivered += rows;
        }
        assert!(delivered > 20_000, "{program}: {delivered}");
        stack().await_records(&topic, delivered);
        assert_eq!(stack().dump(&topic).len() as u64, delivered);
    }
}
