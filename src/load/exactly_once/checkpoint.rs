//! The record of an input in the topic of the checkpoints.
//!
//! Its key is the load and the name of the input in it, so that the compacted topic keeps the last one of each. Its
//! value is JSON, so that people and other programs can read it. Unknown members are ignored; a higher `version` is
//! refused.

use serde_json::{Value, json};

use super::prefix_hash::PrefixDigest;
use super::protocol::RunId;
use super::written_offsets::WrittenOffsets;
use crate::load::Counts;
use crate::record::Position;

/// The version of the format.
const VERSION: u64 = 1;

/// What is recorded of an input with each commit that covers rows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct InputCheckpoint {
    /// The run that wrote it.
    pub(crate) run: RunId,
    /// The number of the commit in the load.
    pub(crate) number: u64,
    /// Where the first row starts that is not covered; the end of the input if it is complete.
    pub position: Position,
    /// The hash of the decoded input before the position.
    pub(crate) digest: PrefixDigest,
    /// Whether the input was read to its end.
    pub is_complete: bool,
    /// The rows before the position by fate.
    pub counts: Counts,
    /// When it was written, in milliseconds since 1970.
    pub time: i64,
    /// What the rows were written with.
    pub fingerprint: Fingerprint,
    /// The file as it was; reported, never compared.
    pub file: FileFacts,
    /// How much of the rejects file belongs to the rows before the position.
    pub rejects: Option<KeptExtent>,
    /// Where the rows before the position are, by topic and partition. If their number is less than that of the
    /// delivered rows, the offsets of the others are not known: an earlier version loaded them, brokers did not report
    /// them, or there are too many partitions.
    pub written: Vec<WrittenOffsets>,
}

/// What must not change while a load is under way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint {
    /// A hash of the mapping and of all options that decide what a row becomes.
    pub mapping: String,
    /// The registered ids of the value's and the key's schema.
    pub schema_ids: Vec<u32>,
    /// The id of the cluster.
    pub cluster: Option<String>,
    /// Name, id and number of partitions of each topic.
    pub topics: Vec<(String, Option<String>, u32)>,
}

/// A file, as it was when rows of it were loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFacts {
    /// Its path.
    pub path: String,
    /// Its length in bytes.
    pub size: Option<u64>,
}

/// A part of a rejects file, from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptExtent {
    /// The length of FILE in bytes.
    pub rows_bytes: u64,
    /// The length of FILE.errors.jsonl in bytes.
    pub errors_bytes: u64,
    /// The rows in it.
    pub rows: u64,
    /// The line of FILE for the next row.
    pub next_line: u64,
}

/// What is kept in the rejects files of a load.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptOfLoad {
    /// By the inputs of the run: what was kept when the last checkpoint of each was written.
    pub of_inputs: Vec<Option<KeptExtent>>,
    /// The same for the last checkpoint of the load that has it, whatever its input is.
    pub last: Option<KeptExtent>,
    /// Whether rows of an input are kept that the run continues.
    pub is_needed: bool,
}

impl KeptExtent {
    /// No row.
    pub const NOTHING: KeptExtent = KeptExtent {
        rows_bytes: 0,
        errors_bytes: 0,
        rows: 0,
        next_line: 1,
    };
}

/// The key of the record of an input.
pub(crate) fn key(load: &str, input: &str) -> Vec<u8> {
    json!([load, input]).to_string().into_bytes()
}

/// The load and the input that a key names; none for the record of something else.
pub(crate) fn parse_key(key: &[u8]) -> Option<(String, String)> {
    let parts: Vec<String> = serde_json::from_slice(key).ok()?;
    let [load, input] = <[String; 2]>::try_from(parts).ok()?;
    Some((load, input))
}

impl InputCheckpoint {
    /// The run that wrote it, in hexadecimal.
    pub fn run(&self) -> String {
        format!("{:016x}", self.run)
    }

    /// The number of the commit in the load.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The hash of the decoded input before the position, in hexadecimal.
    pub fn digest(&self) -> String {
        self.digest.to_string()
    }

    /// Whether the offset of every delivered row is among those of `written`.
    pub fn knows_all_offsets(&self) -> bool {
        let known: u64 = self.written.iter().map(|written| written.rows.messages()).sum();
        known == self.counts.delivered
    }

