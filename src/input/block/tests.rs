use std::error::Error;

use super::*;
use crate::input::{Input, ReadSettings};

/// All blocks of a file with these bytes, and the error that ended them, if any.
fn read(name: &str, bytes: &[u8]) -> (Vec<Block>, Option<InputError>) {
    read_as(&ReadSettings::default(), name, bytes)
}

fn in_encoding(label: &str) -> ReadSettings {
    ReadSettings {
        encoding: label.parse().unwrap(),
        ..ReadSettings::default()
    }
}

fn read_as(settings: &ReadSettings, name: &str, bytes: &[u8]) -> (Vec<Block>, Option<InputError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    match Input::open(path.as_os_str(), settings).and_then(Input::into_reader) {
        Ok(reader) => rest(reader),
        Err(error) => (Vec::new(), Some(error)),
    }
}

/// All remaining blocks of a reader.
fn rest(mut reader: BlockReader) -> (Vec<Block>, Option<InputError>) {
    let mut blocks = Vec::new();
    loop {
        match reader.next_block() {
            Ok(Some(block)) => blocks.push(block),
            Ok(None) => return (blocks, None),
            Err(error) => return (blocks, Some(error)),
        }
    }
}

/// An error and its cause, without the path of the folder.
fn message(name: &str, bytes: &[u8]) -> String {
    let error = read(name, bytes).1.expect("an error");
    let message = match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    message
        .rsplit_once('/')
        .map_or(message.clone(), |(_, tail)| tail.to_owned())
}

#[test]
fn blocks_hold_whole_rows_and_their_positions() {
    let row = format!("{},\"a\nb\"\r\n", "x".repeat(1000));
    let text = format!("\u{feff}name,note\r\n{}", row.repeat(1500));
    let (blocks, error) = read("t.csv", text.as_bytes());
    assert!(error.is_none());
    assert!(blocks.len() > 3, "{}", blocks.len());
    let mut at = 3 + "name,note\r\n".len();
    let mut line = 2;
    for block in &blocks {
        let start = LineStart {
            line,
            decoded_byte: at as u64,
            raw_byte: Some(at as u64),
        };
        assert_eq!(block.start, start);
        assert!(block.bytes.len().is_multiple_of(row.len()), "a row is cut");
        assert_eq!(block.bytes, text.as_bytes()[at..at + block.bytes.len()]);
        at += block.bytes.len();
        line += 2 * (block.bytes.len() / row.len()) as u64;
    }
    assert_eq!(at, text.len());
}

#[test]
fn the_last_row_needs_no_terminator() {
    let (blocks, error) = read("t.csv", b"a,b\n1,2\n3,4");
    assert!(error.is_none());
    assert_eq!(blocks[0].bytes, b"1,2\n3,4");
    let (blocks, error) = read("t.jsonl", b"{}\n{}");
    assert!(error.is_none());
    assert_eq!(blocks[0].bytes, b"{}\n{}");
}

#[test]
fn an_unterminated_row_is_an_error_with_its_line() {
    let open = format!("a,b\n1,2\nx,\"{}", "y\n".repeat(1000));
    assert_eq!(
        message("t.csv", open.as_bytes()),
        "t.csv:3: the quote that opens on this line is never closed"
    );
    let open = format!("a,b\n1,2\nx,\"{}", "y\n".repeat(2 << 20));
    assert_eq!(
        message("t.csv", open.as_bytes()),
        "t.csv:3: the quote that opens on this line is not closed within 1 MiB"
    );
    let long = format!("{{}}\n{}", "x".repeat(3 << 20));
    let (blocks, _) = read("t.jsonl", long.as_bytes());
    assert_eq!(blocks.len(), 1, "the rows before it must be returned");
    assert_eq!(
        message("t.jsonl", long.as_bytes()),
        "t.jsonl:2: the row is longer than 1 MiB"
    );
}

