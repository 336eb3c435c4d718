//! `k2-produce map`: a first mapping for a file, and what a mapping makes of it. Results go to standard output,
//! everything else to standard error.

mod check;
mod explain;
mod init;
mod key_values;

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
    Failure::end(
        done.map_err(|failure| failure.of_configured(&environment.config)),
        Reader::SchemaFile,
    )
}

/// The settings of a command with these files.
fn settings(
    fitted: FittedArguments,
    message: MessageArguments,
    files: Vec<std::ffi::OsString>,
    environment: &Environment,
) -> Result<Settings, Failure> {
    let selects = "selects the rows of a load, and this command looks at the first rows";
    let no_effect = "has no effect on a mapping";
    let given = [
        ("--from", selects, fitted.input.from.is_some()),
        ("--limit", selects, fitted.input.limit.is_some()),
        ("--fail-on-empty", no_effect, fitted.input.fail_on_empty),
        ("--provenance", no_effect, message.provenance),
        ("--allow-expired", no_effect, message.allow_expired),
    ];
    if let Some((flag, why, _)) = given.iter().find(|(_, _, is_given)| *is_given) {
        let message = format!("`{flag}` {why}");
        return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit it")));
    }
    Settings::of_mapping(fitted, message, files, environment)
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Failure> {
    messages::unless_enough(messages::standard_output(text))
}
