//! `k2-produce sandbox`: an embedded broker and a small registry.

#![cfg_attr(
    not(test),
    expect(
        clippy::disallowed_methods,
        reason = "the sandbox writes to the streams of the process"
    )
)]

use std::io;
use std::path::PathBuf;

use super::arguments::SandboxArguments;
use super::closed_streams;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages::{Escaping, StandardOutput};
use crate::sandbox::{self, SandboxSettings, SandboxTopic};

pub(super) fn run(arguments: SandboxArguments) -> Exit {
    Failure::end(sandbox(arguments), Reader::Run)
}

fn sandbox(arguments: SandboxArguments) -> Result<Exit, Failure> {
    let settings = SandboxSettings {
        topics: topics(arguments.topics, arguments.schema_files)?,
        partitions: arguments.partitions,
        show: arguments.show,
        command: arguments.command,
        closed_streams: closed_streams::closed(),
    };
    let status = sandbox::run(
        &settings,
        &mut Escaping(StandardOutput),
        &mut Escaping(io::stderr()),
    )?;
    Ok(Exit::Command(status))
}

/// Each topic with its schema file.
fn topics(names: Vec<String>, schema_files: Vec<PathBuf>) -> Result<Vec<SandboxTopic>, Failure> {
    let schema_files = match (names.len(), schema_files.len()) {
        (topics, 1) => vec![schema_files[0].clone(); topics],
        (topics, files) if topics == files => schema_files,
        (topics, files) => {
            let message = format!("{topics} topics do not match {files} schema files");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some(
                "give one `--schema-file` per `--topic`, in the same order, or one for all",
            )));
        }
    };
    let pairs = names.into_iter().zip(schema_files);
    Ok(pairs
        .map(|(name, schema_file)| SandboxTopic { name, schema_file })
        .collect())
}
