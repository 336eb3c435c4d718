//! The main job in outline: settings, schema, inputs, plans, sink, run, report.

use super::arguments::{CheckArguments, ProduceArguments};
use super::config::Config;
use super::early_end::EarlyEnd;
use super::environment::Environment;
use super::exactly_once::{NamedLoad, waiting_note};
use super::exit::Exit;
use super::failure::Failure;
use super::file_clash::RunFiles;
use super::messages;
use super::null_keys::Keys;
use super::outcome::EndedRun;
use super::progress::progress;
use super::properties_file::Remark;
use super::resume::RunStart;
use super::settings::{
    Destination, EmptyInputs, ExactlyOnceSettings, KeySource, Settings, TimestampSettings, Topics, Verbosity,
};
use super::signals::SignalWatch;
use super::{
    bad_row, empty_inputs, exactly_once, first_rows, hints, if_empty, named_inputs, new_topic, null_keys,
    outcome, preflight, rejects, resume, warnings, writer_schema,
};
use crate::encode::{KeyChoice, PlanSettings, TimestampSource};
use crate::escape::printable;
use crate::kafka::{
    ConnectErrorKind, EarlyLook, FoundRecord, NewTopic, Producer, ProducerSettings, TopicFacts,
};
use crate::load::{self, Commit, Run, SendTime, Sink, Stop, TimeRule};
use crate::report::Reporter;
use crate::report::figures::duration;
use crate::schema::SchemaId;

/// A run.
pub(super) fn run(mut typed: ProduceArguments, environment: &Environment) -> Exit {
    let expanded = named_inputs::expand(&mut typed.inputs);
    typed.fill_in(environment.config.layer());
    let (early_end, mut files) = (EarlyEnd::of_run(&typed), RunFiles::of_run(&typed));
    files.read_by_config(&environment.config);
    if let Err(failure) = expanded {
        return early_end.by_failure(&failure);
    }
    produce(early_end, &files, &environment.config, || {
        Settings::of_run(typed, environment)
    })
}

/// `schema check`: a run that sends nothing and reports every bad row.
pub(super) fn check(mut typed: CheckArguments, environment: &Environment) -> Exit {
    let expanded = named_inputs::expand(&mut typed.inputs);
    typed.fill_in(environment.config.layer());
    let (early_end, mut files) = (EarlyEnd::of_check(&typed), RunFiles::of_check(&typed));
    files.read_by_config(&environment.config);
    if let Err(failure) = expanded {
        return early_end.by_failure(&failure);
    }
    produce(early_end, &files, &environment.config, || {
        Settings::of_check(typed, environment)
    })
}

/// A run whose configuration files cannot be used.
pub(super) fn without_config(typed: &ProduceArguments, failure: &Failure) -> Exit {
    EarlyEnd::of_run(typed).by_failure(failure)
}

/// The same for a check.
pub(super) fn check_without_config(typed: &CheckArguments, failure: &Failure) -> Exit {
    EarlyEnd::of_check(typed).by_failure(failure)
}

/// Ensures that the end of the command is reported, whatever its cause.
fn produce(
    early_end: EarlyEnd,
    files: &RunFiles,
    config: &Config,
    decide: impl FnOnce() -> Result<Settings, Failure>,
) -> Exit {
    if let Err(failure) = files.check().and_then(|()| early_end.check()) {
        let failure = failure.of_configured(config);
        return early_end.without_metrics_file().by_failure(&failure);
    }
    let on_signal = early_end.clone();
    let watch = SignalWatch::start(move |signal| {
        on_signal.by_signal(signal);
    });
    let watch = match watch {
        Ok(watch) => watch,
        Err(error) => {
            let message = format!("the signal handler cannot be installed: {error}");
            return early_end.by_failure(&Failure::because(Exit::Usage, message, error));
        }
    };
    let done = decide().and_then(|settings| {
        let ended = load(&settings, &watch, &early_end)?;
        Ok((ended, settings))
    });
    match done {
        Ok((Ended::Run(exit), _)) => exit,
        Ok((Ended::LeftAlone(found), settings)) => match watch.take_last_word() {
            Some(signal) => early_end.by_signal(signal),
            None => {
                let exit = early_end.by_found_record(found, settings.output.verbosity);
                if_empty::let_writer_end(&settings.input.files, watch.interrupts());
                exit
            }
        },
        Err(failure) => match watch.take_last_word() {
            Some(signal) => early_end.by_signal(signal),
            None => early_end.by_failure(&failure.of_configured(config)),
        },
    }
}

