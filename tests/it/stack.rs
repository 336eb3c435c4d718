//! The stack as `make stack` starts it for people.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{TestEnv, fixture, repository};

#[test]
fn people_get_two_lines_to_paste_and_no_internals() {
    let env = TestEnv::new();
    let mut stack = Command::new(repository("tests/stack/run"))
        .args([
            "--until-interrupted",
            "--topic",
            "market.trades.raw",
            "--schema-file",
        ])
        .arg(fixture("schemas/trade.avsc"))
        .stdin(Stdio::null())
        .stdout(File::create(env.path("out")).unwrap())
        .stderr(File::create(env.path("err")).unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while env.read("out").lines().count() < 2 && begun.elapsed() < Duration::from_secs(90) {
        std::thread::sleep(Duration::from_millis(100));
    }
    kill_process(Pid::from_child(&stack), Signal::INT).unwrap();
    assert_eq!(stack.wait().unwrap().code(), Some(130), "{}", env.read("err"));
    let (out, err) = (env.read("out"), env.read("err"));
    let [broker, registry] = out.lines().collect::<Vec<_>>()[..] else {
        panic!("not two lines:\n{out}\n{err}")
    };
    assert!(
        broker.starts_with("export K2_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:"),
        "{broker}"
    );
    assert!(
        registry.starts_with("export K2_KAFKA_SCHEMA_REGISTRY_URL=http://127.0.0.1:"),
        "{registry}"
    );
    for internal in ["\u{1b}", "{", "K2_TEST_", "ready"] {
        assert!(!err.contains(internal), "{internal:?} in\n{err}");
    }
}
