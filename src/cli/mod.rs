//! The command line: what was typed becomes a run, what came of it becomes messages and an exit status.

mod arguments;
mod bad_row;
mod contract;
#[cfg(test)]
mod documented_flags;
mod environment;
mod exit;
mod failure;
mod header_mismatch;
mod headers;
#[cfg(test)]
mod hinted_flags;
mod hints;
mod labels;
mod messages;
mod name_list;
mod near_columns;
mod new_topic;
mod null_keys;
mod outcome;
mod preflight;
mod produce;
mod progress;
mod registration;
mod resume;
mod sandbox;
mod schema;
mod schema_warnings;
mod settings;
mod shell;
mod signals;
mod unbound;
mod warnings;
mod writer_schema;

use std::process::ExitCode;

pub use arguments::Arguments;
pub use exit::Exit;

use arguments::{Command, SchemaCommand};
use environment::Environment;
use failure::Failure;
use hints::schema::Reader;
use settings::Settings;

/// Runs the program with the process's own arguments and environment.
pub fn main() -> ExitCode {
    let arguments = Arguments::of_process();
    let reader = reader(&arguments);
    let exit = run(arguments, &Environment::of_process()).unwrap_or_else(|failure| {
        failure.print(reader);
        failure.exit
    });
    exit.into()
}

/// The command that hints are for.
fn reader(arguments: &Arguments) -> Reader {
    match &arguments.command {
        Some(Command::Schema(schema)) => match schema.command {
            SchemaCommand::Show(_) | SchemaCommand::Check(_) => Reader::SchemaFile,
            SchemaCommand::List(_) | SchemaCommand::Register(_) | SchemaCommand::Compat(_) => {
                Reader::Registry
            }
        },
        Some(Command::Sandbox(_)) | None => Reader::Run,
    }
}

fn run(arguments: Arguments, environment: &Environment) -> Result<Exit, Failure> {
    match arguments.command {
        Some(Command::Sandbox(arguments)) => sandbox::run(arguments),
        Some(Command::Schema(arguments)) => schema::run(*arguments, environment),
        None => produce::produce(&Settings::of_run(arguments.produce, environment)?),
    }
}
