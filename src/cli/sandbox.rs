//! `k2-produce sandbox`: an embedded broker and a small registry.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, reason = "the sandbox writes where it is told")
)]

use std::io;

use super::arguments::SandboxArguments;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use crate::sandbox::{self, SandboxSettings};

pub(super) fn run(arguments: SandboxArguments) -> Exit {
    Failure::end(sandbox(arguments), Reader::Run)
}

fn sandbox(arguments: SandboxArguments) -> Result<Exit, Failure> {
    let settings = SandboxSettings {
        topic: arguments.topic,
        schema_file: arguments.schema_file,
        partitions: arguments.partitions,
        show: arguments.show,
        command: arguments.command,
    };
    let status = sandbox::run(&settings, &mut io::stdout(), &mut io::stderr())?;
    Ok(Exit::Command(status))
}
