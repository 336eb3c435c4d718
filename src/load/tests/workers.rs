//! Threads that panic, in a load onto the embedded broker: a failed run, and counts that agree with the topic.

use std::path::Path;

use super::*;
use crate::encode::RowError;
use crate::kafka::{Producer, ProducerSettings};
use crate::sandbox::Sandbox;

pub(super) const TEXT: &str = r#"{"type":"record","name":"R","fields":[{"name":"s","type":"string"}]}"#;
/// Five blocks.
const ROWS: u64 = 12_000;

/// A file of rows with 100 digits each.
pub(super) fn planned(folder: &Path, name: &str, rows: u64) -> PlannedInput {
    let path = folder.join(name);
    let rows: String = (0..rows).map(|row| format!("{row:0100}\n")).collect();
    std::fs::write(&path, format!("s\n{rows}")).unwrap();
    let input = Input::open(path.as_os_str(), &ReadSettings::default()).unwrap();
    let schema = RegisteredSchema::from_text("t-value", TEXT).unwrap();
    let names = &input.header().unwrap().names;
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
        inputs: vec![planned(folder, "t.csv", ROWS)],
        sink: Sink::Kafka(Box::new(Producer::connect(&settings).unwrap())),
        times: None,
        limit: None,
        max_errors: ErrorBudget::Unlimited,
        max_failures: 0,
        interrupts: Interrupts::default(),
    }
}

/// Hears of everything, and panics once more rows are read than that.
#[derive(Default)]
struct Listener {
    panics_above: Option<u64>,
}

impl Observer for Listener {
    fn rejected(&mut self, _: &ObservedRow<'_>, _: &RowError) -> Result<Kept, ObserverError> {
        unreachable!("every row is good")
    }

    fn undelivered(
        &mut self,
        _: &ObservedRow<'_>,
        _: Fate,
        _: &DeliveryError,
    ) -> Result<Kept, ObserverError> {
        unreachable!("every row is delivered")
    }

    fn progress(&mut self, snapshot: &Snapshot) {
        let read = snapshot.counts.read;
        assert!(self.panics_above.is_none_or(|rows| read <= rows), "brought about");
    }

    fn finished(&mut self) {}
}

/// The run failed for this worker, and what it counted is what is on the topic.
#[track_caller]
fn assert_failed(done: &RunOutcome, sandbox: &Sandbox, worker: Worker) {
    let Some(Stop::Worker(WorkerFailure::Panicked { worker: of, message })) = &done.stop else {
        panic!("{:?}", done.stop);
    };
    assert!(
        *of == worker && message.contains("brought about"),
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
fn a_panic_in_the_reading_thread_is_a_failed_run_with_true_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let read = |inputs: Vec<PlannedInput>, dealer: &mut Dealer| {
        let input = inputs.into_iter().next().unwrap().input;
        let mut reader = input.into_reader().unwrap();
        for _ in 0..3 {
            assert!(dealer.deal_block(InputNumber::new(0), reader.next_block().unwrap().unwrap()));
        }
        panic!("brought about")
    };
    let run = load(&sandbox, folder.path());
    let done = run_with(run, &mut Listener::default(), read, stages::encoder);
    assert!(done.counts.read > 5_000);
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
            assert!(block.start.line < 5_000, "brought about");
            encode(input, block)
        }
    };
    let run = load(&sandbox, folder.path());
    let done = run_with(run, &mut Listener::default(), stages::read, encoder);
    assert!(done.counts.read > 0);
    assert_failed(&done, &sandbox, Worker::Encoding);
}

#[test]
fn a_panic_in_the_publishing_thread_is_a_failed_run_with_true_counts() {
    let (sandbox, folder) = (
        Sandbox::start("t", TEXT, 2).unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let mut listener = Listener {
        panics_above: Some(5_000),
    };
    let done = run(load(&sandbox, folder.path()), &mut listener);
    assert!(done.counts.read > 5_000);
    assert_failed(&done, &sandbox, Worker::Publishing);
}
