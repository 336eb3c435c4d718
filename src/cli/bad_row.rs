//! Bad rows: the one that stopped a run, or the first of many, each fault with the value underlined, and how to see
//! the others.

use std::sync::Arc;

use super::messages::{self, ErrorLog};
use super::settings::Settings;
use super::{hints, rejects};
use crate::encode::{Hint, RowError, RowErrorKind};
use crate::load::{InputNumber, ObservedRow, RunOutcome};
use crate::record::{JsonShape, Place};
use crate::report::excerpt::excerpt;
use crate::report::figures::count_of;
use crate::report::{Listing, Reporter};

/// The maximum number of faults shown per row; the rejects file has them all.
const SHOWN_FAULTS: usize = 8;

/// How many printed hints are remembered.
const REMEMBERED_HINTS: usize = 100;

/// Prints all faults of a row, each with the value underlined; a hint in `printed` is not repeated.
///
/// A row of JSON is shown without the values around it that its line has, unless the fault is in one of them.
pub(super) fn print_faults(
    place: Place<'_>,
    row: &[u8],
    shape: &JsonShape,
    error: &RowError,
    printed: &mut Vec<Hint>,
    log: &mut ErrorLog,
) {
    for (number, fault) in error.all().take(SHOWN_FAULTS).enumerate() {
        match number {
            0 => log.error(&format!("{place}: {fault}"), None),
            _ => messages::line(&format!("also: {fault}")),
        }
        let shown = fault.span.clone().and_then(|span| {
            let itself = shape.range_of_row(row).filter(|_| place.column.is_some());
            let (row, span) = match itself {
                Some(itself) if itself.start <= span.start && span.end <= itself.end => {
                    let span = span.start - itself.start..span.end - itself.start;
                    (&row[itself], span)
                }
                _ => (row, span),
            };
            excerpt(place.line, row, span, messages::columns())
        });
        if let Some(shown) = shown {
            messages::aligned_lines(&shown);
        }
        if let Some(hint) = fault.hint.as_ref().filter(|hint| !printed.contains(hint)) {
            messages::line(&format!("hint: {}", hints::encode::words(hint)));
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

/// The first rejected rows of a run, each printed like a row that stops a run.
pub(super) fn listing(settings: &Settings) -> Listing {
    let (encoding, shape) = (settings.input.encoding, Arc::clone(&settings.input.json));
    let mut printed = Vec::new();
    let show = move |row: &ObservedRow<'_>, error: &RowError| {
        let place = row.place();
        let content = row.bytes.strip_suffix(b"\n").unwrap_or(row.bytes);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let row = encoding.readable(content);
        print_faults(place, &row, &shape, error, &mut printed, &mut ErrorLog::default());
    };
    Listing::new(settings.bad_rows.shown, Box::new(show))
}

/// How many rejected rows a listing omits, and how to see them.
pub(super) fn print_unlisted(listing: &Listing, done: &RunOutcome, dry_run: bool) {
    let rejected = done.counts.rejected;
    if listing.shown() == 0 || listing.shown() >= rejected {
        return;
    }
    // A second load would send the good rows again.
    let how = match dry_run {
        true => "`--show-errors all` shows every bad row, `--rejects FILE` keeps them with the reasons",
        false => "`--dry-run --rejects FILE` keeps every bad row with the reasons and sends nothing",
    };
    messages::line(&format!(
        "note: and {}; {how}",
        count_of(rejected - listing.shown(), "more bad row", "more bad rows")
    ));
}

/// How to see or keep all bad rows.
pub(super) fn next_steps(done: &RunOutcome, input: InputNumber, error: &RowError, dry_run: bool) -> String {
    let rejects = rejects::suggestion(done, done.file(input).format.name());
    let keep = format!("save bad rows with `{rejects}`");
    if error.all().all(|fault| KNOWN_TO_TOPIC.contains(&fault.kind)) {
        return format!("hint: only a load finds such rows, because the topic sets the limits: {keep}");
    }
    let see = if dry_run {
        "check the whole file with `--max-errors 100%`"
    } else {
        "check the whole file first with `--dry-run --max-errors 100%`"
    };
    format!("hint: {see}; {keep}")
}

/// How to see or keep the bad rows of a run that has read all rows. Unless it was a dry run, the good ones were sent,
/// and a second load would send them again.
pub(super) fn steps_at_end(done: &RunOutcome, reporter: &Reporter, dry_run: bool) -> String {
    let format = done.files.iter().find(|file| file.counts.rejected > 0);
    let rejects = rejects::suggestion(done, format.map_or("csv", |file| file.format.name()));
    if dry_run {
        let see = match reporter.listing.shown() < done.counts.rejected {
            true => "see every bad row with `--show-errors all`; ",
            false => "",
        };
        return format!("hint: {see}save bad rows with `{rejects}`");
    }
    if done.load.as_ref().is_some_and(|load| load.aborted.is_some()) {
        return format!("hint: correct the rows, then load the file; save bad rows with `{rejects}`");
    }
    let groups = reporter.row_errors.groups();
    let is_known_to_topic = |kind| KNOWN_TO_TOPIC.iter().any(|known| known.name() == kind);
    if !groups.is_empty() && groups.iter().all(|group| is_known_to_topic(group.kind)) {
        return format!(
            "hint: only a load finds such rows, because the topic sets the limits; `{rejects}` would have kept them"
        );
    }
    format!(
        "hint: the other rows were sent, so do not load the file again: collect the bad rows with `--dry-run \
         {rejects}`, correct them, and load only these"
    )
}

/// Faults that only the settings of the topic reveal, which a dry run does not request.
const KNOWN_TO_TOPIC: [RowErrorKind; 3] = [
    RowErrorKind::TimestampRefused,
    RowErrorKind::Expired,
    RowErrorKind::TooLarge,
];
