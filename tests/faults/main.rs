//! Faults during a load. Each test starts its own Kafka and registry ([`support::stack::OwnStack`]), so that its faults
//! do not affect other tests. `make test-faults` runs the tests one by one.

#[path = "../support/mod.rs"]
mod support;

mod exactly_once;
mod frozen_broker;
mod second_signal;
