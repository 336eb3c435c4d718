//! Why a sandbox could not do its work.

use std::path::PathBuf;
use std::{error, fmt, io};

use rdkafka::error::KafkaError;

/// Why a sandbox did not start, or could not say what arrived.
#[derive(Debug)]
pub enum SandboxError {
    /// The schema file cannot be read, or holds no Avro schema.
    SchemaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What the operating system says, where it cannot be read.
        source: Option<io::Error>,
    },
    /// The text given as a schema is none.
    Schema(String),
    /// No topic can have this name.
    Topic(String),
    /// There is such a topic already.
    TopicExists(String),
    /// A topic cannot have this many partitions here.
    Partitions(i32),
    /// The broker or the registry did not start.
    Start {
        /// Which of them, or what it could not do.
        what: &'static str,
        /// Why.
        source: Box<dyn error::Error + Send + Sync>,
    },
    /// The signals, or the command, cannot be waited for.
    Wait(io::Error),
    /// The broker did not hand over what arrived.
    Read(KafkaError),
    /// The broker fell silent while it was read.
    ReadTimeout,
    /// Standard output cannot be written.
    Output(io::Error),
}

impl SandboxError {
    /// Whether the person who typed the command line can mend it there, or in the schema file.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::SchemaFile { .. }
                | Self::Schema(_)
                | Self::Topic(_)
                | Self::TopicExists(_)
                | Self::Partitions(_)
        )
    }
}

impl fmt::Display for SandboxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SchemaFile { path, reason, .. } => write!(out, "{}: {reason}", path.display()),
            Self::Schema(reason) => write!(out, "schema: {reason}"),
            Self::Topic(topic) => write!(
                out,
                "`{}` cannot be a topic's name: 1 to 249 of the letters a-z and A-Z, digits, `.`, `_` and `-`",
                topic.escape_debug()
            ),
            Self::TopicExists(topic) => write!(out, "topic `{}` exists", topic.escape_debug()),
            Self::Partitions(partitions) => {
                write!(out, "the sandbox makes 1 to 1000 partitions, not {partitions}")
            }
            Self::Start { what, source } => write!(out, "the sandbox did not start: {what}: {source}"),
            Self::Wait(error) => write!(out, "the sandbox cannot wait for its end: {error}"),
            Self::Read(error) => write!(out, "the sandbox's topic cannot be read: {error}"),
            Self::ReadTimeout => {
                write!(
                    out,
                    "the sandbox's topic cannot be read: the mock broker was silent for 10 s"
                )
            }
            Self::Output(error) => write!(out, "standard output cannot be written: {error}"),
        }
    }
}

impl error::Error for SandboxError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::SchemaFile { source, .. } => source.as_ref().map(|error| error as _),
            Self::Start { source, .. } => Some(source.as_ref()),
            Self::Wait(error) | Self::Output(error) => Some(error),
            Self::Read(error) => Some(error),
            Self::Schema(_)
            | Self::Topic(_)
            | Self::TopicExists(_)
            | Self::Partitions(_)
            | Self::ReadTimeout => None,
        }
    }
}
