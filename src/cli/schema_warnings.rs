//! Warnings about a valid schema: properties without effect, and defaults that do not fit their types.

use super::messages;
use crate::encode::unfit_defaults;
use crate::schema::{AvroSchema, RegisteredSchema, printable};

/// Further ones are only counted.
const MAX_LINES: usize = 10;

/// Prints a warning for each property without effect. A run does not need the other warnings: it rejects a row that
/// needs a default that does not fit.
pub(super) fn print(schema: &RegisteredSchema) {
    print_those(&of_properties(&schema.avro), schema);
}

/// Prints all warnings, for commands about the schema itself.
pub(super) fn print_all(schema: &RegisteredSchema) {
    print_those(&all(&schema.avro), schema);
}

fn print_those(warnings: &[String], schema: &RegisteredSchema) {
    let holder = printable(&schema.subject, 200);
    for warning in warnings.iter().take(MAX_LINES) {
        messages::line(&format!("warning: {holder}: {warning}"));
    }
    if warnings.len() > MAX_LINES {
        let more = warnings.len() - MAX_LINES;
        messages::line(&format!("warning: {holder}: {more} more like these"));
    }
}

/// The warnings without the name of the schema: the field and the fault.
pub(super) fn all(schema: &AvroSchema) -> Vec<String> {
    let unfit = unfit_defaults(schema).into_iter().map(|unfit| {
        format!(
            "the default of `{}` does not fit its type ({}): {}; a row that needs it is rejected",
            printable(&unfit.field, 200),
            unfit.wanted,
            printable(&unfit.why, 300)
        )
    });
    of_properties(schema).into_iter().chain(unfit).collect()
}

fn of_properties(schema: &AvroSchema) -> Vec<String> {
    let found = schema.misplaced().iter();
    found
        .map(|found| match found.path.as_str() {
            "" => found.fault.to_string(),
            path => format!("field `{}`: {}", printable(path, 200), found.fault),
        })
        .collect()
}
