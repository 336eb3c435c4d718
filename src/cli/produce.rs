//! The main job at one height: settings, schema, inputs, plans, sink, run, report.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::settings::{Destination, KeySource, MessageSettings, Settings, TimestampSettings};
use super::{outcome, preflight, resume, warnings, writer_schema};
use crate::encode::{KeyChoice, PlanSettings};
use crate::input::Encoding;
use crate::kafka::KafkaSink;
use crate::load::{self, Interrupts, Run, TimeRule};
use crate::report::{Progress, RejectsFile};

pub(super) fn produce(settings: &Settings) -> Result<Exit, Failure> {
    let interrupts = Interrupts::listen().map_err(|error| {
        Failure::because(
            Exit::Usage,
            format!("signals cannot be listened for: {error}"),
            error,
        )
    })?;
    outcome::check(&settings.output)?;
    check_producer(&settings.destination)?;
    let mut inputs = preflight::open(&settings.input)?;
    let first_line = match &settings.input.from {
        Some(from) => resume::start_from(from, &mut inputs)?,
        None => 1,
    };
    let schema = writer_schema::of_run(settings)?;
    let plan_settings = plan_settings(settings)?;
    let (planned, ignored_columns) = preflight::plan(settings, inputs, &schema, &plan_settings, first_line)?;
    let sink = match &settings.destination {
        Destination::Nowhere => None,
        Destination::Kafka { producer, .. } => Some(KafkaSink::connect(producer)?),
    };
    let times = time_rule(&settings.message, sink.as_ref());
    let rejects = settings
        .bad_rows
        .rejects
        .as_deref()
        .map(|path| rejects_file(path, settings.input.encoding, &planned))
        .transpose()?;
    if !settings.output.is_quiet() {
        let where_to = match (&settings.destination, &sink) {
            (Destination::Kafka { producer, .. }, Some(sink)) => Some((
                sink.topic(),
                producer.bootstrap_servers.as_str(),
                producer_words(sink),
            )),
            _ => None,
        };
        preflight::print_what_goes_where(&planned, &schema, where_to);
    }
    let key = planned.first().and_then(|planned| planned.plan.describe_key());
    let run = Run {
        inputs: planned,
        sink,
        times,
        limit: settings.input.limit,
        max_errors: settings.bad_rows.budget,
        max_failures: match settings.destination {
            Destination::Nowhere => 0,
            Destination::Kafka { max_failures, .. } => max_failures,
        },
        rejects,
        ignored_columns,
        progress: Progress::new(settings.output.progress),
        interrupts: interrupts.clone(),
    };
    let done = load::run(run);
    Ok(outcome::report(settings, &schema, key, done, &interrupts))
}

/// A property that cannot be is reported before anything is opened or asked.
fn check_producer(destination: &Destination) -> Result<(), Failure> {
    let Destination::Kafka { producer, .. } = destination else {
        return Ok(());
    };
    producer.client_config().map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        Failure::of(Exit::Usage, error).with_hint(hint)
    })?;
    for warning in producer.warnings() {
        messages::line(&format!("warning: {}", warnings::of_property(&warning)));
    }
    Ok(())
}

fn plan_settings(settings: &Settings) -> Result<PlanSettings, Failure> {
    let message = &settings.message;
    let timestamp = message.timestamp.as_ref();
    Ok(PlanSettings {
        key: key(settings)?,
        headers: message.headers.clone(),
        timestamp: timestamp.map(|timestamp| timestamp.field.clone()),
    })
}

fn key(settings: &Settings) -> Result<KeyChoice, Failure> {
    Ok(match &settings.message.key {
        KeySource::None => KeyChoice::None,
        KeySource::Default => KeyChoice::Default,
        KeySource::Text(template) => KeyChoice::Text(template.clone()),
        KeySource::Avro { subject, field } => KeyChoice::Avro {
            schema: Box::new(writer_schema::of_keys(subject, settings)?),
            field: field.clone(),
        },
    })
}

/// The field of the messages' times, with what the topic does to times; prints what cannot be known of it.
fn time_rule(message: &MessageSettings, sink: Option<&KafkaSink>) -> Option<TimeRule> {
    let TimestampSettings { field, expired } = message.timestamp.as_ref()?;
    if let Some(sink) = sink {
        preflight::print_times(&sink.topic().times, field);
    }
    Some(TimeRule {
        topic: sink.map(|sink| sink.topic().times.clone()),
        expired: *expired,
    })
}

fn rejects_file(
    path: &Path,
    encoding: Encoding,
    planned: &[load::PlannedInput],
) -> Result<RejectsFile, Failure> {
    let mut rejects = RejectsFile::create(path, encoding)?;
    if let Err(error) = load::share_rejects_file(planned, &mut rejects) {
        // Nothing was kept, so both files go away again.
        let _ = rejects.finish();
        return Err(error.into());
    }
    Ok(rejects)
}

/// `idempotent, acks=all, lz4`.
fn producer_words(sink: &KafkaSink) -> String {
    let value = |name: &str| sink.config_value(name).unwrap_or_default();
    format!("idempotent, acks=all, {}", value("compression.type"))
}
