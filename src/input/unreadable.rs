//! Recognizes files that cannot be read directly, by their first bytes: an archive, a workbook, in another encoding, or
//! JSON in a form other than one object per line. This only produces errors; it never changes how a file is read.

use super::compressed::Compression;
use super::decode::{ByteOrder, Encoding};
use super::error::InputError;
use super::format;
use super::hint::Hint;
use super::location::Location;
use crate::record::json;
use crate::record::{BYTE_ORDER_MARK, Format};

const LITTLE_ENDIAN: Encoding = Encoding::Utf16(ByteOrder::Little);
const BIG_ENDIAN: Encoding = Encoding::Utf16(ByteOrder::Big);

/// The first bytes of a kind of file, what it is, and the program that unpacks it to standard output.
const SIGNATURES: [(&[u8], &str, Option<&str>); 6] = [
    (b"\x04\x22\x4d\x18", "compressed with lz4", Some("lz4 -dc")),
    (b"PK\x03\x04", "a zip archive", Some("unzip -p")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an Excel workbook (xls)",
        None,
    ),
    (b"PAR1\x15", "a Parquet file", None),
    (b"Obj\x01", "an Avro object container file", None),
    (b"ARROW1\0", "an Arrow file", None),
];

/// The error for an input with first bytes that are not text. `format` is the requested format, if any.
pub(super) fn packed(
    file: &str,
    location: &Location,
    format: Option<Format>,
    bytes: &[u8],
) -> Option<InputError> {
    if let Some(compression) = Compression::of(bytes) {
        let error = InputError::input(format!(
            "{file}: was compressed twice (also with {})",
            compression.name()
        ));
        return Some(error.with_hint(Hint::Advice("decompress it once")));
    }
    let compressed_with_bzip2 = bytes.starts_with(b"BZh") && bytes.get(4..7) == Some(b"1AY");
    // The place of "ustar" in a header of tar (POSIX.1-1988).
    let is_tar = bytes.get(257..262) == Some(b"ustar");
    let (_, what, program) = SIGNATURES
        .into_iter()
        .find(|(signature, _, _)| bytes.starts_with(signature))
        .or(compressed_with_bzip2.then_some((b"", "compressed with bzip2", Some("bzcat"))))
        .or(is_tar.then_some((b"", "a tar archive", Some("tar -xOf"))))?;
    if what == "a zip archive" && holds(bytes, b"[Content_Types].xml") {
        let error = InputError::input(format!("{file}: is an Excel workbook (xlsx), not text"));
        return Some(error.with_hint(Hint::Advice("save the sheet as CSV in UTF-8")));
    }
    let error = InputError::input(format!("{file}: is {what}, which cannot be read directly"));
    let hint = match (program, location) {
        (None, _) => Hint::Advice("convert it to CSV or JSONL first"),
        (Some(_), Location::StandardInput) => Hint::Advice("unpack it before it is piped to standard input"),
        (Some("unzip -p"), Location::File(_)) => Hint::FilesOfArchive(location.clone()),
        (Some(_), Location::Member(_)) => Hint::Advice("unpack both archives"),
        (Some(program), Location::File(path)) => Hint::Unpack {
            program,
            location: location.clone(),
            format: format
                .or_else(|| format::of_packed_name(path))
                .unwrap_or(Format::Csv),
        },
    };
    Some(error.with_hint(hint))
}

