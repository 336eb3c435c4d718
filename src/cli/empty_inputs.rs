//! Inputs without rows: a load that loads nothing is rarely intended.

use super::exit::Exit;
use super::failure::Failure;
use super::messages::{self, ErrorLog};
use super::settings::EmptyInputs;
use crate::input::Input;
use crate::load::{RunOutcome, Stop};

/// Refuses a file that ends where its first row would start, before a row of another file is sent. Other inputs
/// without rows are detected at their end.
pub(super) fn refuse(inputs: &[Input]) -> Result<(), Failure> {
    let is_empty = |input: &&Input| input.length.is_some() && input.length == input.first_row().raw_byte;
    match inputs.iter().find(is_empty) {
        Some(input) => Err(Failure::new(Exit::Input, format!("{} has no rows", input.name))),
        None => Ok(()),
    }
}

/// Reports the inputs without rows, and returns the exit status that follows.
pub(super) fn report(done: &RunOutcome, empty_inputs: EmptyInputs, log: &mut ErrorLog) -> Exit {
    let mut exit = Exit::Success;
    if matches!(done.stop, Some(Stop::NoStart(_))) {
        return exit;
    }
    for file in done.files.iter().filter(|file| file.is_empty()) {
        let text = describe(&file.name, file.first_line);
        match empty_inputs {
            EmptyInputs::Warn => messages::line(&format!("warning: {text}")),
            EmptyInputs::Refuse => {
                log.error(&text, None);
                exit = Exit::Input;
            }
        }
    }
    exit
}

/// The message about an input without rows from `first_line` on.
pub(super) fn describe(name: &str, first_line: u64) -> String {
    match first_line {
        0 | 1 => format!("{name} has no rows"),
        line => format!("{name} has no rows from line {line} on"),
    }
}
