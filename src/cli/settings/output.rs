//! What a run reports to people and programs, and how verbosely.

use std::path::PathBuf;

use crate::cli::arguments::{OutputArguments, SummaryFormat};
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::labels::parse_labels;
use crate::cli::progress::ProgressMode;

/// What a run reports to people and programs.
pub(in crate::cli) struct OutputSettings {
    pub(in crate::cli) verbosity: Verbosity,
    pub(in crate::cli) progress: ProgressMode,
    /// The format of the summary on standard output, if one is printed.
    pub(in crate::cli) summary: Option<SummaryFormat>,
    pub(in crate::cli) metrics_file: Option<PathBuf>,
    pub(in crate::cli) labels: Vec<(String, String)>,
}

/// How much is printed on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Verbosity {
    /// Progress and results.
    Normal,
    /// Only warnings and errors.
    Quiet,
}

impl OutputSettings {
    pub(super) fn decide(
        chosen: OutputArguments,
        environment: &Environment,
    ) -> Result<OutputSettings, Failure> {
        let labels = parse_labels(chosen.labels.iter().map(String::as_str))
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        Ok(OutputSettings {
            verbosity: match chosen.quiet {
                true => Verbosity::Quiet,
                false => Verbosity::Normal,
            },
            progress: match (chosen.quiet, environment.can_redraw) {
                (true, _) => ProgressMode::Quiet,
                (false, true) => ProgressMode::Bar,
                (false, false) => ProgressMode::Lines,
            },
            summary: chosen.summary,
            metrics_file: chosen.metrics_file,
            labels,
        })
    }

    /// Whether only warnings and errors are printed.
    pub(in crate::cli) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }
}
