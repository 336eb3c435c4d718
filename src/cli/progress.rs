//! Progress on standard error.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, reason = "progress is shown on standard error")
)]

use std::io;

use indicatif::ProgressDrawTarget;

use crate::report::Progress;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProgressMode {
    /// One line that is redrawn.
    Bar,
    /// A line every ten seconds, for logs.
    Lines,
    /// Nothing.
    Quiet,
}

/// Shows the progress of a run in this way.
pub(super) fn progress(mode: ProgressMode) -> Progress {
    match mode {
        ProgressMode::Bar => Progress::bar(ProgressDrawTarget::stderr(), || {
            usize::from(console::Term::stderr().size().1)
        }),
        ProgressMode::Lines => Progress::lines(io::stderr()),
        ProgressMode::Quiet => Progress::quiet(),
    }
}
