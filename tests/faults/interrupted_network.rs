//! A network through which nothing passes for a while.

use std::time::Duration;

use crate::kafka::proxied;
use crate::load::Load;

#[test]
fn an_interruption_shorter_than_the_time_limit_of_messages_loses_nothing() {
    let kafka = proxied();
    let mut load = Load::start(&kafka, 10_000, 3, &["-X", "socket.timeout.ms=2000"]);
    load.feed_and_await(5_000, &kafka);
    kafka.proxy.link.close();
    load.feed(5_000);
    // The client gives the connection up and opens others.
    std::thread::sleep(Duration::from_secs(5));
    kafka.proxy.link.open();
    load.end().expect_every_row_once(&kafka);
    assert!(kafka.proxy.link.affected().stopped > 0);
}

#[test]
fn an_interruption_longer_than_the_time_limit_of_messages_ends_the_load_without_a_gap() {
    let kafka = proxied();
    let limits = ["-X", "message.timeout.ms=3000", "-X", "socket.timeout.ms=1500"];
    let mut load = Load::start(&kafka, 15_000, 3, &limits);
    load.feed_and_await(5_000, &kafka);
    kafka.proxy.link.close();
    load.feed(5_000);
    std::thread::sleep(Duration::from_secs(6));
    kafka.proxy.link.open();
    // Rows that come after the gap.
    load.feed(5_000);
    let ended = load.end();
    assert_eq!(ended.status, Some(5), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error: delivery failed"),
        "{}",
        ended.stderr
    );
    assert!(ended.count("delivered") >= 5_000, "{}", ended.stderr);
    assert!(ended.count("unknown") > 0, "they were sent: {}", ended.stderr);
    assert!(kafka.proxy.link.affected().stopped > 0);
    // What was held back arrives now.
    std::thread::sleep(Duration::from_secs(1));
    ended.expect_true_counts(&kafka);
}
