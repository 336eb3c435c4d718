//! `k2-produce map`: a first mapping for a file, and what a mapping makes of it. Results go to standard output,
//! everything else to standard error.

mod check;
mod explain;
mod init;

use super::arguments::{FittedArguments, MapArguments, MapCommand, MessageArguments};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages;
use super::settings::Settings;

pub(super) fn run(arguments: MapArguments, environment: &Environment) -> Exit {
    let done = match arguments.command {
        MapCommand::Explain(arguments) => explain::explain(arguments, environment),
        MapCommand::Init(arguments) => init::init(*arguments, environment),
        MapCommand::Check(arguments) => check::check(arguments, environment),
    };
    Failure::end(done, Reader::SchemaFile)
}

/// The settings of a command with these files.
fn settings(
    fitted: FittedArguments,
    message: MessageArguments,
    files: Vec<std::ffi::OsString>,
    environment: &Environment,
) -> Result<Settings, Failure> {
    let no_effect = [
        ("--from", fitted.input.from.is_some()),
        ("--limit", fitted.input.limit.is_some()),
    ];
    if let Some((flag, _)) = no_effect.iter().find(|(_, is_given)| *is_given) {
        let message =
            format!("`{flag}` selects the rows of a load, and this command looks at the first rows");
        return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit it")));
    }
    Settings::of_mapping(fitted, message, files, environment)
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Failure> {
    messages::unless_enough(messages::standard_output(text))
}
