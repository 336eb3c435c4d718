//! `k2-produce schema`: shows, lists, infers, checks and registers schemas. Results go to standard output, everything else to
//! standard error.

mod candidate;
mod example;
mod fields;
mod infer;
mod list;
mod show;

use serde_json::Value;

use super::arguments::{SchemaArguments, SchemaCommand};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages;
use super::produce;

pub(super) fn run(arguments: SchemaArguments, environment: &Environment) -> Exit {
    let (done, reader) = match arguments.command {
        SchemaCommand::Check(arguments) => return produce::check(*arguments, environment),
        SchemaCommand::Show(arguments) => (show::show(arguments, environment), Reader::SchemaFile),
        SchemaCommand::List(arguments) => (list::list(arguments, environment), Reader::Registry),
        SchemaCommand::Infer(arguments) => (infer::infer(*arguments, environment), Reader::SchemaFile),
        SchemaCommand::Register(arguments) => (candidate::register(arguments, environment), Reader::Registry),
        SchemaCommand::Compat(arguments) => (candidate::compat(arguments, environment), Reader::Registry),
    };
    Failure::end(
        done.map_err(|failure| failure.of_configured(&environment.config)),
        reader,
    )
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), Failure> {
    messages::unless_enough(messages::standard_output(text))
}

/// The same for JSON.
fn print_json(json: &Value) -> Result<(), Failure> {
    messages::unless_enough(messages::standard_output_json(json))
}
