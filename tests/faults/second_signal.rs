//! A second Ctrl-C while the broker does not answer: the wait ends, and every row has a fate.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::kafka::proxied;
use crate::support::{TestEnv, spawn_piped};

#[test]
fn a_second_ctrl_c_reports_the_line_of_every_unanswered_row() {
    let env = TestEnv::new();
    let stack = proxied();
    let topic = stack.topic("cut", 1, "schemas/trade.avsc");
    env.generate("trades.csv", "trade", "csv", 2_000);
    let trades = env.read("trades.csv");
    let (header, _) = trades.split_once('\n').unwrap();
    let last: Vec<&str> = trades.lines().skip(1_501).collect();
    env.write("last.csv", format!("{header}\n{}\n", last.join("\n")));
    let mut command = env.command_on(&stack);
    command.args(["--topic", &topic, "--format", "csv", "--summary", "json"]);
    command.args(["--rejects", "bad.csv", "-", "last.csv"]);
    let mut child = spawn_piped(&mut command);
    let mut input = child.stdin.take().unwrap();
    let first: Vec<&str> = trades.lines().take(1_001).collect();
    input
        .write_all(format!("{}\n", first.join("\n")).as_bytes())
        .unwrap();
    stack.await_records(&topic, 1_000);
    // The client receives the acknowledgements soon after.
    std::thread::sleep(Duration::from_secs(1));
    stack.signal_broker("-STOP");
    let second: Vec<&str> = trades.lines().skip(1_001).take(500).collect();
    input
        .write_all(format!("{}\n", second.join("\n")).as_bytes())
        .unwrap();
    drop(input);
    for _ in 0..2 {
        std::thread::sleep(Duration::from_secs(1));
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
    }
    let signalled = Instant::now();
    let output = child.wait_with_output().unwrap();
    let waited = signalled.elapsed();
    stack.signal_broker("-CONT");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(waited < Duration::from_secs(8), "{waited:?}: {stderr}");
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(stderr.contains("stopped: by a signal"), "{stderr}");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["balanced"], true, "{stderr}");
    assert_eq!(summary["rows"]["delivered"], 1_000, "{stderr}");
    // In each file, the rows sent to the broker are unknown, and the others are unsent.
    let files = summary["files"].as_array().unwrap();
    for file in files {
        let open = ["unknown", "unsent"].map(|fate| file["rows"][fate].as_u64().unwrap());
        let read = file["rows"]["read"].as_u64().unwrap() - file["rows"]["delivered"].as_u64().unwrap();
        assert_eq!(open.iter().sum::<u64>(), read, "{file}");
    }
    let unknown = summary["rows"]["unknown"].as_u64().unwrap();
    assert!(unknown > 0, "{stderr}");
    let grouped: u64 = summary["delivery_errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["unknown"].as_u64().unwrap())
        .sum();
    assert_eq!(grouped, unknown, "{summary}");
    let unsent = summary["rows"]["unsent"].as_u64().unwrap();
    let kept = env.read("bad.csv").lines().count() as u64 - 1;
    assert_eq!(kept, unknown + unsent, "every unknown or unsent row is kept");
    assert_eq!(
        summary["undelivered"],
        serde_json::json!([]),
        "every undelivered row is kept"
    );
    let reasons = env.read("bad.csv.errors.jsonl");
    let of_file = |name: &str| {
        let file = format!("\"file\":\"{name}\"");
        reasons.lines().filter(|line| line.contains(&file)).count() as u64
    };
    for file in files {
        let name = file["path"].as_str().unwrap();
        let open = ["unknown", "unsent"].map(|fate| file["rows"][fate].as_u64().unwrap());
        assert_eq!(of_file(name), open.iter().sum::<u64>(), "{name}");
    }
}

/// Sends Ctrl-C twice, a second apart, and waits for the end. Returns standard error, the summary, and the time from the
/// second Ctrl-C to the end.
fn interrupt_twice(child: Child) -> (String, serde_json::Value, Duration) {
    let interrupt = || {
        let id = child.id().to_string();
        let status = Command::new("kill").args(["-INT", &id]).status();
        assert!(status.unwrap().success());
    };
    interrupt();
    std::thread::sleep(Duration::from_secs(1));
    interrupt();
    let signalled = Instant::now();
    let output = child.wait_with_output().unwrap();
    let summary = serde_json::from_slice(&output.stdout).unwrap();
    (
        String::from_utf8(output.stderr).unwrap(),
        summary,
        signalled.elapsed(),
    )
}

#[test]
fn a_second_ctrl_c_shows_where_to_resume_and_does_not_wait_to_check_the_topic() {
    let env = TestEnv::new();
    let stack = proxied();
    let topic = stack.topic("resume", 1, "schemas/trade.avsc");
    env.generate("trades.csv", "trade", "csv", 2_000);
    let trades = env.read("trades.csv");
    let part = |from, rows| {
        let lines: Vec<&str> = trades.lines().skip(from).take(rows).collect();
        format!("{}\n", lines.join("\n"))
    };
    let start = || {
        let mut command = env.command_on(&stack);
        command.args(["--topic", &topic, "--format", "csv", "--summary", "json", "-"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    // Rows have been sent to a broker that does not answer.
    let mut child = start();
    let mut input = child.stdin.take().unwrap();
    input.write_all(part(0, 1_001).as_bytes()).unwrap();
    stack.await_records(&topic, 1_000);
    // The client receives the acknowledgements soon after.
    std::thread::sleep(Duration::from_secs(1));
    stack.signal_broker("-STOP");
    input.write_all(part(1_001, 500).as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let (stderr, summary, waited) = interrupt_twice(child);
    stack.signal_broker("-CONT");
    drop(input);
    assert!(waited < Duration::from_secs(8), "{waited:?}: {stderr}");
    assert!(
        stderr.contains("everything before -:1002 is on the topic (1,000 rows)"),
        "{stderr}"
    );
    assert!(stderr.contains("resume with `--from -:1002`"), "{stderr}");
    let ranges = summary["undelivered"].as_array().unwrap();
    let rows: u64 = ranges.iter().map(|range| range["rows"].as_u64().unwrap()).sum();
    assert_eq!(
        rows,
        summary["rows"]["read"].as_u64().unwrap() - 1_000,
        "{summary}"
    );
    assert_eq!(ranges[0]["first_line"], 1_002);

    // Every row has been answered, and the load is checking the topic.
    let before = stack.dump(&topic).len() as u64;
    let mut child = start();
    let mut input = child.stdin.take().unwrap();
    input.write_all(part(0, 1_001).as_bytes()).unwrap();
    stack.await_records(&topic, before + 1_000);
    // The client receives the acknowledgement soon after.
    std::thread::sleep(Duration::from_secs(1));
    stack.signal_broker("-STOP");
    let (stderr, summary, waited) = interrupt_twice(child);
    stack.signal_broker("-CONT");
    drop(input);
    assert!(waited < Duration::from_secs(4), "{waited:?}: {stderr}");
    assert_eq!(summary["rows"]["delivered"], 1_000, "{stderr}");
    assert_eq!(summary["exit_status"], 130, "{stderr}");
}
