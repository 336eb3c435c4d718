//! The outcome of a run: messages, reports and exit status.

use super::bad_row;
use super::exit::Exit;
use super::hints::schema::Reader;
use super::lost_rows::lost_rows;
use super::machine_reports::MachineReports;
use super::messages::{self, ErrorLog};
use super::name_list::shortened;
use super::settings::Settings;
use super::unbound::Unbound;
use super::{advice, empty_inputs, hints, load_stop, rejects, resume, stopped};
use crate::encode::{DroppedKey, RowContent};
use crate::kafka::{Statistics, TopicChange, TopicFacts};
use crate::load::{Interrupts, LoadStop, RunOutcome, Stop};
use crate::report::figures::{count, count_of};
use crate::report::summary::{
    FileFormat, FileSummary, PartitionSummary, RejectsSummary, SchemaSummary, Summary, TopicSummary,
    UndeliveredSummary,
};
use crate::report::{Latency, Reporter};
use crate::schema::RegisteredSchema;

/// A run that has ended, and what else is known about it.
pub(super) struct EndedRun {
    pub(super) done: RunOutcome,
    pub(super) reporter: Reporter,
    /// The key of the messages, in words.
    pub(super) key: Option<String>,
    pub(super) unbound: Unbound,
}

/// Reports the outcome everywhere it is requested, and returns the exit status.
pub(super) fn report(
    settings: &Settings,
    schema: &RegisteredSchema,
    mut run: EndedRun,
    interrupts: &Interrupts,
) -> Exit {
    let done = &run.done;
    let mut log = ErrorLog::default();
    let mut exit = exit_of(done, interrupts);
    bad_row::print_unlisted(&run.reporter.listing, done, settings.is_dry_run());
    print_stop(done, &run.reporter, settings, &mut log);
    print_near_dropped_keys(&done.dropped_names);
    if done.counts.read > 0 && done.counts.filtered == done.counts.read {
        messages::line("warning: `where` in `[rows]` of the mapping file holds for none of the rows");
    }
    exit = exit.graver(empty_inputs::report(done, settings.input.empty_inputs, &mut log));
    let (rejects, synced) = rejects::finish(run.reporter.rejects.take(), &run.done);
    if let Err(error) = synced {
        // If rows could not be kept, that was printed as the reason for the stop.
        if !matches!(done.stop, Some(Stop::Observer(_))) {
            rejects::print_error(&error, &mut log);
        }
        exit = exit.graver(Exit::Input);
    }
    let statistics = run.done.sink.statistics();
    let mut summary = summary(settings, schema, run, &statistics, rejects);
    if let Some(imbalance) = &summary.imbalance {
        exit = exit.graver(Exit::Delivery);
        log.error(
            &format!("{imbalance}; count the rows on the topic before you rely on this run"),
            None,
        );
    }
    if !settings.output.is_quiet() || exit != Exit::Success {
        messages::lines(&summary.text());
    }
    // Any other status already signals an error.
    if let Some(reason) = messages::lost()
        && matches!(exit, Exit::Success | Exit::Rejected)
    {
        log.error(&format!("standard error cannot be written: {reason}"), None);
        exit = Exit::Input;
    }
    let reports = MachineReports {
        summary: settings.output.summary,
        metrics_file: settings.output.metrics_file.as_deref(),
        topic: &settings.topics.label(),
    };
    let latency = Latency {
        quantiles: statistics.quantiles,
        sum_seconds: statistics.sum_seconds,
        count: statistics.messages,
    };
    reports.write(&mut summary, latency, exit, log)
}

