//! The row that stopped a run: its faults, each with the value underlined, and how to see the others.

use super::messages::{self, ErrorLog};
use super::{hints, rejects};
use crate::encode::{Hint, RowError};
use crate::load::{InputNumber, RunOutcome};
use crate::record::Place;
use crate::report::excerpt::excerpt;
use crate::report::figures::count_of;

/// The most faults of one row that are shown; the rejects file has them all.
const SHOWN_FAULTS: usize = 8;

/// Everything that is wrong with the row that stopped the run, each fault with the value underlined; `accepted` is
/// how many rows of the run before it are not bad.
pub(super) fn print_faults(
    place: Place<'_>,
    row: &[u8],
    error: &RowError,
    accepted: u64,
    log: &mut ErrorLog,
) {
    let mut printed: Vec<&Hint> = Vec::new();
    for (number, fault) in error.all().take(SHOWN_FAULTS).enumerate() {
        match number {
            0 => log.error(&format!("{place}: {fault}"), None),
            _ => messages::line(&format!("also: {fault}")),
        }
        let shown = fault.span.clone().and_then(|span| excerpt(place.line, row, span));
        if let Some(shown) = shown {
            messages::line(&shown);
        }
        if let Some(hint) = fault.hint.as_ref().filter(|hint| !printed.contains(hint)) {
            messages::line(&format!("hint: {}", hints::encode::words_after(hint, accepted)));
            printed.push(hint);
        }
    }
    let more = error.all().count().saturating_sub(SHOWN_FAULTS);
    if more > 0 {
        messages::line(&format!(
            "also: {} of the row",
            count_of(more as u64, "more fault", "more faults")
        ));
    }
}

/// How to see or keep all bad rows.
pub(super) fn next_steps(done: &RunOutcome, input: InputNumber, dry_run: bool) -> String {
    let rejects = rejects::suggestion(done, done.file(input).format.name());
    let see = if dry_run {
        "see every bad row with `--max-errors 100%`"
    } else {
        "see every bad row first with `--dry-run --max-errors 100%`"
    };
    format!("hint: {see}; set them aside with `{rejects}`")
}
