//! Any bytes as a file: CSV, JSONL or JSON, in some encoding, compressed or not. They end in blocks of whole rows or in one
//! error, and reading the file again gives the same blocks.

use std::path::Path;

use k2_produce::input::{Block, BlockReader, Input, ReadSettings};

/// Compressed data may stand for much more, which only takes time.
const MAX_BYTES: usize = 8 << 20;

const ENCODINGS: [&str; 8] = [
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1252",
    "shift_jis",
    "iso-8859-7",
];

pub(crate) fn run(data: &[u8]) {
    let [kind, rest @ ..] = data else { return };
    let name = ["t.csv", "t.jsonl", "t.json", "t.csv"][usize::from(*kind) % 4];
    let encoding = ENCODINGS[usize::from(*kind) / 4 % ENCODINGS.len()];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, rest).expect("the file can be written");
    let settings = ReadSettings {
        encoding: encoding.parse().expect("an encoding"),
        max_row_bytes: 4096,
        ..ReadSettings::default()
    };
    let Some(first) = read(&path, &settings) else {
        return;
    };
    assert_eq!(Some(&first), read(&path, &settings).as_ref(), "it is read again");

    let (bytes, is_complete) = first;
    let is_plain = !is_compressed(rest) && encoding == "utf-8" && name == "t.jsonl";
    if is_plain && is_complete {
        assert_eq!(bytes, rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest));
    }
}

/// The bytes of all blocks, and whether there was no error after them; none if the file is refused.
fn read(path: &Path, settings: &ReadSettings) -> Option<(Vec<u8>, bool)> {
    let input = match Input::open(path.as_os_str(), settings) {
        Ok(input) => input,
        Err(error) => {
            crate::assert_message(&error.to_string());
            return None;
        }
    };
    match input.into_reader() {
        Ok(reader) => Some(blocks(reader)),
        Err(error) => {
            crate::assert_message(&error.to_string());
            None
        }
    }
}

fn blocks(mut reader: BlockReader) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    loop {
        match reader.next_block() {
            Ok(Some(Block { bytes, .. })) => all.extend(bytes),
            Ok(None) => return (all, true),
            Err(error) => {
                crate::assert_message(&error.to_string());
                return (all, false);
            }
        }
        if all.len() > MAX_BYTES {
            return (all, false);
        }
    }
}

/// Whether a file begins like a compressed one: gzip, zstd (also with a skippable frame) or xz.
fn is_compressed(bytes: &[u8]) -> bool {
    let magic: [&[u8]; 3] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ"];
    let is_skippable = bytes.get(1..4) == Some(b"\x2a\x4d\x18");
    is_skippable || magic.iter().any(|magic| bytes.starts_with(magic))
}
