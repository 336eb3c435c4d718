//! What is on the topic after a run that ended early, and how to resume.

use super::lost_rows::{LostRows, lost_rows};
use super::{if_empty, load_stop, resume};
use crate::escape::printable;
use crate::input::InputErrorKind;
use crate::load::{Fate, FileOutcome, InputPosition, LoadStop, ReadExtent, RowRange, RunOutcome, Stop};
use crate::record::Place;
use crate::report::figures::{count, count_of};
use crate::report::summary::RejectsSummary;

/// The number of row ranges shown; the JSON summary has all of them.
const SHOWN_RANGES: usize = 10;

/// Why the run ended early and what is on the topic; none if it did not end early.
pub(super) fn describe(
    done: &RunOutcome,
    is_dry_run: bool,
    rejects: Option<&RejectsSummary>,
) -> Option<String> {
    let Some(stop) = done.stop.as_ref() else {
        let load = done.load.as_ref().filter(|load| load.aborted.is_some())?;
        return Some(load_stop::describe_stop(
            "because too many rows were rejected",
            load,
            done,
        ));
    };
    let why = match stop {
        Stop::NotEmpty(found) => return Some(if_empty::describe(found)),
        Stop::NoStart(_) => return Some("before the first row".to_owned()),
        Stop::Row { at, .. } => format!("at {}", done.place(*at)),
        Stop::Source(_) if is_changed(stop) => "because an input changed".to_owned(),
        Stop::Source(_) => "because the input could not be read".to_owned(),
        Stop::Observer(_) => "because rejected rows could not be kept".to_owned(),
        Stop::Delivery { .. } => "because rows could not be delivered".to_owned(),
        Stop::Limit => "by `--limit`".to_owned(),
        Stop::Interrupted => "by a signal".to_owned(),
        Stop::Worker(_) => "because a thread ended unexpectedly".to_owned(),
        Stop::Load(LoadStop::OutOfTime(out)) if out.is_idle() => "because no row arrived".to_owned(),
        Stop::Load(LoadStop::OutOfTime(_)) => "because the rows do not fit into one transaction".to_owned(),
        Stop::Load(LoadStop::TopicChanged { .. }) => "because the topic changed".to_owned(),
        Stop::Load(_) => "because rows could not be committed".to_owned(),
        Stop::Comparison => "because the comparison could not go on".to_owned(),
    };
    if is_dry_run {
        return Some(why);
    }
    if let Some(load) = &done.load {
        return Some(load_stop::describe_stop(&why, load, done));
    }
    let topic = the_topic(done);
    let rows = count_of(done.counts.delivered, "row", "rows");
    let on_topic = count_of(done.counts.delivered, "row is", "rows are");
    let acknowledged = count_of(done.counts.delivered, "row was", "rows were");
    match lost_rows(done) {
        Some(LostRows::Gone) => {
            return Some(format!(
                "{why}; {acknowledged} acknowledged, but not all of them are still on {topic}"
            ));
        }
        Some(LostRows::WithTheTopic) => {
            let gone = match done.counts_by_topic.len() {
                0 | 1 => "the topic no longer exists",
                _ => "one of the topics no longer exists",
            };
            return Some(format!("{why}; {acknowledged} acknowledged, but {gone}"));
        }
        None if !done.topics_unseen().is_empty() => {
            return Some(format!(
                "{why}; {acknowledged} acknowledged; it is unknown whether they are still on {topic}"
            ));
        }
        None => {}
    }
    if done.counts.read == 0 {
        return Some(format!("{why}; no row was read"));
    }
    // In a file that was replaced, the same place refers to other rows.
    if is_changed(stop) {
        return Some(format!("{why}; {on_topic} on {topic}"));
    }
    let fix = match stop {
        Stop::Limit | Stop::Interrupted | Stop::Worker(_) | Stop::Comparison => "",
        _ => "fix the cause, then ",
    };
    let resume = done
        .next
        .map(|next| (done.place(next), how_to_resume(done, next, fix)));
    if done.has_gaps {
        let first = done.left.first().map(|range| place(done, range).to_string());
        let first = first.unwrap_or_default();
        let unread = match resume {
            Some((next, resume)) => format!("; rows from {next} on were not read; for these, {resume}"),
            None => String::new(),
        };
        return Some(format!(
            "{why}; {on_topic} on {topic}, some of them after {first}, which is not{unread}"
        ));
    }
    let except = except(done, rejects);
    let unknown: u64 = left(done, Fate::Unknown);
    let after = match unknown {
        0 => "and nothing else".to_owned(),
        unknown => format!("{} after that may be on it too", count_of(unknown, "row", "rows")),
    };
    Some(match resume {
        Some((next, resume)) => {
            format!("{why}; everything before {next}{except} is on {topic} ({rows}), {after}; {resume}")
        }
        None => format!("{why}; everything{except} is on {topic} ({rows})"),
    })
}