#[test]
fn the_row_limit_is_the_same_at_every_position() {
    const LIMIT: usize = 1 << 20;
    let small = "1,2\n".repeat(70_000);
    for (before, after) in [
        ("", ""),
        ("", "1,2\n"),
        (&small[..], ""),
        (&small, &small),
        ("1,2\n", &small),
    ] {
        for end in ["\n", "\r\n", "\r", ""] {
            if end.is_empty() && !after.is_empty() {
                continue;
            }
            let text = |length: usize| format!("a,b\n{before}1,{}{end}{after}", "x".repeat(length - 2));
            let line = 2 + before.len() / 4;
            let (blocks, error) = read("t.csv", text(LIMIT).as_bytes());
            assert!(error.is_none(), "{error:?} at line {line} with {end:?}");
            let bytes: usize = blocks.iter().map(|block| block.bytes.len()).sum();
            assert_eq!(bytes, text(LIMIT).len() - 4);

            let (blocks, error) = read("t.csv", text(LIMIT + 1).as_bytes());
            let error = error.expect("the row is too long");
            assert!(
                error
                    .message
                    .ends_with(&format!("t.csv:{line}: the row is longer than 1 MiB")),
                "{error} at line {line} with {end:?}"
            );
            assert_eq!(error.hint, Some(Hint::RaiseRowLimit));
            let bytes: usize = blocks.iter().map(|block| block.bytes.len()).sum();
            assert_eq!(bytes, before.len(), "the rows before it must be returned");
        }
    }
}

#[test]
fn the_row_limit_can_be_changed() {
    let settings = |max_row_bytes| ReadSettings {
        max_row_bytes,
        ..ReadSettings::default()
    };
    let text = format!("a,b\n1,2\n1,\"2\n3\"\n{}", "1,2\n".repeat(9));
    let (blocks, error) = read_as(&settings(7), "t.csv", text.as_bytes());
    assert!(error.is_none() && blocks.len() == 1);
    let (blocks, error) = read_as(&settings(6), "t.csv", text.as_bytes());
    let error = error.unwrap().message;
    assert!(
        error.ends_with("t.csv:3: the row is longer than 6 bytes"),
        "{error}"
    );
    assert_eq!(blocks[0].bytes, b"1,2\n");
    let error = read_as(&settings(2), "t.csv", text.as_bytes()).1.unwrap().message;
    assert!(
        error.ends_with("t.csv:1: the row is longer than 2 bytes"),
        "{error}"
    );
    let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(3 << 20));
    let (blocks, error) = read_as(&settings(4 << 20), "t.jsonl", long.as_bytes());
    assert!(error.is_none());
    assert_eq!(blocks[0].bytes.len(), long.len());
}

#[test]
fn files_that_are_not_csv_are_reported() {
    assert_eq!(
        message("t.csv", b""),
        "t.csv: is empty; a CSV file must start with a header"
    );
    assert_eq!(
        message("t.csv", b"\xff\xfea\0"),
        "t.csv: is UTF-16, but is read as UTF-8"
    );
    assert_eq!(
        message("t.csv", b"\x04\x22\x4d\x18"),
        "t.csv: is compressed with lz4, which cannot be read directly"
    );
    assert_eq!(
        message("t.csv.bz2", b"BZh91AY&SY"),
        "t.csv.bz2: is compressed with bzip2, which cannot be read directly"
    );
    assert_eq!(
        message("t.csv", b"{\"a\":1}\n"),
        "t.csv:1: the first line is not a CSV header; it looks like JSON"
    );
    assert_eq!(
        message("t.csv", b"a,\xe9\n"),
        "t.csv:1: the name of column 2, `\\xe9`, is not UTF-8"
    );
    assert_eq!(
        message("t.dat", b"a\n"),
        "t.dat: the format cannot be determined from the name"
    );
    assert!(read("t.json", b"[]").1.is_none());
    assert_eq!(
        read("t.csv", b"a,b").0.len(),
        0,
        "a file with only a header has no rows"
    );
    assert_eq!(read("t.jsonl", b"").0.len(), 0);
}

#[test]
fn a_small_block_takes_up_only_the_memory_of_its_rows() {
    let (blocks, error) = read("t.jsonl", b"{\"a\":1}\n");
    assert!(error.is_none());
    assert!(blocks[0].bytes.capacity() < 100, "{}", blocks[0].bytes.capacity());
}

#[test]
fn rows_in_utf_16_have_positions_in_the_file() {
    let text = format!("\u{feff}name,note\n{}", "東京,\"a\nb\"\n".repeat(80_000));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (blocks, error) = read_as(&in_encoding("utf-16be"), "t.csv", &bytes);
    assert!(error.is_none());
    assert!(blocks.len() > 2, "{}", blocks.len());
    assert_eq!(
        (blocks[0].start.raw_byte, blocks[0].start.line),
        (Some(2 + 20), 2)
    );
    let mut at = 22;
    for block in &blocks {
        assert_eq!(block.start.raw_byte, Some(at));
        at += block.length_in_file();
    }
    assert_eq!(at, bytes.len() as u64);
    let (_, error) = read_as(&in_encoding("utf-16be"), "t.csv", &bytes[..bytes.len() - 1]);
    let error = error.unwrap();
    assert!(error.message.ends_with("t.csv: cannot be read"), "{error}");
    let cause = error.source().unwrap().to_string();
    assert_eq!(cause, "the file ends in the middle of a UTF-16BE code unit");
}

