//! The command line: what was typed becomes a run, what came of it becomes words and an exit status.

mod args;
mod bad_row;
#[cfg(test)]
mod documented_flags;
mod exit;
mod failure;
mod headers;
#[cfg(test)]
mod hinted_flags;
mod messages;
mod misfit;
mod outcome;
mod preflight;
mod produce;
mod registration;
mod registry_args;
mod resume;
mod rules;
mod schema;
mod writer_schema;

use std::process::ExitCode;

use clap::Parser;

pub use args::Arguments;
pub use exit::Exit;

use args::{Command, SandboxArguments};
use failure::Failure;

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Sandbox(sandbox)) => run_sandbox(&sandbox),
        Some(Command::Schema(arguments)) => schema::run(arguments),
        None => produce::produce(&arguments.produce),
    };
    let exit = result.unwrap_or_else(|failure| {
        failure.print();
        failure.exit
    });
    exit.into()
}

fn run_sandbox(arguments: &SandboxArguments) -> Result<Exit, Failure> {
    let settings = crate::sandbox::SandboxSettings {
        topic: arguments.topic.clone(),
        schema_file: arguments.schema_file.clone(),
        partitions: arguments.partitions,
        show: arguments.show,
        command: arguments.command.clone(),
    };
    Ok(Exit::Command(crate::sandbox::run(&settings)?))
}
