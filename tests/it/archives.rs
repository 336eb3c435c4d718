//! Files in zip archives, which Python writes: what arrives is what arrives from the files themselves.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{TestEnv, repository};

/// Writes `archive` with files, each stored under a name: `trades/a.csv=a.csv`.
fn zip(env: &TestEnv, archive: &str, method: &str, files: &[&str]) {
    const SCRIPT: &str = "import sys, zipfile
method = getattr(zipfile, sys.argv[2])
with zipfile.ZipFile(sys.argv[1], 'w', method) as archive:
    for file in sys.argv[3:]:
        name, path = file.split('=')
        archive.write(path, name)
";
    let done = Command::new(repository("tests/stack/python"))
        .args(["-c", SCRIPT, archive, method])
        .args(files)
        .current_dir(env.path("."))
        .status();
    assert!(done.unwrap().success());
}

/// The values on a topic with one partition, in their order.
fn values(topic: &str) -> Vec<Value> {
    let records = stack().dump(topic);
    records.iter().map(|record| record["value"].clone()).collect()
}

#[test]
fn files_in_an_archive_give_the_messages_of_their_content() {
    let env = TestEnv::new();
    for (name, rows) in [("t_10.csv", 3_000), ("t_2.csv", 2_000), ("other.csv", 5)] {
        env.generate(name, "trade", "csv", rows);
    }
    let plain = stack().topic("plain", 1, "schemas/trade.avsc");
    env.run_on_stack(&["--topic", &plain, "t_2.csv", "t_10.csv"])
        .expect(0);
    let files = [
        "trades/t_10.csv=t_10.csv",
        "other.csv=other.csv",
        "trades/t_2.csv=t_2.csv",
    ];
    for method in ["ZIP_DEFLATED", "ZIP_STORED"] {
        zip(&env, "day.zip", method, &files);
        let topic = stack().topic("zip", 1, "schemas/trade.avsc");
        let done = env
            .run_on_stack(&["--topic", &topic, "--summary", "json", "day.zip:trades/*.csv"])
            .expect(0)
            .says("5,000 rows: 5,000 delivered");
        let summary = done.json();
        let paths: Vec<&str> = (0..2)
            .map(|file| summary["files"][file]["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths, ["day.zip:trades/t_2.csv", "day.zip:trades/t_10.csv"]);
        assert!(values(&topic) == values(&plain), "{method}");
    }
    let fits = |arguments: &[&str], rows: &str| {
        env.dry_run(arguments)
            .expect(0)
            .says(&format!("dry run: {rows} fit"));
    };
    fits(&["day.zip:other.csv"], "5 rows: 5");
    fits(&["day.zip:**/*.csv"], "5,005 rows: 5,005");
    let all = ["day.zip:trades/t_2.csv", "day.zip:other.csv"];
    fits(
        &[&["--from", "day.zip:trades/t_2.csv:1002"], &all[..]].concat(),
        "1,005 rows: 1,005",
    );
    // The mapping sees the name of the file.
    env.write("map.toml", "[fields]\nvenue = 'capture(file_name(), \"t_(.*)[.]csv\")'\n[rows]\nwhere = 'capture(file_path(), \"(day.zip/trades)\") != null'\n");
    fits(
        &["--map", "map.toml", "day.zip:trades/t_2.csv"],
        "2,000 rows: 2,000",
    );
    fs::rename(env.path("other.csv"), env.path("day.zip:x.csv")).unwrap();
    fits(&["day.zip:x.csv"], "5 rows: 5");
}

#[test]
fn rejected_rows_of_files_in_an_archive_are_kept_by_the_names_of_the_files() {
    let env = TestEnv::new();
    env.generate("a.csv", "trade", "csv", 3);
    let bad = env.read("a.csv").replacen(",ASX,", ",,", 1).replacen("T", "x", 1);
    env.write("b.csv", bad);
    zip(
        &env,
        "day.zip",
        "ZIP_DEFLATED",
        &["a/a.csv=a.csv", "b/b.csv=b.csv"],
    );
    env.dry_run(&["--max-errors", "9", "--rejects", "bad/", "day.zip:**/*.csv"])
        .expect(1)
        .says("first: day.zip:b/b.csv:2");
    assert_eq!(fs::read_dir(env.path("bad")).unwrap().count(), 2);
    assert!(env.read("bad/b.csv").lines().count() == 2);
}

#[test]
fn what_cannot_be_read_of_an_archive_is_said() {
    let env = TestEnv::new();
    env.generate("t.csv", "trade", "csv", 20_000);
    zip(&env, "day.zip", "ZIP_DEFLATED", &["t.csv=t.csv"]);
    let says = |argument: &str, status: i32, text: &str| {
        env.dry_run(&[argument]).expect(status).says(text);
    };
    says(
        "day.zip",
        3,
        "day.zip: is a zip archive, which cannot be read directly",
    );
    says("day.zip", 3, "name the files in it, such as 'day.zip:*.csv'");
    says(
        "day.zip:x*",
        3,
        "day.zip: no file in the archive matches `x*`; it contains `t.csv`",
    );
    says("no.zip:t.csv", 3, "no.zip:t.csv: cannot be opened");
    zip(&env, "bz.zip", "ZIP_BZIP2", &["t.csv=t.csv"]);
    says(
        "bz.zip:*",
        3,
        "bz.zip:t.csv is compressed with Bzip2, not with deflate",
    );
    env.write("no.zip", "symbol,price\n");
    says("no.zip:*", 3, "no.zip: cannot be read as a zip archive");
    let whole = fs::read(env.path("day.zip")).unwrap();
    env.write("half.zip", &whole[..whole.len() / 2]);
    says("half.zip:*", 3, "its directory is at its end");

    // Of a damaged file the rows before the damage are delivered; those of a wrong checksum, too, but not silently.
    let topic = stack().topic("damaged", 1, "schemas/trade.avsc");
    let mut delivered = 0;
    for _ in 0..5 {
        let mut damaged = whole.clone();
        let at = fastrand::usize(whole.len() / 4..whole.len() * 3 / 4);
        damaged[at] ^= 0x55;
        env.write("damaged.zip", damaged);
        let done = env
            .run_on_stack(&["--topic", &topic, "--summary", "json", "damaged.zip:t.csv"])
            .expect(3);
        delivered += done.json()["rows"]["delivered"].as_u64().unwrap();
    }
    assert!(delivered > 5_000, "{delivered}");
    stack().await_records(&topic, delivered);
    assert_eq!(stack().dump(&topic).len() as u64, delivered);
}
