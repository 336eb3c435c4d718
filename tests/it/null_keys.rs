//! Messages without keys: compacted topics, and the order of rows.

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture, unique};

/// A topic with these settings and rows of one number.
fn topic_of_numbers(prefix: &str, settings: &[&str]) -> String {
    let topic = unique(prefix);
    stack().create_topic(&topic, 3, settings);
    let schema = r#"{"type": "record", "name": "Number", "fields": [{"name": "n", "type": "long"}]}"#;
    stack().register(&format!("{topic}-value"), schema);
    topic
}

#[test]
fn a_compacted_topic_refuses_a_run_without_keys_before_its_first_row() {
    let env = TestEnv::new();
    env.write("n.csv", "n\n1\n2\n");
    let topic = topic_of_numbers("compacted", &["cleanup.policy=compact,delete"]);
    for no_key in [&[][..], &["--no-key"]] {
        let arguments = [&["--topic", &topic, "n.csv", "--rejects", "bad.csv"], no_key].concat();
        env.run_on_stack(&arguments)
            .expect(2)
            .says("`cleanup.policy`")
            .says("`--key FIELD`");
        assert!(!env.path("bad.csv").exists());
    }
    env.run_on_stack(&["--topic", &topic, "n.csv", "--key", "n"])
        .expect(0)
        .says("of the rows with the same key it keeps only the last");
    assert_eq!(stack().dump(&topic).len(), 2);
}

#[test]
fn a_warning_says_that_the_order_is_not_kept_without_a_key_unless_accepted() {
    let env = TestEnv::new();
    env.write("n.csv", "n\n1\n2\n");
    let topic = topic_of_numbers("keyless", &[]);
    let run = |arguments: &[&str]| {
        let first = ["--topic", &topic, "--quiet", "n.csv"];
        env.run_on_stack(&[&first[..], arguments].concat())
            .expect(0)
            .stderr
    };
    let warning = run(&[]);
    assert!(
        warning.starts_with("warning: ")
            && warning.contains("the order of rows is not kept across 3 partitions"),
        "{warning}"
    );
    assert!(run(&["--dry-run"]).contains("order of rows is not kept"));
    let check = ["schema", "check", "--topic", &topic, "--quiet", "n.csv"];
    let done = env.run_on_stack(&check).expect(0);
    assert_eq!(done.stderr, "", "a check sends nothing");
    for accepted in [&["--no-key"][..], &["--key", "n"]] {
        assert_eq!(run(accepted), "");
    }
    // Trades have a field `symbol`.
    let trades = stack().topic("keyed", 3, "schemas/trade.avsc");
    let done = env.run_on_stack(&["--topic", &trades, "--quiet", &fixture("trades/trades.csv")]);
    assert_eq!(done.expect(0).stderr, "");
}
