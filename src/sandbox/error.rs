//! Errors of the sandbox.

use std::path::PathBuf;
use std::{error, fmt, io};

use rdkafka::error::KafkaError;

/// Why a sandbox did not start, or could not report what arrived.
#[derive(Debug)]
pub enum SandboxError {
    /// The schema file cannot be read, or does not contain an Avro schema.
    SchemaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// The operating system's error, if it cannot be read.
        source: Option<io::Error>,
    },
    /// The text is not an Avro schema.
    Schema(String),
    /// The topic name is invalid.
    Topic(String),
    /// The topic already exists.
    TopicExists(String),
    /// The number of partitions is out of range.
    Partitions(i32),
    /// The broker or the registry did not start.
    Start {
        /// Which of them failed, or what it could not do.
        what: &'static str,
        /// The cause.
        source: Box<dyn error::Error + Send + Sync>,
    },
    /// Waiting for signals or for the command failed.
    Wait(io::Error),
    /// The messages that arrived could not be read.
    Read(KafkaError),
    /// The broker stopped answering while messages were read.
    ReadTimeout,
    /// Writing to standard output failed.
    Output(io::Error),
}

impl SandboxError {
    /// Whether the error can be fixed on the command line or in the schema file.
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
                "`{}` is not a valid topic name: expected 1 to 249 of the letters a-z and A-Z, digits, `.`, `_` and `-`",
                topic.escape_debug()
            ),
            Self::TopicExists(topic) => write!(out, "topic `{}` already exists", topic.escape_debug()),
            Self::Partitions(partitions) => {
                write!(
                    out,
                    "the number of partitions must be between 1 and 1000, not {partitions}"
                )
            }
            Self::Start { what, source } => write!(out, "the sandbox did not start: {what}: {source}"),
            Self::Wait(error) => write!(out, "the sandbox cannot wait for signals or the command: {error}"),
            Self::Read(error) => write!(out, "the sandbox's topic cannot be read: {error}"),
            Self::ReadTimeout => {
                write!(
                    out,
                    "the sandbox's topic cannot be read: the mock broker did not answer for 10 s"
                )
            }
            Self::Output(error) => write!(out, "cannot write to standard output: {error}"),
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