/// How a command ended without a failure.
enum Ended {
    /// After a run.
    Run(Exit),
    /// Before it, because a topic has a record.
    LeftAlone(FoundRecord),
}

fn load(settings: &Settings, watch: &SignalWatch, early_end: &EarlyEnd) -> Result<Ended, Failure> {
    print_remarks(&settings.properties_remarks, settings.output.verbosity);
    check_producer(&settings.destination)?;
    let mut inputs = preflight::open(&settings.input)?;
    let start = match &settings.input.from {
        Some(from) => resume::start_from(from, &mut inputs)?,
        None => RunStart::FIRST_ROW,
    };
    preflight::warn_of_repeated(&inputs);
    if settings.input.empty_inputs == EmptyInputs::Refuse {
        empty_inputs::refuse(&inputs)?;
    }
    // While the registry is asked, the brokers can answer too.
    let early_look = match &settings.destination {
        Destination::Kafka { producer, .. } => EarlyLook::begin(producer),
        Destination::Nowhere { .. } => None,
    };
    let writer = writer_schema::of_run(settings)?;
    let plan_settings = plan_settings(settings)?;
    let (planned, unbound) = preflight::plan(settings, inputs, &writer.schema, &plan_settings, start.first)?;
    let asked_topic = asked_topic(&settings.destination);
    if asked_topic.is_some() || writer.is_to_be_registered() {
        first_rows::check(&planned, &settings.input)?;
    }
    let keys = Keys::of(&planned, &settings.message.key, &writer.schema);
    if let Some(asked) = asked_topic {
        null_keys::refuse_on_new(keys, asked)?;
        for planned in &planned {
            planned.plan.check_partition(u32::from(asked.partitions.get()))?;
        }
    }
    let named_load = match &settings.exactly_once {
        Some(once) => {
            let load = NamedLoad::of(once, &settings.topics.names, &planned)?;
            early_end.note_load(load.report());
            Some(load)
        }
        None => None,
    };
    let mut open_load = None;
    let sink = match &settings.destination {
        Destination::Nowhere { .. } => Sink::Discard,
        Destination::Kafka {
            producer: producer_settings,
            ..
        } => {
            let mut producer_settings = producer_settings.clone();
            producer_settings.transactions = named_load.as_ref().map(NamedLoad::transactions);
            let mut producer = connect(&producer_settings, early_look, &settings.topics)?;
            if let Some(asked) = asked_topic {
                let verbosity = settings.output.verbosity;
                for topic in producer.topics() {
                    new_topic::print(asked, topic.origin, &topic.facts, verbosity);
                }
            }
            if let Some(load) = named_load {
                let load = load.open(
                    settings,
                    &producer_settings,
                    &producer,
                    &planned,
                    watch,
                    early_end,
                )?;
                open_load = Some(load);
            }
            if settings.if_empty
                && let Some(found) = if_empty::find_record(&mut producer, open_load.as_ref())?
            {
                return Ok(Ended::LeftAlone(found));
            }
            Sink::Kafka(Box::new(producer))
        }
    };
    // A check compares files with a schema; the order of rows matters only to a load.
    if !matches!(settings.destination, Destination::Nowhere { producer: None }) {
        null_keys::check(keys, &facts(&sink))?;
    }
    for topic in facts(&sink) {
        for planned in &planned {
            planned.plan.check_partition(topic.partitions)?;
        }
    }
    let times = time_rule(settings, &facts(&sink));
    // What is created from here on must be cleaned up, so from here on signals shut the command down in order.
    watch.end_in_order();
    let rejects = rejects::create(settings, &start.skipped, &planned, open_load.as_ref())?;
    // The last step, because a registration remains.
    let schema = writer.registered()?;
    if let Some(id) = schema.id {
        planned.iter().for_each(|planned| planned.plan.set_schema_id(id));
    }
    if let (Some(load), Some(once)) = (&mut open_load, &settings.exactly_once) {
        load.set_schema_ids(schema.id.map(SchemaId::get).into_iter().collect());
        exactly_once::compare_schemas(load, once)?;
    }
    if !settings.output.is_quiet() {
        let place = settings.brokers_place.as_ref();
        let place = place.map_or_else(String::new, |place| format!(" ({place})"));
        let once = settings.exactly_once.as_ref();
        let where_to = match (&settings.destination, &sink) {
            (
                Destination::Kafka {
                    producer: settings, ..
                },
                Sink::Kafka(producer),
            ) => Some((
                facts(&sink),
                settings.bootstrap_servers.clone() + &place,
                describe_producer(producer, once),
            )),
            _ => None,
        };
        let pace = settings.pace.describe();
        preflight::print_what_goes_where(&planned, &schema, where_to, settings.kind(), pace);
    }
    let topics = settings.topics.names.len();
    let key = planned.first().and_then(|planned| planned.plan.describe_key());
    let run = Run {
        inputs: planned,
        sink,
        topics,
        times,
        pace: settings.pace.pace,
        limit: settings.input.limit,
        max_errors: settings.bad_rows.budget,
        max_failures: match settings.destination {
            Destination::Nowhere { .. } => 0,
            Destination::Kafka { max_failures, .. } => max_failures,
        },
        interrupts: watch.interrupts().clone(),
        load: open_load,
        threads: settings.threads.map(usize::from),
        if_empty: settings.if_empty,
    };
    let mut reporter = Reporter::new(rejects, progress(settings.output.progress))
        .with_listing(bad_row::listing(settings))
        .saying_that_it_waits(waiting_note());
    watch.begin_run();
    let done = load::run(run, &mut reporter);
    let is_left_alone = matches!(done.stop, Some(Stop::NotEmpty(_)));
    let run = EndedRun {
        done,
        reporter,
        key,
        unbound,
    };
    let exit = outcome::report(settings, &schema, run, watch.interrupts());
    if is_left_alone {
        if_empty::let_writer_end(&settings.input.files, watch.interrupts());
    }
    Ok(Ended::Run(exit))
}