    /// The value of its record.
    pub(crate) fn value(&self, load: &str, input: &str) -> Vec<u8> {
        let counts = &self.counts;
        let topics = self
            .fingerprint
            .topics
            .iter()
            .map(|(name, id, partitions)| json!({ "name": name, "id": id, "partitions": partitions }));
        let mut value = json!({
            "version": VERSION,
            "load": load,
            "input": input,
            "state": if self.is_complete { "complete" } else { "partial" },
            "time_ms": self.time,
            "run": self.run(),
            "commit": self.number,
            "position": {
                "row": self.position.row,
                "line": self.position.line,
                "byte": self.position.decoded_byte,
                "column": self.position.column,
            },
            "xxh3_128": self.digest(),
            "rows": {
                "read": counts.read,
                "delivered": counts.delivered,
                "rejected": counts.rejected,
                "filtered": counts.filtered,
                "tombstones": counts.tombstones,
            },
            "mapping": self.fingerprint.mapping,
            "schema_ids": self.fingerprint.schema_ids,
            "cluster": self.fingerprint.cluster,
            "topics": topics.collect::<Vec<_>>(),
            "file": { "path": self.file.path, "size": self.file.size },
            "offsets": self.written.iter().map(WrittenOffsets::to_json).collect::<Vec<_>>(),
            "client": concat!("k2-produce ", env!("CARGO_PKG_VERSION")),
        });
        if let Some(kept) = &self.rejects {
            value["rejects"] = json!({
                "rows_bytes": kept.rows_bytes,
                "errors_bytes": kept.errors_bytes,
                "rows": kept.rows,
                "next_line": kept.next_line,
            });
        }
        value.to_string().into_bytes()
    }

