//! Faults during a load. The tests share a Kafka and a registry where their faults allow it ([`kafka`]), and run one by
//! one (`make test-faults`).

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "unit tests use the rest of this module")]
#[path = "../../src/test_certificates.rs"]
mod certificates;

mod at_random;
mod atomic;
mod brokers;
mod changed_topic;
mod exactly_once;
mod exactly_once_forgotten;
mod frozen_broker;
mod interrupted_network;
mod kafka;
mod killed_load;
mod load;
mod lost_connection;
mod proxy;
mod restarted_broker;
mod rights;
mod second_signal;
mod slow_network;
mod tls_and_passwords;
mod tls_and_rights;
mod tls_and_secrets;
