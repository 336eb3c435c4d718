//! `k2-produce loads`: the exactly-once loads that have checkpoints. The list and the details go to standard output,
//! everything else to standard error.

mod forget;
mod list;
mod show;
mod undo;

use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::arguments::{CheckpointArguments, LoadsArguments, LoadsCommand};
use super::environment::Environment;
use super::exactly_once::{look_failure, waiting_note};
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages;
use super::produce::{check_properties, print_remarks};
use super::settings::{KafkaSettings, Verbosity};
use crate::escape::printable;
use crate::kafka::{
    CheckpointTopic, DEFAULT_CHECKPOINT_TOPIC, PartitionLog, ProducerSettings, RangeReader, is_topic_name,
};
use crate::load::{Counts, InputCheckpoint, KnownLoad, KnownLoads, LoadState};
use crate::nearest::{nearest, similar};
use crate::report::figures::count;

pub(super) fn run(arguments: LoadsArguments, environment: &Environment) -> Exit {
    let done = match arguments.command {
        None => list::list(arguments.list, environment),
        Some(LoadsCommand::List(typed)) => list::list(typed, environment),
        Some(LoadsCommand::Show(typed)) => show::show(typed, environment),
        Some(LoadsCommand::Forget(typed)) => forget::forget(typed, environment),
    };
    Failure::end(
        done.map_err(|failure| failure.of_configured(&environment.config)),
        Reader::Run,
    )
}

/// The topic of the checkpoints, and what was read from it.
pub(super) struct Checkpoints {
    topic: String,
    settings: ProducerSettings,
    /// The longest time that an open transaction may hide records.
    transaction_timeout: Duration,
    loads: KnownLoads,
    /// None if the topic does not exist.
    log: Option<PartitionLog>,
}

impl Checkpoints {
    /// Reads the topic that the arguments name.
    fn read(typed: CheckpointArguments, environment: &Environment) -> Result<Checkpoints, Failure> {
        let layer = environment.layer();
        let topic = checkpoint_topic(typed.checkpoint_topic, environment)?;
        let connection = typed.connection.over(layer.kafka.connection);
        let KafkaSettings {
            producer: settings,
            remarks,
            ..
        } = KafkaSettings::connection(connection, &[], environment)?;
        print_remarks(&remarks, Verbosity::Normal);
        check_properties(&settings)?;
        Checkpoints::of_topic(topic, settings)
    }

    /// Reads the topic up to its end. It is not created.
    pub(super) fn of_topic(topic: String, settings: ProducerSettings) -> Result<Checkpoints, Failure> {
        let mut checkpoints = Checkpoints {
            transaction_timeout: transaction_timeout(&settings),
            loads: KnownLoads::of_partitions(1),
            log: None,
            topic,
            settings,
        };
        if let Some(partitions) = CheckpointTopic::partitions_of(&checkpoints.settings, &checkpoints.topic)? {
            let topic = &checkpoints.topic;
            let mut log = PartitionLog::connect_to_all(&checkpoints.settings, topic, partitions)?;
            checkpoints.loads = KnownLoads::of_partitions(partitions);
            checkpoints
                .loads
                .look(&mut log, checkpoints.transaction_timeout, &mut waiting_note())
                .map_err(|error| look_failure(error, topic))?;
            checkpoints.log = Some(log);
        }
        Ok(checkpoints)
    }

    /// The load with this name.
    ///
    /// # Errors
    /// There is none; the message names the nearest ones.
    pub(super) fn find(&self, name: &str) -> Result<(&KnownLoad, LoadState), Failure> {
        if let (Some(load), Some(state)) = (self.loads.get(name), self.loads.state(name)) {
            return Ok((load, state));
        }
        let names: Vec<String> = self.loads.iter().map(|(name, _)| name.to_owned()).collect();
        let shown = |names: Vec<String>| {
            let names: Vec<String> = names.iter().map(|name| shown_name(name)).collect();
            names.join("`, `")
        };
        let hint = match similar(name, &names) {
            near if !near.is_empty() => format!("did you mean `{}`?", shown(near)),
            _ if names.is_empty() => self.no_loads(),
            _ => format!(
                "the nearest names are `{}`; `k2-produce loads` lists all",
                shown(nearest(name, &names, 3))
            ),
        };
        let message = format!("there is no load `{}`", shown_name(name));
        Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)))
    }

    /// Why there are no loads.
    fn no_loads(&self) -> String {
        let topic = printable(self.topic.as_bytes(), 250);
        let servers = &self.settings.bootstrap_servers;
        match &self.log {
            None => format!("there is no load yet: topic `{topic}` does not exist on {servers}"),
            Some(_) => format!("topic `{topic}` on {servers} has no load"),
        }
    }
}

