//! The command line: turns arguments into a run, and its outcome into messages and an exit status.

mod advice;
mod arguments;
mod bad_row;
mod closed_streams;
mod config;
mod config_show;
mod contract;
#[cfg(test)]
mod documented_flags;
#[cfg(test)]
mod documented_options;
mod early_end;
mod empty_inputs;
mod environment;
mod exactly_once;
mod exit;
mod failure;
mod file_clash;
mod first_rows;
mod habits;
mod header_mismatch;
mod headers;
#[cfg(test)]
mod hinted_flags;
mod hints;
mod if_empty;
mod labels;
mod load_names;
mod load_stop;
mod loads;
mod lost_rows;
mod machine_reports;
mod map;
mod mapping_file;
mod messages;
mod missing_topic;
mod name_list;
mod named_inputs;
mod near_columns;
mod new_file;
mod new_topic;
mod null_keys;
mod outcome;
mod parsing;
mod preflight;
mod produce;
mod progress;
mod properties_file;
mod registration;
mod rejects;
mod resume;
mod run_files;
mod sample;
mod sandbox;
mod schema;
mod schema_warnings;
mod settings;
mod shell;
mod short_help;
mod show;
mod signals;
mod stopped;
mod text_rows;
mod unbound;
mod verify;
mod warnings;
mod wrap;
mod writer_schema;

use std::process::ExitCode;

pub use arguments::Arguments;
pub use exit::Exit;

use arguments::{Command, SchemaCommand};
use config::Given;
use environment::Environment;
use failure::Failure;
use hints::schema::Reader;

use crate::escape::printable;
use crate::heap;

/// Runs the program with the arguments and environment of the process.
pub fn main() -> ExitCode {
    heap::keep_freed_blocks();
    match parsing::parse(environment::arguments()) {
        Ok((arguments, given)) => run(arguments, &given, Environment::of_process()).into(),
        Err(exit) => exit.into(),
    }
}

fn run(arguments: Arguments, given: &Given, environment: Environment) -> Exit {
    let environment = match arguments.command {
        Some(Command::Sandbox(_)) if arguments.config.profile.is_some() => {
            let message = "`--profile` has no effect on a sandbox, which reads no configuration files";
            let failure = Failure::new(Exit::Usage, message).with_hint(Some("omit it"));
            return without_config(&arguments, failure);
        }
        Some(Command::Sandbox(_)) => environment,
        _ => match environment.with_config(&arguments.config, given) {
            Ok(environment) => environment,
            Err(failure) => return without_config(&arguments, failure),
        },
    };
    let environment = &environment;
    for file in &environment.config.open_files {
        messages::line(&format!(
            "warning: every user of this machine can read {}: protect it with `chmod 600`",
            printable(file.as_os_str().as_encoded_bytes(), 300)
        ));
    }
    match arguments.command {
        Some(Command::Sandbox(arguments)) => sandbox::run(arguments),
        Some(Command::Show(arguments)) => show::run(*arguments, environment),
        Some(Command::Verify(arguments)) => verify::run(*arguments, environment),
        Some(Command::Config(arguments)) => config_show::run(arguments, given, environment),
        Some(Command::Loads(arguments)) => loads::run(*arguments, environment),
        Some(Command::Map(arguments)) => map::run(*arguments, environment),
        Some(Command::Schema(arguments)) => schema::run(*arguments, environment),
        None => produce::run(arguments.produce, environment),
    }
}

/// Reports configuration files that cannot be used, in the reports of a run too.
fn without_config(arguments: &Arguments, failure: Failure) -> Exit {
    match &arguments.command {
        None => produce::without_config(&arguments.produce, &failure),
        Some(Command::Schema(schema)) => match &schema.command {
            SchemaCommand::Check(typed) => produce::check_without_config(typed, &failure),
            _ => Failure::end(Err(failure), Reader::Run),
        },
        Some(_) => Failure::end(Err(failure), Reader::Run),
    }
}
