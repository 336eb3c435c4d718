//! Bad rows: the one that stopped a run, or the first of many, each fault with the value underlined; and how to see the
//! others.

use super::messages::{self, ErrorLog};
use super::settings::Settings;
use super::{hints, rejects};
use crate::encode::{Hint, RowError, RowErrorKind};
use crate::load::{InputNumber, ObservedRow, RunOutcome};
use crate::record::Place;
use crate::report::Listing;
use crate::report::excerpt::excerpt;
use crate::report::figures::{count, count_of};

/// The most faults of one row that are shown; the rejects file has them all.
const SHOWN_FAULTS: usize = 8;

/// Kinds of hints that are remembered as printed.
const REMEMBERED_HINTS: usize = 100;

/// Prints everything that is wrong with a row, each fault with the value underlined; a hint that is in `printed` is not
/// printed again. `accepted` is how many rows of the run before it are not bad.
pub(super) fn print_faults(
    place: Place<'_>,
    row: &[u8],
    error: &RowError,
    accepted: u64,
    printed: &mut Vec<Hint>,
    log: &mut ErrorLog,
) {
    for (number, fault) in error.all().take(SHOWN_FAULTS).enumerate() {
        match number {
            0 => log.error(&format!("{place}: {fault}"), None),
            _ => messages::line(&format!("also: {fault}")),
        }
        let span = fault.span.clone();
        let shown = span.and_then(|span| excerpt(place.line, row, span, messages::columns()));
        if let Some(shown) = shown {
            messages::aligned_lines(&shown);
        }
        if let Some(hint) = fault.hint.as_ref().filter(|hint| !printed.contains(hint)) {
            messages::line(&format!("hint: {}", hints::encode::words_after(hint, accepted)));
            if printed.len() < REMEMBERED_HINTS {
                printed.push(hint.clone());
            }
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

/// The first rejected rows of a run, each as the one that stops a run is shown.
pub(super) fn listing(settings: &Settings) -> Listing {
    let encoding = settings.input.encoding;
    let mut printed = Vec::new();
    let show = move |row: &ObservedRow<'_>, error: &RowError, accepted: u64| {
        let place = Place {
            input: row.input,
            line: row.position.line,
        };
        let content = row.bytes.strip_suffix(b"\n").unwrap_or(row.bytes);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let row = encoding.readable(content);
        print_faults(
            place,
            &row,
            error,
            accepted,
            &mut printed,
            &mut ErrorLog::default(),
        );
    };
    Listing::new(settings.bad_rows.shown, Box::new(show))
}

/// How many rejected rows a listing has left out, and how to see them.
pub(super) fn print_unlisted(listing: &Listing, done: &RunOutcome) {
    let rejected = done.counts.rejected;
    if listing.shown() > 0 && listing.shown() < rejected {
        messages::line(&format!(
            "note: and {} more; `--show-errors all` shows every bad row, `--rejects FILE` keeps them with the reasons",
            count(rejected - listing.shown())
        ));
    }
}

/// How to see or keep all bad rows.
pub(super) fn next_steps(done: &RunOutcome, input: InputNumber, error: &RowError, dry_run: bool) -> String {
    let rejects = rejects::suggestion(done, done.file(input).format.name());
    let keep = format!("set them aside with `{rejects}`");
    if error.all().all(|fault| is_known_to_topic(fault.kind)) {
        return format!("hint: only a load finds such rows, since their limits are the topic's: {keep}");
    }
    let see = if dry_run {
        "see every bad row with `--max-errors 100%`"
    } else {
        "see every bad row first with `--dry-run --max-errors 100%`"
    };
    format!("hint: {see}; {keep}")
}

/// Whether the fault is found by the topic's settings alone, which a dry run does not ask for.
fn is_known_to_topic(kind: RowErrorKind) -> bool {
    matches!(
        kind,
        RowErrorKind::TimestampRefused | RowErrorKind::Expired | RowErrorKind::TooLarge
    )
}
