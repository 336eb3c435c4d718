//! The three judges: each is given a schema and a datum that we encoded, and says what it takes it for.

mod apache;
mod process;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// What a judge says of one datum.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Verdict {
    /// Why it could not decode the datum, or would not take the schema.
    pub error: Option<String>,
    /// The value at the level of the base types.
    pub value: Json,
    /// The value as it understands the logical types that it knows.
    pub meaning: Option<Json>,
    /// Why it has no meaning.
    pub no_meaning: Option<String>,
    /// How many bytes of the datum it did not read.
    pub left: u64,
    /// What it writes for the same value, where that differs from the datum.
    pub rewritten: Option<String>,
    /// The same value in Avro's JSON encoding, as it writes it.
    pub json: Option<String>,
    /// Why it writes nothing for it, although it can.
    pub no_rewriting: Option<String>,
}

/// A question: a schema for what follows, or a datum of it.
#[derive(Debug)]
pub(crate) enum Question<'a> {
    Schema(&'a str),
    Datum(&'a [u8]),
}

/// Answers questions, one verdict for each; a schema's is empty or an error.
pub(crate) trait Judge: Send {
    fn judge(&mut self, questions: &[Question<'_>]) -> Vec<Verdict>;
}

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    ApacheAvro,
    Fastavro,
    Java,
}

impl Name {
    pub(crate) const ALL: [Name; 3] = [Name::ApacheAvro, Name::Fastavro, Name::Java];

    pub(crate) fn words(self) -> &'static str {
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

    /// Whether this judge knows the logical type of that row of the table, and not only its base type.
    pub(crate) fn knows(self, row: &str) -> bool {
        let Some((_, known)) = LOGICAL_TYPES.iter().find(|(name, _)| *name == row) else {
            return false;
        };
        known.contains(&self)
    }
}

use Name::{ApacheAvro, Fastavro, Java};

/// The logical types, and who knows them. All three judge every one at the level of its base type.
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

/// The table of judges as docs/judges.md has it.
pub(crate) fn table() -> String {
    let mut table = String::from("| type |");
    for judge in Name::ALL {
        table.push_str(&format!(" {} |", judge.words()));
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

/// How often each judge has judged each type.
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
