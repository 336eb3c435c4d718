//! A broker that requires TLS, passwords and rights: every refusal is one error that names the right.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::kafka::{Secured, secured};
use crate::load::Load;
use crate::support::{Done, TestEnv, done, fixture, unique};

/// The properties of a client that trusts the brokers' CA.
pub(crate) const USER: [&str; 8] = [
    "-X",
    "security.protocol=SASL_SSL",
    "-X",
    "sasl.mechanism=SCRAM-SHA-512",
    "-X",
    "sasl.username=loader",
    "-X",
    "ssl.ca.location=ca.pem",
];

/// A load of the fixture by the user, through this listener.
fn load(env: &TestEnv, kafka: &Secured, listener: &str, topic: &str) -> Command {
    env.write("ca.pem", &kafka.authority);
    let mut command = env.command_on(kafka);
    command.env("K2_KAFKA_BOOTSTRAP_SERVERS", kafka.listener(listener));
    command.env("K2_KAFKA_SASL_PASSWORD", "correct");
    command.args(["--topic", topic, "--summary", "json"]).args(USER);
    command.arg(fixture("trades/trades_v2.jsonl"));
    command
}

/// Allows the user these operations on a new topic.
fn topic(kafka: &Secured, operations: &[&str]) -> String {
    let topic = kafka.topic("secured", 1, "schemas/trade_v2.avsc");
    for operation in operations {
        let right = ["--user", "loader", "--topic", &topic, "--operation", operation];
        kafka.witness(&[&["allow"], &right[..]].concat());
    }
    topic
}

/// Runs a load that must fail within ten seconds with one error, and send nothing.
fn refused(kafka: &Secured, topic: &str, command: &mut Command) -> Done {
    let started = Instant::now();
    let done = done(command).expect(4);
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}: {}", done.stderr);
    let errors = done.stderr.lines().filter(|line| line.starts_with("error:"));
    assert_eq!(errors.count(), 1, "{}", done.stderr);
    assert_eq!(kafka.dump(topic).len(), 0);
    done
}

#[test]
fn a_user_with_all_rights_loads_and_no_fact_is_missing() {
    let (env, kafka) = (TestEnv::new(), secured());
    let topic = topic(&kafka, &["Write", "DescribeConfigs"]);
    let done = done(&mut load(&env, &kafka, "SECURED", &topic)).expect(0);
    assert!(!done.stderr.contains("warning:"), "{}", done.stderr);
    assert!(!done.stderr.contains("not permitted"), "{}", done.stderr);
    let rows = done.json()["rows"]["delivered"].as_u64().unwrap();
    assert_eq!(kafka.dump(&topic).len() as u64, rows);
}

#[test]
fn a_user_who_may_not_read_settings_is_told_and_loads() {
    let (env, kafka) = (TestEnv::new(), secured());
    let topic = topic(&kafka, &["Write"]);
    let done = done(&mut load(&env, &kafka, "SECURED", &topic)).expect(0);
    let done = done.says("not permitted (DescribeConfigs)");
    let rows = done.json()["rows"]["delivered"].as_u64().unwrap();
    assert_eq!(kafka.dump(&topic).len() as u64, rows);
}

#[test]
fn the_right_that_a_user_lacks_is_named() {
    let (env, kafka) = (TestEnv::new(), secured());
    for (rights, message, needed) in [
        (
            &[][..],
            "may not describe topic",
            "the user needs Describe and Write",
        ),
        (&["Describe"], "may not write to topic", "the user needs Write"),
        (
            &["DescribeConfigs"],
            "may not describe topic",
            "the user needs Describe and Write",
        ),
        (&["Read"], "may not write to topic", "the user needs Write"),
    ] {
        let topic = topic(&kafka, rights);
        refused(&kafka, &topic, &mut load(&env, &kafka, "SECURED", &topic))
            .says(message)
            .says(needed);
    }
}

#[test]
fn a_user_who_may_only_read_the_checkpoints_lists_loads_and_forgets_none() {
    let (env, kafka) = (TestEnv::new(), secured());
    let (topic, checkpoints) = (topic(&kafka, &[]), unique("checkpoints"));
    let of = ["--checkpoint-topic", &checkpoints];
    let trades = fixture("trades/trades_v2.jsonl");
    let load = [
        "--topic",
        &topic,
        "--exactly-once",
        "--load-name",
        "march",
        &trades,
    ];
    // By somebody who may do everything.
    done(env.command_on(&kafka).args(load).args(of)).expect(0);
    env.write("ca.pem", &kafka.authority);
    let loads = |more: &[&str]| {
        let mut command = env.command_on(&kafka);
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", kafka.listener("SECURED"));
        command.env("K2_KAFKA_SASL_PASSWORD", "correct");
        command.arg("loads").args(more).args(USER).args(of);
        let started = Instant::now();
        let done = done(&mut command);
        assert!(started.elapsed() < Duration::from_secs(10), "{}", done.stderr);
        done
    };
    let allow = |operation: &str| {
        let of = [
            "--user",
            "loader",
            "--topic",
            &checkpoints,
            "--operation",
            operation,
        ];
        kafka.witness(&[&["allow"], &of[..]].concat());
    };
    loads(&[])
        .expect(4)
        .says(&format!("topic `{checkpoints}`"))
        .says("the user needs");
    allow("Describe");
    allow("Read");
    let listed = loads(&[]).expect(0);
    assert!(listed.stdout.contains("march  complete"), "{}", listed.stdout);
    loads(&["forget", "--yes", "march"])
        .expect(4)
        .says(&format!("may not write to topic `{checkpoints}`"))
        .says("the user needs Write on the topic");
    allow("Write");
    loads(&["forget", "--yes", "march"])
        .expect(4)
        .says("load march could not be forgotten")
        .says("TRANSACTIONAL_ID_AUTHORIZATION_FAILED")
        .says("the user needs Write and Describe on the transactional id");
    loads(&["show", "march"]).expect(0);
}

