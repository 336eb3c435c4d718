//! From a schema's JSON to an Avro record schema, or the reason why not.
//!
//! Text from a registry or a file is not trusted: it is checked for depth and for records without end before
//! the Avro library sees it, and the library runs on a stack of known size.

use std::fmt;
use std::thread;

use apache_avro::Schema;
use serde_json::Value;

use super::nesting::{self, MOST_LEVELS};
use super::printable::printable;
use super::structure;

/// For the deepest schema that `nesting` and `structure` let through, in a debug build, with room to spare.
const STACK_BYTES: usize = 64 << 20;

/// What is wrong with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaErrorKind {
    /// The file could not be read.
    Unreadable,
    /// The text is not JSON.
    NotJson,
    /// It is nested too deep, or holds too many records.
    TooDeep,
    /// A record contains itself in such a way that no value can be written.
    WithoutEnd,
    /// It is JSON, but not an Avro schema.
    NotAvro,
    /// It is an Avro schema, but its top level is not a record.
    NotARecord,
}

/// A schema that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    kind: SchemaErrorKind,
    message: String,
    /// Line and column, where the fault is one of syntax.
    position: Option<(usize, usize)>,
    file: Option<String>,
}

impl SchemaError {
    pub(super) fn new(kind: SchemaErrorKind, message: String) -> Self {
        Self {
            kind,
            message,
            position: None,
            file: None,
        }
    }

    /// What is wrong, for code that must tell.
    pub fn kind(&self) -> SchemaErrorKind {
        self.kind
    }

    /// The same fault, said of a file.
    pub(super) fn in_file(mut self, path: &str) -> Self {
        self.file = Some(printable(path, 300));
        self
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position) {
            (Some(file), Some((line, column))) => {
                write!(formatter, "{file}:{line}:{column}: {}", self.message)
            }
            (Some(file), None) => write!(formatter, "{file}: {}", self.message),
            (None, Some((line, column))) => {
                write!(formatter, "{} at line {line} column {column}", self.message)
            }
            (None, None) => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for SchemaError {}

/// Parses a schema whose top level is a record.
pub(super) fn record_schema(text: &str) -> Result<Schema, SchemaError> {
    if nesting::is_too_deep(text) {
        let why = format!("nested more than {MOST_LEVELS} levels deep");
        return Err(SchemaError::new(SchemaErrorKind::TooDeep, why));
    }
    let json: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    structure::check(&json)?;
    let schema = avro_schema(&json)?;
    match schema {
        Schema::Record(_) => Ok(schema),
        other => {
            let why = format!(
                "the top level is {}, not a record: a row cannot be written with it",
                kind_name(&other)
            );
            Err(SchemaError::new(SchemaErrorKind::NotARecord, why))
        }
    }
}

fn not_json(error: &serde_json::Error) -> SchemaError {
    // The position is told apart from the reason, so that a file's can be written as an editor wants it.
    let text = error.to_string();
    let reason = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(reason, _)| reason);
    let mut fault = SchemaError::new(
        SchemaErrorKind::NotJson,
        format!("not JSON: {}", printable(reason, 200)),
    );
    fault.position = Some((error.line(), error.column()));
    fault
}

fn avro_schema(json: &Value) -> Result<Schema, SchemaError> {
    let not_avro = |why: &str| {
        SchemaError::new(
            SchemaErrorKind::NotAvro,
            format!("not an Avro schema: {}", printable(why, 300)),
        )
    };
    let parsed = thread::scope(|scope| {
        let parser = thread::Builder::new()
            .name("schema".to_string())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || Schema::parse(json))
            .map_err(|error| not_avro(&format!("no thread to parse it on: {error}")))?;
        parser.join().map_err(|_| not_avro("the parser gave up on it"))
    })?;
    parsed.map_err(|error| not_avro(&error.to_string()))
}

fn kind_name(schema: &Schema) -> &'static str {
    match schema {
        Schema::Array(_) => "an array",
        Schema::Map(_) => "a map",
        Schema::Union(_) => "a union",
        Schema::Enum(_) => "an enum",
        Schema::Fixed(_) => "a fixed",
        Schema::String => "a string",
        Schema::Bytes => "bytes",
        Schema::Int => "an int",
        Schema::Long => "a long",
        Schema::Float => "a float",
        Schema::Double => "a double",
        Schema::Boolean => "a boolean",
        Schema::Null => "null",
        _ => "a logical type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (SchemaErrorKind, String) {
        let error = record_schema(text).unwrap_err();
        (error.kind(), error.to_string())
    }

    #[test]
    fn a_record_is_taken() {
        let text = r#"{"type": "record", "name": "Trade", "fields": [
            {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}}]}"#;
        assert!(matches!(record_schema(text), Ok(Schema::Record(_))));
    }

    #[test]
    fn anything_but_a_record_is_named() {
        for (text, what) in [
            (r#""string""#, "a string"),
            (r#"["null", "string"]"#, "a union"),
            (r#"{"type": "array", "items": "int"}"#, "an array"),
            (r#"{"type": "int", "logicalType": "date"}"#, "a logical type"),
        ] {
            let message = format!("the top level is {what}, not a record: a row cannot be written with it");
            assert_eq!(fault(text), (SchemaErrorKind::NotARecord, message));
        }
    }

    #[test]
    fn faults_of_syntax_and_of_meaning_are_told_apart() {
        let (kind, message) = fault(r#"{"type": "record""#);
        assert_eq!(kind, SchemaErrorKind::NotJson);
        assert_eq!(
            message,
            "not JSON: EOF while parsing an object at line 1 column 17"
        );

        let (kind, message) =
            fault(r#"{"type": "record", "name": "T", "fields": [{"name": "a", "type": "strin\u001bg"}]}"#);
        assert_eq!(kind, SchemaErrorKind::NotAvro);
        assert!(
            message.starts_with("not an Avro schema: ") && message.contains("strin\\x1bg"),
            "{message}"
        );
    }

    #[test]
    fn depth_that_would_overflow_the_stack_is_an_error() {
        let deep = r#"{"type": "array", "items": "#.repeat(100_000);
        assert_eq!(
            fault(&deep),
            (
                SchemaErrorKind::TooDeep,
                "nested more than 64 levels deep".to_string()
            )
        );
    }

    #[test]
    fn a_default_that_refers_to_itself_does_not_end_the_process() {
        let text = r#"{"type": "record", "name": "Outer", "fields": [
            {"name": "a", "type": {"type": "record", "name": "Node", "fields": [
                {"name": "next", "type": ["Node", {"type": "map", "values": "int"}], "default": {}}]}},
            {"name": "b", "type": "Node", "default": {}}]}"#;
        assert_eq!(fault(text).0, SchemaErrorKind::WithoutEnd);
    }

    #[test]
    fn the_longest_chain_of_defaults_fits_the_stack() {
        let mut fields =
            vec![r#"{"name": "f0", "type": {"type": "record", "name": "R0", "fields": []}}"#.to_string()];
        for number in 1..999 {
            fields.push(format!(
                r#"{{"name": "f{number}", "type": {{"type": "record", "name": "R{number}", "fields": [
                    {{"name": "f", "type": "R{}", "default": {{}}}}]}}}}"#,
                number - 1
            ));
        }
        let text = format!(
            r#"{{"type": "record", "name": "Top", "fields": [{}]}}"#,
            fields.join(",")
        );
        record_schema(&text).unwrap();
    }
}
