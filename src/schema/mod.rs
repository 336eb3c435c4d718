//! The registered schema: the writer schema of a run, with its subject, version and id.
//!
//! [`RegisteredSchema`] comes from the registry ([`RegistryClient`]) or from a file, and is valid in both cases:
//! an Avro schema of limited depth with finite values ([`AvroSchema`]). `encode` decides what the type of a field means
//! for a cell.

mod avro;
mod contract;
mod error;
mod likeness;
mod nesting;
mod numbers;
mod printable;
mod registry;
mod subject;

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::Value;

pub use avro::{
    AvroSchema, Base, Logical, Misplaced, MisplacedFault, SchemaField, TimeUnit, Type, TypeDescription,
    TypeId,
};
pub use contract::{ContractRule, DataContract, FieldTags};
pub use error::{SchemaError, SchemaErrorKind};
pub use likeness::Likeness;
pub(crate) use numbers::with_uniform_numbers;
pub(crate) use printable::printable;
pub(crate) use registry::without_credentials;
pub use registry::{
    ClientIdentity, Compatibility, FoundSchema, Hint, KnownSubjects, ProxyUse, Registration, RegistryClient,
    RegistryCredentials, RegistryError, RegistryErrorKind, RegistrySettings, RegistryTls, RegistryWarning,
    SchemaReference, SchemaVersion, SubjectVersion, Verdict,
};
pub(crate) use subject::is_bare_context;
pub use subject::{SubjectError, SubjectNameStrategy, topic_name_key_subject};

/// The number of a schema in its registry; every message contains it as four bytes, big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(u32);

impl SchemaId {
    /// The id with this number.
    pub fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    /// The bytes of the id in a message.
    pub fn to_be_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for SchemaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The schema that rows are written with.
#[derive(Debug, Clone)]
pub struct RegisteredSchema {
    /// The subject of the schema; for a file, its path as given.
    pub subject: String,
    /// The version within the subject; none for a file.
    pub version: Option<u32>,
    /// The registry's id; none for a file.
    pub id: Option<SchemaId>,
    /// The schema's JSON, as registered.
    pub text: String,
    /// The JSON of the schemas to which it refers, each after those to which it refers itself.
    pub references: Vec<String>,
    /// The parsed schema.
    pub avro: AvroSchema,
    /// Its rules and tags; for a file, those within the schema.
    pub contract: DataContract,
}

/// The maximum size of a schema file; responses of the registry have the same limit.
const MAX_BYTES: u64 = 4 << 20;

impl RegisteredSchema {
    /// Reads a schema file (`.avsc`). It has no version and no id.
    ///
    /// `references` are the texts of the schemas to which it refers, each after those to which it refers itself.
    pub fn from_file(path: &Path, references: Vec<String>) -> Result<Self, SchemaError> {
        let place = path.display().to_string();
        let text = read_text(path).map_err(|error| error.in_file(&place))?;
        Self::from_text_with(&place, &text, references).map_err(|error| error.in_file(&place))
    }

    /// A schema from its JSON, without version and id.
    pub fn from_text(subject: &str, text: &str) -> Result<Self, SchemaError> {
        Self::from_text_with(subject, text, Vec::new())
    }

    fn from_text_with(subject: &str, text: &str, references: Vec<String>) -> Result<Self, SchemaError> {
        let avro = AvroSchema::parse(text, &references)?;
        Ok(Self {
            subject: subject.to_string(),
            version: None,
            id: None,
            text: text.to_string(),
            references,
            avro,
            contract: DataContract::of(&Value::Null, text),
        })
    }

    /// The full name of the record, `com.k2.market_data.Trade`; for a type without a name, the name of its base type.
    pub fn name(&self) -> &str {
        self.avro.branch_name(self.avro.root())
    }

    /// The record's name without its namespace: `Trade`.
    pub fn record_name(&self) -> &str {
        let name = self.name();
        name.rsplit_once('.').map_or(name, |(_, short)| short)
    }
}

fn read_text(path: &Path) -> Result<String, SchemaError> {
    let unreadable = |why: &str| SchemaError::new(SchemaErrorKind::Unreadable, why.to_string());
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| match error.kind() {
            // Their messages are complete.
            ErrorKind::NotFound => unreadable("no such file"),
            ErrorKind::IsADirectory => unreadable("a directory, not a schema file"),
            ErrorKind::PermissionDenied => unreadable("permission denied").because(error),
            _ => unreadable(&error.to_string()).because(error),
        })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable("larger than 4 MiB, the limit for a schema"));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable("not UTF-8 text"))?;
    // Some editors start a file with a byte order mark, which JSON does not allow.
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADE: &str = r#"{"type": "record", "name": "Trade", "namespace": "com.k2.market_data",
        "fields": [{"name": "symbol", "type": "string"}]}"#;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::with_suffix(".avsc").unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn a_schema_file_has_names_but_no_numbers() {
        let file = file(TRADE.as_bytes());
        let schema = RegisteredSchema::from_file(file.path(), Vec::new()).unwrap();
        assert_eq!(schema.name(), "com.k2.market_data.Trade");
        assert_eq!(schema.record_name(), "Trade");
        assert_eq!((schema.version, schema.id), (None, None));
        assert_eq!(schema.text, TRADE);
        assert_eq!(schema.subject, file.path().display().to_string());
    }

    #[test]
    fn a_byte_order_mark_is_removed() {
        let file = file(format!("\u{feff}{TRADE}").as_bytes());
        assert_eq!(
            RegisteredSchema::from_file(file.path(), Vec::new()).unwrap().text,
            TRADE
        );
    }

    #[test]
    fn schemas_that_cannot_be_read_are_named_with_their_file() {
        let missing = RegisteredSchema::from_file(Path::new("/nowhere/trade.avsc"), Vec::new()).unwrap_err();
        assert_eq!(missing.to_string(), "/nowhere/trade.avsc: no such file");
        assert_eq!(missing.kind(), SchemaErrorKind::Unreadable);

        let latin = file(b"{\"name\": \"\xe9\"}");
        assert!(
            RegisteredSchema::from_file(latin.path(), Vec::new())
                .unwrap_err()
                .to_string()
                .ends_with(": not UTF-8 text")
        );
        let directory = RegisteredSchema::from_file(&std::env::temp_dir(), Vec::new()).unwrap_err();
        assert!(
            directory
                .to_string()
                .ends_with(": a directory, not a schema file"),
            "{directory}"
        );
    }

    #[test]
    fn a_syntax_error_is_named_with_line_and_column() {
        let file = file(b"{\"type\": \"record\",\n  \"name\" \"Trade\"}");
        let error = RegisteredSchema::from_file(file.path(), Vec::new())
            .unwrap_err()
            .to_string();
        let place = file.path().display();
        assert_eq!(error, format!("{place}:2:10: not JSON: expected `:`"));
    }

    #[test]
    fn an_id_is_four_bytes_big_endian() {
        assert_eq!(SchemaId::new(0x0102_0304).to_be_bytes(), [1, 2, 3, 4]);
        assert_eq!(SchemaId::new(7).to_string(), "7");
    }
}
