//! A network, or a broker, that is slow: loads take longer and lose nothing.

use std::time::{Duration, Instant};

use crate::kafka::proxied;
use crate::load::Load;
use crate::proxy::{Conditions, Delay};

#[test]
fn a_network_with_varying_delays_and_tiny_packets_loses_nothing() {
    let kafka = proxied();
    kafka.proxy.link.set(Conditions {
        delay: Some(Delay {
            least: Duration::from_millis(20),
            jitter: Duration::from_millis(100),
        }),
        slice: Some(1),
        ..Conditions::default()
    });
    let mut load = Load::start(&kafka, 3_000, 3, &[]);
    load.feed(3_000);
    load.end().expect_every_row_once(&kafka);
    let affected = kafka.proxy.link.affected();
    assert!(
        affected.delayed > 10 && affected.sliced == affected.delayed,
        "{affected:?}"
    );
}

#[test]
fn a_slow_network_loses_nothing() {
    let kafka = proxied();
    kafka.proxy.link.set(Conditions {
        bytes_per_second: Some(100_000),
        ..Conditions::default()
    });
    let mut load = Load::start(&kafka, 5_000, 3, &["-X", "socket.timeout.ms=10000"]);
    load.feed(5_000);
    let started = Instant::now();
    load.end().expect_every_row_once(&kafka);
    assert!(
        started.elapsed() > Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert!(kafka.proxy.link.affected().slowed > 10);
}

#[test]
fn a_quota_of_the_broker_slows_a_load_and_loses_nothing() {
    let kafka = proxied();
    kafka.witness(&[
        "set-quota",
        "--client-id",
        "limited",
        "--bytes-per-second",
        "100000",
    ]);
    let mut load = Load::start(&kafka, 40_000, 3, &["-X", "client.id=limited"]);
    load.feed(40_000);
    let started = Instant::now();
    load.end().expect_every_row_once(&kafka);
    // Without the quota it takes less than a second.
    assert!(
        started.elapsed() > Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}
