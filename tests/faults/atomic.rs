//! Loads in one transaction that are killed, run twice at once, or cut off while they commit.

use std::time::{Duration, Instant};

use crate::exactly_once::{Load, ROWS, expect_each_row_once, next};
use crate::kafka::proxied;
use crate::proxy::{Api, Fault, Turn};

#[test]
fn an_atomic_load_that_is_killed_again_and_again_has_each_row_once() {
    let stack = proxied();
    let arguments = ["--atomic", "--exactly-once", "trades.jsonl"];
    let (mut seed, mut kills, mut aborted) = (11, 0, 0);
    // A load that is complete before its first kill shows nothing, so there may be several.
    while kills < 4 || aborted == 0 {
        let load = Load::new(&stack, "atomic-killed");
        loop {
            let mut child = load.start_with(&arguments);
            let deadline = Instant::now() + Duration::from_millis(100 + next(&mut seed) % 900);
            while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(2));
            }
            if child.try_wait().unwrap().is_none() && kills < 8 {
                child.kill().unwrap();
                kills += 1;
                child.wait().unwrap();
                continue;
            }
            let (status, words) = load.end(child);
            assert_eq!(status, 0, "{words}");
            break;
        }
        // The rows of the runs that were killed are there, and were aborted.
        aborted += stack.records(&load.topic).saturating_sub(ROWS + 1_000);
        expect_each_row_once(&stack, &load.topic);
        assert!(kills < 8 || aborted > 0, "{kills} kills");
    }
    println!("{kills} kills");
}

#[test]
fn an_atomic_load_that_was_killed_hides_nothing_from_readers_once_it_is_run_again() {
    let stack = proxied();
    let load = Load::new(&stack, "atomic-again");
    let arguments = ["--atomic", "trades.jsonl"];
    let mut child = load.start_with(&arguments);
    stack.await_records(&load.topic, 30_000);
    child.kill().unwrap();
    child.wait().unwrap();
    let start = Instant::now();
    let child = load.start_with(&arguments);
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    expect_each_row_once(&stack, &load.topic);
    // Otherwise the transaction would be open for 15 minutes.
    assert!(start.elapsed() < Duration::from_secs(60));
}

/// Loads while the request to commit the rows is hit by a fault; the one before commits a checkpoint without rows.
fn with_a_fault_at_the_commit(mode: &[&str], fault: Fault) {
    let stack = proxied();
    let load = Load::new(&stack, "atomic-end-txn");
    let order = stack.proxy.order(Api::END_TXN, Turn::Nth(2), fault);
    let child = load.start_with(&[mode, &["--atomic", "-X", "socket.timeout.ms=1500"]].concat());
    let (status, words) = load.end(child);
    assert_eq!(status, 0, "{words}");
    assert_eq!(order.hits().len(), 1, "{order:?}");
    expect_each_row_once(&stack, &load.topic);
}

#[test]
fn a_commit_of_all_rows_without_a_response_is_decided_by_the_checkpoint() {
    with_a_fault_at_the_commit(&["trades.jsonl"], Fault::SwallowResponse);
    with_a_fault_at_the_commit(&["trades.jsonl", "--exactly-once"], Fault::CutAtResponse);
}

#[test]
fn a_commit_of_all_rows_that_never_arrived_is_repeated() {
    with_a_fault_at_the_commit(&["trades.jsonl"], Fault::CutBefore);
}

#[test]
fn of_two_atomic_runs_at_once_one_ends_and_each_row_is_there_once() {
    let stack = proxied();
    let load = Load::new(&stack, "atomic-twice");
    let arguments = ["--atomic", "--if-empty", "trades.jsonl"];
    let first = load.start_with(&arguments);
    stack.await_records(&load.topic, 30_000);
    let second = load.start_with(&arguments);
    let mut ended = [load.end(first), load.end(second)];
    ended.sort_by_key(|(status, words)| (*status, words.contains("is not empty")));
    let [(succeeded, words), (other, why)] = &ended;
    assert_eq!(*succeeded, 0, "{words}\n{why}");
    match other {
        // It began to look only after the other one had committed.
        0 => assert!(why.contains("is not empty"), "{why}"),
        _ => {
            assert_eq!(*other, 4, "{why}");
            assert!(why.contains("another run of load"), "{why}");
            assert!(why.contains("no row of this run is committed"), "{why}");
            assert!(why.contains(" 0 delivered"), "{why}");
        }
    }
    expect_each_row_once(&stack, &load.topic);
}

#[test]
fn runs_that_start_at_the_same_moment_do_not_fence_each_other_for_ever() {
    let stack = proxied();
    let load = Load::new(&stack, "atomic-together");
    let arguments = ["--atomic", "--exactly-once", "--if-empty", "trades.jsonl"];
    let start = Instant::now();
    let children = [(); 3].map(|()| load.start_with(&arguments));
    let ended = children.map(|child| load.end(child));
    let succeeded = ended.iter().filter(|(status, _)| *status == 0).count();
    assert!(succeeded >= 1, "{ended:?}");
    assert!(
        ended.iter().all(|(status, _)| [0, 4].contains(status)),
        "{ended:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(60));
    expect_each_row_once(&stack, &load.topic);
}
