//! The reports of a run for programs, however it ended: the metrics file, and the summary on standard output.

use std::path::Path;

use super::arguments::SummaryFormat;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages::{self, ErrorLog};
use crate::report::{Latency, Metrics, Summary, prometheus};

/// The requested reports.
pub(super) struct MachineReports<'a> {
    /// The format of the summary on standard output, if one is printed.
    pub(super) summary: Option<SummaryFormat>,
    pub(super) metrics_file: Option<&'a Path>,
    /// The name of the topic, a label of every metric; empty if none is given.
    pub(super) topic: &'a str,
}

impl MachineReports<'_> {
    /// Detects before the run what would prevent its reports.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if let Some(path) = self.metrics_file {
            prometheus::file::check_writable(path)
                .map_err(|error| Failure::because(Exit::Usage, metrics_message(path), error))?;
        }
        Ok(())
    }

    /// Writes the reports of a command that ends with `exit`, and returns the final exit status: a report that cannot
    /// be written is an error too.
    pub(super) fn write(
        &self,
        summary: &mut Summary,
        latency: Latency,
        mut exit: Exit,
        mut log: ErrorLog,
    ) -> Exit {
        summary.exit_status = exit.code();
        if let Some(path) = self.metrics_file
            && let Err(error) =
                prometheus::file::write(path, &Metrics::of(summary, self.topic, latency).render())
        {
            Failure::because(Exit::Input, metrics_message(path), error).print(Reader::Run, &mut log);
            exit = exit.graver(Exit::Input);
            summary.exit_status = exit.code();
        }
        summary.errors = log.into_texts();
        if self.summary == Some(SummaryFormat::Json)
            && let Err(error) = messages::standard_output_json(&summary.to_json())
        {
            let text = format!("the summary cannot be written to standard output: {error}");
            messages::error_text(&text, None);
            exit = exit.graver(Exit::Input);
        }
        exit
    }
}

fn metrics_message(path: &Path) -> String {
    format!("the metrics file `{}` cannot be written", path.display())
}
