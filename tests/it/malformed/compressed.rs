//! gzip and zstd.

use std::io::Write;
use std::process::Command;

use super::{HEADER, ROW, case, expect_outcomes};
use crate::support::{TestEnv, spawn_piped};

/// The output of a shell command for these bytes.
fn piped(command: &str, input: &[u8]) -> Vec<u8> {
    let mut child = spawn_piped(Command::new("sh").args(["-c", command]));
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
