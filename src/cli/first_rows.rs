//! Looks for the first row of a run before the run creates a topic or registers a schema, because both remain.
//!
//! A run that leaves nothing behind does not need this check: it finds the same errors when it reads the row.

use super::exit::Exit;
use super::failure::Failure;
use super::settings::{EmptyInputs, InputSettings};
use super::{empty_inputs, resume};
use crate::load::{PlannedInput, Start};

/// Reads regular files up to the first row to load. A pipe can be read only once, so it is left to the run.
///
/// # Errors
/// No row can start at the line of `--from`, a file without rows is refused, or a file cannot be read.
pub(super) fn check(planned: &[PlannedInput], settings: &InputSettings) -> Result<(), Failure> {
    for (index, planned) in planned.iter().enumerate() {
        let (input, first) = (&planned.input, planned.first);
        let first_line = first.line;
        let is_asked =
            settings.empty_inputs == EmptyInputs::Refuse || (index == 0 && settings.from.is_some());
        if !is_asked || input.length.is_none() {
            continue;
        }
        match (Start::find(input, first)?, settings.empty_inputs) {
            (Start::Nowhere(no_start), _) => {
                let file = input.location.argument();
                return Err(resume::no_start(&input.name, file, first_line, no_start));
            }
            (Start::End, EmptyInputs::Refuse) => {
                let message = empty_inputs::describe(&input.name, first_line);
                return Err(Failure::new(Exit::Input, message));
            }
            (Start::End, EmptyInputs::Warn) | (Start::Row, _) => {}
        }
    }
    Ok(())
}
