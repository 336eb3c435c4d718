//! What is odd about a schema that is valid: properties that have no effect where they are.

use super::messages;
use crate::schema::{AvroSchema, RegisteredSchema, printable};

/// More are counted only.
const MAX_LINES: usize = 10;

/// Prints a warning for each property without effect.
pub(super) fn print(schema: &RegisteredSchema) {
    let holder = printable(&schema.subject, 200);
    let warnings = of(&schema.avro);
    for warning in warnings.iter().take(MAX_LINES) {
        messages::line(&format!("warning: {holder}: {warning}"));
    }
    if warnings.len() > MAX_LINES {
        let more = warnings.len() - MAX_LINES;
        messages::line(&format!(
            "warning: {holder}: {more} more properties of the schema have no effect"
        ));
    }
}

/// The warnings without the schema's name: the field, and what is the matter.
pub(super) fn of(schema: &AvroSchema) -> Vec<String> {
    let found = schema.misplaced().iter();
    found
        .map(|found| match found.path.as_str() {
            "" => found.fault.to_string(),
            path => format!("field `{}`: {}", printable(path, 200), found.fault),
        })
        .collect()
}
