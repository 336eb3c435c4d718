//! A topic that is changed or deleted while rows are sent.

use crate::kafka::proxied;
use crate::load::{Ended, Load};

/// Loads 2,000 rows, changes the topic, loads 2,000 more, and returns the end of the load.
fn load_while(partitions: u32, change: &[&str], options: &[&str]) -> Ended {
    let kafka = proxied();
    let mut load = Load::start(&kafka, 4_000, partitions, options);
    load.feed_and_await(2_000, &kafka);
    let topic = load.topic().to_owned();
    let (command, settings) = change.split_first().unwrap();
    kafka.witness(&[&[command, "--topic", &topic], settings].concat());
    load.feed(2_000);
    load.end()
}

#[test]
fn partitions_that_are_added_do_not_separate_the_rows_of_a_key() {
    let ended = load_while(2, &["alter-topic", "--partitions", "5"], &[]);
    assert_eq!(ended.count("delivered"), 4_000, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("had 2 partitions when the run began and now has 5"),
        "{}",
        ended.stderr
    );
    ended.expect_true_counts(&proxied());
}

#[test]
fn a_size_limit_that_is_lowered_ends_the_load_without_a_gap() {
    let ended = load_while(1, &["alter-topic", "--set", "max.message.bytes=3000"], &[]);
    assert_eq!(ended.status, Some(5), "{}", ended.stderr);
    assert_eq!(ended.count("delivered"), 2_000, "{}", ended.stderr);
    assert_eq!(
        ended.count("unknown"),
        0,
        "the broker refused them: {}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("MSG_SIZE_TOO_LARGE") && ended.stderr.contains("`max.message.bytes`"),
        "{}",
        ended.stderr
    );
    ended.expect_true_counts(&proxied());
}

#[test]
fn rows_after_the_deletion_of_the_topic_do_not_recreate_it() {
    let ended = load_while(1, &["delete-topic"], &["-X", "message.timeout.ms=5000"]);
    assert_eq!(ended.status, Some(5), "{}", ended.stderr);
    assert!(!ended.stderr.contains("are on the topic"), "{}", ended.stderr);
    assert_eq!(ended.summary["balanced"], true);
    assert_eq!(ended.count("delivered"), 2_000, "{}", ended.stderr);
    let error = ended.summary["errors"].to_string();
    assert!(error.contains("does not exist"), "{error}");
    let kafka = proxied();
    let described = std::panic::catch_unwind(|| kafka.witness(&["describe-topic", "--topic", ended.topic()]));
    assert!(described.is_err(), "the topic exists again");
}