/// The error for an input that cannot be in `encoding`, judged by its first bytes. UTF-16 has already been converted to
/// UTF-8 here.
pub(super) fn in_another_encoding(
    file: &str,
    location: &Location,
    encoding: Encoding,
    bytes: &[u8],
) -> Option<InputError> {
    let is_utf8 = bytes.starts_with(BYTE_ORDER_MARK);
    match encoding {
        Encoding::Utf16(order) if bytes.starts_with("\u{fffe}".as_bytes()) => {
            let other = match order {
                ByteOrder::Little => BIG_ENDIAN,
                ByteOrder::Big => LITTLE_ENDIAN,
            };
            let error = InputError::input(format!(
                "{file}: is not {encoding}: its byte order mark is that of the other byte order"
            ));
            return Some(error.with_hint(Hint::ReadIn(other)));
        }
        Encoding::Utf16(_) => {
            let raw = encoding.as_in_file(&bytes[..whole_characters(bytes, 64)]);
            let ascii = raw
                .iter()
                .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
            let error = || InputError::input(format!("{file}: is not {encoding}: it is plain ASCII"));
            return (ascii && !raw.is_empty()).then(|| error().with_hint(Hint::ReadInUtf8));
        }
        Encoding::AsciiCompatible(_) if is_utf8 => {
            let error = InputError::input(format!(
                "{file}: is not {encoding}: its byte order mark is that of UTF-8"
            ));
            return Some(error.with_hint(Hint::ReadInUtf8));
        }
        Encoding::Utf8 | Encoding::AsciiCompatible(_) => {}
    }
    let (name, encoding_found) = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("UTF-32", None),
        [0xff, 0xfe, ..] => ("UTF-16", Some(LITTLE_ENDIAN)),
        [0xfe, 0xff, ..] => ("UTF-16", Some(BIG_ENDIAN)),
        _ if every_other_is_zero(bytes, 1) => ("UTF-16 without a byte order mark", Some(LITTLE_ENDIAN)),
        _ if every_other_is_zero(bytes, 0) => ("UTF-16 without a byte order mark", Some(BIG_ENDIAN)),
        _ => return None,
    };
    let error = InputError::input(format!("{file}: is {name}, but is read as {encoding}"));
    let hint = match encoding_found {
        Some(found) => Hint::ReadIn(found),
        None => Hint::ConvertFrom {
            encoding: name,
            location: location.clone(),
        },
    };
    Some(error.with_hint(hint))
}

/// Whether the bytes are ASCII in UTF-16: at least two code units, each with a zero byte at index `zero` (0 or 1) and a
/// nonzero byte at the other.
fn every_other_is_zero(bytes: &[u8], zero: usize) -> bool {
    let units = bytes[..bytes.len().min(64)].chunks_exact(2);
    units.len() >= 2 && units.clone().all(|unit| unit[zero] == 0 && unit[1 - zero] != 0)
}

/// The error for a file that is not JSONL.
#[derive(Debug)]
pub(super) enum NotJsonl {
    /// Its first line cannot be a row of any schema.
    Certain(InputError),
    /// It is a JSON array on one line, which is a row if the root type of the schema is an array.
    OneArray(InputError),
}

