//! Files and schemas that are broken, hostile or only unusual: each ends in rows, in precise errors of rows or in one clear
//! error, within limits of time and memory.
//!
//! The cases are those of the table in docs/reliability.md. Each file is read twice: as a run that stops at the first bad
//! row, and as one that tolerates all.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Done, TestEnv, done, repository};

/// The heap of a run, in KiB. Larger requests fail, and end the process.
const MEMORY: &str = "100000";
const TIME: Duration = Duration::from_secs(60);

const HEADER: &str = "symbol,note,volume\n";
const ROW: &str = "BHP,a,1\n";
const SCHEMA: &str = r#"{"type":"record","name":"Trade","fields":[{"name":"symbol","type":"string"},
    {"name":"note","type":["null","string"],"default":null},{"name":"volume","type":"long"}]}"#;

/// A file, and how a run with it ends.
struct Case {
    /// Its row in docs/reliability.md.
    name: &'static str,
    file: &'static str,
    schema: String,
    status: i32,
    /// What the run says on standard error.
    says: &'static str,
}

fn case(name: &'static str, file: &'static str, status: i32, says: &'static str) -> Case {
    let schema = SCHEMA.to_owned();
    Case {
        name,
        file,
        schema,
        status,
        says,
    }
}

/// Runs a command of the binary with limited memory and time, and without root's right to read every file.
fn limited(env: &TestEnv, arguments: &[&str]) -> Done {
    const SCRIPT: &str = "ulimit -d $0; \
        [ $(id -u) != 0 ] || set -- setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all \"$@\"; \
        exec timeout 60 \"$@\"";
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, MEMORY, env!("CARGO_BIN_EXE_k2-produce")])
        .args(arguments);
    done(command.current_dir(env.path("")))
}

