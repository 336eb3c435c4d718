//! `k2-produce schema`: what the registry has, what a file must look like, and new schemas. What was asked for goes
//! to standard output, everything else to standard error.

mod args;
mod candidate;
mod example;
mod fields;
mod list;
mod show;

use std::io::{self, ErrorKind, Write};

pub(super) use args::{SchemaArguments, SchemaCommand};

use super::args::ProduceArguments;
use super::exit::Exit;
use super::failure::Failure;
use super::produce;
use crate::load::ErrorBudget;

pub(super) fn run(arguments: SchemaArguments) -> Result<Exit, Failure> {
    match arguments.command {
        SchemaCommand::Show(arguments) => show::show(&arguments),
        SchemaCommand::Check(arguments) => check(*arguments),
        SchemaCommand::List(arguments) => list::list(&arguments),
        SchemaCommand::Register(arguments) => candidate::register(&arguments),
        SchemaCommand::Compat(arguments) => candidate::compat(&arguments),
    }
}

/// A dry run that tells every bad row.
fn check(mut arguments: ProduceArguments) -> Result<Exit, Failure> {
    arguments.dry_run = true;
    arguments.max_errors = arguments.max_errors.or(Some(ErrorBudget::Unlimited));
    if arguments.topic.is_none() {
        let named = arguments.schema.subject.is_some()
            || arguments.schema.schema_id.is_some()
            || arguments.schema_file.is_some();
        if !named {
            return Err(nothing_named());
        }
        // Nothing is sent to it, and a subject or a schema is named, so it names nothing.
        arguments.topic = Some("none".to_owned());
    }
    produce::produce(&arguments)
}

fn nothing_named() -> Failure {
    Failure::new(Exit::Usage, "nothing says which schema is meant").with_hint(Some(
        "name the topic with `--topic`, the subject with `--subject`, or a file with `--schema-file`",
    ))
}

/// Writes to standard output. Who reads no further, `head` for example, has what was wanted.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::because(
            Exit::Input,
            format!("standard output cannot be written: {error}"),
            error,
        )),
        _ => Ok(()),
    }
}
