//! Loads of good rows onto an embedded broker: the file, the broker, and the observer.

use std::path::Path;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::*;
use crate::encode::RowError;
use crate::kafka::{Producer, ProducerSettings};
use crate::signal_mask::without_signals;

pub(super) type Cluster = MockCluster<'static, DefaultProducerContext>;

/// The schema of the rows.
pub(super) const TEXT: &str = r#"{"type":"record","name":"R","fields":[{"name":"s","type":"string"}]}"#;

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
        first: 1.into(),
    }
}

/// A load of this input without limits.
pub(super) fn load_of(input: PlannedInput, sink: Sink) -> Run {
    Run {
        inputs: vec![input],
        sink,
        topics: 1,
        times: None,
        pace: None,
        limit: None,
        max_errors: ErrorBudget::Unlimited,
        max_failures: 0,
        interrupts: Interrupts::default(),
        load: None,
        threads: None,
        if_empty: false,
    }
}

/// This number of brokers, with a topic `t` of two partitions.
pub(super) fn cluster(brokers: i32) -> Cluster {
    let cluster = without_signals(|| MockCluster::new(brokers)).unwrap();
    cluster.create_topic("t", 2, 1).unwrap();
    cluster
}

/// A client for the topic `t`.
pub(super) fn producer(bootstrap_servers: impl Into<String>) -> Producer {
    Producer::connect(&ProducerSettings::new(bootstrap_servers, "t")).unwrap()
}

/// Calls `progress`, and counts the rows that are not delivered.
pub(super) struct Listener<P> {
    progress: P,
    kept: Kept,
    pub(super) undelivered: u64,
}

impl<P: FnMut(&Snapshot)> Listener<P> {
    pub(super) fn new(progress: P) -> Listener<P> {
        Listener {
            progress,
            kept: Kept::No,
            undelivered: 0,
        }
    }

    /// The same, with the answer whether undelivered rows are kept.
    pub(super) fn with_rows(self, kept: Kept) -> Listener<P> {
        Listener { kept, ..self }
    }
}

impl<P: FnMut(&Snapshot)> Observer for Listener<P> {
    fn rejected(&mut self, _: &ObservedRow<'_>, _: &RowError) -> Result<Kept, ObserverError> {
        unreachable!("every row is good")
    }

    fn undelivered(
        &mut self,
        _: &ObservedRow<'_>,
        _: Fate,
        _: &DeliveryError,
    ) -> Result<Kept, ObserverError> {
        self.undelivered += 1;
        Ok(self.kept)
    }

    fn progress(&mut self, snapshot: &Snapshot) {
        (self.progress)(snapshot);
    }

    fn finished(&mut self) {}
}
