//! `k2-produce verify`: compares a topic with the rows that a load would send. Differences go to standard output,
//! everything else to standard error.
//!
//! `range` decides which offsets are compared, `masked` which parts of a message are not, `shown` decodes what differs,
//! and `report` prints it.

mod masked;
mod range;
mod report;
mod shown;

use std::time::Instant;

use super::arguments::VerifyArguments;
use super::environment::Environment;
use super::exactly_once::waiting_note;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::loads::{Checkpoints, checkpoint_topic};
use super::messages::{self, ErrorLog};
use super::null_keys::{self, Keys};
use super::produce::{check_properties, plan_settings, print_remarks};
use super::progress::{ProgressMode, progress};
use super::resume::{self, RunStart};
use super::settings::{Destination, EmptyInputs, Settings};
use super::signals::SignalWatch;
use super::{bad_row, empty_inputs, hints, named_inputs, preflight, writer_schema};
use crate::input::Input;
use crate::kafka::{
    ConnectErrorKind, Fact, ProducerSettings, RangeReader, ReadMessage, TimeSettings, TopicFacts,
};
use crate::load::{
    self, Comparison, ComparisonError, ComparisonSettings, ExpectedMessage, ExpiredRows, Kind, PlannedInput,
    Run, RunOutcome, SendTime, Sink, Stop, TimeRule,
};
use crate::report::Reporter;
use crate::report::figures::{bytes, count_of};
use masked::NotCompared;
use shown::{Shower, Shown};

pub(super) fn run(mut typed: VerifyArguments, environment: &Environment) -> Exit {
    let done = named_inputs::expand(&mut typed.load.inputs).and_then(|()| {
        refuse(&typed)?;
        let watch = SignalWatch::start(|signal| messages::line(&format!("stopped: by signal {signal}")));
        let watch = watch.map_err(|error| {
            Failure::because(Exit::Usage, "the signal handler cannot be installed", error)
        })?;
        verify(typed, environment, &watch)
    });
    Failure::end(
        done.map_err(|failure| failure.of_configured(&environment.config)),
        Reader::Run,
    )
}

/// Refuses options of a load that ask for something else.
fn refuse(typed: &VerifyArguments) -> Result<(), Failure> {
    let refused = [
        ("--dry-run", typed.load.dry_run, "omit it: nothing is sent anyway"),
        (
            "--summary",
            typed.load.output.summary.is_some(),
            "pass `--json` for a result that programs can read",
        ),
        (
            "--metrics-file",
            typed.load.output.metrics_file.is_some(),
            "omit it; `--json` prints a result that programs can read",
        ),
    ];
    match refused.iter().find(|(_, is_given, _)| *is_given) {
        Some((flag, _, hint)) => Err(Failure::new(
            Exit::Usage,
            format!("`{flag}` cannot be used with `verify`"),
        )
        .with_hint(Some(*hint))),
        None => Ok(()),
    }
}

