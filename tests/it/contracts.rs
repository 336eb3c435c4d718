//! Data contracts: rules that a registry requires writers to apply, and tags.

use serde_json::{Value, json};

use crate::support::{TestEnv, scripted_registry};

const SCHEMA: &str = r#"{"type":"record","name":"Person","fields":[
    {"name":"name","type":"string"},{"name":"ssn","type":"string","confluent:tags":["PII"]}]}"#;

fn rules() -> Value {
    json!({
        "domainRules": [
            {"name": "encryptPII", "kind": "TRANSFORM", "type": "ENCRYPT", "mode": "WRITEREAD", "tags": ["PII"],
             "params": {"encrypt.kek.name": "k"}},
            {"name": "named", "kind": "CONDITION", "type": "CEL", "mode": "WRITE", "expr": "size(message.name) > 0"},
            {"name": "mask", "kind": "TRANSFORM", "type": "CEL_FIELD", "mode": "READ"},
        ],
    })
}

/// A registry that has the schema with these rules as version 3 of `people-value`.
fn registry(rule_set: &Value) -> String {
    let version = json!({
        "subject": "people-value", "version": 3, "id": 7, "schema": SCHEMA, "ruleSet": rule_set,
        "metadata": {"tags": {"Person.name": ["PUBLIC"]}},
    });
    scripted_registry(vec![
        (
            "/subjects/people-value/versions/latest".to_owned(),
            version.clone(),
        ),
        ("/subjects/people-value/versions/3".to_owned(), version.clone()),
        ("/subjects/people-value".to_owned(), version.clone()),
        ("/schemas/ids/7".to_owned(), version),
        (
            "/schemas/ids/7/versions".to_owned(),
            json!([{"subject": "people-value", "version": 3}]),
        ),
    ])
}

fn people() -> TestEnv {
    let env = TestEnv::new();
    env.write("p.csv", "name,ssn\nann,1\n");
    env.write("p.avsc", SCHEMA);
    env
}

#[test]
fn a_schema_with_write_rules_is_refused() {
    let (env, url) = (people(), registry(&rules()));
    let run = |more: &[&str]| env.run(&[&["--topic", "people", "-r", &url, "p.csv"], more].concat());
    let check = |more: &[&str]| {
        env.run(
            &[
                &["schema", "check", "--topic", "people", "-r", &url, "p.csv"],
                more,
            ]
            .concat(),
        )
    };
    let refused = "error: people-value version 3 has write rules, which k2-produce does not apply: `encryptPII` \
                   (ENCRYPT, fields tagged PII), `named` (CEL); nothing is published\n";
    for arguments in [
        &[][..],
        &["--dry-run"],
        &["--schema-id", "7"],
        &["--schema-file", "p.avsc"],
        &["--schema-file", "p.avsc", "--register"],
        &[
            "--key-schema=people-value",
            "--schema-file",
            "p.avsc",
            "--dry-run",
        ],
    ] {
        run(arguments).expect(4).says(refused).says("`--ignore-rules`");
    }
    check(&[]).expect(4).says(refused);
    let ignored = "warning: people-value version 3 has write rules, which are ignored: `encryptPII` (ENCRYPT, \
                   fields tagged PII), `named` (CEL)\n";
    run(&["--dry-run", "--ignore-rules"])
        .expect(0)
        .says(ignored)
        .says("1 row: 1 fit");
    check(&["--ignore-rules"]).expect(0).says(ignored);
}

#[test]
fn read_rules_and_disabled_rules_are_ignored() {
    let others = json!({
        "domainRules": [
            {"name": "mask", "type": "CEL_FIELD", "mode": "READ"},
            {"name": "off", "type": "CEL", "mode": "WRITE", "disabled": true},
        ],
        "migrationRules": [{"name": "up", "type": "JSONATA", "mode": "UPGRADE"}],
    });
    for rule_set in [others, Value::Null] {
        let (env, url) = (people(), registry(&rule_set));
        let done = env
            .run(&["--topic", "people", "-r", &url, "--dry-run", "p.csv"])
            .expect(0);
        assert!(!done.stderr.contains("rule"), "{}", done.stderr);
    }
}

#[test]
fn rules_in_a_list_that_is_not_known_are_for_writing() {
    let rule_set = json!({"signingRules": [{"name": "sign", "type": "JWS", "mode": "READ"}]});
    let (env, url) = (people(), registry(&rule_set));
    let run =
        |more: &[&str]| env.run(&[&["--topic", "people", "-r", &url, "--dry-run", "p.csv"], more].concat());
    let rule = "`sign` (JWS, in the unknown list `signingRules`)";
    run(&[]).expect(4).says(&format!(
        "error: people-value version 3 has write rules, which k2-produce does not apply: {rule}; nothing is published\n"
    ));
    run(&["--ignore-rules"]).expect(0).says(&format!(
        "warning: people-value version 3 has write rules, which are ignored: {rule}\n"
    ));
}

#[test]
fn a_rule_set_that_is_a_list_counts_as_write_rules() {
    let rule_set = json!([{"name": "sign", "type": "JWS", "mode": "READ"}]);
    let (env, url) = (people(), registry(&rule_set));
    env.run(&["--topic", "people", "-r", &url, "--dry-run", "p.csv"])
        .expect(4)
        .says(
            "error: people-value version 3 has write rules, which k2-produce does not apply: `sign` (JWS, in the \
             unknown list `ruleSet`); nothing is published\n",
        );
}

#[test]
fn a_schema_that_would_inherit_rules_is_not_registered() {
    let (env, url) = (people(), registry(&rules()));
    env.write(
        "new.avsc",
        SCHEMA.replace(
            r#""fields":["#,
            r#""fields":[{"name":"age","type":"int","default":0},"#,
        ),
    );
    // The new version would inherit the rules of the latest one.
    env.run(&[
        "--topic",
        "people",
        "-r",
        &url,
        "--schema-file",
        "new.avsc",
        "--register",
        "p.csv",
    ])
    .expect(4)
    .says("error: people-value has write rules, which k2-produce does not apply: `encryptPII`");
}

#[test]
fn rules_and_tags_are_shown() {
    let (env, url) = (people(), registry(&rules()));
    let show = |more: &[&str]| {
        env.run(&[&["schema", "show", "--topic", "people", "-r", &url], more].concat())
            .expect(0)
    };
    let shown = show(&[]).stdout;
    for line in [
        "\nrules, which k2-produce does not apply:\n",
        "\n  encryptPII  ENCRYPT    WRITEREAD  fields tagged PII\n",
        "\n  mask        CEL_FIELD  READ\n",
        "\ntags:\n",
        "\n  Person.name  PUBLIC\n",
        "\n  Person.ssn   PII\n",
    ] {
        assert!(shown.contains(line), "no `{line}` in\n{shown}");
    }
    let json = show(&["--json"]).json();
    assert_eq!(
        json["rules"][0],
        json!({"name": "encryptPII", "type": "ENCRYPT", "mode": "WRITEREAD", "tags": ["PII"], "disabled": false})
    );
    assert_eq!(
        json["tags"],
        json!({"Person.name": ["PUBLIC"], "Person.ssn": ["PII"]})
    );
}
