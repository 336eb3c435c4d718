//! An embedded broker (librdkafka's mock cluster) and a small registry, in this process and on the loopback interface.
//!
//! For demos, CI scripts and unit tests. The broker keeps about 5 MiB per partition in memory and supports only part of
//! Kafka's protocol, so it does not show how a real Kafka behaves.

mod arrived;
mod broker;
mod command;
mod decode;
mod error;
mod printable;
mod registry;
mod signals;
mod subjects;
mod text;
mod topics;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use arrived::{Arrived, ArrivedRecord, Watermarks};
use broker::Broker;
use command::Outcome;
pub use command::{BOOTSTRAP_SERVERS_VARIABLE, REGISTRY_URL_VARIABLE};
pub use error::SandboxError;
use printable::printable;
use registry::Registry;
use signals::EndSignals;

const MAX_SCHEMA_BYTES: u64 = 1024 * 1024;

/// The settings of `k2-produce sandbox`.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// The topics to create at the start; at least one.
    pub topics: Vec<SandboxTopic>,
    /// The number of partitions of each topic.
    pub partitions: i32,
    /// The number of records of each topic to show at the end.
    pub show: usize,
    /// The command to run, with its arguments; if empty, run until Ctrl-C.
    pub command: Vec<OsString>,
    /// The standard streams that are closed for the command.
    pub closed_streams: Vec<RawFd>,
}

/// A topic that is created at the start.
#[derive(Clone, Debug)]
pub struct SandboxTopic {
    /// Its name.
    pub name: String,
    /// The Avro schema to register for its values.
    pub schema_file: PathBuf,
}

/// A broker and a registry that run until this is dropped.
pub struct Sandbox {
    // Shared with the registry's threads, which create topics on request but do not keep it alive.
    broker: Arc<Broker>,
    registry: Registry,
}

impl Sandbox {
    /// Starts both on free ports of 127.0.0.1, creates the topic, and registers the schema as version 1 (id 1) of the
    /// subject `<topic>-value`.
    pub fn start(topic: &str, schema_text: &str, partitions: i32) -> Result<Self, SandboxError> {
        let mut sandbox = Self::empty()?;
        sandbox.add(topic, schema_text, partitions)?;
        Ok(sandbox)
    }

    /// Starts both on free ports of 127.0.0.1, without topics.
    fn empty() -> Result<Self, SandboxError> {
        let broker = Arc::new(Broker::start()?);
        let registry = Registry::start(Arc::downgrade(&broker))?;
        Ok(Self { broker, registry })
    }

    /// Creates another topic and registers its schema. Returns the schema id.
    pub fn add(&mut self, topic: &str, schema_text: &str, partitions: i32) -> Result<u32, SandboxError> {
        topics::check(topic, partitions)?;
        let id = self
            .registry
            .subjects()
            .register(&format!("{topic}-value"), schema_text)
            .map_err(SandboxError::Schema)?;
        self.broker.create_topic(topic, partitions)?;
        Ok(id)
    }

    /// The broker's `host:port`.
    pub fn bootstrap_servers(&self) -> String {
        self.broker.bootstrap_servers()
    }

    /// The registry's base URL, without a trailing slash.
    pub fn registry_url(&self) -> String {
        self.registry.url()
    }

    /// The current content of the first topic, with at most `show` records.
    pub fn arrived(&self, show: usize) -> Result<Arrived, SandboxError> {
        let mut all = self.all_arrived(show)?;
        Ok(all.swap_remove(0))
    }

    /// The current content of every topic in order of creation, with at most `show` records each.
    pub fn all_arrived(&self, show: usize) -> Result<Vec<Arrived>, SandboxError> {
        let topics = self.broker.topics();
        // A copy, so that requests to register a schema do not wait for this.
        let subjects = self.registry.subjects().clone();
        let servers = self.bootstrap_servers();
        topics
            .iter()
            .map(|(topic, partitions)| Arrived::read(&servers, topic, *partitions, show, &subjects))
            .collect()
    }
}

/// Runs a sandbox from its start to the report of what arrived. Returns the exit status: that of the command, or 0
/// after a signal if there is no command.
///
/// Addresses and the report are written to `out`. Failures to write to `notes` are ignored.
pub fn run(
    settings: &SandboxSettings,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<i32, SandboxError> {
    let (sandbox, descriptions) = started(settings)?;
    // Caught before anything is printed or started, since a reader of the addresses may send a signal at once.
    let mut signals = EndSignals::catch().map_err(SandboxError::Wait)?;
    let status = match settings.command.split_first() {
        None => {
            announce(&sandbox, &descriptions, out, notes)?;
            signals.wait();
            0
        }
        Some((program, arguments)) => {
            let _ = writeln!(notes, "{descriptions}");
            let (bootstrap_servers, registry_url) = (sandbox.bootstrap_servers(), sandbox.registry_url());
            match command::run(
                program,
                arguments,
                &bootstrap_servers,
                &registry_url,
                &settings.closed_streams,
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
    let arrived = sandbox.all_arrived(settings.show)?;
    let arrived: String = arrived.iter().map(Arrived::to_string).collect();
    match write!(out, "{arrived}").and_then(|()| out.flush()) {
        // A reader that stops early, such as `head`, has read what it needs.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(SandboxError::Output(error)),
        _ => Ok(status),
    }
}

/// Starts the sandbox with all its topics, and returns it with a description line for each.
fn started(settings: &SandboxSettings) -> Result<(Sandbox, String), SandboxError> {
    let mut schemas = Vec::new();
    for topic in &settings.topics {
        topics::check(&topic.name, settings.partitions)?;
        schemas.push(read_schema(&topic.schema_file)?);
    }
    let mut sandbox = Sandbox::empty()?;
    let mut lines = Vec::new();
    for (topic, schema_text) in settings.topics.iter().zip(&schemas) {
        let SandboxTopic { name, schema_file } = topic;
        let id = sandbox
            .add(name, schema_text, settings.partitions)
            .map_err(|error| match error {
                SandboxError::Schema(reason) => in_file(schema_file, reason, None),
                other => other,
            })?;
        lines.push(description(&sandbox, name, settings.partitions, id));
    }
    Ok((sandbox, lines.join("\n")))
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
            "larger than 1 MiB, which is too large for a schema".to_owned(),
            None,
        ));
    }
    Ok(text)
}

fn in_file(path: &Path, reason: String, source: Option<io::Error>) -> SandboxError {
    let path = path.to_owned();
    SandboxError::SchemaFile { path, reason, source }
}

fn description(sandbox: &Sandbox, topic: &str, partitions: i32, id: u32) -> String {
    let noun = if partitions == 1 {
        "partition"
    } else {
        "partitions"
    };
    format!(
        "sandbox: {topic}, {partitions} {noun}, {}; {topic}-value version 1 (id {id}), {}",
        sandbox.bootstrap_servers(),
        sandbox.registry_url()
    )
}

fn announce(
    sandbox: &Sandbox,
    descriptions: &str,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<(), SandboxError> {
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
        "{descriptions}\nthe mock broker is for demos and tests: it keeps about 5 MiB per partition in memory and drops \
         older messages\ncreate another topic: `curl -X PUT '{registry_url}/topics/NAME?partitions=3'`\nCtrl-C stops it and \
         shows what arrived"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
