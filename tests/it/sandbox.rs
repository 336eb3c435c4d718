//! The sandbox, as shown in the README.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{TestEnv, done, fixture};

#[test]
fn a_command_is_run_and_the_received_messages_are_shown() {
    let env = TestEnv::new();
    let (schema, trades) = (fixture("schemas/trade.avsc"), fixture("trades/trades.csv"));
    let done = env.run(&[
        "sandbox",
        "--topic",
        "market.trades.raw",
        "--schema-file",
        &schema,
        "--",
        "k2-produce",
        "--topic",
        "market.trades.raw",
        &trades,
    ]);
    let done = done.expect(0).says("3,000 rows: 3,000 delivered");
    // The demonstration has no warnings that a user cannot act on.
    assert!(!done.stderr.contains("note: "), "{}", done.stderr);
    assert!(
        done.stdout
            .starts_with("market.trades.raw: 3,000 messages in 3 partitions"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("\"price\":\"77.420000\""), "{}", done.stdout);
}

#[test]
fn a_mistyped_topic_is_reported_before_the_subject_that_is_also_missing() {
    let env = TestEnv::new();
    let (schema, trades) = (fixture("schemas/trade.avsc"), fixture("trades/trades.csv"));
    let load = |topic: &str, more: &[&str]| {
        let sandbox = ["sandbox", "--topic", "quotes.raw", "--schema-file", &schema, "--"];
        let load = ["k2-produce", "--topic", topic, &trades];
        env.run(&[&sandbox[..], &load, more].concat()).expect(4)
    };
    let from_file = ["--schema-file", &schema];
    let of_keys = ["--subject", "quotes.raw-value", "--key-schema"];
    for (more, missing, register) in [
        (
            &[][..],
            "and subject `quotes.row-value` is not in the registry at ",
            "to register the schema of a new topic, add `--schema-file FILE --register`\n",
        ),
        (
            &from_file,
            "trade.avsc is not registered under subject `quotes.row-value` ",
            "to register the schema of a new topic, add `--register`\n",
        ),
        (
            &of_keys,
            "and subject `quotes.row-key` is not in the registry at ",
            "to register the key schema of a new topic, run `k2-produce schema register FILE --subject \
             quotes.row-key`\n",
        ),
    ] {
        load("quotes.row", more)
            .says("error: topic `quotes.row` does not exist on 127.0.0.1:")
            .says(missing)
            .says("hint: did you mean `quotes.raw`? If not, create it with `--create-topic 3` (partitions); ")
            .says(register);
    }
    // With `--create-topic` the user knows that the topic is missing.
    load("quotes.row", &["--create-topic", "2"])
        .says("error: subject `quotes.row-value` is not in the registry")
        .says("did you mean `quotes.raw-value`?");
    load("quotes.raw", &["--key-schema"]).says("error: subject `quotes.raw-key` is not in the registry");
}

#[test]
fn several_topics_are_loaded_in_one_sandbox_and_one_is_created_in_it() {
    let env = TestEnv::new();
    let (schema, trades) = (fixture("schemas/trade.avsc"), fixture("trades/trades.csv"));
    let mut sandbox = env
        .command()
        .args([
            "sandbox",
            "--topic",
            "a",
            "--topic",
            "b",
            "--schema-file",
            &schema,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
    let mut address = |name: &str| loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(address) = line.strip_prefix(&format!("export {name}=")) {
            return address.to_owned();
        }
    };
    let names = ["K2_KAFKA_BOOTSTRAP_SERVERS", "K2_KAFKA_SCHEMA_REGISTRY_URL"];
    let [servers, registry] = names.map(&mut address);
    let load = |topic: &str, more: &[&str]| {
        let mut command = env.command();
        command.env(names[0], &servers).env(names[1], &registry);
        command.args([
            "--quiet",
            "--limit",
            "10",
            "--subject",
            "a-value",
            "--topic",
            topic,
        ]);
        done(command.arg(&trades).args(more))
    };
    load("a", &[]).expect(0);
    load("b", &[]).expect(0);
    load("c", &["--create-topic", "2"])
        .expect(4)
        .says("error: topic `c` cannot be created on 127.0.0.1:")
        .says(": the broker does not support creating topics\n")
        .says(
            "hint: in a sandbox, create it with `curl -X PUT \
             \"$K2_KAFKA_SCHEMA_REGISTRY_URL\"'/topics/c?partitions=2'`; elsewhere, with the tools of the cluster",
        );
    let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
    let made = client
        .put(format!("{registry}/topics/c?partitions=2"))
        .send()
        .unwrap();
    assert!(made.status().is_success(), "{made:?}");
    load("c", &[]).expect(0);
    let id = sandbox.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let shown: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(sandbox.wait().unwrap().success());
    for topic in [
        "a: 10 messages in 3",
        "b: 10 messages in 3",
        "c: 10 messages in 2",
    ] {
        assert!(
            shown.iter().any(|line| line.starts_with(topic)),
            "no `{topic}` in {shown:?}"
        );
    }
}

#[test]
fn topics_and_schema_files_come_in_pairs() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    let files = ["--schema-file", &schema, "--schema-file", &schema];
    let names = ["sandbox", "--topic", "a", "--topic", "b", "--topic", "c"];
    env.run(&[&names[..], &files].concat())
        .expect(2)
        .says("3 topics do not match 2 schema files");
}

#[test]
fn the_sandbox_exits_with_the_status_of_the_command() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        &schema,
        "--",
        "sh",
        "-c",
        "exit 7",
    ])
    .expect(7);
    env.run(&[
        "sandbox",
        "--topic",
        "t",
        "--schema-file",
        "gone.avsc",
        "--",
        "true",
    ])
    .expect(2)
    .says("gone.avsc");
}

#[test]
fn loads_of_a_sandbox_are_listed_and_forgotten() {
    let env = TestEnv::new();
    let (schema, trades) = (fixture("schemas/trade.avsc"), fixture("trades/trades.csv"));
    let script =
        "set -e; $0 --topic t --exactly-once $1; $0 loads >&2; $0 loads forget --yes t/trades.csv; $0 loads";
    let binary = env!("CARGO_BIN_EXE_k2-produce");
    let sandbox = ["sandbox", "--topic", "t", "--schema-file", &schema, "--"];
    env.run(&[&sandbox[..], &["sh", "-c", script, binary, &trades]].concat())
        .expect(0)
        .says("t/trades.csv  complete     1/1      3,000")
        .says("load t/trades.csv is forgotten (1 input, 3,000 rows delivered)")
        .says("topic `k2-produce-checkpoints` on 127.0.0.1")
        .says("has no load");
}
