//! What is on the topic after a run that ended early, and how to go on.

use super::lost_rows::{LostRows, lost_rows};
use super::resume;
use crate::escape::printable;
use crate::input::InputErrorKind;
use crate::load::{Fate, FileOutcome, InputPosition, ReadExtent, RowRange, RunOutcome, Stop};
use crate::record::Place;
use crate::report::figures::{count, count_of};
use crate::report::summary::RejectsSummary;

/// Ranges of rows that are shown; the JSON has all of them.
const SHOWN_RANGES: usize = 10;

/// Why the run ended early and what is on the topic; none where it did not end early.
pub(super) fn describe(
    done: &RunOutcome,
    is_dry_run: bool,
    rejects: Option<&RejectsSummary>,
) -> Option<String> {
    let stop = done.stop.as_ref()?;
    let why = match stop {
        Stop::NoStart(_) => return Some("before the first row".to_owned()),
        Stop::Row { at, .. } => format!("at {}", done.place(*at)),
        Stop::Source(_) if is_changed(stop) => "because an input was changed".to_owned(),
        Stop::Source(_) => "where the input could not be read".to_owned(),
        Stop::Observer(_) => "because rejected rows could not be kept".to_owned(),
        Stop::Delivery { .. } => "because rows could not be delivered".to_owned(),
        Stop::Interrupted => "by a signal".to_owned(),
        Stop::Worker(_) => "because a thread ended unexpectedly".to_owned(),
    };
    if is_dry_run {
        return Some(why);
    }
    let rows = count_of(done.counts.delivered, "row", "rows");
    let on_topic = count_of(done.counts.delivered, "row is", "rows are");
    let acknowledged = count_of(done.counts.delivered, "row was", "rows were");
    match lost_rows(done) {
        Some(LostRows::Gone) => {
            return Some(format!(
                "{why}; {acknowledged} acknowledged, and not all of them are on the topic any more"
            ));
        }
        Some(LostRows::WithTheTopic) => {
            return Some(format!(
                "{why}; {acknowledged} acknowledged, and the topic is gone"
            ));
        }
        None if done.topic_unseen.is_some() => {
            return Some(format!(
                "{why}; {acknowledged} acknowledged; whether they are still on the topic is not known"
            ));
        }
        None => {}
    }
    if done.counts.read == 0 {
        return Some(format!("{why}; no row was read"));
    }
    // A place in a file that is another one now leads to other rows.
    if is_changed(stop) {
        return Some(format!("{why}; {on_topic} on the topic"));
    }
    let fix = match stop {
        Stop::Interrupted | Stop::Worker(_) => "",
        _ => "after fixing it, ",
    };
    let resume = done.next.map(|next| {
        let from = resume::argument(&done.file(next.input).argument, next.position.line);
        (done.place(next), format!("{fix}resume with `--from {from}`"))
    });
    if done.has_gaps {
        let first = done.left.first().map(|range| place(done, range).to_string());
        let first = first.unwrap_or_default();
        let unread = match resume {
            Some((next, resume)) => format!("; rows from {next} on were not read: for these {resume}"),
            None => String::new(),
        };
        return Some(format!(
            "{why}; {on_topic} on the topic, some of them after {first}, which is not{unread}"
        ));
    }
    let except = except(done, rejects);
    let unknown: u64 = left(done, Fate::Unknown);
    let after = match unknown {
        0 => "nothing after".to_owned(),
        unknown => format!("{} after that may be on it too", count_of(unknown, "row", "rows")),
    };
    Some(match resume {
        Some((next, resume)) => {
            format!("{why}; everything before {next}{except} is on the topic ({rows}), {after}; {resume}")
        }
        None => format!("{why}; everything{except} is on the topic ({rows})"),
    })
}

/// The rows before the place to go on at that are not on the topic.
fn except(done: &RunOutcome, rejects: Option<&RejectsSummary>) -> String {
    match (rejects, done.counts.rejected, &done.stop) {
        (Some(rejects), ..) => {
            let path = printable(rejects.path.as_bytes(), 500);
            let rows = count_of(rejects.rows, "row", "rows");
            format!(" except the {rows} in {path}")
        }
        (None, 0, _) | (None, 1, Some(Stop::Row { .. })) => String::new(),
        (None, ..) => " except the rejected rows".to_owned(),
    }
}

fn is_changed(stop: &Stop) -> bool {
    matches!(stop, Stop::Source(error) if error.kind == InputErrorKind::Changed)
}

fn left(done: &RunOutcome, fate: Fate) -> u64 {
    let ranges = done.left.iter().filter(|range| range.fate == fate);
    ranges.map(|range| range.rows).sum()
}

fn place<'a>(done: &'a RunOutcome, range: &RowRange) -> Place<'a> {
    done.place(InputPosition {
        input: range.input,
        position: range.first,
    })
}

/// Which rows are neither on the topic for certain nor kept, where no one place is left to go on at.
pub(super) fn note_of_gaps(done: &RunOutcome) -> Option<String> {
    if !done.has_gaps {
        return None;
    }
    let mut shown: Vec<String> = Vec::new();
    for range in done.left.iter().take(SHOWN_RANGES) {
        let end = match range.last_line == range.first.line {
            true => String::new(),
            false => format!("-{}", range.last_line),
        };
        let fate = match range.fate {
            Fate::Unknown => " (unknown)",
            Fate::Failed => " (failed)",
            _ => "",
        };
        shown.push(format!("{}{end}{fate}", place(done, range)));
    }
    let more = done.left.len().saturating_sub(SHOWN_RANGES);
    if more > 0 {
        shown.push(format!("{} more ranges", count(more as u64)));
    }
    let rows = done.left.iter().map(|range| range.rows).sum();
    Some(format!(
        "{} not on the topic for certain: {}; `--rejects FILE` would have kept them, `--summary json` lists them all",
        count_of(rows, "row is", "rows are"),
        shown.join(", ")
    ))
}

/// Which of several files were not read to their ends.
pub(super) fn describe_unread(files: &[FileOutcome]) -> Option<String> {
    let read = |extent| {
        files
            .iter()
            .filter(move |file| file.read == extent)
            .map(|file| &file.name)
    };
    let partly = read(ReadExtent::Partial).next();
    let mut not_at_all = read(ReadExtent::None);
    let not_at_all = not_at_all.next().map(|first| match not_at_all.count() {
        0 => first.clone(),
        more => format!("{first} and {}", count_of(more as u64, "more file", "more files")),
    });
    match (partly, not_at_all) {
        _ if files.len() < 2 => None,
        (None, None) => None,
        (Some(partly), None) => Some(format!("{partly} was read in part")),
        (None, Some(not_at_all)) => Some(format!("not read: {not_at_all}")),
        (Some(partly), Some(not_at_all)) => {
            Some(format!("{partly} was read in part, {not_at_all} not at all"))
        }
    }
}
