//! What a file is that cannot be read as it is, told from its first bytes: compressed, a workbook, in another
//! encoding, or JSON in another form than one object a line. Guessing ends here: nothing is read differently.

use std::borrow::Cow;

use super::encoding::Encoding;
use super::error::InputError;
use crate::record::Format;
use crate::record::json;

/// What bytes a kind of file begins with, what it is, and the program that unpacks it to standard output.
const SIGNATURES: [(&[u8], &str, Option<&str>); 9] = [
    (b"\x1f\x8b", "compressed with gzip", Some("zcat")),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", Some("zstdcat")),
    (b"\xfd7zXZ\0", "compressed with xz", Some("xzcat")),
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

/// What the input is, where its first bytes are those of no text; `format` is asked for where the name tells none.
pub(super) fn packed(file: &str, format: Option<Format>, bytes: &[u8]) -> Option<InputError> {
    let compressed_with_bzip2 = bytes.starts_with(b"BZh") && bytes.get(4..7) == Some(b"1AY");
    let (_, what, program) = SIGNATURES
        .into_iter()
        .find(|(signature, _, _)| bytes.starts_with(signature))
        .or(compressed_with_bzip2.then_some((b"", "compressed with bzip2", Some("bzcat"))))?;
    if what == "a zip archive" && holds(bytes, b"[Content_Types].xml") {
        let error = InputError::input(format!("{file}: is an Excel workbook (xlsx), not text"));
        return Some(error.with_hint("save the sheet as CSV in UTF-8"));
    }
    let error = InputError::input(format!("{file}: is {what}, which is not read as it is"));
    let format = format.or_else(|| format_within(file)).map_or("csv", Format::name);
    Some(match program {
        Some(_) if file == "-" => error.with_hint("unpack it on the way to standard input"),
        Some(program) => error.with_hint(format!(
            "unpack it on the way: `{program} {} | k2-produce ... --format {format} -`",
            shell_word(file)
        )),
        None => error.with_hint("write its rows as CSV or JSONL first"),
    })
}

/// Why the input cannot be in `encoding`, as far as its first bytes tell. UTF-16 is UTF-8 here already.
pub(super) fn in_another_encoding(file: &str, encoding: Encoding, bytes: &[u8]) -> Option<InputError> {
    let is_utf8 = bytes.starts_with(b"\xef\xbb\xbf");
    match encoding {
        Encoding::Utf16(_) if bytes.starts_with("\u{fffe}".as_bytes()) => {
            let other = if encoding.to_string() == "UTF-16LE" {
                "utf-16be"
            } else {
                "utf-16le"
            };
            let error = InputError::input(format!(
                "{file}: is not {encoding}: its byte order mark says the other order of bytes"
            ));
            return Some(error.with_hint(format!("read it with `--encoding {other}`")));
        }
        Encoding::Utf16(_) => {
            let raw = encoding.as_in_file(&bytes[..whole_characters(bytes, 64)]);
            let ascii = raw
                .iter()
                .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
            let error = || InputError::input(format!("{file}: is not {encoding}: its bytes are plain ASCII"));
            return (ascii && !raw.is_empty()).then(|| error().with_hint("leave `--encoding` away"));
        }
        Encoding::AsciiCompatible(_) if is_utf8 => {
            let error = InputError::input(format!(
                "{file}: is not {encoding}: its byte order mark is that of UTF-8"
            ));
            return Some(error.with_hint("leave `--encoding` away"));
        }
        Encoding::Utf8 | Encoding::AsciiCompatible(_) => {}
    }
    let (name, label) = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("UTF-32", None),
        [0xff, 0xfe, ..] => ("UTF-16", Some("utf-16le")),
        [0xfe, 0xff, ..] => ("UTF-16", Some("utf-16be")),
        _ if every_other_is_zero(bytes, 1) => ("UTF-16 without a byte order mark", Some("utf-16le")),
        _ if every_other_is_zero(bytes, 0) => ("UTF-16 without a byte order mark", Some("utf-16be")),
        _ => return None,
    };
    let error = InputError::input(format!("{file}: is {name}, and read as {encoding}"));
    Some(match label {
        Some(label) => error.with_hint(format!("read it with `--encoding {label}`")),
        None => error.with_hint(format!(
            "convert it on the way: `iconv -f UTF-32 -t UTF-8 {} | k2-produce ... -`",
            shell_word(file)
        )),
    })
}

