//! A registry of a newer generation than the stack's (Apicurio 3), started by the first test that needs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::repository;

/// The running registry.
pub(crate) struct SecondRegistry {
    /// Its address without a path.
    pub url: String,
    /// Its standard input stays open as long as this process lives, so the registry ends with this process, for any
    /// reason.
    _process: Child,
}

/// The registry, shared by all tests.
pub(crate) fn second_registry() -> &'static SecondRegistry {
    static REGISTRY: OnceLock<Option<SecondRegistry>> = OnceLock::new();
    let started = REGISTRY.get_or_init(|| std::panic::catch_unwind(start).ok());
    started
        .as_ref()
        .expect("the second registry could not be started")
}

fn start() -> SecondRegistry {
    let mut process = Command::new(repository("tests/stack/second-registry"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("tests/stack/second-registry starts");
    let output = process.stdout.take().expect("its output is piped");
    let lines: Vec<String> = BufReader::new(output)
        .lines()
        .map(|line| line.expect("it prints UTF-8"))
        .collect();
    let [url, ready] = &lines[..] else {
        panic!("tests/stack/second-registry printed {lines:?}");
    };
    assert_eq!(ready, "ready");
    SecondRegistry {
        url: url.clone(),
        _process: process,
    }
}
