use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;
use liblzma::stream::{Check, LzmaOptions, Stream};
use liblzma::write::XzEncoder;
use proptest::prelude::*;

use super::*;
use crate::input::{Input, ReadSettings};

const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Xz];

fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            // As the program `zstd` does; without a checksum changed bytes can remain unnoticed.
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Xz => {
            let mut encoder = XzEncoder::new(Vec::new(), 1);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zip => unreachable!("an archive is no stream"),
    }
}

fn trades(rows: usize) -> String {
    let rows = (1..=rows).map(|row| format!("{row},{}\n", row * 7919 % 1009));
    "id,price\n".to_owned() + &rows.collect::<String>()
}

/// The rows of a file, and why reading it ended early.
fn read(path: &Path) -> (Vec<u8>, Option<String>) {
    let settings = ReadSettings {
        format: Some(crate::record::Format::Csv),
        ..ReadSettings::default()
    };
    let mut rows = Vec::new();
    let mut read_rows = || {
        let mut reader = Input::open(path.as_os_str(), &settings)?.into_reader()?;
        while let Some(block) = reader.next_block()? {
            assert_eq!(block.start.raw_byte, None, "there is no byte to seek to");
            rows.extend(block.bytes);
        }
        Ok(())
    };
    let error: Result<(), crate::input::InputError> = read_rows();
    (rows, error.err().map(|error| error.to_string()))
}

#[test]
fn a_compressed_file_has_the_rows_of_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv");
    let text = trades(200_000);
    let rows = &text.as_bytes()["id,price\n".len()..];
    for compression in ALL {
        std::fs::write(&path, compress(compression, text.as_bytes())).unwrap();
        assert_eq!(read(&path), (rows.to_vec(), None), "{compression:?}");
        // What `cat a.gz b.gz` makes; no member has to end where a row ends.
        let (one, other) = text.as_bytes().split_at(1_000_003);
        let members = [compress(compression, one), compress(compression, other)].concat();
        std::fs::write(&path, members).unwrap();
        assert_eq!(read(&path), (rows.to_vec(), None), "{compression:?}");
    }
}

#[test]
fn a_frame_without_data_may_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv");
    let skippable = [
        b"\x53\x2a\x4d\x18\x03\0\0\0abc",
        &compress(Compression::Zstd, b"id\n7\n")[..],
    ]
    .concat();
    std::fs::write(&path, skippable).unwrap();
    assert_eq!(read(&path), (b"7\n".to_vec(), None));
}

#[test]
fn the_rows_before_the_end_of_an_incomplete_file_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv");
    let text = trades(100_000);
    let all = &text.as_bytes()["id,price\n".len()..];
    for compression in ALL {
        let whole = compress(compression, text.as_bytes());
        let mut most = 0;
        for twentieth in 1..20 {
            std::fs::write(&path, &whole[..whole.len() * twentieth / 20]).unwrap();
            let (rows, error) = read(&path);
            let error = error.expect("the end is missing");
            let of_header = error.ends_with("none of its rows was read");
            assert!(of_header || rows.ends_with(b"\n"), "the last row is whole");
            assert!(all.starts_with(&rows), "{compression:?}");
            let line = rows.iter().filter(|byte| **byte == b'\n').count() + 2;
            let name = compression.name();
            assert!(
                error.contains(&format!("trades.csv: the {name} data is incomplete, after ")),
                "{error}"
            );
            let place = format!(" decompressed bytes; its rows before line {line} were read");
            assert!(of_header || error.ends_with(&place), "{error}");
            most = most.max(rows.len());
        }
        assert!(
            most > all.len() / 2,
            "{compression:?}: {most} of {} bytes",
            all.len()
        );
    }
}

