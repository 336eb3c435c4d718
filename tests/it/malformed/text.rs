//! CSV and JSON.

use super::{HEADER, ROW, case, expect_outcomes};
use crate::support::TestEnv;

#[test]
fn csv_files_end_in_rows_or_precise_errors() {
    let env = TestEnv::new();
    let many = ROW.repeat(300_000);
    env.write("quote.csv", format!("{HEADER}{ROW}\"RIO,a,2\n{many}"));
    env.write("short-quote.csv", format!("{HEADER}{ROW}\"RIO,a,2\n{ROW}"));
    env.write("mid.csv", format!("{HEADER}B\"HP,a,1\n\"B\"x,a,1\n"));
    env.write("nul.csv", format!("{HEADER}B\0HP,a,1\n"));
    env.write("cr.csv", format!("{HEADER}{ROW}").replace('\n', "\r"));
    env.write("mixed-cr.csv", format!("{HEADER}BHP,a\rb,1\n"));
    let utf_16 = format!("\u{feff}{HEADER}{ROW}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<_>>();
    env.write("utf-16.csv", utf_16);
    env.write("bom.csv", format!("{HEADER}{ROW}\u{feff}{ROW}"));
    let columns = |text: &dyn Fn(usize) -> String| (0..100_000).map(text).collect::<Vec<_>>().join(",");
    env.write(
        "columns.csv",
        format!("{}\n", columns(&|number| format!("c{number}"))),
    );
    env.write("cells.csv", format!("{HEADER}{}\n", columns(&|_| "1".to_owned())));
    env.write("header.csv", HEADER);
    env.write("empty.csv", "");
    env.write("again.csv", format!("{HEADER}{ROW}{HEADER}"));
    env.write("trailing.csv", format!("{HEADER}BHP,a,1,\n"));
    env.write("gigabyte.csv", HEADER);
    // A gigabyte of NUL that takes up no space.
    std::fs::File::options()
        .append(true)
        .open(env.path("gigabyte.csv"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    let random: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..))
        .take(10 << 20)
        .collect();
    env.write("random.csv", [HEADER.as_bytes(), &random].concat());
    expect_outcomes(
        &env,
        &[
            case(
                "a quote that is never closed, in a large file",
                "quote.csv",
                3,
                "quote.csv:3: the quote that opens on this line is not closed within 1 MiB",
            ),
            case(
                "a quote that is never closed, in a small file",
                "short-quote.csv",
                3,
                "short-quote.csv:3: the quote that opens on this line is never closed",
            ),
            case(
                "a quote within a cell",
                "mid.csv",
                3,
                "mid.csv:3: text follows the closing quote of column 1",
            ),
            case("a NUL within a cell", "nul.csv", 0, "1 row: 1 fit"),
            case("lines that end with a lone CR", "cr.csv", 0, "1 row: 1 fit"),
            case(
                "a lone CR within a row",
                "mixed-cr.csv",
                3,
                "mixed-cr.csv:2: expected 3 cells, found 2",
            ),
            case(
                "UTF-16",
                "utf-16.csv",
                3,
                "utf-16.csv: is UTF-16, but is read as UTF-8",
            ),
            case(
                "a byte order mark within the file",
                "bom.csv",
                3,
                "bom.csv:3: the row begins with a byte order mark",
            ),
            case(
                "1 GB without a line break",
                "gigabyte.csv",
                3,
                "gigabyte.csv:2: the row is longer than 1 MiB",
            ),
            case(
                "a header with 100,000 columns",
                "columns.csv",
                3,
                "columns.csv does not fit Trade",
            ),
            case(
                "a row with 100,000 cells",
                "cells.csv",
                3,
                "cells.csv:2: expected 3 cells, found 100000",
            ),
            case(
                "a header without rows",
                "header.csv",
                0,
                "warning: header.csv has no rows",
            ),
            case("an empty file", "empty.csv", 3, "empty.csv: is empty"),
            case(
                "the header again",
                "again.csv",
                3,
                "again.csv:3: the row repeats the header",
            ),
            case(
                "a delimiter at the end of a row",
                "trailing.csv",
                3,
                "trailing.csv:2: expected 3 cells, found 4",
            ),
            case("10 MB of random bytes", "random.csv", 3, "error: random.csv:"),
        ],
    );
}

#[test]
fn json_files_end_in_rows_or_precise_errors() {
    let env = TestEnv::new();
    let good = r#"{"symbol":"a","volume":1}"#;
    env.write(
        "deep.jsonl",
        format!(
            r#"{{"symbol":{}{},"volume":1}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        ),
    );
    env.write(
        "deep-objects.jsonl",
        format!("{}1{}", r#"{"x":"#.repeat(100_000), "}".repeat(100_000)),
    );
    env.write("twice.jsonl", r#"{"symbol":"a","symbol":"b","volume":1}"#);
    env.write("surrogate.jsonl", r#"{"symbol":"\ud800","volume":1}"#);
    env.write(
        "digits.jsonl",
        format!(r#"{{"symbol":"a","volume":{}}}"#, "9".repeat(10_000)),
    );
    env.write("nan.jsonl", r#"{"symbol":"a","volume":NaN}"#);
    env.write("comma.jsonl", r#"{"symbol":"a","volume":1,}"#);
    env.write("two.jsonl", format!("{good}{good}\n"));
    env.write("array.jsonl", format!("[{good},\n{good}]\n"));
    env.write("half.jsonl", format!("{good}\n{}", &good[..20]));
    env.write(
        "bytes.jsonl",
        [&b"{\"symbol\":\"\xff\xfe\",\"volume\":1}\n"[..], good.as_bytes()].concat(),
    );
    expect_outcomes(
        &env,
        &[
            case(
                "arrays nested 100,000 deep",
                "deep.jsonl",
                3,
                "deep.jsonl:1: not JSON: nested deeper than 128 levels",
            ),
            case(
                "objects nested 100,000 deep",
                "deep-objects.jsonl",
                3,
                "deep-objects.jsonl:1: not JSON: nested deeper than 128 levels",
            ),
            case(
                "a key twice in an object",
                "twice.jsonl",
                3,
                "twice.jsonl:1: `symbol`: the key occurs twice in its object",
            ),
            case(
                "a lone surrogate",
                "surrogate.jsonl",
                3,
                "surrogate.jsonl:1: not JSON: a lone surrogate",
            ),
            case(
                "a number of 10,000 digits",
                "digits.jsonl",
                3,
                "does not fit `volume`: must be between",
            ),
            case("NaN", "nan.jsonl", 3, "JSON has no such number"),
            case(
                "a comma after the last key",
                "comma.jsonl",
                3,
                "comma.jsonl:1: not JSON: expected a key in quotes",
            ),
            case(
                "two objects on a line",
                "two.jsonl",
                3,
                "two.jsonl:1: not JSON: a second value on the line",
            ),
            case(
                "an array in a JSONL file",
                "array.jsonl",
                3,
                "the file is one JSON array",
            ),
            case("half a last line", "half.jsonl", 3, "half.jsonl:2: not JSON"),
            case(
                "bytes that are not UTF-8",
                "bytes.jsonl",
                3,
                "bytes.jsonl:1: JSON must be UTF-8",
            ),
        ],
    );
}
