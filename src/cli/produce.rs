//! The main job at one height: settings, schema, inputs, plans, sink, run, report.

use std::path::Path;

use super::args::ProduceArguments;
use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::{headers, outcome, preflight, resume};
use crate::encode::{KeyChoice, MessageHeader, PlanError, PlanSettings, Template};
use crate::input::Encoding;
use crate::kafka::{KafkaSink, ProducerSettings};
use crate::load::{self, ErrorBudget, ExpiredRows, Interrupts, Run, TimeRule};
use crate::mapping::Mapping;
use crate::report::{Progress, ProgressMode, RejectsFile};
use crate::schema::RegisteredSchema;

pub(super) fn produce(arguments: &ProduceArguments) -> Result<Exit, Failure> {
    let interrupts = Interrupts::listen().map_err(|error| {
        Failure::because(
            Exit::Usage,
            format!("signals cannot be listened for: {error}"),
            error,
        )
    })?;
    let topic = arguments
        .topic
        .as_deref()
        .expect("clap requires it without a subcommand");
    outcome::check(arguments)?;
    let headers = headers::headers(arguments)?;
    let mut settings = producer_settings(arguments, topic)?;
    settings.headers = headers.iter().map(|header| header.name.clone()).collect();
    let mut inputs = preflight::open(arguments)?;
    let first_line = match &arguments.from {
        Some(from) => resume::start_from(from, &mut inputs)?,
        None => 1,
    };
    let schema = preflight::schema(arguments, topic)?;
    let key_schema = preflight::key_schema(arguments, topic)?;
    let plan_settings = plan_settings(arguments, key_schema, headers)?;
    let mapping = Mapping::by_name(arguments.rules.rules());
    let (planned, ignored_columns) =
        preflight::plan(arguments, inputs, &schema, &mapping, &plan_settings, first_line)?;
    let sink = if arguments.dry_run {
        None
    } else {
        Some(KafkaSink::connect(&settings)?)
    };
    let times = time_rule(arguments, sink.as_ref());
    let rejects = arguments
        .rejects
        .as_deref()
        .map(|path| rejects_file(path, arguments.encoding, &planned))
        .transpose()?;
    if !arguments.quiet {
        let producer = sink.as_ref().map(producer_words);
        let facts = sink.as_ref().map(|sink| sink.topic().clone());
        let servers = arguments.bootstrap_servers.as_str();
        let where_to = facts
            .as_ref()
            .zip(producer.as_deref())
            .map(|(topic, producer)| (topic, servers, producer));
        preflight::print_what_goes_where(&planned, &schema, where_to);
    }
    let key = planned.first().and_then(|planned| planned.plan.describe_key());
    let run = Run {
        inputs: planned,
        sink,
        times,
        limit: arguments.limit,
        max_errors: arguments.max_errors.unwrap_or(match arguments.rejects {
            Some(_) => ErrorBudget::Unlimited,
            None => ErrorBudget::Rows(0),
        }),
        max_failures: arguments.max_failures,
        rejects,
        ignored_columns,
        progress: Progress::new(ProgressMode::detect(arguments.quiet)),
        interrupts: interrupts.clone(),
    };
    let done = load::run(run);
    Ok(outcome::report(arguments, &schema, key, done, &interrupts))
}

fn producer_settings(arguments: &ProduceArguments, topic: &str) -> Result<ProducerSettings, Failure> {
    let mut settings = ProducerSettings::new(arguments.bootstrap_servers.as_str(), topic);
    settings.properties.clone_from(&arguments.properties);
    settings.statistics = arguments.metrics_file.is_some();
    // A setting that cannot be is told before anything is opened or asked.
    settings.client_config().map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        Failure::of(Exit::Usage, error).with_hint(hint)
    })?;
    for warning in settings.warnings() {
        messages::line(&format!("warning: {warning}"));
    }
    Ok(settings)
}

fn plan_settings(
    arguments: &ProduceArguments,
    key_schema: Option<RegisteredSchema>,
    headers: Vec<MessageHeader>,
) -> Result<PlanSettings, Failure> {
    Ok(PlanSettings {
        key: key(arguments, key_schema)?,
        headers,
        timestamp: arguments.timestamp_field.clone(),
    })
}

/// `--timestamp-field`, with what the topic does to times; says what cannot be known of it.
fn time_rule(arguments: &ProduceArguments, sink: Option<&KafkaSink>) -> Option<TimeRule> {
    let field = arguments.timestamp_field.as_ref()?;
    if let Some(sink) = sink {
        preflight::print_times(&sink.topic().times, field);
    }
    Some(TimeRule {
        topic: sink.map(|sink| sink.topic().times.clone()),
        expired: match arguments.allow_expired {
            true => ExpiredRows::Send,
            false => ExpiredRows::Reject,
        },
    })
}

fn key(arguments: &ProduceArguments, key_schema: Option<RegisteredSchema>) -> Result<KeyChoice, Failure> {
    if let Some(schema) = key_schema {
        return Ok(KeyChoice::Avro {
            schema: Box::new(schema),
            field: arguments.key.clone(),
        });
    }
    Ok(match &arguments.key {
        _ if arguments.no_key => KeyChoice::None,
        Some(written) => KeyChoice::Text(Template::field_or_template(written).map_err(PlanError::from)?),
        None => KeyChoice::Default,
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