fn exit_of(done: &RunOutcome, interrupts: &Interrupts) -> Exit {
    // Rows that earlier runs rejected count if this run went on with their file, or if no file has more rows: then the run
    // ends as the last one did.
    let before = done.load.as_ref().map_or(0, |load| load.rejected_before);
    let mut exit = if done.counts.rejected + before > 0 {
        Exit::Rejected
    } else {
        Exit::Success
    };
    if done.too_many_errors {
        exit = exit.graver(Exit::Input);
    }
    if done.counts.failed + done.counts.unknown > 0 || lost_rows(done).is_some() {
        exit = exit.graver(Exit::Delivery);
    }
    let stop = match &done.stop {
        Some(Stop::Row { .. } | Stop::Source(_) | Stop::Observer(_) | Stop::Worker(_)) => Exit::Input,
        Some(Stop::NoStart(_)) => Exit::Usage,
        Some(
            Stop::Delivery { .. }
            | Stop::Load(
                LoadStop::Failed {
                    is_lasting: false, ..
                }
                | LoadStop::TopicChanged { .. },
            ),
        ) => Exit::Delivery,
        Some(Stop::Load(_) | Stop::Comparison) => Exit::Unavailable,
        Some(Stop::Interrupted) if load_stop::is_complete_despite_signal(done) => Exit::Success,
        Some(Stop::Interrupted) => Exit::Signal(interrupts.first().unwrap_or(signal_hook::consts::SIGINT)),
        Some(Stop::Limit | Stop::NotEmpty(_)) | None => Exit::Success,
    };
    // A user who interrupts a run does not expect a check of the topic, so its failure is only a note.
    if !done.topics_unseen().is_empty() && !matches!(done.stop, Some(Stop::Interrupted)) {
        exit = exit.graver(Exit::Unavailable);
    }
    exit.graver(stop)
}

fn print_stop(done: &RunOutcome, reporter: &Reporter, settings: &Settings, log: &mut ErrorLog) {
    let allowed = settings.bad_rows.budget;
    match &done.stop {
        Some(Stop::NoStart(no_start)) => {
            let file = &done.files[0];
            resume::no_start(&file.name, &file.argument, file.first_line, *no_start).print(Reader::Run, log);
        }
        Some(Stop::Row { at, row, error, .. }) => {
            let place = done.place(*at);
            // It is the last rejected row.
            match reporter.listing.shown() < done.counts.rejected {
                true => bad_row::print_faults(place, row, &settings.input.json, error, &mut Vec::new(), log),
                false => log.record(&format!("{place}: {error}")),
            }
            match settings.bad_rows.budget_is_chosen {
                false => messages::line(&bad_row::next_steps(done, at.input, error, settings.is_dry_run())),
                true => {
                    messages::line(&format!(
                        "note: {} rejected, and `--max-errors {allowed}` allows no more",
                        count_of(done.counts.rejected, "row was", "rows were")
                    ));
                    // The tolerated rows are not kept anywhere else.
                    if settings.bad_rows.rejects.is_none() {
                        messages::line(&bad_row::next_steps(done, at.input, error, settings.is_dry_run()));
                    }
                }
            }
        }
        Some(Stop::Source(error)) => {
            let hint = error.hint.as_ref().map(hints::input::words);
            log.error(&messages::with_causes(error), hint.as_deref());
        }
        Some(Stop::Observer(error)) => rejects::print_error(&**error, log),
        Some(Stop::Delivery { fatal }) => {
            let failed = count_of(done.counts.failed, "row was not written", "rows were not written");
            let unknown = match done.counts.unknown {
                0 => String::new(),
                unknown => format!(", {} unknown (they may be on the topic)", count(unknown)),
            };
            let why = match fatal {
                Some(error) => format!(": the producer cannot continue: {error}"),
                None => String::new(),
            };
            log.error(&format!("delivery failed{why}: {failed}{unknown}"), None);
            for (topic, now) in seen_topics(done) {
                if let Some(obstacle) = now.obstacle() {
                    messages::line(&format!("note: state of {topic}: {obstacle}"));
                }
            }
        }
        Some(Stop::Worker(failure)) => log.error(&messages::with_causes(failure), None),
        Some(Stop::Load(stop)) => load_stop::print_stop(stop, done, log),
        Some(Stop::Limit | Stop::Interrupted | Stop::NotEmpty(_) | Stop::Comparison) | None => {}
    }
    if done.too_many_errors {
        let before = done.load.as_ref().map_or(0, |load| load.rejected_before);
        let rejected = count_of(done.counts.rejected + before, "row was", "rows were");
        log.error(
            &format!("{rejected} rejected, more than `--max-errors {allowed}` allows"),
            None,
        );
        if settings.bad_rows.rejects.is_none() {
            messages::line(&bad_row::steps_at_end(done, reporter, settings.is_dry_run()));
        }
    }
    if done.expired > 0 {
        messages::line(&format!(
            "warning: {} older than the topic's `retention.ms`: brokers will soon delete what was delivered",
            count_of(done.expired, "row sent is", "rows sent are")
        ));
    }
    if done.far_back > 0 {
        messages::line(&format!(
            "warning: {} more than a second earlier than a row before, and {} sent with that; for a replay, merge and \
             sort files that cover the same time",
            count_of(done.far_back, "row is", "rows are"),
            if done.far_back == 1 { "was" } else { "were" }
        ));
    }
    for (topic, change) in done.topic_changes() {
        let text = match done.topics_after.len() {
            1 => change.to_string(),
            _ => format!("{topic}: {change}"),
        };
        match change {
            // It was printed as the reason for the stop.
            change
                if change.is_loss()
                    && matches!(done.stop, Some(Stop::Load(LoadStop::TopicChanged { .. }))) => {}
            change if change.is_loss() => log.error(&text, None),
            TopicChange::Leaders(_) => messages::line(&format!(
                "warning: {text}; `k2-produce verify` with the same arguments finds them; `--exactly-once` excludes that"
            )),
            _ => messages::line(&format!("warning: {text}")),
        }
    }
    for error in done.topics_unseen() {
        let text = messages::with_causes(error);
        let which = match done.topics_after.len() {
            1 => "the topic",
            _ => "topics",
        };
        let text = format!("{which} could not be checked after the run: {text}");
        match (&done.stop, lost_rows(done)) {
            (Some(Stop::Interrupted), None) => messages::line(&format!("note: {text}")),
            _ => log.error(&text, None),
        }
    }
}