/// ASCII in UTF-16: at least two units, each with a zero as its first (0) or second (1) byte and nowhere else.
fn every_other_is_zero(bytes: &[u8], zero: usize) -> bool {
    let units = bytes[..bytes.len().min(64)].chunks_exact(2);
    units.len() >= 2 && units.clone().all(|unit| unit[zero] == 0 && unit[1 - zero] != 0)
}

/// What a JSONL file is whose first line begins like none; `bytes` is what is there of it, all where `at_end`.
pub(super) fn no_jsonl(file: &str, bytes: &[u8], at_end: bool) -> Option<InputError> {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let line = bytes[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let bytes = &bytes[start..];
    let (first, rest) = match memchr::memchr(b'\n', bytes) {
        Some(end) => bytes.split_at(end),
        None if at_end => (bytes, &bytes[..0]),
        None => return None,
    };
    let first = first.trim_ascii_end();
    let rest = rest.trim_ascii_start();
    let is_json = json::parse(first, &mut Vec::new()).is_ok();
    let (what, hint) = match first[0] {
        b'[' if !is_json || (at_end && rest.is_empty()) => (
            "the file is one JSON array, and JSONL has one object a line".to_owned(),
            with_jq(file, "jq -c '.[]'"),
        ),
        b'{' if first == b"{" => (
            "an object goes over several lines, and JSONL has one object a line".to_owned(),
            with_jq(file, "jq -c ."),
        ),
        b'{' | b'[' => return None,
        _ if is_json || matches!(rest.first(), Some(b'{')) || !first.contains(&b',') => return None,
        _ => (
            "the first line is not JSON; it looks like CSV".to_owned(),
            "read the file with `--format csv`".to_owned(),
        ),
    };
    Some(InputError::input(format!("{file}:{line}: {what}")).with_hint(hint))
}

fn with_jq(file: &str, program: &str) -> String {
    let file = if file == "-" {
        Cow::Borrowed("FILE")
    } else {
        shell_word(file)
    };
    format!(
        "turn it into lines on the way: `{program} {file} | k2-produce ... --format jsonl -` (jq 1.7 or newer: an \
         older one changes long numbers)"
    )
}

/// The format that a name such as `trades.csv.gz` tells once it is unpacked.
fn format_within(file: &str) -> Option<Format> {
    let (stem, _) = file.rsplit_once('.')?;
    super::location::format_of(std::path::Path::new(stem))
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

/// The length of the first `most` bytes of a text, or up to three less, so that no character is cut.
fn whole_characters(text: &[u8], most: usize) -> usize {
    let mut end = text.len().min(most);
    while end < text.len() && end > 0 && text[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    end
}

/// A name as it is typed in a shell.
fn shell_word(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/+,:@%=".contains(&byte);
    if name.bytes().all(plain) && !name.starts_with('-') {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("'{}'", name.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: Option<InputError>) -> (String, String) {
        let error = error.expect("it is told");
        (error.message, error.hint.expect("with a hint"))
    }

    fn pair(message: &str, hint: &str) -> (String, String) {
        (message.to_owned(), hint.to_owned())
    }

    #[test]
    fn packed_files_are_named_with_what_unpacks_them() {
        assert_eq!(
            told(packed("trades.csv.gz", None, b"\x1f\x8b\x08\0")),
            pair(
                "trades.csv.gz: is compressed with gzip, which is not read as it is",
                "unpack it on the way: `zcat trades.csv.gz | k2-produce ... --format csv -`"
            )
        );
        assert_eq!(
            told(packed("my trades.jsonl.zst", None, b"\x28\xb5\x2f\xfd\x04")).1,
            "unpack it on the way: `zstdcat 'my trades.jsonl.zst' | k2-produce ... --format jsonl -`"
        );
        assert_eq!(
            told(packed("-", Some(Format::Csv), b"BZh91AY&SY")).0,
            "-: is compressed with bzip2, which is not read as it is"
        );
        assert_eq!(
            told(packed(
                "t.csv",
                Some(Format::Csv),
                b"PK\x03\x04......[Content_Types].xml"
            )),
            pair(
                "t.csv: is an Excel workbook (xlsx), not text",
                "save the sheet as CSV in UTF-8"
            )
        );
        assert_eq!(
            told(packed("t", None, b"PAR1\x15\x04")).1,
            "write its rows as CSV or JSONL first"
        );
        for text in ["PAR1,PAR2\n", "Object,x\n", "BZh9,x\n", "PK\n", ""] {
            assert_eq!(packed("t", None, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn another_encoding_is_named() {
        let named = |bytes: &[u8]| told(in_another_encoding("t.csv", Encoding::Utf8, bytes));
        assert_eq!(
            named(b"\xff\xfea\0"),
            pair(
                "t.csv: is UTF-16, and read as UTF-8",
                "read it with `--encoding utf-16le`"
            )
        );
        assert_eq!(named(b"\xfe\xff\0a").1, "read it with `--encoding utf-16be`");
        assert_eq!(named(b"a\0b\0,\0").1, "read it with `--encoding utf-16le`");
        assert_eq!(
            named(b"\0a\0b\0,"),
            pair(
                "t.csv: is UTF-16 without a byte order mark, and read as UTF-8",
                "read it with `--encoding utf-16be`"
            )
        );
        assert!(named(b"\xff\xfe\0\0a\0\0\0").1.contains("iconv -f UTF-32"));
        let windows: Encoding = "windows-1252".parse().unwrap();
        assert_eq!(
            told(in_another_encoding("t.csv", windows, b"\xef\xbb\xbfa")).0,
            "t.csv: is not windows-1252: its byte order mark is that of UTF-8"
        );
        let little: Encoding = "utf-16le".parse().unwrap();
        assert_eq!(
            told(in_another_encoding("t.csv", little, "\u{fffe}".as_bytes())).1,
            "read it with `--encoding utf-16be`"
        );
        assert_eq!(
            told(in_another_encoding("t.csv", little, "獹扭汯瀬楲散".as_bytes())),
            pair(
                "t.csv: is not UTF-16LE: its bytes are plain ASCII",
                "leave `--encoding` away"
            )
        );
        assert_eq!(
            in_another_encoding("t.csv", little, "\u{feff}symbol,東京".as_bytes()),
            None
        );
        for text in ["symbol,price\n", "a", "", "\u{feff}symbol"] {
            assert_eq!(
                in_another_encoding("t.csv", Encoding::Utf8, text.as_bytes()),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn json_that_is_no_jsonl_is_named() {
        let named = |bytes: &str| told(no_jsonl("t.json", bytes.as_bytes(), true));
        let array = pair(
            "t.json:1: the file is one JSON array, and JSONL has one object a line",
            "turn it into lines on the way: `jq -c '.[]' t.json | k2-produce ... --format jsonl -` \
             (jq 1.7 or newer: an older one changes long numbers)",
        );
        for text in [
            "[{\"a\":1},\n{\"a\":2}]\n",
            "[\n{\"a\":1}\n]",
            "[{\"a\":1},{\"a\":2}]\n",
        ] {
            assert_eq!(named(text), array, "{text}");
        }
        assert_eq!(
            named("\n{\n  \"a\": 1\n}\n"),
            pair(
                "t.json:2: an object goes over several lines, and JSONL has one object a line",
                "turn it into lines on the way: `jq -c . t.json | k2-produce ... --format jsonl -` \
                 (jq 1.7 or newer: an older one changes long numbers)"
            )
        );
        assert_eq!(
            named("symbol,price\nBHP,1\n"),
            pair(
                "t.json:1: the first line is not JSON; it looks like CSV",
                "read the file with `--format csv`"
            )
        );
    }

    #[test]
    fn a_bad_first_row_is_a_row_error_and_no_verdict_on_the_file() {
        for text in [
            "",
            "\n",
            "{\"a\":1}\n",
            "{\"a\":",
            "[1,2]\n{\"a\":1}\n",
            "half,a line\n{\"a\":1}\n",
            "null\n",
        ] {
            assert_eq!(no_jsonl("t", text.as_bytes(), true), None, "{text}");
        }
        assert_eq!(no_jsonl("t", b"a,b", false), None, "the line may go on");
    }
}