/// The lines of all blocks.
fn lines(blocks: &[Block]) -> Vec<String> {
    let bytes: Vec<u8> = blocks.iter().flat_map(|block| block.bytes.clone()).collect();
    String::from_utf8(bytes)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_items_of_an_array_have_their_places_in_every_block_and_can_be_found_again() {
    let item = |number: usize| {
        format!(
            "{{\"number\":{number},\"text\":\"\u{e9}{}\"}}",
            "x".repeat(number % 90)
        )
    };
    let items: Vec<String> = (0..20_000).map(item).collect();
    let text = format!("\u{feff}[{}\n]", items.join(",\n "));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.json");
    std::fs::write(&path, &text).unwrap();
    let input = Input::open(path.as_os_str(), &ReadSettings::default()).unwrap();
    let (blocks, error) = rest(input.reader_at(&input.first_row()).unwrap().counting_rows());
    assert!(error.is_none() && blocks.len() > 3, "{}", blocks.len());
    assert_eq!(lines(&blocks), items);
    let (mut rows, mut length) = (0, 0);
    for block in &blocks {
        assert_eq!(block.rows_before, rows as u64);
        length += block.length_in_file();
        let origins = block.origins.as_ref().unwrap();
        for origin in &origins.rows {
            let at = origin.start.raw_byte.unwrap() as usize;
            assert!(text[at..].starts_with(&items[rows]), "{rows}");
            assert_eq!(origin.start.line, rows as u64 + 1);
            assert_eq!(origin.column, 2);
            rows += 1;
        }
    }
    assert_eq!(length as usize, text.len() - "\u{feff}".len());
    let origins = blocks[2].origins.as_ref().unwrap();
    let position = origins.rows[7].of_row(0);
    let (again, error) = rest(input.reader_at(&position).unwrap());
    assert!(error.is_none());
    let before = lines(&blocks[..2]).len() + 7;
    assert_eq!(lines(&again), items[before..]);
}

#[test]
fn json_is_read_in_utf_16_and_in_encodings_that_keep_its_marks() {
    let text = "[{\"a\":\"\u{e9}\"},\n{\"b\":2}]";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (blocks, error) = read_as(&in_encoding("utf-16le"), "t.json", &utf16);
    assert!(error.is_none());
    assert_eq!(lines(&blocks), ["{\"a\":\"\u{e9}\"}", "{\"b\":2}"]);
    let origin = blocks[0].origins.as_ref().unwrap().rows[1];
    assert_eq!((origin.start.line, origin.start.raw_byte), (2, Some(2 * 12)));
    let latin: Vec<u8> = text.chars().map(|character| character as u8).collect();
    assert!(
        read_as(&in_encoding("windows-1252"), "t.json", &latin)
            .1
            .is_none()
    );
    let error = read_as(&in_encoding("gbk"), "t.json", &latin).1.unwrap();
    assert!(
        error.to_string().contains("can be part of another character"),
        "{error}"
    );
}

#[test]
fn an_array_that_is_compressed_and_cut_off_has_its_rows_before_that_place() {
    let items: Vec<String> = (0..20_000_u64)
        .map(|number| format!("{{\"number\":{}}}", number * number))
        .collect();
    let mut packed = Vec::new();
    let text = format!("[{}]", items.join(","));
    let mut encoder = flate2::bufread::GzEncoder::new(text.as_bytes(), flate2::Compression::fast());
    std::io::Read::read_to_end(&mut encoder, &mut packed).unwrap();
    let (blocks, error) = read("t.json.gz", &packed[..packed.len() / 2]);
    let found = lines(&blocks);
    assert!(found.len() > 5_000, "{}", found.len());
    assert_eq!(found, items[..found.len()]);
    let end = blocks.last().unwrap().origins.as_ref().unwrap().end;
    let error = error.unwrap().to_string();
    let rows = format!("its rows before line 1, column {} were read", end.column);
    assert!(error.contains("the gzip data is incomplete"), "{error}");
    assert!(error.ends_with(&rows), "{error}");
}