/// How many lines the settings of `[input]` skipped, which must not go unnoticed.
fn skipped_lines(lines: u64, keys: &[&str]) -> Option<String> {
    let lines = (lines > 0).then(|| count_of(lines, "line", "lines"))?;
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    // Which of them skipped a line is not counted.
    let keys = match &keys[..] {
        [] => return Some(format!("{lines} skipped")),
        [key] => key.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    };
    Some(format!("{lines} skipped by {keys}"))
}

fn summary(
    settings: &Settings,
    schema: &RegisteredSchema,
    run: EndedRun,
    statistics: &Statistics,
    rejects: Option<RejectsSummary>,
) -> Summary {
    let done = &run.done;
    let skipped = done.files.iter().map(|file| file.skipped_lines).sum();
    let more = [
        skipped_lines(skipped, &settings.input.skipping_facts),
        dropped_keys(done.dropped_keys, &done.dropped_names),
        stopped::note_of_gaps(done),
    ];
    let mut notes: Vec<String> = run.unbound.notes().chain(more.into_iter().flatten()).collect();
    let mut stopped = stopped::describe(done, settings.is_dry_run(), rejects.as_ref());
    // It is part of the line about why the run stopped, or else a separate line.
    match (&mut stopped, stopped::describe_unread(&done.files)) {
        (_, None) => {}
        (Some(stopped), Some(unread)) => *stopped = format!("{stopped}; {unread}"),
        (None, Some(unread)) => notes.push(unread),
    }
    let files: Vec<FileSummary> = done
        .files
        .iter()
        .map(|file| FileSummary {
            path: file.name.clone(),
            format: Some(match settings.message.content {
                RowContent::Value => FileFormat::Values(file.format),
                RowContent::Envelope(_) => FileFormat::Envelopes,
            }),
            read: file.read,
            bytes: file.bytes,
            lines: file.lines,
            blank_lines: file.blank_lines,
            skipped_lines: file.skipped_lines,
            counts: file.counts,
        })
        .collect();
    let topics = topic_summaries(settings, done);
    Summary {
        exit_status: 0,
        errors: Vec::new(),
        stopped,
        notes,
        kind: settings.kind(),
        seconds: done.elapsed.as_secs_f64(),
        counts: done.counts,
        imbalance: done.imbalance,
        row_errors: run.reporter.row_errors.groups(),
        delivery_errors: run.reporter.delivery_errors.groups(),
        undelivered: undelivered(done),
        rejects,
        bytes_read: files.iter().map(|file| file.bytes).sum(),
        bytes_encoded: done.bytes_encoded,
        blank_lines: files.iter().map(|file| file.blank_lines).sum(),
        skipped_lines: files.iter().map(|file| file.skipped_lines).sum(),
        files,
        ignored_columns: run.unbound.ignored_columns.into_names(),
        defaulted_fields: run.unbound.defaulted_fields.into_names(),
        nulled_fields: run.unbound.nulled_fields.into_names(),
        key_defaulted_fields: run.unbound.key_defaulted_fields.into_names(),
        key_nulled_fields: run.unbound.key_nulled_fields.into_names(),
        dropped_keys: done.dropped_keys,
        topics,
        schema: Some(SchemaSummary {
            name: schema.name().to_owned(),
            subject: schema.subject.clone(),
            version: schema.version,
            id: schema.id.map(|id| id.get()),
        }),
        key: run.key,
        advice: advice::on_time(done, settings),
        time: done.time,
        queue_full_waits: done.full_queue_waits,
        retries: statistics.retries,
        found_record: match &run.done.stop {
            Some(Stop::NotEmpty(found)) => Some(found.clone()),
            _ => None,
        },
        load: run.done.load.clone(),
        labels: settings.output.labels.clone(),
    }
}

