//! An embedded broker (librdkafka's mock cluster) and a small registry, on loopback and in this process.
//!
//! For demos, CI scripts and unit tests. The broker keeps about 5 MiB a partition in memory and speaks only a
//! part of Kafka's protocol, so it does not show what a real Kafka does.

mod arrived;
mod broker;
mod command;
mod decode;
mod error;
mod json;
mod logical;
mod printable;
mod registry;
mod signals;
mod subjects;
mod text;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub use arrived::{Arrived, ArrivedRecord, Watermarks};
use broker::Broker;
use command::Outcome;
pub use command::{BOOTSTRAP_SERVERS_VARIABLE, REGISTRY_URL_VARIABLE};
pub use error::SandboxError;
use printable::printable;
use registry::Registry;
use signals::EndSignals;
use subjects::Subjects;

const MAX_PARTITIONS: i32 = 1000;
const MAX_SCHEMA_BYTES: u64 = 1024 * 1024;

/// What `k2-produce sandbox` was asked for.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// The one topic the broker has at the start.
    pub topic: String,
    /// The Avro schema that is registered for the topic's values.
    pub schema_file: PathBuf,
    /// How many partitions the topic has.
    pub partitions: i32,
    /// How many records are shown at the end.
    pub show: usize,
    /// The command to run, with its arguments; none means to stay up until Ctrl-C.
    pub command: Vec<OsString>,
}

/// A broker and a registry that live until this is dropped.
pub struct Sandbox {
    topic: String,
    partitions: i32,
    broker: Broker,
    registry: Registry,
}

impl Sandbox {
    /// Starts both on free ports of 127.0.0.1, makes the topic, and registers the schema as version 1 (id 1) of
    /// the subject `<topic>-value`.
    pub fn start(topic: &str, schema_text: &str, partitions: i32) -> Result<Self, SandboxError> {
        if !is_topic_name(topic) {
            return Err(SandboxError::Topic(topic.to_owned()));
        }
        if !(1..=MAX_PARTITIONS).contains(&partitions) {
            return Err(SandboxError::Partitions(partitions));
        }
        let mut subjects = Subjects::default();
        subjects
            .register(&format!("{topic}-value"), schema_text)
            .map_err(SandboxError::Schema)?;
        let broker = Broker::start(topic, partitions)?;
        let registry = Registry::start(subjects)?;
        Ok(Self {
            topic: topic.to_owned(),
            partitions,
            broker,
            registry,
        })
    }

    /// The broker's `host:port`.
    pub fn bootstrap_servers(&self) -> String {
        self.broker.bootstrap_servers()
    }

    /// The registry's base URL, without a slash at the end.
    pub fn registry_url(&self) -> String {
        self.registry.url()
    }

    /// What is on the topic now, with at most `show` of its records.
    pub fn arrived(&self, show: usize) -> Result<Arrived, SandboxError> {
        let subjects = self.registry.subjects();
        Arrived::read(
            &self.bootstrap_servers(),
            &self.topic,
            self.partitions,
            show,
            &subjects,
        )
    }
}

/// Runs a sandbox from its start to what arrived, and returns the status to exit with: the command's own, or 0
/// after a signal where there is no command.
///
/// Addresses and what arrived are written to `out`. What cannot be written to `notes` is no reason to stop.
pub fn run(
    settings: &SandboxSettings,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<i32, SandboxError> {
    let sandbox = started(settings)?;
    // Caught before anything is printed or started: who reads the addresses may send a signal at once.
    let mut signals = EndSignals::catch().map_err(SandboxError::Wait)?;
    let status = match settings.command.split_first() {
        None => {
            announce(&sandbox, out, notes)?;
            signals.wait();
            0
        }
        Some((program, arguments)) => {
            let _ = writeln!(notes, "{}", description(&sandbox));
            let (bootstrap_servers, registry_url) = (sandbox.bootstrap_servers(), sandbox.registry_url());
            match command::run(
                program,
                arguments,
                &bootstrap_servers,
                &registry_url,
                &mut signals,
            )? {
                Outcome::Ended(status) => status,
                Outcome::NotStarted { status, error } => {
                    let program = printable(&program.to_string_lossy());
                    let _ = writeln!(notes, "error: the command `{program}` cannot be started: {error}");
                    return Ok(status);
                }
            }
        }
    };
    let arrived = sandbox.arrived(settings.show)?;
    match write!(out, "{arrived}").and_then(|()| out.flush()) {
        // Who reads no further, `head` for example, has what was wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(SandboxError::Output(error)),
        _ => Ok(status),
    }
}

fn started(settings: &SandboxSettings) -> Result<Sandbox, SandboxError> {
    let path = &settings.schema_file;
    let schema_text = read_schema(path)?;
    Sandbox::start(&settings.topic, &schema_text, settings.partitions).map_err(|error| match error {
        SandboxError::Schema(reason) => in_file(path, reason, None),
        other => other,
    })
}

fn read_schema(path: &Path) -> Result<String, SandboxError> {
    let mut text = String::new();
    let file =
        File::open(path).map_err(|error| in_file(path, format!("cannot be opened: {error}"), Some(error)))?;
    file.take(MAX_SCHEMA_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| in_file(path, format!("cannot be read: {error}"), Some(error)))?;
    if text.len() as u64 > MAX_SCHEMA_BYTES {
        return Err(in_file(
            path,
            "larger than 1 MiB, which no schema is".to_owned(),
            None,
        ));
    }
    Ok(text)
}

fn in_file(path: &Path, reason: String, source: Option<io::Error>) -> SandboxError {
    let path = path.to_owned();
    SandboxError::SchemaFile { path, reason, source }
}

fn description(sandbox: &Sandbox) -> String {
    let Sandbox {
        topic, partitions, ..
    } = sandbox;
    let noun = if *partitions == 1 {
        "partition"
    } else {
        "partitions"
    };
    format!(
        "sandbox: {topic}, {partitions} {noun}, {}; {topic}-value version 1 (id 1), {}",
        sandbox.bootstrap_servers(),
        sandbox.registry_url()
    )
}

fn announce(sandbox: &Sandbox, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), SandboxError> {
    let (bootstrap_servers, registry_url) = (sandbox.bootstrap_servers(), sandbox.registry_url());
    let addresses = format!(
        "broker    {bootstrap_servers}\n\
         registry  {registry_url}\n\
         \n\
         export {BOOTSTRAP_SERVERS_VARIABLE}={bootstrap_servers}\n\
         export {REGISTRY_URL_VARIABLE}={registry_url}\n\n"
    );
    out.write_all(addresses.as_bytes())
        .and_then(|()| out.flush())
        .map_err(SandboxError::Output)?;
    let _ = writeln!(
        notes,
        "{}\nthe mock broker is for demos and tests: it keeps about 5 MiB a partition, in memory, and drops older \
         messages\nCtrl-C ends it and shows what arrived",
        description(sandbox)
    );
    Ok(())
}

/// Kafka's own rule.
fn is_topic_name(topic: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=249).contains(&topic.len()) && topic != "." && topic != ".." && topic.bytes().all(is_legal)
}

#[cfg(test)]
mod tests;