fn how_to_resume(done: &RunOutcome, next: InputPosition, fix: &str) -> String {
    let argument = &done.file(next.input).argument;
    let from = resume::argument(argument, next.position.line, next.position.column);
    match done
        .files
        .iter()
        .filter(|file| file.argument == *argument)
        .count()
    {
        1 => format!("{fix}resume with `--from {from}`"),
        _ => format!(
            "`{}` is given more than once: {fix}resume with `--from {from}` and that file alone, then load the files \
             after it",
            done.file(next.input).name
        ),
    }
}

/// The rows before the place to resume at that are not on the topic.
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

/// Which rows are neither certainly on the topic nor kept, if there is no single place to resume at.
pub(super) fn note_of_gaps(done: &RunOutcome) -> Option<String> {
    if !done.has_gaps {
        return None;
    }
    let mut shown: Vec<String> = Vec::new();
    for range in done.left.iter().take(SHOWN_RANGES) {
        let end = match range.first.column {
            Some(_) if range.rows > 1 => {
                format!(" and the {} after it", count_of(range.rows - 1, "row", "rows"))
            }
            None if range.last_line > range.first.line => format!("-{}", range.last_line),
            _ => String::new(),
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
    let topic = the_topic(done);
    let rows = done.left.iter().map(|range| range.rows).sum();
    Some(format!(
        "{} possibly not on {topic}: {}; `--rejects FILE` would have kept them, `--summary json` lists them all",
        count_of(rows, "row is", "rows are"),
        shown.join(", ")
    ))
}

/// Which of several files were not read to the end.
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

/// Where the rows go, in words.
fn the_topic(done: &RunOutcome) -> &'static str {
    match done.counts_by_topic.len() {
        0 | 1 => "the topic",
        _ => "the topics",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::{Counts, InputNumber, Kept, Sink, TimeShares};
    use crate::record::LineStart;

    fn at(line: u64) -> InputPosition {
        InputPosition {
            input: InputNumber::new(0),
            position: LineStart {
                line,
                ..LineStart::FIRST
            }
            .of_row(line - 2),
        }
    }

    fn range(first: u64, last: u64, fate: Fate) -> RowRange {
        RowRange {
            input: InputNumber::new(0),
            first: at(first).position,
            last_line: last,
            rows: last - first + 1,
            fate,
        }
    }

    /// A run over `t.csv` that was interrupted after ten rows.
    fn stopped(counts: Counts, left: Vec<RowRange>, next: Option<u64>) -> RunOutcome {
        RunOutcome {
            counts: Counts { read: 10, ..counts },
            imbalance: None,
            files: vec![FileOutcome::named("t.csv")],
            stop: Some(Stop::Interrupted),
            too_many_errors: false,
            topics_after: Vec::new(),
            counts_by_topic: Vec::new(),
            next: next.map(at),
            left,
            has_gaps: false,
            sink: Sink::Discard,
            full_queue_waits: 0,
            time: TimeShares::default(),
            bytes_encoded: 0,
            expired: 0,
            far_back: 0,
            dropped_keys: 0,
            dropped_names: Vec::new(),
            elapsed: Duration::ZERO,
            load: None,
        }
    }

    fn counts(delivered: u64, rejected: u64) -> Counts {
        Counts {
            delivered,
            rejected,
            ..Counts::default()
        }
    }

    fn kept(rows: u64) -> RejectsSummary {
        RejectsSummary {
            path: "bad.csv".to_owned(),
            rows,
            ..RejectsSummary::default()
        }
    }

    #[test]
    fn the_message_says_what_is_on_the_topic_and_where_to_resume() {
        let say = |done: &RunOutcome, kept: Option<&RejectsSummary>| describe(done, false, kept).unwrap();
        assert_eq!(
            say(&stopped(counts(10, 0), Vec::new(), Some(12)), None),
            "by a signal; everything before t.csv:12 is on the topic (10 rows), and nothing else; resume with `--from t.csv:12`"
        );
        assert_eq!(
            say(&stopped(counts(8, 2), Vec::new(), Some(12)), None),
            "by a signal; everything before t.csv:12 except the rejected rows is on the topic (8 rows), and nothing else; \
             resume with `--from t.csv:12`"
        );
        assert_eq!(
            say(&stopped(counts(8, 2), Vec::new(), None), Some(&kept(2))),
            "by a signal; everything except the 2 rows in bad.csv is on the topic (8 rows)"
        );
        let left = vec![range(10, 10, Fate::Unknown), range(11, 11, Fate::Unsent)];
        assert_eq!(
            say(&stopped(counts(8, 0), left, Some(10)), None),
            "by a signal; everything before t.csv:10 is on the topic (8 rows), 1 row after that may be on it too; \
             resume with `--from t.csv:10`"
        );
        let nothing = RunOutcome {
            counts: Counts::default(),
            ..stopped(counts(0, 0), Vec::new(), Some(2))
        };
        assert_eq!(say(&nothing, None), "by a signal; no row was read");
    }

    #[test]
    fn the_next_part_of_a_load_with_a_limit_begins_after_the_rows_that_it_read() {
        let mut done = stopped(counts(8, 2), Vec::new(), Some(12));
        done.stop = Some(Stop::Limit);
        assert_eq!(
            describe(&done, false, Some(&kept(2))).unwrap(),
            "by `--limit`; everything before t.csv:12 except the 2 rows in bad.csv is on the topic (8 rows), and nothing else; \
             resume with `--from t.csv:12`"
        );
        assert_eq!(describe(&done, true, None).unwrap(), "by `--limit`");
    }

    #[test]
    fn rows_before_others_that_are_on_the_topic_are_listed() {
        let left = vec![range(3, 5, Fate::Unsent), range(8, 8, Fate::Unknown)];
        let mut done = stopped(counts(6, 0), left, Some(12));
        done.has_gaps = true;
        assert_eq!(
            describe(&done, false, None).unwrap(),
            "by a signal; 6 rows are on the topic, some of them after t.csv:3, which is not; rows from t.csv:12 on \
             were not read; for these, resume with `--from t.csv:12`"
        );
        assert_eq!(
            note_of_gaps(&done).unwrap(),
            "4 rows are possibly not on the topic: t.csv:3-5, t.csv:8 (unknown); `--rejects FILE` would have kept \
             them, `--summary json` lists them all"
        );
        done.left = (0..15)
            .map(|row| range(3 + 2 * row, 3 + 2 * row, Fate::Unsent))
            .collect();
        let note = note_of_gaps(&done).unwrap();
        assert!(note.contains(", t.csv:21, 5 more ranges; "), "{note}");
    }

    #[test]
    fn the_row_that_stopped_a_run_is_not_counted_among_the_rows_before_it() {
        let done = RunOutcome {
            stop: Some(Stop::Row {
                at: at(11),
                row: Vec::new(),
                error: crate::encode::RowError::whole(crate::encode::RowErrorKind::Empty, ""),
                kept: Kept::No,
            }),
            ..stopped(counts(9, 1), Vec::new(), Some(11))
        };
        assert_eq!(
            describe(&done, false, None).unwrap(),
            "at t.csv:11; everything before t.csv:11 is on the topic (9 rows), and nothing else; fix the cause, then resume with \
             `--from t.csv:11`"
        );
    }
}
