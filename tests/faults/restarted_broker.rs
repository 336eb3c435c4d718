//! A broker that stops for a while or is killed.

use std::time::Duration;

use crate::kafka::proxied;
use crate::load::Load;

#[test]
fn a_broker_that_freezes_for_ten_seconds_loses_nothing() {
    let kafka = proxied();
    let mut load = Load::start(&kafka, 10_000, 3, &[]);
    load.feed_and_await(5_000, &kafka);
    kafka.signal_broker("-STOP");
    load.feed(5_000);
    std::thread::sleep(Duration::from_secs(10));
    kafka.signal_broker("-CONT");
    load.end().expect_every_row_once(&kafka);
}

#[test]
fn a_broker_that_is_killed_and_restarted_during_a_load_loses_nothing() {
    let kafka = proxied();
    let mut load = Load::start(&kafka, 40_000, 3, &[]);
    load.feed_and_await(5_000, &kafka);
    // While rows are being written.
    load.feed(30_000);
    kafka.await_records(load.topic(), 6_000);
    kafka.signal_broker("-KILL");
    load.feed(5_000);
    kafka.start_again(1);
    load.end().expect_every_row_once(&kafka);
}
