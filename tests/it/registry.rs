//! The schema of a run, with a real registry (Apicurio).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{Done, TestEnv, closed_registry, unique};

const TRADES: &str = "symbol,price\nBHP,1.5\n";

fn schema(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"Trade","namespace":"com.k2","fields":[{fields}]}}"#)
}

/// A schema that no other test registers, with the columns of [`TRADES`] and optionally more.
fn schema_named(topic: &str, more: &str) -> String {
    let fields = r#"{"name":"symbol","type":"string"},{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}"#;
    schema(&format!("{fields}{more}")).replace("\"Trade\"", &format!("\"{}\"", record_of(topic)))
}

fn record_of(topic: &str) -> String {
    format!("Trade_{}", topic.replace(['.', '-'], "_"))
}

const VENUE: &str = r#",{"name":"venue","type":"string","default":"ASX"}"#;
const VENUE_WITHOUT_DEFAULT: &str = r#",{"name":"venue","type":"string"}"#;

/// Sends a request to the registry without our client.
fn ask(method: &str, path: &str, body: &Value) -> (u16, Value) {
    let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{path}", stack().registry_url);
    let request = match method {
        "GET" => client.get(url),
        _ => client.post(url).body(body.to_string()),
    };
    let response = request.header("Content-Type", "application/json").send().unwrap();
    (
        response.status().as_u16(),
        serde_json::from_str(&response.text().unwrap()).unwrap(),
    )
}

fn register(subject: &str, schema: &str, references: &Value) -> u64 {
    let body = json!({ "schema": schema, "references": references });
    let (status, answer) = ask("POST", &format!("/subjects/{subject}/versions"), &body);
    assert_eq!(status, 200, "{answer}");
    answer["id"].as_u64().unwrap()
}

/// A topic, and a folder with `t.csv`.
fn topic(prefix: &str) -> (TestEnv, String) {
    let topic = unique(prefix);
    stack().create_topic(&topic, 1, &[]);
    let env = TestEnv::new();
    env.write("t.csv", TRADES);
    (env, topic)
}

fn load(env: &TestEnv, topic: &str, arguments: &[&str]) -> Done {
    env.run_on_stack(&[&["--topic", topic, "t.csv"], arguments].concat())
}

/// The schema ids of the records on the topic, as read by Java.
fn ids(topic: &str) -> Vec<u64> {
    let records = stack().dump(topic);
    records
        .iter()
        .map(|record| record["schema_id"].as_u64().unwrap_or_else(|| panic!("{record}")))
        .collect()
}

#[test]
fn a_requested_version_or_id_is_used() {
    let (env, topic) = topic("versions");
    let subject = format!("{topic}-value");
    let first = register(&subject, &schema_named(&topic, ""), &json!([]));
    let second = register(&subject, &schema_named(&topic, VENUE), &json!([]));
    load(&env, &topic, &[])
        .expect(0)
        .says(&format!("{subject} version 2 (id {second})"));
    load(&env, &topic, &["--schema-version", "1"])
        .expect(0)
        .says(&format!("{subject} version 1 (id {first})"));
    let (id, other) = (first.to_string(), second.to_string());
    load(&env, &topic, &["--schema-id", &id])
        .expect(0)
        .says(&format!("{subject} version 1 (id {first})"));
    load(&env, &topic, &["--schema-id", &other, "--subject", &subject])
        .expect(0)
        .says(&format!("{subject} version 2 (id {second})"));
    assert_eq!(ids(&topic), [second, first, first, second]);

    load(&env, &topic, &["--schema-version", "7"])
        .expect(4)
        .says(&format!("subject `{subject}` has no version 7 in the registry"))
        .says("hint: it has 1, 2; ");
    load(&env, &topic, &["--schema-id", "999999"])
        .expect(4)
        .says("no schema has the id 999999 in the registry");
    for wrong in [["--schema-version", "0"], ["--schema-id", "4000000000"]] {
        load(&env, &topic, &wrong).expect(2);
    }
}