/// The error for a file read as JSONL if its first line is not JSON, or is an array that is the whole file. `bytes` is
/// the start of the file, or all of it if `at_end`.
///
/// If no line ends in `bytes` and it is not the end, the line is longer than the row limit.
pub(super) fn not_jsonl(file: &str, bytes: &[u8], at_end: bool) -> Option<NotJsonl> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let line = bytes[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let bytes = &bytes[start..];
    let line_end = memchr::memchr(b'\n', bytes);
    let (first, rest) = bytes.split_at(line_end.unwrap_or(bytes.len()));
    let first = first.trim_ascii_end();
    let rest = rest.trim_ascii_start();
    let is_cut = line_end.is_none() && !at_end;
    let is_json = !is_cut && json::parse(first, &mut Vec::new()).is_ok();
    let is_one_line = is_cut || (is_json && at_end && rest.is_empty());
    let (what, hint) = match first[0] {
        b'[' if !is_json || is_one_line => (
            "the file is one JSON array, but JSONL has one object per line",
            Hint::ReadAs(Format::Json),
        ),
        _ if is_cut => return None,
        b'{' if first == b"{" => (
            "an object spans several lines, but JSONL has one object per line",
            Hint::ReadAs(Format::Json),
        ),
        b'{' | b'[' => return None,
        _ if is_json || matches!(rest.first(), Some(b'{')) || !first.contains(&b',') => return None,
        _ => (
            "the first line is not JSON; it looks like CSV",
            Hint::ReadAs(Format::Csv),
        ),
    };
    let error = InputError::input(format!("{file}:{line}: {what}")).with_hint(hint);
    Some(match first[0] {
        b'[' if is_one_line => NotJsonl::OneArray(error),
        _ => NotJsonl::Certain(error),
    })
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

/// The length of the first `most` bytes of a text, or up to three less so that no character is cut.
fn whole_characters(text: &[u8], most: usize) -> usize {
    let mut end = text.len().min(most);
    while end < text.len() && end > 0 && text[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn named(error: Option<InputError>) -> (String, Hint) {
        let error = error.expect("an error");
        (error.message, error.hint.expect("with a hint"))
    }

    fn pair(message: &str, hint: Hint) -> (String, Hint) {
        (message.to_owned(), hint)
    }

    fn packed(file: &str, format: Option<Format>, bytes: &[u8]) -> Option<InputError> {
        super::packed(file, &Location::of(file.as_ref()), format, bytes)
    }

    fn in_another_encoding(encoding: Encoding, bytes: &[u8]) -> Option<InputError> {
        super::in_another_encoding("t.csv", &Location::of("t.csv".as_ref()), encoding, bytes)
    }

    fn not_jsonl(bytes: &[u8], at_end: bool) -> Option<InputError> {
        match super::not_jsonl("t.jsonl", bytes, at_end)? {
            NotJsonl::Certain(error) | NotJsonl::OneArray(error) => Some(error),
        }
    }

    fn unpack(program: &'static str, file: &str, format: Format) -> Hint {
        Hint::Unpack {
            program,
            location: Location::of(file.as_ref()),
            format,
        }
    }

    #[test]
    fn packed_files_are_reported_with_the_program_that_unpacks_them() {
        assert_eq!(
            named(packed("trades.csv.lz4", None, b"\x04\x22\x4d\x18\x64")),
            pair(
                "trades.csv.lz4: is compressed with lz4, which cannot be read directly",
                unpack("lz4 -dc", "trades.csv.lz4", Format::Csv)
            )
        );
        assert_eq!(
            named(packed("my trades.jsonl.zip", None, b"PK\x03\x04")).1,
            Hint::FilesOfArchive(Location::of("my trades.jsonl.zip".as_ref()))
        );
        let tar = [&[b'x'; 257][..], b"ustar\x0000"].concat();
        assert_eq!(
            named(packed("t.tar.gz", None, &tar)),
            pair(
                "t.tar.gz: is a tar archive, which cannot be read directly",
                unpack("tar -xOf", "t.tar.gz", Format::Csv)
            )
        );
        assert_eq!(
            named(packed("t.csv.gz.gz", None, b"\x1f\x8b\x08\0")),
            pair(
                "t.csv.gz.gz: was compressed twice (also with gzip)",
                Hint::Advice("decompress it once")
            )
        );
        assert_eq!(
            named(packed("-", Some(Format::Csv), b"BZh91AY&SY")),
            pair(
                "-: is compressed with bzip2, which cannot be read directly",
                Hint::Advice("unpack it before it is piped to standard input")
            )
        );
        assert_eq!(
            named(packed(
                "t.csv",
                Some(Format::Csv),
                b"PK\x03\x04......[Content_Types].xml"
            )),
            pair(
                "t.csv: is an Excel workbook (xlsx), not text",
                Hint::Advice("save the sheet as CSV in UTF-8")
            )
        );
        assert_eq!(
            named(packed("t", None, b"PAR1\x15\x04")).1,
            Hint::Advice("convert it to CSV or JSONL first")
        );
        for text in ["PAR1,PAR2\n", "Object,x\n", "BZh9,x\n", "PK\n", ""] {
            assert!(packed("t", None, text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn another_encoding_is_reported() {
        let utf_8 = |bytes: &[u8]| named(in_another_encoding(Encoding::Utf8, bytes));
        assert_eq!(
            utf_8(b"\xff\xfea\0"),
            pair(
                "t.csv: is UTF-16, but is read as UTF-8",
                Hint::ReadIn(LITTLE_ENDIAN)
            )
        );
        assert_eq!(utf_8(b"\xfe\xff\0a").1, Hint::ReadIn(BIG_ENDIAN));
        assert_eq!(utf_8(b"a\0b\0,\0").1, Hint::ReadIn(LITTLE_ENDIAN));
        assert_eq!(
            utf_8(b"\0a\0b\0,"),
            pair(
                "t.csv: is UTF-16 without a byte order mark, but is read as UTF-8",
                Hint::ReadIn(BIG_ENDIAN)
            )
        );
        assert_eq!(
            utf_8(b"\xff\xfe\0\0a\0\0\0").1,
            Hint::ConvertFrom {
                encoding: "UTF-32",
                location: Location::of("t.csv".as_ref())
            }
        );
        let windows: Encoding = "windows-1252".parse().unwrap();
        assert_eq!(
            named(in_another_encoding(windows, b"\xef\xbb\xbfa")).0,
            "t.csv: is not windows-1252: its byte order mark is that of UTF-8"
        );
        let little: Encoding = "utf-16le".parse().unwrap();
        assert_eq!(
            named(in_another_encoding(little, "\u{fffe}".as_bytes())).1,
            Hint::ReadIn(BIG_ENDIAN)
        );
        assert_eq!(
            named(in_another_encoding(little, "獹扭汯瀬楲散".as_bytes())),
            pair("t.csv: is not UTF-16LE: it is plain ASCII", Hint::ReadInUtf8)
        );
        assert!(in_another_encoding(little, "\u{feff}symbol,東京".as_bytes()).is_none());
        for text in ["symbol,price\n", "a", "", "\u{feff}symbol"] {
            assert!(
                in_another_encoding(Encoding::Utf8, text.as_bytes()).is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn json_that_is_not_jsonl_is_reported() {
        for text in [
            "[{\"a\":1},\n{\"a\":2}]\n",
            "[\n{\"a\":1}\n]",
            "[{\"a\":1},{\"a\":2}]\n",
        ] {
            assert_eq!(
                named(not_jsonl(text.as_bytes(), true)),
                pair(
                    "t.jsonl:1: the file is one JSON array, but JSONL has one object per line",
                    Hint::ReadAs(Format::Json)
                ),
                "{text}"
            );
        }
        assert_eq!(
            named(not_jsonl(b"\n{\n  \"a\": 1\n}\n", true)),
            pair(
                "t.jsonl:2: an object spans several lines, but JSONL has one object per line",
                Hint::ReadAs(Format::Json)
            )
        );
        assert_eq!(
            named(not_jsonl(b"symbol,price\nBHP,1\n", true)),
            pair(
                "t.jsonl:1: the first line is not JSON; it looks like CSV",
                Hint::ReadAs(Format::Csv)
            )
        );
    }

    #[test]
    fn a_bad_first_row_is_a_row_error_and_not_an_error_of_the_file() {
        for text in [
            "",
            "\n",
            "{\"a\":1}\n",
            "{\"a\":",
            "[1,2]\n{\"a\":1}\n",
            "half,a line\n{\"a\":1}\n",
            "null\n",
        ] {
            assert!(not_jsonl(text.as_bytes(), true).is_none(), "{text}");
        }
        assert!(not_jsonl(b"a,b", false).is_none(), "the line may continue");
    }

    #[test]
    fn an_array_on_one_line_may_be_a_row() {
        let result = |bytes: &[u8], at_end| super::not_jsonl("t.jsonl", bytes, at_end);
        for (text, at_end) in [
            ("[{\"a\":1}, {\"a\":2}]\n", true),
            ("[1]", true),
            ("[{\"a\":1}, {\"a", false),
        ] {
            let result = result(text.as_bytes(), at_end);
            assert!(
                matches!(result, Some(NotJsonl::OneArray(_))),
                "{text}: {result:?}"
            );
        }
        for (text, at_end) in [("[\n{\"a\":1}\n]\n", true), ("[{\"a\":1},\n{\"a\":2}]", false)] {
            let result = result(text.as_bytes(), at_end);
            assert!(matches!(result, Some(NotJsonl::Certain(_))), "{text}: {result:?}");
        }
    }
}