fn expect_outcomes(env: &TestEnv, cases: &[Case]) {
    let document = std::fs::read_to_string(repository("docs/reliability.md")).unwrap();
    let mut faults = Vec::new();
    for case in cases {
        let Case {
            name,
            file,
            status,
            says,
            ..
        } = case;
        if !document.contains(&format!("| {name} |")) {
            faults.push(format!("{name}: not in docs/reliability.md"));
        }
        env.write("schema.avsc", &case.schema);
        let run = [
            "--topic",
            "t",
            "--dry-run",
            "--no-key",
            "--schema-file",
            "schema.avsc",
            file,
        ];
        let started = Instant::now();
        let stopped = limited(env, &run);
        if stopped.status != *status || !stopped.stderr.contains(says) {
            let stderr = &stopped.stderr;
            faults.push(format!(
                "{name}: status {}; expected {status}, `{says}`\n{stderr}",
                stopped.status
            ));
        }
        let tolerant = limited(
            env,
            &[&run[..], &["--max-errors", "100%", "--summary", "json"]].concat(),
        );
        for done in [&stopped, &tolerant] {
            if started.elapsed() >= TIME
                || ![0, 1, 2, 3].contains(&done.status)
                || done.stderr.contains("panicked")
            {
                let took = started.elapsed();
                faults.push(format!(
                    "{name}: status {} after {took:?}\n{}",
                    done.status, done.stderr
                ));
            }
        }
        if tolerant.status < 2 {
            assert_eq!(tolerant.json()["balanced"], true, "{name}: {}", tolerant.stdout);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

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

/// The output of a shell command for these bytes.
fn piped(command: &str, input: &[u8]) -> Vec<u8> {
    let mut child = crate::support::spawn_piped(Command::new("sh").args(["-c", command]));
    let mut to_child = child.stdin.take().unwrap();
    // The inputs are smaller than a pipe's buffer.
    to_child.write_all(input).unwrap();
    drop(to_child);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    output.stdout
}

#[test]
fn compressed_files_end_in_rows_or_precise_errors() {
    let env = TestEnv::new();
    for (suffix, program) in [("gz", "gzip -9"), ("zst", "zstd -q")] {
        let first = piped(program, HEADER.as_bytes());
        // They compress badly, so half of the data has some rows.
        let rows: String = (0..5_000)
            .map(|_| format!("{:x},a,1\n", fastrand::u64(..)))
            .collect();
        let whole = piped(program, format!("{HEADER}{}", &rows[..40_000]).as_bytes());
        env.write(&format!("cut.csv.{suffix}"), &whole[..whole.len() - 20]);
        env.write(
            &format!("members.csv.{suffix}"),
            [first.clone(), piped(program, ROW.as_bytes())].concat(),
        );
        env.write(
            &format!("garbage.csv.{suffix}"),
            [first, b"garbage".to_vec()].concat(),
        );
        let bomb = format!(
            "(printf '{}'; head -c 1000000000 /dev/zero) | {program}",
            HEADER.replace('\n', "\\n")
        );
        env.write(&format!("bomb.csv.{suffix}"), piped(&bomb, b""));
        let rows = format!(
            "(printf '{}'; yes BHP,a,1 | head -c 20000000) | {program}",
            HEADER.replace('\n', "\\n")
        );
        env.write(&format!("rows.csv.{suffix}"), piped(&rows, b""));
    }
    let mut bytes = piped("gzip", format!("{HEADER}{ROW}").as_bytes());
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    env.write("checksum.csv.gz", bytes);
    expect_outcomes(
        &env,
        &[
            case(
                "gzip: an incomplete file",
                "cut.csv.gz",
                3,
                "cut.csv.gz: the gzip data is incomplete",
            ),
            case("gzip: several members", "members.csv.gz", 0, "1 row: 1 fit"),
            case(
                "gzip: other bytes after the end",
                "garbage.csv.gz",
                3,
                "something else follows the last member",
            ),
            case(
                "gzip: a wrong checksum",
                "checksum.csv.gz",
                3,
                "the gzip data is corrupt",
            ),
            case(
                "gzip: 1 GB of zeros in 1 MB",
                "bomb.csv.gz",
                3,
                "bomb.csv.gz:2: the row is longer than 1 MiB",
            ),
            case(
                "gzip: 20 MB of rows that compress well",
                "rows.csv.gz",
                0,
                "2,500,000 rows: 2,500,000 fit",
            ),
            case(
                "zstd: an incomplete file",
                "cut.csv.zst",
                3,
                "cut.csv.zst: the zstd data is incomplete",
            ),
            case("zstd: several frames", "members.csv.zst", 0, "1 row: 1 fit"),
            case(
                "zstd: other bytes after the end",
                "garbage.csv.zst",
                3,
                "the zstd data is corrupt",
            ),
            case(
                "zstd: 1 GB of zeros in 31 kB",
                "bomb.csv.zst",
                3,
                "bomb.csv.zst:2: the row is longer than 1 MiB",
            ),
            case(
                "zstd: 20 MB of rows that compress well",
                "rows.csv.zst",
                0,
                "2,500,000 rows: 2,500,000 fit",
            ),
        ],
    );
}

#[test]
fn paths_that_cannot_be_read_are_one_error() {
    use std::os::unix::fs::PermissionsExt;
    const NAME: &str = "a\nb\u{1b}[2J.csv";
    let env = TestEnv::new();
    std::fs::create_dir(env.path("folder")).unwrap();
    env.write("locked.csv", format!("{HEADER}{ROW}"));
    std::fs::set_permissions(env.path("locked.csv"), std::fs::Permissions::from_mode(0o000)).unwrap();
    env.write(NAME, format!("{HEADER}BHP,a,x\n"));
    std::os::unix::fs::symlink("loop.csv", env.path("loop.csv")).unwrap();
    expect_outcomes(
        &env,
        &[
            case(
                "a directory without data files",
                "folder",
                3,
                "folder: is a directory without a .csv",
            ),
            case(
                "no permission",
                "locked.csv",
                3,
                "locked.csv: cannot be opened: permission denied",
            ),
            case(
                "a name with a line break and terminal escapes",
                NAME,
                3,
                r"error: a\nb\x1b[2J.csv:2: `x` does not fit",
            ),
            case(
                "a symbolic link to itself",
                "loop.csv",
                3,
                "loop.csv: cannot be opened: too many levels of symbolic links",
            ),
            case(
                "no such file",
                "missing.csv",
                3,
                "missing.csv: cannot be opened: no such file or directory",
            ),
        ],
    );
    // A FIFO has its rows only once.
    let made = Command::new("mkfifo").arg(env.path("fifo.csv")).status().unwrap();
    assert!(made.success());
    let path = env.path("fifo.csv");
    let writer = std::thread::spawn(move || std::fs::write(path, format!("{HEADER}{ROW}")).unwrap());
    env.write("schema.avsc", SCHEMA);
    limited(
        &env,
        &[
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            "schema.avsc",
            "fifo.csv",
        ],
    )
    .expect(0)
    .says("1 row: 1 fit");
    writer.join().unwrap();
}

#[test]
fn unusual_schemas_are_used_or_refused() {
    let env = TestEnv::new();
    let record = |fields: &str| format!(r#"{{"type":"record","name":"Trade","fields":[{fields}]}}"#);
    let numbers: Vec<usize> = (0..10_000).collect();
    let wide = |of: &dyn Fn(&usize) -> String| numbers.iter().map(of).collect::<Vec<_>>().join(",");
    env.write(
        "nested.jsonl",
        format!("{}null{}", r#"{"v":1,"next":"#.repeat(50), "}".repeat(50)),
    );
    env.write("v.csv", "v\n1\n");
    env.write(
        "wide.csv",
        format!("{}\n{}\n", wide(&|n| format!("f{n}")), wide(&|n| n.to_string())),
    );
    env.write("case.csv", "a,A\n1,2\n");
    env.write("a.csv", "a\n1\n");
    env.write("both.csv", "a,b\n1,2\n");
    let with = |schema: String, case: Case| Case { schema, ..case };
    let value = r#"{"name":"v","type":"int"}"#;
    let default = || record(r#"{"name":"a","type":"int"},{"name":"b","type":"int","default":"x"}"#);
    expect_outcomes(
        &env,
        &[
            with(
                record(&format!(
                    r#"{value},{{"name":"next","type":["null","Trade"],"default":null}}"#
                )),
                case(
                    "a record that contains itself in a union",
                    "nested.jsonl",
                    0,
                    "1 row: 1 fit",
                ),
            ),
            with(
                record(&format!(r#"{value},{{"name":"next","type":"Trade"}}"#)),
                case(
                    "a record that must contain itself",
                    "v.csv",
                    2,
                    "record `Trade` has no finite value",
                ),
            ),
            with(
                record(&wide(&|n| format!(r#"{{"name":"f{n}","type":"int"}}"#))),
                case("10,000 fields", "wide.csv", 0, "1 row: 1 fit"),
            ),
            with(
                record(r#"{"name":"a","type":"int"},{"name":"A","type":"int"}"#),
                case("names that differ only in case", "case.csv", 0, "1 row: 1 fit"),
            ),
            with(
                record(r#"{"name":"a","type":"int"},{"name":"A","type":"int"}"#),
                case(
                    "a column for one of two names that differ only in case",
                    "a.csv",
                    3,
                    "a.csv does not fit Trade",
                ),
            ),
            with(
                default(),
                case(
                    "a default that does not fit and is needed",
                    "a.csv",
                    2,
                    "the default of `b`, which has no column, does not fit",
                ),
            ),
            with(
                default(),
                case(
                    "a default that does not fit and is not needed",
                    "both.csv",
                    0,
                    "1 row: 1 fit",
                ),
            ),
            with(
                record(r#"{"name":"v","type":{"type":"int","logicalType":"moon-phase"}}"#),
                case("an unknown logical type", "v.csv", 0, "1 row: 1 fit"),
            ),
            with(
                "[".repeat(100_000),
                case(
                    "a schema nested 100,000 deep",
                    "v.csv",
                    2,
                    "schema.avsc: nested more than 127 levels",
                ),
            ),
        ],
    );
}

/// Otherwise the limits of the other tests would prove nothing.
#[test]
fn a_run_that_needs_more_memory_than_the_limit_fails() {
    let env = TestEnv::new();
    env.write("schema.avsc", SCHEMA);
    env.write("gigabyte.csv", HEADER);
    std::fs::File::options()
        .append(true)
        .open(env.path("gigabyte.csv"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    let run = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "schema.avsc",
        "--max-row-bytes",
        "1073741824",
    ];
    let failed = limited(&env, &[&run[..], &["gigabyte.csv"]].concat());
    assert!(![0, 1, 2, 3].contains(&failed.status), "{failed:?}");
}