#[test]
fn an_id_of_another_subject_is_refused_if_the_subject_is_given_and_otherwise_noted() {
    let (env, topic) = topic("elsewhere");
    let other = unique("other");
    let here = format!("{topic}-value");
    register(&here, &schema_named(&topic, ""), &json!([]));
    let id = register(&other, &schema_named(&topic, VENUE), &json!([])).to_string();
    load(&env, &topic, &["--schema-id", &id, "--subject", &here])
        .expect(4)
        .says(&format!("schema id {id} is not one of subject `{here}`"))
        .says(&format!("it is version 1 of `{other}`"));
    load(&env, &topic, &["--schema-id", &id])
        .expect(0)
        .says(&format!("note: schema id {id} is not registered under {here}"))
        .says(&format!("{other} version 1 (id {id})"));
}

#[test]
fn subjects_are_derived_by_the_requested_strategy() {
    let (env, topic) = topic("strategies");
    let record = format!("com.k2.{}", record_of(&topic));
    let text = schema_named(&topic, "");
    env.write("t.avsc", &text);
    let both = format!("{topic}-{record}");
    for (strategy, subject) in [("record", &record), ("topic-record", &both)] {
        let id = register(subject, &text, &json!([])).to_string();
        load(
            &env,
            &topic,
            &["--subject-strategy", strategy, "--schema-file", "t.avsc"],
        )
        .expect(0)
        .says(&format!("{subject} version 1 (id {id})"));
        load(
            &env,
            &topic,
            &["--subject-strategy", strategy, "--schema-id", &id],
        )
        .expect(0)
        .says(&format!("{subject} version 1 (id {id})"));
    }
    load(&env, &topic, &["--subject-strategy", "record"])
        .expect(2)
        .says("the subject is named after the record, but the record is not known")
        .says("`--schema-file` or `--schema-id`");
    load(&env, &topic, &["--subject-strategy", "record", "--subject", "a"])
        .expect(2)
        .says("so `--subject-strategy` has no effect");
}

#[test]
fn subjects_with_contexts_and_slashes_are_found() {
    let (env, topic) = topic("contexts");
    for subject in [format!(":.ctx:{topic}-value"), format!("a/b c:{topic}")] {
        let segment: String = subject.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let id = register(&segment, &schema_named(&topic, ""), &json!([]));
        load(&env, &topic, &["--subject", &subject])
            .expect(0)
            .says(&format!("{subject} version 1 (id {id})"));
    }
    load(&env, &topic, &["--subject", ":.ctx:"])
        .expect(0)
        .says(&format!(":.ctx:{topic}-value version 1"));
}

#[test]
fn a_schema_file_must_be_registered_and_is_registered_on_request() {
    let (env, topic) = topic("file");
    let subject = format!("{topic}-value");
    let text = schema_named(&topic, "");
    env.write("t.avsc", &text);
    load(&env, &topic, &["--schema-file", "t.avsc"])
        .expect(4)
        .says(&format!(
            "the schema in t.avsc is not registered under subject `{subject}`"
        ))
        .says("hint: register it with `--register`");
    load(&env, &topic, &["--schema-file", "t.avsc", "--register"])
        .expect(0)
        .says(&format!("{subject} has no version yet"))
        .says("t.avsc is registered as version 1 (id ")
        .says(&format!("{subject} version 1 (id "));
    // It is registered now, so nothing is registered and no message is printed.
    let again = load(&env, &topic, &["--schema-file", "t.avsc", "--register"]).expect(0);
    assert!(!again.stderr.contains("registered"), "{}", again.stderr);
    load(&env, &topic, &["--schema-file", "t.avsc"]).expect(0);
    let (_, versions) = ask("GET", &format!("/subjects/{subject}/versions"), &Value::Null);
    assert_eq!(versions, json!([1]));
    assert_eq!(ids(&topic).len(), 3);
}

#[test]
fn an_incompatible_schema_is_not_registered_and_the_registry_gives_the_reason() {
    let (env, topic) = topic("compatible");
    let subject = format!("{topic}-value");
    register(&subject, &schema_named(&topic, ""), &json!([]));
    stack().set_compatibility(&subject, "BACKWARD");
    env.write("bad.avsc", schema_named(&topic, VENUE_WITHOUT_DEFAULT));
    env.write("good.avsc", schema_named(&topic, VENUE));
    load(&env, &topic, &["--schema-file", "bad.avsc", "--register"])
        .expect(4)
        .says(&format!(
            "error: bad.avsc is not compatible with the latest version of {subject} (BACKWARD); it was not registered\n"
        ))
        // The text of Apicurio.
        .says("venue at /fields/2");
    assert!(stack().dump(&topic).is_empty());
    load(&env, &topic, &["--schema-file", "good.avsc", "--register"])
        .expect(0)
        .says(&format!(
            "good.avsc is compatible with the latest version of {subject} (BACKWARD)"
        ))
        .says("good.avsc is registered as version 2 (id ");
    let (_, versions) = ask("GET", &format!("/subjects/{subject}/versions"), &Value::Null);
    assert_eq!(versions, json!([1, 2]));
}