/// What is known about the topics of a sink.
fn facts(sink: &Sink) -> Vec<&TopicFacts> {
    sink.topics().iter().map(|topic| &topic.facts).collect()
}

/// How the run creates topics that do not exist.
fn asked_topic(destination: &Destination) -> Option<&NewTopic> {
    match destination {
        Destination::Nowhere { .. } => None,
        Destination::Kafka { producer, .. } => producer.create_topic.as_ref(),
    }
}

/// Connects, and prints librdkafka's warnings about the configuration.
fn connect(
    settings: &ProducerSettings,
    early_look: Option<EarlyLook>,
    topics: &Topics,
) -> Result<Producer, Failure> {
    let show = |warnings: &[String]| {
        for warning in warnings {
            messages::line(&format!("warning: {}", printable(warning.as_bytes(), 500)));
        }
    };
    // If no broker answers, a warning may say why.
    let producer = match early_look {
        Some(look) => look
            .finish()
            .and_then(|look| Producer::connect_after(settings, look)),
        None => Producer::connect(settings),
    };
    let producer = producer.map_err(|error| {
        show(error.config_warnings());
        match error.kind() {
            ConnectErrorKind::MissingTopic => {
                let hint = error.hint().map(hints::kafka::words);
                topics.missing(Exit::Unavailable, error).with_hint(hint)
            }
            _ => Failure::from(error),
        }
    })?;
    show(producer.config_warnings());
    Ok(producer)
}

pub(super) fn print_remarks(remarks: &[Remark], verbosity: Verbosity) {
    for remark in remarks {
        match remark {
            Remark::Warning(warning) => messages::line(&format!("warning: {warning}")),
            Remark::Note(_) if verbosity == Verbosity::Quiet => {}
            Remark::Note(note) => messages::line(&format!("note: {note}")),
        }
    }
}

