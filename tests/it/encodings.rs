//! Files in encodings other than UTF-8: iconv decodes them independently, and Java reads what arrived.

use std::process::{Command, Stdio};

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

const HEADER: &str = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";

fn row(symbol: &str, price: &str, venue: &str) -> String {
    format!("{symbol},1,2014-03-10T10:00:05Z,{price},1,0,{venue},2014-03-10T10:00:05Z")
}

/// Writes `text` in another encoding, by iconv.
fn write_in(env: &TestEnv, name: &str, encoding: &str, text: &str) {
    env.write("utf8", text);
    let output = Command::new("iconv")
        .args(["-f", "UTF-8", "-t", encoding, "utf8"])
        .current_dir(env.path("."))
        .stderr(Stdio::inherit())
        .output()
        .expect("iconv starts");
    assert!(output.status.success(), "{encoding}");
    env.write(name, output.stdout);
}

fn read_from(env: &TestEnv, name: &str, encoding: &str) -> String {
    let output = Command::new("iconv")
        .args(["-f", encoding, "-t", "UTF-8", name])
        .current_dir(env.path("."))
        .output()
        .expect("iconv starts");
    assert!(output.status.success(), "{encoding}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn texts_arrive_as_iconv_reads_them() {
    let env = TestEnv::new();
    let topic = stack().topic("encodings", 1, "schemas/trade.avsc");
    // The label, iconv's name for it, and a text with other bytes than in UTF-8.
    let table = [
        ("windows-1252", "CP1252", "Société Générale €"),
        ("iso-8859-15", "ISO-8859-15", "Zürich €"),
        ("windows-1251", "CP1251", "Москва"),
        ("shift_jis", "SHIFT_JIS", "東京ソ表"),
        ("gbk", "GBK", "北京上海"),
        ("gb18030", "GB18030", "北京\u{1f4b6}"),
        ("big5", "BIG5", "台北功"),
        ("euc-kr", "EUC-KR", "서울"),
        ("utf-16le", "UTF-16LE", "東京 \u{1f4b6}"),
        ("utf-16be", "UTF-16BE", "Zürich"),
        ("utf-16", "UTF-16", "with a byte order mark: é"),
    ];
    let mut expected = Vec::new();
    for (label, encoding, text) in table {
        let csv = format!(
            "{HEADER}\n{}\n{}\n",
            row("BHP", "1.5", text),
            row("RIO", "2", "plain")
        );
        write_in(&env, "t.csv", encoding, &csv);
        let json = serde_json::json!({"symbol": "BHP", "company_id": 1, "exchange_timestamp": "2014-03-10T10:00:05Z",
            "price": "3", "volume": 1, "qualifiers": 0, "venue": text, "ingestion_timestamp": "2014-03-10T10:00:05Z"});
        write_in(&env, "t.jsonl", encoding, &format!("{json}\n"));
        env.run_on_stack(&["--topic", &topic, "--encoding", label, "t.csv", "t.jsonl"])
            .expect(0)
            .says("3 rows: 3 delivered");
        expected.extend([text, "plain", text]);
    }
    let records = stack().dump(&topic);
    let venues: Vec<&str> = records
        .iter()
        .map(|record| record["value"]["venue"].as_str().unwrap())
        .collect();
    assert_eq!(venues, expected);
}

#[test]
fn bad_rows_are_kept_byte_for_byte_and_shown_decoded() {
    let env = TestEnv::new();
    let text = format!(
        "{HEADER}\n{}\n{}\n{}\n",
        row("BHP", "1,5", "\"Société\""),
        row("RIO", "2", "Générale"),
        row("ÉTÉ", "x", "Zürich")
    );
    for (label, encoding) in [("windows-1252", "CP1252"), ("utf-16le", "UTF-16LE")] {
        write_in(&env, "t.csv", encoding, &text);
        let done = env.dry_run(&["--encoding", label, "t.csv"]).expect(3);
        done.says("t.csv:2: expected 8 cells, found 9");
        let done = env
            .dry_run(&["--encoding", label, "t.csv", "--rejects", "bad.csv"])
            .expect(1);
        done.says("not a number").says("t.csv:4");
        let lines: Vec<&str> = text.lines().collect();
        let kept = read_from(&env, "bad.csv", encoding);
        assert_eq!(
            kept.strip_prefix('\u{feff}').unwrap_or(&kept),
            format!("{}\n{}\n{}\n", lines[0], lines[1], lines[3])
        );
        let reasons = env.read("bad.csv.errors.jsonl");
        let last: serde_json::Value = serde_json::from_str(reasons.lines().last().unwrap()).unwrap();
        let unit = if label == "utf-16le" { 2 } else { 1 };
        let before: usize = lines[..3].iter().map(|line| line.chars().count() + 1).sum();
        assert_eq!(
            (&last["line"], &last["byte"]),
            (&4.into(), &(unit * before).into())
        );
        env.dry_run(&[
            "--encoding",
            label,
            "t.csv",
            "--from",
            "t.csv:3",
            "--max-errors",
            "1",
        ])
        .expect(1)
        .says("2 rows: 1 fit, 1 rejected");
        // After correction, the file of kept rows is loaded as it is.
        let corrected = kept.replace(",1,5,", ",1.5,").replace(",x,", ",4,");
        write_in(&env, "corrected.csv", encoding, &corrected);
        env.dry_run(&["--encoding", label, "corrected.csv"])
            .expect(0)
            .says("2 rows: 2 fit");
        for name in ["bad.csv", "bad.csv.errors.jsonl"] {
            std::fs::remove_file(env.path(name)).unwrap();
        }
    }
}

#[test]
fn bytes_that_are_not_a_character_reject_only_their_row() {
    let env = TestEnv::new();
    let mut bytes = format!("{HEADER}\n{}\n", row("BHP", "1", "A")).into_bytes();
    bytes.extend(b"RIO,1,2014-03-10T10:00:05Z,2,1,0,\x93\x8c\x81,2014-03-10T10:00:05Z\n");
    bytes.extend(b"CBA,1,2014-03-10T10:00:05Z,2,1,0,\x93\x8c,2014-03-10T10:00:05Z\n");
    env.write("t.csv", &bytes);
    env.dry_run(&["--encoding", "shift_jis", "t.csv", "--max-errors", "1"])
        .expect(1)
        .says("3 rows: 2 fit, 1 rejected");
    let done = env.dry_run(&["--encoding", "shift_jis", "t.csv"]).expect(3);
    done.says("t.csv:3: the bytes 0x81 are not valid Shift_JIS, in column 7, at the row's byte 36")
        .says(" 3 | RIO,1,2014-03-10T10:00:05Z,2,1,0,東\\x81,2014-03-10T10:00:05Z\n   |                                    ^^^^\n");
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("hint: name the encoding of the file, for example `--encoding windows-1252`");
}

#[test]
fn an_unknown_or_wrong_encoding_is_reported() {
    let env = TestEnv::new();
    let csv = fixture("trades/trades.csv");
    env.dry_run(&["--encoding", "latin-one", &csv])
        .expect(2)
        .says("unknown encoding");
    env.dry_run(&["--encoding", "iso-2022-jp", &csv])
        .expect(2)
        .says("convert the file to UTF-8 with `iconv`");
    env.dry_run(&["--encoding", "utf-16", &csv])
        .expect(3)
        .says("is not UTF-16LE: it is plain ASCII");
    let text = format!("{HEADER}\n{}\n", row("BHP", "1", "A"));
    for (encoding, label) in [
        ("UTF-16", "utf-16le"),
        ("UTF-16LE", "utf-16le"),
        ("UTF-16BE", "utf-16be"),
    ] {
        write_in(&env, "t.csv", encoding, &text);
        let hint = format!("hint: read it with `--encoding {label}`");
        env.dry_run(&["t.csv"]).expect(3).says(&hint);
        env.dry_run(&["--encoding", label, "t.csv"]).expect(0);
    }
    write_in(&env, "t.csv", "CP1252", &format!("société,{HEADER}\n"));
    env.dry_run(&["t.csv"])
        .expect(3)
        .says("t.csv:1: the name of column 1, `soci\\xe9t\\xe9`, is not UTF-8")
        .says("`--encoding windows-1252`");
    env.dry_run(&["--encoding", "windows-1252", "t.csv"])
        .expect(0)
        .says("1 column matches no field and is ignored: `société`")
        .says(", windows-1252) -> nothing");
}

#[test]
fn json_is_read_in_every_encoding_that_keeps_its_marks() {
    let env = TestEnv::new();
    env.write(
        "t.avsc",
        r#"{"type":"record","name":"T","fields":[{"name":"s","type":"string"}]}"#,
    );
    env.write("latin.json", b"[{\"s\":\"caf\xe9\"},\n {\"s\":\"\xfc\"}]");
    env.write("gbk.json", b"[{\"s\":\"\xd6\xd0\"}]");
    let run = |encoding: &str, file: &str| {
        let options = ["--topic", "t", "--dry-run", "--no-key", "--schema-file", "t.avsc"];
        env.run(&[&options[..], &["--encoding", encoding, file]].concat())
    };
    run("latin1", "latin.json").expect(0).says("2 rows: 2 fit");
    run("gbk", "gbk.json").expect(2).says(
        "in GBK `\\` can be part of another character, so JSON in this encoding cannot be split into rows",
    );
}
