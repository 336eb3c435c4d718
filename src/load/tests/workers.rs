//! Panics in threads of a load onto the embedded broker: the run fails, and its counts agree with the topic.

use std::path::Path;

use super::good_rows::{Listener, TEXT, load_of, planned, producer};
use super::*;
use crate::sandbox::Sandbox;

/// Five blocks.
const ROWS: u64 = 12_000;

/// A load of the file onto the sandbox's topic.
fn load(sandbox: &Sandbox, folder: &Path) -> Run {
    let sink = Sink::Kafka(Box::new(producer(sandbox.bootstrap_servers())));
    load_of(planned(folder, "t.csv", ROWS), sink)
}

/// Fails unless the run failed because of this worker and its counts agree with the topic.
#[track_caller]
fn assert_failed(done: &RunOutcome, sandbox: &Sandbox, worker: Worker) {
    let Some(Stop::Worker(WorkerFailure::Panicked { worker: of, message })) = &done.stop else {
        panic!("{:?}", done.stop);
    };
    assert!(
        *of == worker && message.contains("deliberate"),
        "{of:?} {message}"
    );
    let counts = done.counts;
    assert!(counts.read < ROWS, "{counts:?}");
    assert_eq!((counts.delivered, done.imbalance), (counts.read, None));
    let partitions = sandbox.arrived(0).unwrap().partitions;
    let arrived: i64 = partitions.iter().map(|marks| marks.high - marks.low).sum();
    assert_eq!(arrived as u64, counts.delivered);
    let next = done.next.map(|next| next.position.row);
    assert_eq!(next, Some(counts.read), "everything before it is on the topic");
}

#[test]
fn a_panic_in_the_reading_thread_fails_the_run_with_correct_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let read = |inputs: Vec<PlannedInput>, dealer: &mut Dealer| {
        let input = inputs.into_iter().next().unwrap().input;
        let mut reader = input.into_reader().unwrap();
        for _ in 0..3 {
            assert!(dealer.deal_block(InputNumber::new(0), reader.next_block().unwrap().unwrap(), None));
        }
        panic!("deliberate")
    };
    let run = load(&sandbox, folder.path());
    let done = run_with(run, &mut Listener::new(|_| ()), read, stages::encoder);
    assert!(done.counts.read > 5_000);
    assert_failed(&done, &sandbox, Worker::Reading);
}

#[test]
fn a_panic_in_an_encoder_thread_fails_the_run_with_correct_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let encoder = |plans, settings| {
        let mut encode = stages::encoder(plans, settings);
        move |input, block: Block| {
            assert!(block.start.line < 5_000, "deliberate");
            encode(input, block)
        }
    };
    let run = load(&sandbox, folder.path());
    let done = run_with(run, &mut Listener::new(|_| ()), stages::read, encoder);
    assert!(done.counts.read > 0);
    assert_failed(&done, &sandbox, Worker::Encoding);
}

#[test]
fn a_panic_in_the_publishing_thread_fails_the_run_with_correct_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let mut listener = Listener::new(|snapshot| assert!(snapshot.counts.read <= 5_000, "deliberate"));
    let done = run(load(&sandbox, folder.path()), &mut listener);
    assert!(done.counts.read > 5_000);
    assert_failed(&done, &sandbox, Worker::Publishing);
}
