//! A run that ends before its first row: its messages, reports and exit status.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::arguments::{CheckArguments, OutputArguments, ProduceArguments, SummaryFormat};
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::if_empty;
use super::labels::parse_labels;
use super::machine_reports::MachineReports;
use super::messages::{self, ErrorLog};
use super::settings::Verbosity;
use crate::escape::printable;
use crate::kafka::FoundRecord;
use crate::load::LoadReport;
use crate::report::summary::{FileSummary, RunKind};
use crate::report::{Latency, Summary};

/// How a run that ends before its first row is reported. It depends on the command line alone, so that no error can
/// precede it; only the load is added when it is known.
#[derive(Clone)]
pub(super) struct EarlyEnd {
    summary: Option<SummaryFormat>,
    metrics_file: Option<PathBuf>,
    labels: Vec<(String, String)>,
    topic: Option<String>,
    files: Vec<OsString>,
    kind: RunKind,
    reader: Reader,
    /// The load in transactions, as soon as it is known; shared by all clones.
    load: Arc<Mutex<Option<LoadReport>>>,
}

impl EarlyEnd {
    pub(super) fn of_run(typed: &ProduceArguments) -> EarlyEnd {
        let kind = match typed.dry_run {
            true => RunKind::DryRun,
            false => RunKind::Load,
        };
        EarlyEnd::of(
            &typed.output,
            &typed.topic,
            &typed.inputs.files,
            kind,
            Reader::Run,
        )
    }

    pub(super) fn of_check(typed: &CheckArguments) -> EarlyEnd {
        EarlyEnd::of(
            &typed.output,
            &typed.topic,
            &typed.inputs.files,
            RunKind::Check,
            Reader::SchemaFile,
        )
    }

    fn of(
        output: &OutputArguments,
        topic: &Option<String>,
        files: &[OsString],
        kind: RunKind,
        reader: Reader,
    ) -> EarlyEnd {
        EarlyEnd {
            summary: output.summary,
            metrics_file: output.metrics_file.clone(),
            // Invalid labels are reported as an error, and the report of that error has none.
            labels: parse_labels(output.labels.iter().map(String::as_str)).unwrap_or_default(),
            topic: topic.clone(),
            files: files.to_vec(),
            kind,
            reader,
            load: Arc::default(),
        }
    }

    /// Takes note of the load that the run belongs to.
    pub(super) fn note_load(&self, load: LoadReport) {
        *self.load.lock().unwrap_or_else(PoisonError::into_inner) = Some(load);
    }

    /// The same without a metrics file, if that must not or cannot be written.
    pub(super) fn without_metrics_file(mut self) -> EarlyEnd {
        self.metrics_file = None;
        self
    }

    /// Whether the summary and the metrics can be written.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.machine_reports().check()
    }

    /// Reports that the run was ended by a signal.
    pub(super) fn by_signal(&self, signal: i32) -> Exit {
        let stopped = "by a signal, before the first row";
        messages::line(&format!("stopped: {stopped}"));
        self.report(Exit::Signal(signal), stopped, ErrorLog::default())
    }

    /// Reports that the run was ended by a failure.
    pub(super) fn by_failure(&self, failure: &Failure) -> Exit {
        let mut log = ErrorLog::default();
        failure.print(self.reader, &mut log);
        self.report(failure.exit, "by an error, before the first row", log)
    }

    /// Reports that nothing was sent because a topic has a record.
    pub(super) fn by_found_record(&self, found: FoundRecord, verbosity: Verbosity) -> Exit {
        let stopped = if_empty::describe(&found);
        if verbosity != Verbosity::Quiet {
            messages::line(&stopped);
        }
        self.report_with(Exit::Success, &stopped, Some(found), ErrorLog::default())
    }

    fn report(&self, exit: Exit, stopped: &str, log: ErrorLog) -> Exit {
        self.report_with(exit, stopped, None, log)
    }

    fn report_with(&self, exit: Exit, stopped: &str, found: Option<FoundRecord>, log: ErrorLog) -> Exit {
        let files = self.files.iter().map(|file| FileSummary {
            path: printable(file.as_encoded_bytes(), 4096).into_owned(),
            ..FileSummary::default()
        });
        let mut summary = Summary {
            stopped: Some(stopped.to_owned()),
            found_record: found,
            load: self.load.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            kind: self.kind,
            files: files.collect(),
            labels: self.labels.clone(),
            ..Summary::default()
        };
        self.machine_reports()
            .write(&mut summary, Latency::default(), exit, log)
    }

    fn machine_reports(&self) -> MachineReports<'_> {
        MachineReports {
            summary: self.summary,
            metrics_file: self.metrics_file.as_deref(),
            topic: self.topic.as_deref().unwrap_or_default(),
        }
    }
}