fn verify(
    mut typed: VerifyArguments,
    environment: &Environment,
    watch: &SignalWatch,
) -> Result<Exit, Failure> {
    let started = Instant::now();
    let given_topic = typed.load.exactly_once.checkpoint_topic.clone();
    let settings = Settings::of_verify(std::mem::take(&mut typed.load), environment)?;
    let Destination::Kafka { producer, .. } = &settings.destination else {
        unreachable!("a comparison has a topic")
    };
    print_remarks(&settings.properties_remarks, settings.output.verbosity);
    check_properties(producer)?;
    let mut inputs = preflight::open(&settings.input)?;
    let start = match &settings.input.from {
        Some(from) => resume::start_from(from, &mut inputs)?,
        None => RunStart::FIRST_ROW,
    };
    refuse_pipes(&inputs)?;
    preflight::warn_of_repeated(&inputs);
    if settings.input.empty_inputs == EmptyInputs::Refuse {
        empty_inputs::refuse(&inputs)?;
    }
    let schema = writer_schema::of_run(&settings)?.registered()?;
    let plan_settings = plan_settings(&settings)?;
    let (planned, _) = preflight::plan(&settings, inputs, &schema, &plan_settings, start.first)?;
    let not_compared = masked::not_compared(&settings, &planned, &schema)?;
    let mut reader = connect(producer, &settings)?;
    let facts: Vec<TopicFacts> = reader.topics().iter().map(|topic| topic.facts.clone()).collect();
    null_keys::check(
        Keys::of(&planned, &settings.message.key, &schema),
        &facts.iter().collect::<Vec<_>>(),
    )?;
    for topic in &facts {
        for planned in &planned {
            planned.plan.check_partition(topic.partitions)?;
        }
    }
    let files = planned.iter().map(|planned| &planned.input);
    let ranges = range::ranges(&typed, &mut reader, files, || {
        Checkpoints::of_topic(checkpoint_topic(given_topic, environment)?, (**producer).clone())
    })?;
    watch.end_in_order();
    if !settings.output.is_quiet() {
        print_what_is_compared(&planned, &settings, &facts, producer, &not_compared);
    }
    let times: Vec<bool> = facts
        .iter()
        .map(|topic| not_compared.compares_times && topic.times.append_time != Fact::Known(true))
        .collect();
    let comparison = Comparison::start(
        reader,
        ComparisonSettings {
            ranges: ranges.clone(),
            headers: producer.headers.clone(),
            own_headers: producer.own_headers,
            times: times.clone(),
            masked: not_compared.masked.clone(),
        },
    )?;
    let run = Run {
        inputs: planned,
        sink: Sink::Compare(Box::new(comparison)),
        topics: settings.topics.names.len(),
        times: time_rule(&settings, &facts),
        pace: None,
        limit: settings.input.limit,
        max_errors: settings.bad_rows.budget,
        max_failures: 0,
        interrupts: watch.interrupts().clone(),
        load: None,
        threads: settings.threads.map(usize::from),
        if_empty: false,
    };
    let mode = match typed.json && settings.output.progress == ProgressMode::Lines {
        true => ProgressMode::Quiet,
        false => settings.output.progress,
    };
    let mut reporter = Reporter::new(None, progress(mode))
        .with_listing(bad_row::listing(&settings))
        .saying_that_it_waits(waiting_note());
    watch.begin_run();
    let mut done = load::run(run, &mut reporter);
    let Sink::Compare(mut comparison) = std::mem::replace(&mut done.sink, Sink::Discard) else {
        unreachable!("the run was given a comparison")
    };
    if let Some(exit) = early_end(&done, comparison.take_failure(), watch)? {
        return Ok(exit);
    }
    let empty = empty_inputs::report(&done, settings.input.empty_inputs, &mut ErrorLog::default());
    let mut shower = Shower::new(
        &settings.topics.names,
        &done,
        &settings.registry,
        &not_compared.masked,
        &times,
    );
    let mut distance =
        |row: &ExpectedMessage, topic, message: &ReadMessage| shower.distance(row, topic, message);
    let verdict = match comparison.verdict(typed.show, &mut distance, watch.interrupts()) {
        Ok(verdict) => verdict,
        Err(error) => return failed(error, watch),
    };
    let mut shown: Vec<(Kind, Vec<Shown>)> = Vec::new();
    for (kind, _, differences) in &verdict.kinds {
        let of_kind: Result<Vec<Shown>, Failure> = differences
            .iter()
            .map(|difference| shower.shown(*kind, difference))
            .collect();
        shown.push((*kind, of_kind?));
    }
    let result = report::Result {
        verdict: &verdict,
        counts: done.counts,
        shown: &shown,
        topics: &settings.topics.names,
        ranges: &ranges,
        not_compared: &not_compared.names,
        seconds: started.elapsed().as_secs_f64(),
        fail_on_foreign: typed.fail_on_foreign,
    };
    result.print(typed.json, settings.output.is_quiet())?;
    Ok(result.exit().graver(empty))
}

/// Standard input and pipes cannot be read a second time.
fn refuse_pipes(inputs: &[Input]) -> Result<(), Failure> {
    match inputs.iter().find(|input| input.length.is_none()) {
        Some(input) => {
            let message = format!(
                "{} can be read only once, but rows are read again to explain what differs",
                input.name
            );
            Err(Failure::new(Exit::Usage, message).with_hint(Some("write it to a file first")))
        }
        None => Ok(()),
    }
}