#[test]
fn a_default_of_more_digits_than_a_double_is_registered_but_not_written() {
    const RATIO: &str = r#",{"name":"ratio","type":"double","default":12345678901234567890123}"#;
    let (env, topic) = topic("digits");
    let subject = format!("{topic}-value");
    env.write("t.avsc", schema_named(&topic, RATIO));
    let refused = "the default of `ratio`, which has no column, does not fit its type (double): \
                   `12345678901234567890123`: the nearest double is 1.2345678901234568e+22\n";
    let from_file = ["--schema-file", "t.avsc"];
    load(&env, &topic, &[&from_file[..], &["--register"]].concat())
        .expect(2)
        .says(refused);
    load(
        &env,
        &topic,
        &[&from_file[..], &["--register", "--float-nearest"]].concat(),
    )
    .expect(0)
    .says("t.avsc is registered as version 1 (id ");
    load(&env, &topic, &[&from_file[..], &["--float-nearest"]].concat()).expect(0);
    load(&env, &topic, &[]).expect(2).says(refused);
    let records = stack().dump(&topic);
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(
            record["value"]["ratio"],
            json!(1.234_567_890_123_456_8e22),
            "{record}"
        );
    }
    let (_, versions) = ask("GET", &format!("/subjects/{subject}/versions"), &Value::Null);
    assert_eq!(versions, json!([1]));
}