fn undelivered(done: &RunOutcome) -> Vec<UndeliveredSummary> {
    let ranges = done.left.iter().map(|range| UndeliveredSummary {
        file: done.file(range.input).name.clone(),
        first_line: range.first.line,
        first_column: range.first.column,
        last_line: range.last_line,
        rows: range.rows,
        fate: range.fate.word(),
    });
    ranges.collect()
}

fn dropped_keys(keys: u64, names: &[DroppedKey]) -> Option<String> {
    let shown = count_of(keys, "JSON key", "JSON keys");
    let names = shortened(names.iter().map(|key| format!("`{}`", key.name)));
    (keys > 0).then(|| format!("dropped {shown} without a field (`--ignore-unknown`): {names}"))
}

/// Dropped keys that were probably meant for a field, which now has its default or null.
fn print_near_dropped_keys(names: &[DroppedKey]) {
    let pairs = names
        .iter()
        .filter_map(|key| Some(format!("`{}` (`{}`)", key.name, key.near.as_ref()?)));
    let pairs: Vec<String> = pairs.collect();
    if !pairs.is_empty() {
        messages::line(&format!(
            "warning: dropped JSON keys with names close to those of absent fields: {}",
            shortened(pairs.into_iter())
        ));
    }
}

/// The topics that could be described after the run, each in words and with its description.
fn seen_topics(done: &RunOutcome) -> impl Iterator<Item = (String, &TopicFacts)> {
    done.topics_after.iter().filter_map(|topic| {
        let words = match done.topics_after.len() {
            1 => "the topic".to_owned(),
            _ => format!("`{}`", topic.name),
        };
        Some((words, topic.facts.as_ref().ok()?))
    })
}

