//! Hostile input: bytes, cells and pieces of JSON that have caused faults in readers.

use crate::random::Random;

/// Pieces that may be inserted anywhere in a file.
const BYTES: [&[u8]; 24] = [
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\\",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x1b[2J",
    b"\x7f",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"\x1a",
    b"{",
    b"[",
    b" ",
];

/// Values that are invalid for most types; all are valid UTF-8 without a line end.
const TEXTS: [&str; 40] = [
    "",
    " ",
    "null",
    "NULL",
    "NaN",
    "-Infinity",
    "1e999999999",
    "-1e-999999999",
    "0x10",
    "1_000",
    "1,000.5",
    "-",
    "+",
    ".",
    "-.e",
    "１２",
    "9223372036854775808",
    "-9223372036854775809",
    "340282366920938463463374607431768211456",
    "2014-02-30",
    "2014-03-10T25:00:00Z",
    "2014-03-10T10:00:60Z",
    "99999-01-01T00:00:00Z",
    "20140310",
    "1394445605516516516",
    "P1Y-1D",
    "P99999999999999999999Y",
    "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
    "=cmd|' /C calc'!A0",
    "{\"a\":1,\"a\":2}",
    "{\"string\":{\"string\":\"x\"}}",
    "[[[[]]]]",
    "\"\\ud800\"",
    "\u{0}",
    "\u{feff}",
    "\u{1b}]0;title\u{7}",
    "\u{202e}desrever",
    "\u{85}\u{2028}\u{2029}",
    "%s%n$(id)`id`",
    "👨‍👩‍👧",
];

/// A value for a CSV cell, including line ends and invalid UTF-8.
pub(crate) fn cell(random: &mut Random) -> Vec<u8> {
    match random.u32(..12) {
        0 => random.one_of(&BYTES).to_vec(),
        1 => (0..random.usize(..20)).map(|_| random.u8(..)).collect(),
        2 => vec![random.one_of(b"9 a[{\""); random.usize(..70_000)],
        3 => "9".repeat(random.usize(1..400)).into_bytes(),
        _ => random.one_of(&TEXTS).as_bytes().to_vec(),
    }
}

/// A value for a flag; an argument cannot contain NUL.
pub(crate) fn value(random: &mut Random) -> &'static str {
    match random.bool() {
        true => random.one_of(&["1", "0", "-1", "10%", "x", "csv", "hex", "a=b", "latest"]),
        false => loop {
            let text = random.one_of(&TEXTS);
            if !text.contains('\0') {
                break text;
            }
        },
    }
}

/// A piece of valid or invalid JSON, without a line end.
pub(crate) fn json(random: &mut Random) -> String {
    match random.u32(..10) {
        0 => random
            .one_of(&["[", "{\"a\":", "{", "]", "}", "\"", ":", ","])
            .repeat(random.usize(..300)),
        1 => "9".repeat(random.usize(1..400)),
        2 => format!("{{\"{}\":null}}", random.one_of(&TEXTS).replace('"', "\\\"")),
        3 => format!("\"{}\"", random.one_of(&TEXTS).replace('"', "\\\"")),
        4 => random
            .one_of(&[
                "true",
                "null",
                "-0",
                "1E400",
                "0.1e-400",
                "\"\\ud800\\u0041\"",
                "/**/",
            ])
            .to_owned(),
        _ => random.one_of(&TEXTS).to_owned(),
    }
}

/// Changes bytes anywhere, regardless of rows.
pub(crate) fn mangle(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let end = random
            .usize(at..=bytes.len())
            .min(at + random.one_of(&[1, 8, 100]));
        match random.u32(..6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            2 => bytes[at..end].iter_mut().for_each(|byte| *byte = random.u8(..)),
            3 => bytes.truncate(at.max(1)),
            _ => drop(bytes.splice(at..at, random.one_of(&BYTES).iter().copied())),
        }
    }
}
