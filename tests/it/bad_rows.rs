//! Bad rows: the first one stops the run, or they are kept in a file; the other rows are on the topic.

use std::io::Write;
use std::process::Stdio;

use crate::support::stack::stack;
use crate::support::{TestEnv, fixture};

#[test]
fn the_first_bad_row_stops_the_run_and_the_rows_on_the_topic_are_reported() {
    let env = TestEnv::new();
    let topic = stack().topic("stop", 3, "schemas/trade.avsc");
    std::fs::copy(fixture("trades/trades_bad.csv"), env.path("trades.csv")).unwrap();
    env.run_on_stack(&["--topic", &topic, "trades.csv"])
        .expect(3)
        .says("error: trades.csv:7: `40.2015678` does not fit `price` (column 5): decimal(18, 6) allows 6 digits after the decimal point\n 7 | ")
        .says("^^^^^^^^^^")
        .says("hint: check the whole file first with `--dry-run")
        .says("6 rows read: 5 delivered, 1 rejected")
        .says("everything before trades.csv:7 is on the topic (5 rows), and nothing else; fix the cause, then resume with `--from trades.csv:7`");
    assert_eq!(stack().dump(&topic).len(), 5);
    // After the row is corrected, the run resumes where it stopped, without duplicates.
    let corrected = env.read("trades.csv").replace("40.2015678", "40.201567");
    env.write("trades.csv", corrected);
    env.run_on_stack(&[
        "--topic",
        &topic,
        "trades.csv",
        "--from",
        "trades.csv:7",
        "--limit",
        "3",
    ])
    .expect(0);
    let mut lines: Vec<i64> = stack()
        .dump(&topic)
        .iter()
        .map(|record| record["value"]["sequence_number"].as_i64().unwrap())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn rejected_rows_can_be_corrected_and_loaded() {
    let env = TestEnv::new();
    let topic = stack().topic("rejects", 3, "schemas/trade.avsc");
    std::fs::copy(fixture("trades/trades_bad.csv"), env.path("trades.csv")).unwrap();
    let done = env.run_on_stack(&[
        "--topic",
        &topic,
        "trades.csv",
        "--rejects",
        "bad.csv",
        "--summary",
        "json",
    ]);
    let done = done
        .expect(1)
        .says("bad.csv contains the 9 rows unchanged; the reasons are in bad.csv.errors.jsonl");
    let summary = done.json();
    assert_eq!(
        (&summary["rows"]["delivered"], &summary["rows"]["rejected"]),
        (&41.into(), &9.into())
    );
    assert_eq!(stack().dump(&topic).len(), 41);
    let (original, bad) = (env.read("trades.csv"), env.read("bad.csv"));
    let original: Vec<&str> = original.lines().collect();
    let expected: Vec<&str> = [1, 7, 12, 18, 23, 29, 34, 40, 45, 48]
        .map(|line: usize| original[line - 1])
        .to_vec();
    assert_eq!(
        bad.lines().collect::<Vec<_>>(),
        expected,
        "header and rows are unchanged"
    );
    let reasons = env.read("bad.csv.errors.jsonl");
    let first: serde_json::Value = serde_json::from_str(reasons.lines().next().unwrap()).unwrap();
    assert_eq!(first["line"], 7);
    assert_eq!(first["value"], "40.2015678");
    assert_eq!(first["kind"], "decimal_scale");
    // After its rows are corrected, the file is loaded as it is.
    let good: String = format!("{}\n{}\n", original[0], original[1]);
    env.write("bad.csv", good);
    env.run_on_stack(&["--topic", &topic, "bad.csv"]).expect(0);
    env.run_on_stack(&["--topic", &topic, "trades.csv", "--rejects", "bad.csv"])
        .expect(2)
        .says("`bad.csv` exists; rejected rows never overwrite a file")
        .says("`--rejects-overwrite` replaces the file of an earlier run");
    env.run_on_stack(&[
        "--topic",
        &topic,
        "trades.csv",
        "--rejects",
        "bad.csv",
        "--rejects-overwrite",
    ])
    .expect(1);
    assert_eq!(env.read("bad.csv").lines().collect::<Vec<_>>(), expected);
}

#[test]
fn the_row_that_stopped_a_run_is_either_in_the_rejects_file_or_after_from() {
    let env = TestEnv::new();
    let topic = stack().topic("budget", 3, "schemas/trade.avsc");
    std::fs::copy(fixture("trades/trades_bad.csv"), env.path("trades.csv")).unwrap();
    let load = ["--topic", &topic, "trades.csv", "--max-errors", "1"];
    // The bad rows are on lines 7, 12, 18, ...
    env.run_on_stack(&load)
        .expect(3)
        .says("error: trades.csv:7: `40.2015678` does not fit `price` (column 5): ")
        .says("everything before trades.csv:12 except the rejected rows is on the topic (9 rows), and nothing else")
        .says("resume with `--from trades.csv:12`");
    let done = env.run_on_stack(&[&load[..], &["--rejects", "q.csv"]].concat());
    done.expect(3)
        .says("q.csv contains the 2 rows unchanged")
        .says("everything before trades.csv:13 except the 2 rows in q.csv is on the topic (9 rows), and nothing else")
        .says("resume with `--from trades.csv:13`");
}

#[test]
fn a_run_that_stops_at_the_end_of_a_file_resumes_at_the_next_one() {
    let env = TestEnv::new();
    let topic = stack().topic("next", 1, "schemas/trade.avsc");
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let lines: Vec<&str> = trades.lines().take(3).collect();
    env.write("a.csv", format!("{}\nBHP,bad\n\n", lines[..2].join("\n")));
    env.write("b.csv", lines.join("\n"));
    let load = ["--topic", &topic, "--rejects", "q.csv", "--max-errors", "0"];
    env.run_on_stack(&[&load[..], &["a.csv", "b.csv"]].concat())
        .expect(3)
        .says("everything before b.csv:2 except the 1 row in q.csv is on the topic (1 row)")
        .says("resume with `--from b.csv:2`");
    env.run_on_stack(&[&load[..], &["--rejects-overwrite", "a.csv"]].concat())
        .expect(3)
        .says("stopped: at a.csv:3; everything except the 1 row in q.csv is on the topic (1 row)\n");
}

/// The fixture of trades, and its header.
fn trades() -> (String, String) {
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let header = trades.lines().next().unwrap().to_owned();
    (trades, header)
}

#[test]
fn a_folder_keeps_the_rejected_rows_of_inputs_that_cannot_share_a_file() {
    let env = TestEnv::new();
    let (trades, header) = trades();
    env.write("bad.csv", format!("{header}\nBHP,1\n"));
    env.write("bad.jsonl", "{}\n{\"symbol\":1}\n");
    env.write("good.csv", &trades);
    let inputs = ["bad.csv", "bad.jsonl", "good.csv"];
    env.dry_run(&[&["--rejects", "q"][..], &inputs].concat())
        .expect(2)
        .says("`bad.jsonl` is jsonl and `bad.csv` is csv: their rows cannot share one file")
        .says("hint: a name that ends in `/`, such as `--rejects bad/`, keeps one file per input");
    let keep = [&["--rejects", "q/", "--summary", "json"][..], &inputs].concat();
    let done = env.dry_run(&keep).expect(1).says(
        "q/ contains the 3 rows unchanged; the reasons are in FILE.errors.jsonl: q/bad.csv (1), q/bad.jsonl (2). \
         Nothing was sent: correct the rows in the input, then load the input.",
    );
    let rejects = &done.json()["rejects"];
    assert_eq!(
        (&rejects["path"], &rejects["errors_path"]),
        (&"q/".into(), &serde_json::Value::Null)
    );
    assert_eq!(rejects["files"][1]["path"], "q/bad.jsonl");
    assert_eq!(env.read("q/bad.csv"), format!("{header}\nBHP,1\n"));
    assert_eq!(env.read("q/bad.jsonl"), "{}\n{\"symbol\":1}\n");
    assert_eq!(env.read("q/bad.jsonl.errors.jsonl").lines().count(), 2);
    assert!(!env.path("q/good.csv").exists());
    env.dry_run(&keep).expect(2).says("`q/bad.csv` exists");
    // The inputs are in that folder.
    env.dry_run(&[&["--rejects", ".", "--rejects-overwrite"][..], &inputs].concat())
        .expect(2)
        .says("`./bad.csv` of `--rejects .` is the same file as the input `bad.csv`");
    assert_eq!(env.read("bad.csv"), format!("{header}\nBHP,1\n"));
    env.dry_run(&[&keep[..], &["--rejects-overwrite"]].concat())
        .expect(1);
}

#[test]
fn the_rejects_of_an_earlier_run_are_kept_until_a_run_reads_rows() {
    let env = TestEnv::new();
    let (trades, header) = trades();
    env.write("good.csv", &trades);
    env.write("bad.csv", format!("{header}\nBHP,1\n"));
    env.write("quote.csv", format!("{header}\n\"BHP,1\n"));
    env.write("blank.jsonl", "\n");
    let keep = ["--rejects", "q.csv", "--rejects-overwrite"];
    let files = ["q.csv", "q.csv.errors.jsonl"];
    for file in files {
        env.write(file, "precious");
    }
    for (status, refused) in [
        (2, &["--from", "good.csv:9999", "good.csv"][..]),
        (3, &["--fail-on-empty", "blank.jsonl"]),
        (3, &["quote.csv"]),
    ] {
        env.dry_run(&[&keep[..], refused].concat()).expect(status);
        for file in files {
            assert_eq!(env.read(file), "precious", "{refused:?}");
        }
    }
    env.dry_run(&[&keep[..], &["bad.csv"]].concat()).expect(1);
    assert_eq!(env.read("q.csv"), format!("{header}\nBHP,1\n"));
    assert_eq!(env.read("q.csv.errors.jsonl").lines().count(), 1);
    env.dry_run(&[&keep[..], &["good.csv"]].concat()).expect(0);
    for file in files {
        assert!(!env.path(file).exists(), "no row was rejected");
    }
}

#[test]
fn in_a_folder_no_file_of_an_earlier_run_can_be_mistaken_for_one_of_this_run() {
    let env = TestEnv::new();
    let (trades, header) = trades();
    env.write("good.csv", &trades);
    env.write("none.csv", format!("{header}\n"));
    env.write("bad.csv", format!("{header}\nBHP,1\n"));
    env.write("later.csv", &trades);
    std::fs::create_dir(env.path("q")).unwrap();
    let inputs = ["good.csv", "none.csv", "bad.csv", "later.csv"];
    for input in inputs {
        env.write(&format!("q/{input}"), "old");
        env.write(&format!("q/{input}.errors.jsonl"), "old");
    }
    let keep = ["--rejects", "q/", "--rejects-overwrite", "--max-errors", "0"];
    env.dry_run(&[&keep[..], &inputs].concat()).expect(3).says(
        "warning: left from an earlier run, because this run read no row of the input: `q/later.csv`\n",
    );
    for gone in ["good.csv", "none.csv"] {
        assert!(!env.path(&format!("q/{gone}")).exists(), "{gone}");
        assert!(!env.path(&format!("q/{gone}.errors.jsonl")).exists(), "{gone}");
    }
    assert_eq!(env.read("q/bad.csv"), format!("{header}\nBHP,1\n"));
    // Its rows may exist nowhere else.
    assert_eq!(env.read("q/later.csv"), "old");
    env.write("bad.csv", &trades);
    let done = env.dry_run(&[&keep[..], &inputs].concat()).expect(0);
    assert!(!done.stderr.contains("earlier run"), "{}", done.stderr);
    assert!(!env.path("q/later.csv").exists());
}

#[test]
fn an_exceeded_share_of_bad_rows_is_reported_with_the_next_steps() {
    let env = TestEnv::new();
    let topic = stack().topic("share", 3, "schemas/trade.avsc");
    std::fs::copy(fixture("trades/trades_bad.csv"), env.path("trades.csv")).unwrap();
    let share = ["trades.csv", "--max-errors", "1%"];
    env.dry_run(&share)
        .expect(3)
        .says("error: 9 rows were rejected, more than `--max-errors 1%` allows\n")
        .says("hint: save bad rows with `--rejects bad.csv`\n");
    env.dry_run(&[&share[..], &["--show-errors", "2"]].concat())
        .expect(3)
        .says("hint: see every bad row with `--show-errors all`; save bad rows with `--rejects bad.csv`\n");
    let load = [&["--topic", &topic][..], &share].concat();
    env.run_on_stack(&load).expect(3).says(
        "hint: the other rows were sent, so do not load the file again: collect the bad rows with \
         `--dry-run --rejects bad.csv`, correct them, and load only these\n",
    );
    env.run_on_stack(&[&load[..], &["--dry-run", "--rejects", "bad.csv"]].concat())
        .expect(3);
    assert_eq!(env.read("bad.csv").lines().count(), 10);
    let sent = stack().dump(&topic).len();
    let rows = env.read("trades.csv").lines().count() - 1;
    assert_eq!(sent + 9, rows, "each row is on the topic or in the file");
    let done = env.run_on_stack(&[&load[..], &["--rejects", "again.csv"]].concat());
    assert!(!done.expect(3).stderr.contains("hint: "), "they are kept");
}

#[test]
fn a_hint_names_a_rejects_file_that_does_not_exist_and_is_not_an_input() {
    let env = TestEnv::new();
    let (_, header) = trades();
    env.write("bad.csv", format!("{header}\nBHP,1\n"));
    env.write("bad-2.csv", "precious");
    env.dry_run(&["bad.csv"])
        .expect(3)
        .says("save bad rows with `--rejects bad-3.csv`");
}

#[test]
fn every_fault_of_a_row_is_kept_and_the_metrics_count_the_row_once() {
    let env = TestEnv::new();
    let header = "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp";
    let row = |price: &str, volume: &str| {
        format!("BHP,1,2014-03-10T10:00:05Z,{price},{volume},0,A,2014-03-10T10:00:05Z\n")
    };
    env.write(
        "t.csv",
        format!("{header}\n{}{}", row("x", "1.5"), row("1", "1.5")),
    );
    let schema = fixture("schemas/trade.avsc");
    let arguments = ["--topic", "t", "--dry-run", "--schema-file", &schema, "t.csv"];
    let keeping = [
        "--rejects",
        "bad.csv",
        "--metrics-file",
        "metrics",
        "--summary",
        "json",
    ];
    let summary = env.run(&[&arguments[..], &keeping].concat()).expect(1).json();
    let reasons = env.read("bad.csv.errors.jsonl");
    let reasons: Vec<serde_json::Value> = reasons
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(reasons.len(), 2, "one object per row");
    let (first, also) = (&reasons[0], &reasons[0]["also"][0]);
    assert_eq!(
        (&first["field"], &first["column_number"]),
        (&"price".into(), &4.into())
    );
    assert_eq!(first["type"], "decimal(18, 6)");
    assert_eq!(
        (&also["field"], &also["value"]),
        (&"volume".into(), &"1.5".into())
    );
    assert_eq!(reasons[1]["also"], serde_json::json!([]));
    let groups: Vec<(&str, u64)> = summary["row_errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["title"].as_str().unwrap(), group["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        groups,
        [("a fraction, which long does not allow", 2), ("not a number", 1)]
    );
    let metrics = env.read("metrics");
    for error_type in ["not_a_number", "not_integral"] {
        let sample = format!("k2_kafka_produce_errors_total{{topic=\"t\",error_type=\"{error_type}\"}} 1\n");
        assert!(metrics.contains(&sample), "{metrics}");
    }
}

#[test]
fn some_bad_rows_can_be_tolerated() {
    let env = TestEnv::new();
    let run = |allowed: &str| {
        let bad = fixture("trades/trades_bad.csv");
        let schema = fixture("schemas/trade.avsc");
        env.run(&[
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            &schema,
            "--max-errors",
            allowed,
            &bad,
        ])
    };
    run("9").expect(1);
    run("8")
        .expect(3)
        .says("9 rows were rejected, and `--max-errors 8` allows no more")
        .says("hint: check the whole file with `--max-errors 100%`; save bad rows with `--rejects bad.csv`");
    run("18%").expect(1);
    run("17%")
        .expect(3)
        .says("9 rows were rejected, more than `--max-errors 17%` allows");
}

#[test]
fn inputs_that_cannot_share_a_rejects_file_are_refused_before_anything_is_sent() {
    let env = TestEnv::new();
    let schema = fixture("schemas/trade.avsc");
    let (csv, jsonl) = (fixture("trades/trades.csv"), fixture("trades/trades.jsonl"));
    env.run(&[
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &schema,
        "--rejects",
        "bad",
        &csv,
        &jsonl,
    ])
    .expect(2);
    assert!(!env.path("bad").exists());
}

#[test]
fn a_rejects_file_on_a_full_disk_stops_the_run() {
    let env = TestEnv::new();
    // A folder in which no file can be created simulates a full disk.
    env.run(&[
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        &fixture("schemas/trade.avsc"),
        "--rejects",
        "/proc/self/bad.csv",
        &fixture("trades/trades_bad.csv"),
    ])
    .expect(2)
    .says("cannot create `/proc/self/bad.csv`");
}

#[test]
fn a_killed_run_leaves_no_delivered_row_after_a_rejected_one_that_is_not_kept() {
    let env = TestEnv::new();
    let topic = stack().topic("killed", 1, "schemas/trade.avsc");
    let trades = std::fs::read_to_string(fixture("trades/trades.csv")).unwrap();
    let lines: Vec<&str> = trades.lines().take(3).collect();
    let mut command = env.command_on_stack();
    command.args(["--topic", &topic, "--format", "csv", "--rejects", "bad.csv", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = format!("{}\n{}\nBHP,bad\n{}\n", lines[0], lines[1], lines[2]);
    input.write_all(text.as_bytes()).unwrap();
    stack().await_records(&topic, 2);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(env.read("bad.csv"), format!("{}\nBHP,bad\n", lines[0]));
    assert_eq!(env.read("bad.csv.errors.jsonl").lines().count(), 1);
}