#[test]
fn a_topic_is_not_created_without_the_right_to_create_it() {
    let (env, kafka) = (TestEnv::new(), secured());
    let topic = topic(&kafka, &["Write"]);
    let missing = format!("{topic}.missing");
    for operation in ["Describe", "Write"] {
        let right = ["--user", "loader", "--topic", &missing, "--operation", operation];
        kafka.witness(&[&["allow"], &right[..]].concat());
    }
    let mut command = load(&env, &kafka, "SECURED", &missing);
    command.args(["--create-topic", "1", "--subject", &format!("{topic}-value")]);
    refused(&kafka, &topic, &mut command)
        .says(&format!("may not create topic `{missing}`"))
        .says("the user needs Create");
}

/// The topic of the checkpoints, which the user may not create.
const CHECKPOINTS: &str = "rights-of-checkpoints";

/// An exactly-once load by the user, who has all rights for it except one.
fn exactly_once_without(env: &TestEnv, kafka: &Secured, missing: (&str, &str)) -> (String, Command) {
    let topic = topic(kafka, &["Write", "DescribeConfigs"]);
    let name = format!("{topic}/trades_v2.jsonl");
    let id = format!("k2-produce.{name}");
    let checkpoints = format!("{CHECKPOINTS}-{topic}");
    let compact = ["cleanup.policy=compact"];
    kafka.create_topic(&checkpoints, 2, &compact);
    for (kind, resource, operation) in [
        ("--topic", &checkpoints, "Read"),
        ("--topic", &checkpoints, "Write"),
        ("--transactional-id", &id, "Write"),
        ("--transactional-id", &id, "Describe"),
    ] {
        if (kind, operation) != missing {
            let right = ["--user", "loader", kind, resource, "--operation", operation];
            kafka.witness(&[&["allow"], &right[..]].concat());
        }
    }
    let mut command = load(env, kafka, "SECURED", &topic);
    command.args(["--exactly-once", "--checkpoint-topic", &checkpoints]);
    (topic, command)
}

#[test]
fn an_exactly_once_load_needs_no_more_rights_than_documented() {
    let (env, kafka) = (TestEnv::new(), secured());
    let (topic, mut command) = exactly_once_without(&env, &kafka, ("", ""));
    let done = done(&mut command).expect(0);
    let rows = done.json()["rows"]["delivered"].as_u64().unwrap();
    assert_eq!(kafka.dump(&topic).len() as u64, rows);
}

#[test]
fn the_right_that_an_exactly_once_load_lacks_is_named() {
    let (env, kafka) = (TestEnv::new(), secured());
    for (missing, message, needed) in [
        (("--transactional-id", "Write"), "transactional id", "Write"),
        (("--topic", "Read"), "rights-of-checkpoints", "Read"),
        (("--topic", "Write"), "rights-of-checkpoints", "Write"),
    ] {
        let (topic, mut command) = exactly_once_without(&env, &kafka, missing);
        let done = refused(&kafka, &topic, &mut command);
        println!("{missing:?}: {}", done.stderr);
        done.says(message).says(&format!("the user needs {needed}"));
    }
}

#[test]
fn a_right_that_is_revoked_during_a_load_ends_it_without_a_gap() {
    let kafka = secured();
    let topic = topic(&kafka, &["Write", "DescribeConfigs"]);
    let ca = TestEnv::new();
    ca.write("ca.pem", &kafka.authority);
    let location = format!("ssl.ca.location={}", ca.path("ca.pem").display());
    let password = "sasl.password=correct";
    let mut options = USER;
    options[7] = &location;
    let listener = ["-X", password, "-b", kafka.listener("SECURED")];
    let options = [&options[..], &listener[..]].concat();
    let mut load = Load::start_on(&kafka, topic.clone(), 4_000, &options);
    load.feed_and_await(2_000, &kafka);
    let right = ["--user", "loader", "--topic", &topic, "--operation", "Write"];
    kafka.witness(&[&["revoke"], &right[..]].concat());
    load.feed(2_000);
    let ended = load.end();
    assert_eq!(ended.status, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("TOPIC_AUTHORIZATION_FAILED"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.count("delivered"), 2_000, "{}", ended.stderr);
    assert_eq!(
        ended.count("unknown"),
        0,
        "the broker refused them: {}",
        ended.stderr
    );
    ended.expect_true_counts(&kafka);
}