#[test]
fn a_damaged_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv");
    let text = trades(100_000);
    for compression in ALL {
        let mut whole = compress(compression, text.as_bytes());
        let middle = whole.len() / 2;
        whole[middle..middle + 64].fill(0xff);
        std::fs::write(&path, &whole).unwrap();
        let error = read(&path).1.expect("it is damaged");
        let start = format!("trades.csv: the {} data is corrupt (", compression.name());
        assert!(error.contains(&start), "{error}");
    }
    // What follows the last member is no member.
    let member = compress(Compression::Gzip, b"id\n1\n");
    for after in [
        &b"garbage"[..],
        b"x",
        b"\0\0x",
        &[&[0; 512][..], &member].concat(),
    ] {
        std::fs::write(&path, [&member, after].concat()).unwrap();
        let (rows, error) = read(&path);
        assert_eq!(rows, b"1\n");
        let error = error.unwrap();
        let said = "the gzip data is corrupt (something else follows the last member), after ";
        assert!(error.contains(said), "{error}");
    }
    // The start of a further member.
    std::fs::write(&path, [&member[..], &member[..9]].concat()).unwrap();
    assert!(
        read(&path)
            .1
            .unwrap()
            .contains("the gzip data is incomplete, after ")
    );
}

#[test]
fn zeros_after_the_last_member_of_a_gzip_file_are_padding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv.gz");
    let members = [
        compress(Compression::Gzip, b"id\n1\n"),
        compress(Compression::Gzip, b"2\n"),
    ]
    .concat();
    for zeros in [1, 512, 200_000] {
        std::fs::write(&path, [&members[..], &vec![0; zeros]].concat()).unwrap();
        assert_eq!(read(&path), (b"1\n2\n".to_vec(), None), "{zeros}");
    }
}

#[test]
fn memory_for_decompression_is_limited() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv");
    let zstd = |window_log: u32| {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        encoder.write_all(b"id\n7\n").unwrap();
        encoder.finish().unwrap()
    };
    let xz = |dictionary: u32| {
        let mut options = LzmaOptions::new_preset(1).unwrap();
        options.dict_size(dictionary);
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma2(&options);
        let stream = Stream::new_stream_encoder(&filters, Check::Crc32).unwrap();
        let mut encoder = XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(b"id\n7\n").unwrap();
        encoder.finish().unwrap()
    };
    for (allowed, refused, name) in [(zstd(27), zstd(28), "zstd"), (xz(64 << 20), xz(256 << 20), "xz")] {
        std::fs::write(&path, allowed).unwrap();
        assert_eq!(read(&path), (b"7\n".to_vec(), None));
        std::fs::write(&path, refused).unwrap();
        let error = read(&path).1.unwrap();
        let message = format!("decompressing the {name} data needs more than 128 MiB of memory");
        assert!(error.contains(&message), "{error}");
    }
}

#[test]
fn another_reader_continues_where_one_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.csv.gz");
    let text = trades(100_000);
    std::fs::write(&path, compress(Compression::Gzip, text.as_bytes())).unwrap();
    let input = Input::open(OsStr::new(&path), &ReadSettings::default()).unwrap();
    let mut one = input.reader_at(&input.first_row()).unwrap();
    one.next_block().unwrap().unwrap();
    let second = one.next_block().unwrap().unwrap();
    let mut other = input.reader_at(&second.start.of_row(0)).unwrap();
    let again = other.next_block().unwrap().unwrap();
    assert_eq!(again.start, second.start);
    let shorter = again.bytes.len().min(second.bytes.len());
    assert_eq!(again.bytes[..shorter], second.bytes[..shorter]);
}

proptest! {
    /// Rows of a damaged file may be wrong until its checksum is reached, but no file makes a reader panic or hang.
    #[test]
    fn any_damage_ends_in_rows_or_an_error(
        compression in proptest::sample::select(ALL.to_vec()),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = compress(compression, trades(300).as_bytes());
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(length.index(bytes.len() + 1));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trades.csv");
        std::fs::write(&path, bytes).unwrap();
        let _ = read_any(&path);
    }
}

/// Like [`read`], whether the file is still recognised as a compressed one or not.
fn read_any(path: &Path) -> Result<usize, crate::input::InputError> {
    let mut reader = Input::open(path.as_os_str(), &ReadSettings::default())?.into_reader()?;
    let mut bytes = 0;
    while let Some(block) = reader.next_block()? {
        bytes += block.bytes.len();
    }
    Ok(bytes)
}
