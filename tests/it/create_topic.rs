//! A missing topic: the error, and how it is created.

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture, spawn_piped, unique};

/// The name of a topic that does not exist yet, but has a schema.
fn registered(prefix: &str) -> String {
    let topic = unique(prefix);
    let schema = std::fs::read_to_string(fixture("schemas/trade.avsc")).unwrap();
    stack().register(&format!("{topic}-value"), &schema);
    topic
}

#[test]
fn a_missing_topic_is_created_as_requested_and_an_existing_one_is_not_changed() {
    let env = TestEnv::new();
    let topic = registered("made");
    let trades = fixture("trades/trades.csv");
    let first = ["--topic", &topic, "--limit", "10", &trades];
    env.run_on_stack(&first)
        .expect(4)
        .says(&format!("topic `{topic}` does not exist"))
        .says("create it with `--create-topic 3`");

    let asked = ["--create-topic", "4", "--replication-factor", "1"];
    let settings = [
        "--topic-config",
        "retention.ms=-1",
        "--topic-config",
        "max.message.bytes=5000",
    ];
    env.run_on_stack(&[&first[..], &asked, &settings].concat())
        .expect(0)
        .says(&format!("created topic `{topic}`: 4 partitions, 1 replica"))
        .says("10 delivered");
    let described = &stack().witness(&["describe-topic", "--topic", &topic])[0];
    assert_eq!(described["partitions"].as_array().unwrap().len(), 4);
    let made = serde_json::json!({"retention.ms": "-1", "max.message.bytes": "5000"});
    assert_eq!(described["settings"], made);

    let again = env
        .run_on_stack(&[&first[..], &asked, &settings].concat())
        .expect(0);
    assert!(
        !again.stderr.contains("topic `"),
        "nothing differs: {}",
        again.stderr
    );
    let other = ["--create-topic", "6", "--topic-config", "retention.ms=1000"];
    env.run_on_stack(&[&first[..], &other].concat())
        .expect(0)
        .says(&format!(
            "warning: topic `{topic}` exists and is not changed: it has 4 partitions, not 6; its `retention.ms` is \
             `-1`, not `1000`"
        ));
}

#[test]
fn a_topic_that_cannot_be_created_as_requested_is_not_created() {
    let env = TestEnv::new();
    let topic = registered("unmade");
    let trades = fixture("trades/trades.csv");
    let first = ["--topic", &topic, "--create-topic", "3", &trades];
    for (asked, reason) in [
        (["--replication-factor", "3"], "INVALID_REPLICATION_FACTOR"),
        (["--topic-config", "no.such.setting=1"], "INVALID_CONFIG"),
    ] {
        env.run_on_stack(&[&first[..], &asked].concat())
            .expect(4)
            .says(&format!("error: topic `{topic}` cannot be created on "))
            .says(reason);
    }
    // Faults of a file are found before.
    env.write("other.csv", "no,such,columns\n1,2,3\n");
    env.run_on_stack(&["--topic", &topic, "--create-topic", "3", "other.csv"])
        .expect(3);
    let refused = |arguments: &[&str], status| {
        let first = ["--topic", &topic, "--create-topic", "3"];
        env.run_on_stack(&[&first, arguments].concat()).expect(status)
    };
    let beyond = format!("{trades}:9999999");
    refused(&["--from", &beyond, &trades], 2).says("ends with line");
    env.write("blank.jsonl", "\n\n");
    refused(&["--fail-on-empty", &trades, "blank.jsonl"], 3).says("blank.jsonl has no rows");
    let compacted = ["--topic-config", "cleanup.policy=delete,compact"];
    refused(&[&compacted[..], &["--no-key", &trades]].concat(), 2)
        .says("would be compacted")
        .says("omit `--no-key`");
    env.run_on_stack(&["--topic", &topic, &trades])
        .expect(4)
        .says("does not exist");
}

#[test]
fn the_first_jobs_may_start_at_the_same_time() {
    let env = TestEnv::new();
    env.generate("trades.csv", "trade", "csv", 10);
    let schema = fixture("schemas/trade.avsc");
    for mode in ["--quiet", "--exactly-once", "--atomic"] {
        let (topic, checkpoints) = (unique("first-jobs"), unique("checkpoints"));
        let record = topic.replace(['.', '-'], "_");
        let text = std::fs::read_to_string(&schema).unwrap();
        env.write(
            "new.avsc",
            text.replace("\"Trade\"", &format!("\"Trade_{record}\"")),
        );
        let jobs: Vec<_> = (0..5)
            .map(|job| {
                let mut command = env.command_on_stack();
                command.args(["--topic", &topic, "--create-topic", "3", mode, "trades.csv"]);
                command.args(["--schema-file", "new.avsc", "--register"]);
                if mode != "--quiet" {
                    command.args(["--checkpoint-topic", &checkpoints]);
                    command.args(["--load-name", &format!("{topic}-{job}")]);
                }
                spawn_piped(&mut command)
            })
            .collect();
        for job in jobs {
            let output = job.wait_with_output().unwrap();
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{mode}: {words}");
        }
        assert_eq!(stack().dump(&topic).len(), 50);
    }
}