/// The registered schema with the keys of its fields in another order.
fn in_another_order(schema: &str) -> String {
    let changed = schema.replace(r#""precision":9,"scale":2"#, r#""scale":2,"precision":9"#);
    assert_ne!(changed, schema);
    changed
}

#[test]
fn a_schema_file_is_the_registered_version_whatever_the_order_of_its_keys() {
    let (env, topic) = topic("order");
    let subject = format!("{topic}-value");
    let text = schema_named(&topic, "");
    register(&subject, &text, &json!([]));
    register(&subject, &schema_named(&topic, VENUE), &json!([]));
    env.write("order.avsc", in_another_order(&text));
    env.write(
        "doc.avsc",
        in_another_order(&text).replace(r#""fields""#, r#""doc":"a trade","aliases":["Old"],"fields""#),
    );
    for (file, difference) in [
        ("order.avsc", "the order of JSON keys"),
        ("doc.avsc", "docs, aliases and the order of JSON keys"),
    ] {
        for more in [&[][..], &["--register"]] {
            load(&env, &topic, &[&["--schema-file", file], more].concat())
                .expect(0)
                .says(&format!(
                    "{file} is version 1 of {subject}, except for {difference}\n"
                ))
                .says(&format!("{subject} version 1 (id "));
        }
    }
    let (_, versions) = ask("GET", &format!("/subjects/{subject}/versions"), &Value::Null);
    assert_eq!(versions, json!([1, 2]));
    env.run_on_stack(&["schema", "register", "order.avsc", "--topic", &topic])
        .expect(0)
        .says("order.avsc is already registered\n");
}

#[test]
fn schemas_that_differ_only_in_scale_are_different() {
    let (env, topic) = topic("scale");
    let subject = format!("{topic}-value");
    let text = schema_named(&topic, "");
    register(&subject, &text, &json!([]));
    env.write("other.avsc", text.replace(r#""scale":2"#, r#""scale":3"#));
    load(&env, &topic, &["--schema-file", "other.avsc"])
        .expect(4)
        .says(&format!(
            "the schema in other.avsc is not registered under subject `{subject}`"
        ));
    assert!(stack().dump(&topic).is_empty());
}

#[test]
fn a_run_that_ends_before_its_first_row_registers_nothing() {
    let (env, topic) = topic("nothing");
    env.write("t.avsc", schema_named(&topic, ""));
    env.write("other.csv", "symbol,cost\nBHP,1.5\n");
    env.write("taken.csv", "");
    let mistyped = format!("{topic}.mistyped");
    let unknown_key = ["--key", "isin"];
    let run = |topic: &str, file: &str, more: &[&str]| {
        let first = ["--topic", topic, "--schema-file", "t.avsc", "--register", file];
        env.run_on_stack(&[&first, more].concat())
    };
    run(&mistyped, "t.csv", &[]).expect(4).says("does not exist");
    run(&topic, "other.csv", &[])
        .expect(3)
        .says("other.csv does not fit");
    run(&topic, "t.csv", &unknown_key).expect(2);
    run(&topic, "t.csv", &["--rejects", "nowhere/bad.csv"]).expect(2);
    run(&topic, "t.csv", &["--metrics-file", "nowhere/metrics"]).expect(2);
    run(&topic, "t.csv", &["-b", "127.0.0.1:1"]).expect(4);
    run(&topic, "t.csv", &["--from", "t.csv:99"])
        .expect(2)
        .says("t.csv ends with line ");
    env.write("blank.csv", "symbol,price\n\n");
    run(&topic, "t.csv", &["blank.csv", "--fail-on-empty"])
        .expect(3)
        .says("blank.csv has no rows");
    for topic in [&mistyped, &topic] {
        let (status, _) = ask("GET", &format!("/subjects/{topic}-value/versions"), &Value::Null);
        assert_eq!(status, 404, "{topic}");
    }
    // The plan that two files with the same header share, and that of another file, all get the id.
    env.write("u.csv", TRADES);
    env.write("v.csv", "price,symbol\n2.5,RIO\n");
    run(&topic, "t.csv", &["u.csv", "v.csv"])
        .expect(0)
        .says("t.avsc is registered as version 1 (id ");
    let (_, latest) = ask(
        "GET",
        &format!("/subjects/{topic}-value/versions/latest"),
        &Value::Null,
    );
    assert_eq!(ids(&topic), [latest["id"].as_u64().unwrap(); 3]);
}

#[test]
fn other_schema_languages_are_named() {
    let (env, topic) = topic("languages");
    let subject = format!("{topic}-value");
    let protobuf =
        json!({ "schemaType": "PROTOBUF", "schema": "syntax = \"proto3\"; message A { int32 a = 1; }" });
    let (status, answer) = ask("POST", &format!("/subjects/{subject}/versions"), &protobuf);
    assert_eq!(status, 200, "{answer}");
    load(&env, &topic, &[]).expect(4).says(&format!(
        "subject `{subject}` is a PROTOBUF schema; k2-produce writes Avro"
    ));
    let id = answer["id"].as_u64().unwrap().to_string();
    load(&env, &topic, &["--schema-id", &id])
        .expect(4)
        .says(&format!("schema id {id} is a PROTOBUF schema"));
}

#[test]
fn the_next_address_is_used_if_the_first_is_unreachable() {
    let (env, topic) = topic("addresses");
    register(&format!("{topic}-value"), &schema_named(&topic, ""), &json!([]));
    let urls = format!("http://127.0.0.1:1,{}", stack().registry_url);
    load(&env, &topic, &["-r", &urls]).expect(0);
}

#[test]
fn secrets_come_from_files_or_the_environment_and_are_shown_nowhere() {
    let (env, topic) = topic("secrets");
    register(&format!("{topic}-value"), &schema_named(&topic, ""), &json!([]));
    env.write("token", "tok.en\n");
    env.write("user", "alice:pa:ss\n");
    // Apicurio requires no credentials here and ignores them.
    load(&env, &topic, &["--registry-token-file", "token"]).expect(0);
    let warning =
        "other users of this machine can read the secret in `user`: restrict it with `chmod go-r`\n";
    chmod(&env, "user", 0o644);
    load(&env, &topic, &["--registry-user-file", "user"])
        .expect(0)
        .says(warning);
    chmod(&env, "user", 0o600);
    let done = load(&env, &topic, &["--registry-user-file", "user"]).expect(0);
    assert!(!done.stderr.contains("warning"), "{}", done.stderr);
    env.write("empty", "\n");
    load(&env, &topic, &["--registry-token-file", "empty"])
        .expect(2)
        .says("`empty` does not contain valid credentials for the registry: it is empty");
    load(
        &env,
        &topic,
        &["--registry-token-file", "token", "--registry-user-file", "user"],
    )
    .expect(2);

    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "t.csv"]);
    command
        .env("K2_KAFKA_SCHEMA_REGISTRY_TOKEN", "secret")
        .env("K2_KAFKA_SCHEMA_REGISTRY_USER_INFO", "alice:secret");
    let done = crate::support::done(&mut command).expect(2).says("are both set");
    assert!(!done.stderr.contains("secret") && !done.stderr.contains("alice"));
    command
        .env_remove("K2_KAFKA_SCHEMA_REGISTRY_USER_INFO")
        .env("K2_KAFKA_SCHEMA_REGISTRY_TOKEN", "sec ret");
    let done = crate::support::done(&mut command)
        .expect(2)
        .says("`K2_KAFKA_SCHEMA_REGISTRY_TOKEN` does not contain valid credentials");
    assert!(!done.stderr.contains("sec ret"));

    // An address with a query, and a secret instead of a file name.
    for (arguments, error) in [
        (
            ["-r", "http://h:8081?token=s3cret"],
            "`http://h:8081?***` cannot be the registry's URL",
        ),
        (
            ["--registry-token-file", "s3cret.s3cret.s3cret"],
            "it may be the secret itself",
        ),
        (["--registry-token-file", "s3cret"], "it may be the secret itself"),
        (
            ["--registry-user-file", "alice:s3cret"],
            "it may be the secret itself",
        ),
    ] {
        let done = load(&env, &topic, &arguments).expect(2).says(error);
        assert!(!done.stderr.contains("s3cret"), "{}", done.stderr);
    }

    // There is no server, so nothing is sent; the warning precedes the error.
    load(
        &env,
        &topic,
        &[
            "--registry-token-file",
            "token",
            "--registry-no-proxy",
            "-r",
            "http://registry.invalid",
        ],
    )
    .expect(4)
    .says("warning: the credentials for http://registry.invalid are sent unencrypted");
}

fn chmod(env: &TestEnv, file: &str, mode: u32) {
    std::fs::set_permissions(env.path(file), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_password_on_the_command_line_causes_a_warning() {
    let (env, topic) = topic("password");
    register(&format!("{topic}-value"), &schema_named(&topic, ""), &json!([]));
    let url = stack().registry_url.replace("http://", "http://alice:secret@");
    let warning = "warning: other users of this machine can see the credentials in `-r`: put the address in \
                   `K2_KAFKA_SCHEMA_REGISTRY_URL`, or the credentials in a file for `--registry-user-file`\n";
    let done = load(&env, &topic, &["-r", &url]).expect(0).says(warning);
    assert!(!done.stderr.contains("secret"), "{}", done.stderr);
    let mut command = env.command_on_stack();
    command
        .args(["--topic", &topic, "t.csv"])
        .env("K2_KAFKA_SCHEMA_REGISTRY_URL", &url);
    let done = crate::support::done(&mut command).expect(0);
    assert!(!done.stderr.contains("warning"), "{}", done.stderr);
    // No credentials were given, but they are required.
    load(&env, &topic, &["-r", &closed_registry()])
        .expect(4)
        .says("requires credentials, but none were given (401, 40101: `Unauthorized`)");
}

#[test]
fn files_for_tls_are_read_first() {
    let (env, topic) = topic("tls");
    assert!(!Path::new("/nowhere/ca.pem").exists());
    let tls = ["--registry-ca", "/nowhere/ca.pem"];
    load(&env, &topic, &[&tls[..], &["-r", "https://127.0.0.1:1"]].concat())
        .expect(2)
        .says("`/nowhere/ca.pem` cannot be used for TLS with the registry");
    load(&env, &topic, &["--registry-cert", "x"])
        .expect(2)
        .says("--registry-key");
    register(&format!("{topic}-value"), &schema_named(&topic, ""), &json!([]));
    env.write("ca.pem", "");
    load(&env, &topic, &["--registry-ca", "ca.pem"])
        .expect(0)
        .says("warning: `--registry-ca` and `--registry-cert` have no effect");
}

/// The schema of a price under one subject, and that of an instrument that refers to it under another.
fn referred(topic: &str) -> (String, String) {
    let (price, instrument) = (format!("{topic}.price"), format!("{topic}/instrument"));
    let name = record_of(topic);
    let price_text = format!(
        r#"{{"type":"record","name":"Price_{name}","namespace":"com.k2","fields":[{{"name":"units","type":"long"}}]}}"#
    );
    register(&price, &price_text, &json!([]));
    let instrument_text = format!(
        r#"{{"type":"record","name":"Instrument_{name}","namespace":"com.k2","fields":[
            {{"name":"symbol","type":"string"}},{{"name":"last","type":"com.k2.Price_{name}"}}]}}"#
    );
    let references = json!([{ "name": format!("com.k2.Price_{name}"), "subject": price, "version": 1 }]);
    register(&instrument.replace('/', "%2F"), &instrument_text, &references);
    (price, instrument)
}

fn quote(topic: &str) -> String {
    let name = record_of(topic);
    format!(
        r#"{{"type":"record","name":"Quote_{name}","namespace":"com.k2","fields":[
            {{"name":"instrument","type":"com.k2.Instrument_{name}"}},{{"name":"bid","type":"com.k2.Price_{name}"}}]}}"#
    )
}

