//! Connections that end, and responses that are lost, while rows are sent.

use std::time::Duration;

use crate::kafka::proxied;
use crate::load::Load;
use crate::proxy::{Api, Fault, Turn};

const ROWS: u64 = 20_000;

/// Loads while every seventh request is hit by a fault.
fn every_seventh_request(fault: Fault) {
    let kafka = proxied();
    let order = kafka.proxy.order(Api::PRODUCE, Turn::Every(7), fault);
    // By default the client waits longer after each connection that was lost soon, up to 10 s.
    let mut load = Load::start(&kafka, ROWS, 3, &["-X", "reconnect.backoff.max.ms=200"]);
    load.feed(ROWS as usize);
    load.end().expect_every_row_once(&kafka);
    assert!(order.hits().len() >= 3, "{order:?}");
}

#[test]
fn a_connection_that_is_cut_before_a_request_loses_nothing() {
    every_seventh_request(Fault::CutBefore);
}

#[test]
fn a_connection_that_is_cut_within_a_request_loses_nothing() {
    every_seventh_request(Fault::CutWithin);
}

#[test]
fn rows_that_were_written_without_a_response_are_not_written_twice() {
    every_seventh_request(Fault::CutAfter);
}

#[test]
fn rows_with_a_response_that_was_cut_off_are_not_written_twice() {
    every_seventh_request(Fault::CutAtResponse);
}

#[test]
fn a_lost_response_is_waited_for_and_its_rows_are_not_written_twice() {
    let kafka = proxied();
    let order = kafka
        .proxy
        .order(Api::PRODUCE, Turn::Nth(5), Fault::SwallowResponse);
    let mut load = Load::start(&kafka, ROWS, 3, &["-X", "socket.timeout.ms=1500"]);
    load.feed(ROWS as usize);
    load.end().expect_every_row_once(&kafka);
    assert_eq!(order.hits().len(), 1);
}

#[test]
fn a_request_that_arrives_after_its_repetition_is_not_written_again() {
    let kafka = proxied();
    let order = kafka.proxy.order(Api::PRODUCE, Turn::Nth(5), Fault::Hold);
    let mut load = Load::start(&kafka, ROWS, 3, &["-X", "socket.timeout.ms=1500"]);
    load.feed(ROWS as usize / 2);
    order.await_hit();
    // The client waits for the response, and then sends the rows again on another connection.
    kafka.await_records(load.topic(), ROWS / 2);
    order.release();
    order.await_late_answer();
    load.feed(ROWS as usize / 2);
    load.end().expect_every_row_once(&kafka);
}

#[test]
fn connections_that_are_cut_before_the_first_row_do_not_stop_a_load() {
    let kafka = proxied();
    let metadata = kafka
        .proxy
        .order(Api::METADATA, Turn::Nth(1), Fault::CutAtResponse);
    let id = kafka
        .proxy
        .order(Api::INIT_PRODUCER_ID, Turn::Nth(1), Fault::CutAtResponse);
    let mut load = Load::start(&kafka, 1_000, 1, &[]);
    load.feed(1_000);
    load.end().expect_every_row_once(&kafka);
    assert_eq!((metadata.hits().len(), id.hits().len()), (1, 1));
}

#[test]
fn every_request_of_a_load_passes_the_proxy() {
    let kafka = proxied();
    let mut load = Load::start(&kafka, 1_000, 1, &[]);
    load.feed_and_await(500, &kafka);
    kafka.proxy.link.close();
    load.feed(500);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(
        kafka.dump(load.topic()).len(),
        500,
        "nothing goes around the proxy"
    );
    kafka.proxy.link.open();
    load.end().expect_every_row_once(&kafka);
    assert!(kafka.proxy.requests(Api::PRODUCE) >= 2);
}
