//! What is done to a load while it runs, by tests that break a stack of their own: `make test-faults` runs them one by
//! one. Each starts a Kafka and a registry for itself ([`support::stack::OwnStack`]), and no other test sees its faults.

#[path = "../support/mod.rs"]
mod support;

mod frozen_broker;
mod second_signal;
