//! What machines read of a run, however it ended: the metrics file, and the summary on standard output.

use std::path::Path;

use super::arguments::SummaryFormat;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages::{self, ErrorLog};
use crate::report::{Latency, Metrics, Summary, prometheus};

/// The reports that are wanted.
pub(super) struct MachineReports<'a> {
    /// The form of the summary on standard output; none prints none there.
    pub(super) summary: Option<SummaryFormat>,
    pub(super) metrics_file: Option<&'a Path>,
    /// The topic's name, a label of every metric; empty where none is given.
    pub(super) topic: &'a str,
}

impl MachineReports<'_> {
    /// Finds out before the run what would keep its outcome from being reported.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if let Some(path) = self.metrics_file {
            prometheus::file::check_writable(path)
                .map_err(|error| Failure::because(Exit::Usage, metrics_message(path), error))?;
        }
        Ok(())
    }

    /// Writes the reports of a command that ends with `exit`, and gives the status that it ends with: a report that
    /// cannot be written is an error too.
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