fn topic_summaries(settings: &Settings, done: &RunOutcome) -> Vec<TopicSummary> {
    let summary = |(index, name): (usize, &String)| {
        let before = done.sink.topics().get(index).map(|topic| &topic.facts);
        let facts_after = done.topics_after.get(index);
        let facts_after = facts_after.and_then(|topic| topic.facts.as_ref().ok());
        let after = facts_after.and_then(|facts| facts.end_offsets.known());
        let of_partition = |partition: usize| PartitionSummary {
            partition: partition as i32,
            offset_before: before
                .and_then(|before| before.end_offsets.known())
                .and_then(|offsets| offsets.get(partition).copied()),
            offset_after: after.and_then(|offsets| offsets.get(partition).copied()),
            leader_changed: before.and_then(|before| before.leader_changed(facts_after?, partition)),
        };
        let partitions = before.map_or(0, |before| before.partitions as usize);
        TopicSummary {
            name: name.clone(),
            id: before.and_then(|before| before.topic_id.known().cloned()),
            counts: done.counts_by_topic.get(index).copied().unwrap_or_default(),
            partitions: (0..partitions).map(of_partition).collect(),
        }
    };
    settings.topics.names.iter().enumerate().map(summary).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::{
        Commit, Counts, EarlierRuns, LoadReport, LoadState, Sink, TimeShares, TopicAtEnd, Worker,
        WorkerFailure,
    };

    fn ended(counts: Counts, stop: Option<Stop>) -> RunOutcome {
        RunOutcome {
            counts,
            imbalance: None,
            files: Vec::new(),
            stop,
            too_many_errors: false,
            topics_after: Vec::new(),
            counts_by_topic: Vec::new(),
            next: None,
            left: Vec::new(),
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

    #[test]
    fn a_run_whose_thread_panicked_never_ends_with_success() {
        let panicked = || {
            Some(Stop::Worker(WorkerFailure::Panicked {
                worker: Worker::Reading,
                message: "out of luck".to_owned(),
            }))
        };
        let delivered = Counts {
            read: 1,
            delivered: 1,
            ..Counts::default()
        };
        let unknown = Counts {
            unknown: 1,
            ..Counts::default()
        };
        let exit = |counts, stop| exit_of(&ended(counts, stop), &Interrupts::default());
        assert_eq!(exit(delivered, None), Exit::Success);
        assert_eq!(exit(delivered, panicked()), Exit::Input);
        assert_eq!(exit(unknown, panicked()), Exit::Delivery);
    }

    #[test]
    fn rows_are_reported_on_the_topic_only_if_they_are() {
        let delivered = Counts {
            read: 3,
            delivered: 3,
            ..Counts::default()
        };
        let mut done = ended(delivered, Some(Stop::Interrupted));
        assert_eq!(
            stopped::describe(&done, false, None).unwrap(),
            "by a signal; everything is on the topic (3 rows)"
        );
        done.topics_after = vec![TopicAtEnd {
            name: "t".to_owned(),
            changes: vec![TopicChange::Recreated {
                before: "a".to_owned(),
                now: "b".to_owned(),
            }],
            facts: Ok(TopicFacts::unknown("t")),
        }];
        assert_eq!(
            stopped::describe(&done, false, None).unwrap(),
            "by a signal; 3 rows were acknowledged, but not all of them are still on the topic"
        );
        assert_eq!(exit_of(&done, &Interrupts::default()), Exit::Delivery);
    }

    fn load(rejected_before: u64, state: LoadState) -> Option<LoadReport> {
        let commit = Commit::Often {
            rows: 1,
            interval: Duration::from_secs(1),
        };
        Some(LoadReport {
            state: Some(state),
            rejected_before,
            commits: 2,
            ..LoadReport::of("l", commit, EarlierRuns::Continue)
        })
    }

    #[test]
    fn a_signal_after_the_last_commit_does_not_interrupt_a_load() {
        let delivered = Counts {
            read: 3,
            delivered: 3,
            ..Counts::default()
        };
        let end = |rejected_before, state| {
            let done = RunOutcome {
                load: load(rejected_before, state),
                ..ended(delivered, Some(Stop::Interrupted))
            };
            let words = stopped::describe(&done, false, None).unwrap();
            (exit_of(&done, &Interrupts::default()), words)
        };
        let complete = "by a signal, after the last commit: the load is complete";
        assert_eq!(end(0, LoadState::Complete), (Exit::Success, complete.to_owned()));
        assert_eq!(end(1, LoadState::Complete).0, Exit::Rejected);
        let (exit, words) = end(0, LoadState::Partial);
        assert_eq!(exit, Exit::Signal(signal_hook::consts::SIGINT));
        assert!(words.ends_with("the same command continues the load"), "{words}");
    }

    #[test]
    fn a_restart_is_continued_without_the_option() {
        let next = |commits, earlier_runs, stop| {
            let mut done = ended(Counts::default(), Some(stop));
            done.load = load(0, LoadState::Partial).map(|load| LoadReport {
                commits,
                earlier_runs,
                ..load
            });
            let words = stopped::describe(&done, false, None).unwrap();
            words.rsplit("; ").next().unwrap_or_default().to_owned()
        };
        assert_eq!(
            next(2, EarlierRuns::Restart, Stop::Interrupted),
            "the same command without `--restart` continues the load, and with it sends all rows again"
        );
        assert_eq!(
            next(0, EarlierRuns::Restart, Stop::Interrupted),
            "the same command begins with the first row again"
        );
        assert_eq!(
            next(2, EarlierRuns::Continue, Stop::Load(LoadStop::Inconsistent)),
            "look at its checkpoints before you run it again (`k2-produce loads show`)"
        );
    }
}