    /// Reads the value of a record.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn parse(value: &[u8]) -> Result<InputCheckpoint, String> {
        let value: Value =
            serde_json::from_slice(value).map_err(|error| format!("it is not JSON: {error}"))?;
        let number = |value: &Value, what: &str| {
            let found = value.as_u64();
            found.ok_or_else(|| format!("`{what}` is not a number"))
        };
        let text = |value: &Value, what: &str| {
            let found = value.as_str().map(str::to_owned);
            found.ok_or_else(|| format!("`{what}` is not a string"))
        };
        match number(&value["version"], "version")? {
            VERSION => {}
            other => {
                return Err(format!(
                    "its format has version {other}, and this k2-produce knows version {VERSION}"
                ));
            }
        }
        let (position, rows, file, kept) = (
            &value["position"],
            &value["rows"],
            &value["file"],
            &value["rejects"],
        );
        let topics = value["topics"].as_array().cloned().unwrap_or_default();
        let schema_ids = value["schema_ids"].as_array().cloned().unwrap_or_default();
        let written = value["offsets"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(InputCheckpoint {
            run: u64::from_str_radix(&text(&value["run"], "run")?, 16)
                .map_err(|error| format!("`run`: {error}"))?,
            number: number(&value["commit"], "commit")?,
            position: Position {
                row: number(&position["row"], "position.row")?,
                line: number(&position["line"], "position.line")?,
                decoded_byte: number(&position["byte"], "position.byte")?,
                raw_byte: None,
                column: position["column"].as_u64(),
            },
            digest: PrefixDigest::parse(&text(&value["xxh3_128"], "xxh3_128")?)
                .ok_or("`xxh3_128` is not a hash")?,
            is_complete: value["state"] == "complete",
            counts: Counts {
                read: number(&rows["read"], "rows.read")?,
                delivered: number(&rows["delivered"], "rows.delivered")?,
                rejected: number(&rows["rejected"], "rows.rejected")?,
                filtered: number(&rows["filtered"], "rows.filtered")?,
                tombstones: number(&rows["tombstones"], "rows.tombstones")?,
                ..Counts::default()
            },
            time: value["time_ms"].as_i64().ok_or("`time_ms` is not a number")?,
            fingerprint: Fingerprint {
                mapping: text(&value["mapping"], "mapping")?,
                schema_ids: schema_ids
                    .iter()
                    .filter_map(|id| u32::try_from(id.as_u64()?).ok())
                    .collect(),
                cluster: value["cluster"].as_str().map(str::to_owned),
                topics: topics
                    .iter()
                    .map(|topic| {
                        let partitions = number(&topic["partitions"], "topics[].partitions")?;
                        Ok((
                            text(&topic["name"], "topics[].name")?,
                            topic["id"].as_str().map(str::to_owned),
                            u32::try_from(partitions).unwrap_or(u32::MAX),
                        ))
                    })
                    .collect::<Result<_, String>>()?,
            },
            file: FileFacts {
                path: text(&file["path"], "file.path")?,
                size: file["size"].as_u64(),
            },
            rejects: match kept.is_object() {
                false => None,
                true => Some(KeptExtent {
                    rows_bytes: number(&kept["rows_bytes"], "rejects.rows_bytes")?,
                    errors_bytes: number(&kept["errors_bytes"], "rejects.errors_bytes")?,
                    rows: number(&kept["rows"], "rejects.rows")?,
                    next_line: number(&kept["next_line"], "rejects.next_line")?,
                }),
            },
            written: written
                .iter()
                .map(|written| WrittenOffsets::parse(written).ok_or("`offsets` cannot be read"))
                .collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefix_hash::PrefixHash;
    use super::*;
    use crate::kafka::Acknowledged;

    fn checkpoint() -> InputCheckpoint {
        InputCheckpoint {
            run: 0xfeed_0000_0000_0001,
            number: 7,
            position: Position {
                row: 41,
                line: 43,
                decoded_byte: 4_000,
                raw_byte: None,
                column: None,
            },
            digest: PrefixHash::of(b"a,b\n1,2\n").digest(),
            is_complete: false,
            counts: Counts {
                read: 41,
                delivered: 38,
                rejected: 2,
                filtered: 1,
                tombstones: 3,
                ..Counts::default()
            },
            time: 1_700_000_000_000,
            fingerprint: Fingerprint {
                mapping: "00ff".to_owned(),
                schema_ids: vec![1, 9],
                cluster: Some("4L6g3nShT-eMCtK--X86sw".to_owned()),
                topics: vec![("trades".to_owned(), None, 3)],
            },
            file: FileFacts {
                path: "data/trades \"x\".csv".to_owned(),
                size: Some(9),
            },
            rejects: Some(KeptExtent {
                rows_bytes: 100,
                errors_bytes: 300,
                rows: 2,
                next_line: 4,
            }),
            written: vec![WrittenOffsets {
                topic: "trades".to_owned(),
                partition: 2,
                rows: Acknowledged::of(38, 100, 151),
            }],
        }
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let written = checkpoint();
        assert_eq!(InputCheckpoint::parse(&written.value("l", "i")), Ok(written));
        let without = InputCheckpoint {
            rejects: None,
            ..checkpoint()
        };
        assert_eq!(InputCheckpoint::parse(&without.value("l", "i")), Ok(without));
    }

    #[test]
    fn a_checkpoint_of_an_earlier_version_has_no_offsets() {
        let mut value: Value = serde_json::from_slice(&checkpoint().value("l", "i")).unwrap();
        value.as_object_mut().unwrap().remove("offsets");
        let without = InputCheckpoint {
            written: Vec::new(),
            ..checkpoint()
        };
        assert_eq!(InputCheckpoint::parse(value.to_string().as_bytes()), Ok(without));
    }

    #[test]
    fn names_may_contain_anything() {
        for (load, input) in [("a", "b"), ("x\",\"y", "z"), ("", "\u{1F4C8}\n")] {
            let parsed = parse_key(&key(load, input));
            assert_eq!(parsed, Some((load.to_owned(), input.to_owned())));
        }
        assert_eq!(parse_key(b"[\"a\"]"), None);
        assert_eq!(parse_key(b"a"), None);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_with_a_reason() {
        let written = checkpoint().value("l", "i");
        let text = String::from_utf8(written).unwrap();
        for (from, to, reason) in [
            ("\"version\":1", "\"version\":2", "version 2"),
            ("\"commit\":7", "\"commit\":\"7\"", "`commit`"),
            ("\"line\":43", "\"lime\":43", "`position.line`"),
            ("{", "", "not JSON"),
        ] {
            let error = InputCheckpoint::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
