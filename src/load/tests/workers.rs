//! Threads that panic, in a load onto the embedded broker: a failed run, and counts that agree with the topic.

use std::path::Path;

use super::*;
use crate::input::Block;
use crate::kafka::ProducerSettings;
use crate::sandbox::Sandbox;

const TEXT: &str = r#"{"type":"record","name":"R","fields":[{"name":"s","type":"string"}]}"#;
/// Five blocks.
const ROWS: u64 = 12_000;

fn planned(folder: &Path) -> PlannedInput {
    let path = folder.join("t.csv");
    let rows: String = (0..ROWS).map(|row| format!("{row:0100}\n")).collect();
    std::fs::write(&path, format!("s\n{rows}")).unwrap();
    let input = Input::open(path.as_os_str(), None, "utf-8".parse().unwrap()).unwrap();
    let schema = RegisteredSchema::from_text("t-value", TEXT).unwrap();
    let names = &input.header.as_ref().unwrap().names;
    let binding = Mapping::default().bind_columns(names, &schema).unwrap();
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    PlannedInput {
        input,
        plan: Arc::new(plan),
        first_line: 1,
    }
}

/// A load of the file onto the sandbox's topic.
fn load(sandbox: &Sandbox, folder: &Path) -> Run {
    let settings = ProducerSettings::new(sandbox.bootstrap_servers(), "t");
    Run {
        inputs: vec![planned(folder)],
        sink: Some(KafkaSink::connect(&settings).unwrap()),
        times: None,
        limit: None,
        max_errors: ErrorBudget::Unlimited,
        max_failures: 0,
        rejects: None,
        ignored_columns: Vec::new(),
        progress: Progress::new(ProgressMode::Quiet),
        interrupts: Interrupts::default(),
    }
}

fn rows_on_the_topic(sandbox: &Sandbox) -> u64 {
    let partitions = sandbox.arrived(0).unwrap().partitions;
    partitions
        .iter()
        .map(|marks| (marks.high - marks.low) as u64)
        .sum()
}

/// The run failed for this worker; the rows of the blocks before its panic are delivered, and no others are read.
#[track_caller]
fn assert_failed(done: &RunOutcome, sandbox: &Sandbox, worker: Worker) {
    let Some(Stop::Worker(WorkerFailure::Panicked { worker: of, message })) = &done.stop else {
        panic!("{:?}", done.stop);
    };
    assert_eq!((*of, message.as_str()), (worker, "brought about"));
    let counts = done.counts;
    assert!(0 < counts.read && counts.read < ROWS, "{counts:?}");
    assert_eq!((counts.delivered, counts.balance()), (counts.read, Ok(())));
    assert_eq!(rows_on_the_topic(sandbox), counts.delivered);
    assert_eq!(
        done.next.as_ref().map(|next| next.position.line),
        Some(counts.read + 2)
    );
}

#[test]
fn a_panic_in_the_reading_thread_is_a_failed_run_with_true_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let read = |inputs: Vec<PlannedInput>, dealer: &mut Dealer| {
        let input = inputs.into_iter().next().unwrap().input;
        let mut reader = input.into_reader()?;
        for _ in 0..3 {
            assert!(dealer.deal_block(InputNumber::new(0), reader.next_block()?.unwrap()));
        }
        panic!("brought about")
    };
    let done = run_with(load(&sandbox, folder.path()), read, stages::encoder);
    assert_failed(&done, &sandbox, Worker::Reading);
}

#[test]
fn a_panic_in_an_encoder_thread_is_a_failed_run_with_true_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let encoder = |plans, settings| {
        let mut encode = stages::encoder(plans, settings);
        move |input, block: Block| {
            // The first block has the header's line before it.
            assert!(block.start.line < 5_000, "brought about");
            encode(input, block)
        }
    };
    let done = run_with(load(&sandbox, folder.path()), stages::read, encoder);
    assert_failed(&done, &sandbox, Worker::Encoding);
}
