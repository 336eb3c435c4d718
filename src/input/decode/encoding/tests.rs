use proptest::prelude::*;

use super::*;

/// Every encoding in which rows are cut on the bytes of the file.
const ASCII_COMPATIBLE: [&str; 36] = [
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "shift_jis",
    "euc-kr",
    "x-user-defined",
    "iso-8859-1",
];

fn encoding(label: &str) -> Encoding {
    label.parse().unwrap()
}

fn decoded(label: &str, bytes: &[u8]) -> Result<String, Malformed> {
    let mut text = Vec::new();
    encoding(label).decode(bytes, &mut text)?;
    Ok(String::from_utf8(text).unwrap())
}

#[test]
fn labels_are_those_of_the_whatwg_standard() {
    assert_eq!(encoding("UTF-8"), Encoding::Utf8);
    assert_eq!(encoding("latin1").to_string(), "windows-1252");
    assert_eq!(encoding("Shift-JIS").to_string(), "Shift_JIS");
    assert_eq!(encoding("utf-16"), Encoding::Utf16(ByteOrder::Little));
    assert_eq!(encoding("utf-16be"), Encoding::Utf16(ByteOrder::Big));
    for label in ["latin-one", "", "ebcdic", "iso-2022-jp", "hz-gb-2312", "utf-7"] {
        assert!(label.parse::<Encoding>().is_err(), "{label}");
    }
}

#[test]
fn bytes_are_decoded() {
    let table: [(&str, &[u8], &str); 8] = [
        ("windows-1252", b"Soci\xe9t\xe9 \x80", "Société €"),
        ("iso-8859-15", b"\xa4", "€"),
        ("windows-1251", b"\xcc\xee\xf1\xea\xe2\xe0", "Москва"),
        ("shift_jis", b"\x93\x8c\x8b\x9e\x83\x5c", "東京ソ"),
        ("gbk", b"\xb1\xb1\xbe\xa9", "北京"),
        ("big5", b"\xa5\x78\xa5\x5f", "台北"),
        ("euc-kr", b"\xbc\xad\xbf\xef", "서울"),
        ("utf-8", "東京".as_bytes(), "東京"),
    ];
    for (label, bytes, text) in table {
        assert_eq!(decoded(label, bytes).as_deref(), Ok(text), "{label}");
    }
}

#[test]
fn malformed_bytes_are_found_and_shown_unchanged() {
    let malformed = |at, length| Err(Malformed { at, length });
    assert_eq!(decoded("shift_jis", b"a,\x93\x8c\x81,b"), malformed(4, 1));
    assert_eq!(decoded("shift_jis", b"ab\x81"), malformed(2, 1));
    assert_eq!(decoded("windows-1253", b"a\xd2"), malformed(1, 1));
    assert_eq!(decoded("utf-8", b"a\xe9"), malformed(1, 1));
    assert_eq!(decoded("utf-16le", b"ab\xed\xa0\x80"), malformed(2, 3));
    assert_eq!(
        encoding("shift_jis").readable(b"\x93\x8c\x81,b\x81"),
        [b"\xe6\x9d\xb1\x81,b\x81".as_slice()].concat()
    );
    assert_eq!(encoding("utf-8").readable(b"a\xe9"), b"a\xe9".as_slice());
}

#[test]
fn the_length_of_utf_16_is_its_length_in_the_file() {
    let little = encoding("utf-16le");
    assert_eq!(little.raw_length("a€\u{1f600}".as_bytes()), 8);
    assert_eq!(little.as_in_file("a€".as_bytes()), b"a\0\xac\x20".as_slice());
    assert_eq!(encoding("gbk").raw_length(b"\xb1\xb1"), 2);
}

proptest! {
    /// Rows and cells are split on the raw bytes. That is sound if these bytes are never part of another character and
    /// no other bytes are decoded to them.
    #[test]
    fn separators_are_never_part_of_another_character(
        text in "[,;\t|'\"\\n\\ra-z\\\\~¡-ÿА-яぁ-ヶ一-龠가-힣\u{80}-\u{9f}]{0,40}",
        bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), any::<u8>(), 0x80u8..], 0..6),
    ) {
        for label in ASCII_COMPATIBLE {
            let kept = |byte: &u8| byte.is_ascii() && encoding(label).keeps(*byte);
            prop_assert!(b",;\t'\"\n\r".iter().all(kept));
            let separators = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(kept).collect() };
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
            // Characters that the encoding lacks are written in ASCII.
            let (encoded, _, _) = encoding.encode(&text);
            let text = decoded(label, &encoded).unwrap();
            prop_assert_eq!(separators(text.as_bytes()), separators(&encoded), "{}", label);
            if let Ok(text) = decoded(label, &bytes) {
                prop_assert_eq!(separators(text.as_bytes()), separators(&bytes), "{}", label);
            }
        }
    }
}