/// A property that librdkafka refuses is reported before any file is opened or any server is contacted.
fn check_producer(destination: &Destination) -> Result<(), Failure> {
    let producer = match destination {
        Destination::Kafka { producer, .. } => producer,
        Destination::Nowhere {
            producer: Some(producer),
        } => producer,
        Destination::Nowhere { producer: None } => return Ok(()),
    };
    check_properties(producer)
}

/// A property that librdkafka refuses is an error; those that need a warning get one.
pub(super) fn check_properties(producer: &ProducerSettings) -> Result<(), Failure> {
    producer.client_config().map_err(|error| {
        let hint = hints::kafka::of_config_error(&error);
        Failure::new(Exit::Usage, hints::kafka::config_error(&error)).with_hint(hint)
    })?;
    for warning in producer.warnings() {
        messages::line(&format!("warning: {}", warnings::of_property(&warning)));
    }
    Ok(())
}

/// What a run takes from each row besides the fields of the schema.
pub(super) fn plan_settings(settings: &Settings) -> Result<PlanSettings, Failure> {
    let message = &settings.message;
    let timestamp = message.timestamp.as_ref();
    Ok(PlanSettings {
        key: key(settings)?,
        headers: message.headers.clone(),
        timestamp: timestamp.map(|timestamp| timestamp.source.clone()),
        replay: settings.pace.field.clone(),
        content: message.content,
        topics: settings.topics.names.clone(),
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

/// The field with the message timestamps, and how the topic treats them; prints what is unknown about that.
fn time_rule(settings: &Settings, topics: &[&TopicFacts]) -> Option<TimeRule> {
    let TimestampSettings { source, expired } = settings.message.timestamp.as_ref()?;
    let field = match source {
        TimestampSource::Field(field) => field,
        TimestampSource::Mapped => "message.timestamp",
        TimestampSource::Envelope => "timestamp",
    };
    preflight::print_times(topics, field);
    Some(TimeRule {
        topics: topics.iter().map(|topic| topic.times.clone()).collect(),
        expired: *expired,
        sent: match settings.pace.pace {
            Some(_) => SendTime::Due,
            None => SendTime::Soon,
        },
    })
}

/// `idempotent, acks=all, lz4`, or how rows are sent in transactions; with one replica acks=all means a single copy.
fn describe_producer(producer: &Producer, once: Option<&ExactlyOnceSettings>) -> String {
    let value = |name: &str| producer.config_value(name).unwrap_or_default();
    let mut topics = producer.topics().iter();
    let replicas = match topics.all(|topic| topic.facts.replication_factor == 1) {
        true => " (1 replica)",
        false => "",
    };
    let guarantee = match once.map(|once| once.commit) {
        Some(Commit::Once) => match producer.known_transaction_timeout() {
            Some(timeout) => format!("one transaction of at most {}", duration(timeout.as_secs_f64())),
            None => "one transaction".to_owned(),
        },
        Some(Commit::Often { .. }) => "transactional".to_owned(),
        None => "idempotent".to_owned(),
    };
    format!("{guarantee}, acks=all{replicas}, {}", value("compression.type"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Arguments;

    #[test]
    fn a_dry_run_checks_the_properties_that_a_load_would_have() {
        for (flags, fits) in [
            (&["-X", "linger.ms=5"][..], true),
            (&["-X", "acks=1"], false),
            (&["-X", "liger.ms=5"], false),
            (&["-X", "security.protocol=SASL_SSL"], false),
        ] {
            for run in [&[][..], &["--dry-run"]] {
                let typed = [&["k2-produce", "--topic", "t", "t.csv"], flags, run].concat();
                let typed = Arguments::parse_from(typed).produce;
                let settings = Settings::of_run(typed, &Environment::default()).unwrap();
                assert_eq!(
                    check_producer(&settings.destination).is_ok(),
                    fits,
                    "{flags:?} {run:?}"
                );
            }
        }
    }
}