/// Refuses topics that were created again: their offsets are those of other records.
pub(super) fn refuse_recreated(checkpoint: &InputCheckpoint, reader: &RangeReader) -> Result<(), Failure> {
    for (name, id, _) in &checkpoint.fingerprint.topics {
        let topic = reader.topics().iter().find(|topic| topic.facts.name == *name);
        let now = topic.and_then(|topic| topic.facts.topic_id.known());
        if let (Some(id), Some(now)) = (id, now)
            && id != now
        {
            return Err(recreated(name));
        }
    }
    Ok(())
}

/// The failure if a topic has another id than during the load.
pub(super) fn recreated(name: &str) -> Failure {
    let message = format!(
        "topic `{}` was deleted and created again since the load",
        shown_name(name)
    );
    Failure::new(Exit::Unavailable, message)
}

/// The topic of the checkpoints: as given, as configured, or by default.
///
/// # Errors
/// It is not the name of a topic.
pub(super) fn checkpoint_topic(given: Option<String>, environment: &Environment) -> Result<String, Failure> {
    let topic = given.or(environment.layer().exactly_once.checkpoint_topic);
    let topic = topic.unwrap_or_else(|| DEFAULT_CHECKPOINT_TOPIC.to_owned());
    if !is_topic_name(&topic) {
        let topic = printable(topic.as_bytes(), 250);
        let message = format!("`--checkpoint-topic`: `{topic}` is not the name of a topic");
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok(topic)
}

/// The time after which the brokers end a transaction, as far as the settings say.
fn transaction_timeout(settings: &ProducerSettings) -> Duration {
    let config = settings.client_config().ok();
    let millis = config.and_then(|config| config.get("transaction.timeout.ms")?.parse().ok());
    Duration::from_millis(millis.unwrap_or(60_000))
}

fn shown_name(name: &str) -> String {
    printable(name.as_bytes(), 200).into_owned()
}

/// A time in milliseconds since 1970, in UTC.
fn shown_time(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |time| format!("{time:.0}"))
}

/// Where the first row is that is not loaded: `day/4.csv:77`.
fn shown_place(input: &str, checkpoint: &InputCheckpoint) -> String {
    let position = &checkpoint.position;
    let column = position
        .column
        .map_or(String::new(), |column| format!(":{column}"));
    format!("{}:{}{column}", shown_name(input), position.line)
}

/// The keys that the list and the details share.
fn as_json(name: &str, load: &KnownLoad, state: LoadState) -> Value {
    let last = load.last_checkpoint();
    json!({
        "name": name,
        "state": state.word(),
        "inputs_known": load.inputs.len(),
        "inputs_complete": load.complete_inputs(),
        "rows": rows(&load.counts()),
        "next": load.partial_input().filter(|_| state != LoadState::Atomic).map(|(input, checkpoint)| json!({
            "input": input,
            "position": position(checkpoint),
        })),
        "last_commit": last.map(|last| json!({
            "number": last.number(),
            "time_ms": last.time,
            "time": shown_time(last.time),
            "run": last.run(),
        })),
    })
}

fn rows(counts: &Counts) -> Value {
    json!({
        "read": counts.read,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "filtered": counts.filtered,
        "tombstones": counts.tombstones,
    })
}

fn position(checkpoint: &InputCheckpoint) -> Value {
    let position = &checkpoint.position;
    json!({
        "row": position.row,
        "line": position.line,
        "byte": position.decoded_byte,
        "column": position.column,
    })
}

/// `3 read: 2 delivered, 1 rejected`.
fn shown_rows(counts: &Counts) -> String {
    let mut text = format!(
        "{} read: {} delivered",
        count(counts.read),
        count(counts.delivered)
    );
    for (number, fate) in [(counts.rejected, "rejected"), (counts.filtered, "filtered")] {
        if number > 0 {
            text.push_str(&format!(", {} {fate}", count(number)));
        }
    }
    text
}

/// Writes to standard output; a reader that has enough is no error.
fn print(text: &str) -> Result<(), Failure> {
    messages::unless_enough(messages::standard_output(text))
}

/// The same for lines of JSON.
fn print_json_lines(lines: &[Value]) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(messages::StandardOutput);
    let mut written = Ok(());
    for line in lines {
        written = written.and_then(|()| writeln!(out, "{}", crate::escape::json(&line.to_string())));
    }
    messages::unless_enough(written.and_then(|()| out.flush()))
}
