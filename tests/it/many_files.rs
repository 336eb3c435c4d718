//! Many files: however many inputs there are, few are open at once, and the memory stays small.

use std::fs;
use std::process::Command;

use crate::support::{TestEnv, fixture, repository};

const FILES: usize = 20_000;

/// The most files that the command may have open. The system's usual limit is 1,024.
const MOST_OPEN: &str = "64";

const ROWS: &str = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n\
    BHP,7078,2014-03-10T10:00:05.516Z,40.20,1597,0,A,2014-03-10T10:00:05.516Z\n";

/// Checks all rows of `inputs`, with few open files and at most 300 MiB of memory.
#[track_caller]
fn all_fit(env: &TestEnv, inputs: &[&str]) {
    let script = "ulimit -n $0 && ulimit -d 307200 && exec \"$@\"";
    let done = Command::new("sh")
        .args(["-c", script, MOST_OPEN, env!("CARGO_BIN_EXE_k2-produce")])
        .args(["--topic", "t", "--dry-run", "--schema-file"])
        .arg(fixture("schemas/trade.avsc"))
        .args(inputs)
        .current_dir(env.path("."))
        .output()
        .unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("20,000 rows: 20,000 fit"), "{said}");
}

#[test]
fn twenty_thousand_files_are_read_one_after_the_other() {
    let env = TestEnv::new();
    fs::create_dir(env.path("day")).unwrap();
    let mut list = String::new();
    for number in 0..FILES {
        let name = format!("day/t_{number}.csv");
        fs::write(env.path(&name), ROWS).unwrap();
        list.push_str(&format!("{name}\n"));
    }
    env.write("list", list);
    all_fit(&env, &["day/*.csv"]);
    all_fit(&env, &["day"]);
    all_fit(&env, &["--files-from", "list"]);
}

#[test]
fn the_directory_of_an_archive_is_not_read_for_each_of_its_files() {
    let env = TestEnv::new();
    env.write("t.csv", ROWS);
    const SCRIPT: &str = "import sys, zipfile
with zipfile.ZipFile('day.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    for number in range(int(sys.argv[1])):
        archive.write('t.csv', f'trades/t_{number}.csv')
";
    let zipped = Command::new(repository("tests/stack/python"))
        .args(["-c", SCRIPT, &FILES.to_string()])
        .current_dir(env.path("."))
        .status();
    assert!(zipped.unwrap().success());
    all_fit(&env, &["day.zip:trades/*.csv"]);
}

#[test]
fn files_that_are_given_many_times_are_named_only_a_few_times() {
    let env = TestEnv::new();
    env.write("t.csv", ROWS);
    env.write("list", "t.csv\n".repeat(50));
    let done = env.dry_run(&["--files-from", "list"]).expect(0);
    let warnings = done
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning: `t.csv` is"));
    assert_eq!(warnings.count(), 20, "{}", done.stderr);
    done.says("warning: 29 more files are given twice");
}
