//! The three judges: each gets a schema and a datum encoded by k2-produce, and reports how it decodes the datum.

mod apache;
mod process;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The answer of a judge to one question.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Verdict {
    /// Why it could not decode the datum, or rejected the schema.
    pub error: Option<String>,
    /// The value at the level of base types.
    pub value: Json,
    /// The value after its own conversion of logical types.
    pub meaning: Option<Json>,
    /// Why there is no meaning.
    pub no_meaning: Option<String>,
    /// The number of bytes of the datum that it did not read.
    pub left: u64,
    /// The datum that it writes for the same value, if it differs.
    pub rewritten: Option<String>,
    /// The same value, written by it in Avro's JSON encoding.
    pub json: Option<String>,
    /// Why it could not write the value.
    pub no_rewriting: Option<String>,
}

/// A question: a schema for the data that follow, or a datum.
#[derive(Debug)]
pub(crate) enum Question<'a> {
    Schema(&'a str),
    Datum(&'a [u8]),
}

/// Answers each question with one verdict. The verdict on a schema is empty or an error.
pub(crate) trait Judge: Send {
    fn judge(&mut self, questions: &[Question<'_>]) -> Vec<Verdict>;
}

/// The judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    ApacheAvro,
    Fastavro,
    Java,
}

impl Name {
    pub(crate) const ALL: [Name; 3] = [Name::ApacheAvro, Name::Fastavro, Name::Java];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Name::ApacheAvro => "apache-avro (Rust)",
            Name::Fastavro => "fastavro (Python)",
            Name::Java => "Apache Avro (Java)",
        }
    }

    pub(crate) fn start(self) -> Box<dyn Judge> {
        match self {
            Name::ApacheAvro => Box::new(apache::ApacheAvro::default()),
            Name::Fastavro => Box::new(process::Process::fastavro()),
            Name::Java => Box::new(process::Process::java()),
        }
    }

    /// Whether this judge knows the logical type in this row of the table, and not only its base type.
    pub(crate) fn knows(self, row: &str) -> bool {
        let Some((_, known)) = LOGICAL_TYPES.iter().find(|(name, _)| *name == row) else {
            return false;
        };
        known.contains(&self)
    }
}

use Name::{ApacheAvro, Fastavro, Java};

/// The logical types, and the judges that know them. All three judges check every type at the level of its base type.
const LOGICAL_TYPES: [(&str, &[Name]); 16] = [
    ("decimal (bytes)", &[ApacheAvro, Fastavro, Java]),
    ("decimal (fixed)", &[ApacheAvro, Fastavro, Java]),
    ("big-decimal", &[ApacheAvro, Java]),
    ("uuid (string)", &[ApacheAvro, Fastavro, Java]),
    ("uuid (fixed)", &[ApacheAvro, Java]),
    ("date", &[ApacheAvro, Fastavro, Java]),
    ("time-millis", &[ApacheAvro, Fastavro, Java]),
    ("time-micros", &[ApacheAvro, Fastavro, Java]),
    ("timestamp-millis", &[ApacheAvro, Fastavro, Java]),
    ("timestamp-micros", &[ApacheAvro, Fastavro, Java]),
    ("timestamp-nanos", &[ApacheAvro, Java]),
    ("local-timestamp-millis", &[ApacheAvro, Fastavro, Java]),
    ("local-timestamp-micros", &[ApacheAvro, Fastavro, Java]),
    ("local-timestamp-nanos", &[ApacheAvro, Java]),
    ("duration", &[ApacheAvro, Java]),
    ("unknown logical type", &[]),
];

/// The types without a logical type.
const PLAIN_TYPES: [&str; 14] = [
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", "record", "enum", "array", "map",
    "union", "fixed",
];

/// All rows of the table.
pub(crate) fn rows() -> impl Iterator<Item = &'static str> {
    PLAIN_TYPES
        .into_iter()
        .chain(LOGICAL_TYPES.into_iter().map(|(row, _)| row))
}

/// The table of judges in docs/judges.md.
pub(crate) fn table() -> String {
    let mut table = String::from("| type |");
    for judge in Name::ALL {
        table.push_str(&format!(" {} |", judge.title()));
    }
    table.push_str("\n|---|---|---|---|\n");
    for row in rows() {
        table.push_str(&format!("| {row} |"));
        for judge in Name::ALL {
            let level = match (PLAIN_TYPES.contains(&row), judge.knows(row)) {
                (true, _) => "value",
                (_, true) => "base and meaning",
                (_, false) => "base",
            };
            table.push_str(&format!(" {level} |"));
        }
        table.push('\n');
    }
    table
}

/// The number of checks by type and judge.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<(String, Name), u64>);

impl Coverage {
    pub(crate) fn count(&mut self, row: &str, judge: Name) {
        *self.0.entry((row.to_owned(), judge)).or_default() += 1;
    }

    pub(crate) fn of(&self, row: &str, judge: Name) -> u64 {
        self.0.get(&(row.to_owned(), judge)).copied().unwrap_or_default()
    }
}