fn connect(producer: &ProducerSettings, settings: &Settings) -> Result<RangeReader, Failure> {
    RangeReader::connect(producer).map_err(|error| match error.kind() {
        ConnectErrorKind::MissingTopic => {
            let hint = error.hint().map(hints::kafka::words);
            settings.topics.missing(Exit::Unavailable, error).with_hint(hint)
        }
        _ => Failure::from(error),
    })
}

/// Times are as in a load, but no row is too old: it may have been sent in time.
fn time_rule(settings: &Settings, facts: &[TopicFacts]) -> Option<TimeRule> {
    settings.message.timestamp.as_ref()?;
    Some(TimeRule {
        topics: facts
            .iter()
            .map(|topic| TimeSettings {
                append_time: topic.times.append_time.clone(),
                retention: Fact::NotSupported,
                before_max: Fact::NotSupported,
                after_max: Fact::NotSupported,
            })
            .collect(),
        expired: ExpiredRows::Send,
        sent: SendTime::Due,
    })
}

fn print_what_is_compared(
    planned: &[PlannedInput],
    settings: &Settings,
    facts: &[TopicFacts],
    producer: &ProducerSettings,
    not_compared: &NotCompared,
) {
    let files = match planned {
        [planned] => planned.input.name.to_string(),
        several => format!("{} files", several.len()),
    };
    let length: Option<u64> = planned.iter().map(|planned| planned.input.length).sum();
    let length = length.map_or(String::new(), |length| format!(" ({})", bytes(length)));
    let topics = match &settings.topics.names[..] {
        [topic] => topic.clone(),
        several => format!("{} topics", several.len()),
    };
    let partitions = facts.iter().map(|topic| u64::from(topic.partitions)).sum();
    messages::line(&format!(
        "{files}{length} compared with {topics}, {}, {}",
        count_of(partitions, "partition", "partitions"),
        producer.bootstrap_servers
    ));
    if !not_compared.names.is_empty() {
        let (verb, pronoun) = match not_compared.names.len() {
            1 => ("differs", "is"),
            _ => ("differ", "are"),
        };
        messages::line(&format!(
            "note: {} {verb} from run to run and {pronoun} not compared",
            not_compared.names.join(", ")
        ));
    }
}

/// The exit status of a comparison that was not completed.
fn early_end(
    done: &RunOutcome,
    failure: Option<ComparisonError>,
    watch: &SignalWatch,
) -> Result<Option<Exit>, Failure> {
    match &done.stop {
        None | Some(Stop::Limit) => Ok(None),
        Some(Stop::Comparison) => failed(failure.unwrap_or(ComparisonError::Interrupted), watch).map(Some),
        Some(Stop::NoStart(no_start)) => {
            let file = &done.files[0];
            Err(resume::no_start(
                &file.name,
                &file.argument,
                file.first_line,
                *no_start,
            ))
        }
        Some(Stop::Source(error)) => {
            let hint = error.hint.as_ref().map(hints::input::words);
            Err(Failure::new(Exit::Input, messages::with_causes(error)).with_hint(hint))
        }
        Some(Stop::Worker(failure)) => Err(Failure::new(Exit::Input, messages::with_causes(failure))),
        Some(Stop::Interrupted) => failed(ComparisonError::Interrupted, watch).map(Some),
        // Nothing is sent or kept, and any number of rows may be rejected.
        Some(
            Stop::Row { .. } | Stop::Delivery { .. } | Stop::Observer(_) | Stop::Load(_) | Stop::NotEmpty(_),
        ) => Err(Failure::new(Exit::Input, "the comparison ended early")),
    }
}

fn failed(error: ComparisonError, watch: &SignalWatch) -> Result<Exit, Failure> {
    let signal = watch.interrupts().first();
    match (error, signal) {
        (ComparisonError::Interrupted, signal) => {
            messages::line("stopped: by a signal, before the comparison was complete");
            Ok(Exit::Signal(signal.unwrap_or(signal_hook::consts::SIGINT)))
        }
        (ComparisonError::Topic(error), _) => Err(error.into()),
        (ComparisonError::Input(error), _) => Err(error.into()),
        (error @ ComparisonError::Temporary(_), _) => {
            let hint = "name a folder with more room by the variable `TMPDIR`";
            Err(Failure::of(Exit::Input, error).with_hint(Some(hint)))
        }
        (error @ ComparisonError::Worker(_), _) => Err(Failure::of(Exit::Input, error)),
    }
}