const QUOTE: &str = r#"{"instrument":{"symbol":"BHP","last":{"units":7}},"bid":{"units":8}}"#;

#[test]
fn references_are_followed_across_subjects_and_java_reads_the_rows() {
    let (env, topic) = topic("references");
    let (price, instrument) = referred(&topic);
    let (subject, name) = (format!("{topic}-value"), record_of(&topic));
    env.write("q.jsonl", QUOTE);
    env.write("quote.avsc", quote(&topic));
    let of = |subject: &str, kind: &str| format!("com.k2.{kind}_{name}={subject}:1");
    let (price, instrument) = (of(&price, "Price"), of(&instrument, "Instrument"));
    let references = ["--schema-reference", &price, "--schema-reference", &instrument];
    let run = |arguments: &[&str]| env.run_on_stack(&[&["--topic", &topic, "q.jsonl"], arguments].concat());
    // Without its references the file is not a schema.
    run(&["--schema-file", "quote.avsc"])
        .expect(2)
        .says("quote.avsc")
        .says("hint: name the schemas that it refers to with `--schema-reference");
    let with = |more: &[&'static str]| [&["--schema-file", "quote.avsc"], &references[..], more].concat();
    run(&with(&["--dry-run"])).expect(0).says("1 row: 1 fit");
    run(&with(&[])).expect(4).says("is not registered under subject");
    let first = run(&with(&["--register"])).expect(0);
    let first = first.says("quote.avsc is registered as version 1 (id ");
    run(&with(&[]))
        .expect(0)
        .says(&format!("{subject} version 1 (id "));
    // A registered schema is fetched with all its references.
    run(&[]).expect(0).says(&format!("{subject} version 1 (id "));
    let id = first
        .stderr
        .split("(id ")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap();
    run(&["--schema-id", id])
        .expect(0)
        .says(&format!("{subject} version 1 (id {id})"));
    let records = stack().dump(&topic);
    assert_eq!(records.len(), 4);
    let expected: Value = serde_json::from_str(QUOTE).unwrap();
    for record in &records {
        assert_eq!(record["value"], expected, "{record}");
    }
}

#[test]
fn a_check_that_the_registry_can_only_make_at_registration_is_left_to_it() {
    let (env, topic) = topic("unknown");
    let (price, instrument) = referred(&topic);
    let (subject, name) = (format!("{topic}-value"), record_of(&topic));
    let of = |subject: &str, kind: &str| format!("com.k2.{kind}_{name}={subject}:1");
    let (price, instrument) = (of(&price, "Price"), of(&instrument, "Instrument"));
    let references = ["--schema-reference", &price, "--schema-reference", &instrument];
    env.write("quote.avsc", quote(&topic));
    let run = |what: &str, file: &str| {
        env.run_on_stack(&[&["schema", what, file, "--topic", &topic], &references[..]].concat())
    };
    run("register", "quote.avsc").expect(0);
    stack().set_compatibility(&subject, "BACKWARD");
    let more = r#"{"name":"ask","type":"long"}]}"#;
    env.write("bad.avsc", quote(&topic).replace("]}", &format!(",{more}")));
    // Apicurio cannot compare a schema with references before it is registered.
    let unknown = run("compat", "bad.avsc").expect(4);
    let words = format!(
        "the registry cannot check in advance whether bad.avsc is compatible with {subject} (BACKWARD)"
    );
    assert!(unknown.stdout.starts_with(&words), "{}", unknown.stdout);
    run("register", "bad.avsc")
        .expect(4)
        .says(&words)
        .says(&format!(
            "rejects the schema: it is incompatible with earlier versions of `{subject}` (409"
        ))
        .says("ask at /fields/2");
}
