//! An exactly-once load that is forgotten while a run of it is at work.

use std::collections::HashMap;
use std::process::Stdio;

use crate::kafka::proxied;
use crate::support::{TestEnv, done};

const ROWS: u64 = 400_000;

#[test]
fn a_run_of_a_forgotten_load_ends_and_the_next_run_sends_each_row_once() {
    let stack = proxied();
    let env = TestEnv::new();
    env.generate("trades.jsonl", "trade_v2", "jsonl", ROWS);
    let topic = stack.topic("forgotten", 3, "schemas/trade_v2.avsc");
    let arguments = [
        "--topic",
        &topic,
        "--exactly-once",
        "--commit-rows",
        "20000",
        "trades.jsonl",
    ];
    let mut command = env.command_on(&stack);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let running = command.spawn().unwrap();
    stack.await_records(&topic, 50_000);
    let name = format!("{topic}/trades.jsonl");
    done(env.command_on(&stack).args(["loads", "forget", "--yes", &name]))
        .expect(0)
        .says("is forgotten");
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(matches!(ended.status.code(), Some(4 | 5)), "{said}");
    // It finds that the load was forgotten, or has been fenced too often.
    let reasons = ["`k2-produce loads forget`", "rows could not be committed"];
    assert!(reasons.iter().any(|reason| said.contains(reason)), "{said}");
    // Nothing of it is left, and nothing of it comes later.
    done(env.command_on(&stack).args(["loads", "show", &name]))
        .expect(2)
        .says("there is no load");
    let before = committed(&stack, &topic);
    let read: u64 = before.values().sum();
    assert!(
        read > 0 && read < ROWS && before.values().all(|times| *times == 1),
        "{read}"
    );
    done(env.command_on(&stack).args(arguments)).expect(0);
    let after = committed(&stack, &topic);
    assert_eq!(after.len() as u64, ROWS);
    for (number, times) in after {
        assert_eq!(
            times,
            1 + before.get(&number).copied().unwrap_or(0),
            "row {number}"
        );
    }
}

/// How often a reader of committed messages sees each row.
fn committed(stack: &crate::support::stack::Stack, topic: &str) -> HashMap<u64, u64> {
    let mut times = HashMap::new();
    stack.see_each(topic, |record| {
        let number = record["value"]["platform_sequence"].as_u64().unwrap();
        *times.entry(number).or_default() += 1;
    });
    times
}
